//! What all tests use: clients that send what they are told to, and see everything that comes.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use shelly_mock::{Options, Query, ShellyMock, WorldFile};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longer than anything takes; only a failing test waits so long.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) const RELAY: &str = "dc4f2276846a";
pub(crate) const RELAY_DECIMAL: &str = "242232438719594";
pub(crate) const SWITCH: &str = "84cca87c0144";
pub(crate) const SWITCH_DECIMAL: &str = "146014534893892";
pub(crate) const ROLLER: &str = "e8db84d4b0c3";
pub(crate) const COVER: &str = "08b61fcd1e55";
pub(crate) const AUTH_KEY: &str = "ZGVtb2F1dGhrZXk";

pub(crate) async fn start() -> ShellyMock {
    ShellyMock::builder().virtual_clock().start().await.unwrap()
}

/// A mock whose world differs from the demo world.
pub(crate) async fn start_with(change: impl FnOnce(&mut WorldFile)) -> ShellyMock {
    let mut world = WorldFile::demo();
    change(&mut world);
    ShellyMock::builder().virtual_clock().world(world).start().await.unwrap()
}

/// A mock with other options.
pub(crate) async fn start_option(change: impl FnOnce(&mut Options)) -> ShellyMock {
    start_with(|world| change(&mut world.options)).await
}

/// One of the demo values as text.
pub(crate) fn demo(mock: &ShellyMock, name: &str) -> String {
    let demo = mock.demo();
    demo[name].as_str().unwrap_or_else(|| panic!("the demo has no {name}: {demo}")).to_owned()
}

/// The id of a device as frames have it.
pub(crate) fn decimal(hex: &str) -> String {
    shelly_proto::DeviceId::in_http(hex).to_decimal()
}

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next: u64,
}

impl Client {
    /// The status instead, if the handshake is refused.
    pub(crate) async fn try_open(url: &str) -> Result<Self, u16> {
        match tokio_tungstenite::connect_async(url).await {
            Ok((socket, _)) => Ok(Self { socket, next: 0 }),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(e) => panic!("{e}"),
        }
    }

    pub(crate) async fn open(url: &str) -> Self {
        Self::try_open(url).await.unwrap()
    }

    /// The demo user's.
    pub(crate) async fn demo(mock: &ShellyMock) -> Self {
        Self::open(&mock.url()).await
    }

    pub(crate) async fn friend(mock: &ShellyMock) -> Self {
        Self::with_token(mock, &demo(mock, "friend_access_token")).await
    }

    pub(crate) async fn with_token(mock: &ShellyMock, token: &str) -> Self {
        Self::open(&socket_url(mock, token)).await
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(Frame::text(text)).await;
    }

    pub(crate) async fn send(&mut self, frame: Frame) {
        self.socket.send(frame).await.unwrap();
    }

    /// The next frame as text, or how the connection ended.
    pub(crate) async fn hear(&mut self) -> String {
        match tokio::time::timeout(SOON, self.socket.next()).await.expect("a frame in time") {
            Some(Ok(Frame::Text(text))) => text.to_string(),
            Some(Ok(Frame::Close(Some(frame)))) => format!("close {} {}", u16::from(frame.code), frame.reason),
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
        match tokio::time::timeout(SOON, self.socket.next()).await.expect("a pong in time") {
            Some(Ok(Frame::Pong(payload))) => assert_eq!(&payload[..], b"barrier"),
            other => panic!("not silent: {other:?}"),
        }
    }

    /// Whether the socket is open; it may have been closed at once.
    pub(crate) async fn drain_or_close(&mut self) -> bool {
        self.send(Frame::Ping("open".into())).await;
        self.hear().await.starts_with("Pong(")
    }

    /// Whatever comes until the connection is gone.
    pub(crate) async fn drain_until_end(&mut self) {
        while !["end", "cut"].contains(&self.hear().await.as_str()) {}
    }

    /// Everything that is on the way.
    pub(crate) async fn drain(&mut self) -> Vec<Value> {
        self.send(Frame::Ping("barrier".into())).await;
        let mut heard = Vec::new();
        loop {
            let text = self.hear().await;
            if text.starts_with("Pong(") {
                return heard;
            }
            heard.push(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}")));
        }
    }

    /// A command by decimal id: `data` of its answer, or `null` if none came.
    pub(crate) async fn command(&mut self, id: &str, cmd: &str, params: Value) -> Value {
        self.next += 1;
        let trid = self.next;
        let data = json!({"cmd": cmd, "params": params});
        let text = json!({"event": "Shelly:CommandRequest", "trid": trid, "deviceId": id, "data": data}).to_string();
        let answer = self.ask(&text).await;
        assert_eq!((&answer["event"], &answer["trid"]), (&json!("Shelly:CommandResponse"), &json!(trid)), "{answer}");
        answer["data"].clone()
    }

    /// A call: `response` of its answer.
    pub(crate) async fn call(&mut self, id: &str, method: &str, params: Value) -> Value {
        self.next += 1;
        let trid = format!("t_{}", self.next);
        let text =
            json!({"event": "Shelly:JrpcRequest", "trid": trid, "deviceId": id, "method": method, "params": params});
        let answer = self.ask(&text.to_string()).await;
        assert_eq!((&answer["event"], &answer["trid"]), (&json!("Shelly:JrpcResponse"), &json!(trid)), "{answer}");
        answer["response"].clone()
    }

    /// The next event, which must be a change of this device: its status.
    pub(crate) async fn change(&mut self, id: &str) -> Value {
        let event = self.hear_json().await;
        assert_eq!(event["event"], "Shelly:StatusOnChange", "{event}");
        assert_eq!(event["device"]["id"], id, "{event}");
        event["status"].clone()
    }
}

pub(crate) fn socket_url(mock: &ShellyMock, token: &str) -> String {
    format!("{}/shelly/wss/hk_sock?t={token}", mock.ws_url())
}

/// What happened, oldest first: topic and details.
pub(crate) fn events(mock: &ShellyMock) -> Vec<(String, Value)> {
    let events = mock.journal(&Query::any()).into_iter().filter(|entry| entry["kind"] == "event");
    events.map(|entry| (entry["topic"].as_str().unwrap().to_owned(), entry["details"].clone())).collect()
}

/// The codes of all problems so far, each with what was done about it.
pub(crate) fn problems(mock: &ShellyMock) -> Vec<String> {
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

    /// A header of the answer, as it was sent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One HTTP request on a connection of its own.
pub(crate) async fn http(
    mock: &ShellyMock,
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
    HttpAnswer { status, head: head.to_owned(), body: body.to_owned() }
}

pub(crate) async fn get(mock: &ShellyMock, target: &str) -> HttpAnswer {
    http(mock, "GET", target, &[], "").await
}

pub(crate) const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

pub(crate) async fn post_form(mock: &ShellyMock, target: &str, body: &str) -> HttpAnswer {
    http(mock, "POST", target, &[FORM], body).await
}

/// A form with the demo user's token.
pub(crate) async fn control(mock: &ShellyMock, target: &str, body: &str) -> HttpAnswer {
    let bearer = format!("Bearer {}", demo(mock, "access_token"));
    http(mock, "POST", target, &[FORM, ("Authorization", &bearer)], body).await
}

/// JSON with the demo user's token.
pub(crate) async fn post_json(mock: &ShellyMock, target: &str, body: &Value) -> HttpAnswer {
    let bearer = format!("Bearer {}", demo(mock, "access_token"));
    let headers = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    http(mock, "POST", target, &headers, &body.to_string()).await
}

/// `GET` with the demo user's token.
pub(crate) async fn read(mock: &ShellyMock, target: &str) -> HttpAnswer {
    let bearer = format!("Bearer {}", demo(mock, "access_token"));
    http(mock, "GET", target, &[("Authorization", &bearer)], "").await
}

/// The devices of all_status by key.
pub(crate) async fn all_status(mock: &ShellyMock) -> Value {
    let answer = read(mock, "/device/all_status?show_info=true&no_shared=true").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["data"]["devices_status"].clone()
}
