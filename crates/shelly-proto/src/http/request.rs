//! A request as a plain value.

use super::HttpError;
use crate::url::{encoded, redact_url};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
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
    /// `Bearer` with the access token.
    pub const AUTHORIZATION: &str = "Authorization";
    /// Of a request with a body.
    pub const CONTENT_TYPE: &str = "Content-Type";
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

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
}

impl Method {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
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
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// Which server it is for.
    pub service: Service,
    /// The method.
    pub method: Method,
    /// Path and query, percent-encoded, with its slash in front. There can be credentials in the query.
    pub target: Secret<String>,
    /// Headers in order.
    pub headers: Vec<(&'static str, Secret<String>)>,
    /// The body, a form or JSON, which can hold credentials; `None` if the request has none.
    pub body: Option<String>,
}

impl Request {
    fn new(service: Service, method: Method, target: String) -> Self {
        Self { service, method, target: Secret::new(target), headers: Vec::new(), body: None }
    }

    /// A GET with parameters in the query.
    pub(super) fn get(service: Service, path: &str, fields: &Fields) -> Self {
        let query = fields.encoded();
        let target = if query.is_empty() { path.to_string() } else { format!("{path}?{query}") };
        Self::new(service, Method::Get, target)
    }

    /// A POST with parameters in the query.
    pub(super) fn post_query(service: Service, path: &str, fields: &Fields) -> Self {
        Self { method: Method::Post, ..Self::get(service, path, fields) }
    }

    /// A POST of a form.
    pub(super) fn form(service: Service, path: &str, fields: &Fields) -> Self {
        let mut request = Self::new(service, Method::Post, path.to_string());
        request.content("application/x-www-form-urlencoded", fields.encoded());
        request
    }

    /// A POST of JSON.
    pub(super) fn json(service: Service, path: &str, body: String) -> Self {
        let mut request = Self::new(service, Method::Post, path.to_string());
        request.content("application/json", body);
        request
    }

    fn content(&mut self, kind: &str, body: String) {
        self.headers.push((header::CONTENT_TYPE, Secret::new(kind.to_string())));
        self.body = Some(body);
    }

    /// A GET of the account's server, allowed by credentials.
    pub(super) fn signed_get(path: &str, mut fields: Fields, credentials: &Credentials) -> Self {
        fields.sign(credentials);
        Self::get(Service::Account, path, &fields).bearer(credentials)
    }

    /// A form for the account's server, allowed by credentials.
    pub(super) fn signed_form(path: &str, mut fields: Fields, credentials: &Credentials) -> Self {
        fields.sign(credentials);
        Self::form(Service::Account, path, &fields).bearer(credentials)
    }

    /// JSON for the account's server, allowed by credentials; a key goes into the query.
    pub(super) fn signed_json(path: &str, body: String, credentials: &Credentials) -> Self {
        let mut fields = Fields::new();
        fields.sign(credentials);
        let query = fields.encoded();
        let target = if query.is_empty() { path.to_string() } else { format!("{path}?{query}") };
        Self::json(Service::Account, &target, body).bearer(credentials)
    }

    fn bearer(mut self, credentials: &Credentials) -> Self {
        if let Credentials::Bearer(token) = credentials {
            let value = Secret::new(format!("Bearer {}", token.expose()));
            self.headers.insert(0, (header::AUTHORIZATION, value));
        }
        self
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.service.host().unwrap_or("the account's server");
        write!(f, "{} {host}{}", self.method.as_str(), redact_url(self.target.expose()))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({self})")
    }
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
