//! Judging clients, here such as a shell can play.

use crate::{output, text};
use std::process::Output;

/// Judges a program by one case, which an adapter is needed for.
fn judged(kind: &str, script: &str) -> (Option<i32>, String) {
    let command = format!("sh -c '{script}'");
    let case = if kind == "--client" { "link/opens" } else { "command/form" };
    seen(output(&["conformance", "--protocol", "devicehive", kind, &command, "--filter", &case_id(case), "-v"]))
}

fn case_id(case: &str) -> String {
    format!("devicehive/clients/{case}")
}

fn seen(output: Output) -> (Option<i32>, String) {
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

#[track_caller]
fn ends(judged: (Option<i32>, String), code: i32, parts: &[&str]) {
    assert_eq!(judged.0, Some(code), "{}", judged.1);
    parts.iter().for_each(|part| assert!(judged.1.contains(part), "{part}: {}", judged.1));
}

#[test]
fn a_program_says_that_it_cannot() {
    let script = r#"echo "no room for $DUMMYLOAD_CASE at ${DUMMYLOAD_URL%%:*}" >&2; exit 127"#;
    let why = "by exit code 127 that it cannot do this: no room for devicehive/clients/link/opens at ws";
    ends(judged("--client", script), 4, &[why]);
    ends(judged("--adapter", "exit 127"), 4, &["by exit code 127"]);
}

#[test]
fn a_program_that_ends_too_early_fails_with_its_last_words() {
    let words = "nothing: the program has ended (exit status: 3); its last words: I give up";
    ends(judged("--client", "echo I give up >&2; exit 3"), 1, &["✘ devicehive/clients/link/opens", words]);
}

#[test]
fn what_only_an_adapter_can_show_is_skipped() {
    let case = case_id("command/form");
    let output = output(&["conformance", "--protocol", "devicehive", "--client", "cat", "--filter", &case]);
    ends(seen(output), 4, &["--adapter CMD", "1 skipped"]);
}

#[test]
fn an_adapter_that_offers_too_little_is_not_asked() {
    let script = r#"echo "{\"adapter\":1,\"offers\":[]}"; read line; echo "$line" >&2; cat >/dev/null"#;
    ends(judged("--adapter", script), 4, &["the adapter does not offer insert_command"]);
}

#[test]
fn an_adapter_that_speaks_otherwise_judges_nothing() {
    ends(judged("--adapter", "echo hello"), 6, &[r#"the adapter's line "hello" is no JSON object"#]);
    let newer = r#"echo "{\"adapter\":2,\"offers\":[]}""#;
    ends(judged("--adapter", newer), 6, &["is of a version that is not known here"]);
    ends(judged("--adapter", "echo broken >&2"), 6, &["does not say what it offers", "its last words: broken"]);
}

#[test]
fn what_cannot_be_started_is_told() {
    let run = |command: &str| {
        let case = case_id("link/opens");
        seen(output(&["conformance", "--protocol", "devicehive", "--client", command, "--filter", &case]))
    };
    ends(run("/nonexistent/client"), 3, &["/nonexistent/client cannot be started", "nothing was judged"]);
    ends(run("true {ur}"), 3, &["{ur}: `ur` is not known here (did you mean `url`?)"]);
    ends(run("'"), 2, &["a quote is not closed"]);
}
