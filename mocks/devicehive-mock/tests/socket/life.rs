//! The life of a connection (dossier 1, 6).

use crate::kit::{Client, problems, start, start_as, token};
use devicehive_mock::Profile;
use dummyload_testkit::Frame;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_handshake_may_say_who_it_is() {
    let mock = start().await;
    let with = |header: String| {
        let url = mock.url();
        async move { Client::try_open(&url, Some(&header)).await }
    };
    let access = token(&mock, &json!({"user": "ann"}));
    let mut client = with(format!("Bearer {access}")).await.unwrap();
    assert_eq!(client.gets("user/getCurrent", "").await["current"]["login"], "ann");
    // Its token is not kept.
    client.fails("token/create", r#""payload":{"userId":2}"#, 401, "Unauthorized").await;
    let refresh = token(&mock, &json!({"user": "ann", "kind": "refresh"}));
    assert_eq!(with(format!("Bearer {refresh}")).await.err(), Some(401));
    assert_eq!(with("Bearer garbage".to_owned()).await.err(), Some(401));
    assert_eq!(with("Basic eA==".to_owned()).await.err(), Some(500));
    assert_eq!(with(format!("bearer {access}")).await.err(), Some(500));

    let mock = start_as(Profile::Server35).await;
    let mut doomed = Client::try_open(&mock.url(), Some("Basic eA==")).await.unwrap();
    assert_eq!(doomed.ask("{}").await, "close 1011");
    let mock = start_as(Profile::Spec).await;
    assert_eq!(Client::try_open(&mock.url(), Some("Basic eA==")).await.err(), Some(401));
}

#[tokio::test]
async fn all_are_pinged_at_the_half_and_the_full_minute() {
    let mock = start().await;
    let (mut one, mut other) = (Client::open(&mock).await, Client::open(&mock).await);
    mock.advance(Duration::from_secs(29));
    one.is_silent().await;
    mock.advance(Duration::from_secs(31));
    for client in [&mut one, &mut other] {
        assert_eq!((client.hear().await, client.hear().await), ("ping".to_owned(), "ping".to_owned()));
    }
}

#[tokio::test]
async fn binary_messages_end_a_connection() {
    let mock = start().await;
    let mut client = Client::open(&mock).await;
    client.send(Frame::binary("{}".as_bytes().to_vec())).await;
    assert_eq!(client.hear().await, "close 1003 Binary messages not supported");
    assert_eq!(problems(&mock), ["refused binary"]);
}

#[tokio::test]
async fn server_3_5_takes_no_long_messages() {
    let mock = start_as(Profile::Server35).await;
    let mut client = Client::open(&mock).await;
    let text = |length: usize| format!(r#"{{"action":"{}"}}"#, "x".repeat(length - 13));
    assert!(client.ask(&text(10_240)).await.contains("Illegal argument"));
    client.say(&text(10_241)).await;
    assert_eq!(client.hear().await, "close 1009 UT002040: Message exceeded max message size of 10240");
}

#[tokio::test]
async fn what_a_user_becomes_shows_at_once_where_it_is_looked_up() {
    let mock = start().await;
    let mut admin = Client::admin(&mock).await;
    let mut ann = Client::of(&mock, "ann").await;
    let id = ann.subscribes("notification/subscribe", r#""deviceId":"pump-1""#).await;
    admin.does("user/update", r#""userId":2,"user":{"status":1}"#).await;
    assert_eq!(ann.does("device/count", "").await, r#""count":2"#);
    admin.does("user/unassignNetwork", r#""userId":2,"networkId":2"#).await;
    ann.fails("device/get", r#""deviceId":"pump-1""#, 403, "Access is denied").await;
    assert_eq!(ann.does("device/list", "").await, r#""devices":[]"#);
    // What he has subscribed to goes on.
    admin.does("notification/insert", r#""deviceId":"pump-1","notification":{"notification":"n"}"#).await;
    assert_eq!(ann.drain_pushes().await, [("n".to_owned(), id)]);
}
