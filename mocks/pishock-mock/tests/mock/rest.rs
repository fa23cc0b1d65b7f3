//! Operating over HTTP (dossier 6.5).

use crate::kit::{Client, FRIEND_KEY, KEY, command, http, key, outcomes, problems, start, start_with, topics, with};
use pishock_mock::{PishockMock, WorldFile};
use serde_json::{Value, json};
use std::time::Duration;

fn body(operation: i64, duration: i64, intensity: i64) -> Value {
    json!({
        "AgentName": "app", "Operation": operation, "Duration": duration, "Intensity": intensity,
        "IntensityAsPercentage": false,
    })
}

async fn post(mock: &PishockMock, path: &str, body: &Value) -> u16 {
    http(mock, "POST", path, &key(KEY), &body.to_string()).await.status
}

const OWN: &str = "/Shockers/321";
const SHARED: &str = "/Shockers/OperateByShare/DEMO0SHARE1";

#[tokio::test]
async fn both_ways_end_in_the_same_hub() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    client.subscribe("1234-log").await;
    assert_eq!(post(&mock, OWN, &body(0, 1000, 20)).await, 204);
    let push = client.hear_json().await;
    let line: Value = serde_json::from_str(push["Message"].as_str().unwrap()).unwrap();
    assert_eq!(line["l"], json!({"u": 77, "ty": "api", "w": false, "h": false, "o": "app"}));
    client.ask(&json!({"Operation": "UNSUBSCRIBE", "Targets": ["*"]}).to_string()).await;
    // What runs by one way is busy for the other.
    mock.advance(Duration::from_millis(500));
    client.publish(&[with(command("c1234-ops", 321, "v", 10, 1000), "r", json!(false))]).await;
    assert_eq!(post(&mock, OWN, &body(1, 1000, 21)).await, 204);
    client.publish(&[command("c1234-ops", 321, "e", 0, 0)]).await;
    assert_eq!(topics(&mock), ["executed", "dropped-busy", "executed", "stopped"]);
    let expected = json!({
        "hub": 1234, "shocker": 321, "mode": "s", "intensity": 20, "duration": 1000, "by": 77, "via": "rest", "ty": "api",
        "origin": "app",
        "requested": {"intensity": 20, "duration": 1000, "replace": true, "hold": false, "warning": false},
    });
    assert_eq!(outcomes(&mock)[0].1, expected);
}

#[tokio::test]
async fn the_operations_have_numbers() {
    let mock = start().await;
    for (operation, mode) in [(0, "s"), (1, "v"), (2, "b")] {
        assert_eq!(post(&mock, SHARED, &body(operation, 16, 0)).await, 204);
        let (topic, details) = outcomes(&mock).pop().unwrap();
        assert_eq!((topic.as_str(), &details["mode"], &details["share"]), ("executed", &json!(mode), &json!(1)));
    }
    let beep = json!({"Operation": 2, "Duration": 100});
    assert_eq!(post(&mock, OWN, &beep).await, 204, "a beep needs no intensity, and no name");
    let percent = json!({"Operation": 1, "Duration": 100, "Intensity": 50, "IntensityAsPercentage": true});
    assert_eq!(post(&mock, SHARED, &percent).await, 204);
    assert_eq!(outcomes(&mock).pop().unwrap().1["intensity"], 25, "half of the limit");
    assert_eq!(problems(&mock), ["tolerated intensity-as-percentage"]);
}

#[tokio::test]
async fn each_refusal_has_its_status() {
    type Change = fn(&mut WorldFile);
    let none: Change = |_| {};
    let rows: [(Change, &str, Value, u16, &str); 26] = [
        (none, OWN, json!({"Operation": 3, "Duration": 100, "Intensity": 1}), 400, "unknown-mode"),
        (none, OWN, json!({"Duration": 100, "Intensity": 1}), 400, "incomplete-body"),
        (none, OWN, json!({"Operation": 1, "Intensity": 1}), 400, "incomplete-body"),
        (none, OWN, json!({"Operation": 1, "Duration": 100}), 400, "incomplete-body"),
        (none, OWN, json!([]), 400, "bad-json"),
        (none, OWN, json!({"Operation": {}}), 400, "bad-json"),
        (none, "/Shockers/OperateByShare/DEMO0SHARE2", body(1, 100, 1), 403, "share-not-claimed"),
        (|world| world.shares[0].claimed_by = None, "/Shockers/654", body(1, 100, 1), 403, "foreign-shocker"),
        (|world| world.options.strict = true, "/Shockers/654", body(1, 100, 1), 403, "foreign-shocker"),
        (none, "/Shockers/9", body(1, 100, 1), 404, "unknown-shocker"),
        (none, "/Shockers/x", body(1, 100, 1), 404, "unknown-shocker"),
        (none, "/Shockers/OperateByShare/NOCODE", body(1, 100, 1), 404, "unknown-share"),
        (|world| world.shares[0].can_shock = false, SHARED, body(0, 100, 1), 405, "mode-not-allowed"),
        (|world| world.hubs[0].shockers[0].can_shock = false, OWN, body(0, 100, 1), 405, "mode-not-allowed"),
        (|world| world.hubs[0].shockers[0].v3 = false, OWN, body(0, 100, 1), 406, "not-v3"),
        (|world| world.shares[0].locked = true, SHARED, body(1, 100, 1), 410, "share-locked"),
        (none, SHARED, body(1, 100, 51), 412, "too-strong"),
        (none, OWN, body(1, 100, 101), 412, "too-strong"),
        (none, OWN, body(1, 100, -1), 412, "too-strong"),
        (|world| world.hubs[0].shockers[0].max_intensity = 40, OWN, body(1, 100, 41), 412, "too-strong"),
        (none, SHARED, body(1, 5001, 1), 416, "too-long"),
        (none, OWN, body(1, 15_001, 1), 416, "too-long"),
        (none, OWN, body(1, 15, 1), 416, "too-long"),
        (|world| world.hubs[0].shockers[0].paused = true, OWN, body(1, 100, 1), 503, "paused"),
        (|world| world.shares[0].paused = true, SHARED, body(1, 100, 1), 503, "paused"),
        (
            |world| (world.hubs[0].online, world.options.reject_offline) = (false, true),
            OWN,
            body(1, 100, 1),
            503,
            "hub-offline",
        ),
    ];
    for (change, path, body, status, problem) in rows {
        let mock = start_with(change).await;
        let answer = http(&mock, "POST", path, &key(KEY), &body.to_string()).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.body);
        assert!(!answer.body.is_empty(), "it says why");
        assert_eq!(problems(&mock), [format!("refused {problem}")], "{path} {body}");
        assert!(topics(&mock).is_empty());
    }
}

#[tokio::test]
async fn an_offline_hub_does_nothing_and_says_nothing() {
    let mock = start_with(|world| world.hubs[0].online = false).await;
    assert_eq!(post(&mock, OWN, &body(1, 100, 1)).await, 204);
    assert_eq!(
        (topics(&mock), problems(&mock)),
        (vec!["dropped-offline".into()], vec!["dropped dropped-offline".into()])
    );
}

#[tokio::test]
async fn a_claimed_shocker_can_be_reached_by_its_number() {
    let mock = start().await;
    assert_eq!(post(&mock, "/Shockers/654", &body(1, 100, 50)).await, 204);
    assert_eq!(post(&mock, "/Shockers/654", &body(1, 100, 51)).await, 412, "with the limits of the share");
    assert_eq!(problems(&mock)[0], "tolerated share-on-shockers");
}

#[tokio::test]
async fn a_code_for_several_shockers_operates_all_or_none() {
    let mut limit = 50;
    for (expected, ran) in [(204, 2), (412, 0)] {
        let mock = start_with(|world| {
            let mut second = world.hubs[1].shockers[0].clone();
            (second.id, second.max_intensity) = (pishock_proto::ShockerId(655), limit);
            world.hubs[1].shockers.push(second);
            let mut share = world.shares[0].clone();
            (share.id, share.shocker) = (pishock_proto::ShareId(3), pishock_proto::ShockerId(655));
            world.shares.push(share);
        })
        .await;
        assert_eq!(post(&mock, SHARED, &body(1, 100, 40)).await, expected);
        assert_eq!(topics(&mock).len(), ran);
        limit = 30;
    }
}

#[tokio::test]
async fn the_owner_of_a_share_is_not_its_claimer() {
    let mock = start().await;
    let answer = http(&mock, "POST", SHARED, &key(FRIEND_KEY), &body(1, 100, 1).to_string()).await;
    assert_eq!(answer.status, 403);
}
