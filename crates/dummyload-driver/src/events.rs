//! What happens without being asked for, as a stream that a slow reader cannot stop.

use futures_util::Stream;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// The events of a session, in order. Ends with the session.
///
/// A reader that lets more than [`Limits::events`](crate::Limits::events) pile up does not slow the session down; it
/// finds [`Missed`] in the place of those that were lost.
#[derive(Debug)]
pub struct Events<E>(mpsc::Receiver<Result<E, Missed>>);

/// So many events were lost here, because they were not read in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed(pub u64);

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events were lost, because they were not read in time", self.0)
    }
}

impl std::error::Error for Missed {}

impl<E> Events<E> {
    /// The next event; `None` when the session has ended and all are read.
    pub async fn next(&mut self) -> Option<Result<E, Missed>> {
        self.0.recv().await
    }
}

impl<E> Stream for Events<E> {
    type Item = Result<E, Missed>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx)
    }
}

/// The other end, for whoever stands between a session and its program and passes events on.
#[derive(Debug)]
pub struct EventSink<E> {
    sender: mpsc::Sender<Result<E, Missed>>,
    missed: u64,
}

/// A stream of events and its other end. So many events wait for their reader; further ones are lost and counted.
pub fn events<E>(capacity: usize) -> (EventSink<E>, Events<E>) {
    // One place more, for the word of what was missed.
    let (sender, receiver) = mpsc::channel(capacity.max(1) + 1);
    (EventSink { sender, missed: 0 }, Events(receiver))
}

impl<E> EventSink<E> {
    /// Puts an event in, if there is room.
    pub fn push(&mut self, event: E) {
        if self.missed > 0 {
            if self.sender.capacity() < 2 || self.sender.try_send(Err(Missed(self.missed))).is_err() {
                self.missed += 1;
                return;
            }
            self.missed = 0;
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = self.sender.try_send(Ok(event)) {
            self.missed += 1;
        }
    }

    /// Events were lost before they came here.
    pub fn missed(&mut self, missed: Missed) {
        self.missed += missed.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_reader_is_told_how_much_it_missed() {
        let (mut sink, mut events) = super::events(2);
        (0..10).for_each(|n| sink.push(n));
        let mut read = || events.0.try_recv().ok();
        assert_eq!((read(), read(), read(), read()), (Some(Ok(0)), Some(Ok(1)), Some(Ok(2)), None));
        sink.missed(Missed(5));
        sink.push(10);
        let mut read = || events.0.try_recv().ok();
        assert_eq!((read(), read(), read()), (Some(Err(Missed(12))), Some(Ok(10)), None));
    }
}
