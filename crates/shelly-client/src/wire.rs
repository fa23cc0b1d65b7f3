//! Requests on their way: to which server, when, and what came back.

use crate::limiter::Limiter;
use crate::{AccountError, HostPolicy};
use dummyload_driver::Http;
use dummyload_session::Secret;
use shelly_proto::http::{Call, Service};
use shelly_proto::session::TokenError;
use shelly_proto::{Claims, Server};

/// Sends calls.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) http: Http,
    pub(crate) limiter: Limiter,
    pub(crate) policy: HostPolicy,
    /// The login API, where one was named.
    pub(crate) api: Option<Server>,
    /// The account's server, where one was named; else tokens tell.
    pub(crate) account: Option<Server>,
}

impl Wire {
    /// The server of an account: the one that was named, or the one that its token or code names, if the policy agrees.
    pub(crate) fn server_of(&self, token: &Secret<String>) -> Result<Server, AccountError> {
        if let Some(server) = &self.account {
            return Ok(server.clone());
        }
        let claims = Claims::decode(token.expose()).map_err(|e| AccountError::Token(TokenError::Claims(e)))?;
        self.policy.server_of(&claims).map_err(|e| AccountError::Token(TokenError::Server(e)))
    }

    /// Sends one call, once. `account` is the server of the account.
    pub(crate) async fn call<C: Call>(&self, account: &Server, call: &C) -> Result<C::Answer, AccountError> {
        let request = call.request();
        let server = match (request.service, &self.api) {
            (Service::Api, Some(api)) => api,
            _ => account,
        };
        self.limiter.turn().await;
        tracing::debug!("{request}");
        let url = Secret::new(format!("{}{}", server.base(), request.target.expose()));
        let sending = self.http.send(request.method.as_str(), &url, &request.headers, request.body);
        let answer = sending.await.map_err(AccountError::Http)?;
        Ok(call.answer(answer.status, &answer.body)?)
    }
}
