//! The codec against `serde_json` without knowledge of the messages: decoding against building a `Value` and against
//! building nothing (`IgnoredAny`), encoding into a warm buffer against writing a `Value`. Only ratios within one run mean
//! anything. `docs/performance.md` has the figures and the targets.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use pishock_proto::http::User;
use pishock_proto::{ClientMessage, Dialect, ServerMessage, decode_client, decode_server};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Duration;

const PING: &str = r#"{"Operation":"PING"}"#;
const SUBSCRIBE: &str = r#"{"Operation":"SUBSCRIBE","Targets":["1234-ping","1234-log"]}"#;
const PUBLISH: &str = r#"{"Operation":"PUBLISH","PublishCommands":[{"Target":"c1234-ops","Body":{"id":321,"m":"v","i":20,"d":1000,"r":true,"l":{"u":77,"ty":"api","w":false,"h":false,"o":"my app"}}}]}"#;
const LINK: &str = r#"{"Operation":"PUBLISH","LinkCommand":{"Mode":"s","Intensity":10,"Duration":1000,"Replace":true,"LogData":{"Warning":false,"Username":"guest","WarningLevel":0,"Hold":false}}}"#;
const PONG: &str = r#"{"ErrorCode":null,"IsError":false,"Message":"PONG","OriginalCommand":"PING"}"#;
const REPLY: &str = r#"{"ErrorCode":null,"IsError":false,"Message":"Publish successful.","OriginalCommand":"{\"Operation\":\"PUBLISH\",\"PublishCommands\":[{\"Target\":\"c1234-ops\",\"Body\":{\"id\":321,\"m\":\"v\",\"i\":20,\"d\":1000,\"r\":true,\"l\":{\"u\":77,\"ty\":\"api\",\"w\":false,\"h\":false,\"o\":\"my app\"}}}]}"}"#;
const PUSH: &str =
    r#"{"ErrorCode":null,"IsError":false,"Message":"1700000000","OriginalCommand":"","Source":"1234-ping"}"#;
const V1_PUBLISH: &str = r#"["PUBLISH","[[\"c1234-ops\",\"{\\\"id\\\":321,\\\"m\\\":\\\"v\\\",\\\"i\\\":20,\\\"d\\\":1000,\\\"r\\\":true,\\\"l\\\":{\\\"u\\\":77,\\\"ty\\\":\\\"api\\\",\\\"w\\\":false,\\\"h\\\":false,\\\"o\\\":\\\"my app\\\"}}\"]]"]"#;
const V1_REPLY: &str = r#"{"Command":"PUBLISH","Payload":["PUBLISH SUCCESS"]}"#;
const USER: &str = r#"{"UserId":77,"Username":"puppy","LastLogin":"2026-01-01T00:00:00","Password":"<hash>","IPAddress":null,"Sessions":null,"Emails":null,"APIKeys":[{"UserAPIKeyId":5,"User":null,"APIKey":"00000000-0000-0000-0000-000000000000","Name":"my key","Expiry":null,"Generated":"2025-01-01T00:00:00","Scopes":null}],"OAuthLinks":null,"Images":null,"AccessPermissions":null}"#;

const CLIENT: [(&str, Dialect, &str); 5] = [
    ("v2-ping", Dialect::V2, PING),
    ("v2-subscribe", Dialect::V2, SUBSCRIBE),
    ("v2-publish", Dialect::V2, PUBLISH),
    ("v2-link", Dialect::V2, LINK),
    ("v1-publish", Dialect::V1, V1_PUBLISH),
];
const SERVER: [(&str, Dialect, &str); 4] = [
    ("v2-pong", Dialect::V2, PONG),
    ("v2-publish-reply", Dialect::V2, REPLY),
    ("v2-push", Dialect::V2, PUSH),
    ("v1-publish-reply", Dialect::V1, V1_REPLY),
];

/// The tree of a message, and for V1 those of the strings within, as a program would take them apart.
fn tree(text: &str) -> Value {
    let whole: Value = serde_json::from_str(text).unwrap();
    if let Some(pairs) = whole.get(1).and_then(Value::as_str) {
        let pairs: Value = serde_json::from_str(pairs).unwrap();
        return serde_json::from_str(pairs[0][1].as_str().unwrap()).unwrap();
    }
    whole
}

fn peers(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, text: &str) {
    group.bench_function(format!("{name}/value"), |b| b.iter(|| tree(black_box(text))));
    group.bench_function(format!("{name}/ignored"), |b| {
        b.iter(|| serde_json::from_str::<IgnoredAny>(black_box(text)).unwrap());
    });
}

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    for (name, dialect, text) in CLIENT {
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| decode_client(dialect, black_box(text)).unwrap()));
        peers(&mut group, name, text);
    }
    for (name, dialect, text) in SERVER {
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| decode_server(dialect, black_box(text)).unwrap()));
        peers(&mut group, name, text);
    }
    group.bench_function("http-user/ours", |b| b.iter(|| serde_json::from_str::<User>(black_box(USER)).unwrap()));
    peers(&mut group, "http-user", USER);
}

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("encode");
    let mut out = Vec::new();
    for (name, dialect, text) in CLIENT {
        let message: ClientMessage<'_> = decode_client(dialect, text).unwrap();
        group.bench_function(format!("{name}/ours"), |b| {
            b.iter(|| {
                out.clear();
                black_box(&message).encode_into(dialect, &mut out);
                out.len()
            });
        });
        let tree = tree(text);
        group.bench_function(format!("{name}/value"), |b| match dialect {
            Dialect::V2 => b.iter(|| serde_json::to_vec(black_box(&tree)).unwrap()),
            Dialect::V1 => b.iter(|| {
                let body = black_box(&tree).to_string();
                let pairs = json!([["c1234-ops", body]]).to_string();
                json!(["PUBLISH", pairs]).to_string()
            }),
        });
    }
    for (name, dialect, text) in SERVER {
        // As a server has it: the echo as the text of the request.
        let message: ServerMessage<'_> = decode_server(dialect, text).unwrap().into_owned();
        group.bench_function(format!("{name}/ours"), |b| {
            b.iter(|| {
                out.clear();
                black_box(&message).encode_into(&mut out);
                out.len()
            });
        });
        let tree = tree(text);
        group.bench_function(format!("{name}/value"), |b| b.iter(|| serde_json::to_vec(black_box(&tree)).unwrap()));
    }
    let user: User = serde_json::from_str(USER).unwrap();
    group.bench_function("http-user/ours", |b| {
        b.iter(|| {
            out.clear();
            serde_json::to_writer(&mut out, black_box(&user)).unwrap();
            out.len()
        });
    });
    let tree = tree(USER);
    group.bench_function("http-user/value", |b| b.iter(|| serde_json::to_vec(black_box(&tree)).unwrap()));
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_millis(1000));
    targets = decode, encode
}
criterion_main!(benches);
