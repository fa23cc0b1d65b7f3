//! Why something was not done, by blame.

use crate::{CommandError, Disconnect, LimitError, LoginFailure, Refusal, StoreError, Unclear};
use dummyload_driver::{CallError, HttpFailure};
use shelly_proto::http::HttpError;
use shelly_proto::session::{ShellySession, TokenError};
use shelly_proto::{BadParams, CallbackError, OutOfRange, ServerError};
use std::fmt;

/// A request over the socket that was not done, or of which that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// It was not even tried: misuse, a limit, no connection.
    NotTried(CommandError),
    /// The cloud refused, or the device behind it.
    Refused(Refusal),
    /// There was an answer that says neither yes nor no.
    Unclear(Unclear),
    /// No answer came in time. The command may have been carried out; it is not sent again.
    TimedOut,
    /// The connection ended first.
    Lost {
        /// Whether the request had gone out: if so, it may have been carried out. It is not sent again.
        sent: bool,
    },
    /// The client was closed, or its tokens are no longer taken.
    Ended,
}

impl From<CallError<ShellySession>> for Error {
    fn from(error: CallError<ShellySession>) -> Self {
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
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
            Self::Unclear(Unclear { raw }) => {
                write!(f, "the answer says neither yes nor no, so the command may have been carried out: {raw}")
            }
            Self::TimedOut => f.write_str("no answer came in time; the command may have been carried out"),
            Self::Lost { sent: true } => {
                f.write_str("the connection ended before the answer; the command may have been carried out")
            }
            Self::Lost { sent: false } => f.write_str("the connection ended before the command was sent"),
            Self::Ended => f.write_str("the client has ended"),
        }
    }
}

impl std::error::Error for Error {}

/// A call over HTTP that brought nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountError {
    /// Too many requests. Try later; the tokens are as good as before.
    RateLimited,
    /// The tokens are no longer taken, and nothing is left to get others with: somebody must log in again.
    LogInAgain,
    /// The cloud refused, or answered something else than was asked for.
    Service(HttpError),
    /// There was no answer. A command may have been carried out.
    Http(HttpFailure),
    /// A limit of this client; nothing was sent.
    Limit(LimitError),
    /// A number that must not be so; nothing was sent.
    Number(OutOfRange),
    /// A command that this way of sending has no words for; nothing was sent.
    Command(BadParams),
    /// The token cannot be used; nothing was sent.
    Token(TokenError),
    /// The address of a server that was named is none.
    Address(ServerError),
    /// The tokens could not be read or kept.
    Store(StoreError),
}

impl From<HttpError> for AccountError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::RateLimited { .. } => Self::RateLimited,
            error => Self::Service(error),
        }
    }
}

impl fmt::Display for AccountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RateLimited => f.write_str("too many requests: try later"),
            Self::LogInAgain => f.write_str("the tokens are no longer taken: log in again"),
            Self::Service(error) => error.fmt(f),
            Self::Http(failure) => failure.fmt(f),
            Self::Limit(limit) => write!(f, "not sent: {limit}"),
            Self::Number(error) => error.fmt(f),
            Self::Command(error) => write!(f, "not sent: {error}"),
            Self::Token(error) => error.fmt(f),
            Self::Address(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AccountError {}

/// Why a login or a client did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectError {
    /// The builder was not told where the login page is.
    NoPage,
    /// The builder was not told where the login API is.
    NoApi,
    /// There are no tokens: nobody has logged in yet.
    NotLoggedIn,
    /// What came back from the login page has no code.
    Callback(CallbackError),
    /// What came back from the login page belongs to another login.
    ForeignCallback,
    /// Tokens could not be got.
    Account(AccountError),
    /// The token is not taken by the socket, and there is no other.
    Login(LoginFailure),
    /// There is no connection.
    Unreachable(Disconnect),
    /// The session ended before it began.
    Ended,
}

impl From<AccountError> for ConnectError {
    fn from(error: AccountError) -> Self {
        Self::Account(error)
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HOSTS: &str =
            "`.hosts(Hosts::at(\"127.0.0.1:4102\"))` reaches a mock, `Hosts::shelly_cloud()` the real one";
        match self {
            Self::NoPage => write!(f, "no login page was named: {HOSTS}"),
            Self::NoApi => write!(f, "no login API was named: {HOSTS}"),
            Self::NotLoggedIn => f.write_str("there are no tokens: log in first, or give the builder some"),
            Self::Callback(error) => error.fmt(f),
            Self::ForeignCallback => f.write_str("this callback belongs to another login: begin again"),
            Self::Account(error) => error.fmt(f),
            Self::Login(failure) => failure.fmt(f),
            Self::Unreachable(why) => why.fmt(f),
            Self::Ended => f.write_str("the session ended before it began"),
        }
    }
}

impl std::error::Error for ConnectError {}
