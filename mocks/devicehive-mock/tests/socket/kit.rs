//! What all tests use: clients that send what they are told to, and see everything that comes.

pub(crate) use dummyload_testkit::problems;

use devicehive_mock::{DeviceHiveMock, Profile, WorldFile};
use dummyload_testkit::Socket;
use serde_json::{Value, json};
use std::ops::{Deref, DerefMut};

/// What every malformed message gets, but for its envelope.
pub(crate) const MALFORMED: &str = "Malformed Json received.";

pub(crate) async fn start() -> DeviceHiveMock {
    start_as(Profile::Server41).await
}

pub(crate) async fn start_as(profile: Profile) -> DeviceHiveMock {
    DeviceHiveMock::builder().virtual_clock().profile(profile).start().await.unwrap()
}

/// A mock whose world differs from the demo world.
pub(crate) async fn start_with(change: impl FnOnce(&mut WorldFile)) -> DeviceHiveMock {
    let mut world = WorldFile::demo();
    change(&mut world);
    DeviceHiveMock::builder().virtual_clock().world(world).start().await.unwrap()
}

/// A token as the control plane makes them: `with` are the members of its verb.
pub(crate) fn token(mock: &DeviceHiveMock, with: &Value) -> String {
    mock.control("token", with).unwrap()["token"].as_str().unwrap().to_owned()
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
    /// The status instead, if the handshake is refused.
    pub(crate) async fn try_open(url: &str, authorization: Option<&str>) -> Result<Self, u16> {
        let headers = authorization.map(|value| ("authorization", value));
        Socket::try_open(url, headers.as_slice()).await.map(Self)
    }

    /// Somebody whom nobody knows yet.
    pub(crate) async fn open(mock: &DeviceHiveMock) -> Self {
        Self::try_open(&mock.url(), None).await.unwrap()
    }

    pub(crate) async fn with_token(mock: &DeviceHiveMock, token: &str) -> Self {
        let mut client = Self::open(mock).await;
        let reply = client.ask(&format!(r#"{{"action":"authenticate","requestId":"a","token":"{token}"}}"#)).await;
        assert_eq!(reply, r#"{"action":"authenticate","requestId":"a","status":"success"}"#);
        client
    }

    /// A user of the world, with what his login allows.
    pub(crate) async fn of(mock: &DeviceHiveMock, login: &str) -> Self {
        Self::with_token(mock, &token(mock, &json!({"user": login}))).await
    }

    pub(crate) async fn admin(mock: &DeviceHiveMock) -> Self {
        Self::of(mock, "dhadmin").await
    }

    /// Says something and gives the next text.
    pub(crate) async fn ask(&mut self, text: &str) -> String {
        self.say(text).await;
        self.hear().await
    }

    /// An action with its other members, e.g. `r#""deviceId":"d""#`: the reply from behind its envelope, which must be right.
    pub(crate) async fn act(&mut self, action: &str, members: &str) -> String {
        self.say_action(action, members).await;
        self.hear_reply(action).await
    }

    pub(crate) async fn say_action(&mut self, action: &str, members: &str) {
        let comma = if members.is_empty() { "" } else { "," };
        self.say(&format!(r#"{{"action":"{action}","requestId":7{comma}{members}}}"#)).await;
    }

    pub(crate) async fn hear_reply(&mut self, action: &str) -> String {
        let reply = self.hear().await;
        let start = format!(r#"{{"action":"{action}","requestId":7,"#);
        let rest = reply.strip_prefix(&start).unwrap_or_else(|| panic!("no reply to {action}: {reply}"));
        rest.strip_suffix('}').unwrap().to_owned()
    }

    /// That an action succeeds; what follows `success` in its reply.
    pub(crate) async fn does(&mut self, action: &str, members: &str) -> String {
        let reply = self.act(action, members).await;
        let rest = reply.strip_prefix(r#""status":"success""#).unwrap_or_else(|| panic!("{action} {members}: {reply}"));
        rest.trim_start_matches(',').to_owned()
    }

    /// The same as a value.
    pub(crate) async fn gets(&mut self, action: &str, members: &str) -> Value {
        serde_json::from_str(&format!("{{{}}}", self.does(action, members).await)).unwrap()
    }

    /// That an action is refused like this.
    pub(crate) async fn fails(&mut self, action: &str, members: &str, code: u16, text: &str) {
        let reply = self.act(action, members).await;
        let expected = format!(r#""code":{code},"status":"error","error":{}"#, Value::from(text));
        assert_eq!(reply, expected, "{action} {members}");
    }

    /// That an action is never answered.
    pub(crate) async fn gets_no_answer(&mut self, action: &str, members: &str) {
        self.say_action(action, members).await;
        self.is_silent().await;
    }

    /// Subscribes; the number of the subscription.
    pub(crate) async fn subscribes(&mut self, action: &str, members: &str) -> i64 {
        self.gets(action, members).await["subscriptionId"].as_i64().unwrap()
    }

    /// Of everything that is on the way, the names of commands and notifications with their subscriptions.
    pub(crate) async fn drain_pushes(&mut self) -> Vec<(String, i64)> {
        let heard = self.drain().await;
        let name = |push: &Value| match &push["notification"]["notification"] {
            Value::Null => push["command"]["command"].as_str().unwrap_or("none").to_owned(),
            name => name.as_str().unwrap().to_owned(),
        };
        heard.iter().map(|push| (name(push), push["subscriptionId"].as_i64().unwrap())).collect()
    }
}
