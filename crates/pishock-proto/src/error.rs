//! Errors, by whose fault they are.

use core::fmt;
pub use dummyload_codec::{DecodeError, OutOfRange};

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
