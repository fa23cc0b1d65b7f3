//! What happens without being asked for.

use crate::{Event, Missed};
use futures_util::Stream;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The events of a chat, in order: statuses, lines, viewer counts, connections lost and found. Ends with the chat.
///
/// A reader that is too slow slows nothing down; it finds [`Missed`] in the place of the events that were lost.
#[derive(Debug)]
pub struct Events {
    /// What has come before the chat was ready: the server may tell of the stream before it answers (dossier 5).
    early: VecDeque<Result<Event, Missed>>,
    rest: dummyload_driver::Events<Event>,
}

impl Events {
    pub(crate) fn new(early: VecDeque<Result<Event, Missed>>, rest: dummyload_driver::Events<Event>) -> Self {
        Self { early, rest }
    }

    /// The next event; `None` when the chat has ended.
    pub async fn next(&mut self) -> Option<Result<Event, Missed>> {
        match self.early.pop_front() {
            Some(event) => Some(event),
            None => self.rest.next().await,
        }
    }
}

impl Stream for Events {
    type Item = Result<Event, Missed>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.early.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None => Pin::new(&mut self.rest).poll_next(cx),
        }
    }
}
