//! Commands (dossier M4).

use crate::kit::{Client, problems, start, start_as};
use devicehive_mock::{DeviceHiveMock, Profile};
use std::time::Duration;

const UNKNOWN: &str = "Device with such deviceId = nope not found";

#[tokio::test]
async fn a_command_is_inserted_read_and_updated() {
    let mock = start().await;
    let mut ann = Client::of(&mock, "ann").await;
    let members = r#""deviceId":"pump-1","command":{"id":5,"command":"start","timestamp":"2018-05-20T12:00:00+02:00","parameters":{"speed":3.50,"n":null},"lifetime":"60","status":true}"#;
    let made = ann.gets("command/insert", members).await;
    let id = made["command"]["id"].as_i64().unwrap();
    let time = "2018-05-20T10:00:00.000";
    assert_eq!(made["command"], serde_json::json!({"id": id, "timestamp": time, "lastUpdated": time, "userId": 2}));
    let get = format!(r#""deviceId":"pump-1","commandId":{id}"#);
    let shown = |updated: &str, status: &str, result: &str| {
        format!(
            r#""command":{{"id":{id},"command":"start","timestamp":"{time}","lastUpdated":"{updated}","userId":2,"deviceId":"pump-1","networkId":2,"deviceTypeId":9,"parameters":{{"speed":3.50,"n":null}},"lifetime":60,"status":"{status}","result":{result}}}"#
        )
    };
    assert_eq!(ann.does("command/get", &get).await, shown(time, "true", "null"));
    ann.does("command/update", &format!(r#"{get},"command":{{"command":"other","status":null,"result":{{}}}}"#)).await;
    assert_eq!(ann.does("command/get", &get).await, shown("2026-01-01T00:00:00.000", "true", "{}"));
    for (action, members, code, text) in [
        ("command/get", r#""deviceId":"pump-1","commandId":1"#, 404, "Command with id = 1 not found"),
        ("command/get", r#""deviceId":"pump-1""#, 400, "Command id is wrong or empty"),
        ("command/get", r#""commandId":1"#, 400, "Device id is wrong or empty"),
        ("command/get", r#""deviceId":"pump-1","commandId":"x""#, 400, "Malformed Json received."),
        ("command/insert", r#""deviceId":"pump-1""#, 400, "Command is required"),
        ("command/insert", r#""command":{}"#, 400, "Device id is wrong or empty"),
        ("command/insert", r#""deviceId":"pump-1","command":{"result":5}"#, 400, "'parameters' must be JSON Object!"),
        ("command/insert", r#""deviceId":"pump-1","command":{"lifetime":"soon"}"#, 400, "Malformed Json received."),
        ("command/update", r#""deviceId":"pump-1""#, 400, "Command id is wrong or empty"),
        ("command/update", r#""commandId":1"#, 400, "Device id is wrong or empty"),
    ] {
        ann.fails(action, members, code, text).await;
    }
    let mut admin = Client::admin(&mock).await;
    admin.fails("command/insert", r#""deviceId":"nope","command":{}"#, 404, UNKNOWN).await;
    // An unknown command, or no change to a known one: never answered.
    admin.gets_no_answer("command/update", r#""deviceId":"pump-1","commandId":1,"command":{}"#).await;
    admin.gets_no_answer("command/update", &get).await;
    assert_eq!(problems(&mock), ["dropped server-defect"; 2]);
}

/// Five commands with times of their own: a 1, b 2, a 3, c 3, none 4.
async fn stored(client: &mut Client) {
    for (name, ms, status) in
        [(r#""a""#, 100, "s"), (r#""b""#, 200, "T"), (r#""a""#, 300, "t"), (r#""c""#, 300, "u"), ("null", 400, "v")]
    {
        let command = format!(r#"{{"command":{name},"timestamp":"2018-05-20T10:00:00.{ms}","status":"{status}"}}"#);
        client.does("command/insert", &format!(r#""deviceId":"pump-1","command":{command}"#)).await;
    }
}

async fn names(client: &mut Client, members: &str) -> String {
    let list = client.gets("command/list", &format!(r#""deviceId":"pump-1"{members}"#)).await;
    let names = list["commands"].as_array().unwrap().iter().map(|command| match command["command"].as_str() {
        Some(name) => format!("{name}{}", &command["timestamp"].as_str().unwrap()[20..21]),
        None => "none".to_owned(),
    });
    names.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn lists_as_server_4_1_has_them() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    stored(&mut admin).await;
    let mut names = async |members: &str| names(&mut admin, members).await;
    assert_eq!(names("").await, "a1 b2 a3 c3 none");
    assert_eq!(names(r#","start":"2018-05-20T10:00:00.200","end":1526810400300"#).await, "b2 a3 c3");
    assert_eq!(names(r#","command":"a""#).await, "a1 a3");
    assert_eq!(names(r#","names":["b","c"]"#).await, "b2 c3");
    assert_eq!(names(r#","status":"t""#).await, "b2 a3");
    assert_eq!(names(r#","sortField":"Timestamp""#).await, "none a3 c3 b2 a1");
    assert_eq!(names(r#","sortField":"timestamp","sortOrder":"asc""#).await, "a1 b2 c3 a3 none");
    // The cut comes before the sort.
    assert_eq!(names(r#","sortField":"timestamp","take":2"#).await, "b2 a1");
    assert_eq!(names(r#","sortField":"timestamp","sortOrder":"up","take":2,"skip":1"#).await, "b2 a3");
    assert_eq!(names(r#","sortField":"status","sortOrder":"ASC","take":4"#).await, "b2 a1 a3 c3");
    assert_eq!(names(r#","sortField":"nope","sortOrder":"ASC""#).await, "none c3 a3 b2 a1");
    assert_eq!(names(r#","take":0"#).await, "");
    assert_eq!(names(r#","skip":-1"#).await, "");
    admin.gets_no_answer("command/list", r#""deviceId":"pump-1","take":-1"#).await;
    admin.gets_no_answer("command/list", r#""deviceId":"pump-1","sortField":"command""#).await;
    admin.fails("command/list", r#""deviceId":"pump-1","command":null"#, 500, "JsonNull").await;
    admin.fails("command/list", r#""deviceId":"pump-1","start":"x""#, 400, "Malformed Json received.").await;
    admin.fails("command/list", "", 400, "Device id is wrong or empty").await;
}

#[tokio::test]
async fn lists_as_server_3_5_has_them() {
    let mock = start_as(Profile::Server35).await;
    let mut admin = Client::admin(&mock).await;
    stored(&mut admin).await;
    let mut names = async |members: &str| names(&mut admin, members).await;
    assert_eq!(names(r#","start":"2018-05-20T10:00:00.200","end":1526810400400"#).await, "a3 c3");
    assert_eq!(names(r#","status":"t""#).await, "a3");
    assert_eq!(names(r#","take":-1"#).await, "");
    admin
        .fails("command/list", r#""deviceId":"pump-1","start":"2018-05-20T10:00""#, 400, "Malformed Json received.")
        .await;
}

#[tokio::test]
async fn lists_as_the_documents_have_them() {
    let mock = start_as(Profile::Spec).await;
    let mut admin = Client::admin(&mock).await;
    stored(&mut admin).await;
    let mut names = async |members: &str| names(&mut admin, members).await;
    assert_eq!(names(r#","sortField":"timestamp","sortOrder":"DESC","take":2"#).await, "none a3");
    assert_eq!(names(r#","sortField":"timestamp","sortOrder":"ASC","skip":2,"take":2"#).await, "a3 c3");
    assert_eq!(names(r#","sortField":"command","sortOrder":"ASC""#).await, "none a1 a3 b2 c3");
    assert_eq!(names(r#","names":["b"]"#).await, "a1 b2 a3 c3 none");
    assert_eq!(names(r#","command":null,"take":1"#).await, "a1");
}

#[tokio::test]
async fn commands_are_kept_for_two_minutes_from_their_last_change_on() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let insert = r#""deviceId":"pump-1","command":{"command":"c"}"#;
    let first = admin.gets("command/insert", insert).await["command"]["id"].as_i64().unwrap();
    let second = admin.gets("command/insert", insert).await["command"]["id"].as_i64().unwrap();
    let this = |id: i64| format!(r#""deviceId":"pump-1","commandId":{id}"#);
    let mut later = Client::admin(&mock).await;
    mock.advance(Duration::from_secs(29));
    later.does("command/update", &format!(r#"{},"command":{{}}"#, this(second))).await;
    mock.advance(Duration::from_secs(100));
    let mut last = Client::admin(&mock).await;
    last.fails("command/get", &this(first), 404, &format!("Command with id = {first} not found")).await;
    last.does("command/get", &this(second)).await;
    assert_eq!(last.gets("command/list", r#""deviceId":"pump-1""#).await["commands"].as_array().unwrap().len(), 1);
}

/// Clients tell by the time alone what comes before and after (dossier M15). So few times that they stay within what may be
/// ahead of the clock, however fast this is.
#[tokio::test]
async fn no_two_times_are_the_same_while_the_clock_runs() {
    let mock = DeviceHiveMock::builder().start().await.unwrap();
    let mut admin = Client::admin(&mock).await;
    let mut last = String::new();
    for _ in 0..2 {
        let made = admin.gets("command/insert", r#""deviceId":"pump-1","command":{"command":"c"}"#).await;
        let told = admin.gets("server/info", "").await;
        for time in [&made["command"]["timestamp"], &told["info"]["serverTimestamp"]] {
            let time = time.as_str().unwrap().to_owned();
            assert!(time > last, "{time} after {last}");
            last = time;
        }
    }
}

#[tokio::test]
async fn a_clock_that_stands_still_dates_everything_alike() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    for _ in 0..3 {
        let made = admin.gets("command/insert", r#""deviceId":"pump-1","command":{"command":"c"}"#).await;
        let told = admin.gets("server/info", "").await;
        for time in [&made["command"]["timestamp"], &told["info"]["serverTimestamp"]] {
            assert_eq!(time, "2026-01-01T00:00:00.000");
        }
    }
}

/// The servers look neither at rights nor at the device of the request there (dossier M4.4).
#[tokio::test]
async fn a_list_of_other_devices_is_given_by_the_servers_and_not_promised() {
    for (profile, seen) in [(Profile::Server41, true), (Profile::Server35, true), (Profile::Spec, false)] {
        let mock = start_as(profile).await;
        mock.control("command", &serde_json::json!({"device": "pump-2", "command": "foreign"})).unwrap();
        let mut ann = Client::of(&mock, "ann").await;
        let list = ann.does("command/list", r#""deviceId":"pump-1","deviceIds":["pump-2"]"#).await;
        assert_eq!(list.contains("foreign"), seen, "{list}");
    }
}
