//! `docs/mocks/multistreamer.md`: what it says is so.

use crate::kit::{get, start};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn manual() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mocks/multistreamer.md")).unwrap()
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

#[test]
fn the_options_are_those_that_there_are() {
    let manual = manual();
    let table = manual.split("### Options").nth(1).unwrap().split("## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let named: BTreeSet<&str> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    let options = serde_json::to_value(multistreamer_mock::Options::default()).unwrap();
    assert_eq!(named, options.as_object().unwrap().keys().map(String::as_str).collect());
}

#[tokio::test]
async fn the_demo_has_what_the_manual_names() {
    let mock = start().await;
    let (manual, demo) = (manual(), mock.demo());
    let part = manual.split("with the control verb `demo`:").nth(1).unwrap().split("## ").next().unwrap();
    let part = part.split("Others begin").next().unwrap();
    for name in part.split('`').skip(1).step_by(2) {
        assert!(!demo[name].is_null(), "{name}: {demo}");
    }
    for prefix in ["guest_", "reader_", "stranger_"] {
        assert!(demo[format!("{prefix}token")].is_string() && demo[format!("{prefix}username")].is_string(), "{demo}");
    }
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
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                text += &fs::read_to_string(path).unwrap();
            }
        }
    }
    text
}

#[test]
fn each_problem_code_is_one_of_the_code_and_the_other_way_round() {
    let (manual, sources) = (manual(), sources());
    let table = manual.split("## Problem codes").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let listed: BTreeSet<&str> =
        rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    for code in &listed {
        assert!(sources.contains(&format!("\"{code}\"")), "{code}");
    }
    let dossier = "\"dossier ";
    for (at, _) in sources.match_indices(dossier) {
        // The code stands before the source, with a comma between.
        let before = sources[..at].trim_end().strip_suffix(',').and_then(|before| before.strip_suffix('"'));
        let Some(code) = before.and_then(|before| before.rsplit('"').next()) else { continue };
        if code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte.is_ascii_digit()) {
            assert!(listed.contains(code), "{code} is not in the manual");
        }
    }
}
