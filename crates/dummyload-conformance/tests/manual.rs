//! The examples of `docs/conformance.md` and of `docs/conformance/clients.md` are what the loader takes and the lint finds nothing in.
#![allow(clippy::unwrap_used, clippy::panic)]

use dummyload_conformance::{Known, Suite};

const MANUAL: &str = include_str!("../../../docs/conformance.md");
const CLIENTS: &str = include_str!("../../../docs/conformance/clients.md");

/// The fenced examples whose first line is this comment.
fn examples(kind: &str) -> Vec<&'static str> {
    let rests = [MANUAL, CLIENTS].into_iter().flat_map(|page| page.split("```toml\n").skip(1));
    rests.filter_map(|rest| rest.split("```").next()).filter(|text| text.lines().next() == Some(kind)).collect()
}

fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (kind, path) in [("# target.toml", "room/target.toml"), ("# sections.toml", "room/sections.toml")] {
        let [text] = examples(kind)[..] else { panic!("one {kind}") };
        files.push((path.to_owned(), text.to_owned()));
    }
    for (n, text) in examples("# case").iter().enumerate() {
        // The first is the one whose id stands on the page.
        let name = if n == 0 { "talk/greeting".to_owned() } else { n.to_string() };
        files.push((format!("room/cases/{name}.toml"), (*text).to_owned()));
    }
    for (n, text) in examples("# client case").iter().enumerate() {
        files.push((format!("room/clients/{n}.toml"), (*text).to_owned()));
    }
    files
}

#[test]
fn the_adapter_of_the_manual_is_the_one_that_ci_runs() {
    assert!(CLIENTS.contains(include_str!("../../../samples/node/devicehive_adapter.mjs")));
}

#[test]
fn the_examples_are_sound() {
    let suite = Suite::load(files()).unwrap_or_else(|errors| panic!("\n{errors}"));
    assert!(suite.cases().len() >= 5);
    let findings: String = suite.lint().iter().map(|finding| format!("{finding}\n")).collect();
    assert!(findings.is_empty(), "\n{findings}");
    let [known] = examples("# known.toml")[..] else { panic!("one list of known failures") };
    Known::parse("known.toml", known).unwrap_or_else(|errors| panic!("\n{errors}"));
}

#[test]
fn the_matchers_of_the_table_are_known() {
    let rows = MANUAL.lines().filter(|line| line.starts_with("| `\"$") || line.starts_with("| `{\"$"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let matchers: Vec<String> =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(|matcher| matcher.replace("\\|", "|")).collect();
    assert!(matchers.len() >= 20, "{matchers:#?}");
    let mut files = files();
    let steps: String = matchers.iter().map(|m| format!("[[step]]\nexpect = '{{\"a\":{m}}}'\n")).collect();
    let head = "title = \"t\"\nlevel = \"must\"\nevidence = [\"seed\"]\n";
    files.push(("room/cases/matchers.toml".into(), format!("{head}{steps}")));
    Suite::load(files).unwrap_or_else(|errors| panic!("\n{errors}"));
}
