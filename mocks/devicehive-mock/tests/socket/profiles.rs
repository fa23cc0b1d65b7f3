//! Where servers differ: what is replayed, and what is stored (dossier M4.5, V1, V3).

use crate::kit::{Client, start, start_as, token};
use devicehive_mock::{DeviceHiveMock, Profile, Query};
use serde_json::json;

const SUBSCRIBE: &str = "command/subscribe";

/// Commands a1 b2 a3 on pump-1 and c2 on pump-2; b2 is updated.
async fn stored(mock: &DeviceHiveMock) -> Client {
    let mut admin = Client::admin(mock).await;
    for (device, name, ms) in
        [("pump-1", "a1", 100), ("pump-1", "b2", 200), ("pump-1", "a3", 300), ("pump-2", "c2", 200)]
    {
        let command = format!(r#"{{"command":"{name}","timestamp":"2018-05-20T10:00:00.{ms}"}}"#);
        let made = admin.gets("command/insert", &format!(r#""deviceId":"{device}","command":{command}"#)).await;
        if name == "b2" {
            let id = &made["command"]["id"];
            admin.does("command/update", &format!(r#""deviceId":"pump-1","commandId":{id},"command":{{}}"#)).await;
            // Where the inserter is told of updates, he is now.
            admin.drain().await;
        }
    }
    admin
}

async fn replayed(client: &mut Client, members: &str) -> String {
    client.does(SUBSCRIBE, members).await;
    let pushes = client.drain_pushes().await;
    client.does("command/unsubscribe", "").await;
    pushes.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" ")
}

const SINCE: &str = r#""timestamp":"2018-05-20T10:00:00.100""#;

#[tokio::test]
async fn server_4_1_replays_devices_only() {
    let mock = start().await;
    let mut admin = stored(&mock).await;
    let mut replayed = async |members: &str| replayed(&mut admin, &format!("{SINCE},{members}")).await;
    assert_eq!(replayed(r#""deviceId":"pump-1""#).await, "a1 b2 a3");
    assert_eq!(replayed(r#""deviceId":"pump-1","limit":2"#).await, "a1 b2");
    assert_eq!(replayed(r#""deviceId":"pump-1","limit":0"#).await, "");
    assert_eq!(replayed(r#""deviceId":"pump-1","names":["a1","b2"]"#).await, "a1 b2 a1 b2");
    assert_eq!(replayed(r#""deviceId":"pump-1","returnUpdatedCommands":true"#).await, "b2");
    assert_eq!(replayed(r#""networkIds":[2,3]"#).await, "");
    // The subscription is there, although it is not answered.
    admin.gets_no_answer(SUBSCRIBE, &format!(r#"{SINCE},"deviceId":"pump-1","limit":-1"#)).await;
    assert_eq!(mock.state()["subscriptions"], 1);
}

#[tokio::test]
async fn server_3_5_replays_strictly_and_by_group() {
    let mock = start_as(Profile::Server35).await;
    let mut admin = stored(&mock).await;
    let mut replayed = async |members: &str| replayed(&mut admin, &format!("{SINCE},{members}")).await;
    assert_eq!(replayed(r#""deviceId":"pump-1""#).await, "b2 a3");
    assert_eq!(replayed(r#""deviceId":"pump-1","limit":0"#).await, "b2 a3");
    assert_eq!(replayed(r#""networkIds":[2,3],"limit":1"#).await, "b2 c2");
    assert_eq!(replayed(r#""deviceTypeIds":[9]"#).await, "b2 a3 c2");
    assert_eq!(replayed(r#""names":["a3"]"#).await, "");
    // Updates count by the time of the update.
    admin.does(SUBSCRIBE, r#""deviceId":"pump-1","timestamp":"2025-01-01","returnUpdatedCommands":true"#).await;
    assert_eq!(admin.drain_pushes().await.len(), 1);
    let mut bob = Client::of(&mock, "bob").await;
    bob.does(SUBSCRIBE, SINCE).await;
    assert_eq!(bob.drain_pushes().await.len(), 3);
}

#[tokio::test]
async fn the_documents_replay_everything_once_and_in_order() {
    let mock = start_as(Profile::Spec).await;
    let mut admin = stored(&mock).await;
    let mut replayed = async |members: &str| replayed(&mut admin, &format!("{SINCE}{members}")).await;
    assert_eq!(replayed("").await, "b2 c2 a3");
    assert_eq!(replayed(r#","networkIds":[2,3]"#).await, "b2 c2 a3");
    assert_eq!(replayed(r#","deviceId":"pump-1","names":["a3","b2"]"#).await, "b2 a3");
    assert_eq!(replayed(r#","names":[],"limit":1"#).await, "b2");
    // The Python client polls with it, and is promised its commands.
    assert_eq!(replayed(r#","limit":0"#).await, "b2 c2 a3");
    admin.fails(SUBSCRIBE, &format!(r#"{SINCE},"limit":-1"#), 400, "Invalid request parameters").await;
}

#[tokio::test]
async fn the_documents_tell_the_inserter_of_updates() {
    let mock = start_as(Profile::Spec).await;
    let mut inserter = Client::admin(&mock).await;
    let made = inserter.gets("command/insert", r#""deviceId":"pump-1","command":{"command":"c"}"#).await;
    let id = &made["command"]["id"];
    let mut other = Client::admin(&mock).await;
    other.does("command/update", &format!(r#""deviceId":"pump-1","commandId":{id},"command":{{"status":"s"}}"#)).await;
    let push = inserter.hear_json().await;
    assert_eq!((&push["action"], &push["command"]["status"]), (&"command/update".into(), &"s".into()));
    assert!(push["subscriptionId"].is_null() && push.get("requestId").is_none(), "{push}");
    other.is_silent().await;
}

#[tokio::test]
async fn server_3_5_stores_other_things_than_it_is_given() {
    let mock = start_as(Profile::Server35).await;
    let mut admin = Client::admin(&mock).await;
    admin.subscribes(SUBSCRIBE, "").await;
    admin
        .say_action("command/insert", r#""deviceId":"pump-1","command":{"command":"c","parameters":{"a":-0,"b":-0.0}}"#)
        .await;
    let push = admin.hear_json().await;
    assert!(push["command"]["lifetime"].is_null());
    let id = push["command"]["id"].as_i64().unwrap();
    admin.hear_reply("command/insert").await;
    let get = admin.does("command/get", &format!(r#""deviceId":"pump-1","commandId":{id}"#)).await;
    assert!(get.contains(r#""parameters":{"a":0,"b":-0.0},"lifetime":0,"#), "{get}");
    admin.does("device/save", r#""deviceId":"d","device":{"name":"d"}"#).await;
    let list = admin.gets("notification/list", r#""deviceId":"d""#).await;
    assert_eq!(
        (&list["notifications"][0]["networkId"], &list["notifications"][0]["deviceTypeId"]),
        (&0.into(), &0.into())
    );
    let put = admin.does("configuration/put", r#""name":"k","value":"v""#).await;
    assert_eq!(put, r#""configuration":{"name":"k","value":"v","entityVersion":0}"#);
}

/// Whoever has no network, and so no list of networks to look through (dossier V6).
#[tokio::test]
async fn server_3_5_breaks_down_without_networks() {
    let none = json!({"user": "ann", "actions": ["GetDevice", "GetDeviceCommand", "GetNetwork"], "networks": []});
    let sql = "could not extract ResultSet; SQL [n/a]; nested exception is \
               org.hibernate.exception.SQLGrammarException: could not extract ResultSet";
    let mock = start_as(Profile::Server35).await;
    let mut client = Client::with_token(&mock, &token(&mock, &none)).await;
    for id in ["pump-1", "nope", ""] {
        client.fails("device/get", &format!(r#""deviceId":"{id}""#), 500, sql).await;
    }
    client.fails(SUBSCRIBE, r#""deviceId":"pump-1","networkIds":[2]"#, 500, sql).await;
    let reply = client.act(SUBSCRIBE, r#""networkIds":[2]"#).await;
    assert!(reply.contains(r#""code":500"#) && reply.contains("SelectExpression.getDataType()"), "{reply}");
    client.fails(SUBSCRIBE, "", 403, "No access to any device type or network").await;
    client.gets_no_answer("device/count", "").await;
    client.gets_no_answer("network/count", r#""name":"garden""#).await;
    assert_eq!(client.does("device/list", "").await, r#""devices":[]"#);
    mock.verify(&Query::problem("server-defect"), 7).unwrap();

    let mock = start().await;
    let mut client = Client::with_token(&mock, &token(&mock, &none)).await;
    client.fails("device/get", r#""deviceId":"pump-1""#, 403, "Access is denied").await;
    assert_eq!(client.does("device/count", "").await, r#""count":0"#);
}
