//! Why a call did not succeed, by blame.

use dummyload_session::{OutcomeOf, Session};
use std::fmt;

/// A request that was not done.
#[non_exhaustive]
pub enum CallError<S: Session> {
    /// The session did not even try: misuse, a limit, no connection.
    NotTried(S::CommandError),
    /// The server refused.
    Refused(S::Refusal),
    /// No reply came in time. The server may have acted all the same.
    TimedOut,
    /// The connection ended first.
    Lost {
        /// Whether the request had gone out: if so, the server may have acted on it.
        sent: bool,
    },
    /// The session is no longer there: it was closed, or the runtime has ended.
    Gone,
}

impl<S: Session> CallError<S> {
    /// What an outcome brought back, or why not.
    pub(crate) fn of(outcome: OutcomeOf<S>) -> Result<S::Reply, Self> {
        match outcome {
            dummyload_session::Outcome::Done { reply, .. } => Ok(reply),
            dummyload_session::Outcome::Refused { refusal, .. } => Err(Self::Refused(refusal)),
            dummyload_session::Outcome::TimedOut => Err(Self::TimedOut),
            dummyload_session::Outcome::Lost { sent } => Err(Self::Lost { sent }),
        }
    }
}

impl<S: Session> fmt::Debug for CallError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTried(error) => f.debug_tuple("NotTried").field(error).finish(),
            Self::Refused(refusal) => f.debug_tuple("Refused").field(refusal).finish(),
            Self::TimedOut => f.write_str("TimedOut"),
            Self::Lost { sent } => f.debug_struct("Lost").field("sent", sent).finish(),
            Self::Gone => f.write_str("Gone"),
        }
    }
}

impl<S: Session> fmt::Display for CallError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTried(error) => write!(f, "not tried: {error}"),
            Self::Refused(refusal) => write!(f, "refused by the server: {refusal:?}"),
            Self::TimedOut => f.write_str("no reply in time; the server may have acted all the same"),
            Self::Lost { sent: true } => {
                f.write_str("the connection ended before the reply; the server may have acted")
            }
            Self::Lost { sent: false } => f.write_str("the connection ended before it was sent"),
            Self::Gone => f.write_str("the session has ended"),
        }
    }
}

impl<S: Session> std::error::Error for CallError<S> {}
