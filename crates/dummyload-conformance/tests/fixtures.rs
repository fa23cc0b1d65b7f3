//! The cases of the project load, and the lint finds nothing in them.
#![allow(clippy::unwrap_used, clippy::panic)]

use dummyload_conformance::Suite;
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

#[test]
fn the_suite_is_sound() {
    let mut list = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures"), "", &mut list);
    let suite = Suite::load(list).unwrap_or_else(|errors| panic!("\n{errors}"));
    let findings: String = suite.lint().iter().map(|finding| format!("{finding}\n")).collect();
    assert!(findings.is_empty(), "\n{findings}");
}
