//! How often the codec asks for memory. Writing into a buffer that is large enough never does.
#![allow(missing_docs, clippy::unwrap_used)]

use devicehive_proto::message::{ClientMessage, ServerMessage};
use devicehive_proto::strict;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often memory is asked for meanwhile. One test runs at a time here, or they would count each other's.
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
fn memory_is_asked_for_by_what_is_kept() {
    for (expected, text) in [
        (0, r#"{"action":"command/update","requestId":2,"status":"success"}"#),
        // The text of the error; the list of members that belong to no envelope, and what they hold.
        (1, r#"{"action":"device/get","requestId":"c1f1c3a0","code":404,"status":"error","error":"x"}"#),
        (2, r#"{"action":"device/count","requestId":7,"status":"success","count":3}"#),
        // The name of the command, and its parameters on their way.
        (
            2,
            r#"{"action":"command/insert","command":{"id":77,"command":"on","timestamp":"2018-05-20T10:00:01.000","lastUpdated":"2018-05-20T10:00:01.000","userId":1,"deviceId":"dev-1","networkId":1,"deviceTypeId":1,"parameters":{"a":1},"lifetime":null,"status":null,"result":null},"subscriptionId":1}"#,
        ),
    ] {
        assert_eq!(count(|| ServerMessage::decode(black_box(text)).unwrap()), expected, "{text}");
        let message = ServerMessage::decode(text).unwrap();
        assert_eq!(warm(|out| message.encode_into(out)), 0, "{text}");
    }
    for (expected, text) in [
        // The list of members, in each object.
        (1, r#"{"action":"server/info","requestId":1}"#),
        (1, r#"{"action":"command/get","requestId":1,"deviceId":"dev-1","commandId":7}"#),
        // The name of the command besides.
        (
            3,
            r#"{"action":"command/insert","requestId":1,"deviceId":"dev-1","command":{"command":"on","parameters":{"a":1}}}"#,
        ),
    ] {
        assert_eq!(count(|| ClientMessage::decode(black_box(text)).unwrap()), expected, "{text}");
        let message = ClientMessage::decode(text).unwrap();
        assert_eq!(warm(|out| message.encode_into(out)), 0, "{text}");
    }
    // What is JSON already stays where it is.
    assert_eq!(count(|| strict(black_box(r#"{"action":"server/info"}"#)).unwrap().len()), 0);
}
