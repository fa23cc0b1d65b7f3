//! What measures, mostly asleep: Gen1, Gen2, BLE, meters, and the virtual device (dossier 6, 13.3).

use crate::kit::{Client, SWITCH, SWITCH_DECIMAL, all_status, decimal, events, start};
use serde_json::json;
use std::time::Duration;

const HT: &str = "701cd4";
const DOOR: &str = "98cdac";
const FLOOD: &str = "68c63a";
const BLE: &str = "XB1234567890123";

#[tokio::test]
async fn a_sleeping_sensor_tells_by_itself_and_when_woken() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(HT));
    mock.control("measure", &json!({"device": HT, "temperature": 19.5, "humidity": 55.0})).unwrap();
    client.is_silent().await;
    let asleep = all_status(&mock).await[HT].clone();
    assert_eq!((&asleep["tmp"]["tC"], &asleep["_dev_info"]["online"]), (&json!(21.3), &json!(true)), "it reads online");
    mock.advance(Duration::from_secs(3599));
    client.is_silent().await;
    assert_eq!(all_status(&mock).await[HT]["unixtime"], 1_767_225_600, "its status is that of its last report");
    mock.advance(Duration::from_secs(1));
    let status = client.change(&id).await;
    assert_eq!(
        (&status["tmp"]["tC"], &status["tmp"]["tF"], &status["hum"]["value"]),
        (&json!(19.5), &json!(67.1), &json!(55.0))
    );
    assert_eq!((&status["act_reasons"], &status["unixtime"]), (&json!(["periodic"]), &json!(1_767_229_200)));
    assert_eq!((&status["bat"]["value"], &status["serial"]), (&json!(87.0), &json!(2)));
    mock.control("wake", &json!({"device": HT})).unwrap();
    assert_eq!(client.change(&id).await["act_reasons"], json!(["button"]));
    mock.advance(Duration::from_secs(3599));
    client.is_silent().await;
    mock.control("press", &json!({"device": HT})).unwrap();
    client.change(&id).await;
}

#[tokio::test]
async fn doors_water_and_smoke_wake_it_at_once() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    mock.control("measure", &json!({"device": DOOR, "open": true, "lux": 250.0, "tilt": 12})).unwrap();
    let status = client.change(&decimal(DOOR)).await;
    assert_eq!((&status["sensor"]["state"], &status["lux"]["illumination"]), (&json!("open"), &json!("bright")));
    assert_eq!((&status["accel"]["tilt"], &status["act_reasons"]), (&json!(12.0), &json!(["sensor"])));
    mock.control("measure", &json!({"device": DOOR, "open": true})).unwrap();
    client.is_silent().await;
    mock.control("measure", &json!({"device": FLOOD, "flood": true})).unwrap();
    assert_eq!(client.change(&decimal(FLOOD)).await["flood"], true);
    mock.control("measure", &json!({"device": "485519", "smoke": true})).unwrap();
    assert_eq!(client.change(&decimal("485519")).await["smoke"], true);
}

#[tokio::test]
async fn gen2_and_ble_sensors_have_components() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let gen2 = "80646f81ad9a";
    mock.control("measure", &json!({"device": gen2, "temperature": 20.0, "battery": 50.0})).unwrap();
    mock.control("wake", &json!({"device": gen2})).unwrap();
    let status = client.change(&decimal(gen2)).await;
    assert_eq!(status["temperature:0"], json!({"id": 0, "tC": 20.0, "tF": 68.0}));
    assert_eq!(
        (&status["humidity:0"]["rh"], &status["devicepower:0"]["battery"]["percent"]),
        (&json!(61.0), &json!(50.0))
    );
    mock.control("measure", &json!({"device": BLE, "open": true})).unwrap();
    let status = client.change(BLE).await;
    assert_eq!((&status["id"], &status["window:0"]), (&json!(BLE), &json!({"id": 0, "open": true})));
    assert!(
        status["devicepower:0"]["battery"]["V"].is_null()
            && status["serial"].is_number()
            && status.get("sys").is_none()
    );
}

#[tokio::test]
async fn a_ble_device_is_heard_through_its_gateway() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    mock.control("online", &json!({"device": SWITCH, "online": false})).unwrap();
    assert_eq!(client.hear_json().await["online"], 0);
    let behind = client.hear_json().await;
    assert_eq!((&behind["device"]["id"], &behind["online"]), (&json!(BLE), &json!(0)));
    mock.control("measure", &json!({"device": BLE, "open": true})).unwrap();
    client.is_silent().await;
    let known = all_status(&mock).await[BLE].clone();
    assert_eq!((&known["window:0"]["open"], &known["_dev_info"]["online"]), (&json!(false), &json!(false)));
    // The cloud asks nobody either.
    assert_eq!(client.call(BLE, "Shelly.GetStatus", json!({})).await, json!({"error": "DEVICE_OFFLINE"}));
    mock.control("online", &json!({"device": SWITCH, "online": true})).unwrap();
    assert_eq!(client.hear_json().await["online"], 1);
    assert_eq!(client.hear_json().await["device"]["id"], BLE);
    client.change(SWITCH_DECIMAL).await;
    client.is_silent().await;
    // Nobody repeats what was not passed on; the next report tells.
    assert_eq!(all_status(&mock).await[BLE]["window:0"]["open"], false);
    mock.control("wake", &json!({"device": BLE})).unwrap();
    assert_eq!(client.change(BLE).await["window:0"]["open"], true);
}

#[tokio::test]
async fn meters_count() {
    let mock = start().await;
    let (mut client, meter) = (Client::demo(&mock).await, "bcff4dfd1a2b");
    mock.advance(Duration::from_secs(1800));
    let emeters = all_status(&mock).await[meter]["emeters"].clone();
    assert_eq!(
        (&emeters[0]["total"], &emeters[1]["power"], &emeters[2]["pf"]),
        (&json!(100.1), &json!(35.5), &json!(0.0))
    );
    mock.control("measure", &json!({"device": meter, "channel": 2, "power": 460.0})).unwrap();
    let status = client.change(&decimal(meter)).await;
    assert_eq!((&status["emeters"][2]["power"], &status["emeters"][2]["current"]), (&json!(460.0), &json!(2.0)));
    mock.control("measure", &json!({"device": meter, "channel": 2, "power": 460.0})).unwrap();
    client.is_silent().await;
}

#[tokio::test]
async fn the_load_of_a_relay_can_change() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    client.command(SWITCH_DECIMAL, "relay", json!({"turn": "on", "id": 0})).await;
    assert_eq!(client.change(SWITCH_DECIMAL).await["switch:0"]["apower"], 1200.0);
    mock.advance(Duration::from_secs(3600));
    client.drain().await;
    mock.control("measure", &json!({"device": SWITCH, "power": 2000.0})).unwrap();
    let switch = client.change(SWITCH_DECIMAL).await["switch:0"].clone();
    assert_eq!((&switch["apower"], &switch["aenergy"]["total"]), (&json!(2000.0), &json!(1200.0)));
}

#[tokio::test]
async fn a_virtual_device_reports_what_it_is_told_to() {
    let mock = start().await;
    let mut client = Client::demo(&mock).await;
    let id = "1643370677417";
    mock.control("online", &json!({"device": id, "online": true})).unwrap();
    let event = client.hear_json().await;
    assert_eq!(event["device"], json!({"id": id, "code": "THERMOSTAT", "gen": "V1"}));
    client.change(id).await;
    mock.control("report", &json!({"device": id, "status": {"target_t": 22.5, "mode": "eco"}})).unwrap();
    let status = client.change(id).await;
    assert_eq!((&status["target_t"], &status["mode"], &status["enabled"]), (&json!(22.5), &json!("eco"), &json!(true)));
    assert!(status["serial"].is_number());
    assert_eq!(all_status(&mock).await[id]["target_t"], 22.5);
    assert_eq!(all_status(&mock).await[id].get("serial"), None);
}

#[tokio::test]
async fn an_offline_device_keeps_its_last_status_and_tells_all_when_it_is_back() {
    let mock = start().await;
    let (mut client, relay) = (Client::demo(&mock).await, crate::kit::RELAY);
    let id = decimal(relay);
    mock.control("online", &json!({"device": relay, "online": false})).unwrap();
    assert_eq!(
        client.hear().await,
        format!(r#"{{"event":"Shelly:Online","device":{{"id":"{id}","code":"SHSW-PM","gen":"G1"}},"online":0}}"#)
    );
    mock.control("press", &json!({"device": relay})).unwrap();
    client.is_silent().await;
    let known = all_status(&mock).await[relay].clone();
    assert_eq!((&known["relays"][0]["ison"], &known["_dev_info"]["online"]), (&json!(false), &json!(false)));
    let refused = client.command(&id, "relay", json!({"turn": "off", "id": 0})).await;
    assert_eq!(refused["res"], "DEVICE_OFFLINE");
    mock.advance(Duration::from_secs(10));
    mock.control("online", &json!({"device": relay, "online": true})).unwrap();
    assert_eq!(client.hear_json().await["online"], 1);
    assert_eq!(client.change(&id).await["relays"][0]["ison"], true, "what it did meanwhile; no command was queued");
    let again = mock.control("online", &json!({"device": relay, "online": true})).unwrap();
    assert_eq!(again["changed"], false);
    client.is_silent().await;
    assert_eq!(events(&mock).iter().filter(|(topic, _)| topic == "refused").count(), 1);
}
