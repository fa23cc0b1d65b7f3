//! The cases as one JSON file: its schema says all that is in it, and it is the same as the files.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/schema.rs"]
mod schema;

use dummyload_conformance::Suite;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const SCHEMA: &str = include_str!("../../../docs/schemas/conformance-bundle.schema.json");

/// All files of the suite below this folder.
fn files(folder: &Path, below: &str, list: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), format!("{below}{}", entry.file_name().to_str().unwrap()));
        if path.is_dir() {
            files(&path, &format!("{name}/"), list);
        } else if name.ends_with(".toml") {
            list.push((name, fs::read_to_string(path).unwrap()));
        }
    }
}

#[test]
fn the_schema_says_all_that_is_in_a_bundle() {
    let mut list = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), "", &mut list);
    let suite = Suite::load(list).unwrap_or_else(|errors| panic!("\n{errors}"));
    let bundle = suite.to_bundle();
    let validate = schema::validator(SCHEMA);
    validate(&bundle).unwrap_or_else(|e| panic!("{e}"));
    let protocols = bundle["protocols"].as_array().unwrap();
    let cases: usize = protocols.iter().map(|protocol| protocol["cases"].as_array().unwrap().len()).sum();
    assert_eq!(cases, suite.cases().len());
}

#[test]
fn nothing_is_left_to_be_read_from_other_places() {
    let steps = r#"
        [[step]]
        send = '{"a":"$${x} ${key|json}"}'
        [[step]]
        within = "2s"
        level = "should"
        expect = '{"a":"$capture:id:int","$$b":${key},"c":"$json:{\"d\":\"$one-of:x|y\"}","e":{"$closed":{"f":"$absent"}},"g":"$$"}'
        [[step]]
        any_of = [{ name = "told", expect = '"$re:^${id}(?<n>.)"', verdict = "info" }, { name = "silent", quiet = "1s" }]
        [[step]]
        advance = "2weeks"
    "#;
    let head = "title = \"t\"\nlevel = \"must\"\nevidence = [\"seed\"]\nspec = [\"room:answers\"]\n";
    let (case, target) = (format!("{head}{steps}"), include_str!("fixtures/room/target.toml"));
    let suite = Suite::load([("room/target.toml", target), ("room/cases/a/b.toml", case.as_str())]).unwrap();
    let mut bundle = suite.to_bundle();
    let case = &bundle["protocols"][0]["cases"][0];
    let steps: Vec<Value> = case["steps"].as_array().unwrap().iter().cloned().map(lean).collect();
    assert_eq!(case["id"], "room/a/b");
    assert_eq!((&case["needs"], &case["variables"]), (&json!(["control"]), &json!(["key"])));
    let closed = json!({"$closed": {"f": {"$kind": "absent"}}});
    let like = json!({
        "a": {"$capture": {"name": "id", "kind": "int"}}, "$$b": {"$value": "${key}"},
        "c": {"$json": {"d": {"$one-of": ["x", "y"]}}}, "e": closed, "g": "$",
    });
    let either = json!([
        {"name": "told", "conn": "main", "within_ms": 5000, "verdict": "info", "expect": {"$re": "^${id}(?<n>.)"}},
        {"name": "silent", "conn": "main", "within_ms": 1000, "verdict": "pass", "quiet": true},
    ]);
    assert_eq!(
        steps,
        [
            json!({"conn": "main", "send": r#"{"a":"$${x} ${key|json}"}"#, "at_most": "fail"}),
            json!({"conn": "main", "within_ms": 2000, "expect": like, "at_most": "non-strict"}),
            json!({"any_of": either, "at_most": "fail"}),
            json!({"advance_ms": 1_209_600_000_u64, "at_most": "fail"}),
        ]
    );
    let validate = schema::validator(SCHEMA);
    validate(&bundle).unwrap_or_else(|e| panic!("{e}"));
    bundle["protocols"][0]["cases"][0]["steps"][0]["surprise"] = true.into();
    assert!(validate(&bundle).is_err());
}

/// A step without what it has from its case.
fn lean(mut step: Value) -> Value {
    let members = step.as_object_mut().unwrap();
    members.retain(|name, _| !["line", "level", "evidence", "source"].contains(&name.as_str()));
    step
}
