//! What a session is told at its start.

use super::Credentials;
use core::time::Duration;
use dummyload_session::{BackoffPolicy, Endpoint};

/// How a session says who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// With the message `authenticate`, as all of the server's own clients do.
    #[default]
    Message,
    /// In the header `Authorization` of the handshake, wherever there is an access token by then. The server then makes no
    /// tokens by `token/create` (dossier 6).
    Handshake,
}

/// Where to connect to, as whom, and with what patience. The times are those of dossier 2, 6 and M9.4.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    pub(super) endpoint: Endpoint,
    pub(super) credentials: Credentials,
    pub(super) door: Door,
    pub(super) reply_timeout: Duration,
    pub(super) keep_alive: Duration,
    pub(super) overlap: Duration,
    pub(super) retention: Duration,
    pub(super) backoff: BackoffPolicy,
    pub(super) seed: u64,
}

impl SessionConfig {
    /// A session at this socket, with 30 s of patience for a reply, a ping every 30 s, and reconnects after 1 s to 60 s.
    pub fn new(endpoint: Endpoint, credentials: Credentials) -> Self {
        Self {
            endpoint,
            credentials,
            door: Door::Message,
            reply_timeout: Duration::from_secs(30),
            keep_alive: Duration::from_secs(30),
            overlap: Duration::from_secs(5),
            retention: Duration::from_secs(120),
            backoff: BackoffPolicy::default(),
            seed: 0,
        }
    }

    /// How the session says who it is.
    #[must_use]
    pub fn door(mut self, door: Door) -> Self {
        self.door = door;
        self
    }

    /// How long to wait for a reply. The server leaves some requests without any.
    #[must_use]
    pub fn reply_timeout(mut self, patience: Duration) -> Self {
        self.reply_timeout = patience;
        self
    }

    /// How often to send a ping. After twice that time without a sign of life the connection is given up.
    #[must_use]
    pub fn keep_alive(mut self, every: Duration) -> Self {
        self.keep_alive = every;
        self
    }

    /// By how much items can come out of order: after a reconnect they are asked for again from so long before the last one.
    #[must_use]
    pub fn overlap(mut self, overlap: Duration) -> Self {
        self.overlap = overlap;
        self
    }

    /// How long the server keeps commands: so long after its insertion one can still be updated.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
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
