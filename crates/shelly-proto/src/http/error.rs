//! Why a call brought nothing.

use crate::{DecodeError, Errors};
use alloc::string::{String, ToString};
use core::fmt;

/// A call that failed, by whose fault. Of the answer it holds what the cloud said about the failure, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    /// The token or key is not valid (any more): get another one.
    TokenRejected {
        /// The HTTP status.
        status: u16,
    },
    /// Too many requests; this comes with the status of a bad token, and the body tells (dossier 5). Try later, and keep
    /// the token.
    RateLimited {
        /// The HTTP status.
        status: u16,
    },
    /// The cloud refused without a word. Seen to pass by itself; only if it stays has the token gone bad.
    Unexplained {
        /// The HTTP status.
        status: u16,
    },
    /// The device is offline, so the command was not even kept for later.
    DeviceOffline,
    /// The cloud refused for a reason of this call. The status can be 200 (dossier 5).
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        errors: Errors,
    },
    /// The cloud itself failed: any status from 500. The request may be right.
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
    pub(super) fn shape(what: &str) -> Self {
        Self::WrongShape { what: what.to_string() }
    }

    pub(super) fn of_json(e: &DecodeError) -> Self {
        match e {
            DecodeError::NotJson { line, column, .. } => Self::NotJson { line: *line, column: *column },
            DecodeError::WrongShape { pointer, what } if pointer.is_empty() => Self::shape(what),
            DecodeError::WrongShape { pointer, what } => Self::WrongShape { what: alloc::format!("{pointer}: {what}") },
            other => Self::shape(&other.to_string()),
        }
    }

    /// Whether the same request may succeed later without anything being mended.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::RateLimited { .. } | Self::Unexplained { .. } | Self::ServiceFailed { .. })
    }

    /// What the cloud said; nothing for failures of other kinds.
    pub fn errors(&self) -> Option<&Errors> {
        match self {
            Self::Refused { errors, .. } => Some(errors),
            _ => None,
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenRejected { status } => write!(f, "the token is not valid any more (HTTP status {status})"),
            Self::RateLimited { status } => write!(f, "too many requests, try later (HTTP status {status})"),
            Self::Unexplained { status } => write!(f, "the cloud refused without a reason (HTTP status {status})"),
            Self::DeviceOffline => f.write_str("the device is offline"),
            Self::Refused { status, errors } => write!(f, "the cloud refused: {errors} (HTTP status {status})"),
            Self::ServiceFailed { status } => write!(f, "the cloud failed (HTTP status {status})"),
            Self::NotJson { line: 0, .. } => f.write_str("the answer is empty"),
            Self::NotJson { line, column } => write!(f, "the answer is no JSON at line {line} column {column}"),
            Self::WrongShape { what } => write!(f, "the answer is not what this call brings: {what}"),
        }
    }
}

impl core::error::Error for HttpError {}
