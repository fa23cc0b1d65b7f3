//! Requests in flight, and how replies find them: by `requestId` alone, since replies overtake each other (dossier 2).

use super::credentials::Step;
use crate::message::Request;
use crate::{Action, Kind};
use alloc::string::String;
use dummyload_session::{RequestTable, RequestToken, Secret};

/// One request.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) job: Job,
    /// What still has to go out; only subscriptions wait for a connection.
    pub(super) unsent: Option<Request>,
}

/// What a request is for.
#[derive(Debug)]
pub(super) enum Job {
    /// The program's, and answered by its action.
    Asked(Option<Action>),
    /// The program becomes somebody else.
    Become(Secret<String>),
    /// For the subscription of this name.
    Subscribe(RequestToken, Kind),
    /// The program's.
    Unsubscribe,
    /// Nobody waits for the reply.
    Aside,
    /// What time it is there.
    Clock,
    /// A way in, or to another token.
    Login(Step),
    /// The command of this execution.
    Insert(RequestToken),
    /// How that command is, after a reconnect.
    Look(RequestToken),
}

impl InFlight {
    pub(super) fn is_sent(&self) -> bool {
        self.unsent.is_none()
    }
}

/// The request of this number, if it has gone out. The oldest are answered first as a rule.
pub(super) fn of_number(table: &RequestTable<InFlight>, number: u64) -> Option<RequestToken> {
    let sent = table.iter().filter(|(_, request)| request.data.is_sent());
    sent.map(|(token, _)| token).find(|token| token.number() == number)
}
