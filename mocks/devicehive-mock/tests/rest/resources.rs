//! The resources: what is made, read, changed and deleted by REST, beside the socket (dossier 14.1, 14.2, M14).

use crate::kit::{Caller, Refusal, Socket, demo, http, problems, start, start_as};
use devicehive_mock::{DeviceHiveMock, Profile};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

#[tokio::test]
async fn a_device_is_made_changed_and_deleted() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    let save = admin.calls("PUT", "/device/new-1", r#"{"name":"n","networkId":"2","data":{"v":1.50}}"#).await;
    save.is(204, "");
    assert_eq!(save.header("content-type"), Some("application/json"));
    let shown = r#"{"id":"new-1","name":"n","data":{"v":1.50},"networkId":2,"deviceTypeId":1,"isBlocked":false}"#;
    admin.get("/device/new-1").await.is(200, shown);
    admin.calls("PUT", "/device/new-1", "{}").await.is(204, "");
    assert_eq!(admin.reads("/device/new-1").await["data"], Value::Null);
    let text = "Device Id can only contain letters, digits and dashes.";
    admin.calls("PUT", "/device/bad_id", r#"{"name":"n"}"#).await.is_error(400, text);
    Caller::client(&mock).calls("DELETE", "/device/pump-2", "").await.is_error(403, "Access is denied");
    admin.calls("DELETE", "/device/new-1", "").await.is(204, "");
    admin.get("/device/new-1").await.is_error(404, "Device with such deviceId = new-1 not found");
}

#[tokio::test]
async fn lists_have_no_bound_over_rest() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    for number in 0..25 {
        admin.calls("PUT", &format!("/device/many-{number}"), r#"{"name":"m","networkId":2}"#).await.is(204, "");
    }
    assert_eq!(admin.reads("/device").await.as_array().unwrap().len(), 29);
    assert_eq!(admin.reads("/device?take=3&skip=1").await.as_array().unwrap().len(), 3);
    assert_eq!(admin.reads("/device/count?networkId=2&namePattern=m%25").await, json!({"count": 25}));
    let mut socket = Socket::authenticated(&mock, &demo(&mock, "access_token")).await;
    let listed = socket.ask(json!({"action": "device/list"})).await;
    assert_eq!(listed["devices"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn networks_and_types_are_made_without_a_number_of_ones_own() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    for (path, id, taken) in [
        ("/network", 4, "Network cannot be created. Network with such name already exists"),
        ("/devicetype", 10, "Device type cannot be created. Device type with such name already exists"),
    ] {
        admin.calls("POST", path, r#"{"name":"new","id":77}"#).await.is(201, &format!(r#"{{"id":{id}}}"#));
        admin.calls("POST", path, r#"{"name":"new"}"#).await.is_error(403, taken);
        let one = format!("{path}/{id}");
        admin.calls("PUT", &one, r#"{"description":"d"}"#).await.is(204, "");
        let shown = format!(r#"{{"devices":[],"id":{id},"name":"new","description":"d"}}"#);
        admin.get(&one).await.is(200, &shown);
        admin.calls("DELETE", &one, "").await.is(204, "");
        assert_eq!(admin.get(&one).await.status, 404);
    }
    let text =
        "There are the following devices within this network: pump-1, lamp-1. Please review and delete them first.";
    admin.calls("DELETE", "/network/2", "").await.is_error(400, text);
    admin.calls("DELETE", "/network/2?force=no", "").await.is_error(400, text);
    admin.calls("DELETE", "/network/2?force=true", "").await.is(204, "");
    assert_eq!(admin.get("/device/pump-1").await.status, 404);
}

#[tokio::test]
async fn users_and_what_is_assigned_to_them() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    let made = admin.calls("POST", "/user", r#"{"login":"new_user","password":"secret-1","role":1}"#).await;
    made.is(201, r#"{"id":5,"lastLogin":null,"data":null,"introReviewed":false,"allDeviceTypesAvailable":true}"#);
    admin.calls("PUT", "/user/5/network/2", "").await.is(204, "");
    let nested = r#"{"network":{"id":2,"name":"garden","description":"plants"}}"#;
    admin.get("/user/5/network/2").await.is(200, nested);
    assert_eq!(admin.reads("/user/5").await["networks"][0]["name"], "garden");
    admin.calls("DELETE", "/user/5/network/2", "").await.is(204, "");
    admin.get("/user/5/network/2").await.is_error(404, "Network with id 2 for user with id 5 was not found");
    admin.calls("DELETE", "/user/5/devicetype/all", "").await.is(204, "");
    admin.calls("PUT", "/user/5/devicetype/9", "{}").await.is(204, "");
    assert_eq!(
        admin.reads("/user/5/devicetype").await,
        json!([{"id": 9, "name": "pump", "description": "moves water"}])
    );
    admin.calls("PUT", "/user/5/devicetype/all", "{}").await.is(204, "");
    assert_eq!(admin.reads("/user/5/devicetype/3").await["deviceType"]["id"], 3);
    admin.calls("PUT", "/user/5", r#"{"status":1}"#).await.is(204, "");
    let login = http(&mock, "POST", "/dh/rest/token", &[], r#"{"login":"new_user","password":"secret-1"}"#).await;
    login.is_error(401, "User is locked or disabled");
    assert_eq!(admin.reads("/user/count?role=1").await, json!({"count": 4}));
    admin.calls("DELETE", "/user/5", "").await.is(204, "");
}

#[tokio::test]
async fn commands_have_their_statuses_and_defaults() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    let made = admin.calls("POST", "/device/pump-1/command", r#"{"command":"on","parameters":{"a":1}}"#).await;
    assert_eq!(made.status, 201);
    let receipt = made.json();
    assert_eq!(receipt.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "timestamp", "lastUpdated", "userId"]);
    let one = format!("/device/pump-1/command/{}", receipt["id"]);
    let updated = format!("{one}?returnUpdatedCommands=true");
    admin.get(&updated).await.is_error(404, &format!("Command with id = {} not found", receipt["id"]));
    admin.calls("PUT", &one, r#"{"command":"other"}"#).await.is(204, "");
    let command = admin.reads(&updated).await;
    assert_eq!(
        (&command["command"], &command["status"], &command["parameters"]),
        (&json!("on"), &Value::Null, &json!({"a": 1}))
    );
    for number in 0..3 {
        mock.advance(Duration::from_secs(1));
        admin.calls("POST", "/device/pump-1/command", &format!(r#"{{"command":"c{number}"}}"#)).await;
    }
    // Newest first, without being asked to sort.
    let names = |list: Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|item| item["command"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(admin.reads("/device/pump-1/command").await), ["c2", "c1", "c0", "on"]);
    assert_eq!(names(admin.reads("/device/pump-1/command?sortOrder=ASC&command=on").await), ["on"]);
}

#[tokio::test]
async fn a_server_that_never_answers_leaves_the_call_open_and_says_so_elsewhere() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    let made = admin.calls("POST", "/device/pump-1/command", r#"{"command":"on"}"#).await.json();
    let path = format!("/device/pump-1/command/{}", made["id"]);
    let _open = admin.sends("PUT", &path, "").await;
    let query = devicehive_mock::Query::problem("server-defect");
    let told = mock.wait_for(&query, 1, crate::kit::SOON).await.unwrap();
    assert_eq!(told[0]["reaction"], "dropped");
    // A server without defects answers.
    let documented = start_as(Profile::Spec).await;
    let admin = Caller::admin(&documented);
    let made = admin.calls("POST", "/device/pump-1/command", r#"{"command":"on"}"#).await.json();
    let answer = admin.calls("PUT", &format!("/device/pump-1/command/{}", made["id"]), "").await;
    answer.is_error(400, "Error! Validation failed: Object is null");
    assert!(problems(&documented).is_empty());
}

#[tokio::test]
async fn notifications_keep_the_reserved_names_to_the_server() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    let text = "It's forbidden to insert these special notifications: $device-update, $device-add.";
    let path = "/device/pump-1/notification";
    admin.calls("POST", path, r#"{"notification":"$device-add"}"#).await.is_error(403, text);
    admin.calls("POST", path, "{}").await.is_error(400, "Invalid request parameters");
    let made = admin.calls("POST", path, r#"{"notification":"level"}"#).await;
    assert_eq!((made.status, made.json().as_object().unwrap().len()), (201, 2));
    let one = admin.reads(&format!("{path}/{}", made.json()["id"])).await;
    assert_eq!((&one["notification"], &one["networkId"]), (&json!("level"), &json!(2)));
    // Unlike on the socket, only for those who see the device.
    Caller::client(&mock).get("/device/pump-2/notification").await.is_error(403, "Access is denied");
}

#[tokio::test]
async fn rest_and_socket_are_one_bus() {
    // captures/server-4.1/rest-ws-bus
    let mock = start().await;
    let mut ann = Socket::authenticated(&mock, &demo(&mock, "client_access_token")).await;
    ann.ask(json!({"action": "command/subscribe", "deviceId": "pump-1"})).await;
    ann.ask(json!({"action": "command/subscribe", "deviceId": "pump-1", "returnUpdatedCommands": true})).await;
    let admin = Caller::admin(&mock);
    let made = admin.calls("POST", "/device/pump-1/command", r#"{"command":"r"}"#).await.json();
    let push = ann.hear().await;
    assert_eq!((&push["action"], &push["command"]["id"]), (&json!("command/insert"), &made["id"]));
    admin.calls("PUT", &format!("/device/pump-1/command/{}", made["id"]), r#"{"status":"done"}"#).await.is(204, "");
    let push = ann.hear().await;
    assert_eq!((&push["action"], &push["command"]["status"]), (&json!("command/update"), &json!("done")));
}

#[tokio::test]
async fn the_configuration_knows_the_secret() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    admin
        .get("/configuration/jwt.secret")
        .await
        .is(200, r#"{"id":2,"name":"jwt.secret","value":"devicehive","entityVersion":0}"#);
    let made = r#"{"id":null,"name":"key","value":"1","entityVersion":0}"#;
    admin.calls("PUT", "/configuration/key", r#"{"value":"1"}"#).await.is(200, made);
    admin.calls("PUT", "/configuration/key", r#"{"value":"2","name":"other"}"#).await;
    admin.get("/configuration/key").await.is(200, r#"{"id":3,"name":"key","value":"2","entityVersion":1}"#);
    admin.calls("DELETE", "/configuration/key", "").await.is(204, "");
    Caller::client(&mock).get("/configuration/jwt.secret").await.is_error(403, "Access is denied");
    let older = start_as(Profile::Server35).await;
    let shown = Caller::admin(&older).reads("/configuration/jwt.secret").await;
    assert_eq!(shown, json!({"name": "jwt.secret", "value": "devicehive", "entityVersion": 0}));
}

/// As DeviceHive's own suite lists: by its own clock (dossier M15).
#[tokio::test]
async fn a_clients_clock_falls_between_two_insertions() {
    for profile in Profile::ALL {
        let mock = DeviceHiveMock::builder().profile(*profile).start().await.unwrap();
        let admin = Caller::admin(&mock);
        for path in ["/device/pump-1/command", "/device/pump-1/notification"] {
            let body = r#"{"command":"c","notification":"n"}"#;
            let first = admin.calls("POST", path, body).await.json()["id"].clone();
            let between = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
            let second = admin.calls("POST", path, body).await.json()["id"].clone();
            for (bound, id) in [("end", first), ("start", second)] {
                let list = admin.reads(&format!("{path}?{bound}={between}")).await;
                let ids: Vec<_> = list.as_array().unwrap().iter().map(|item| &item["id"]).collect();
                assert_eq!(ids, [&id], "{profile} {path}?{bound}={between}");
            }
        }
    }
}
