//! What the outside tells a session.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

/// One thing that happened to the connection. Handed to [`Session::handle_input`](crate::Session::handle_input).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input<'a> {
    /// The WebSocket asked for by [`Action::Connect`](crate::Action::Connect) is open.
    Connected,
    /// The WebSocket asked for could not be opened.
    ConnectFailed(ConnectFailure),
    /// A whole text message arrived.
    Text(Cow<'a, str>),
    /// A whole binary message arrived.
    Binary(Cow<'a, [u8]>),
    /// A pong arrived, asked for or not.
    Pong,
    /// The peer closed the connection with a close frame.
    Closed(CloseInfo),
    /// The connection ended without a close frame.
    Lost,
}

/// The close frame that ended a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseInfo {
    /// The status code of RFC 6455 section 7.4; `None` if the frame was empty.
    pub code: Option<u16>,
    /// The reason text; empty if there was none.
    pub reason: String,
}

/// Why a WebSocket could not be opened. The four differ in what to do next: mend the credentials, mend the address,
/// wait, or mend the trust settings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The server answered the handshake with an ordinary HTTP response.
    Refused {
        /// The HTTP status, e.g. 401.
        status: u16,
        /// The body as text, possibly cut; servers put their reason here.
        body: String,
    },
    /// No connection: name not found, port closed, network down.
    Unreachable(String),
    /// The certificate was not accepted, or TLS failed otherwise.
    Tls(String),
    /// The handshake took too long.
    TimedOut,
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, body } if body.is_empty() => {
                write!(f, "the server refused the handshake with HTTP status {status}")
            }
            Self::Refused { status, body } => {
                write!(f, "the server refused the handshake with HTTP status {status}: {body}")
            }
            Self::Unreachable(why) => write!(f, "the server cannot be reached: {why}"),
            Self::Tls(why) => write!(f, "no secure connection: {why}"),
            Self::TimedOut => f.write_str("the server did not answer the handshake in time"),
        }
    }
}

impl core::error::Error for ConnectFailure {}
