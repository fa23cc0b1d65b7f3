//! The client side of the socket as a state machine: log in, keep tokens fresh, match replies, subscribe again, and get commands
//! done. It plays both roles, that of a device and that of who operates devices: the server does not tell them apart.
//!
//! What holds whatever happens:
//!
//! * No request is ever sent twice. What got no reply ends as timed out or as lost, and the program decides.
//! * Subscriptions outlive connections. Each brings every item once, although the server replays some twice and some too early
//!   (see [`Event::Resubscribed`] for what it may not replay).
//! * A program sees a subscription's items after the reply that made it, although the server may send them before.
//!
//! ```
//! use devicehive_proto::session::{Credentials, DeviceHiveSession, SessionConfig};
//! use dummyload_session::{Action, Endpoint, Input, Session, Timestamp};
//!
//! let url = "ws://127.0.0.1:4103/dh/websocket";
//! let config = SessionConfig::new(Endpoint::new(url.into(), url.into()), Credentials::token("a.b.c"));
//! let mut session = DeviceHiveSession::new(config);
//! session.start(Timestamp::ZERO);
//! assert!(matches!(session.poll_action(), Some(Action::Connect(_))));
//! session.handle_input(Timestamp::ZERO, Input::Connected);
//! let sent: Vec<_> = std::iter::from_fn(|| session.poll_action()).collect();
//! assert_eq!(sent[1], Action::SendText(r#"{"action":"authenticate","requestId":2,"token":"a.b.c"}"#.into()));
//! ```

mod clock;
mod config;
mod connection;
mod credentials;
mod event;
mod executions;
mod filter;
mod login;
mod pending;
mod replies;
mod shown;
mod subscriptions;
mod window;

pub use crate::message::Refusal;
pub use config::{Door, SessionConfig};
pub use credentials::Credentials;
pub use event::{CommandError, Disconnect, Event, LoginFailure, Reply, SessionCommand};
pub use filter::{Feed, Filter};

use crate::message::Request;
use alloc::borrow::Cow;
use alloc::collections::VecDeque;
use alloc::string::String;
use clock::ServerClock;
use connection::{State, Tick};
use core::fmt;
use credentials::Keyring;
use dummyload_session::{
    Action, Backoff, Deadline, Input, MatchedBy, Outcome, RequestTable, RequestToken, Session, SessionEvent,
    TimerTable, Timestamp,
};
use executions::Executions;
use pending::{InFlight, Job};
use subscriptions::Subscriptions;

/// The most requests that may wait for their replies.
pub const MAX_IN_FLIGHT: usize = 1024;

/// One session with a server.
pub struct DeviceHiveSession {
    config: SessionConfig,
    state: State,
    keyring: Keyring,
    clock: ServerClock,
    /// What was refused last on the way in.
    refusal: Option<Refusal>,
    backoff: Backoff,
    timers: TimerTable<Tick, 5>,
    requests: RequestTable<InFlight>,
    subscriptions: Subscriptions,
    executions: Executions,
    actions: VecDeque<Action>,
    events: VecDeque<SessionEvent<Self>>,
}

impl fmt::Debug for DeviceHiveSession {
    /// Without the messages that are to go out: there are tokens in them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceHiveSession")
            .field("state", &self.state)
            .field("keyring", &self.keyring)
            .field("requests", &self.requests)
            .field("subscriptions", &self.subscriptions)
            .field("executions", &self.executions)
            .finish_non_exhaustive()
    }
}

impl DeviceHiveSession {
    /// A session that has not begun.
    pub fn new(config: SessionConfig) -> Self {
        Self {
            state: State::Idle,
            keyring: Keyring::new(config.credentials.clone()),
            clock: ServerClock::default(),
            refusal: None,
            backoff: Backoff::new(config.backoff, config.seed),
            timers: TimerTable::default(),
            requests: RequestTable::default(),
            subscriptions: Subscriptions::default(),
            executions: Executions::default(),
            actions: VecDeque::new(),
            events: VecDeque::new(),
            config,
        }
    }

    /// Whether the session is authenticated on the present connection.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// The program's subscriptions, whether there is a connection or not, each with its name and filter.
    pub fn wanted(&self) -> impl Iterator<Item = (RequestToken, &Filter)> {
        self.subscriptions.of_program()
    }

    /// Puts a request on its way.
    fn send(&mut self, now: Timestamp, request: &Request, job: Job) -> RequestToken {
        let token = self.requests.insert(now + self.config.reply_timeout, InFlight { job, unsent: None });
        self.actions.push_back(Action::SendText(request.to_text(&number(token))));
        token
    }

    fn finish(&mut self, token: RequestToken, outcome: Outcome<Reply, Refusal>) {
        self.events.push_back(SessionEvent::Finished { token, outcome });
    }

    fn done(&mut self, token: RequestToken, reply: Reply) {
        self.finish(token, Outcome::Done { reply, matched: MatchedBy::Id });
    }

    fn refused(&mut self, token: RequestToken, refusal: Refusal) {
        self.finish(token, Outcome::Refused { refusal, matched: MatchedBy::Id });
    }

    fn notice(&mut self, event: Event) {
        self.events.push_back(SessionEvent::Notice(event));
    }

    fn check_ready(&self) -> Result<(), CommandError> {
        if self.state != State::Ready {
            return Err(CommandError::NotConnected);
        }
        self.check_room()
    }

    fn check_room(&self) -> Result<(), CommandError> {
        if self.requests.len() + self.executions.len() >= MAX_IN_FLIGHT { Err(CommandError::Busy) } else { Ok(()) }
    }

    fn request(&mut self, now: Timestamp, request: Request) -> Result<RequestToken, CommandError> {
        if let Some(command) = subscriptions::meaning(&self.subscriptions, &request) {
            return self.command(now, command);
        }
        self.check_ready()?;
        let job = match &request {
            Request::Authenticate(authenticate) => Job::Become(authenticate.token.clone()),
            request => Job::Asked(request.action()),
        };
        Ok(self.send(now, &request, job))
    }
}

/// The `requestId` of a request: its number in this session, which no other ever has.
fn number(token: RequestToken) -> crate::Json {
    crate::Json::from(i64::try_from(token.number()).unwrap_or(i64::MAX))
}

impl Session for DeviceHiveSession {
    type Command = SessionCommand;
    type CommandError = CommandError;
    type Reply = Reply;
    type Refusal = Refusal;
    type Event = Event;

    fn start(&mut self, now: Timestamp) {
        if self.state == State::Idle {
            self.connect(now);
        }
    }

    fn handle_input(&mut self, now: Timestamp, input: Input<'_>) {
        match input {
            Input::Connected => self.connected(now),
            Input::ConnectFailed(failure) => self.connect_failed(now, failure),
            Input::Text(text) if self.is_open() => self.text(now, &text),
            Input::Binary(bytes) if self.is_open() => {
                self.heard(now);
                let raw = String::from_utf8_lossy(&bytes);
                self.notice(Event::Unrecognised { raw: shown::shown(&raw).into_owned() });
            }
            Input::Pong if self.is_open() => self.heard(now),
            Input::Closed(info) => self.closed(now, Some(info)),
            Input::Lost => self.closed(now, None),
            _ => {}
        }
    }

    fn handle_deadline(&mut self, now: Timestamp) {
        while let Some(tick) = self.timers.pop_due(now) {
            self.tick(now, tick);
        }
        while let Some((token, request)) = self.requests.pop_expired(now) {
            self.expired(now, token, request);
        }
        self.tend_executions(now);
    }

    fn command(&mut self, now: Timestamp, command: SessionCommand) -> Result<RequestToken, CommandError> {
        if self.has_ended() {
            return Err(CommandError::Ended);
        }
        match command {
            SessionCommand::Request(request) => self.request(now, *request),
            SessionCommand::Subscribe(filter) => self.subscribe(now, filter),
            SessionCommand::Unsubscribe(subscription) => self.unsubscribe(now, subscription),
            SessionCommand::UnsubscribeAll(kind) => self.unsubscribe_all(now, kind),
            SessionCommand::Execute { device, command, patience } => self.execute(now, device, command, patience),
        }
    }

    fn shutdown(&mut self, now: Timestamp) {
        self.shut(now);
    }

    fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    fn poll_event(&mut self) -> Option<SessionEvent<Self>> {
        self.events.pop_front()
    }

    fn poll_deadline(&self) -> Option<Deadline> {
        let requests = Deadline::earliest(self.timers.poll_deadline(), self.requests.poll_deadline());
        Deadline::earliest(requests, self.executions.poll_deadline())
    }

    fn is_terminated(&self) -> bool {
        self.state == State::Ended
    }

    /// Tokens, passwords and the secret behind tokens are cut out.
    fn shown<'a>(&self, text: &'a str) -> Cow<'a, str> {
        shown::shown(text)
    }
}
