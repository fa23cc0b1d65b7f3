//! The mock's time: real or virtual.

use dummyload_session::Timestamp;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the time of a mock comes from. All times are counted from the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockMode {
    /// The time of the machine, shifted when somebody sets it.
    Real,
    /// Time that stands still until somebody advances it.
    Virtual,
}

/// Where a virtual clock starts unless told otherwise: 2026-01-01T00:00:00Z.
pub const VIRTUAL_EPOCH: Timestamp = Timestamp::new(Duration::from_secs(1_767_225_600));

/// The clock of one mock.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock {
    /// `base` was the time at `since`; a monotonic clock counts on from there.
    Real { base: Timestamp, since: Instant },
    /// The time itself.
    Virtual(Timestamp),
}

impl Clock {
    /// A clock of this mode; `start` is its first time, by default the machine's time or [`VIRTUAL_EPOCH`].
    pub(crate) fn new(mode: ClockMode, start: Option<Timestamp>) -> Self {
        match mode {
            ClockMode::Real => Self::Real { base: start.unwrap_or_else(machine_time), since: Instant::now() },
            ClockMode::Virtual => Self::Virtual(start.unwrap_or(VIRTUAL_EPOCH)),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::Real { base, since } => *base + since.elapsed(),
            Self::Virtual(now) => *now,
        }
    }

    pub(crate) fn mode(&self) -> ClockMode {
        match self {
            Self::Real { .. } => ClockMode::Real,
            Self::Virtual(_) => ClockMode::Virtual,
        }
    }

    /// Back to the beginning, in the same mode: a virtual clock to `start`, a real one to what it was told to begin with,
    /// or else to the machine's time.
    pub(crate) fn restart(&mut self, start: Timestamp, told: Option<Timestamp>) {
        *self = match self.mode() {
            ClockMode::Real => Self::new(ClockMode::Real, told),
            ClockMode::Virtual => Self::new(ClockMode::Virtual, Some(start)),
        };
    }

    /// Moves the time forward to `to`; never back, since no state machine allows that.
    pub(crate) fn advance_to(&mut self, to: Timestamp) {
        match self {
            Self::Real { base, since } => {
                let ahead = to - (*base + since.elapsed());
                *base = *base + ahead;
            }
            Self::Virtual(now) => *now = to.max(*now),
        }
    }
}

fn machine_time() -> Timestamp {
    // A machine whose clock stands before 1970 gets 1970: wrong, but no reason to fail.
    Timestamp::new(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_moves_only_when_told_and_never_back() {
        let mut clock = Clock::new(ClockMode::Virtual, None);
        assert_eq!(clock.now(), VIRTUAL_EPOCH);
        let later = VIRTUAL_EPOCH + Duration::from_secs(5);
        clock.advance_to(later);
        clock.advance_to(VIRTUAL_EPOCH);
        assert_eq!(clock.now(), later);
    }

    #[test]
    fn a_real_clock_can_be_moved_forward() {
        let mut clock = Clock::new(ClockMode::Real, None);
        let later = clock.now() + Duration::from_secs(3600);
        clock.advance_to(later);
        assert!(clock.now() >= later);
    }
}
