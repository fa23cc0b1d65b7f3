//! What can be looked up and arranged over HTTP.

use crate::{AccountError, Hosts, Hub, Link, LinkId, ShareCode, SharedShocker, Shocker, ShockerId, UserId};
use dummyload_driver::Http;
use dummyload_session::Secret;
use pishock_proto::http::{
    Call, ClaimShares, CreateShare, GetHealth, GetLink, GetLinks, GetShared, GetShockers, GetUserDevices,
    GetUserIfApiKeyValid, GiveBackShare,
};
use pishock_proto::{Login, OutOfRange, ShareId};

/// One account's HTTP calls. Shockers are operated over the socket only: the HTTP API can start what it cannot stop
/// (dossier 6.5).
#[derive(Clone, Debug)]
pub struct Account {
    http: Http,
    hosts: Hosts,
    login: Login,
    user: UserId,
}

impl Account {
    pub(crate) async fn look_up(
        http: Http,
        hosts: Hosts,
        login: Login,
        user: Option<UserId>,
    ) -> Result<Self, AccountError> {
        let mut account = Self { http, hosts, login, user: user.unwrap_or(UserId(0)) };
        if let (None, Login::ApiKey { username, key }) = (user, &account.login) {
            let call = GetUserIfApiKeyValid::new(username, key.expose());
            account.user = account.call(&call).await?.id;
        }
        Ok(account)
    }

    async fn call<C: Call>(&self, call: &C) -> Result<C::Answer, AccountError> {
        let request = call.request();
        tracing::debug!("{request}");
        let url = Secret::new(format!("{}{}", self.hosts.base(request.service), request.target.expose()));
        let sending = self.http.send(request.method.as_str(), &url, &request.headers, request.body);
        let answer = sending.await.map_err(AccountError::Http)?;
        Ok(call.answer(answer.status, &answer.body)?)
    }

    pub(crate) fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// The account's number.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// One's own hubs with their shockers, in the order of the account.
    ///
    /// # Errors
    /// A login that is not taken, or nobody there; so do all calls here.
    pub async fn hubs(&self) -> Result<Vec<Hub>, AccountError> {
        self.call(&GetUserDevices::new(self.user, &self.login)).await
    }

    /// One's own shockers with what they can do.
    ///
    /// # Errors
    /// See [`Account::hubs`].
    pub async fn shockers(&self) -> Result<Vec<Shocker>, AccountError> {
        self.call(&GetShockers::new(self.login.clone())).await
    }

    /// What others share with this account.
    ///
    /// # Errors
    /// See [`Account::hubs`].
    pub async fn shared(&self) -> Result<Vec<SharedShocker>, AccountError> {
        self.call(&GetShared::new(self.login.clone())).await
    }

    /// Makes a share code for one's own shocker.
    ///
    /// # Errors
    /// See [`Account::hubs`].
    pub async fn create_share(&self, shocker: ShockerId) -> Result<ShareCode, AccountError> {
        self.call(&CreateShare::new(self.user, &self.login, shocker)).await
    }

    /// Claims share codes of others, 1 to 20 at once.
    ///
    /// # Errors
    /// See [`Account::hubs`]; also codes that are unknown or claimed already.
    pub async fn claim(&self, codes: impl IntoIterator<Item = ShareCode>) -> Result<(), ClaimError> {
        let call = ClaimShares::new(self.login.clone(), codes).map_err(ClaimError::Number)?;
        self.call(&call).await.map_err(ClaimError::Account)
    }

    /// Gives a claimed share back.
    ///
    /// # Errors
    /// See [`Account::hubs`].
    pub async fn give_back(&self, share: ShareId) -> Result<(), AccountError> {
        self.call(&GiveBackShare::new(self.login.clone(), share)).await
    }

    /// One's own public control links.
    ///
    /// # Errors
    /// See [`Account::hubs`].
    pub async fn links(&self) -> Result<Vec<Link>, AccountError> {
        self.call(&GetLinks::new(self.login.clone())).await
    }

    /// One public control link.
    ///
    /// # Errors
    /// See [`Account::hubs`].
    pub async fn link(&self, link: LinkId) -> Result<Link, AccountError> {
        self.call(&GetLink::new(link)).await
    }

    /// Whether the service is up.
    ///
    /// # Errors
    /// When it is not.
    pub async fn health(&self) -> Result<(), AccountError> {
        self.call(&GetHealth::new()).await
    }
}

/// Why codes were not claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimError {
    /// None, or more than 20.
    Number(OutOfRange),
    /// The service.
    Account(AccountError),
}

impl std::fmt::Display for ClaimError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(error) => error.fmt(f),
            Self::Account(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ClaimError {}
