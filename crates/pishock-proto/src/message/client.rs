//! Client to broker.

use super::{Body, Dialect, LinkCommand, v1, v2};
use crate::{Channel, DecodeError};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::owned;
use dummyload_codec::write::text;

/// A message of a client, as far as it can be understood (dossier 3, 6.6, 8.1).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClientMessage<'a> {
    /// Is the broker there?
    Ping,
    /// Subscribe to channels by name.
    Subscribe(Vec<Cow<'a, str>>),
    /// Unsubscribe from channels; `*` means all.
    Unsubscribe(Vec<Cow<'a, str>>),
    /// Send commands, all or none.
    Publish(Vec<PublishCommand<'a>>),
    /// Send a command through a public link; V2 only.
    Link(LinkCommand<'a>),
    /// An operation that is not known, or none at all (then the text is empty).
    Unknown {
        /// Its name.
        operation: Cow<'a, str>,
    },
}

/// One command of a PUBLISH: for whom, and what.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PublishCommand<'a> {
    /// The channel name; empty if there was none.
    pub target: Cow<'a, str>,
    /// The command.
    pub body: Body<'a>,
}

/// Decodes a message of a client, every tolerated variant included (dossier 3.1, 8.1).
///
/// # Errors
/// Text that is no JSON, or not of the dialect's shape at all. Everything else is a message, be it
/// [`ClientMessage::Unknown`].
pub fn decode_client(dialect: Dialect, text: &str) -> Result<ClientMessage<'_>, DecodeError> {
    match dialect {
        Dialect::V1 => v1::decode(text),
        Dialect::V2 => v2::decode(text),
    }
}

/// The operations of both dialects.
pub(super) enum Operation {
    Ping,
    Subscribe,
    Unsubscribe,
    Publish,
}

impl Operation {
    pub(super) fn named(name: &str) -> Option<Self> {
        let known = [
            ("PING", Self::Ping),
            ("PUBLISH", Self::Publish),
            ("SUBSCRIBE", Self::Subscribe),
            ("UNSUBSCRIBE", Self::Unsubscribe),
        ];
        known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, operation)| operation)
    }
}

impl<'a> ClientMessage<'a> {
    /// A PUBLISH of these commands.
    pub fn publish(commands: impl IntoIterator<Item = impl Into<PublishCommand<'a>>>) -> Self {
        Self::Publish(commands.into_iter().map(Into::into).collect())
    }

    /// Writes the canonical text behind what is in `out`: compact, members in the documents' order, absent ones left
    /// out. A link command has no V1 form and is written as in V2.
    pub fn encode_into(&self, dialect: Dialect, out: &mut Vec<u8>) {
        match dialect {
            Dialect::V1 => v1::encode(self, out),
            Dialect::V2 => v2::encode(self, out),
        }
    }

    /// The canonical text.
    pub fn to_text(&self, dialect: Dialect) -> String {
        let mut out = Vec::new();
        self.encode_into(dialect, &mut out);
        text(out)
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ClientMessage<'static> {
        match self {
            Self::Ping => ClientMessage::Ping,
            Self::Subscribe(targets) => ClientMessage::Subscribe(targets.into_iter().map(owned).collect()),
            Self::Unsubscribe(targets) => ClientMessage::Unsubscribe(targets.into_iter().map(owned).collect()),
            Self::Publish(commands) => {
                ClientMessage::Publish(commands.into_iter().map(PublishCommand::into_owned).collect())
            }
            Self::Link(link) => ClientMessage::Link(link.into_owned()),
            Self::Unknown { operation } => ClientMessage::Unknown { operation: owned(operation) },
        }
    }
}

impl<'a> PublishCommand<'a> {
    /// A body for a channel. What a program of yours sends is rather made from a [`Command`](crate::Command), which
    /// cannot be out of range.
    pub fn new(target: impl Into<Cow<'a, str>>, body: Body<'a>) -> Self {
        Self { target: target.into(), body }
    }

    /// The channel, taken apart.
    pub fn channel(&self) -> Channel {
        Channel::parse(&self.target)
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> PublishCommand<'static> {
        PublishCommand { target: owned(self.target), body: self.body.into_owned() }
    }
}
