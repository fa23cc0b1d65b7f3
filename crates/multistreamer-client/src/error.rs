//! Why something was not done, by blame.

use crate::{CommandError, Disconnect};
use dummyload_driver::{CallError, HttpFailure};
use multistreamer_proto::http::HttpError;
use multistreamer_proto::session::MultistreamerSession;
use std::fmt;

/// A request over the socket that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It was not even tried: the server would have dropped it, or there is no connection.
    NotTried(CommandError),
    /// Nothing came of it in time; with this server that is also how things are refused.
    TimedOut,
    /// The connection ended first.
    Lost {
        /// Whether the request had gone out: if so, it may have been carried out. It is not sent again.
        sent: bool,
    },
    /// The chat was closed, or the token is no longer taken.
    Ended,
}

impl From<CallError<MultistreamerSession>> for Error {
    fn from(error: CallError<MultistreamerSession>) -> Self {
        match error {
            CallError::NotTried(error) => Self::NotTried(error),
            CallError::Refused(refusal) => match refusal {},
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
            Self::TimedOut => f.write_str("nothing came back in time; the server does not say why"),
            Self::Lost { sent: true } => f.write_str("the connection ended first; it may have been said all the same"),
            Self::Lost { sent: false } => f.write_str("the connection ended before anything was sent"),
            Self::Ended => f.write_str("the chat has been closed"),
        }
    }
}

impl std::error::Error for Error {}

/// A call of the JSON API that brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiError {
    /// The server refused, or answered something else than was asked for.
    Service(HttpError),
    /// There was no answer.
    Http(HttpFailure),
}

impl From<HttpError> for ApiError {
    fn from(error: HttpError) -> Self {
        Self::Service(error)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(error) => error.fmt(f),
            Self::Http(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for ApiError {}

/// Why a chat did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The server does not take the token for this stream: unknown, or without the right to its chat, or there is no such
    /// stream; it tells none of them apart.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// There is no connection to the server.
    Unreachable(Disconnect),
    /// The session ended before it began.
    Ended,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status } => write!(
                f,
                "the server does not let this token into the chat of this stream (HTTP status {status}): log in again, and \
                 look which streams there are"
            ),
            Self::Unreachable(why) => why.fmt(f),
            Self::Ended => f.write_str("the session ended before it began"),
        }
    }
}

impl std::error::Error for ConnectError {}
