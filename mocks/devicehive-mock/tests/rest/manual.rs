//! `docs/mocks/devicehive.md`: what it says is so.

use crate::kit::{demo, http, start};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn manual() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mocks/devicehive.md")).unwrap()
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
    let verbs = http(&mock, "GET", "/__mock/do", &[], "").await.json();
    assert_eq!(shown, verbs.as_object().unwrap().keys().map(String::as_str).collect());
}

#[tokio::test]
async fn each_example_of_rest_works() {
    let mock = start().await;
    let manual = manual();
    let mut examples = 0;
    for line in manual.lines().filter(|line| line.starts_with("curl ") && line.contains("$HTTP")) {
        let line = line.replace("$TOKEN", &demo(&mock, "access_token"));
        let words = words(&line);
        let mut headers = Vec::new();
        let (mut method, mut path, mut body) = (None, "", "");
        let mut rest = words.iter().skip(1).map(String::as_str);
        while let Some(word) = rest.next() {
            match word {
                "-X" => method = rest.next(),
                "-d" => body = rest.next().unwrap(),
                "-H" => headers.push(rest.next().unwrap().split_once(": ").unwrap()),
                "-s" => {}
                target => path = target.strip_prefix("$HTTP").unwrap(),
            }
        }
        let method = method.unwrap_or(if body.is_empty() { "GET" } else { "POST" });
        let answer = http(&mock, method, path, &headers, body).await;
        assert!((200..300).contains(&answer.status), "{line}: {} {}", answer.status, answer.body);
        examples += 1;
    }
    assert_eq!(examples, 6);
}

/// The words of a shell's line, without its quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => words.push(String::new()),
            (letter, _) => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

#[test]
fn the_options_are_those_that_there_are() {
    let manual = manual();
    let table = manual.split("### Options").nth(1).unwrap().split("## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let named: BTreeSet<&str> =
        rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    let options = serde_json::to_value(devicehive_mock::Options::default()).unwrap();
    assert_eq!(named, options.as_object().unwrap().keys().map(String::as_str).collect());
}

#[tokio::test]
async fn the_demo_has_what_the_manual_names() {
    let mock = start().await;
    let (manual, demo) = (manual(), mock.demo());
    let part = manual.split("with the control verb `demo`:").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: BTreeSet<&str> = part.split('`').skip(1).step_by(2).collect();
    assert_eq!(names, demo.as_object().unwrap().keys().map(String::as_str).collect());
}

/// All of this crate's code.
fn code() -> String {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => text += &fs::read_to_string(path).unwrap(),
            }
        }
    }
    text
}

#[test]
fn every_problem_is_in_the_manual() {
    let (manual, code) = (manual(), code());
    let mut codes = BTreeSet::new();
    for (at, _) in code.match_indices("Problem::new(") {
        let rest = &code[at + "Problem::new(".len()..];
        codes.extend(rest.split('"').nth(1));
    }
    assert!(codes.len() >= 6, "{codes:?}");
    for code in codes {
        assert!(manual.contains(&format!("`{code}`")), "{code}");
    }
}
