//! Held orders: one pulse after another, each sent before the last one runs out (dossier 3.4).

use super::Limits;
use crate::{DurationMs, Order};
use core::time::Duration;
use dummyload_session::{MatchedBy, Timestamp};

/// The shortest pulse that leaves time for its refresh.
pub(super) const SHORTEST_PULSE: DurationMs = match DurationMs::new(300) {
    Ok(pulse) => pulse,
    Err(_) => DurationMs::MIN,
};

/// One held order.
#[derive(Debug)]
pub(super) struct Hold {
    /// One pulse, with the hold flag and replacing the one before.
    pub(super) order: Order,
    /// When the next pulse goes out.
    pub(super) next: Timestamp,
    /// When it has been held for too long.
    pub(super) until: Timestamp,
    /// How its last reply was matched.
    pub(super) matched: MatchedBy,
}

impl Hold {
    pub(super) fn new(now: Timestamp, order: &Order, limits: &Limits) -> Self {
        let order = order.with(order.command().clone().hold(true).replace(true));
        let next = now + pause(&order);
        Self { order, next, until: now + limits.longest_hold(), matched: MatchedBy::Order }
    }

    /// A pulse goes out now.
    pub(super) fn refreshed(&mut self, now: Timestamp) {
        self.next = now + pause(&self.order);
    }

    /// When something is to be done.
    pub(super) fn due(&self) -> Timestamp {
        self.next.min(self.until)
    }
}

/// Two thirds of a pulse: 1500 ms are refreshed every 1000 ms.
fn pause(order: &Order) -> Duration {
    Duration::from_millis(order.command().duration_ms().into()) * 2 / 3
}
