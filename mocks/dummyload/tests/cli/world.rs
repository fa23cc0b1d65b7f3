use crate::serve::Running;
use crate::{complaint, output, text};
use std::fs;
use std::path::PathBuf;

fn file(name: &str, content: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, content).unwrap();
    file
}

fn world(args: &[&str]) -> String {
    let output = output(&[&["world", "pishock"], args].concat());
    assert_eq!(output.status.code(), Some(0));
    text(&output.stdout).to_owned()
}

#[test]
fn what_is_printed_can_be_loaded() {
    let demo = Running::start(&["pishock", "--port", "0"]);
    for (name, printed) in [("printed.toml", world(&[])), ("printed.json", world(&["--json"]))] {
        let file = file(name, &printed);
        let mock = Running::start(&["pishock", "--port", "0", "--world", file.to_str().unwrap()]);
        assert_eq!(mock.mock()["demo"], demo.mock()["demo"], "{name}");
    }
}

#[test]
fn a_changed_world_is_the_one_that_is_served() {
    let file = file("changed.toml", &world(&[]).replace("name = \"demo\"", "name = \"someone else\""));
    let mock = Running::start(&["--port", "0", "--world", &format!("pishock={}", file.display())]);
    assert_eq!(mock.mock()["demo"]["username"], "someone else");
    assert!(mock.ws().contains("Username=someone%20else"), "{}", mock.ws());
    assert_eq!(mock.ask("{\"Operation\":\"PING\"}")["Message"], "PONG");
}

#[test]
fn a_bad_world_file_is_named_with_the_place() {
    let bad = file("syntax.toml", "[options]\nstrict = false\n[[user]\nid = 1\n");
    let (code, said) = complaint(&["serve", "pishock", "--port", "0", "--world", bad.to_str().unwrap()]);
    assert!(code == 2 && said.contains("syntax.toml is not valid") && said.contains("line 3"), "{said}");

    let bad = file("member.json", "{\"options\": {\"strict\": false},\n \"users\": []}");
    let (code, said) = complaint(&["serve", "pishock", "--port", "0", "--world", bad.to_str().unwrap()]);
    assert!(code == 2 && said.contains("member.json is not valid") && said.contains("line 2"), "{said}");
    assert!(said.contains("unknown field `users`"), "{said}");

    let bad = file("reference.toml", "[[hub]]\nid = 1\nowner = 5\nname = \"Hub\"\n");
    let (code, said) = complaint(&["serve", "pishock", "--port", "0", "--world", bad.to_str().unwrap()]);
    assert!(code == 2 && said.contains("the owner of hub 1 is user id 5, and there is none"), "{said}");

    let (code, said) = complaint(&["serve", "pishock", "--port", "0", "--world", "no-such-file"]);
    assert!(code == 3 && said.contains("no-such-file cannot be read"), "{said}");
}

#[test]
fn a_world_that_nobody_can_log_in_to_is_served_with_a_warning() {
    let lonely = file(
        "lonely.toml",
        "[[user]]\nid = 1\nname = \"me\"\nkey = [{ key = \"k\", generated = 2024-10-14T00:00:00Z }]\n",
    );
    let args = ["pishock", "--port", "0", "--exit-with-parent", "--world", lonely.to_str().unwrap()];
    let output = output(&[&["serve"], &args[..]].concat());
    assert_eq!(output.status.code(), Some(0));
    let ready: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(ready["mocks"][0]["ws"].as_str().unwrap().ends_with("/v2"), "{ready}");
    let said = text(&output.stderr);
    assert!(
        said.contains("WARN") && said.contains("no user of the world has a key that works on the socket"),
        "{said}"
    );
}
