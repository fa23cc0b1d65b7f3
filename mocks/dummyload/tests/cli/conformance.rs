use crate::serve::Running;
use crate::{complaint, dummyload, output, text};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

fn conformance(args: &[&str]) -> Output {
    output(&[&["conformance"], args].concat())
}

#[track_caller]
fn complains(args: &[&str], code: i32, part: &str) {
    let (seen, said) = complaint(&[&["conformance"], args].concat());
    assert!(seen == code && said.contains(part), "{seen}: {said}");
}

/// All cases are played by `tests/cases.rs`; here it is what the command does without a target.
#[test]
fn without_a_target_our_own_mocks_are_judged() {
    let output = conformance(&["--tag", "smoke", "--report", "json=-"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success() && report["fail_on"] == "skip" && report["counts"]["pass"].as_u64() > Some(10));
    let runs = report["runs"].as_array().unwrap();
    assert!(runs.len() > 2 && runs.iter().all(|run| run["target"].as_str().unwrap().starts_with("our own mock")));
}

#[test]
fn the_cases_can_be_taken_elsewhere() {
    let output = conformance(&["export"]);
    let bundle: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success() && bundle["version"] == 1);
    let cases = |protocol: &Value| protocol["cases"].as_array().unwrap().len();
    let count: usize = bundle["protocols"].as_object().unwrap().values().map(cases).sum();
    assert_eq!(count, text(&conformance(&["list"]).stdout).lines().count());
}

/// A list that is written lets the next run pass; a run is told again, and compared.
#[test]
fn what_is_known_may_fail_until_it_passes() {
    let folder = folder("known", &[]);
    fs::create_dir_all(folder.join("more/pishock/cases/own")).unwrap();
    let case = |message: &str| {
        let case = format!(
            "title = \"Mine\"\nlevel = \"must\"\nspec = [\"pishock:pinging-the-broker\"]\nsource = \"s\"\nevidence = [\"seed\"]\n\
             [[step]]\nsend = '{{\"Operation\":\"PING\"}}'\n[[step]]\nexpect = '{{\"Message\":\"{message}\"}}'\n"
        );
        fs::write(folder.join("more/pishock/cases/own/mine.toml"), case).unwrap();
    };
    let paths = ["more", "known.toml", "old.json", "new.json"].map(|name| folder.join(name).display().to_string());
    let [more, list, old, new] = paths.each_ref().map(String::as_str);
    let chosen = ["--more", more, "--filter", "pishock/own"];
    case("pong");
    let output = conformance(&[&chosen[..], &["--write-known", list, "--report", &format!("json={old}")]].concat());
    assert_eq!(output.status.code(), Some(1));
    let output = conformance(&[&chosen[..], &["--known", list]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("1 case: 1 known"), "{}", text(&output.stdout));
    case("PONG");
    let output = conformance(&[&chosen[..], &["--known", list, "--report", &format!("json={new}")]].concat());
    let shown = text(&conformance(&["report", new]).stdout).to_owned();
    assert_eq!(output.status.code(), Some(5));
    assert!(shown.contains("stale pishock/own/mine is listed, but it passes: take it off the list"), "{shown}");
    assert!(shown.ends_with("STALE LIST  (exit 5, strict)\n"), "{shown}");
    let diff = |old: &str, new: &str| conformance(&["diff", old, new]);
    assert_eq!(text(&diff(old, new).stdout).lines().nth(1), Some("  pishock/own/mine  fail -> pass"));
    assert_eq!((diff(old, new).status.code(), diff(new, old).status.code()), (Some(0), Some(1)));
    fs::remove_dir_all(&folder).unwrap();
    complains(&["--known", list], 3, "known.toml");
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
    complains(&["show", "pong"], 2, "did you mean pishock/v2/ping/pong?");
    complains(&["show", "pishock/v2/ping"], 2, "list --filter pishock/v2/ping` tells the ");
    complains(&["show", "nosuch"], 2, "there is no case nosuch; `dummyload conformance list` tells all");
    complains(&["list", "--filter", "nothing"], 4, "no case fits --filter nothing;");
    complains(&["--filter", "nothing", "--level", "must"], 4, "no case fits --filter nothing --level must;");
}

#[test]
fn what_the_cases_of_a_protocol_need_is_told() {
    let output = conformance(&["show", "pishock"]);
    let shown = text(&output.stdout);
    for line in [
        "--var api_key=@API_KEY ",
        "--var hub_id=… ",
        "--http auth=URL ",
        "--have v1 ",
        "--admin URL ",
        "--allow physical ",
        "--var unknown_hub_id=64998 ",
    ] {
        assert!(shown.contains(&format!("\n  {line}")), "{line} in {shown}");
    }
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

/// Whoever gives little gets a green line that says how little it means, and a failure can be played again.
#[test]
fn what_is_missing_and_how_to_play_again_is_told() {
    let running = Running::start(&["pishock", "--port", "0"]);
    let server = running.mock()["http"].as_str().unwrap().replacen("http", "ws", 1);
    let given = ["--server", &server, "--protocol", "pishock"];
    let key = format!("api_key={}", running.mock()["demo"]["api_key"].as_str().unwrap());
    let account = ["--var", "username=demo", "--var", &key];
    let output =
        conformance(&[&given[..], &account, &["--filter", "pishock/v2", "--filter", "pishock/login"]].concat());
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let last = shown.lines().last().unwrap();
    assert!(last.starts_with("PASS, but ") && last.ends_with(" cases skipped  (exit 0)"), "{last}");
    for option in ["--var user_id=…", "--var token=@TOKEN", "--var hub_id=…", "--allow physical", "--admin URL"] {
        assert!(shown.contains(&format!("\n    {option} ")), "{option} in {shown}");
    }
    let wrong = ["--var", "username=it's me", "--var", "api_key=secret-key", "--filter", "pishock/v2/ping/p*"];
    let output = conformance(&[&given[..], &wrong, &["--slow", "2"]].concat());
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.contains("      again: --filter pishock/v2/ping/pong\n"), "{shown}");
    let again = format!(
        "  one of them again: dummyload conformance --protocol pishock --server {server} --var username=\"it's me\" \
         --var api_key=@API_KEY --slow 2 -vv --filter ID\n"
    );
    assert!(shown.contains(&again) && !shown.contains("secret-key"), "{shown}");
}

const ROOM: &str = "protocol = \"room\"\ntitle = \"Room\"\n[[profile]]\nname = \"all\"\npath = \"/\"\n";

/// A folder with these files, by their paths.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cases-{name}-{}", std::process::id()));
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The lines of a run come while it goes on, also where nobody sits at a terminal.
#[test]
fn groups_are_told_as_they_end() {
    let case = |title: &str| {
        format!(
            "title = \"{title}\"\nlevel = \"must\"\nevidence = [\"seed\"]\n[[conn]]\nname = \"main\"\nopen = false\n\
             [[step]]\nopen = \"main\"\nrefused = 403\n"
        )
    };
    let files = [("room/target.toml", ROOM), ("room/cases/a/a.toml", &case("a")), ("room/cases/b/b.toml", &case("b"))];
    let folder = folder("stream", &files);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("ws://{}", listener.local_addr().unwrap());
    let (seen, first_group_seen) = std::sync::mpsc::channel();
    let serving = std::thread::spawn(move || {
        // The first connection only asks whether somebody is there.
        drop(listener.accept().unwrap());
        for n in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            if n == 1 {
                first_group_seen.recv().unwrap();
            }
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").unwrap();
        }
    });
    let cases = folder.to_str().unwrap();
    let args = ["conformance", "--cases", cases, "--server", &server, "--protocol", "room", "--slow", "20"];
    let mut program = dummyload(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("conformance "));
    assert_eq!(lines.next().unwrap(), "  a   1 ✔");
    seen.send(()).unwrap();
    assert_eq!(lines.next().unwrap(), "  b   1 ✔");
    assert!(lines.next().unwrap().starts_with("2 cases: 2 passed"));
    assert!(program.wait().unwrap().success());
    serving.join().unwrap();
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn cases_of_ones_own_can_come_besides() {
    let case = |expect: &str| {
        format!(
            "title = \"Mine\"\nlevel = \"must\"\nspec = [\"pishock:pinging-the-broker\"]\nsource = \"s\"\nevidence = [\"seed\"]\n\
             [[step]]\nsend = '{{\"Operation\":\"PING\"}}'\n[[step]]\nexpect = '{expect}'\n"
        )
    };
    let files = [
        ("pishock/cases/own/mine.toml", case("{}")),
        ("pishock/cases/v2/ping/pong.toml", case(r#"{"Message":"PONG"}"#)),
    ];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let folder = folder("more", &files);
    let more = folder.to_str().unwrap();
    let count = |args: &[&str]| text(&conformance(args).stdout).lines().count();
    assert_eq!(count(&["list", "--more", more]), count(&["list"]) + 1, "one is new, one is replaced");
    assert!(text(&conformance(&["show", "pishock/v2/ping/pong", "--more", more]).stdout).contains("\"Mine\""));
    let output = conformance(&["--more", more, "--filter", "pishock/own"]);
    assert!(output.status.success(), "{}", text(&output.stdout));
    fs::remove_dir_all(folder).unwrap();
    complains(&["list", "--more", "/no/such/folder"], 3, "--more /no/such/folder: ");
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
    complains(&["--protocol", "pishok"], 2, "there are cases for devicehive, multistreamer, pishock, shelly");
}

#[test]
fn a_running_mock_is_judged_by_its_ready_line() {
    let folder = folder("ready", &[("ready.json", "")]);
    let file = folder.join("ready.json");
    let mock = Running::start(&["pishock", "--port", "0", "--clock", "virtual"]);
    fs::write(&file, format!("{}\n", mock.ready)).unwrap();
    let path = file.to_str().unwrap();
    let output = conformance(&["--ready", path, "--protocol", "pishock", "--filter", "pishock/v2/ping", "--strict"]);
    assert!(output.status.success(), "{}", text(&output.stdout));
    complains(&["--ready", path, "--protocol", "shelly"], 2, "it tells of no mock of shelly");
    fs::write(&file, "{}").unwrap();
    complains(&["--ready", path, "--protocol", "pishock"], 2, "there is no ready line in it");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_server_that_is_not_there_is_no_verdict() {
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    complains(&["--server", &format!("ws://{address}"), "--protocol", "pishock"], 3, "Nothing was judged");
}

#[test]
fn cases_of_ones_own_are_read_from_a_folder() {
    let folder = folder("own", &[("room/target.toml", ROOM), ("room/cases/a.toml", "titel = \"a\"\n")]);
    let cases = folder.to_str().unwrap();
    complains(&["lint", "--cases", cases], 2, "room/cases/a.toml:1: `titel` is not known here (did you mean `title`?)");
    let case = "title = \"a\"\nlevel = \"must\"\nevidence = [\"seed\"]\n[[step]]\nsend = '1'\n";
    fs::write(folder.join("room/cases/a.toml"), case).unwrap();
    let output = conformance(&["lint", "--cases", cases]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.contains("nothing is expected") && said.contains("\n1 case, "), "{said}");
    fs::write(folder.join("room/cases/b.toml"), case.replacen("title = \"a\"", "titel = \"b\"", 1)).unwrap();
    let (code, said) = complaint(&["conformance", "lint", "--cases", cases]);
    assert_eq!(code, 2);
    assert!(said.contains("2 mistakes in the files") && said.contains("nothing is expected"), "{said}");
    complains(&["list", "--cases", "/no/such/folder"], 3, "/no/such/folder");
    fs::remove_dir_all(folder).unwrap();
}

/// Before anything is played: the server would not answer.
#[test]
fn a_report_that_cannot_be_written_is_told_at_once() {
    let server = ["--server", "ws://127.0.0.1:1", "--protocol", "pishock"];
    for option in [["--report", "json=/no/such/folder/report.json"], ["--write-known", "/no/such/folder/known.toml"]] {
        let output = conformance(&[&server[..], &option[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains("cannot be written") && said.contains("nothing was judged"), "{said}");
    }
}

#[test]
fn some_cases_can_be_left_out() {
    let ids = |more: &[&str]| {
        let output = conformance(&[&["list", "--filter", "pishock/v2/ping"], more].concat());
        let listed = text(&output.stdout);
        listed.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (all, some) = (ids(&[]), ids(&["--without", "pishock/v2/ping/pong", "--without", "*case*"]));
    assert!(all.iter().any(|id| id.ends_with("/pong")) && all.iter().any(|id| id.contains("case")), "{all:?}");
    let left: Vec<String> = all.into_iter().filter(|id| !id.ends_with("/pong") && !id.contains("case")).collect();
    assert_eq!(some, left);
}
