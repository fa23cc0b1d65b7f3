//! The way to the socket (dossier 3).

use crate::kit::{Client, get, http, problems, start, start_option, token};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn who_may_read_the_chat_gets_in_and_nobody_else() {
    let mock = start().await;
    let john = token("john");
    for (path, expected) in [
        (format!("/ws/21?token={john}"), None),
        (format!("/ws/021?token={john}"), None),
        (format!("/ws/21?token=bad&token={john}"), None),
        (format!("/ws/21?foo=1&token={john}&bar"), None),
        (format!("/ws/21?token=%{:02X}{}", john.as_bytes()[0], &john[1..]), None),
        (format!("/ws/21?token={}", token("reader")), None),
        (format!("/ws/21?token={}", john.to_lowercase()), Some(403)),
        ("/ws/21".to_owned(), Some(403)),
        ("/ws/21?token=".to_owned(), Some(403)),
        (format!("/ws/99?token={john}"), Some(403)),
        (format!("/ws/-1?token={john}"), Some(403)),
        (format!("/ws/21?token={}", token("nobody")), Some(403)),
        (format!("/ws/abc?token={john}"), Some(500)),
        (format!("/ws/21.0?token={john}"), Some(500)),
        (format!("/ws/99999999999?token={john}"), Some(500)),
        ("/ws/abc?token=bad".to_owned(), Some(403)),
        (format!("/ws?token={john}"), Some(302)),
        (format!("/ws/21/?token={john}"), Some(302)),
    ] {
        let opened = Client::try_open(&format!("{}{path}", mock.ws_url())).await;
        assert_eq!(opened.err(), expected, "{path}");
    }
    let refused = problems(&mock);
    for code in ["no-such-token", "no-such-stream", "no-right", "odd-id", "unknown-route"] {
        assert!(refused.contains(&format!("refused {code}")), "{code}: {refused:?}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_recorded_text() {
    let mock = start().await;
    let answer = get(&mock, "/ws/21?token=bad").await;
    assert_eq!((answer.status, answer.header("content-type")), (403, Some("text/plain")));
    assert_eq!(answer.body, "Not authorized");
    let answer = get(&mock, &format!("/ws/21?token={}", token("john"))).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "no handshake, and nothing comes of it");
    let answer = get(&mock, &format!("/ws/abc?token={}", token("john"))).await;
    assert!(answer.body.contains("invalid input syntax for type integer: &quot;abc&quot; (38)"), "{}", answer.body);
    let answer = get(&mock, "/ws").await;
    assert_eq!(answer.header("location"), Some(format!("{}/", mock.http_url()).as_str()));
    assert_eq!(http(&mock, "POST", "/ws/21", &[], "").await.status, 500);
    assert_eq!(http(&mock, "HEAD", "/ws/21", &[], "").await.status, 200);
}

#[tokio::test]
async fn subprotocols_come_back_as_a_whole() {
    let mock = start().await;
    for (offered, expected) in [("chat", "chat"), ("a, b", "a, b")] {
        let headers = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Protocol", offered),
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
        ];
        let head = crate::kit::upgrade(&mock, &format!("/ws/21?token={}", token("john")), &headers).await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        let lower = head.to_lowercase();
        assert!(lower.contains(&format!("sec-websocket-protocol: {expected}\r\n")), "{head}");
        assert!(!lower.contains("extensions"), "{head}");
    }
    assert_eq!(problems(&mock), ["tolerated several-subprotocols"]);
}

#[tokio::test]
async fn http_1_0_opens_no_socket() {
    let mock = start().await;
    let mut socket = tokio::net::TcpStream::connect(mock.address()).await.unwrap();
    let request = format!(
        "GET /ws/21?token={} HTTP/1.0\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        token("john")
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200") && body.is_empty(), "{answer}");
    assert_eq!(problems(&mock), ["refused not-a-websocket"]);
}

#[tokio::test]
async fn the_cookie_of_the_web_page_wins_over_any_token() {
    let mock = start().await;
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let login = http(&mock, "POST", "/login", &form, "username=john&password=demo-password").await;
    assert_eq!(login.status, 302);
    let cookie = login.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let url = format!("{}/ws/21?token={}", mock.ws_url(), token("test"));
    let mut client = Client::with(&url, "cookie", &cookie).await;
    assert_eq!(client.status().await["accounts"]["0"]["name"], "john");
    let wrong = http(&mock, "POST", "/login", &form, "username=john&password=wrong").await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (200, None));
}

#[tokio::test]
async fn token_and_rights_are_read_once() {
    let mock = start().await;
    let mut test = Client::of(&mock, "test", 21).await;
    let old = token("test");
    let new = mock.control("new-token", &json!({"user": "test"})).unwrap()["token"].as_str().unwrap().to_owned();
    mock.control("share", &json!({"user": "test", "stream_id": 21, "chat_level": 1})).unwrap();
    test.irc("still here").await;
    assert_eq!(test.hear_json().await["text"], "still here");
    let at = |token: &str| format!("{}/ws/21?token={token}", mock.ws_url());
    assert_eq!(Client::try_open(&at(&old)).await.err(), Some(403));
    assert!(Client::try_open(&at(&new)).await.is_ok());
    mock.control("share", &json!({"user": 2, "stream_id": 21, "chat_level": 0})).unwrap();
    assert_eq!(Client::try_open(&at(&new)).await.err(), Some(403));
    test.irc("and still").await;
    assert_eq!(test.hear_json().await["text"], "and still");
}

#[tokio::test]
async fn everything_lies_behind_the_prefix() {
    let mock = start_option(|options| options.http_prefix = "/multistreamer".into()).await;
    assert!(mock.url().contains("/multistreamer/ws/21?token="), "{}", mock.url());
    assert!(Client::try_open(&mock.url()).await.is_ok());
    assert_eq!(get(&mock, "/multistreamer/api/v1/profile").await.status, 401);
    assert_eq!(get(&mock, "/api/v1/profile").await.status, 302);
}
