//! What moves: Gen1 rollers and Gen2 covers, by socket, call and HTTP (dossier 6.2, 11.1, 13.3).

use crate::kit::{COVER, Client, ROLLER, all_status, control, decimal, post_json, start};
use serde_json::{Value, json};
use shelly_mock::ShellyMock;
use std::time::Duration;

fn seconds(mock: &ShellyMock, seconds: f64) {
    mock.advance(Duration::from_secs_f64(seconds));
}

/// The motor and the position of Gen1.
fn motion(status: &Value) -> (&str, i64) {
    let roller = &status["rollers"][0];
    (roller["state"].as_str().unwrap(), roller["current_pos"].as_i64().unwrap())
}

/// The state and the position of Gen2.
fn cover(status: &Value) -> (&str, i64) {
    let cover = &status["cover:0"];
    (cover["state"].as_str().unwrap(), cover["current_pos"].as_i64().unwrap())
}

/// However it comes to rest, it says so.
#[tokio::test]
async fn a_roller_that_stops_where_it_is_tells_it() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(ROLLER));
    for (cmd, params) in [
        ("roller_to_pos", json!({"id": 0, "pos": 70})),
        ("roller_to_pos", json!({"id": 0, "rel": 0})),
        ("roller", json!({"id": 0, "go": "up", "duration": 0})),
        ("roller", json!({"id": 0, "go": "stop"})),
    ] {
        mock.reset();
        client = Client::demo(&mock).await;
        client.command(&id, "roller_to_pos", json!({"id": 0, "pos": 0})).await;
        client.change(&id).await;
        seconds(&mock, 1.0);
        let moving = client.change(&id).await;
        assert_eq!(motion(&moving), ("close", 70));
        assert_eq!(client.command(&id, cmd, params.clone()).await["isok"], true);
        let rests = client.change(&id).await;
        assert_eq!((motion(&rests), &rests["rollers"][0]["power"]), (("stop", 70), &json!(0.0)), "{cmd} {params}");
        assert!(rests["serial"].as_u64() > moving["serial"].as_u64());
        // Once more changes nothing.
        assert_eq!(client.command(&id, cmd, params).await["isok"], true);
        client.is_silent().await;
    }
    client.command(&id, "roller", json!({"id": 0, "go": "up", "duration": 0.4})).await;
    assert_eq!(motion(&client.change(&id).await), ("open", 70));
    seconds(&mock, 0.4);
    assert_eq!(motion(&client.change(&id).await), ("stop", 72));
}

#[tokio::test]
async fn a_cover_that_stops_where_it_is_tells_it() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(COVER));
    for (first, cmd, then, at) in [
        (json!({"go": "down"}), "roller", json!({"go": "up"}), "open"),
        (json!({"slat_pos": 0}), "roller_to_pos", json!({"slat_pos": 50}), "open"),
    ] {
        let with_id = |mut params: Value| {
            params["id"] = json!(0);
            params
        };
        client.command(&id, cmd, with_id(first)).await;
        assert_eq!(cover(&client.change(&id).await), ("closing", 100));
        client.command(&id, cmd, with_id(then)).await;
        assert_eq!(cover(&client.change(&id).await), (at, 100));
    }
    client.call(&id, "Cover.Close", json!({"id": 0})).await;
    client.change(&id).await;
    seconds(&mock, 2.0);
    client.drain().await;
    let here = cover(&all_status(&mock).await[COVER]).1;
    let call = client.call(&id, "Cover.GoToPosition", json!({"id": 0, "pos": here})).await;
    assert_eq!(call, json!({"result": null}));
    assert_eq!(cover(&client.change(&id).await), ("stopped", here));
    post_json(&mock, "/v2/devices/api/set/cover", &json!({"id": COVER, "channel": 0, "position": "open"})).await;
    client.change(&id).await;
    post_json(&mock, "/v2/devices/api/set/cover", &json!({"id": COVER, "channel": 0, "position": here})).await;
    assert_eq!(cover(&client.change(&id).await), ("stopped", here));
}

#[tokio::test]
async fn a_roller_tells_nothing_that_nobody_can_see() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(ROLLER));
    client.command(&id, "roller_to_pos", json!({"id": 0, "pos": 50})).await;
    client.change(&id).await;
    client.command(&id, "roller_to_pos", json!({"id": 0, "pos": 49.6})).await;
    client.is_silent().await;
    let lost = decimal("e8db84d4b0c4");
    client.command(&lost, "roller", json!({"id": 0, "go": "up"})).await;
    client.change(&lost).await;
    seconds(&mock, 60.0);
    let events = client.drain().await;
    let of_lost: Vec<_> = events.iter().filter(|event| event["device"]["id"] == lost.as_str()).collect();
    assert_eq!(of_lost.len(), 1, "{of_lost:?}");
    assert_eq!(of_lost[0]["status"]["rollers"][0]["state"], "stop");
}

#[tokio::test]
async fn a_roller_tells_where_it_is_until_it_rests() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(ROLLER));
    assert_eq!(client.command(&id, "roller", json!({"go": "up", "id": 0})).await, json!({"isok": true}));
    let started = client.change(&id).await;
    assert_eq!(motion(&started), ("open", 75));
    assert_eq!((&started["meters"][0]["power"], &started["rollers"][0]["power"]), (&json!(120.0), &json!(120.0)));
    client.is_silent().await;
    seconds(&mock, 0.5);
    client.is_silent().await;
    // Between two reports whoever asks is told.
    assert_eq!(motion(&all_status(&mock).await[ROLLER]), ("open", 78));
    seconds(&mock, 4.5);
    let positions: Vec<Value> = client.drain().await.iter().map(|event| event["status"].clone()).collect();
    let positions: Vec<_> = positions.iter().map(motion).collect();
    assert_eq!(positions, [("open", 80), ("open", 85), ("open", 90), ("open", 95), ("stop", 100)]);
    seconds(&mock, 60.0);
    client.is_silent().await;
    let roller = all_status(&mock).await[ROLLER]["rollers"][0].clone();
    assert_eq!(
        (&roller["last_direction"], &roller["power"], &roller["source"]),
        (&json!("open"), &json!(0.0), &json!("cloud"))
    );
    assert_eq!(all_status(&mock).await[ROLLER]["meters"][0]["total"], 10, "120 W for 5 s, in watt minutes");
    assert_eq!(client.command(&id, "roller", json!({"go": "open", "id": 0})).await, json!({"isok": true}));
    client.is_silent().await;
}

#[tokio::test]
async fn a_roller_can_be_stopped_half_way_and_limited() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(ROLLER));
    client.command(&id, "roller", json!({"go": "down", "id": 0})).await;
    client.change(&id).await;
    seconds(&mock, 0.9);
    client.command(&id, "roller", json!({"go": "stop", "id": 0})).await;
    assert_eq!(motion(&client.change(&id).await), ("stop", 71));
    client.command(&id, "roller", json!({"go": "close", "id": 0, "duration": 2})).await;
    client.change(&id).await;
    seconds(&mock, 30.0);
    let last = client.drain().await.pop().unwrap();
    assert_eq!(motion(&last["status"]), ("stop", 61), "a fifth of the way in a tenth of the time");
    assert_eq!(client.command(&id, "roller", json!({"go": "stop", "id": 0})).await, json!({"isok": true}));
    client.is_silent().await;
}

#[tokio::test]
async fn positions_are_absolute_or_relative() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(ROLLER));
    for (params, reached) in [
        (json!({"id": 0, "pos": 30}), 30),
        (json!({"id": 0, "rel": -50}), 0),
        (json!({"id": 0, "rel": 25}), 25),
        (json!({"pos": 25.4, "id": 0}), 25),
        (json!({"id": 0, "pos": 100}), 100),
    ] {
        assert_eq!(client.command(&id, "roller_to_pos", params).await, json!({"isok": true}));
        seconds(&mock, 20.0);
        client.drain().await;
        assert_eq!(motion(&all_status(&mock).await[ROLLER]), ("stop", reached));
    }
}

#[tokio::test]
async fn a_roller_without_calibration_goes_but_not_to_positions() {
    let mock = start().await;
    let (mut client, hex) = (Client::demo(&mock).await, "e8db84d4b0c4");
    let id = decimal(hex);
    let refused = client.command(&id, "roller_to_pos", json!({"id": 0, "pos": 30})).await;
    assert_eq!(refused, json!({"isok": false, "res": "DEVICE_FAILED_COMMAND"}));
    client.command(&id, "roller", json!({"go": "up", "id": 0})).await;
    let roller = client.change(&id).await["rollers"][0].clone();
    assert_eq!(
        (&roller["current_pos"], &roller["positioning"], &roller["state"]),
        (&json!(-1), &json!(false), &json!("open"))
    );
    mock.control("move", &json!({"device": hex, "calibrated": true})).unwrap();
    assert_eq!(motion(&client.change(&id).await), ("stop", 0));
    assert_eq!(client.command(&id, "roller_to_pos", json!({"id": 0, "pos": 30})).await, json!({"isok": true}));
}

#[tokio::test]
async fn a_cover_has_states_targets_and_slats() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(COVER));
    assert_eq!(cover(&all_status(&mock).await[COVER]), ("open", 100));
    assert_eq!(client.call(&id, "Cover.GoToPosition", json!({"id": 0, "pos": 90})).await, json!({"result": null}));
    let moving = client.change(&id).await["cover:0"].clone();
    let shown = ["state", "current_pos", "target_pos", "move_timeout", "source"].map(|name| moving[name].clone());
    assert_eq!(shown, [json!("closing"), json!(100), json!(90), json!(2.0), json!("SHC")]);
    seconds(&mock, 2.0);
    let last = client.drain().await.pop().unwrap()["status"].clone();
    assert_eq!((cover(&last), &last["cover:0"]["target_pos"]), (("stopped", 90), &Value::Null));
    // Slats alone, as one client sends them.
    client.command(&id, "roller_to_pos", json!({"id": 0, "slat_pos": 0})).await;
    seconds(&mock, 1.0);
    let last = client.drain().await.pop().unwrap()["status"]["cover:0"].clone();
    assert_eq!((&last["slat_pos"], &last["state"], &last["current_pos"]), (&json!(0), &json!("stopped"), &json!(90)));
    client.call(&id, "Cover.Close", json!({"id": 0})).await;
    seconds(&mock, 1.0);
    client.drain().await;
    client.call(&id, "Cover.Stop", json!({"id": 0})).await;
    let last = client.drain().await.pop().unwrap()["status"].clone();
    assert_eq!(cover(&last), ("stopped", 85));
    client.call(&id, "Cover.Open", json!({"id": 0, "duration": 0.5})).await;
    seconds(&mock, 20.0);
    assert_eq!(cover(&client.drain().await.pop().unwrap()["status"]), ("stopped", 88));
    client.call(&id, "Cover.Calibrate", json!({"id": 0})).await;
    assert_eq!(client.change(&id).await["cover:0"]["state"], "calibrating");
    seconds(&mock, 60.0);
    assert_eq!(cover(&client.drain().await.pop().unwrap()["status"]), ("open", 100));
}

#[tokio::test]
async fn rollers_move_by_http_in_all_its_spellings() {
    let mock = start().await;
    for (path, body, reached) in [
        ("/device/relay/roller/control", format!("id={ROLLER}&channel=0&direction=open"), 100),
        ("/device/relay/roller/control", format!("id={ROLLER}&pos=20"), 20),
        ("/device/relay/roller/control", format!("id={ROLLER}&channel=0&go_to_pos=40"), 40),
        ("/device/roller/control", format!("id={ROLLER}&direction=close"), 0),
    ] {
        let answer = control(&mock, path, &body).await;
        assert_eq!(answer.body, format!(r#"{{"isok":true,"data":{{"device_id":"{ROLLER}"}}}}"#), "{body}");
        seconds(&mock, 20.0);
        assert_eq!(motion(&all_status(&mock).await[ROLLER]), ("stop", reached), "{body}");
    }
    let set = "/v2/devices/api/set/cover";
    for (body, reached) in [
        (json!({"position": "open"}), 100),
        (json!({"position": 70}), 70),
        (json!({"relative": -30}), 40),
        (json!({"position": "close", "duration": 1}), 35),
    ] {
        let mut body = body;
        (body["id"], body["channel"]) = (json!(COVER), json!(0));
        let answer = post_json(&mock, set, &body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"isok":true}"#), "{body}");
        seconds(&mock, 20.0);
        assert_eq!(cover(&all_status(&mock).await[COVER]).1, reached, "{body}");
    }
    let answer = post_json(&mock, set, &json!({"id": COVER, "channel": 0, "slatPosition": 10})).await;
    assert_eq!(answer.status, 200);
    seconds(&mock, 2.0);
    assert_eq!(all_status(&mock).await[COVER]["cover:0"]["slat_pos"], 10);
    let answer = control(&mock, "/device/relay/roller/control", &format!("id={ROLLER}&direction=open")).await;
    assert_eq!(answer.status, 200);
    seconds(&mock, 1.0);
    control(&mock, "/device/relay/roller/control", &format!("id={ROLLER}&direction=stop")).await;
    assert_eq!(motion(&all_status(&mock).await[ROLLER]), ("stop", 5));
}

#[tokio::test]
async fn its_own_button_moves_and_stops_it() {
    let mock = start().await;
    let (mut client, id) = (Client::demo(&mock).await, decimal(ROLLER));
    let press = || mock.control("press", &json!({"device": ROLLER})).unwrap();
    press();
    let status = client.change(&id).await;
    assert_eq!((motion(&status), &status["rollers"][0]["source"]), (("close", 75), &json!("input")));
    assert_eq!((&status["inputs"][0]["event"], &status["inputs"][0]["event_cnt"]), (&json!("S"), &json!(1)));
    seconds(&mock, 0.5);
    press();
    assert_eq!(motion(&client.change(&id).await), ("stop", 73));
    press();
    assert_eq!(motion(&client.change(&id).await), ("open", 73), "the other way");
    mock.control("move", &json!({"device": ROLLER, "position": 12.5})).unwrap();
    assert_eq!(motion(&client.change(&id).await), ("stop", 13));
}
