//! The codec against `serde_json` without knowledge of the messages: decoding against building a `Value` and against
//! building nothing (`IgnoredAny`), encoding into a warm buffer against writing a `Value`. Only ratios within one run mean
//! anything. `docs/performance.md` has the figures and the targets.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use multistreamer_proto::{decode_client, decode_server, markdown};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::hint::black_box;
use std::time::Duration;

const ASK: &str = r#"{"type":"status"}"#;
const WRITER: &str = r#"{"type":"writer","account_id":17,"cur_stream_account_id":14}"#;
const SAY: &str = r#"{"type":"text","account_id":17,"cur_stream_account_id":14,"text":"Here's one where I'm not the streaming account"}"#;

const STATUS: &str = r#"{"type":"status","status":{"data_incoming":true,"data_pulling":false,"data_pushing":true},"accounts":{"0":{"name":"john","ready":true,"live":false,"writable":true,"network":{"name":"irc","displayName":"IRC"}},"14":{"name":"jprjrdev","ready":true,"live":true,"writable":true,"http_url":"https://twitch.tv/jprjrdev","network":{"name":"twitch","displayName":"Twitch"}},"17":{"name":"gamethattunedev","ready":false,"live":false,"writable":true,"network":{"name":"twitch","displayName":"Twitch"}}}}"#;
/// As the real server writes it: other order, slashes escaped.
const REAL_STATUS: &str = r#"{"status":{"data_incoming":true,"data_pushing":true,"data_pulling":false},"accounts":{"14":{"live":true,"writable":true,"name":"jprjrdev","network":{"displayName":"Twitch","name":"twitch"},"ready":true,"http_url":"https:\/\/twitch.tv\/jprjrdev"},"17":{"live":false,"writable":true,"name":"gamethattunedev","network":{"displayName":"Twitch","name":"twitch"},"ready":false},"0":{"live":false,"writable":true,"name":"john","network":{"displayName":"IRC","name":"irc"},"ready":true}},"type":"status"}"#;
const RESULT: &str = r#"{"type":"writerresult","account_id":17,"cur_stream_account_id":14}"#;
const COUNT: &str = r#"{"type":"viewcountresult","account_id":14,"stream_id":21,"viewer_count":1024}"#;
const TEXT: &str = r#"{"type":"text","stream_id":21,"account_id":14,"network":"twitch","timestamp":1520000000000,"from":{"name":"gamethattunedev","id":"146521877"},"text":"here's a message from twitch Kappa","markdown":"here's a message from twitch ![Kappa](http://static-cdn.jtvnw.net/emoticons/v1/25/1.0)"}"#;
const PRIVATE: &str = r#"{"type":"text","account_id":0,"cur_stream_account_id":0,"network":"irc","timestamp":1520000000000,"from":{"name":"test","id":2},"to":{"name":"john","id":1},"text":"hey ban this guy","markdown":"hey ban this guy"}"#;

const CLIENT: [(&str, &str); 3] = [("ask", ASK), ("writer", WRITER), ("say", SAY)];
const SERVER: [(&str, &str); 6] = [
    ("status", STATUS),
    ("real-status", REAL_STATUS),
    ("result", RESULT),
    ("count", COUNT),
    ("text", TEXT),
    ("private", PRIVATE),
];

fn peers(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, text: &str) {
    group.bench_function(format!("{name}/value"), |b| {
        b.iter(|| serde_json::from_str::<Value>(black_box(text)).unwrap());
    });
    group.bench_function(format!("{name}/ignored"), |b| {
        b.iter(|| serde_json::from_str::<IgnoredAny>(black_box(text)).unwrap());
    });
}

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    for (name, text) in CLIENT {
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| black_box(decode_client(black_box(text)))));
        peers(&mut group, name, text);
    }
    for (name, text) in SERVER {
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| black_box(decode_server(black_box(text)))));
        peers(&mut group, name, text);
    }
}

/// What a program does beside: make and read Markdown.
fn understand(c: &mut Criterion) {
    let mut group = c.benchmark_group("understand");
    let line = "Look at https://a.b/c_d! *This* is 1.5 times as long (and more) as it was before; isn't it?";
    let made = markdown::escape(line);
    group.bench_function("markdown/escape", |b| b.iter(|| markdown::escape(black_box(line))));
    group.bench_function("markdown/pieces", |b| b.iter(|| markdown::pieces(black_box(&made)).len()));
}

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("encode");
    let mut out = Vec::new();
    let mut against_value =
        |group: &mut BenchmarkGroup<'_, WallTime>, name: &str, text: &str, encode: &dyn Fn(&mut Vec<u8>)| {
            group.bench_function(format!("{name}/ours"), |b| {
                b.iter(|| {
                    out.clear();
                    encode(&mut out);
                    out.len()
                });
            });
            let tree: Value = serde_json::from_str(text).unwrap();
            group.bench_function(format!("{name}/value"), |b| b.iter(|| serde_json::to_vec(black_box(&tree)).unwrap()));
        };
    for (name, text) in CLIENT {
        let message = decode_client(text);
        against_value(&mut group, name, text, &|out| black_box(&message).encode_into(out));
    }
    for (name, text) in SERVER {
        let message = decode_server(text);
        against_value(&mut group, name, text, &|out| black_box(&message).encode_into(out));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_millis(1000));
    targets = decode, understand, encode
}
criterion_main!(benches);
