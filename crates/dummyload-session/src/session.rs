//! The trait that every protocol's client session implements.

use crate::{Action, Deadline, Input, Outcome, RequestToken, Timestamp};
use alloc::borrow::Cow;
use core::fmt;

/// The client side of one protocol as a state machine without IO.
///
/// **The contract in one sentence: after every call that takes `&mut self`, drain [`poll_action`](Self::poll_action),
/// then [`poll_event`](Self::poll_event), then read [`poll_deadline`](Self::poll_deadline).** Time never goes backwards.
///
/// What is wanted (subscriptions, writers) survives a lost connection; requests do not: each ends in exactly one
/// [`Outcome`], and none is ever sent a second time.
pub trait Session {
    /// What the program may ask for.
    type Command;
    /// Why a command is not even tried: misuse, a limit, no connection.
    type CommandError: core::error::Error;
    /// What a successful request brings back.
    type Reply: fmt::Debug;
    /// What a refusal of the server says.
    type Refusal: fmt::Debug;
    /// What happens without being asked for: connection changes, pushes, violations by the peer.
    type Event: fmt::Debug;

    /// Begins: the first action is to connect.
    fn start(&mut self, now: Timestamp);
    /// Takes in what happened to the connection. Never fails: what a peer does wrong becomes an event.
    fn handle_input(&mut self, now: Timestamp, input: Input<'_>);
    /// Does what is due at `now`; a call before the deadline does nothing.
    fn handle_deadline(&mut self, now: Timestamp);
    /// Asks for something. The token comes back in [`SessionEvent::Finished`], exactly once.
    ///
    /// # Errors
    /// When the command is not tried at all; then there is no token and no outcome.
    fn command(&mut self, now: Timestamp, command: Self::Command) -> Result<RequestToken, Self::CommandError>;
    /// Ends in good order: closes the connection, ends every request, connects no more.
    fn shutdown(&mut self, now: Timestamp);
    /// The next thing to do.
    fn poll_action(&mut self) -> Option<Action>;
    /// The next thing to tell the program.
    fn poll_event(&mut self) -> Option<SessionEvent<Self>>;
    /// When to call [`handle_deadline`](Self::handle_deadline), and why.
    fn poll_deadline(&self) -> Option<Deadline>;
    /// Whether it has ended for good, after [`shutdown`](Self::shutdown) or an end that no retry can mend.
    fn is_terminated(&self) -> bool;

    /// A message, sent or received, as a log may show it. Protocols with secrets in their messages cut them out here.
    fn shown<'a>(&self, text: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(text)
    }
}

/// How a request of a session `S` ends.
pub type OutcomeOf<S> = Outcome<<S as Session>::Reply, <S as Session>::Refusal>;

/// What a session tells the program, in the order in which it happened: outcomes and pushes share one queue, so a push
/// that came before a reply is seen before it.
pub enum SessionEvent<S: Session + ?Sized> {
    /// Something that was not asked for.
    Notice(S::Event),
    /// A request has ended.
    Finished {
        /// The token that [`Session::command`] gave.
        token: RequestToken,
        /// How it ended.
        outcome: OutcomeOf<S>,
    },
}

impl<S: Session + ?Sized> fmt::Debug for SessionEvent<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notice(event) => f.debug_tuple("Notice").field(event).finish(),
            Self::Finished { token, outcome } => {
                f.debug_struct("Finished").field("token", token).field("outcome", outcome).finish()
            }
        }
    }
}
