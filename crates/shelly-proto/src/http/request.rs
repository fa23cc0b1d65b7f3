//! A request as a plain value.

use super::HttpError;
use crate::url::{SECRET_PARAMETERS, encoded};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
pub use dummyload_codec::http::Method;
use dummyload_session::Secret;

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

/// The headers that are sent. Names of headers have no case.
pub mod header {
    pub use dummyload_codec::http::header::CONTENT_TYPE;

    /// `Bearer` with the access token.
    pub const AUTHORIZATION: &str = "Authorization";
}

/// The servers of the cloud (dossier 1). Whoever sends the request knows their addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Service {
    /// The same for all accounts: logins.
    Api,
    /// The server of the account, as its tokens name it.
    Account,
}

impl Service {
    /// The name of the real one; `None` where it depends on the account.
    pub const fn host(self) -> Option<&'static str> {
        match self {
            Self::Api => Some("api.shelly.cloud"),
            Self::Account => None,
        }
    }
}

impl dummyload_codec::http::Service for Service {
    const SECRETS: &'static [&'static str] = &SECRET_PARAMETERS;

    fn shown(self) -> &'static str {
        self.host().unwrap_or("the account's server")
    }
}

/// With what a call is allowed (dossier 5).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// An access token, in a header.
    Bearer(Secret<String>),
    /// The older key that the app hands out, among the parameters.
    AuthKey(Secret<String>),
}

impl Credentials {
    /// An access token.
    pub fn bearer(token: impl Into<String>) -> Self {
        Self::Bearer(Secret::new(token.into()))
    }

    /// A key of the app.
    pub fn auth_key(key: impl Into<String>) -> Self {
        Self::AuthKey(Secret::new(key.into()))
    }
}

/// A request, whole but for the base address. Printing it shows no credentials and no body.
pub type Request = dummyload_codec::http::Request<Service>;

/// A GET with parameters in the query.
pub(super) fn get(service: Service, path: &str, fields: &Fields) -> Request {
    Request::new(service, Method::Get, target(path, fields))
}

/// A POST with parameters in the query.
pub(super) fn post_query(service: Service, path: &str, fields: &Fields) -> Request {
    Request::new(service, Method::Post, target(path, fields))
}

/// A POST of a form.
pub(super) fn form(service: Service, path: &str, fields: &Fields) -> Request {
    Request::new(service, Method::Post, path.to_string()).form(fields.encoded())
}

/// A POST of JSON.
pub(super) fn json(service: Service, path: &str, body: String) -> Request {
    Request::new(service, Method::Post, path.to_string()).json(body)
}

/// A GET of the account's server, allowed by credentials.
pub(super) fn signed_get(path: &str, mut fields: Fields, credentials: &Credentials) -> Request {
    fields.sign(credentials);
    bearer(get(Service::Account, path, &fields), credentials)
}

/// A form for the account's server, allowed by credentials.
pub(super) fn signed_form(path: &str, mut fields: Fields, credentials: &Credentials) -> Request {
    fields.sign(credentials);
    bearer(form(Service::Account, path, &fields), credentials)
}

/// JSON for the account's server, allowed by credentials; a key goes into the query.
pub(super) fn signed_json(path: &str, body: String, credentials: &Credentials) -> Request {
    let mut fields = Fields::new();
    fields.sign(credentials);
    bearer(json(Service::Account, &target(path, &fields), body), credentials)
}

fn target(path: &str, fields: &Fields) -> String {
    let query = fields.encoded();
    if query.is_empty() { path.to_string() } else { format!("{path}?{query}") }
}

fn bearer(mut request: Request, credentials: &Credentials) -> Request {
    if let Credentials::Bearer(token) = credentials {
        let value = Secret::new(format!("Bearer {}", token.expose()));
        request.headers.insert(0, (header::AUTHORIZATION, value));
    }
    request
}

/// Parameters in order, for a query or a form.
#[derive(Clone, Default)]
pub(super) struct Fields(Vec<(&'static str, String)>);

impl Fields {
    pub(super) fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.0.push((name, value.to_string()));
        self
    }

    #[must_use]
    pub(super) fn maybe(self, name: &'static str, value: Option<impl fmt::Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    fn sign(&mut self, credentials: &Credentials) {
        if let Credentials::AuthKey(key) = credentials {
            self.0.push(("auth_key", key.expose().clone()));
        }
    }

    fn encoded(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        pairs.join("&")
    }

    /// The same as a JSON object of texts.
    pub(super) fn to_json(&self) -> String {
        crate::escape::written(|out| {
            let mut object = crate::escape::ObjectWriter::open(out);
            for (name, value) in &self.0 {
                object.text(name, Some(value));
            }
            object.close();
        })
    }
}
