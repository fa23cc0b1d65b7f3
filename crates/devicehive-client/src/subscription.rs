//! What comes in without being asked for each time: streams of commands, updates and notifications.

use crate::router::{Brought, Shared};
use crate::{Command, Error, Missed, Notification};
use devicehive_proto::session::{DeviceHiveSession, SessionCommand};
use dummyload_driver::{Events, Reserved};
use dummyload_session::RequestToken;
use futures_util::Stream;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What a subscription can bring: [`Command`] or [`Notification`].
pub trait Item: sealed::Sealed + Sized {
    #[doc(hidden)]
    fn of(brought: sealed::Brought) -> Option<Self>;
}

mod sealed {
    use crate::{Command, Notification};

    /// Nobody else can make one.
    #[derive(Debug)]
    pub struct Brought(pub(super) crate::router::Brought);

    pub trait Sealed {}
    impl Sealed for Command {}
    impl Sealed for Notification {}
}

impl Item for Command {
    fn of(brought: sealed::Brought) -> Option<Self> {
        match brought.0 {
            Brought::Command(command) => Some(command),
            Brought::Notification(_) => None,
        }
    }
}

impl Item for Notification {
    fn of(brought: sealed::Brought) -> Option<Self> {
        match brought.0 {
            Brought::Notification(notification) => Some(notification),
            Brought::Command(_) => None,
        }
    }
}

/// A stream of commands or notifications. It outlives connections: what is missed while there is none comes later, as far as
/// the server keeps and replays it, and nothing comes twice. Ends with the client, or when the server takes the right
/// away. Dropping it gives the subscription up.
///
/// A reader that is too slow slows nothing down; it finds [`Missed`] in the place of the items that were lost.
pub struct Subscription<T> {
    name: RequestToken,
    number: i64,
    items: Events<Brought>,
    shared: Arc<Shared>,
    /// Room for the end: what begins must be able to end.
    end: Option<Reserved<DeviceHiveSession>>,
    of: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("number", &self.number).finish_non_exhaustive()
    }
}

impl<T: Item> Subscription<T> {
    pub(crate) fn new(
        name: RequestToken,
        number: i64,
        items: Events<Brought>,
        shared: Arc<Shared>,
        end: Reserved<DeviceHiveSession>,
    ) -> Self {
        Self { name, number, items, shared, end: Some(end), of: PhantomData }
    }

    /// Its name in the client's events.
    pub fn name(&self) -> RequestToken {
        self.name
    }

    /// Its number on the connection that it was made on. Other connections give it others.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// The next item; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Result<T, Missed>> {
        loop {
            match self.items.next().await? {
                Ok(item) => match T::of(sealed::Brought(item)) {
                    Some(item) => return Some(Ok(item)),
                    None => continue,
                },
                Err(missed) => return Some(Err(missed)),
            }
        }
    }

    /// Gives it up, and waits for the server's word that nothing more comes.
    ///
    /// # Errors
    /// Those of a call; it is given up all the same.
    pub async fn close(mut self) -> Result<(), Error> {
        match self.end.take() {
            Some(end) => {
                self.shared.forget(self.name);
                end.send(SessionCommand::Unsubscribe(self.name)).await.map(drop).map_err(Error::from)
            }
            None => Ok(()),
        }
    }
}

impl<T> Drop for Subscription<T> {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            self.shared.forget(self.name);
            drop(end.send(SessionCommand::Unsubscribe(self.name)));
        }
    }
}

impl<T: Item> Stream for Subscription<T> {
    type Item = Result<T, Missed>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return match Pin::new(&mut self.items).poll_next(cx) {
                Poll::Ready(Some(Ok(item))) => match T::of(sealed::Brought(item)) {
                    Some(item) => Poll::Ready(Some(Ok(item))),
                    None => continue,
                },
                Poll::Ready(Some(Err(missed))) => Poll::Ready(Some(Err(missed))),
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            };
        }
    }
}
