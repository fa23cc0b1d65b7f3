//! The profile `spec`: what the wiki page promises, and refusals are told.

use crate::kit::{Client, api, get, push, start_spec, token};
use dummyload_testkit::Frame;
use serde_json::json;

#[tokio::test]
async fn viewcount_is_answered() {
    let mock = start_spec().await;
    let mut john = Client::john(&mock).await;
    john.say(r#"{"type":"viewcount"}"#).await;
    assert_eq!(john.hear_type("error").await["code"], "not-live");
    push(&mock, "john", 21, true).await;
    john.until_status(true).await;
    john.hear_type("viewcountresult").await;
    let mut test = Client::of(&mock, "test", 21).await;
    john.say(r#"{"type":"viewcount"}"#).await;
    let count = json!({"type": "viewcountresult", "account_id": 14, "stream_id": 21, "viewer_count": 3});
    assert_eq!(john.hear_json().await, count);
    test.is_silent().await;
}

#[tokio::test]
async fn everybody_hears_of_a_writer_and_ready_says_so() {
    let mock = start_spec().await;
    push(&mock, "john", 21, true).await;
    let (mut john, mut test) = (Client::john(&mock).await, Client::of(&mock, "test", 21).await);
    john.say(r#"{"type":"writer","account_id":17,"cur_stream_account_id":14}"#).await;
    let result = json!({"type": "writerresult", "account_id": 17, "cur_stream_account_id": 14});
    assert_eq!(john.hear_json().await, result);
    assert_eq!(test.hear_json().await, result);
    assert_eq!(john.status().await["accounts"]["17"]["ready"], true);
    john.say(r#"{"type":"text","account_id":"14","cur_stream_account_id":"14","text":"a/b"}"#).await;
    let line = john.hear().await;
    assert!(line.contains(r#""text":"a/b""#), "{line}");
}

#[tokio::test]
async fn refusals_are_told_and_the_socket_stays() {
    let mock = start_spec().await;
    let mut john = Client::john(&mock).await;
    for (text, code) in [
        ("{bad", "not-json"),
        ("5", "no-object"),
        ("[]", "no-object"),
        (r#"{"type":"bogus"}"#, "unknown-type"),
        (r#"{"type":"text","account_id":0}"#, "no-text"),
        (r#"{"type":"text","account_id":0,"text":"/msg"}"#, "msg-to-nobody"),
        (r#"{"type":"text","account_id":0,"text":"/msg zed hi"}"#, "no-such-user"),
        (r#"{"type":"text","account_id":14,"cur_stream_account_id":14,"text":"x"}"#, "not-live"),
        (r#"{"type":"text","text":"x"}"#, "no-account"),
        (r#"{"type":"writer","account_id":17}"#, "incomplete-writer"),
        (r#"{"type":"writer","account_id":999,"cur_stream_account_id":14}"#, "killer-input"),
    ] {
        john.say(text).await;
        let told = john.hear_type("error").await;
        assert_eq!(told["code"], code, "{text}");
        assert!(told["error"].is_string());
    }
    john.irc("and it goes on").await;
    assert_eq!(john.hear_type("text").await["text"], "and it goes on");
}

#[tokio::test]
async fn frames_are_those_of_the_standard() {
    let mock = start_spec().await;
    let mut john = Client::john(&mock).await;
    john.send(Frame::Ping("x".into())).await;
    assert_eq!(john.hear().await, "pong x");
    john.irc(&"*".repeat(50_000)).await;
    assert_eq!(john.hear_json().await["markdown"].as_str().unwrap().len(), 100_000);
}

#[tokio::test]
async fn the_api_has_statuses_that_fit_and_lists_that_are_lists() {
    let mock = start_spec().await;
    assert_eq!(api(&mock, "nobody", "GET", "/stream", "").await.body, r#"{"streams":[]}"#);
    for (path, status) in [("/users", 404), ("/account/999", 404), ("/stream/abc", 404)] {
        let answer = api(&mock, "john", "GET", path, "").await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.json()["error"].is_string());
    }
    assert_eq!(api(&mock, "john", "PUT", "/profile", "").await.status, 405);
    assert_eq!(get(&mock, &format!("/ws/abc?token={}", token("john"))).await.status, 404);
}
