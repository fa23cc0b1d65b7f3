//! How often the codec asks for memory. Decoding: for the map of a status' accounts, for ids that are texts, for texts with
//! escapes, and for what is odd; else never. Encoding into a warm buffer: never. One test only, because the counter counts the
//! whole process.
#![allow(missing_docs, clippy::unwrap_used)]

use multistreamer_proto::{decode_client, decode_server};
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
        (0, r#"{"type":"writerresult","account_id":17,"cur_stream_account_id":14}"#),
        (0, r#"{"type":"viewcountresult","account_id":14,"stream_id":21,"viewer_count":0}"#),
        (
            0,
            r#"{"type":"text","account_id":0,"network":"irc","from":{"name":"test","id":2},"text":"yay","markdown":"yay"}"#,
        ),
        // The id that is a text.
        (
            1,
            r#"{"type":"text","account_id":14,"network":"twitch","from":{"name":"g","id":"146521877"},"text":"x","markdown":"x"}"#,
        ),
        // The escape: the parser's copy, and ours.
        (
            2,
            r#"{"type":"text","account_id":0,"network":"irc","from":{"name":"test","id":2},"text":"a.b","markdown":"a\\.b"}"#,
        ),
        (0, r#"{"type":"later"}"#),
        // The map of accounts.
        (
            1,
            r#"{"type":"status","status":{"data_incoming":true,"data_pulling":false,"data_pushing":true},"accounts":{"0":{"name":"john","ready":true,"live":false,"writable":true,"network":{"name":"irc","displayName":"IRC"}},"14":{"name":"jprjrdev","ready":true,"live":true,"writable":true,"network":{"name":"twitch","displayName":"Twitch"}}}}"#,
        ),
    ] {
        assert_eq!(count(|| drop(black_box(decode_server(text)))), expected, "{text}");
        let message = decode_server(text);
        assert_eq!(warm(|out| message.encode_into(out)), 0, "{text}");
    }
    // What is odd is noticed by an error that the parser makes, and read anew; the list of what is not known is kept.
    let odd = r#"{"type":"viewcountresult","account_id":14,"stream_id":21,"viewer_count":0,"x":1,"y":2}"#;
    assert!(count(|| drop(black_box(decode_server(odd)))) < 12);
    for text in [
        r#"{"type":"status"}"#,
        r#"{"type":"writer","account_id":17,"cur_stream_account_id":14}"#,
        r#"{"type":"text","account_id":14,"cur_stream_account_id":14,"text":"Sending a \"message\"!!!"}"#,
    ] {
        assert_eq!(count(|| drop(black_box(decode_client(text)))), 0, "{text}");
        let message = decode_client(text);
        assert_eq!(warm(|out| message.encode_into(out)), 0, "{text}");
    }
}
