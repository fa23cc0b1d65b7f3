//! What commands may do, checked before anything is queued. A stop always passes.

use crate::{DurationMs, Intensity, Mode, Order, ShockerId};
use alloc::collections::BTreeMap;
use core::fmt;
use core::time::Duration;
use dummyload_session::Timestamp;

/// Bounds that no command of this session exceeds, whoever asks. They stand on this side of the wire, so they hold
/// whatever the server allows.
///
/// ```
/// use core::time::Duration;
/// use pishock_proto::session::Limits;
/// use pishock_proto::{Intensity, Mode};
/// # fn main() -> Result<(), pishock_proto::OutOfRange> {
/// let limits = Limits::default().allow(&Mode::Shock).max_intensity(Intensity::new(30)?).cool_down(Duration::from_secs(10));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    max_intensity: Intensity,
    max_duration: DurationMs,
    max_hold: Duration,
    cool_down: Duration,
    shock: bool,
    vibrate: bool,
    beep: bool,
}

impl Default for Limits {
    /// Vibrate and beep, with every intensity and duration that the protocol has; a held command at most 15 s; no
    /// cool-down. Shock must be allowed by name.
    fn default() -> Self {
        Self {
            max_intensity: Intensity::MAX,
            max_duration: DurationMs::MAX,
            max_hold: Duration::from_millis(DurationMs::MAX.get() as u64),
            cool_down: Duration::ZERO,
            shock: false,
            vibrate: true,
            beep: true,
        }
    }
}

impl Limits {
    /// The highest intensity, of vibrations as well as shocks.
    #[must_use]
    pub fn max_intensity(mut self, most: Intensity) -> Self {
        self.max_intensity = most;
        self
    }

    /// The longest single command.
    #[must_use]
    pub fn max_duration(mut self, longest: DurationMs) -> Self {
        self.max_duration = longest;
        self
    }

    /// How long a held command may be kept up before the session ends it by itself.
    #[must_use]
    pub fn max_hold(mut self, longest: Duration) -> Self {
        self.max_hold = longest;
        self
    }

    /// How long a shocker rests between the end of one command and the start of the next. The refreshes of a held
    /// command count as one command.
    #[must_use]
    pub fn cool_down(mut self, rest: Duration) -> Self {
        self.cool_down = rest;
        self
    }

    /// Allows a mode. Unknown modes cannot be allowed, and a stop needs no allowance.
    #[must_use]
    pub fn allow(mut self, mode: &Mode) -> Self {
        self.set(mode, true);
        self
    }

    /// Forbids a mode.
    #[must_use]
    pub fn forbid(mut self, mode: &Mode) -> Self {
        self.set(mode, false);
        self
    }

    fn set(&mut self, mode: &Mode, allowed: bool) {
        match mode {
            Mode::Shock => self.shock = allowed,
            Mode::Vibrate => self.vibrate = allowed,
            Mode::Beep => self.beep = allowed,
            Mode::End | Mode::Other(_) => {}
        }
    }

    /// How long a held command may be kept up.
    pub(super) fn longest_hold(&self) -> Duration {
        self.max_hold
    }

    fn allows(&self, mode: &Mode) -> bool {
        match mode {
            Mode::Shock => self.shock,
            Mode::Vibrate => self.vibrate,
            Mode::Beep => self.beep,
            Mode::End => true,
            Mode::Other(_) => false,
        }
    }
}

/// Which bound a command would have exceeded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitError {
    /// The mode is not allowed.
    Mode(Mode),
    /// The intensity is above this bound.
    Intensity(Intensity),
    /// The duration is above this bound.
    Duration(DurationMs),
    /// The shocker rests for so long yet.
    CoolDown(Duration),
    /// Everything was stopped; nothing but stops passes until [`SessionCommand::Resume`](super::SessionCommand::Resume).
    Stopped,
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mode(mode) => write!(f, "mode {:?} is not allowed by the limits of this session", mode.letter()),
            Self::Intensity(most) => write!(f, "the limits of this session allow an intensity of {most} at most"),
            Self::Duration(longest) => write!(f, "the limits of this session allow a duration of {longest} at most"),
            Self::CoolDown(left) => write!(f, "the shocker rests for another {} ms", left.as_millis()),
            Self::Stopped => f.write_str("everything was stopped; resume first"),
        }
    }
}

/// The limits with what they need to remember.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) limits: Limits,
    /// When the last command to each shocker ends.
    ends: BTreeMap<ShockerId, Timestamp>,
    pub(super) stopped: bool,
}

impl Guard {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, ends: BTreeMap::new(), stopped: false }
    }

    /// Whether an order may be sent now.
    pub(super) fn check(&self, now: Timestamp, order: &Order) -> Result<(), LimitError> {
        let command = order.command();
        if command.is_stop() {
            return Ok(());
        }
        let limits = &self.limits;
        if self.stopped {
            return Err(LimitError::Stopped);
        }
        if !limits.allows(command.mode()) {
            return Err(LimitError::Mode(command.mode().clone()));
        }
        if command.intensity() > limits.max_intensity {
            return Err(LimitError::Intensity(limits.max_intensity));
        }
        if command.duration_ms() > limits.max_duration.get() {
            return Err(LimitError::Duration(limits.max_duration));
        }
        match self.ends.get(&command.shocker()) {
            Some(ends) if now < *ends + limits.cool_down && limits.cool_down > Duration::ZERO => {
                Err(LimitError::CoolDown((*ends + limits.cool_down) - now))
            }
            _ => Ok(()),
        }
    }

    /// An order goes out now.
    pub(super) fn sent(&mut self, now: Timestamp, order: &Order) {
        let command = order.command();
        let ends = now + Duration::from_millis(command.duration_ms().into());
        let entry = self.ends.entry(command.shocker()).or_insert(ends);
        // Without `r` it runs only if nothing does, so the later end counts; a stop and a replacement are the new end.
        *entry = if command.replaces() || command.is_stop() { ends } else { ends.max(*entry) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, HubId};

    fn at(ms: u64) -> Timestamp {
        Timestamp::new(Duration::from_millis(ms))
    }

    fn vibrate(intensity: u8, ms: u32) -> Order {
        let (intensity, ms) = (Intensity::new(intensity).unwrap(), DurationMs::new(ms).unwrap());
        Command::vibrate(ShockerId(1), intensity, ms).on_hub(HubId(2))
    }

    fn stop() -> Order {
        Command::stop(ShockerId(1)).on_hub(HubId(2))
    }

    #[test]
    fn every_bound_holds_and_a_stop_passes_them_all() {
        let limits = Limits::default()
            .max_intensity(Intensity::new(30).unwrap())
            .max_duration(DurationMs::new(2000).unwrap())
            .cool_down(Duration::from_secs(1));
        let mut guard = Guard::new(limits.clone().forbid(&Mode::Beep));
        let shock = Command::shock(ShockerId(1), Intensity::ZERO, DurationMs::MIN).on_hub(HubId(2));
        let beep = Command::beep(ShockerId(1), DurationMs::MIN).on_hub(HubId(2));
        assert_eq!(guard.check(at(0), &shock), Err(LimitError::Mode(Mode::Shock)));
        assert_eq!(guard.check(at(0), &beep), Err(LimitError::Mode(Mode::Beep)));
        assert_eq!(guard.check(at(0), &vibrate(31, 100)), Err(LimitError::Intensity(Intensity::new(30).unwrap())));
        assert_eq!(guard.check(at(0), &vibrate(30, 2001)), Err(LimitError::Duration(DurationMs::new(2000).unwrap())));
        assert_eq!(guard.check(at(0), &vibrate(30, 2000)), Ok(()));
        guard.sent(at(0), &vibrate(30, 2000));
        let left = LimitError::CoolDown(Duration::from_millis(1));
        assert_eq!(guard.check(at(2999), &vibrate(1, 100)), Err(left));
        assert_eq!(guard.check(at(3000), &vibrate(1, 100)), Ok(()));
        // A stop ends the command, so the rest begins with it.
        guard.sent(at(500), &stop());
        assert_eq!(guard.check(at(1500), &vibrate(1, 100)), Ok(()));
        guard.stopped = true;
        assert_eq!(guard.check(at(9999), &vibrate(1, 100)), Err(LimitError::Stopped));
        assert_eq!(guard.check(at(0), &stop()), Ok(()));
        assert!(Guard::new(limits.allow(&Mode::Shock)).check(at(0), &shock).is_ok());
    }

    #[test]
    fn a_dropped_command_does_not_shorten_the_rest() {
        let mut guard = Guard::new(Limits::default().cool_down(Duration::from_secs(1)));
        guard.sent(at(0), &vibrate(1, 5000));
        let polite = Command::vibrate(ShockerId(1), Intensity::ZERO, DurationMs::MIN).replace(false).on_hub(HubId(2));
        guard.sent(at(10), &polite);
        assert!(guard.check(at(5999), &vibrate(1, 100)).is_err());
        assert!(guard.check(at(6000), &vibrate(1, 100)).is_ok());
    }
}
