//! Whom to reach, with which tokens, and within which limits.

use crate::account::Account;
use crate::client::Settings;
use crate::keeper::{self, Keeper};
use crate::limiter::Limiter;
use crate::login::Login;
use crate::wire::Wire;
use crate::{
    AccountError, ConnectError, Elsewhere, Events, FileStore, Grant, HostPolicy, Limits, MemoryStore, Shelly,
    TokenStore, Trust,
};
use dummyload_driver::Http;
use dummyload_session::Secret;
use shelly_proto::http::{self, Service};
use shelly_proto::{Claims, DIY_CLIENT, Server};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Between two HTTP requests, so that one a second is not exceeded (dossier 5).
const SPACING: Duration = Duration::from_millis(1200);

/// Where the servers are. Without one that is named here, only the server that a token names is reached, if the
/// [`HostPolicy`] agrees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    page: Option<String>,
    api: Option<String>,
    account: Option<String>,
    socket: Elsewhere,
}

impl Hosts {
    /// No more than tokens name.
    pub fn by_token() -> Self {
        Self::default()
    }

    /// Everything at one address, as the mock serves it: `127.0.0.1:4102`, or with a scheme `https://localhost:4102`. What
    /// tokens name does not count then.
    pub fn at(address: &str) -> Self {
        let base = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        // What is no address is told when it is used.
        let server = HostPolicy::Any.check(&base).ok();
        let port = server.map(|server| server.port().unwrap_or(if server.is_secure() { 443 } else { 80 }));
        let socket = port.map(Elsewhere::port).unwrap_or_default();
        Self { page: Some(base.clone()), api: Some(base.clone()), account: Some(base), socket }
    }

    /// The real cloud. What is sent there switches real devices. Needs one of the rustls features.
    pub fn shelly_cloud() -> Self {
        let api = Service::Api.host().map(|host| format!("https://{host}"));
        Self { page: Some("https://my.shelly.cloud".to_owned()), api, ..Self::default() }
    }

    /// Another base address of the login page.
    #[must_use]
    pub fn page(mut self, base: &str) -> Self {
        self.page = Some(base.to_owned());
        self
    }

    /// Another base address of the API behind the login page.
    #[must_use]
    pub fn api(mut self, base: &str) -> Self {
        self.api = Some(base.to_owned());
        self
    }

    /// Another base address of the account's server, whatever its tokens name.
    #[must_use]
    pub fn account(mut self, base: &str) -> Self {
        self.account = Some(base.to_owned());
        self
    }

    /// Another address of the socket than port 6113 of the account's server.
    #[must_use]
    pub fn socket(mut self, elsewhere: Elsewhere) -> Self {
        self.socket = elsewhere;
        self
    }
}

/// What a client is made from. Begins with [`Shelly::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    client_id: Option<String>,
    hosts: Hosts,
    policy: HostPolicy,
    store: Arc<dyn TokenStore>,
    grant: Option<Grant>,
    spacing: Duration,
    http: Http,
    settings: Settings,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            client_id: None,
            hosts: Hosts::default(),
            policy: HostPolicy::default(),
            store: Arc::new(MemoryStore::new()),
            grant: None,
            spacing: SPACING,
            http: Http::default(),
            settings: Settings::default(),
        }
    }

    /// The client id that Shelly has given to this program; `shelly-diy` by default, which anybody may use.
    #[must_use]
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// Where the servers are.
    #[must_use]
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// Which servers that tokens name are sent the tokens: by default those below `shelly.cloud`, over `https`. Servers
    /// named by [`Builder::hosts`] need no leave.
    #[must_use]
    pub fn pin(mut self, policy: HostPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Where tokens are kept; by default in memory.
    #[must_use]
    pub fn store(mut self, store: impl TokenStore + 'static) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// Keeps tokens in this file; see [`FileStore`].
    #[must_use]
    pub fn token_file(self, path: impl Into<PathBuf>) -> Self {
        self.store(FileStore::new(path))
    }

    /// Tokens that are there already, instead of those in the store.
    #[must_use]
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grant = Some(grant);
        self
    }

    /// An access token alone, which nothing can replace when it ends.
    #[must_use]
    pub fn access_token(self, token: impl Into<String>) -> Self {
        let client_id = self.client_id.clone().unwrap_or_else(|| DIY_CLIENT.to_owned());
        self.grant(Grant::new(client_id, token))
    }

    /// What commands may do, over the socket and over HTTP: by default switch relays, change lights and move covers, but
    /// not call methods of devices.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// How long to wait for the answer to a command; 5 s by default.
    #[must_use]
    pub fn command_timeout(mut self, patience: Duration) -> Self {
        self.settings.command_timeout = Some(patience);
        self
    }

    /// How long to wait for the answer to a call of a device; 10 s by default.
    #[must_use]
    pub fn rpc_timeout(mut self, patience: Duration) -> Self {
        self.settings.rpc_timeout = Some(patience);
        self
    }

    /// How often to send a ping; 30 s by default.
    #[must_use]
    pub fn keep_alive(mut self, every: Duration) -> Self {
        self.settings.keep_alive = Some(every);
        self
    }

    /// How long opening the socket may take; 10 s by default.
    #[must_use]
    pub fn connect_timeout(mut self, patience: Duration) -> Self {
        self.settings.driver.connect_time = patience;
        self
    }

    /// How many events may wait for their reader before some are lost (and counted); 1024 by default.
    #[must_use]
    pub fn event_buffer(mut self, events: usize) -> Self {
        self.settings.driver.events = events;
        self
    }

    /// The time from one HTTP request to the next; 1.2 s by default, since the cloud takes one a second.
    #[must_use]
    pub fn spacing(mut self, spacing: Duration) -> Self {
        self.spacing = spacing;
        self
    }

    /// Other certificate authorities than the rustls feature brings, for the socket and for HTTP.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.http = Http::trusting(&trust);
        self.settings.trust = trust;
        self
    }

    fn wire(&self) -> Result<Wire, AccountError> {
        // What a program names itself needs no policy.
        let server = |base: &Option<String>| -> Result<Option<Server>, AccountError> {
            base.as_deref().map(|base| HostPolicy::Any.check(base)).transpose().map_err(AccountError::Address)
        };
        Ok(Wire {
            http: self.http.clone(),
            limiter: Limiter::new(self.spacing),
            policy: self.policy,
            api: server(&self.hosts.api)?,
            account: server(&self.hosts.account)?,
        })
    }

    fn account_with(&self, wire: Wire, grant: Grant) -> Account {
        let keeper = Keeper::new(Arc::clone(&self.store), grant);
        Account::new(wire, keeper, self.hosts.socket.clone(), self.settings.clone())
    }

    /// A login that a person makes at Shelly's own page. `redirect_uri` is where the page sends the browser afterwards.
    ///
    /// # Errors
    /// No login page was named.
    pub fn login(&self, redirect_uri: &str) -> Result<Login, ConnectError> {
        let page = self.hosts.page.as_deref().ok_or(ConnectError::NoPage)?;
        let client_id = self.client_id.as_deref().unwrap_or(DIY_CLIENT);
        Ok(Login::new(self.clone(), page, client_id, redirect_uri))
    }

    /// Exchanges an authorization code for tokens, and keeps them in the store.
    ///
    /// # Errors
    /// The code is not taken, or names a server that must not have it.
    pub async fn exchange_code(&self, code: impl Into<String>) -> Result<Account, ConnectError> {
        let code = Secret::new(code.into());
        let wire = self.wire()?;
        // A code says which client it was made for.
        let claims = Claims::decode(code.expose()).unwrap_or_default();
        let client_id = self.client_id.as_deref().or(claims.client_id()).unwrap_or(DIY_CLIENT);
        let grant = keeper::exchange(&wire, &self.store, client_id, &code).await?;
        Ok(self.account_with(wire, grant))
    }

    /// Logs in with an e-mail address and a password, for programs without anybody at a browser. A program that can send a
    /// person to the login page should do that instead, and never see the password.
    ///
    /// # Errors
    /// They are not taken, or no login API was named.
    pub async fn log_in(&self, email: &str, password: &str) -> Result<Account, ConnectError> {
        let wire = self.wire()?;
        let api = wire.api.clone().ok_or(ConnectError::NoApi)?;
        let client_id = self.client_id.as_deref().unwrap_or(DIY_CLIENT);
        let login = wire.call(&api, &http::Login::new(email, password, client_id)).await?;
        let grant = keeper::exchange(&wire, &self.store, client_id, &login.code).await?;
        Ok(self.account_with(wire, grant))
    }

    /// The account of the tokens that were given or kept, without a socket. Sends nothing yet.
    ///
    /// # Errors
    /// There are no tokens, or they name a server that must not have them.
    pub async fn account(&self) -> Result<Account, ConnectError> {
        let wire = self.wire()?;
        let grant = match &self.grant {
            Some(grant) => Some(grant.clone()),
            None => keeper::load(&self.store).await?,
        };
        let grant = grant.ok_or(ConnectError::NotLoggedIn)?;
        wire.server_of(&grant.access_token)?;
        Ok(self.account_with(wire, grant))
    }

    /// Opens the socket of the account of the tokens that were given or kept; see [`Account::connect`].
    ///
    /// # Errors
    /// Those of [`Builder::account`] and [`Account::connect`].
    pub async fn connect(&self) -> Result<(Shelly, Events), ConnectError> {
        self.account().await?.connect().await
    }
}
