//! The control plane's verbs, and what is told.

use crate::kit::{Client, get, problems, push, start, start_with, token};
use multistreamer_mock::{MultistreamerMock, Options, Query, WorldFile};
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_dropped_in_silence_is_told_with_its_reason() {
    let mock = start().await;
    let mut john = Client::john(&mock).await;
    john.write(14, 14, "nobody hears this").await;
    john.is_silent().await;
    let told = get(&mock, "/__mock/problems").await.json();
    let problem = &told["problems"][0];
    assert_eq!(
        (&problem["reaction"], &problem["code"], &problem["source"]),
        (&json!("dropped"), &json!("not-live"), &json!("dossier 4.4"))
    );
    assert!(problem["problem"].as_str().unwrap().contains("the stream is not live"), "{problem}");
    john.irc("heard").await;
    john.hear_json().await;
    mock.verify(&Query::event("said"), 1).unwrap();
}

#[tokio::test]
async fn no_secret_is_in_the_journal_or_the_state() {
    let mock = start().await;
    let _john = Client::john(&mock).await;
    push(&mock, "john", 21, true).await;
    crate::kit::http(
        &mock,
        "POST",
        "/login",
        &[("Content-Type", "application/x-www-form-urlencoded")],
        "username=john&password=demo-password",
    )
    .await;
    let key = mock.demo()["stream_key"].as_str().unwrap().to_owned();
    crate::kit::http(
        &mock,
        "POST",
        "/on-publish",
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &format!("name={key}"),
    )
    .await;
    crate::kit::api(&mock, "john", "GET", "/stream/21", "").await;
    let shown = [json!(mock.journal(&Query::any())).to_string(), mock.state().to_string()].concat();
    for secret in [token("john"), "demo-password".to_owned(), key] {
        assert!(!shown.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn a_world_is_saved_and_loaded() {
    let mock = start().await;
    push(&mock, "john", 21, true).await;
    let saved = mock.control("save", &json!({})).unwrap()["world"].as_str().unwrap().to_owned();
    let file = WorldFile::parse(&saved).unwrap();
    assert!(file.streams.iter().find(|stream| stream.id.0 == 21).unwrap().live);
    let mut john = Client::john(&mock).await;
    mock.control("load", &json!({"world": saved})).unwrap();
    assert_eq!(john.hear().await, "cut");
    let mut again = Client::john(&mock).await;
    let status = again.status().await;
    assert_eq!((&status["status"]["data_pushing"], &status["accounts"]["14"]["live"]), (&json!(true), &json!(true)));
    again.write(14, 14, "it goes on").await;
    assert_eq!(again.hear_json().await["text"], "it goes on");
    mock.reset();
    let mut first = Client::john(&mock).await;
    assert_eq!(first.status().await["status"]["data_pushing"], false);
    // What a network would refuse cannot be live in a file.
    mock.control("attach", &json!({"stream_id": 22, "account_id": 17})).unwrap();
    assert!(mock.control("save", &json!({})).is_ok());
    mock.control("attach", &json!({"stream_id": 22, "account_id": 17, "attached": false})).unwrap();
    push(&mock, "john", 22, true).await;
    mock.control("attach", &json!({"stream_id": 22, "account_id": 17})).unwrap();
    let error = mock.control("save", &json!({})).unwrap_err().to_string();
    assert!(error.contains("cannot say what there is now: stream 22 cannot be live: Twitch wants"), "{error}");
    let error = mock.control("load", &json!({"world": "nonsense = 1"})).unwrap_err().to_string();
    assert!(error.contains("unknown field `nonsense`"), "{error}");
}

#[tokio::test]
async fn what_is_not_in_the_file_is_made_and_the_same_for_one_seed() {
    let start = async |seed: u64| {
        let mut world = WorldFile::demo();
        world.users.iter_mut().for_each(|user| user.token.clear());
        world.streams.iter_mut().for_each(|stream| stream.key.clear());
        MultistreamerMock::builder().seed(seed).virtual_clock().world(world).start().await.unwrap()
    };
    let (one, same, other) = (start(1).await.demo(), start(1).await.demo(), start(2).await.demo());
    assert_eq!(one, same);
    assert_ne!(one["token"], other["token"]);
    let tokens: Vec<&Value> =
        ["token", "guest_token", "reader_token", "stranger_token"].map(|name| &one[name]).to_vec();
    assert!(tokens.iter().all(|token| token.as_str().unwrap().len() == 20), "{one}");
    let mock = start(1).await;
    let new = mock.control("new-token", &json!({"user": "john"})).unwrap();
    assert!(!tokens.contains(&&new["token"]), "a later token is another one");
}

#[tokio::test]
async fn strange_texts_come_on_demand() {
    let mock = start().await;
    let (mut john, mut other) = (Client::john(&mock).await, Client::of(&mock, "john", 22).await);
    for (form, expected) in [
        ("no-type", r#""text":"no type""#),
        ("unknown-type", r#""type":"something-new""#),
        ("no-accounts", r#""data_pushing":false}}"#),
        ("no-irc", r#""accounts":{}"#),
        ("not-json", "this is no JSON"),
        ("end-again", r#""accounts":{"0""#),
    ] {
        let done = mock.control("strange", &json!({"form": form, "stream_id": 21})).unwrap();
        assert_eq!(done["sockets"], 1);
        let text = john.hear().await;
        assert!(text.contains(expected), "{form}: {text}");
    }
    other.is_silent().await;
    mock.control("strange", &json!({"form": "bad-utf8"})).unwrap();
    assert_eq!(john.hear().await, "cut");
    mock.control("redis-loss", &json!({})).unwrap();
    assert_eq!(other.hear().await, "cut");
    let mut again = Client::john(&mock).await;
    mock.control("redis-loss", &json!({})).unwrap();
    assert_eq!(again.hear().await, "close");
}

#[tokio::test]
async fn mistakes_are_explained() {
    let mock = start().await;
    for (verb, body, expected) in [
        ("nonsense", json!({}), "there is no verb \"nonsense\"; there are chat, emote"),
        ("chat", json!({"nick": "x"}), "missing field `text`; write {\"account_id\":14"),
        ("chat", json!({"nick": "x", "text": "x"}), "name a channel or an account"),
        ("chat", json!({"account_id": 99, "nick": "x", "text": "x"}), "there is no account 99"),
        ("chat", json!({"account_id": 18, "nick": "x", "text": "x"}), "there is no chat on Custom RTMP"),
        (
            "chat",
            json!({"network": "myspace", "channel": "x", "nick": "x", "text": "x"}),
            "there is no network \"myspace\"",
        ),
        ("whisper", json!({"network": "youtube", "to": "trio-yt", "nick": "x", "text": "x"}), "only those of Twitch"),
        (
            "chat",
            json!({"channel": "nochan", "nick": "x", "text": "x"}),
            "no account of this world has the channel \"nochan\"",
        ),
        ("chat", json!({"account_id": 17, "channel": "jprjrdev", "nick": "x", "text": "x"}), "and not both"),
        ("chat", json!({"account_id": 14, "to": "x", "nick": "x", "text": "x"}), "`to` goes with the verb whisper"),
        ("chat", json!({"account_id": 14, "nick": "", "text": "x"}), "nick is empty"),
        ("chat", json!({"account_id": 14, "nick": "x", "text": "a\r\nb"}), "there is a line break"),
        ("emote", json!({"account_id": 14, "nick": "x\n", "text": "a"}), "there is a line break"),
        (
            "chat",
            json!({"account_id": 14, "nick": "x", "text": "Kappa", "emotes": "junk"}),
            "emotes is \"junk\"; write",
        ),
        ("chat", json!({"account_id": 14, "nick": "x", "text": "Kappa", "emotes": "25:4-0"}), "emotes is \"25:4-0\""),
        ("chat", json!({"account_id": 14, "nick": "x", "text": "Kappa", "emotes": "25:0-5"}), "within the text"),
        (
            "chat",
            json!({"account_id": 14, "nick": "x", "text": "Kappa", "emotes": "25:0-99999999999999999999"}),
            "write it",
        ),
        ("chat", json!({"account_id": 32, "nick": "x", "text": "Kappa", "emotes": "25:0-4"}), "only Twitch tells"),
        ("whisper", json!({"to": "nochan", "nick": "x", "text": "x"}), "no account of this world has the channel"),
        ("whisper", json!({"channel": "jprjrdev", "nick": "x", "text": "x"}), "a whisper goes `to`"),
        ("viewers", json!({"count": 1}), "name an account or a channel"),
        ("viewers", json!({"account_id": 14}), "say a count, or null"),
        ("viewers", json!({"account_id": 14, "channel_id": 101, "count": 1}), "and not both"),
        ("viewers", json!({"account_id": 18, "count": 5}), "nobody is counted on Custom RTMP"),
        ("viewers", json!({"network": "x", "channel_id": 1, "count": 5}), "there is no network \"x\""),
        (
            "share",
            json!({"user": "test", "stream_id": 21, "account_id": 17}),
            "share a stream or an account, and not both",
        ),
        (
            "share",
            json!({"user": "test", "account_id": 17, "chat_level": 1}),
            "share a stream or an account, and not both",
        ),
        ("share", json!({"user": "test", "stream_id": 21}), "say chat_level, metadata_level or both"),
        ("viewers", json!({"channel_id": "1", "count": 1}), "no account of this world has that channel"),
        ("go-live", json!({"stream_id": 99}), "there is no stream 99"),
        ("share", json!({"user": "john", "stream_id": 21, "chat_level": 1}), "stream 21 belongs to user 1"),
        ("share", json!({"user": "test", "stream_id": 21, "chat_level": 3}), "a level is 0 nothing"),
        ("share", json!({"user": "john", "account_id": 14}), "account 14 belongs to user 1"),
        ("new-token", json!({"user": "zed"}), "there is no user \"zed\""),
        ("options", json!({"nonsense": 1}), "unknown field `nonsense`"),
        ("options", json!({"http_prefix": "x"}), "the option http_prefix is \"x\""),
        ("attach", json!({"stream_id": 21, "account_id": 99}), "there is no account 99"),
    ] {
        let error = mock.control(verb, &body).unwrap_err().to_string();
        assert!(error.contains(expected), "{verb} {body}: {error}");
    }
    assert_eq!(problems(&mock), Vec::<String>::new());
    let error = MultistreamerMock::builder().options(bad()).start().await.unwrap_err().to_string();
    assert!(error.contains("the world: the option public_url"), "{error}");
}

fn bad() -> Options {
    let mut options = Options::default();
    options.public_url = "x".into();
    options
}

#[tokio::test]
async fn an_act_of_a_recording_may_name_its_verb() {
    let mock = start_with(|world| world.lines.clear()).await;
    let act = json!({"do": "viewers", "network": "twitch", "channel_id": 101, "count": 5});
    assert_eq!(mock.control("viewers", &act).unwrap()["accounts"], json!([14]));
    assert!(mock.control("end", &act).is_err());
}
