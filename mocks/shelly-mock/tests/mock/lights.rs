//! What gives light, of all kinds (dossier 6.2, 11.1, 13.3).

use crate::kit::{Client, all_status, control, decimal, demo, post_json, problems, start};
use serde_json::{Value, json};
use std::time::Duration;

const STRIP: &str = "b923fa";
const DIMMER: &str = "c45bbe5f0a11";
const DUO: &str = "8caab5059f22";
const BULB: &str = "3c6105f0aa10";

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// In colours the status has no brightness (dossier 6.2).
#[tokio::test]
async fn what_nobody_can_see_is_not_told() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(&demo(&mock, "light")));
    let colour = json!({"id": 0, "mode": "color", "red": 1, "green": 2, "blue": 3});
    client.command(&id, "light", colour).await;
    let before = client.change(&id).await;
    assert_eq!(client.command(&id, "light", json!({"id": 0, "brightness": 7})).await["isok"], true);
    client.is_silent().await;
    client.command(&id, "light", json!({"id": 0, "mode": "white"})).await;
    let after = client.change(&id).await;
    assert_eq!(after["lights"][0]["brightness"], 7);
    assert_eq!(after["serial"].as_u64(), before["serial"].as_u64().map(|serial| serial + 1));
}

#[tokio::test]
async fn each_kind_has_its_members() {
    let mock = start().await;
    let all = all_status(&mock).await;
    let common = ["ison", "source", "has_timer", "timer_started", "timer_duration", "timer_remaining", "mode"];
    let end = ["transition", "power", "overpower"];
    for (id, mode, own) in [
        (STRIP, "color", &["red", "green", "blue", "white", "gain", "effect"][..]),
        (DIMMER, "white", &["brightness"][..]),
        (DUO, "white", &["brightness", "white", "temp"][..]),
        (BULB, "white", &["red", "green", "blue", "white", "gain", "effect", "temp", "brightness"][..]),
    ] {
        let expected: Vec<&str> = common.iter().chain(own).chain(&end).copied().collect();
        assert_eq!(members(&all[id]["lights"][0]), expected, "{id}");
        assert_eq!(all[id]["mode"], mode);
    }
    for (id, name, own) in [
        ("34987a67da6c", "light:0", &["id", "source", "output", "brightness", "apower"][..]),
        ("34987a67da6d", "rgbw:0", &["id", "source", "output", "rgb", "brightness", "white", "apower"][..]),
        ("34987a67da6e", "cct:0", &["id", "source", "output", "brightness", "ct", "apower"][..]),
    ] {
        assert_eq!(members(&all[id][name]), own, "{id}");
    }
}

#[tokio::test]
async fn colours_and_white_are_set_without_switching_on() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(STRIP));
    client
        .command(
            &id,
            "light",
            json!({"id": 0, "red": 10, "green": 20.4, "blue": 30, "white": 40, "gain": 50, "effect": 3}),
        )
        .await;
    let light = client.change(&id).await["lights"][0].clone();
    let shown = ["ison", "red", "green", "blue", "white", "gain", "effect"].map(|name| light[name].clone());
    assert_eq!(json!(shown), json!([false, 10, 20, 30, 40, 50, 3]));
    client
        .command(&id, "light", json!({"id": 0, "turn": "on", "mode": "white", "brightness": 30, "transition": 500}))
        .await;
    let status = client.change(&id).await;
    let light = &status["lights"][0];
    let shown = ["ison", "mode", "brightness", "transition", "power"].map(|name| light[name].clone());
    assert_eq!(json!(shown), json!([true, "white", 30, 500, 3.0]));
    assert_eq!((&status["mode"], &light["red"]), (&json!("white"), &Value::Null));
    client.command(&id, "light", json!({"id": 0, "turn": "toggle", "timeout": 2})).await;
    assert_eq!(client.change(&id).await["lights"][0]["ison"], false);
    mock.advance(Duration::from_secs(2));
    assert_eq!(client.change(&id).await["lights"][0]["source"], "timer");
}

#[tokio::test]
async fn what_has_no_range_is_clamped_and_what_a_light_has_not_is_left_out() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let id = decimal(DUO);
    client.command(&id, "light", json!({"id": 0, "temp": 9000, "white": 300})).await;
    let light = client.change(&id).await["lights"][0].clone();
    assert_eq!((&light["temp"], &light["white"]), (&json!(6500), &json!(255)));
    client.command(&decimal(DIMMER), "light", json!({"id": 0, "red": 1, "temp": 3000, "brightness": 7})).await;
    assert_eq!(client.change(&decimal(DIMMER)).await["lights"][0]["brightness"], 7);
    let told = problems(&mock);
    assert_eq!(told.iter().filter(|problem| *problem == "tolerated clamped").count(), 2, "{told:?}");
    assert!(told.contains(&"dropped no-such-property".to_owned()), "{told:?}");
}

#[tokio::test]
async fn gen2_lights_take_commands_and_calls() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let id = decimal("34987a67da6c");
    assert_eq!(
        client.call(&id, "Light.Set", json!({"id": 0, "on": true, "brightness": 25})).await,
        json!({"result": null})
    );
    let light = client.change(&id).await["light:0"].clone();
    assert_eq!((&light["output"], &light["brightness"], &light["apower"]), (&json!(true), &json!(25), &json!(2.5)));
    assert_eq!(client.call(&id, "Light.Toggle", json!({"id": 0})).await, json!({"result": {"was_on": true}}));
    client.change(&id).await;
    client.command(&id, "light", json!({"id": 0, "turn": "on"})).await;
    assert_eq!(client.change(&id).await["light:0"]["output"], true);
    let id = decimal("34987a67da6d");
    client.call(&id, "RGBW.Set", json!({"id": 0, "on": true, "rgb": [1, 2, 3], "white": 4, "brightness": 50})).await;
    let light = client.change(&id).await["rgbw:0"].clone();
    assert_eq!((&light["rgb"], &light["white"], &light["brightness"]), (&json!([1, 2, 3]), &json!(4), &json!(50)));
    let id = decimal("34987a67da6e");
    client.call(&id, "CCT.Set", json!({"id": 0, "ct": 4000})).await;
    assert_eq!(client.change(&id).await["cct:0"]["ct"], 4000);
    for (method, code) in [("Light.Set", 404), ("RGBW.Set", 404)] {
        let refused = client.call(&id, method, json!({"id": 0, "on": true})).await;
        assert_eq!(refused["error"]["device_error"]["code"], code, "{method}: {refused}");
    }
}

#[tokio::test]
async fn lights_are_set_by_http() {
    let mock = start().await;
    let body = format!("id={STRIP}&channel=0&turn=on&mode=color&red=1&green=2&blue=3&white=4&gain=5&effect=1");
    assert_eq!(control(&mock, "/device/light/control", &body).await.json()["isok"], true);
    let light = all_status(&mock).await[STRIP]["lights"][0].clone();
    let shown = ["ison", "red", "green", "blue", "white", "gain", "effect"].map(|name| light[name].clone());
    assert_eq!(json!(shown), json!([true, 1, 2, 3, 4, 5, 1]));
    let answer = control(&mock, "/device/light/control", &format!("id={STRIP}")).await.json();
    assert!(answer["errors"]["wrong_parameters"].is_string(), "{answer}");
    let set = json!({"id": DUO, "channel": 0, "on": true, "temperature": 4000, "brightness": 10, "toggle_after": 5});
    assert_eq!(post_json(&mock, "/v2/devices/api/set/light", &set).await.body, r#"{"isok":true}"#);
    let light = all_status(&mock).await[DUO]["lights"][0].clone();
    let shown = ["ison", "temp", "brightness", "timer_duration"].map(|name| light[name].clone());
    assert_eq!(json!(shown), json!([true, 4000, 10, 5]));
    let wrong = json!({"id": DUO, "channel": 0, "mode": "color"});
    let answer = post_json(&mock, "/v2/devices/api/set/light", &wrong).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("DEVICE_INVALID_MODE")));
}

#[tokio::test]
async fn its_own_switch_turns_a_light() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    mock.control("press", &json!({"device": DIMMER})).unwrap();
    let light = client.change(&decimal(DIMMER)).await["lights"][0].clone();
    assert_eq!((&light["ison"], &light["source"], &light["power"]), (&json!(true), &json!("input"), &json!(6.0)));
}
