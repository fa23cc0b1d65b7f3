//! The simulated service: who is connected, what there is, what happens when.

mod connections;
mod control;
mod demo;
mod hub;
mod login;
mod operate;
mod requests;
mod rights;
mod state;

pub(crate) use hub::{Caps, Order, Via};
pub(crate) use login::{Grant, Place, by_key, by_token, date};
pub(crate) use rights::Refusal;
pub(crate) use state::State;

use crate::options::{LoginFailure, Options};
use crate::seed::WorldFile;
use crate::wire;
use connections::{Connection, Connections, Due, Role};
use dummyload_host::{
    Admission, CallId, ControlError, Cx, Fragments, Gone, HttpRequest, HttpResponse, Manners, Message, PeerId, Problem,
    ProblemKind, Seed, World,
};
use dummyload_session::{Deadline, Timestamp};
use pishock_proto::{Channel, Dialect, ErrorCode, HubId, LoginAttempt, UserId, parse_login};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A hub gives a sign of life so often (dossier 5).
const PING_INTERVAL: Duration = Duration::from_secs(15);
/// The close comes so long after the error that explains it (dossier 2.1).
const CLOSE_DELAY: Duration = Duration::from_millis(100);
/// The close code of a login that failed or ended: policy violation (dossier 2.1).
const LOGIN_FAILED: u16 = 1008;

/// The PiShock broker with its HTTP services as a [`World`]: for simulations without a socket. On a socket it is a
/// [`PishockMock`](crate::PishockMock).
#[derive(Debug)]
pub struct PishockWorld {
    /// What it started with, and what a reset goes back to.
    first: WorldFile,
    pub(crate) options: Options,
    pub(crate) state: State,
    connections: Connections,
    /// What is to happen at which time.
    agenda: BTreeSet<(Timestamp, Due)>,
    /// How the next logins fail, whatever they are, and how many.
    refusing: Option<(LoginFailure, u64)>,
    manners: Arc<Manners>,
}

impl PishockWorld {
    /// The world of a file. What the file refers to and does not have is simply not there; [`WorldFile::parse`] tells
    /// such mistakes.
    pub fn new(file: WorldFile) -> Self {
        let mut manners = Manners::default();
        // A client in the wild never sets the FIN bit (dossier 3.1).
        manners.fragments = Fragments::EagerJson;
        let mut world = Self {
            options: Options::default(),
            state: State::default(),
            connections: Connections::default(),
            agenda: BTreeSet::new(),
            refusing: None,
            manners: Arc::new(manners),
            first: WorldFile::default(),
        };
        world.start_with(&file);
        world.first = file;
        world
    }

    fn start_with(&mut self, file: &WorldFile) {
        self.options = file.options.clone();
        self.state = State::new(file);
        self.connections = Connections::default();
        self.agenda.clear();
        self.refusing = None;
    }

    /// The world file of this moment.
    fn to_file(&self) -> WorldFile {
        WorldFile { options: self.options.clone(), ..self.state.to_file() }
    }

    fn accept(&mut self, peer: PeerId, connection: Connection, who: String) -> Admission {
        self.connections.insert(peer, connection);
        Admission::accept(&self.manners, who)
    }

    /// Lets a login in, or makes it fail in one of the four forms (dossier 2.1).
    fn log_in(&mut self, cx: &mut Cx<'_>, peer: PeerId, dialect: Dialect, attempt: &LoginAttempt) -> Admission {
        match self.try_login(cx.now(), attempt) {
            Ok(Grant { user, expires, token }) => {
                let who = self.state.name_of(user).to_owned();
                let admission = self.accept(peer, Connection::new(Role::User(user), dialect).with_token(token), who);
                if let Some(expires) = expires {
                    self.schedule(peer, expires, Due::Expire(peer));
                }
                admission
            }
            Err((form, refusal)) => {
                let problem = Problem::new(ProblemKind::Refused, refusal.code, refusal.source, refusal.text.clone());
                cx.problem(peer, problem);
                if form == LoginFailure::Http401 {
                    return Admission::Refuse(HttpResponse::text(401, refusal.message));
                }
                let admission = self.accept(peer, Connection::new(Role::Refused, dialect), "login refused".into());
                match form {
                    LoginFailure::Envelope => self.dismiss(cx, peer, &refusal),
                    LoginFailure::Close => cx.close(peer, Some(LOGIN_FAILED), ""),
                    LoginFailure::Mute | LoginFailure::Http401 => {}
                }
                admission
            }
        }
    }

    fn try_login(&mut self, now: Timestamp, attempt: &LoginAttempt) -> Result<Grant, (LoginFailure, Refusal)> {
        if let Some((form, left)) = &mut self.refusing {
            let form = *form;
            *left -= 1;
            if *left == 0 {
                self.refusing = None;
            }
            let refusal = Refusal {
                error: "AUTH_ERROR",
                message: "Authentication failed.".into(),
                code: "refused-on-demand",
                text: "the control verb refuse-login made this login fail".into(),
                source: "dossier 10.7",
            };
            return Err((form, refusal));
        }
        login::on_socket(&self.state, now, attempt).map_err(|refusal| (self.options.login_failure, refusal))
    }

    /// Says why, hears nothing more, and closes a moment later.
    fn dismiss(&mut self, cx: &mut Cx<'_>, peer: PeerId, refusal: &Refusal) {
        let deserted = self.connections.unsubscribe_all(peer);
        self.fall_silent(&deserted);
        let Some(connection) = self.connections.get_mut(peer) else { return };
        connection.role = Role::Refused;
        let text = match connection.dialect {
            Dialect::V1 => wire::v1_error(None, &refusal.message),
            Dialect::V2 => wire::error(ErrorCode::Text(refusal.error.into()), &refusal.message, ""),
        };
        cx.send(peer, text);
        self.schedule(peer, cx.now() + CLOSE_DELAY, Due::Close(peer));
    }

    /// A login has ended while its socket was open. What the real broker does then is not known; here it is a login
    /// failure of the default form (dossier 2.1).
    fn expire(&mut self, cx: &mut Cx<'_>, peer: PeerId) {
        let refusal = Refusal {
            error: "AUTH_ERROR",
            message: "Login expired.".into(),
            code: "login-expired",
            text: "the token or key of this connection has expired: log in again with a new one".into(),
            source: "dossier 2",
        };
        self.dismiss(cx, peer, &refusal);
        cx.problem(peer, Problem::new(ProblemKind::Refused, refusal.code, refusal.source, refusal.text));
    }

    /// A handshake on a public link; it needs no login (dossier 2, row E).
    fn open_link(&mut self, cx: &mut Cx<'_>, peer: PeerId, id: &str, query: &str) -> Admission {
        let Some(link) = self.state.link(id) else {
            let text = "there is no link with this id".to_owned();
            cx.problem(peer, Problem::new(ProblemKind::Refused, "unknown-link", "dossier 2", text));
            return Admission::Refuse(HttpResponse::text(404, "no such link"));
        };
        let (id, who) = (link.id.clone(), format!("link {}", link.name));
        let user = login::on_socket(&self.state, cx.now(), &parse_login(Dialect::V2, query)).ok();
        let role = Role::Link { id, user: user.map(|grant| grant.user) };
        self.accept(peer, Connection::new(role, Dialect::V2), who)
    }

    fn schedule(&mut self, peer: PeerId, at: Timestamp, due: Due) {
        let Some(connection) = self.connections.get_mut(peer) else { return };
        if let Some(earlier) = connection.due.replace((at, due)) {
            self.agenda.remove(&earlier);
        }
        self.agenda.insert((at, due));
    }

    /// Subscribes a connection.
    fn listen(&mut self, cx: &mut Cx<'_>, peer: PeerId, channel: Channel) {
        let hub = if let Channel::Ping(hub) = channel { Some(hub) } else { None };
        self.connections.subscribe(peer, channel);
        if let Some(hub) = hub {
            self.schedule_ping(cx.now(), hub);
        }
    }

    /// The next life sign of a hub, if it is online and somebody listens. They come every 15 s from the first time that
    /// somebody listened.
    fn schedule_ping(&mut self, now: Timestamp, id: HubId) {
        let Some(hub) = self.state.hubs.get_mut(&id).filter(|hub| hub.online && hub.next_ping.is_none()) else {
            return;
        };
        if !self.connections.is_heard(&Channel::Ping(id)) {
            return;
        }
        let since = *hub.pings_since.get_or_insert(now);
        let interval = PING_INTERVAL.as_secs();
        let passed = (now - since).as_secs() / interval;
        let next = since + Duration::from_secs((passed + 1).saturating_mul(interval));
        // At the end of time there is none.
        if next > now {
            hub.next_ping = Some(next);
            self.agenda.insert((next, Due::Ping(id)));
        }
    }

    fn cancel_ping(&mut self, id: HubId) {
        if let Some(at) = self.state.hubs.get_mut(&id).and_then(|hub| hub.next_ping.take()) {
            self.agenda.remove(&(at, Due::Ping(id)));
        }
    }

    /// Nobody listens to these channels any more.
    fn fall_silent(&mut self, channels: &[Channel]) {
        for channel in channels {
            if let Channel::Ping(hub) = channel {
                self.cancel_ping(*hub);
            }
        }
    }

    /// A life sign: the time in whole seconds since 1970 (dossier 5).
    fn ping(&mut self, cx: &mut Cx<'_>, id: HubId) {
        let Some(hub) = self.state.hubs.get_mut(&id) else { return };
        hub.last_ping = Some(cx.now());
        self.connections.push(cx, &Channel::Ping(id), &cx.unix_seconds().to_string());
    }

    /// Takes subscriptions away for which the right has gone.
    pub(crate) fn revoke(&mut self, channel: &Channel) {
        for peer in self.connections.listeners(channel) {
            let user = match self.connections.get(peer).map(|connection| &connection.role) {
                Some(Role::User(user)) => Some(*user),
                _ => None,
            };
            if user.is_none_or(|user: UserId| !rights::may_listen(&self.state, user, channel)) {
                self.connections.unsubscribe(peer, channel);
            }
        }
    }
}

/// So many keys and tokens are also found where nothing names them; looking for all of a very large world would take long.
const MOST_SECRETS: usize = 5000;

impl World for PishockWorld {
    fn handshake(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission {
        let segments = request.segments();
        let is = |segment: &str, name: &str| segment.eq_ignore_ascii_case(name);
        match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [] => self.log_in(cx, peer, Dialect::V1, &parse_login(Dialect::V1, &request.query)),
            [v2] if is(v2, "v2") => self.log_in(cx, peer, Dialect::V2, &parse_login(Dialect::V2, &request.query)),
            [links, id] if is(links, "links") => self.open_link(cx, peer, id, &request.query),
            _ => {
                let text = format!("{} is no socket: there are /v2, / (V1) and /Links/{{uuid}}", request.path);
                cx.problem(peer, Problem::new(ProblemKind::Refused, "unknown-socket", "dossier 10.1", text));
                Admission::Refuse(HttpResponse::text(404, "no such socket"))
            }
        }
    }

    fn message(&mut self, cx: &mut Cx<'_>, peer: PeerId, message: Message<'_>) {
        match message {
            Message::Text(text) => self.text(cx, peer, text),
            Message::Binary(bytes) => self.binary(cx, peer, bytes),
            _ => {}
        }
    }

    fn gone(&mut self, _: &mut Cx<'_>, peer: PeerId, _: Gone) {
        let Some((connection, deserted)) = self.connections.remove(peer) else { return };
        self.fall_silent(&deserted);
        if let Some(due) = connection.due {
            self.agenda.remove(&due);
        }
    }

    fn http(&mut self, cx: &mut Cx<'_>, call: CallId, request: &HttpRequest) {
        self.answer_http(cx, call, request);
    }

    fn deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some((at, due)) = self.agenda.first().copied().filter(|(at, _)| *at <= cx.now()) {
            self.agenda.remove(&(at, due));
            match due {
                Due::Ping(id) => {
                    if let Some(hub) = self.state.hubs.get_mut(&id) {
                        hub.next_ping = None;
                    }
                    self.ping(cx, id);
                    self.schedule_ping(cx.now(), id);
                }
                Due::Expire(peer) => self.expire(cx, peer),
                Due::Close(peer) => cx.close(peer, Some(LOGIN_FAILED), "authentication failed"),
            }
        }
    }

    fn poll_deadline(&self) -> Option<Deadline> {
        self.agenda.first().map(|(at, due)| {
            let why = match due {
                Due::Ping(_) => "the life sign of a hub",
                Due::Expire(_) => "the end of a login",
                Due::Close(_) => "the close after a failed login",
            };
            Deadline { at: *at, why }
        })
    }

    fn control(&mut self, cx: &mut Cx<'_>, verb: &str, body: &Value) -> Result<Value, ControlError> {
        self.carry_out_verb(cx, verb, body)
    }

    fn verbs(&self) -> &'static [(&'static str, &'static str)] {
        control::VERBS
    }

    fn reset(&mut self, _: Seed, _: Timestamp) {
        let first = std::mem::take(&mut self.first);
        self.start_with(&first);
        self.first = first;
    }

    fn snapshot(&self, _: Timestamp) -> Value {
        self.show()
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &["apikey", "api_key", "key", "token", "password", "x-pishock-api-key", "x-pishock-token"]
    }

    fn secret_values(&self) -> Vec<String> {
        self.state.secrets().take(MOST_SECRETS).map(str::to_owned).collect()
    }
}
