//! What all tests use: clients that send what they are told to, and see everything that comes.

use futures_util::{SinkExt, StreamExt};
use multistreamer_mock::{MultistreamerMock, Options, Profile, Query, WorldFile};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longer than anything takes; only a failing test waits so long.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) async fn start() -> MultistreamerMock {
    MultistreamerMock::builder().virtual_clock().start().await.unwrap()
}

/// A mock whose world differs from the demo world.
pub(crate) async fn start_with(change: impl FnOnce(&mut WorldFile)) -> MultistreamerMock {
    let mut world = WorldFile::demo();
    change(&mut world);
    MultistreamerMock::builder().virtual_clock().world(world).start().await.unwrap()
}

/// A mock with other options.
pub(crate) async fn start_option(change: impl FnOnce(&mut Options)) -> MultistreamerMock {
    start_with(|world| change(&mut world.options)).await
}

pub(crate) async fn start_spec() -> MultistreamerMock {
    MultistreamerMock::builder().virtual_clock().profile(Profile::Spec).start().await.unwrap()
}

/// The token of a user of the demo world.
pub(crate) fn token(user: &str) -> String {
    let world = WorldFile::demo();
    world.users.iter().find(|known| known.username == user).unwrap().token.clone()
}

pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    /// The status instead, if the handshake is refused.
    pub(crate) async fn try_open(url: &str) -> Result<Self, u16> {
        match tokio_tungstenite::connect_async(url).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(e) => panic!("{e}"),
        }
    }

    pub(crate) async fn of(mock: &MultistreamerMock, user: &str, stream: i64) -> Self {
        Self::try_open(&format!("{}/ws/{stream}?token={}", mock.ws_url(), token(user))).await.unwrap()
    }

    pub(crate) async fn john(mock: &MultistreamerMock) -> Self {
        Self::of(mock, "john", 21).await
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.send(Frame::text(text)).await;
    }

    /// Several texts in one packet, and whether the connection is still there.
    pub(crate) async fn try_say(&mut self, texts: &[&str]) -> bool {
        for text in texts {
            if self.socket.feed(Frame::text(*text)).await.is_err() {
                return false;
            }
        }
        self.socket.flush().await.is_ok()
    }

    pub(crate) async fn send(&mut self, frame: Frame) {
        self.socket.send(frame).await.unwrap();
    }

    /// Something for the internal chat.
    pub(crate) async fn irc(&mut self, text: &str) {
        self.write(0, 0, text).await;
    }

    /// Something said with this account in the chat of that one.
    pub(crate) async fn write(&mut self, account: i64, target: i64, text: &str) {
        let message = json!({"type": "text", "account_id": account, "cur_stream_account_id": target, "text": text});
        self.say(&message.to_string()).await;
    }

    pub(crate) async fn ask_writer(&mut self, account: i64, target: i64) {
        let message = json!({"type": "writer", "account_id": account, "cur_stream_account_id": target});
        self.say(&message.to_string()).await;
    }

    /// The next frame as text, or how the connection ended.
    pub(crate) async fn hear(&mut self) -> String {
        match tokio::time::timeout(SOON, self.socket.next()).await.expect("a frame in time") {
            Some(Ok(Frame::Text(text))) => text.to_string(),
            Some(Ok(Frame::Close(Some(frame)))) => format!("close {} {}", u16::from(frame.code), frame.reason),
            Some(Ok(Frame::Close(None))) => "close".to_owned(),
            Some(Ok(other)) => format!("{other:?}"),
            Some(Err(tungstenite::Error::ConnectionClosed)) | None => "end".to_owned(),
            Some(Err(_)) => "cut".to_owned(),
        }
    }

    pub(crate) async fn hear_json(&mut self) -> Value {
        let text = self.hear().await;
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    /// The next message, which must be of this type.
    pub(crate) async fn hear_type(&mut self, kind: &str) -> Value {
        let message = self.hear_json().await;
        assert_eq!(message["type"], kind, "{message}");
        message
    }

    pub(crate) async fn status(&mut self) -> Value {
        self.say(r#"{"type":"status"}"#).await;
        self.hear_type("status").await
    }

    /// That nothing is on the way: everything sent so far would come before the answer.
    pub(crate) async fn is_silent(&mut self) {
        self.status().await;
    }

    /// Goes on until the stream is told to be live or not.
    pub(crate) async fn until_status(&mut self, pushing: bool) -> Value {
        loop {
            let message = self.hear_json().await;
            if message["type"] == "status" && message["status"]["data_pushing"] == pushing {
                return message;
            }
        }
    }
}

/// What happened, oldest first: topic and details.
pub(crate) fn events(mock: &MultistreamerMock) -> Vec<(String, Value)> {
    let events = mock.journal(&Query::any()).into_iter().filter(|entry| entry["kind"] == "event");
    events.map(|entry| (entry["topic"].as_str().unwrap().to_owned(), entry["details"].clone())).collect()
}

/// The codes of all problems so far, each with what was done about it.
pub(crate) fn problems(mock: &MultistreamerMock) -> Vec<String> {
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
    mock: &MultistreamerMock,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> HttpAnswer {
    let mut socket = TcpStream::connect(mock.address()).await.unwrap();
    let mut head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    tokio::time::timeout(SOON, socket.read_to_end(&mut bytes)).await.expect("an answer in time").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    HttpAnswer { status, head: head.to_owned(), body: body.to_owned() }
}

pub(crate) async fn get(mock: &MultistreamerMock, target: &str) -> HttpAnswer {
    http(mock, "GET", target, &[], "").await
}

/// A call of the API by this user.
pub(crate) async fn api(mock: &MultistreamerMock, user: &str, method: &str, path: &str, body: &str) -> HttpAnswer {
    let bearer = format!("Bearer {}", token(user));
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    http(mock, method, &format!("/api/v1{path}"), &headers, body).await
}

/// Goes live or ends that, over the API.
pub(crate) async fn push(mock: &MultistreamerMock, user: &str, stream: i64, pushing: bool) -> HttpAnswer {
    api(mock, user, "PATCH", &format!("/stream/{stream}"), &json!({"data_pushing": pushing}).to_string()).await
}

/// A mock on which stream 21 is live, and nobody says anything by himself.
pub(crate) async fn start_live() -> MultistreamerMock {
    let mock = start_with(|world| {
        world.lines.clear();
        world.accounts.iter_mut().for_each(|account| account.viewers = None);
    })
    .await;
    assert_eq!(push(&mock, "john", 21, true).await.status, 200);
    mock
}

impl Client {
    pub(crate) async fn with(request: tungstenite::handshake::client::Request) -> Self {
        Self { socket: tokio_tungstenite::connect_async(request).await.unwrap().0 }
    }
}

/// The head of the answer to a handshake.
pub(crate) async fn handshake_head(mock: &MultistreamerMock, target: &str, headers: &[(&str, &str)]) -> String {
    let mut socket = TcpStream::connect(mock.address()).await.unwrap();
    let mut head = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    socket.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let byte = tokio::time::timeout(SOON, socket.read_u8()).await.expect("an answer in time").unwrap();
        bytes.push(byte);
    }
    String::from_utf8(bytes).unwrap()
}
