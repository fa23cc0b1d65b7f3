//! Mutants, as the program offers them.

use crate::{complaint, output, text};

fn mutants(args: &[&str]) -> (Option<i32>, String) {
    let output = output(&[&["conformance", "mutants"], args].concat());
    (output.status.code(), text(&output.stdout).to_owned())
}

#[test]
fn a_mutant_is_killed_by_the_cases_that_its_rules_touch() {
    let chosen = ["pishock", "--mutant", "pong-in-lower-case", "--filter", "pishock/v2/ping"];
    let (code, told) = mutants(&chosen);
    assert!(code == Some(0) && told.contains("pong-in-lower-case  killed by "), "{told}");
    let (code, told) = mutants(&[chosen.as_slice(), &["--json"]].concat());
    let matrix: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(code, Some(0));
    assert_eq!(matrix["protocols"][0]["mutants"][0]["kills"]["pishock/v2/ping/pong"], "fail");
}

#[test]
fn what_there_is_not_is_told() {
    let (code, said) = complaint(&["conformance", "mutants", "pishock", "--mutant", "nothing-like-it"]);
    assert!(code == 4 && said.contains("no such mutant"), "{said}");
    let (code, said) = complaint(&["serve", "pishock", "--port", "0", "--mutant", "pong-in-lower"]);
    assert!(code == 2 && said.contains("did you mean pong-in-lower-case?"), "{said}");
    let (code, said) = complaint(&["serve", "--port", "0", "--mutant", "pong-in-lower-case"]);
    assert!(code == 2 && said.contains("say for which one"), "{said}");
}

#[test]
fn help_for_a_name_lists_all() {
    let output = output(&["serve", "shelly", "--mutant", "help"]);
    let told = text(&output.stdout);
    assert!(output.status.success() && told.starts_with("shelly\n") && !told.contains("pong-in-lower-case"), "{told}");
    assert!(told.lines().count() > 20);
}
