//! Who hears of what (dossier M9): subscriptions, filed under the keys that events have, so that an event finds its
//! subscribers without a look at the others.

use devicehive_proto::{DeviceId, Subscription};
use dummyload_host::{CallId, PeerId};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a subscription is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// New commands.
    Commands,
    /// Commands that were updated.
    Updates,
    Notifications,
}

/// Whose events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Whose {
    Everybodys,
    /// Those of devices in a network, of a device type.
    Pair(i64, i64),
    /// Those of a device while it is in that network, and of that type.
    Device(i64, i64, DeviceId),
}

/// One key of a entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Filter {
    pub(crate) whose: Whose,
    /// Of this name only.
    pub(crate) name: Option<SmolStr>,
}

/// Who gets what a subscription finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Listener {
    Peer(PeerId),
    /// A call that waits for the first event.
    Call(CallId),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) listener: Listener,
    pub(crate) kind: Kind,
    /// As it was asked for; nothing where nobody can ask.
    pub(crate) asked: Option<Subscription>,
    filters: Vec<Filter>,
}

/// The second part of a key.
type Topic = (Kind, Option<SmolStr>);

/// All subscriptions.
#[derive(Debug, Default)]
pub(crate) struct Bus {
    keys: HashMap<Whose, HashMap<Topic, BTreeSet<i64>>>,
    entries: HashMap<i64, Entry>,
    of: BTreeMap<Listener, BTreeSet<i64>>,
    /// One counter for all, as on the server (dossier M1.3).
    counter: i64,
}

/// What an event is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    pub(crate) kind: Kind,
    /// Network and device type; `$device-*` notifications have none.
    pub(crate) pair: Option<(i64, i64)>,
    pub(crate) device: &'a DeviceId,
    pub(crate) name: Option<&'a str>,
}

impl Bus {
    /// A new subscription's id: milliseconds and a counter.
    pub(crate) fn next_id(&mut self, now_ms: i64) -> i64 {
        let id = now_ms * 1000 + self.counter;
        self.counter = (self.counter + 1) % 1000;
        // With a clock that stands still, a thousand subscriptions would take the first one's id.
        if self.entries.contains_key(&id) { self.next_id(now_ms + 1) } else { id }
    }

    pub(crate) fn subscribe(
        &mut self,
        id: i64,
        listener: Listener,
        kind: Kind,
        asked: Option<Subscription>,
        filters: Vec<Filter>,
    ) {
        for filter in &filters {
            let topics = self.keys.entry(filter.whose.clone()).or_default();
            topics.entry((kind, filter.name.clone())).or_default().insert(id);
        }
        self.of.entry(listener).or_default().insert(id);
        self.entries.insert(id, Entry { listener, kind, asked, filters });
    }

    /// Ends a entry. Whether there was one.
    pub(crate) fn unsubscribe(&mut self, id: i64) -> bool {
        let Some(entry) = self.entries.remove(&id) else { return false };
        for filter in entry.filters {
            let Some(topics) = self.keys.get_mut(&filter.whose) else { continue };
            let topic = (entry.kind, filter.name);
            if let Some(ids) = topics.get_mut(&topic) {
                ids.remove(&id);
                if ids.is_empty() {
                    topics.remove(&topic);
                }
            }
            if topics.is_empty() {
                self.keys.remove(&filter.whose);
            }
        }
        if let Some(ids) = self.of.get_mut(&entry.listener) {
            ids.remove(&id);
            if ids.is_empty() {
                self.of.remove(&entry.listener);
            }
        }
        true
    }

    /// Ends all subscriptions of a listener.
    pub(crate) fn forget(&mut self, listener: Listener) {
        for id in self.of.get(&listener).cloned().unwrap_or_default() {
            self.unsubscribe(id);
        }
    }

    /// The subscriptions of a listener, oldest first.
    pub(crate) fn of(&self, listener: Listener) -> impl Iterator<Item = (i64, &Entry)> {
        let ids = self.of.get(&listener).into_iter().flatten();
        ids.filter_map(|id| Some((*id, self.entries.get(id)?)))
    }

    pub(crate) fn get(&self, id: i64) -> Option<&Entry> {
        self.entries.get(&id)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// A device was deleted: what was subscribed with its id stays in the lists, and is never served again (dossier M6.5).
    pub(crate) fn deafen(&mut self, network: i64, device_type: i64, device: &DeviceId) {
        self.keys.remove(&Whose::Device(network, device_type, device.clone()));
    }

    /// The subscriptions that an event is for, oldest first. Those that are for the name come last; without a name the event
    /// is found twice by those without names, if the server does that (dossier M9.2).
    pub(crate) fn hears(&self, event: &Event<'_>, nameless_twice: bool) -> Vec<i64> {
        let mut ids = self.on_topic(event, None);
        match event.name {
            Some(name) => ids.extend(self.on_topic(event, Some(name))),
            None if nameless_twice => ids.extend_from_within(..),
            None => {}
        }
        ids
    }

    fn on_topic(&self, event: &Event<'_>, name: Option<&str>) -> Vec<i64> {
        if self.keys.is_empty() {
            return Vec::new();
        }
        let topic = (event.kind, name.map(SmolStr::new));
        let ids = |whose: &Whose| self.keys.get(whose).and_then(|topics| topics.get(&topic)).into_iter().flatten();
        let mut found: Vec<i64> = ids(&Whose::Everybodys).copied().collect();
        if let Some((network, device_type)) = event.pair {
            found.extend(ids(&Whose::Pair(network, device_type)));
            found.extend(ids(&Whose::Device(network, device_type, event.device.clone())));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Listener = Listener::Peer(PeerId(1));

    fn filter(whose: Whose, name: Option<&str>) -> Filter {
        Filter { whose, name: name.map(SmolStr::new) }
    }

    fn hears(bus: &Bus, kind: Kind, pair: Option<(i64, i64)>, name: Option<&str>, twice: bool) -> Vec<i64> {
        bus.hears(&Event { kind, pair, device: &"d".into(), name }, twice)
    }

    #[test]
    fn an_event_finds_its_subscribers_by_place_and_name() {
        let mut bus = Bus::default();
        let mut add = |id, filters| bus.subscribe(id, ME, Kind::Commands, None, filters);
        add(1, vec![filter(Whose::Everybodys, None)]);
        add(2, vec![filter(Whose::Pair(1, 1), None), filter(Whose::Pair(1, 2), None)]);
        add(3, vec![filter(Whose::Device(1, 1, "d".into()), Some("on"))]);
        add(4, vec![filter(Whose::Device(1, 1, "e".into()), None)]);
        add(5, vec![filter(Whose::Everybodys, Some("on")), filter(Whose::Everybodys, Some("off"))]);
        assert_eq!(hears(&bus, Kind::Commands, Some((1, 1)), Some("on"), true), [1, 2, 3, 5]);
        assert_eq!(hears(&bus, Kind::Commands, Some((1, 2)), Some("off"), true), [1, 2, 5]);
        assert_eq!(hears(&bus, Kind::Commands, Some((2, 1)), Some("ON"), true), [1]);
        assert_eq!(hears(&bus, Kind::Commands, None, Some("on"), true), [1, 5]);
        assert_eq!(hears(&bus, Kind::Commands, Some((1, 1)), None, true), [1, 2, 1, 2]);
        assert_eq!(hears(&bus, Kind::Commands, Some((1, 1)), None, false), [1, 2]);
        assert!(hears(&bus, Kind::Updates, Some((1, 1)), None, true).is_empty());
    }

    #[test]
    fn what_is_unsubscribed_or_deaf_hears_nothing_and_leaves_nothing_behind() {
        let mut bus = Bus::default();
        let device = || vec![filter(Whose::Device(1, 1, "d".into()), None)];
        bus.subscribe(1, ME, Kind::Commands, None, device());
        bus.subscribe(2, ME, Kind::Commands, None, vec![filter(Whose::Pair(1, 1), None)]);
        bus.deafen(1, 1, &"d".into());
        assert_eq!(hears(&bus, Kind::Commands, Some((1, 1)), None, false), [2]);
        assert_eq!(bus.of(ME).map(|(id, _)| id).collect::<Vec<_>>(), [1, 2]);
        assert!(bus.unsubscribe(1));
        assert!(!bus.unsubscribe(1));
        bus.subscribe(3, ME, Kind::Commands, None, device());
        bus.forget(ME);
        assert!(bus.keys.is_empty() && bus.entries.is_empty() && bus.of.is_empty());
    }

    #[test]
    fn ids_are_never_given_twice() {
        let mut bus = Bus::default();
        let mut ids = BTreeSet::new();
        for _ in 0..2500 {
            let id = bus.next_id(1_526_810_400_000);
            bus.subscribe(id, ME, Kind::Commands, None, Vec::new());
            ids.insert(id);
        }
        assert_eq!(ids.len(), 2500);
        assert_eq!(ids.first(), Some(&1_526_810_400_000_000));
    }
}
