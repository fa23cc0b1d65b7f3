//! `docs/mocks/devicehive.md`: what it says is so.

use crate::kit::{Caller, Socket, demo, http, start, start_as};
use devicehive_mock::{DeviceHiveMock, Profile, Query};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn manual() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mocks/devicehive.md")).unwrap()
}

#[tokio::test]
async fn each_example_of_a_verb_works_and_each_verb_has_one() {
    let mock = start().await;
    let manual = manual();
    let mut shown = BTreeSet::new();
    for line in manual.lines() {
        let Some(rest) = line.strip_prefix("curl -X POST $MOCK/do/") else { continue };
        let (verb, body) = rest.split_once(" -d '").unwrap();
        let body: Value = serde_json::from_str(body.strip_suffix('\'').unwrap()).unwrap();
        mock.control(verb, &body).unwrap_or_else(|e| panic!("{line}: {e}"));
        shown.insert(verb);
    }
    let verbs = http(&mock, "GET", "/__mock/do", &[], "").await.json();
    assert_eq!(shown, verbs.as_object().unwrap().keys().map(String::as_str).collect());
}

#[tokio::test]
async fn each_example_of_rest_works() {
    let mock = start().await;
    let manual = manual();
    let mut examples = 0;
    for line in manual.lines().filter(|line| line.starts_with("curl ") && line.contains("$HTTP")) {
        let line = line.replace("$TOKEN", &demo(&mock, "access_token"));
        let words = words(&line);
        let mut headers = Vec::new();
        let (mut method, mut path, mut body) = (None, "", "");
        let mut rest = words.iter().skip(1).map(String::as_str);
        while let Some(word) = rest.next() {
            match word {
                "-X" => method = rest.next(),
                "-d" => body = rest.next().unwrap(),
                "-H" => headers.push(rest.next().unwrap().split_once(": ").unwrap()),
                "-s" => {}
                target => path = target.strip_prefix("$HTTP").unwrap(),
            }
        }
        let method = method.unwrap_or(if body.is_empty() { "GET" } else { "POST" });
        let answer = http(&mock, method, path, &headers, body).await;
        assert!((200..300).contains(&answer.status), "{line}: {} {}", answer.status, answer.body);
        examples += 1;
    }
    assert_eq!(examples, 6);
}

/// The words of a shell's line, without its quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            (' ', None) => words.push(String::new()),
            (letter, _) => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

#[test]
fn the_options_are_those_that_there_are() {
    let manual = manual();
    let table = manual.split("### Options").nth(1).unwrap().split("## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let named: BTreeSet<&str> =
        rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    let options = serde_json::to_value(devicehive_mock::Options::default()).unwrap();
    assert_eq!(named, options.as_object().unwrap().keys().map(String::as_str).collect());
}

#[tokio::test]
async fn the_demo_has_what_the_manual_names() {
    let mock = start().await;
    let (manual, demo) = (manual(), mock.demo());
    let part = manual.split("with the control verb `demo`:").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: BTreeSet<&str> = part.split('`').skip(1).step_by(2).collect();
    assert_eq!(names, demo.as_object().unwrap().keys().map(String::as_str).collect());
}

/// The number that a row of the table of bounds begins with.
fn bound(what: &str) -> usize {
    let manual = manual();
    let table = manual.split("## Bounds").nth(1).unwrap().split("## ").next().unwrap();
    let row = table.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("no bound for {what}"));
    let mut words = row.split('|').nth(2).unwrap().split_whitespace();
    let number: usize = words.next().unwrap().replace(',', "").parse().unwrap();
    match words.next() {
        Some("MiB") => number * 1024 * 1024,
        Some("KiB") => number * 1024,
        _ => number,
    }
}

#[tokio::test]
async fn a_body_ends_at_its_bound() {
    let mock = start().await;
    let token = demo(&mock, "access_token");
    let most = bound("a REST body");
    let too_large = raw(&mock, &format!("Authorization: Bearer {token}\r\nContent-Length: {}\r\n", most + 1)).await;
    assert!(too_large.starts_with("HTTP/1.1 413 "), "{too_large}");
    let body = format!(r#"{{"error":413,"message":"the body has more than {most} bytes"}}"#);
    assert!(too_large.ends_with(&body), "{too_large}");
    let large = format!(r#"{{"name":"n","networkId":1,"data":{{"a":"{}"}}}}"#, "x".repeat(2 * 1024 * 1024));
    let answer = Caller::admin(&mock).calls("PUT", "/device/large", &large).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
}

#[tokio::test]
async fn headers_end_at_their_bound() {
    let mock = start().await;
    let too_many = raw(&mock, &format!("X-Filler: {}\r\n", "x".repeat(bound("the headers of a request")))).await;
    assert!(too_many.starts_with("HTTP/1.1 431 ") && too_many.ends_with("\r\n\r\n"), "{too_many}");
}

/// Only the head of the frame is sent: it says enough.
#[tokio::test]
async fn a_message_ends_at_its_bound() {
    let closed = async |mock: DeviceHiveMock, length: u64| {
        let mut stream = TcpStream::connect(mock.address()).await.unwrap();
        let head = "GET /dh/websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        let frame = [&[0x81, 0xff][..], &length.to_be_bytes(), &[0; 4]].concat();
        stream.write_all(&[head.as_bytes(), &frame].concat()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        answer[end..].to_vec()
    };
    let too_big = |frame: &[u8]| frame.starts_with(&[0x88]) && frame[2..4] == 1009_u16.to_be_bytes();
    let most = bound("a message") as u64;
    let frame = closed(start().await, most + 1).await;
    assert!(too_big(&frame), "{frame:?}");
    let frame = closed(start_as(Profile::Server35).await, bound("a frame, in `server-3.5`") as u64 + 1).await;
    assert!(too_big(&frame), "{frame:?}");
}

/// What comes back for the beginning of a request.
async fn raw(mock: &DeviceHiveMock, headers: &str) -> String {
    let mut stream = TcpStream::connect(mock.address()).await.unwrap();
    let head = format!("PUT /dh/rest/device/d HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The connection is not kept: who is refused would have gone on writing.
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn messages_and_subscriptions_end_at_their_bounds() {
    let mock = start().await;
    let mut socket = Socket::authenticated(&mock, &demo(&mock, "access_token")).await;
    let names = |count| (0..count).map(|n: usize| n.to_string()).collect::<Vec<_>>();
    let most = bound("keys of a subscription");
    let subscribe = |count| json!({"action": "command/subscribe", "names": names(count)});
    assert_eq!(socket.ask(subscribe(most)).await["status"], "success");
    assert_eq!(socket.ask(subscribe(most + 1)).await["error"], "Invalid request parameters");
    let why = mock.journal(&Query::problem("denied")).pop().unwrap();
    assert!(why["problem"].as_str().unwrap().contains(&format!("the mock takes {most}")), "{why}");
    let nested = |levels: usize| {
        // Message, notification and parameters are the first three.
        let inside = (3..levels).fold(Value::Null, |inside, _| json!([inside]));
        json!({"action": "notification/insert", "deviceId": "pump-1", "notification": {"notification": "n", "parameters": {"a": inside}}})
    };
    let most = bound("levels of nesting");
    assert_eq!(socket.ask(nested(most)).await["status"], "success");
    assert_eq!(socket.ask(nested(most + 1)).await["error"], "Malformed Json received.");
}

/// All of this crate's code.
fn code() -> String {
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => text += &fs::read_to_string(path).unwrap(),
            }
        }
    }
    text
}

#[test]
fn every_problem_is_in_the_manual() {
    let (manual, code) = (manual(), code());
    let mut codes = BTreeSet::new();
    for (at, _) in code.match_indices("Problem::new(") {
        let rest = &code[at + "Problem::new(".len()..];
        codes.extend(rest.split('"').nth(1));
    }
    assert!(codes.len() >= 6, "{codes:?}");
    for code in codes {
        assert!(manual.contains(&format!("`{code}`")), "{code}");
    }
}
