//! From the first attempt to the end: connecting, staying alive, losing, waiting, getting new tokens, ending.

use super::pending::InFlight;
use super::token::Token;
use super::{CommandError, Disconnect, Event, LoginFailure, ShellySession, TokenRefusal, Wanted};
use crate::http::{AllStatus, Call, Credentials, HttpError};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use dummyload_session::{Action, CloseInfo, ConnectFailure, Outcome, RequestToken, Secret, Timer, Timestamp};

/// How long the cloud has to answer a close frame.
const CLOSE_GRACE: Duration = Duration::from_secs(2);
/// When a question that nobody has answered is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// The close code for a bad token (dossier 8).
const TOKEN_BROKEN: u16 = 4401;

#[derive(Debug, PartialEq)]
pub(super) enum State {
    Idle,
    /// A socket was asked for.
    Connecting,
    /// The socket is open; a ping asks whether it stays so, since a bad token opens it as well (dossier 8).
    Probing,
    Ready,
    /// A close was sent: to try again, or for good.
    Closing(Option<Disconnect>),
    /// Until the next attempt.
    Waiting,
    /// Until there is another token, and not before this time.
    Locked(TokenRefusal, Timestamp),
    Ended,
}

/// The timers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tick {
    Retry,
    KeepAlive,
    Silence,
    Close,
    Token,
    AskToken,
    AskStatus,
}

impl Timer for Tick {
    fn index(self) -> usize {
        self as usize
    }

    fn why(self) -> &'static str {
        match self {
            Self::Retry => "the next attempt to connect is due",
            Self::KeepAlive => "the next ping is due",
            Self::Silence => "the cloud has given no sign of life",
            Self::Close => "the cloud has not answered the close",
            Self::Token => "the token is to be replaced",
            Self::AskToken => "nobody has brought a token",
            Self::AskStatus => "nobody has brought the statuses",
        }
    }
}

impl ShellySession {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Probing | State::Ready)
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended | State::Closing(None))
    }

    pub(super) fn connect(&mut self) {
        self.state = State::Connecting;
        self.fresh_token = false;
        self.actions.push_back(Action::Connect(self.token.endpoint.clone()));
    }

    pub(super) fn connected(&mut self, now: Timestamp) {
        if self.state == State::Connecting {
            self.state = State::Probing;
            self.actions.push_back(Action::SendPing);
            self.timers.set(Tick::Silence, now + self.config.rpc_timeout);
        }
    }

    pub(super) fn connect_failed(&mut self, now: Timestamp, failure: ConnectFailure) {
        if self.state != State::Connecting {
            return;
        }
        match failure {
            ConnectFailure::Refused { status: status @ (401 | 403), ref body } if !is_rate_limit(status, body) => {
                self.refused(now, TokenRefusal::Handshake { status });
            }
            failure => self.retry(now, Disconnect::Connect(failure)),
        }
    }

    /// Something came, so the cloud is there, and has taken the token.
    pub(super) fn heard(&mut self, now: Timestamp) {
        self.timers.set(Tick::Silence, now + self.config.keep_alive * 2);
        if self.state != State::Probing {
            return;
        }
        self.state = State::Ready;
        self.token.worked |= !self.fresh_token;
        self.backoff.connected(now);
        self.timers.set(Tick::KeepAlive, now + self.config.keep_alive);
        self.notice(Event::Ready);
        // Stops that waited go first.
        for (_, request) in self.requests.iter_mut() {
            if let InFlight::Message { text, sent: sent @ false, .. } = &mut request.data {
                *sent = true;
                self.actions.push_back(Action::SendText(text.clone()));
            }
        }
        self.ask += 1;
        self.ask_status(now);
    }

    fn ask_status(&mut self, now: Timestamp) {
        self.notice(Event::StatusNeeded { ask: self.ask });
        self.timers.set(Tick::AskStatus, now + ASK_AGAIN);
    }

    pub(super) fn closed(&mut self, now: Timestamp, info: Option<CloseInfo>) {
        let why = match core::mem::replace(&mut self.state, State::Idle) {
            State::Probing | State::Ready | State::Connecting => match info {
                Some(CloseInfo { code: Some(TOKEN_BROKEN), reason }) => {
                    return self.refused(now, TokenRefusal::Closed { reason });
                }
                Some(CloseInfo { code, reason }) => Disconnect::Closed { code, reason },
                None => Disconnect::Lost,
            },
            State::Closing(Some(why)) => why,
            State::Closing(None) => return self.ended(),
            other @ (State::Idle | State::Waiting | State::Locked(..) | State::Ended) => {
                self.state = other;
                return;
            }
        };
        self.retry(now, why);
    }

    /// The connection is gone: tries again later.
    fn retry(&mut self, now: Timestamp, why: Disconnect) {
        self.disconnected();
        let retry_at = self.backoff.failed(now);
        self.wait(retry_at, why);
    }

    fn wait(&mut self, retry_at: Timestamp, why: Disconnect) {
        self.state = State::Waiting;
        self.timers.set(Tick::Retry, retry_at);
        self.notice(Event::Disconnected { why, retry_at: Some(retry_at) });
    }

    /// The token was not taken. With another one it is tried again, the first time at once.
    fn refused(&mut self, now: Timestamp, refusal: TokenRefusal) {
        self.disconnected();
        let why = Disconnect::Refused(refusal.clone());
        if self.fresh_token {
            return self.wait(now, why);
        }
        let later = self.backoff.failed(now);
        let not_before = if self.backoff.attempts() == 1 { now } else { later };
        // One that has grown old on the way says nothing about the next.
        if self.token.after_refusal && !self.token.worked && now < self.token.due {
            return self.login_failed(LoginFailure::RefusedAgain(refusal));
        }
        self.state = State::Locked(refusal.clone(), not_before);
        self.notice(Event::Disconnected { why, retry_at: None });
        self.want_token(now, Wanted::Refused(refusal));
    }

    /// Asks for another token, also if that is being asked already: now it is more urgent.
    fn want_token(&mut self, now: Timestamp, why: Wanted) {
        let before = match why {
            Wanted::Expiring => self.token.ends,
            Wanted::Refused(_) => now,
        };
        self.wanted = Some(why.clone());
        self.timers.stop(Tick::Token);
        self.timers.set(Tick::AskToken, now + ASK_AGAIN);
        self.notice(Event::CredentialsNeeded { before, why });
    }

    pub(super) fn take_token(
        &mut self,
        now: Timestamp,
        token: &Secret<String>,
        lifetime: Option<Duration>,
    ) -> Result<(), CommandError> {
        self.config.place.follow(token).map_err(CommandError::Token)?;
        let mut token = Token::new(now, &self.config.place, token, lifetime);
        token.after_refusal = matches!(self.state, State::Locked(..));
        self.timers.set(Tick::Token, token.due);
        self.timers.stop(Tick::AskToken);
        self.token = token;
        self.fresh_token = true;
        self.wanted = None;
        if let State::Locked(_, not_before) = self.state {
            if not_before > now {
                self.state = State::Waiting;
                self.timers.set(Tick::Retry, not_before);
            } else {
                self.connect();
            }
        }
        Ok(())
    }

    /// There is no other token.
    pub(super) fn no_token(&mut self) {
        self.wanted = None;
        self.timers.stop(Tick::AskToken);
        if let State::Locked(refusal, _) = &self.state {
            let failure = LoginFailure::NoCredentials(refusal.clone());
            self.login_failed(failure);
        }
    }

    /// Gives up a connection that is no longer of use, and tries again later.
    fn give_up(&mut self, now: Timestamp, why: Disconnect) {
        if self.is_open() {
            self.disconnected();
            self.close(now, Some(why));
        }
    }

    fn close(&mut self, now: Timestamp, then: Option<Disconnect>) {
        self.actions.push_back(Action::Close { code: 1000, reason: String::new() });
        self.timers.set(Tick::Close, now + CLOSE_GRACE);
        self.state = State::Closing(then);
    }

    fn login_failed(&mut self, failure: LoginFailure) {
        self.end_requests();
        self.timers.stop_all();
        self.state = State::Ended;
        self.notice(Event::LoginFailed(failure));
    }

    pub(super) fn shut(&mut self, now: Timestamp) {
        match self.state {
            State::Probing | State::Ready => {
                self.end_requests();
                self.timers.stop_all();
                self.close(now, None);
            }
            State::Closing(_) => {
                self.end_requests();
                self.state = State::Closing(None);
            }
            State::Ended => {}
            State::Idle | State::Connecting | State::Waiting | State::Locked(..) => self.ended(),
        }
    }

    fn ended(&mut self) {
        self.end_requests();
        self.timers.stop_all();
        self.state = State::Ended;
        self.notice(Event::Ended);
    }

    /// Ends what went out on a connection that is gone, and what only makes sense with one. Stops that have not gone out
    /// wait on, and so do questions for the list of devices.
    fn disconnected(&mut self) {
        self.devices.disconnected();
        for tick in [Tick::Retry, Tick::KeepAlive, Tick::Silence, Tick::Close, Tick::AskStatus] {
            self.timers.stop(tick);
        }
        let sent = self.requests.iter().filter(|(_, request)| request.data.is_sent());
        let lost: Vec<RequestToken> = sent.map(|(token, _)| token).collect();
        for token in lost {
            self.requests.remove(token);
            self.finish(token, Outcome::Lost { sent: true });
        }
    }

    fn end_requests(&mut self) {
        for (token, request) in self.requests.drain() {
            self.finish(token, Outcome::Lost { sent: request.is_sent() });
        }
    }

    pub(super) fn tick(&mut self, now: Timestamp, tick: Tick) {
        match tick {
            Tick::Retry => self.connect(),
            Tick::KeepAlive => {
                self.actions.push_back(Action::SendPing);
                self.timers.set(Tick::KeepAlive, now + self.config.keep_alive);
            }
            Tick::Silence => self.give_up(now, Disconnect::Silence),
            // The close was not answered: the next connect, or the end, gives the socket up.
            Tick::Close => self.closed(now, None),
            Tick::Token => self.want_token(now, Wanted::Expiring),
            Tick::AskToken => {
                if let Some(why) = self.wanted.clone() {
                    self.want_token(now, why);
                }
            }
            Tick::AskStatus => self.ask_status(now),
        }
    }
}

/// A reached limit has the status of a bad token, and the body tells (dossier 5).
fn is_rate_limit(status: u16, body: &str) -> bool {
    let call = AllStatus::new(Credentials::bearer(""));
    matches!(call.answer(status, body.as_bytes()), Err(HttpError::RateLimited { .. }))
}
