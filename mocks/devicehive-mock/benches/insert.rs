//! What an insertion takes, over a socket and with its reply, in a small world and in a large one: as good as the same.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use devicehive_mock::{DeviceHiveMock, WorldFile};
use dummyload_testkit::Socket;
use serde_json::{Value, json};
use std::hint::black_box;
use tokio::runtime::Runtime;

/// So many insertions are under way at once.
const IN_FLIGHT: usize = 32;
const SOCKETS: usize = 100;

fn world(devices: usize) -> WorldFile {
    let device = |n: usize| json!({"id": format!("d-{n}"), "name": "n", "network": 1, "device_type": 1});
    let world = json!({
        "network": [{"id": 1, "name": "n"}],
        "device_type": [{"id": 1, "name": "t"}],
        "user": [{"id": 1, "login": "admin", "password": "password", "role": "admin"}],
        "device": (0..devices).map(device).collect::<Vec<_>>(),
    });
    WorldFile::parse(&world.to_string()).unwrap()
}

async fn ask(socket: &mut Socket, message: &Value) {
    let reply = socket.ask(&message.to_string()).await;
    assert_eq!(reply["status"], "success", "{reply}");
}

async fn connect(mock: &DeviceHiveMock) -> Socket {
    let mut socket = Socket::open(&mock.url()).await;
    ask(&mut socket, &json!({"action": "authenticate", "token": mock.demo()["access_token"]})).await;
    socket
}

/// A mock with so many devices, and so many subscriptions to others of them than those that commands are for.
async fn prepared(devices: usize, subscriptions: usize) -> (DeviceHiveMock, Socket, Vec<Socket>) {
    let mock = DeviceHiveMock::builder().world(world(devices)).start().await.unwrap();
    let mut listeners = Vec::new();
    for socket in 0..if subscriptions == 0 { 0 } else { SOCKETS } {
        let mut listener = connect(&mock).await;
        for n in 0..subscriptions / SOCKETS {
            let device = format!("d-{}", IN_FLIGHT + socket * subscriptions / SOCKETS + n);
            ask(&mut listener, &json!({"action": "command/subscribe", "deviceId": device})).await;
        }
        listeners.push(listener);
    }
    let socket = connect(&mock).await;
    (mock, socket, listeners)
}

fn insert(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = c.benchmark_group("command/insert with its reply");
    group.throughput(Throughput::Elements(IN_FLIGHT as u64));
    for (name, devices, subscriptions) in
        [("10 devices", 10, 0), ("100,000 devices and 10,000 subscriptions", 100_000, 10_000)]
    {
        let (_mock, mut socket, _listeners) = runtime.block_on(prepared(devices, subscriptions));
        let messages: Vec<String> = (0..IN_FLIGHT)
            .map(|n| {
                let command = json!({"command": "start", "parameters": {"speed": 3}});
                let device = format!("d-{}", n % devices);
                let insert =
                    json!({"action": "command/insert", "requestId": n, "deviceId": device, "command": command});
                insert.to_string()
            })
            .collect();
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        group.bench_function(name, |b| {
            b.iter(|| {
                runtime.block_on(async {
                    assert!(socket.try_say(&messages).await);
                    for _ in 0..IN_FLIGHT {
                        black_box(socket.hear().await);
                    }
                });
            });
        });
    }
    group.finish();
}

criterion_group!(benches, insert);
criterion_main!(benches);
