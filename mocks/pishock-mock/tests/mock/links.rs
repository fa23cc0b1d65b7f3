//! Public control links (dossier 6.5, 6.6).

use crate::kit::{Client, FRIEND_KEY, KEY, LINK, command, outcomes, problems, start, start_with, topics};
use pishock_mock::WorldFile;
use serde_json::{Value, json};

fn order(mode: &str, intensity: i64, duration: i64) -> String {
    json!({"Operation": "PUBLISH", "LinkCommand": {
        "Mode": mode, "Intensity": intensity, "Duration": duration, "Replace": true,
        "LogData": {"Warning": false, "Username": "guest", "WarningLevel": 0, "Hold": false},
    }})
    .to_string()
}

#[tokio::test]
async fn the_message_of_multilink_is_carried_out_within_the_caps() {
    let mock = start().await;
    let mut client = Client::link(&mock).await;
    let text = r#"{"Operation":"PUBLISH","LinkCommand":{"Mode":"s","Intensity":100,"Duration":30000,"Replace":true,"LogData":{"Warning":false,"Username":"guest","WarningLevel":0,"Hold":false}}}"#;
    let reply = client.ask(text).await;
    assert_eq!((&reply["Message"], &reply["OriginalCommand"]), (&json!("Publish successful."), &json!(text)));
    let expected = json!({
        "hub": 1234, "shocker": 321, "mode": "s", "intensity": 30, "duration": 3000, "via": "link", "link": LINK,
        "ty": "link", "origin": "guest",
        "requested": {"intensity": 100, "duration": 30_000, "replace": true, "hold": false, "warning": false},
    });
    assert_eq!(outcomes(&mock), [("clamped".to_owned(), expected)]);
    assert_eq!(client.ask(&order("e", 0, 0)).await["IsError"], false);
    assert_eq!(topics(&mock), ["clamped", "stopped"]);
    mock.control("options", &json!({"strict": true})).unwrap();
    assert_eq!(client.ask(&text.replace("30000", "3000")).await["IsError"], false);
    assert_eq!(client.ask(&text.replace("\"Replace\":true", "\"Replace\":null")).await["IsError"], true);
}

#[tokio::test]
async fn a_link_has_its_own_limits_and_a_stop_passes() {
    type Change = fn(&mut WorldFile);
    let rows: [(Change, &str); 4] = [
        (|world| world.links[0].paused = true, "link-paused"),
        (|world| world.links[0].expires = Some(time::macros::datetime!(2026-01-01 00:00 UTC)), "link-expired"),
        (|world| world.links[0].activations = Some(0), "link-used-up"),
        (|world| world.links[0].can_vibrate = false, "link-mode"),
    ];
    for (change, problem) in rows {
        let mock = start_with(change).await;
        let mut client = Client::link(&mock).await;
        assert_eq!(client.ask(&order("v", 10, 1000)).await["ErrorCode"], "PERMISSION_DENIED");
        client.is_silent().await;
        assert_eq!(client.ask(&order("e", 0, 0)).await["IsError"], false);
        assert_eq!(topics(&mock), ["stopped"], "{problem}");
        assert_eq!(problems(&mock).iter().filter(|p| p.starts_with("refused")).count(), 1);
        assert!(problems(&mock).contains(&format!("refused {problem}")));
    }
}

#[tokio::test]
async fn activations_are_counted() {
    let mock = start_with(|world| world.links[0].activations = Some(2)).await;
    let mut client = Client::link(&mock).await;
    let left = || mock.state()["world"]["link"][0]["activations"].clone();
    client.ask(&order("v", 10, 1000)).await;
    client.ask(&order("e", 0, 0)).await;
    assert_eq!(left(), 1, "a stop does not count");
    client.ask(&order("v", 10, 1000)).await;
    assert_eq!(left(), 0);
    assert_eq!(client.ask(&order("v", 10, 1000)).await["IsError"], true);
}

#[tokio::test]
async fn a_link_reaches_all_its_shockers_with_a_warning_if_it_must() {
    let change = |world: &mut WorldFile| {
        let shockers = vec![world.hubs[0].shockers[0].id, world.hubs[0].shockers[1].id];
        (world.links[0].shockers, world.links[0].force_warning) = (shockers, true);
    };
    let mock = start_with(change).await;
    let mut client = Client::link(&mock).await;
    client.ask(&order("v", 10, 1000)).await;
    let all: Vec<Value> =
        outcomes(&mock).into_iter().map(|(_, d)| json!([d["shocker"], d["requested"]["warning"]])).collect();
    assert_eq!(all, [json!([321, true]), json!([322, true])]);
}

#[tokio::test]
async fn a_link_can_want_a_login() {
    let mock = start_with(|world| world.links[0].force_login = true).await;
    let mut nobody = Client::link(&mock).await;
    assert_eq!(nobody.ask(&order("v", 10, 1000)).await["ErrorCode"], "PERMISSION_DENIED");
    let mut wrong = Client::open(&mock, &format!("/Links/{LINK}?Username=friend&ApiKey={KEY}")).await;
    assert_eq!(wrong.ask(&order("v", 10, 1000)).await["ErrorCode"], "PERMISSION_DENIED");
    let mut friend = Client::open(&mock, &format!("/Links/{LINK}?Username=friend&ApiKey={FRIEND_KEY}")).await;
    assert_eq!(friend.ask(&order("v", 10, 1000)).await["IsError"], false);
    assert_eq!(outcomes(&mock)[0].1["by"], 78);
}

#[tokio::test]
async fn nothing_else_goes_over_a_link() {
    let mock = start().await;
    let mut client = Client::link(&mock).await;
    client.is_silent().await;
    let publish = json!({"Operation": "PUBLISH", "PublishCommands": [command("c1234-ops", 321, "v", 1, 100)]});
    for (text, error) in [
        (publish.to_string(), "PERMISSION_DENIED"),
        (r#"{"Operation":"SUBSCRIBE","Targets":["1234-log"]}"#.to_owned(), "PERMISSION_DENIED"),
        (r#"{"Operation":"UNSUBSCRIBE","Targets":["*"]}"#.to_owned(), "PERMISSION_DENIED"),
        (r#"{"Operation":"PUBLISH","LinkCommand":{}}"#.to_owned(), "INVALID_COMMAND"),
        (r#"{"Operation":"PUBLISH"}"#.to_owned(), "INVALID_COMMAND"),
    ] {
        assert_eq!(client.ask(&text).await["ErrorCode"], error, "{text}");
        client.is_silent().await;
    }
    assert!(topics(&mock).is_empty());
    assert_eq!(client.ask(r#"{"Operation":"PING"}"#).await["Message"], "PONG");
}
