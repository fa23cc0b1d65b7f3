//! The data file. That it survives `kill -9` is tested with the program.

use crate::kit::{Caller, builder_with, demo, http};
use devicehive_mock::{DeviceHiveMock, DeviceHiveMockBuilder};
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A file of a test's own, removed with it.
struct Data(PathBuf);

impl Data {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("devicehive-mock-{}-{number}.redb", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn builder(&self) -> DeviceHiveMockBuilder {
        builder_with(|_| {}).data(&self.0)
    }

    async fn start(&self) -> DeviceHiveMock {
        self.builder().start().await.unwrap()
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn everything_is_there_again() {
    let data = Data::new();
    let mock = data.start().await;
    let admin = Caller::admin(&mock);
    let user = r#"{"login":"new_user","password":"secret-1","role":1,"data":{"n":1.50}}"#;
    assert_eq!(admin.calls("POST", "/user", user).await.status, 201);
    admin.calls("PUT", "/user/5/network/2", "").await.is(204, "");
    admin.calls("POST", "/network", r#"{"name":"gone"}"#).await.is(201, r#"{"id":4}"#);
    admin.calls("DELETE", "/network/4", "").await.is(204, "");
    admin.calls("PUT", "/device/a-new", r#"{"name":"n","networkId":2,"data":{"e":1e3}}"#).await.is(204, "");
    admin.calls("DELETE", "/device/lamp-1", "").await.is(204, "");
    admin.calls("PUT", "/configuration/key", r#"{"value":"1"}"#).await;
    admin.calls("PUT", "/configuration/key", r#"{"value":"2"}"#).await;
    let command = admin.calls("POST", "/device/a-new/command", r#"{"command":"on","parameters":{"z":3.50}}"#).await;
    let path = format!("/device/a-new/command/{}", command.json()["id"]);
    admin.calls("PUT", &path, r#"{"status":"done"}"#).await.is(204, "");
    admin.calls("POST", "/device/a-new/notification", r#"{"notification":"level"}"#).await;
    let reads = [
        "/device",
        "/user/5",
        "/network",
        "/devicetype",
        "/configuration/key",
        "/device/a-new/command",
        "/device/a-new/notification",
        &path,
    ];
    let mut before = Vec::new();
    for path in reads {
        before.push(admin.get(path).await.body);
    }
    mock.stop().await;

    let mock = data.start().await;
    let admin = Caller::admin(&mock);
    for (path, before) in reads.into_iter().zip(before) {
        admin.get(path).await.is(200, &before);
    }
    assert!(admin.reads(&format!("{path}?returnUpdatedCommands=true")).await["parameters"]["z"].is_number());
    let login = http(&mock, "POST", "/dh/rest/token", &[], r#"{"login":"new_user","password":"secret-1"}"#).await;
    assert_eq!(login.status, 201);
    // Numbers that were given once are not given again, and ids that are drawn do not hit what is there.
    admin.calls("POST", "/network", r#"{"name":"next"}"#).await.is(201, r#"{"id":5}"#);
    let again = admin.calls("POST", "/device/a-new/command", r#"{"command":"off"}"#).await;
    assert_ne!(again.json()["id"], command.json()["id"]);
    assert_eq!(admin.reads("/device/a-new/command").await.as_array().unwrap().len(), 2);
    // And the second time is like the first.
    mock.stop().await;
    let mock = data.start().await;
    assert_eq!(Caller::admin(&mock).reads("/device/a-new/command").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn ids_that_are_drawn_again_do_not_hit_what_is_there() {
    let data = Data::new();
    // The same seed draws the same ids, in each run for the same device.
    for run in 1..=3 {
        let mock = data.start().await;
        for _ in 0..5 {
            mock.control("command", &json!({"device": "pump-1", "command": "start"})).unwrap();
        }
        let stored = Caller::admin(&mock).reads("/device/pump-1/command").await;
        assert_eq!(stored.as_array().unwrap().len(), run * 5);
        mock.stop().await;
    }
}

#[tokio::test]
async fn what_was_kept_long_enough_does_not_come_back() {
    let data = Data::new();
    let mock = data.start().await;
    mock.control("command", &json!({"device": "pump-1", "command": "start"})).unwrap();
    let now = mock.now();
    mock.stop().await;
    let later = data.builder().now(now + Duration::from_secs(60)).start().await.unwrap();
    assert_eq!(Caller::admin(&later).reads("/device/pump-1/command").await.as_array().unwrap().len(), 1);
    later.stop().await;
    let late = data.builder().now(now + Duration::from_secs(600)).start().await.unwrap();
    assert_eq!(Caller::admin(&late).reads("/device/pump-1/command").await, json!([]));
}

#[tokio::test]
async fn a_reset_begins_with_the_world_file_again() {
    let data = Data::new();
    let mock = data.start().await;
    Caller::admin(&mock).calls("DELETE", "/device/pump-1", "").await.is(204, "");
    mock.reset();
    assert_eq!(demo(&mock, "client_device_id"), "pump-1");
    mock.stop().await;
    let mock = data.start().await;
    assert_eq!(Caller::admin(&mock).get("/device/pump-1").await.status, 200);
}

#[tokio::test]
async fn the_secret_is_the_one_of_the_start() {
    let data = Data::new();
    data.start().await.stop().await;
    let mock = data.builder().jwt_secret("another one").start().await.unwrap();
    assert_eq!(Caller::admin(&mock).reads("/configuration/jwt.secret").await["value"], "another one");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let data = Data::new();
    let mock = data.start().await;
    let error = data.builder().start().await.unwrap_err().to_string();
    assert!(error.contains("is in use by another program; end that, or name another file"), "{error}");
    mock.stop().await;
    fs::write(&data.0, "this is no database").unwrap();
    let error = data.builder().start().await.unwrap_err().to_string();
    assert!(error.contains("cannot be read") && error.contains("name another file, or remove this one"), "{error}");
    let nowhere = builder_with(|_| {}).data("/nowhere/at/all.redb").start().await.unwrap_err().to_string();
    assert!(nowhere.contains("the data file /nowhere/at/all.redb cannot be opened"), "{nowhere}");
}
