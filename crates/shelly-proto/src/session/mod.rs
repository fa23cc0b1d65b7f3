//! The client side of the cloud's socket as a state machine: connect with a token, keep alive, match answers, get new
//! tokens in time, know the devices.
//!
//! Three rules stand above the rest. No request is ever sent twice: what may have switched something and got no answer
//! ends as lost or timed out, and the program decides. The [`Limits`] are checked before anything is queued. The stop of a
//! cover passes everything: limits, full queues, and the time without a connection, for as long as an answer would be
//! waited for.
//!
//! The session speaks no HTTP. When it needs another token or the statuses of all devices it asks for them with an event,
//! and takes the answer as a command, whenever it comes.
//!
//! ```
//! use dummyload_session::{Action, Input, Session, Timestamp};
//! use shelly_proto::session::{SessionConfig, ShellySession};
//! use shelly_proto::{Elsewhere, HostPolicy};
//!
//! # fn main() -> Result<(), shelly_proto::ServerError> {
//! let server = HostPolicy::Any.check("http://127.0.0.1:4102")?;
//! let config = SessionConfig::at("a.b.c", server).socket(Elsewhere::port(4102));
//! let mut session = ShellySession::new(config);
//! session.start(Timestamp::ZERO);
//! let Some(Action::Connect(endpoint)) = session.poll_action() else { panic!() };
//! assert_eq!(endpoint.to_string(), "ws://127.0.0.1:4102/shelly/wss/hk_sock?t=[redacted]");
//! session.handle_input(Timestamp::ZERO, Input::Connected);
//! assert_eq!(session.poll_action(), Some(Action::SendPing));
//! # Ok(())
//! # }
//! ```

mod config;
mod connection;
mod devices;
mod event;
mod limits;
mod pending;
mod replies;
mod token;

pub use config::SessionConfig;
pub use devices::Device;
pub use event::{
    CommandError, Disconnect, Event, LoginFailure, Refusal, Reply, SessionCommand, TokenRefusal, Unclear, Wanted,
};
pub use limits::{CommandKind, LimitError, Limits};
pub use token::TokenError;

use crate::http::DevicesStatus;
use crate::message::{ClientMessage, Raw, decode_client};
use crate::{Command, DeviceId, Form, TridCounter};
use alloc::borrow::Cow;
use alloc::collections::VecDeque;
use alloc::string::String;
use connection::{State, Tick};
use devices::Devices;
use dummyload_session::{
    Action, Backoff, Deadline, Input, MatchedBy, Outcome, RequestTable, RequestToken, Secret, Session, SessionEvent,
    TimerTable, Timestamp,
};
use limits::is_stop;
use pending::InFlight;
use token::Token;

/// The most requests that may wait for their answers; stops of covers go beyond it.
pub const MAX_IN_FLIGHT: usize = 64;

/// One session with the cloud.
#[derive(Debug)]
pub struct ShellySession {
    config: SessionConfig,
    state: State,
    token: Token,
    /// The token has come after the connection, or the attempt, that there is.
    fresh_token: bool,
    /// Another token is being asked for.
    wanted: Option<Wanted>,
    /// The number of the last question for statuses.
    ask: u64,
    devices: Devices,
    trids: TridCounter,
    backoff: Backoff,
    timers: TimerTable<Tick, 7>,
    requests: RequestTable<InFlight>,
    actions: VecDeque<Action>,
    events: VecDeque<SessionEvent<Self>>,
}

impl ShellySession {
    /// A session that has not begun.
    pub fn new(config: SessionConfig) -> Self {
        Self {
            state: State::Idle,
            token: Token::new(Timestamp::ZERO, &config.place, &config.token, config.lifetime),
            fresh_token: false,
            wanted: None,
            ask: 0,
            devices: Devices::default(),
            trids: TridCounter::starting_at(config.first_trid),
            backoff: Backoff::new(config.backoff, config.seed),
            timers: TimerTable::default(),
            requests: RequestTable::default(),
            actions: VecDeque::new(),
            events: VecDeque::new(),
            config,
        }
    }

    /// Whether the cloud has given a sign of life on the present connection.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// Whether the statuses of all devices are known, with everything merged that came since.
    pub fn is_synced(&self) -> bool {
        self.devices.is_whole()
    }

    /// The devices that are known, in the order of their ids.
    pub fn devices(&self) -> impl Iterator<Item = &Device> {
        self.devices.iter()
    }

    /// A device, if it is known.
    pub fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.get(id)
    }

    fn finish(&mut self, token: RequestToken, outcome: Outcome<Reply, Refusal>) {
        self.events.push_back(SessionEvent::Finished { token, outcome });
    }

    /// A request that is done at once, without the cloud.
    fn done(&mut self, reply: Reply) -> RequestToken {
        let token = self.requests.token();
        self.finish(token, Outcome::Done { reply, matched: MatchedBy::Id });
        token
    }

    fn notice(&mut self, event: Event) {
        self.events.push_back(SessionEvent::Notice(event));
    }

    /// Puts a command on its way, or keeps a stop for the next connection.
    fn send(&mut self, now: Timestamp, device: DeviceId, command: Command) -> Result<RequestToken, CommandError> {
        if device.form() == Form::Other {
            return Err(CommandError::NotAnId(device));
        }
        if !is_stop(&command) {
            self.config.limits.check(&device, &command).map_err(CommandError::Limit)?;
            if self.state != State::Ready {
                return Err(CommandError::NotConnected);
            }
            if self.requests.len() >= MAX_IN_FLIGHT {
                return Err(CommandError::Busy);
            }
        }
        let patience = match command {
            Command::Rpc(_) => self.config.rpc_timeout,
            _ => self.config.command_timeout,
        };
        let requests = &self.requests;
        let trid = self.trids.next(|trid| pending::uses(requests, trid)).ok_or(CommandError::Busy)?;
        let text = command.request(trid.clone(), device.clone()).to_text();
        let sent = self.state == State::Ready;
        if sent {
            self.actions.push_back(Action::SendText(text.clone()));
        }
        Ok(self.requests.insert(now + patience, InFlight::Message { trid, device, text, sent }))
    }

    fn list(&mut self, now: Timestamp) -> Result<RequestToken, CommandError> {
        if self.devices.is_whole() {
            let devices = self.devices.to_list();
            return Ok(self.done(Reply::Devices(devices)));
        }
        if self.requests.len() >= MAX_IN_FLIGHT {
            return Err(CommandError::Busy);
        }
        Ok(self.requests.insert(now + self.config.rpc_timeout, InFlight::Devices))
    }

    fn rebuild(&mut self, ask: u64, statuses: DevicesStatus) -> Result<RequestToken, CommandError> {
        if ask != self.ask || self.state != State::Ready {
            return Err(CommandError::Outdated);
        }
        self.devices.rebuild(statuses);
        self.timers.stop(Tick::AskStatus);
        let devices = self.devices.to_list();
        self.notice(Event::Synced { devices: devices.len() });
        let waiting = self.requests.iter().filter(|(_, request)| matches!(request.data, InFlight::Devices));
        let waiting: alloc::vec::Vec<RequestToken> = waiting.map(|(token, _)| token).collect();
        for token in waiting {
            self.requests.remove(token);
            let reply = Reply::Devices(devices.clone());
            self.finish(token, Outcome::Done { reply, matched: MatchedBy::Id });
        }
        Ok(self.done(Reply::Noted))
    }
}

impl Session for ShellySession {
    type Command = SessionCommand;
    type CommandError = CommandError;
    type Reply = Reply;
    type Refusal = Refusal;
    type Event = Event;

    fn start(&mut self, now: Timestamp) {
        if self.state == State::Idle {
            // Only now is it known what time it is.
            let SessionConfig { place, token, lifetime, .. } = &self.config;
            self.token = Token::new(now, place, token, *lifetime);
            self.timers.set(Tick::Token, self.token.due);
            self.connect();
        }
    }

    fn handle_input(&mut self, now: Timestamp, input: Input<'_>) {
        match input {
            Input::Connected => self.connected(now),
            Input::ConnectFailed(failure) => self.connect_failed(now, failure),
            Input::Text(text) if self.is_open() => self.text(now, &text),
            Input::Binary(bytes) if self.is_open() => {
                self.heard(now);
                self.notice(Event::Unrecognised { raw: String::from_utf8_lossy(&bytes).into_owned() });
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
            let outcome = match request {
                InFlight::Message { sent: false, .. } => Outcome::Lost { sent: false },
                _ => Outcome::TimedOut,
            };
            self.finish(token, outcome);
        }
    }

    fn command(&mut self, now: Timestamp, command: SessionCommand) -> Result<RequestToken, CommandError> {
        if self.has_ended() {
            return Err(CommandError::Ended);
        }
        match command {
            SessionCommand::Send { device, command } => self.send(now, device, command),
            SessionCommand::Devices => self.list(now),
            SessionCommand::Credentials { token, lifetime } => {
                self.take_token(now, &token, lifetime)?;
                Ok(self.done(Reply::Noted))
            }
            SessionCommand::NoCredentials => {
                let token = self.done(Reply::Noted);
                self.no_token();
                Ok(token)
            }
            SessionCommand::Status { ask, body } => self.rebuild(ask, body),
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
        Deadline::earliest(self.timers.poll_deadline(), self.requests.poll_deadline())
    }

    fn is_terminated(&self) -> bool {
        self.state == State::Ended
    }

    /// The parameters of calls are cut out: among them are the passwords of networks.
    fn shown<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match decode_client(text) {
            ClientMessage::Rpc(mut request) if request.params.is_some() => {
                request.params = Raw::of(Secret::<()>::SHOWN).ok();
                Cow::Owned(ClientMessage::Rpc(request).to_text())
            }
            _ => Cow::Borrowed(text),
        }
    }
}
