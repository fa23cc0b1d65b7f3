//! The verbs of the control plane.

use crate::kit::{Caller, Refusal, Socket, builder_with, demo, http, start};
use devicehive_mock::{ControlError, DeviceHiveMock, WorldFile};
use serde_json::{Value, json};
use std::time::Duration;

fn refused(mock: &DeviceHiveMock, verb: &str, body: Value) -> String {
    mock.control(verb, &body).unwrap_err().to_string()
}

#[tokio::test]
async fn tokens_are_as_narrow_as_wanted() {
    let mock = start().await;
    let make = |body: Value| mock.control("token", &body).unwrap()["token"].as_str().unwrap().to_owned();
    let narrow = make(json!({"user": 2, "actions": ["GetDevice", 2], "networks": [3], "device_types": ["*"]}));
    let narrow = Caller::with(&mock, &narrow);
    assert_eq!(narrow.get("/network/3").await.status, 404, "ann is not in it");
    narrow.get("/network/2").await.is_error(403, "Access is denied");
    narrow.get("/user/current").await.is_error(403, "Access is denied");
    // It ends when it is to end.
    let short = make(json!({"user": "ann", "expires": "1min"}));
    assert_eq!(Caller::with(&mock, &short).reads("/user/current").await["id"], 2);
    mock.advance(Duration::from_secs(61));
    Caller::with(&mock, &short).get("/user/current").await.is(401, "");
    let refresh = make(json!({"user": "ann", "kind": "refresh"}));
    let renewed =
        http(&mock, "POST", "/dh/rest/token/refresh", &[], &json!({"refreshToken": refresh}).to_string()).await;
    assert_eq!(renewed.status, 201);
    assert_eq!(refused(&mock, "token", json!({"user": "zoe"})), "there is no user with the login zoe");
    assert!(refused(&mock, "token", json!({"user": 2, "actions": ["Fly"]})).contains("there is no action \"Fly\""));
    assert!(refused(&mock, "token", json!({"user": 2, "expires": "soon"})).contains("\"soon\" is no time"));
}

#[tokio::test]
async fn strange_tokens_can_be_signed() {
    let mock = start().await;
    let payload = json!({"a": [0], "e": 4_102_444_800_000_i64, "t": 1, "u": 7, "n": ["*"], "dt": ["*"]});
    let signed = mock.control("sign", &json!({"payload": payload})).unwrap();
    // The vector of dossier 8.1.
    assert!(signed["token"].as_str().unwrap().ends_with(".owesuSJx9NOoc6rkjNoDIFRpuppMI0-kghL00xxpuZI"), "{signed}");
    let foreign = mock.control("sign", &json!({"payload": payload, "secret": "other secret"})).unwrap();
    assert_ne!(foreign, signed);
}

#[tokio::test]
async fn users_are_locked_and_let_in_again() {
    let mock = start().await;
    let login = r#"{"login":"ann","password":"ann-password"}"#;
    let token = Caller::client(&mock);
    for status in ["locked", "disabled"] {
        mock.control("status", &json!({"user": "ann", "status": status})).unwrap();
        let answer = http(&mock, "POST", "/dh/rest/token", &[], login).await;
        answer.is_error(401, "User is locked or disabled");
        token.get("/device").await.is(401, "");
    }
    mock.control("status", &json!({"user": 2, "status": "active"})).unwrap();
    assert_eq!(http(&mock, "POST", "/dh/rest/token", &[], login).await.status, 201);
}

#[tokio::test]
async fn somebody_sends_commands_and_notifications() {
    let mock = start().await;
    let mut ann = Socket::authenticated(&mock, &demo(&mock, "client_access_token")).await;
    ann.ask(json!({"action": "command/subscribe", "deviceId": "pump-1"})).await;
    ann.ask(json!({"action": "command/subscribe", "deviceId": "pump-1", "returnUpdatedCommands": true})).await;
    ann.ask(json!({"action": "notification/subscribe", "deviceId": "pump-1"})).await;
    let made = mock.control("command", &json!({"device": "pump-1", "command": "start", "user": "bob"})).unwrap();
    let push = ann.hear().await;
    assert_eq!((&push["command"]["id"], &push["command"]["userId"]), (&made["id"], &json!(3)));
    mock.control("update", &json!({"device": "pump-1", "status": "done", "result": {"ok": true}})).unwrap();
    assert_eq!(ann.hear().await["command"]["result"], json!({"ok": true}));
    mock.control("notification", &json!({"device": "pump-1", "notification": "level"})).unwrap();
    assert_eq!(ann.hear().await["notification"]["notification"], "level");
    assert_eq!(mock.control("forget", &json!({})).unwrap(), json!({"commands": 1, "notifications": 1}));
    assert_eq!(Caller::admin(&mock).reads("/device/pump-1/command").await, json!([]));
    assert_eq!(refused(&mock, "command", json!({"device": "nope"})), "Device with such deviceId = nope not found");
    assert_eq!(refused(&mock, "update", json!({"device": "pump-1"})), "device pump-1 has no commands");
    assert!(refused(&mock, "command", json!({"devise": "pump-1"})).contains("unknown field `devise`"));
}

#[tokio::test]
async fn devices_come_and_change() {
    let mock = start().await;
    mock.control("save-device", &json!({"device": "new", "name": "New", "network": 3, "device_type": 9})).unwrap();
    mock.control("save-device", &json!({"device": "new", "blocked": true})).unwrap();
    let shown = r#"{"id":"new","name":"New","data":null,"networkId":3,"deviceTypeId":9,"isBlocked":true}"#;
    Caller::admin(&mock).get("/device/new").await.is(200, shown);
    assert_eq!(refused(&mock, "save-device", json!({"device": "new", "network": 77})), "Invalid request parameters");
}

#[tokio::test]
async fn options_change_at_once() {
    let mock = start().await;
    let all = mock.control("options", &json!({"access_token_life": 60, "profile": "server-3.5"})).unwrap();
    assert_eq!((&all["access_token_life"], &all["refresh_token_life"]), (&json!(60), &json!(15_724_800)));
    assert_eq!(http(&mock, "GET", "/dh/rest/info", &[], "").await.json()["apiVersion"], "3.5.0");
    let ann = Caller::client(&mock);
    mock.advance(Duration::from_secs(61));
    assert_eq!(ann.get("/device").await.json()["message"], "Token expired");
    assert!(refused(&mock, "options", json!({"jwt_secret": "-"})).contains("makes an empty key"));
    assert!(refused(&mock, "options", json!({"profile": "server-2"})).contains("unknown variant `server-2`"));
    // A reset takes it back.
    mock.reset();
    assert_eq!(http(&mock, "GET", "/dh/rest/info", &[], "").await.json()["apiVersion"], "4.1.0");
}

#[tokio::test]
async fn a_world_is_saved_and_loaded() {
    let mock = start().await;
    mock.control("command", &json!({"device": "pump-1", "command": "start", "parameters": {"speed": 3}})).unwrap();
    mock.control("notification", &json!({"device": "lamp-1", "notification": "on"})).unwrap();
    let saved = mock.control("save", &json!({})).unwrap();
    let file = WorldFile::parse(&saved["world"].to_string()).unwrap();
    assert_eq!((file.users.len(), file.commands.len(), file.notifications.len()), (4, 1, 1));
    assert_eq!(file.next.user, Some(5));
    let mut socket = Socket::open(&mock.url()).await;
    let loaded = mock.control("load", &json!({"world": saved["world"]})).unwrap();
    assert_eq!(loaded, json!({"users": 4, "networks": 3, "device_types": 9, "devices": 4}));
    assert_eq!(socket.end().await, "cut", "all sockets are cut");
    assert_eq!(mock.control("save", &json!({})).unwrap(), saved);
    assert!(refused(&mock, "load", json!({"world": "[[user]]"})).contains("missing field `id`"));
    mock.control("load", &json!({"world": ""})).unwrap();
    assert_eq!(mock.demo(), json!({}));
    mock.reset();
    assert_eq!(mock.demo()["login"], "dhadmin");
}

#[tokio::test]
async fn unknown_verbs_are_told_the_known_ones() {
    let mock = start().await;
    let error = mock.control("press", &json!({})).unwrap_err();
    assert!(
        matches!(&error, ControlError::NotFound(text) if text.starts_with("there is no verb \"press\"; there are token, sign"))
    );
}

#[tokio::test]
async fn a_world_with_mistakes_does_not_start() {
    let mut world = WorldFile::demo();
    world.options.token_time = "soon".to_owned();
    let error = DeviceHiveMock::builder().world(world).start().await.unwrap_err().to_string();
    assert!(error.starts_with("the world: the option token_time is \"soon\""), "{error}");
    let error = DeviceHiveMock::builder().jwt_secret("?").start().await.unwrap_err().to_string();
    assert!(error.contains("jwt_secret makes an empty key"), "{error}");
}

#[tokio::test]
async fn tokens_can_be_judged_by_another_time() {
    let at = |time: &'static str| builder_with(move |world| world.options.token_time = time.to_owned());
    let mock = at("2018-06-01").start().await.unwrap();
    let old = mock.control("token", &json!({"user": 1, "expires": "2019-06-01"})).unwrap();
    let caller = Caller::with(&mock, old["token"].as_str().unwrap());
    assert_eq!(caller.reads("/info").await["serverTimestamp"], "2026-01-01T00:00:00.000");
    let older = mock.control("token", &json!({"user": 1, "expires": "2016-06-01"})).unwrap();
    Caller::with(&mock, older["token"].as_str().unwrap()).get("/info").await.is(401, "");
}

#[tokio::test]
async fn tokens_signed_elsewhere_with_the_secret_are_good() {
    let mock = DeviceHiveMock::builder().virtual_clock().jwt_secret("mock-secret").start().await.unwrap();
    let key = devicehive_proto::TokenKey::new("mock-secret");
    let payload = devicehive_proto::TokenPayload::access(2, devicehive_proto::Datetime::from_millis(4_102_444_800_000));
    assert_eq!(Caller::with(&mock, &key.sign(&payload)).reads("/user/current").await["login"], "ann");
    let other = devicehive_proto::TokenKey::new("devicehive").sign(&payload);
    Caller::with(&mock, &other).get("/user/current").await.is(401, "");
    // Nobody sees it in what the mock tells of itself.
    assert!(!mock.state().to_string().contains("mock-secret"));
    let log = mock.journal(&devicehive_mock::Query::any());
    assert!(!json!(log).to_string().contains("mock-secret"));
}

#[tokio::test]
async fn stored_items_go_after_the_retention() {
    for (seconds, expected) in [(Some(10), 0), (Some(0), 1), (None, 1)] {
        let mock = builder_with(|world| world.options.retention = seconds).start().await.unwrap();
        mock.control("command", &json!({"device": "pump-1", "command": "start"})).unwrap();
        mock.advance(Duration::from_secs(60));
        let left = Caller::admin(&mock).reads("/device/pump-1/command").await.as_array().unwrap().len();
        assert_eq!(left, expected, "{seconds:?}");
    }
}
