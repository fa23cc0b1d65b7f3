//! Devices (dossier M6).

use crate::kit::{Client, start, start_with};

#[tokio::test]
async fn a_device_is_made_changed_and_deleted() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    assert_eq!(
        admin.does("device/save", r#""deviceId":"new-1","device":{"name":"New","data":{"z":1.50,"a":{}}}"#).await,
        ""
    );
    let shown = |name: &str, data: &str, network: i64, blocked: bool| {
        format!(
            r#""device":{{"id":"new-1","name":"{name}","data":{data},"networkId":{network},"deviceTypeId":1,"isBlocked":{blocked}}}"#
        )
    };
    let get = r#""deviceId":"new-1""#;
    assert_eq!(admin.does("device/get", get).await, shown("New", r#"{"z":1.50,"a":{}}"#, 1, false));
    // Only `data` is cleared by being left out.
    admin.does("device/save", r#""deviceId":"new-1","device":{"networkId":"2","isBlocked":"TRUE"}"#).await;
    assert_eq!(admin.does("device/get", get).await, shown("New", "null", 2, true));
    let list = admin.gets("notification/list", get).await;
    let names: Vec<&str> =
        list["notifications"].as_array().unwrap().iter().map(|one| one["notification"].as_str().unwrap()).collect();
    assert_eq!(names, ["$device-add", "$device-update"]);
    assert_eq!(list["notifications"][1]["parameters"]["networkId"], 2);
    assert!(list["notifications"][1]["networkId"].is_null());
    admin.does("device/delete", get).await;
    admin.fails("device/delete", get, 404, "Device with such deviceId = new-1 not found").await;
}

#[tokio::test]
async fn what_is_wrong_with_a_save() {
    let mock = start_with(|world| world.users[1].networks.clear()).await;
    let mut admin = Client::admin(&mock).await;
    let characters = "Device Id can only contain letters, digits and dashes.";
    for (members, code, text) in [
        ("", 400, "Device id is wrong or empty"),
        (r#""deviceId":"","device":{}"#, 400, characters),
        (r#""deviceId":"a b""#, 400, characters),
        (r#""deviceId":"ü","device":{"name":"x"}"#, 400, characters),
        (r#""deviceId":"d","device":{}"#, 400, "name field cannot be null."),
        (r#""deviceId":"d","device":"x""#, 400, "Malformed Json received."),
        (r#""deviceId":"d","device":{"data":[1]}"#, 400, "'parameters' must be JSON Object!"),
        (r#""deviceId":"d","device":{"name":"x","networkId":99}"#, 400, "Invalid request parameters"),
        (r#""deviceId":"d","device":{"name":"x","deviceTypeId":99}"#, 400, "Invalid request parameters"),
    ] {
        admin.fails("device/save", members, code, text).await;
    }
    let long = format!(r#""deviceId":"{}","device":{{"name":"x"}}"#, "d".repeat(49));
    let text = "Field cannot be empty. The length of guid should not be more than 48 symbols.";
    admin.fails("device/save", &long, 400, text).await;
    let name = "n".repeat(129);
    let text = "Field cannot be empty. The length of name should not be more than 128 symbols.";
    admin.fails("device/save", &format!(r#""deviceId":"d","device":{{"name":"{name}"}}"#), 400, text).await;
    // The same at an update is a failure of the transaction, behind its notification.
    let text = "Could not commit JPA transaction; nested exception is javax.persistence.RollbackException: Error while \
                committing the transaction";
    admin.fails("device/save", &format!(r#""deviceId":"pump-1","device":{{"name":"{name}"}}"#), 500, text).await;
    assert_eq!(admin.gets("device/get", r#""deviceId":"pump-1""#).await["device"]["name"], "Pump");

    let mut ann = Client::of(&mock, "ann").await;
    ann.fails("device/save", r#""deviceId":"d","device":{"name":"x"}"#, 403, "No access to network!").await;
    let mut bob = Client::of(&mock, "bob").await;
    bob.fails("device/save", r#""deviceId":"d","device":{"name":"x","networkId":1}"#, 403, "No access to network!")
        .await;
    let sample = r#""deviceId":"e50d6085-2aba-48e9-b1c3-73c673e414be","device":{}"#;
    bob.fails("device/save", sample, 403, "No access to device").await;
    // The lowest of his own.
    bob.does("device/save", r#""deviceId":"d","device":{"name":"x"}"#).await;
    let device = bob.gets("device/get", r#""deviceId":"d""#).await;
    assert_eq!((&device["device"]["networkId"], &device["device"]["deviceTypeId"]), (&2.into(), &9.into()));
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let mut ids = async |members: &str| {
        let list = admin.gets("device/list", members).await;
        let ids = list["devices"].as_array().unwrap().iter().map(|device| device["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>().join(" ")
    };
    let all = "e50d6085-2aba-48e9-b1c3-73c673e414be pump-1 lamp-1 pump-2";
    assert_eq!(ids("").await, all);
    assert_eq!(ids(r#""name":"Pump""#).await, "pump-1");
    assert_eq!(ids(r#""namePattern":"%pump""#).await, "pump-2");
    assert_eq!(ids(r#""namePattern":"_ump""#).await, "pump-1");
    assert_eq!(ids(r#""networkId":2"#).await, "pump-1 lamp-1");
    assert_eq!(ids(r#""networkName":"house""#).await, "pump-2");
    assert_eq!(ids(r#""networkId":2,"networkName":"house""#).await, "");
    assert_eq!(ids(r#""sortField":"name","take":2"#).await, "pump-2 lamp-1");
    assert_eq!(ids(r#""sortField":"name","sortOrder":"desc","skip":1,"take":"2""#).await, "pump-1 lamp-1");
    assert_eq!(ids(r#""sortField":"network","sortOrder":"DESC","take":1"#).await, "pump-2");
    assert_eq!(ids(r#""take":1.9"#).await, "e50d6085-2aba-48e9-b1c3-73c673e414be");
    assert_eq!(ids(r#""skip":9"#).await, "");
    assert_eq!(admin.does("device/count", r#""namePattern":"%ump%""#).await, r#""count":2"#);
    admin.fails("device/list", r#""sortField":"id""#, 400, "Invalid request parameters").await;
    for mute in [r#""sortField":"NAME""#, r#""sortField":"status""#, r#""sortOrder":"up""#, r#""skip":-1"#] {
        admin.gets_no_answer("device/list", mute).await;
    }
    let mut bob = Client::of(&mock, "bob").await;
    assert_eq!(bob.does("device/count", "").await, r#""count":2"#);
}

#[tokio::test]
async fn twenty_come_unless_more_are_wanted() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    for at in 0..30 {
        admin.does("device/save", &format!(r#""deviceId":"many-{at}","device":{{"name":"m"}}"#)).await;
    }
    assert_eq!(admin.gets("device/list", "").await["devices"].as_array().unwrap().len(), 20);
    assert_eq!(admin.gets("device/list", r#""take":100"#).await["devices"].as_array().unwrap().len(), 34);
}
