//! What time it is on the server: tokens end by its clock, and items have its times.

use crate::Datetime;
use dummyload_session::Timestamp;

/// The server's clock, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ServerClock(Option<(Timestamp, Datetime)>);

impl ServerClock {
    /// The server has told the time.
    pub(super) fn told(&mut self, now: Timestamp, time: Datetime) {
        self.0 = Some((now, time));
    }

    /// The time there; rather a little less, by the way that its telling took.
    pub(super) fn now(self, now: Timestamp) -> Option<Datetime> {
        let (then, time) = self.0?;
        let since = i64::try_from((now - then).as_millis()).unwrap_or(i64::MAX);
        Some(Datetime::from_millis(time.millis().saturating_add(since)))
    }

    /// When a time of the server's comes.
    pub(super) fn when(self, now: Timestamp, time: Datetime) -> Option<Timestamp> {
        let left = time.millis().saturating_sub(self.now(now)?.millis());
        Some(now + core::time::Duration::from_millis(u64::try_from(left).unwrap_or(0)))
    }
}

/// When a subscription was made, as its number tells: milliseconds since 1970 with three digits behind (dossier M1.3).
/// `None` for numbers of another making.
pub(super) fn made_at(subscription: i64) -> Option<Datetime> {
    /// September 2001.
    const EARLIEST: i64 = 1_000_000_000_000;
    let millis = subscription / 1000;
    (millis >= EARLIEST).then(|| Datetime::from_millis(millis))
}
