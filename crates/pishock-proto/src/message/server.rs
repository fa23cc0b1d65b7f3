//! Broker to client.

use super::Dialect;
use super::shared::{Digits, owned, parse, text};
use crate::escape::push_string;
use crate::wire::{self, List, Loose, Nested};
use crate::{Channel, DecodeError};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

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
pub struct Envelope<'a> {
    /// `ErrorCode`
    pub error_code: ErrorCode<'a>,
    /// `IsError`
    pub is_error: bool,
    /// `Message`; empty if it is no text.
    pub message: Cow<'a, str>,
    /// `OriginalCommand`; empty if it is no text.
    pub original: Cow<'a, str>,
    /// `Source`; in a push the name of the channel (dossier 5).
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

/// V1's reply (dossier 8.2).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct V1Reply<'a> {
    /// `Command`: the operation, `ERROR` or `MESSAGE`.
    pub command: Cow<'a, str>,
    /// The texts in `Payload`; other elements are empty texts.
    pub payload: Vec<Cow<'a, str>>,
}

/// Decodes a message of the broker.
///
/// # Errors
/// Text that is no JSON.
pub fn decode_server(dialect: Dialect, text: &str) -> Result<ServerMessage<'_>, DecodeError> {
    let Nested::Object(reply) = parse::<Nested<'_, wire::Reply<'_>>>(text)? else {
        return Ok(ServerMessage::Unknown);
    };
    Ok(match dialect {
        Dialect::V2 => from_envelope(reply),
        Dialect::V1 => from_v1(reply),
    })
}

fn from_envelope(reply: wire::Reply<'_>) -> ServerMessage<'_> {
    // The one member that makes an envelope (dossier 5, codec rule).
    let Some(is_error) = reply.is_error.boolean() else { return ServerMessage::Unknown };
    ServerMessage::Envelope(Envelope {
        error_code: match reply.error_code {
            Loose::Integer(code) => ErrorCode::Integer(code),
            Loose::Text(code) => ErrorCode::Text(code),
            _ => ErrorCode::Null,
        },
        is_error,
        message: reply.message.text().unwrap_or_default(),
        original: reply.original.text().unwrap_or_default(),
        source: reply.source.text(),
    })
}

fn from_v1(reply: wire::Reply<'_>) -> ServerMessage<'_> {
    let (Loose::Text(command), List::Items(payload)) = (reply.command, reply.payload) else {
        return ServerMessage::Unknown;
    };
    let payload = payload.into_iter().map(|item| item.text().unwrap_or_default()).collect();
    ServerMessage::V1(V1Reply { command, payload })
}

impl<'a> Envelope<'a> {
    /// A success.
    pub fn success(message: impl Into<Cow<'a, str>>, original: impl Into<Cow<'a, str>>) -> Self {
        Self { message: message.into(), original: original.into(), ..Self::default() }
    }

    /// An error with a named code.
    pub fn error(
        code: impl Into<Cow<'a, str>>,
        message: impl Into<Cow<'a, str>>,
        original: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self { error_code: ErrorCode::Text(code.into()), is_error: true, ..Self::success(message, original) }
    }

    /// What a channel brings (dossier 5; the shape is a guess).
    pub fn push(channel: &Channel, message: impl Into<Cow<'a, str>>) -> Self {
        let source = Some(Cow::Owned(alloc::string::ToString::to_string(channel)));
        Self { message: message.into(), source, ..Self::default() }
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
            ErrorCode::Integer(code) => drop(write!(Digits(out), "{code}")),
            ErrorCode::Text(code) => push_string(out, code, 0),
        }
        out.extend_from_slice(if self.is_error {
            br#","IsError":true,"Message":"#
        } else {
            br#","IsError":false,"Message":"#
        });
        push_string(out, &self.message, 0);
        out.extend_from_slice(br#","OriginalCommand":"#);
        push_string(out, &self.original, 0);
        if let Some(source) = &self.source {
            out.extend_from_slice(br#","Source":"#);
            push_string(out, source, 0);
        }
        out.push(b'}');
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
        push_string(out, &self.command, 0);
        out.extend_from_slice(br#","Payload":["#);
        for (at, item) in self.payload.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            push_string(out, item, 0);
        }
        out.extend_from_slice(b"]}");
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
            Self::Envelope(envelope) => ServerMessage::Envelope(Envelope {
                error_code: match envelope.error_code {
                    ErrorCode::Null => ErrorCode::Null,
                    ErrorCode::Integer(code) => ErrorCode::Integer(code),
                    ErrorCode::Text(code) => ErrorCode::Text(owned(code)),
                },
                is_error: envelope.is_error,
                message: owned(envelope.message),
                original: owned(envelope.original),
                source: envelope.source.map(owned),
            }),
            Self::V1(reply) => ServerMessage::V1(V1Reply {
                command: owned(reply.command),
                payload: reply.payload.into_iter().map(owned).collect(),
            }),
            Self::Unknown => ServerMessage::Unknown,
        }
    }
}
