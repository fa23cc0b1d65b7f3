//! Server to client.

use super::{ChatKind, Extra, Other, Person, Raw, Status, Unrecognised, Writer};
use crate::escape::{ObjectWriter, given, write_extra, written};
use crate::{AccountId, DecodeError, StreamId};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Slots};
use dummyload_codec::owned;

/// A message of the server. Any text is one.
#[expect(
    clippy::large_enum_variant,
    reason = "a message is looked at and gone; a box would cost each one an allocation"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerMessage<'a> {
    /// `status`: how the stream is (dossier 4.1).
    Status(Status<'a>),
    /// `writerresult`: this account can write into the chat of that one now (dossier 4.2).
    WriterResult(Writer<'a>),
    /// `viewcountresult`: how many are watching (dossier 4.3).
    ViewCount(ViewCount<'a>),
    /// `text`, `emote`: what somebody says (dossier 4.5).
    Chat(Chat<'a>),
    /// Anything else that is an object, also what has no type.
    Other(Other<'a>),
    /// No object.
    Unrecognised(Unrecognised<'a>),
}

/// How many are watching one account of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ViewCount<'a> {
    /// `account_id`
    pub account_id: Option<AccountId>,
    /// `stream_id`
    pub stream_id: Option<StreamId>,
    /// `viewer_count`
    pub viewers: Option<u64>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> ViewCount<'a> {
    /// So many for this account of that stream.
    pub fn new(account: AccountId, stream: StreamId, viewers: u64) -> Self {
        Self { account_id: Some(account), stream_id: Some(stream), viewers: Some(viewers), extra: Extra::default() }
    }
}

/// What somebody says or does in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chat<'a> {
    /// `type`
    pub kind: ChatKind,
    /// `stream_id`; absent in private messages of the internal chat.
    pub stream_id: Option<StreamId>,
    /// `account_id`: in whose chat; 0 is the internal one. Not who writes.
    pub account_id: Option<AccountId>,
    /// `cur_stream_account_id`: what the writer's client had there, in the internal chat.
    pub target: Option<Raw<'a>>,
    /// `network`: its name only.
    pub network: Option<Cow<'a, str>>,
    /// `timestamp`: milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// `from`
    pub from: Option<Person<'a>>,
    /// `to`: for whom it is, if it is private.
    pub to: Option<Person<'a>>,
    /// `text`; a number is taken as its text.
    pub text: Option<Cow<'a, str>>,
    /// `markdown`: the same, to be shown. Missing in what is injected from elsewhere: then `text` is shown.
    pub markdown: Option<Cow<'a, str>>,
    /// Everything else, such as `network_icon`, and whatever the writer's client has added.
    pub extra: Extra<'a>,
}

impl<'a> Chat<'a> {
    /// One in which nothing is said yet.
    pub fn new(kind: ChatKind) -> Self {
        Self {
            kind,
            stream_id: None,
            account_id: None,
            target: None,
            network: None,
            timestamp: None,
            from: None,
            to: None,
            text: None,
            markdown: None,
            extra: Extra::default(),
        }
    }

    /// Whether it is for one user only.
    pub fn is_private(&self) -> bool {
        self.to.is_some()
    }

    /// The pieces to show: of `markdown`, or of `text` where there is none.
    pub fn pieces(&self) -> Vec<crate::markdown::Piece<'_>> {
        match (&self.markdown, &self.text) {
            (Some(markdown), _) => crate::markdown::pieces(markdown),
            (None, Some(text)) => [crate::markdown::Piece::Text(Cow::Borrowed(text))].into(),
            (None, None) => Vec::new(),
        }
    }

    fn of(kind: ChatKind, frame: &mut Frame<'a>) -> Self {
        let text = |json: &'a str| {
            let is_number = json.starts_with(|c: char| c == '-' || c.is_ascii_digit());
            members::text(json).or_else(|| is_number.then_some(Cow::Borrowed(json)))
        };
        Self {
            kind,
            stream_id: frame.take("stream_id", StreamId::read),
            account_id: frame.take("account_id", AccountId::read),
            target: frame.raw("cur_stream_account_id"),
            network: frame.text("network"),
            timestamp: frame.take("timestamp", members::integer),
            from: frame.take("from", Person::read),
            to: frame.take("to", Person::read),
            text: frame.take("text", text),
            markdown: frame.take("markdown", text),
            extra: frame.rest(),
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Chat<'static> {
        Chat {
            kind: self.kind,
            stream_id: self.stream_id,
            account_id: self.account_id,
            target: self.target.map(Raw::into_owned),
            network: self.network.map(owned),
            timestamp: self.timestamp,
            from: self.from.map(Person::into_owned),
            to: self.to.map(Person::into_owned),
            text: self.text.map(owned),
            markdown: self.markdown.map(owned),
            extra: self.extra.into_owned(),
        }
    }
}

pub(super) const NAMES: [&str; 13] = [
    "type",
    "status",
    "accounts",
    "stream_id",
    "account_id",
    "cur_stream_account_id",
    "viewer_count",
    "network",
    "timestamp",
    "from",
    "to",
    "text",
    "markdown",
];

pub(super) type Frame<'a> = Slots<'a, 13>;

/// Reads the members of a message, and its type.
pub(super) fn read_frame<'a>(text: &'a str, frame: &mut Frame<'a>) -> Result<Option<Cow<'a, str>>, DecodeError> {
    frame.fill(text).map_err(|e| match e {
        DecodeError::WrongShape { .. } => DecodeError::wrong("", "an object with the member type is wanted"),
        e => e,
    })?;
    Ok(frame.text("type"))
}

/// Decodes a message of the server, every tolerated variant included. Nothing is an error, since a client must go on after
/// whatever it does not know.
pub fn decode_server(text: &str) -> ServerMessage<'_> {
    super::plain::server(text).unwrap_or_else(|| by_members(text))
}

/// The same without regard to how servers mostly write them.
pub(super) fn by_members(text: &str) -> ServerMessage<'_> {
    let frame = &mut Frame::new(&NAMES);
    let kind = match read_frame(text, frame) {
        Ok(kind) => kind,
        Err(why) => return ServerMessage::Unrecognised(Unrecognised::new(text, why)),
    };
    match kind.as_deref() {
        Some("status") => ServerMessage::Status(Status::of(frame)),
        Some("writerresult") => ServerMessage::WriterResult(Writer::of(frame)),
        Some("viewcountresult") => ServerMessage::ViewCount(ViewCount {
            account_id: frame.take("account_id", AccountId::read),
            stream_id: frame.take("stream_id", StreamId::read),
            viewers: frame.take("viewer_count", members::natural),
            extra: frame.rest(),
        }),
        Some("text") => ServerMessage::Chat(Chat::of(ChatKind::Text, frame)),
        Some("emote") => ServerMessage::Chat(Chat::of(ChatKind::Emote, frame)),
        _ => ServerMessage::Other(Other::of(kind, text)),
    }
}

impl ServerMessage<'_> {
    /// The text, in one form for one meaning. The real server's members are in any order.
    pub fn to_text(&self) -> String {
        written(|out| self.encode_into(out))
    }

    /// Writes the text behind what is in `out`.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = match self {
            Self::Other(other) => return out.extend_from_slice(other.raw.as_str().as_bytes()),
            Self::Unrecognised(it) => return out.extend_from_slice(it.text.as_bytes()),
            _ => ObjectWriter::open(out),
        };
        match self {
            Self::Status(status) => {
                object.text("type", Some("status"));
                status.write(&mut object);
            }
            Self::WriterResult(writer) => {
                object.text("type", Some("writerresult"));
                writer.write(&mut object);
            }
            Self::ViewCount(count) => {
                object.text("type", Some("viewcountresult"));
                object.number("account_id", count.account_id.map(|id| id.0));
                object.number("stream_id", count.stream_id.map(|id| id.0));
                object.number("viewer_count", count.viewers);
                write_extra(&mut object, &count.extra);
            }
            Self::Chat(chat) => {
                object.text("type", Some(chat.kind.name()));
                object.number("stream_id", chat.stream_id.map(|id| id.0));
                object.number("account_id", chat.account_id.map(|id| id.0));
                object.json("cur_stream_account_id", given(chat.target.as_ref()));
                object.text("network", chat.network.as_deref());
                object.number("timestamp", chat.timestamp);
                for (name, person) in [("from", &chat.from), ("to", &chat.to)] {
                    if let Some(person) = person {
                        person.encode_into(object.name(name));
                    }
                }
                object.text("text", chat.text.as_deref());
                object.text("markdown", chat.markdown.as_deref());
                write_extra(&mut object, &chat.extra);
            }
            Self::Other(_) | Self::Unrecognised(_) => {}
        }
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ServerMessage<'static> {
        match self {
            Self::Status(status) => ServerMessage::Status(status.into_owned()),
            Self::WriterResult(writer) => ServerMessage::WriterResult(writer.into_owned()),
            Self::ViewCount(ViewCount { account_id, stream_id, viewers, extra }) => {
                ServerMessage::ViewCount(ViewCount { account_id, stream_id, viewers, extra: extra.into_owned() })
            }
            Self::Chat(chat) => ServerMessage::Chat(chat.into_owned()),
            Self::Other(other) => ServerMessage::Other(other.into_owned()),
            Self::Unrecognised(it) => ServerMessage::Unrecognised(it.into_owned()),
        }
    }
}
