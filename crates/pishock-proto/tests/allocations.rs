//! How often the codec asks for memory: decoding once a list (and again as a list grows beyond four items), encoding into
//! a warm buffer never. One test only, because the counter counts the whole process.
#![allow(missing_docs, clippy::unwrap_used)]

use pishock_proto::{ClientMessage, Dialect, Echo, Envelope, ServerMessage, decode_client, decode_server};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations and growths of what already was allocated.
fn count<T>(act: impl FnOnce() -> T) -> usize {
    let region = Region::new(ALLOCATOR);
    black_box(act());
    let change = region.change();
    change.allocations + change.reallocations
}

const BODY: &str =
    r#"{"id":321,"m":"v","i":20,"d":1000,"r":true,"l":{"u":77,"ty":"api","w":false,"h":false,"o":"my app"}}"#;

fn publish(commands: usize) -> String {
    let commands = vec![format!(r#"{{"Target":"c1234-ops","Body":{BODY}}}"#); commands].join(",");
    format!(r#"{{"Operation":"PUBLISH","PublishCommands":[{commands}]}}"#)
}

#[test]
fn memory_is_asked_for_once_a_list() {
    for (expected, text) in [
        (0, r#"{"Operation":"PING"}"#.to_owned()),
        (0, r#"{ "Operation" : "PING", "Targets":null }"#.to_owned()),
        (0, r#"{"Operation":"DANCE"}"#.to_owned()),
        (1, r#"{"Operation":"SUBSCRIBE","Targets":["1234-ping","1234-log"]}"#.to_owned()),
        (1, publish(1)),
        (1, publish(4)),
        (
            0,
            r#"{"Operation":"PUBLISH","LinkCommand":{"Mode":"s","Intensity":10,"Duration":1000,"Replace":true,"LogData":{"Warning":false,"Username":"guest","WarningLevel":0,"Hold":false}}}"#.to_owned(),
        ),
    ] {
        assert_eq!(count(|| decode_client(Dialect::V2, &text).is_ok()), expected, "{text}");
        let message = decode_client(Dialect::V2, &text).unwrap();
        assert_eq!(warm(|out| message.encode_into(Dialect::V2, out)), 0, "{text}");
        assert_eq!(warm(|out| message.encode_into(Dialect::V1, out)), 0, "{text}");
    }
    for (expected, dialect, text) in [
        (0, Dialect::V2, r#"{"ErrorCode":null,"IsError":false,"Message":"PONG","OriginalCommand":"PING"}"#),
        // The escapes of an echo are not looked at.
        (
            0,
            Dialect::V2,
            r#"{"ErrorCode":"X","IsError":true,"Message":"no","OriginalCommand":"{\"Operation\":\"PUBLISH\"}"}"#,
        ),
        (
            0,
            Dialect::V2,
            r#"{"ErrorCode":null,"IsError":false,"Message":"1700000000","OriginalCommand":"","Source":"1234-ping"}"#,
        ),
        (1, Dialect::V1, r#"{"Command":"PUBLISH","Payload":["PUBLISH SUCCESS"]}"#),
        (1, Dialect::V1, r#"{"Command":"MESSAGE","Payload":["1234-ping","1700000000"]}"#),
    ] {
        assert_eq!(count(|| decode_server(dialect, text).is_ok()), expected, "{text}");
    }
    for message in [
        ServerMessage::Envelope(Envelope::success("Publish successful.", publish(2))),
        ServerMessage::Envelope(Envelope::error("AUTH_ERROR", "no", Echo::default())),
        decode_server(Dialect::V1, r#"{"Command":"PUBLISH","Payload":["PUBLISH SUCCESS"]}"#).unwrap(),
    ] {
        assert_eq!(warm(|out| message.encode_into(out)), 0, "{message:?}");
    }
    let owned: ClientMessage<'static> = decode_client(Dialect::V2, &publish(2)).unwrap().into_owned();
    assert_eq!(warm(|out| owned.encode_into(Dialect::V1, out)), 0);
}

/// The count of an encoding into a buffer that has held the same before.
fn warm(encode: impl Fn(&mut Vec<u8>)) -> usize {
    let mut out = Vec::new();
    encode(&mut out);
    out.clear();
    count(|| encode(&mut out))
}
