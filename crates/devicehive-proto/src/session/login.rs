//! Saying who the session is, and getting other tokens before the old ones end.

use super::connection::{State, Tick};
use super::credentials::Step;
use super::pending::Job;
use super::{DeviceHiveSession, Disconnect, Event, LoginFailure, Refusal};
use crate::message::{Answer, Authenticate, Request, Token, TokenRefresh};
use core::time::Duration;
use dummyload_session::Timestamp;

/// After a failure to get another token the next attempt follows then.
const RENEW_AGAIN: Duration = Duration::from_secs(60);

impl DeviceHiveSession {
    /// Tries the next way in.
    pub(super) fn enter(&mut self, now: Timestamp) {
        match self.keyring.next(self.clock.now(now)) {
            Some(step) => self.take(now, step),
            None => {
                let refusal = self.refusal.take().unwrap_or_default();
                self.login_failed(now, LoginFailure::Refused(refusal));
            }
        }
    }

    fn take(&mut self, now: Timestamp, step: Step) {
        self.keyring.tried(&step);
        let request: Request = match &step {
            Step::Authenticate(token) => Authenticate::new(token.clone()).into(),
            Step::Refresh(token) => TokenRefresh::new(token.clone()).into(),
            Step::Login(login, password) => Token::new(login.clone(), password.clone()).into(),
        };
        self.send(now, &request, Job::Login(step));
    }

    pub(super) fn login_answered(&mut self, now: Timestamp, step: &Step, answer: Result<Answer, Refusal>) {
        let entering = self.state == State::Entering;
        match answer {
            Ok(Answer::Tokens(tokens)) => {
                self.keyring.got(tokens.access_token.clone(), tokens.refresh_token.clone());
                self.notice(Event::Tokens { access: tokens.access_token.clone(), refresh: tokens.refresh_token });
                self.plan_renewal(now);
                // Also where the session is authenticated: `token/create` works with a living token only (dossier 6).
                self.take(now, Step::Authenticate(tokens.access_token));
            }
            Ok(_) if entering && matches!(step, Step::Authenticate(_)) => self.ready(now),
            Ok(_) if matches!(step, Step::Authenticate(_)) => {}
            // An answer without a token is no way in.
            Ok(_) => self.login_refused(now, step, Refusal::new(0, "the answer holds no token")),
            Err(refusal) => self.login_refused(now, step, refusal),
        }
    }

    fn login_refused(&mut self, now: Timestamp, step: &Step, refusal: Refusal) {
        let entering = self.state == State::Entering;
        if refusal.is_servers_fault() {
            if entering {
                return self.give_up(now, Disconnect::Login(refusal));
            }
            self.notice(Event::NotRenewed(refusal));
            return self.renew_later(now);
        }
        self.keyring.refused(step);
        if entering {
            self.refusal = Some(refusal);
            return self.enter(now);
        }
        match self.keyring.renew() {
            Some(next) => self.take(now, next),
            None => self.notice(Event::NotRenewed(refusal)),
        }
    }

    /// Sets the timer for another access token.
    pub(super) fn plan_renewal(&mut self, now: Timestamp) {
        match self.keyring.due(now, self.clock) {
            Some(due) => self.timers.set(Tick::Renew, due),
            None => self.timers.stop(Tick::Renew),
        }
    }

    pub(super) fn renew(&mut self, now: Timestamp) {
        let underway = self.requests.iter().any(|(_, request)| matches!(request.data.job, Job::Login(_)));
        if self.state != State::Ready || underway {
            return;
        }
        self.keyring.begin();
        if let Some(step) = self.keyring.renew() {
            self.take(now, step);
        }
    }

    pub(super) fn renew_later(&mut self, now: Timestamp) {
        self.timers.set(Tick::Renew, now + RENEW_AGAIN);
    }
}
