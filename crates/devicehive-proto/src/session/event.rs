//! What a session is asked for, and what it tells.

use super::{Filter, Refusal};
use crate::message::{Answer, CommandReceipt, NewCommand, Payload, Request};
use crate::{Command, Datetime, DeviceId, Kind, Notification};
use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use dummyload_session::{ConnectFailure, RequestToken, Secret, Timestamp};

/// What a program asks of a session.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SessionCommand {
    /// Any message. What has a meaning for the session itself keeps it: `command/subscribe` and `notification/subscribe` are
    /// [`SessionCommand::Subscribe`], their opposites [`SessionCommand::Unsubscribe`] and
    /// [`SessionCommand::UnsubscribeAll`], and who authenticates with a token stays who he is then.
    Request(Box<Request>),
    /// Want what this filter lets through, now and after each reconnect.
    Subscribe(Filter),
    /// Want that no more. Takes the token of [`SessionCommand::Subscribe`].
    Unsubscribe(RequestToken),
    /// Want nothing of this kind any more.
    UnsubscribeAll(Kind),
    /// Insert a command, and wait until its device has updated it.
    Execute {
        /// The device.
        device: DeviceId,
        /// The command.
        command: NewCommand,
        /// How long to wait for the update.
        patience: Duration,
    },
}

/// Why a command was not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no connection at the moment. Nothing is kept for later but what is wanted.
    NotConnected,
    /// The session has ended.
    Ended,
    /// [`super::MAX_IN_FLIGHT`] requests wait for their replies.
    Busy,
    /// Nothing is wanted under this token, or with this number, (any more).
    NotSubscribed,
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "not connected: wait for the session to be ready",
            Self::Ended => "the session has ended: start another one",
            Self::Busy => "too many requests wait for their replies",
            Self::NotSubscribed => "there is no such subscription",
        })
    }
}

impl core::error::Error for CommandError {}

/// What a request that was done brings back.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reply {
    /// What the server answered.
    Answer(Box<Answer>),
    /// What the server answered to a request for an action that is not known here, or in a form that is none of its action: a
    /// success, whatever it means.
    Other(Payload),
    /// What the filter lets through comes from now on, and again after each reconnect.
    Subscribed {
        /// The subscription's name in this session.
        subscription: RequestToken,
        /// Its number on this connection.
        id: i64,
    },
    /// It is given up.
    Unsubscribed,
    /// The device has updated the command: the whole of it.
    Executed(Box<Command>),
    /// The server has taken the command, and nobody has updated it in time. That may still come.
    NotUpdated(CommandReceipt),
}

/// What happens without being asked for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Authenticated. What is wanted is being subscribed to again.
    Ready,
    /// The session has got new tokens. Whoever keeps tokens for the next time keeps these.
    Tokens {
        /// The access token.
        access: Secret<String>,
        /// The refresh token, where there is a new one.
        refresh: Option<Secret<String>>,
    },
    /// The access token could not be replaced in time. The connection goes on; the next one may not come about.
    NotRenewed(Refusal),
    /// There is no connection (any more).
    Disconnected {
        /// Why.
        why: Disconnect,
        /// When the next attempt follows.
        retry_at: Timestamp,
    },
    /// A command was inserted.
    Command {
        /// The subscription that brings it.
        subscription: RequestToken,
        /// The command as it is now.
        command: Box<Command>,
    },
    /// A command was updated.
    Update {
        /// The subscription that brings it.
        subscription: RequestToken,
        /// The command as it is now.
        command: Box<Command>,
    },
    /// A notification was inserted.
    Notification {
        /// The subscription that brings it.
        subscription: RequestToken,
        /// The notification.
        notification: Box<Notification>,
    },
    /// A subscription stands again after a reconnect. What it brings that was missed meanwhile follows.
    Resubscribed {
        /// The subscription.
        subscription: RequestToken,
        /// From when on the server was asked for stored items.
        since: Datetime,
        /// Whether the server may replay nothing for a subscription of this kind, so that what came meanwhile is missed
        /// (dossier M4.5, V1).
        may_miss: bool,
    },
    /// A subscription was refused after a reconnect; it is no longer wanted.
    SubscriptionLost {
        /// The subscription.
        subscription: RequestToken,
        /// The reason.
        refusal: Refusal,
    },
    /// A message that belongs to no request in flight and no subscription: too late, or twice. Secrets are cut out.
    Unmatched {
        /// The text.
        raw: String,
    },
    /// A message that is none of the protocol. The connection goes on. Secrets are cut out.
    Unrecognised {
        /// The text; for a binary message, as far as it is text.
        raw: String,
    },
    /// Nobody gets in with these credentials. The session has ended: trying again would not help.
    LoginFailed(LoginFailure),
    /// The session has ended as asked.
    Ended,
}

/// The forms in which a server turns credentials down.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginFailure {
    /// The last way in that was left was refused with this.
    Refused(Refusal),
    /// The handshake was answered with 401: the token in its header is not taken.
    Handshake {
        /// The HTTP status.
        status: u16,
    },
}

impl fmt::Display for LoginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => write!(f, "the server refused the login: {refusal}"),
            Self::Handshake { status } => write!(f, "the server refused the token with HTTP status {status}"),
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
    /// The server closed it.
    Closed {
        /// The close code, if there was one.
        code: Option<u16>,
        /// The reason in the close frame.
        reason: String,
    },
    /// It broke off.
    Lost,
    /// The server gives no sign of life any more, or leaves what it always answers without an answer.
    Silence,
    /// The server could not say whether the credentials are good.
    Login(Refusal),
    /// The token in the handshake was not taken. There are other credentials, which are tried next.
    Token {
        /// The HTTP status.
        status: u16,
    },
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(failure) => failure.fmt(f),
            Self::Closed { code: Some(1009), reason } => write!(
                f,
                "the server closed the connection (1009 {reason}): server 3.5 takes no messages of more than 10,240 bytes"
            ),
            Self::Closed { code: Some(code), reason } => {
                write!(f, "the server closed the connection ({code} {reason})")
            }
            Self::Closed { code: None, .. } => f.write_str("the server closed the connection"),
            Self::Lost => f.write_str("the connection broke off"),
            Self::Silence => f.write_str("the server gives no sign of life any more"),
            Self::Login(refusal) => write!(f, "the server could not check the login ({refusal})"),
            Self::Token { status } => write!(f, "the server refused the token with HTTP status {status}"),
        }
    }
}
