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
    /// The server refused, or what it answered is not what this call brings.
    fn answer(&self, status: u16, body: &[u8]) -> Result<Self::Answer, HttpError>;
}

/// The headers that are sent. Names of headers have no case.
pub mod header {
    pub use dummyload_codec::http::header::CONTENT_TYPE;

    /// `Bearer`, spelled like this (dossier 1), with an access token.
    pub const AUTHORIZATION: &str = "Authorization";
}

/// The services of a server. Each has a base address of its own, which ends in `/rest` and which whoever sends a request knows.
/// A gateway can serve both under one (dossier 1, 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Service {
    /// Everything but tokens, as at `http://host:8080/dh/rest` or `http://host/api/rest`.
    Core,
    /// Tokens, as at `http://host:8090/dh/rest` or `http://host/auth/rest`.
    Auth,
}

impl dummyload_codec::http::Service for Service {
    const SECRETS: &'static [&'static str] = SECRET_PARAMETERS;

    fn shown(self) -> &'static str {
        match self {
            Self::Core => "the server",
            Self::Auth => "the server of tokens",
        }
    }
}

/// A request, whole but for the base address. Printing it shows no credentials and no body.
pub type Request = dummyload_codec::http::Request<Service>;

/// A path with its query on their way out.
#[derive(Clone, Debug)]
pub(super) struct Target {
    text: String,
    has_query: bool,
}

impl Target {
    pub(super) fn new(path: impl Into<String>) -> Self {
        Self { text: path.into(), has_query: false }
    }

    /// Adds a segment to the path.
    #[must_use]
    pub(super) fn segment(mut self, segment: impl fmt::Display) -> Self {
        self.text.push('/');
        self.text.push_str(&encoded(&segment.to_string()));
        self
    }

    /// Adds a parameter to the query, if it has a value.
    #[must_use]
    pub(super) fn query(mut self, name: &str, value: Option<impl fmt::Display>) -> Self {
        if let Some(value) = value {
            self.text.push(if self.has_query { '&' } else { '?' });
            self.text.push_str(&format!("{name}={}", encoded(&value.to_string())));
            self.has_query = true;
        }
        self
    }

    /// Adds several values with commas between them.
    #[must_use]
    pub(super) fn list<T: fmt::Display>(self, name: &str, values: Option<impl IntoIterator<Item = T>>) -> Self {
        let texts = values.map(|values| values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>());
        self.query(name, texts.map(|texts| texts.join(",")))
    }

    pub(super) fn request(self, service: Service, method: Method) -> Request {
        Request::new(service, method, self.text)
    }
}

/// The request of whoever has this token.
pub(super) fn signed(mut request: Request, token: Option<&Secret<String>>) -> Request {
    if let Some(token) = token {
        let value = Secret::new(format!("Bearer {}", token.expose()));
        request.headers.insert(0, (header::AUTHORIZATION, value));
    }
    request
}
