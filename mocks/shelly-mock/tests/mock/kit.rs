//! What all tests use: clients that send what they are told to, and see everything that comes.

pub(crate) use dummyload_testkit::{Answer, Frame, SOON, events, get, http, problems};

use dummyload_testkit::Socket;
use serde_json::{Value, json};
use shelly_mock::{Options, ShellyMock, WorldFile};
use std::ops::{Deref, DerefMut};

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
    socket: Socket,
    next: u64,
}

impl Deref for Client {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.socket
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Socket {
        &mut self.socket
    }
}

impl Client {
    /// The status instead, if the handshake is refused.
    pub(crate) async fn try_open(url: &str) -> Result<Self, u16> {
        Ok(Self { socket: Socket::try_open(url, &[]).await?, next: 0 })
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

    /// Whether the socket is open; it may have been closed at once.
    pub(crate) async fn drain_or_close(&mut self) -> bool {
        self.send(Frame::Ping("open".into())).await;
        self.hear().await == "pong open"
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

pub(crate) const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

pub(crate) async fn post_form(mock: &ShellyMock, target: &str, body: &str) -> Answer {
    http(mock, "POST", target, &[FORM], body).await
}

/// A form with the demo user's token.
pub(crate) async fn control(mock: &ShellyMock, target: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {}", demo(mock, "access_token"));
    http(mock, "POST", target, &[FORM, ("Authorization", &bearer)], body).await
}

/// JSON with the demo user's token.
pub(crate) async fn post_json(mock: &ShellyMock, target: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {}", demo(mock, "access_token"));
    let headers = [("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    http(mock, "POST", target, &headers, &body.to_string()).await
}

/// `GET` with the demo user's token.
pub(crate) async fn read(mock: &ShellyMock, target: &str) -> Answer {
    let bearer = format!("Bearer {}", demo(mock, "access_token"));
    http(mock, "GET", target, &[("Authorization", &bearer)], "").await
}

/// The devices of all_status by key.
pub(crate) async fn all_status(mock: &ShellyMock) -> Value {
    let answer = read(mock, "/device/all_status?show_info=true&no_shared=true").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["data"]["devices_status"].clone()
}
