//! The client side of a stream's socket as a state machine: ask for the status, follow the chat, have writers made and
//! remember them, say things and see them come back.
//!
//! The server acknowledges nothing and refuses nothing: what it does not like it drops (dossier 1, 4.4). So the session looks
//! before it sends, whether the stream is live, the account may write, and a writer is there, and says what is missing; and
//! what was sent counts as done only when it comes back. No line is ever sent twice.
//!
//! ```
//! use dummyload_session::{Action, Input, Session, Timestamp};
//! use multistreamer_proto::StreamId;
//! use multistreamer_proto::session::{MultistreamerSession, SessionConfig};
//!
//! let config = SessionConfig::new("ws://127.0.0.1:4104", StreamId(21), "ABC");
//! let mut session = MultistreamerSession::new(config);
//! session.start(Timestamp::ZERO);
//! let Some(Action::Connect(endpoint)) = session.poll_action() else { panic!() };
//! assert_eq!(endpoint.to_string(), "ws://127.0.0.1:4104/ws/21?token=[redacted]");
//! session.handle_input(Timestamp::ZERO, Input::Connected);
//! assert_eq!(session.poll_action(), Some(Action::SendText(r#"{"type":"status"}"#.into())));
//! ```

mod config;
mod connection;
mod event;
mod pending;
mod writers;

pub use config::SessionConfig;
pub use event::{CommandError, Disconnect, Event, Refusal, Reply, SessionCommand};

use crate::{Account, AccountId, ChatKind, ClientMessage, Line as Typed, Say, Status, StreamId, Writer};
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use connection::{State, Tick};
use core::time::Duration;
use dummyload_session::{
    Action, Backoff, Deadline, Input, MatchedBy, Outcome, RequestTable, RequestToken, Session, SessionEvent,
    TimerTable, Timestamp,
};
use pending::{InFlight, Line};
use writers::{Pair, Writers};

/// The most requests that may wait.
pub const MAX_IN_FLIGHT: usize = 64;

/// One session on one stream.
#[derive(Debug)]
pub struct MultistreamerSession {
    config: SessionConfig,
    state: State,
    writers: Writers,
    backoff: Backoff,
    timers: TimerTable<Tick, 4>,
    requests: RequestTable<InFlight>,
    actions: VecDeque<Action>,
    events: VecDeque<SessionEvent<Self>>,
}

impl MultistreamerSession {
    /// A session that has not begun.
    pub fn new(config: SessionConfig) -> Self {
        Self {
            state: State::Idle,
            writers: Writers::default(),
            backoff: Backoff::new(config.backoff, config.seed),
            timers: TimerTable::default(),
            requests: RequestTable::default(),
            actions: VecDeque::new(),
            events: VecDeque::new(),
            config,
        }
    }

    /// The stream that it follows.
    pub fn stream(&self) -> StreamId {
        self.config.stream
    }

    /// Whether a status has come on the present connection.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// The last status of the present connection.
    pub fn status(&self) -> Option<&Status<'static>> {
        self.writers.status()
    }

    /// An account of the last status.
    pub fn account(&self, id: AccountId) -> Option<&Account<'static>> {
        self.writers.account(id)
    }

    /// Whether a line with this account into the chat of that one would go out now; else what is missing.
    ///
    /// # Errors
    /// It would not.
    pub fn can_say(&self, account: AccountId, target: AccountId) -> Result<(), CommandError> {
        if self.state != State::Ready {
            return Err(CommandError::NotConnected);
        }
        if (account, target) == (AccountId::IRC, AccountId::IRC) {
            return Ok(());
        }
        if !self.config.posting {
            return Err(CommandError::NotAllowed);
        }
        self.writers.check((account, target))?;
        if self.writers.is_there((account, target)) { Ok(()) } else { Err(CommandError::NoWriter) }
    }

    fn send(&mut self, message: &ClientMessage<'_>) {
        self.actions.push_back(Action::SendText(message.to_text()));
    }

    fn finish(&mut self, token: RequestToken, outcome: Outcome<Reply, Refusal>) {
        self.events.push_back(SessionEvent::Finished { token, outcome });
    }

    /// A request that is done at once, without the server.
    fn done(&mut self, reply: Reply) -> RequestToken {
        let token = self.requests.token();
        self.finish(token, Outcome::Done { reply, matched: MatchedBy::Id });
        token
    }

    fn notice(&mut self, event: Event) {
        self.events.push_back(SessionEvent::Notice(event));
    }

    fn ask_status(&mut self, now: Timestamp, asked: bool) -> RequestToken {
        self.send(&ClientMessage::Status);
        self.requests.insert(now + self.config.status_timeout, InFlight::Status { asked })
    }

    fn want(&mut self, now: Timestamp, pair: Pair) -> RequestToken {
        self.writers.want(pair);
        if self.state == State::Ready && self.writers.is_there(pair) {
            return self.done(Reply::CanWrite);
        }
        if self.state != State::Ready || self.writers.check(pair).is_err() {
            return self.done(Reply::Noted);
        }
        self.send(&ClientMessage::Writer(Writer::new(pair.0, pair.1)));
        self.requests.insert(now + self.config.writer_timeout, InFlight::Writer(pair))
    }

    /// The same, to be waited for. Every status asks again for what is missing then.
    fn wait_for_writer(&mut self, now: Timestamp, pair: Pair, patience: Duration) -> RequestToken {
        self.writers.want(pair);
        if self.state == State::Ready {
            if self.writers.is_there(pair) {
                return self.done(Reply::CanWrite);
            }
            if self.writers.check(pair).is_ok() {
                self.send(&ClientMessage::Writer(Writer::new(pair.0, pair.1)));
            }
        }
        self.requests.insert(now + patience, InFlight::Wish(pair))
    }

    fn say(
        &mut self,
        now: Timestamp,
        account: AccountId,
        target: AccountId,
        line: &str,
    ) -> Result<RequestToken, CommandError> {
        let typed = Typed::parse(line);
        // The first two go to the internal chat whatever account is named (dossier 4.4).
        let (account, target, to, text) = match typed {
            Typed::Internal(text) => (AccountId::IRC, AccountId::IRC, None, text),
            Typed::Whisper { to, text } => (AccountId::IRC, AccountId::IRC, Some(to), text),
            Typed::Emote(text) | Typed::Text(text) => (account, target, None, text),
        };
        let target = if account == AccountId::IRC { AccountId::IRC } else { target };
        if text.is_empty() || to.is_some_and(str::is_empty) {
            return Err(CommandError::Nothing);
        }
        if line.len() > self.config.longest_text {
            return Err(CommandError::TooLong { most: self.config.longest_text });
        }
        self.can_say(account, target)?;
        self.check_room()?;
        let kind = if matches!(typed, Typed::Emote(_)) { ChatKind::Emote } else { ChatKind::Text };
        let sent = if kind == ChatKind::Emote { text } else { line };
        self.send(&Say::new(kind, account, target, sent).into());
        let name = match account {
            AccountId::IRC => self.own_name(),
            account => self.writers.account(account).and_then(|account| account.name.as_deref().map(str::to_string)),
        };
        let waits = Line { kind, account, target, name, to: to.map(str::to_string), text: text.to_string() };
        Ok(self.requests.insert(now + self.config.echo_timeout, InFlight::Line(waits)))
    }

    /// The user's name: told by the program, or by the last status.
    fn own_name(&self) -> Option<String> {
        let shown = || self.writers.account(AccountId::IRC)?.name.as_deref().map(str::to_string);
        self.config.username.clone().or_else(shown)
    }

    fn check_room(&self) -> Result<(), CommandError> {
        if self.requests.len() >= MAX_IN_FLIGHT { Err(CommandError::Busy) } else { Ok(()) }
    }
}

impl Session for MultistreamerSession {
    type Command = SessionCommand;
    type CommandError = CommandError;
    type Reply = Reply;
    type Refusal = Refusal;
    type Event = Event;

    fn start(&mut self, _: Timestamp) {
        if self.state == State::Idle {
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
            self.expired(now, token, &request);
        }
    }

    fn command(&mut self, now: Timestamp, command: SessionCommand) -> Result<RequestToken, CommandError> {
        if self.has_ended() {
            return Err(CommandError::Ended);
        }
        match command {
            SessionCommand::Status => {
                if !self.is_open() {
                    return Err(CommandError::NotConnected);
                }
                self.check_room()?;
                Ok(self.ask_status(now, true))
            }
            SessionCommand::Want { account, target } => {
                self.check_room()?;
                Ok(self.want(now, (account, target)))
            }
            SessionCommand::WaitForWriter { account, target, patience } => {
                self.check_room()?;
                Ok(self.wait_for_writer(now, (account, target), patience))
            }
            SessionCommand::CanSay { account, target } => {
                self.can_say(account, target)?;
                Ok(self.done(Reply::CanWrite))
            }
            SessionCommand::Forget { account, target } => {
                self.writers.forget((account, target));
                Ok(self.done(Reply::Noted))
            }
            SessionCommand::Say { account, target, line } => self.say(now, account, target, &line),
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
}
