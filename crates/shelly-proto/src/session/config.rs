//! What a session is told at its start.

use super::Limits;
use super::token::{Place, TokenError};
use crate::{Elsewhere, HostPolicy, Server};
use alloc::string::String;
use core::time::Duration;
use dummyload_session::{BackoffPolicy, Secret};

/// With which token to connect where, and with what patience. The times are those of dossier 8, 10 and 12.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    pub(super) token: Secret<String>,
    pub(super) lifetime: Option<Duration>,
    pub(super) place: Place,
    pub(super) limits: Limits,
    pub(super) command_timeout: Duration,
    pub(super) rpc_timeout: Duration,
    pub(super) keep_alive: Duration,
    pub(super) backoff: BackoffPolicy,
    pub(super) seed: u64,
    pub(super) first_trid: i32,
}

impl SessionConfig {
    /// A session at the server that the access token names, with [`Limits::default`], 5 s of patience for the answer to a
    /// command and 10 s for that to a call, a ping every 30 s, and reconnects after 1 s to 60 s.
    ///
    /// # Errors
    /// The token names no server, or one that the policy does not agree with.
    pub fn new(token: impl Into<String>, policy: HostPolicy) -> Result<Self, TokenError> {
        let token = Secret::new(token.into());
        let place = Place::by_token(&token, policy)?;
        Ok(Self::with(token, place))
    }

    /// A session at this server, whatever the token says. For tests and mocks.
    pub fn at(token: impl Into<String>, server: Server) -> Self {
        Self::with(Secret::new(token.into()), Place::at(server))
    }

    fn with(token: Secret<String>, place: Place) -> Self {
        Self {
            token,
            lifetime: None,
            place,
            limits: Limits::default(),
            command_timeout: Duration::from_secs(5),
            rpc_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(30),
            // A bad token opens the socket as well as a good one, so only what has lived proves anything (dossier 12).
            backoff: BackoffPolicy { proven_after: Duration::from_secs(60), ..BackoffPolicy::default() },
            seed: 0,
            first_trid: 1,
        }
    }

    /// Another address of the socket than port 6113 of the account's server.
    #[must_use]
    pub fn socket(mut self, elsewhere: Elsewhere) -> Self {
        self.place.elsewhere = elsewhere;
        self
    }

    /// What time it is in seconds since 1970 when the caller's time is zero; without it, the caller's time counts from
    /// 1970. Needed to understand when a token ends.
    #[must_use]
    pub fn epoch(mut self, unix_seconds: i64) -> Self {
        self.place.epoch = unix_seconds;
        self
    }

    /// How long the token lives from the start on, where that is known better than by what stands in it: a clock that is
    /// wrong does no harm then.
    #[must_use]
    pub fn lifetime(mut self, left: Duration) -> Self {
        self.lifetime = Some(left);
        self
    }

    /// What commands may do.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long to wait for the answer to a command.
    #[must_use]
    pub fn command_timeout(mut self, patience: Duration) -> Self {
        self.command_timeout = patience;
        self
    }

    /// How long to wait for the answer to a call of a device, for the first sign of the cloud, and for the list of devices.
    #[must_use]
    pub fn rpc_timeout(mut self, patience: Duration) -> Self {
        self.rpc_timeout = patience;
        self
    }

    /// How often to send a ping. After twice that time without a sign of life the connection is given up.
    #[must_use]
    pub fn keep_alive(mut self, every: Duration) -> Self {
        self.keep_alive = every;
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

    /// With which number transactions begin; 1 if it is below.
    #[must_use]
    pub fn first_trid(mut self, first: i32) -> Self {
        self.first_trid = first;
        self
    }
}
