//! Whom to reach, as whom, and with what patience.

use crate::address::Address;
use crate::client::DeviceHive;
use crate::rest::Rest;
use crate::router::{self, Shared, Tokens};
use crate::{ConnectError, Disconnect, Event, Events, RestError, Trust};
use devicehive_proto::session::{Credentials, DeviceHiveSession, Door, SessionConfig};
use dummyload_driver::{Http, HttpFailure};
use dummyload_session::Secret;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How long a server holds an answer back that waits for something (dossier M14).
const LONGEST_POLL: Duration = Duration::from_secs(60);

/// How many events may be between the session and the task that gives each to its stream.
const BETWEEN: usize = 16_384;

/// A client in the making. Begins with [`DeviceHive::connect`]; awaiting it connects.
#[derive(Clone, Debug)]
pub struct Connect {
    url: String,
    rest: Option<String>,
    auth: Option<String>,
    any_host: bool,
    credentials: Credentials,
    kept: Tokens,
    door: Door,
    reply_timeout: Option<Duration>,
    keep_alive: Option<Duration>,
    events: usize,
    driver: dummyload_driver::Limits,
    trust: Trust,
}

impl Connect {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            rest: None,
            auth: None,
            any_host: false,
            credentials: Credentials::anonymous(),
            kept: Tokens::default(),
            door: Door::default(),
            reply_timeout: None,
            keep_alive: None,
            events: 1024,
            driver: dummyload_driver::Limits::default(),
            trust: Trust::default(),
        }
    }

    /// With a login and its password. Tokens are got over the socket, and kept fresh.
    #[must_use]
    pub fn with_login(mut self, login: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = self.credentials.and_login(login, password);
        self
    }

    /// With an access token. When it has ended, a lost connection does not come back, unless there is another way in.
    #[must_use]
    pub fn with_token(mut self, access: impl Into<String>) -> Self {
        let access = access.into();
        self.kept.access = Some(Secret::new(access.clone()));
        self.credentials = self.credentials.and_token(access);
        self
    }

    /// With a refresh token. Access tokens are got by it, and kept fresh.
    #[must_use]
    pub fn with_refresh_token(mut self, refresh: impl Into<String>) -> Self {
        let refresh = refresh.into();
        self.kept.refresh = Some(Secret::new(refresh.clone()));
        self.credentials = self.credentials.and_refresh_token(refresh);
        self
    }

    /// Says who it is in the handshake, wherever there is an access token by then, instead of by a message.
    #[must_use]
    pub fn by_handshake(mut self) -> Self {
        self.door = Door::Handshake;
        self
    }

    /// Another base address of the REST service than the one beside the socket.
    #[must_use]
    pub fn rest(mut self, base: impl Into<String>) -> Self {
        self.rest = Some(base.into());
        self
    }

    /// Another base address of the service that gives tokens over REST than that of all the rest: a bare server has it at port
    /// 8090.
    #[must_use]
    pub fn auth(mut self, base: impl Into<String>) -> Self {
        self.auth = Some(base.into());
        self
    }

    /// Goes to the socket that the server's REST service names, on whatever host. Without this it must be the same one.
    #[must_use]
    pub fn any_host(mut self) -> Self {
        self.any_host = true;
        self
    }

    /// How long to wait for a reply; 30 s by default.
    #[must_use]
    pub fn reply_timeout(mut self, patience: Duration) -> Self {
        self.reply_timeout = Some(patience);
        self
    }

    /// How often to send a ping; 30 s by default.
    #[must_use]
    pub fn keep_alive(mut self, every: Duration) -> Self {
        self.keep_alive = Some(every);
        self
    }

    /// How long opening the socket may take; 10 s by default.
    #[must_use]
    pub fn connect_timeout(mut self, patience: Duration) -> Self {
        self.driver.connect_time = patience;
        self
    }

    /// How many events, and items of each subscription, may wait for their reader before some are lost (and counted); 1024 by
    /// default.
    #[must_use]
    pub fn event_buffer(mut self, events: usize) -> Self {
        self.events = events;
        self
    }

    /// Other certificate authorities than the rustls feature brings, for the socket and for HTTP.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// The REST side of a server, and where its socket is if that was named.
    fn places(&self, shared: &Arc<Shared>) -> Result<(Rest, Option<Address>), ConnectError> {
        let named = Address::parse(&self.url)?;
        let (socket, beside) = match named.is_socket() {
            true => (Some(named.clone()), named.rest_beside()),
            false => (None, named),
        };
        let core = self.rest.as_deref().map_or(Ok(beside), Address::rest)?;
        let auth = self.auth.as_deref().map_or(Ok(core.clone()), Address::rest)?;
        let http = Http::new(LONGEST_POLL + self.driver.connect_time, self.driver.max_message, &self.trust);
        Ok((Rest::new(http, core, auth, Arc::clone(shared)), socket))
    }

    async fn open(mut self) -> Result<(DeviceHive, Events), ConnectError> {
        let shared = Arc::new(Shared::new(self.events, self.kept.clone()));
        let (rest, socket) = self.places(&shared)?;
        let socket = match socket {
            Some(socket) => socket,
            None => {
                let finding = rest.find_socket(self.any_host);
                let late = || ConnectError::Info(RestError::Http(HttpFailure::TimedOut));
                tokio::time::timeout(self.driver.connect_time, finding).await.map_err(|_| late())??
            }
        };
        let mut config = SessionConfig::new(socket.endpoint(), self.credentials)
            .door(self.door)
            // Of no consequence but that no two programs come back in step.
            .seed(RandomState::new().hash_one(0));
        if let Some(patience) = self.reply_timeout {
            config = config.reply_timeout(patience);
        }
        if let Some(every) = self.keep_alive {
            config = config.keep_alive(every);
        }
        // Between the session and the streams nothing is to be lost: what is lost there, nobody knows whose it is.
        self.driver.events = BETWEEN;
        let (handle, events) = dummyload_driver::spawn(DeviceHiveSession::new(config), self.driver, &self.trust);
        let (sink, passed_on) = dummyload_driver::events(self.events);
        tokio::spawn(router::run(Arc::clone(&shared), events, sink));
        let mut events = Events::new(passed_on);
        let hive = DeviceHive::new(handle, rest, shared);
        loop {
            match events.next().await {
                Some(Ok(Event::Ready)) => return Ok((hive, events)),
                Some(Ok(Event::LoginFailed(failure))) => return Err(ConnectError::Login(failure)),
                // Another way in is tried.
                Some(Ok(Event::Disconnected { why: Disconnect::Token { .. }, .. })) => {}
                Some(Ok(Event::Disconnected { why, .. })) => {
                    hive.close().await;
                    return Err(ConnectError::Unreachable(why));
                }
                Some(_) => {}
                None => return Err(ConnectError::Ended),
            }
        }
    }
}

impl IntoFuture for Connect {
    type Output = Result<(DeviceHive, Events), ConnectError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Opens the socket, and waits until the server has taken the credentials. From then on lost connections are opened again
    /// without end, subscriptions made again, and tokens replaced in time.
    ///
    /// Fails if the address is none, the credentials are not taken, or nobody is there at the first attempt.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.open())
    }
}
