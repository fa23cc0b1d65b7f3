//! How often the codec asks for memory. Decoding: once for a payload with objects in objects, since the parser of serde_json
//! keeps a few bytes for each level that it passes over; once for a list of unknown members; else never. Encoding into a warm
//! buffer: never. One test only, because the counter counts the whole process.
#![allow(missing_docs, clippy::unwrap_used)]

use shelly_proto::{
    Channel, Command, CommandOutcome, CommandResponse, DeviceId, Relay, ServerMessage, Trid, Turn, decode_client,
    decode_server,
};
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

/// The count of an encoding into a buffer that has held the same before.
fn warm(encode: impl Fn(&mut Vec<u8>)) -> usize {
    let mut out = Vec::new();
    encode(&mut out);
    out.clear();
    count(|| encode(&mut out))
}

#[test]
fn memory_is_asked_for_only_by_what_is_odd() {
    for (expected, text) in [
        (
            1,
            r#"{"event":"Shelly:StatusOnChange","device":{"id":"146014534893892","code":"SPSW-001PE16EU","gen":"G2"},"status":{"serial":1700000041.02,"switch:0":{"output":false}}}"#,
        ),
        (
            0,
            r#"{"event":"Shelly:StatusOnChange","device":{"id":"XB1234567890123","code":"SBDW-002C","gen":"GBLE"},"status":{"name":"a\"b"}}"#,
        ),
        (0, r#"{"event":"Shelly:Online","device":{"id":12133370,"code":"SHSW-1","gen":"G1"},"online":1}"#),
        (0, r#"{"event":"Shelly:CommandResponse","trid":10,"user":6550,"deviceId":"12133370","data":{"isok":true}}"#),
        (
            1,
            r#"{"event":"Shelly:JrpcResponse","trid":"ushelly_1_1234","deviceId":"146014534893892","response":{"result":{"was_on":false}}}"#,
        ),
        (0, r#"{"event":"Shelly:New"}"#),
        // The generation is not known, and kept as a text.
        (1, r#"{"event":"Shelly:Online","device":{"id":"1","code":"x","gen":"G3"},"online":1}"#),
        // The list of what is not known.
        (1, r#"{"event":"Shelly:Online","device":{"id":"1"},"online":1,"x":1,"y":2}"#),
    ] {
        assert_eq!(count(|| black_box(decode_server(text)).device_id().is_some()), expected, "{text}");
        let message = decode_server(text);
        assert_eq!(warm(|out| message.encode_into(out)), 0, "{text}");
    }
    for text in [
        r#"{"event":"Shelly:CommandRequest","trid":10,"deviceId":"12133370","data":{"cmd":"relay","params":{"turn":"on","id":0}}}"#,
        r#"{"event":"Shelly:JrpcRequest","trid":"x_1","deviceId":"146014534893892","method":"Switch.Set","params":{"id":0,"on":true}}"#,
    ] {
        let expected = usize::from(text.contains("cmd"));
        assert_eq!(count(|| black_box(decode_client(text)).trid().is_some()), expected, "{text}");
        let message = decode_client(text);
        assert_eq!(warm(|out| message.encode_into(out)), 0, "{text}");
    }
    let command = Command::from(Relay::new(Channel(0), Turn::On)).request(Trid::int(1), DeviceId::decimal(1));
    assert_eq!(warm(|out| command.encode_into(out)), 0);
    let answer = CommandResponse::new(Trid::int(1), 1, DeviceId::decimal(1), &CommandOutcome::Ok);
    let answer = ServerMessage::CommandResponse(answer);
    assert_eq!(warm(|out| answer.encode_into(out)), 0);
}
