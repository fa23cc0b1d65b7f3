//! Why something was not done, by blame.

use crate::{AddressError, CommandError, CommandReceipt, Disconnect, LoginFailure, Refusal};
use devicehive_proto::http::HttpError;
use devicehive_proto::session::DeviceHiveSession;
use dummyload_driver::{CallError, HttpFailure};
use std::fmt;

/// A request that was not done, or of which that is not known.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// It was not even tried: misuse, no connection.
    NotTried(CommandError),
    /// The server refused.
    Refused(Refusal),
    /// No reply came in time: the server leaves some requests without one. It may have acted all the same.
    TimedOut,
    /// The connection ended first.
    Lost {
        /// Whether the request had gone out: if so, the server may have acted on it.
        sent: bool,
    },
    /// The server has taken the command, and its device has not updated it in time. That may still come.
    NotUpdated(CommandReceipt),
    /// The answer is of another kind than the request is for.
    Unclear,
    /// The client has ended.
    Ended,
}

impl Error {
    /// What the server said, if it refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl From<CallError<DeviceHiveSession>> for Error {
    fn from(error: CallError<DeviceHiveSession>) -> Self {
        match error {
            CallError::NotTried(CommandError::Ended) => Self::Ended,
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
            Self::Refused(refusal) => write!(f, "refused by the server: {refusal}"),
            Self::TimedOut => f.write_str("no reply came in time; the server may have acted all the same"),
            Self::Lost { sent: true } => {
                f.write_str("the connection ended before the reply; the server may have acted")
            }
            Self::Lost { sent: false } => f.write_str("the connection ended before the request was sent"),
            Self::NotUpdated(receipt) => {
                write!(f, "the server has taken command {}, and its device has not updated it in time", receipt.id)
            }
            Self::Unclear => f.write_str("the server answered something else than was asked"),
            Self::Ended => f.write_str("the client has ended"),
        }
    }
}

impl std::error::Error for Error {}

/// A call over HTTP that brought nothing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RestError {
    /// The server refused, or answered something else than was asked for.
    Service(HttpError),
    /// The answer is of another kind than the request is for.
    Unclear,
    /// There is no such request in REST.
    NoTwin,
    /// There was no answer. The server may have acted all the same.
    Http(HttpFailure),
    /// There is no access token to ask with: nobody has logged in.
    NoToken,
}

impl fmt::Display for RestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(error) => error.fmt(f),
            Self::Unclear => f.write_str("the server answered something else than was asked"),
            Self::NoTwin => f.write_str("this can be asked for over the socket only"),
            Self::Http(failure) => failure.fmt(f),
            Self::NoToken => f.write_str("there is no access token to ask with"),
        }
    }
}

impl std::error::Error for RestError {}

/// Why a client did not come about.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address of the server is none.
    Address(AddressError),
    /// The server could not be asked where its socket is.
    Info(RestError),
    /// The server says that its socket is on another host or port. It is not followed there unless that is allowed.
    Elsewhere(String),
    /// The server does not take the credentials.
    Login(LoginFailure),
    /// There is no connection.
    Unreachable(Disconnect),
    /// The session ended before it began.
    Ended,
}

impl From<AddressError> for ConnectError {
    fn from(error: AddressError) -> Self {
        Self::Address(error)
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(error) => error.fmt(f),
            Self::Info(error) => write!(f, "the server does not tell where its socket is: {error}"),
            Self::Elsewhere(url) => {
                write!(f, "the server says that its socket is at {url}: name that, or allow it with `any_host()`")
            }
            Self::Login(failure) => failure.fmt(f),
            Self::Unreachable(why) => why.fmt(f),
            Self::Ended => f.write_str("the session ended before it began"),
        }
    }
}

impl std::error::Error for ConnectError {}
