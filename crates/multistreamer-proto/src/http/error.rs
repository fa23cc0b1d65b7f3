//! Why a call brought nothing.

use alloc::string::{String, ToString};
use core::fmt;
use serde::Deserialize;

/// A call that failed, by whose fault. Of the answer it holds what the server said about the failure, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    /// Name, password or token are not valid.
    Unauthorized,
    /// The server refused, in its own words: no right to it, no such thing, or a network that says no (dossier 2).
    Refused {
        /// The HTTP status; 400 also for what others answer with 403 and 404.
        status: u16,
        /// What it said.
        error: String,
    },
    /// The server itself failed: any status from 500. Unknown routes and odd ids end here too (dossier 2).
    ServiceFailed {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is no JSON.
    NotJson {
        /// Line, from 1; 0 if the body is empty.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The answer is JSON, but not what this call brings.
    WrongShape {
        /// What is missing or wrong, and where.
        what: String,
    },
}

impl HttpError {
    pub(super) fn of_status(status: u16, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Said {
            error: String,
        }
        let said = serde_json::from_slice(body).map(|said: Said| said.error);
        match (status, said) {
            (401, Ok(error)) if error != "endpoint requires authorization" => Self::Refused { status, error },
            (401, _) => Self::Unauthorized,
            (500.., _) => Self::ServiceFailed { status },
            (_, said) => Self::Refused { status, error: said.unwrap_or_default() },
        }
    }

    pub(super) fn of_json(e: &serde_json::Error) -> Self {
        if e.is_data() {
            Self::WrongShape { what: e.to_string() }
        } else {
            Self::NotJson { line: e.line(), column: e.column() }
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized => f.write_str("name, password or token are not valid (HTTP status 401)"),
            Self::Refused { status, error } if error.is_empty() => {
                write!(f, "the server refused (HTTP status {status})")
            }
            Self::Refused { status, error } => write!(f, "the server refused: {error} (HTTP status {status})"),
            Self::ServiceFailed { status } => {
                write!(f, "the server failed (HTTP status {status}); it does so for unknown paths and ids as well")
            }
            Self::NotJson { line: 0, .. } => f.write_str("the answer is empty"),
            Self::NotJson { line, column } => write!(f, "the answer is no JSON at line {line} column {column}"),
            Self::WrongShape { what } => write!(f, "the answer is not what this call brings: {what}"),
        }
    }
}

impl core::error::Error for HttpError {}
