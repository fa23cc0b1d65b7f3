//! The schemas against the fixtures: what is canonical fits, what deviates in its types does not.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use boon::{Compiler, SchemaIndex, Schemas};
use pishock_proto::http::{Account, ClaimBody, Hub, Link, OperateBody, Share, SharedShocker, Shocker, User};
use pishock_proto::{Body, ClientMessage, Envelope, LinkCommand, PublishCommand, V1Reply};
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

/// The entries of a fixture file under one key, with the JSON of their texts.
fn fixtures(file: &str, key: &str) -> Vec<(toml::Table, Value)> {
    let path = format!("{}/../../fixtures/pishock/messages/{file}.toml", env!("CARGO_MANIFEST_DIR"));
    let file: toml::Table = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let entries = file[key].as_array().unwrap().iter().map(|entry| entry.as_table().unwrap().clone());
    entries.filter_map(|entry| Some((entry.clone(), serde_json::from_str(entry["text"].as_str()?).ok()?))).collect()
}

/// How each entry deviates, without the pointers.
fn deviations(entry: &toml::Table) -> Vec<&str> {
    let list = entry.get("deviations").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|deviation| deviation.as_str().unwrap().split(' ').next().unwrap()).collect()
}

/// What a schema cannot see, or what it allows.
const INVISIBLE: [&str; 4] = ["spacing", "member-order", "repeated-member", "leading-c"];

fn messages(file: &str, direction: &str, dialect: &str, checker: &Checker) -> usize {
    let mut seen = 0;
    for (entry, value) in fixtures(file, "message") {
        if entry["direction"].as_str() != Some(direction) || entry["dialect"].as_str() != Some(dialect) {
            continue;
        }
        seen += 1;
        let (name, found) = (entry["name"].as_str().unwrap(), deviations(&entry));
        let fits = checker.fits(&value);
        if found.iter().all(|kind| INVISIBLE.contains(kind)) {
            fits.unwrap_or_else(|e| panic!("{file}/{name}: {e}"));
        } else if found.iter().any(|kind| ["wrong-type", "missing-member", "null-member"].contains(kind)) {
            assert!(fits.is_err(), "{file}/{name} deviates ({found:?}), but fits");
        }
    }
    seen
}

#[test]
fn requests_fit() {
    let checker = Checker::new::<ClientMessage<'_>>();
    assert!(messages("v2-requests", "client", "v2", &checker) > 10);
    assert!(messages("v2-variants", "client", "v2", &checker) > 20);
    assert!(messages("links", "client", "v2", &checker) >= 3);
}

#[test]
fn replies_fit() {
    assert!(messages("v2-replies", "server", "v2", &Checker::new::<Envelope<'_>>()) > 20);
    assert!(messages("v1", "server", "v1", &Checker::new::<V1Reply<'_>>()) > 5);
}

#[test]
fn parts_of_requests_fit() {
    let (commands, bodies) = (Checker::new::<PublishCommand<'_>>(), Checker::new::<Body<'_>>());
    let links = Checker::new::<LinkCommand<'_>>();
    let mut seen = 0;
    for (entry, value) in fixtures("v2-requests", "message").into_iter().chain(fixtures("links", "message")) {
        if !deviations(&entry).is_empty() {
            continue;
        }
        for command in value["PublishCommands"].as_array().into_iter().flatten() {
            commands.fits(command).unwrap();
            bodies.fits(&command["Body"]).unwrap();
            seen += 1;
        }
        if let Some(link) = value.get("LinkCommand") {
            links.fits(link).unwrap();
            seen += 1;
        }
    }
    assert!(seen > 8);
    let strong = serde_json::json!({"id":1,"m":"v","i":101,"d":1,"r":true,"l":{}});
    assert!(bodies.fits(&strong).is_err());
}

#[test]
fn http_bodies_fit() {
    let mut seen = 0;
    for (entry, value) in fixtures("http", "http") {
        let call = entry["call"].as_str().unwrap();
        // In the canonical case of the names; the order does not matter.
        let is_canonical = !entry.contains_key("means") || entry["name"].as_str() == Some("shockers/short");
        let checker = match call {
            "User" => Checker::new::<User>(),
            "Hubs" => Checker::new::<Vec<Hub>>(),
            "Shares" => Checker::new::<std::collections::BTreeMap<String, Vec<Share>>>(),
            "Claim" => Checker::new::<ClaimBody>(),
            "Account" => Checker::new::<Account>(),
            "Shockers" => Checker::new::<Vec<Shocker>>(),
            "Operate" => Checker::new::<OperateBody>(),
            "Shared" => Checker::new::<Vec<SharedShocker>>(),
            "Link" => Checker::new::<Link>(),
            _ => continue,
        };
        seen += 1;
        let is_valid = entry.get("valid").and_then(toml::Value::as_bool).unwrap_or(true);
        assert_eq!(checker.fits(&value).is_ok(), is_valid && is_canonical, "{}", entry["name"]);
    }
    assert!(seen > 10);
}
