//! Notifications (dossier M5).

use crate::kit::{Client, start};
use serde_json::json;

#[tokio::test]
async fn a_notification_is_inserted_and_read() {
    let mock = start().await;
    let mut ann = Client::of(&mock, "ann").await;
    let members = r#""deviceId":"pump-1","notification":{"notification":"temp","timestamp":1526810400000,"parameters":{"t":21.50}}"#;
    let made = ann.gets("notification/insert", members).await;
    let id = made["notification"]["id"].as_i64().unwrap();
    assert_eq!(made["notification"], json!({"id": id, "timestamp": "2018-05-20T10:00:00.000"}));
    let shown = format!(
        r#"{{"id":{id},"notification":"temp","deviceId":"pump-1","networkId":2,"deviceTypeId":9,"timestamp":"2018-05-20T10:00:00.000","parameters":{{"t":21.50}}}}"#
    );
    let get = format!(r#""deviceId":"pump-1","notificationId":"{id}""#);
    assert_eq!(ann.does("notification/get", &get).await, format!(r#""notification":{shown}"#));
    let list = ann.does("notification/list", r#""deviceId":"pump-1","notification":"temp""#).await;
    assert_eq!(list, format!(r#""notifications":[{shown}]"#));
    // Reserved names are taken, and empty ones.
    ann.does("notification/insert", r#""deviceId":"pump-1","notification":{"notification":"$device-add"}"#).await;
    ann.does("notification/insert", r#""deviceId":"pump-1","notification":{"notification":""}"#).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_notification() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let integer = "Notification id should be an integer value.";
    for (action, members, code, text) in [
        ("notification/insert", r#""deviceId":"pump-1""#, 400, "Notification is required"),
        ("notification/insert", r#""deviceId":"pump-1","notification":null"#, 400, "Notification is required"),
        ("notification/insert", r#""deviceId":"pump-1","notification":{}"#, 400, "Notification is required"),
        ("notification/insert", r#""deviceId":"pump-1","notification":"x""#, 400, "Malformed Json received."),
        ("notification/insert", r#""notification":{"notification":"x"}"#, 400, "Device id is wrong or empty"),
        (
            "notification/insert",
            r#""deviceId":"nope","notification":{"notification":"x"}"#,
            404,
            "Device with such deviceId = nope not found",
        ),
        ("notification/get", "", 400, "Device id is wrong or empty"),
        ("notification/get", r#""deviceId":"pump-1""#, 400, "Notification id is wrong or empty"),
        ("notification/get", r#""deviceId":"pump-1","notificationId":"abc""#, 400, integer),
        ("notification/get", r#""deviceId":"pump-1","notificationId":{}"#, 400, integer),
        ("notification/get", r#""deviceId":"pump-1","notificationId":1.5"#, 404, "Requested notification not found"),
        ("notification/list", "", 400, "Device id is wrong or empty"),
    ] {
        admin.fails(action, members, code, text).await;
    }
}
