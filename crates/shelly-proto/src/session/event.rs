//! What a session is asked for, and what it tells.

use super::{Device, LimitError, TokenError};
use crate::http::DevicesStatus;
use crate::message::{CommandOutcome, RpcError};
use crate::{Command, CommandResponse, DeviceId, Online, RpcResponse, ServerMessage, StatusOnChange};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use dummyload_session::{ConnectFailure, Secret, Timestamp};

/// What a program asks of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionCommand {
    /// Send a command to a device.
    Send {
        /// The device, in any spelling; the socket gets the decimal one.
        device: DeviceId,
        /// The command.
        command: Command,
    },
    /// All known devices; answered when the list is whole.
    Devices,
    /// A new access token, asked for or not. It is used at the next connection, and at once if there is none because the
    /// old one was refused.
    Credentials {
        /// The token.
        token: Secret<String>,
        /// How long it lives from now, if that is known (`expires_in`).
        lifetime: Option<Duration>,
    },
    /// The answer to [`Event::CredentialsNeeded`] when there is no other token to be had: somebody must log in again.
    /// Ends the session if the old one was refused.
    NoCredentials,
    /// The answer to [`Event::StatusNeeded`].
    Status {
        /// The number of the question.
        ask: u64,
        /// The answer to [`AllStatus`](crate::http::AllStatus).
        body: DevicesStatus,
    },
}

/// Why a command was not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no connection at the moment. Nothing is kept for later but the stops of covers.
    NotConnected,
    /// The session has ended.
    Ended,
    /// [`super::MAX_IN_FLIGHT`] requests wait for their answers.
    Busy,
    /// A limit of this session.
    Limit(LimitError),
    /// The id names no device on the socket: it is neither a number nor a name with X.
    NotAnId(DeviceId),
    /// The new token cannot be used; the old one stays.
    Token(TokenError),
    /// The question was asked on a connection that is gone; there is a newer one.
    Outdated,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("not connected: wait for the session to be ready"),
            Self::Ended => f.write_str("the session has ended: start another one"),
            Self::Busy => f.write_str("too many requests wait for their answers"),
            Self::Limit(limit) => limit.fmt(f),
            Self::NotAnId(id) => write!(
                f,
                "{id:?} is no id of a device on the socket; hexadecimal ones, as HTTP has them, are made by \
                 DeviceId::in_http",
            ),
            Self::Token(error) => write!(f, "the new token cannot be used: {error}"),
            Self::Outdated => f.write_str("the connection that this was asked on is gone"),
        }
    }
}

impl core::error::Error for CommandError {}

/// What a request that was done brings back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// The cloud says that the command was carried out.
    Command(Box<CommandResponse<'static>>),
    /// The device has answered the call.
    Rpc(Box<RpcResponse<'static>>),
    /// There was an answer that says neither yes nor no: the command may have been carried out.
    Unclear(Unclear),
    /// The devices in the order of their ids.
    Devices(Vec<Device>),
    /// Taken in: new credentials or statuses.
    Noted,
}

/// An answer that says neither yes nor no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclear {
    /// The whole message as it came.
    pub raw: String,
}

/// The cloud, or the device behind it, refused (dossier 9.4, 11.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The first code or text that says why.
    pub reason: Option<String>,
    /// The code of the device's own error.
    pub device_code: Option<i64>,
    /// The text of the device's own error.
    pub device_message: Option<String>,
    /// The whole message as it came.
    pub raw: String,
}

impl Refusal {
    pub(super) fn of_command(outcome: &CommandOutcome<'_>, raw: &str) -> Self {
        Self { reason: outcome.reason().map(String::from), raw: raw.into(), ..Self::default() }
    }

    pub(super) fn of_rpc(error: RpcError<'_>, raw: &str) -> Self {
        let RpcError { code, device_code, device_message, .. } = error;
        Self { reason: code, device_code, device_message, raw: raw.into() }
    }

    /// Whether this is the reason, as `DEVICE_OFFLINE` or `WRONG_ID`. The cloud has them in various cases.
    pub fn has(&self, code: &str) -> bool {
        self.reason.as_deref().is_some_and(|reason| reason.eq_ignore_ascii_case(code))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.as_deref().unwrap_or("no reason was given"))?;
        match (self.device_code, &self.device_message) {
            (Some(code), Some(message)) => write!(f, " (the device says {code}: {message})"),
            (Some(code), None) => write!(f, " (the device says {code})"),
            (None, Some(message)) => write!(f, " (the device says: {message})"),
            (None, None) => Ok(()),
        }
    }
}

impl core::error::Error for Refusal {}

/// What happens without being asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The connection stands: the cloud has given a sign of life and not closed it.
    Ready,
    /// There is no connection (any more).
    Disconnected {
        /// Why.
        why: Disconnect,
        /// When the next attempt follows; `None` if it waits for a new token.
        retry_at: Option<Timestamp>,
    },
    /// Another access token is needed. Answered with [`SessionCommand::Credentials`] or
    /// [`SessionCommand::NoCredentials`], whenever that is; asked again every 30 s until then.
    CredentialsNeeded {
        /// Until when the old one lives.
        before: Timestamp,
        /// Why.
        why: Wanted,
    },
    /// The statuses of all devices are needed, since events were missed while there was no connection. Answered with
    /// [`SessionCommand::Status`], whenever that is; asked again every 30 s until then.
    StatusNeeded {
        /// To be given back with the answer.
        ask: u64,
    },
    /// The list of devices is whole: statuses and events since the connection stands are merged.
    Synced {
        /// How many there are.
        devices: usize,
    },
    /// A device reports a change (dossier 9.1).
    Status {
        /// The device with its whole status, this change included. Before [`Event::Synced`] the rest of it can be old.
        device: Box<Device>,
        /// What came.
        event: Box<StatusOnChange<'static>>,
        /// The text as it came.
        raw: String,
    },
    /// A device has come or gone (dossier 9.2).
    Online {
        /// The device.
        device: Box<Device>,
        /// What came.
        event: Box<Online<'static>>,
        /// The text as it came.
        raw: String,
    },
    /// Any other event, of known names and unknown ones.
    Message {
        /// What came.
        message: Box<ServerMessage<'static>>,
        /// The text as it came.
        raw: String,
    },
    /// An answer that belongs to no request in flight: too late, twice, for another device or with another number.
    Unmatched {
        /// What came.
        message: Box<ServerMessage<'static>>,
        /// The text as it came.
        raw: String,
    },
    /// A message that is no event. The connection goes on.
    Unrecognised {
        /// The text as it came; for a binary message, as far as it is text.
        raw: String,
    },
    /// The token is not taken, and there is no other. The session has ended.
    LoginFailed(LoginFailure),
    /// The session has ended as asked.
    Ended,
}

/// Why another token is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wanted {
    /// The old one ends before long.
    Expiring,
    /// The old one was refused; there is no connection until there is another.
    Refused(TokenRefusal),
}

/// The forms in which the cloud turns a token down (dossier 8).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenRefusal {
    /// The handshake was answered with 401 or 403.
    Handshake {
        /// The HTTP status.
        status: u16,
    },
    /// The socket opened and was closed with 4401.
    Closed {
        /// The reason in the close frame; `Token-Broken` has been seen.
        reason: String,
    },
}

impl fmt::Display for TokenRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake { status } => write!(f, "the cloud refused the token with HTTP status {status}"),
            Self::Closed { reason } if reason.is_empty() => f.write_str("the cloud refused the token (4401)"),
            Self::Closed { reason } => write!(f, "the cloud refused the token (4401 {reason})"),
        }
    }
}

impl core::error::Error for TokenRefusal {}

/// Why a session has ended without being asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginFailure {
    /// The token was refused, and there is no other to be had.
    NoCredentials(TokenRefusal),
    /// The token was refused, and so was the new one.
    RefusedAgain(TokenRefusal),
}

impl fmt::Display for LoginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCredentials(refusal) => write!(f, "{refusal}, and there is no other: log in again"),
            Self::RefusedAgain(refusal) => write!(f, "{refusal}, and so it did with the one before: log in again"),
        }
    }
}

impl core::error::Error for LoginFailure {}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disconnect {
    /// None came about.
    Connect(ConnectFailure),
    /// The cloud closed it.
    Closed {
        /// The close code, if there was one.
        code: Option<u16>,
        /// The reason in the close frame.
        reason: String,
    },
    /// It broke off.
    Lost,
    /// The cloud gives no sign of life any more.
    Silence,
    /// The token was refused.
    Refused(TokenRefusal),
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(failure) => failure.fmt(f),
            Self::Closed { code: Some(code), reason } => {
                write!(f, "the cloud closed the connection ({code} {reason})")
            }
            Self::Closed { code: None, .. } => f.write_str("the cloud closed the connection"),
            Self::Lost => f.write_str("the connection broke off"),
            Self::Silence => f.write_str("the cloud gives no sign of life any more"),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}
