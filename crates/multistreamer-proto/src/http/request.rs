//! A request as a plain value.

use super::HttpError;
use crate::url::SECRET_PARAMETERS;
use alloc::format;
use alloc::string::String;
pub use dummyload_codec::http::Method;
use dummyload_session::Secret;
use serde::de::DeserializeOwned;

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

    /// `Basic` with name and password to log in, `Bearer` with the token for everything else.
    pub const AUTHORIZATION: &str = "Authorization";
}

/// The server. Whoever sends a request knows its address, and what prefix its operator has put before all paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service;

impl dummyload_codec::http::Service for Service {
    const SECRETS: &'static [&'static str] = &SECRET_PARAMETERS;

    fn shown(self) -> &'static str {
        "the server"
    }
}

/// A request, whole but for the server's address. Printing it shows no credentials and no body.
pub type Request = dummyload_codec::http::Request<Service>;

/// A request to the API with a token.
pub(super) fn signed(method: Method, path: &str, token: &Secret<String>) -> Request {
    let request = Request::new(Service, method, format!("/api/v1{path}"));
    request.with(header::AUTHORIZATION, Secret::new(format!("Bearer {}", token.expose())))
}

/// A success with JSON in its body; else what the server says about its refusal.
pub(super) fn json<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, HttpError> {
    if !(200..300).contains(&status) {
        return Err(HttpError::of_status(status, body));
    }
    if body.trim_ascii().is_empty() {
        return Err(HttpError::NotJson { line: 0, column: 0 });
    }
    serde_json::from_slice(body).map_err(|e| HttpError::of_json(&e))
}
