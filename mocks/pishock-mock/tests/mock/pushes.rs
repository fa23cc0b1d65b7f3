//! Life signs and logs (dossier 5, 10.6).

use crate::kit::{Client, FRIEND_KEY, SOON, command, http, key, problems, publish, start, topics, with};
use dummyload_host::Query;
use serde_json::{Value, json};
use std::time::Duration;

const START: u64 = 1_767_225_600;

#[tokio::test]
async fn a_life_sign_every_15_seconds_in_both_dialects() {
    let mock = start().await;
    let (mut v2, mut v1, mut other) = (Client::v2(&mock).await, Client::v1(&mock).await, Client::v2(&mock).await);
    mock.advance(Duration::from_secs(60));
    v2.is_silent().await;
    v2.subscribe("1234-ping").await;
    v1.ask(r#"["SUBSCRIBE","[\"1234-ping\"]"]"#).await;
    mock.advance(Duration::from_millis(14_999));
    v2.is_silent().await;
    for round in 0..3 {
        mock.advance(Duration::from_millis(if round == 0 { 1 } else { 15_000 }));
        let at = START + 75 + round * 15;
        let push = format!(
            r#"{{"ErrorCode":null,"IsError":false,"Message":"{at}","OriginalCommand":"","Source":"1234-ping"}}"#
        );
        assert_eq!(v2.hear().await, push);
        assert_eq!(v1.hear().await, format!(r#"{{"Command":"MESSAGE","Payload":["1234-ping","{at}"]}}"#));
    }
    assert_eq!(mock.state()["hubs"][0]["last_ping"], json!((START + 105) as f64));
    mock.advance(Duration::from_secs(45));
    for _ in 0..3 {
        v2.hear().await;
        v1.hear().await;
    }
    v2.is_silent().await;
    v1.is_silent().await;
    other.is_silent().await;
}

#[tokio::test]
async fn only_who_listens_is_told_and_only_while_he_does() {
    let mock = start().await;
    let (mut a, mut b) = (Client::v2(&mock).await, Client::v2(&mock).await);
    a.subscribe("1234-ping").await;
    mock.advance(Duration::from_secs(10));
    b.subscribe("1234-ping").await;
    b.subscribe("1234-ping").await;
    mock.advance(Duration::from_secs(5));
    assert_eq!((a.hear().await, 1), (b.hear().await, 1), "the same sign at the same time, once each");
    a.ask(r#"{"Operation":"UNSUBSCRIBE","Targets":["1234-ping"]}"#).await;
    mock.advance(Duration::from_secs(15));
    b.hear().await;
    a.is_silent().await;
    drop(b);
    mock.wait_for(&Query::gone(), 1, SOON).await.unwrap();
    assert_eq!(mock.state()["hubs"][0]["next_ping"], Value::Null, "nobody listens, so nothing is due");
    mock.advance(Duration::from_secs(7));
    a.subscribe("1234-ping").await;
    mock.advance(Duration::from_secs(8));
    assert_eq!(a.hear_json().await["Message"], (START + 45).to_string(), "the hub has kept its beat");
    a.ask(r#"{"Operation":"UNSUBSCRIBE","Targets":["*"]}"#).await;
    mock.advance(Duration::from_secs(60));
    a.is_silent().await;
}

#[tokio::test]
async fn a_hub_that_is_offline_is_silent() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    client.subscribe("1234-ping").await;
    mock.control("online", &json!({"hub": 1234, "online": false})).unwrap();
    mock.advance(Duration::from_secs(100));
    client.is_silent().await;
    mock.control("online", &json!({"hub": 1234, "online": true})).unwrap();
    assert_eq!(client.hear_json().await["Message"], (START + 100).to_string(), "at once when it is back");
    mock.advance(Duration::from_secs(15));
    assert_eq!(client.hear_json().await["Message"], (START + 115).to_string());
    mock.control("online", &json!({"hub": 1234, "online": true})).unwrap();
    client.is_silent().await;
}

#[tokio::test]
async fn the_log_has_each_executed_command_and_no_other() {
    let mock = start().await;
    let (mut v2, mut v1, mut sender) = (Client::v2(&mock).await, Client::v1(&mock).await, Client::v2(&mock).await);
    v2.subscribe("1234-log").await;
    v1.ask(r#"["SUBSCRIBE","[\"1234-log\"]"]"#).await;
    mock.advance(Duration::from_secs(3));
    sender.publish(&[with(command("c1234-ops", 321, "v", 20, 1000), "l.o", json!("my \"app\""))]).await;
    let line = r#"{"id":321,"m":"v","i":20,"d":1000,"l":{"u":77,"ty":"api","w":false,"h":false,"o":"my \"app\""},"t":1767225603}"#;
    let message = Value::from(line);
    let push =
        format!(r#"{{"ErrorCode":null,"IsError":false,"Message":{message},"OriginalCommand":"","Source":"1234-log"}}"#);
    assert_eq!(v2.hear().await, push);
    assert_eq!(v1.hear().await, format!(r#"{{"Command":"MESSAGE","Payload":["1234-log",{message}]}}"#));
    sender.publish(&[with(command("c1234-ops", 321, "v", 20, 1000), "r", json!(false))]).await;
    sender.publish(&[command("c9-ops", 321, "v", 20, 1000)]).await;
    v2.is_silent().await;
    sender.publish(&[command("c1234-ops", 321, "e", 0, 0)]).await;
    let stop: Value = serde_json::from_str(v2.hear_json().await["Message"].as_str().unwrap()).unwrap();
    assert_eq!(json!([stop["m"], stop["i"], stop["d"]]), json!(["e", 0, 0]));
    assert_eq!(topics(&mock), ["executed", "dropped-busy", "stopped"]);
}

#[tokio::test]
async fn the_reply_comes_before_the_log_of_the_same_command() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    client.subscribe("1234-log").await;
    client.say(&publish(&[command("c1234-ops", 321, "v", 1, 100)])).await;
    assert_eq!(client.hear_json().await["Message"], "Publish successful.");
    assert_eq!(client.hear_json().await["Source"], "1234-log");
}

#[tokio::test]
async fn the_end_of_time_comes_in_peace() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    client.subscribe("1234-ping").await;
    for now in [1e10, 1e11, 253_402_300_799.0] {
        let body = json!({"mode": "virtual", "now": now}).to_string();
        assert_eq!(http(&mock, "PUT", "/__mock/clock", &[], &body).await.status, 200);
        assert_eq!(client.hear_json().await["Source"], "1234-ping", "one, however many are missed");
        client.is_silent().await;
    }
    // Beyond the last second of the calendar.
    mock.advance(Duration::from_secs(3600));
    let mut last = client.ask(r#"{"Operation":"PING"}"#).await;
    while last["Message"] != "PONG" {
        last = client.hear_json().await;
    }
}

#[tokio::test]
async fn who_gives_a_share_back_hears_its_log_no_more() {
    let mock = start().await;
    let (mut demo, mut friend) = (Client::v2(&mock).await, Client::friend(&mock).await);
    demo.subscribe("2345-log").await;
    friend.subscribe("2345-log").await;
    let own = with(command("c2345-ops", 654, "v", 10, 1000), "l.u", json!(78));
    let order = publish(&[own]);
    friend.ask(&order).await;
    assert_eq!(demo.hear_json().await["Source"], "2345-log");
    friend.hear().await;
    assert_eq!(http(&mock, "DELETE", "/Share/1", &key(crate::kit::KEY), "").await.status, 204);
    friend.ask(&order).await;
    friend.hear().await;
    demo.is_silent().await;
    assert_eq!(http(&mock, "GET", "/Share/GetShared", &key(FRIEND_KEY), "").await.json(), json!([]));
    assert_eq!(problems(&mock), [""; 0]);
}
