//! The simulated server: what there is, who may do what, who is connected, what happens when.

mod bus;
mod operate;
mod principal;
mod refusal;
mod rows;
mod shelf;
mod show;
mod sockets;
mod state;
mod waits;
mod wire;

pub(crate) use operate::{Caller, TokenFault, operate, permit, wait_for_command};
pub(crate) use principal::{Permissions, Principal, Scope};
pub(crate) use refusal::{ACCESS_DENIED, Answer, Done, Door, INVALID_PARAMETERS, Refusal};
#[cfg(feature = "persist")]
pub(crate) use rows::Key;
pub(crate) use rows::{ACTIVE, ADMIN, CLIENT, DISABLED, LOCKED, PlaceKind, Sequences, Setting, UserRow};
pub(crate) use state::State;

use crate::control::VERBS;
use crate::http::{VERSIONS, woken as woken_answer};
use crate::profile::Rules;
use crate::seed::WorldFile;
use devicehive_proto::Datetime;
use dummyload_host::{
    Admission, CallId, CloseReply, ControlError, Cx, Gone, HttpRequest, HttpResponse, Manners, Message, Offence,
    PeerId, Problem, ProblemKind, Reaction, Seed, SlowReader, World,
};
use dummyload_session::{Deadline, Timestamp};
use serde_json::Value;
use sockets::Session;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The server pings all at the half and the full minute (dossier 6).
const PING: Duration = Duration::from_secs(30);
/// A client that lets more bytes wait for it hears nothing any more (dossier 6).
const MOST_QUEUED: usize = 512 * 1024;
/// No server was seen to refuse a message or a body for its size, but for the frames of some; this is where the mock's memory
/// ends.
pub(crate) const MOST_MESSAGE: usize = 64 * 1024 * 1024;
/// Replies and pushes go out in frames of so many bytes (dossier 3).
const FRAGMENT: usize = 16_384;
/// Of so many users the journal knows the passwords by heart; those of further ones it knows by their names.
const MOST_SECRETS: usize = 1000;

/// A DeviceHive server as a [`World`]: for simulations without a socket. On a socket it is a
/// [`DeviceHiveMock`](crate::DeviceHiveMock).
#[derive(Debug)]
pub struct DeviceHiveWorld {
    /// What it started with, and what a reset goes back to.
    first: WorldFile,
    /// Where it listens.
    pub(crate) base_url: String,
    pub(crate) state: State,
    sessions: BTreeMap<PeerId, Session>,
    /// When the next pings are due; none while nobody is there.
    next_ping: Option<Timestamp>,
    /// Answers that wait until the millisecond is over that they tell of.
    held: VecDeque<(Timestamp, CallId, HttpResponse)>,
}

impl DeviceHiveWorld {
    /// The world of a file. What the file refers to and does not have is simply not there; [`WorldFile::parse`] tells
    /// such mistakes.
    pub fn new(file: WorldFile) -> Self {
        let state = file.build(Seed::default(), Timestamp::ZERO);
        Self {
            first: file,
            base_url: String::new(),
            state,
            sessions: BTreeMap::new(),
            next_ping: None,
            held: VecDeque::new(),
        }
    }

    /// Begins anew with this file. Whoever is connected has to be cut off by the caller.
    pub(crate) fn begin(&mut self, file: &WorldFile, seed: Seed, now: Timestamp) {
        self.state = file.build(seed, now);
        self.sessions.clear();
        self.next_ping = None;
        self.held.clear();
    }

    /// Everybody who is connected.
    pub(crate) fn peers(&self) -> Vec<PeerId> {
        self.sessions.keys().copied().collect()
    }

    fn ping_from(&mut self, now: Timestamp) {
        let since = now.since_epoch().as_secs();
        let next = (since / PING.as_secs() + 1) * PING.as_secs();
        self.next_ping.get_or_insert(Timestamp::new(Duration::from_secs(next)));
    }

    /// Keeps an answer back until the clocks of all have passed what it tells to have happened then (dossier M15).
    pub(crate) fn hold(&mut self, call: CallId, date: Datetime, response: HttpResponse) {
        let over = Duration::from_millis(u64::try_from(date.millis() + 1).unwrap_or_default());
        self.held.push_back((Timestamp::new(over), call, response));
    }

    fn release(&mut self, cx: &mut Cx<'_>) {
        while self.held.front().is_some_and(|(until, ..)| *until <= cx.now()) {
            let Some((_, call, response)) = self.held.pop_front() else { break };
            cx.respond(call, response);
        }
    }

    /// Answers the calls that have waited for what has just happened.
    fn answer_woken(&mut self, cx: &mut Cx<'_>) {
        for woken in self.state.take_woken() {
            cx.respond(woken.call, woken_answer(self.state.rules, woken.body));
        }
    }
}

/// How these servers behave below their messages (dossier 6, V5).
fn manners(rules: &Rules) -> Arc<Manners> {
    let mut manners = Manners::default();
    manners.max_message = MOST_MESSAGE;
    manners.max_frame = rules.max_frame.unwrap_or(MOST_MESSAGE);
    manners.fragment_bytes = Some(FRAGMENT);
    manners.close_reply = CloseReply::EchoAll;
    manners.slow_reader = SlowReader::Mute(MOST_QUEUED);
    manners.shutdown = rules.shutdown.map(|code| (code, ""));
    manners.on_too_big = Reaction::Close(1009);
    manners.reasons = REASONS;
    Arc::new(manners)
}

/// What the server's socket layer says of broken frames (captures/server-4.1/frame-bits).
const REASONS: &[(Offence, &str)] = &[
    (Offence::NotUtf8, "UT002003: Text frame contains non UTF-8 data"),
    (Offence::FragmentedControl, "UT002005: Fragmented control frame"),
    (Offence::LongControl, "UT002006: Control frame with payload length > 125 octets"),
    (Offence::HalfCloseCode, "UT002008: Received close control frame with payload len 1"),
    (Offence::ReservedOpcode, "UT002009: Data frame using reserved opcode = {}"),
    (Offence::LoneContinuation, "UT002010: Received continuation data frame outside fragmented message"),
    (Offence::Interrupted, "UT002011: Received non-continuation data frame while inside fragmented message"),
    (Offence::ReservedBits, "UT002015: Extensions not allowed but received rsv of {}"),
    (Offence::CloseCode, "UT002026: Invalid close frame status code: {}"),
    (Offence::Unmasked, "UT002034: Web socket frame was not masked"),
    (Offence::TooBig, "UT002040: Message exceeded max message size of {}"),
];

impl World for DeviceHiveWorld {
    fn listening(&mut self, base_url: &str) {
        base_url.clone_into(&mut self.base_url);
    }

    fn websocket_versions(&self) -> &'static [&'static str] {
        VERSIONS
    }

    fn handshake(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission {
        self.open(cx, peer, request)
    }

    fn message(&mut self, cx: &mut Cx<'_>, peer: PeerId, message: Message<'_>) {
        self.state.forget_old(cx.now());
        match message {
            Message::Text(text) => self.text(cx, peer, text),
            Message::Binary(_) => {
                let text = "the server takes text only";
                cx.problem(peer, Problem::new(ProblemKind::Refused, "binary", "dossier 6", text));
                cx.close(peer, Some(1003), "Binary messages not supported");
            }
            _ => {}
        }
        self.answer_woken(cx);
    }

    fn gone(&mut self, _: &mut Cx<'_>, peer: PeerId, _: Gone) {
        self.forget(peer);
    }

    fn http(&mut self, cx: &mut Cx<'_>, call: CallId, request: &HttpRequest) {
        self.state.forget_old(cx.now());
        self.answer_http(cx, call, request);
        self.answer_woken(cx);
    }

    fn hung_up(&mut self, _: &mut Cx<'_>, call: CallId) {
        self.state.forget_call(call);
    }

    fn deadline(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        self.state.forget_old(now);
        self.state.wake_late(now);
        self.answer_woken(cx);
        self.release(cx);
        if self.next_ping.is_some_and(|at| at <= now) {
            self.next_ping = None;
            for peer in self.sessions.keys() {
                cx.ping(*peer, Vec::new());
            }
            if !self.sessions.is_empty() {
                self.ping_from(now);
            }
        }
    }

    fn poll_deadline(&self) -> Option<Deadline> {
        let ping = self.next_ping.map(|at| Deadline { at, why: "the server's pings" });
        let late = self.state.next_late().map(|at| Deadline { at, why: "a call has waited long enough" });
        let held =
            self.held.front().map(|(at, ..)| Deadline { at: *at, why: "an answer has been kept back long enough" });
        Deadline::earliest(Deadline::earliest(ping, late), held)
    }

    fn control(&mut self, cx: &mut Cx<'_>, verb: &str, body: &Value) -> Result<Value, ControlError> {
        self.state.forget_old(cx.now());
        let outcome = self.carry_out_verb(cx, verb, body);
        self.answer_woken(cx);
        outcome
    }

    fn verbs(&self) -> &'static [(&'static str, &'static str)] {
        VERBS
    }

    fn reset(&mut self, seed: Seed, now: Timestamp) {
        let first = std::mem::take(&mut self.first);
        self.begin(&first, seed, now);
        self.first = first;
    }

    fn snapshot(&self, _: Timestamp) -> Value {
        self.show()
    }

    fn unreadable(&self, status: u16, why: &str) -> HttpResponse {
        crate::http::error(self.state.rules, status, why)
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &[
            "authorization",
            "token",
            "accesstoken",
            "refreshtoken",
            "access_token",
            "refresh_token",
            "password",
            "secret",
            "jwt_secret",
        ]
    }

    fn secret_values(&self) -> Vec<String> {
        // The default one is in the documents.
        let secret =
            Some(&self.state.options.jwt_secret).filter(|secret| **secret != crate::Options::default().jwt_secret);
        let put = self.state.setting("jwt.secret").map(|setting| setting.value.clone());
        let put = put.filter(|put| *put != crate::Options::default().jwt_secret);
        let passwords = self.state.users().take(MOST_SECRETS).map(|user| user.password.clone());
        passwords.chain(secret.cloned()).chain(put).collect()
    }
}
