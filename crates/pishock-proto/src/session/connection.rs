//! From the first attempt to the end: connecting, logging in, losing, waiting, ending.

use super::pending::{InFlight, Kind};
use super::{Disconnect, Event, LoginFailure, PishockSession, Refusal, Reply};
use crate::{ClientMessage, Dialect};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use dummyload_session::{Action, CloseInfo, ConnectFailure, MatchedBy, Outcome, RequestToken, Timer, Timestamp};

/// How long the broker has to answer a close frame.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

#[derive(Debug, PartialEq)]
pub(super) enum State {
    Idle,
    /// A socket was asked for.
    Connecting,
    /// The socket is open; a first PING asks whether the login was taken, since nothing else would tell (dossier 2.1).
    Probing,
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
    Close,
}

impl Timer for Tick {
    fn index(self) -> usize {
        self as usize
    }

    fn why(self) -> &'static str {
        match self {
            Self::Retry => "the next attempt to connect is due",
            Self::KeepAlive => "the broker has been silent",
            Self::Close => "the broker has not answered the close",
        }
    }
}

impl PishockSession {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Probing | State::Ready)
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
            self.state = State::Probing;
            self.send(now, &ClientMessage::Ping, Kind::Ping, false);
        }
    }

    pub(super) fn connect_failed(&mut self, now: Timestamp, failure: ConnectFailure) {
        if self.state != State::Connecting {
            return;
        }
        match failure {
            ConnectFailure::Refused { status: status @ (401 | 403), .. } => {
                self.login_failed(LoginFailure::Handshake { status });
            }
            failure => self.retry(now, Disconnect::Connect(failure)),
        }
    }

    /// The first PONG: the login was taken.
    pub(super) fn ready(&mut self, now: Timestamp) {
        self.state = State::Ready;
        self.proven = true;
        self.backoff.connected(now);
        self.notice(Event::Ready);
        // Stops that waited go first.
        for (_, request) in self.requests.iter_mut().filter(|(_, request)| !request.data.sent) {
            request.data.sent = true;
            self.actions.push_back(Action::SendText(request.data.text.clone()));
        }
        if !self.wanted.is_empty() {
            let channels = self.wanted.iter().cloned().collect();
            self.send_subscribe(now, channels, false);
        }
        self.heard(now);
    }

    /// Something came, so the broker is there.
    pub(super) fn heard(&mut self, now: Timestamp) {
        if self.state == State::Ready {
            self.timers.set(Tick::KeepAlive, now + self.config.keep_alive);
        }
    }

    pub(super) fn closed(&mut self, now: Timestamp, info: Option<CloseInfo>) {
        let why = match core::mem::replace(&mut self.state, State::Idle) {
            State::Probing if info.as_ref().is_some_and(|info| info.code == Some(1008)) => {
                let reason = info.map(|info| info.reason).unwrap_or_default();
                return self.login_failed(LoginFailure::Closed { reason });
            }
            State::Probing | State::Ready | State::Connecting => match info {
                Some(CloseInfo { code, reason }) => Disconnect::Closed { code, reason },
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
        self.timers.stop_all();
        self.state = State::Waiting;
        let retry_at = self.backoff.failed(now);
        self.timers.set(Tick::Retry, retry_at);
        self.notice(Event::Disconnected { why, retry_at });
    }

    /// Gives up a connection that is no longer of use, and tries again later.
    pub(super) fn give_up(&mut self, now: Timestamp, why: Disconnect) {
        if self.is_open() {
            self.lose_requests();
            self.timers.stop_all();
            self.close(now, Some(why));
        }
    }

    fn close(&mut self, now: Timestamp, then: Option<Disconnect>) {
        self.actions.push_back(Action::Close { code: 1000, reason: String::new() });
        self.timers.set(Tick::Close, now + CLOSE_GRACE);
        self.state = State::Closing(then);
    }

    pub(super) fn login_failed(&mut self, failure: LoginFailure) {
        if self.is_open() {
            self.actions.push_back(Action::Close { code: 1000, reason: String::new() });
        }
        self.end_requests();
        self.timers.stop_all();
        self.state = State::Ended;
        self.notice(Event::LoginFailed(failure));
    }

    pub(super) fn shut(&mut self, now: Timestamp) {
        match self.state {
            State::Probing | State::Ready => {
                // Nothing stays held behind a program that goes.
                let stops: Vec<_> = self.holds.values().map(|hold| hold.order.stop()).collect();
                for stop in stops {
                    self.send_orders(now, &[stop], Kind::Publish, false);
                }
                self.end_requests();
                self.timers.stop_all();
                self.close(now, None);
            }
            State::Closing(_) => {
                self.end_requests();
                self.state = State::Closing(None);
            }
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

    /// Ends what went out on a connection that is gone. Stops that have not gone out wait on.
    fn lose_requests(&mut self) {
        self.extra.clear();
        let lost: Vec<RequestToken> =
            self.requests.iter().filter(|(_, request)| request.data.sent).map(|(token, _)| token).collect();
        for token in lost {
            if let Some(request) = self.requests.remove(token) {
                self.lose(token, &request);
            }
        }
        for token in core::mem::take(&mut self.holds).into_keys() {
            self.finish(token, Outcome::Lost { sent: true });
        }
    }

    fn end_requests(&mut self) {
        self.lose_requests();
        for (token, request) in self.requests.drain() {
            self.lose(token, &request);
        }
    }

    fn lose(&mut self, token: RequestToken, request: &InFlight) {
        self.conclude(token, request, Outcome::Lost { sent: request.sent });
    }

    /// Tells whoever is concerned how a request has ended.
    pub(super) fn conclude(&mut self, token: RequestToken, request: &InFlight, outcome: Outcome<Reply, Refusal>) {
        match request.kind {
            Kind::GroupStop(group) => self.conclude_stop(group, outcome),
            _ if request.asked => self.finish(token, outcome),
            _ => {}
        }
    }

    /// One of the stops of a group has ended; the last one ends the group, with the worst of all outcomes.
    fn conclude_stop(&mut self, token: RequestToken, outcome: Outcome<Reply, Refusal>) {
        let Some(group) = self.groups.get_mut(&token) else { return };
        if badness(&outcome) >= badness(&group.worst) {
            group.worst = outcome;
        }
        group.left -= 1;
        if group.left == 0
            && let Some(group) = self.groups.remove(&token)
        {
            self.finish(token, group.worst);
        }
    }

    pub(super) fn tick(&mut self, now: Timestamp, tick: Tick) {
        match tick {
            Tick::Retry => self.connect(),
            Tick::KeepAlive => self.ask_whether_there(now),
            // The close was not answered: the next connect, or the end, gives the socket up.
            Tick::Close => self.closed(now, None),
        }
    }

    /// Sends a PING of the session's own, unless one waits already.
    fn ask_whether_there(&mut self, now: Timestamp) {
        let own = |request: &InFlight| matches!(request.kind, Kind::Ping) && !request.asked;
        if self.state == State::Ready && !self.requests.iter().any(|(_, request)| own(&request.data)) {
            self.send(now, &ClientMessage::Ping, Kind::Ping, false);
        }
    }

    /// A request got no reply in time.
    pub(super) fn expired(&mut self, now: Timestamp, token: RequestToken, request: InFlight) {
        if !request.sent {
            return self.lose(token, &request);
        }
        match request.kind {
            Kind::Ping if !request.asked => {
                if self.state == State::Probing && !self.proven {
                    return self.login_failed(LoginFailure::Mute);
                }
                return self.give_up(now, Disconnect::Silence);
            }
            Kind::Subscribe(ref progress) if !progress.granted.is_empty() || !progress.refused.is_empty() => {
                // Only some of the targets are answered. The others are asked for once more, which a subscription can
                // be; they are fewer each time.
                let left = progress.left.iter().filter(|channel| self.wanted.contains(channel)).cloned();
                let left: Vec<_> = left.collect();
                self.conclude_subscribe(token, request, MatchedBy::Echo);
                if !left.is_empty() {
                    self.send_subscribe(now, left, false);
                }
            }
            Kind::Subscribe(_) | Kind::Unsubscribe(_) => {
                self.conclude(token, &request, Outcome::TimedOut);
                // Nobody knows what the broker is subscribed to now; a new connection begins with nothing.
                return self.give_up(now, Disconnect::Silence);
            }
            Kind::Pulse(hold) => {
                if let Some(held) = self.holds.remove(&hold) {
                    self.finish(hold, Outcome::TimedOut);
                    self.send_orders(now, &[held.order.stop()], Kind::Publish, false);
                }
            }
            _ => self.conclude(token, &request, Outcome::TimedOut),
        }
        match self.config.dialect {
            Dialect::V1 => self.give_up(now, Disconnect::OrderLost),
            Dialect::V2 => self.ask_whether_there(now),
        }
    }
}

fn badness(outcome: &Outcome<Reply, Refusal>) -> u8 {
    match outcome {
        Outcome::Done { .. } => 0,
        Outcome::Refused { .. } => 1,
        Outcome::TimedOut => 2,
        Outcome::Lost { .. } => 3,
    }
}
