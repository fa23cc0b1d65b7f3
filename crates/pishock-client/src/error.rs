//! Why something was not done, by blame.

use crate::{CommandError, Disconnect, LoginFailure, Refusal};
use dummyload_driver::{CallError, HttpFailure};
use pishock_proto::UrlError;
use pishock_proto::http::HttpError;
use pishock_proto::session::PishockSession;
use std::fmt;

/// A request over the socket that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It was not even tried: misuse, a limit, no connection.
    NotTried(CommandError),
    /// The broker refused.
    Refused(Refusal),
    /// No reply came in time. The command may have been carried out; it is not sent again.
    TimedOut,
    /// The connection ended first.
    Lost {
        /// Whether the request had gone out: if so, it may have been carried out. It is not sent again.
        sent: bool,
    },
    /// The client was closed, or its login is no longer taken.
    Ended,
}

impl From<CallError<PishockSession>> for Error {
    fn from(error: CallError<PishockSession>) -> Self {
        match error {
            CallError::NotTried(error) => Self::NotTried(error),
            CallError::Refused(refusal) => Self::Refused(refusal),
            CallError::TimedOut => Self::TimedOut,
            CallError::Lost { sent } => Self::Lost { sent },
            _ => Self::Ended,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTried(error) => write!(f, "not sent: {error}"),
            Self::Refused(refusal) => write!(f, "refused by the broker: {refusal}"),
            Self::TimedOut => f.write_str("the broker did not answer in time; the command may have been carried out"),
            Self::Lost { sent: true } => {
                f.write_str("the connection ended before the answer; the command may have been carried out")
            }
            Self::Lost { sent: false } => f.write_str("the connection ended before the command was sent"),
            Self::Ended => f.write_str("the client has been closed"),
        }
    }
}

impl std::error::Error for Error {}

/// A look-up over HTTP that brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountError {
    /// The service refused, or answered something else than was asked for.
    Service(HttpError),
    /// There was no answer.
    Http(HttpFailure),
}

impl From<HttpError> for AccountError {
    fn from(error: HttpError) -> Self {
        Self::Service(error)
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(error) => error.fmt(f),
            Self::Http(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for AccountError {}

/// Why a client did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The builder was not told whom to reach.
    NoHosts,
    /// The broker's base address is none.
    Address(UrlError),
    /// The account's number could not be looked up; a bad key shows here first.
    LookUp(AccountError),
    /// The broker does not take the login.
    Login(LoginFailure),
    /// There is no connection to the broker.
    Unreachable(Disconnect),
    /// The session ended before it began.
    Ended,
}

impl From<AccountError> for ConnectError {
    fn from(error: AccountError) -> Self {
        Self::LookUp(error)
    }
}

impl From<UrlError> for ConnectError {
    fn from(error: UrlError) -> Self {
        Self::Address(error)
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHosts => f.write_str(
                "no hosts were named: `.hosts(Hosts::at(\"127.0.0.1:4101\"))` reaches a mock, `Hosts::pishock_com()` \
                 the real services",
            ),
            Self::Address(error) => error.fmt(f),
            Self::LookUp(error) => write!(f, "the account could not be looked up: {error}"),
            Self::Login(failure) => failure.fmt(f),
            Self::Unreachable(why) => why.fmt(f),
            Self::Ended => f.write_str("the session ended before it began"),
        }
    }
}

impl std::error::Error for ConnectError {}
