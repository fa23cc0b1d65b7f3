//! The codec against `serde_json` without knowledge of the messages: decoding against building a `Value` and against
//! building nothing (`IgnoredAny`), encoding into a warm buffer against writing a `Value`. Only ratios within one run mean
//! anything. `docs/performance.md` has the figures and the targets.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime};
use serde::de::IgnoredAny;
use serde_json::Value;
use shelly_proto::status::{StatusView, merge};
use shelly_proto::{Channel, Command, DeviceId, Generation, Light, Trid, Turn, decode_client, decode_server};
use std::hint::black_box;
use std::time::Duration;

/// 1.6 kB, as a device with two relays sends it.
const STATUS: &str = r#"{"event":"Shelly:StatusOnChange","device":{"id":"84cca87c0144","code":"SNSW-002P16EU","gen":"G2"},"status":{"ble":{},"cloud":{"connected":true},"mqtt":{"connected":false},"ts":1732214400.52,"input:0":{"id":0,"state":false},"input:1":{"id":1,"state":null},"switch:0":{"id":0,"source":"WS_in","output":true,"apower":812.4,"voltage":231.7,"freq":50.0,"current":3.521,"pf":0.99,"aenergy":{"total":184422.913,"by_minute":[13542.117,13477.302,13510.45],"minute_ts":1732214340},"ret_aenergy":{"total":0.0,"by_minute":[0.0,0.0,0.0],"minute_ts":1732214340},"temperature":{"tC":48.3,"tF":118.9}},"switch:1":{"id":1,"source":"timer","output":false,"timer_started_at":1732214100.11,"timer_duration":600.0,"apower":0.0,"voltage":231.9,"freq":50.0,"current":0.0,"pf":0.0,"aenergy":{"total":9911.02,"by_minute":[0.0,0.0,0.0],"minute_ts":1732214340},"ret_aenergy":{"total":0.0,"by_minute":[0.0,0.0,0.0],"minute_ts":1732214340},"temperature":{"tC":47.9,"tF":118.2}},"sys":{"mac":"84CCA87C0144","restart_required":false,"time":"18:40","unixtime":1732214400,"uptime":918273,"ram_size":262716,"ram_free":129344,"fs_size":393216,"fs_free":118784,"cfg_rev":31,"kvs_rev":2,"schedule_rev":4,"webhook_rev":1,"available_updates":{"beta":{"version":"1.5.0-beta2"}},"reset_reason":3,"utc_offset":7200},"wifi":{"sta_ip":"192.168.7.31","status":"got ip","ssid":"example-net","bssid":"d8:07:b6:00:00:01","rssi":-57,"ap_client_count":0},"script:1":{"id":1,"running":true,"mem_used":1402,"mem_peak":5120,"mem_free":23798},"ws":{"connected":false},"_updated":"2024-11-21 18:40:00","code":"SNSW-002P16EU","gen":"G2","v_eve:0":{"id":0,"ev":""},"serial":1732214400.52}}"#;
const PARTIAL: &str = r#"{"event":"Shelly:StatusOnChange","device":{"id":"146014534893892","code":"SPSW-001PE16EU","gen":"G2"},"status":{"id":"84cca87c0144","code":"SPSW-001PE16EU","serial":1700000041.02,"ts":1700000041.02,"switch:0":{"id":0,"source":"SHC","output":false,"apower":0.0}}}"#;
const ONLINE: &str =
    r#"{"event":"Shelly:Online","device":{"id":"146014534893892","code":"SPSW-001PE16EU","gen":"G2"},"online":1}"#;
const RESPONSE: &str =
    r#"{"event":"Shelly:CommandResponse","trid":10,"user":6550,"deviceId":"12133370","data":{"isok":true}}"#;
const RPC_RESPONSE: &str = r#"{"event":"Shelly:JrpcResponse","trid":"ushelly_1_1234","deviceId":"146014534893892","response":{"result":{"was_on":false}}}"#;
const RELAY: &str = r#"{"event":"Shelly:CommandRequest","trid":10,"deviceId":"12133370","data":{"cmd":"relay","params":{"turn":"on","id":0}}}"#;
const LIGHT: &str = r#"{"event":"Shelly:CommandRequest","trid":12345,"deviceId":"146014534893892","data":{"cmd":"light","params":{"id":0,"turn":"on","brightness":75,"red":255,"green":120,"blue":0}}}"#;
const RPC: &str = r#"{"event":"Shelly:JrpcRequest","trid":"x_1","deviceId":"146014534893892","method":"Switch.Set","params":{"id":0,"on":true}}"#;

const CLIENT: [(&str, &str); 3] = [("relay", RELAY), ("light", LIGHT), ("rpc", RPC)];
const SERVER: [(&str, &str); 5] = [
    ("status", STATUS),
    ("partial-status", PARTIAL),
    ("online", ONLINE),
    ("response", RESPONSE),
    ("rpc-response", RPC_RESPONSE),
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
        group.bench_function(format!("{name}/ours"), |b| {
            b.iter(|| black_box(decode_client(black_box(text))).trid().is_some());
        });
        peers(&mut group, name, text);
    }
    for (name, text) in SERVER {
        group.bench_function(format!("{name}/ours"), |b| {
            b.iter(|| black_box(decode_server(black_box(text))).device_id().is_some());
        });
        peers(&mut group, name, text);
    }
}

/// What a program does after decoding: look at the parameters, look at the status, keep a whole one.
fn understand(c: &mut Criterion) {
    let mut group = c.benchmark_group("understand");
    let status = serde_json::from_str::<Value>(STATUS).unwrap()["status"].to_string();
    let partial = serde_json::from_str::<Value>(PARTIAL).unwrap()["status"].to_string();
    group.bench_function("status/view", |b| b.iter(|| StatusView::of(&Generation::Gen2, black_box(&status))));
    group.bench_function("status/value", |b| b.iter(|| serde_json::from_str::<Value>(black_box(&status)).unwrap()));
    group.bench_function("status/merge", |b| b.iter(|| merge(black_box(&status), black_box(&partial))));
    group.bench_function("light/checked", |b| {
        b.iter(|| match decode_client(black_box(LIGHT)) {
            shelly_proto::ClientMessage::Command(request) => request.data.body().checked().is_ok(),
            _ => false,
        });
    });
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
    let light = Light::new(Channel(0)).turn(Turn::On).rgb(255, 120, 0);
    against_value(&mut group, "light-from-command", LIGHT, &|out| {
        let id = DeviceId::decimal(146_014_534_893_892);
        Command::from(black_box(light)).request(Trid::int(12345), id).encode_into(out);
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_millis(1000));
    targets = decode, understand, encode
}
criterion_main!(benches);
