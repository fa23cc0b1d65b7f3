//! A held button.

use crate::{Error, HoldEnd, SessionCommand};
use dummyload_driver::{Pending, Reserved};
use dummyload_session::RequestToken;
use pishock_proto::session::{PishockSession, Reply};

/// A command that is kept up for as long as this value lives. Dropping it releases it as well, without waiting.
#[derive(Debug)]
#[must_use = "dropping it ends the command at once"]
pub struct Hold {
    token: RequestToken,
    held: Option<Pending<PishockSession>>,
    release: Option<Reserved<PishockSession>>,
}

impl Hold {
    pub(crate) fn new(held: Pending<PishockSession>, release: Reserved<PishockSession>) -> Self {
        Self { token: held.token(), held: Some(held), release: Some(release) }
    }

    /// Ends it with one stop, and waits for the broker to take the stop.
    ///
    /// # Errors
    /// Every way in which the stop was not done. If the command has ended before, by a limit or with its connection,
    /// that is no error.
    pub async fn release(mut self) -> Result<(), Error> {
        let Some(release) = self.release.take() else { return Ok(()) };
        match release.send(SessionCommand::Release(self.token)).await {
            Ok(_) => Ok(()),
            Err(error) => match Error::from(error) {
                Error::NotTried(crate::CommandError::NotHeld) => Ok(()),
                error => Err(error),
            },
        }
    }

    /// Waits for its end by other means: the longest hold, a stop of everything.
    ///
    /// # Errors
    /// The broker refused a pulse, did not answer, or the connection was lost.
    pub async fn ended(&mut self) -> Result<HoldEnd, Error> {
        let Some(held) = self.held.take() else { return Err(Error::Ended) };
        match held.outcome().await {
            Ok(Reply::Held(end)) => Ok(end),
            Ok(_) => Err(Error::Ended),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            drop(release.send(SessionCommand::Release(self.token)));
        }
    }
}
