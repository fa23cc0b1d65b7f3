//! The verbs of the control plane, the options, and what makes the mock misbehave (dossier 13.4).

use crate::kit::{
    Client, RELAY, RELAY_DECIMAL, SWITCH, SWITCH_DECIMAL, all_status, demo, events, read, start, start_option,
    start_with,
};
use serde_json::{Value, json};
use shelly_mock::{ControlError, Direction, Fault, FaultKind, WorldFile};
use std::time::Duration;

const ON: &str = r#"{"event":"Shelly:CommandRequest","trid":1,"deviceId":"242232438719594","data":{"cmd":"relay","params":{"turn":"toggle","id":0}}}"#;

#[tokio::test]
async fn frames_can_be_misspelt() {
    let told = async |change: fn(&mut shelly_mock::Options)| {
        let mock = start_option(change).await;
        let mut client = Client::demo(&mock).await;
        client.say(ON).await;
        let (answer, event) = (client.hear().await, client.hear().await);
        mock.control("online", &json!({"device": RELAY, "online": false})).unwrap();
        (answer, event, client.hear().await)
    };
    let id = RELAY_DECIMAL;
    let (answer, event, online) = told(|_| {}).await;
    assert_eq!(
        answer,
        format!(
            r#"{{"event":"Shelly:CommandResponse","trid":1,"user":6550,"deviceId":"{id}","data":{{"isok":true}}}}"#
        )
    );
    assert!(event.starts_with(&format!(r#"{{"event":"Shelly:StatusOnChange","device":{{"id":"{id}","code":"SHSW-PM","gen":"G1"}},"status":{{"id":"{RELAY}""#)), "{event}");
    assert!(online.ends_with(r#","online":0}"#) && !event.contains("metadata"), "{online}");
    let (answer, event, _) = told(|options| options.hex_ids = true).await;
    assert!(
        answer.contains(&format!(r#""deviceId":"{RELAY}""#))
            && event.contains(&format!(r#""device":{{"id":"{RELAY}""#))
    );
    let (answer, event, _) = told(|options| options.numeric_ids = true).await;
    assert!(
        answer.contains(&format!(r#""deviceId":{id},"#)) && event.contains(&format!(r#""device":{{"id":{id},"#)),
        "{answer}"
    );
    let (_, _, online) = told(|options| options.online_as_bool = true).await;
    assert!(online.ends_with(r#","online":false}"#), "{online}");
    let (answer, ..) = told(|options| options.foreign_trid = true).await;
    assert!(answer.contains(r#""trid":"1","#), "{answer}");
    let (answer, ..) = told(|options| options.omit_user = true).await;
    assert!(answer.contains(r#""trid":1,"deviceId""#), "{answer}");
    let (_, event, _) = told(|options| options.metadata = true).await;
    assert!(event.ends_with(r#","metadata":[{"name":"Desk lamp"}]}"#), "{event}");
    let mock = start_option(|options| options.empty_as_list = true).await;
    let mut client = Client::demo(&mock).await;
    client.command(SWITCH_DECIMAL, "relay", json!({"turn": "on", "id": 0})).await;
    assert_eq!(client.change(SWITCH_DECIMAL).await["sys"]["available_updates"], json!([]));
}

#[tokio::test]
async fn answers_and_events_can_be_late() {
    let mock = start_option(|options| (options.response_delay, options.push_delay) = (200, 50)).await;
    let mut client = Client::demo(&mock).await;
    client.say(ON).await;
    client.is_silent().await;
    mock.advance(Duration::from_millis(50));
    client.is_silent().await;
    // The event waits for the answer, and what happens meanwhile for that event.
    mock.control("press", &json!({"device": RELAY})).unwrap();
    mock.advance(Duration::from_millis(149));
    client.is_silent().await;
    mock.advance(Duration::from_millis(1));
    assert_eq!(client.hear_json().await["event"], "Shelly:CommandResponse");
    let (first, then) = (client.change(RELAY_DECIMAL).await, client.change(RELAY_DECIMAL).await);
    assert_eq!((&first["relays"][0]["ison"], &then["relays"][0]["ison"]), (&json!(true), &json!(false)));
    assert!(first["serial"].as_u64() < then["serial"].as_u64());
    mock.control("press", &json!({"device": RELAY})).unwrap();
    client.is_silent().await;
    mock.advance(Duration::from_millis(50));
    client.change(RELAY_DECIMAL).await;
}

#[tokio::test]
async fn an_event_that_is_not_late_waits_for_an_answer_that_is() {
    let mock = start_option(|options| options.response_delay = 200).await;
    let mut client = Client::demo(&mock).await;
    client.say(ON).await;
    client.is_silent().await;
    mock.advance(Duration::from_millis(200));
    assert_eq!(client.hear_json().await["event"], "Shelly:CommandResponse");
    client.change(RELAY_DECIMAL).await;
}

#[tokio::test]
async fn what_a_verb_takes_a_world_file_can_hold() {
    let mock = start().await;
    for (verb, body) in [
        ("measure", json!({"device": "701cd4", "humidity": 500})),
        ("measure", json!({"device": "701cd4", "battery": -5})),
        ("measure", json!({"device": "701cd4", "temperature": 1e308})),
        ("measure", json!({"device": "701cd4", "lux": 3})),
        ("measure", json!({"device": RELAY, "temperature": 20})),
        ("measure", json!({"device": RELAY, "power": 1e300})),
        ("move", json!({"device": "e8db84d4b0c3", "position": 101})),
    ] {
        assert!(mock.control(verb, &body).is_err(), "{verb} {body}");
    }
    assert!(events(&mock).is_empty());
    mock.control("measure", &json!({"device": RELAY, "power": -5})).unwrap();
    mock.control("measure", &json!({"device": "701cd4", "temperature": -30, "humidity": 100})).unwrap();
    mock.control("report", &json!({"device": RELAY, "status": {"a": null}})).unwrap();
    let saved = mock.control("save", &json!({})).unwrap();
    mock.control("load", &saved).unwrap();
    assert_eq!(mock.control("save", &json!({})).unwrap(), saved);
    assert_eq!(all_status(&mock).await[RELAY].get("a"), Some(&json!(null)));
}

#[tokio::test]
async fn answers_can_be_lost_repeated_or_overtaken() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let heard = async |client: &mut Client, kind| {
        mock.fault(Fault::new(Direction::Out, kind).containing("Shelly:CommandResponse").times(1)).unwrap();
        client.say(ON).await;
        let events = client.drain().await;
        events.iter().map(|event| event["event"].as_str().unwrap()[7..].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(heard(&mut client, FaultKind::Drop).await, ["StatusOnChange"]);
    assert_eq!(
        heard(&mut client, FaultKind::Duplicate).await,
        ["CommandResponse", "CommandResponse", "StatusOnChange"]
    );
    assert_eq!(heard(&mut client, FaultKind::Reorder).await, ["StatusOnChange", "CommandResponse"]);
    mock.fault(Fault::new(Direction::Out, FaultKind::Cut).times(1)).unwrap();
    client.say(ON).await;
    assert!(["end", "cut"].contains(&client.hear().await.as_str()));
}

#[tokio::test]
async fn strange_texts_come_on_demand() {
    let mock = start().await;
    let (mut client, mut friend) = (Client::demo(&mock).await, Client::friend(&mock).await);
    for (form, part) in [
        ("unknown-event", "Shelly:SomethingNew"),
        ("no-event", r#"{"device":{"#),
        ("error", r#"{"event":"Error","message":"INTERNAL_ERROR"}"#),
        ("event-log", "User:EventLog"),
        ("not-json", "this is no JSON"),
    ] {
        assert_eq!(mock.control("inject", &json!({"form": form, "user": 6550})).unwrap(), json!({"sent": 1}));
        let text = client.hear().await;
        assert!(text.contains(part), "{text}");
        friend.is_silent().await;
        assert_eq!(mock.control("inject", &json!({"form": form})).unwrap(), json!({"sent": 2}));
        assert_eq!((client.hear().await, friend.hear().await), (text.clone(), text));
    }
}

#[tokio::test]
async fn handshakes_fail_on_demand() {
    let mock = start().await;
    mock.control("refuse-login", &json!({"times": 2})).unwrap();
    for _ in 0..2 {
        assert_eq!(Client::demo(&mock).await.hear().await, "close 4401 Token-Broken");
    }
    Client::demo(&mock).await.is_silent().await;
    mock.control("refuse-login", &json!({"form": "http401"})).unwrap();
    assert_eq!(Client::try_open(&mock.url()).await.err(), Some(401));
    Client::demo(&mock).await.is_silent().await;
}

#[tokio::test]
async fn devices_are_shared_and_taken_back() {
    let mock = start().await;
    let seen = async || {
        let bearer = format!("Bearer {}", demo(&mock, "friend_access_token"));
        let answer = crate::kit::http(&mock, "GET", "/device/all_status", &[("Authorization", &bearer)], "").await;
        answer.json()["data"]["devices_status"].get(RELAY).is_some()
    };
    assert!(!seen().await);
    mock.control("share", &json!({"device": RELAY, "user": 6551, "shared": true})).unwrap();
    assert!(seen().await);
    let mut friend = Client::friend(&mock).await;
    assert_eq!(friend.command(RELAY_DECIMAL, "relay", json!({"turn": "on", "id": 0})).await["res"], "WRONG_ID");
    mock.control("share", &json!({"device": RELAY, "user": 6551, "shared": false})).unwrap();
    assert!(!seen().await);
}

#[tokio::test]
async fn a_world_is_saved_and_loaded() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    client.command(SWITCH_DECIMAL, "relay", json!({"turn": "on", "id": 0})).await;
    mock.control("rename", &json!({"device": RELAY, "name": "Another"})).unwrap();
    mock.control("options", &json!({"strict": true})).unwrap();
    let saved = mock.control("save", &json!({})).unwrap()["world"].as_str().unwrap().to_owned();
    let world = WorldFile::parse(&saved).unwrap();
    assert!(world.options.strict && world.devices[0].name == "Another" && world.users[0].password == "demo-password");
    let one = json!({"user": [{"id": 1, "email": "me@x", "password": "p"}],
        "device": [{"id": "aabbcc", "gen": "G1", "code": "SHSW-1", "name": "One", "owner": 1, "relay": [{}]}]});
    let counted = mock.control("load", &json!({"world": one})).unwrap();
    assert_eq!(counted, json!({"users": 1, "rooms": 0, "devices": 1}));
    client.drain_until_end().await;
    assert_eq!(mock.demo()["relay"], "aabbcc");
    mock.control("load", &json!({"world": saved})).unwrap();
    assert_eq!(mock.state()["devices"][SWITCH]["status"]["switch:0"]["output"], true);
    mock.reset();
    assert_eq!(mock.state()["devices"][SWITCH]["status"]["switch:0"]["output"], false);
    for (world, part) in
        [(json!({"world": {"user": 1}}), "the world file"), (json!({"world": 1}), "TOML"), (json!({}), "missing field")]
    {
        let error = mock.control("load", &world).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    let mock = start().await;
    let before = mock.state();
    for (verb, body) in [
        ("press", json!({})),
        ("press", json!({"device": RELAY, "channel": 1})),
        ("press", json!({"device": "1643370677417"})),
        ("move", json!({"device": RELAY, "position": 1})),
        ("move", json!({"device": "e8db84d4b0c3", "position": 101})),
        ("move", json!({"device": "e8db84d4b0c3"})),
        ("measure", json!({"device": RELAY})),
        ("measure", json!({"device": RELAY, "temperature": 1.0})),
        ("measure", json!({"device": RELAY, "channel": 3, "power": 1.0})),
        ("wake", json!({"device": RELAY})),
        ("share", json!({"device": RELAY, "user": 6550, "shared": true})),
        ("expire-token", json!({})),
        ("expire-token", json!({"token": "x", "user": 6550})),
        ("refuse-calls", json!({"status": 42})),
        ("options", json!({"strict": "maybe"})),
        ("options", json!({"user_api_url": "https://x/"})),
        ("options", json!({"unknown": 1})),
        ("inject", json!({"form": "x"})),
        ("token", json!({"user": 6550, "kind": "x"})),
        ("save", json!({"x": 1})),
    ] {
        let error = mock.control(verb, &body).unwrap_err();
        assert!(matches!(error, ControlError::Invalid(_)), "{verb} {body}: {error}");
    }
    for (verb, body) in [
        ("dance", json!({})),
        ("press", json!({"device": "ffffff"})),
        ("online", json!({"device": RELAY_DECIMAL, "online": true})),
        ("share", json!({"device": RELAY, "user": 1, "shared": true})),
        ("expire-token", json!({"user": 1})),
        ("expire-token", json!({"token": "x"})),
        ("inject", json!({"form": "error", "user": 1})),
        ("options", json!({"auto_approve": "nobody@x"})),
    ] {
        let error = mock.control(verb, &body).unwrap_err();
        assert!(matches!(error, ControlError::NotFound(_)), "{verb} {body}: {error}");
    }
    assert_eq!(mock.state(), before);
}

#[tokio::test]
async fn a_token_can_be_made_without_a_login() {
    let mock = start().await;
    let token = |kind: &str| {
        mock.control("token", &json!({"user": 6551, "kind": kind})).unwrap()["token"].as_str().unwrap().to_owned()
    };
    Client::with_token(&mock, &token("access")).await.is_silent().await;
    for (kind, body) in [("code", "grant_type=code&code="), ("refresh", "grant_type=refresh_token&refresh_token=")] {
        let body = format!("client_id=shelly-diy&{body}{}", token(kind));
        assert_eq!(crate::kit::post_form(&mock, "/oauth/auth", &body).await.status, 200, "{kind}");
    }
}

/// In the journal, the state, and what is printed by mistake.
#[tokio::test]
async fn no_secret_is_shown() {
    let mock = start_with(|world| world.options.token_secret = "very-secret-signing-key".into()).await;
    let demo = mock.demo();
    let code = demo["code"].as_str().unwrap();
    let hash = shelly_proto::http::password_hash("demo-password");
    let mut client = Client::demo(&mock).await;
    client.say(&format!(r#"{{"event":"x","t":"{code}"}}"#)).await;
    read(&mock, &format!("/device/all_status?auth_key={}", crate::kit::AUTH_KEY)).await;
    crate::kit::post_form(&mock, "/device/all_status", &format!("auth_key={}", crate::kit::AUTH_KEY)).await;
    let login = format!("email=demo@example.com&password={hash}&client_id=shelly-diy");
    crate::kit::post_form(&mock, "/oauth/login", &login).await;
    let page = "client_id=shelly-diy&redirect_uri=https://example.com/cb&email=demo@example.com&password=demo-password";
    crate::kit::post_form(&mock, "/oauth_login.html", page).await;
    let exchange = format!("client_id=shelly-diy&grant_type=code&code={code}");
    let tokens = crate::kit::post_form(&mock, "/oauth/auth", &exchange).await.json();
    crate::kit::get(&mock, &format!("/oauth/auth?{exchange}")).await;
    let as_json =
        json!({"client_id": "shelly-diy", "grant_type": "code", "code": code, "client_secret": "s3cr3t"}).to_string();
    crate::kit::http(&mock, "POST", "/oauth/auth", &[("Content-Type", "application/json")], &as_json).await;
    let refresh = format!(
        "grant_type=refresh_token&client_id=shelly-diy&refresh_token={}",
        tokens["refresh_token"].as_str().unwrap()
    );
    crate::kit::post_form(&mock, "/oauth/auth", &refresh).await;
    crate::kit::post_form(
        &mock,
        "/oauth/auth",
        &refresh.replace("refresh_token=", "code=").replace("grant_type=code=", "grant_type=code&x="),
    )
    .await;

    let shown = format!("{}{}", mock.state(), Value::from(mock.journal(&shelly_mock::Query::any())));
    let debug = format!("{mock:?}");
    for secret in [
        "demo-password",
        "friend-password",
        hash.as_str(),
        crate::kit::AUTH_KEY,
        "ZnJpZW5kYXV0aGtleQ",
        "very-secret-signing-key",
        "s3cr3t",
        "eyJ",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
        assert!(!debug.contains(secret));
    }
    assert!(shown.contains("shelly-diy") && shown.contains("demo@example.com"), "the rest is still there");
    assert!(all_status(&mock).await.is_object());
}
