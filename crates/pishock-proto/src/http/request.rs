//! A request as a plain value.

use super::HttpError;
use crate::url::{RESERVED, redact_url};
use crate::{Login, UserId};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use dummyload_session::Secret;
use percent_encoding::utf8_percent_encode;

/// One HTTP call: how it is asked, and how its answer is understood.
pub trait Call {
    /// What a success brings.
    type Answer;

    /// The request.
    fn request(&self) -> Request;

    /// Reads the answer: its status and its whole body.
    ///
    /// # Errors
    /// The service refused, or what it answered is not what this call brings.
    fn answer(&self, status: u16, body: &[u8]) -> Result<Self::Answer, HttpError>;
}

/// The headers of the REST API (dossier 6.5). Names of headers have no case.
pub mod header {
    /// The API key; it is enough alone.
    pub const API_KEY: &str = "X-PiShock-Api-Key";
    /// The account's name, beside the key.
    pub const USERNAME: &str = "X-PiShock-Username";
    /// The account's number, beside the token.
    pub const USER_ID: &str = "X-PiShock-UserId";
    /// The website's token.
    pub const TOKEN: &str = "X-PiShock-Token";
    /// Of a request with a body.
    pub const CONTENT_TYPE: &str = "Content-Type";
}

/// The three services. Each has a base address of its own, which whoever sends the request knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Accounts and keys.
    Auth,
    /// The older look-ups.
    Ps,
    /// The newer REST API.
    Api,
}

impl Service {
    /// All services.
    pub const ALL: [Self; 3] = [Self::Auth, Self::Ps, Self::Api];

    /// The name of the real service's host.
    pub const fn host(self) -> &'static str {
        match self {
            Self::Auth => "auth.pishock.com",
            Self::Ps => "ps.pishock.com",
            Self::Api => "api.pishock.com",
        }
    }
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

impl Method {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A request, whole but for the base address. Printing it shows no credentials and no body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Which service it is for.
    pub service: Service,
    /// The method.
    pub method: Method,
    /// Path and query, percent-encoded, with its slash in front. There can be credentials in the query.
    pub target: Secret<String>,
    /// Headers in order.
    pub headers: Vec<(&'static str, Secret<String>)>,
    /// The body, JSON; `None` if the request has none.
    pub body: Option<String>,
}

impl Request {
    pub(super) fn new(service: Service, method: Method, target: String) -> Self {
        Self { service, method, target: Secret::new(target), headers: Vec::new(), body: None }
    }

    /// A request with the credentials in headers (dossier 6.5).
    pub(super) fn signed(method: Method, target: String, login: &Login) -> Self {
        let mut request = Self::new(Service::Api, method, target);
        match login {
            Login::ApiKey { username, key } => {
                request.headers.push((header::USERNAME, Secret::new(username.clone())));
                request.headers.push((header::API_KEY, key.clone()));
            }
            Login::Token { user, token } => {
                request.headers.push((header::USER_ID, Secret::new(user.to_string())));
                request.headers.push((header::TOKEN, token.clone()));
            }
        }
        request
    }

    pub(super) fn json(mut self, body: &impl serde::Serialize) -> Self {
        self.headers.push((header::CONTENT_TYPE, Secret::new("application/json".to_string())));
        // Our bodies have text keys only, and writing to memory does not fail.
        self.body = serde_json::to_string(body).ok();
        self
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method.as_str(), self.service.host(), redact_url(self.target.expose()))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({self})")
    }
}

/// The credentials of the older look-ups: in the query, where an API key stands in the place of the token and is told
/// from one by `api=true` (dossier 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct QueryLogin {
    user: UserId,
    token: Secret<String>,
    is_key: bool,
}

impl QueryLogin {
    /// The user number belongs to the login; a login by token has it inside already.
    pub(super) fn new(user: UserId, login: &Login) -> Self {
        match login {
            Login::ApiKey { key, .. } => Self { user, token: key.clone(), is_key: true },
            Login::Token { user, token } => Self { user: *user, token: token.clone(), is_key: false },
        }
    }

    /// A request to a method of the older service, with more parameters behind the credentials.
    pub(super) fn request(&self, method: Method, name: &str, more: &str) -> Request {
        let Self { user, token, is_key } = self;
        let api = if *is_key { "&api=true" } else { "" };
        let token = encoded(token.expose());
        Request::new(Service::Ps, method, alloc::format!("/PiShock/{name}?UserId={user}&Token={token}{api}{more}"))
    }
}

/// Percent-encoded for a path segment or a query value.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
