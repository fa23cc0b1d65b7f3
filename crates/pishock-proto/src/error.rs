//! Errors, by whose fault they are.

use alloc::string::String;
use core::fmt;

/// A quantity that a program of yours gave is out of range. Nothing was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    what: &'static str,
    given: u32,
    range: &'static str,
}

impl OutOfRange {
    pub(crate) const fn intensity(given: u8) -> Self {
        Self { what: "intensity", given: given as u32, range: "0 to 100 percent" }
    }

    pub(crate) fn codes(given: usize) -> Self {
        let given = u32::try_from(given).unwrap_or(u32::MAX);
        Self { what: "number of share codes", given, range: "1 to 20 in one call" }
    }

    pub(crate) const fn duration(given: u32) -> Self {
        Self { what: "duration", given, range: "100 to 15000 milliseconds" }
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} is {}; it must be {}", self.what, self.given, self.range)
    }
}

impl core::error::Error for OutOfRange {}

/// A text that the peer sent is no message of this dialect at all. Holds nothing of the text itself.
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
    /// JSON, but not of the shape that the dialect has.
    WrongShape {
        /// Where, as a JSON pointer (RFC 6901).
        pointer: String,
        /// What stands there, and what should.
        what: String,
    },
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

/// A base address from which no login URL can be made. Holds nothing of the address, which may have credentials in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// It does not begin with `ws://` or `wss://`.
    Scheme,
    /// There is no host behind the scheme.
    Host,
    /// It has a query or a fragment already.
    Query,
    /// It has a user name, and perhaps a password, before the host, where they would be shown.
    UserInfo,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scheme => "the base address must begin with ws:// or wss://",
            Self::Host => "the base address names no host",
            Self::Query => "the base address must have neither a query nor a fragment; the login is added here",
            Self::UserInfo => "the base address must have no user name and no @; the login is added here",
        })
    }
}

impl core::error::Error for UrlError {}
