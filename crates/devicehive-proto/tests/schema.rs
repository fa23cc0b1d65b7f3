//! The schemas against the fixtures and the strategies: what is canonical fits, what deviates in its types does not.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use boon::{Compiler, SchemaIndex, Schemas};
use devicehive_proto::message::{ClientMessage, ServerMessage};
use devicehive_proto::{Command, Device, DeviceId, Notification, strategies};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use std::fs;

struct Checker {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Checker {
    fn new<T: JsonSchema>() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let address = format!("http://localhost/{}.json", T::schema_name());
        compiler.add_resource(&address, schema_for!(T).to_value()).unwrap();
        let index = compiler.compile(&address, &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn fits(&self, value: &Value) -> Result<(), String> {
        self.schemas.validate(value, self.index).map_err(|e| format!("{e:#}"))
    }
}

/// What a schema cannot see, or what it allows.
const INVISIBLE: [&str; 10] = [
    "spacing",
    "unknown-member",
    "repeated-member",
    "no-request-id",
    "not-a-device-id",
    "empty-list",
    "reserved-name",
    "bearer-prefix",
    "out-of-range",
    "member-order",
];

/// What no schema lets pass.
const VISIBLE: [&str; 5] = ["wrong-type", "loose-type", "null-member", "unknown-action", "missing-member"];

/// Checks all messages of one direction: how many fit, and how many rightly do not.
fn check(direction: &str, checker: &Checker) -> (usize, usize) {
    let folder = format!("{}/../../fixtures/devicehive/messages", env!("CARGO_MANIFEST_DIR"));
    let (mut good, mut bad) = (0, 0);
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let file: toml::Table = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let entries = file.get("message").and_then(toml::Value::as_array).into_iter().flatten();
        for entry in entries.filter(|entry| entry["direction"].as_str() == Some(direction)) {
            let (name, text) = (entry["name"].as_str().unwrap(), entry["text"].as_str().unwrap());
            let Ok(value) = serde_json::from_str(text) else { continue };
            let list = entry.get("deviations").and_then(toml::Value::as_array).cloned().unwrap_or_default();
            let kinds: Vec<_> = list.iter().map(|kind| kind.as_str().unwrap().split(' ').next().unwrap()).collect();
            if kinds.iter().all(|kind| INVISIBLE.contains(kind)) {
                checker.fits(&value).unwrap_or_else(|e| panic!("{name}: {e}"));
                good += 1;
            } else if kinds.iter().any(|kind| VISIBLE.contains(kind)) && !is_only_for_new_things(&list) {
                assert!(checker.fits(&value).is_err(), "{name} deviates ({kinds:?}), but fits");
                bad += 1;
            }
        }
    }
    (good, bad)
}

/// Members that new things must have, and changed ones need not.
fn is_only_for_new_things(list: &[toml::Value]) -> bool {
    list.iter().all(|kind| kind.as_str().is_some_and(|kind| kind.starts_with("missing-member /user/")))
}

#[test]
fn requests_fit() {
    let (good, bad) = check("client", &Checker::new::<ClientMessage>());
    assert!(good > 300 && bad > 100, "{good} {bad}");
}

#[test]
fn what_servers_send_fits() {
    let (good, bad) = check("server", &Checker::new::<ServerMessage>());
    assert!(good > 200 && bad == 1, "{good} {bad}");
}

#[test]
fn what_is_made_here_fits() {
    let (requests, answers) = (Checker::new::<ClientMessage>(), Checker::new::<ServerMessage>());
    let (commands, notifications) = (Checker::new::<Command>(), Checker::new::<Notification>());
    let mut runner = TestRunner::deterministic();
    for _ in 0..100 {
        let request = strategies::client_message().new_tree(&mut runner).unwrap().current();
        requests.fits(&serde_json::from_str(&request.to_text()).unwrap()).unwrap();
        let message = strategies::server_message().new_tree(&mut runner).unwrap().current();
        answers.fits(&serde_json::from_str(&message.to_text()).unwrap()).unwrap();
        let mut out = Vec::new();
        strategies::command().new_tree(&mut runner).unwrap().current().write_full(&mut out);
        commands.fits(&serde_json::from_slice(&out).unwrap()).unwrap();
        out.clear();
        strategies::notification().new_tree(&mut runner).unwrap().current().write_full(&mut out);
        notifications.fits(&serde_json::from_slice(&out).unwrap()).unwrap();
    }
    let device = serde_json::json!({"id": "d", "name": "n", "data": null, "networkId": 1, "deviceTypeId": 1, "isBlocked": false});
    Checker::new::<Device>().fits(&device).unwrap();
    let ids = Checker::new::<DeviceId>();
    assert!(ids.fits(&"pump-1".into()).is_ok() && ids.fits(&"a_b".into()).is_err() && ids.fits(&"".into()).is_err());
}
