//! Who hears of what (dossier M4.5, M9 to M11).

use crate::kit::{Client, start, token};
use serde_json::json;

const NOTIFY: &str = "notification/subscribe";
const DENIED: &str = "Access is denied";

async fn notify(client: &mut Client, device: &str, name: &str) {
    let members = format!(r#""deviceId":"{device}","notification":{{"notification":"{name}"}}"#);
    client.does("notification/insert", &members).await;
}

#[tokio::test]
async fn events_reach_those_who_asked_for_their_place_and_name() {
    let mock = start().await;
    let mut sender = Client::admin(&mock).await;
    let mut admin = Client::admin(&mock).await;
    let all = admin.subscribes(NOTIFY, "").await;
    let device = admin.subscribes(NOTIFY, r#""deviceId":"pump-1","networkIds":[2]"#).await;
    let network = admin.subscribes(NOTIFY, r#""networkIds":[2,3],"names":["on","off"]"#).await;
    let kind = admin.subscribes(NOTIFY, r#""deviceTypeIds":["9"]"#).await;
    let named = admin.subscribes(NOTIFY, r#""names":["on"]"#).await;
    let mut ann = Client::of(&mock, "ann").await;
    let own = ann.subscribes(NOTIFY, "").await;
    let mut heard = async |device: &str, name: &str| {
        notify(&mut sender, device, name).await;
        let heard = admin.drain_pushes().await;
        assert!(heard.iter().all(|(heard, _)| heard == name), "{heard:?}");
        heard.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
    };
    assert_eq!(heard("pump-1", "on").await, [all, device, kind, network, named]);
    assert_eq!(heard("lamp-1", "off").await, [all, network]);
    assert_eq!(heard("pump-2", "ON").await, [all, kind]);
    assert_eq!(heard("e50d6085-2aba-48e9-b1c3-73c673e414be", "on").await, [all, named]);
    assert_eq!(ann.drain_pushes().await, [("on".to_owned(), own), ("off".to_owned(), own)]);
    // What is made later in a place that is subscribed to is heard, too; that it was made, only by those who hear all.
    sender.does("device/save", r#""deviceId":"late","device":{"name":"l","networkId":2,"deviceTypeId":9}"#).await;
    assert_eq!(admin.drain_pushes().await, [("$device-add".to_owned(), all)]);
    notify(&mut sender, "late", "x").await;
    assert_eq!(admin.drain_pushes().await.len(), 2);
    assert_eq!(ann.drain_pushes().await, [("x".to_owned(), own)]);
}

#[tokio::test]
async fn the_push_of_an_insertion_comes_before_its_reply_and_that_of_an_update_behind() {
    let mock = start().await;
    let mut client = Client::admin(&mock).await;
    let inserts = client.subscribes("command/subscribe", r#""deviceId":"pump-1""#).await;
    let updates = client.subscribes("command/subscribe", r#""deviceId":"pump-1","returnUpdatedCommands":true"#).await;
    client.say_action("command/insert", r#""deviceId":"pump-1","command":{"command":"on"}"#).await;
    let push = client.hear().await;
    let reply = client.hear_reply("command/insert").await;
    let id = reply.split(':').nth(3).unwrap().split(',').next().unwrap();
    let time = "2026-01-01T00:00:00.000";
    let shown = |status: &str| {
        format!(
            r#""command":{{"id":{id},"command":"on","timestamp":"{time}","lastUpdated":"{time}","userId":1,"deviceId":"pump-1","networkId":2,"deviceTypeId":9,"parameters":null,"lifetime":null,"status":{status},"result":null}}"#
        )
    };
    assert_eq!(push, format!(r#"{{"action":"command/insert",{},"subscriptionId":{inserts}}}"#, shown("null")));
    client
        .does("command/update", &format!(r#""deviceId":"pump-1","commandId":{id},"command":{{"status":"done"}}"#))
        .await;
    let push = client.hear().await;
    assert_eq!(push, format!(r#"{{"action":"command/update",{},"subscriptionId":{updates}}}"#, shown(r#""done""#)));
    client.is_silent().await;
}

#[tokio::test]
async fn a_nameless_command_comes_twice_to_those_without_names() {
    let mock = start().await;
    let mut client = Client::admin(&mock).await;
    let id = client.subscribes("command/subscribe", "").await;
    client.subscribes("command/subscribe", r#""names":[""]"#).await;
    client.say_action("command/insert", r#""deviceId":"pump-1","command":{}"#).await;
    let pushes: Vec<i64> = client.drain().await.iter().filter_map(|heard| heard["subscriptionId"].as_i64()).collect();
    assert_eq!(pushes, [id, id]);
}

#[tokio::test]
async fn subscriptions_are_listed_and_ended() {
    let mock = start().await;
    let mut client = Client::admin(&mock).await;
    assert_eq!(client.does("subscription/list", "").await, r#""subscriptions":[]"#);
    let first = client
        .subscribes("command/subscribe", r#""deviceId":"pump-1","names":["b","a"],"timestamp":"2026-02-03""#)
        .await;
    let second = client.subscribes(NOTIFY, r#""networkIds":[3,2],"deviceTypeIds":[]"#).await;
    let one = format!(
        r#"{{"subscriptionId":{first},"type":"command","deviceId":"pump-1","networkIds":null,"deviceTypeIds":null,"names":["a","b"],"timestamp":"2026-02-03T00:00:00.000"}}"#
    );
    let other = format!(
        r#"{{"subscriptionId":{second},"type":"notification","deviceId":null,"networkIds":[2,3],"deviceTypeIds":[],"names":null,"timestamp":null}}"#
    );
    assert_eq!(client.does("subscription/list", "").await, format!(r#""subscriptions":[{one},{other}]"#));
    assert_eq!(client.does("subscription/list", r#""type":"command""#).await, format!(r#""subscriptions":[{one}]"#));
    assert_eq!(client.does("subscription/list", r#""type":5"#).await, r#""subscriptions":[]"#);
    let this = format!(r#""subscriptionId":{second}"#);
    let text = format!("Subscription with id {second} was not found");
    client.fails("command/unsubscribe", &this, 404, &text).await;
    Client::admin(&mock).await.fails("notification/unsubscribe", &this, 404, &text).await;
    client.does("notification/unsubscribe", &format!(r#""subscriptionId":"{second}""#)).await;
    client.fails("notification/unsubscribe", &this, 404, &text).await;
    client.does("command/unsubscribe", "").await;
    client.does("command/unsubscribe", "").await;
    assert_eq!(client.does("subscription/list", "").await, r#""subscriptions":[]"#);
    let only = token(&mock, &json!({"user": "dhadmin", "actions": ["GetDeviceCommand"]}));
    client.subscribes(NOTIFY, "").await;
    client.subscribes("command/subscribe", "").await;
    client.does("authenticate", &format!(r#""token":"{only}""#)).await;
    assert_eq!(client.gets("subscription/list", "").await["subscriptions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_subscribed_to() {
    let mock = start().await;
    let none = token(&mock, &json!({"user": "ann", "networks": []}));
    let mut none = Client::with_token(&mock, &none).await;
    none.fails(NOTIFY, "", 403, "No access to any device type or network").await;
    none.fails(NOTIFY, r#""deviceId":"pump-1""#, 403, DENIED).await;
    let mut ann = Client::of(&mock, "ann").await;
    let mut admin = Client::admin(&mock).await;
    for (members, text) in [
        (r#""networkIds":[2,99999,88888]"#, "Networks with such networkIds wasn't found: {[2, 88888, 99999]}"),
        (r#""deviceTypeIds":[99]"#, "Device types with such deviceTypeIds wasn't found: {[99]}"),
        (r#""deviceId":"nope""#, "Device with such deviceId = nope not found"),
        (r#""deviceId":"pump-1","networkIds":[99]"#, "Networks with such networkIds wasn't found: {[99]}"),
    ] {
        admin.fails(NOTIFY, members, 404, text).await;
        ann.fails(NOTIFY, members, 403, DENIED).await;
    }
    ann.fails(NOTIFY, r#""networkIds":[3]"#, 403, DENIED).await;
    admin.fails(NOTIFY, r#""deviceId":"""#, 400, "Device id is wrong or empty").await;
    admin.fails(NOTIFY, r#""names":[]"#, 403, "No access to any device type or network").await;
    admin.fails(NOTIFY, r#""deviceId":"pump-1","names":[]"#, 403, "No access to any device type or network").await;
    admin.does(NOTIFY, r#""networkIds":[2],"names":[]"#).await;
    admin.fails(NOTIFY, r#""timestamp":"x""#, 400, "Malformed Json received.").await;
}

#[tokio::test]
async fn a_device_that_moves_or_goes_is_not_heard_by_its_old_subscription() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let mut other = Client::admin(&mock).await;
    let id = other.subscribes(NOTIFY, r#""deviceId":"pump-1""#).await;
    let network = other.subscribes(NOTIFY, r#""networkIds":[2,3]"#).await;
    let save =
        |network: i64| format!(r#""deviceId":"pump-1","device":{{"name":"p","networkId":{network},"deviceTypeId":9}}"#);
    admin.does("device/save", &save(3)).await;
    notify(&mut admin, "pump-1", "away").await;
    assert_eq!(other.drain_pushes().await, [("away".to_owned(), network)]);
    admin.does("device/save", &save(2)).await;
    notify(&mut admin, "pump-1", "back").await;
    assert_eq!(other.drain_pushes().await, [("back".to_owned(), id), ("back".to_owned(), network)]);
    admin.does("device/delete", r#""deviceId":"pump-1""#).await;
    admin.does("device/save", &save(2)).await;
    notify(&mut admin, "pump-1", "again").await;
    assert_eq!(other.drain_pushes().await, [("again".to_owned(), network)]);
    other.does("notification/unsubscribe", &format!(r#""subscriptionId":{id}"#)).await;
}

#[tokio::test]
async fn the_end_of_a_connection_ends_its_subscriptions() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let mut other = Client::admin(&mock).await;
    other.subscribes(NOTIFY, "").await;
    assert_eq!(mock.state()["subscriptions"], 1);
    drop(other);
    while mock.state()["connections"].as_array().unwrap().len() > 1 {
        admin.does("cluster/info", "").await;
    }
    assert_eq!(mock.state()["subscriptions"], 0);
}
