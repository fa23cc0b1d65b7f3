//! Networks and device types (dossier M7, M8).

use crate::kit::{Client, start, start_as};
use devicehive_mock::Profile;

const VALIDATION: &str =
    "Error! Make sure, that the passed object is correct and properly structured. Validation failed: \n";

/// The words for one of the two.
struct Kind {
    actions: &'static str,
    one: &'static str,
    id: &'static str,
    name: &'static str,
    lower: &'static str,
    next: i64,
}

const KINDS: [Kind; 2] = [
    Kind { actions: "network", one: "network", id: "networkId", name: "Network", lower: "network", next: 4 },
    Kind {
        actions: "devicetype",
        one: "deviceType",
        id: "deviceTypeId",
        name: "Device type",
        lower: "device type",
        next: 10,
    },
];

#[tokio::test]
async fn one_is_made_changed_and_deleted_with_its_devices() {
    for Kind { actions, one, id, name, lower, next } in KINDS {
        let mock = start().await;
        let mut admin = Client::admin(&mock).await;
        let made = admin.does(&format!("{actions}/insert"), &format!(r#""{one}":{{"name":"n","unknown":1}}"#)).await;
        assert_eq!(made, format!(r#""{one}":{{"id":{next}}}"#));
        let this = format!(r#""{id}":{next}"#);
        admin.does(&format!("{actions}/update"), &format!(r#"{this},"{one}":{{"description":"d"}}"#)).await;
        admin.does(&format!("{actions}/update"), &format!(r#"{this},"{one}":{{"name":"m","description":null}}"#)).await;
        let device = format!(r#""deviceId":"inside","device":{{"name":"i","{id}":{next}}}"#);
        admin.does("device/save", &device).await;
        assert_eq!(
            admin.does(&format!("{actions}/get"), &this).await,
            format!(
                r#""{one}":{{"devices":[{{"id":"inside","name":"i","data":null,"isBlocked":false}}],"id":{next},"name":"m","description":"d"}}"#
            )
        );
        let text = format!(
            "There are the following devices within this {lower}: inside. Please review and delete them first."
        );
        admin.fails(&format!("{actions}/delete"), &this, 400, &text).await;
        admin.fails(&format!("{actions}/delete"), &format!(r#"{this},"force":"yes""#), 400, &text).await;
        admin.does(&format!("{actions}/delete"), &format!(r#"{this},"force":"true""#)).await;
        admin.fails("device/get", r#""deviceId":"inside""#, 404, "Device with such deviceId = inside not found").await;
        let text = format!("{name} with id = {next} not found");
        admin.fails(&format!("{actions}/delete"), &this, 404, &text).await;
        admin.fails(&format!("{actions}/get"), &this, 404, &text).await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_one() {
    for Kind { actions, one, id, name, next, .. } in KINDS {
        let mock = start().await;
        let mut admin = Client::admin(&mock).await;
        let insert = format!("{actions}/insert");
        let required = format!("{name} is required");
        admin.fails(&insert, "", 400, &required).await;
        admin.fails(&insert, &format!(r#""{one}":null"#), 400, &required).await;
        admin.fails(&insert, &format!(r#""{one}":[]"#), 400, "Malformed Json received.").await;
        let null = format!("{VALIDATION}On property name (value: null): name field cannot be null. ; ");
        admin.fails(&insert, &format!(r#""{one}":{{}}"#), 400, &null).await;
        let text = "Invalid request parameters. Id cannot be specified.";
        admin.fails(&insert, &format!(r#""{one}":{{"name":"n","id":5}}"#), 400, text).await;
        admin.does(&insert, &format!(r#""{one}":{{"name":"n"}}"#)).await;
        let text = format!("{name} cannot be created. {name} with such name already exists");
        admin.fails(&insert, &format!(r#""{one}":{{"name":"n"}}"#), 403, &text).await;
        admin.does(&insert, &format!(r#""{one}":{{"name":"N"}}"#)).await;
        let update = format!("{actions}/update");
        admin.fails(&update, &format!(r#""{one}":{{}}"#), 400, &format!("{name} id is wrong or empty")).await;
        let text = format!(
            "could not execute statement; SQL [n/a]; constraint [{}_name_unique]; nested exception is \
             org.hibernate.exception.ConstraintViolationException: could not execute statement",
            if one == "network" { "network" } else { "device_type" }
        );
        admin.fails(&update, &format!(r#""{id}":{next},"{one}":{{"name":"N"}}"#), 500, &text).await;
        admin.fails(&update, &format!(r#""{id}":99"#), 404, &format!("{name} with id = 99 not found")).await;
        let text = format!("Cannot invoke \"java.lang.Long.longValue()\" because \"{id}\" is null");
        admin.fails(&format!("{actions}/delete"), "", 500, &text).await;
        admin.fails(&format!("{actions}/get"), "", 400, &format!("{name} id is wrong or empty")).await;
    }
}

#[tokio::test]
async fn lists_show_what_the_token_and_the_user_have() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let sorted = admin.does("network/list", r#""sortField":"name","sortOrder":"DESC","take":2"#).await;
    assert_eq!(
        sorted,
        r#""networks":[{"id":3,"name":"house","description":null},{"id":2,"name":"garden","description":"plants"}]"#
    );
    assert_eq!(admin.does("network/count", r#""namePattern":"%ar%""#).await, r#""count":1"#);
    let mut ann = Client::of(&mock, "ann").await;
    assert_eq!(ann.gets("network/list", "").await["networks"].as_array().unwrap().len(), 1);
    let mut bob = Client::of(&mock, "bob").await;
    assert_eq!(bob.gets("devicetype/list", "").await["deviceTypes"][0]["id"], 9);
    // The socket counts all types, seen or not (dossier M7.2).
    assert_eq!(bob.does("devicetype/count", "").await, r#""count":9"#);
    let mock = start_as(Profile::Spec).await;
    assert_eq!(Client::of(&mock, "bob").await.does("devicetype/count", "").await, r#""count":1"#);
    Client::admin(&mock).await.does("network/list", r#""sortField":"NAME""#).await;
}
