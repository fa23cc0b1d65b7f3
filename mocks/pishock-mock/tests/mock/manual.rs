//! `docs/mocks/pishock.md`: what it says is so.

use crate::kit::{get, start};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn manual() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mocks/pishock.md")).unwrap()
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
    let kinds: Vec<&str> = pishock_proto::DeviationKind::ALL.iter().map(|kind| kind.name()).collect();
    let table = manual.split("## Problem codes").nth(1).unwrap().split("## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let codes: Vec<&str> = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    assert!(codes.len() > 90, "{}", codes.len());
    for code in &codes {
        assert!(sources.contains(&format!("\"{code}\"")) || kinds.contains(code), "{code}");
    }
    // And the reverse, for the kinds of deviations but those that are refused under another name.
    for kind in kinds {
        let elsewhere = ["not-a-message", "leading-c", "unknown-operation", "channel-form"].contains(&kind);
        assert!(elsewhere || codes.contains(&kind), "{kind}");
    }
}
