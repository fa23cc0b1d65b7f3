use crate::serve::Running;
use crate::{complaint, dummyload, output, text};
use serde_json::Value;
use std::net::TcpListener;
use std::process::Output;
use std::{env, fs};

fn conformance(args: &[&str]) -> Output {
    output(&[&["conformance"], args].concat())
}

#[track_caller]
fn complains(args: &[&str], code: i32, part: &str) {
    let (seen, said) = complaint(&[&["conformance"], args].concat());
    assert!(seen == code && said.contains(part), "{seen}: {said}");
}

#[test]
fn our_own_mocks_pass_every_case() {
    let output = conformance(&["--report", "json=-"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cases: Vec<&Value> =
        report["runs"].as_array().unwrap().iter().flat_map(|run| run["cases"].as_array().unwrap()).collect();
    let bad: Vec<_> =
        cases.iter().filter(|case| case["verdict"] != "pass").map(|case| (&case["id"], &case["failure"])).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert!(output.status.success() && cases.len() > 100);
    for run in report["runs"].as_array().unwrap() {
        assert_eq!(run["coverage"]["covered"], run["coverage"]["sections"], "every section has a case that ran");
    }
}

#[test]
fn a_run_starts_from_the_same_state_each_time() {
    let run = || {
        let output = conformance(&["--filter", "pishock/push", "-vv", "--color", "never"]);
        let lines = text(&output.stdout).lines().filter(|line| line.contains(" <- text "));
        // What was received, without the time at which it was, and without the order among connections.
        let mut received: Vec<String> = lines.map(|line| line.split_once(" ms ").unwrap().1.to_owned()).collect();
        received.sort();
        received.join("\n")
    };
    let first = run();
    assert!(!first.is_empty());
    assert_eq!(first, run());
}

#[test]
fn the_files_of_the_cases_are_sound() {
    let output = conformance(&["lint"]);
    assert!(output.status.success(), "{}", text(&output.stdout));
}

#[test]
fn cases_can_be_looked_at() {
    let output = conformance(&["list", "--json", "--filter", "pishock/v2/ping/pong"]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["id"]), (1, &"pishock/v2/ping/pong".into()));
    let output = conformance(&["list", "--level", "must", "--tag", "ping"]);
    assert!(text(&output.stdout).lines().all(|line| line.contains("  must ")));
    let output = conformance(&["show", "pishock/v2/ping/pong"]);
    let shown = text(&output.stdout);
    assert!(shown.starts_with("pishock/v2/ping/pong  (pishock/cases/v2/ping/pong.toml)"), "{shown}");
    assert!(shown.contains("send = '{\"Operation\":\"PING\"}'") || shown.contains("\"PING\""), "{shown}");
    complains(&["show", "pishock/v2/ping/pon"], 2, "did you mean pishock/v2/ping/pong?");
    complains(&["list", "--filter", "nothing"], 4, "no case is chosen");
    assert_eq!(conformance(&["--filter", "nothing"]).status.code(), Some(4));
}

/// The arguments that judge a served mock, with its demo data.
fn against(running: &Running) -> Vec<String> {
    let mock = running.mock();
    let server = mock["http"].as_str().unwrap().replacen("http", "ws", 1);
    let mut args: Vec<String> = vec!["--server".into(), server, "--protocol".into(), "pishock".into()];
    for name in ["username", "user_id", "hub_id", "shocker_id"] {
        args.extend(["--var".into(), format!("{name}={}", mock["demo"][name].to_string().trim_matches('"'))]);
    }
    args
}

#[test]
fn a_server_is_judged_without_harm_and_without_its_secrets() {
    let running = Running::start(&["pishock", "--port", "0"]);
    let key = running.mock()["demo"]["api_key"].as_str().unwrap().to_owned();
    let mut args = against(&running);
    args.extend(["--var", "api_key=@TEST_API_KEY", "--report", "json=-"].map(String::from));
    args.extend(["--filter", "pishock/v2/p*", "--filter", "pishock/v2/subscribe"].map(String::from));
    let args: Vec<&str> = ["conformance"].into_iter().chain(args.iter().map(String::as_str)).collect();
    let output = dummyload(&args).env("TEST_API_KEY", &key).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let cases = report["runs"][0]["cases"].as_array().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains(&key));
    let physical: Vec<_> = cases.iter().filter(|case| case["hazard"] == "physical").collect();
    assert!(!physical.is_empty());
    assert!(physical.iter().all(|case| case["verdict"] == "skip"), "nothing is operated unless it is allowed");
    let others: Vec<_> = cases.iter().filter(|case| case["hazard"] == "none" && case["verdict"] == "pass").collect();
    assert!(others.len() > 5, "{cases:#?}");
}

#[test]
fn mistakes_on_the_command_line_are_told() {
    let server = ["--server", "ws://127.0.0.1:9", "--protocol", "pishock"];
    let with = |more: &[&'static str]| [&server[..], more].concat();
    complains(&["--server", "ws://127.0.0.1:9"], 2, "exactly one --protocol");
    complains(&["--server", "http://127.0.0.1:9", "--protocol", "pishock"], 2, "write it as ws:// or wss://host:port");
    complains(&["--server", "ws://127.0.0.1:9", "--protocol", "pishok"], 2, "pishock");
    complains(&["--var", "a=b"], 2, "--server");
    complains(&with(&["--var", "usrname=me"]), 2, "did you mean `username`?");
    complains(&with(&["--var", "api_key=@NO_SUCH_VARIABLE"]), 2, "NO_SUCH_VARIABLE");
    complains(&with(&["--http", "pss=http://127.0.0.1:9"]), 2, "pss");
    complains(&with(&["--allow", "physicle"]), 2, "physical");
    complains(&with(&["--report", "xml=x"]), 2, "junit=FILE");
    complains(&["--level", "most"], 2, "must");
    complains(&["--protocol", "pishok"], 2, "there are cases for pishock");
}

#[test]
fn a_server_that_is_not_there_is_no_verdict() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    complains(&["--server", &format!("ws://{address}"), "--protocol", "pishock"], 3, "Nothing was judged");
}

#[test]
fn cases_of_ones_own_are_read_from_a_folder() {
    let folder = env::temp_dir().join(format!("dummyload-cases-{}", std::process::id()));
    fs::create_dir_all(folder.join("room/cases")).unwrap();
    let target = "protocol = \"room\"\ntitle = \"Room\"\n[[profile]]\nname = \"all\"\npath = \"/\"\n";
    fs::write(folder.join("room/target.toml"), target).unwrap();
    fs::write(folder.join("room/cases/a.toml"), "titel = \"a\"\n").unwrap();
    let cases = folder.to_str().unwrap();
    complains(&["lint", "--cases", cases], 2, "room/cases/a.toml:1: `titel` is not known here (did you mean `title`?)");
    let case = "title = \"a\"\nlevel = \"must\"\nevidence = [\"seed\"]\n[[step]]\nsend = '1'\n";
    fs::write(folder.join("room/cases/a.toml"), case).unwrap();
    let output = conformance(&["lint", "--cases", cases]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("nothing is expected"), "{}", text(&output.stdout));
    complains(&["list", "--cases", "/no/such/folder"], 2, "/no/such/folder");
    fs::remove_dir_all(folder).unwrap();
}
