//! `docs/mocks/shelly.md`: what it says is so.

use crate::kit::{get, http, start};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn manual() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mocks/shelly.md")).unwrap()
}

#[tokio::test]
async fn each_example_of_a_verb_works_and_each_verb_has_one() {
    let mock = start().await;
    let manual = manual();
    let mut shown = BTreeSet::new();
    for line in manual.lines() {
        let Some(rest) = line.strip_prefix("curl -X POST $MOCK/do/") else { continue };
        let (verb, body) = rest.split_once(" -d '").unwrap();
        let body: Value = serde_json::from_str(body.strip_suffix('\'').unwrap()).unwrap();
        mock.control(verb, &body).unwrap_or_else(|e| panic!("{line}: {e}"));
        shown.insert(verb);
    }
    let verbs = get(&mock, "/__mock/do").await.json();
    assert_eq!(shown, verbs.as_object().unwrap().keys().map(String::as_str).collect());
}

#[tokio::test]
async fn each_example_of_a_fault_and_of_a_login_works() {
    let mock = start().await;
    let manual = manual();
    let mut examples = 0;
    for line in manual.lines() {
        if let Some(rest) = line.strip_prefix("curl -X ").and_then(|rest| rest.split_once(" $ADMIN")) {
            let (path, body) = rest.1.split_once(" -d '").unwrap_or((rest.1, "'"));
            let answer = http(&mock, rest.0, &format!("/__mock{path}"), &[], body.strip_suffix('\'').unwrap()).await;
            assert_eq!(answer.status, 200, "{line}: {}", answer.body);
            examples += 1;
        }
        if let Some((path, fields)) = line.strip_prefix("curl -s $HTTP").and_then(|rest| rest.split_once(" -d ")) {
            let demo = mock.demo();
            let hash = shelly_proto::http::password_hash("demo-password");
            let body = fields.replace(" -d ", "&").replace("$HASH", &hash);
            let body = body.replace("$CODE", demo["code"].as_str().unwrap());
            let body = body.replace("$REFRESH", demo["refresh_token"].as_str().unwrap());
            let answer = crate::kit::post_form(&mock, path, &body).await;
            assert_eq!(answer.status, 200, "{line}: {}", answer.body);
            examples += 1;
        }
    }
    assert_eq!(examples, 9);
}

#[test]
fn the_options_and_demo_values_are_those_that_there_are() {
    let manual = manual();
    let table = manual.split("### Options").nth(1).unwrap().split("## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let named: BTreeSet<&str> =
        rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    let options = serde_json::to_value(shelly_mock::Options::default()).unwrap();
    assert_eq!(named, options.as_object().unwrap().keys().map(String::as_str).collect());
}

#[tokio::test]
async fn the_demo_has_what_the_manual_names() {
    let mock = start().await;
    let (manual, demo) = (manual(), mock.demo());
    let part =
        manual.split("with the control verb `demo`:").nth(1).unwrap().split("Each device is there").next().unwrap();
    let names: Vec<&str> = part.split('`').skip(1).step_by(2).collect();
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(!demo[name].is_null(), "{name}: {demo}");
    }
    assert!(!demo["relay_decimal"].is_null() && !demo["relay_name"].is_null());
}

#[test]
fn the_shortest_world_is_one() {
    let manual = manual();
    let world = manual.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let world = shelly_mock::WorldFile::parse(world).unwrap();
    assert_eq!((world.users.len(), world.clients.len()), (1, 1));
}

/// All of this crate's code.
fn sources() -> String {
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    text
}

#[test]
fn each_problem_code_is_one_of_the_code() {
    let (manual, sources) = (manual(), sources());
    let kinds: Vec<&str> = shelly_proto::DeviationKind::ALL.iter().map(|kind| kind.name()).collect();
    let table = manual.split("## Problem codes").nth(1).unwrap().split("## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let codes: Vec<&str> = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    assert!(codes.len() > 60, "{}", codes.len());
    for code in &codes {
        assert!(sources.contains(&format!("\"{code}\"")) || kinds.contains(code), "{code}");
    }
    // And the reverse, for the kinds of deviations but those that only servers make or that have an answer of their own.
    let elsewhere = [
        "not-a-message",
        "unknown-event",
        "integrator-form",
        "missing-member",
        "wrong-type",
        "not-decimal",
        "unknown-command",
        "out-of-range",
        "conflict",
        "unclear-outcome",
    ];
    for kind in kinds {
        assert!(elsewhere.contains(&kind) || codes.contains(&kind), "{kind}");
    }
}
