//! From the first attempt to the end: connecting, hearing, losing, waiting, ending.

use super::pending::InFlight;
use super::writers::Writers;
use super::{Disconnect, Event, MultistreamerSession, Reply};
use crate::{ClientMessage, ServerMessage, Status, Writer, decode_server};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use dummyload_session::{Action, CloseInfo, ConnectFailure, MatchedBy, Outcome, RequestToken, Timer, Timestamp};

/// How long the server has to answer a close frame.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

/// When the status is asked for once more: just after the handshake the server may miss what happens (dossier 5).
const SECOND_LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, PartialEq)]
pub(super) enum State {
    Idle,
    /// A socket was asked for.
    Connecting,
    /// The socket is open; a status was asked for.
    Looking,
    Ready,
    /// A close was sent: to try again, or for good.
    Closing(Option<Disconnect>),
    /// Until the next attempt.
    Waiting,
    Ended,
}

/// The timers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tick {
    Retry,
    SecondLook,
    Silence,
    Close,
}

impl Timer for Tick {
    fn index(self) -> usize {
        self as usize
    }

    fn why(self) -> &'static str {
        match self {
            Self::Retry => "the next attempt to connect is due",
            Self::SecondLook => "the status is asked for once more",
            Self::Silence => "the server has been silent",
            Self::Close => "the server has not answered the close",
        }
    }
}

impl MultistreamerSession {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Looking | State::Ready)
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended | State::Closing(None))
    }

    pub(super) fn connect(&mut self) {
        self.state = State::Connecting;
        self.actions.push_back(Action::Connect(self.config.endpoint.clone()));
    }

    pub(super) fn connected(&mut self, now: Timestamp) {
        if self.state == State::Connecting {
            self.state = State::Looking;
            self.heard(now);
            self.timers.set(Tick::SecondLook, now + SECOND_LOOK);
            self.ask_status(now, false);
        }
    }

    pub(super) fn connect_failed(&mut self, now: Timestamp, failure: ConnectFailure) {
        if self.state != State::Connecting {
            return;
        }
        match failure {
            ConnectFailure::Refused { status: status @ (401 | 403), .. } => {
                self.end_requests();
                self.timers.stop_all();
                self.state = State::Ended;
                self.notice(Event::Refused { status });
            }
            failure => self.retry(now, Disconnect::Connect(failure)),
        }
    }

    /// Something came, so the server is there.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.timers.set(Tick::Silence, now + self.config.probe_after);
    }

    pub(super) fn text(&mut self, now: Timestamp, text: &str) {
        self.heard(now);
        match decode_server(text).into_owned() {
            ServerMessage::Status(status) => self.status_came(now, status),
            ServerMessage::WriterResult(Writer { account_id: Some(account), target: Some(target), .. }) => {
                self.writer_made(now, account, target);
            }
            ServerMessage::ViewCount(count) => self.notice(Event::ViewCount(count)),
            ServerMessage::Chat(chat) => {
                let waits = self.requests.iter().find_map(|(token, request)| match &request.data {
                    InFlight::Line(line) if line.is(&chat) => Some(token),
                    _ => None,
                });
                let chat = Box::new(chat);
                self.notice(Event::Chat(chat.clone()));
                if let Some(token) = waits {
                    self.requests.remove(token);
                    self.finish(token, Outcome::Done { reply: Reply::Said(chat), matched: MatchedBy::Echo });
                }
            }
            ServerMessage::Other(other) => self.notice(Event::Other(other)),
            ServerMessage::Unrecognised(it) => self.notice(Event::Unrecognised { raw: it.text.into_owned() }),
            result @ ServerMessage::WriterResult(_) => self.notice(Event::Unrecognised { raw: result.to_text() }),
        }
    }

    fn status_came(&mut self, now: Timestamp, status: Status<'static>) {
        let whole = status.accounts.is_some();
        let ended = self.writers.heard(status.clone());
        if whole && self.state == State::Looking {
            self.state = State::Ready;
            self.backoff.connected(now);
            self.notice(Event::Ready);
        }
        self.notice(Event::Status(status.clone()));
        if ended {
            self.notice(Event::StreamEnded);
            // Nobody will tell of those that were being made.
            self.give_up_on(|request| matches!(request, InFlight::Writer(_)));
        }
        if !whole {
            return;
        }
        self.grant_wishes();
        // One status answers one request, and nobody knows which: one that was pushed may be taken for an answer.
        let waits = self.requests.iter().find_map(|(token, request)| match request.data {
            InFlight::Status { asked } => Some((token, asked)),
            _ => None,
        });
        if let Some((token, asked)) = waits {
            self.requests.remove(token);
            if asked {
                self.finish(token, Outcome::Done { reply: Reply::Status(status), matched: MatchedBy::Order });
            }
        }
        self.ask_for_writers();
    }

    /// Has those writers made that are wanted and can be made. A status comes seldom, so asking with each one is no burden,
    /// and asking twice is harmless.
    fn ask_for_writers(&mut self) {
        let waited_for: Vec<_> = self
            .requests
            .iter()
            .filter_map(|(_, request)| match request.data {
                InFlight::Writer(pair) => Some(pair),
                _ => None,
            })
            .collect();
        for (account, target) in self.writers.missing() {
            if !waited_for.contains(&(account, target)) {
                self.send(&ClientMessage::Writer(Writer::new(account, target)));
            }
        }
    }

    fn writer_made(&mut self, now: Timestamp, account: crate::AccountId, target: crate::AccountId) {
        let pair = (account, target);
        if !self.writers.is_live() {
            // It was made before the stream ended, or what is known here is out of date. Once a status says that the stream is
            // live, all that are wanted are asked for.
            if self.state == State::Ready {
                self.ask_status(now, false);
            }
            return;
        }
        if self.writers.was_made(pair) {
            self.notice(Event::CanWrite { account, target });
        }
        self.can_write(|request, _| matches!(request, InFlight::Writer(waiting) if *waiting == pair));
        self.grant_wishes();
    }

    /// Ends the wishes that have come true.
    fn grant_wishes(&mut self) {
        self.can_write(|request, writers| matches!(request, InFlight::Wish(pair) if writers.is_there(*pair)));
    }

    fn can_write(&mut self, which: impl Fn(&InFlight, &Writers) -> bool) {
        let done = self.requests.iter().filter(|(_, request)| which(&request.data, &self.writers));
        let done: Vec<RequestToken> = done.map(|(token, _)| token).collect();
        for token in done {
            self.requests.remove(token);
            self.finish(token, Outcome::Done { reply: Reply::CanWrite, matched: MatchedBy::Echo });
        }
    }

    pub(super) fn closed(&mut self, now: Timestamp, info: Option<CloseInfo>) {
        let why = match core::mem::replace(&mut self.state, State::Idle) {
            State::Looking | State::Ready | State::Connecting => match info {
                Some(CloseInfo { code, .. }) => Disconnect::Closed { code },
                None => Disconnect::Lost,
            },
            State::Closing(Some(why)) => why,
            State::Closing(None) => return self.ended(),
            other @ (State::Idle | State::Waiting | State::Ended) => {
                self.state = other;
                return;
            }
        };
        self.retry(now, why);
    }

    /// The connection is gone: tries again later.
    fn retry(&mut self, now: Timestamp, why: Disconnect) {
        self.lose_requests();
        self.writers.lost();
        self.timers.stop_all();
        self.state = State::Waiting;
        let retry_at = self.backoff.failed(now);
        self.timers.set(Tick::Retry, retry_at);
        self.notice(Event::Disconnected { why, retry_at });
    }

    fn close(&mut self, now: Timestamp, then: Option<Disconnect>) {
        self.actions.push_back(Action::Close { code: 1000, reason: String::new() });
        self.timers.set(Tick::Close, now + CLOSE_GRACE);
        self.state = State::Closing(then);
    }

    pub(super) fn shut(&mut self, now: Timestamp) {
        match self.state {
            State::Looking | State::Ready => {
                self.end_requests();
                self.timers.stop_all();
                self.close(now, None);
            }
            State::Closing(_) => self.state = State::Closing(None),
            State::Ended => {}
            State::Idle | State::Connecting | State::Waiting => self.ended(),
        }
    }

    fn ended(&mut self) {
        self.end_requests();
        self.timers.stop_all();
        self.state = State::Ended;
        self.notice(Event::Ended);
    }

    /// Ends everything that waits.
    pub(super) fn end_requests(&mut self) {
        self.give_up_on(|_| true);
    }

    /// Ends everything that waits for an answer; wishes outlive the connection.
    fn lose_requests(&mut self) {
        self.give_up_on(|request| !matches!(request, InFlight::Wish(_)));
    }

    fn give_up_on(&mut self, which: impl Fn(&InFlight) -> bool) {
        let lost: Vec<RequestToken> =
            self.requests.iter().filter(|(_, request)| which(&request.data)).map(|(token, _)| token).collect();
        for token in lost {
            if let Some(request) = self.requests.remove(token)
                && !matches!(request, InFlight::Status { asked: false })
            {
                self.finish(token, Outcome::Lost { sent: !matches!(request, InFlight::Wish(_)) });
            }
        }
    }

    pub(super) fn tick(&mut self, now: Timestamp, tick: Tick) {
        match tick {
            Tick::Retry => self.connect(),
            Tick::SecondLook | Tick::Silence => {
                self.ask_status(now, false);
            }
            // The close was not answered: the next connect, or the end, gives the socket up.
            Tick::Close => self.closed(now, None),
        }
    }

    /// Nothing came in time.
    pub(super) fn expired(&mut self, now: Timestamp, token: RequestToken, request: &InFlight) {
        match request {
            // The server answers each status it is asked for (dossier 4.1), so it is not there any more.
            InFlight::Status { asked } => {
                if *asked {
                    self.finish(token, Outcome::TimedOut);
                }
                if self.is_open() {
                    self.lose_requests();
                    self.timers.stop_all();
                    self.close(now, Some(Disconnect::Silence));
                }
            }
            // Silence is how the server says no, so nothing follows for the connection. But a writer may be gone without a word:
            // it counts as there once it is reported anew.
            InFlight::Writer(_) | InFlight::Wish(_) => self.finish(token, Outcome::TimedOut),
            InFlight::Line(line) => {
                self.finish(token, Outcome::TimedOut);
                if self.writers.doubt((line.account, line.target)) && self.state == State::Ready {
                    self.ask_for_writers();
                }
            }
        }
    }
}
