//! What switches something on and off: with a timer that undoes it, and what it has used.

use dummyload_session::Timestamp;
use shelly_proto::Turn;
use std::time::Duration;

/// An output: a relay, a switch, or the power of a light.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) on: bool,
    /// Watts while it is on.
    pub(crate) load: f64,
    /// What changed it last.
    pub(crate) source: &'static str,
    pub(crate) timer: Option<Timer>,
    pub(crate) energy: Energy,
}

/// What will change an output back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timer {
    pub(crate) started: Timestamp,
    pub(crate) length: Duration,
}

impl Timer {
    pub(crate) fn ends(&self) -> Timestamp {
        self.started + self.length
    }
}

/// What has been used since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Energy {
    watt_seconds: f64,
    watts: f64,
    since: Timestamp,
}

impl Energy {
    pub(crate) fn new(now: Timestamp, watts: f64, watt_hours: f64) -> Self {
        Self { watt_seconds: watt_hours * 3600.0, watts, since: now }
    }

    /// From now on so much is used.
    pub(crate) fn draw(&mut self, now: Timestamp, watts: f64) {
        if watts == self.watts {
            return;
        }
        self.watt_seconds = self.watt_hours(now) * 3600.0;
        (self.watts, self.since) = (watts, now);
    }

    pub(crate) fn watts(&self) -> f64 {
        self.watts
    }

    pub(crate) fn watt_hours(&self, now: Timestamp) -> f64 {
        (self.watt_seconds + self.watts * (now - self.since).as_secs_f64()) / 3600.0
    }

    /// The last three whole minutes in milliwatt hours, the latest first, as far as the power has been what it is.
    pub(crate) fn by_minute(&self, now: Timestamp) -> [f64; 3] {
        let minute = now.since_epoch().as_secs() / 60 * 60;
        let since = self.since.since_epoch().as_secs_f64();
        [0, 1, 2].map(|back| {
            let end = minute.saturating_sub(back * 60) as f64;
            let seconds = (end - since).clamp(0.0, 60.0);
            super::rounded(self.watts * seconds / 3.6, 3)
        })
    }
}

impl Output {
    pub(crate) fn new(now: Timestamp, on: bool, load: f64) -> Self {
        let watts = if on { load } else { 0.0 };
        Self { on, load, source: "init", timer: None, energy: Energy::new(now, watts, 0.0) }
    }

    /// Switches; with a timer it changes back after that time. A command without one ends a timer that runs. Whether
    /// anything has changed.
    pub(crate) fn turn(&mut self, now: Timestamp, turn: Turn, timeout: Option<Duration>, source: &'static str) -> bool {
        let on = match turn {
            Turn::On => true,
            Turn::Off => false,
            Turn::Toggle => !self.on,
        };
        let timer = timeout.filter(|length| !length.is_zero()).map(|length| Timer { started: now, length });
        let changed = on != self.on || timer != self.timer;
        if changed {
            (self.on, self.timer, self.source) = (on, timer, source);
            self.draw(now);
        }
        changed
    }

    /// Another load hangs on it.
    pub(crate) fn set_load(&mut self, now: Timestamp, load: f64) -> bool {
        let changed = load != self.load;
        self.load = load;
        self.draw(now);
        changed && self.on
    }

    fn draw(&mut self, now: Timestamp) {
        self.energy.draw(now, if self.on { self.load } else { 0.0 });
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.timer.map(|timer| timer.ends())
    }

    /// Whether its timer has run out now.
    pub(crate) fn tick(&mut self, now: Timestamp) -> bool {
        let due = self.next_due().is_some_and(|at| at <= now);
        due && self.turn(now, Turn::Toggle, None, "timer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(1_000_000 * 60 + seconds))
    }

    #[test]
    fn a_timer_undoes_what_started_it() {
        let mut output = Output::new(at(0), false, 60.0);
        assert!(output.turn(at(0), Turn::On, Some(Duration::from_secs(5)), "cloud"));
        assert!(!output.tick(at(4)) && output.on);
        assert!(output.tick(at(5)) && !output.on);
        assert_eq!((output.timer, output.source, output.next_due()), (None, "timer", None));
        // Off for a while works as well.
        output.turn(at(6), Turn::On, None, "cloud");
        output.turn(at(7), Turn::Off, Some(Duration::from_secs(1)), "cloud");
        assert!(output.tick(at(8)) && output.on);
    }

    #[test]
    fn a_command_without_a_timer_ends_one() {
        let mut output = Output::new(at(0), false, 60.0);
        output.turn(at(0), Turn::On, Some(Duration::from_secs(5)), "cloud");
        assert!(output.turn(at(1), Turn::On, None, "cloud"), "the timer is a change");
        assert!(!output.turn(at(2), Turn::On, None, "cloud"), "nothing is");
        assert_eq!(output.next_due(), None);
        assert!(output.turn(at(2), Turn::Toggle, Some(Duration::ZERO), "cloud") && output.timer.is_none());
    }

    #[test]
    fn what_is_on_uses_energy() {
        let mut output = Output::new(at(0), true, 60.0);
        output.turn(at(3600), Turn::Off, None, "cloud");
        assert_eq!(output.energy.watt_hours(at(9999)), 60.0);
        assert_eq!((output.energy.watts(), output.energy.by_minute(at(9999))), (0.0, [0.0; 3]));
        output.turn(at(7200), Turn::On, None, "cloud");
        assert_eq!(output.energy.by_minute(at(7200 + 90)), [1000.0, 0.0, 0.0]);
        assert!(output.set_load(at(7200 + 60), 120.0));
        assert_eq!(output.energy.watt_hours(at(7200 + 120)), 63.0);
    }
}
