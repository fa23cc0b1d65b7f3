//! What the steps of a case for clients do.

use crate::case::Sending;
use crate::template::Template;
use crate::text::Text;
use std::time::Duration;

const ANY: &str = r#""$any""#;

/// One step of a case for clients. Connections go by the names that an earlier step has given them; without a name it is the
/// one that was opened last.
#[derive(Clone, Debug)]
pub(crate) enum ClientVerb {
    /// The program is started. A case without such a step begins with it.
    Start,
    /// Something that the program does next; what it does before is passed over.
    Await(Seen, Duration),
    /// Something that it does so often at most, in this span.
    Most(Seen, usize, Duration),
    /// The mock sends this.
    Push(Option<String>, Sending),
    /// The mock closes with this code.
    Shut(Option<String>, u16),
    /// The mock ends TCP without a close frame.
    Cut(Option<String>),
    /// The program is asked to end.
    Stop,
    /// The program runs on for this span.
    Alive(Duration),
    /// The program ends by itself, with this code if one is given.
    Ends(Option<u16>, Duration),
    /// The mock has refused and dropped nothing of what the program has sent.
    Sound,
    /// The program is connected, and has logged in if it does: an adapter says so; others are silent for a while.
    Started(Duration),
    /// The adapter says that it could not connect.
    NotStarted(Duration),
    /// The adapter does something.
    Drive(Drive, Reply, Duration),
    /// The adapter begins something; a later step waits for it, under this name.
    Begin(Drive, String),
    /// What the thing of this name has come to.
    Done(String, Reply, Duration),
    /// The adapter tells of an event like this next; what it tells before is passed over.
    Told(Template, Duration),
    /// The adapter tells of no event like this, in this span.
    Untold(Template, Duration),
}

/// Something that a program does, as a mock sees it.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// A connection is opened, and has this name from then on.
    Opened { name: String, target: Option<Template> },
    /// Any handshake, accepted or refused.
    Knocks,
    /// A handshake is answered with one of these statuses.
    Refused(Vec<u16>),
    /// The connection ends; by a close frame with one of these codes, if codes are given.
    Gone { name: Option<String>, codes: Option<Vec<u16>> },
    /// A text message that is JSON like this.
    Message(Option<String>, Template),
    /// An HTTP request.
    Called { method: String, path: Template, body: Option<Template> },
    /// A ping frame.
    Pinged(Option<String>),
    /// A pong frame with this payload.
    Ponged(Option<String>, Text),
}

/// Something that an adapter is told to do.
#[derive(Clone, Debug)]
pub(crate) struct Drive {
    pub(crate) op: String,
    /// JSON once its placeholders are filled.
    pub(crate) args: Text,
}

/// What must come of it.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// A result like this is fine.
    pub(crate) result: Option<Template>,
    /// An error like this is fine.
    pub(crate) error: Option<Template>,
}

impl Seen {
    fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Opened { target, .. } => target.iter().collect(),
            Self::Message(_, template) => vec![template],
            Self::Called { path, body, .. } => std::iter::once(path).chain(body).collect(),
            _ => Vec::new(),
        }
    }
}

impl Reply {
    /// Any result, and no error.
    pub(crate) fn any() -> Self {
        Self { result: Template::parse(ANY).ok(), error: None }
    }

    /// Any error, and no result.
    pub(crate) fn any_error() -> Self {
        Self { result: None, error: Template::parse(ANY).ok() }
    }

    fn templates(&self) -> Vec<&Template> {
        self.result.iter().chain(&self.error).collect()
    }
}

impl ClientVerb {
    /// How long it may take.
    pub(crate) fn within(&self) -> Duration {
        match self {
            Self::Await(_, span)
            | Self::Most(_, _, span)
            | Self::Alive(span)
            | Self::Ends(_, span)
            | Self::Started(span)
            | Self::NotStarted(span)
            | Self::Drive(_, _, span)
            | Self::Done(_, _, span)
            | Self::Told(_, span)
            | Self::Untold(_, span) => *span,
            _ => Duration::ZERO,
        }
    }

    /// Whether it takes this long in any case.
    pub(crate) fn lasts(&self) -> bool {
        matches!(self, Self::Most(..) | Self::Alive(_) | Self::Untold(..))
    }

    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Await(seen, _) | Self::Most(seen, ..) => seen.templates(),
            Self::Drive(_, reply, _) | Self::Done(_, reply, _) => reply.templates(),
            Self::Told(template, _) | Self::Untold(template, _) => vec![template],
            _ => Vec::new(),
        }
    }

    pub(crate) fn texts(&self) -> Vec<&Text> {
        match self {
            Self::Await(Seen::Ponged(_, text), _) | Self::Most(Seen::Ponged(_, text), ..) => vec![text],
            Self::Push(_, Sending::Json(text) | Sending::Text(text) | Sending::Ping(text)) => vec![text],
            Self::Push(_, Sending::Huge { prefix, suffix, .. }) => vec![prefix, suffix],
            Self::Drive(drive, ..) | Self::Begin(drive, _) => vec![&drive.args],
            _ => Vec::new(),
        }
    }

    /// Whether what the program does can leave it unmet.
    pub(crate) fn expects(&self) -> bool {
        !matches!(self, Self::Start | Self::Stop | Self::Push(..) | Self::Shut(..) | Self::Cut(_) | Self::Begin(..))
    }

    /// Whether only an adapter can be asked for it.
    pub(crate) fn needs_adapter(&self) -> bool {
        matches!(
            self,
            Self::NotStarted(..)
                | Self::Drive(..)
                | Self::Begin(..)
                | Self::Done(..)
                | Self::Told(..)
                | Self::Untold(..)
        )
    }

    /// What an adapter has to offer for it.
    pub(crate) fn op(&self) -> Option<&str> {
        match self {
            Self::Drive(drive, ..) | Self::Begin(drive, _) => Some(&drive.op),
            _ => None,
        }
    }

    /// The name that it gives to a connection: its number is captured under it.
    pub(crate) fn names(&self) -> Option<&str> {
        match self {
            Self::Await(Seen::Opened { name, .. }, _) => Some(name),
            _ => None,
        }
    }
}
