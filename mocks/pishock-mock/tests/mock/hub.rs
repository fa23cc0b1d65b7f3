//! The virtual hub: what becomes of a command (dossier 3.4, 10.5).

use crate::kit::{Client, command, outcomes, problems, start, start_with, topics, with};
use dummyload_host::Query;
use pishock_mock::WorldFile;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn the_journal_says_all_of_a_command() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let mut order = command("c2345-sops-DEMO0SHARE1", 654, "s", 80, 9000);
    order = with(with(with(order, "l.ty", json!("sc")), "l.w", json!(true)), "l.h", json!(true));
    client.publish(&[order]).await;
    let expected = json!({
        "hub": 2345, "shocker": 654, "mode": "s", "intensity": 50, "duration": 5000, "by": 77, "via": "sops", "share": 1,
        "ty": "sc", "origin": "test",
        "requested": {"intensity": 80, "duration": 9000, "replace": true, "hold": true, "warning": true},
    });
    assert_eq!(outcomes(&mock), [("clamped".to_owned(), expected)]);
    let entry = &mock.journal(&Query::event("clamped"))[0];
    assert_eq!(entry["conn"], 1, "and on which connection it came");
}

#[tokio::test]
async fn every_outcome_has_its_name() {
    let vibrate = || command("c1234-ops", 321, "v", 10, 1000);
    type Change = fn(&mut WorldFile);
    let none: Change = |_| {};
    let rows: [(Change, Value, &str); 16] = [
        (none, vibrate(), "executed"),
        (none, with(vibrate(), "m", json!("s")), "executed"),
        (none, with(vibrate(), "m", json!("b")), "executed"),
        (none, command("c1234-ops", 321, "e", 0, 0), "stopped"),
        (none, command("c2345-sops-DEMO0SHARE1", 654, "v", 50, 5001), "clamped"),
        (|world| world.hubs[0].shockers[0].max_intensity = 9, vibrate(), "clamped"),
        (none, with(vibrate(), "id", json!(654)), "dropped-unknown-id"),
        (none, with(vibrate(), "m", json!("x")), "dropped-unknown-mode"),
        (none, with(vibrate(), "i", json!(101)), "dropped-range"),
        (none, with(vibrate(), "d", json!(99)), "dropped-range"),
        (none, with(vibrate(), "d", json!(15_001)), "dropped-range"),
        (none, with(vibrate(), "d", json!("long")), "dropped-range"),
        (|world| world.hubs[0].online = false, vibrate(), "dropped-offline"),
        (|world| world.hubs[0].shockers[0].paused = true, vibrate(), "dropped-paused"),
        (|world| world.hubs[0].shockers[0].can_vibrate = false, vibrate(), "dropped-mode"),
        (
            |world| world.shares[0].can_continuous = false,
            with(command("c2345-sops-DEMO0SHARE1", 654, "v", 10, 1000), "l.h", json!(true)),
            "dropped-continuous",
        ),
    ];
    for (change, order, outcome) in rows {
        let mock = start_with(change).await;
        let mut client = Client::v2(&mock).await;
        let reply = client.publish(std::slice::from_ref(&order)).await;
        assert_eq!(reply["Message"], "Publish successful.", "the broker says so in any case: {order}");
        assert_eq!(topics(&mock), [outcome], "{order}");
        let dropped = problems(&mock).contains(&format!("dropped {outcome}"));
        assert_eq!(dropped, outcome.starts_with("dropped"), "{:?}", problems(&mock));
    }
}

#[tokio::test]
async fn a_running_command_is_replaced_or_the_new_one_dropped() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let (replacing, polite) = (command("c1234-ops", 321, "v", 10, 1000), |c| with(c, "r", json!(false)));
    client.publish(std::slice::from_ref(&replacing)).await;
    mock.advance(Duration::from_millis(999));
    client.publish(&[polite(replacing.clone())]).await;
    client.publish(&[polite(command("c1234-ops", 322, "v", 10, 1000))]).await;
    client.publish(std::slice::from_ref(&replacing)).await;
    mock.advance(Duration::from_millis(999));
    client.publish(&[polite(replacing.clone())]).await;
    mock.advance(Duration::from_millis(1));
    client.publish(&[polite(replacing)]).await;
    assert_eq!(topics(&mock), ["executed", "dropped-busy", "executed", "executed", "dropped-busy", "executed"]);
}

#[tokio::test]
async fn a_stop_always_passes_on_a_channel_that_one_may_use() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    client.publish(&[command("c1234-ops", 321, "s", 10, 15_000)]).await;
    mock.control("pause", &json!({"shocker": 321, "paused": true})).unwrap();
    mock.control("pause", &json!({"share": 1, "paused": true})).unwrap();
    mock.control("options", &json!({"reject_paused": true})).unwrap();
    client.publish(&[command("c1234-ops", 321, "e", 0, 0), command("c2345-sops-DEMO0SHARE1", 654, "e", 0, 0)]).await;
    let all = outcomes(&mock);
    assert_eq!(topics(&mock), ["executed", "stopped", "stopped"]);
    assert_eq!((&all[1].1["was_running"], &all[2].1["was_running"]), (&json!(true), &json!(false)));
    // Its values are ignored, and told.
    client.publish(&[command("c1234-ops", 321, "e", 100, 15_000)]).await;
    assert!(problems(&mock).contains(&"tolerated stop-with-values".to_owned()));
    assert_eq!(topics(&mock).len(), 4);
    let reply = client.publish(&[command("c2345-sops-NOCODE", 654, "e", 0, 0)]).await;
    assert_eq!(reply["ErrorCode"], "PERMISSION_DENIED", "not on a channel that does not exist");
}

#[tokio::test]
async fn the_broker_can_be_told_to_say_no() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let (one, other) = (command("c1234-ops", 321, "v", 10, 1000), command("c1234-ops", 322, "v", 10, 1000));
    mock.control("options", &json!({"reject_paused": true, "reject_offline": true})).unwrap();
    mock.control("pause", &json!({"shocker": 322, "paused": true})).unwrap();
    let reply = client.publish(&[one.clone(), other.clone()]).await;
    assert_eq!((&reply["ErrorCode"], topics(&mock).len()), (&json!("SHOCKER_PAUSED"), 0));
    mock.control("pause", &json!({"shocker": 322, "paused": false})).unwrap();
    mock.control("online", &json!({"hub": 1234, "online": false})).unwrap();
    assert_eq!(client.publish(std::slice::from_ref(&one)).await["ErrorCode"], "HUB_OFFLINE");
    mock.control("online", &json!({"hub": 1234, "online": true})).unwrap();
    assert_eq!(client.publish(&[one, other]).await["IsError"], false);
    assert_eq!(topics(&mock), ["executed", "executed"]);
}

#[tokio::test]
async fn the_state_shows_until_when_a_shocker_is_busy() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let busy = || mock.state()["hubs"][0]["shockers"][0]["busy_until"].clone();
    assert_eq!(busy(), Value::Null);
    client.publish(&[command("c1234-ops", 321, "v", 10, 1500)]).await;
    assert_eq!(busy(), 1_767_225_601.5);
    client.publish(&[command("c1234-ops", 321, "e", 0, 0)]).await;
    assert_eq!(busy(), Value::Null);
}
