//! What a simulated service is: state and rules, without sockets, tasks or a clock of its own.

use crate::{Cx, HttpRequest, HttpResponse, Manners};
use dummyload_session::{Deadline, Timestamp};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// One accepted WebSocket connection. Numbered from 1 in the order of the handshakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// One HTTP request that waits for its answer. Numbered from 1 in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// What all ids, tokens and chances of a world derive from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed(pub u64);

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Seed {
    /// Hexadecimal, as in the ready line and in reports.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// One simulated service. The host calls it with one input at a time, under a lock; it answers by effects on the
/// [`Cx`]. It never waits, and the same seed and inputs give the same effects.
pub trait World: Send {
    /// Where the service is reached, as `http://127.0.0.1:4102`: for answers that name the server itself. Called once before
    /// anything else if there is such a place; a simulation has none.
    fn listening(&mut self, base_url: &str) {
        let _ = base_url;
    }

    /// The versions of the WebSocket protocol that its handshake takes. A handshake of another version goes to
    /// [`World::http`]; from 7 on, the frames are those of 13.
    fn websocket_versions(&self) -> &'static [&'static str] {
        &["13"]
    }

    /// Somebody asks for a WebSocket. `peer` is the id it will have if it is accepted.
    fn handshake(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission;

    /// An accepted peer has sent something. Pings are answered and closes are handled by the host.
    fn message(&mut self, cx: &mut Cx<'_>, peer: PeerId, message: Message<'_>);

    /// An accepted peer's connection has ended. Called once for each, also when the world itself closed it.
    fn gone(&mut self, cx: &mut Cx<'_>, peer: PeerId, why: Gone);

    /// An HTTP request that is no WebSocket handshake. Answered by [`Cx::respond`], now or later (long polling).
    fn http(&mut self, cx: &mut Cx<'_>, call: CallId, request: &HttpRequest);

    /// The client of an unanswered HTTP request has gone away.
    fn hung_up(&mut self, cx: &mut Cx<'_>, call: CallId) {
        let _ = (cx, call);
    }

    /// The time of [`World::poll_deadline`] has come.
    fn deadline(&mut self, cx: &mut Cx<'_>) {
        let _ = cx;
    }

    /// When to call [`World::deadline`]. Asked for after every input, so it must be cheap.
    fn poll_deadline(&self) -> Option<Deadline> {
        None
    }

    /// A verb of this world's own on the control plane, e.g. "press the button". `POST /__mock/do/{verb}`.
    ///
    /// # Errors
    /// An unknown verb or a body that does not fit; nothing has changed then.
    fn control(&mut self, cx: &mut Cx<'_>, verb: &str, body: &Value) -> Result<Value, ControlError>;

    /// The verbs of [`World::control`], each with one line of help.
    fn verbs(&self) -> &'static [(&'static str, &'static str)];

    /// To the initial state, at this time: at the start, and whenever somebody asks for it. All connections are gone already,
    /// and their ids are never used again.
    fn reset(&mut self, seed: Seed, now: Timestamp);

    /// The whole state at this time as JSON, for people and tests. Secrets may be in it; the host redacts them by name.
    fn snapshot(&self, now: Timestamp) -> Value;

    /// What keeps the mock from doing what it was told to, as a disk that is full: for whoever asks whether it is well.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// The answer to a request that is not given to [`World::http`], since its body is too large (413) or too slow (408); `why`
    /// says so.
    fn unreadable(&self, status: u16, why: &str) -> HttpResponse {
        HttpResponse::text(status, why)
    }

    /// The names of query parameters, headers and JSON members whose values are secret, in lower case.
    fn secret_names(&self) -> &'static [&'static str];

    /// The secrets themselves, as far as the world knows them: they are replaced wherever they stand. A world with very
    /// many may leave some to their names.
    fn secret_values(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The answer to a handshake.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Admission {
    /// The WebSocket is opened.
    Accept {
        /// How this server behaves below the messages.
        manners: Arc<Manners>,
        /// Further headers of the 101 response, or others in place of the usual ones.
        headers: Vec<(String, String)>,
        /// Who this is, for the list of connections; no secret.
        who: String,
    },
    /// An ordinary HTTP answer instead.
    Refuse(HttpResponse),
}

impl Admission {
    /// Accepts without further headers.
    pub fn accept(manners: &Arc<Manners>, who: impl Into<String>) -> Self {
        Self::Accept { manners: Arc::clone(manners), headers: Vec::new(), who: who.into() }
    }
}

/// One message of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'a> {
    /// A text message, as far as [`Manners::fragments`](crate::Manners::fragments) puts it together.
    Text(&'a str),
    /// A text message whose bytes are no UTF-8, where [`Reaction::Deliver`](crate::Reaction::Deliver) lets it through.
    NotUtf8(&'a [u8]),
    /// A binary message.
    Binary(&'a [u8]),
    /// A ping; the host has queued the pong, unless [`Manners::answers_pings`] says otherwise.
    Ping(&'a [u8]),
    /// A pong, asked for or not.
    Pong(&'a [u8]),
}

/// Why a connection has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Gone {
    /// The peer sent a close frame, with this code if any.
    Closed(Option<u16>),
    /// The connection ended without a close frame.
    Lost,
    /// The peer broke the rules of RFC 6455 or of the manners; the text says how.
    Violation(String),
    /// The peer read too slowly and its queue was full.
    TooSlow,
    /// This side ended it: the world, a fault, the control plane or the end of the server.
    ByServer,
}

/// Why a control verb was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlError {
    /// No such verb or thing; the text names it.
    NotFound(String),
    /// The body does not fit; the text says what is wrong and what would be right.
    Invalid(String),
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(what) | Self::Invalid(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ControlError {}
