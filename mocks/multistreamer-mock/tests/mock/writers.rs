//! Writers, and what is written through them (dossier 4.2, 4.4, 4.5).

use crate::kit::{Client, events, problems, push, start, start_live, start_option, start_with};
use multistreamer_mock::DeadChatManager;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_account_writes_once_it_has_a_writer() {
    let mock = start_live().await;
    let (mut john, mut second) = (Client::john(&mock).await, Client::john(&mock).await);
    let mut test = Client::of(&mock, "test", 21).await;
    let mut elsewhere = Client::of(&mock, "john", 22).await;
    john.write(17, 14, "too early").await;
    john.is_silent().await;
    for _ in 0..2 {
        john.ask_writer(17, 14).await;
        let result = json!({"type": "writerresult", "account_id": 17, "cur_stream_account_id": 14});
        assert_eq!(john.hear_json().await, result);
        assert_eq!(second.hear_json().await, result, "the other socket of the same user");
    }
    test.is_silent().await;
    elsewhere.is_silent().await;
    assert_eq!(john.status().await["accounts"]["17"]["ready"], false, "it stays so");
    // Others may use it, too.
    test.write(17, 14, "hi Kappa").await;
    for client in [&mut john, &mut second, &mut test] {
        let line = client.hear_json().await;
        assert_eq!(
            (&line["account_id"], &line["stream_id"], &line["network"]),
            (&json!(14), &json!(21), &json!("twitch"))
        );
        assert_eq!(
            line["from"],
            json!({"name": "gamethattunedev", "id": "146521877", "picture": "https://pics.example/gtt.png"})
        );
        assert_eq!(line["markdown"], "hi ![Kappa](http://static-cdn.jtvnw.net/emoticons/v1/25/1.0)");
        assert!(line.get("cur_stream_account_id").is_none(), "{line}");
    }
    // Writers outlive sockets, but not the stream.
    drop((john, second));
    push(&mock, "john", 21, false).await;
    push(&mock, "john", 21, true).await;
    test.until_status(false).await;
    test.until_status(true).await;
    test.write(17, 14, "another life").await;
    test.is_silent().await;
    assert_eq!(problems(&mock), ["dropped no-writer"; 2]);
}

#[tokio::test]
async fn the_streaming_account_is_echoed_by_the_server_itself() {
    let mock = start_live().await;
    let mut reader = Client::of(&mock, "reader", 21).await;
    reader.say(r#"{"type":"emote","account_id":14.0,"cur_stream_account_id":14e0,"text":"/me x!","extra":1}"#).await;
    let line = reader.hear_json().await;
    assert_eq!(
        line,
        json!({
            "type": "emote", "stream_id": 21, "account_id": 14, "network": "twitch", "timestamp": 1_767_225_600_000_i64,
            "from": {"name": "jprjrdev", "picture": "https://pics.example/jprjrdev.png"}, "text": "/me x!",
            "markdown": "/me x\\!",
        })
    );
    reader.ask_writer(14, 14).await;
    assert_eq!(reader.hear_type("writerresult").await["account_id"], 14);
}

#[tokio::test]
async fn ids_are_converted_for_writers_and_not_for_texts() {
    let mock = start_live().await;
    let mut john = Client::john(&mock).await;
    for id in [r#""17""#, "17.0", r#"" 17 ""#, r#""0x11""#, r#""1.7e1""#, "1.7e1"] {
        john.say(&format!(r#"{{"type":"writer","account_id":{id},"cur_stream_account_id":"14","user_id":2}}"#)).await;
        let result = json!({"type": "writerresult", "account_id": 17, "cur_stream_account_id": 14});
        assert_eq!(john.hear_json().await, result, "{id}");
    }
    for (account, target) in [
        (r#""0""#, "0"),
        (r#""14""#, r#""14""#),
        ("14", r#""14""#),
        ("false", "0"),
        ("null", "null"),
        ("14", "{}"),
        ("99", "14"),
    ] {
        john.say(&format!(r#"{{"type":"text","account_id":{account},"cur_stream_account_id":{target},"text":"x"}}"#))
            .await;
        john.is_silent().await;
    }
    for incomplete in [r#"{"type":"writer"}"#, r#"{"type":"writer","account_id":17,"cur_stream_account_id":null}"#] {
        john.say(incomplete).await;
        john.is_silent().await;
    }
    let seen = problems(&mock);
    let count = |code: &str| seen.iter().filter(|problem| *problem == code).count();
    assert_eq!(
        (count("dropped no-account"), count("dropped no-writer"), count("dropped incomplete-writer")),
        (7, 0, 2)
    );
}

const KILLERS: [&str; 10] = [
    r#"{"type":"writer","account_id":999,"cur_stream_account_id":14}"#,
    r#"{"type":"writer","account_id":14,"cur_stream_account_id":999}"#,
    r#"{"type":"writer","account_id":0,"cur_stream_account_id":0}"#,
    r#"{"type":"writer","account_id":"x","cur_stream_account_id":14}"#,
    r#"{"type":"writer","account_id":17.5,"cur_stream_account_id":14}"#,
    r#"{"type":"writer","account_id":true,"cur_stream_account_id":14}"#,
    r#"{"type":"writer","account_id":17,"cur_stream_account_id":{}}"#,
    r#"{"type":"writer","account_id":99999999999,"cur_stream_account_id":14}"#,
    r#"{"type":"writer","account_id":14,"cur_stream_account_id":17}"#,
    r#"{"type":"text","account_id":14,"cur_stream_account_id":14,"text":123}"#,
];

#[tokio::test]
async fn what_kills_the_real_chat_manager_is_told_and_passed_over() {
    let mock = start_live().await;
    let mut john = Client::john(&mock).await;
    for killer in KILLERS {
        john.say(killer).await;
        john.is_silent().await;
        john.write(14, 14, "alive?").await;
        assert_eq!(john.hear_json().await["text"], "alive?", "{killer}");
    }
    assert_eq!(problems(&mock), ["dropped killer-input"; KILLERS.len()]);
    // Never live: 14 on stream 24.
    let mut other = Client::of(&mock, "john", 24).await;
    other.ask_writer(14, 14).await;
    other.is_silent().await;
    assert_eq!(problems(&mock).len(), KILLERS.len() + 1);
}

#[tokio::test]
async fn the_chat_manager_dies_where_a_test_wants_that() {
    for killer in KILLERS {
        let mock = start_option(|options| options.dead_chat_manager = DeadChatManager::ByInput).await;
        push(&mock, "john", 21, true).await;
        let mut john = Client::john(&mock).await;
        john.say(killer).await;
        john.ask_writer(17, 14).await;
        john.write(14, 14, "lost").await;
        john.is_silent().await;
        mock.control("chat", &json!({"account_id": 14, "nick": "viewer1", "text": "lost"})).unwrap();
        mock.advance(Duration::from_secs(20));
        john.irc("irc goes on").await;
        assert_eq!(john.hear_json().await["text"], "irc goes on", "{killer}");
        push(&mock, "john", 21, false).await;
        assert_eq!(john.hear_type("status").await["status"]["data_pushing"], false);
        push(&mock, "john", 21, true).await;
        assert_eq!(john.hear_type("status").await["accounts"]["14"]["ready"], true, "and says that all is well");
        john.write(14, 14, "lost").await;
        john.is_silent().await;
        assert_eq!(mock.state()["chat_manager"], "dead");
        assert!(events(&mock).iter().any(|(topic, _)| topic == "chat-manager-died"));
        mock.reset();
        assert_eq!(mock.state()["chat_manager"], "alive");
    }
}

#[tokio::test]
async fn networks_differ_in_what_they_do_with_a_line() {
    let mock = start_with(|world| {
        world.lines.clear();
        world.accounts.iter_mut().for_each(|account| account.viewers = None);
    })
    .await;
    push(&mock, "john", 23, true).await;
    let mut trio = Client::of(&mock, "trio", 23).await;
    let emote = |account: i64| {
        json!({"type": "emote", "account_id": account, "cur_stream_account_id": account, "text": "waves"}).to_string()
    };
    trio.say(&emote(32)).await;
    let line = trio.hear_type("text").await;
    assert_eq!((&line["text"], &line["from"]["id"]), (&json!("*waves*"), &json!("UCtrio")));
    trio.say(&emote(34)).await;
    let line = trio.hear_type("emote").await;
    assert_eq!((&line["network"], &line["from"]["id"]), (&json!("mixer"), &json!(3400)));
    trio.say(&emote(33)).await;
    trio.is_silent().await;
    trio.ask_writer(33, 33).await;
    assert_eq!(trio.hear_type("writerresult").await["account_id"], 33, "although nobody can write there");
    trio.ask_writer(31, 30).await;
    trio.hear_type("writerresult").await;
    trio.write(31, 30, "B in A").await;
    assert_eq!(trio.hear_json().await["account_id"], 30);
    assert_eq!(problems(&mock), ["dropped network-cannot-write"]);
}

#[tokio::test]
async fn a_writer_can_take_its_time_and_be_mute() {
    let mock = start_option(|options| (options.writer_delay, options.mute_writers) = (1500, true)).await;
    push(&mock, "john", 21, true).await;
    let mut john = Client::john(&mock).await;
    john.ask_writer(17, 14).await;
    john.is_silent().await;
    mock.advance(Duration::from_millis(1500));
    john.hear_type("writerresult").await;
    john.write(17, 14, "lost").await;
    john.is_silent().await;
    assert_eq!(problems(&mock), ["dropped mute-writer"]);
    mock.control("go-live", &json!({"stream_id": 24})).unwrap();
    let mut preview = Client::of(&mock, "john", 24).await;
    preview.ask_writer(17, 14).await;
    preview.is_silent().await;
    push(&mock, "john", 24, false).await;
    preview.until_status(false).await;
    mock.advance(Duration::from_secs(2));
    preview.is_silent().await;
    assert_eq!(problems(&mock).last().unwrap(), "dropped not-live", "the end was before the writer");
}

#[tokio::test]
async fn a_writer_counts_its_own_viewers() {
    let mock = start().await;
    mock.control("viewers", &json!({"account_id": 17, "count": 9})).unwrap();
    push(&mock, "john", 21, true).await;
    let mut john = Client::john(&mock).await;
    let mut test = Client::of(&mock, "test", 21).await;
    john.ask_writer(17, 14).await;
    let count = json!({"type": "viewcountresult", "account_id": 17, "stream_id": 21, "viewer_count": 9});
    assert_eq!(john.hear_json().await, count);
    john.hear_type("writerresult").await;
    assert_eq!(test.hear_json().await, count);
}
