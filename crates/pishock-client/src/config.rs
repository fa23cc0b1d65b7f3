//! Whom to reach, as whom, and within which limits.

use crate::account::Account;
use crate::{ConnectError, Dialect, Event, Events, Limits, PiShock, UserId};
use dummyload_driver::{Http, Trust};
use pishock_proto::Login;
use pishock_proto::http::Service;
use pishock_proto::session::{PishockSession, SessionConfig};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// The base addresses of the broker and of the three HTTP services. There is no default: a program reaches the real
/// services only by naming them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    broker: String,
    auth: String,
    ps: String,
    api: String,
}

impl Hosts {
    /// Everything at one plain address, as the mock serves it: `127.0.0.1:4101`.
    pub fn at(address: &str) -> Self {
        let http = format!("http://{address}");
        Self { broker: format!("ws://{address}"), auth: http.clone(), ps: http.clone(), api: http }
    }

    /// The real services. What is sent there acts on real people. Needs one of the rustls features.
    pub fn pishock_com() -> Self {
        let https = |service: Service| format!("https://{}", service.host());
        Self {
            broker: "wss://broker.pishock.com".to_owned(),
            auth: https(Service::Auth),
            ps: https(Service::Ps),
            api: https(Service::Api),
        }
    }

    /// Another broker: `ws://` or `wss://` and a host.
    #[must_use]
    pub fn broker(mut self, base: &str) -> Self {
        base.clone_into(&mut self.broker);
        self
    }

    /// Another base address for one of the HTTP services.
    #[must_use]
    pub fn service(mut self, service: Service, base: &str) -> Self {
        let slot = match service {
            Service::Auth => &mut self.auth,
            Service::Ps => &mut self.ps,
            _ => &mut self.api,
        };
        base.clone_into(slot);
        self
    }

    pub(crate) fn base(&self, service: Service) -> &str {
        match service {
            Service::Auth => &self.auth,
            Service::Ps => &self.ps,
            _ => &self.api,
        }
    }
}

/// What a client is made from. Begins with [`PiShock::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    login: Login,
    user: Option<UserId>,
    hosts: Option<Hosts>,
    dialect: Dialect,
    limits: Limits,
    origin: String,
    reply_timeout: Option<Duration>,
    keep_alive: Option<Duration>,
    driver: dummyload_driver::Limits,
    http: Http,
    trust: Trust,
}

impl Builder {
    pub(crate) fn new(login: Login) -> Self {
        let user = match &login {
            Login::Token { user, .. } => Some(*user),
            _ => None,
        };
        Self {
            login,
            user,
            hosts: None,
            dialect: Dialect::V2,
            limits: Limits::default(),
            origin: "dummyload".to_owned(),
            reply_timeout: None,
            keep_alive: None,
            driver: dummyload_driver::Limits::default(),
            http: Http::default(),
            trust: Trust::default(),
        }
    }

    /// Whom to reach; must be given.
    #[must_use]
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = Some(hosts);
        self
    }

    /// What commands may do: by default vibrate and beep, but not shock.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The name of the program, shown in the logs of the hubs.
    #[must_use]
    pub fn origin(mut self, name: &str) -> Self {
        name.clone_into(&mut self.origin);
        self
    }

    /// The other dialect; V2 is the default.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// The account's number, if it is known: it is not looked up then.
    #[must_use]
    pub fn user_id(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// How long to wait for a reply of the broker; 5 s by default.
    #[must_use]
    pub fn reply_timeout(mut self, patience: Duration) -> Self {
        self.reply_timeout = Some(patience);
        self
    }

    /// After how much silence of the broker to ask whether it is still there; 30 s by default.
    #[must_use]
    pub fn keep_alive(mut self, silence: Duration) -> Self {
        self.keep_alive = Some(silence);
        self
    }

    /// How long opening the socket may take; 10 s by default.
    #[must_use]
    pub fn connect_timeout(mut self, patience: Duration) -> Self {
        self.driver.connect_time = patience;
        self
    }

    /// How many events may wait for their reader before some are lost (and counted); 1024 by default.
    #[must_use]
    pub fn event_buffer(mut self, events: usize) -> Self {
        self.driver.events = events;
        self
    }

    /// Other certificate authorities than the rustls feature brings, for the socket and for HTTP.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.http = Http::trusting(&trust);
        self.trust = trust;
        self
    }

    /// The HTTP side alone, without a socket. Looks up the account's number, unless it is known.
    ///
    /// # Errors
    /// No hosts, a bad key, or nobody there.
    pub async fn account(&self) -> Result<Account, ConnectError> {
        let hosts = self.hosts.clone().ok_or(ConnectError::NoHosts)?;
        Ok(Account::look_up(self.http.clone(), hosts, self.login.clone(), self.user).await?)
    }

    /// Looks up the account's number, opens the socket, and waits until the broker has taken the login. From then on lost
    /// connections are opened again without end.
    ///
    /// # Errors
    /// No hosts, a login that is not taken, or nobody there at the first attempt.
    pub async fn connect(self) -> Result<(PiShock, Events), ConnectError> {
        let account = self.account().await?;
        let mut config = SessionConfig::new(account.hosts().broker.as_str(), self.dialect, &self.login)?
            .user(account.user())
            .limits(self.limits)
            // Of no consequence but that no two programs come back in step.
            .seed(RandomState::new().hash_one(account.user()));
        if let Some(patience) = self.reply_timeout {
            config = config.reply_timeout(patience);
        }
        if let Some(silence) = self.keep_alive {
            config = config.keep_alive(silence);
        }
        let (handle, events) = dummyload_driver::spawn(PishockSession::new(config), self.driver, &self.trust);
        let mut events = Events::new(events);
        let pishock = PiShock::new(handle, account, self.origin);
        loop {
            match events.next().await {
                Some(Ok(Event::Ready)) => return Ok((pishock, events)),
                Some(Ok(Event::LoginFailed(failure))) => return Err(ConnectError::Login(failure)),
                Some(Ok(Event::Disconnected { why, .. })) => {
                    pishock.close().await;
                    return Err(ConnectError::Unreachable(why));
                }
                Some(_) => {}
                None => return Err(ConnectError::Ended),
            }
        }
    }
}
