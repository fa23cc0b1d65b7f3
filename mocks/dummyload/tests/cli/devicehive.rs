//! What `serve` knows of DeviceHive alone: profile, secret, data file.

use crate::serve::Running;
use crate::{complaint, dummyload, text};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

fn start(args: &[&str]) -> Running {
    Running::start(&[&["devicehive", "--port", "0"], args].concat())
}

impl Running {
    /// A REST call of the demo's administrator.
    fn rest(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let (status, demo) = self.control("POST", "/do/demo", "", "");
        assert_eq!(status, 200, "{demo}");
        let demo: Value = serde_json::from_str(&demo).unwrap();
        let bearer = format!("Authorization: Bearer {}\r\n", demo["access_token"].as_str().unwrap());
        self.http(method, &format!("/dh/rest{path}"), &bearer, body)
    }

    fn version(&self) -> Value {
        let (_, info) = self.rest("GET", "/info", "");
        serde_json::from_str::<Value>(&info).unwrap()["apiVersion"].clone()
    }
}

#[test]
fn the_ready_line_has_what_a_first_program_needs() {
    let running = start(&[]);
    let mock = running.mock();
    let ws = mock["ws"].as_str().unwrap();
    assert!(ws.starts_with("ws://127.0.0.1:") && ws.ends_with("/dh/websocket"), "{ws}");
    for name in ["login", "password", "access_token", "refresh_token", "device_id", "network_id", "device_type_id"] {
        assert!(!mock["demo"][name].is_null(), "{name}: {mock}");
    }
    let token = mock["demo"]["access_token"].as_str().unwrap();
    let reply = running.ask(&json!({"action": "authenticate", "requestId": 1, "token": token}).to_string());
    assert_eq!(reply, json!({"action": "authenticate", "requestId": 1, "status": "success"}));
}

#[test]
fn a_profile_is_chosen_by_name() {
    assert_eq!(start(&[]).version(), "4.1.0");
    assert_eq!(start(&["--profile", "server-3.5"]).version(), "3.5.0");
    let all = Running::start(&["--port", "0", "--profile", "devicehive=server-3.5"]);
    assert_eq!(all.ready["mocks"].as_array().unwrap().len(), 4);
    let (code, said) = complaint(&["serve", "devicehive", "--port", "0", "--profile", "server-2"]);
    assert!(code == 2 && said.contains("--profile server-2: unknown variant `server-2`, expected"), "{said}");
}

#[test]
fn what_is_devicehives_alone_is_refused_for_others() {
    for flag in [["--profile", "spec"], ["--jwt-secret", "a secret"], ["--data", "file.redb"]] {
        let (code, said) = complaint(&[&["serve", "pishock", "shelly", "--port", "0"], &flag[..]].concat());
        let name = flag[0];
        let for_whom = if name == "--profile" { "devicehive, multistreamer" } else { "devicehive" };
        let expected = format!("{name} is for {for_whom}, and not for pishock, shelly; leave it away, or serve that");
        assert!(code == 2 && said.contains(&expected), "{said}");
        assert!(!said.contains("a secret"), "{said}");
    }
    let (code, said) = complaint(&["serve", "devicehive", "shelly", "--port", "0", "--profile", "shelly=spec"]);
    assert!(code == 2 && said.contains("--profile is for devicehive, multistreamer, and not for shelly"), "{said}");
    let (code, said) = complaint(&["serve", "shelly", "--port", "0", "--data", "devicehive=file.redb"]);
    assert!(code == 2 && said.contains("devicehive is not served"), "{said}");
    // The environment may be meant for another time.
    let mut command = dummyload(&["serve", "pishock", "--port", "0", "--profile", "spec"]);
    let output = command.env("DUMMYLOAD_JWT_SECRET", "a secret").output().unwrap();
    assert!(text(&output.stderr).contains("--profile is for devicehive"), "{}", text(&output.stderr));
}

#[test]
fn the_secret_signs_and_is_not_seen() {
    let running = start(&["--jwt-secret", "123456789"]);
    let (status, shown) = running.rest("GET", "/configuration/jwt.secret", "");
    assert_eq!(status, 200);
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap()["value"], "123456789");
    for path in ["/log", "/state"] {
        let (_, seen) = running.control("GET", path, "", "");
        assert!(!seen.contains("123456789"), "{seen}");
    }
    let (code, said) = complaint(&["serve", "devicehive", "--port", "0", "--jwt-secret", "?!?"]);
    assert!(code == 3 && said.contains("the option jwt_secret makes an empty key") && !said.contains("?!?"), "{said}");
}

#[test]
fn a_clock_begins_when_it_is_told_to() {
    let running = start(&["--clock", "virtual:2018-06-01T00:00:00Z"]);
    let (_, info) = running.rest("GET", "/info", "");
    assert_eq!(serde_json::from_str::<Value>(&info).unwrap()["serverTimestamp"], "2018-06-01T00:00:00.000");
    let (code, said) = complaint(&["serve", "--clock", "virtual:yesterday"]);
    assert!(code == 2 && said.contains("\"yesterday\" is no time") && said.contains("2018-06-01T00:00:00Z"), "{said}");
}

/// A file that is not there yet.
fn fresh(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&file);
    file
}

#[test]
fn what_was_answered_survives_a_kill() {
    let file = fresh("killed.redb");
    let data = ["--data", file.to_str().unwrap()];
    for run in 0..3 {
        let mut running = start(&data);
        let (_, count) = running.rest("GET", "/device/count?namePattern=kept%25", "");
        assert_eq!(count, format!("{{\"count\":{run}}}"));
        let body = format!(r#"{{"name":"kept {run}","networkId":1,"data":{{"run":{run}.50}}}}"#);
        assert_eq!(running.rest("PUT", &format!("/device/kept-{run}"), &body).0, 204);
        // SIGKILL, in the middle of whatever it does.
        running.kill();
    }
    let running = start(&data);
    let (_, device) = running.rest("GET", "/device/kept-2", "");
    let shown =
        r#"{"id":"kept-2","name":"kept 2","data":{"run":2.50},"networkId":1,"deviceTypeId":1,"isBlocked":false}"#;
    assert_eq!(device, shown);
    let (code, said) = complaint(&[&["serve", "devicehive", "--port", "0"], &data[..]].concat());
    assert!(code == 3 && said.contains("is in use by another program"), "{said}");
}

#[test]
fn the_options_of_a_start_count_and_its_world_does_not_where_there_is_data() {
    let file = fresh("options.redb");
    let data = file.to_str().unwrap();
    let mut running = start(&["--data", data]);
    assert_eq!(running.rest("DELETE", "/device/lamp-1", "").0, 204);
    running.kill();
    let running = start(&["--data", data, "--profile", "server-3.5"]);
    assert_eq!(running.version(), "3.5.0");
    assert_eq!(running.rest("GET", "/device/lamp-1", "").0, 404);
}

#[test]
fn a_damaged_data_file_is_told_and_no_panic() {
    let file = fresh("damaged.redb");
    let data = ["serve", "devicehive", "--port", "0", "--data", file.to_str().unwrap()];
    let mut running = start(&data[4..]);
    assert_eq!(running.rest("DELETE", "/device/lamp-1", "").0, 204);
    running.kill();
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    flipped[12..200].iter_mut().for_each(|byte| *byte ^= 0xff);
    for damaged in [whole[..whole.len() / 2].to_vec(), vec![0; whole.len()], flipped] {
        fs::write(&file, damaged).unwrap();
        let (code, said) = complaint(&data);
        assert!(code == 3 && said.contains(&format!("the data file {} cannot be read (", file.display())), "{said}");
        assert!(said.contains("name another file, or remove this one") && !said.contains("panicked"), "{said}");
    }
}
