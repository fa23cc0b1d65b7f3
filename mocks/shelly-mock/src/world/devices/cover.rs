//! What opens and closes, and takes its time for it.

use super::output::Energy;
use crate::seed::RollerSeed;
use dummyload_session::Timestamp;
use shelly_proto::Move;
use std::time::Duration;

/// A cover that moves reports so often where it is.
const REPORT: Duration = Duration::from_secs(1);
/// The slats turn from one end to the other in this time.
const SLAT_TRAVEL: Duration = Duration::from_secs(2);

/// Which way a cover goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Open,
    Close,
}

impl Way {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Close => "close",
        }
    }

    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Open => Self::Close,
            Self::Close => Self::Open,
        }
    }
}

/// A roller or cover. Its positions are in percent; 100 is open.
#[derive(Clone, Debug)]
pub(crate) struct Cover {
    /// Where it rests, or rested.
    position: f64,
    slats: Option<f64>,
    pub(crate) calibrated: bool,
    travel: Duration,
    pub(crate) load: f64,
    motion: Option<Motion>,
    slat_motion: Option<Motion>,
    /// It learns where its ends are; the motion is to the second of them.
    calibrating: bool,
    pub(crate) last_way: Option<Way>,
    pub(crate) source: &'static str,
    pub(crate) energy: Energy,
    next_report: Option<Timestamp>,
    /// The positions, of itself and of its slats, of its last report while it moves.
    reported: (i64, Option<i64>),
}

/// A movement that goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Motion {
    from: f64,
    pub(crate) to: f64,
    pub(crate) started: Timestamp,
    pub(crate) ends: Timestamp,
}

impl Motion {
    fn new(now: Timestamp, from: f64, to: f64, travel: Duration) -> Option<Self> {
        let ends = now + travel.mul_f64((to - from).abs() / 100.0);
        (ends > now).then_some(Self { from, to, started: now, ends })
    }

    fn at(&self, now: Timestamp) -> f64 {
        if now >= self.ends {
            return self.to;
        }
        let part = (now - self.started).as_secs_f64() / (self.ends - self.started).as_secs_f64();
        self.from + (self.to - self.from) * part
    }
}

impl Cover {
    pub(crate) fn new(now: Timestamp, seed: &RollerSeed) -> Self {
        Self {
            position: seed.position,
            slats: seed.slats,
            calibrated: seed.calibrated,
            travel: Duration::from_secs_f64(seed.travel),
            load: seed.load,
            motion: None,
            slat_motion: None,
            calibrating: false,
            last_way: None,
            source: "init",
            energy: Energy::new(now, 0.0, 0.0),
            next_report: None,
            reported: (0, None),
        }
    }

    pub(crate) fn seed(&self, now: Timestamp) -> RollerSeed {
        RollerSeed {
            position: super::rounded(self.position(now), 3),
            calibrated: self.calibrated,
            travel: self.travel.as_secs_f64(),
            slats: self.slats(now).map(|slats| super::rounded(slats, 3)),
            load: self.load,
        }
    }

    pub(crate) fn position(&self, now: Timestamp) -> f64 {
        self.motion.map_or(self.position, |motion| motion.at(now))
    }

    pub(crate) fn slats(&self, now: Timestamp) -> Option<f64> {
        self.slats.map(|slats| self.slat_motion.map_or(slats, |motion| motion.at(now)))
    }

    /// Which way it moves, if it does; where only the slats turn, that is their way.
    pub(crate) fn moving(&self) -> Option<Way> {
        let motion = self.motion.or(self.slat_motion)?;
        Some(if motion.to > motion.from { Way::Open } else { Way::Close })
    }

    /// The positions as it tells them.
    fn shown(&self, now: Timestamp) -> (i64, Option<i64>) {
        (self.position(now).round() as i64, self.slats(now).map(|slats| slats.round() as i64))
    }

    /// The movement of the cover itself.
    pub(crate) fn motion(&self) -> Option<Motion> {
        self.motion
    }

    pub(crate) fn is_calibrating(&self) -> bool {
        self.calibrating
    }

    /// To its end, or for so long.
    pub(crate) fn go(&mut self, now: Timestamp, way: Way, limit: Option<Duration>, source: &'static str) {
        let from = self.position(now);
        let end: f64 = if way == Way::Open { 100.0 } else { 0.0 };
        let most = limit.map_or(100.0, |limit| limit.as_secs_f64() / self.travel.as_secs_f64() * 100.0);
        let to = if way == Way::Open { end.min(from + most) } else { end.max(from - most) };
        self.start(now, Motion::new(now, from, to, self.travel), None, source);
    }

    /// To positions, of itself and of its slats. Nothing is checked here but the ends.
    pub(crate) fn go_to(&mut self, now: Timestamp, cover: Option<Move>, slats: Option<Move>, source: &'static str) {
        let target = |from: f64, to: Move| match to {
            Move::To(position) => f64::from(position.get()),
            Move::By(shift) => (from + f64::from(shift.get())).clamp(0.0, 100.0),
        };
        let from = self.position(now);
        let motion = cover.and_then(|to| Motion::new(now, from, target(from, to), self.travel));
        let slat_motion =
            slats.zip(self.slats(now)).and_then(|(to, from)| Motion::new(now, from, target(from, to), SLAT_TRAVEL));
        self.start(now, motion, slat_motion, source);
    }

    /// Learns where its ends are: to one and back.
    pub(crate) fn calibrate(&mut self, now: Timestamp, source: &'static str) {
        self.halt(now);
        let ends = now + self.travel.mul_f64(self.position / 100.0) + self.travel;
        self.start(now, Some(Motion { from: self.position, to: 100.0, started: now, ends }), None, source);
        (self.calibrating, self.calibrated) = (true, false);
    }

    /// A movement in the place of another one, unless both lead to the same; where it is already it only stops.
    fn start(&mut self, now: Timestamp, motion: Option<Motion>, slats: Option<Motion>, source: &'static str) {
        let leads = |motion: Option<Motion>| motion.map(|motion| motion.to);
        let same = (leads(motion), leads(slats)) == (leads(self.motion), leads(self.slat_motion));
        if same && !self.calibrating {
            return;
        }
        self.halt(now);
        (self.motion, self.slat_motion, self.source) = (motion, slats, source);
        if let Some(way) = self.moving() {
            self.last_way = Some(way);
            self.energy.draw(now, self.load);
            (self.next_report, self.reported) = (Some(now + REPORT), self.shown(now));
        }
    }

    pub(crate) fn stop(&mut self, now: Timestamp, source: &'static str) {
        self.start(now, None, None, source);
    }

    /// One button for all: it stops what moves, and sends off the other way what rests.
    pub(crate) fn press(&mut self, now: Timestamp, source: &'static str) {
        if self.moving().is_some() {
            return self.stop(now, source);
        }
        let up = if self.position(now) >= 50.0 { Way::Close } else { Way::Open };
        let way = self.last_way.map_or(up, Way::opposite);
        self.go(now, way, None, source);
        if self.moving().is_none() {
            self.go(now, way.opposite(), None, source);
        }
    }

    fn halt(&mut self, now: Timestamp) {
        self.position = self.position(now);
        self.slats = self.slats(now);
        (self.motion, self.slat_motion, self.next_report, self.calibrating) = (None, None, None, false);
        self.energy.draw(now, 0.0);
    }

    /// The next report, or the end of a movement.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let ends = [self.motion, self.slat_motion].into_iter().flatten().map(|motion| motion.ends).max();
        self.next_report.into_iter().chain(ends).min()
    }

    /// Whether there is something to report now.
    pub(crate) fn tick(&mut self, now: Timestamp) -> bool {
        let Some(due) = self.next_due().filter(|due| *due <= now) else { return false };
        let over = |motion: Option<Motion>| motion.is_none_or(|motion| motion.ends <= now);
        if over(self.motion) && over(self.slat_motion) {
            let learned = self.calibrating;
            self.halt(now);
            self.calibrated |= learned;
        } else {
            self.next_report = Some(due + REPORT);
            let shown = self.shown(now);
            let before = std::mem::replace(&mut self.reported, shown);
            // One that does not know where it is has nothing to report.
            return self.calibrated && before != shown;
        }
        true
    }

    /// Somebody has moved it by hand, or measured it anew.
    pub(crate) fn put(&mut self, now: Timestamp, position: Option<f64>, slats: Option<f64>) {
        self.halt(now);
        self.position = position.unwrap_or(self.position);
        self.slats = slats.or(self.slats);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shelly_proto::{Percent, Shift};

    fn at(ms: u64) -> Timestamp {
        Timestamp::new(Duration::from_millis(1_000_000 + ms))
    }

    fn cover(position: f64) -> Cover {
        Cover::new(at(0), &RollerSeed { position, slats: Some(50.0), ..RollerSeed::default() })
    }

    fn to(percent: u8) -> Move {
        Move::To(Percent::new(percent).unwrap())
    }

    #[test]
    fn it_moves_evenly_and_can_be_stopped_half_way() {
        let mut cover = cover(75.0);
        cover.go(at(0), Way::Close, None, "cloud");
        let motion = cover.motion();
        cover.go(at(10), Way::Close, None, "input");
        assert_eq!((cover.motion(), cover.source), (motion, "cloud"), "it does already");
        assert_eq!((cover.position(at(1000)), cover.moving()), (70.0, Some(Way::Close)));
        assert_eq!(cover.energy.watts(), 120.0);
        cover.stop(at(5000), "input");
        cover.stop(at(5000), "cloud");
        assert_eq!(cover.source, "input", "it rested already");
        assert_eq!((cover.position(at(99_000)), cover.moving(), cover.next_due()), (50.0, None, None));
        assert_eq!((cover.last_way, cover.energy.watts()), (Some(Way::Close), 0.0));
    }

    #[test]
    fn it_reports_each_second_and_at_its_end() {
        let mut cover = cover(75.0);
        cover.go(at(0), Way::Open, Some(Duration::from_millis(2500)), "cloud");
        let mut reports = Vec::new();
        while let Some(due) = cover.next_due() {
            assert!(cover.tick(due));
            reports.push((due - at(0), cover.position(due)));
        }
        let expected = [(1000, 80.0), (2000, 85.0), (2500, 87.5)];
        assert_eq!(reports, expected.map(|(ms, position)| (Duration::from_millis(ms), position)));
        assert!(!cover.tick(at(9000)));
        cover.go(at(9000), Way::Open, None, "cloud");
        while let Some(due) = cover.next_due() {
            cover.tick(due);
        }
        assert_eq!(cover.position(at(99_000)), 100.0);
        cover.go(at(99_000), Way::Open, None, "input");
        assert_eq!((cover.moving(), cover.source), (None, "cloud"), "it is at its end");
    }

    #[test]
    fn it_reports_only_what_it_knows_and_what_is_new() {
        let ticks = |mut cover: Cover| {
            cover.go(at(0), Way::Open, None, "cloud");
            let due = std::iter::repeat_with(|| {
                let due = cover.next_due()?;
                Some(cover.tick(due))
            });
            due.map_while(|told| told).filter(|told| *told).count()
        };
        let slow = RollerSeed { position: 98.0, travel: 1000.0, ..RollerSeed::default() };
        assert_eq!(ticks(Cover::new(at(0), &slow)), 3, "99, 100, and that it has stopped");
        let lost = RollerSeed { position: 50.0, calibrated: false, ..RollerSeed::default() };
        assert_eq!(ticks(Cover::new(at(0), &lost)), 1, "that it has stopped");
    }

    #[test]
    fn it_turns_back_where_it_is() {
        let mut cover = cover(0.0);
        cover.go(at(0), Way::Open, None, "cloud");
        cover.go(at(4000), Way::Close, None, "cloud");
        assert_eq!((cover.position(at(4000)), cover.position(at(6000))), (20.0, 10.0));
        assert_eq!(cover.motion().unwrap().ends, at(8000));
    }

    #[test]
    fn positions_and_slats_have_their_own_movements() {
        let mut cover = cover(75.0);
        cover.go_to(at(0), Some(Move::By(Shift::new(-50).unwrap())), Some(to(0)), "cloud");
        assert_eq!((cover.position(at(5000)), cover.slats(at(500))), (50.0, Some(25.0)));
        assert_eq!((cover.position(at(10_000)), cover.slats(at(1000))), (25.0, Some(0.0)));
        cover.go_to(at(10_000), None, Some(Move::By(Shift::new(100).unwrap())), "cloud");
        assert_eq!((cover.moving(), cover.slats(at(12_000))), (Some(Way::Open), Some(100.0)));
        cover.tick(at(12_000));
        cover.go_to(at(13_000), Some(to(25)), None, "cloud");
        assert_eq!(cover.moving(), None, "it is there");
    }

    #[test]
    fn calibration_takes_both_ways() {
        let mut cover = Cover::new(at(0), &RollerSeed { position: 50.0, calibrated: false, ..RollerSeed::default() });
        cover.calibrate(at(0), "cloud");
        assert!(cover.is_calibrating() && !cover.calibrated);
        while let Some(due) = cover.next_due() {
            cover.tick(due);
        }
        assert!(cover.calibrated && !cover.is_calibrating());
        assert_eq!(cover.position(at(30_000)), 100.0);
        cover.calibrate(at(40_000), "cloud");
        cover.stop(at(41_000), "cloud");
        assert!(!cover.calibrated, "it was not finished");
    }

    #[test]
    fn a_cover_can_be_moved_by_hand() {
        let mut cover = cover(75.0);
        cover.go(at(0), Way::Close, None, "cloud");
        cover.put(at(1000), Some(10.0), None);
        assert_eq!((cover.position(at(2000)), cover.slats(at(2000)), cover.moving()), (10.0, Some(50.0), None));
    }
}
