//! V2: envelopes, reply counts, refusals (dossier 3, 4, 10.1 to 10.4).

use crate::kit::{Client, command, outcomes, problems, publish, start, start_with, topics, with};
use dummyload_testkit::Frame;
use pishock_mock::WorldFile;
use serde_json::{Value, json};

#[tokio::test]
async fn the_documented_messages_have_the_documented_replies_to_the_byte() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    client.is_silent().await;
    let publish = concat!(
        r#"{"Operation":"PUBLISH","PublishCommands":[{"Target":"c1234-ops","Body":{"id":321,"m":"v","i":20,"d":1000,"#,
        r#""r":true,"l":{"u":77,"ty":"api","w":false,"h":false,"o":"my app"}}}]}"#
    );
    for (request, message) in [
        (r#"{"Operation":"SUBSCRIBE","Targets":["1234-ping"]}"#, "1234-ping subscribed to."),
        (publish, "Publish successful."),
        (r#"{"Operation":"UNSUBSCRIBE","Targets":["1234-ping"]}"#, "1234-ping unsubscribed from."),
        (r#"{"Operation":"UNSUBSCRIBE","Targets":["*"]}"#, "* unsubscribed from."),
    ] {
        client.say(request).await;
        let original = Value::from(request);
        let expected =
            format!(r#"{{"ErrorCode":null,"IsError":false,"Message":"{message}","OriginalCommand":{original}}}"#);
        assert_eq!(client.hear().await, expected);
    }
    client.say(r#"{"Operation":"PING"}"#).await;
    let pong = r#"{"ErrorCode":null,"IsError":false,"Message":"PONG","OriginalCommand":"PING"}"#;
    assert_eq!(client.hear().await, pong);
    assert_eq!((problems(&mock), topics(&mock)), (vec![], vec!["executed".to_owned()]));
}

#[tokio::test]
async fn one_reply_for_each_target_and_one_for_each_publish() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let targets = ["1234-ping", "1234-log", "2345-ping", "c1234-log", "1234-ping", "nonsense", "2345-log"];
    client.say(&json!({"Operation": "SUBSCRIBE", "Targets": targets}).to_string()).await;
    let mut replies = Vec::new();
    for _ in targets {
        let reply = client.hear_json().await;
        replies.push(json!([reply["ErrorCode"], reply["IsError"], reply["Message"]]));
    }
    let denied = "PERMISSION_ERROR";
    let expected = json!([
        [null, false, "1234-ping subscribed to."],
        [null, false, "1234-log subscribed to."],
        [denied, true, "Not permitted to subscribe to 2345-ping."],
        [denied, true, "Unknown channel c1234-log. Do you mean 1234-log?"],
        [null, false, "1234-ping subscribed to."],
        [denied, true, "Unknown channel nonsense."],
        [null, false, "2345-log subscribed to."],
    ]);
    assert_eq!(Value::Array(replies), expected);
    assert_eq!(problems(&mock), ["refused foreign-channel", "refused leading-c", "refused unknown-channel"]);
    client.is_silent().await;
    client.say(r#"{"Operation":"UNSUBSCRIBE","Targets":["1234-ping","2345-ping","huh"]}"#).await;
    assert_eq!(client.hear_json().await["IsError"], false);
    assert_eq!(client.hear_json().await["IsError"], false, "no failure, but a problem");
    assert_eq!(client.hear_json().await["IsError"], true);
    assert_eq!(problems(&mock)[3..], ["tolerated not-subscribed", "refused unknown-channel"]);
    client.say(r#"{"Operation":"UNSUBSCRIBE","Targets":["*"]}"#).await;
    assert_eq!(client.hear_json().await["IsError"], false);
    client.is_silent().await;
    let five: Vec<Value> = (0..5).map(|n| command("c1234-ops", 321 + n % 2, "v", 10, 1000)).collect();
    assert_eq!(client.publish(&five).await["Message"], "Publish successful.");
    assert_eq!(topics(&mock), ["executed"; 5]);
}

#[tokio::test]
async fn a_publish_is_refused_as_a_whole() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let good = command("c1234-ops", 321, "v", 10, 1000);
    for (bad, error, problem) in [
        (command("c1234-ops", 321, "v", 10, 1000), None, None),
        (command("c9-ops", 321, "v", 10, 1000), Some("PERMISSION_DENIED"), Some("unknown-hub")),
        (command("c2345-ops", 655, "v", 10, 1000), Some("PERMISSION_DENIED"), Some("foreign-hub")),
        (command("c2345-sops-NOCODE", 654, "v", 10, 1000), Some("PERMISSION_DENIED"), Some("unknown-share")),
        (command("c1234-sops-DEMO0SHARE2", 322, "v", 10, 1000), Some("PERMISSION_DENIED"), Some("share-not-claimed")),
        (command("1234-ping", 321, "v", 10, 1000), Some("PERMISSION_DENIED"), Some("not-an-operating-channel")),
        (with(good.clone(), "l.u", json!(78)), Some("USER_ID_MISMATCH"), Some("user-id-mismatch")),
        (with(good.clone(), "id", Value::Null), Some("INVALID_COMMAND"), Some("incomplete-body")),
        (with(good.clone(), "m", json!(7)), Some("INVALID_COMMAND"), Some("incomplete-body")),
        (command("", 321, "v", 10, 1000), Some("INVALID_COMMAND"), Some("no-target")),
        (json!({"Target": "c1234-ops"}), Some("INVALID_COMMAND"), Some("incomplete-body")),
        (json!({"Target": "c1234-ops", "Body": "huh"}), Some("INVALID_COMMAND"), Some("incomplete-body")),
        (json!(7), Some("INVALID_COMMAND"), Some("invalid-command")),
    ] {
        let (before, seen) = (topics(&mock).len(), problems(&mock).len());
        let reply = client.publish(&[good.clone(), bad]).await;
        assert_eq!(reply["ErrorCode"].as_str(), error);
        let ran = if error.is_some() { 0 } else { 2 };
        assert_eq!(topics(&mock).len() - before, ran, "{reply}");
        let refused: Vec<String> = problems(&mock).split_off(seen);
        let refused: Vec<&str> = refused.iter().filter_map(|problem| problem.strip_prefix("refused ")).collect();
        assert_eq!(refused, problem.into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn what_cannot_be_understood_has_one_error_with_its_text() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    for (text, error, problem) in [
        ("", "INVALID_JSON", "invalid-json"),
        ("PING", "INVALID_JSON", "invalid-json"),
        ("{'Operation':'PING'}", "INVALID_JSON", "invalid-json"),
        (r#"["PING"]"#, "INVALID_COMMAND", "invalid-command"),
        ("7", "INVALID_COMMAND", "invalid-command"),
        ("{}", "UNKNOWN_OPERATION", "unknown-operation"),
        (r#"{"Operation":null}"#, "UNKNOWN_OPERATION", "unknown-operation"),
        (r#"{"Operation":"DANCE \" \u00e4"}"#, "UNKNOWN_OPERATION", "unknown-operation"),
        (r#"{"Operation":"PUBLISH"}"#, "INVALID_COMMAND", "invalid-command"),
        (r#"{"Operation":"PUBLISH","PublishCommands":[]}"#, "INVALID_COMMAND", "no-commands"),
        (r#"{"Operation":"PUBLISH","PublishCommands":{}}"#, "INVALID_COMMAND", "invalid-command"),
        (r#"{"Operation":"SUBSCRIBE"}"#, "INVALID_COMMAND", "invalid-command"),
        (r#"{"Operation":"SUBSCRIBE","Targets":null}"#, "INVALID_COMMAND", "invalid-command"),
        (r#"{"Operation":"SUBSCRIBE","Targets":[]}"#, "INVALID_COMMAND", "no-targets"),
        (r#"{"Operation":"PUBLISH","LinkCommand":{"Mode":"v"}}"#, "INVALID_COMMAND", "link-elsewhere"),
    ] {
        let reply = client.ask(text).await;
        assert_eq!((&reply["ErrorCode"], &reply["IsError"]), (&json!(error), &json!(true)), "{text}");
        assert_eq!(reply["OriginalCommand"], text, "verbatim");
        assert!(reply["Message"].is_string());
        client.is_silent().await;
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {problem}"), "{text}");
    }
    assert_eq!(client.ask(r#"{"Operation":"PING"}"#).await["Message"], "PONG", "the socket stays open");
}

#[tokio::test]
async fn a_binary_message_is_text_if_it_can_be() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    client.send(Frame::binary(r#"{"Operation":"PING"}"#)).await;
    assert_eq!(client.hear_json().await["Message"], "PONG");
    client.send(Frame::binary(vec![0xff, 0xfe])).await;
    assert_eq!(client.hear_json().await["ErrorCode"], "INVALID_JSON");
    assert_eq!(problems(&mock), ["tolerated binary-frame", "refused binary-frame"]);
    client.is_silent().await;
}

#[tokio::test]
async fn many_commands_and_many_targets_have_their_bounds() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let stop = command("c1234-ops", 321, "e", 0, 0);
    assert_eq!(client.publish(&vec![stop.clone(); 1000]).await["IsError"], false);
    assert_eq!(client.publish(&vec![stop; 1001]).await["ErrorCode"], "INVALID_COMMAND");
    assert_eq!(topics(&mock).len(), 1000);
    let targets: Vec<String> = (0..2000).map(|n| format!("{n}-ping")).collect();
    let reply = client.ask(&json!({"Operation": "SUBSCRIBE", "Targets": targets}).to_string()).await;
    assert_eq!(reply["ErrorCode"], "INVALID_COMMAND");
    client.is_silent().await;
    assert_eq!(problems(&mock), ["refused too-many-commands", "refused too-many-targets"]);
}

#[tokio::test]
async fn who_is_connected_is_seen() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    client.subscribe("1234-log").await;
    let _v1 = Client::v1(&mock).await;
    let _link = Client::link(&mock).await;
    let state = mock.state();
    let shown: Vec<Value> = state["connections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| json!([c["user"], c["dialect"], c["subscriptions"], c["link"].is_string()]))
        .collect();
    let expected =
        [json!([77, "v2", ["1234-log"], false]), json!([77, "v1", [], false]), json!([null, "v2", [], true])];
    assert_eq!(shown, expected);
    assert_eq!(state["world"]["user"][0]["key"], "[redacted]");
}

#[tokio::test]
async fn two_users_share() {
    let mock = start().await;
    let (mut demo, mut friend) = (Client::v2(&mock).await, Client::friend(&mock).await);
    friend.subscribe("2345-log").await;
    // The share has caps of 50 percent and 5 seconds.
    let strong = command("c2345-sops-DEMO0SHARE1", 654, "s", 80, 9000);
    assert_eq!(demo.publish(&[strong]).await["IsError"], false);
    let log = friend.hear_json().await;
    let line: Value = serde_json::from_str(log["Message"].as_str().unwrap()).unwrap();
    assert_eq!((&line["i"], &line["d"], &line["l"]["u"]), (&json!(50), &json!(5000), &json!(77)));
    // On the channel of the owner the same share holds.
    assert_eq!(demo.publish(&[command("c2345-ops", 654, "s", 60, 1000)]).await["IsError"], false);
    friend.hear_json().await;
    let all = outcomes(&mock);
    assert_eq!(all.len(), 2);
    for (topic, details) in all {
        let seen = (topic.as_str(), &details["intensity"], &details["share"], &details["by"], &details["via"]);
        assert_eq!(seen, ("clamped", &json!(50), &json!(1), &json!(77), &json!("sops")));
    }
    assert_eq!(problems(&mock), ["tolerated share-on-ops"]);
    // Nobody else has the right, and the friend needs none.
    assert_eq!(
        friend.publish(&[with(command("c1234-ops", 321, "v", 1, 1000), "l.u", json!(78))]).await["IsError"],
        true
    );
    let own = with(command("c2345-ops", 654, "v", 99, 15_000), "l.u", json!(78));
    friend.say(&publish(&[own])).await;
    assert_eq!(friend.hear_json().await["Message"], "Publish successful.");
    assert_eq!(friend.hear_json().await["Source"], "2345-log");
}

#[tokio::test]
async fn a_share_can_be_paused_locked_or_without_a_mode_and_a_stop_passes() {
    type Change = fn(&mut WorldFile);
    let changes: [(Change, &str); 3] = [
        (|world| world.shares[0].paused = true, "share-paused"),
        (|world| world.shares[0].locked = true, "share-locked"),
        (|world| world.shares[0].can_vibrate = false, "share-mode"),
    ];
    for (change, problem) in changes {
        let mock = start_with(change).await;
        let mut client = Client::v2(&mock).await;
        for channel in ["c2345-sops-DEMO0SHARE1", "c2345-ops"] {
            let reply = client.publish(&[command(channel, 654, "v", 10, 1000)]).await;
            assert_eq!(reply["ErrorCode"], "PERMISSION_DENIED");
            assert_eq!(reply["Message"], format!("Not permitted to publish to {channel}."));
            assert_eq!(client.publish(&[command(channel, 654, "e", 0, 0)]).await["IsError"], false);
        }
        assert_eq!(topics(&mock), ["stopped", "stopped"]);
        assert_eq!(problems(&mock)[0], format!("refused {problem}"));
    }
}
