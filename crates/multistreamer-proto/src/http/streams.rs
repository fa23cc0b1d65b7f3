//! Streams.

use super::login::{User, with_token};
use super::request::{json, signed};
use super::{Account, Call, HttpError, Method, Request, list, maybe_list};
use crate::{ServerMessage, StreamId, StreamStatus, UserId};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_session::Secret;
use serde::{Deserialize, Serialize};

/// A stream. Who may only chat is told little more than its names.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Stream {
    /// Its number, which its socket has in its path.
    pub id: StreamId,
    /// `uuid`: the secret key that an encoder sends to. Only who may change the stream is told.
    #[serde(rename = "uuid", with = "key", skip_serializing_if = "Option::is_none")]
    pub key: Option<Secret<String>>,
    /// Whose it is.
    pub user_id: UserId,
    /// Its name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Whether it is live on its accounts.
    pub live: bool,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// 1 if somebody has to press a button to go live when an encoder has connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview_required: Option<i64>,
    /// The accounts that it goes live on.
    #[serde(deserialize_with = "maybe_list", skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<Account>>,
    /// With whom it is shared; only its owner is told.
    #[serde(deserialize_with = "maybe_list", skip_serializing_if = "Option::is_none")]
    pub shares: Option<Vec<StreamShare>>,
    /// When it was made: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it was changed, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// The key on the wire.
mod key {
    use alloc::string::String;
    use dummyload_session::Secret;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret<String>>, D::Error> {
        Option::<String>::deserialize(from).map(|key| key.map(Secret::new))
    }

    pub(super) fn serialize<S: Serializer>(key: &Option<Secret<String>>, to: S) -> Result<S::Ok, S::Error> {
        key.as_ref().map(Secret::expose).serialize(to)
    }
}

/// What another user may do with a stream: 0 nothing, 1 read, 2 read and write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StreamShare {
    /// That user.
    pub user: User,
    /// With its chat.
    pub chat_level: i64,
    /// With everything else.
    pub metadata_level: i64,
}

with_token! {
    /// Asks for the streams that are one's own or shared with one.
    GetStreams
}

impl Call for GetStreams {
    type Answer = Vec<Stream>;

    fn request(&self) -> Request {
        signed(Method::Get, "/stream", &self.token)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Vec<Stream>, HttpError> {
        #[derive(Deserialize)]
        struct Streams {
            #[serde(deserialize_with = "list")]
            streams: Vec<Stream>,
        }
        json(status, body).map(|answer: Streams| answer.streams)
    }
}

/// Asks for one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetStream {
    token: Secret<String>,
    stream: StreamId,
}

impl GetStream {
    /// This one.
    pub fn new(token: Secret<String>, stream: StreamId) -> Self {
        Self { token, stream }
    }
}

impl Call for GetStream {
    type Answer = Stream;

    fn request(&self) -> Request {
        signed(Method::Get, &format!("/stream/{}", self.stream), &self.token)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Stream, HttpError> {
        #[derive(Deserialize)]
        struct One {
            stream: Stream,
        }
        json(status, body).map(|answer: One| answer.stream)
    }
}

/// Goes live or ends that, and fetches video or ends that. Going live is public: it needs the right to change the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatchStream {
    token: Secret<String>,
    stream: StreamId,
    pushing: Option<bool>,
    pulling: Option<bool>,
}

impl PatchStream {
    /// Changes nothing of this stream yet, and asks for its status.
    pub fn new(token: Secret<String>, stream: StreamId) -> Self {
        Self { token, stream, pushing: None, pulling: None }
    }

    /// Whether it is to be live on its accounts.
    #[must_use]
    pub fn pushing(self, on: bool) -> Self {
        Self { pushing: Some(on), ..self }
    }

    /// Whether the server is to fetch video itself.
    #[must_use]
    pub fn pulling(self, on: bool) -> Self {
        Self { pulling: Some(on), ..self }
    }
}

impl Call for PatchStream {
    type Answer = StreamStatus;

    fn request(&self) -> Request {
        let flags = [("data_pushing", self.pushing), ("data_pulling", self.pulling)];
        let flags = flags.into_iter().filter_map(|(name, on)| on.map(|on| format!("\"{name}\":{on}")));
        let body = format!("{{{}}}", flags.collect::<Vec<_>>().join(","));
        // Without this content type the server takes the body for empty (dossier 2); `json` sets it.
        signed(Method::Patch, &format!("/stream/{}", self.stream), &self.token).json(body)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<StreamStatus, HttpError> {
        #[derive(Deserialize)]
        struct Flags {
            #[serde(default)]
            data_incoming: bool,
            #[serde(default)]
            data_pulling: bool,
            #[serde(default)]
            data_pushing: bool,
        }
        #[derive(Deserialize)]
        struct Answer {
            status: Flags,
        }
        let Answer { status } = json(status, body)?;
        Ok(StreamStatus::new(status.data_incoming, status.data_pulling, status.data_pushing))
    }
}

/// Shows a message to everybody in the chat of a stream (dossier 4.7). The server adds no Markdown and checks nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inject {
    token: Secret<String>,
    stream: StreamId,
    message: ServerMessage<'static>,
}

impl Inject {
    /// This message. One `to` somebody needs a `from`: without one the real server ends the sockets of others.
    pub fn new(token: Secret<String>, stream: StreamId, message: ServerMessage<'static>) -> Self {
        Self { token, stream, message }
    }
}

impl Call for Inject {
    type Answer = ();

    fn request(&self) -> Request {
        signed(Method::Post, &format!("/stream/{}/msg", self.stream), &self.token).json(self.message.to_text())
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<(), HttpError> {
        json::<serde::de::IgnoredAny>(status, body).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn token() -> Secret<String> {
        Secret::new("s3cret".into())
    }

    #[test]
    fn answers_as_recorded_are_understood() {
        // captures/server-12.3/api-streams
        let empty = GetStreams::new(token()).answer(200, br#"{"streams":{}}"#).unwrap();
        assert_eq!(empty, []);
        let body = br#"{"stream":{"created_at":"2026-11-21 20:02:55.860072","title":"T","uuid":"k","name":"Awesome","user_id":1,
            "accounts":[{"id":14,"name":"jprjrdev","network":"twitch","settings":{"game":"Tetris"},"metadata_fields":
            [{"key":"title","type":"text","value":"x","required":true}]}],"live":false,"shares":[{"user":
            {"username":"test","id":2},"metadata_level":0,"chat_level":2}],"webhooks":{},"id":21,"preview_required":0}}"#;
        let stream = GetStream::new(token(), StreamId(21)).answer(200, body).unwrap();
        assert_eq!((stream.id, stream.key.as_ref().unwrap().expose().as_str()), (StreamId(21), "k"));
        assert_eq!(stream.accounts.unwrap()[0].metadata_fields.as_ref().unwrap()[0].key, "title");
        assert_eq!(stream.shares.unwrap()[0].chat_level, 2);
        let guest = br#"{"stream":{"slug":"awesome","webhooks":{},"live":true,"name":"Awesome","id":21,"user_id":1}}"#;
        assert_eq!(GetStream::new(token(), StreamId(21)).answer(200, guest).unwrap().accounts, None);
    }

    #[test]
    fn requests_say_what_is_wanted_and_hide_the_token() {
        let patch = PatchStream::new(token(), StreamId(21)).pushing(true);
        let request = patch.request();
        assert_eq!(request.body.as_deref(), Some(r#"{"data_pushing":true}"#));
        assert_eq!(request.to_string(), "PATCH the server/api/v1/stream/21");
        assert!(!format!("{request:?} {patch:?}").contains("s3cret"));
        let body = br#"{"status":{"data_incoming":false,"data_pushing":true,"data_pulling":false}}"#;
        assert_eq!(patch.answer(200, body), Ok(StreamStatus::new(false, false, true)));
        let refused = patch.answer(400, br#"{"error":"unauthorized to use that stream"}"#).unwrap_err();
        assert_eq!(refused.to_string(), "the server refused: unauthorized to use that stream (HTTP status 400)");
        assert_eq!(patch.answer(401, br#"{"error":"endpoint requires authorization"}"#), Err(HttpError::Unauthorized));
        assert_eq!(patch.answer(500, b"<html>"), Err(HttpError::ServiceFailed { status: 500 }));
    }
}
