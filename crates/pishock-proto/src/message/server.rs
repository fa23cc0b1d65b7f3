//! Broker to client.

use super::Dialect;
use super::shared::{parse, parse_into};
use crate::wire::{List, Loose, Shape, members};
use crate::{Channel, DecodeError};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use dummyload_codec::owned;
use dummyload_codec::write::{push_number, push_string, push_strings, text};

/// A message of the broker (dossier 4, 5, 8.2). Any JSON is one; what is not known keeps its text with the caller.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ServerMessage<'a> {
    /// V2's envelope: a reply, or a push if it has a channel as its source.
    Envelope(Envelope<'a>),
    /// V1's reply or push.
    V1(V1Reply<'a>),
    /// JSON that is neither.
    Unknown,
}

/// V2's envelope (dossier 4.1).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Envelope<'a> {
    /// `ErrorCode`
    pub error_code: ErrorCode<'a>,
    /// `IsError`
    pub is_error: bool,
    /// `Message`; what is no text stands here as JSON.
    pub message: Cow<'a, str>,
    /// `OriginalCommand`
    pub original: Echo<'a>,
    /// `Source`; in a push the name of the channel (dossier 5). What is no text stands here as JSON.
    pub source: Option<Cow<'a, str>>,
}

/// `ErrorCode`, kept as it came (dossier 4.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode<'a> {
    /// No error, or one without a code.
    #[default]
    Null,
    /// A number.
    Integer(i64),
    /// A name, e.g. `PERMISSION_DENIED`.
    Text(Cow<'a, str>),
}

/// `OriginalCommand`: the request that a reply answers. It is the longest part of a reply and is mostly not looked at, so
/// it stays as it is in the message until [`Echo::text`] is called.
#[derive(Clone, Default)]
pub struct Echo<'a>(Form<'a>);

#[derive(Clone)]
enum Form<'a> {
    Text(Cow<'a, str>),
    Json(&'a str),
}

impl Default for Form<'_> {
    fn default() -> Self {
        Self::Text(Cow::Borrowed(""))
    }
}

impl<'a> Echo<'a> {
    /// The text of the request. Where the broker sent no string it is that JSON (dossier 12, row 3); for null it is empty.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Text(text) => Cow::Borrowed(text),
            Form::Json("null") => Cow::Borrowed(""),
            Form::Json(json) => match parse::<Loose<'_>>(json) {
                Ok(Loose::Text(text)) => text,
                _ => Cow::Borrowed(json),
            },
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Echo<'static> {
        let text = self.text().into_owned();
        Echo(Form::Text(Cow::Owned(text)))
    }
}

impl<'a, T: Into<Cow<'a, str>>> From<T> for Echo<'a> {
    fn from(text: T) -> Self {
        Self(Form::Text(text.into()))
    }
}

impl PartialEq for Echo<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Echo<'_> {}

impl fmt::Debug for Echo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

/// V1's reply (dossier 8.2).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct V1Reply<'a> {
    /// `Command`: the operation, `ERROR` or `MESSAGE`.
    pub command: Cow<'a, str>,
    /// `Payload`; what is no text stands here as JSON.
    pub payload: Vec<Cow<'a, str>>,
}

/// Decodes a message of the broker.
///
/// # Errors
/// Text that is no JSON.
pub fn decode_server(dialect: Dialect, text: &str) -> Result<ServerMessage<'_>, DecodeError> {
    match dialect {
        Dialect::V1 => {
            let mut members = V1Members::default();
            parse_into(text, &mut members)?;
            Ok(match members {
                V1Members { command: Some(command), payload: (Shape::List, payload) } => {
                    ServerMessage::V1(V1Reply { command, payload: payload.items })
                }
                _ => ServerMessage::Unknown,
            })
        }
        Dialect::V2 => {
            let mut members = EnvelopeMembers::default();
            parse_into(text, &mut members)?;
            Ok(match members {
                // The one member that makes an envelope (dossier 5, codec rule).
                EnvelopeMembers { is_error: Some(is_error), envelope } => {
                    ServerMessage::Envelope(Envelope { is_error, ..envelope })
                }
                _ => ServerMessage::Unknown,
            })
        }
    }
}

#[derive(Default)]
struct EnvelopeMembers<'a> {
    is_error: Option<bool>,
    envelope: Envelope<'a>,
}

members! {
    EnvelopeMembers {
        "ErrorCode" => |members, next| members.envelope.error_code = match next.loose()? {
            Loose::Null => ErrorCode::Null,
            Loose::Text(code) => ErrorCode::Text(code),
            other => other.integer().map_or_else(|| ErrorCode::Text(other.clone().shown()), ErrorCode::Integer),
        },
        "IsError" => |members, next| members.is_error = next.loose()?.boolean(),
        "Message" => |members, next| members.envelope.message = shown(next.loose()?).unwrap_or_default(),
        "OriginalCommand" => |members, next| members.envelope.original = Echo(Form::Json(next.raw()?)),
        "Source" => |members, next| members.envelope.source = shown(next.loose()?),
    }
}

fn shown(value: Loose<'_>) -> Option<Cow<'_, str>> {
    match value {
        Loose::Null => None,
        value => Some(value.shown()),
    }
}

#[derive(Default)]
struct V1Members<'a> {
    command: Option<Cow<'a, str>>,
    payload: (Shape<'a>, List<Cow<'a, str>>),
}

members! {
    V1Members {
        "Command" => |members, next| members.command = next.loose()?.text(),
        "Payload" => |members, next| members.payload.0 = next.fill(&mut members.payload.1)?,
    }
}

impl<'a> Envelope<'a> {
    /// A success.
    pub fn success(message: impl Into<Cow<'a, str>>, original: impl Into<Echo<'a>>) -> Self {
        Self { message: message.into(), original: original.into(), ..Self::default() }
    }

    /// An error.
    pub fn error(
        code: impl Into<ErrorCode<'a>>,
        message: impl Into<Cow<'a, str>>,
        original: impl Into<Echo<'a>>,
    ) -> Self {
        Self { error_code: code.into(), is_error: true, ..Self::success(message, original) }
    }

    /// What a channel brings (dossier 5; the shape is a guess).
    pub fn push(channel: &Channel, message: impl Into<Cow<'a, str>>) -> Self {
        Self { source: Some(Cow::Owned(channel.to_string())), ..Self::success(message, "") }
    }

    /// The channel that this came on, if it is a push.
    pub fn channel(&self) -> Option<Channel> {
        let channel = Channel::parse(self.source.as_deref()?);
        matches!(channel, Channel::Ping(_) | Channel::Log(_)).then_some(channel)
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"ErrorCode":"#);
        match &self.error_code {
            ErrorCode::Null => out.extend_from_slice(b"null"),
            ErrorCode::Integer(code) => push_number(out, *code),
            ErrorCode::Text(code) => push_string::<0>(out, code),
        }
        out.extend_from_slice(if self.is_error {
            br#","IsError":true,"Message":"#
        } else {
            br#","IsError":false,"Message":"#
        });
        push_string::<0>(out, &self.message);
        out.extend_from_slice(br#","OriginalCommand":"#);
        push_string::<0>(out, &self.original.text());
        if let Some(source) = &self.source {
            out.extend_from_slice(br#","Source":"#);
            push_string::<0>(out, source);
        }
        out.push(b'}');
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Envelope<'static> {
        Envelope {
            error_code: self.error_code.into_owned(),
            is_error: self.is_error,
            message: owned(self.message),
            original: self.original.into_owned(),
            source: self.source.map(owned),
        }
    }
}

impl ErrorCode<'_> {
    /// The same without borrowed texts.
    pub fn into_owned(self) -> ErrorCode<'static> {
        match self {
            Self::Null => ErrorCode::Null,
            Self::Integer(code) => ErrorCode::Integer(code),
            Self::Text(code) => ErrorCode::Text(owned(code)),
        }
    }
}

impl<'a> From<&'a str> for ErrorCode<'a> {
    fn from(code: &'a str) -> Self {
        Self::Text(Cow::Borrowed(code))
    }
}

impl From<String> for ErrorCode<'_> {
    fn from(code: String) -> Self {
        Self::Text(Cow::Owned(code))
    }
}

impl<'a> From<Cow<'a, str>> for ErrorCode<'a> {
    fn from(code: Cow<'a, str>) -> Self {
        Self::Text(code)
    }
}

impl From<i64> for ErrorCode<'_> {
    fn from(code: i64) -> Self {
        Self::Integer(code)
    }
}

impl<'a> V1Reply<'a> {
    /// A reply of these texts.
    pub fn new(command: impl Into<Cow<'a, str>>, payload: impl IntoIterator<Item = Cow<'a, str>>) -> Self {
        Self { command: command.into(), payload: payload.into_iter().collect() }
    }

    /// Whether the first text is the operation's word for success.
    pub fn is_success(&self) -> bool {
        let word = match &*self.command {
            "PING" => "PONG",
            "PUBLISH" => "PUBLISH SUCCESS",
            "SUBSCRIBE" | "UNSUBSCRIBE" => "OK",
            _ => return false,
        };
        self.payload.first().is_some_and(|first| *first == word)
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"Command":"#);
        push_string::<0>(out, &self.command);
        out.extend_from_slice(br#","Payload":["#);
        push_strings::<0>(out, &self.payload);
        out.extend_from_slice(b"]}");
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> V1Reply<'static> {
        V1Reply { command: owned(self.command), payload: self.payload.into_iter().map(owned).collect() }
    }
}

impl ServerMessage<'_> {
    /// Writes the canonical text behind what is in `out`. [`ServerMessage::Unknown`] has none and is written as `{}`.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Envelope(envelope) => envelope.encode_into(out),
            Self::V1(reply) => reply.encode_into(out),
            Self::Unknown => out.extend_from_slice(b"{}"),
        }
    }

    /// The canonical text.
    pub fn to_text(&self) -> String {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        text(out)
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ServerMessage<'static> {
        match self {
            Self::Envelope(envelope) => ServerMessage::Envelope(envelope.into_owned()),
            Self::V1(reply) => ServerMessage::V1(reply.into_owned()),
            Self::Unknown => ServerMessage::Unknown,
        }
    }
}
