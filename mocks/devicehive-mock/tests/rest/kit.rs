//! What all tests use: HTTP calls as they stand, and a socket.

use devicehive_mock::{DeviceHiveMock, DeviceHiveMockBuilder, Profile, Query, WorldFile};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Longer than anything takes; only a failing test waits so long.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) async fn start() -> DeviceHiveMock {
    DeviceHiveMock::builder().virtual_clock().start().await.unwrap()
}

pub(crate) async fn start_as(profile: Profile) -> DeviceHiveMock {
    DeviceHiveMock::builder().virtual_clock().profile(profile).start().await.unwrap()
}

/// A mock whose world differs from the demo world.
pub(crate) async fn start_with(change: impl FnOnce(&mut WorldFile)) -> DeviceHiveMock {
    builder_with(change).start().await.unwrap()
}

pub(crate) fn builder_with(change: impl FnOnce(&mut WorldFile)) -> DeviceHiveMockBuilder {
    let mut world = WorldFile::demo();
    change(&mut world);
    DeviceHiveMock::builder().virtual_clock().world(world)
}

/// One of the demo values as text.
pub(crate) fn demo(mock: &DeviceHiveMock, name: &str) -> String {
    let demo = mock.demo();
    demo[name].as_str().unwrap_or_else(|| panic!("the demo has no {name}: {demo}")).to_owned()
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{}: {e}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Status and body, to be compared at once.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
    }

    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, text: &str) {
        assert_eq!((self.status, self.json()), (status, json!({"error": status, "message": text})));
    }
}

/// A request as it stands: the path is the whole target.
pub(crate) async fn http(
    mock: &DeviceHiveMock,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    Waiting::send(mock, method, path, headers, body).await.answer().await
}

/// A request that was sent.
pub(crate) struct Waiting(TcpStream);

impl Waiting {
    pub(crate) async fn send(
        mock: &DeviceHiveMock,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Self {
        let mut socket = TcpStream::connect(mock.address()).await.unwrap();
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            text += &format!("Host: {}\r\n", mock.address());
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
        socket.write_all(text.as_bytes()).await.unwrap();
        Self(socket)
    }

    pub(crate) async fn answer(mut self) -> Answer {
        let mut bytes = Vec::new();
        tokio::time::timeout(SOON, self.0.read_to_end(&mut bytes)).await.expect("an answer in time").unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }
}

/// Somebody who calls REST with his token.
pub(crate) struct Caller<'a> {
    mock: &'a DeviceHiveMock,
    bearer: String,
}

impl<'a> Caller<'a> {
    pub(crate) fn with(mock: &'a DeviceHiveMock, token: &str) -> Self {
        Self { mock, bearer: format!("Bearer {token}") }
    }

    pub(crate) fn admin(mock: &'a DeviceHiveMock) -> Self {
        Self::with(mock, &demo(mock, "access_token"))
    }

    /// ann, who sees network 2.
    pub(crate) fn client(mock: &'a DeviceHiveMock) -> Self {
        Self::with(mock, &demo(mock, "client_access_token"))
    }

    pub(crate) async fn sends(&self, method: &str, path: &str, body: &str) -> Waiting {
        let headers = [("Authorization", self.bearer.as_str())];
        Waiting::send(self.mock, method, &format!("/dh/rest{path}"), &headers, body).await
    }

    pub(crate) async fn calls(&self, method: &str, path: &str, body: &str) -> Answer {
        self.sends(method, path, body).await.answer().await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.calls("GET", path, "").await
    }

    /// What is there.
    pub(crate) async fn reads(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// A call that waits, once the mock knows of it.
    pub(crate) async fn waits(&self, path: &str) -> Waiting {
        let query = Query::request();
        let before = self.mock.count(&query);
        let waiting = self.sends("GET", path, "").await;
        self.mock.wait_for(&query, before + 1, SOON).await.unwrap();
        waiting
    }
}

/// A client on the socket.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn open(url: &str) -> Self {
        Self(tokio_tungstenite::connect_async(url).await.unwrap().0)
    }

    pub(crate) async fn authenticated(mock: &DeviceHiveMock, token: &str) -> Self {
        let mut socket = Self::open(&mock.url()).await;
        let reply = socket.ask(json!({"action": "authenticate", "token": token})).await;
        assert_eq!(reply["status"], "success", "{reply}");
        socket
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.0.send(Frame::text(message.to_string())).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> Value {
        match tokio::time::timeout(SOON, self.0.next()).await.expect("a frame in time") {
            Some(Ok(Frame::Text(text))) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn ask(&mut self, message: Value) -> Value {
        self.say(message).await;
        self.hear().await
    }

    /// How the connection ended.
    pub(crate) async fn end(&mut self) -> Option<Frame> {
        tokio::time::timeout(SOON, self.0.next()).await.expect("an end in time").and_then(Result::ok)
    }
}

/// The codes of all problems so far.
pub(crate) fn problems(mock: &DeviceHiveMock) -> Vec<String> {
    let problems = mock.journal(&Query::any()).into_iter().filter(|entry| entry["kind"] == "problem");
    problems.map(|entry| entry["code"].as_str().unwrap().to_owned()).collect()
}
