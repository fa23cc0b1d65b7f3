//! What a session asks of the outside.

use crate::Secret;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One thing to be done for a session. Taken from [`Session::poll_action`](crate::Session::poll_action), in order.
/// Whoever runs a session must know them all, so this list is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open a WebSocket; answered with [`Input::Connected`](crate::Input::Connected) or
    /// [`Input::ConnectFailed`](crate::Input::ConnectFailed). A connection still open is given up first.
    Connect(Endpoint),
    /// Send one text message.
    SendText(String),
    /// Send a WebSocket ping frame without payload.
    SendPing,
    /// Close the connection with this status code and reason. Answered with
    /// [`Input::Closed`](crate::Input::Closed) or [`Input::Lost`](crate::Input::Lost).
    Close {
        /// Status code, RFC 6455 section 7.4.
        code: u16,
        /// At most 123 bytes.
        reason: String,
    },
}

/// Where to connect to, and what to say in the handshake. The address may hold credentials, so only `shown` is ever
/// printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The whole address, `ws://` or `wss://`.
    pub url: Secret<String>,
    /// The address as it may be printed, credentials replaced.
    pub shown: String,
    /// Further request headers; the values count as secret.
    pub headers: Vec<(String, Secret<String>)>,
}

impl Endpoint {
    /// An endpoint without further headers. `shown` is `url` with its credentials replaced.
    pub fn new(url: String, shown: String) -> Self {
        Self { url: Secret::new(url), shown, headers: Vec::new() }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
