//! The world with all that surrounds it, behind one lock: peers and their outboxes, clock, faults, journal.
//!
//! Nothing here waits or does IO. The server's tasks call in, one input at a time, and take from the outboxes; the
//! simulation in [`crate::sim`] does the same without a server.

use crate::clock::Clock;
use crate::cx::Effect;
use crate::fault::{
    Direction, FaultKind, Faults, Passing, Whom, changed_end, changed_request, changed_response, of_end, of_request,
    of_response, response_of, text_of,
};
use crate::journal::{Journal, Payload, What};
use crate::redact::Redactor;
use crate::{
    Admission, CallId, ClockMode, ControlError, Cx, Gone, HttpRequest, HttpResponse, IdSource, Manners, Message, Party,
    PeerId, Problem, ProblemKind, Seed, SlowReader, Text, World,
};
use dummyload_session::{Deadline, Timestamp};
use serde_json::{Value, json};
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

    /// A message of a peer, faults first.
    pub(crate) fn message(&mut self, peer: PeerId, message: Message<'_>) {
        let now = self.catch_up();
        let Some(state) = self.peers.get_mut(&peer).filter(|state| !state.ending && !state.muted) else { return };
        state.heard = now;
        state.received += 1;
        let answers_pings = state.manners.answers_pings;
        self.current = Some(peer);
        self.log(peer.into(), What::Received(Payload::copied(message)));
        if let Message::Ping(payload) = message
            && answers_pings
        {
            self.pong(peer, payload);
        }
        if self.faults.is_empty() {
            self.deliver(peer, message);
        } else {
            let passing = Passing::received(message);
            let struck = self.faults.strike(Direction::In, Some(peer.0), &passing);
            if let (Message::Text(text), Some(state)) = (message, self.peers.get_mut(&peer)) {
                state.asked = serde_json::from_str(text).ok();
            }
            match struck {
                None => self.deliver(peer, message),
                Some((rule, kind)) => {
                    let struck = Some(Payload::copied(message));
                    self.log(peer.into(), What::Fault { rule, kind: kind.name(), struck });
                    self.disturb_in(peer, message, &kind, &passing);
                    return;
                }
            }
        }
        if let Some(held) = self.peers.get_mut(&peer).and_then(|state| state.held_in.take()) {
            self.deliver(peer, held.lend());
        }
    }

    /// Through the outbox, so that a pong proves that everything before it has been sent.
    fn pong(&mut self, peer: PeerId, payload: &[u8]) {
        if let Some(payload) = self.beat(Direction::Pong, peer, payload) {
            self.queue(peer, Outgoing::Pong(payload));
        }
    }

    fn ping(&mut self, peer: PeerId, payload: &[u8]) {
        if let Some(payload) = self.beat(Direction::Ping, peer, payload) {
            self.queue(peer, Outgoing::Ping(payload));
        }
    }

    /// The payload of a ping or pong behind the faults; `None` if it does not go out.
    fn beat(&mut self, on: Direction, peer: PeerId, payload: &[u8]) -> Option<Vec<u8>> {
        if self.faults.is_empty() {
            return Some(payload.to_vec());
        }
        let text = String::from_utf8_lossy(payload);
        let passing = Passing::other(&text, json!({"payload": text}), None);
        let Some((rule, kind)) = self.faults.strike(on, Some(peer.0), &passing) else { return Some(payload.to_vec()) };
        let changed = kind.replacement(&passing);
        let struck = if on == Direction::Ping { Payload::Ping } else { Payload::Pong }(payload.to_vec());
        self.log(peer.into(), What::Fault { rule, kind: kind.name(), struck: Some(struck) });
        let payload = changed.as_ref().and_then(|changed| changed["payload"].as_str())?;
        Some(payload.bytes().take(LONGEST_BEAT).collect())
    }

    fn disturb_in(&mut self, peer: PeerId, message: Message<'_>, kind: &FaultKind, passing: &Passing<'_>) {
        match (kind, message) {
            (FaultKind::Delay { .. }, _) => {
                let at = self.clock.now() + kind.delay().unwrap_or_default();
                self.schedule(at, Later::In(peer, Owned::of(message)));
                self.settle(Vec::new());
            }
            (FaultKind::Duplicate, _) => {
                self.deliver(peer, message);
                self.deliver(peer, message);
            }
            (FaultKind::Reorder, _) => {
                let Some(state) = self.peers.get_mut(&peer) else { return };
                match state.held_in.take() {
                    None => state.held_in = Some(Owned::of(message)),
                    Some(earlier) => {
                        self.deliver(peer, message);
                        self.deliver(peer, earlier.lend());
                    }
                }
            }
            (FaultKind::Garble, Message::Text(text)) => {
                let garbled = self.faults.garble(text);
                self.deliver(peer, Message::Text(&garbled));
            }
            (FaultKind::Garble, _) => self.deliver(peer, message),
            (FaultKind::Cut, _) => self.end(peer, Outgoing::Cut),
            (FaultKind::HalfClose, _) => self.end(peer, Outgoing::HalfClose),
            (FaultKind::Close { code, reason }, _) => self.end(peer, Outgoing::Close(Some(*code), reason.clone())),
            (FaultKind::Change { .. }, _) => {
                if let Some(changed) = kind.replacement(passing) {
                    self.deliver(peer, Message::Text(&text_of(changed)));
                }
            }
            (FaultKind::Answer { .. }, _) => {
                if let Some(answer) = kind.replacement(passing) {
                    self.queue(peer, Outgoing::Text(text_of(answer).into()));
                }
            }
            (FaultKind::Misdirect { to }, _) => {
                for other in self.misdirected(peer, *to) {
                    self.deliver(other, message);
                }
            }
            (FaultKind::Drop | FaultKind::Refuse { .. } | FaultKind::Watch, _) => {}
        }
    }

    /// Where a message of or to `peer` goes, or comes from, instead.
    fn misdirected(&self, peer: PeerId, to: Whom) -> Vec<PeerId> {
        let known = self.peers.iter().filter(|(_, state)| !state.ending && !state.forgotten).map(|(other, _)| *other);
        match to {
            Whom::All => known.collect(),
            Whom::Others => known.filter(|other| *other != peer).collect(),
            Whom::First => known.take(1).collect(),
            Whom::Last => known.last().into_iter().collect(),
        }
    }

    fn deliver(&mut self, peer: PeerId, message: Message<'_>) {
        self.call(|world, cx| world.message(cx, peer, message));
    }

    /// A connection has ended, for whatever reason.
    pub(crate) fn gone(&mut self, peer: PeerId, why: Gone) {
        let Some(state) = self.peers.remove(&peer).filter(|state| !state.forgotten) else { return };
        let why = if state.too_slow { Gone::TooSlow } else { why };
        self.log(peer.into(), What::Gone(why.clone()));
        self.call(|world, cx| world.gone(cx, peer, why));
    }

    /// An HTTP request. Its answer is taken with [`Engine::take_answer`]; the bell rings if it comes later.
    pub(crate) fn http(&mut self, request: &HttpRequest) -> (CallId, Arc<Notify>) {
        self.catch_up();
        let call = CallId(count(&mut self.next_call));
        let bell = Arc::new(Notify::new());
        let asked = (!self.faults.is_empty()).then(|| of_request(request));
        self.calls.insert(call, Call { answer: None, bell: Arc::clone(&bell), asked: asked.clone() });
        let what = What::Request {
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            body: request.body.clone(),
        };
        self.log(call.into(), what);
        match asked {
            None => self.ask(call, request),
            Some(before) => {
                let passing = Passing::other(&request.path, before.clone(), None);
                match self.faults.strike(Direction::Call, None, &passing) {
                    None => self.ask(call, request),
                    Some((rule, kind)) => {
                        self.log(call.into(), What::Fault { rule, kind: kind.name(), struck: None });
                        self.disturb_call(call, request, &before, &kind, &passing);
                    }
                }
            }
        }
        (call, bell)
    }

    fn ask(&mut self, call: CallId, request: &HttpRequest) {
        self.call(|world, cx| world.http(cx, call, request));
    }

    fn disturb_call(
        &mut self,
        call: CallId,
        request: &HttpRequest,
        before: &Value,
        kind: &FaultKind,
        passing: &Passing<'_>,
    ) {
        match kind {
            FaultKind::Delay { .. } => {
                let at = self.clock.now() + kind.delay().unwrap_or_default();
                self.schedule(at, Later::Call(call, request.clone()));
                self.settle(Vec::new());
            }
            FaultKind::Duplicate => {
                self.ask(call, request);
                self.ask(call, request);
            }
            FaultKind::Change { .. } => {
                if let Some(after) = kind.replacement(passing) {
                    self.ask(call, &changed_request(request, before, &after));
                }
            }
            FaultKind::Answer { .. } => {
                if let Some(answer) = kind.replacement(passing) {
                    self.respond(call, response_of(&answer));
                }
            }
            _ => {}
        }
    }

    pub(crate) fn take_answer(&mut self, call: CallId) -> Option<HttpResponse> {
        let answer = self.calls.get_mut(&call)?.answer.take()?;
        self.calls.remove(&call);
        Some(answer)
    }

    /// The client of a request has gone before its answer came.
    pub(crate) fn hung_up(&mut self, call: CallId) {
        if self.calls.remove(&call).is_some() {
            self.call(|world, cx| world.hung_up(cx, call));
        }
    }

    /// Moves all that is queued for a peer behind what is in `batch`.
    pub(crate) fn take_outbox(&mut self, peer: PeerId, batch: &mut Vec<Outgoing>) {
        if let Some(state) = self.peers.get_mut(&peer) {
            state.writing = !state.outbox.is_empty();
            state.pings = 0;
            batch.extend(state.outbox.drain(..));
            state.queued = 0;
        }
        self.current = None;
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

    /// The peers that something can still be sent to.
    pub(crate) fn open_peers(&self) -> Vec<PeerId> {
        self.peers.iter().filter(|(_, state)| !state.ending).map(|(peer, _)| *peer).collect()
    }

    /// Queues something from the control plane to a peer; whether there is such a peer.
    pub(crate) fn inject(&mut self, peer: PeerId, what: Outgoing) -> bool {
        self.current = None;
        let known = self.peers.get(&peer).is_some_and(|state| !state.ending);
        match what {
            Outgoing::Close(..) | Outgoing::Cut | Outgoing::HalfClose => self.end(peer, what),
            other => self.queue(peer, other),
        }
        known
    }

    /// The end of the server: every peer is closed as its manners say.
    pub(crate) fn shutdown(&mut self) {
        self.current = None;
        let peers: Vec<_> = self.peers.iter().map(|(peer, state)| (*peer, state.manners.shutdown)).collect();
        for (peer, how) in peers {
            match how {
                Some((code, reason)) => self.end(peer, Outgoing::Close(Some(code), reason.into())),
                None => self.end(peer, Outgoing::Cut),
            }
        }
    }

    /// When [`Engine::tick`] has something to do.
    pub(crate) fn poll_deadline(&self) -> Option<Deadline> {
        let later = self.later.iter().next().map(|((at, _), what)| {
            let why = match what {
                Later::Silence(_) => "a silent connection is looked after: it may get a ping",
                _ => "something kept back is due",
            };
            Deadline { at: *at, why }
        });
        Deadline::earliest(later, self.world.poll_deadline())
    }

    /// The time. What is due by then is done first, so that no input overtakes what came before it.
    fn catch_up(&mut self) -> Timestamp {
        let now = self.clock.now();
        if self.armed.is_some_and(|at| at <= now) {
            self.tick();
        }
        now
    }

    /// Does all that is due now.
    pub(crate) fn tick(&mut self) {
        self.current = None;
        let now = self.clock.now();
        // A world that does not move its deadline on would hold the lock for ever; the bound makes that a wrong answer
        // instead of a hang.
        for _ in 0..100_000 {
            if self.poll_deadline().is_none_or(|deadline| deadline.at > now) {
                break;
            }
            if self.later.keys().next().is_some_and(|(at, _)| *at <= now) {
                self.late(now);
            } else {
                self.call(|world, cx| world.deadline(cx));
            }
        }
        self.settle(Vec::new());
    }

    fn late(&mut self, now: Timestamp) {
        match self.later.pop_first() {
            Some((_, Later::In(peer, message))) => self.deliver(peer, message.lend()),
            Some((_, Later::Out(peer, what))) => self.queue(peer, what),
            // The world must not hear of a call that has hung up.
            Some((_, Later::Call(call, request))) if self.calls.contains_key(&call) => self.ask(call, &request),
            Some((_, Later::Answer(call, response))) => self.respond(call, response),
            Some((_, Later::Silence(peer))) => {
                let Some(state) = self.peers.get(&peer).filter(|state| !state.ending) else { return };
                let Some(silence) = state.manners.ping_after_silence else { return };
                let due = state.heard + silence;
                let payload = state.manners.ping_payload.clone();
                if due <= now {
                    self.ping(peer, &payload);
                    self.schedule(now + silence, Later::Silence(peer));
                } else {
                    self.schedule(due, Later::Silence(peer));
                }
            }
            Some((_, Later::Call(..))) | None => {}
        }
    }

    /// The time after `by`, which counts no further than [`LONGEST_ADVANCE`].
    pub(crate) fn goal(&self, by: Duration) -> Timestamp {
        self.clock.now() + by.min(LONGEST_ADVANCE)
    }

    /// Moves the time forward, stopping at every deadline on the way. Whether it has got there; if not, call again, and let
    /// others at the mock before.
    pub(crate) fn advance(&mut self, target: Timestamp) -> bool {
        for _ in 0..STOPS {
            let Some(deadline) = self.poll_deadline().filter(|deadline| deadline.at <= target) else {
                self.clock.advance_to(target);
                self.tick();
                return true;
            };
            let before = (self.clock.now(), deadline.at);
            self.clock.advance_to(deadline.at);
            self.tick();
            if self.poll_deadline().is_some_and(|next| (self.clock.now(), next.at) == before) {
                self.clock.advance_to(target); // the same stuck deadline as in `tick`
                return true;
            }
        }
        false
    }

    pub(crate) fn set_clock(&mut self, mode: ClockMode, start: Option<Timestamp>) {
        let now = self.clock.now();
        self.clock = Clock::new(mode, start.or(Some(now)));
        self.tick();
        // Whoever waits for a moment has to count anew, also where no deadline has moved.
        self.rearm.notify_one();
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

    fn send(&mut self, to: PeerId, text: Text) {
        if self.peers.get(&to).is_none_or(|state| state.ending) {
            return;
        }
        let struck = if self.faults.is_empty() {
            None
        } else {
            let asked = self.peers.get(&to).and_then(|state| state.asked.as_ref());
            let passing = Passing::message(text.as_str(), asked);
            let struck = self.faults.strike(Direction::Out, Some(to.0), &passing);
            struck.map(|(rule, kind)| (rule, kind.replacement(&passing), kind))
        };
        match struck {
            None => {
                self.queue(to, Outgoing::Text(text));
                if let Some(held) = self.peers.get_mut(&to).and_then(|state| state.held_out.take()) {
                    self.queue(to, held);
                }
            }
            Some((rule, changed, kind)) => {
                let struck = Some(Payload::Shared(text.clone()));
                self.log(to.into(), What::Fault { rule, kind: kind.name(), struck });
                match changed {
                    Some(changed) => self.queue(to, Outgoing::Text(text_of(changed).into())),
                    None => self.disturb_out(to, text, &kind),
                }
            }
        }
    }

    fn disturb_out(&mut self, to: PeerId, text: Text, kind: &FaultKind) {
        match kind {
            FaultKind::Misdirect { to: whom } => {
                for other in self.misdirected(to, *whom) {
                    self.queue(other, Outgoing::Text(text.clone()));
                }
            }
            FaultKind::Delay { .. } => {
                let at = self.clock.now() + kind.delay().unwrap_or_default();
                self.schedule(at, Later::Out(to, Outgoing::Text(text)));
            }
            FaultKind::Duplicate => {
                self.queue(to, Outgoing::Text(text.clone()));
                self.queue(to, Outgoing::Text(text));
            }
            FaultKind::Reorder => {
                let Some(state) = self.peers.get_mut(&to) else { return };
                match state.held_out.take() {
                    None => state.held_out = Some(Outgoing::Text(text)),
                    Some(earlier) => {
                        self.queue(to, Outgoing::Text(text));
                        self.queue(to, earlier);
                    }
                }
            }
            FaultKind::Garble => {
                let garbled = self.faults.garble(text.as_str());
                self.queue(to, Outgoing::Text(garbled.into()));
            }
            FaultKind::Cut => self.end(to, Outgoing::Cut),
            FaultKind::HalfClose => self.end(to, Outgoing::HalfClose),
            FaultKind::Close { code, reason } => self.end(to, Outgoing::Close(Some(*code), reason.clone())),
            _ => {}
        }
    }

    /// How a connection ends that the server is to end so; `None` if it does not end. `why` is said where no close frame says
    /// it.
    pub(crate) fn ending(&mut self, peer: PeerId, how: Outgoing, why: &str) -> Option<Outgoing> {
        let state = self.peers.get(&peer).filter(|state| !state.ending);
        if self.faults.is_empty() || state.is_none() {
            return Some(how);
        }
        let asked = state.and_then(|state| state.asked.as_ref());
        let view = of_end(&how, why);
        let text = view["reason"].as_str().unwrap_or_default().to_owned();
        let passing = Passing::other(&text, view, asked);
        let Some((rule, kind)) = self.faults.strike(Direction::Close, Some(peer.0), &passing) else {
            return Some(how);
        };
        let changed = kind.replacement(&passing);
        let struck = match &how {
            Outgoing::Close(code, reason) => Some(Payload::Close(*code, reason.clone())),
            _ => None,
        };
        self.log(peer.into(), What::Fault { rule, kind: kind.name(), struck });
        match kind {
            FaultKind::Cut => Some(Outgoing::Cut),
            FaultKind::Change { .. } => Some(changed_end(how, &changed.unwrap_or_default())),
            _ => None,
        }
    }

    /// Puts something into a peer's outbox, and the peer to an end if it does not empty it.
    fn queue(&mut self, to: PeerId, what: Outgoing) {
        let is_end = matches!(what, Outgoing::Close(..) | Outgoing::HalfClose | Outgoing::Cut);
        let hears = |state: &&mut Peer| !state.ending && (!state.muted || is_end);
        let Some(state) = self.peers.get_mut(&to).filter(hears) else { return };
        let before = state.queued;
        // Time that is moved far ahead brings very many pings, and one more behind so many asks nothing new.
        if matches!(what, Outgoing::Ping(_)) {
            if state.pings >= MOST_PINGS {
                return;
            }
            state.pings += 1;
        }
        state.queued += what.weight();
        // What goes out at once waits for nothing, however large it is: only behind a writer that cannot get on does it pile up.
        if let SlowReader::Mute(most) = state.manners.slow_reader
            && state.writing
            && before > most.min(self.max_queued)
        {
            state.muted = true;
            let text =
                format!("more than {most} bytes wait for this peer: it gets nothing further and is not heard any more");
            self.log(to.into(), What::Problem(Problem::new(ProblemKind::Dropped, "reader-too-slow", "manners", text)));
            return;
        }
        if state.queued > self.max_queued {
            state.ending = true;
            state.too_slow = true;
            state.outbox.clear();
            state.outbox.push_back(Outgoing::Cut);
            state.doom.notify_one();
            return;
        }
        let payload = match &what {
            Outgoing::Text(text) => Some(Payload::Shared(text.clone())),
            Outgoing::NotUtf8(bytes) => Some(Payload::NotUtf8(bytes.clone())),
            Outgoing::Binary(bytes) | Outgoing::Raw(bytes) => Some(Payload::Binary(bytes.clone())),
            Outgoing::Ping(bytes) => Some(Payload::Ping(bytes.clone())),
            Outgoing::Pong(bytes) => Some(Payload::Pong(bytes.clone())),
            Outgoing::Close(code, reason) => Some(Payload::Close(*code, reason.clone())),
            Outgoing::HalfClose | Outgoing::Cut => None,
        };
        if state.outbox.is_empty() && self.current != Some(to) {
            state.bell.notify_one();
        }
        state.outbox.push_back(what);
        if let Some(payload) = payload {
            state.sent += 1;
            self.log(to.into(), What::Sent(payload));
        }
    }

    /// Queues the end of a connection; nothing goes out behind it.
    fn end(&mut self, peer: PeerId, how: Outgoing) {
        self.queue(peer, how);
        if let Some(state) = self.peers.get_mut(&peer) {
            state.ending = true;
        }
    }

    /// An answer of the world, faults first.
    fn answer(&mut self, call: CallId, response: HttpResponse) {
        let asked = self.calls.get(&call).filter(|waiting| waiting.answer.is_none()).map(|waiting| &waiting.asked);
        let Some(Some(asked)) = asked else { return self.respond(call, response) };
        let before = of_response(&response);
        let path = asked["path"].as_str().unwrap_or_default();
        let passing = Passing::other(path, before.clone(), Some(asked));
        let Some((rule, kind)) = self.faults.strike(Direction::Answer, None, &passing) else {
            return self.respond(call, response);
        };
        let changed = kind.replacement(&passing);
        self.log(call.into(), What::Fault { rule, kind: kind.name(), struck: None });
        match (kind.delay(), changed) {
            (Some(by), _) => self.schedule(self.clock.now() + by, Later::Answer(call, response)),
            (None, Some(after)) => self.respond(call, changed_response(&response, &before, &after)),
            (None, None) => {} // lost
        }
    }

    fn respond(&mut self, call: CallId, response: HttpResponse) {
        let Some(waiting) = self.calls.get_mut(&call).filter(|waiting| waiting.answer.is_none()) else { return };
        let what = What::Response { status: response.status, body: response.body.clone() };
        waiting.answer = Some(response);
        waiting.bell.notify_one();
        self.log(call.into(), what);
    }

    fn schedule(&mut self, at: Timestamp, what: Later) {
        let number = count(&mut self.next_later);
        self.later.insert((at, number), what);
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
