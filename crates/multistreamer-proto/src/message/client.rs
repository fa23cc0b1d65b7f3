//! Client to server.

use super::server::{Frame, NAMES, read_frame};
use super::{ChatKind, Extra, Other, Raw, Unrecognised};
use crate::AccountId;
use crate::escape::{ObjectWriter, given, push_number, write_extra, written};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::{members, write};

/// A message of a client. Any text is one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientMessage<'a> {
    /// `status`: tell me how the stream is (dossier 4.1). What stands in it besides is passed over.
    Status,
    /// `writer`: let this account write into the chat of that one (dossier 4.2).
    Writer(Writer<'a>),
    /// `viewcount`: how many are watching? The real server ignores it (dossier 4.3).
    ViewCount,
    /// `text`, `emote`: say this (dossier 4.4).
    Say(Say<'a>),
    /// Anything else that is an object.
    Other(Other<'a>),
    /// No object.
    Unrecognised(Unrecognised<'a>),
}

/// An account that writes, and the account in whose chat it does. The server's `writerresult` has the same members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Writer<'a> {
    /// `account_id`: who writes.
    pub account_id: Option<AccountId>,
    /// `cur_stream_account_id`: in whose chat.
    pub target: Option<AccountId>,
    /// Everything else, and ids that are no whole numbers.
    pub extra: Extra<'a>,
}

impl<'a> Writer<'a> {
    /// From this account into the chat of that one.
    pub fn new(account: AccountId, target: AccountId) -> Self {
        Self { account_id: Some(account), target: Some(target), extra: Extra::default() }
    }

    pub(super) fn of(frame: &mut Frame<'a>) -> Self {
        Self {
            account_id: frame.take("account_id", AccountId::read),
            target: frame.take("cur_stream_account_id", AccountId::read),
            extra: frame.rest(),
        }
    }

    pub(super) fn write(&self, object: &mut ObjectWriter<'_>) {
        object.number("account_id", self.account_id.map(|id| id.0));
        object.number("cur_stream_account_id", self.target.map(|id| id.0));
        write_extra(object, &self.extra);
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Writer<'static> {
        let Self { account_id, target, extra } = self;
        Writer { account_id, target, extra: extra.into_owned() }
    }
}

/// Something to be said in a chat (dossier 4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Say<'a> {
    /// `type`
    pub kind: ChatKind,
    /// `account_id`: who says it. Texts are no numbers here: the server drops such a message, so they stay in `extra`.
    pub account_id: Option<AccountId>,
    /// `cur_stream_account_id`: in whose chat; anything for the internal one, which sends it back as it is.
    pub target: Option<Raw<'a>>,
    /// `text`, as it stands: the server takes numbers too.
    pub text: Option<Raw<'a>>,
    /// Everything else. In the internal chat it is passed on.
    pub extra: Extra<'a>,
}

impl<'a> Say<'a> {
    /// From this account in the chat of that one.
    pub fn new(kind: ChatKind, account: AccountId, target: AccountId, text: impl AsRef<str>) -> Self {
        Self {
            kind,
            account_id: Some(account),
            target: Some(number(target.0)),
            text: Some(Raw::trusted(written(|out| write::push_string::<0>(out, text.as_ref())))),
            extra: Extra::default(),
        }
    }

    /// `text` as the text that it is, or that a number in its place spells.
    pub fn said(&self) -> Option<Cow<'_, str>> {
        let json = self.text.as_ref()?.as_str();
        let is_number = json.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        members::text(json).or_else(|| is_number.then_some(Cow::Borrowed(json)))
    }

    /// `cur_stream_account_id` as the server's network code reads it: only a number is one.
    pub fn target_id(&self) -> Option<AccountId> {
        strict(self.target.as_ref()?.as_str())
    }

    fn of(kind: ChatKind, frame: &mut Frame<'a>) -> Self {
        Self {
            kind,
            account_id: frame.take("account_id", strict),
            target: frame.raw("cur_stream_account_id"),
            text: frame.raw("text"),
            extra: frame.rest(),
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Say<'static> {
        let Self { kind, account_id, target, text, extra } = self;
        Say {
            kind,
            account_id,
            target: target.map(Raw::into_owned),
            text: text.map(Raw::into_owned),
            extra: extra.into_owned(),
        }
    }
}

impl From<Say<'static>> for ClientMessage<'static> {
    fn from(say: Say<'static>) -> Self {
        Self::Say(say)
    }
}

/// A number, not a text that holds one.
fn strict(json: &str) -> Option<AccountId> {
    if json.starts_with('"') { None } else { AccountId::read(json) }
}

fn number(number: i64) -> Raw<'static> {
    Raw::trusted(written(|out| push_number(out, number)))
}

/// Decodes a message of a client, every tolerated variant included.
pub fn decode_client(text: &str) -> ClientMessage<'_> {
    super::plain::client(text).unwrap_or_else(|| by_members(text))
}

/// The same without regard to how clients mostly write them.
pub(super) fn by_members(text: &str) -> ClientMessage<'_> {
    let frame = &mut Frame::new(&NAMES);
    let kind = match read_frame(text, frame) {
        Ok(kind) => kind,
        Err(why) => return ClientMessage::Unrecognised(Unrecognised::new(text, why)),
    };
    match kind.as_deref() {
        Some("status") => ClientMessage::Status,
        Some("viewcount") => ClientMessage::ViewCount,
        Some("writer") => ClientMessage::Writer(Writer::of(frame)),
        Some("text") => ClientMessage::Say(Say::of(ChatKind::Text, frame)),
        Some("emote") => ClientMessage::Say(Say::of(ChatKind::Emote, frame)),
        _ => ClientMessage::Other(Other::of(kind, text)),
    }
}

impl ClientMessage<'_> {
    /// The text, in one form for one meaning.
    pub fn to_text(&self) -> String {
        written(|out| self.encode_into(out))
    }

    /// Writes the text behind what is in `out`.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Status => out.extend_from_slice(br#"{"type":"status"}"#),
            Self::ViewCount => out.extend_from_slice(br#"{"type":"viewcount"}"#),
            Self::Writer(writer) => {
                let mut object = ObjectWriter::open(out);
                object.text("type", Some("writer"));
                writer.write(&mut object);
                object.close();
            }
            Self::Say(say) => {
                let mut object = ObjectWriter::open(out);
                object.text("type", Some(say.kind.name()));
                object.number("account_id", say.account_id.map(|id| id.0));
                object.json("cur_stream_account_id", given(say.target.as_ref()));
                object.json("text", given(say.text.as_ref()));
                write_extra(&mut object, &say.extra);
                object.close();
            }
            Self::Other(other) => out.extend_from_slice(other.raw.as_str().as_bytes()),
            Self::Unrecognised(it) => out.extend_from_slice(it.text.as_bytes()),
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ClientMessage<'static> {
        match self {
            Self::Status => ClientMessage::Status,
            Self::ViewCount => ClientMessage::ViewCount,
            Self::Writer(writer) => ClientMessage::Writer(writer.into_owned()),
            Self::Say(say) => ClientMessage::Say(say.into_owned()),
            Self::Other(other) => ClientMessage::Other(other.into_owned()),
            Self::Unrecognised(it) => ClientMessage::Unrecognised(it.into_owned()),
        }
    }
}
