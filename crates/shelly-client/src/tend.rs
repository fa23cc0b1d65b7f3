//! Does what a session asks for and cannot do itself: new tokens and statuses, over HTTP.
//!
//! It stands between the session and its program and reads every event. A question starts one call, and what comes of it
//! goes back as a command; all else is passed on. A call that fails is not answered: the session asks again.

use crate::{Account, AccountError, Event};
use dummyload_driver::{EventSink, Events, WeakHandle};
use dummyload_session::Secret;
use shelly_proto::session::{SessionCommand, ShellySession};
use std::future::pending;
use std::pin::Pin;

pub(crate) struct Tender {
    pub(crate) account: Account,
    /// Weak, since the session ends with the last handle of its program.
    pub(crate) session: WeakHandle<ShellySession>,
    pub(crate) sink: EventSink<Event>,
    /// The token that the session has.
    pub(crate) token: Secret<String>,
}

/// A call under way.
type Job = Pin<Box<dyn Future<Output = Option<SessionCommand>> + Send>>;

/// Runs until the session has ended.
pub(crate) async fn tend(mut tender: Tender, mut events: Events<Event>) {
    let (mut token, mut statuses): (Option<Job>, Option<Job>) = (None, None);
    let mut asked = 0;
    loop {
        let answer = tokio::select! {
            event = events.next() => {
                match event {
                    Some(Ok(Event::CredentialsNeeded { .. })) => {
                        token.get_or_insert_with(|| tender.fetch_token());
                    }
                    Some(Ok(Event::StatusNeeded { ask })) => {
                        // Those of the connection before are of no use to this one.
                        if statuses.is_none() || asked != ask {
                            statuses = Some(tender.fetch_statuses(ask));
                            asked = ask;
                        }
                    }
                    Some(Ok(event)) => tender.sink.push(event),
                    Some(Err(missed)) => tender.sink.missed(missed),
                    None => return,
                }
                None
            }
            answer = run(&mut token) => answer,
            answer = run(&mut statuses) => answer,
        };
        if let Some(command) = answer {
            tender.give(command).await;
        }
    }
}

/// The end of a job, if there is one.
async fn run(job: &mut Option<Job>) -> Option<SessionCommand> {
    let Some(running) = job else { return pending().await };
    let answer = running.await;
    *job = None;
    answer
}

impl Tender {
    fn fetch_token(&self) -> Job {
        let (account, old) = (self.account.clone(), self.token.clone());
        Box::pin(async move {
            match account.other_token_than(&old).await {
                Ok((token, lifetime)) => Some(SessionCommand::Credentials { token, lifetime }),
                Err(AccountError::LogInAgain) => {
                    tracing::warn!("the access token cannot be replaced: somebody must log in again before it ends");
                    Some(SessionCommand::NoCredentials)
                }
                Err(error) => {
                    tracing::warn!("no new token yet: {error}");
                    None
                }
            }
        })
    }

    fn fetch_statuses(&self, ask: u64) -> Job {
        let account = self.account.clone();
        Box::pin(async move {
            match account.all_status().await {
                Ok(body) => Some(SessionCommand::Status { ask, body }),
                Err(error) => {
                    tracing::warn!("no statuses yet: {error}");
                    None
                }
            }
        })
    }

    async fn give(&mut self, command: SessionCommand) {
        let Some(session) = self.session.upgrade() else { return };
        if let SessionCommand::Credentials { token, .. } = &command {
            self.token = token.clone();
        }
        if let Err(error) = session.begin(command).await {
            tracing::debug!("the session no longer wants what it asked for: {error}");
        }
    }
}
