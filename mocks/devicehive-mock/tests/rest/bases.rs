//! Where everything is: base paths, names of the host, and the socket's addresses (dossier 1, 14).

use crate::kit::{Caller, Socket, demo, http, start, start_as, start_with};
use devicehive_mock::{DeviceHiveMock, Profile};
use serde_json::json;

#[tokio::test]
async fn every_route_is_under_every_base() {
    let mock = start().await;
    let bearer = format!("Bearer {}", demo(&mock, "access_token"));
    for base in ["/dh/rest", "/api/rest", "/auth/rest", "/plugin/rest", "/rest"] {
        let headers = [("Authorization", bearer.as_str())];
        assert_eq!(http(&mock, "GET", &format!("{base}/network/1"), &headers, "").await.status, 200, "{base}");
        let login = r#"{"login":"dhadmin","password":"dhadmin_#911"}"#;
        let tokens = http(&mock, "POST", &format!("{base}/token"), &[], login).await;
        assert_eq!(tokens.status, 201, "{base}");
        assert_eq!(tokens.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["accessToken", "refreshToken"]);
    }
}

#[tokio::test]
async fn the_socket_is_told_by_the_name_that_the_client_has() {
    let mock = start().await;
    for (path, headers, url) in [
        ("/dh/rest/info", vec![("Host", "devicehive.example")], "ws://devicehive.example/dh/websocket"),
        ("/dh/rest/info/", vec![("Host", "10.0.0.9:99")], "ws://10.0.0.9:99/dh/websocket"),
        ("/api/rest/info", vec![("Host", "h")], "ws://h/api/websocket"),
        ("/auth/rest/info", vec![("Host", "h")], "ws://h/api/websocket"),
        ("/rest/info", vec![("Host", "h")], "ws://h/websocket"),
        ("/dh/rest/info", vec![("Host", "h"), ("X-Forwarded-Proto", "https")], "wss://h/dh/websocket"),
        (
            "/dh/rest/info",
            vec![("Host", "h"), ("X-Forwarded-Host", "front"), ("X-Forwarded-Port", "443")],
            "ws://h/dh/websocket",
        ),
    ] {
        let info = http(&mock, "GET", path, &headers, "").await.json();
        assert_eq!(info["webSocketServerUrl"], url, "{path}");
        assert_eq!(info.as_object().unwrap().len(), 3);
    }
    // And it is there, behind whatever port the mock has got.
    let info = http(&mock, "GET", "/dh/rest/info", &[], "").await.json();
    assert_eq!(info["webSocketServerUrl"], mock.url());
    Socket::open(info["webSocketServerUrl"].as_str().unwrap()).await;
}

#[tokio::test]
async fn the_rest_address_is_told_by_the_socket_with_its_own_context() {
    let mock = start().await;
    for (path, rest) in [("/dh/websocket", "/dh/rest"), ("/api/websocket/client", "/api/rest"), ("/client", "/rest")] {
        let mut socket = Socket::open(&format!("ws://{}{path}", mock.address())).await;
        let info = socket.ask(json!({"action": "server/info"})).await["info"].clone();
        assert_eq!(info["restServerUrl"], format!("http://{}{rest}", mock.address()));
    }
}

/// The status of a handshake.
async fn handshake(mock: &DeviceHiveMock, path: &str, authorization: Option<&str>) -> u16 {
    let headers = authorization.map(|value| ("authorization", value));
    let opened =
        dummyload_testkit::Socket::try_open(&format!("ws://{}{path}", mock.address()), headers.as_slice()).await;
    opened.map_or_else(|status| status, |_| 101)
}

#[tokio::test]
async fn a_bare_server_has_one_context_and_one_socket() {
    let mock = start_with(|world| world.options.aliases = false).await;
    for (path, status) in [
        ("/dh/websocket", 101),
        ("/dh/websocket?token=abc", 101),
        ("/dh/websocket/", 404),
        ("/dh/WebSocket", 404),
        ("/dh/rest/websocket", 404),
        ("/api/websocket", 404),
        ("/websocket", 404),
        ("/client", 404),
    ] {
        assert_eq!(handshake(&mock, path, None).await, status, "{path}");
    }
    http(&mock, "GET", "/api/rest/info", &[], "").await.is(404, "");
    http(&mock, "GET", "/rest/info", &[], "").await.is(404, "");
    let root = http(&mock, "GET", "/dh", &[("Host", "h")], "").await;
    assert_eq!((root.status, root.header("location")), (302, Some("http://h/dh/")));
}

#[tokio::test]
async fn a_handshake_may_bring_a_token() {
    let mock = start().await;
    let token = demo(&mock, "access_token");
    for (value, status) in [
        (format!("Bearer {token}"), 101),
        ("Bearer garbage".to_owned(), 401),
        (format!("Bearer {}", demo(&mock, "refresh_token")), 401),
        ("Basic eDp5".to_owned(), 500),
        (format!("bearer {token}"), 500),
    ] {
        assert_eq!(handshake(&mock, "/dh/websocket", Some(&value)).await, status, "{value}");
    }
    let older = start_as(Profile::Server35).await;
    assert_eq!(handshake(&older, "/dh/websocket", Some("Basic eDp5")).await, 101);
    let documented = start_as(Profile::Spec).await;
    assert_eq!(handshake(&documented, "/dh/websocket", Some("Basic eDp5")).await, 401);
}

#[tokio::test]
async fn broken_handshakes_are_told_what_is_missing() {
    // captures/server-4.1/hs-not-upgrade
    let mock = start().await;
    let plain = http(&mock, "GET", "/dh/websocket", &[], "").await;
    plain.is(400, "Can \"Upgrade\" only to \"WebSocket\".");
    let upgrade = [("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x")];
    http(&mock, "GET", "/dh/websocket", &upgrade, "").await.is(400, "\"Connection\" must be \"upgrade\".");
    for method in ["POST", "HEAD", "OPTIONS"] {
        let answer = http(&mock, method, "/dh/websocket", &[], "").await;
        assert_eq!((answer.status, answer.header("allow"), answer.body.as_str()), (405, Some("GET"), ""), "{method}");
    }
}

#[tokio::test]
async fn core_and_auth_share_a_port_and_their_tokens() {
    let mock = start().await;
    let login = http(&mock, "POST", "/auth/rest/token", &[], r#"{"login":"ann","password":"ann-password"}"#).await;
    let token = login.json()["accessToken"].as_str().unwrap().to_owned();
    assert_eq!(Caller::with(&mock, &token).reads("/user/current").await["login"], "ann");
    let refresh = json!({"refreshToken": login.json()["refreshToken"]}).to_string();
    let renewed = http(&mock, "POST", "/api/rest/token/refresh", &[], &refresh).await;
    assert_eq!(renewed.status, 201);
    assert_eq!(renewed.json().as_object().unwrap().keys().collect::<Vec<_>>(), ["accessToken"]);
}
