//! What happens without being asked for.

use crate::{Event, Missed};
use futures_util::Stream;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The events of a client, in order: connections lost and found, subscriptions made again, new tokens. Ends with the client.
/// Need not be read.
///
/// What subscriptions bring comes by their own streams, not here.
///
/// A reader that is too slow slows nothing down; it finds [`Missed`] in the place of the events that were lost.
#[derive(Debug)]
pub struct Events(dummyload_driver::Events<Event>);

impl Events {
    pub(crate) fn new(events: dummyload_driver::Events<Event>) -> Self {
        Self(events)
    }

    /// The next event; `None` when the client has ended.
    pub async fn next(&mut self) -> Option<Result<Event, Missed>> {
        self.0.next().await
    }
}

impl Stream for Events {
    type Item = Result<Event, Missed>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(cx)
    }
}
