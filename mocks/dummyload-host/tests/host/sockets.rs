//! The host over real sockets.

use crate::common::{Room, connect, hear, say, start};
use dummyload_host::{Direction, Fault, FaultKind, Limits, Manners, MockBuilder, Query};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;

const SOON: Duration = Duration::from_secs(5);

/// One HTTP request on a connection of its own: status and body.
pub(crate) async fn http(mock: &dummyload_host::Mock, method: &str, path: &str, body: &str) -> (u16, String) {
    http_at(mock.address(), method, path, body).await
}

pub(crate) async fn http_at(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

pub(crate) async fn json_of(mock: &dummyload_host::Mock, method: &str, path: &str, body: Value) -> (u16, Value) {
    let (status, text) = http(mock, method, path, &body.to_string()).await;
    (status, serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn messages_reach_all_and_ends_are_told() {
    let mock = start().await;
    let (mut a, mut b) = (connect(&mock).await, connect(&mock).await);
    say(&mut a, "hello").await;
    assert_eq!((hear(&mut a).await, hear(&mut b).await), ("hello".into(), "hello".into()));
    say(&mut a, "bye").await;
    assert_eq!(hear(&mut a).await, "close 4001 as you wish");
    assert_eq!(hear(&mut a).await, "end");
    say(&mut b, "vanish").await;
    assert!(hear(&mut b).await.starts_with("cut"));
    mock.wait_for(&Query::gone(), 2, SOON).await.unwrap();
    mock.verify(&Query::event("said").with(json!({"text": "hello"})), 1).unwrap();
}

#[tokio::test]
async fn a_refused_handshake_is_an_http_answer_and_no_secret_is_kept() {
    let mock = start().await;
    let refused = tokio_tungstenite::connect_async(format!("{}/?key=opensecret", mock.url())).await.unwrap_err();
    assert!(refused.to_string().contains("401"), "{refused}");
    let log = http(&mock, "GET", "/__mock/log", "").await.1;
    assert!(log.contains("key=[redacted]") && !log.contains("opensecret"), "{log}");
    assert_eq!(mock.state(), json!({"heard": 0, "key": "[redacted]"}));
}

#[tokio::test]
async fn a_pong_proves_that_everything_before_it_was_sent() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    mock.advance(Duration::from_secs(35));
    socket.send(Frame::Ping("barrier".into())).await.unwrap();
    for _ in 0..3 {
        assert_eq!(hear(&mut socket).await, "tick");
    }
    assert!(matches!(socket.next().await, Some(Ok(Frame::Pong(payload))) if payload == "barrier"));
}

#[tokio::test]
async fn faults_do_what_their_names_say() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    for (kind, expected) in [
        (FaultKind::Drop, &["two"] as &[&str]),
        (FaultKind::Duplicate, &["one", "one", "two"]),
        (FaultKind::Reorder, &["two", "one"]),
    ] {
        for on in [Direction::In, Direction::Out] {
            mock.fault(Fault::new(on, kind.clone()).containing("one").times(1)).unwrap();
            say(&mut socket, "one").await;
            say(&mut socket, "two").await;
            for text in expected {
                assert_eq!(&hear(&mut socket).await, text, "{kind:?} {on:?}");
            }
        }
    }
    mock.fault(Fault::new(Direction::Out, FaultKind::Delay { ms: 500 }).containing("late").times(1)).unwrap();
    say(&mut socket, "late").await;
    say(&mut socket, "early").await;
    assert_eq!(hear(&mut socket).await, "early");
    mock.advance(Duration::from_millis(500));
    assert_eq!(hear(&mut socket).await, "late");
    mock.fault(Fault::new(Direction::In, FaultKind::Garble).times(1)).unwrap();
    say(&mut socket, "a text to be garbled").await;
    assert_ne!(hear(&mut socket).await, "a text to be garbled");
    mock.fault(Fault::new(Direction::Out, FaultKind::Close { code: 4401, reason: "expired".into() })).unwrap();
    say(&mut socket, "x").await;
    assert_eq!(hear(&mut socket).await, "close 4401 expired");
    mock.clear_faults();
    mock.fault(Fault::new(Direction::Handshake, FaultKind::Refuse { status: 503 }).times(1)).unwrap();
    let url = format!("{}/?key=sesame", mock.url());
    assert!(tokio_tungstenite::connect_async(&url).await.unwrap_err().to_string().contains("503"));
    for kind in [FaultKind::Cut, FaultKind::HalfClose] {
        mock.fault(Fault::new(Direction::In, kind).times(1)).unwrap();
        let mut socket = connect(&mock).await;
        say(&mut socket, "x").await;
        assert!(hear(&mut socket).await.starts_with("cut"));
    }
}

#[tokio::test]
async fn who_reads_too_slowly_is_cut_and_nobody_else_suffers() {
    let mut limits = Limits::default();
    limits.queue_bytes = 8 * 1024 * 1024;
    let room = Room::with(Manners::default());
    let mock = MockBuilder::default().limits(limits).start(room).await.unwrap();
    let (mut slow, mut fine) = (connect(&mock).await, connect(&mock).await);
    say(&mut slow, "flood").await;
    let gone = mock.wait_for(&Query::gone(), 1, SOON).await.unwrap();
    assert_eq!(gone[0]["why"], "too slow");
    say(&mut fine, "still here").await;
    assert_eq!(hear(&mut fine).await, "still here");
}

#[tokio::test]
async fn the_control_plane_looks_and_steers() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    let (_, list) = json_of(&mock, "GET", "/__mock/connections", json!({})).await;
    assert_eq!((&list["connections"][0]["who"], &list["connections"][0]["id"]), (&json!("guest"), &json!(1)));
    json_of(&mock, "POST", "/__mock/inject", json!({"to": 1, "json": {"a": 1}})).await;
    assert_eq!(hear(&mut socket).await, r#"{"a":1}"#);
    json_of(&mock, "POST", "/__mock/inject", json!({"raw": "81026869"})).await;
    assert_eq!(hear(&mut socket).await, "hi");
    json_of(&mock, "POST", "/__mock/clock/advance", json!({"by": "10s"})).await;
    assert_eq!(hear(&mut socket).await, "tick");
    say(&mut socket, "odd").await;
    let (status, seen) =
        json_of(&mock, "POST", "/__mock/wait", json!({"match": {"kind": "problem"}, "within": "5s"})).await;
    assert_eq!((status, &seen["entries"][0]["code"]), (200, &json!("odd-word")));
    let (_, problems) = json_of(&mock, "GET", "/__mock/problems", json!({})).await;
    assert_eq!(problems["problems"][0]["reaction"], "tolerated");
    let (status, instead) =
        json_of(&mock, "POST", "/__mock/wait", json!({"match": {"topic": "never"}, "within": 1})).await;
    assert_eq!((status, instead["instead"].is_array()), (408, true));
    assert_eq!(json_of(&mock, "POST", "/__mock/do/echo", json!({"a": 1})).await, (200, json!({"a": 1})));
    assert_eq!(json_of(&mock, "POST", "/__mock/do/nothing", json!({})).await.0, 404);
    assert_eq!(json_of(&mock, "POST", "/__mock/state", json!({})).await.0, 405);
    assert_eq!(json_of(&mock, "GET", "/__mock/stat", json!({})).await.0, 404);
    assert_eq!(
        json_of(&mock, "POST", "/__mock/faults", json!({"on": "in", "kind": "refuse", "status": 1})).await.0,
        400
    );
    assert_eq!(json_of(&mock, "DELETE", "/__mock/connections/1?code=4002", json!({})).await.0, 200);
    assert_eq!(hear(&mut socket).await, "close 4002 ");
    assert_eq!(json_of(&mock, "PUT", "/__mock/seed", json!({"seed": 9})).await, (200, json!({"seed": 9})));
    assert_eq!(mock.seed(), 9);
    assert_eq!(json_of(&mock, "POST", "/__mock/shutdown", json!({})).await.0, 200);
    tokio::time::timeout(SOON, mock.stopped()).await.unwrap();
}

#[tokio::test]
async fn the_log_can_be_followed() {
    let mock = start().await;
    let mut follower = TcpStream::connect(mock.address()).await.unwrap();
    follower.write_all(b"GET /__mock/log?format=sse&kind=event HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut socket = connect(&mock).await;
    say(&mut socket, "news").await;
    let mut seen = String::new();
    while !seen.contains(r#""text":"news""#) {
        let mut piece = [0; 1024];
        let read = tokio::time::timeout(SOON, follower.read(&mut piece)).await.unwrap().unwrap();
        assert!(read > 0, "the stream ended: {seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..read]));
    }
    assert!(seen.contains("text/event-stream") && seen.contains("data: {"), "{seen}");
}

#[tokio::test]
async fn time_goes_on_when_the_clock_becomes_real() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    let due = json_of(&mock, "GET", "/__mock/clock", json!({})).await.1["now"].as_f64().unwrap() + 9.95;
    json_of(&mock, "PUT", "/__mock/clock", json!({"mode": "real", "now": due})).await;
    assert_eq!(hear(&mut socket).await, "tick");
}

#[tokio::test]
async fn other_hosts_pages_and_strangers_stay_out_of_the_control_plane() {
    let mock = MockBuilder::default().admin_token("hush").start(Room::with(Manners::default())).await.unwrap();
    assert_eq!(http(&mock, "GET", "/__mock/state", "").await.0, 401);
    let with = |header: &str, mock: &dummyload_host::Mock| {
        let (address, header) = (mock.address(), header.to_owned());
        async move {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let request = format!("GET /__mock/health HTTP/1.1\r\nconnection: close\r\n{header}\r\n\r\n");
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            answer.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
        }
    };
    assert_eq!(with("authorization: Bearer hush", &mock).await, 200);
    assert_eq!(with("host: elsewhere\r\nauthorization: bearer hush", &mock).await, 200);
    let open = start().await;
    assert_eq!(with("origin: http://evil.example", &open).await, 403);
    assert_eq!(with("origin: http://localhost:3000", &open).await, 200);
    assert_eq!(with("origin: null", &open).await, 403, "anybody's page in a sandbox");
    // A name of somebody's that leads to this machine: a page from there has no foreign origin.
    assert_eq!(with("host: evil.example", &open).await, 403);
    assert_eq!(with("host: [::1]:80", &open).await, 200);
    let away = MockBuilder::default().address("0.0.0.0:0".parse().unwrap());
    assert!(away.start(Room::with(Manners::default())).await.unwrap_err().to_string().contains("admin token"));
}

#[tokio::test]
async fn long_polls_are_answered_later_and_hang_ups_are_told() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    let poll = async { http(&mock, "GET", "/next", "").await };
    let speak = async {
        mock.wait_for(&Query::request(), 1, SOON).await.unwrap();
        say(&mut socket, "finally").await;
    };
    assert_eq!(tokio::join!(poll, speak).0, (200, "finally".to_owned()));
    let mut leaver = TcpStream::connect(mock.address()).await.unwrap();
    leaver.write_all(b"GET /next HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    mock.wait_for(&Query::request(), 2, SOON).await.unwrap();
    drop(leaver);
    mock.wait_for(&Query::event("hung up"), 1, SOON).await.unwrap();
}

#[tokio::test]
async fn a_reset_cuts_everybody_and_the_same_seed_gives_the_same_ids() {
    let mock = start().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut socket = connect(&mock).await;
        say(&mut socket, "x").await;
        let said = mock.wait_for(&Query::event("said"), 1, SOON).await.unwrap();
        ids.push(said[0]["details"]["id"].clone());
        mock.reset();
        assert_eq!(hear(&mut socket).await, "x");
        assert!(hear(&mut socket).await.starts_with("cut"));
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(mock.state()["heard"], 0);
}

#[tokio::test]
async fn the_end_is_in_good_order() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    let both = async { (hear(&mut socket).await, hear(&mut socket).await) };
    let ((), heard) = tokio::join!(mock.stop(), both);
    assert_eq!(heard, ("close 1001 the server is going down".into(), "end".into()));
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let mock = start().await;
    let again = MockBuilder::default().address(mock.address()).start(Room::with(Manners::default())).await;
    let text = again.unwrap_err().to_string();
    assert!(text.contains(&mock.address().to_string()) && text.contains("another program"), "{text}");
}

#[tokio::test]
async fn the_control_plane_names_what_does_not_fit() {
    let mock = start().await;
    let _socket = connect(&mock).await;
    for (method, path, body, expected) in [
        ("POST", "/inject", json!({"text": "x", "json": {}}), "exactly one of text, json"),
        ("POST", "/inject", json!({}), "exactly one of text, json"),
        ("POST", "/inject", json!({"close": 1005}), "1000 to 1003"),
        ("POST", "/inject", json!({"txt": "x"}), "unknown field `txt`"),
        ("POST", "/faults", json!({"on": "out", "kind": "drop", "times": 0}), "would never strike"),
        ("POST", "/faults", json!({"on": "out", "kind": "drop", "ms": 5}), "means nothing"),
        ("POST", "/faults", json!({"on": "out", "kind": "delay", "ms": "soon"}), "no time span"),
        ("POST", "/wait", json!({"match": {"kind": "evnt"}}), "unknown variant `evnt`"),
        ("POST", "/wait", json!({"within": "1h"}), "300 s"),
        ("PUT", "/seed", json!({}), "missing field `seed`"),
        ("POST", "/clock/advance", json!({"by": "400days"}), "366 days"),
        ("PUT", "/clock", json!({"now": 1e15}), "before the year 10000"),
        ("POST", "/reset", json!([7]), "must be a JSON object"),
        ("POST", "/faults", json!({"on": "out", "kind": "close", "code": 1005}), "1000 to 1003"),
        ("GET", "/log?kind=evnt", json!(null), "unknown variant `evnt`"),
    ] {
        let (status, answer) = json_of(&mock, method, &format!("/__mock{path}"), body).await;
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(status == 400 && error.contains(expected), "{method} {path}: {status} {answer}");
    }
}

#[tokio::test]
async fn waiting_looks_into_entries_and_tells_only_what_came_since() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    say(&mut socket, "hello").await;
    hear(&mut socket).await;
    for inside in [json!({"text": "hello"}), json!({"details": {"text": "hello"}}), json!({"topic": "said"})] {
        let body = json!({"match": {"kind": "event", "match": inside}});
        assert_eq!(json_of(&mock, "POST", "/__mock/wait", body).await.0, 200);
    }
    let opened = json!({"match": {"kind": "opened", "match": {"who": "guest"}}});
    assert_eq!(json_of(&mock, "POST", "/__mock/wait", opened).await.0, 200);
    let last = mock.journal(&Query::any()).last().unwrap()["seq"].clone();
    let body = json!({"match": {"kind": "event"}, "since": last, "within": 1});
    let (status, answer) = json_of(&mock, "POST", "/__mock/wait", body).await;
    assert_eq!((status, answer), (408, json!({"error": "0 of 1 entries seen in time", "seen": 0, "instead": []})));
}

#[tokio::test]
async fn a_fault_tells_what_it_struck_and_how_often() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    let rule = json!({"on": "in", "kind": "delay", "ms": "5s", "times": 1});
    assert_eq!(json_of(&mock, "POST", "/__mock/faults", rule).await.0, 200);
    say(&mut socket, "late").await;
    mock.wait_for(&Query::any().containing("late"), 2, SOON).await.unwrap();
    let faults = json_of(&mock, "GET", "/__mock/faults", Value::Null).await.1;
    assert_eq!((&faults["faults"][0]["struck"], &faults["faults"][0]["rule"]["times"]), (&json!(1), &json!(1)));
    let struck: Vec<Value> = mock.journal(&Query::any()).into_iter().filter(|entry| entry["kind"] == "fault").collect();
    assert_eq!((&struck[0]["fault"], &struck[0]["text"]), (&json!("delay"), &json!("late")));
    mock.advance(Duration::from_secs(5));
    assert_eq!(hear(&mut socket).await, "late");
}

#[tokio::test]
async fn a_reset_brings_a_real_clock_back_to_the_time_of_the_machine() {
    let mock = MockBuilder::default().start(Room::with(Manners::default())).await.unwrap();
    let before = mock.now();
    mock.advance(Duration::from_secs(3600));
    assert!(mock.now() - before >= Duration::from_secs(3600));
    mock.reset();
    assert!(mock.now() - before < Duration::from_secs(3600));
}

#[tokio::test]
async fn a_client_that_speaks_tls_to_a_plain_port_harms_nobody() {
    let mock = start().await;
    let mut wrong = TcpStream::connect(mock.address()).await.unwrap();
    wrong.write_all(&[22, 3, 1, 0, 1, 1]).await.unwrap();
    let mut rest = Vec::new();
    let _ = wrong.read_to_end(&mut rest).await;
    let mut socket = connect(&mock).await;
    say(&mut socket, "hello").await;
    assert_eq!(hear(&mut socket).await, "hello");
}

#[tokio::test]
async fn much_time_at_once_cuts_nobody_who_reads() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    let advanced = json_of(&mock, "POST", "/__mock/clock/advance", json!({"by": "1day"})).await;
    assert_eq!(advanced.0, 200);
    for _ in 0..24 * 360 {
        assert_eq!(hear(&mut socket).await, "tick");
    }
}

#[tokio::test]
async fn a_number_beyond_all_entries_is_no_entry() {
    let mock = start().await;
    let path = format!("/__mock/log?since={}", u64::MAX);
    assert_eq!(http(&mock, "GET", &path, "").await, (200, String::new()));
    let body = json!({"since": u64::MAX, "within": 1});
    assert_eq!(json_of(&mock, "POST", "/__mock/wait", body).await.0, 408);
}

#[tokio::test]
async fn what_is_said_to_all_reaches_all_but_those_who_leave() {
    let mock = start().await;
    let (leaving, mut staying) = (connect(&mock).await, connect(&mock).await);
    assert_eq!(http(&mock, "DELETE", "/__mock/connections/1", "").await.0, 200);
    let sent = json_of(&mock, "POST", "/__mock/inject", json!({"to": "all", "text": "hello"})).await;
    assert_eq!(sent, (200, json!({"sent": 1})));
    assert_eq!(hear(&mut staying).await, "hello");
    drop(leaving);
}

#[tokio::test]
async fn reordering_without_end_swaps_pair_by_pair() {
    for direction in [Direction::In, Direction::Out] {
        let mock = start().await;
        let mut socket = connect(&mock).await;
        mock.fault(Fault::new(direction, FaultKind::Reorder)).unwrap();
        for text in ["0", "1", "2", "3"] {
            say(&mut socket, text).await;
        }
        for text in ["1", "0", "3", "2"] {
            assert_eq!(hear(&mut socket).await, text, "{direction:?}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_never_comes_is_not_waited_for() {
    let mut limits = Limits::default();
    limits.body_time = Duration::from_millis(50);
    let room = Room::with(Manners::default());
    let mock = MockBuilder::default().limits(limits).start(room).await.unwrap();
    for (length, path, status) in [(20_000_000, "/x", "413"), (10, "/x", "408"), (20_000_000, "/__mock/reset", "413")] {
        let mut socket = TcpStream::connect(mock.address()).await.unwrap();
        let head =
            format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = vec![0; 12];
        socket.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"));
    }
}

#[tokio::test]
async fn what_a_reset_has_forgotten_is_not_waited_for() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    say(&mut socket, "before").await;
    hear(&mut socket).await;
    mock.reset();
    let said = Query::event("said");
    let (waited, ()) = tokio::join!(mock.wait_for(&said, 1, SOON), async {
        let mut socket = connect(&mock).await;
        say(&mut socket, "after").await;
        hear(&mut socket).await;
    });
    assert_eq!(waited.unwrap()[0]["details"]["text"], "after");
}
