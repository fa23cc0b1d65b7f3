//! A client session and a world back to back, in memory: virtual time, and a network that delays, loses, repeats and
//! breaks as its seed says. The same seed gives the same run, to the byte.
//!
//! The session is any [`Session`], the world any [`World`]; between them lies the same engine that serves sockets, with
//! its faults and its journal. A test commands the session, lets time pass with [`Sim::advance`] or [`Sim::run_until`],
//! and looks at what came out on both sides.

use crate::engine::{Engine, Opened, Outgoing};
use crate::{
    ClockMode, ControlError, Fault, Gone, HttpRequest, HttpResponse, Limits, Message, PeerId, Query, Seed, World,
};
use dummyload_session::{
    Action, CloseInfo, ConnectFailure, Deadline, Endpoint, Input, OutcomeOf, RequestToken, Rng, Session, SessionEvent,
    Timestamp,
};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

/// How the network between the two treats what passes. The probabilities (0.0 to 1.0) are those of one message.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Network {
    /// The shortest time that anything takes.
    pub latency: Duration,
    /// The most that is added to it; messages in one direction keep their order.
    pub jitter: Duration,
    /// A message disappears. TCP does not do that, but things in the middle do.
    pub loss: f64,
    /// A message from the server comes twice.
    pub duplication: f64,
    /// The connection breaks, instead of carrying the message.
    pub cut: f64,
    /// Of the breaks: how many the client does not notice.
    pub half_open: f64,
    /// An attempt to connect fails.
    pub refusal: f64,
}

impl Network {
    /// 1 ms, and nothing goes wrong.
    pub fn perfect() -> Self {
        Self {
            latency: Duration::from_millis(1),
            jitter: Duration::ZERO,
            loss: 0.0,
            duplication: 0.0,
            cut: 0.0,
            half_open: 0.0,
            refusal: 0.0,
        }
    }

    /// Up to 300 ms, and everything goes wrong now and then.
    pub fn rough() -> Self {
        Self {
            latency: Duration::from_millis(5),
            jitter: Duration::from_millis(295),
            loss: 0.03,
            duplication: 0.03,
            cut: 0.03,
            half_open: 0.3,
            refusal: 0.2,
        }
    }
}

/// What is under way between the two.
#[derive(Debug)]
enum Transit {
    Handshake(HttpRequest),
    Admitted(PeerId),
    NotAdmitted(ConnectFailure),
    Up(Up),
    Down(Outgoing),
    /// The client learns that its connection is gone.
    Broken,
}

#[derive(Debug)]
enum Up {
    Text(String),
    Ping,
    Close(u16),
}

/// One connection, from the attempt to the end.
#[derive(Debug, Default)]
struct Link {
    number: u64,
    /// Set once the handshake has been answered on the server's side.
    peer: Option<PeerId>,
    /// Nothing passes any more, though a side may not know.
    broken: bool,
    last_up: Timestamp,
    last_down: Timestamp,
}

/// The simulation.
pub struct Sim<S: Session> {
    engine: Engine,
    session: S,
    network: Network,
    rng: Rng,
    link: Option<Link>,
    links: u64,
    transit: BTreeMap<(Timestamp, u64), (u64, Transit)>,
    next: u64,
    notices: Vec<S::Event>,
    finished: Vec<(RequestToken, OutcomeOf<S>)>,
    trace: Vec<String>,
}

impl<S: Session> std::fmt::Debug for Sim<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sim(at {}, {:?})", self.engine.clock.now(), self.engine)
    }
}

impl<S: Session> Sim<S> {
    /// Starts the session. Time begins at [`crate::VIRTUAL_EPOCH`].
    pub fn new(world: Box<dyn World>, session: S, network: Network, seed: u64) -> Self {
        let mut sim = Self {
            engine: Engine::new(world, ClockMode::Virtual, None, Seed(seed), Limits::default().queue_bytes),
            session,
            network,
            rng: Rng::new(seed),
            link: None,
            links: 0,
            transit: BTreeMap::new(),
            next: 0,
            notices: Vec::new(),
            finished: Vec::new(),
            trace: Vec::new(),
        };
        sim.session.start(sim.now());
        sim.settle();
        sim
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.engine.clock.now()
    }

    /// The session, to look at.
    pub fn session(&self) -> &S {
        &self.session
    }

    /// From now on the network is like this.
    pub fn set_network(&mut self, network: Network) {
        self.network = network;
    }

    /// Asks the session for something.
    ///
    /// # Errors
    /// Those of the session.
    pub fn command(&mut self, command: S::Command) -> Result<RequestToken, S::CommandError> {
        let token = self.session.command(self.now(), command);
        self.settle();
        token
    }

    /// Ends the session in good order.
    pub fn shutdown(&mut self) {
        self.session.shutdown(self.now());
        self.settle();
    }

    /// Carries out a verb of the world.
    ///
    /// # Errors
    /// Those of the world.
    pub fn control(&mut self, verb: &str, body: &Value) -> Result<Value, ControlError> {
        let result = self.engine.control(verb, body);
        self.settle();
        result
    }

    /// Makes an HTTP call, as a program does beside the socket: it takes no time. `None` if the world does not answer at
    /// once; then the call is given up.
    pub fn http(&mut self, request: &HttpRequest) -> Option<HttpResponse> {
        let (call, _) = self.engine.http(request);
        let answer = self.engine.take_answer(call);
        self.engine.hung_up(call);
        self.settle();
        answer
    }

    /// Adds a fault rule to the server's side.
    ///
    /// # Errors
    /// A rule that could never apply.
    pub fn fault(&mut self, fault: Fault) -> Result<u64, ControlError> {
        fault.check().map_err(ControlError::Invalid)?;
        Ok(self.engine.faults.add(fault))
    }

    /// The state of the world, secrets replaced.
    pub fn state(&self) -> Value {
        self.engine.snapshot()
    }

    /// The entries of the journal that match, secrets replaced. It is bounded: look before it is full.
    pub fn journal(&self, query: &Query) -> Vec<Value> {
        let redactor = self.engine.redactor();
        self.engine.journal.find(0, query).map(|entry| entry.show(&redactor)).collect()
    }

    /// All that has happened without being asked for.
    pub fn notices(&self) -> &[S::Event] {
        &self.notices
    }

    /// All requests that have ended, in order.
    pub fn all_finished(&self) -> &[(RequestToken, OutcomeOf<S>)] {
        &self.finished
    }

    /// How a request has ended, if it has.
    pub fn finished(&self, token: RequestToken) -> Option<&OutcomeOf<S>> {
        self.finished.iter().find(|(found, _)| *found == token).map(|(_, outcome)| outcome)
    }

    /// Everything that a log could show: actions, events, and what passed the network, as `Debug` prints it.
    pub fn trace(&self) -> &[String] {
        &self.trace
    }

    /// Lets so much time pass.
    pub fn advance(&mut self, by: Duration) {
        let target = self.now() + by;
        while let Some(at) = self.next_event().filter(|at| *at <= target) {
            self.step(at);
        }
        self.step(target);
    }

    /// Lets time pass until something holds; whether it did within `most`.
    pub fn run_until(&mut self, most: Duration, mut holds: impl FnMut(&Self) -> bool) -> bool {
        let target = self.now() + most;
        loop {
            if holds(self) {
                return true;
            }
            match self.next_event().filter(|at| *at <= target) {
                Some(at) => self.step(at),
                None => {
                    self.step(target);
                    return holds(self);
                }
            }
        }
    }

    fn next_event(&self) -> Option<Timestamp> {
        let transit = self.transit.keys().next().map(|(at, _)| *at);
        let deadline = Deadline::earliest(self.engine.poll_deadline(), self.session.poll_deadline());
        [transit, deadline.map(|deadline| deadline.at)].into_iter().flatten().min()
    }

    /// Does everything that is due at `at`.
    fn step(&mut self, at: Timestamp) {
        self.engine.clock.advance_to(at);
        let now = self.now();
        if let Some(due) = self.transit.first_entry().filter(|due| due.key().0 <= now) {
            let (link, transit) = due.remove();
            self.arrive(link, transit);
        } else {
            self.engine.tick();
            self.session.handle_deadline(now);
        }
        self.settle();
    }

    fn arrive(&mut self, number: u64, transit: Transit) {
        let shown = match &transit {
            Transit::Up(Up::Text(text)) => format!("> {}", self.session.shown(text)),
            Transit::Down(Outgoing::Text(text)) => format!("< {}", self.session.shown(text.as_str())),
            other => format!("{other:?}"),
        };
        self.trace.push(format!("{} link {number}: {shown}", self.now()));
        // What belongs to a connection that was given up has nobody to hear it, but the server learns of the end.
        let current = self.link.as_ref().is_some_and(|link| link.number == number);
        match transit {
            Transit::Handshake(request) => self.handshake(number, &request),
            Transit::Admitted(_) if current => self.tell(Input::Connected),
            Transit::Admitted(peer) => self.engine.gone(peer, Gone::Lost),
            Transit::NotAdmitted(failure) if current => {
                self.link = None;
                self.tell(Input::ConnectFailed(failure));
            }
            Transit::Up(up) if current => self.reach_server(up),
            Transit::Down(what) if current => self.reach_client(what),
            Transit::Broken if current => {
                self.link = None;
                self.tell(Input::Lost);
            }
            _ => {}
        }
    }

    fn handshake(&mut self, number: u64, request: &HttpRequest) {
        match self.engine.open(request) {
            Ok(Opened { peer, .. }) => {
                match self.link.as_mut().filter(|link| link.number == number) {
                    Some(link) => link.peer = Some(peer),
                    None => return self.engine.gone(peer, Gone::Lost),
                }
                self.post_down(number, Transit::Admitted(peer));
            }
            Err(HttpResponse { status, body, .. }) => {
                let body = String::from_utf8_lossy(&body).into_owned();
                self.post_down(number, Transit::NotAdmitted(ConnectFailure::Refused { status, body }));
            }
        }
    }

    fn reach_server(&mut self, up: Up) {
        let Some(peer) = self.link.as_ref().filter(|link| !link.broken).and_then(|link| link.peer) else { return };
        match up {
            Up::Text(text) => self.engine.message(peer, Message::Text(&text)),
            Up::Ping => self.engine.message(peer, Message::Ping(b"")),
            Up::Close(code) => {
                self.take_outbox(peer);
                let number = self.link.as_ref().map_or(0, |link| link.number);
                self.post_down(number, Transit::Down(Outgoing::Close(Some(code), String::new())));
                self.engine.gone(peer, Gone::Closed(Some(code)));
            }
        }
    }

    fn reach_client(&mut self, what: Outgoing) {
        match what {
            Outgoing::Text(text) => self.tell(Input::Text(Cow::Borrowed(text.as_str()))),
            // No client takes it for a text: tungstenite ends the connection, others drop it.
            Outgoing::NotUtf8(bytes) | Outgoing::Binary(bytes) => self.tell(Input::Binary(Cow::Borrowed(&bytes))),
            Outgoing::Pong(_) => self.tell(Input::Pong),
            Outgoing::Close(code, reason) => {
                self.end_link();
                self.tell(Input::Closed(CloseInfo { code, reason }));
            }
            Outgoing::HalfClose | Outgoing::Cut | Outgoing::Raw(_) => {
                self.end_link();
                self.tell(Input::Lost);
            }
            Outgoing::Ping(_) => {}
        }
    }

    fn tell(&mut self, input: Input<'_>) {
        self.session.handle_input(self.engine.clock.now(), input);
    }

    /// The client's side is over; the server's side hears of it at once.
    fn end_link(&mut self) {
        if let Some(peer) = self.link.take().and_then(|link| link.peer) {
            self.engine.gone(peer, Gone::Lost);
        }
    }

    /// Takes what both sides have to say, and puts it on the way.
    fn settle(&mut self) {
        while let Some(action) = self.session.poll_action() {
            if !matches!(action, Action::SendText(_)) {
                self.trace.push(format!("{} {action:?}", self.now()));
            }
            self.act(action);
        }
        while let Some(event) = self.session.poll_event() {
            self.trace.push(format!("{} {event:?}", self.now()));
            match event {
                SessionEvent::Notice(event) => self.notices.push(event),
                SessionEvent::Finished { token, outcome } => self.finished.push((token, outcome)),
            }
        }
        if let Some(peer) = self.link.as_ref().and_then(|link| link.peer) {
            self.take_outbox(peer);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Connect(endpoint) => self.connect(&endpoint),
            Action::SendText(text) => self.post_up(Up::Text(text)),
            Action::SendPing => self.post_up(Up::Ping),
            Action::Close { code, .. } => self.post_up(Up::Close(code)),
        }
    }

    fn connect(&mut self, endpoint: &Endpoint) {
        self.end_link();
        self.links += 1;
        let number = self.links;
        self.link = Some(Link { number, ..Link::default() });
        if self.rng.chance(self.network.refusal) {
            let failure = ConnectFailure::Unreachable("the simulated network does not let it through".to_owned());
            return self.post_down(number, Transit::NotAdmitted(failure));
        }
        let url = endpoint.url.expose();
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let target = rest.find(['/', '?']).map_or("/", |at| &rest[at..]);
        let mut request = HttpRequest::new("GET", target);
        for (name, value) in &endpoint.headers {
            request = request.with_header(name, value.expose());
        }
        let at = self.now() + self.delay();
        self.post(at, number, Transit::Handshake(request));
    }

    fn post_up(&mut self, up: Up) {
        let at = self.now() + self.delay();
        let Some(link) = self.link.as_mut() else { return };
        if link.broken {
            return;
        }
        link.last_up = link.last_up.max(at);
        let (at, number) = (link.last_up, link.number);
        if self.rng.chance(self.network.cut) {
            return self.break_link();
        }
        if matches!(up, Up::Text(_)) && self.rng.chance(self.network.loss) {
            return;
        }
        self.post(at, number, Transit::Up(up));
    }

    fn take_outbox(&mut self, peer: PeerId) {
        let mut batch = Vec::new();
        self.engine.take_outbox(peer, &mut batch);
        let number = self.link.as_ref().map_or(0, |link| link.number);
        for what in batch {
            if self.link.as_ref().is_none_or(|link| link.broken) {
                return;
            }
            if self.rng.chance(self.network.cut) {
                return self.break_link();
            }
            let text = matches!(what, Outgoing::Text(_));
            if text && self.rng.chance(self.network.loss) {
                continue;
            }
            if text && self.rng.chance(self.network.duplication) {
                self.post_down(number, Transit::Down(what.clone()));
            }
            self.post_down(number, Transit::Down(what));
        }
    }

    fn post_down(&mut self, number: u64, transit: Transit) {
        let mut at = self.now() + self.delay();
        if let Some(link) = self.link.as_mut().filter(|link| link.number == number) {
            link.last_down = link.last_down.max(at);
            at = link.last_down;
        }
        self.post(at, number, transit);
    }

    fn post(&mut self, at: Timestamp, number: u64, transit: Transit) {
        self.next += 1;
        self.transit.insert((at, self.next), (number, transit));
    }

    /// The connection breaks: the server learns it at once, the client a little later, or by its own means.
    fn break_link(&mut self) {
        let Some(link) = self.link.as_mut() else { return };
        link.broken = true;
        let number = link.number;
        if let Some(peer) = link.peer.take() {
            self.engine.gone(peer, Gone::Lost);
        }
        if !self.rng.chance(self.network.half_open) {
            self.post_down(number, Transit::Broken);
        }
    }

    fn delay(&mut self) -> Duration {
        self.network.latency + self.rng.duration_below(self.network.jitter)
    }
}
