//! HTTP requests as plain values: what is sent, and to which service of a protocol. Who sends it is somebody else.

use crate::url::redacted;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use dummyload_session::Secret;

/// The headers that all have. Names of headers have no case.
pub mod header {
    /// Of a request with a body.
    pub const CONTENT_TYPE: &str = "Content-Type";
}

/// The services of a protocol, each with a base address of its own, which whoever sends a request knows.
pub trait Service: Copy {
    /// The query parameters whose values are secret; their names have no case.
    const SECRETS: &'static [&'static str];

    /// Its host for people: the real one's name, or what it is.
    fn shown(self) -> &'static str;
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
    /// PATCH
    Patch,
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
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request, whole but for the base address. Printing it shows no credentials and no body.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request<S> {
    /// Which service it is for.
    pub service: S,
    /// The method.
    pub method: Method,
    /// Path and query, percent-encoded, with its slash in front. There can be credentials in the query.
    pub target: Secret<String>,
    /// Headers in order.
    pub headers: Vec<(&'static str, Secret<String>)>,
    /// The body, a form or JSON, which can hold credentials; `None` if the request has none.
    pub body: Option<String>,
}

impl<S> Request<S> {
    /// A request with neither headers nor body.
    pub fn new(service: S, method: Method, target: String) -> Self {
        Self { service, method, target: Secret::new(target), headers: Vec::new(), body: None }
    }

    /// The same with one header more, behind the others.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Secret<String>) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same with a form in its body.
    #[must_use]
    pub fn form(self, body: String) -> Self {
        self.content("application/x-www-form-urlencoded", body)
    }

    /// The same with JSON in its body.
    #[must_use]
    pub fn json(self, body: String) -> Self {
        self.content("application/json", body)
    }

    fn content(self, kind: &str, body: String) -> Self {
        Self { body: Some(body), ..self.with(header::CONTENT_TYPE, Secret::new(kind.to_string())) }
    }
}

impl<S: Service> fmt::Display for Request<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method.as_str(), self.service.shown(), redacted(self.target.expose(), S::SECRETS))
    }
}

impl<S: Service> fmt::Debug for Request<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[derive(Clone, Copy)]
    struct Lamp;

    impl Service for Lamp {
        const SECRETS: &'static [&'static str] = &["token"];
        fn shown(self) -> &'static str {
            "lamp.test"
        }
    }

    #[test]
    fn printing_shows_no_credentials_and_no_body() {
        let request = Request::new(Lamp, Method::Put, "/on?Token=s3cret&at=1".into());
        let request = request.with("Authorization", Secret::new("s3cret".into())).form("password=s3cret".into());
        assert_eq!(request.to_string(), "PUT lamp.test/on?Token=[redacted]&at=1");
        assert_eq!(format!("{request:?}"), format!("Request({request})"));
        assert_eq!(request.body.as_deref(), Some("password=s3cret"));
        let names: Vec<_> = request.headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["Authorization", header::CONTENT_TYPE]);
    }
}
