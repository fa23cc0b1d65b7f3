//! The internal chat and private messages (dossier 4.4 to 4.6).

use crate::kit::{Client, problems, start};
use serde_json::{Value, json};

const NOW: i64 = 1_767_225_600_000;

#[tokio::test]
async fn a_line_reaches_every_socket_of_the_stream_and_no_other() {
    let mock = start().await;
    let mut clients = [
        Client::john(&mock).await,
        Client::john(&mock).await,
        Client::of(&mock, "test", 21).await,
        Client::of(&mock, "reader", 21).await,
    ];
    let mut elsewhere = Client::of(&mock, "john", 22).await;
    clients[3].irc("see https://a.b! *now*").await;
    for client in &mut clients {
        assert_eq!(
            client.hear_json().await,
            json!({
                "type": "text", "account_id": 0, "cur_stream_account_id": 0, "stream_id": 21, "network": "irc",
                "timestamp": NOW, "from": {"id": 3, "name": "reader"}, "text": "see https://a.b! *now*",
                "markdown": "see [https://a.b!](https://a.b!) \\*now\\*",
            })
        );
        client.is_silent().await;
    }
    elsewhere.is_silent().await;
}

#[tokio::test]
async fn what_the_sender_adds_is_passed_on_in_the_form_of_the_server() {
    let mock = start().await;
    let mut john = Client::john(&mock).await;
    john.say(
        r#"{"type":"emote","account_id":0,"text":"a/b","from":{"name":"evil"},"network":"x","stream_id":9,"timestamp":1,
            "markdown":"**","uuid":"u","id":5,"extra":{"k":[1,null,{"y":[]}],"n":null},"l":[1,null],"big":1e20,"z":-0.0}"#,
    )
    .await;
    let text = john.hear().await;
    assert!(
        text.contains(r#""text":"a\/b""#) && text.contains(r#""big":1e+20"#) && text.contains(r#""z":-0"#),
        "{text}"
    );
    let message: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(message["extra"], json!({"k": [1, null, {"y": {}}]}));
    assert_eq!((&message["l"], &message["id"], &message["from"]["name"]), (&json!([1]), &json!(5), &json!("john")));
    assert_eq!((&message["network"], &message["stream_id"]), (&json!("irc"), &json!(21)));
    assert!(message.get("uuid").is_none() && message.get("cur_stream_account_id").is_none());
}

#[tokio::test]
async fn commands_are_those_of_the_server() {
    let mock = start().await;
    let mut john = Client::john(&mock).await;
    for (account, typed, heard) in [
        (14, "/irc hello irc", "hello irc"),
        (0, "/irc", ""),
        (14, "/irc  two blanks", " two blanks"),
        (0, "/me dances", "/me dances"),
        (0, " /msg test leading blank", " /msg test leading blank"),
        (0, "/IRC x", "/IRC x"),
        (0, "/irc /msg test no", "/msg test no"),
        (0, "", ""),
    ] {
        john.write(account, account, typed).await;
        let message = john.hear_json().await;
        assert_eq!((&message["text"], &message["account_id"]), (&json!(heard), &json!(0)), "{typed}");
        assert_eq!(message["cur_stream_account_id"], account);
    }
    for (text, markdown) in [("123", json!("123")), ("1.50", json!("1\\.5")), ("7", json!(7))] {
        john.say(&format!(r#"{{"type":"text","account_id":0,"text":{text}}}"#)).await;
        let message = john.hear_json().await;
        assert!(message["text"].is_number(), "{message}");
        assert_eq!(message["markdown"], markdown);
    }
}

#[tokio::test]
async fn a_private_message_reaches_both_users_wherever_they_are() {
    let mock = start().await;
    let mut hear = [
        Client::john(&mock).await,
        Client::of(&mock, "john", 22).await,
        Client::of(&mock, "test", 21).await,
        Client::of(&mock, "test", 23).await,
    ];
    let mut reader = Client::of(&mock, "reader", 21).await;
    hear[0].say(r#"{"type":"emote","account_id":"17","text":"/msg test *psst* a","stream_id":7,"foo":1}"#).await;
    for client in &mut hear {
        assert_eq!(
            client.hear_json().await,
            json!({
                "type": "emote", "account_id": 0, "network": "irc", "timestamp": NOW, "from": {"id": 1, "name": "john"},
                "to": {"id": 2, "name": "test"}, "text": "*psst* a", "markdown": "\\*psst\\* a", "foo": 1,
            })
        );
        client.is_silent().await;
    }
    reader.is_silent().await;
    // To somebody who is not there, and to oneself: one copy on each own socket.
    for user in ["nobody", "john"] {
        hear[1].irc(&format!("/msg {user} hi")).await;
        assert_eq!(hear[0].hear_json().await["to"]["name"], user);
        assert_eq!(hear[1].hear_json().await["text"], "hi");
        hear[1].is_silent().await;
    }
    for odd in ["/msg nosuch hi", "/msg TEST hi", "/msg  test hi", "/msg 2 hi", "/msg "] {
        hear[0].irc(odd).await;
        hear[0].is_silent().await;
    }
    assert_eq!(problems(&mock), ["dropped no-such-user"; 5]);
}

#[tokio::test]
async fn a_to_of_ones_own_and_relay_do_what_they_do_there() {
    let mock = start().await;
    let mut john = Client::john(&mock).await;
    let mut other = Client::of(&mock, "john", 22).await;
    let mut trio = Client::of(&mock, "trio", 23).await;
    john.say(r#"{"type":"text","account_id":0,"text":"a","to":{"name":"trio","id":6}}"#).await;
    john.say(r#"{"type":"text","account_id":0,"text":"b","to":{"name":"trio"}}"#).await;
    john.say(r#"{"type":"text","account_id":0,"text":"c","relay":"no"}"#).await;
    john.say(r#"{"type":"text","account_id":0,"text":"d","relay":false}"#).await;
    for text in ["a", "b"] {
        assert_eq!(john.hear_json().await["text"], text);
        assert_eq!(other.hear_json().await["text"], text);
    }
    assert_eq!(john.hear_json().await["text"], "d");
    assert_eq!(trio.hear_json().await["text"], "a");
    trio.is_silent().await;
    other.is_silent().await;
    assert_eq!(problems(&mock), ["dropped relayed"]);
}
