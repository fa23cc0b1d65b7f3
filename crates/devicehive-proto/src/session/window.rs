//! What a subscription has brought lately: from when on to ask for stored items after a reconnect, and which of them are
//! known already.
//!
//! A replay has items twice for many reasons: its bound is inclusive on 4.1, it is repeated for each name, and an item that
//! comes during the registration comes live and stored (dossier M4.5, M9.4, V1). So it is asked for from well before the
//! last item, and what was seen is passed over.

use crate::{Datetime, DeviceId, Json};
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::time::Duration;
use dummyload_session::Timestamp;

/// How long a replay goes on at most, and an item is remembered at least: a replay for two names has all of them twice.
const RECENT: Duration = Duration::from_secs(30);

/// The most items that are remembered. Beyond that the oldest are forgotten, and no replay goes back to them.
const MOST: usize = 16_384;

/// What tells an item from all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Its own time; that of its last update for an update.
    pub(super) at: Datetime,
    /// Its number. Numbers are drawn for each device by itself (dossier M1.3).
    pub(super) id: i64,
    pub(super) device: DeviceId,
}

/// What an update says: two can come within one millisecond. Nothing for what never changes.
pub(super) type Content = Option<(Option<String>, Option<Json>)>;

/// The memory of one subscription.
#[derive(Debug)]
pub(super) struct Window {
    /// Stored items can be missed, or come late, by as much.
    slack: Duration,
    /// No replay goes back beyond this.
    floor: Datetime,
    newest: Datetime,
    /// While a replay goes on, which can bring things in any order: until when, and from when on it is.
    held: Option<(Timestamp, Datetime)>,
    seen: BTreeMap<Key, (Timestamp, Content)>,
}

impl Window {
    /// The memory of a subscription that brings what happens from `begin` on. A replay goes back by `slack` from the newest
    /// item; before `begin` only as far as `before`.
    pub(super) fn new(begin: Datetime, before: Duration, slack: Duration) -> Self {
        Self { slack, floor: earlier(begin, before), newest: begin, held: None, seen: BTreeMap::new() }
    }

    /// Takes an item in; whether it is news. `server` is the server's time as far as it is known: items can have times of
    /// their inserters, and one from the future must not hide what comes before it.
    pub(super) fn admit(&mut self, now: Timestamp, key: Key, content: Content, server: Option<Datetime>) -> bool {
        if self.seen.get(&key).is_some_and(|(_, known)| *known == content) {
            return false;
        }
        let at = server.map_or(key.at, |server| key.at.min(server));
        self.newest = self.newest.max(at);
        self.seen.insert(key, (now, content));
        let from = self.from(now);
        while let Some(oldest) = self.seen.first_entry()
            && oldest.key().at < from
            && oldest.get().0 + RECENT <= now
        {
            oldest.remove();
        }
        while self.seen.len() > MOST
            && let Some((forgotten, _)) = self.seen.pop_first()
        {
            self.floor = self.floor.max(Datetime::from_millis(forgotten.at.millis().saturating_add(2)));
        }
        true
    }

    /// From when on to ask for stored items.
    pub(super) fn from(&self, now: Timestamp) -> Datetime {
        let held = self.held.filter(|(until, _)| now < *until).map(|(_, begin)| begin);
        let begin = held.unwrap_or_else(|| earlier(self.newest, self.slack));
        // One millisecond more, since the bound is exclusive on 3.5.
        earlier(begin.max(self.floor), Duration::from_millis(1))
    }

    /// A replay begins. The server does not say when it is over.
    pub(super) fn replays(&mut self, now: Timestamp) {
        let begin = self.held.filter(|(until, _)| now < *until).map(|(_, begin)| begin);
        self.held = Some((now + RECENT, begin.unwrap_or_else(|| earlier(self.newest, self.slack))));
    }
}

fn earlier(time: Datetime, by: Duration) -> Datetime {
    Datetime::from_millis(time.millis().saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    const LATER: Timestamp = Timestamp::new(Duration::from_secs(1_000_000_000));

    fn time(ms: i64) -> Datetime {
        Datetime::from_millis(ms)
    }

    fn key(at: i64, id: i64) -> Key {
        Key { at: time(at), id, device: DeviceId::new("d") }
    }

    /// Nothing is remembered for being recent.
    fn admit(window: &mut Window, key: Key, content: Content, server: Option<Datetime>) -> bool {
        let at = u64::try_from(key.at.millis()).unwrap() * 1000;
        window.admit(Timestamp::new(Duration::from_secs(at)), key, content, server)
    }

    #[test]
    fn an_item_is_news_once_and_an_update_each_time_it_says_something_else() {
        let mut window = Window::new(time(10_000), Duration::ZERO, SECOND);
        assert_eq!(window.from(LATER), time(9_999));
        assert!(admit(&mut window, key(10_500, 1), None, None));
        assert!(!admit(&mut window, key(10_500, 1), None, None));
        assert!(admit(&mut window, key(10_500, 2), None, None));
        assert!(admit(&mut window, Key { device: DeviceId::new("e"), ..key(10_500, 1) }, None, None));
        let says = |status: &str| Some((Some(String::from(status)), None));
        assert!(admit(&mut window, key(10_600, 3), says("a"), None));
        assert!(admit(&mut window, key(10_600, 3), says("b"), None));
        assert!(!admit(&mut window, key(10_600, 3), says("b"), None));
    }

    #[test]
    fn replay_begins_before_the_newest_item_but_not_before_the_subscription() {
        let mut window = Window::new(time(10_000), Duration::ZERO, SECOND);
        admit(&mut window, key(10_500, 1), None, None);
        assert_eq!(window.from(LATER), time(9_999));
        admit(&mut window, key(20_000, 2), None, None);
        assert_eq!(window.from(LATER), time(18_999));
        assert_eq!(window.seen.len(), 1, "what no replay brings is forgotten");
        // One whose inserter is an hour ahead hides nothing.
        admit(&mut window, key(3_600_000, 3), None, Some(time(21_000)));
        assert_eq!(window.from(LATER), time(19_999));
        assert!(!admit(&mut window, key(3_600_000, 3), None, Some(time(22_000))));
    }

    #[test]
    fn a_replay_that_comes_twice_is_one() {
        let mut window = Window::new(time(0), Duration::ZERO, SECOND);
        for news in [true, false] {
            for id in 0..50 {
                assert_eq!(window.admit(Timestamp::ZERO, key(id * 2_000, id), None, None), news, "{id}");
            }
        }
    }

    #[test]
    fn a_replay_in_any_order_that_breaks_off_is_asked_for_again() {
        let mut window = Window::new(time(0), Duration::ZERO, SECOND);
        window.admit(Timestamp::ZERO, key(5_000, 1), None, None);
        let later = Timestamp::new(RECENT * 2);
        window.replays(later);
        assert!(window.admit(later, key(9_000, 2), None, None));
        assert!(!window.admit(later, key(5_000, 1), None, None));
        assert_eq!(window.from(later), time(3_999));
        assert_eq!(window.from(later + RECENT), time(7_999));
    }

    #[test]
    fn what_is_forgotten_is_not_asked_for() {
        let mut window = Window::new(time(0), Duration::ZERO, SECOND);
        for id in 0..MOST as i64 + 10 {
            admit(&mut window, key(500 + id / 1000, id), None, None);
        }
        assert!(window.seen.len() <= MOST);
        assert!(window.from(LATER) >= time(501), "{}", window.from(LATER));
    }

    proptest! {
        #[test]
        fn nothing_that_a_replay_can_bring_is_news_twice(
            items in proptest::collection::vec((0i64..8_000, 0i64..40), 1..80),
        ) {
            let mut window = Window::new(time(0), Duration::ZERO, SECOND);
            for (count, (at, id)) in items.iter().enumerate() {
                admit(&mut window, key(*at, *id), None, Some(time(6_000)));
                let from = window.from(LATER);
                for (at, id) in &items[..=count] {
                    if time(*at) >= from {
                        prop_assert!(!admit(&mut window, key(*at, *id), None, Some(time(6_000))));
                    }
                }
            }
        }
    }
}
