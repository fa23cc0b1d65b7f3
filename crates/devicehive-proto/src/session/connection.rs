//! From the first attempt to the end: connecting, staying alive, losing, waiting, ending.

use super::credentials::Step;
use super::pending::{InFlight, Job};
use super::{DeviceHiveSession, Disconnect, Door, Event, LoginFailure};
use crate::message::Request;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use dummyload_session::{Action, CloseInfo, ConnectFailure, Outcome, RequestToken, Secret, Timer, Timestamp};

/// How long the server has to answer a close frame.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

#[derive(Debug, PartialEq)]
pub(super) enum State {
    Idle,
    /// A socket was asked for, with this token in the handshake.
    Connecting(Option<Secret<String>>),
    /// The socket is open; the session says who it is.
    Entering,
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
    KeepAlive,
    Silence,
    Close,
    Renew,
}

impl Timer for Tick {
    fn index(self) -> usize {
        self as usize
    }

    fn why(self) -> &'static str {
        match self {
            Self::Retry => "the next attempt to connect is due",
            Self::KeepAlive => "the next ping is due",
            Self::Silence => "the server has given no sign of life",
            Self::Close => "the server has not answered the close",
            Self::Renew => "the access token is to be replaced",
        }
    }
}

impl DeviceHiveSession {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Entering | State::Ready)
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended | State::Closing(None))
    }

    pub(super) fn connect(&mut self, now: Timestamp) {
        let mut endpoint = self.config.endpoint.clone();
        let header = match self.config.door {
            Door::Message => None,
            Door::Handshake => self.keyring.access(self.clock.now(now)).cloned(),
        };
        if let Some(token) = &header {
            let value = Secret::new(format!("Bearer {}", token.expose()));
            endpoint.headers.push((String::from("Authorization"), value));
        }
        self.state = State::Connecting(header);
        self.actions.push_back(Action::Connect(endpoint));
    }

    pub(super) fn connected(&mut self, now: Timestamp) {
        let State::Connecting(header) = &mut self.state else { return };
        let authenticated = header.take().is_some() || self.keyring.anonymous;
        self.state = State::Entering;
        self.heard(now);
        self.keyring.begin();
        self.send(now, &Request::ServerInfo, Job::Clock);
        if authenticated {
            self.ready(now);
        } else {
            self.enter(now);
        }
    }

    pub(super) fn connect_failed(&mut self, now: Timestamp, failure: ConnectFailure) {
        let State::Connecting(header) = &mut self.state else { return };
        match (header.take(), failure) {
            (Some(token), ConnectFailure::Refused { status: status @ 401, .. }) => {
                self.keyring.refused(&Step::Authenticate(token));
                if self.keyring.is_empty() {
                    return self.login_failed(now, LoginFailure::Handshake { status });
                }
                // There is another way in, which is tried at once the first time.
                let later = self.backoff.failed(now);
                self.wait(if self.backoff.attempts() == 1 { now } else { later }, Disconnect::Token { status });
            }
            (_, failure) => self.retry(now, Disconnect::Connect(failure)),
        }
    }

    /// The server knows who this is.
    pub(super) fn ready(&mut self, now: Timestamp) {
        self.state = State::Ready;
        self.refusal = None;
        self.backoff.connected(now);
        self.timers.set(Tick::KeepAlive, now + self.config.keep_alive);
        self.plan_renewal(now);
        self.notice(Event::Ready);
        self.subscribe_all(now);
    }

    /// Something came, so the server is there.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.timers.set(Tick::Silence, now + self.config.keep_alive * 2);
    }

    pub(super) fn closed(&mut self, now: Timestamp, info: Option<CloseInfo>) {
        let why = match core::mem::replace(&mut self.state, State::Idle) {
            State::Entering | State::Ready | State::Connecting(_) => match info {
                Some(CloseInfo { code, reason }) => Disconnect::Closed { code, reason },
                None => Disconnect::Lost,
            },
            State::Closing(Some(why)) => why,
            State::Closing(None) => return self.ended(now),
            other @ (State::Idle | State::Waiting | State::Ended) => {
                self.state = other;
                return;
            }
        };
        self.retry(now, why);
    }

    /// The connection is gone: tries again later.
    fn retry(&mut self, now: Timestamp, why: Disconnect) {
        self.disconnected(now);
        let retry_at = self.backoff.failed(now);
        self.wait(retry_at, why);
    }

    fn wait(&mut self, retry_at: Timestamp, why: Disconnect) {
        self.state = State::Waiting;
        self.timers.set(Tick::Retry, retry_at);
        self.notice(Event::Disconnected { why, retry_at });
    }

    /// Gives up a connection that is no longer of use, and tries again later.
    pub(super) fn give_up(&mut self, now: Timestamp, why: Disconnect) {
        if self.is_open() {
            self.disconnected(now);
            self.close(now, Some(why));
        }
    }

    fn close(&mut self, now: Timestamp, then: Option<Disconnect>) {
        self.actions.push_back(Action::Close { code: 1000, reason: String::new() });
        self.timers.set(Tick::Close, now + CLOSE_GRACE);
        self.state = State::Closing(then);
    }

    pub(super) fn login_failed(&mut self, now: Timestamp, failure: LoginFailure) {
        if self.is_open() {
            self.actions.push_back(Action::Close { code: 1000, reason: String::new() });
        }
        self.end_requests(now);
        self.timers.stop_all();
        self.state = State::Ended;
        self.notice(Event::LoginFailed(failure));
    }

    pub(super) fn shut(&mut self, now: Timestamp) {
        match self.state {
            State::Entering | State::Ready => {
                self.end_requests(now);
                self.timers.stop_all();
                self.close(now, None);
            }
            State::Closing(_) => {
                self.end_requests(now);
                self.state = State::Closing(None);
            }
            State::Ended => {}
            State::Idle | State::Connecting(_) | State::Waiting => self.ended(now),
        }
    }

    fn ended(&mut self, now: Timestamp) {
        self.end_requests(now);
        self.timers.stop_all();
        self.state = State::Ended;
        self.notice(Event::Ended);
    }

    /// Ends what went out on a connection that is gone. What is wanted, and commands that the server has taken, wait on.
    fn disconnected(&mut self, now: Timestamp) {
        self.timers.stop_all();
        let sent = self.requests.iter().filter(|(_, request)| request.data.is_sent());
        let lost: Vec<RequestToken> = sent.map(|(token, _)| token).collect();
        for token in lost {
            if let Some(request) = self.requests.remove(token) {
                self.lost(now, token, request);
            }
        }
        self.lose_executions(now);
        self.subscriptions.disconnected();
    }

    fn end_requests(&mut self, now: Timestamp) {
        for (token, request) in self.requests.drain() {
            self.lost(now, token, request);
        }
        self.end_executions(now);
    }

    fn lost(&mut self, now: Timestamp, token: RequestToken, request: InFlight) {
        let sent = request.is_sent();
        match request.job {
            Job::Asked(_) | Job::Become(_) | Job::Unsubscribe => self.finish(token, Outcome::Lost { sent }),
            Job::Subscribe(name, _) => self.subscribe_lost(name, sent),
            Job::Insert(execution) => self.end_execution(now, execution, Outcome::Lost { sent: true }),
            Job::Aside | Job::Clock | Job::Login(_) | Job::Look(_) => {}
        }
    }

    pub(super) fn tick(&mut self, now: Timestamp, tick: Tick) {
        match tick {
            Tick::Retry => self.connect(now),
            Tick::KeepAlive => {
                self.actions.push_back(Action::SendPing);
                self.timers.set(Tick::KeepAlive, now + self.config.keep_alive);
            }
            Tick::Silence => self.give_up(now, Disconnect::Silence),
            // The close was not answered: the next connect, or the end, gives the socket up.
            Tick::Close => self.closed(now, None),
            Tick::Renew => self.renew(now),
        }
    }

    /// A request got no reply in time. The server leaves some without, so that says nothing about the connection; what it
    /// always answers does.
    pub(super) fn expired(&mut self, now: Timestamp, token: RequestToken, request: InFlight) {
        if !request.is_sent() {
            return self.lost(now, token, request);
        }
        match request.job {
            Job::Asked(_) | Job::Become(_) | Job::Unsubscribe => self.finish(token, Outcome::TimedOut),
            Job::Subscribe(subscription, _) => self.subscribe_expired(now, token, subscription),
            Job::Insert(execution) => self.end_execution(now, execution, Outcome::TimedOut),
            Job::Login(_) if self.state == State::Entering => self.give_up(now, Disconnect::Silence),
            Job::Login(_) => self.renew_later(now),
            Job::Aside | Job::Clock | Job::Look(_) => {}
        }
    }
}
