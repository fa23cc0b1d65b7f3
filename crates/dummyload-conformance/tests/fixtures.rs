//! The cases of the project load, the lint finds nothing in them, and they say what they need.
#![allow(clippy::unwrap_used, clippy::panic)]

use dummyload_conformance::Suite;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn files(folder: &Path, below: &str, list: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{name}/"), list);
        } else if name.ends_with(".toml") {
            list.push((name, fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

fn fixtures() -> Vec<(String, String)> {
    let mut list = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), "", &mut list);
    list
}

#[test]
fn the_suite_is_sound() {
    let list = fixtures();
    let suite = Suite::load(list).unwrap_or_else(|errors| panic!("\n{errors}"));
    let findings: String = suite.lint().iter().map(|finding| format!("{finding}\n")).collect();
    assert!(findings.is_empty(), "\n{findings}");
}

/// The families of DeviceHive's messages, as `target.toml` has them.
const FAMILIES: [&str; 9] =
    ["token", "configuration", "user", "network", "devicetype", "device", "command", "notification", "subscription"];

/// The families that a case uses, over the socket or over REST.
fn used(case: &str) -> BTreeSet<&str> {
    let head = ["title", "note", "source", "spec"];
    let steps = case.lines().filter(|line| !head.iter().any(|member| line.starts_with(member)));
    let mut used = BTreeSet::new();
    for line in steps {
        let actions = line.split("\"action\":\"").skip(1).filter_map(|rest| rest.split(['/', '"']).next());
        used.extend(actions.filter(|family| FAMILIES.contains(family)));
        for path in line.split("/rest/").skip(1).filter_map(|rest| rest.split(['?', '"', ' ']).next()) {
            let stored = path.split('/').find(|part| ["command", "notification"].contains(part));
            let family = stored.or(path.split('/').next());
            used.extend(family.filter(|family| FAMILIES.contains(family)));
        }
    }
    used
}

/// So that a server with a few families of messages is judged by what it has.
#[test]
fn cases_of_devicehive_need_the_families_that_they_use() {
    // One sends an action that there is not, the other is a probe for something else.
    let apart = ["envelope/unknown-action", "token/key-rule"].map(|name| format!("devicehive/cases/{name}.toml"));
    for (path, case) in fixtures() {
        if !path.starts_with("devicehive/cases/") || apart.contains(&path) {
            continue;
        }
        let needs = case.lines().find(|line| line.starts_with("needs ")).unwrap_or_default();
        let needs: BTreeSet<&str> = needs.split('"').filter(|word| FAMILIES.contains(word)).collect();
        assert_eq!(needs, used(&case), "{path}: `needs` is not what it uses");
    }
}
