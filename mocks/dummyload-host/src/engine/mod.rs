//! The world with all that surrounds it, behind one lock: peers and their outboxes, clock, faults, journal.
//!
//! Nothing here waits or does IO. The server's tasks call in, one input at a time, and take from the outboxes; the
//! simulation in [`crate::sim`] does the same without a server.

mod calls;
mod inbound;
mod outbound;
mod time;

use crate::clock::Clock;
use crate::cx::Effect;
use crate::fault::{
    Direction, FaultKind, Faults, Passing, changed_request, changed_response, of_request, of_response, text_of,
};
use crate::journal::{Journal, What};
use crate::redact::Redactor;
use crate::{
    Admission, CallId, ClockMode, ControlError, Cx, HttpRequest, HttpResponse, IdSource, Manners, Message, Party,
    PeerId, Seed, Text, World,
};
use dummyload_session::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tracing::Level;

/// One thing on its way to a peer's socket.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outgoing {
    Text(Text),
    NotUtf8(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    /// Bytes as they are, frame headers included.
    Raw(Vec<u8>),
    HalfClose,
    Cut,
}

impl Outgoing {
    /// About what it costs to keep it.
    fn weight(&self) -> usize {
        let bytes = match self {
            Self::Text(text) => text.as_str().len(),
            Self::NotUtf8(bytes) | Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) | Self::Raw(bytes) => {
                bytes.len()
            }
            Self::Close(..) | Self::HalfClose | Self::Cut => 0,
        };
        bytes + size_of::<Self>()
    }
}

/// What an accepted connection gets to work with.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) peer: PeerId,
    pub(crate) manners: Arc<Manners>,
    pub(crate) headers: Vec<(String, String)>,
    /// Rings when somebody else has put something into the empty outbox.
    pub(crate) bell: Arc<Notify>,
    /// Rings when the peer reads too slowly to be waited for.
    pub(crate) doom: Arc<Notify>,
}

#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) who: String,
    pub(crate) since: Timestamp,
    pub(crate) path: String,
    pub(crate) received: u64,
    pub(crate) sent: u64,
    /// A close or cut is queued: nothing more goes in or out.
    pub(crate) ending: bool,
    manners: Arc<Manners>,
    outbox: VecDeque<Outgoing>,
    /// The bytes in it.
    queued: usize,
    bell: Arc<Notify>,
    doom: Arc<Notify>,
    /// Its outbox was full.
    too_slow: bool,
    /// Its task has taken something from the outbox and has not come back for more: it is still writing.
    writing: bool,
    /// The pings in the outbox.
    pings: usize,
    /// It has lost its place as [`SlowReader::Mute`] says.
    muted: bool,
    /// From before a reset: the world does not know it.
    forgotten: bool,
    heard: Timestamp,
    held_in: Option<Owned>,
    held_out: Option<Outgoing>,
    /// The last message in JSON, kept for fault rules while there are any.
    asked: Option<Value>,
}

struct Call {
    answer: Option<HttpResponse>,
    bell: Arc<Notify>,
    /// The request as fault rules see it, while there are any.
    asked: Option<Value>,
}

/// A message that a fault keeps back.
#[derive(Clone, Debug)]
enum Owned {
    Text(String),
    NotUtf8(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
}

impl Owned {
    fn of(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.to_owned()),
            Message::NotUtf8(bytes) => Self::NotUtf8(bytes.to_vec()),
            Message::Binary(bytes) => Self::Binary(bytes.to_vec()),
            Message::Ping(bytes) => Self::Ping(bytes.to_vec()),
            Message::Pong(bytes) => Self::Pong(bytes.to_vec()),
        }
    }

    fn lend(&self) -> Message<'_> {
        match self {
            Self::Text(text) => Message::Text(text),
            Self::NotUtf8(bytes) => Message::NotUtf8(bytes),
            Self::Binary(bytes) => Message::Binary(bytes),
            Self::Ping(bytes) => Message::Ping(bytes),
            Self::Pong(bytes) => Message::Pong(bytes),
        }
    }
}

/// The most that time is moved forward at once: each deadline on the way takes its moment, and all wait for the lock.
pub(crate) const LONGEST_ADVANCE: Duration = Duration::from_secs(366 * 24 * 3600);

/// What fits into a control frame.
const LONGEST_BEAT: usize = 125;

/// The most pings that wait for one peer.
const MOST_PINGS: usize = 64;

/// At how many deadlines time is stopped before others get at the mock.
const STOPS: usize = 256;

/// What waits for its time.
enum Later {
    In(PeerId, Owned),
    Out(PeerId, Outgoing),
    Call(CallId, HttpRequest),
    Answer(CallId, HttpResponse),
    Silence(PeerId),
}

pub(crate) struct Engine {
    world: Box<dyn World>,
    pub(crate) clock: Clock,
    /// When a virtual clock starts, also after a reset.
    start: Timestamp,
    /// What the clock was told to begin with.
    told: Option<Timestamp>,
    pub(crate) seed: Seed,
    ids: IdSource,
    pub(crate) faults: Faults,
    pub(crate) journal: Journal,
    pub(crate) peers: BTreeMap<PeerId, Peer>,
    calls: BTreeMap<CallId, Call>,
    later: BTreeMap<(Timestamp, u64), Later>,
    effects: Vec<Effect>,
    next_peer: u64,
    next_call: u64,
    next_later: u64,
    max_queued: usize,
    /// Whose task is calling: it looks into its outbox itself and needs no bell.
    current: Option<PeerId>,
    /// Rings when a deadline has moved forward.
    pub(crate) rearm: Arc<Notify>,
    armed: Option<Timestamp>,
    /// Rings with every entry of the journal, for those who wait for one.
    pub(crate) news: Arc<Notify>,
}

impl Engine {
    pub(crate) fn new(
        mut world: Box<dyn World>,
        mode: ClockMode,
        told: Option<Timestamp>,
        seed: Seed,
        max_queued: usize,
    ) -> Self {
        let clock = Clock::new(mode, told);
        world.reset(seed, clock.now());
        Self {
            world,
            start: clock.now(),
            told,
            clock,
            seed,
            ids: IdSource::new(seed),
            faults: Faults::new(seed.0),
            journal: Journal::default(),
            peers: BTreeMap::new(),
            calls: BTreeMap::new(),
            later: BTreeMap::new(),
            effects: Vec::new(),
            next_peer: 0,
            next_call: 0,
            next_later: 0,
            max_queued,
            current: None,
            rearm: Arc::default(),
            armed: None,
            news: Arc::default(),
        }
    }

    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::knowing(self.world.secret_names(), &self.world.secret_values())
    }

    pub(crate) fn snapshot(&self) -> Value {
        let mut state = self.world.snapshot(self.clock.now());
        self.redactor().value(&mut state);
        state
    }

    pub(crate) fn trouble(&self) -> Option<String> {
        self.world.trouble()
    }

    pub(crate) fn unreadable(&self, status: u16, why: &str) -> HttpResponse {
        self.world.unreadable(status, why)
    }

    pub(crate) fn verbs(&self) -> &'static [(&'static str, &'static str)] {
        self.world.verbs()
    }

    /// A handshake: an accepted peer, or the answer that refuses it.
    pub(crate) fn open(&mut self, request: &HttpRequest) -> Result<Opened, HttpResponse> {
        let peer = PeerId(count(&mut self.next_peer));
        if self.faults.is_empty() {
            return self.admit(peer, request);
        }
        let before = of_request(request);
        let passing = Passing::other(&request.path, before.clone(), None);
        let struck = self.faults.strike(Direction::Handshake, Some(peer.0), &passing);
        if let Some((rule, kind)) = &struck {
            self.log(peer.into(), What::Fault { rule: *rule, kind: kind.name(), struck: None });
        }
        let changed = match struck {
            Some((_, kind @ FaultKind::Answer { .. })) => {
                let opened = self.admit(peer, request)?;
                if let Some(greeting) = kind.replacement(&passing) {
                    self.queue(peer, Outgoing::Text(text_of(greeting).into()));
                }
                return Ok(opened);
            }
            Some((_, FaultKind::Refuse { status })) => {
                let (path, query) = (request.path.clone(), request.query.clone());
                self.log(peer.into(), What::Refused { path, query, status });
                return Err(HttpResponse::text(status, "refused by a fault rule of the mock"));
            }
            Some((_, kind)) => kind.replacement(&passing).map(|after| changed_request(request, &before, &after)),
            None => None,
        };
        let refusal = match self.admit(peer, changed.as_ref().unwrap_or(request)) {
            Ok(opened) => return Ok(opened),
            Err(refusal) => refusal,
        };
        // Its answer cannot be kept back: only a change of it strikes.
        let answer = of_response(&refusal);
        let passing = Passing::other(&request.path, answer.clone(), Some(&before));
        let Some((rule, kind)) = self.faults.strike(Direction::Answer, None, &passing) else { return Err(refusal) };
        self.log(peer.into(), What::Fault { rule, kind: kind.name(), struck: None });
        let changed = kind.replacement(&passing);
        Err(changed.map_or_else(|| refusal.clone(), |after| changed_response(&refusal, &answer, &after)))
    }

    fn admit(&mut self, peer: PeerId, request: &HttpRequest) -> Result<Opened, HttpResponse> {
        let now = self.catch_up();
        let mut effects = std::mem::take(&mut self.effects);
        let mut cx = Cx::new(now, self.clock.mode(), &mut self.ids, &mut effects);
        let admission = self.world.handshake(&mut cx, peer, request);
        let (path, query) = (request.path.clone(), request.query.clone());
        let result = match admission {
            Admission::Accept { manners, headers, who } => {
                let (bell, doom) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
                self.log(peer.into(), What::Opened { path: path.clone(), query, who: who.clone() });
                self.peers.insert(
                    peer,
                    Peer {
                        who,
                        since: now,
                        path,
                        received: 0,
                        sent: 0,
                        manners: Arc::clone(&manners),
                        outbox: VecDeque::new(),
                        queued: 0,
                        bell: Arc::clone(&bell),
                        doom: Arc::clone(&doom),
                        ending: false,
                        too_slow: false,
                        writing: false,
                        pings: 0,
                        muted: false,
                        forgotten: false,
                        heard: now,
                        held_in: None,
                        held_out: None,
                        asked: None,
                    },
                );
                if let Some(silence) = manners.ping_after_silence {
                    self.schedule(now + silence, Later::Silence(peer));
                }
                Ok(Opened { peer, manners, headers, bell, doom })
            }
            Admission::Refuse(response) => {
                self.log(peer.into(), What::Refused { path, query, status: response.status });
                Err(response)
            }
        };
        // The task of the new peer begins with its outbox, so it needs no bell.
        self.current = Some(peer);
        self.settle(effects);
        result
    }

    pub(crate) fn control(&mut self, verb: &str, body: &Value) -> Result<Value, ControlError> {
        self.catch_up();
        self.call(|world, cx| world.control(cx, verb, body))
    }

    /// Ends every connection and brings the world back to its first state.
    pub(crate) fn reset(&mut self, seed: Seed) {
        self.current = None;
        let peers: Vec<PeerId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.end(peer, Outgoing::Cut);
            // The task that owns the socket still finds its outbox, but the new world never hears of the peer.
            if let Some(state) = self.peers.get_mut(&peer) {
                state.forgotten = true;
            }
        }
        // Nobody else will answer what the old world has kept waiting.
        let waiting: Vec<CallId> =
            self.calls.iter().filter(|(_, call)| call.answer.is_none()).map(|(id, _)| *id).collect();
        for call in waiting {
            self.respond(call, HttpResponse::text(503, "the mock was reset before this was answered"));
        }
        self.seed = seed;
        self.ids = IdSource::new(seed);
        self.faults.restart(seed.0);
        self.later.clear();
        self.journal.clear();
        self.clock.restart(self.start, self.told);
        self.world.reset(seed, self.clock.now());
        self.settle(Vec::new());
    }

    fn call<R>(&mut self, f: impl FnOnce(&mut dyn World, &mut Cx<'_>) -> R) -> R {
        let mut effects = std::mem::take(&mut self.effects);
        let now = self.clock.now();
        let result = f(&mut *self.world, &mut Cx::new(now, self.clock.mode(), &mut self.ids, &mut effects));
        self.settle(effects);
        result
    }

    /// Carries out effects, keeps their vector for the next call, and wakes the timer if it must wake earlier.
    fn settle(&mut self, mut effects: Vec<Effect>) {
        for effect in effects.drain(..) {
            self.carry_out(effect);
        }
        self.effects = effects;
        let deadline = self.poll_deadline().map(|deadline| deadline.at);
        if deadline != self.armed {
            if deadline.is_some_and(|at| self.armed.is_none_or(|armed| at < armed)) {
                self.rearm.notify_one();
            }
            self.armed = deadline;
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send { to, text } => self.send(to, text),
            Effect::SendBytes { to, text } => self.queue(to, Outgoing::NotUtf8(text)),
            Effect::Ping { to, payload } => self.ping(to, &payload),
            Effect::Close { peer, code, reason } => {
                if let Some(how) = self.ending(peer, Outgoing::Close(code, reason), "") {
                    self.end(peer, how);
                }
            }
            Effect::Cut { peer } => {
                if let Some(how) = self.ending(peer, Outgoing::Cut, "") {
                    self.end(peer, how);
                }
            }
            Effect::Respond { call, response } => self.answer(call, response),
            Effect::Problem { who, problem } => self.log(who, What::Problem(problem)),
            Effect::Record { who, topic, details } => self.log(who, What::Event { topic, details }),
        }
    }

    /// Writes into the journal, and to whoever follows the program's log: frames at trace, everything else at debug.
    fn log(&mut self, party: Party, what: What) {
        let frame = matches!(what, What::Received(_) | What::Sent(_));
        self.journal.push(self.clock.now(), party, what);
        self.news.notify_waiters();
        if tracing::enabled!(Level::TRACE) || (!frame && tracing::enabled!(Level::DEBUG)) {
            let redactor = self.redactor();
            let Some(shown) = self.journal.newest().map(|entry| entry.show(&redactor)) else { return };
            if frame {
                tracing::trace!("{shown}");
            } else {
                tracing::debug!("{shown}");
            }
        }
    }
}

fn count(counter: &mut u64) -> u64 {
    *counter += 1;
    *counter
}
