//! The virtual hub: what it does with a command, and why (dossier 3.4, 10.5).

use super::state::{Hub, Shocker};
use crate::seed::{LinkSeed, ShareSeed, ShockerSeed};
use dummyload_session::Timestamp;
use pishock_proto::{Access, LinkId, Mode, ShareId, UserId};
use std::borrow::Cow;
use std::ops::RangeInclusive;

/// What one command asks of a shocker, whatever way it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order<'a> {
    pub(crate) mode: Mode,
    /// As sent; can be out of range or missing.
    pub(crate) intensity: Option<i64>,
    pub(crate) duration: Option<i64>,
    pub(crate) replace: bool,
    pub(crate) hold: bool,
    pub(crate) warning: bool,
    pub(crate) via: Via,
    /// Who sent it; nobody in particular through a link.
    pub(crate) user: Option<UserId>,
    /// What it says of its kind of access.
    pub(crate) access: Option<Access>,
    pub(crate) origin: Option<Cow<'a, str>>,
}

/// The way that an order came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Ops,
    /// Through this share, on its own channel or behind the owner's.
    Share(ShareId),
    Rest,
    /// Over HTTP, through this share.
    RestShare(ShareId),
    /// Through the link with this id.
    Link(LinkId),
}

impl Via {
    /// The name in the journal.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ops => "ops",
            Self::Share(_) => "sops",
            Self::Rest | Self::RestShare(_) => "rest",
            Self::Link(_) => "link",
        }
    }

    /// The durations that are taken this way, in milliseconds: the hub's own (dossier 3.3), the REST API's (6.5), and
    /// those that users of links may ask for before the link's cap (3.3).
    fn durations(&self) -> RangeInclusive<u32> {
        match self {
            Self::Ops | Self::Share(_) => 100..=15_000,
            Self::Rest | Self::RestShare(_) => 16..=15_000,
            Self::Link(_) => 100..=30_000,
        }
    }
}

/// What somebody else's permission allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caps {
    pub(crate) max_intensity: u8,
    pub(crate) max_duration: u32,
    pub(crate) can_shock: bool,
    pub(crate) can_vibrate: bool,
    pub(crate) can_beep: bool,
    pub(crate) can_continuous: bool,
}

impl Caps {
    /// No bounds: the owner's own right.
    pub(crate) const OWNER: Self = Self {
        max_intensity: 100,
        max_duration: 15_000,
        can_shock: true,
        can_vibrate: true,
        can_beep: true,
        can_continuous: true,
    };

    pub(crate) fn of_share(share: &ShareSeed) -> Self {
        Self {
            max_intensity: share.max_intensity,
            max_duration: share.max_duration,
            can_shock: share.can_shock,
            can_vibrate: share.can_vibrate,
            can_beep: share.can_beep,
            can_continuous: share.can_continuous,
        }
    }

    pub(crate) fn of_shocker(seed: &ShockerSeed) -> Self {
        Self {
            max_intensity: seed.max_intensity,
            max_duration: seed.max_duration,
            can_shock: seed.can_shock,
            can_vibrate: seed.can_vibrate,
            can_beep: seed.can_beep,
            can_continuous: true,
        }
    }

    pub(crate) fn of_link(link: &LinkSeed) -> Self {
        Self {
            max_intensity: link.max_intensity,
            max_duration: link.max_duration,
            can_shock: link.can_shock,
            can_vibrate: link.can_vibrate,
            can_beep: link.can_beep,
            can_continuous: true,
        }
    }

    /// Whether a mode may be used; a stop always may, and an unknown mode is the hub's business.
    pub(crate) fn allow(self, mode: &Mode) -> bool {
        match mode {
            Mode::Shock => self.can_shock,
            Mode::Vibrate => self.can_vibrate,
            Mode::Beep => self.can_beep,
            _ => true,
        }
    }
}

/// What the hub did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It ran, with these values; `clamped` if they are lower than asked for.
    Executed { intensity: u8, duration: u32, clamped: bool },
    /// It ended what ran.
    Stopped { was_running: bool },
    /// It did nothing.
    Dropped(Reason),
}

/// Why a hub drops a command in silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Offline,
    UnknownId,
    UnknownMode,
    Paused,
    Mode,
    Range,
    Busy,
    Continuous,
}

impl Reason {
    /// The name in the journal, and the code of the problem.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Offline => "dropped-offline",
            Self::UnknownId => "dropped-unknown-id",
            Self::UnknownMode => "dropped-unknown-mode",
            Self::Paused => "dropped-paused",
            Self::Mode => "dropped-mode",
            Self::Range => "dropped-range",
            Self::Busy => "dropped-busy",
            Self::Continuous => "dropped-continuous",
        }
    }

    /// For the author of the client.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Offline => "the hub is offline: the broker acknowledges, and nothing happens",
            Self::UnknownId => "no shocker of this hub has this id",
            Self::UnknownMode => "the mode is none of v, s, b, e",
            Self::Paused => "the shocker is paused: only a stop (e) passes",
            Self::Mode => "the shocker does not allow this mode",
            Self::Range => {
                "the intensity must be there and be 0 to 100 (percent), the duration 100 to 15000 (milliseconds)"
            }
            Self::Busy => "a command runs, and `r` is false: it is neither replaced nor queued",
            Self::Continuous => "the share does not allow the hold flag",
        }
    }

    /// Where the rule comes from.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Self::Offline => "dossier 1, 4.3",
            Self::UnknownId | Self::Paused => "dossier 10.5",
            Self::UnknownMode => "dossier 3.2",
            Self::Mode | Self::Continuous => "dossier 6.3",
            Self::Range => "dossier 3.3",
            Self::Busy => "dossier 3.4",
        }
    }
}

/// Carries out one order. `shocker` is `None` if the hub has none with that id.
pub(crate) fn carry_out(
    now: Timestamp,
    hub: &Hub,
    shocker: Option<&mut Shocker>,
    caps: Caps,
    order: &Order<'_>,
) -> Done {
    if !hub.online {
        return Done::Dropped(Reason::Offline);
    }
    let Some(shocker) = shocker else { return Done::Dropped(Reason::UnknownId) };
    if order.mode == Mode::End {
        let was_running = shocker.is_busy(now);
        shocker.busy_until = None;
        return Done::Stopped { was_running };
    }
    let own = Caps::of_shocker(&shocker.seed);
    if matches!(order.mode, Mode::Other(_)) {
        return Done::Dropped(Reason::UnknownMode);
    }
    if shocker.seed.paused {
        return Done::Dropped(Reason::Paused);
    }
    if !own.allow(&order.mode) || !caps.allow(&order.mode) {
        return Done::Dropped(Reason::Mode);
    }
    if order.hold && !caps.can_continuous {
        return Done::Dropped(Reason::Continuous);
    }
    let Some((intensity, duration)) = in_range(order) else { return Done::Dropped(Reason::Range) };
    if !order.replace && shocker.is_busy(now) {
        return Done::Dropped(Reason::Busy);
    }
    let given = (intensity, duration);
    let intensity = intensity.min(own.max_intensity).min(caps.max_intensity);
    let duration = duration.min(own.max_duration).min(caps.max_duration);
    shocker.run(now, duration);
    Done::Executed { intensity, duration, clamped: (intensity, duration) != given }
}

/// The values of an order, if a hub takes them (dossier 3.3). A beep needs no intensity.
fn in_range(order: &Order<'_>) -> Option<(u8, u32)> {
    let duration = u32::try_from(order.duration?).ok().filter(|ms| order.via.durations().contains(ms))?;
    let intensity = match (&order.mode, order.intensity) {
        (Mode::Beep, _) => 0,
        (_, intensity) => u8::try_from(intensity?).ok().filter(|percent| *percent <= 100)?,
    };
    Some((intensity, duration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::WorldFile;
    use crate::world::state::State;
    use pishock_proto::{HubId, ShockerId};
    use std::time::Duration;

    fn order(mode: Mode, intensity: i64, duration: i64) -> Order<'static> {
        Order {
            mode,
            intensity: Some(intensity),
            duration: Some(duration),
            replace: true,
            hold: false,
            warning: false,
            via: Via::Ops,
            user: None,
            access: None,
            origin: None,
        }
    }

    fn run(state: &mut State, at_ms: u64, caps: Caps, order: &Order<'_>) -> Done {
        let hub = state.hubs.remove(&HubId(1234)).unwrap();
        let now = Timestamp::new(Duration::from_millis(at_ms));
        let done = carry_out(now, &hub, state.shockers.get_mut(&ShockerId(321)), caps, order);
        state.hubs.insert(HubId(1234), hub);
        done
    }

    #[test]
    fn values_are_clamped_to_the_narrowest_cap() {
        let mut state = State::new(&WorldFile::demo());
        state.shockers.get_mut(&ShockerId(321)).unwrap().seed.max_duration = 4000;
        let caps = Caps { max_intensity: 50, ..Caps::OWNER };
        let done = run(&mut state, 0, caps, &order(Mode::Vibrate, 80, 9000));
        assert_eq!(done, Done::Executed { intensity: 50, duration: 4000, clamped: true });
        let done = run(&mut state, 0, caps, &order(Mode::Vibrate, 50, 4000));
        assert_eq!(done, Done::Executed { intensity: 50, duration: 4000, clamped: false });
    }

    #[test]
    fn a_busy_shocker_takes_only_what_replaces() {
        let mut state = State::new(&WorldFile::demo());
        let first = order(Mode::Shock, 10, 1000);
        let polite = Order { replace: false, ..first.clone() };
        assert!(matches!(run(&mut state, 0, Caps::OWNER, &first), Done::Executed { .. }));
        assert_eq!(run(&mut state, 999, Caps::OWNER, &polite), Done::Dropped(Reason::Busy));
        assert!(matches!(run(&mut state, 999, Caps::OWNER, &first), Done::Executed { .. }));
        assert!(matches!(run(&mut state, 1999, Caps::OWNER, &polite), Done::Executed { .. }));
        assert_eq!(run(&mut state, 2000, Caps::OWNER, &order(Mode::End, 0, 0)), Done::Stopped { was_running: true });
        assert_eq!(run(&mut state, 2001, Caps::OWNER, &order(Mode::End, 0, 0)), Done::Stopped { was_running: false });
    }

    #[test]
    fn what_is_not_allowed_is_dropped_with_its_reason() {
        let mut state = State::new(&WorldFile::demo());
        let vibrate = order(Mode::Vibrate, 10, 1000);
        for (caps, order, reason) in [
            (Caps { can_vibrate: false, ..Caps::OWNER }, vibrate.clone(), Reason::Mode),
            (
                Caps { can_continuous: false, ..Caps::OWNER },
                Order { hold: true, ..vibrate.clone() },
                Reason::Continuous,
            ),
            (Caps::OWNER, order(Mode::Vibrate, 101, 1000), Reason::Range),
            (Caps::OWNER, order(Mode::Vibrate, -1, 1000), Reason::Range),
            (Caps::OWNER, order(Mode::Vibrate, 10, 99), Reason::Range),
            (Caps::OWNER, order(Mode::Vibrate, 10, 15_001), Reason::Range),
            (Caps::OWNER, Order { intensity: None, ..vibrate.clone() }, Reason::Range),
            (Caps::OWNER, Order { duration: None, ..vibrate.clone() }, Reason::Range),
            (Caps::OWNER, Order { via: Via::Rest, ..order(Mode::Vibrate, 10, 15) }, Reason::Range),
            (
                Caps::OWNER,
                Order { via: Via::Link(LinkId::new("x")), ..order(Mode::Vibrate, 10, 30_001) },
                Reason::Range,
            ),
            (Caps::OWNER, order(Mode::Other("x".into()), 10, 1000), Reason::UnknownMode),
        ] {
            assert_eq!(run(&mut state, 0, caps, &order), Done::Dropped(reason), "{order:?}");
        }
        let beep = Order { intensity: None, ..order(Mode::Beep, 0, 1000) };
        assert!(matches!(run(&mut state, 0, Caps::OWNER, &beep), Done::Executed { intensity: 0, .. }));
        for (via, asked, done) in [(Via::Rest, 16, 16), (Via::Link(LinkId::new("x")), 30_000, 15_000)] {
            let order = Order { via, ..order(Mode::Vibrate, 10, asked) };
            let clamped = asked != i64::from(done);
            let expected = Done::Executed { intensity: 10, duration: done, clamped };
            assert_eq!(run(&mut state, 0, Caps::OWNER, &order), expected);
        }
        state.shockers.get_mut(&ShockerId(321)).unwrap().seed.paused = true;
        assert_eq!(run(&mut state, 0, Caps::OWNER, &vibrate), Done::Dropped(Reason::Paused));
        assert!(matches!(run(&mut state, 0, Caps::OWNER, &order(Mode::End, 0, 0)), Done::Stopped { .. }));
        state.hubs.get_mut(&HubId(1234)).unwrap().online = false;
        assert_eq!(run(&mut state, 0, Caps::OWNER, &vibrate), Done::Dropped(Reason::Offline));
    }
}
