//! The profile `spec`: what the wiki page promises, and refusals are told.

use crate::kit::{Client, api, get, http, problems, push, start_spec, token};
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
async fn what_has_no_effect_is_told_to_who_sent_it() {
    let mock = start_spec().await;
    let (mut john, mut test) = (Client::john(&mock).await, Client::of(&mock, "test", 21).await);
    for relay in ["true", "0", "{}", "\"true\""] {
        john.say(&format!(r#"{{"type":"text","account_id":0,"text":"x","relay":{relay}}}"#)).await;
        assert_eq!(john.hear_type("error").await["code"], "relayed", "{relay}");
    }
    let body = r#"{"type":"text","text":"x","relay":true}"#;
    let answer = api(&mock, "john", "POST", "/stream/21/msg", body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.json()["error"].as_str().unwrap().starts_with("relay is set"));
    // Nobody counts on rtmp, and on Twitch nobody knows.
    mock.control("viewers", &json!({"account_id": 14, "count": null})).unwrap();
    push(&mock, "john", 21, true).await;
    john.until_status(true).await;
    john.say(r#"{"type":"viewcount"}"#).await;
    assert_eq!(john.hear_type("error").await["code"], "no-count");
    mock.control("options", &json!({"dead_chat_manager": "always"})).unwrap();
    john.say(r#"{"type":"viewcount"}"#).await;
    assert_eq!(john.hear_type("error").await["code"], "dead-chat-manager");
    test.until_status(true).await;
    test.is_silent().await;
}

#[tokio::test]
async fn a_body_that_changes_nothing_is_refused() {
    let mock = start_spec().await;
    for (body, code, why) in [
        ("{", "body-not-read", "it is no JSON from byte 1 on"),
        ("[1]", "no-object", "the body is a list"),
        (r#"{"data_pushing":"true"}"#, "no-boolean", "data_pushing is not true or false"),
        (r#"{"data_pulling":1,"data_pushing":true}"#, "no-boolean", "data_pulling is not true or false"),
    ] {
        let answer = api(&mock, "john", "PATCH", "/stream/21", body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.json()["error"].as_str().unwrap().contains(why), "{body}");
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {code}"), "{body}");
    }
    let bearer = format!("Bearer {}", token("john"));
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "text/plain")];
    let answer = http(&mock, "PATCH", "/api/v1/stream/21", &headers, r#"{"data_pushing":true}"#).await;
    assert_eq!(answer.status, 400);
    let stream = api(&mock, "john", "GET", "/stream/21", "").await.json();
    assert_eq!(stream["stream"]["live"], false);
}

#[tokio::test]
async fn ids_leave_as_numbers_and_numbers_as_they_are_spelt() {
    let mock = start_spec().await;
    let mut john = Client::john(&mock).await;
    for id in [r#""0""#, "0.0", "-0", "1e-400", "0"] {
        let text = format!(r#"{{"type":"text","account_id":{id},"cur_stream_account_id":"14","text":"d"}}"#);
        john.say(&text).await;
        let line = john.hear().await;
        assert!(line.contains(r#""account_id":0,"cur_stream_account_id":14,"#), "{id}: {line}");
    }
    for (number, markdown) in [("12345678901234567890", "12345678901234567890"), ("7", "7"), ("1.50", "1\\.5")] {
        john.say(&format!(r#"{{"type":"text","account_id":0,"text":{number}}}"#)).await;
        assert_eq!(john.hear_json().await["markdown"], markdown, "{number}");
    }
    let nested = ["[".repeat(200), "]".repeat(200)].concat();
    for (text, why) in [
        (format!(r#"{{"type":"status","x":{nested}}}"#), "it is nested more than 127 times"),
        (r#"{"type":"text","text":"\udc00"}"#.to_owned(), "an escaped half of a character at byte 23"),
        (r#"{"type":"text","text":"x","account_id":"true"}"#.to_owned(), "account_id is \"true\", and no whole number"),
    ] {
        john.say(&text).await;
        let told = john.hear_type("error").await["error"].as_str().unwrap().to_owned();
        assert!(told.contains(why), "{told}");
    }
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
    for (path, why) in [
        ("/users", "there is nothing at /api/v1/users; see dossier 2 for the routes"),
        ("/account/999", "there is no such account"),
        ("/stream/abc", "the id 'abc' is no number of a row; these are whole numbers up to 2147483647"),
    ] {
        let answer = api(&mock, "john", "GET", path, "").await;
        assert_eq!((answer.status, answer.json()), (404, json!({"error": why})), "{path}");
    }
    assert_eq!(api(&mock, "john", "PUT", "/profile", "").await.status, 405);
    assert_eq!(get(&mock, &format!("/ws/abc?token={}", token("john"))).await.status, 404);
}
