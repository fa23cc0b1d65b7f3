//! Logging in and failing to (dossier 2, 10.1, 10.2).

use crate::kit::{Client, FRIEND_KEY, KEY, LINK, OLD_KEY, SOON, problems, start, start_with};
use dummyload_host::Query;
use pishock_mock::{LoginFailure, WorldFile};
use serde_json::{Value, json};
use std::time::Duration;

async fn pongs(client: &mut Client, dialect: &str) -> bool {
    if dialect == "v1" {
        client.ask(r#"["PING"]"#).await["Payload"][0] == "PONG"
    } else {
        client.ask(r#"{"Operation":"PING"}"#).await["Message"] == "PONG"
    }
}

#[tokio::test]
async fn all_forms_of_the_url_open_the_socket() {
    let mock = start_with(|world| world.users[0].name = "Dé mo+&=".into()).await;
    let name = "D%C3%A9%20mo%2B%26%3D";
    for (target, dialect) in [
        (format!("/v2?Username={name}&ApiKey={KEY}"), "v2"),
        (format!("/v2?ApiKey={KEY}&Username={name}"), "v2"),
        (format!("/v2?username=d%c3%a9+mo%2b%26%3d&apikey={}", KEY.to_uppercase()), "v2"),
        (format!("/V2/?USERNAME={name}&APIKEY={KEY}&more=1"), "v2"),
        ("/v2?UserId=77&Token=demo-token".to_owned(), "v2"),
        (format!("/v2?UserId=77&Token=demo-token&Username=friend&ApiKey={KEY}"), "v2"),
        (format!("/v2?UserId=&Token=&Username={name}&ApiKey={KEY}"), "v2"),
        (format!("/?username={name}&key={KEY}&api=true"), "v1"),
        ("/?username=user77&key=demo-token".to_owned(), "v1"),
        (format!("/Links/{LINK}"), "v2"),
        (format!("/links/{}", LINK.to_uppercase()), "v2"),
    ] {
        let mut client = Client::open(&mock, &target).await;
        client.is_silent().await;
        assert!(pongs(&mut client, dialect).await, "{target}");
    }
    assert_eq!(problems(&mock), [""; 0]);
}

#[tokio::test]
async fn no_extension_and_no_subprotocol_is_agreed_on() {
    let mock = start().await;
    let offers = [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-extensions", "permessage-deflate; client_max_window_bits"),
        ("sec-websocket-protocol", "chat"),
    ];
    let target = format!("/v2?Username=demo&ApiKey={KEY}");
    let head = crate::kit::upgrade(&mock, &target, &offers).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let head = head.to_lowercase();
    assert!(!head.contains("sec-websocket-extensions") && !head.contains("sec-websocket-protocol"), "{head}");
}

#[tokio::test]
async fn other_paths_are_not_there() {
    let mock = start().await;
    for target in ["/v3", "/v2/x", "/Links", "/Links/00000000-0000-0000-0000-000000000000", "/GetUserDevices"] {
        let target = format!("{target}?Username=demo&ApiKey={KEY}");
        assert_eq!(Client::try_open(&mock, &target).await.err(), Some(404), "{target}");
    }
}

#[tokio::test]
async fn a_bad_login_has_one_envelope_and_a_close_a_moment_later() {
    let mock = start().await;
    for (target, error, problem) in [
        (format!("/v2?Username=nobody&ApiKey={KEY}"), "AUTH_ERROR", "unknown-user"),
        (format!("/v2?Username=demo&ApiKey={FRIEND_KEY}"), "API_KEY_ERROR", "wrong-key"),
        (format!("/v2?Username=demo&ApiKey={OLD_KEY}"), "API_KEY_ERROR", "key-too-old"),
        ("/v2?UserId=77&Token=wrong".to_owned(), "AUTH_ERROR", "wrong-token"),
        ("/v2?UserId=78&Token=demo-token".to_owned(), "AUTH_ERROR", "wrong-token"),
        ("/v2?UserId=99&Token=demo-token".to_owned(), "AUTH_ERROR", "unknown-user"),
        ("/v2?UserId=x&Token=demo-token".to_owned(), "AUTH_ERROR", "login-incomplete"),
        ("/v2?Username=demo".to_owned(), "AUTH_ERROR", "login-incomplete"),
        ("/v2".to_owned(), "AUTH_ERROR", "login-incomplete"),
    ] {
        let mut client = Client::open(&mock, &target).await;
        let reply = client.hear_json().await;
        assert_eq!(
            (&reply["ErrorCode"], &reply["IsError"], &reply["OriginalCommand"]),
            (&json!(error), &json!(true), &json!(""))
        );
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {problem}"), "{target}");
        client.say(r#"{"Operation":"PING"}"#).await;
        client.is_silent().await;
        mock.advance(Duration::from_millis(99));
        client.is_silent().await;
        mock.advance(Duration::from_millis(1));
        assert_eq!(client.hear().await, "close 1008 authentication failed");
    }
    let mut client = Client::open(&mock, "/?username=demo&key=wrong&api=true").await;
    assert_eq!(client.hear_json().await, json!({"Command": "ERROR", "Payload": ["Authentication failed."]}));
    mock.advance(Duration::from_millis(100));
    assert_eq!(client.hear().await, "close 1008 authentication failed");
}

#[tokio::test]
async fn a_bad_login_can_look_otherwise() {
    for (form, name) in
        [(LoginFailure::Http401, "http401"), (LoginFailure::Close, "close"), (LoginFailure::Mute, "mute")]
    {
        let mock = start_with(|world| world.options.login_failure = form).await;
        let opened = Client::try_open(&mock, "/v2?Username=demo&ApiKey=wrong").await;
        match (name, opened) {
            ("http401", Err(401)) => {}
            ("close", Ok(mut client)) => assert_eq!(client.hear().await, "close 1008"),
            ("mute", Ok(mut client)) => {
                client.say(r#"{"Operation":"PING"}"#).await;
                mock.advance(Duration::from_secs(3600));
                client.is_silent().await;
            }
            (name, _) => panic!("{name}"),
        }
        assert_eq!(problems(&mock), ["refused wrong-key"]);
    }
}

#[tokio::test]
async fn logins_fail_on_demand() {
    let mock = start().await;
    let target = format!("/v2?Username=demo&ApiKey={KEY}");
    mock.control("refuse-login", &json!({"form": "http401", "times": 2})).unwrap();
    assert_eq!(Client::try_open(&mock, &target).await.err(), Some(401));
    assert_eq!(Client::try_open(&mock, &target).await.err(), Some(401));
    assert!(pongs(&mut Client::v2(&mock).await, "v2").await);
    mock.control("refuse-login", &json!({})).unwrap();
    assert_eq!(Client::open(&mock, &target).await.hear_json().await["ErrorCode"], "AUTH_ERROR");
    mock.control("refuse-login", &json!({"times": 5})).unwrap();
    mock.control("refuse-login", &json!({"times": 0})).unwrap();
    assert!(pongs(&mut Client::v2(&mock).await, "v2").await);
    assert_eq!(problems(&mock), ["refused refused-on-demand"; 3]);
}

fn two_weeks(world: &mut WorldFile) {
    world.users[0].tokens[0].expires = time::macros::datetime!(2026-01-15 00:00 UTC);
}

#[tokio::test]
async fn a_token_ends_after_two_weeks_also_on_an_open_socket() {
    let mock = start_with(two_weeks).await;
    let mut by_token = Client::open(&mock, "/v2?UserId=77&Token=demo-token").await;
    let mut by_v1_token = Client::open(&mock, "/?username=user77&key=demo-token").await;
    let mut by_key = Client::v2(&mock).await;
    by_token.subscribe("1234-log").await;
    mock.advance(Duration::from_secs(14 * 86_400 - 1));
    assert!(pongs(&mut by_token, "v2").await);
    mock.advance(Duration::from_secs(1));
    assert_eq!(by_token.hear_json().await["ErrorCode"], "AUTH_ERROR");
    assert_eq!(by_v1_token.hear_json().await["Payload"][0], "Login expired.");
    by_token.say(r#"{"Operation":"PING"}"#).await;
    by_token.is_silent().await;
    assert_eq!(mock.state()["connections"][0]["subscriptions"], json!([]));
    mock.advance(Duration::from_millis(100));
    assert_eq!(
        (by_token.hear().await, by_v1_token.hear().await),
        ("close 1008 authentication failed".into(), "close 1008 authentication failed".into())
    );
    assert!(pongs(&mut by_key, "v2").await, "a key has no end");
    let again = Client::open(&mock, "/v2?UserId=77&Token=demo-token").await.hear_json().await;
    assert_eq!(again["ErrorCode"], "AUTH_ERROR");
    assert_eq!(problems(&mock), ["refused login-expired", "refused login-expired", "refused token-expired"]);
}

#[tokio::test]
async fn a_token_ends_on_demand() {
    for body in [json!({"token": "demo-token"}), json!({"user": 77})] {
        let mock = start().await;
        let mut by_token = Client::open(&mock, "/v2?UserId=77&Token=demo-token").await;
        let mut by_key = Client::v2(&mock).await;
        assert_eq!(mock.control("expire-token", &body).unwrap(), json!({"tokens": 1, "connections": 1}));
        assert_eq!(by_token.hear_json().await["ErrorCode"], "AUTH_ERROR");
        assert!(pongs(&mut by_key, "v2").await);
        let again = Client::open(&mock, "/v2?UserId=77&Token=demo-token").await.hear_json().await;
        assert_eq!(again["ErrorCode"], "AUTH_ERROR");
    }
}

#[tokio::test]
async fn a_key_can_expire_too() {
    let end = time::macros::datetime!(2026-01-01 00:01 UTC);
    let mock = start_with(|world| world.users[0].keys[0].expires = Some(end)).await;
    let mut client = Client::v2(&mock).await;
    mock.advance(Duration::from_secs(60));
    assert_eq!(client.hear_json().await["ErrorCode"], "AUTH_ERROR");
    let again = Client::v2(&mock).await.hear_json().await;
    assert_eq!(again["ErrorCode"], "API_KEY_ERROR");
    assert_eq!(problems(&mock).pop().unwrap(), "refused key-expired");
}

#[tokio::test]
async fn who_leaves_early_leaves_no_deadline() {
    let mock = start_with(two_weeks).await;
    let next = || async {
        let answer = crate::kit::get(&mock, "/__mock/clock").await.json();
        answer["next"].clone()
    };
    let client = Client::open(&mock, "/v2?UserId=77&Token=demo-token").await;
    assert!(next().await.is_object());
    drop(client);
    mock.wait_for(&Query::gone(), 1, SOON).await.unwrap();
    assert_eq!(next().await, Value::Null);
}

#[tokio::test]
async fn no_secret_is_told() {
    let mock = start().await;
    let _a = Client::v2(&mock).await;
    let _b = Client::open(&mock, "/v2?UserId=77&Token=demo-token").await;
    let _c = Client::v1(&mock).await;
    let _d = Client::open(&mock, &format!("/v2?Username=demo&ApiKey={OLD_KEY}")).await;
    crate::kit::http(&mock, "GET", "/Account", &crate::kit::key(KEY), "").await;
    crate::kit::get(&mock, &format!("/Auth/GetUserIfAPIKeyValid?apikey={KEY}&username=demo")).await;
    crate::kit::get(&mock, &format!("/PiShock/GetUserDevices?UserId=77&Token={KEY}&api=true")).await;
    let log = crate::kit::get(&mock, "/__mock/log").await.body + &mock.state().to_string();
    for secret in [KEY, OLD_KEY, FRIEND_KEY, "demo-token"] {
        assert!(!log.contains(secret), "{log}");
    }
}
