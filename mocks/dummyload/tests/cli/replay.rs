//! `dummyload replay`, with recordings made for the purpose and with those of this repository.

use super::{complaint, output, text};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn captures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/devicehive/captures")
}

/// A folder of its own with these files.
fn folder(name: &str, files: &[(&str, &str)]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, content) in files {
        fs::write(folder.join(name), content).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

/// A recording of a real server, with another version in the place of its own.
fn silence(version: &str) -> String {
    let text = fs::read_to_string(captures().join("server-4.1/life-silence.jsonl")).unwrap();
    text.replace("4.1.0", version)
}

fn rules() -> String {
    fs::read_to_string(captures().join("replay.toml")).unwrap()
}

#[test]
fn a_recording_agrees_or_tells_what_differs() {
    let (good, bad) = (silence("4.1.0"), silence("4.0.0"));
    let folder = folder("version", &[("good.jsonl", &good), ("bad.jsonl", &bad), ("replay.toml", &rules())]);
    let done = output(&["replay", &folder]);
    let shown = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{shown}{}", text(&done.stderr));
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "differs  bad: 1 difference",
            "           line 4 (a): /info/apiVersion: recorded \"4.0.0\", seen \"4.1.0\"",
            "agrees   good",
        ]
    );
    assert!(lines[3].starts_with("2 scenarios in ") && lines[3].ends_with(": 1 agree, 1 differ"), "{shown}");

    let done = output(&["replay", &folder, "--filter", "b*", "--json"]);
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["counts"], serde_json::json!({"differs": 1}));
    assert_eq!(report["scenarios"][0]["differences"][0]["line"], 4);
    assert_eq!(
        report["scenarios"][0]["title"],
        "nothing is sent on connect; requests are answered; normal close by the client"
    );
    assert_eq!((&report["exit_code"], done.status.code()), (&Value::from(1), Some(1)));
}

#[test]
fn known_differences_need_a_reason_and_must_differ() {
    let (good, bad) = (silence("4.1.0"), silence("4.0.0"));
    let known = "[[known]]\nscenario = \"bad\"\nlines = [4]\nreason = \"another version\"\n";
    let files = [("good.jsonl", good.as_str()), ("bad.jsonl", &bad), ("replay.toml", &rules()), ("known.toml", known)];
    let done = output(&["replay", &folder("known", &files)]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
    assert!(text(&done.stdout).starts_with("known    bad: another version\nagrees   good\n"), "{}", text(&done.stdout));

    let stale = known.replace("bad", "good") + "[[known]]\nscenario = \"gone\"\nreason = \"x\"\n";
    let folder = folder("stale", &[files[0], files[2], ("known.toml", &stale)]);
    let done = output(&["replay", &folder]);
    let shown = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{shown}");
    assert!(shown.contains("stale    good: it agrees, so take it off the list"), "{shown}");
    assert!(shown.contains("stale    gone: it is listed as known, but there is no such scenario"), "{shown}");
}

/// A command that was there when the recording began, 20 s old, and known by its number.
#[test]
fn what_had_been_done_before_is_done_again() {
    let lines = [
        r#"{"t":0,"conn":"-","dir":"ctl","text":"scenario: a command of before","clock":1795314769492}"#,
        r#"{"t":1,"conn":"http","dir":"http-req","method":"GET","path":"/dh/rest/device/pump-1/command","headers":{"Authorization":"Bearer <token:admin>"}}"#,
        r#"{"t":2,"conn":"http","dir":"http-res","method":"GET","path":"/dh/rest/device/pump-1/command","status":200,"body":"[{\"id\":711033401,\"command\":\"start\",\"timestamp\":\"2026-11-22T02:32:29.492\",\"lastUpdated\":\"2026-11-22T02:32:39.492\",\"userId\":1,\"deviceId\":\"pump-1\",\"networkId\":2,\"deviceTypeId\":9,\"parameters\":null,\"lifetime\":null,\"status\":\"done\",\"result\":null}]"}"#,
    ];
    let before = r#"
        [[before]]
        scenarios = ["a"]
        source = "a test"
        at = "2026-11-22T02:32:39.492"
        setup = [{ method = "PUT", path = "/dh/rest/device/pump-1/command/711033401", body = { status = "done" } }]
        [[before]]
        scenarios = ["a"]
        source = "a test"
        at = "2026-11-22T02:32:29.492"
        setup = [{ method = "POST", path = "/dh/rest/device/pump-1/command", body = { command = "start" }, id = 711033401 }]
    "#;
    let recording = lines.join("\n");
    let world = fs::read_to_string(captures().join("world.toml")).unwrap();
    let rules = rules();
    let files = |before: &str| {
        let files =
            [("a.jsonl", recording.as_str()), ("replay.toml", &rules), ("world.toml", &world), ("before.toml", before)];
        folder("before", &files)
    };
    let done = output(&["replay", &files(before)]);
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    let done = output(&["replay", &files("")]);
    assert!(text(&done.stdout).contains("line 3 (http): /0: recorded {"), "{}", text(&done.stdout));
    let (code, why) = complaint(&["replay", &files(&before.replace("[\"a\"]", "[\"b\"]"))]);
    assert!(code == 2 && why.contains("before.toml: there is no scenario b"), "{why}");
    let (code, why) = complaint(&["replay", &files(&before.replace("at = ", "ago = "))]);
    assert!(code == 2 && why.contains("`at`"), "{why}");
}

#[test]
fn mistakes_are_told_before_anything_is_played() {
    let empty = folder("empty", &[]);
    let (code, why) = complaint(&["replay", &empty]);
    assert!(code == 2 && why.contains("there is no .jsonl file in it"), "{why}");
    let wrong = folder("wrong", &[("a.jsonl", "{}\n{"), ("b.jsonl", "x")]);
    let (code, why) = complaint(&["replay", &wrong, "--protocol", "devicehive"]);
    assert!(code == 2 && why.contains("a, line 1: missing field `t`") && why.contains("b, line 1"), "{why}");
    let plain = folder("plain", &[("a.jsonl", &silence("4.1.0"))]);
    let (code, why) = complaint(&["replay", &plain]);
    assert!(code == 2 && why.contains("whose recordings are these? Give --protocol"), "{why}");
    let (code, why) = complaint(&["replay", &plain, "--protocol", "devicehive", "--filter", "z*"]);
    assert!(code == 4 && why.contains("no scenario is meant by --filter z*"), "{why}");
    let (code, why) = complaint(&["replay", &plain, "--protocol", "devicehive", "--server", "http://127.0.0.1:1"]);
    assert!(code == 3 && why.contains("cannot connect to 127.0.0.1:1"), "{why}");
    let (code, why) = complaint(&["replay", &plain, "--protocol", "devicehive", "--profile", "server-9"]);
    assert!(code == 2 && why.contains("server-9"), "{why}");
}

/// `docs/replay.md` shows a whole recording, which is played as the page says.
#[test]
fn the_recording_of_the_page_agrees() {
    let page = include_str!("../../../../docs/replay.md");
    let recording = page.split("```jsonl\n").nth(1).unwrap().split("```").next().unwrap();
    let world = output(&["world", "devicehive"]);
    let files = [("mine.jsonl", recording), ("my-world.toml", text(&world.stdout))];
    let folder = folder("page", &files);
    let world = format!("{folder}/my-world.toml");
    let done = output(&["replay", &folder, "--protocol", "devicehive", "--world", &world, "-v"]);
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    assert!(text(&done.stdout).starts_with("agrees   mine"), "{}", text(&done.stdout));
}
