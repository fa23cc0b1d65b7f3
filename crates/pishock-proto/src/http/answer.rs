//! Reading answers.

use super::error::reason;
use super::{HttpError, Reason};
use serde::de::DeserializeOwned;

/// Whether a status is a success; else what it means for a call with these reasons of its own.
pub(super) fn accepted(status: u16, own: &[Reason]) -> Result<(), HttpError> {
    if (200..300).contains(&status) { Ok(()) } else { Err(HttpError::Refused { status, reason: reason(status, own) }) }
}

/// A success with JSON in its body.
pub(super) fn json<T: DeserializeOwned>(status: u16, body: &[u8], own: &[Reason]) -> Result<T, HttpError> {
    accepted(status, own)?;
    if body.trim_ascii().is_empty() {
        return Err(HttpError::NotJson { line: 0, column: 0 });
    }
    serde_json::from_slice(body).map_err(|e| HttpError::of_json(&e))
}
