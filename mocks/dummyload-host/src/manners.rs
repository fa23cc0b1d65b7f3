//! How a server behaves below its messages.

use std::time::Duration;

/// The recorded or documented behaviour of one real server on the frame level. Servers differ in it, so it is data, and
/// the host has no protocol's name in its code. `Default` is a well-behaved server after RFC 6455.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manners {
    /// The largest message taken in, in bytes.
    pub max_message: usize,
    /// What follows a larger one.
    pub on_too_big: Reaction,
    /// What follows a text message or close reason that is not UTF-8.
    pub on_bad_utf8: Reaction,
    /// What follows a frame that breaks RFC 6455: unmasked, reserved bits or opcodes, bad control frames, wrong order.
    pub on_bad_frame: Reaction,
    /// How messages in several frames are put together.
    pub fragments: Fragments,
    /// What answers a close frame.
    pub close_reply: CloseReply,
    /// A ping is sent when nothing has come from the peer for so long.
    pub ping_after_silence: Option<Duration>,
    /// The payload of that ping.
    pub ping_payload: Vec<u8>,
    /// The close code at the end of the server; `None` ends the TCP connection without a close frame.
    pub shutdown_code: Option<u16>,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            max_message: 1024 * 1024,
            on_too_big: Reaction::Close(1009),
            on_bad_utf8: Reaction::Close(1007),
            on_bad_frame: Reaction::Close(1002),
            fragments: Fragments::Reassemble,
            close_reply: CloseReply::Echo,
            ping_after_silence: None,
            ping_payload: Vec::new(),
            shutdown_code: Some(1001),
        }
    }
}

/// What a server does about a bad frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reaction {
    /// It closes with this code.
    Close(u16),
    /// It ends the TCP connection without a close frame.
    Cut,
}

/// How a server puts fragmented messages together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fragments {
    /// As RFC 6455 says: nothing is delivered before the last fragment.
    Reassemble,
    /// As RFC 6455 says, but unfinished text that already is one whole JSON document is delivered at once: for servers
    /// whose clients forget to set the FIN bit.
    EagerJson,
}

/// What a server answers to a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReply {
    /// A close frame with the same code.
    Echo,
    /// A close frame without code.
    Empty,
    /// Nothing but the end of the TCP connection.
    None,
}
