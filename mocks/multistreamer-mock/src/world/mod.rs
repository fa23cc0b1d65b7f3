//! The simulated server: who is connected, what there is, what happens when.

mod control;
mod demo;
mod irc;
mod live;
mod manager;
mod networks;
mod show;
mod sockets;
mod state;
mod status;

pub(crate) use networks::Said;
pub(crate) use sockets::{Relayed, Socket};
pub(crate) use state::{Account, Attached, Levels, State, Stream, Times, User, is_storable, slug, stamp, token};

use crate::lossless::Stand;
use crate::options::Options;
use crate::profile::Rules;
use crate::seed::WorldFile;
use crate::wire::Out;
use dummyload_host::{
    Admission, CallId, ControlError, Cx, Gone, HttpRequest, IdSource, Manners, Message, Party, PeerId, Problem,
    ProblemKind, Seed, World,
};
use dummyload_session::{Deadline, Timestamp};
use manager::Manager;
use multistreamer_proto::{AccountId, ClientMessage, StreamId, UserId, decode_client, lua};
use serde_json::{Map, Value, json};
use sockets::Sockets;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Of so many users and streams the journal knows the secrets by heart; those of further ones it knows by their names.
const MOST_SECRETS: usize = 1000;

/// A multistreamer server as a [`World`]: for simulations without a socket. On a socket it is a
/// [`MultistreamerMock`](crate::MultistreamerMock).
#[derive(Debug)]
pub struct MultistreamerWorld {
    /// What it started with, and what a reset goes back to.
    first: WorldFile,
    /// Where it listens.
    base_url: String,
    pub(crate) options: Options,
    pub(crate) state: State,
    pub(crate) sockets: Sockets,
    manager: Manager,
    /// Who is logged in on the web page, by the value of the cookie.
    pub(crate) sessions: BTreeMap<String, UserId>,
    /// What is to happen at which time.
    agenda: BTreeSet<(Timestamp, Due)>,
    manners: Arc<Manners>,
}

/// What the agenda has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A socket that has gone mute ends.
    End(PeerId),
    /// The viewers of a writer's account are counted.
    Count(StreamId, manager::Pair),
    /// A viewer says a line of the world file.
    Line(StreamId, usize),
    /// A writer is made.
    Writer(StreamId, UserId, manager::Pair),
}

impl Due {
    fn why(&self) -> &'static str {
        match self {
            Self::End(_) => "the end of a socket that is mute",
            Self::Count(..) => "viewers are counted",
            Self::Line(..) => "a viewer says something",
            Self::Writer(..) => "a writer is made",
        }
    }

    /// What it is about, for people.
    fn show(&self) -> Value {
        match self {
            Self::End(peer) => json!({"why": self.why(), "conn": peer.0}),
            Self::Count(stream, pair) | Self::Writer(stream, _, pair) => {
                json!({"why": self.why(), "stream": stream, "account": pair.account, "target": pair.target})
            }
            Self::Line(stream, line) => json!({"why": self.why(), "stream": stream, "line": line}),
        }
    }

    /// Whether it belongs to a stream that is live.
    fn is_of(&self, stream: StreamId) -> bool {
        match self {
            Self::End(_) => false,
            Self::Count(of, _) | Self::Line(of, _) | Self::Writer(of, ..) => *of == stream,
        }
    }
}

impl MultistreamerWorld {
    /// The world of a file. What the file refers to and does not have is simply not there; [`WorldFile::parse`] tells
    /// such mistakes.
    pub fn new(file: WorldFile) -> Self {
        let mut world = Self {
            first: file.clone(),
            base_url: String::new(),
            options: Options::default(),
            state: State::default(),
            sockets: Sockets::default(),
            manager: Manager::default(),
            sessions: BTreeMap::new(),
            agenda: BTreeSet::new(),
            manners: Arc::default(),
        };
        world.start_with(&file, Timestamp::ZERO, &mut IdSource::new(Seed::default()));
        world
    }

    fn start_with(&mut self, file: &WorldFile, now: Timestamp, ids: &mut IdSource) {
        self.set_options(file.options.clone());
        self.state = State::new(file, now, ids);
        self.sockets = Sockets::default();
        self.manager = Manager::default();
        self.sessions.clear();
        self.agenda.clear();
        let live: Vec<StreamId> = file.streams.iter().filter(|stream| stream.live).map(|stream| stream.id).collect();
        for stream in live {
            self.live_from_the_start(stream, now);
        }
    }

    fn set_options(&mut self, options: Options) {
        self.manners = Arc::new((options.profile.rules().manners)());
        self.options = options;
    }

    /// The world file of this moment.
    fn to_file(&self) -> WorldFile {
        WorldFile { options: self.options.clone(), made_at: self.first.made_at.clone(), ..self.state.to_file() }
    }

    pub(crate) fn rules(&self) -> &'static Rules {
        self.options.profile.rules()
    }

    pub(crate) fn manners(&self) -> Arc<Manners> {
        Arc::clone(&self.manners)
    }

    /// The address that redirects name.
    pub(crate) fn public_url(&self) -> &str {
        if self.options.public_url.is_empty() { &self.base_url } else { &self.options.public_url }
    }

    /// The time in messages: milliseconds.
    pub(crate) fn timestamp(cx: &Cx<'_>) -> i64 {
        i64::try_from(cx.now().since_epoch().as_millis()).unwrap_or(i64::MAX)
    }

    /// What the server drops in silence: told in the journal, and on the socket where the profile tells refusals.
    pub(crate) fn drop_it(
        &mut self,
        cx: &mut Cx<'_>,
        peer: PeerId,
        code: &'static str,
        source: &'static str,
        text: impl Into<String>,
    ) {
        let text = text.into();
        if self.rules().tells_refusals {
            let told = json!({"type": "error", "code": code, "error": text});
            self.send(cx, &[peer], &Out::text(told.to_string()));
        }
        cx.problem(peer, Problem::new(ProblemKind::Dropped, code, source, text));
    }

    /// What the server cannot read or carry out ends the connection without a close frame (dossier 5).
    pub(crate) fn cut(
        &mut self,
        cx: &mut Cx<'_>,
        peer: PeerId,
        code: &'static str,
        source: &'static str,
        text: impl Into<String>,
    ) {
        if !self.rules().cuts_on_bad_text {
            return self.drop_it(cx, peer, code, source, text);
        }
        let text = format!("{}; the server ends the connection", text.into());
        cx.problem(peer, Problem::new(ProblemKind::Refused, code, source, text));
        cx.cut(peer);
        self.sockets.remove(peer);
    }

    /// A text of a client.
    fn heard_text(&mut self, cx: &mut Cx<'_>, peer: PeerId, text: &str, stand: Option<Stand>) {
        let (value, has_nan) = match self.read(text) {
            Ok(read) => read,
            Err(why) => return self.cut(cx, peer, "not-json", "dossier 5", format!("the text cannot be read: {why}")),
        };
        let message = match value {
            Value::Object(message) => message,
            Value::Array(_) | Value::String(_) => {
                let text = "the text is no object; send an object with the member type";
                return self.drop_it(cx, peer, "no-object", "dossier 5", text);
            }
            _ => {
                let text = "the text is a number, true, false or null; send an object with the member type";
                return self.cut(cx, peer, "no-object", "dossier 5", text);
            }
        };
        let normal = lua::pass_through(&Value::Object(message.clone()));
        match decode_client(&normal) {
            ClientMessage::Status => self.asked_for_status(cx, peer),
            ClientMessage::ViewCount => self.asked_for_viewers(cx, peer),
            ClientMessage::Writer(writer) => self.asked_for_writer(cx, peer, &writer, &message, has_nan),
            ClientMessage::Say(say) => self.say(cx, peer, &say, message, has_nan, stand),
            _ => {
                let text = match message.get("type") {
                    Some(kind) => format!("there is no type {kind}; there are status, writer, viewcount, text, emote"),
                    None => "the message has no type; there are status, writer, viewcount, text, emote".to_owned(),
                };
                self.drop_it(cx, peer, "unknown-type", "dossier 5", text);
            }
        }
    }

    /// The value, and whether a number in it is none.
    fn read(&self, text: &str) -> Result<(Value, bool), String> {
        if self.rules().cuts_on_bad_text {
            return lua::read(text).map(|read| (read.value, read.has_nan)).map_err(|e| e.to_string());
        }
        serde_json::from_str(text).map(|value| (value, false)).map_err(|e| {
            // The words of the server's reader where it fails as well: they say which byte is to blame.
            let why = e.to_string();
            match lua::read(text) {
                Err(why) => why.to_string(),
                Ok(_) if why.starts_with("recursion limit") => "it is nested more than 127 times".to_owned(),
                Ok(_) => why,
            }
        })
    }

    /// What cannot be written again cannot be passed on, and the connection ends (dossier 5).
    pub(crate) fn can_be_written(
        &mut self,
        cx: &mut Cx<'_>,
        peer: PeerId,
        message: &Map<String, Value>,
        has_nan: bool,
    ) -> bool {
        if has_nan {
            self.cut(cx, peer, "not-a-number", "dossier 5", "a number is none, such as NaN, and cannot be passed on");
        } else if self.rules().cuts_on_bad_text && message.values().any(lua::is_too_sparse) {
            let text = "an array of more than ten items is null for more than a half, and cannot be passed on";
            self.cut(cx, peer, "sparse-array", "dossier 5", text);
        } else {
            return true;
        }
        // With a profile that does not cut, it was refused all the same.
        false
    }
}

impl World for MultistreamerWorld {
    fn listening(&mut self, base_url: &str) {
        base_url.clone_into(&mut self.base_url);
    }

    fn handshake(&mut self, cx: &mut Cx<'_>, peer: PeerId, request: &HttpRequest) -> Admission {
        self.open_socket(cx, peer, request)
    }

    fn message(&mut self, cx: &mut Cx<'_>, peer: PeerId, message: Message<'_>) {
        let Some(socket) = self.sockets.get_mut(peer) else { return };
        socket.heard = cx.now();
        if socket.mute {
            return self.end_mute(cx, peer);
        }
        match message {
            Message::Text(text) => self.heard_text(cx, peer, text, None),
            Message::NotUtf8(bytes) => {
                let (text, stand) = Stand::in_for(bytes);
                let note = "the text is not UTF-8; the server passes it on as it is, and other clients may end at it";
                cx.problem(peer, Problem::new(ProblemKind::Tolerated, "not-utf8", "dossier 5", note));
                self.heard_text(cx, peer, &text, stand);
            }
            Message::Binary(_) => {
                self.drop_it(cx, peer, "binary-frame", "dossier 5", "a binary message; send text messages");
            }
            Message::Ping(_) if self.rules().cuts_on_bad_text => {
                let text = "the server answers no pings; ask for the status instead";
                cx.problem(peer, Problem::new(ProblemKind::Dropped, "ping", "dossier 5", text));
            }
            _ => {}
        }
    }

    fn gone(&mut self, _: &mut Cx<'_>, peer: PeerId, _: Gone) {
        self.sockets.remove(peer);
    }

    fn http(&mut self, cx: &mut Cx<'_>, call: CallId, request: &HttpRequest) {
        let response = self.answer_http(cx, call, request);
        cx.respond(call, response);
    }

    fn deadline(&mut self, cx: &mut Cx<'_>) {
        while let Some((at, due)) = self.agenda.first().filter(|(at, _)| *at <= cx.now()).cloned() {
            self.agenda.remove(&(at, due.clone()));
            match due {
                Due::End(peer) => {
                    if self.sockets.get(peer).is_some_and(|socket| socket.mute) {
                        self.end_mute(cx, peer);
                    }
                }
                Due::Count(stream, pair) => self.count(cx, stream, pair, at),
                Due::Line(stream, line) => self.scripted(cx, stream, line, at),
                Due::Writer(stream, user, pair) => self.make_writer(cx, stream, user, pair),
            }
        }
    }

    fn poll_deadline(&self) -> Option<Deadline> {
        self.agenda.first().map(|(at, due)| Deadline { at: *at, why: due.why() })
    }

    fn control(&mut self, cx: &mut Cx<'_>, verb: &str, body: &Value) -> Result<Value, ControlError> {
        self.carry_out_verb(cx, verb, body)
    }

    fn verbs(&self) -> &'static [(&'static str, &'static str)] {
        control::VERBS
    }

    fn reset(&mut self, seed: Seed, now: Timestamp) {
        let first = std::mem::take(&mut self.first);
        // Other ids than those that are made later.
        self.start_with(&first, now, &mut IdSource::new(Seed(!seed.0)));
        self.first = first;
    }

    fn snapshot(&self, now: Timestamp) -> Value {
        self.show(now)
    }

    fn secret_names(&self) -> &'static [&'static str] {
        &[
            "token",
            "access_token",
            "authorization",
            "password",
            // As it is mistyped.
            "pass",
            "passwd",
            "pwd",
            "uuid",
            "cookie",
            "set-cookie",
            "newcomer_password",
        ]
    }

    fn secret_values(&self) -> Vec<String> {
        let of_users = self
            .state
            .users()
            .take(MOST_SECRETS)
            .flat_map(|user| [user.seed.password.clone(), user.seed.token.clone()]);
        let keys = self.state.streams().take(MOST_SECRETS).map(|stream| stream.seed.key.clone());
        // Where video goes and comes from: the address of an rtmp account is its key.
        let targets = self.state.accounts().take(MOST_SECRETS).map(|account| account.seed.url.clone());
        let sources = self.state.streams().take(MOST_SECRETS).filter_map(|stream| stream.seed.ffmpeg_pull_args.clone());
        let others = self.sessions.keys().take(MOST_SECRETS).cloned();
        let shared = Some(self.options.newcomer_password.clone()).filter(|password| !password.is_empty());
        of_users
            .chain(keys)
            .chain(targets)
            .chain(sources)
            .chain(others)
            .chain(shared)
            .filter(|secret| !secret.is_empty())
            .collect()
    }
}

impl MultistreamerWorld {
    fn end_mute(&mut self, cx: &mut Cx<'_>, peer: PeerId) {
        cx.cut(peer);
        self.sockets.remove(peer);
    }

    /// Writes an event of the simulated world into the journal.
    pub(crate) fn record(cx: &mut Cx<'_>, who: impl Into<Party>, topic: &'static str, details: Value) {
        cx.record(who, topic, details);
    }

    pub(crate) fn account_name(&self, id: AccountId) -> String {
        match self.state.account_of_chat(id) {
            Some(account) => format!("account {id} ({})", account.seed.name),
            None => format!("account {id}"),
        }
    }
}
