//! The schemas against the fixtures: what is canonical fits, what deviates in its types does not.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use boon::{Compiler, SchemaIndex, Schemas};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use shelly_proto::{ClientMessage, CommandData, DeviceId, DeviceRef, ServerMessage, Trid, strategies};
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

/// The messages of a file with the JSON of their texts, and how they deviate, without the pointers.
fn fixtures(file: &str, direction: &str) -> Vec<(String, Value, Vec<String>)> {
    let path = format!("{}/../../fixtures/shelly/messages/{file}.toml", env!("CARGO_MANIFEST_DIR"));
    let file: toml::Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let entries = file["message"].as_array().unwrap().iter().map(|entry| entry.as_table().unwrap());
    let wanted = entries.filter(|entry| entry["direction"].as_str() == Some(direction));
    let read = |entry: &toml::Table| {
        let value = serde_json::from_str(entry["text"].as_str()?).ok()?;
        let list = entry.get("deviations").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let kinds = list.iter().map(|kind| kind.as_str().unwrap().split(' ').next().unwrap().to_owned());
        Some((entry["name"].as_str().unwrap().to_owned(), value, kinds.collect()))
    };
    wanted.filter_map(read).collect()
}

/// What a schema cannot see, or what it allows.
const INVISIBLE: [&str; 6] =
    ["spacing", "member-order", "repeated-member", "undocumented", "unknown-member", "unclear-outcome"];

/// What no schema lets pass.
const VISIBLE: [&str; 7] =
    ["wrong-type", "null-member", "not-decimal", "zero-trid", "out-of-range", "conflict", "integrator-form"];

fn check(files: &[&str], direction: &str, checker: &Checker) -> (usize, usize) {
    let (mut good, mut bad) = (0, 0);
    for file in files {
        for (name, value, kinds) in fixtures(file, direction) {
            // To a schema 1.0 is a whole number.
            if name == "command/trid-fraction" {
                continue;
            }
            let all = |known: &[&str]| kinds.iter().all(|kind| known.contains(&kind.as_str()));
            // An answer can be unclear because its shape is wrong, or because of what it says.
            if all(&INVISIBLE) && !name.starts_with("rpc/") {
                checker.fits(&value).unwrap_or_else(|e| panic!("{file}/{name}: {e}"));
                good += 1;
            } else if kinds.iter().any(|kind| VISIBLE.contains(&kind.as_str())) {
                assert!(checker.fits(&value).is_err(), "{file}/{name} deviates ({kinds:?}), but fits");
                bad += 1;
            } else if name.starts_with("rpc/") {
                assert_eq!(checker.fits(&value).is_ok(), kinds.is_empty(), "{file}/{name}");
            }
        }
    }
    (good, bad)
}

#[test]
fn requests_fit() {
    let (good, bad) = check(&["requests", "variants", "integrator"], "client", &Checker::new::<ClientMessage<'_>>());
    assert!(good > 25 && bad > 15, "{good} {bad}");
}

#[test]
fn events_fit() {
    let (good, bad) = check(&["events", "responses", "integrator"], "server", &Checker::new::<ServerMessage<'_>>());
    assert!(good > 25 && bad > 8, "{good} {bad}");
}

#[test]
fn what_is_made_here_fits() {
    let (requests, data) = (Checker::new::<ClientMessage<'_>>(), Checker::new::<CommandData<'_>>());
    let mut runner = TestRunner::deterministic();
    for _ in 0..200 {
        let command = strategies::command().new_tree(&mut runner).unwrap().current();
        let text = command.request(Trid::int(1), DeviceId::decimal(1)).to_text();
        let value: Value = serde_json::from_str(&text).unwrap();
        // A call can have any JSON for its parameters.
        if value.get("data").is_some() {
            requests.fits(&value).unwrap();
            data.fits(&value["data"]).unwrap();
        }
    }
    let devices = Checker::new::<DeviceRef<'_>>();
    devices.fits(&serde_json::json!({"id": "1", "code": "x", "gen": "G2"})).unwrap();
    assert!(devices.fits(&serde_json::json!({"id": "84cca87c0144", "code": "x", "gen": "G2"})).is_err());
}
