//! Calls to devices of the Gen2 kind (dossier 9.4, 10, 14).

use crate::kit::{Client, RELAY_DECIMAL, SWITCH, SWITCH_DECIMAL, decimal, start, start_option};
use serde_json::{Value, json};

fn failed(response: &Value) -> (i64, &str) {
    let error = &response["error"];
    assert_eq!(error["error"], "JRPC_ERROR", "{response}");
    (error["device_error"]["code"].as_i64().unwrap(), error["device_error"]["message"].as_str().unwrap())
}

#[tokio::test]
async fn a_device_tells_its_status_and_who_it_is() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let all = client.call(SWITCH_DECIMAL, "Shelly.GetStatus", json!({})).await["result"].clone();
    assert!(all["switch:0"].is_object() && all["sys"].is_object() && all.get("serial").is_none(), "{all}");
    let info = client.call(SWITCH_DECIMAL, "Shelly.GetDeviceInfo", Value::Null).await["result"].clone();
    assert_eq!(
        (&info["mac"], &info["model"], &info["gen"]),
        (&json!("84CCA87C0144"), &json!("SPSW-001PE16EU"), &json!(2))
    );
    for (method, params, name) in [
        ("Switch.GetStatus", json!({"id": 0}), "switch:0"),
        ("Input.GetStatus", json!({"id": 0}), "input:0"),
        ("Number.GetStatus", json!({"id": 200}), "number:200"),
        ("Sys.GetStatus", json!({}), "sys"),
        ("WiFi.GetStatus", json!({}), "wifi"),
    ] {
        assert_eq!(client.call(SWITCH_DECIMAL, method, params).await["result"], all[name], "{method}");
    }
    client.is_silent().await;
}

#[tokio::test]
async fn virtual_components_can_be_set() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for (method, value, name) in [
        ("Boolean.Set", json!(false), "boolean:200"),
        ("Number.Set", json!(7.5), "number:200"),
        ("Text.Set", json!("other"), "text:200"),
        ("Enum.Set", json!("off"), "enum:200"),
    ] {
        let done = client.call(SWITCH_DECIMAL, method, json!({"id": 200, "value": value})).await;
        assert_eq!(done, json!({"result": null}));
        assert_eq!(client.change(SWITCH_DECIMAL).await[name], json!({"id": 200, "value": value}));
        client.call(SWITCH_DECIMAL, method, json!({"id": 200, "value": value})).await;
        client.is_silent().await;
    }
    for (method, value) in [
        ("Boolean.Set", json!(1)),
        ("Number.Set", json!(11)),
        ("Number.Set", json!("7")),
        ("Text.Set", json!(7)),
        ("Enum.Set", json!("hot")),
        ("Enum.Set", Value::Null),
    ] {
        let response = client.call(SWITCH_DECIMAL, method, json!({"id": 200, "value": value})).await;
        assert_eq!(failed(&response).0, -103, "{method} {value}");
    }
}

#[tokio::test]
async fn what_a_device_cannot_do_it_says_itself() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let cover = decimal("08b61fcd1e55");
    for (id, method, params, code) in [
        (SWITCH_DECIMAL, "Nothing.Set", json!({"id": 0}), 404),
        (SWITCH_DECIMAL, "Switch.Explode", json!({"id": 0}), 404),
        (SWITCH_DECIMAL, "switch.Set", json!({"id": 0, "on": true}), 404),
        (SWITCH_DECIMAL, "Switch", json!({}), 404),
        (SWITCH_DECIMAL, "Cover.Open", json!({"id": 0}), 404),
        (SWITCH_DECIMAL, "Cover.GetStatus", json!({"id": 0}), 404),
        (SWITCH_DECIMAL, "Switch.Set", json!({"id": 7, "on": true}), -105),
        (SWITCH_DECIMAL, "Switch.GetStatus", json!({"id": 7}), -105),
        (SWITCH_DECIMAL, "Switch.Set", json!({"on": true}), -103),
        (SWITCH_DECIMAL, "Switch.Set", json!({"id": 0}), -103),
        (SWITCH_DECIMAL, "Switch.Set", json!({"id": 0, "on": "yes"}), -103),
        (SWITCH_DECIMAL, "Switch.Set", json!({"id": 0, "on": true, "toggle_after": -1}), -103),
        (SWITCH_DECIMAL, "Switch.Set", json!([]), -103),
        (&cover, "Cover.GoToPosition", json!({"id": 0}), -103),
        (&cover, "Cover.GoToPosition", json!({"id": 0, "pos": 101}), -103),
        (&cover, "Cover.GoToPosition", json!({"id": 0, "pos": 1, "rel": 1}), -103),
        (&decimal("34987a67da6d"), "RGBW.Set", json!({"id": 0, "rgb": [1, 2]}), -103),
    ] {
        let response = client.call(id, method, params.clone()).await;
        assert_eq!(failed(&response).0, code, "{method} {params}: {response}");
    }
    client.is_silent().await;
}

#[tokio::test]
async fn what_the_cloud_refuses_has_a_plain_code() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let set = json!({"id": 0, "on": true});
    assert_eq!(
        client.call(RELAY_DECIMAL, "Switch.Set", set.clone()).await,
        json!({"error": "DEVICE_UNSUPPORTED_COMMAND"})
    );
    assert_eq!(client.call(SWITCH, "Switch.Set", set.clone()).await, json!({"error": "WRONG_ID"}));
    assert_eq!(client.call("1643370677417", "X.Set", json!({})).await, json!({"error": "DEVICE_OFFLINE"}));
    assert_eq!(client.call(SWITCH_DECIMAL, "", set.clone()).await, json!({"error": "BAD_REQUEST"}));
    mock.control("online", &json!({"device": SWITCH, "online": false})).unwrap();
    client.drain().await;
    assert_eq!(client.call(SWITCH_DECIMAL, "Switch.Set", set).await, json!({"error": "DEVICE_OFFLINE"}));
}

#[tokio::test]
async fn all_three_families_are_answered_in_kind() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for family in ["Jrpc", "XU", "XG"] {
        let request = json!({"event": format!("Shelly:{family}Request"), "trid": 3, "deviceId": "XB1234567890123", "method": "Shelly.GetStatus", "params": {}});
        let answer = client.ask(&request.to_string()).await;
        assert_eq!(answer["event"], format!("Shelly:{family}Response"));
        assert_eq!(answer["response"]["result"]["window:0"]["open"], false, "{answer}");
    }
}

#[tokio::test]
async fn infrared_codes_are_sent_if_they_are_stored() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for (id, params, answer) in [
        (SWITCH_DECIMAL, json!({"data": "tv-on", "type": "stored"}), json!({"isok": true})),
        (
            SWITCH_DECIMAL,
            json!({"data": "radio", "type": "stored"}),
            json!({"isok": false, "res": "DEVICE_FAILED_COMMAND"}),
        ),
        (SWITCH_DECIMAL, json!({"data": "tv-on"}), json!({"isok": false, "res": "WRONG_API_PARAMETERS"})),
        (
            RELAY_DECIMAL,
            json!({"data": "tv-on", "type": "stored"}),
            json!({"isok": false, "res": "DEVICE_UNSUPPORTED_COMMAND"}),
        ),
    ] {
        assert_eq!(client.command(id, "ir_emit", params.clone()).await, answer, "{params}");
    }
    client.is_silent().await;
}

#[tokio::test]
async fn a_partial_event_has_a_value_alone() {
    let mock = start_option(|options| options.partial_updates = true).await;
    let mut client = Client::demo(&mock).await;
    client.call(SWITCH_DECIMAL, "Number.Set", json!({"id": 200, "value": 1})).await;
    let status = client.change(SWITCH_DECIMAL).await;
    assert_eq!(status.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "code", "serial", "ts", "number:200"]);
}
