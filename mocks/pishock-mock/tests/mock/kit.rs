//! What all tests use: clients that send what they are told to, and see everything that comes.

pub(crate) use dummyload_testkit::{SOON, events as outcomes, get, http, problems, upgrade};

use dummyload_testkit::Socket;
use pishock_mock::{PishockMock, WorldFile};
use serde_json::{Value, json};
use std::ops::{Deref, DerefMut};

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

pub(crate) struct Client(Socket);

impl Deref for Client {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.0
    }
}

impl DerefMut for Client {
    fn deref_mut(&mut self) -> &mut Socket {
        &mut self.0
    }
}

impl Client {
    pub(crate) async fn open(mock: &PishockMock, target: &str) -> Self {
        Self::try_open(mock, target).await.unwrap()
    }

    /// The status instead, if the handshake is refused.
    pub(crate) async fn try_open(mock: &PishockMock, target: &str) -> Result<Self, u16> {
        Socket::try_open(&format!("{}{target}", mock.ws_url()), &[]).await.map(Self)
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

pub(crate) fn topics(mock: &PishockMock) -> Vec<String> {
    outcomes(mock).into_iter().map(|(topic, _)| topic).collect()
}

/// The header login of a key alone.
pub(crate) fn key(key: &str) -> [(&str, &str); 1] {
    [("X-PiShock-Api-Key", key)]
}
