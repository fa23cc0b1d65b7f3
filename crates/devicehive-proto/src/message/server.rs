//! Server to client: answers, and what comes without having been asked for (dossier 2, M11).

use super::member::wrong;
use super::{Answer, Command, Notification, Refusal};
use crate::json::{TOO_DEEP, is_too_deep, plain};
use crate::object::{Nulls, Object};
use crate::text::push_string;
use crate::{Action, DecodeError, Json};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use dummyload_codec::members;
use dummyload_codec::write::{ObjectWriter, text, written};
use serde::de::DeserializeOwned;

/// A message of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerMessage {
    /// The answer to a request: it has a `status`.
    Reply(ServerReply),
    /// What a subscription brings: it has a `subscriptionId` and no `status`.
    Push(Push),
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerReply {
    /// `action` as it was sent, which can be any JSON. Absent if what was sent could not be read at all.
    pub action: Option<Json>,
    /// `requestId` as it was sent; null if there was none, and absent as `action` is.
    pub request_id: Option<Json>,
    /// What has become of the request.
    pub outcome: Result<Payload, Refusal>,
}

/// What a success brings: the members behind `status`, as they stand. What they mean depends on the action, as the same name
/// stands for different views: [`ServerReply::answer`] tells. Debug does not show them, since there can be tokens in them.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(
    /// An object with members, or nothing.
    String,
);

const NO_MEMBERS: &str = "{}";

/// What a subscription brings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Push {
    /// Which subscription it is. None where a server tells the inserter of a command what became of it unasked, as the page has
    /// it and no known server since 3.3.1 does (dossier M11).
    pub subscription_id: Option<i64>,
    /// What has happened.
    pub body: PushBody,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushBody {
    /// `command/insert`
    CommandInsert(Command),
    /// `command/update`
    CommandUpdate(Command),
    /// `notification/insert`
    NotificationInsert(Notification),
}

/// The members of a message before it is known what it is.
#[derive(Default)]
struct Frame<'a> {
    action: Option<&'a str>,
    request_id: Option<&'a str>,
    status: Option<&'a str>,
    code: Option<&'a str>,
    error: Option<&'a str>,
    rest: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Frame<'a> {
    fn read(json: &'a str) -> Result<Self, DecodeError> {
        let mut frame = Self::default();
        members::each_member(json, |name, value| match &*name {
            "action" => frame.action = Some(value),
            "requestId" => frame.request_id = Some(value),
            "status" => frame.status = Some(value),
            "code" => frame.code = Some(value),
            "error" => frame.error = Some(value),
            _ => frame.rest.push((name, value)),
        })?;
        Ok(frame)
    }

    /// The last member of this name that belongs to no envelope.
    fn get(&self, name: &str) -> Option<&'a str> {
        self.rest.iter().rev().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

impl ServerMessage {
    /// Reads a message of the server.
    ///
    /// # Errors
    /// It is no JSON object, or neither an answer nor what a subscription brings.
    pub fn decode(json: &str) -> Result<Self, DecodeError> {
        if is_too_deep(json) {
            return Err(DecodeError::wrong("", TOO_DEEP));
        }
        if let Some(push) = Push::as_written(json) {
            return Ok(Self::Push(push));
        }
        let frame = Frame::read(json)?;
        match frame.status {
            Some(status) => Ok(Self::Reply(ServerReply::of(&frame, status))),
            None => Push::of(&frame).map(Self::Push),
        }
    }

    /// Writes the canonical text behind what is in `out`: compact, members in the server's order, nulls included.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Reply(reply) => reply.encode_into(out),
            Self::Push(push) => push.encode_into(out),
        }
    }

    /// The canonical text.
    pub fn to_text(&self) -> String {
        written(|out| self.encode_into(out))
    }
}

impl ServerReply {
    /// A success that brings this.
    pub fn success(action: Action, request_id: impl Into<Json>, answer: &Answer) -> Self {
        Self {
            action: Some(action.name().into()),
            request_id: Some(request_id.into()),
            outcome: Ok(answer.to_payload(action)),
        }
    }

    /// A refusal.
    pub fn refusal(action: Action, request_id: impl Into<Json>, refusal: Refusal) -> Self {
        Self { action: Some(action.name().into()), request_id: Some(request_id.into()), outcome: Err(refusal) }
    }

    fn of(frame: &Frame<'_>, status: &str) -> Self {
        let outcome = if status == SUCCESS {
            Ok(Payload::of(&frame.rest))
        } else {
            Err(Refusal {
                code: frame.code.and_then(members::integer).unwrap_or_default(),
                error: frame.error.filter(|error| !members::is_null(error)).map(plain),
            })
        };
        Self { action: frame.action.map(Json::trusted), request_id: frame.request_id.map(Json::trusted), outcome }
    }

    /// What it brings as the answer to a request for this action.
    ///
    /// # Errors
    /// The server refused, or brought something else.
    pub fn answer(&self, action: Action) -> Result<Answer, AnswerError> {
        match &self.outcome {
            Ok(payload) => payload.read(action).map_err(AnswerError::Unclear),
            Err(refusal) => Err(AnswerError::Refused(refusal.clone())),
        }
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::<0>::open(out);
        object.json("action", self.action.as_ref().map(Json::as_str));
        object.json("requestId", self.request_id.as_ref().map(Json::as_str));
        match &self.outcome {
            Ok(payload) => {
                object.json("status", Some(SUCCESS));
                object.close();
                payload.write_behind(out);
            }
            Err(refusal) => {
                object.number("code", Some(refusal.code));
                object.text("status", Some("error"));
                let error = object.name("error");
                match &refusal.error {
                    Some(text) => push_string(error, text),
                    None => error.extend_from_slice(b"null"),
                }
                object.close();
            }
        }
    }
}

const SUCCESS: &str = r#""success""#;

/// An answer brings nothing that could be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerError {
    /// The server refused.
    Refused(Refusal),
    /// It is a success, but not one of this action.
    Unclear(DecodeError),
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unclear(why) => write!(f, "the answer is another one than that of its action: {why}"),
        }
    }
}

impl core::error::Error for AnswerError {}

impl Payload {
    /// Nothing but the success.
    pub fn nothing() -> Self {
        Self(String::new())
    }

    pub(super) fn written(write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let text = written(write);
        if text == NO_MEMBERS { Self::nothing() } else { Self(text) }
    }

    fn of(members: &[(Cow<'_, str>, &str)]) -> Self {
        if members.is_empty() {
            return Self::nothing();
        }
        let length = members.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>();
        let mut out = Vec::with_capacity(length + 1);
        let mut object = ObjectWriter::<0>::open(&mut out);
        for (name, value) in members {
            object.any_name(name).extend_from_slice(value.as_bytes());
        }
        object.close();
        Self(text(out))
    }

    /// Writes the members into the object that has just been closed, behind its own.
    fn write_behind(&self, out: &mut Vec<u8>) {
        if let Some(members) = self.0.strip_prefix('{') {
            out.pop();
            out.push(b',');
            out.extend_from_slice(members.as_bytes());
        }
    }

    /// The members as an object.
    pub fn as_json(&self) -> &str {
        if self.0.is_empty() { NO_MEMBERS } else { &self.0 }
    }

    /// What it is as the answer to a request for this action.
    ///
    /// # Errors
    /// It is something else.
    pub fn read(&self, action: Action) -> Result<Answer, DecodeError> {
        Answer::read(action, self.as_json())
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.as_json().len())
    }
}

impl Push {
    /// What this subscription brings.
    pub fn new(subscription_id: i64, body: PushBody) -> Self {
        Self { subscription_id: Some(subscription_id), body }
    }

    /// The pushes that servers write, in one pass: a busy client reads little else. Nothing for whatever is written in another
    /// way, right or wrong.
    fn as_written(json: &str) -> Option<Self> {
        let rest = json.strip_prefix(r#"{"action":""#)?;
        let brings = |head: &str| rest.strip_prefix(head);
        let (body, tail) = if let Some(rest) = brings(r#"command/insert","command":"#) {
            first(rest).map(|(command, tail)| (PushBody::CommandInsert(command), tail))?
        } else if let Some(rest) = brings(r#"command/update","command":"#) {
            first(rest).map(|(command, tail)| (PushBody::CommandUpdate(command), tail))?
        } else {
            let rest = brings(r#"notification/insert","notification":"#)?;
            first(rest).map(|(notification, tail)| (PushBody::NotificationInsert(notification), tail))?
        };
        let id = tail.strip_prefix(r#","subscriptionId":"#)?.strip_suffix('}')?;
        let is_whole = id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
        Some(Self { subscription_id: Some(id.parse().ok().filter(|_| is_whole)?), body })
    }

    fn of(frame: &Frame<'_>) -> Result<Self, DecodeError> {
        let id = frame.get("subscriptionId").filter(|id| !members::is_null(id));
        let whole = |id| members::integer(id).ok_or_else(|| wrong("subscriptionId", "a whole number is wanted here"));
        let subscription_id = id.map(whole).transpose()?;
        let action = frame.action.and_then(members::text).and_then(|name| Action::parse(&name));
        let body = match action {
            Some(Action::CommandInsert) => PushBody::CommandInsert(entity(frame, "command")?),
            Some(Action::CommandUpdate) => PushBody::CommandUpdate(entity(frame, "command")?),
            Some(Action::NotificationInsert) => PushBody::NotificationInsert(entity(frame, "notification")?),
            _ => {
                return Err(DecodeError::wrong(
                    "/action",
                    "without a `status` there are only commands, their updates, and notifications",
                ));
            }
        };
        Ok(Self { subscription_id, body })
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.text("action", Some(self.body.action().name()));
        match &self.body {
            PushBody::CommandInsert(command) | PushBody::CommandUpdate(command) => {
                command.write_full(object.name("command"));
            }
            PushBody::NotificationInsert(notification) => notification.write_full(object.name("notification")),
        }
        object.number("subscriptionId", self.subscription_id);
        object.close();
    }
}

impl PushBody {
    /// The action that it is called by.
    pub fn action(&self) -> Action {
        match self {
            Self::CommandInsert(_) => Action::CommandInsert,
            Self::CommandUpdate(_) => Action::CommandUpdate,
            Self::NotificationInsert(_) => Action::NotificationInsert,
        }
    }
}

fn entity<T: DeserializeOwned>(frame: &Frame<'_>, name: &str) -> Result<T, DecodeError> {
    let json = frame.get(name).ok_or_else(|| wrong(name, "it is missing"))?;
    serde_json::from_str::<Object<T>>(json).map(|object| object.0).map_err(|e| wrong(name, &e.to_string()))
}

/// The value that a text begins with, and what is behind it.
fn first<T: DeserializeOwned>(text: &str) -> Option<(T, &str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Object<T>>();
    let value = values.next()?.ok()?.0;
    Some((value, text.get(values.byte_offset()..)?))
}
