//! What both directions and both dialects need.

use crate::DecodeError;
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use serde::Deserialize;

/// Parses JSON; the error says where and, for the mistakes that the documents themselves make, what to do.
pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(|e| {
        let what = if text.trim().is_empty() {
            "the message is empty".to_string()
        } else if e.to_string().contains("recursion limit") {
            "it is nested too deeply".to_string()
        } else if e.is_eof() {
            "it ends too early".to_string()
        } else if text.contains('\'') && !text.contains('"') {
            "JSON wants double quotes, not single ones".to_string()
        } else if text.contains(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}']) {
            "JSON wants straight double quotes, not curly ones".to_string()
        } else {
            "this is not how JSON goes on".to_string()
        };
        DecodeError::NotJson { line: e.line(), column: e.column(), what }
    })
}

pub(crate) fn wrong(pointer: &str, what: &str) -> DecodeError {
    DecodeError::WrongShape { pointer: pointer.to_string(), what: what.to_string() }
}

pub(crate) fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

/// Writes numbers into a byte buffer.
pub(crate) struct Digits<'a>(pub(crate) &'a mut Vec<u8>);

impl Write for Digits<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Bytes that were all written as text.
pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}
