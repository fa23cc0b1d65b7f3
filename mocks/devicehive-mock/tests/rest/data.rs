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
async fn the_secret_is_the_one_of_the_start_or_else_the_stored_one() {
    let data = Data::new();
    let mock = data.start().await;
    let admin = Caller::admin(&mock);
    admin.calls("PUT", "/configuration/jwt.secret", r#"{"value":"put by the API"}"#).await;
    let old = demo(&mock, "access_token");
    assert_eq!(Caller::with(&mock, &old).get("/user/current").await.status, 200, "it runs with the old one");
    mock.stop().await;
    let mock = data.start().await;
    assert_eq!(Caller::with(&mock, &old).get("/user/current").await.status, 401);
    let new = demo(&mock, "access_token");
    assert_eq!(Caller::with(&mock, &new).reads("/configuration/jwt.secret").await["value"], "put by the API");
    mock.stop().await;
    let mock = data.builder().jwt_secret("another one").start().await.unwrap();
    assert_eq!(Caller::with(&mock, &new).get("/user/current").await.status, 401);
    assert_eq!(Caller::admin(&mock).reads("/configuration/jwt.secret").await["value"], "another one");
    mock.stop().await;
    // What was told at a start is stored, too.
    let mock = data.start().await;
    let admin = Caller::admin(&mock);
    assert_eq!(admin.reads("/configuration/jwt.secret").await["value"], "another one");
    // A secret that makes no key is passed over.
    admin.calls("PUT", "/configuration/jwt.secret", r#"{"value":"?"}"#).await;
    mock.stop().await;
    let mock = data.start().await;
    assert_eq!(Caller::admin(&mock).reads("/configuration/jwt.secret").await["value"], "devicehive");
}

async fn refusal(data: &Data) -> String {
    let error = data.builder().start().await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("the data file {} ", data.0.display())), "{error}");
    error
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let data = Data::new();
    let mock = data.start().await;
    let error = refusal(&data).await;
    assert!(error.contains("is in use by another program; end that, or name another file"), "{error}");
    mock.stop().await;
    let nowhere = builder_with(|_| {}).data("/nowhere/at/all.redb").start().await.unwrap_err().to_string();
    assert!(nowhere.contains("the data file /nowhere/at/all.redb cannot be opened"), "{nowhere}");
}

/// A file with something in it.
async fn full(data: &Data) -> Vec<u8> {
    let mock = data.start().await;
    for _ in 0..20 {
        mock.control("command", &json!({"device": "pump-1", "command": "start"})).unwrap();
    }
    mock.stop().await;
    fs::read(&data.0).unwrap()
}

#[tokio::test]
async fn a_damaged_file_is_an_error() {
    let data = Data::new();
    let whole = full(&data).await;
    let cut = |part: usize| whole[..whole.len() * part / 8].to_vec();
    let others = [vec![0; whole.len()], vec![0xff; whole.len()], b"this is no database".to_vec(), vec![0]];
    for bytes in others.into_iter().chain([whole[..100].to_vec(), whole[..4096].to_vec(), cut(1), cut(4), cut(7)]) {
        fs::write(&data.0, &bytes).unwrap();
        let error = refusal(&data).await;
        assert!(
            error.contains("cannot be read (") && error.ends_with("name another file, or remove this one"),
            "{error}"
        );
    }
    // An empty file is a new one.
    fs::write(&data.0, "").unwrap();
    assert_eq!(data.start().await.state()["commands"], 0);
}

#[tokio::test]
async fn no_damage_is_a_panic() {
    let data = Data::new();
    let whole = full(&data).await;
    // All of the header, and some of what is behind it.
    let places = (0..320).chain((0..40).map(|part| whole.len() / 40 * part + part * 97 % 4096));
    let mut damaged = 0;
    for place in places.step_by(8) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0xff;
        fs::write(&data.0, &bytes).unwrap();
        match data.builder().start().await {
            Ok(mock) => mock.stop().await,
            Err(error) => {
                assert!(error.to_string().contains("name another file, or remove this one"), "{place}: {error}");
                damaged += 1;
            }
        }
    }
    assert!(damaged > 0);
}

fn table_of(data: &Data, name: &str, key: &str, value: &str) {
    let database = redb::Database::create(&data.0).unwrap();
    let writing = database.begin_write().unwrap();
    let table = redb::TableDefinition::<&str, &str>::new(name);
    writing.open_table(table).unwrap().insert(key, value).unwrap();
    writing.commit().unwrap();
}

#[tokio::test]
async fn another_programs_database_or_format_is_left_alone() {
    let data = Data::new();
    table_of(&data, "recipes", "soup", "water");
    let error = refusal(&data).await;
    assert!(error.contains("it is a database of another program, with a table \"recipes\""), "{error}");
    let data = Data::new();
    data.start().await.stop().await;
    table_of(&data, "devicehive", "format", "2");
    let error = refusal(&data).await;
    assert!(error.contains("it is of the format \"2\", and this program knows \"1\""), "{error}");
    let data = Data::new();
    data.start().await.stop().await;
    table_of(&data, "devicehive", "user/1", "{}");
    let error = refusal(&data).await;
    assert!(error.contains("user/1: missing field `id`"), "{error}");
}
