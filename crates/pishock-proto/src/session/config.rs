//! What a session is told at its start.

use super::Limits;
use crate::{Dialect, Login, UrlError, UserId, endpoint};
use core::time::Duration;
use dummyload_session::{BackoffPolicy, Endpoint};

/// Where to log in, as whom, and with what patience. The times are those of dossier 9.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    pub(super) endpoint: Endpoint,
    pub(super) dialect: Dialect,
    pub(super) user: Option<UserId>,
    pub(super) limits: Limits,
    pub(super) reply_timeout: Duration,
    pub(super) keep_alive: Duration,
    pub(super) backoff: BackoffPolicy,
    pub(super) seed: u64,
}

impl SessionConfig {
    /// A session at the broker under `base` (`ws://host[:port]`), with [`Limits::default`], 5 s of patience for a reply,
    /// a PING after 30 s of silence, and reconnects after 1 s to 60 s.
    ///
    /// # Errors
    /// A base that is no such address.
    pub fn new(base: &str, dialect: Dialect, login: &Login) -> Result<Self, UrlError> {
        Ok(Self {
            endpoint: endpoint(base, dialect, login)?,
            dialect,
            user: match login {
                Login::Token { user, .. } => Some(*user),
                Login::ApiKey { .. } => None,
            },
            limits: Limits::default(),
            reply_timeout: Duration::from_secs(5),
            keep_alive: Duration::from_secs(30),
            backoff: BackoffPolicy::default(),
            seed: 0,
        })
    }

    /// The account's number, put into commands that name none. A login by token brings it along.
    #[must_use]
    pub fn user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// What commands may do.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long to wait for a reply.
    #[must_use]
    pub fn reply_timeout(mut self, patience: Duration) -> Self {
        self.reply_timeout = patience;
        self
    }

    /// After how much silence of the broker a PING asks whether it is still there.
    #[must_use]
    pub fn keep_alive(mut self, silence: Duration) -> Self {
        self.keep_alive = silence;
        self
    }

    /// The waits between attempts to connect.
    #[must_use]
    pub fn backoff(mut self, backoff: BackoffPolicy) -> Self {
        self.backoff = backoff;
        self
    }

    /// What the jitter of those waits derives from; give each session another one.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
}
