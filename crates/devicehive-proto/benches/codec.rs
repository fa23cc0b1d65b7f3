//! The codec against `serde_json` without knowledge of the messages: decoding against building a `Value` and against
//! building nothing (`IgnoredAny`), encoding into a warm buffer against writing a `Value`. Only ratios within one run mean
//! anything. `docs/performance.md` has the figures and the targets.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use devicehive_proto::message::{Answer, ClientMessage, ServerMessage};
use devicehive_proto::{Action, Json, TokenKey, strict};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::hint::black_box;
use std::time::Duration;

const INFO: &str = r#"{"action":"server/info","requestId":"c1f1c3a0"}"#;
const INSERT: &str = r#"{"action":"command/insert","requestId":1,"deviceId":"dev-1","command":{"command":"led/on","timestamp":"2018-05-20T10:00:00.000","parameters":{"a":1},"lifetime":60,"status":"new","result":{}}}"#;
const SUBSCRIBE: &str = r#"{"action":"command/subscribe","requestId":5,"deviceId":"e50d6085-2aba-48e9-b1c3-73c673e414be","names":["led/on","led/off"],"timestamp":"2018-05-20T10:00:00.000","limit":20}"#;
const NOTIFY: &str = r#"{"action":"notification/insert","requestId":1,"deviceId":"dev-1","notification":{"notification":"temp","parameters":{"t":21.50,"unit":"C","battery":{"level":0.87,"charging":false}}}}"#;

const SUCCESS: &str = r#"{"action":"command/update","requestId":2,"status":"success"}"#;
const RECEIPT: &str = r#"{"action":"command/insert","requestId":1,"status":"success","command":{"id":1418452987,"timestamp":"2018-05-20T10:00:00.000","lastUpdated":"2018-05-20T10:00:00.000","userId":1}}"#;
const REFUSAL: &str = r#"{"action":"device/get","requestId":7,"code":404,"status":"error","error":"Device with such deviceId = x not found"}"#;
const COMMAND: &str = r#"{"action":"command/insert","command":{"id":1418452987,"command":"led/on","timestamp":"2018-05-20T10:00:00.000","lastUpdated":"2018-05-20T10:00:00.000","userId":1,"deviceId":"dev-1","networkId":1,"deviceTypeId":1,"parameters":{"a":1},"lifetime":null,"status":null,"result":null},"subscriptionId":1526810400000000}"#;
const NOTIFICATION: &str = r#"{"action":"notification/insert","notification":{"id":90211735,"notification":"temp","deviceId":"e50d6085-2aba-48e9-b1c3-73c673e414be","networkId":1,"deviceTypeId":1,"timestamp":"2018-05-20T10:00:00.000","parameters":{"t":21.50,"unit":"C","battery":{"level":0.87,"charging":false}}},"subscriptionId":1526810400000002}"#;

const CLIENT: [(&str, &str); 4] = [("info", INFO), ("insert", INSERT), ("subscribe", SUBSCRIBE), ("notify", NOTIFY)];
const SERVER: [(&str, &str); 5] = [
    ("success", SUCCESS),
    ("receipt", RECEIPT),
    ("refusal", REFUSAL),
    ("command", COMMAND),
    ("notification", NOTIFICATION),
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
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| ClientMessage::decode(black_box(text)).unwrap()));
        peers(&mut group, name, text);
    }
    for (name, text) in SERVER {
        group.bench_function(format!("{name}/ours"), |b| b.iter(|| ServerMessage::decode(black_box(text)).unwrap()));
        peers(&mut group, name, text);
    }
}

/// A list of 100 commands, which is what a program asks for after a pause.
fn list() -> String {
    let command: Value = serde_json::from_str(COMMAND).unwrap();
    let commands = vec![command["command"].to_string(); 100].join(",");
    format!(r#"{{"action":"command/list","requestId":4,"status":"success","commands":[{commands}]}}"#)
}

/// What a program does beside: read what a reply brings, keep parameters, read what is no JSON, check a token.
fn understand(c: &mut Criterion) {
    let mut group = c.benchmark_group("understand");
    let list = list();
    group.bench_function("list/ours", |b| {
        b.iter(|| match ServerMessage::decode(black_box(&list)).unwrap() {
            ServerMessage::Reply(reply) => match reply.answer(Action::CommandList).unwrap() {
                Answer::Commands(commands) => commands.len(),
                _ => 0,
            },
            _ => 0,
        });
    });
    peers(&mut group, "list", &list);
    let parameters = r#"{"t":21.50,"unit":"C","battery":{"level":0.87,"charging":false},"name":"K\u00fcche"}"#;
    group.bench_function("parameters/ours", |b| b.iter(|| Json::parse(black_box(parameters)).unwrap()));
    peers(&mut group, "parameters", parameters);
    group.bench_function("lenient/ours", |b| {
        b.iter(|| strict(black_box("{action='server/info'; requestId:007} // why not")).unwrap().len());
    });
    let key = TokenKey::new("devicehive");
    let token = key.sign(&devicehive_proto::TokenPayload::access(7, devicehive_proto::Datetime::from_millis(0)));
    group.bench_function("token/read", |b| b.iter(|| key.read(black_box(&token)).unwrap()));
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
        let message = ClientMessage::decode(text).unwrap();
        against_value(&mut group, name, text, &|out| black_box(&message).encode_into(out));
    }
    for (name, text) in SERVER {
        let message = ServerMessage::decode(text).unwrap();
        against_value(&mut group, name, text, &|out| black_box(&message).encode_into(out));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_millis(1000));
    targets = decode, understand, encode
}
criterion_main!(benches);
