//! How requests end.

/// The one end of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T, R> {
    /// The server did what was asked.
    Done {
        /// What it answered.
        reply: T,
        /// How the answer was matched to the request.
        matched: MatchedBy,
    },
    /// The server refused.
    Refused {
        /// Its reason.
        refusal: R,
        /// How the refusal was matched to the request.
        matched: MatchedBy,
    },
    /// No answer came in time. The server may have acted all the same.
    TimedOut,
    /// The connection ended first.
    Lost {
        /// Whether the request had been handed to the connection: if so, the server may have acted on it.
        sent: bool,
    },
}

impl<T, R> Outcome<T, R> {
    /// Whether the server did what was asked.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done { .. })
    }
}

/// How a reply was matched to its request: by far not every protocol has request ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchedBy {
    /// The reply carries the id of the request.
    Id,
    /// The reply repeats the request, or a part of it that tells it from the others in flight.
    Echo,
    /// The reply is the next one on the connection; a lost or extra reply before it would shift the match.
    Order,
}
