//! The program's side: asks, outcomes, and the end.

use crate::CallError;
use dummyload_session::{OutcomeOf, RequestToken, Session};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

/// What the task is asked for.
pub(crate) enum Ask<S: Session> {
    Command {
        command: S::Command,
        accepted: oneshot::Sender<Accepted<S>>,
    },
    /// In good order; the sender is dropped when the task has ended.
    Shutdown(oneshot::Sender<()>),
}

/// A command that was taken, with the place where its outcome comes; or the reason why it was not.
pub(crate) type Accepted<S> = Result<(RequestToken, oneshot::Receiver<OutcomeOf<S>>), <S as Session>::CommandError>;

/// Asks a running session for things. Clones ask the same session; when the last one is dropped, the session is shut
/// down in good order.
pub struct Handle<S: Session> {
    asks: mpsc::Sender<Ask<S>>,
    task: Arc<AbortHandle>,
}

impl<S: Session> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Self { asks: self.asks.clone(), task: Arc::clone(&self.task) }
    }
}

impl<S: Session> fmt::Debug for Handle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", if self.task.is_finished() { "ended" } else { "running" })
    }
}

impl<S: Session> Handle<S> {
    pub(crate) fn new(asks: mpsc::Sender<Ask<S>>, task: AbortHandle) -> Self {
        Self { asks, task: Arc::new(task) }
    }

    /// Asks, and waits for the outcome. Every request ends: with a reply, a refusal, a time-out or a loss. Dropping the
    /// future gives up the interest in the outcome, not the request.
    ///
    /// # Errors
    /// Every way in which the request was not done.
    pub async fn call(&self, command: S::Command) -> Result<S::Reply, CallError<S>> {
        self.begin(command).await?.outcome().await
    }

    /// Asks, and gives back as soon as the session has taken or refused the command.
    ///
    /// # Errors
    /// When the session does not try it, or is gone.
    pub async fn begin(&self, command: S::Command) -> Result<Pending<S>, CallError<S>> {
        let (accepted, answer) = oneshot::channel();
        self.asks.send(Ask::Command { command, accepted }).await.map_err(|_| CallError::Gone)?;
        match answer.await {
            Ok(Ok((token, outcome))) => Ok(Pending { token, outcome }),
            Ok(Err(error)) => Err(CallError::NotTried(error)),
            Err(_) => Err(CallError::Gone),
        }
    }

    /// Reserves room for one command that must get through later, however much is waiting then.
    ///
    /// # Errors
    /// When the session is gone.
    pub async fn reserve(&self) -> Result<Reserved<S>, CallError<S>> {
        self.asks.clone().reserve_owned().await.map(Reserved).map_err(|_| CallError::Gone)
    }

    /// A handle that does not keep the session from ending.
    pub fn downgrade(&self) -> WeakHandle<S> {
        WeakHandle { asks: self.asks.downgrade(), task: Arc::clone(&self.task) }
    }

    /// Shuts the session down in good order and waits for its end, but no longer than `within`; then it is cut off.
    pub async fn close(self, within: Duration) -> Closed {
        let (done, ended) = oneshot::channel();
        let waiting = async {
            if self.asks.send(Ask::Shutdown(done)).await.is_ok() {
                let _ = ended.await; // an error is the end as well
            }
        };
        match tokio::time::timeout(within, waiting).await {
            Ok(()) => Closed::InGoodOrder,
            Err(_) => {
                self.task.abort();
                Closed::CutOff
            }
        }
    }
}

/// A handle for whoever serves a session beside its program: it does not count as one that is left.
pub struct WeakHandle<S: Session> {
    asks: mpsc::WeakSender<Ask<S>>,
    task: Arc<AbortHandle>,
}

impl<S: Session> fmt::Debug for WeakHandle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakHandle")
    }
}

impl<S: Session> WeakHandle<S> {
    /// A handle, for as long as the session's program has one itself.
    pub fn upgrade(&self) -> Option<Handle<S>> {
        let asks = self.asks.upgrade()?;
        Some(Handle { asks, task: Arc::clone(&self.task) })
    }
}

/// How [`Handle::close`] went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The session has ended by itself.
    InGoodOrder,
    /// It did not end in time.
    CutOff,
}

/// A command that the session has taken.
pub struct Pending<S: Session> {
    token: RequestToken,
    outcome: oneshot::Receiver<OutcomeOf<S>>,
}

impl<S: Session> fmt::Debug for Pending<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pending").field(&self.token).finish()
    }
}

impl<S: Session> Pending<S> {
    /// The request's name in the session.
    pub fn token(&self) -> RequestToken {
        self.token
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Every way in which the request was not done.
    pub async fn outcome(self) -> Result<S::Reply, CallError<S>> {
        self.outcome.await.map_err(|_| CallError::Gone).and_then(CallError::of)
    }
}

/// Room for one command. Dropping it unused gives the room back.
pub struct Reserved<S: Session>(mpsc::OwnedPermit<Ask<S>>);

impl<S: Session> fmt::Debug for Reserved<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reserved")
    }
}

impl<S: Session> Reserved<S> {
    /// Asks, without waiting for anything: for `Drop`, and wherever nobody can wait. The outcome comes through the
    /// returned future, which may be dropped.
    pub fn send(self, command: S::Command) -> impl Future<Output = Result<S::Reply, CallError<S>>> + use<S> {
        let (accepted, answer) = oneshot::channel();
        self.0.send(Ask::Command { command, accepted });
        async {
            match answer.await {
                Ok(Ok((token, outcome))) => Pending::<S> { token, outcome }.outcome().await,
                Ok(Err(error)) => Err(CallError::NotTried(error)),
                Err(_) => Err(CallError::Gone),
            }
        }
    }
}
