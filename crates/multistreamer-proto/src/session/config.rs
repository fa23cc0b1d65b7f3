//! What a session is told at its start.

use crate::{StreamId, redact_url, socket_url};
use alloc::string::String;
use core::time::Duration;
use dummyload_session::{BackoffPolicy, Endpoint};

/// Which stream to follow, as whom, and with what patience. The times are those of dossier 5 and 8.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    pub(super) endpoint: Endpoint,
    pub(super) stream: StreamId,
    pub(super) username: Option<String>,
    pub(super) posting: bool,
    pub(super) status_timeout: Duration,
    pub(super) writer_timeout: Duration,
    pub(super) echo_timeout: Duration,
    pub(super) probe_after: Duration,
    pub(super) longest_text: usize,
    pub(super) backoff: BackoffPolicy,
    pub(super) seed: u64,
}

impl SessionConfig {
    /// A session on a stream of the server under `base` (`ws://host[:port][/prefix]`): 10 s of patience for a status, 30 s for
    /// a writer, 15 s for the echo of what was said, a status asked for after 40 s of silence, and reconnects after 5 s.
    /// Nothing is said on networks, in public, unless [`SessionConfig::allow_posting`] says so.
    pub fn new(base: &str, stream: StreamId, token: &str) -> Self {
        let url = socket_url(base, stream, token);
        let shown = redact_url(&url);
        // As the web chat, and no faster (dossier 5).
        let backoff = BackoffPolicy { initial: Duration::from_secs(5), ..BackoffPolicy::default() };
        Self {
            endpoint: Endpoint::new(url, shown),
            stream,
            username: None,
            posting: false,
            status_timeout: Duration::from_secs(10),
            writer_timeout: Duration::from_secs(30),
            echo_timeout: Duration::from_secs(15),
            probe_after: Duration::from_secs(40),
            longest_text: 30_000,
            backoff,
            seed: 0,
        }
    }

    /// Whose the token is. Without it the session learns it from the first status, which has it as the name of account 0.
    #[must_use]
    pub fn username(self, name: impl Into<String>) -> Self {
        Self { username: Some(name.into()), ..self }
    }

    /// Lets messages out to the chats of networks, where everybody can read them. The internal chat needs no allowance.
    #[must_use]
    pub fn allow_posting(self) -> Self {
        Self { posting: true, ..self }
    }

    /// How long to wait for a status.
    #[must_use]
    pub fn status_timeout(self, patience: Duration) -> Self {
        Self { status_timeout: patience, ..self }
    }

    /// How long to wait for a writer: the server logs in to the network for it, and says nothing when that fails.
    #[must_use]
    pub fn writer_timeout(self, patience: Duration) -> Self {
        Self { writer_timeout: patience, ..self }
    }

    /// How long to wait until something that was said comes back.
    #[must_use]
    pub fn echo_timeout(self, patience: Duration) -> Self {
        Self { echo_timeout: patience, ..self }
    }

    /// After how much silence of the server a status is asked for. It sends a ping after 30 s in which it hears nothing.
    #[must_use]
    pub fn probe_after(self, silence: Duration) -> Self {
        Self { probe_after: silence, ..self }
    }

    /// The waits between attempts to connect.
    #[must_use]
    pub fn backoff(self, backoff: BackoffPolicy) -> Self {
        Self { backoff, ..self }
    }

    /// What the jitter of those waits derives from; give each session another one.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }
}
