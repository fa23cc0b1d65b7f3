//! Whom to reach, and how to follow a stream.

use crate::user::User;
use crate::{ApiError, Chat, ConnectError, Event, Events, Missed, StreamId};
use dummyload_driver::{Http, Trust};
use dummyload_session::{BackoffPolicy, Secret};
use multistreamer_proto::http::Login;
use multistreamer_proto::session::{MultistreamerSession, SessionConfig};
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A server. There is no default: nobody is reached who is not named.
#[derive(Clone, Debug)]
pub struct Multistreamer {
    base: String,
    http: Http,
    trust: Trust,
}

impl Multistreamer {
    /// The server under this address: `http://` or `https://`, the host, and the prefix that its operator has chosen, if any.
    /// TLS needs one of the rustls features.
    pub fn at(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), http: Http::default(), trust: Trust::default() }
    }

    /// Whose certificates are taken, for a server with one of its own.
    #[must_use]
    pub fn trust(self, trust: Trust) -> Self {
        Self { http: Http::trusting(&trust), trust, ..self }
    }

    /// Logs in by name and password. The first login of a name makes the user.
    ///
    /// # Errors
    /// The server does not take them, or is not there.
    pub async fn login(&self, username: &str, password: &str) -> Result<User, ApiError> {
        let login = Login::new(username, password);
        let token = crate::user::call(&self.http, &self.base, &login).await?;
        Ok(User::new(self.clone(), token))
    }

    /// With a token from an earlier login; it does not end by itself.
    pub fn with_token(&self, token: impl Into<String>) -> User {
        User::new(self.clone(), Secret::new(token.into()))
    }

    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The address of the socket: the same, with `ws` in the place of `http`.
    fn socket_base(&self) -> String {
        match self.base.strip_prefix("http") {
            Some(rest) => format!("ws{rest}"),
            None => self.base.clone(),
        }
    }
}

/// How a stream is to be followed. Begins with [`User::chat`].
#[derive(Clone, Debug)]
pub struct ChatBuilder {
    server: Multistreamer,
    config: SessionConfig,
    driver: dummyload_driver::Limits,
}

impl ChatBuilder {
    pub(crate) fn new(server: Multistreamer, stream: StreamId, token: &Secret<String>) -> Self {
        let config = SessionConfig::new(&server.socket_base(), stream, token.expose())
            // Of no consequence but that no two programs come back in step.
            .seed(RandomState::new().hash_one(stream));
        Self { server, config, driver: dummyload_driver::Limits::default() }
    }

    /// Lets messages out to the chats of networks, where everybody can read them. The internal chat needs no allowance.
    #[must_use]
    pub fn allow_posting(self) -> Self {
        Self { config: self.config.allow_posting(), ..self }
    }

    /// How long to wait for a status; 10 s by default.
    #[must_use]
    pub fn status_timeout(self, patience: Duration) -> Self {
        Self { config: self.config.status_timeout(patience), ..self }
    }

    /// After how much silence of the server to ask for a status, to see whether it is still there; 40 s by default.
    #[must_use]
    pub fn probe_after(self, silence: Duration) -> Self {
        Self { config: self.config.probe_after(silence), ..self }
    }

    /// How long to wait for a writer.
    #[must_use]
    pub fn writer_timeout(self, patience: Duration) -> Self {
        Self { config: self.config.writer_timeout(patience), ..self }
    }

    /// How long to wait until something that was said comes back.
    #[must_use]
    pub fn echo_timeout(self, patience: Duration) -> Self {
        Self { config: self.config.echo_timeout(patience), ..self }
    }

    /// The waits between attempts to connect; by default up to 5 s first, as the web chat, and 60 s at most.
    #[must_use]
    pub fn backoff(self, backoff: BackoffPolicy) -> Self {
        Self { config: self.config.backoff(backoff), ..self }
    }

    /// The bounds of the connection: queues, message sizes, times.
    #[must_use]
    pub fn driver_limits(self, driver: dummyload_driver::Limits) -> Self {
        Self { driver, ..self }
    }

    /// Opens the chat, and waits for the first status.
    ///
    /// # Errors
    /// The token has no right to this chat, or nobody is there.
    pub async fn connect(self) -> Result<(Chat, Events), ConnectError> {
        let session = MultistreamerSession::new(self.config);
        let (handle, mut events) = dummyload_driver::spawn(session, self.driver, &self.server.trust);
        let (chat, mut early, mut missed) = (Chat::new(handle), VecDeque::new(), 0);
        loop {
            match events.next().await {
                Some(Ok(Event::Ready)) => {
                    early.extend((missed > 0).then_some(Err(Missed(missed))));
                    return Ok((chat, Events::new(early, events)));
                }
                Some(Ok(Event::Refused { status })) => return Err(ConnectError::Refused { status }),
                Some(Ok(Event::Disconnected { why, .. })) => {
                    chat.close().await;
                    return Err(ConnectError::Unreachable(why));
                }
                Some(other) if early.len() < self.driver.events => early.push_back(other),
                Some(_) => missed += 1,
                None => return Err(ConnectError::Ended),
            }
        }
    }
}
