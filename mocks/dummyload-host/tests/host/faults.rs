//! Fault rules that look into what passes and change it.

use crate::common::{Room, Socket, connect, hear, say, start};
use crate::sockets::{http, json_of};
use dummyload_host::{Direction, Fault, FaultKind, Manners, Mock, MockBuilder, Query, Whom};
use futures_util::SinkExt;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Message as Frame;

async fn rule(mock: &Mock, rule: Value) {
    let (status, answer) = json_of(mock, "POST", "/__mock/faults", rule).await;
    assert_eq!(status, 200, "{answer}");
}

async fn said(socket: &mut Socket, text: &str) -> String {
    say(socket, text).await;
    hear(socket).await
}

#[tokio::test]
async fn a_message_comes_with_other_members() {
    let mock = start().await;
    let mut socket = connect(&mock).await;
    rule(&mock, json!({"on": "in", "match": {"a": 1}, "kind": "change", "set": {"/b": "$text:/a"}, "times": 1})).await;
    assert_eq!(said(&mut socket, r#"{"z":0,"a":1}"#).await, r#"{"z":0,"a":1,"b":"1"}"#);
    rule(
        &mock,
        json!({"on": "out", "asked": {"q": "$number"}, "kind": "change", "set": {"/of": "$asked:/q"}, "remove": ["/q"]}),
    )
    .await;
    assert_eq!(said(&mut socket, r#"{"q":7}"#).await, r#"{"of":7}"#);
    assert_eq!(said(&mut socket, r#"{"q":"7"}"#).await, r#"{"q":"7"}"#, "what was asked is not like the template");
    assert_eq!(said(&mut socket, "no JSON").await, "no JSON");
    let struck: Vec<Value> = mock.journal(&Query::any()).into_iter().filter(|entry| entry["kind"] == "fault").collect();
    assert_eq!((struck.len(), &struck[1]["fault"], &struck[1]["text"]), (2, &json!("change"), &json!(r#"{"q":7}"#)));
}

#[tokio::test]
async fn a_message_is_answered_in_the_worlds_place() {
    let mock = start().await;
    let (mut socket, mut other) = (connect(&mock).await, connect(&mock).await);
    let answer = json!({"re": "$from:/id", "done": true});
    rule(&mock, json!({"on": "in", "match": {"id": "$any"}, "kind": "answer", "with": answer})).await;
    assert_eq!(said(&mut socket, r#"{"id":[1]}"#).await, r#"{"re":[1],"done":true}"#);
    rule(&mock, json!({"on": "in", "contains": "ping", "kind": "answer", "with": "pong"})).await;
    assert_eq!(said(&mut socket, "ping").await, "pong");
    mock.verify(&Query::event("said"), 0).unwrap();
    say(&mut socket, "x").await;
    assert_eq!(hear(&mut other).await, "x", "nothing of it reached anybody else");
}

#[tokio::test]
async fn a_message_reaches_the_wrong_ones() {
    let mock = start().await;
    let (mut a, mut b) = (connect(&mock).await, connect(&mock).await);
    mock.fault(Fault::new(Direction::Out, FaultKind::Misdirect { to: Whom::Others }).conn(1)).unwrap();
    say(&mut a, "one").await;
    assert_eq!((hear(&mut b).await, hear(&mut b).await), ("one".into(), "one".into()));
    mock.clear_faults();
    for (to, from) in [(Whom::First, 1), (Whom::Last, 2)] {
        mock.fault(Fault::new(Direction::In, FaultKind::Misdirect { to }).times(1)).unwrap();
        say(&mut a, "two").await;
        assert_eq!((hear(&mut a).await, hear(&mut b).await), ("two".into(), "two".into()));
        mock.verify(&Query::event("said").on(from).containing("two"), 1).unwrap();
    }
}

#[tokio::test]
async fn handshakes_and_http_pass_rules_too() {
    let mock = start().await;
    rule(
        &mock,
        json!({"on": "handshake", "kind": "change", "match": {"path": "/open"}, "set": {"/query/key": "sesame"}}),
    )
    .await;
    assert!(tokio_tungstenite::connect_async(format!("{}/open?key=wrong", mock.url())).await.is_ok());
    rule(&mock, json!({"on": "answer", "kind": "change", "match": {"status": 401}, "set": {"/status": 403}})).await;
    let refused = tokio_tungstenite::connect_async(format!("{}/?key=wrong", mock.url())).await.unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
    rule(
        &mock,
        json!({"on": "answer", "asked": {"query": {"a": "1"}}, "kind": "change",
               "set": {"/body": {"was": "$from:/body", "asked": "$asked:/query/a"}}}),
    )
    .await;
    assert_eq!(http(&mock, "GET", "/x?a=1", "").await, (404, r#"{"was":"nothing here","asked":"1"}"#.into()));
    let with = json!({"status": 201, "headers": {"location": "/y"}, "body": {"id": "$from:/body/id"}});
    rule(&mock, json!({"on": "call", "match": {"method": "POST"}, "kind": "answer", "with": with})).await;
    assert_eq!(http(&mock, "POST", "/x", r#"{"id":5}"#).await, (201, r#"{"id":5}"#.into()));
    rule(&mock, json!({"on": "call", "match": {"path": "/x"}, "kind": "change", "set": {"/path": "/next"}})).await;
    let waiting = tokio::spawn({
        let address = mock.address();
        async move { crate::sockets::http_at(address, "GET", "/x", "").await }
    });
    mock.wait_for(&Query::any().containing("/x"), 3, Duration::from_secs(5)).await.unwrap();
    let mut socket = connect(&mock).await;
    say(&mut socket, "news").await;
    assert_eq!(waiting.await.unwrap(), (200, "news".into()));
}

#[tokio::test]
async fn a_close_frame_can_be_another_or_none() {
    let mock = start().await;
    rule(&mock, json!({"on": "close", "match": {"code": 4001}, "kind": "change", "set": {"/code": 1000}, "times": 1}))
        .await;
    let mut socket = connect(&mock).await;
    assert_eq!(said(&mut socket, "bye").await, "close 1000 as you wish");
    rule(&mock, json!({"on": "close", "kind": "drop", "times": 1})).await;
    let mut socket = connect(&mock).await;
    say(&mut socket, "bye").await;
    assert_eq!(said(&mut socket, "still here").await, "still here");
    rule(&mock, json!({"on": "close", "match": {"code": 1003}, "kind": "cut"})).await;
    rule(&mock, json!({"on": "close", "match": {"code": 4001}, "kind": "cut"})).await;
    assert!(said(&mut socket, "bye").await.starts_with("cut"));
    rule(&mock, json!({"on": "close", "match": {"code": 1002}, "kind": "drop"})).await;
    let (mut broken, mut other) = (connect(&mock).await, connect(&mock).await);
    let MaybeTlsStream::Plain(tcp) = broken.get_mut() else { panic!("no TLS is asked for") };
    tcp.write_all(b"\x81\x01x").await.unwrap(); // not masked
    mock.wait_for(&Query::any().on(3), 2, Duration::from_secs(5)).await.unwrap();
    say(&mut broken, "unheard").await;
    say(&mut other, "heard").await;
    assert_eq!(hear(&mut broken).await, "heard", "it is open still");
}

#[tokio::test]
async fn a_rule_can_be_for_one_sort_of_frame() {
    let mock = start().await;
    rule(&mock, json!({"on": "in", "frame": "binary", "kind": "answer", "with": "binary"})).await;
    rule(&mock, json!({"on": "in", "frame": "pong", "kind": "answer", "with": "pong"})).await;
    let mut socket = connect(&mock).await;
    socket.send(Frame::Binary("x".into())).await.unwrap();
    socket.send(Frame::Pong("x".into())).await.unwrap();
    for heard in ["binary", "pong", "text"] {
        if heard == "text" {
            say(&mut socket, heard).await;
        }
        assert_eq!(hear(&mut socket).await, heard);
    }
    let (status, answer) =
        json_of(&mock, "POST", "/__mock/faults", json!({"on": "out", "frame": "text", "kind": "drop"})).await;
    assert_eq!(status, 400, "{answer}");
}

#[tokio::test]
async fn pings_of_the_server_are_lost_or_others() {
    let mut manners = Manners::default();
    manners.ping_after_silence = Some(Duration::from_secs(4));
    let mock = MockBuilder::default().virtual_clock().start(Room::with(manners)).await.unwrap();
    rule(&mock, json!({"on": "ping", "kind": "drop", "times": 1})).await;
    rule(&mock, json!({"on": "ping", "match": {"payload": ""}, "kind": "change", "set": {"/payload": "b"}})).await;
    let mut socket = connect(&mock).await;
    mock.advance(Duration::from_secs(9));
    assert_eq!(hear(&mut socket).await, r#"Ping(b"b")"#, "the first of two is lost");
    let struck: Vec<Value> = mock.journal(&Query::any()).into_iter().filter(|entry| entry["kind"] == "fault").collect();
    assert_eq!((struck.len(), &struck[0]["fault"], &struck[0]["ping"]), (2, &json!("drop"), &json!("")));
}

#[tokio::test]
async fn pongs_are_lost_or_others_and_openings_come_with_a_greeting() {
    let mock = start().await;
    rule(&mock, json!({"on": "handshake", "kind": "answer", "with": {"welcome": "$from:/path"}})).await;
    rule(&mock, json!({"on": "pong", "match": {"payload": "lost"}, "kind": "drop"})).await;
    rule(&mock, json!({"on": "pong", "match": {"payload": "a"}, "kind": "change", "set": {"/payload": "b"}})).await;
    let mut socket = connect(&mock).await;
    assert_eq!(hear(&mut socket).await, r#"{"welcome":"/"}"#);
    for payload in ["lost", "a"] {
        socket.send(Frame::Ping(payload.into())).await.unwrap();
    }
    assert_eq!(hear(&mut socket).await, r#"Pong(b"b")"#);
}

#[tokio::test]
async fn a_lasting_rule_outlives_a_reset_and_counts_anew() {
    let mock = start().await;
    rule(&mock, json!({"on": "in", "kind": "drop", "after": 1, "times": 1, "lasting": true})).await;
    rule(&mock, json!({"on": "in", "kind": "watch"})).await;
    for _ in 0..2 {
        let mut socket = connect(&mock).await;
        assert_eq!(said(&mut socket, "one").await, "one");
        say(&mut socket, "lost").await;
        assert_eq!(said(&mut socket, "three").await, "three");
        assert_eq!(mock.struck()[0], (1, 1));
        mock.reset();
        assert_eq!(mock.struck(), [(1, 0)]);
    }
    mock.clear_faults();
    assert_eq!(mock.struck(), []);
}

#[tokio::test]
async fn rules_that_could_never_strike_are_refused() {
    let mock = start().await;
    for (rule, expected) in [
        (json!({"on": "handshake", "kind": "drop"}), "which takes refuse, change, answer, watch"),
        (json!({"on": "out", "kind": "answer", "with": 1}), "`answer` does not go with"),
        (json!({"on": "call", "kind": "drop", "conn": 1}), "belong to no connection"),
        (json!({"on": "in", "kind": "drop", "asked": {}}), "answers nothing"),
        (json!({"on": "in", "kind": "drop", "match": {"a": "$int"}}), "\"$int\" is no matcher"),
        (json!({"on": "in", "kind": "change"}), "`change` wants `set`"),
        (json!({"on": "in", "kind": "change", "remove": ["a"]}), "no JSON pointer"),
        (json!({"on": "in", "kind": "change", "set": {"/a": "$form:/b"}}), "no value to take"),
        (json!({"on": "in", "kind": "answer"}), "missing field `with`"),
        (json!({"on": "in", "kind": "misdirect", "to": "nobody"}), "unknown variant `nobody`"),
        (json!({"on": "in", "kind": "drop", "set": {"/a": 1}}), "means nothing"),
        (json!({"on": "in", "kind": "drop", "wehn": 1}), "no member \"wehn\""),
    ] {
        let (status, answer) = json_of(&mock, "POST", "/__mock/faults", rule).await;
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(status == 400 && error.contains(expected), "{answer}");
    }
}

/// Rules that may strike anything, in every place.
fn any_rule() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        Just(json!({"kind": "drop"})),
        Just(json!({"kind": "duplicate"})),
        Just(json!({"kind": "reorder"})),
        Just(json!({"kind": "garble"})),
        Just(json!({"kind": "delay", "ms": 1})),
        Just(json!({"kind": "cut"})),
        Just(json!({"kind": "half-close"})),
        Just(json!({"kind": "close", "code": 4000})),
        Just(json!({"kind": "refuse", "status": 500})),
        Just(json!({"kind": "watch"})),
        prop::sample::select(vec!["", "/a", "/a#/b", "/status", "/query/key", "/body", "/code"]).prop_map(
            |at| json!({"kind": "change", "set": {at: ["$from:", "$text:/a", "$plus:1:/a"]}, "remove": ["/a", "/headers"]})
        ),
        Just(json!({"kind": "answer", "with": {"status": "$from:/a", "body": "$from:"}})),
        prop::sample::select(vec!["all", "others", "first", "last"]).prop_map(|to| json!({"kind": "misdirect", "to": to})),
    ];
    let on = prop::sample::select(vec!["in", "out", "handshake", "call", "answer", "close", "pong", "ping"]);
    let more = prop_oneof![
        Just(json!({})),
        Just(json!({"conn": 1})),
        Just(json!({"match": {"a": "$any"}})),
        Just(json!({"after": 1, "lasting": true})),
        Just(json!({"frame": "binary"})),
    ];
    (on, kind, more).prop_map(|(on, kind, more)| {
        let mut rule = json!({"on": on});
        for part in [kind, more] {
            rule.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        }
        rule
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the rules do to what passes, the mock answers when they are gone.
    #[test]
    fn no_rule_brings_a_mock_down(rules in prop::collection::vec(any_rule(), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mock = start().await;
            for rule in &rules {
                let _ = Fault::from_json(rule).map(|fault| mock.fault(fault).unwrap());
            }
            for _ in 0..2 {
                let url = format!("{}/?key=sesame", mock.url());
                let Ok((mut socket, _)) = tokio_tungstenite::connect_async(url).await else { continue };
                for text in [r#"{"a":1}"#, r#"{"a":"{\"b\":2}"}"#, "no JSON", "bye"] {
                    let _ = socket.send(Frame::text(text)).await;
                }
                let _ = socket.send(Frame::Ping("x".into())).await;
                let call = http(&mock, "POST", "/x", r#"{"a":1}"#);
                let _ = tokio::time::timeout(std::time::Duration::from_millis(20), call).await;
                mock.advance(Duration::from_secs(1));
            }
            mock.clear_faults();
            let mut socket = connect(&mock).await;
            assert_eq!(said(&mut socket, "alive").await, "alive");
        });
    }
}
