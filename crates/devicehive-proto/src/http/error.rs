//! Why a call brought nothing.

use crate::DecodeError;
use crate::message::Refusal;
use core::fmt;

/// A call that failed, by whose fault. Of the answer it holds what the server said about the failure, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpError {
    /// The server refused.
    Refused {
        /// The HTTP status. It is not always [`Refusal::code`]: a client who asks for a user that is not himself gets 403 with
        /// a 404 in it (dossier 12).
        status: u16,
        /// What it said; the code is the status where it said none (dossier 14.4).
        refusal: Refusal,
    },
    /// The answer is a success, but not one of this call.
    Unclear {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        why: DecodeError,
    },
}

impl HttpError {
    /// What the server said, if it refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::Unclear { .. } => None,
        }
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, refusal } if i64::from(*status) == refusal.code => {
                write!(f, "the server refused: {refusal}")
            }
            Self::Refused { status, refusal } => write!(f, "the server refused: {refusal} (HTTP status {status})"),
            Self::Unclear { status, why } => {
                write!(f, "the answer is not what this call brings: {why} (HTTP status {status})")
            }
        }
    }
}

impl core::error::Error for HttpError {}
