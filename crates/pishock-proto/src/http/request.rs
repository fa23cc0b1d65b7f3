//! A request as a plain value.

use super::HttpError;
use crate::url::SECRETS;
use crate::{Login, UserId};
use alloc::string::{String, ToString};
pub use dummyload_codec::http::Method;
use dummyload_codec::url::encoded;
use dummyload_session::Secret;
use serde::Serialize;

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
    pub use dummyload_codec::http::header::CONTENT_TYPE;

    /// The API key; it is enough alone.
    pub const API_KEY: &str = "X-PiShock-Api-Key";
    /// The account's name, beside the key.
    pub const USERNAME: &str = "X-PiShock-Username";
    /// The account's number, beside the token.
    pub const USER_ID: &str = "X-PiShock-UserId";
    /// The website's token.
    pub const TOKEN: &str = "X-PiShock-Token";
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

impl dummyload_codec::http::Service for Service {
    const SECRETS: &'static [&'static str] = &SECRETS;

    fn shown(self) -> &'static str {
        self.host()
    }
}

/// A request, whole but for the base address. Printing it shows no credentials and no body.
pub type Request = dummyload_codec::http::Request<Service>;

/// A request with the credentials in headers (dossier 6.5).
pub(super) fn signed(method: Method, target: String, login: &Login) -> Request {
    let request = Request::new(Service::Api, method, target);
    match login {
        Login::ApiKey { username, key } => {
            request.with(header::USERNAME, Secret::new(username.clone())).with(header::API_KEY, key.clone())
        }
        Login::Token { user, token } => {
            request.with(header::USER_ID, Secret::new(user.to_string())).with(header::TOKEN, token.clone())
        }
    }
}

/// The text of a body of ours. Those have text keys only, and writing to memory does not fail.
pub(super) fn text_of(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
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
