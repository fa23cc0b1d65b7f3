//! Messages as known third-party clients send them (dossier 3.1): taken with a problem, refused in strict mode.

use crate::kit::{Client, KEY, outcomes, problems, start, start_strict, topics};
use dummyload_host::Query;

const CANONICAL: &str = concat!(
    r#"{"Operation":"PUBLISH","PublishCommands":[{"Target":"c1234-ops","Body":{"id":321,"m":"v","i":20,"d":1000,"r":true,"#,
    r#""l":{"u":77,"ty":"api","w":false,"h":false,"o":"my app"}}}]}"#
);

/// What is sent instead, by whom, and the problem that it is.
fn variants() -> Vec<(&'static str, String, &'static str)> {
    let change = |from: &str, to: &str| {
        assert!(CANONICAL.contains(from));
        CANONICAL.replacen(from, to, 1)
    };
    vec![
        ("Archi", change(r#","PublishCommands""#, r#","Targets":null,"PublishCommands""#), "null-member"),
        (
            "StayPut",
            r#"{"Operation":"PUBLISH","PublishCommands":[{"Body":{"d":1000,"i":20,"id":321,"l":{"h":false,"o":"my app","ty":"api","u":77,"w":false},"m":"v","r":true},"Target":"c1234-ops"}]}"#
                .to_owned(),
            "member-order",
        ),
        ("StandUp", CANONICAL.replace(':', ": ").replace(',', ", "), "spacing"),
        ("VRCOSC", change(r#""my app"}}"#, r#""my app"}},"Ping":false"#), "unknown-member"),
        ("LeetExt", change(r#""u":77,"#, ""), "missing-member"),
        ("CsPi", change(r#""u":77"#, r#""u":"77""#), "loose-type"),
        ("the seed's own example", change(r#""i":20"#, r#""i":"20""#), "loose-type"),
        ("a JSON library without integers", change(r#""d":1000"#, r#""d":1000.0"#), "loose-type"),
        (
            "a body as a string",
            r#"{"Operation":"PUBLISH","PublishCommands":[{"Target":"c1234-ops","Body":"{\"id\":321,\"m\":\"v\",\"i\":20,\"d\":1000,\"r\":true,\"l\":{\"u\":77,\"ty\":\"api\",\"w\":false,\"h\":false,\"o\":\"my app\"}}"}]}"#
                .to_owned(),
            "stringified",
        ),
        ("lower-case letters", change("PUBLISH", "Publish"), "operation-case"),
        ("a member twice", change(r#""i":20"#, r#""i":99,"i":20"#), "repeated-member"),
    ]
}

#[tokio::test]
async fn lenient_mode_takes_each_variant_as_the_same_command() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    for (who, text, problem) in variants() {
        let reply = client.ask(&text).await;
        assert_eq!(
            (&reply["Message"], &reply["OriginalCommand"]),
            (&"Publish successful.".into(), &text.into()),
            "{who}"
        );
        client.is_silent().await;
        let (topic, details) = outcomes(&mock).pop().unwrap();
        assert_eq!(
            (topic.as_str(), &details["intensity"], &details["duration"]),
            ("executed", &20.into(), &1000.into())
        );
        assert!(problems(&mock).contains(&format!("tolerated {problem}")), "{who}: {:?}", problems(&mock));
    }
    assert_eq!(topics(&mock).len(), variants().len());
    let entries = mock.journal(&Query::problem("null-member"));
    assert_eq!(entries[0]["source"], "dossier 3.1");
    assert!(entries[0]["problem"].as_str().unwrap().contains("/Targets"), "it says where");
}

#[tokio::test]
async fn strict_mode_refuses_each_variant_but_blanks() {
    let mock = start_strict().await;
    let mut client = Client::v2(&mock).await;
    let (blanks, others): (Vec<_>, Vec<_>) = variants().into_iter().partition(|(_, _, problem)| *problem == "spacing");
    for (who, text, problem) in others {
        let reply = client.ask(&text).await;
        assert_eq!(reply["ErrorCode"], "INVALID_COMMAND", "{who}");
        client.is_silent().await;
        assert_eq!(problems(&mock).pop().unwrap(), format!("refused {problem}"), "{who}");
    }
    assert!(topics(&mock).is_empty());
    assert!(!blanks.is_empty());
    for (who, text, _) in blanks {
        assert_eq!(client.ask(&text).await["IsError"], false, "{who}");
        assert_eq!(problems(&mock).pop().unwrap(), "tolerated spacing", "{who}");
    }
    assert_eq!(client.ask(CANONICAL).await["Message"], "Publish successful.");
}

#[tokio::test]
async fn a_ping_with_all_members_of_the_model_is_a_ping() {
    let text = r#"{"Operation":"PING","Targets":null,"PublishCommands":null}"#;
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let reply = client.ask(text).await;
    assert_eq!((&reply["Message"], &reply["OriginalCommand"]), (&"PONG".into(), &"PING".into()));
    assert_eq!(problems(&mock), ["tolerated null-member", "tolerated null-member"]);
    let mock = start_strict().await;
    assert_eq!(Client::v2(&mock).await.ask(text).await["IsError"], true);
}

#[tokio::test]
async fn a_beep_needs_no_intensity() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    for intensity in [r#""i":null,"#, ""] {
        let text = CANONICAL.replace(r#""m":"v","i":20,"#, &format!(r#""m":"b",{intensity}"#));
        assert_eq!(client.ask(&text).await["IsError"], false);
    }
    assert_eq!(topics(&mock), ["executed", "executed"]);
    assert_eq!(problems(&mock), ["tolerated null-member", "tolerated missing-member"]);
}

#[tokio::test]
async fn a_text_that_is_never_finished_is_answered() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    // Framework calls sendText(json, false) for every message. Java begins a text with the first, goes on with
    // continuations, and never sets FIN. The mask is zero.
    for opcode in [0x01, 0x00, 0x00] {
        let mut frame = vec![opcode, 0x80 | 126];
        frame.extend_from_slice(&u16::try_from(CANONICAL.len()).unwrap().to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(CANONICAL.as_bytes());
        client.send_raw(&frame).await;
        assert_eq!(client.hear_json().await["Message"], "Publish successful.");
    }
    assert_eq!(topics(&mock), ["executed"; 3]);
}

#[tokio::test]
async fn sender_writes_the_query_names_in_lower_case() {
    let mock = start_strict().await;
    let mut client = Client::open(&mock, &format!("/v2?username=demo&apiKey={KEY}")).await;
    assert_eq!(client.ask(r#"{"Operation":"PING"}"#).await["Message"], "PONG");
}

#[tokio::test]
async fn a_flood_of_deviations_is_told_in_part() {
    let mock = start().await;
    let mut client = Client::v2(&mock).await;
    let members: String = (0..50).map(|n| format!(",\"x{n}\":{n}")).collect();
    let reply = client.ask(&format!(r#"{{"Operation":"PING"{members}}}"#)).await;
    assert_eq!(reply["Message"], "PONG");
    assert_eq!(problems(&mock).len(), 21);
    assert_eq!(problems(&mock).pop().unwrap(), "tolerated and-more");
}
