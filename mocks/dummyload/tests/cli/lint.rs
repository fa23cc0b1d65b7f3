use crate::{complaint, dummyload, text};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Output, Stdio};

fn lint(args: &[&str], input: &[u8]) -> Output {
    let mut command = dummyload(&[&["lint", "pishock"], args].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn canonical_messages_are_passed_in_silence() {
    let output = lint(&[], b"{\"Operation\":\"PING\"}\n\n{\"Operation\":\"UNSUBSCRIBE\",\"Targets\":[\"*\"]}\r\n");
    assert_eq!((output.status.code(), text(&output.stdout), text(&output.stderr)), (Some(0), "", ""));
    let output = lint(&["--dialect", "v1"], br#"["SUBSCRIBE","[\"1234-ping\"]"]"#);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), ""));
    let output = lint(&["--dialect", "v1", "--from", "server"], br#"{"Command":"PING","Payload":["PONG"]}"#);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), ""));
}

#[test]
fn deviations_are_told_with_line_place_and_kind() {
    let input = b"{\"Operation\":\"PING\"}\n{\"Operation\":\"ping\"}\nhello\n\xff\n";
    let output = lint(&[], input);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(text(&output.stdout), @r"
    line 2: warning: /Operation: write PING in capitals (dossier 3) [operation-case]
    line 3: error: the message: no JSON at column 1: this is not how JSON goes on (dossier 3) [not-a-message]
    line 4: error: the message: a text message is UTF-8, and this is none: invalid utf-8 sequence of 1 bytes from index 0 [not-utf-8]
    ");

    let output = lint(&["--json"], input);
    assert_eq!(output.status.code(), Some(1));
    let findings: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let brief: Vec<Value> = findings.iter().map(|f| json!([f["line"], f["pointer"], f["level"], f["kind"]])).collect();
    assert_eq!(
        json!(brief),
        json!([
            [2, "/Operation", "warning", "operation-case"],
            [3, "", "error", "not-a-message"],
            [4, "", "error", "not-utf-8"],
        ])
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let (code, said) = complaint(&["lint", "pishock", "--dialect", "v3"]);
    assert!(code == 2 && said.contains("no such dialect of pishock, only v2, v1"), "{said}");
    let (code, said) = complaint(&["lint", "pishock", "no-such-file"]);
    assert!(code == 3 && said.contains("no-such-file"), "{said}");
}

#[test]
fn shelly_is_linted_too() {
    let mut command = dummyload(&["lint", "shelly"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = b"{\"event\":\"Shelly:CommandRequest\",\"trid\":1,\"deviceId\":242232438719594,\"data\":{\"cmd\":\"relay\",\"params\":{\"turn\":\"on\",\"id\":0}}}\n";
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("/deviceId") && text(&output.stdout).contains("[loose-type]"), "{output:?}");
}

#[test]
fn another_spelling_of_the_same_is_told_and_is_no_failure() {
    let output = lint(&[], b"{\"Operation\": \"PING\"}\n");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("line 1: info: the message: other white space"));
}

#[test]
fn messages_over_several_lines_and_none_at_all_are_explained() {
    let output = lint(&[], b"{\n  \"Operation\": \"PING\"\n}\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("note: each line is taken for a message"), "{}", text(&output.stderr));
    let output = lint(&[], b"\n");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), "note: 0 messages: the input is empty\n"));
}
