//! Bad input, limits and frames (dossier 5).

use crate::kit::{Client, problems, start, start_live};
use dummyload_testkit::Frame;
use dummyload_testkit::tungstenite::protocol::CloseFrame;
use dummyload_testkit::tungstenite::protocol::frame::coding::CloseCode;
use std::time::Duration;

#[tokio::test]
async fn what_cannot_be_read_ends_the_connection_without_a_close_frame() {
    let mock = start().await;
    let nulls = "null,".repeat(11);
    let sparse = format!(r#"{{"type":"text","account_id":0,"text":"x","l":[{nulls}1]}}"#);
    for text in [
        "{bad",
        "",
        "   ",
        "{'type':'status'}",
        "\u{feff}{\"type\":\"status\"}",
        r#"{"type":"status",}"#,
        r#"{"type":"text","account_id":0,"text":"\ud83d"}"#,
        "5",
        "true",
        "null",
        r#"{"type":"text","account_id":0}"#,
        r#"{"type":"text","account_id":14,"cur_stream_account_id":14,"text":null}"#,
        r#"{"type":"emote","text":["x"]}"#,
        r#"{"type":"text","account_id":0,"text":"/msg"}"#,
        r#"{"type":"text","account_id":0,"text":"/msg a\u0000b x"}"#,
        r#"{"type":"text","account_id":0,"text":"x","n":NaN}"#,
        r#"{"type":"text","account_id":0,"text":NaN}"#,
        &sparse,
        &format!(r#"{{"type":"writer","account_id":[{nulls}1],"cur_stream_account_id":14}}"#),
    ] {
        let mut john = Client::john(&mock).await;
        john.say(text).await;
        assert_eq!(john.hear().await, "cut", "{text}");
        assert!(problems(&mock).pop().unwrap().starts_with("refused "), "{text}");
    }
}

#[tokio::test]
async fn what_is_only_odd_is_passed_over() {
    let mock = start().await;
    let mut john = Client::john(&mock).await;
    for text in [
        "[]",
        r#"[{"type":"status"}]"#,
        r#""status""#,
        "{}",
        r#"{"type":null}"#,
        r#"{"type":1}"#,
        r#"{"type":"STATUS"}"#,
        r#"{"type":"writerresult","account_id":17,"cur_stream_account_id":14}"#,
        r#"{"type":"comment","account_id":0,"text":"x"}"#,
        r#"{"type":"viewcount"}"#,
        r#"{"type":"text","text":"x"}"#,
    ] {
        john.say(text).await;
        john.is_silent().await;
        assert!(problems(&mock).pop().unwrap().starts_with("dropped "), "{text}");
    }
    john.send(Frame::binary(br#"{"type":"status"}"#.as_slice())).await;
    john.send(Frame::Ping("hello".into())).await;
    john.send(Frame::Pong("x".into())).await;
    john.is_silent().await;
    for status in [" {\"type\" : \"status\", \"x\": null}\n", r#"{"type":"st\u0061tus","x":NaN}"#] {
        john.say(status).await;
        john.hear_type("status").await;
    }
    let nested =
        format!(r#"{{"type":"text","account_id":0,"text":"deep","x":{}{}}}"#, "[".repeat(900), "]".repeat(900));
    john.say(&nested).await;
    assert!(john.hear().await.contains(&"[".repeat(899)));
}

#[tokio::test]
async fn a_close_is_answered_by_an_empty_one() {
    let mock = start().await;
    for code in [CloseCode::Normal, CloseCode::Away, CloseCode::Library(4000)] {
        let mut john = Client::john(&mock).await;
        john.send(Frame::Close(Some(CloseFrame { code, reason: "bye".into() }))).await;
        assert_eq!(john.hear().await, "close");
    }
}

#[tokio::test]
async fn sizes_are_those_of_the_server() {
    let mock = start().await;
    let status = r#"{"type":"status"}"#;
    let padded = |length: usize| [status, &" ".repeat(length - status.len())].concat();
    let mut john = Client::john(&mock).await;
    john.say(&padded(65_535)).await;
    john.hear_type("status").await;
    john.say(&padded(65_536)).await;
    assert_eq!(john.hear().await, "cut");
}

#[tokio::test]
async fn what_grows_too_large_makes_its_receivers_mute() {
    let mock = start_live().await;
    let (mut john, mut test) = (Client::john(&mock).await, Client::of(&mock, "test", 21).await);
    let mut elsewhere = Client::of(&mock, "john", 22).await;
    john.irc(&"*".repeat(15_000)).await;
    assert_eq!(john.hear_json().await["markdown"].as_str().unwrap().len(), 30_000);
    test.hear_json().await;
    mock.advance(Duration::from_secs(10));
    john.irc(&"*".repeat(40_000)).await;
    elsewhere.irc("/msg test not heard").await;
    elsewhere.hear_json().await;
    john.say(r#"{"type":"status"}"#).await;
    assert_eq!(john.hear().await, "cut");
    mock.advance(Duration::from_secs(30));
    assert_eq!(test.hear().await, "cut", "without a ping before");
    assert_eq!(problems(&mock), ["dropped too-large-to-send"; 2]);
}

#[tokio::test]
async fn texts_that_are_no_utf_8_come_back_as_they_are() {
    use dummyload_testkit::tungstenite::protocol::frame::Frame as Raw;
    use dummyload_testkit::tungstenite::protocol::frame::coding::{Data, OpCode};
    let mock = start().await;
    let mut john = Client::john(&mock).await;
    let text = b"{\"type\":\"text\",\"account_id\":0,\"text\":\"a\xff\"}".to_vec();
    john.send(Frame::Frame(Raw::message(text, OpCode::Data(Data::Text), true))).await;
    assert_eq!(john.hear().await, "cut", "a strict client ends at them");
    let sent = mock.journal(&multistreamer_mock::Query::any());
    let sent = sent.iter().rfind(|entry| entry["kind"] == "sent").unwrap().to_string();
    assert!(sent.contains("ff"), "{sent}");
    assert_eq!(problems(&mock), ["tolerated not-utf8"]);
    // No user can have such a name, and the database fails at it.
    let mut john = Client::john(&mock).await;
    let text = b"{\"type\":\"text\",\"account_id\":0,\"text\":\"/msg \xff x\"}".to_vec();
    john.send(Frame::Frame(Raw::message(text, OpCode::Data(Data::Text), true))).await;
    assert_eq!(john.hear().await, "cut");
    let told =
        mock.journal(&multistreamer_mock::Query::problems()).pop().unwrap()["problem"].as_str().unwrap().to_owned();
    assert!(told.starts_with("no user can be called \"\\xff\""), "{told}");
}
