//! Errors, by whose fault they are.

use alloc::string::String;
use core::fmt;

/// A quantity that a program of yours gave is out of range. Nothing was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    what: &'static str,
    given: i64,
    range: &'static str,
}

impl OutOfRange {
    pub(crate) const fn new(what: &'static str, given: i64, range: &'static str) -> Self {
        Self { what, given, range }
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} is {}; it must be {}", self.what, self.given, self.range)
    }
}

impl core::error::Error for OutOfRange {}

/// Parameters that arrived make no command (dossier 11.1). Holds nothing of what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadParams {
    /// A parameter that the command needs is not there, or of a type that cannot be understood.
    Missing(&'static str),
    /// A parameter is outside what the documents say.
    OutOfRange {
        /// Its name.
        name: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// Two parameters exclude each other.
    Conflict(&'static str, &'static str),
    /// No such command.
    UnknownCommand,
}

impl fmt::Display for BadParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "the parameter {name} is missing, or cannot be understood"),
            Self::OutOfRange { name, range } => write!(f, "the parameter {name} must be {range}"),
            Self::Conflict(one, other) => write!(f, "the parameters {one} and {other} exclude each other"),
            Self::UnknownCommand => f.write_str("there is no such command"),
        }
    }
}

impl core::error::Error for BadParams {}

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
    /// Says where, and for the usual mistakes what to do.
    pub(crate) fn not_json(text: &str, e: &serde_json::Error) -> Self {
        let what = if text.trim().is_empty() {
            "the message is empty"
        } else if e.is_eof() {
            "it ends too early"
        } else if text.contains("//") || text.contains("...") {
            "JSON has no comments and no omissions; the documents' samples with them are not meant literally"
        } else if text.contains('\'') && !text.contains('"') {
            "JSON wants double quotes, not single ones"
        } else if text.contains(['\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}']) {
            "JSON wants straight double quotes, not curly ones"
        } else {
            "this is not how JSON goes on"
        };
        Self::NotJson { line: e.line(), column: e.column(), what: what.into() }
    }

    pub(crate) fn wrong(pointer: &str, what: &str) -> Self {
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
