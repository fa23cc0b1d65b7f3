//! The simulated cloud: who is connected, what there is, what happens when.

mod control;
mod demo;
mod devices;
mod order;
mod rpc;
mod show;
mod sockets;
mod state;
mod tokens;

pub(crate) use devices::Device;
pub(crate) use order::{Order, Refusal, Understood};
pub(crate) use state::State;
pub(crate) use tokens::{Broken, Kind, Token};

use crate::options::{Options, Reject};
use crate::seed::{UserSeed, WorldFile};
use crate::wire;
use devices::Done;
use dummyload_host::{
    Admission, CallId, ControlError, Cx, Gone, HttpRequest, HttpResponse, Manners, Message, Party, PeerId, Problem,
    ProblemKind, Seed, Text, World,
};
use dummyload_session::{Deadline, Timestamp};
use serde_json::{Value, json};
use shelly_proto::http::code::INVALID_TOKEN;
use shelly_proto::http::password_hash;
use shelly_proto::{DeviceId, parse_socket_query};
use sockets::{Socket, Sockets};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokens::Tokens;

/// The close code of a bad or ended token, and its reason (dossier 8).
const TOKEN_BROKEN: (u16, &str) = (4401, "Token-Broken");
/// The close code of a socket that makes room for a newer one; a guess.
const TOO_MANY: (u16, &str) = (1008, "Too many connections");
/// Of so many accounts the journal knows the secrets by heart; those of further ones it knows by their names.
const MOST_SECRETS: usize = 1000;
/// Larger frames are dropped by one client (dossier 8).
const LARGEST_FRAME: usize = 10_000;

/// The Shelly Cloud as a [`World`]: for simulations without a socket. On a socket it is a
/// [`ShellyMock`](crate::ShellyMock).
#[derive(Debug)]
pub struct ShellyWorld {
    /// What it started with, and what a reset goes back to.
    first: WorldFile,
    /// Where it listens.
    base_url: String,
    pub(crate) options: Options,
    pub(crate) state: State,
    pub(crate) tokens: Tokens,
    sockets: Sockets,
    /// What is to happen at which time.
    agenda: BTreeSet<(Timestamp, Due)>,
    /// What was kept back, by number.
    later: BTreeMap<u64, Later>,
    next_later: u64,
    /// For whom something is kept back. No event overtakes it: the answer to a command comes before the event about it, and
    /// the serials of events grow.
    held: BTreeMap<u64, Held>,
    /// When an account may call again, where there is a limit.
    next_call: BTreeMap<u64, Timestamp>,
    /// How the next handshakes are refused, whatever their tokens, and how many.
    refusing: Option<(Reject, u64)>,
    /// The servers of accounts that have moved.
    pub(crate) moved: BTreeMap<u64, String>,
    /// How the next HTTP calls are refused, and how many.
    pub(crate) refusing_calls: Option<(RefuseCalls, u64)>,
    manners: Arc<Manners>,
}

/// A refusal of HTTP calls on demand.
#[derive(Clone, Debug)]
pub(crate) struct RefuseCalls {
    pub(crate) status: u16,
    /// The code in `errors`; none makes it an unexplained one.
    pub(crate) code: Option<String>,
}

/// What the agenda has. At one time the older comes first: what was kept back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// Something was kept back.
    Later(u64),
    /// A device does something by itself.
    Device(DeviceId),
    /// The token of a socket ends.
    Token(PeerId),
}

#[derive(Debug)]
enum Later {
    /// An answer on one socket of an account.
    Answer(u64, PeerId, Text),
    /// An event for all sockets of an account.
    Event(u64, Text),
    Response(CallId, HttpResponse),
}

/// How much is kept back for the sockets of an account, and until when.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    pieces: usize,
    until: Timestamp,
}

/// Where a command came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) party: Party,
    pub(crate) user: Option<u64>,
    /// The name in the journal.
    pub(crate) via: &'static str,
}

impl ShellyWorld {
    /// The world of a file. What the file refers to and does not have is simply not there; [`WorldFile::parse`] tells
    /// such mistakes.
    pub fn new(file: WorldFile) -> Self {
        let mut world = Self {
            first: file.clone(),
            base_url: String::new(),
            options: Options::default(),
            state: State::default(),
            tokens: Tokens::default(),
            sockets: Sockets::default(),
            agenda: BTreeSet::new(),
            later: BTreeMap::new(),
            next_later: 0,
            held: BTreeMap::new(),
            next_call: BTreeMap::new(),
            refusing: None,
            moved: BTreeMap::new(),
            refusing_calls: None,
            manners: Arc::default(),
        };
        world.start_with(&file, Timestamp::ZERO);
        world
    }

    fn start_with(&mut self, file: &WorldFile, now: Timestamp) {
        self.set_options(file.options.clone());
        self.state = State::new(file, now);
        self.tokens = Tokens::default();
        self.sockets = Sockets::default();
        self.agenda.clear();
        self.later.clear();
        self.held.clear();
        self.next_call.clear();
        self.moved.clear();
        (self.refusing, self.refusing_calls) = (None, None);
        let due: Vec<DeviceId> =
            self.state.devices().filter(|device| device.next_due().is_some()).map(|device| device.id.clone()).collect();
        for id in due {
            self.reschedule(&id);
        }
    }

    fn set_options(&mut self, options: Options) {
        let mut manners = Manners::default();
        if options.ping_after > 0 {
            manners.ping_after_silence = Some(Duration::from_secs(options.ping_after.into()));
        }
        self.manners = Arc::new(manners);
        self.options = options;
    }

    /// The world file of this moment.
    fn to_file(&self, now: Timestamp) -> WorldFile {
        WorldFile { options: self.options.clone(), ..self.state.to_file(now) }
    }

    /// `user_api_url` of an account (dossier 3).
    pub(crate) fn server_of(&self, user: u64) -> &str {
        let moved = self.moved.get(&user).map(String::as_str).unwrap_or_default();
        let own = self.state.user(user).map(|user| user.server.as_str()).unwrap_or_default();
        [moved, own, &self.options.user_api_url, &self.base_url]
            .into_iter()
            .find(|url| !url.is_empty())
            .unwrap_or_default()
    }

    /// Makes a token of an account, at its server.
    pub(crate) fn make_token(&mut self, now: Timestamp, kind: Kind, user: u64, client: &str) -> String {
        let server = self.server_of(user).to_owned();
        self.tokens.make(&self.options, now, kind, user, client, &server)
    }

    /// The account of a token.
    pub(crate) fn read_token(&self, now: Timestamp, text: &str, kinds: &[Kind]) -> Result<(Token, &UserSeed), Broken> {
        let token = self.tokens.read(&self.options, now, text, kinds)?;
        let user = self.state.user(token.user).ok_or(Broken::UnknownUser)?;
        Ok((token, user))
    }

    /// Whether an account may call now; the call counts (dossier 5).
    pub(crate) fn count_call(&mut self, now: Timestamp, user: u64) -> bool {
        let next = self.next_call.entry(user).or_default();
        let allowed = *next <= now;
        if allowed {
            *next = now + Duration::from_secs(1);
        }
        allowed
    }

    /// Carries out a command for a device. What it brings about is not told yet: the answer comes first (dossier 11.2).
    pub(crate) fn carry_out(
        &mut self,
        cx: &mut Cx<'_>,
        origin: Origin,
        id: &DeviceId,
        order: &Order,
    ) -> Result<Done, Refusal> {
        let now = cx.now();
        let device = self.state.device_mut(id).ok_or(Refusal::WrongId)?;
        let outcome = if !device.is_online() {
            Err(Refusal::Offline)
        } else if device.seed.silent {
            Err(Refusal::Failed("the device does not answer".into()))
        } else {
            let source = device.cloud();
            device.carry_out(now, order, source)
        };
        let mut details = json!({
            "device": device.seed.id, "cmd": order.name(), "channel": order.channel(), "via": origin.via,
            "by": origin.user,
        });
        match &outcome {
            Ok(done) => {
                details["changed"] = done.changed.into();
                cx.record(origin.party, "executed", details);
                if !done.ignored.is_empty() {
                    let text = format!("the device has no {}; it was left out", done.ignored.join(", "));
                    let source = "dossier 11.1, 13.3";
                    cx.problem(origin.party, Problem::new(ProblemKind::Dropped, "no-such-property", source, text));
                }
            }
            Err(refusal) => {
                details["code"] = refusal.code().into();
                cx.record(origin.party, "refused", details);
            }
        }
        outcome
    }

    /// Tells the sockets of its owner what has changed in a device.
    pub(crate) fn tell(&mut self, cx: &mut Cx<'_>, id: &DeviceId) {
        let now = cx.now();
        if let Some(device) = self.state.device_mut(id)
            && let Some(news) = device.take_news(now)
            && self.sockets.has_any(device.seed.owner)
        {
            let status = device.event(now, &news, self.options.partial_updates);
            let text = wire::status(&self.options, device, status);
            let owner = device.seed.owner;
            self.push(cx, owner, text);
        }
        self.reschedule(id);
    }

    /// An event for all sockets of an account.
    fn push(&mut self, cx: &mut Cx<'_>, user: u64, text: Text) {
        tell_large(cx, Party::World, &text);
        let held = self.held.get(&user).copied();
        match self.options.push_delay {
            0 if held.is_none() => cx.send_to_all(self.sockets.of(user), text),
            ms => {
                let due = later(cx.now(), ms).max(held.unwrap_or_default().until);
                self.keep_back(due, Later::Event(user, text));
            }
        }
    }

    /// An answer on one socket of an account.
    fn answer(&mut self, cx: &mut Cx<'_>, user: u64, peer: PeerId, text: Text) {
        tell_large(cx, peer.into(), &text);
        match self.options.response_delay {
            0 => cx.send(peer, text),
            ms => self.keep_back(later(cx.now(), ms), Later::Answer(user, peer, text)),
        }
    }

    /// The answer to an HTTP call.
    pub(crate) fn respond(&mut self, cx: &mut Cx<'_>, call: CallId, response: HttpResponse) {
        match self.options.http_delay {
            0 => cx.respond(call, response),
            ms => self.keep_back(later(cx.now(), ms), Later::Response(call, response)),
        }
    }

    fn keep_back(&mut self, due: Timestamp, what: Later) {
        self.next_later += 1;
        if let Some(user) = what.user() {
            let held = self.held.entry(user).or_default();
            (held.pieces, held.until) = (held.pieces + 1, held.until.max(due));
        }
        self.later.insert(self.next_later, what);
        self.agenda.insert((due, Due::Later(self.next_later)));
    }

    fn reschedule(&mut self, id: &DeviceId) {
        let Some(device) = self.state.device_mut(id) else { return };
        let due = device.next_due();
        if due != device.due {
            if let Some(old) = device.due {
                self.agenda.remove(&(old, Due::Device(id.clone())));
            }
            if let Some(new) = due {
                self.agenda.insert((new, Due::Device(id.clone())));
            }
            device.due = due;
        }
    }

    /// A device has a connection, or none any longer, and what is behind it goes with it. Whether that is new.
    fn set_online(&mut self, cx: &mut Cx<'_>, id: &DeviceId, online: bool) -> bool {
        let now = cx.now();
        let Some(device) = self.state.device_mut(id) else { return false };
        let before = device.is_online();
        if !device.set_online(now, online) {
            return false;
        }
        let mut moved = Vec::from_iter((before != device.is_online()).then(|| id.clone()));
        moved.extend(self.state.cut_off(now, id, !online));
        for id in moved {
            let Some(device) = self.state.device(&id) else { continue };
            let (owner, text) = (device.seed.owner, wire::online(&self.options, device));
            self.push(cx, owner, text);
        }
        self.tell(cx, id);
        true
    }

    /// Refuses a handshake in one of the two forms (dossier 8).
    fn reject(&self, cx: &mut Cx<'_>, peer: PeerId, form: Reject) -> Admission {
        match form {
            Reject::Http401 => Admission::Refuse(self.refusal_of(401, INVALID_TOKEN, "the token is not valid")),
            Reject::Close4401 => {
                cx.close(peer, Some(TOKEN_BROKEN.0), TOKEN_BROKEN.1);
                Admission::accept(&self.manners, "token refused")
            }
        }
    }

    fn open(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission {
        let refuse = |cx: &mut Cx<'_>, code, text: &str| {
            cx.problem(peer, Problem::new(ProblemKind::Refused, code, "dossier 8", text));
        };
        if let Some((form, left)) = &mut self.refusing {
            let form = *form;
            *left -= 1;
            if *left == 0 {
                self.refusing = None;
            }
            refuse(cx, "refused-on-demand", "the control plane wants this handshake to fail");
            return self.reject(cx, peer, form);
        }
        let given = parse_socket_query(&request.query);
        let given = given.as_ref().map(|token| token.expose().as_str()).unwrap_or_default();
        let token = match self.read_token(cx.now(), given, &[Kind::Access]) {
            Ok((token, _)) => token,
            Err(broken) => {
                refuse(cx, broken.code(), broken.text());
                return self.reject(cx, peer, self.options.reject);
            }
        };
        let most = usize::try_from(self.options.max_connections).unwrap_or(usize::MAX);
        if most > 0 && self.sockets.count(token.user) >= most {
            let text = format!("more than {most} sockets of one account: the oldest is closed");
            for old in self.sockets.oldest(token.user, self.sockets.count(token.user) + 1 - most) {
                cx.problem(old, Problem::new(ProblemKind::Refused, "too-many-connections", "dossier 8", text.clone()));
                cx.close(old, Some(TOO_MANY.0), TOO_MANY.1);
                self.forget(old);
            }
        }
        let ends =
            token.exp.and_then(|exp| u64::try_from(exp).ok()).map(|exp| Timestamp::new(Duration::from_secs(exp)));
        if let Some(ends) = ends {
            self.agenda.insert((ends, Due::Token(peer)));
        }
        let who = format!("user {}", token.user);
        self.sockets.insert(peer, Socket { user: token.user, token, ends });
        Admission::accept(&self.manners, who)
    }

    fn forget(&mut self, peer: PeerId) {
        if let Some(ends) = self.sockets.remove(peer).and_then(|socket| socket.ends) {
            self.agenda.remove(&(ends, Due::Token(peer)));
        }
    }

    /// The token of a socket has ended. Whether that closes it is an option (dossier 8).
    fn token_ended(&mut self, cx: &mut Cx<'_>, peer: PeerId) -> bool {
        if self.options.close_at_exp && self.sockets.get(peer).is_some() {
            let text = "the token has ended, and the option close_at_exp is on";
            cx.problem(peer, Problem::new(ProblemKind::Refused, "token-ended", "dossier 8", text));
            cx.close(peer, Some(TOKEN_BROKEN.0), TOKEN_BROKEN.1);
            self.forget(peer);
            return true;
        }
        false
    }

    /// Answers the calls that wait: the world in which they were made goes away.
    fn answer_all(&mut self, cx: &mut Cx<'_>) {
        for (_, kept) in std::mem::take(&mut self.later) {
            if let Later::Response(call, response) = kept {
                cx.respond(call, response);
            }
        }
    }

    fn release(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(kept) = self.later.remove(&number) else { return };
        if let Some(user) = kept.user()
            && let Some(held) = self.held.get_mut(&user)
        {
            held.pieces -= 1;
            if held.pieces == 0 {
                self.held.remove(&user);
            }
        }
        match kept {
            Later::Answer(_, peer, text) => cx.send(peer, text),
            Later::Event(user, text) => cx.send_to_all(self.sockets.of(user), text),
            Later::Response(call, response) => cx.respond(call, response),
        }
    }
}

impl Later {
    /// For whose sockets it is.
    fn user(&self) -> Option<u64> {
        match self {
            Self::Answer(user, ..) | Self::Event(user, _) => Some(*user),
            Self::Response(..) => None,
        }
    }
}

fn later(now: Timestamp, ms: u32) -> Timestamp {
    now + Duration::from_millis(ms.into())
}

/// Says that one client would not get this frame (dossier 8).
fn tell_large(cx: &mut Cx<'_>, party: Party, text: &Text) {
    let bytes = text.as_str().len();
    if bytes >= LARGEST_FRAME {
        let note = format!("a frame of {bytes} bytes; some programs drop those of {LARGEST_FRAME} and more");
        cx.problem(party, Problem::new(ProblemKind::Tolerated, "large-frame", "dossier 8", note));
    }
}

impl World for ShellyWorld {
    fn listening(&mut self, base_url: &str) {
        base_url.clone_into(&mut self.base_url);
    }

    fn handshake(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission {
        let segments = request.segments();
        match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["shelly", "wss", "hk_sock"] => self.open(cx, peer, request),
            _ => {
                let text = format!("{} is no socket: there is /shelly/wss/hk_sock", request.path);
                cx.problem(peer, Problem::new(ProblemKind::Refused, "unknown-socket", "dossier 1", text));
                Admission::Refuse(self.refusal_of(404, "not_found", "there is no such socket"))
            }
        }
    }

    fn message(&mut self, cx: &mut Cx<'_>, peer: PeerId, message: Message<'_>) {
        match message {
            Message::Text(text) => self.text(cx, peer, text),
            Message::Binary(_) => self.binary(cx, peer),
            _ => {}
        }
    }

    fn gone(&mut self, _: &mut Cx<'_>, peer: PeerId, _: Gone) {
        self.forget(peer);
    }

    fn http(&mut self, cx: &mut Cx<'_>, call: CallId, request: &HttpRequest) {
        self.answer_http(cx, call, request);
    }

    fn deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some((at, due)) = self.agenda.first().filter(|(at, _)| *at <= cx.now()).cloned() {
            match &due {
                Due::Device(id) => {
                    self.agenda.remove(&(at, due.clone()));
                    if let Some(device) = self.state.device_mut(id) {
                        device.due = None;
                        if device.tick(cx.now()) {
                            cx.record(Party::World, "changed", json!({"device": device.seed.id}));
                        }
                    }
                    self.tell(cx, id);
                }
                Due::Token(peer) => {
                    self.agenda.remove(&(at, due.clone()));
                    self.token_ended(cx, *peer);
                }
                Due::Later(number) => {
                    let number = *number;
                    self.agenda.remove(&(at, due));
                    self.release(cx, number);
                }
            }
        }
    }

    fn poll_deadline(&self) -> Option<Deadline> {
        self.agenda.first().map(|(at, due)| {
            let why = match due {
                Due::Device(_) => "a device does something by itself",
                Due::Token(_) => "the end of a token",
                Due::Later(_) => "something kept back is due",
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

    fn reset(&mut self, _: Seed, now: Timestamp) {
        let first = std::mem::take(&mut self.first);
        self.start_with(&first, now);
        self.first = first;
    }

    fn snapshot(&self, now: Timestamp) -> Value {
        self.show(now)
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &[
            "t",
            "auth_key",
            "access_token",
            "refresh_token",
            "client_secret",
            "password",
            "authorization",
            "token",
            "token_secret",
        ]
    }

    fn secret_values(&self) -> Vec<String> {
        let of_users = self
            .state
            .users()
            .take(MOST_SECRETS)
            .flat_map(|user| [user.password.clone(), password_hash(&user.password), user.auth_key.clone()]);
        // The default one is no secret, and the name of this project.
        let signing = Some(&self.options.token_secret).filter(|secret| **secret != Options::default().token_secret);
        of_users.chain(signing.cloned()).collect()
    }
}
