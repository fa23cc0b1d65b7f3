//! What all tests use: HTTP calls as they stand, and a socket.

pub(crate) use dummyload_testkit::{Answer, Call, SOON, http, problems};

use devicehive_mock::{DeviceHiveMock, DeviceHiveMockBuilder, Profile, Query, WorldFile};
use serde_json::{Value, json};

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

/// How DeviceHive tells errors.
pub(crate) trait Refusal {
    fn is_error(&self, status: u16, text: &str);
}

impl Refusal for Answer {
    #[track_caller]
    fn is_error(&self, status: u16, text: &str) {
        assert_eq!((self.status, self.json()), (status, json!({"error": status, "message": text})));
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

    pub(crate) async fn sends(&self, method: &str, path: &str, body: &str) -> Call {
        let headers = [("Authorization", self.bearer.as_str())];
        Call::send(self.mock, method, &format!("/dh/rest{path}"), &headers, body).await
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
    pub(crate) async fn waits(&self, path: &str) -> Call {
        let query = Query::request();
        let before = self.mock.count(&query);
        let waiting = self.sends("GET", path, "").await;
        self.mock.wait_for(&query, before + 1, SOON).await.unwrap();
        waiting
    }
}

/// A client on the socket.
pub(crate) struct Socket(dummyload_testkit::Socket);

impl Socket {
    pub(crate) async fn open(url: &str) -> Self {
        Self(dummyload_testkit::Socket::open(url).await)
    }

    pub(crate) async fn authenticated(mock: &DeviceHiveMock, token: &str) -> Self {
        let mut socket = Self::open(&mock.url()).await;
        let reply = socket.ask(json!({"action": "authenticate", "token": token})).await;
        assert_eq!(reply["status"], "success", "{reply}");
        socket
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.0.say(&message.to_string()).await;
    }

    pub(crate) async fn hear(&mut self) -> Value {
        self.0.hear_json().await
    }

    pub(crate) async fn ask(&mut self, message: Value) -> Value {
        self.say(message).await;
        self.hear().await
    }

    /// The next frame, or how the connection has ended.
    pub(crate) async fn end(&mut self) -> String {
        self.0.hear().await
    }
}
