//! Errors, by whose fault they are.

use alloc::string::{String, ToString};
use core::fmt;

/// A quantity that a program of yours gave is out of range. Nothing was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    what: &'static str,
    given: i64,
    range: &'static str,
}

impl OutOfRange {
    /// For a quantity of this name, and what it may be.
    pub const fn new(what: &'static str, given: i64, range: &'static str) -> Self {
        Self { what, given, range }
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} is {}; it must be {}", self.what, self.given, self.range)
    }
}

impl core::error::Error for OutOfRange {}

/// A text is not what it should be. Holds nothing of the text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// No JSON.
    NotJson {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there, and what to do.
        what: String,
    },
    /// JSON, but not of the shape that is wanted.
    WrongShape {
        /// Where, as a JSON pointer (RFC 6901).
        pointer: String,
        /// What stands there, and what should.
        what: String,
    },
}

impl DecodeError {
    /// No JSON: says where, and for the mistakes that documents and people make, what to do.
    pub fn not_json(text: &str, e: &serde_json::Error) -> Self {
        let line = text.lines().nth(e.line().saturating_sub(1)).unwrap_or_default();
        let rest = line.as_bytes().get(e.column().saturating_sub(1)..).unwrap_or_default();
        let what = if text.trim().is_empty() {
            "the message is empty"
        } else if e.to_string().contains("recursion limit") {
            "it is nested too deeply"
        } else if e.is_eof() {
            "it ends too early"
        } else if rest.starts_with(b"'") {
            "JSON wants double quotes, not single ones"
        } else if rest.starts_with(b"/") || rest.starts_with(b"...") {
            "JSON has no comments and no omissions"
        } else if text.contains(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}']) {
            "JSON wants straight double quotes, not curly ones"
        } else {
            "this is not how JSON goes on"
        };
        Self::NotJson { line: e.line(), column: e.column(), what: what.into() }
    }

    /// JSON that is of another shape at this pointer.
    pub fn wrong(pointer: &str, what: &str) -> Self {
        Self::WrongShape { pointer: pointer.into(), what: what.into() }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { line, column, what } => write!(f, "no JSON at line {line} column {column}: {what}"),
            Self::WrongShape { pointer, what } if pointer.is_empty() => write!(f, "not a message: {what}"),
            Self::WrongShape { pointer, what } => write!(f, "not a message at {pointer}: {what}"),
        }
    }
}

impl core::error::Error for DecodeError {}

#[cfg(test)]
mod tests {
    use super::DecodeError;
    use alloc::string::ToString;
    use serde::de::IgnoredAny;

    #[test]
    fn what_to_do_depends_on_where_it_breaks() {
        for (text, advice) in [
            (" ", "the message is empty"),
            (r#"{"a":"#, "it ends too early"),
            (r#"{'a':1}"#, "double quotes, not single"),
            (r#"{"url":"http://a" // why"#, "no comments"),
            (r#"{"a":1, ...}"#, "no omissions"),
            ("{\u{201c}a\u{201d}:1}", "straight"),
            (r#"{"url":"http://a",}"#, "not how JSON goes on"),
        ] {
            let e = serde_json::from_str::<IgnoredAny>(text).unwrap_err();
            let told = DecodeError::not_json(text, &e).to_string();
            assert!(told.contains(advice), "{text}: {told}");
        }
    }
}
