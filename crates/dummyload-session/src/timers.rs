//! A fixed set of named timers.

use crate::{Deadline, Timestamp};

/// The timers of one session: an enum without payload that says its place in the table and its reason.
pub trait Timer: Copy {
    /// Its place in the table, from 0; the table's size must exceed it.
    fn index(self) -> usize;
    /// Why it was set, for [`Deadline::why`].
    fn why(self) -> &'static str;
}

/// At most one deadline for each of `N` timers of type `T`.
#[derive(Clone, Debug)]
pub struct TimerTable<T, const N: usize>([Option<(Timestamp, T)>; N]);

impl<T: Timer, const N: usize> Default for TimerTable<T, N> {
    fn default() -> Self {
        Self([None; N])
    }
}

impl<T: Timer, const N: usize> TimerTable<T, N> {
    /// Sets a timer, or moves it. A timer whose index lies beyond the table is a programming error and ignored.
    pub fn set(&mut self, timer: T, at: Timestamp) {
        if let Some(slot) = self.0.get_mut(timer.index()) {
            *slot = Some((at, timer));
        }
    }

    /// Stops a timer.
    pub fn stop(&mut self, timer: T) {
        if let Some(slot) = self.0.get_mut(timer.index()) {
            *slot = None;
        }
    }

    /// Stops all.
    pub fn stop_all(&mut self) {
        self.0 = [None; N];
    }

    /// Takes out the earliest timer that is due. Call until `None`.
    pub fn pop_due(&mut self, now: Timestamp) -> Option<T> {
        let (at, timer) = self.0.iter().flatten().min_by_key(|(at, _)| *at).copied()?;
        (at <= now).then(|| {
            self.stop(timer);
            timer
        })
    }

    /// The earliest deadline of all.
    pub fn poll_deadline(&self) -> Option<Deadline> {
        let (at, timer) = self.0.iter().flatten().min_by_key(|(at, _)| *at)?;
        Some(Deadline { at: *at, why: timer.why() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum T {
        Ping,
        Reply,
    }
    impl Timer for T {
        fn index(self) -> usize {
            self as usize
        }
        fn why(self) -> &'static str {
            match self {
                T::Ping => "ping",
                T::Reply => "reply",
            }
        }
    }

    #[test]
    fn due_timers_come_earliest_first_and_once() {
        let at = |s| Timestamp::new(Duration::from_secs(s));
        let mut timers = TimerTable::<T, 2>::default();
        timers.set(T::Ping, at(9));
        timers.set(T::Ping, at(4));
        timers.set(T::Reply, at(3));
        assert_eq!(timers.poll_deadline(), Some(Deadline { at: at(3), why: "reply" }));
        assert_eq!(timers.pop_due(at(2)), None);
        assert_eq!(timers.pop_due(at(4)), Some(T::Reply));
        assert_eq!(timers.pop_due(at(4)), Some(T::Ping));
        assert_eq!((timers.pop_due(at(99)), timers.poll_deadline()), (None, None));
    }
}
