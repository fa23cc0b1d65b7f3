//! What a session is asked for, and what it tells.

use super::LimitError;
use crate::{Channel, DurationMs, ErrorCode, HubId, Order};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use dummyload_session::{ConnectFailure, RequestToken, Timestamp};

/// What a program asks of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionCommand {
    /// Ask the broker whether it is there.
    Ping,
    /// Send orders, in one request. Checked against the limits first: either all are sent or, but for stops, none.
    Publish(Vec<Order>),
    /// Keep an order up until [`SessionCommand::Release`]: sent again with the hold flag after two thirds of its
    /// duration, so that it ends by itself soon after the connection does (dossier 3.4).
    Hold(Order),
    /// End a held order with one stop.
    Release(RequestToken),
    /// Stop every shocker that this session has used, end everything held, and let nothing but stops pass.
    StopAll,
    /// Let commands pass again after [`SessionCommand::StopAll`].
    Resume,
    /// Want these channels, now and after each reconnect.
    Subscribe(Vec<Channel>),
    /// Want these channels no more.
    Unsubscribe(Vec<Channel>),
    /// Want no channel any more.
    UnsubscribeAll,
}

/// Why a command was not tried. Stops among refused orders are sent all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no connection at the moment. Nothing is kept for later but stops and wanted channels.
    NotConnected,
    /// The session has ended.
    Ended,
    /// There is nothing in the list.
    Empty,
    /// More than [`super::MAX_IN_FLIGHT`] requests wait for their replies.
    Busy,
    /// A limit of this session.
    Limit {
        /// Which of the orders, from 0.
        order: usize,
        /// Which limit.
        limit: LimitError,
    },
    /// A stop cannot be held.
    HeldStop,
    /// A held order must last at least this long, so that there is time to refresh it.
    HoldTooShort(DurationMs),
    /// Nothing is held under this token (any more).
    NotHeld,
    /// This is no channel to subscribe to: those are [`Channel::Ping`] and [`Channel::Log`].
    NotSubscribable(Channel),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected => f.write_str("not connected: wait for the session to be ready"),
            Self::Ended => f.write_str("the session has ended: start another one"),
            Self::Empty => f.write_str("nothing was asked for"),
            Self::Busy => f.write_str("too many requests wait for their replies"),
            Self::Limit { order, limit } => write!(f, "order {order}: {limit}"),
            Self::HeldStop => f.write_str("a stop cannot be held"),
            Self::HoldTooShort(least) => write!(f, "a held order must last {least} at least"),
            Self::NotHeld => f.write_str("nothing is held under this token"),
            Self::NotSubscribable(channel) => write!(f, "{channel} is no channel to subscribe to"),
        }
    }
}

impl core::error::Error for CommandError {}

/// What a request that was done brings back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// The broker is there.
    Pong,
    /// The broker has put the orders on its bus; what the hubs make of them, it does not tell (dossier 1).
    Published,
    /// These channels come from now on, and again after each reconnect; those that were refused do not.
    Subscribed {
        /// Granted.
        channels: Vec<Channel>,
        /// Refused, with the reasons.
        refused: Vec<(Channel, Refusal)>,
    },
    /// The channels are given up.
    Unsubscribed,
    /// Remembered; there is no connection, and the request goes out with the next one.
    Noted,
    /// The held order has ended.
    Held(HoldEnd),
    /// There was nothing to be stopped.
    NothingToStop,
    /// Commands pass again.
    Resumed,
}

/// Why a held order has ended in good order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HoldEnd {
    /// It was released.
    Released,
    /// It reached [`Limits::max_hold`](super::Limits::max_hold); a stop was sent.
    LongestHold,
    /// Everything was stopped.
    StopAll,
}

/// An error of the broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// `ErrorCode`, as it came; V1 has none.
    pub code: ErrorCode<'static>,
    /// The broker's words; nothing about them is known for sure (dossier 4.3).
    pub message: String,
}

impl Refusal {
    /// An error with this code and text.
    pub fn new(code: ErrorCode<'static>, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Whether the credentials were refused (`AUTH_ERROR`, `API_KEY_ERROR`; dossier 4.3).
    pub fn is_login(&self) -> bool {
        matches!(&self.code, ErrorCode::Text(code) if matches!(&**code, "AUTH_ERROR" | "API_KEY_ERROR"))
    }

    /// Whether the account lacks a right (`PERMISSION_ERROR`, `PERMISSION_DENIED`, `USER_ID_MISMATCH`; dossier 4.3).
    pub fn is_permission(&self) -> bool {
        let codes = ["PERMISSION_ERROR", "PERMISSION_DENIED", "USER_ID_MISMATCH"];
        matches!(&self.code, ErrorCode::Text(code) if codes.contains(&&**code))
    }

    /// Whether the broker has lost its own bus, so that only a new connection helps (dossier 4.3).
    pub fn wants_reconnect(&self) -> bool {
        self.message.contains("Redis") || self.message.contains("Socket terminated")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            ErrorCode::Null => f.write_str(&self.message),
            ErrorCode::Integer(code) => write!(f, "{code}: {}", self.message),
            ErrorCode::Text(code) => write!(f, "{code}: {}", self.message),
        }
    }
}

impl core::error::Error for Refusal {}

/// What happens without being asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Logged in: the broker has answered a first PING. Wanted channels are being subscribed to again.
    Ready,
    /// The credentials were not taken. The session has ended: trying again would not help.
    LoginFailed(LoginFailure),
    /// There is no connection (any more).
    Disconnected {
        /// Why.
        why: Disconnect,
        /// When the next attempt follows.
        retry_at: Timestamp,
    },
    /// A hub's sign of life.
    Alive {
        /// The hub.
        hub: HubId,
        /// Its time in seconds since 1970; `None` if the text is no number.
        time: Option<u64>,
        /// The text as it came.
        raw: String,
    },
    /// A line of a hub's log. Its form is not known for sure (dossier 5), so it is the text as it came.
    Log {
        /// The hub.
        hub: HubId,
        /// The text.
        raw: String,
    },
    /// A wanted channel was refused, at a reconnect; it is no longer wanted.
    SubscriptionRefused {
        /// The channel.
        channel: Channel,
        /// The reason.
        refusal: Refusal,
    },
    /// A reply that belongs to no request in flight: too late, twice, or of a request that was never made.
    Unmatched {
        /// The text as it came.
        raw: String,
    },
    /// A message that is none of the protocol. The connection goes on.
    Unrecognised {
        /// The text as it came; for a binary message, as far as it is text.
        raw: String,
    },
    /// The session has ended as asked.
    Ended,
}

/// The forms in which a broker turns credentials down (dossier 2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginFailure {
    /// The handshake was answered with 401 or 403.
    Handshake {
        /// The HTTP status.
        status: u16,
    },
    /// An error with one of the codes for it.
    Error(Refusal),
    /// The socket was closed with 1008 before anything was answered.
    Closed {
        /// The reason in the close frame.
        reason: String,
    },
    /// The socket opened, and nothing was answered at all. May also be a broker that hangs, but only for credentials
    /// that have never worked: later it counts as [`Disconnect::Silence`].
    Mute,
}

impl fmt::Display for LoginFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handshake { status } => write!(f, "the broker refused the login with HTTP status {status}")?,
            Self::Error(refusal) => write!(f, "the broker refused the login: {refusal}")?,
            Self::Closed { reason } if reason.is_empty() => {
                f.write_str("the broker closed the socket at once (1008)")?;
            }
            Self::Closed { reason } => write!(f, "the broker closed the socket at once (1008: {reason})")?,
            Self::Mute => f.write_str("the broker opened the socket, but never answers")?,
        }
        f.write_str("; check name and key, and that the key was made on or after 2024-10-15")
    }
}

impl core::error::Error for LoginFailure {}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disconnect {
    /// None came about.
    Connect(ConnectFailure),
    /// The broker closed it.
    Closed {
        /// The close code, if there was one.
        code: Option<u16>,
        /// The reason in the close frame.
        reason: String,
    },
    /// It broke off.
    Lost,
    /// The broker no longer answers.
    Silence,
    /// A reply is missing in V1, where replies are matched by their order: nothing after it can be trusted.
    OrderLost,
    /// The broker has lost its own bus (dossier 4.3).
    Broker(Refusal),
}

impl fmt::Display for Disconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(failure) => failure.fmt(f),
            Self::Closed { code: Some(code), reason } => {
                write!(f, "the broker closed the connection ({code} {reason})")
            }
            Self::Closed { code: None, .. } => f.write_str("the broker closed the connection"),
            Self::Lost => f.write_str("the connection broke off"),
            Self::Silence => f.write_str("the broker no longer answers"),
            Self::OrderLost => f.write_str("a reply is missing, so the order of replies is lost"),
            Self::Broker(refusal) => write!(f, "the broker has lost its bus ({refusal})"),
        }
    }
}
