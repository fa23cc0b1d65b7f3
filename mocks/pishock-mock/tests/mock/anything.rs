//! Whatever is sent: the mock goes on.

use crate::kit::{Client, start, start_strict};
use dummyload_testkit::Frame;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

/// Texts from nonsense to almost right.
fn anything() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\\\"",
        "\\u0000",
        "null",
        "true",
        "-1",
        "1e999",
        "321",
        "\"Operation\"",
        "\"PUBLISH\"",
        "\"SUBSCRIBE\"",
        "\"UNSUBSCRIBE\"",
        "\"PING\"",
        "\"Targets\"",
        "\"PublishCommands\"",
        "\"Target\"",
        "\"Body\"",
        "\"c1234-ops\"",
        "\"1234-log\"",
        "\"*\"",
        "\"id\"",
        "\"m\"",
        "\"e\"",
        "\"l\"",
        "\"LinkCommand\"",
        " ",
    ]);
    let shaped = (
        prop::sample::select(vec!["PING", "PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE", "ping", "", "X"]),
        prop::collection::vec(any_value(), 0..4),
    )
        .prop_map(|(operation, list)| {
            let list = Value::Array(list);
            format!(r#"{{"Operation":"{operation}","Targets":{list},"PublishCommands":{list}}}"#)
        });
    prop_oneof![
        "\\PC{0,40}",
        prop::collection::vec(fragment, 0..20).prop_map(|parts| parts.concat()),
        shaped,
        any_value().prop_map(|value| serde_json::json!(["PUBLISH", value.to_string()]).to_string()),
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec!["c1234-ops", "1234-ping", "2345-log", "*", "v", "e", "ä\u{0}\"\\"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let name = prop::sample::select(vec!["Target", "Body", "id", "m", "i", "d", "r", "l", "u", "o", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

#[test]
fn any_texts_leave_the_mock_alive() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (lenient, strict) = runtime.block_on(async { (start().await, start_strict().await) });
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    let texts = prop::collection::vec((anything(), any::<bool>()), 0..20);
    let case = |texts: Vec<(String, bool)>| {
        runtime.block_on(async {
            for mock in [&lenient, &strict] {
                let mut clients = [Client::v2(mock).await, Client::v1(mock).await, Client::link(mock).await];
                for client in &mut clients {
                    for (text, binary) in &texts {
                        let frame = if *binary { Frame::binary(text.clone()) } else { Frame::text(text.clone()) };
                        client.send(frame).await;
                    }
                }
                for (client, ping) in clients.iter_mut().zip([r#"{"Operation":"PING"}"#, r#"["PING"]"#]) {
                    client.say(ping).await;
                    client.send(Frame::Ping("end".into())).await;
                    // Replies and pushes of whatever was sent come first; the one to the PING comes last.
                    let (mut last, mut frame) = (String::new(), client.hear().await);
                    while frame != "pong end" {
                        last = std::mem::replace(&mut frame, client.hear().await);
                    }
                    prop_assert!(last.contains("PONG"), "{last}");
                }
            }
            Ok(())
        })
    };
    runner.run(&texts, case).unwrap();
}

#[tokio::test]
async fn any_http_request_has_an_answer() {
    let mock = start().await;
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"] {
        for path in
            ["/%FF%00", "/Share/%2e%2e", "//", "/Shockers/OperateByShare/%E4", "/a/b/c/d", "/Links/%", "/v2?%&=&&a"]
        {
            for body in ["", "{", "\u{0}", "[[[[[[[[[["] {
                let answer = crate::kit::http(&mock, method, path, &crate::kit::key(crate::kit::KEY), body).await;
                assert!((200..=599).contains(&answer.status), "{method} {path}");
            }
        }
    }
    assert_eq!(Client::v2(&mock).await.ask(r#"{"Operation":"PING"}"#).await["Message"], "PONG");
}
