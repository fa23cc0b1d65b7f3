//! What measures, and mostly sleeps.

use crate::seed::SensorSeed;
use dummyload_session::Timestamp;
use std::time::Duration;

/// A sensor. What is and what it has told differ while it sleeps (dossier 6, 9.1).
#[derive(Clone, Debug)]
pub(crate) struct Sensor {
    is: SensorSeed,
    told: SensorSeed,
    told_at: Timestamp,
    wakes_at: Option<Timestamp>,
    /// Why it reported last.
    pub(crate) reason: &'static str,
}

impl Sensor {
    pub(crate) fn new(now: Timestamp, seed: &SensorSeed) -> Self {
        let mut sensor = Self { is: seed.clone(), told: seed.clone(), told_at: now, wakes_at: None, reason: "sensor" };
        sensor.sleep(now);
        sensor
    }

    fn sleep(&mut self, now: Timestamp) {
        self.wakes_at = self.is.sleeps.map(|seconds| now + Duration::from_secs(seconds.into()));
    }

    pub(crate) fn seed(&self) -> &SensorSeed {
        &self.is
    }

    /// What it has told last.
    pub(crate) fn told(&self) -> &SensorSeed {
        &self.told
    }

    /// The time of what it has told: the last report of one that sleeps.
    pub(crate) fn told_at(&self, now: Timestamp) -> Timestamp {
        if self.is.sleeps.is_some() { self.told_at } else { now }
    }

    /// Its surroundings are like this now. Whether it tells at once: one that is awake does, and water, smoke and doors
    /// wake the others.
    pub(crate) fn measure(&mut self, now: Timestamp, change: &SensorSeed) -> bool {
        let before = self.is.clone();
        macro_rules! take {
            ($($name:ident)*) => { $(if self.is.$name.is_some() && change.$name.is_some() { self.is.$name = change.$name; })* };
        }
        take!(temperature humidity lux open tilt flood smoke battery);
        let alarm = |of: &SensorSeed| (of.open, of.flood, of.smoke);
        if before == self.is {
            false
        } else if self.is.sleeps.is_none() || alarm(&before) != alarm(&self.is) {
            self.wake(now, "sensor");
            true
        } else {
            false
        }
    }

    /// Wakes up and tells what is.
    pub(crate) fn wake(&mut self, now: Timestamp, reason: &'static str) {
        (self.told, self.told_at, self.reason) = (self.is.clone(), now, reason);
        self.sleep(now);
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.wakes_at
    }

    /// Whether it wakes now by itself.
    pub(crate) fn tick(&mut self, now: Timestamp) -> bool {
        let due = self.wakes_at.is_some_and(|at| at <= now);
        if due {
            self.wake(now, "periodic");
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn one_that_sleeps_tells_when_it_wakes() {
        let seed = SensorSeed { sleeps: Some(60), temperature: Some(20.0), open: Some(false), ..SensorSeed::default() };
        let mut sensor = Sensor::new(at(0), &seed);
        let warmer = SensorSeed { temperature: Some(25.0), humidity: Some(50.0), ..SensorSeed::default() };
        assert!(!sensor.measure(at(10), &warmer));
        assert_eq!(
            (sensor.told().temperature, sensor.told_at(at(59)), sensor.tick(at(59))),
            (Some(20.0), at(0), false)
        );
        assert!(sensor.tick(at(60)));
        assert_eq!((sensor.told().temperature, sensor.told().humidity), (Some(25.0), None), "it measures no humidity");
        assert_eq!((sensor.reason, sensor.next_due()), ("periodic", Some(at(120))));
        let open = SensorSeed { open: Some(true), ..SensorSeed::default() };
        assert!(sensor.measure(at(70), &open) && !sensor.measure(at(71), &open));
        assert_eq!((sensor.reason, sensor.next_due()), ("sensor", Some(at(130))));
    }

    #[test]
    fn one_that_is_awake_tells_at_once() {
        let mut sensor = Sensor::new(at(0), &SensorSeed { temperature: Some(20.0), ..SensorSeed::default() });
        let warmer = SensorSeed { temperature: Some(25.0), ..SensorSeed::default() };
        assert!(sensor.measure(at(10), &warmer));
        assert_eq!((sensor.told_at(at(50)), sensor.next_due()), (at(50), None));
    }
}
