//! The control plane's verbs, the state, the library (dossier 10.7).

use crate::kit::{Client, KEY, command, get, http, start, start_with, topics};
use dummyload_host::ControlError;
use pishock_mock::{PishockMock, WorldFile};
use serde_json::{Value, json};

#[tokio::test]
async fn the_demo_values_come_out_of_the_world_in_force() {
    let mock = start().await;
    let expected = json!({
        "username": "demo", "user_id": 77, "api_key": KEY, "old_api_key": "00000000-2222-3333-4444-555555555555",
        "token": "demo-token", "hub_id": 1234, "shocker_id": 321, "shocker_id_2": 322, "share_code": "DEMO0SHARE1",
        "share_id": 1, "share_hub_id": 2345, "share_shocker_id": 654, "share_max_intensity": 50,
        "share_max_duration": 5000, "open_share_code": "DEMO0SHARE2", "open_share_id": 2, "open_share_shocker_id": 322,
        "link_id": "99999999-aaaa-bbbb-cccc-dddddddddddd", "link_max_intensity": 30, "link_max_duration": 3000,
        "friend_username": "friend", "friend_user_id": 78, "friend_api_key": "66666666-7777-8888-9999-000000000000",
    });
    assert_eq!(mock.demo(), expected);
    assert_eq!(mock.url(), format!("{}/v2?Username=demo&ApiKey={KEY}", mock.ws_url()));
    let small = r#"
        [[user]]
        id = 5
        name = "a b"
        [[user.key]]
        key = "k"
        generated = "2024-01-01T00:00:00Z"
        [[user.key]]
        key = "k2"
        generated = "2025-01-01T00:00:00Z"
    "#;
    mock.control("load", &json!({"world": small})).unwrap();
    assert_eq!(mock.demo(), json!({"username": "a b", "user_id": 5, "api_key": "k2", "old_api_key": "k"}));
    assert_eq!(mock.url(), format!("{}/v2?Username=a%20b&ApiKey=k2", mock.ws_url()));
    mock.control("load", &json!({"world": ""})).unwrap();
    assert_eq!((mock.demo(), mock.url()), (json!({}), format!("{}/v2", mock.ws_url())));
}

#[tokio::test]
async fn a_world_is_loaded_saved_and_reset() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let small = json!({"user": [{"id": 5, "name": "x"}], "hub": [{"id": 6, "owner": 5, "name": "h"}]});
    let counts = mock.control("load", &json!({"world": small})).unwrap();
    assert_eq!(counts, json!({"users": 1, "hubs": 1, "shares": 0, "links": 0}));
    assert_eq!(client.hear().await, "cut");
    assert_eq!(mock.state()["connections"], json!([]));
    mock.control("online", &json!({"hub": 6, "online": false})).unwrap();
    let saved = mock.control("save", &json!({})).unwrap();
    let saved = WorldFile::parse(saved["world"].as_str().unwrap()).unwrap();
    assert!(!saved.hubs[0].online);
    mock.reset();
    // Back to the world it started with, so that whoever uses the mock next finds it as he knows it.
    let saved = mock.control("save", &json!({})).unwrap();
    assert_eq!(WorldFile::parse(saved["world"].as_str().unwrap()).unwrap(), WorldFile::demo());
    for (world, part) in [
        (json!("user = 1"), "the world file"),
        (json!({"usr": []}), "unknown field `usr`"),
        (json!({"hub": [{"id": 1, "owner": 9, "name": ""}]}), "the owner of hub 1 is user id 9"),
        (json!(7), "TOML as a text"),
    ] {
        let error = mock.control("load", &json!({"world": world})).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(mock.demo()["user_id"], 77, "a world that is refused changes nothing");
}

#[tokio::test]
async fn an_error_is_injected_and_the_socket_stays_open() {
    let mock = start().await;
    let (mut v2, mut v1, mut other) = (Client::v2(&mock).await, Client::v1(&mock).await, Client::v2(&mock).await);
    for text in ["Redis connection lost", "Socket terminated"] {
        assert_eq!(mock.control("inject-error", &json!({"message": text})).unwrap(), json!({"sent": 3}));
        let expected = format!(r#"{{"ErrorCode":null,"IsError":true,"Message":"{text}","OriginalCommand":""}}"#);
        assert_eq!((v2.hear().await, other.hear().await), (expected.clone(), expected));
        assert_eq!(v1.hear_json().await, json!({"Command": "ERROR", "Payload": [text]}));
    }
    for code in [json!("REDIS"), json!(-7), Value::Null] {
        mock.control("inject-error", &json!({"message": "m", "code": code, "conn": 1})).unwrap();
        assert_eq!(v2.hear_json().await["ErrorCode"], code);
    }
    other.is_silent().await;
    assert_eq!(v2.ask(r#"{"Operation":"PING"}"#).await["Message"], "PONG");
}

#[tokio::test]
async fn life_signs_and_log_lines_come_on_demand() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    assert_eq!(mock.control("ping", &json!({"hub": 1234})).unwrap(), json!({"listeners": 0}));
    client.subscribe("1234-ping").await;
    client.subscribe("1234-log").await;
    assert_eq!(mock.control("ping", &json!({"hub": 1234})).unwrap(), json!({"listeners": 1}));
    assert_eq!(client.hear_json().await["Message"], "1767225600");
    mock.control("push-log", &json!({"hub": 1234, "message": "any \"text\""})).unwrap();
    let push = client.hear_json().await;
    assert_eq!((&push["Message"], &push["Source"]), (&json!("any \"text\""), &json!("1234-log")));
}

#[tokio::test]
async fn a_pause_can_be_on_every_level() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let mut link = Client::link(&mock).await;
    let by_link = r#"{"Operation":"PUBLISH","LinkCommand":{"Mode":"v","Intensity":1,"Duration":100,"Replace":true}}"#;
    let link_id = "99999999-AAAA-bbbb-cccc-dddddddddddd";
    for (paused, error) in [(true, true), (false, false)] {
        for what in [json!({"share": 1}), json!({"link": link_id}), json!({"shocker": 322})] {
            let mut body = what;
            body["paused"] = json!(paused);
            mock.control("pause", &body).unwrap();
        }
        let shared = client.publish(&[command("c2345-sops-DEMO0SHARE1", 654, "v", 10, 100)]).await;
        assert_eq!((&shared["IsError"], &link.ask(by_link).await["IsError"]), (&json!(error), &json!(error)));
        client.publish(&[command("c1234-ops", 322, "v", 10, 100)]).await;
    }
    assert_eq!(topics(&mock), ["dropped-paused", "executed", "executed", "executed"]);
}

#[tokio::test]
async fn a_body_that_does_not_fit_is_refused_with_what_would() {
    let mock = start().await;
    for (verb, body, part) in [
        ("online", json!({"hub": 1234}), "missing field `online`; write {\"hub\":1234"),
        ("online", json!({"hub": 1234, "online": true, "more": 1}), "unknown field `more`"),
        ("online", json!({"hub": "x", "online": true}), "the body does not fit"),
        ("pause", json!({"paused": true}), "name one of"),
        ("pause", json!({"paused": true, "share": 1, "shocker": 321}), "name one of"),
        ("options", json!({"strict": 1}), "the body does not fit"),
        ("options", json!({"stric": true}), "unknown field `stric`"),
        ("options", json!({"invalid_key_status": 500}), "204, 401 or 403"),
        ("options", json!([]), "the body does not fit"),
        ("inject-error", json!({}), "missing field `message`"),
        ("inject-error", json!({"message": "", "code": 1.5}), "code is 1.5"),
        ("refuse-login", json!({"form": "never"}), "unknown variant `never`"),
        ("refuse-login", json!({"times": -1}), "the body does not fit"),
        ("expire-token", json!({}), "name one of"),
        ("expire-token", json!({"token": "x", "user": 77}), "name one of"),
        ("ping", json!({}), "missing field `hub`"),
        ("push-log", json!({"hub": 1234}), "missing field `message`"),
        ("load", json!({}), "missing field `world`"),
        ("save", json!({"x": 1}), "unknown field `x`"),
        ("demo", json!({"x": 1}), "unknown field `x`"),
    ] {
        match mock.control(verb, &body) {
            Err(ControlError::Invalid(text)) => assert!(text.contains(part), "{verb} {body}: {text}"),
            other => panic!("{verb} {body}: {other:?}"),
        }
    }
    mock.control("online", &json!({"hub": 2345, "online": false})).unwrap();
    for (verb, body) in [
        ("online", json!({"hub": 9, "online": true})),
        ("pause", json!({"shocker": 9, "paused": true})),
        ("pause", json!({"share": 9, "paused": true})),
        ("pause", json!({"link": "9", "paused": true})),
        ("inject-error", json!({"message": "", "conn": 9})),
        ("expire-token", json!({"token": "x"})),
        ("expire-token", json!({"user": 9})),
        ("ping", json!({"hub": 9})),
        ("push-log", json!({"hub": 9, "message": ""})),
        ("dance", json!({})),
    ] {
        assert!(matches!(mock.control(verb, &body), Err(ControlError::NotFound(_))), "{verb} {body}");
    }
    assert!(matches!(mock.control("ping", &json!({"hub": 2345})), Err(ControlError::Invalid(_))));
}

#[tokio::test]
async fn the_verbs_are_there_over_http() {
    let mock = start().await;
    let list = get(&mock, "/__mock/do").await.json();
    assert!(list["refuse-login"].as_str().unwrap().contains("http401"));
    let answer = http(&mock, "POST", "/__mock/do/options", &[], r#"{"strict":true}"#).await;
    assert_eq!((answer.status, &answer.json()["strict"]), (200, &json!(true)));
    assert_eq!(http(&mock, "POST", "/__mock/do/options", &[], r#"{"x":true}"#).await.status, 400);
    assert_eq!(http(&mock, "POST", "/__mock/do/online", &[], r#"{"hub":9,"online":true}"#).await.status, 404);
    assert_eq!(mock.state()["world"]["options"]["strict"], true);
    mock.reset();
    assert_eq!(mock.state()["world"]["options"]["strict"], false, "a reset forgets what verbs have changed");
}

#[tokio::test]
async fn a_world_with_mistakes_does_not_start() {
    let mut world = WorldFile::demo();
    world.hubs[0].owner = pishock_proto::UserId(1);
    let error = PishockMock::builder().world(world).start().await.unwrap_err().to_string();
    assert!(error.contains("the owner of hub 1234 is user id 1"), "{error}");
    let mut options = WorldFile::demo().options;
    options.strict = true;
    let mock = PishockMock::builder().options(options).seed(7).start().await.unwrap();
    assert_eq!((mock.state()["world"]["options"]["strict"].clone(), mock.seed()), (json!(true), 7));
    mock.stop().await;
}

#[tokio::test]
async fn the_same_seed_makes_the_same_codes() {
    let mut codes = Vec::new();
    for seed in [7, 7, 8] {
        let mock = PishockMock::builder().seed(seed).start().await.unwrap();
        let target = format!("/CreateShare?UserId=77&Token={KEY}&api=true&ShockerId=321");
        codes.push(http(&mock, "POST", &target, &[], "").await.body);
    }
    assert_eq!(codes[0], codes[1]);
    assert_ne!(codes[0], codes[2]);
}

#[tokio::test]
async fn a_reset_cuts_and_forgets() {
    let mock = start_with(|world| world.shares[1].claimed_by = None).await;
    let mut client = Client::v2(&mock).await;
    client.subscribe("1234-ping").await;
    mock.control("refuse-login", &json!({})).unwrap();
    mock.reset();
    assert_eq!(client.hear().await, "cut");
    let mut client = Client::v2(&mock).await;
    assert_eq!(client.ask(r#"{"Operation":"PING"}"#).await["Message"], "PONG");
    mock.advance(std::time::Duration::from_secs(60));
    client.is_silent().await;
}
