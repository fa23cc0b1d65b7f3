//! What can be asked for over HTTP, beside the socket.

use crate::address::Address;
use crate::router::Shared;
use crate::{ConnectError, RestError, ServerInfo, Tokens};
use devicehive_proto::Need;
use devicehive_proto::http::{Call, Service, Twin, WaitForCommand};
use devicehive_proto::message::{Answer, Command, Request, Token, TokenRefresh};
use dummyload_driver::Http;
use dummyload_session::Secret;
use std::sync::Arc;

/// The REST side of a server, with the newest access token of the client whose it is. Clones share it.
#[derive(Clone, Debug)]
pub struct Rest {
    http: Http,
    core: Address,
    auth: Address,
    shared: Arc<Shared>,
}

impl Rest {
    pub(crate) fn new(http: Http, core: Address, auth: Address, shared: Arc<Shared>) -> Self {
        Self { http, core, auth, shared }
    }

    /// The newest access token, if there is one. It is replaced before it ends.
    pub fn access_token(&self) -> Option<Secret<String>> {
        self.shared.tokens().access
    }

    /// The newest refresh token, if there is one: whoever keeps it gets in the next time without a password.
    pub fn refresh_token(&self) -> Option<Secret<String>> {
        self.shared.tokens().refresh
    }

    /// Asks what the socket can be asked as well, with the same answer. Sent once.
    ///
    /// # Errors
    /// REST has no such request, the server refuses, or nobody is there; so do all calls here.
    pub async fn ask(&self, request: impl Into<Request>) -> Result<Answer, RestError> {
        let mut twin = Twin::of(request).ok_or(RestError::NoTwin)?;
        // What is open to all is refused to those who bring a token that is not taken (dossier 14.4).
        if twin.action().need() != Need::Nothing {
            twin = twin.bearer(&self.access_token().ok_or(RestError::NoToken)?);
        }
        self.send(&twin).await
    }

    /// The server's version and time, and where its socket is.
    ///
    /// # Errors
    /// See [`Rest::ask`].
    pub async fn info(&self) -> Result<ServerInfo, RestError> {
        match self.ask(Request::ServerInfo).await? {
            Answer::ServerInfo(info) => Ok(info),
            _ => Err(RestError::Unclear),
        }
    }

    /// Tokens for a login and its password.
    ///
    /// # Errors
    /// See [`Rest::ask`].
    pub async fn token(&self, login: impl Into<String>, password: impl Into<String>) -> Result<Tokens, RestError> {
        self.tokens(Token::new(login, Secret::new(password.into()))).await
    }

    /// A new access token by a refresh token.
    ///
    /// # Errors
    /// See [`Rest::ask`].
    pub async fn token_refresh(&self, refresh_token: impl Into<String>) -> Result<Tokens, RestError> {
        self.tokens(TokenRefresh::new(Secret::new(refresh_token.into()))).await
    }

    async fn tokens(&self, request: impl Into<Request>) -> Result<Tokens, RestError> {
        match self.ask(request).await? {
            Answer::Tokens(tokens) => Ok(tokens),
            _ => Err(RestError::Unclear),
        }
    }

    /// Waits until a command is updated, so many seconds at most, 60 at the longest; `None` if it is not by then.
    ///
    /// # Errors
    /// See [`Rest::ask`].
    pub async fn wait_for_command(&self, wait: WaitForCommand) -> Result<Option<Command>, RestError> {
        self.send(&wait.bearer(&self.access_token().ok_or(RestError::NoToken)?)).await
    }

    async fn send<C: Call>(&self, call: &C) -> Result<C::Answer, RestError> {
        let request = call.request();
        tracing::debug!("{request}");
        let base = match request.service {
            Service::Auth => &self.auth,
            _ => &self.core,
        };
        let url = base.join(request.target.expose());
        let sending = self.http.send(request.method.as_str(), &url, &request.headers, request.body);
        let answer = sending.await.map_err(RestError::Http)?;
        call.answer(answer.status, &answer.body).map_err(RestError::Service)
    }

    /// Where the server says that its socket is, if that is the same server or any will do.
    pub(crate) async fn find_socket(&self, any_host: bool) -> Result<Address, ConnectError> {
        let info = self.info().await.map_err(ConnectError::Info)?;
        let named = info.web_socket_server_url.ok_or(ConnectError::Info(RestError::Unclear))?;
        let told = Address::parse(&named).map_err(ConnectError::Address)?;
        if any_host || self.core.is_beside(&told) {
            // Servers behind TLS do not know of it (dossier 9), and what was begun in secret goes on so.
            return Ok(self.core.socket_at(&told));
        }
        Err(ConnectError::Elsewhere(named))
    }
}
