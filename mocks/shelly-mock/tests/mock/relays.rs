//! Relays and switches, by socket and by HTTP.

use crate::kit::{
    Client, RELAY, RELAY_DECIMAL, SWITCH, SWITCH_DECIMAL, all_status, control, decimal, events, post_json, start,
    start_option,
};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn times_have_fractions() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for (timeout, ms) in [(json!(0.4), 400), (json!(1.5), 1500), (json!("0.25"), 250), (json!(1e-9), 1)] {
        let params = json!({"turn": "on", "id": 0, "timeout": timeout});
        assert_eq!(client.command(RELAY_DECIMAL, "relay", params).await["isok"], true);
        let on = client.change(RELAY_DECIMAL).await["relays"][0].clone();
        assert_eq!((&on["ison"], &on["has_timer"]), (&json!(true), &json!(true)));
        assert_eq!(on["timer_duration"], Duration::from_millis(ms + 999).as_secs());
        mock.advance(Duration::from_millis(ms - 1));
        client.is_silent().await;
        mock.advance(Duration::from_millis(1));
        assert_eq!(client.change(RELAY_DECIMAL).await["relays"][0]["ison"], false);
    }
    let over_http = control(&mock, "/device/relay/control", &format!("id={RELAY}&turn=on&timer=0.5")).await;
    assert_eq!(over_http.json()["isok"], true);
    client.change(RELAY_DECIMAL).await;
    mock.advance(Duration::from_millis(500));
    assert_eq!(client.change(RELAY_DECIMAL).await["relays"][0]["ison"], false);
    let answer = client.command(RELAY_DECIMAL, "relay", json!({"turn": "on", "id": 0, "timeout": -0.4})).await;
    assert_eq!(answer["res"], "WRONG_API_PARAMETERS");
}

#[tokio::test]
async fn a_command_is_answered_and_then_told() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    client.is_silent().await;
    client
        .say(r#"{"event":"Shelly:CommandRequest","trid":10,"deviceId":"242232438719594","data":{"cmd":"relay","params":{"turn":"on","id":0}}}"#)
        .await;
    assert_eq!(
        client.hear().await,
        r#"{"event":"Shelly:CommandResponse","trid":10,"user":6550,"deviceId":"242232438719594","data":{"isok":true}}"#
    );
    let event = client.hear_json().await;
    assert_eq!(event["device"], json!({"id": RELAY_DECIMAL, "code": "SHSW-PM", "gen": "G1"}));
    let status = &event["status"];
    assert_eq!((&status["id"], &status["code"], &status["serial"]), (&json!(RELAY), &json!("SHSW-PM"), &json!(2)));
    assert_eq!(status["relays"][0]["ison"], true);
    assert_eq!((&status["relays"][0]["source"], &status["meters"][0]["power"]), (&json!("cloud"), &json!(60.0)));
    client.is_silent().await;
    assert_eq!(all_status(&mock).await[RELAY]["relays"][0]["ison"], true);
    let done = events(&mock);
    assert_eq!(done[0].0, "executed");
    assert_eq!(
        done[0].1,
        json!({"device": RELAY, "cmd": "relay", "channel": 0, "via": "socket", "by": 6550, "changed": true})
    );
}

#[tokio::test]
async fn what_changes_nothing_is_not_told() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let off = json!({"turn": "off", "id": 0});
    assert_eq!(client.command(RELAY_DECIMAL, "relay", off).await, json!({"isok": true}));
    client.is_silent().await;
}

#[tokio::test]
async fn a_timer_changes_it_back() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    client.command(RELAY_DECIMAL, "relay", json!({"turn": "on", "id": 0, "timeout": 5})).await;
    let relay = client.change(RELAY_DECIMAL).await["relays"][0].clone();
    assert_eq!(
        (&relay["has_timer"], &relay["timer_duration"], &relay["timer_remaining"]),
        (&json!(true), &json!(5), &json!(5))
    );
    mock.advance(Duration::from_millis(2500));
    assert_eq!(all_status(&mock).await[RELAY]["relays"][0]["timer_remaining"], 3);
    mock.advance(Duration::from_millis(2499));
    client.is_silent().await;
    mock.advance(Duration::from_millis(1));
    let relay = client.change(RELAY_DECIMAL).await["relays"][0].clone();
    assert_eq!(
        (&relay["ison"], &relay["has_timer"], &relay["source"]),
        (&json!(false), &json!(false), &json!("timer"))
    );
    client.is_silent().await;
}

#[tokio::test]
async fn two_channels_are_two_relays() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    // The leading zero of 062fa0 is lost here.
    let id = "405408";
    assert_eq!(decimal("062fa0"), id);
    client.command(id, "relay", json!({"turn": "toggle", "id": 1})).await;
    let status = client.change(id).await;
    assert_eq!(
        (&status["id"], &status["relays"][0]["ison"], &status["relays"][1]["ison"]),
        (&json!("062fa0"), &json!(false), &json!(false))
    );
    client.command(id, "relay", json!({"turn": "toggle", "id": 0})).await;
    assert_eq!(client.change(id).await["relays"][0]["ison"], true);
    let refused = client.command(id, "relay", json!({"turn": "on", "id": 2})).await;
    assert_eq!(refused, json!({"isok": false, "res": "DEVICE_INVALID_CHANNEL"}));
}

#[tokio::test]
async fn a_switch_takes_commands_and_calls() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    client
        .say(r#"{"event":"Shelly:JrpcRequest","trid":"x_1","deviceId":"146014534893892","method":"Switch.Set","params":{"id":0,"on":true}}"#)
        .await;
    assert_eq!(
        client.hear().await,
        r#"{"event":"Shelly:JrpcResponse","trid":"x_1","deviceId":"146014534893892","response":{"result":{"was_on":false}}}"#
    );
    let status = client.change(SWITCH_DECIMAL).await;
    assert_eq!(status["id"], SWITCH);
    assert_eq!((&status["switch:0"]["output"], &status["switch:0"]["source"]), (&json!(true), &json!("SHC")));
    assert_eq!(status["ts"], 1_767_225_600.0);
    assert_eq!(client.command(SWITCH_DECIMAL, "relay", json!({"turn": "off", "id": 0})).await, json!({"isok": true}));
    assert_eq!(client.change(SWITCH_DECIMAL).await["switch:0"]["output"], false);
    let toggled = client.call(SWITCH_DECIMAL, "Switch.Toggle", json!({"id": 0})).await;
    assert_eq!(toggled, json!({"result": {"was_on": false}}));
    client.change(SWITCH_DECIMAL).await;
    client.call(SWITCH_DECIMAL, "Switch.Set", json!({"id": 0, "on": false, "toggle_after": 1.5})).await;
    let switch = client.change(SWITCH_DECIMAL).await["switch:0"].clone();
    assert_eq!((&switch["timer_duration"], &switch["timer_started_at"]), (&json!(1.5), &json!(1_767_225_600.0)));
    mock.advance(Duration::from_millis(1500));
    let switch = client.change(SWITCH_DECIMAL).await["switch:0"].clone();
    assert_eq!((&switch["output"], &switch["source"]), (&json!(true), &json!("timer")));
    let status = client.call(SWITCH_DECIMAL, "Switch.GetStatus", json!({"id": 0})).await;
    assert_eq!(status["result"]["output"], true);
}

#[tokio::test]
async fn http_and_socket_meet_in_the_same_device() {
    let mock = start().await;
    let (mut one, mut two) = (Client::demo(&mock).await, Client::demo(&mock).await);
    let answer = control(&mock, "/device/relay/control", "id=dc4f2276846a&channel=0&turn=on&timer=3").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"isok":true,"data":{"device_id":"dc4f2276846a"}}"#));
    let told = one.hear().await;
    assert!(told.contains(r#""ison":true"#), "{told}");
    assert_eq!(told, two.hear().await, "the same text for all");
    mock.advance(Duration::from_secs(3));
    assert_eq!(one.change(RELAY_DECIMAL).await["relays"][0]["ison"], false);
    let answer = post_json(
        &mock,
        "/v2/devices/api/set/switch",
        &json!({"id": SWITCH, "channel": 0, "on": true, "toggle_after": 2}),
    )
    .await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"isok":true}"#));
    assert_eq!(one.change(SWITCH_DECIMAL).await["switch:0"]["output"], true);
}

#[tokio::test]
async fn the_serial_grows_with_each_change() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    for id in [RELAY_DECIMAL, SWITCH_DECIMAL] {
        let mut last = 0.0;
        for turn in ["on", "off", "on"] {
            client.command(id, "relay", json!({"turn": turn, "id": 0})).await;
            let serial = client.change(id).await["serial"].as_f64().unwrap();
            assert!(serial > last, "{serial} after {last}");
            last = serial;
        }
    }
}

#[tokio::test]
async fn partial_events_have_what_changed() {
    let mock = start_option(|options| options.partial_updates = true).await;
    let mut client = Client::demo(&mock).await;
    client.command(SWITCH_DECIMAL, "relay", json!({"turn": "on", "id": 0})).await;
    let status = client.change(SWITCH_DECIMAL).await;
    let names: Vec<&String> = status.as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "code", "serial", "ts", "switch:0"]);
    // Gen1 devices know no parts.
    client.command(RELAY_DECIMAL, "relay", json!({"turn": "on", "id": 0})).await;
    assert!(client.change(RELAY_DECIMAL).await["wifi_sta"].is_object());
}
