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
