//! The cases as one JSON file: its schema says all that is in it, and whatever could be decided beforehand is.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "common/schema.rs"]
mod schema;

use dummyload_conformance::Suite;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const SCHEMA: &str = include_str!("../../../docs/schemas/conformance-bundle.schema.json");
const PAGE: &str = include_str!("../../../docs/conformance/bundle.md");

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
fn the_schema_says_all_that_is_in_a_bundle_and_the_page_shows_a_case_of_it() {
    let mut list = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), "", &mut list);
    let suite = Suite::load(list).unwrap_or_else(|errors| panic!("\n{errors}"));
    let bundle = suite.to_bundle();
    let validate = schema::validator(SCHEMA);
    validate(&bundle).unwrap_or_else(|e| panic!("{e}"));
    let protocols = bundle["protocols"].as_object().unwrap();
    let cases: Vec<&Value> = protocols.values().flat_map(|protocol| protocol["cases"].as_array().unwrap()).collect();
    assert_eq!(cases.len(), suite.cases().len());
    // What is written for people has nothing in it that runners would fill.
    let told = |step: &Value| format!("{}{}", step["note"], step["source"]);
    let steps = cases.iter().flat_map(|case| case["steps"].as_array().unwrap());
    assert_eq!(steps.map(told).find(|told| told.contains("${")), None);
    let example = PAGE.split("```").find_map(|block| block.strip_prefix("json\n")).unwrap();
    let example: Value = example.parse().unwrap();
    assert_eq!(cases.into_iter().find(|case| case["id"] == example["id"]), Some(&example));
}

fn bundle_of(steps: &str) -> Value {
    let head = "title = \"t\"\nlevel = \"must\"\nevidence = [\"seed\"]\nspec = [\"room:answers\"]\n";
    let (case, target) = (format!("{head}{steps}"), include_str!("fixtures/room/target.toml"));
    let suite = Suite::load([("room/target.toml", target), ("room/cases/a/b.toml", case.as_str())]);
    let bundle = suite.unwrap_or_else(|errors| panic!("\n{errors}")).to_bundle();
    schema::validator(SCHEMA)(&bundle).unwrap_or_else(|e| panic!("{e}"));
    bundle
}

/// What a case of these steps needs, and its instructions without what they have from the case.
fn compiled(steps: &str) -> (Value, Vec<Value>) {
    let bundle = bundle_of(&format!("asides = false\n{steps}"));
    let case = &bundle["protocols"]["room"]["cases"][0];
    assert_eq!(case["id"], "room/a/b");
    let mut steps = case["steps"].as_array().unwrap().clone();
    for step in &mut steps {
        let members = step.as_object_mut().unwrap();
        members.retain(|name, _| !["line", "level", "evidence", "source"].contains(&name.as_str()));
    }
    (case["needs"].clone(), steps)
}

/// What is expected of a message like this: the schema and the captures.
fn expected(template: &str) -> (Value, Value) {
    let (_, steps) = compiled(&format!("[[step]]\nexpect = '''{template}'''"));
    let choice = steps.last().unwrap()["choices"][0].clone();
    (choice["schema"].clone(), choice["captures"].clone())
}

#[test]
fn steps_become_instructions_with_all_filled_in() {
    let (needs, steps) = compiled(
        r#"
        [[conn]]
        name = "main"
        path = "/room"
        headers = { Origin = "here", Sec-WebSocket-Protocol = "a, b" }
        open = false
        [[step]]
        open = "main"
        refused = "maybe"
        [[step]]
        within = "2s"
        level = "should"
        skip = '{"news":"$any"}'
        expect = '1'
        [[step]]
        reopen = "main"
        [[step]]
        send = '{"a":"${key|query}"}'
        [[step]]
        send_fragments = ["a", "b"]
        [[step]]
        any_of = [{ name = "told", expect_text = "a", verdict = "info" }, { name = "silent", quiet = "1s" }, { name = "gone", close = "any" }]
        [[step]]
        shut = 1000
        "#,
    );
    let choice = |kind: &str, schema: Value, verdict: &str, outcome: Value| json!({"kind": kind, "schema": schema, "captures": {}, "verdict": verdict, "outcome": outcome});
    let open = choice("open", json!({}), "pass", Value::Null);
    let news = json!({"type": "object", "required": ["news"], "properties": {"news": {}}});
    let passed_over = json!({"kind": "json", "schema": news, "captures": {}, "verdict": null, "outcome": null});
    let opening = |conn: &str, choices: Value| {
        json!({
            "do": "open", "conn": conn, "path": "/room", "headers": {"Origin": "here"}, "subprotocols": ["a", "b"],
            "choices": choices, "unmet": "fail",
        })
    };
    assert_eq!(needs, json!(["var:key"]));
    assert_eq!(
        steps,
        [
            opening("main", json!([open, choice("refused", json!({"type": "integer"}), "pass", Value::Null)])),
            json!({
                "do": "expect", "conn": "main", "within_ms": 2000, "unmet": "non-strict",
                "choices": [choice("json", json!({"const": 1}), "pass", Value::Null), passed_over],
            }),
            json!({"do": "drop", "conn": "main"}),
            opening("main#2", json!([open])),
            json!({"do": "send", "conn": "main#2", "text": r#"{"a":"${key|query}"}"#}),
            json!({"do": "send", "conn": "main#2", "text": ["a", "b"]}),
            json!({
                "do": "expect", "conn": "main#2", "within_ms": 1000, "unmet": "fail",
                "choices": [
                    choice("text", json!({"const": "a"}), "info", "told".into()),
                    choice("silence", json!({}), "pass", "silent".into()),
                    choice("close", json!({}), "pass", "gone".into()),
                ],
            }),
            json!({"do": "close", "conn": "main#2", "code": 1000}),
        ]
    );
}

#[test]
fn what_is_rare_is_a_need() {
    // The path of the connection reads the key.
    for (step, needs) in [
        ("advance = '2weeks'", json!(["do:advance", "var:key"])),
        ("send_raw = '8100'", json!(["do:raw", "var:key"])),
        ("send_fragments = ['a']\nfinish = false", json!(["do:unfinished", "var:key"])),
        ("send_text = '${key|json} $${x}'", json!(["escape", "filter:json", "var:key"])),
        ("send_huge = { repeat = 'x', times = 200000 }", json!(["do:huge", "var:key"])),
        ("all = [{ expect = '1' }, { expect = '2' }]", json!(["do:all", "var:key"])),
        ("http = { service = 'desk', path = '/' }", json!(["do:http", "var:key"])),
        ("quiet = '2s'", json!(["var:key"])),
        ("quiet = '3s'", json!(["slow", "var:key"])),
        ("expect = '[\"$capture:n\",\"$same:n\"]'", json!(["keyword:same", "var:key"])),
        ("expect = '{\"$unordered\":[1]}'", json!(["keyword:unordered", "var:key"])),
        ("expect = '\"$re:^${key}\"'", json!(["filter:re", "var:key"])),
        ("expect = '\"$re:(?<n>.)\"'", json!(["keyword:groups", "var:key"])),
    ] {
        assert_eq!(compiled(&format!("[[step]]\n{step}")).0, needs, "{step}");
    }
}

#[test]
fn templates_become_schemas() {
    for (template, schema) in [
        (r#"{"a":1.5}"#, json!({"type": "object", "required": ["a"], "properties": {"a": {"const": 1.5}}})),
        (r#"{"a":"$absent"}"#, json!({"type": "object", "required": [], "properties": {"a": false}})),
        (
            r#"{"$closed":{"$$a":${key}}}"#,
            json!({
                "type": "object", "required": ["$a"], "properties": {"$a": {"const": {"$json": "${key}"}}},
                "additionalProperties": false,
            }),
        ),
        ("[]", json!({"type": "array", "minItems": 0, "maxItems": 0})),
        (
            r#"["x ${key}",null]"#,
            json!({
                "type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [{"const": "x ${key}"}, {"const": null}],
            }),
        ),
        (
            r#"{"$each":"$uint"}"#,
            json!({
                "type": ["array", "object"], "items": {"type": "integer", "minimum": 0},
                "additionalProperties": {"type": "integer", "minimum": 0},
            }),
        ),
        (r#""$one-of:a|5|null""#, json!({"enum": ["a", "5", 5, "null", null]})),
        (r#""$one-of:${key}""#, json!({"enum": ["${key}", {"$json": "${key}"}]})),
        (r#""$range:-1..1.5""#, json!({"type": "number", "minimum": -1.0, "maximum": 1.5})),
        (r#""$contains:a.b${key}""#, json!({"type": "string", "pattern": r"a\.b${key|re}"})),
        (
            r#""$json:{\"a\":\"$capture:n\"}""#,
            json!({
                "type": "string",
                "json": {
                    "schema": {"type": "object", "required": ["a"], "properties": {"a": {}}}, "captures": {"n": ["a"]},
                },
            }),
        ),
        (r#""$any""#, json!({"type": ["null", "boolean", "number", "string", "array", "object"]})),
    ] {
        assert_eq!(expected(template).0, schema, "{template}");
    }
}

#[test]
fn captures_are_found_again_and_compared_as_what_they_are() {
    let (_, captures) = expected(r#"{"a":[0,{"b/c":"$capture:n:int"}],"${key}":"$capture:s"}"#);
    assert_eq!(captures, json!({"n": ["a", 1, "b/c"], "s": ["${key}"]}));
    let read = json!({"$json": "${x}"});
    for (sort, same, above, needs) in [
        ("int", json!({"const": read}), json!({"type": "number", "exclusiveMinimum": read}), json!(["var:key"])),
        (
            "string",
            json!({"const": "${x}"}),
            json!({"type": "number", "above": "x"}),
            json!(["keyword:above", "var:key"]),
        ),
    ] {
        let steps =
            format!("[[step]]\nexpect = '\"$capture:x:{sort}\"'\n[[step]]\nexpect = '[\"$same:x\",\"$above:x\"]'");
        let (found, steps) = compiled(&steps);
        assert_eq!(steps[2]["choices"][0]["schema"]["prefixItems"], json!([same, above]), "{sort}");
        assert_eq!(found, needs, "{sort}");
    }
}

/// An aside is passed over unless it is about something that the case speaks of, whether as a text or as a number.
#[test]
fn asides_are_choices_without_a_verdict() {
    let bundle = bundle_of("[[step]]\nsend = '{\"lamp\":${lamp}}'\n[[step]]\nexpect = '1'");
    let choice = &bundle["protocols"]["room"]["cases"][0]["steps"][2]["choices"][1];
    let named = json!(["${key|query}", {"$json": "${key|query}"}, "${lamp}", {"$json": "${lamp}"}]);
    let id = json!({"type": "object", "required": ["id"], "properties": {"id": {"not": {"enum": named}}}});
    let like = json!({"type": "object", "required": ["news"], "properties": {"news": {"const": "lamp"}}});
    let about = json!({"type": "object", "required": ["lamp"], "properties": {"lamp": id}});
    assert_eq!((&choice["verdict"], &choice["schema"]), (&Value::Null, &json!({"allOf": [like, about]})));
}

#[test]
fn the_schema_takes_nothing_else() {
    let bundle = bundle_of("[[step]]\nquiet = '1s'");
    let validate = schema::validator(SCHEMA);
    for (member, value) in [("surprise", json!(true)), ("do", json!("close")), ("within_ms", json!("1s"))] {
        let mut bundle = bundle.clone();
        bundle["protocols"]["room"]["cases"][0]["steps"][1][member] = value;
        assert!(validate(&bundle).is_err(), "{member}");
    }
}
