//! V1: strings within strings (dossier 8).

use crate::kit::{Client, command, outcomes, problems, start, start_strict, topics};
use serde_json::{Value, json};

/// A PUBLISH in V1's three levels.
fn publish(commands: &[Value]) -> String {
    let pairs: Vec<Value> = commands.iter().map(|c| json!([c["Target"], c["Body"].to_string()])).collect();
    json!(["PUBLISH", Value::Array(pairs).to_string()]).to_string()
}

#[tokio::test]
async fn the_documented_messages_have_the_documented_replies_to_the_byte() {
    let mock = start_strict().await;
    let mut client = Client::v1(&mock).await;
    client.is_silent().await;
    let publish = concat!(
        r#"["PUBLISH","[[\"c1234-ops\",\"{\\\"id\\\":321,\\\"m\\\":\\\"v\\\",\\\"i\\\":20,\\\"d\\\":1000,\\\"r\\\":true,"#,
        r#"\\\"l\\\":{\\\"u\\\":77,\\\"ty\\\":\\\"api\\\",\\\"w\\\":false,\\\"h\\\":false,\\\"o\\\":\\\"my app\\\"}}\"]]"]"#
    );
    for (request, reply) in [
        (r#"["PING"]"#, r#"{"Command":"PING","Payload":["PONG"]}"#),
        (r#"["SUBSCRIBE","[\"1234-ping\",\"2345-log\"]"]"#, r#"{"Command":"SUBSCRIBE","Payload":["OK"]}"#),
        (r#"["UNSUBSCRIBE","[\"1234-ping\"]"]"#, r#"{"Command":"UNSUBSCRIBE","Payload":["OK"]}"#),
        (r#"["UNSUBSCRIBE","[\"*\"]"]"#, r#"{"Command":"UNSUBSCRIBE","Payload":["OK"]}"#),
        (publish, r#"{"Command":"PUBLISH","Payload":["PUBLISH SUCCESS"]}"#),
    ] {
        client.say(request).await;
        assert_eq!(client.hear().await, reply);
        client.is_silent().await;
    }
    assert_eq!((problems(&mock), topics(&mock)), (vec![], vec!["executed".to_owned()]));
}

#[tokio::test]
async fn an_origin_with_quotes_backslashes_and_other_letters_comes_through() {
    let mock = start_strict().await;
    let mut client = Client::v1(&mock).await;
    let origin = "a \"quoted\" \\ päper 漢字 🔌 \u{1}\n";
    let mut body = command("c1234-ops", 321, "v", 20, 1000);
    body["Body"]["l"]["o"] = json!(origin);
    // Alphabetical members are no canonical form, so the strict mock gets the text of the codec.
    let message = pishock_proto::decode_client(pishock_proto::Dialect::V1, &publish(&[body])).unwrap().into_owned();
    let reply = client.ask(&message.to_text(pishock_proto::Dialect::V1)).await;
    assert_eq!(reply["Payload"], json!(["PUBLISH SUCCESS"]));
    assert_eq!(outcomes(&mock)[0].1["origin"], origin);
}

/// The variants of dossier 8.1, with the problem that each one is.
const VARIANTS: [(&str, &str); 8] = [
    (r#"["PING",""]"#, "needless-arguments"),
    (r#"["PING","[]"]"#, "needless-arguments"),
    (r#"["ping"]"#, "operation-case"),
    (r#"["SUBSCRIBE",["1234-log"]]"#, "not-stringified"),
    (r#"["subscribe","[\"1234-log\"]"]"#, "operation-case"),
    (r#"[ "PING" ]"#, "spacing"),
    (r#"["UNSUBSCRIBE", ["*"]]"#, "not-stringified"),
    (
        r#"["PUBLISH",[["c1234-ops",{"id":321,"m":"v","i":1,"d":100,"r":true,"l":{"u":77,"ty":"api","w":false,"h":false,"o":""}}]]]"#,
        "not-stringified",
    ),
];

#[tokio::test]
async fn lenient_mode_takes_other_forms_and_tells() {
    let mock = start().await;
    let mut client = Client::v1(&mock).await;
    for (text, problem) in VARIANTS {
        let reply = client.ask(text).await;
        assert_ne!(reply["Payload"][0], "ERROR", "{text}");
        assert_eq!(problems(&mock).pop().unwrap(), format!("tolerated {problem}"), "{text}");
        if topics(&mock).is_empty() {
            client.is_silent().await;
        }
    }
    assert_eq!(topics(&mock), ["executed"]);
}

#[tokio::test]
async fn strict_mode_refuses_other_forms_but_blanks() {
    let mock = start_strict().await;
    let mut client = Client::v1(&mock).await;
    for (text, problem) in VARIANTS.into_iter().filter(|(_, problem)| *problem != "spacing") {
        let reply = client.ask(text).await;
        assert_eq!(reply["Payload"][0], "ERROR", "{text}");
        client.is_silent().await;
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {problem}"), "{text}");
    }
    assert!(topics(&mock).is_empty());
    assert!(mock.state()["connections"][0]["subscriptions"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn refusals_name_the_operation_and_broken_text_has_none() {
    let mock = start().await;
    let mut client = Client::v1(&mock).await;
    for (text, command, problem) in [
        (r"[ 'PING' ]", "ERROR", "invalid-json"),
        ("", "ERROR", "invalid-json"),
        (r#"{"Operation":"PING"}"#, "ERROR", "invalid-command"),
        (r#"["DANCE"]"#, "ERROR", "unknown-operation"),
        (r#"["SUBSCRIBE"]"#, "ERROR", "invalid-command"),
        (r#"["SUBSCRIBE","[]"]"#, "SUBSCRIBE", "no-targets"),
        (r#"["SUBSCRIBE","[\"1234-log\",\"2345-ping\"]"]"#, "SUBSCRIBE", "foreign-channel"),
        (r#"["UNSUBSCRIBE","[\"*\",\"huh\"]"]"#, "UNSUBSCRIBE", "unknown-channel"),
        (r#"["PUBLISH","[]"]"#, "PUBLISH", "no-commands"),
    ] {
        let reply = client.ask(text).await;
        assert_eq!(reply["Command"], command, "{text}");
        let at = usize::from(command != "ERROR");
        assert!(reply["Payload"][at].is_string() && (at == 0 || reply["Payload"][0] == "ERROR"), "{reply}");
        client.is_silent().await;
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {problem}"), "{text}");
    }
    let reply = client.ask(&publish(&[command("c9-ops", 321, "v", 1, 100)])).await;
    assert_eq!(reply, json!({"Command": "PUBLISH", "Payload": ["ERROR", "Not permitted to publish to c9-ops."]}));
    // None of the targets was taken when one was refused: a single reply cannot say which.
    assert!(mock.state()["connections"][0]["subscriptions"].as_array().unwrap().is_empty());
    assert_eq!(client.ask(r#"["PING"]"#).await["Payload"], json!(["PONG"]));
}
