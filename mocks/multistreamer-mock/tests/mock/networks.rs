//! People on the networks (dossier 4.5).

use crate::kit::{Client, push, start, start_live};
use serde_json::{Value, json};
use std::time::Duration;

fn chat(mock: &multistreamer_mock::MultistreamerMock, body: Value) -> Value {
    mock.control("chat", &body).unwrap()
}

#[tokio::test]
async fn a_viewer_is_heard_on_every_stream_with_his_channel() {
    let mock = start_live().await;
    push(&mock, "john", 24, true).await;
    let mut on_21 = Client::john(&mock).await;
    let mut on_24 = Client::of(&mock, "john", 24).await;
    let said = chat(&mock, json!({"channel": "jprjrdev", "nick": "viewer1", "text": "hello *Kappa* Kappa"}));
    assert_eq!(said["streams"], 2);
    for (client, stream) in [(&mut on_21, 21), (&mut on_24, 24)] {
        let line = client.hear_type("text").await;
        assert_eq!((&line["stream_id"], &line["account_id"]), (&json!(stream), &json!(14)));
        assert_eq!(line["from"], json!({"name": "Viewer1", "id": "9001", "picture": "https://pics.example/v1.png"}));
        assert_eq!(line["markdown"], "hello \\*Kappa\\* ![Kappa](http://static-cdn.jtvnw.net/emoticons/v1/25/1.0)");
    }
    assert_eq!(chat(&mock, json!({"channel": "testtw", "nick": "viewer1", "text": "nobody there"}))["streams"], 0);
    on_21.is_silent().await;
}

#[tokio::test]
async fn who_is_not_known_has_a_name_and_no_picture() {
    let mock = start_live().await;
    let mut john = Client::john(&mock).await;
    for (body, from) in [
        (json!({"nick": "noname", "text": "x"}), json!({"name": "noname", "id": "9002"})),
        (json!({"nick": "x", "display_name": "", "user_id": "9002", "text": "x"}), json!({"name": "x", "id": "9002"})),
        (
            json!({"nick": "x", "display_name": "Großer😀", "user_id": "101", "text": "x"}),
            json!({"name": "Großer😀", "id": "101", "picture": "https://pics.example/jprjrdev.png"}),
        ),
    ] {
        let mut body = body;
        body["account_id"] = json!(14);
        chat(&mock, body);
        assert_eq!(john.hear_json().await["from"], from);
    }
    let stranger = chat(&mock, json!({"account_id": 14, "nick": "stranger", "text": "x"}));
    assert_eq!(stranger["streams"], 1);
    assert!(john.hear_json().await["from"]["id"].is_string());
    mock.control("emote", &json!({"account_id": 14, "nick": "viewer1", "text": "waves"})).unwrap();
    assert_eq!(john.hear_type("emote").await["text"], "waves");
}

#[tokio::test]
async fn a_whisper_tells_to_whom_it_is_and_everybody_hears_it() {
    let mock = start_live().await;
    let mut reader = Client::of(&mock, "reader", 21).await;
    let body = json!({"to": "jprjrdev", "nick": "viewer1", "text": "psst Kappa", "emotes": "25:5-9"});
    mock.control("whisper", &body).unwrap();
    let line = reader.hear_json().await;
    assert_eq!((&line["to"], &line["stream_id"]), (&json!({"name": "jprjrdev"}), &json!(21)));
}

#[tokio::test]
async fn an_emote_that_is_cut_in_the_wrong_place_is_sent_all_the_same() {
    let mock = start_live().await;
    let mut john = Client::john(&mock).await;
    chat(&mock, json!({"account_id": 14, "nick": "viewer1", "text": "ä Kappa", "emotes": "25:2-6"}));
    assert!(john.hear_json().await["markdown"].as_str().unwrap().starts_with("ä![ Kapp]("));
    chat(&mock, json!({"account_id": 14, "nick": "viewer1", "text": "ää Kappa end"}));
    assert_eq!(john.hear().await, "cut", "a strict client ends at bytes that are no UTF-8");
}

#[tokio::test]
async fn viewers_say_what_the_world_file_has_for_them() {
    let mock = start().await;
    mock.control("viewers", &json!({"account_id": 14, "count": null})).unwrap();
    let mut john = Client::john(&mock).await;
    push(&mock, "john", 21, true).await;
    john.until_status(true).await;
    mock.advance(Duration::from_millis(2999));
    john.is_silent().await;
    mock.advance(Duration::from_millis(1));
    assert_eq!(john.hear_type("text").await["text"], "hello Kappa");
    mock.advance(Duration::from_secs(4));
    assert_eq!(john.hear_type("emote").await["from"]["name"], "noname");
    john.is_silent().await;
    mock.advance(Duration::from_secs(29));
    john.is_silent().await;
    mock.advance(Duration::from_secs(16));
    assert_eq!(john.hear_type("emote").await["text"], "waves");
    push(&mock, "john", 21, false).await;
    john.until_status(false).await;
    john.is_silent().await;
    mock.advance(Duration::from_secs(29));
    john.is_silent().await;
    mock.advance(Duration::from_secs(29));
    john.is_silent().await;
}
