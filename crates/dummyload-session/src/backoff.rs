//! Waiting times between attempts to connect.

use crate::{Rng, Timestamp};
use core::time::Duration;

/// How long to wait between attempts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BackoffPolicy {
    /// The most that the first wait can be.
    pub initial: Duration,
    /// By how much that bound grows with each attempt; 1 or more.
    pub factor: f64,
    /// What the bound never exceeds.
    pub cap: Duration,
    /// How long a connection must have lived for the count to start again.
    pub proven_after: Duration,
}

impl Default for BackoffPolicy {
    /// 1 s, doubled up to 60 s; a connection has proven itself after 10 s.
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            factor: 2.0,
            cap: Duration::from_secs(60),
            proven_after: Duration::from_secs(10),
        }
    }
}

/// Counts failed attempts and draws the next wait with full jitter: evenly between a small floor and the bound, so that a
/// thousand clients of one server do not come back in step.
///
/// A connection that was opened and lost at once counts as a failed attempt too, else a server that accepts and drops
/// would be hammered.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: BackoffPolicy,
    rng: Rng,
    attempts: u32,
    connected: Option<Timestamp>,
}

impl Backoff {
    /// A fresh count. The same policy and seed give the same waits.
    pub fn new(policy: BackoffPolicy, seed: u64) -> Self {
        Self { policy, rng: Rng::new(seed), attempts: 0, connected: None }
    }

    /// A connection is open.
    pub fn connected(&mut self, now: Timestamp) {
        self.connected = Some(now);
    }

    /// The connection is gone, or none came about: the time of the next attempt.
    pub fn failed(&mut self, now: Timestamp) -> Timestamp {
        if self.connected.take().is_some_and(|since| now - since >= self.policy.proven_after) {
            self.attempts = 0;
        }
        let bound = self.bound();
        self.attempts = self.attempts.saturating_add(1);
        // A tenth of the initial bound at least, so that a lucky draw is no busy loop.
        let floor = (self.policy.initial / 10).min(bound);
        now + floor + self.rng.duration_below(bound - floor)
    }

    /// How many attempts have failed since the last connection that lived.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    fn bound(&self) -> Duration {
        let mut bound = self.policy.initial;
        for _ in 0..self.attempts {
            if bound >= self.policy.cap {
                break;
            }
            bound = Duration::try_from_secs_f64(bound.as_secs_f64() * self.policy.factor).unwrap_or(self.policy.cap);
        }
        bound.min(self.policy.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn waits_grow_to_the_cap_and_keep_their_floor() {
        let mut backoff = Backoff::new(BackoffPolicy::default(), 1);
        for attempt in 0..100u32 {
            let wait = backoff.failed(Timestamp::ZERO) - Timestamp::ZERO;
            let bound = secs(1 << attempt.min(6)).min(secs(60));
            assert!(wait >= Duration::from_millis(100) && wait <= bound, "attempt {attempt}: {wait:?}");
        }
        assert_eq!(backoff.attempts(), 100);
    }

    #[test]
    fn only_a_connection_that_lived_starts_the_count_again() {
        let mut backoff = Backoff::new(BackoffPolicy::default(), 1);
        let mut now = Timestamp::ZERO;
        for _ in 0..5 {
            backoff.connected(now);
            now = backoff.failed(now + secs(9));
        }
        assert_eq!(backoff.attempts(), 5);
        backoff.connected(now);
        backoff.failed(now + secs(10));
        assert_eq!(backoff.attempts(), 1);
    }
}
