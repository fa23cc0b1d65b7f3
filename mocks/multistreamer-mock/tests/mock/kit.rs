//! What all tests use: clients that send what they are told to, and see everything that comes.

pub(crate) use dummyload_testkit::{Answer, events, get, http, problems, upgrade};

use dummyload_testkit::Socket;
use multistreamer_mock::{MultistreamerMock, Options, Profile, WorldFile};
use serde_json::{Value, json};
use std::ops::{Deref, DerefMut};

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
    pub(crate) async fn try_open(url: &str) -> Result<Self, u16> {
        Socket::try_open(url, &[]).await.map(Self)
    }

    pub(crate) async fn of(mock: &MultistreamerMock, user: &str, stream: i64) -> Self {
        Self::try_open(&format!("{}/ws/{stream}?token={}", mock.ws_url(), token(user))).await.unwrap()
    }

    /// With a header besides those of the handshake.
    pub(crate) async fn with(url: &str, name: &'static str, value: &str) -> Self {
        Self(Socket::try_open(url, &[(name, value)]).await.unwrap())
    }

    pub(crate) async fn john(mock: &MultistreamerMock) -> Self {
        Self::of(mock, "john", 21).await
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

/// A call of the API by this user.
pub(crate) async fn api(mock: &MultistreamerMock, user: &str, method: &str, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {}", token(user));
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    http(mock, method, &format!("/api/v1{path}"), &headers, body).await
}

/// Goes live or ends that, over the API.
pub(crate) async fn push(mock: &MultistreamerMock, user: &str, stream: i64, pushing: bool) -> Answer {
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
