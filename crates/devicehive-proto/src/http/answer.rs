//! Whether an answer is a success, and what a refusal says (dossier 14.4).

use super::HttpError;
use crate::message::Refusal;
use crate::{DecodeError, Fields};
use alloc::string::String;
use dummyload_codec::members;

/// The body of a success; empty where it brings nothing.
pub(super) fn accepted(status: u16, body: &[u8]) -> Result<&str, HttpError> {
    let text = core::str::from_utf8(body).map(str::trim_ascii);
    if !(200..300).contains(&status) {
        return Err(HttpError::Refused { status, refusal: refusal(status, text.unwrap_or_default()) });
    }
    text.map_err(|_| unclear(status, DecodeError::wrong("", "the answer is no text in UTF-8")))
}

pub(super) fn unclear(status: u16, why: DecodeError) -> HttpError {
    HttpError::Unclear { status, why }
}

/// The server's own errors are `{"error":404,"message":"…"}`. Those of the framework below it have the number in `status`, a
/// word in `error`, and a `message` now and then; a rejected token gets an empty body from server 4.1.
fn refusal(status: u16, body: &str) -> Refusal {
    let fields = Fields::read(body).unwrap_or_default();
    let number = |name| fields.some(name).and_then(members::integer);
    let word = |name| fields.some(name).and_then(members::text).map(String::from).filter(|text| !text.is_empty());
    Refusal {
        code: number("error").or_else(|| number("status")).unwrap_or_else(|| status.into()),
        error: word("message").or_else(|| word("error")),
    }
}
