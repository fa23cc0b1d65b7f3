//! Calls that wait (dossier M14; captures/server-4.1/rest-poll, rest-command-wait).

use crate::kit::{Caller, Refusal, start};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_poll_is_answered_by_the_first_event_that_is_meant() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    let device = admin.waits("/device/pump-1/command/poll").await;
    let networks = admin.waits("/device/command/poll?networkIds=2,3").await;
    let named = admin.waits("/device/command/poll?names=go").await;
    let other = admin.waits("/device/command/poll?names=other&waitTimeout=2").await;
    let notifications = admin.waits("/device/pump-1/notification/poll?waitTimeout=3").await;
    let made = admin.calls("POST", "/device/pump-1/command", r#"{"command":"go"}"#).await.json();
    for waiting in [device, networks, named] {
        let answer = waiting.answer().await;
        assert_eq!((answer.status, &answer.json()[0]["id"]), (200, &made["id"]));
        assert_eq!(answer.json().as_array().unwrap().len(), 1);
    }
    mock.advance(Duration::from_secs(2));
    other.answer().await.is(200, "[]");
    admin.calls("POST", "/device/pump-1/notification", r#"{"notification":"n"}"#).await;
    assert_eq!(notifications.answer().await.json()[0]["notification"], "n");
}

#[tokio::test]
async fn what_is_there_already_is_not_waited_for() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    mock.advance(Duration::from_secs(1));
    admin.calls("POST", "/device/pump-1/command", r#"{"command":"a"}"#).await;
    let names = |list: Value| list.as_array().unwrap().len();
    let poll = "/device/pump-1/command/poll";
    assert_eq!(names(admin.reads(&format!("{poll}?timestamp=2026-01-01T00:00:00")).await), 1);
    assert_eq!(names(admin.reads(&format!("{poll}?timestamp=2026-01-01T00:00:02&waitTimeout=0")).await), 0);
    assert_eq!(names(admin.reads("/device/command/poll?deviceId=pump-1&timestamp=2026-01-01").await), 1);
    // Without a time it begins now.
    mock.advance(Duration::from_secs(1));
    admin.get(&format!("{poll}?waitTimeout=0")).await.is(200, "[]");
}

#[tokio::test]
async fn the_bounds_of_a_poll() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    for (query, text) in [
        ("waitTimeout=61", "Timeout can't be more than 60 seconds. "),
        ("waitTimeout=-1", "Timeout can't be less than 0 seconds. "),
        ("limit=-1", "Limit can't be less than 0."),
        ("timestamp=x", "Unparseable timestamp"),
    ] {
        admin.get(&format!("/device/pump-1/command/poll?{query}")).await.is_error(400, text);
    }
    // Polls of notifications know no limit.
    admin.get("/device/pump-1/notification/poll?limit=-1&waitTimeout=0").await.is(200, "[]");
    admin
        .get("/device/command/poll?networkIds=99&waitTimeout=0")
        .await
        .is_error(404, "Networks with such networkIds wasn't found: {[99]}");
    admin.get("/device/command/poll?deviceId=&waitTimeout=0").await.is_error(400, "Device id is wrong or empty");
    let ann = Caller::client(&mock);
    ann.get("/device/pump-2/command/poll?waitTimeout=61").await.is_error(403, "Access is denied");
    // Who sees nothing gets nothing, at once.
    let nobody = mock.control("token", &json!({"user": "ann", "networks": []})).unwrap();
    let nobody = Caller::with(&mock, nobody["token"].as_str().unwrap());
    nobody.get("/device/command/poll").await.is(200, "[]");
    admin.get("/device/pump-1/command/poll?names=").await.is(200, "[]");
}

#[tokio::test]
async fn a_command_is_waited_for_until_it_is_updated() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    let made = admin.calls("POST", "/device/pump-1/command", r#"{"command":"on"}"#).await.json();
    let one = format!("/device/pump-1/command/{}", made["id"]);
    let poll = format!("{one}/poll");
    admin.get(&format!("{poll}?waitTimeout=0")).await.is(204, "");
    admin.get("/device/pump-1/command/5/poll").await.is(204, "");
    let late = admin.waits(&format!("{poll}?waitTimeout=1")).await;
    let waiting = admin.waits(&format!("{poll}?waitTimeout=5")).await;
    mock.advance(Duration::from_secs(1));
    late.answer().await.is(204, "");
    admin.calls("PUT", &one, r#"{"status":"done"}"#).await.is(204, "");
    let answer = waiting.answer().await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("done")));
    assert_eq!(admin.reads(&poll).await["status"], "done");
    admin.get("/device/nope/command/1/poll").await.is_error(404, "Device with such deviceId = nope not found");
}

#[tokio::test]
async fn updates_are_polled_for_where_they_are_wanted() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    let made = admin.calls("POST", "/device/pump-1/command", r#"{"command":"on"}"#).await.json();
    let updates = admin.waits("/device/pump-1/command/poll?returnUpdatedCommands=true").await;
    admin.calls("POST", "/device/pump-1/command", r#"{"command":"not this"}"#).await;
    admin.calls("PUT", &format!("/device/pump-1/command/{}", made["id"]), r#"{"status":"u"}"#).await;
    assert_eq!(updates.answer().await.json()[0]["id"], made["id"]);
}

#[tokio::test]
async fn who_hangs_up_waits_no_longer() {
    let mock = start().await;
    let admin = Caller::admin(&mock);
    let waiting = admin.waits("/device/command/poll").await;
    assert_eq!(mock.state()["subscriptions"], 1, "{}", mock.state());
    drop(waiting);
    while mock.state()["subscriptions"] != 0 {
        tokio::task::yield_now().await;
    }
    admin.calls("POST", "/device/pump-1/command", r#"{"command":"go"}"#).await;
}
