//! How much a mock takes in before it says no.

use std::time::Duration;

/// Bounds that keep a faulty client from filling memory or holding sockets. The largest message is part of
/// [`Manners`](crate::Manners).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Connections open at once, HTTP and WebSocket together; further ones are closed at once.
    pub connections: usize,
    /// The time from the opening of a connection to the end of the request's headers.
    pub handshake_time: Duration,
    /// The most bytes of a request's headers; at least 8192.
    pub header_bytes: usize,
    /// The most bytes of a request's body; a larger one is answered with 413.
    pub body_bytes: usize,
    /// The time for a request's body to come; a slower one is answered with 408.
    pub body_time: Duration,
    /// Bytes of messages waiting for one slow peer; when they are more, the peer is cut. Two weeks of life signs are less.
    pub queue_bytes: usize,
    /// How long connections have to end in good order when the server stops.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            handshake_time: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            body_bytes: 1024 * 1024,
            body_time: Duration::from_secs(10),
            queue_bytes: 16 * 1024 * 1024,
            shutdown_grace: Duration::from_secs(3),
        }
    }
}
