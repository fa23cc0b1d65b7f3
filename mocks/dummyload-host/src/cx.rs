//! What a world may do: effects, carried out by the host after the call.

use crate::{CallId, ClockMode, HttpResponse, IdSource, PeerId};
use dummyload_session::Timestamp;
use serde_json::Value;
use std::fmt;
use tungstenite::Utf8Bytes;

/// The world's way to the outside during one call: the time, the source of ids, and a list of effects.
#[derive(Debug)]
pub struct Cx<'a> {
    now: Timestamp,
    clock_runs: bool,
    ids: &'a mut IdSource,
    effects: &'a mut Vec<Effect>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(now: Timestamp, mode: ClockMode, ids: &'a mut IdSource, effects: &'a mut Vec<Effect>) -> Self {
        Self { now, clock_runs: mode == ClockMode::Real, ids, effects }
    }

    /// The time since the Unix epoch, by the mock's real or virtual clock.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether time goes on by itself, as it does not under a virtual clock.
    pub fn clock_runs(&self) -> bool {
        self.clock_runs
    }

    /// Whole seconds since the Unix epoch.
    pub fn unix_seconds(&self) -> u64 {
        self.now.since_epoch().as_secs()
    }

    /// The source of ids.
    pub fn ids(&mut self) -> &mut IdSource {
        self.ids
    }

    /// Sends one text message to one peer. Nothing happens if the peer is gone.
    pub fn send(&mut self, to: PeerId, text: impl Into<Text>) {
        self.effects.push(Effect::Send { to, text: text.into() });
    }

    /// Sends one text message to many peers; they share its bytes.
    pub fn send_to_all(&mut self, to: impl IntoIterator<Item = PeerId>, text: impl Into<Text>) {
        let text = text.into();
        self.effects.extend(to.into_iter().map(|to| Effect::Send { to, text: text.clone() }));
    }

    /// Sends a text message whose bytes may be no UTF-8: for services that pass on what they get.
    pub fn send_bytes(&mut self, to: PeerId, text: impl Into<Vec<u8>>) {
        self.effects.push(match String::from_utf8(text.into()) {
            Ok(text) => Effect::Send { to, text: text.into() },
            Err(e) => Effect::SendBytes { to, text: e.into_bytes() },
        });
    }

    /// Sends a ping.
    pub fn ping(&mut self, to: PeerId, payload: impl Into<Vec<u8>>) {
        self.effects.push(Effect::Ping { to, payload: payload.into() });
    }

    /// Closes a connection with a close frame, after what was sent before. `None` sends an empty close frame.
    pub fn close(&mut self, peer: PeerId, code: Option<u16>, reason: impl Into<String>) {
        self.effects.push(Effect::Close { peer, code, reason: reason.into() });
    }

    /// Ends a connection without a close frame, after what was sent before.
    pub fn cut(&mut self, peer: PeerId) {
        self.effects.push(Effect::Cut { peer });
    }

    /// Answers an HTTP request. A second answer to the same request is ignored.
    pub fn respond(&mut self, call: CallId, response: HttpResponse) {
        self.effects.push(Effect::Respond { call, response });
    }

    /// Tells the author of the client what was refused, dropped or tolerated, and why: real services stay silent.
    pub fn problem(&mut self, who: impl Into<Party>, problem: Problem) {
        self.effects.push(Effect::Problem { who: who.into(), problem });
    }

    /// Writes an event of the simulated world into the journal: what a device did, and why.
    pub fn record(&mut self, who: impl Into<Party>, topic: &'static str, details: Value) {
        self.effects.push(Effect::Record { who: who.into(), topic, details });
    }
}

/// One thing to be done for a world.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Send { to: PeerId, text: Text },
    SendBytes { to: PeerId, text: Vec<u8> },
    Ping { to: PeerId, payload: Vec<u8> },
    Close { peer: PeerId, code: Option<u16>, reason: String },
    Cut { peer: PeerId },
    Respond { call: CallId, response: HttpResponse },
    Problem { who: Party, problem: Problem },
    Record { who: Party, topic: &'static str, details: Value },
}

/// The text of a message. Clones share the bytes, so one text can go to a thousand peers.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Utf8Bytes);

impl Text {
    /// A text known when the program is built; costs nothing.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Utf8Bytes::from_static(text))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Text {
    /// The length only: a text can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.as_str().len())
    }
}

/// Whom an entry of the journal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A WebSocket connection.
    Peer(PeerId),
    /// An HTTP request.
    Call(CallId),
    /// The simulated world itself.
    World,
}

impl From<PeerId> for Party {
    fn from(peer: PeerId) -> Self {
        Self::Peer(peer)
    }
}

impl From<CallId> for Party {
    fn from(call: CallId) -> Self {
        Self::Call(call)
    }
}

/// Something the author of a client should know, although the real service would not tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// What the mock did about it.
    pub reaction: ProblemKind,
    /// A short stable name, e.g. `share-not-claimed`.
    pub code: &'static str,
    /// What was wrong and what would be right.
    pub text: String,
    /// Where the rule comes from, e.g. `dossier 3.2`.
    pub source: &'static str,
}

impl Problem {
    /// A problem of one kind.
    pub fn new(reaction: ProblemKind, code: &'static str, source: &'static str, text: impl Into<String>) -> Self {
        Self { reaction, code, text: text.into(), source }
    }
}

/// What was done about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ProblemKind {
    /// It was refused with an answer.
    Refused,
    /// It had no effect, and no answer says so.
    Dropped,
    /// It was taken, although it is not what the documents say.
    Tolerated,
}

impl ProblemKind {
    /// The name in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Dropped => "dropped",
            Self::Tolerated => "tolerated",
        }
    }
}
