//! What all tests use: clients that send what they are told to, and see everything that comes.

use dummyload_host::Query;
use futures_util::{SinkExt, StreamExt};
use pishock_mock::{PishockMock, WorldFile};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longer than anything takes; only a failing test waits so long.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) const KEY: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const FRIEND_KEY: &str = "66666666-7777-8888-9999-000000000000";
pub(crate) const OLD_KEY: &str = "00000000-2222-3333-4444-555555555555";
pub(crate) const LINK: &str = "99999999-aaaa-bbbb-cccc-dddddddddddd";

pub(crate) async fn start() -> PishockMock {
    PishockMock::builder().virtual_clock().start().await.unwrap()
}

/// A mock whose world differs from the demo world.
pub(crate) async fn start_with(change: impl FnOnce(&mut WorldFile)) -> PishockMock {
    let mut world = WorldFile::demo();
    change(&mut world);
    PishockMock::builder().virtual_clock().world(world).start().await.unwrap()
}

pub(crate) async fn start_strict() -> PishockMock {
    start_with(|world| world.options.strict = true).await
}

pub(crate) struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub(crate) async fn open(mock: &PishockMock, target: &str) -> Self {
        Self::try_open(mock, target).await.unwrap()
    }

    /// The status instead, if the handshake is refused.
    pub(crate) async fn try_open(mock: &PishockMock, target: &str) -> Result<Self, u16> {
        match tokio_tungstenite::connect_async(format!("{}{target}", mock.ws_url())).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(e) => panic!("{e}"),
        }
    }

    pub(crate) async fn v2(mock: &PishockMock) -> Self {
        Self::open(mock, &format!("/v2?Username=demo&ApiKey={KEY}")).await
    }

    pub(crate) async fn friend(mock: &PishockMock) -> Self {
        Self::open(mock, &format!("/v2?Username=friend&ApiKey={FRIEND_KEY}")).await
    }

    pub(crate) async fn v1(mock: &PishockMock) -> Self {
        Self::open(mock, &format!("/?username=demo&key={KEY}&api=true")).await
    }

    pub(crate) async fn link(mock: &PishockMock) -> Self {
        Self::open(mock, &format!("/Links/{LINK}")).await
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(Frame::text(text)).await;
    }

    pub(crate) async fn send(&mut self, frame: Frame) {
        self.0.send(frame).await.unwrap();
    }

    /// Bytes as they are, frame header included.
    pub(crate) async fn send_raw(&mut self, bytes: &[u8]) {
        let MaybeTlsStream::Plain(socket) = self.0.get_mut() else { panic!("no TLS here") };
        socket.write_all(bytes).await.unwrap();
    }

    /// The next frame as text, or how the connection ended.
    pub(crate) async fn hear(&mut self) -> String {
        match tokio::time::timeout(SOON, self.0.next()).await.expect("a frame in time") {
            Some(Ok(Frame::Text(text))) => text.to_string(),
            Some(Ok(Frame::Close(Some(frame)))) => format!("close {}", u16::from(frame.code)),
            Some(Ok(other)) => format!("{other:?}"),
            Some(Err(tungstenite::Error::ConnectionClosed)) | None => "end".to_owned(),
            Some(Err(_)) => "cut".to_owned(),
        }
    }

    pub(crate) async fn hear_json(&mut self) -> Value {
        let text = self.hear().await;
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    /// Says something and gives the one reply.
    pub(crate) async fn ask(&mut self, text: &str) -> Value {
        self.say(text).await;
        self.hear_json().await
    }

    /// That nothing is on the way: everything sent so far would come before the pong.
    pub(crate) async fn is_silent(&mut self) {
        self.send(Frame::Ping("barrier".into())).await;
        match tokio::time::timeout(SOON, self.0.next()).await.expect("a pong in time") {
            Some(Ok(Frame::Pong(payload))) => assert_eq!(&payload[..], b"barrier"),
            other => panic!("not silent: {other:?}"),
        }
    }

    /// The reply to a PUBLISH, and that it is the only one.
    pub(crate) async fn publish(&mut self, commands: &[Value]) -> Value {
        let reply = self.ask(&publish(commands)).await;
        self.is_silent().await;
        reply
    }

    pub(crate) async fn subscribe(&mut self, channel: &str) {
        let reply = self.ask(&json!({"Operation": "SUBSCRIBE", "Targets": [channel]}).to_string()).await;
        assert_eq!(reply["IsError"], false, "{reply}");
    }
}

/// One command with all members.
pub(crate) fn command(target: &str, shocker: u64, mode: &str, intensity: i64, duration: i64) -> Value {
    let log = json!({"u": 77, "ty": "api", "w": false, "h": false, "o": "test"});
    json!({"Target": target, "Body": {
        "id": shocker, "m": mode, "i": intensity, "d": duration, "r": true, "l": log,
    }})
}

/// A PUBLISH in the documented form: a `Value` by itself sorts its members.
pub(crate) fn publish(commands: &[Value]) -> String {
    let commands: Vec<String> = commands.iter().map(|command| ordered(command, &["Target", "Body"])).collect();
    format!(r#"{{"Operation":"PUBLISH","PublishCommands":[{}]}}"#, commands.join(","))
}

/// The members in this order, the body of a command included; what is no object as it is.
pub(crate) fn ordered(value: &Value, names: &[&str]) -> String {
    let Value::Object(members) = value else { return value.to_string() };
    let shown = names.iter().filter_map(|name| {
        let value = members.get(*name)?;
        Some(match *name {
            "Body" => format!("\"Body\":{}", ordered(value, &["id", "m", "i", "d", "r", "l"])),
            "l" => format!("\"l\":{}", ordered(value, &["u", "ty", "w", "h", "o"])),
            name => format!("{name:?}:{value}"),
        })
    });
    format!("{{{}}}", shown.collect::<Vec<_>>().join(","))
}

/// The same command with one member of the body changed; `l.x` reaches into the log data.
pub(crate) fn with(mut command: Value, member: &str, value: Value) -> Value {
    let body = &mut command["Body"];
    match member.strip_prefix("l.") {
        Some(member) => body["l"][member] = value,
        None => body[member] = value,
    }
    command
}

/// What the hubs did, oldest first: topic and details.
pub(crate) fn outcomes(mock: &PishockMock) -> Vec<(String, Value)> {
    let events = mock.journal(&Query::any()).into_iter().filter(|entry| entry["kind"] == "event");
    events.map(|entry| (entry["topic"].as_str().unwrap().to_owned(), entry["details"].clone())).collect()
}

pub(crate) fn topics(mock: &PishockMock) -> Vec<String> {
    outcomes(mock).into_iter().map(|(topic, _)| topic).collect()
}

/// The codes of all problems so far, each with what was done about it.
pub(crate) fn problems(mock: &PishockMock) -> Vec<String> {
    let problems = mock.journal(&Query::any()).into_iter().filter(|entry| entry["kind"] == "problem");
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    problems.map(|entry| format!("{} {}", word(&entry["reaction"]), word(&entry["code"]))).collect()
}

pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl HttpAnswer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{}: {e}", self.body))
    }
}

/// One HTTP request on a connection of its own.
pub(crate) async fn http(
    mock: &PishockMock,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> HttpAnswer {
    let mut socket = TcpStream::connect(mock.address()).await.unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    HttpAnswer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// The head of the answer to a handshake, in lower case.
pub(crate) async fn upgrade(mock: &PishockMock, target: &str, headers: &[(&str, &str)]) -> String {
    let mut socket = TcpStream::connect(mock.address()).await.unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    socket.write_all(format!("GET {target} HTTP/1.1\r\nhost: mock\r\n{headers}\r\n").as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

pub(crate) async fn get(mock: &PishockMock, target: &str) -> HttpAnswer {
    http(mock, "GET", target, &[], "").await
}

/// The header login of a key alone.
pub(crate) fn key(key: &str) -> [(&str, &str); 1] {
    [("X-PiShock-Api-Key", key)]
}
