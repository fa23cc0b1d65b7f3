//! Exact bytes, round trips, leniency and lint of the codec.
#![allow(missing_docs, clippy::unwrap_used)]

use pishock_proto::{
    Access, Channel, ClientMessage, Command, Dialect, DurationMs, Envelope, ErrorCode, HubId, Intensity, Level, Mode,
    PublishCommand, ServerMessage, ShareCode, ShockerId, UserId, V1Reply, decode_client, decode_server, lint_client,
    lint_server,
};
use std::borrow::Cow;

fn publish() -> ClientMessage<'static> {
    let command = Command::vibrate(ShockerId(321), Intensity::new(20).unwrap(), DurationMs::new(1000).unwrap());
    ClientMessage::publish([command.user(UserId(77)).origin("my app").on_hub(HubId(1234))])
}

#[test]
fn the_canonical_bytes_are_those_of_the_dossier() {
    let names = |names: &[&'static str]| names.iter().map(|name| Cow::Borrowed(*name)).collect::<Vec<_>>();
    for (message, v1, v2) in [
        (ClientMessage::Ping, r#"["PING"]"#, r#"{"Operation":"PING"}"#),
        (
            ClientMessage::Subscribe(names(&["1234-ping", "1234-log"])),
            r#"["SUBSCRIBE","[\"1234-ping\",\"1234-log\"]"]"#,
            r#"{"Operation":"SUBSCRIBE","Targets":["1234-ping","1234-log"]}"#,
        ),
        (
            ClientMessage::Unsubscribe(names(&["*"])),
            r#"["UNSUBSCRIBE","[\"*\"]"]"#,
            r#"{"Operation":"UNSUBSCRIBE","Targets":["*"]}"#,
        ),
        (
            publish(),
            r#"["PUBLISH","[[\"c1234-ops\",\"{\\\"id\\\":321,\\\"m\\\":\\\"v\\\",\\\"i\\\":20,\\\"d\\\":1000,\\\"r\\\":true,\\\"l\\\":{\\\"u\\\":77,\\\"ty\\\":\\\"api\\\",\\\"w\\\":false,\\\"h\\\":false,\\\"o\\\":\\\"my app\\\"}}\"]]"]"#,
            r#"{"Operation":"PUBLISH","PublishCommands":[{"Target":"c1234-ops","Body":{"id":321,"m":"v","i":20,"d":1000,"r":true,"l":{"u":77,"ty":"api","w":false,"h":false,"o":"my app"}}}]}"#,
        ),
    ] {
        for (dialect, text) in [(Dialect::V1, v1), (Dialect::V2, v2)] {
            assert_eq!(message.to_text(dialect), text);
            assert_eq!(decode_client(dialect, text).unwrap(), message);
            assert_eq!(lint_client(dialect, text), []);
        }
    }
}

#[test]
fn commands_cannot_be_out_of_range() {
    assert!(Intensity::new(101).is_err() && DurationMs::new(99).is_err() && DurationMs::new(15_001).is_err());
    let stop = PublishCommand::from(Command::stop(ShockerId(1)).on_share(HubId(2), ShareCode::new("X")));
    assert_eq!((stop.body.intensity, stop.body.duration, stop.body.mode), (Some(0), Some(0), Some(Mode::End)));
    assert_eq!(stop.body.log.unwrap().access, Some(Access::ShareCode));
    let long = Command::beep(ShockerId(1), DurationMs::MIN).origin(&"ä".repeat(100)).on_hub(HubId(2));
    let long = PublishCommand::from(long);
    assert_eq!(long.body.log.unwrap().origin.unwrap().chars().count(), 64);
}

fn kinds(dialect: Dialect, text: &str) -> Vec<&'static str> {
    let mut kinds: Vec<_> = lint_client(dialect, text).iter().map(|deviation| deviation.kind.name()).collect();
    kinds.dedup();
    kinds
}

/// A V2 publish around a body.
fn with_body(body: &str) -> String {
    format!(r#"{{"Operation":"PUBLISH","PublishCommands":[{{"Target":"c1234-ops","Body":{body}}}]}}"#)
}

#[test]
fn every_tolerated_variant_of_v2_decodes_and_is_named() {
    let log = r#"{"u":77,"ty":"api","w":false,"h":false,"o":"x"}"#;
    let body = format!(r#"{{"id":321,"m":"v","i":20,"d":1000,"r":true,"l":{log}}}"#);
    assert_eq!(kinds(Dialect::V2, &with_body(&body)), [""; 0]);
    for (text, expected) in [
        (r#"{"Operation":"PING","Targets":null,"PublishCommands":null}"#.to_owned(), &["null-member"] as &[&str]),
        (r#"{"Operation": "PING"}"#.to_owned(), &["spacing"]),
        (r#"{"operation":"PING"}"#.to_owned(), &["unknown-member", "missing-member", "unknown-operation"]),
        (r#"{"Operation":"ping"}"#.to_owned(), &["operation-case"]),
        (r#"{"Operation":"DANCE"}"#.to_owned(), &["unknown-operation"]),
        (r#"{"Operation":"SUBSCRIBE","Targets":["c1234-ping"]}"#.to_owned(), &["leading-c"]),
        (with_body(&format!(r#"{{"d":1000,"i":20,"id":321,"l":{log},"m":"v","r":true}}"#)), &["member-order"]),
        (with_body(&body).replace(r#"}}}]}"#, r#"}},"Ping":false}]}"#), &["unknown-member"]),
        (with_body(&body.replace(r#""u":77,"#, "")), &["missing-member"]),
        (with_body(&body.replace(r#""u":77"#, r#""u":"77""#)), &["loose-type"]),
        (with_body(&body.replace(r#""id":321"#, r#""id":"321""#)), &["loose-type"]),
        (with_body(&body.replace(r#""i":20"#, r#""i":20.0"#)), &["loose-type"]),
        (with_body(&body.replace(r#""r":true"#, r#""r":"true""#)), &["loose-type"]),
        (with_body(&body.replace(r#""i":20"#, r#""i":null"#)), &["null-member"]),
        (with_body(&body.replace(r#""i":20"#, r#""i":101"#)), &["out-of-range"]),
        (with_body(&body.replace(r#""d":1000"#, r#""d":99"#)), &["out-of-range"]),
        (with_body(&body.replace(r#""m":"v""#, r#""m":"x""#)), &["unknown-mode"]),
        (with_body(&body.replace(r#""m":"v""#, r#""m":"e""#)), &["stop-with-values"]),
        (with_body(&body.replace(r#""m":"v""#, r#""m":"s","m":"v""#)), &["repeated-member"]),
        (with_body(&serde_json::to_string(&body).unwrap()), &["stringified"]),
    ] {
        assert_eq!(kinds(Dialect::V2, &text), expected, "{text}");
        assert!(decode_client(Dialect::V2, &text).is_ok());
    }
    let strung = with_body(&serde_json::to_string(&body).unwrap());
    assert_eq!(decode_client(Dialect::V2, &strung).unwrap(), decode_client(Dialect::V2, &with_body(&body)).unwrap());
    let last_wins = with_body(&body.replace(r#""m":"v""#, r#""m":"s","m":"v""#));
    assert_eq!(decode_client(Dialect::V2, &last_wins).unwrap(), decode_client(Dialect::V2, &with_body(&body)).unwrap());
}

#[test]
fn every_tolerated_variant_of_v1_decodes_and_is_named() {
    for (text, expected) in [
        (r#"["PING",""]"#, &["needless-arguments"] as &[&str]),
        (r#"["PING","[]"]"#, &["needless-arguments"]),
        (r#"["ping"]"#, &["operation-case"]),
        (r#"["SUBSCRIBE",["1234-ping"]]"#, &["not-stringified"]),
        (r#"["SUBSCRIBE","[\"c1234-log\"]"]"#, &["leading-c"]),
        (
            r#"["PUBLISH",[["c1234-ops",{"id":321,"m":"v","i":20,"d":1000,"r":true,"l":{"u":77,"ty":"api","w":false,"h":false,"o":"my app"}}]]]"#,
            &["not-stringified"],
        ),
    ] {
        assert_eq!(kinds(Dialect::V1, text), expected, "{text}");
    }
    let plain = r#"["PUBLISH",[["c1234-ops",{"id":321,"m":"v","i":20,"d":1000,"r":true,"l":{"u":77,"ty":"api","w":false,"h":false,"o":"my app"}}]]]"#;
    assert_eq!(decode_client(Dialect::V1, plain).unwrap(), publish());
}

#[test]
fn what_is_no_message_is_told_with_its_place() {
    for (dialect, text, expected) in [
        (Dialect::V1, "[ 'PING' ]", "no JSON at line 1 column 3: JSON wants double quotes, not single ones"),
        (Dialect::V2, "", "no JSON at line 1 column 0: the message is empty"),
        (Dialect::V2, r#"{"Operation":"#, "no JSON at line 1 column 13: it ends too early"),
        (Dialect::V2, "[]", "not a message: V2 wants an object with the member Operation; V1 wants an array"),
        (
            Dialect::V2,
            r#"{"Operation":"SUBSCRIBE"}"#,
            "not a message at /Targets: an array of channel names is wanted here",
        ),
        (
            Dialect::V2,
            r#"{"Operation":"PUBLISH"}"#,
            "not a message at /PublishCommands: PUBLISH wants an array of commands",
        ),
        (Dialect::V1, "[]", "not a message at /0: the name of an operation is wanted here"),
        (
            Dialect::V1,
            r#"["PUBLISH"]"#,
            "not a message at /1: a string with an array of pairs [channel, body] is wanted here",
        ),
    ] {
        assert_eq!(decode_client(dialect, text).unwrap_err().to_string(), expected);
        let lint = lint_client(dialect, text);
        assert_eq!((lint.len(), lint[0].level, lint[0].kind.name()), (1, Level::Error, "not-a-message"));
    }
    let deep = format!(r#"{{"Operation":{}"#, "[".repeat(100_000));
    assert!(decode_client(Dialect::V2, &deep).unwrap_err().to_string().contains("nested too deeply"));
}

#[test]
fn replies_and_pushes() {
    let reply = |message| ServerMessage::Envelope(message);
    for (dialect, message, text) in [
        (
            Dialect::V2,
            reply(Envelope::success("PONG", "PING")),
            r#"{"ErrorCode":null,"IsError":false,"Message":"PONG","OriginalCommand":"PING"}"#,
        ),
        (
            Dialect::V2,
            reply(Envelope::error("AUTH_ERROR", "no", r#"{"a":1}"#)),
            r#"{"ErrorCode":"AUTH_ERROR","IsError":true,"Message":"no","OriginalCommand":"{\"a\":1}"}"#,
        ),
        (
            Dialect::V2,
            reply(Envelope::push(&Channel::Ping(HubId(1234)), "1700000000")),
            r#"{"ErrorCode":null,"IsError":false,"Message":"1700000000","OriginalCommand":"","Source":"1234-ping"}"#,
        ),
        (
            Dialect::V1,
            ServerMessage::V1(V1Reply::new("PUBLISH", ["PUBLISH SUCCESS".into()])),
            r#"{"Command":"PUBLISH","Payload":["PUBLISH SUCCESS"]}"#,
        ),
    ] {
        assert_eq!(message.to_text(), text);
        assert_eq!(decode_server(dialect, text).unwrap(), message);
        assert_eq!(lint_server(dialect, text), []);
    }
    let number = decode_server(Dialect::V2, r#"{"ErrorCode":42,"IsError":true}"#).unwrap();
    let ServerMessage::Envelope(envelope) = number else { panic!("no envelope") };
    assert_eq!((envelope.error_code, envelope.is_error), (ErrorCode::Integer(42), true));
    for text in ["[]", "1", "{}", r#"{"IsError":3}"#] {
        assert_eq!(decode_server(Dialect::V2, text).unwrap(), ServerMessage::Unknown);
    }
    assert!(decode_server(Dialect::V2, "{").is_err());
}

/// What lint says of it, one a line.
fn said(found: &[pishock_proto::Deviation]) -> String {
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_a_broker_should_send_is_told_by_the_section_that_shows_it() {
    let with = |original: &str| format!(r#"{{"ErrorCode":null,"IsError":"false","Message":"PONG"{original}}}"#);
    let text = "/IsError: write a boolean, not a text (dossier 4.1) [loose-type]\n/OriginalCommand: ";
    assert_eq!(
        said(&lint_server(Dialect::V2, &with(r#","OriginalCommand":null"#))),
        format!("{text}it must be a text, never null (dossier 4.1) [null-member]")
    );
    assert_eq!(
        said(&lint_server(Dialect::V2, &with(""))),
        format!("{text}the documents have this member (dossier 4.1) [missing-member]")
    );
    assert_eq!(
        said(&lint_server(Dialect::V1, r#"{"Command":"PING"}"#)),
        "/Payload: the documents have this member (dossier 8.2) [missing-member]"
    );
}

#[test]
fn each_dialect_is_referred_to_its_own_section() {
    let v2 = lint_client(Dialect::V2, r#"{"Operation":"ping"}"#);
    assert_eq!(said(&v2), "/Operation: write PING in capitals (dossier 3) [operation-case]");
    let v1 = lint_client(Dialect::V1, r#"["ping"]"#);
    assert_eq!(said(&v1), "/0: write PING in capitals (dossier 8.1) [operation-case]");
}

#[test]
fn names_of_channels_that_an_operation_does_not_have_are_told() {
    let body = r#"{"id":1,"m":"e","i":0,"d":0,"r":true,"l":{"u":1,"ty":"api","w":false,"h":false,"o":"x"}}"#;
    for (operation, right, wrong) in [
        ("PUBLISH", &["c1-ops", "c1-sops-X"][..], &["whatever", "1-ping", "c1-sops-"][..]),
        ("SUBSCRIBE", &["1-ping", "1-log"], &["nonsense", "c1-ops", "*", ""]),
        ("UNSUBSCRIBE", &["1-ping", "1-log", "*"], &["nonsense", "c1-ping", "01-log"]),
    ] {
        for (name, expected) in right.iter().map(|name| (name, false)).chain(wrong.iter().map(|name| (name, true))) {
            let publish = operation == "PUBLISH";
            let (v2, at) = if publish {
                (format!(r#""PublishCommands":[{{"Target":"{name}","Body":{body}}}]"#), "/PublishCommands/0/Target")
            } else {
                (format!(r#""Targets":["{name}"]"#), "/Targets/0")
            };
            let v2 = format!(r#"{{"Operation":"{operation}",{v2}}}"#);
            let v1 = decode_client(Dialect::V2, &v2).unwrap().to_text(Dialect::V1);
            for (dialect, text, at) in
                [(Dialect::V2, &*v2, at), (Dialect::V1, &*v1, if publish { "/1/0/0" } else { "/1/0" })]
            {
                let found = lint_client(dialect, text);
                let found: Vec<_> = found.iter().map(|d| (d.pointer.as_str(), d.kind.name(), d.section)).collect();
                let wanted: &[_] = if expected { &[(at, "channel-form", "dossier 3.5")] } else { &[] };
                assert_eq!(found, wanted, "{text}");
            }
        }
    }
}
