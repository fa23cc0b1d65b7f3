//! Going live and ending (dossier 4.1, 4.3).

use crate::kit::{Client, api, http, problems, push, start, start_spec, start_with};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn everybody_is_told_in_his_own_view() {
    let mock = start_with(|world| world.lines.clear()).await;
    let mut clients =
        [Client::john(&mock).await, Client::of(&mock, "test", 21).await, Client::of(&mock, "reader", 21).await];
    let mut elsewhere = Client::of(&mock, "john", 22).await;
    let twitch = json!({"name": "twitch", "displayName": "Twitch"});
    let irc = |name: &str| json!({"name": name, "ready": true, "live": false, "writable": true, "network": {"name": "irc", "displayName": "IRC"}});
    assert_eq!(
        clients[0].status().await,
        json!({
            "type": "status", "status": {"data_incoming": false, "data_pulling": false, "data_pushing": false},
            "accounts": {"0": irc("john")},
        })
    );
    let answer = push(&mock, "john", 21, true).await;
    assert_eq!(answer.json(), json!({"status": {"data_incoming": false, "data_pulling": false, "data_pushing": true}}));
    let live = |writable: bool| {
        json!({
            "name": "jprjrdev", "ready": true, "live": true, "writable": writable, "network": twitch,
            "http_url": "https://twitch.tv/jprjrdev",
        })
    };
    let spare = |name: &str| json!({"name": name, "ready": false, "live": false, "writable": true, "network": twitch});
    for (client, accounts) in clients.iter_mut().zip([
        json!({"0": irc("john"), "14": live(true), "17": spare("gamethattunedev")}),
        json!({"0": irc("test"), "14": live(true), "19": spare("testtw"), "31": spare("trio_b")}),
        json!({"0": irc("reader"), "14": live(false)}),
    ]) {
        assert_eq!(client.hear_type("status").await["accounts"], accounts);
        let count = json!({"type": "viewcountresult", "account_id": 14, "stream_id": 21, "viewer_count": 3});
        assert_eq!(client.hear_json().await, count);
        client.is_silent().await;
    }
    elsewhere.is_silent().await;
    push(&mock, "john", 21, true).await;
    clients[0].is_silent().await;
    push(&mock, "john", 21, false).await;
    for (client, name) in clients.iter_mut().zip(["john", "test", "reader"]) {
        assert_eq!(client.hear_type("status").await["accounts"], json!({"0": irc(name)}));
    }
}

#[tokio::test]
async fn viewers_are_counted_every_minute_while_the_network_says_so() {
    let mock = start_with(|world| world.lines.clear()).await;
    let mut john = Client::john(&mock).await;
    push(&mock, "john", 21, true).await;
    john.until_status(true).await;
    assert_eq!(john.hear_type("viewcountresult").await["viewer_count"], 3);
    mock.control("viewers", &json!({"network": "twitch", "channel_id": 101, "count": 42})).unwrap();
    // The pings are the server's: it asks after half a minute of silence.
    mock.advance(Duration::from_secs(60));
    assert_eq!(john.hear().await, "ping ping");
    assert_eq!(john.hear().await, "ping ping");
    assert_eq!(john.hear_type("viewcountresult").await["viewer_count"], 42);
    john.is_silent().await;
    mock.control("viewers", &json!({"account_id": 14, "count": null})).unwrap();
    mock.advance(Duration::from_secs(29));
    john.is_silent().await;
    mock.advance(Duration::from_secs(29));
    john.is_silent().await;
    mock.advance(Duration::from_secs(2));
    john.is_silent().await;
    push(&mock, "john", 21, false).await;
    john.until_status(false).await;
    mock.control("viewers", &json!({"account_id": 14, "count": 1})).unwrap();
    mock.advance(Duration::from_secs(29));
    john.is_silent().await;
}

#[tokio::test]
async fn an_encoder_comes_and_goes() {
    let mock = start_with(|world| {
        world.lines.clear();
        world.accounts.iter_mut().for_each(|account| account.viewers = None);
    })
    .await;
    let key = mock.demo()["stream_key"].as_str().unwrap().to_owned();
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let hook = async |path: &str, key: &str| {
        let answer = http(&mock, "POST", path, &form, &format!("name={key}&call=publish")).await;
        (answer.status, answer.body)
    };
    let mut john = Client::john(&mock).await;
    let flags = |incoming: bool, pushing: bool| json!({"data_incoming": incoming, "data_pulling": false, "data_pushing": pushing});
    let ok = (200, "OK".to_owned());
    assert_eq!(hook("/on-update", &key).await, (404, "Error".to_owned()));
    assert_eq!(hook("/on-publish", &key).await, ok);
    assert_eq!(john.hear_type("status").await["status"], flags(true, true));
    assert_eq!(hook("/on-publish", &key).await, ok);
    assert_eq!(hook("/on-update", &key).await, ok);
    john.is_silent().await;
    push(&mock, "john", 21, false).await;
    let end = john.hear_type("status").await;
    assert_eq!((&end["status"], end["accounts"].as_object().unwrap().len()), (&flags(false, false), 1));
    assert_eq!(john.status().await["status"], flags(true, false), "the encoder still sends");
    assert_eq!(hook("/on-done", &key).await, ok);
    assert_eq!(john.hear_type("status").await["status"], flags(false, false), "and once more");
    assert_eq!(hook("/on-publish", "nonsense").await, (404, "Stream not found".to_owned()));

    // Somebody wants to have a look before.
    let mut preview = Client::of(&mock, "john", 24).await;
    mock.control("encoder-on", &json!({"stream_id": 24})).unwrap();
    let status = preview.hear_type("status").await;
    assert_eq!((&status["status"], status["accounts"].as_object().unwrap().len()), (&flags(true, false), 1));
    mock.control("go-live", &json!({"stream_id": 24})).unwrap();
    assert_eq!(preview.hear_type("status").await["status"], flags(true, true));
    mock.control("encoder-off", &json!({"stream_id": 24})).unwrap();
    assert_eq!(preview.hear_type("status").await["status"], flags(false, false));
}

#[tokio::test]
async fn a_network_can_refuse() {
    let mock = start().await;
    let mut test = Client::of(&mock, "test", 25).await;
    let answer = push(&mock, "test", 25, true).await;
    assert_eq!((answer.status, answer.json()), (400, json!({"error": "Twitch: missing required settings"})));
    test.is_silent().await;
    assert_eq!(problems(&mock), ["refused network-refuses"]);
    let error = mock.control("go-live", &json!({"stream_id": 25})).unwrap_err().to_string();
    assert!(error.contains("Twitch: missing required settings"), "{error}");
    let settings = json!({"title": "T", "game": "Tetris"});
    mock.control("attach", &json!({"stream_id": 25, "account_id": 19, "settings": settings})).unwrap();
    assert_eq!(push(&mock, "test", 25, true).await.status, 200);
    assert_eq!(test.hear_type("status").await["status"]["data_pushing"], true);
}

#[tokio::test]
async fn all_networks_go_live_together() {
    let mock = start_with(|world| world.lines.clear()).await;
    let mut trio = Client::of(&mock, "trio", 23).await;
    push(&mock, "john", 23, true).await;
    let status = trio.hear_type("status").await;
    for (id, url, writable) in [
        ("30", "https://twitch.tv/trio_a", true),
        ("32", "https://youtu.be/trio-yt", true),
        ("33", "https://facebook.com/trio-fb", false),
        ("34", "https://mixer.com/trio_m", true),
    ] {
        let account = &status["accounts"][id];
        assert_eq!((&account["http_url"], &account["writable"]), (&json!(url), &json!(writable)), "{status}");
    }
    let mut counts = Vec::new();
    for _ in 0..5 {
        counts.push(trio.hear_type("viewcountresult").await["viewer_count"].as_i64().unwrap());
    }
    assert_eq!(counts, [12, 1, 250, 40, 7]);
    trio.is_silent().await;
}

#[tokio::test]
async fn sockets_learn_of_a_new_account_after_an_edit_only() {
    let mock = start_with(|world| world.lines.clear()).await;
    let mut john = Client::of(&mock, "john", 22).await;
    push(&mock, "john", 22, true).await;
    john.until_status(true).await;
    mock.control("attach", &json!({"stream_id": 22, "account_id": 17})).unwrap();
    assert_eq!(john.status().await["accounts"].as_object().unwrap().len(), 1);
    let edited = api(&mock, "john", "POST", "/stream/22", r#"{"name":"Other two"}"#).await;
    assert_eq!(edited.json()["stream"]["slug"], "other-two");
    let status = john.status().await;
    assert_eq!(status["accounts"]["17"]["live"], true, "{status}");
    assert_eq!((status["accounts"]["17"].get("http_url"), &status["accounts"]["14"]["live"]), (None, &json!(false)));
}

#[tokio::test]
async fn the_chat_of_a_deleted_stream_goes_on_until_somebody_asks() {
    let mock = start_with(|world| {
        world.lines.clear();
        world.options.view_count_every = 20;
    })
    .await;
    let mut john = Client::john(&mock).await;
    push(&mock, "john", 21, true).await;
    john.hear_type("status").await;
    john.hear_type("viewcountresult").await;
    let mut late = Client::of(&mock, "test", 21).await;
    assert_eq!(api(&mock, "john", "DELETE", "/stream/21", "").await.status, 200);
    mock.control("chat", &json!({"account_id": 14, "nick": "viewer1", "text": "still here"})).unwrap();
    john.write(14, 14, "so am I").await;
    for client in [&mut john, &mut late] {
        assert_eq!(client.hear_json().await["text"], "still here", "and no status before");
        assert_eq!(client.hear_json().await["text"], "so am I");
    }
    mock.advance(Duration::from_secs(20));
    for client in [&mut john, &mut late] {
        assert_eq!(client.hear_type("viewcountresult").await["viewer_count"], 3);
    }
    // Who has not seen the list of accounts gets the empty one of now.
    let status = late.status().await;
    assert_eq!((&status["status"]["data_pushing"], &status["accounts"]["14"]), (&json!(true), &json!(null)));
    john.say(r#"{"type":"status"}"#).await;
    assert_eq!(john.hear().await, "cut");
    assert_eq!(problems(&mock), ["refused stale-account"]);

    let spec = start_spec().await;
    let mut john = Client::john(&spec).await;
    push(&spec, "john", 21, true).await;
    john.until_status(true).await;
    assert_eq!(api(&spec, "john", "DELETE", "/stream/21", "").await.status, 200);
    john.until_status(false).await;
    john.is_silent().await;
}

#[tokio::test]
async fn an_account_that_was_deleted_fails_at_the_next_status_only() {
    let mock = start_with(|world| world.lines.clear()).await;
    let (mut john, mut test) = (Client::john(&mock).await, Client::of(&mock, "test", 21).await);
    push(&mock, "john", 21, true).await;
    for client in [&mut john, &mut test] {
        client.hear_type("status").await;
        client.hear_type("viewcountresult").await;
    }
    assert_eq!(api(&mock, "nobody", "DELETE", "/account/14", "").await.status, 200);
    john.write(14, 14, "it goes on").await;
    assert_eq!(john.hear_json().await["text"], "it goes on");
    assert_eq!(test.hear_json().await["text"], "it goes on");
    john.say(r#"{"type":"status"}"#).await;
    assert_eq!(john.hear().await, "cut");
    push(&mock, "john", 21, false).await;
    test.hear_type("status").await;
    push(&mock, "john", 21, true).await;
    assert_eq!(test.hear().await, "close", "what is told without being asked for ends the other way");

    let spec = start_spec().await;
    let mut john = Client::john(&spec).await;
    push(&spec, "john", 21, true).await;
    john.until_status(true).await;
    john.hear_type("viewcountresult").await;
    assert_eq!(api(&spec, "john", "DELETE", "/account/14", "").await.status, 200);
    john.write(14, 14, "nobody hears this").await;
    assert_eq!(john.hear_type("error").await["code"], "no-account");
    assert_eq!(john.status().await["accounts"]["14"], json!(null));
}
