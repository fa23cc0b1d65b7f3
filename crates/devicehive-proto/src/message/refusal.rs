//! The server's no.

use alloc::string::String;
use core::fmt;

/// A reply with `status` `error` (dossier 4). Its fields name whose fault it is: 400, 404 and 409 that of the request, 401 and
/// 403 that of the rights, 500 and 503 that of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// `code`, which is an HTTP status; 0 if there is none.
    pub code: i64,
    /// `error`: the server's words. Real servers send none now and then.
    pub error: Option<String>,
}

impl Refusal {
    /// A refusal with this code and text.
    pub fn new(code: i64, error: impl Into<String>) -> Self {
        Self { code, error: Some(error.into()) }
    }

    /// Whether nobody is authenticated, or the token is not taken.
    pub fn is_unauthorized(&self) -> bool {
        self.code == 401
    }

    /// Whether the token allows no such thing, or not there. Who may not see everything gets this for what does not exist as
    /// well (dossier M1.5).
    pub fn is_forbidden(&self) -> bool {
        self.code == 403
    }

    /// Whether there is no such thing.
    pub fn is_not_found(&self) -> bool {
        self.code == 404
    }

    /// Whether the server has failed, so that the same request may be taken another time. Of bad refresh tokens it speaks like that
    /// as well (dossier 8.4).
    pub fn is_servers_fault(&self) -> bool {
        const OF_TOKENS: [&str; 3] = ["Invalid response status", "JWT String argument", "JsonNull"];
        let error = self.error.as_deref().unwrap_or_default();
        (500..600).contains(&self.code) && !OF_TOKENS.iter().any(|begin| error.starts_with(begin))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "{} {}", self.code, error.trim()),
            None => write!(f, "{}, without a reason", self.code),
        }
    }
}

impl core::error::Error for Refusal {}
