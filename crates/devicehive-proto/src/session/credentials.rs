//! Who a session is, and which way in is next.

use super::clock::ServerClock;
use crate::{Action, Datetime, TokenPayload};
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use dummyload_session::{Secret, Timestamp};

/// How long before its end an access token is replaced; half of what is left, where that is less. They live half an hour
/// (dossier 8.1).
const MARGIN: Duration = Duration::from_secs(60);
/// The shortest that one is used, so that a token that ends at once makes nobody ask in circles.
const SHORTEST_USE: Duration = Duration::from_secs(10);

/// What a session has to say who it is. With several, the cheapest that works is used: an access token, else a new one by the
/// refresh token, else a login.
#[derive(Clone, Default)]
pub struct Credentials {
    pub(super) login: Option<(String, Secret<String>)>,
    pub(super) access: Option<Secret<String>>,
    pub(super) refresh: Option<Secret<String>>,
}

impl Credentials {
    /// None: only what is open to all can be asked for (dossier 5).
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// A login with its password.
    pub fn login(login: impl Into<String>, password: impl Into<String>) -> Self {
        Self::default().and_login(login, password)
    }

    /// An access token. When it has ended, nobody gets in with it any more.
    pub fn token(access: impl Into<String>) -> Self {
        Self::default().and_token(access)
    }

    /// A refresh token.
    pub fn refresh_token(refresh: impl Into<String>) -> Self {
        Self::default().and_refresh_token(refresh)
    }

    /// Also a login with its password.
    #[must_use]
    pub fn and_login(mut self, login: impl Into<String>, password: impl Into<String>) -> Self {
        self.login = Some((login.into(), Secret::new(password.into())));
        self
    }

    /// Also an access token.
    #[must_use]
    pub fn and_token(mut self, access: impl Into<String>) -> Self {
        self.access = Some(Secret::new(access.into()));
        self
    }

    /// Also a refresh token.
    #[must_use]
    pub fn and_refresh_token(mut self, refresh: impl Into<String>) -> Self {
        self.refresh = Some(Secret::new(refresh.into()));
        self
    }
}

impl fmt::Debug for Credentials {
    /// Which there are, and the name of the login.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = self.login.as_ref().map(|(login, _)| login);
        let mut shown = f.debug_struct("Credentials");
        shown.field("login", &login).field("access", &self.access).field("refresh", &self.refresh).finish()
    }
}

/// A way in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Authenticate(Secret<String>),
    Refresh(Secret<String>),
    Login(String, Secret<String>),
}

impl Step {
    pub(super) fn action(&self) -> Action {
        match self {
            Self::Authenticate(_) => Action::Authenticate,
            Self::Refresh(_) => Action::TokenRefresh,
            Self::Login(..) => Action::Token,
        }
    }
}

/// The credentials in use, with what was tried on this connection.
#[derive(Debug)]
pub(super) struct Keyring {
    credentials: Credentials,
    /// There were none from the beginning.
    pub(super) anonymous: bool,
    /// When the access token ends, on the server's clock.
    ends: Option<Datetime>,
    refreshed: bool,
    logged_in: bool,
}

impl Keyring {
    pub(super) fn new(credentials: Credentials) -> Self {
        let ends = credentials.access.as_ref().and_then(end);
        let mut keyring = Self { credentials, anonymous: false, ends, refreshed: false, logged_in: false };
        keyring.anonymous = keyring.is_empty();
        keyring
    }

    /// A connection begins: all can be tried again.
    pub(super) fn begin(&mut self) {
        (self.refreshed, self.logged_in) = (false, false);
    }

    /// Whether nothing is left, or never was.
    pub(super) fn is_empty(&self) -> bool {
        let Credentials { login, access, refresh } = &self.credentials;
        login.is_none() && access.is_none() && refresh.is_none()
    }

    /// The access token, unless it has ended for all that is known.
    pub(super) fn access(&self, server: Option<Datetime>) -> Option<&Secret<String>> {
        let ended = matches!((self.ends, server), (Some(ends), Some(now)) if ends <= now);
        self.credentials.access.as_ref().filter(|_| !ended)
    }

    /// The next way in; `None` if all were tried.
    pub(super) fn next(&self, server: Option<Datetime>) -> Option<Step> {
        if let Some(token) = self.access(server) {
            return Some(Step::Authenticate(token.clone()));
        }
        // A clock can be wrong, so a token that seems to have ended is better than nothing.
        self.renew().or_else(|| self.credentials.access.clone().map(Step::Authenticate))
    }

    /// The next way to another access token.
    pub(super) fn renew(&self) -> Option<Step> {
        let Credentials { login, refresh, .. } = &self.credentials;
        if let Some(token) = refresh.as_ref().filter(|_| !self.refreshed) {
            return Some(Step::Refresh(token.clone()));
        }
        let (login, password) = login.as_ref().filter(|_| !self.logged_in)?;
        Some(Step::Login(login.clone(), password.clone()))
    }

    /// A way was taken.
    pub(super) fn tried(&mut self, step: &Step) {
        match step {
            Step::Authenticate(_) => {}
            Step::Refresh(_) => self.refreshed = true,
            Step::Login(..) => self.logged_in = true,
        }
    }

    /// The server does not take this.
    pub(super) fn refused(&mut self, step: &Step) {
        match step {
            Step::Authenticate(token) if self.credentials.access.as_ref() == Some(token) => {
                (self.credentials.access, self.ends) = (None, None);
            }
            Step::Refresh(token) if self.credentials.refresh.as_ref() == Some(token) => self.credentials.refresh = None,
            _ => {}
        }
    }

    /// The server has given new tokens.
    pub(super) fn got(&mut self, access: Secret<String>, refresh: Option<Secret<String>>) {
        self.ends = end(&access);
        self.credentials.access = Some(access);
        if refresh.is_some() {
            (self.credentials.refresh, self.refreshed) = (refresh, false);
        }
    }

    /// The program has become somebody else.
    pub(super) fn replace(&mut self, credentials: Credentials) {
        *self = Self::new(credentials);
    }

    /// When to get another access token; `None` if that is unknown, or there is no way to.
    pub(super) fn due(&self, now: Timestamp, clock: ServerClock) -> Option<Timestamp> {
        let Credentials { login, refresh, .. } = &self.credentials;
        if login.is_none() && refresh.is_none() {
            return None;
        }
        let left = clock.when(now, self.ends?)? - now;
        Some(now + (left - MARGIN.min(left / 2)).max(SHORTEST_USE))
    }
}

fn end(token: &Secret<String>) -> Option<Datetime> {
    TokenPayload::read(token.expose()).ok().map(|payload| payload.expiration)
}
