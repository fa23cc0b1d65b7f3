//! Points in time as values.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

/// A point in time, counted from an epoch that the caller picks and keeps to: process start, the Unix epoch, or zero in
/// a simulation. Never read from a clock by this crate.
///
/// ```
/// use core::time::Duration;
/// use dummyload_session::Timestamp;
/// let later = Timestamp::ZERO + Duration::from_secs(2);
/// assert_eq!(later - Timestamp::ZERO, Duration::from_secs(2));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(Duration);

impl Timestamp {
    /// The epoch itself.
    pub const ZERO: Self = Self(Duration::ZERO);
    /// Later than every time that occurs: a deadline that never comes.
    pub const NEVER: Self = Self(Duration::MAX);

    /// The point in time `since_epoch` after the epoch.
    pub const fn new(since_epoch: Duration) -> Self {
        Self(since_epoch)
    }

    /// The time between the epoch and this point.
    pub const fn since_epoch(self) -> Duration {
        self.0
    }

    /// The time from `earlier` to this point; zero if `earlier` is not earlier.
    pub fn saturating_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    /// Stops at [`Timestamp::NEVER`] instead of overflowing.
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }
}

impl Sub for Timestamp {
    type Output = Duration;
    /// The same as [`Timestamp::saturating_since`].
    fn sub(self, earlier: Self) -> Duration {
        self.saturating_since(earlier)
    }
}

impl fmt::Display for Timestamp {
    /// Seconds and milliseconds since the epoch, as in `12.034`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0.as_secs(), self.0.subsec_millis())
    }
}

/// When a state machine wants to be called next, and why: a stuck timer can be told from a missing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The time of the call; calling earlier does nothing.
    pub at: Timestamp,
    /// The reason, for logs and tests.
    pub why: &'static str,
}

impl Deadline {
    /// The earlier one of two deadlines, where there is any.
    pub fn earliest(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) => Some(if b.at < a.at { b } else { a }),
            (a, b) => a.or(b),
        }
    }
}
