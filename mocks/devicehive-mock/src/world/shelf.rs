//! What devices said and were told, for as long as it is kept (dossier M9.4).

use devicehive_proto::{Command, Datetime, DeviceId, Notification};
use dummyload_session::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

/// The most items of one kind: beyond that the oldest go, whatever their time. A real server keeps what its memory holds.
const MOST: usize = 100_000;

/// The most bytes of their texts and objects, likewise.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// What is kept.
pub(crate) trait Item {
    fn id(&self) -> i64;
    fn device(&self) -> &DeviceId;
    /// The time it is sorted by.
    fn at(&self) -> Datetime;
    /// The network and device type that its device had.
    fn pair(&self) -> Option<(i64, i64)>;
    /// The bytes of its texts and objects.
    fn weight(&self) -> usize;
}

impl Item for Command {
    fn id(&self) -> i64 {
        self.id
    }

    fn device(&self) -> &DeviceId {
        &self.device_id
    }

    fn at(&self) -> Datetime {
        self.timestamp
    }

    fn pair(&self) -> Option<(i64, i64)> {
        self.network_id.zip(self.device_type_id)
    }

    fn weight(&self) -> usize {
        let texts = [&self.name, &self.status].into_iter().flatten().map(String::len);
        let objects = [&self.parameters, &self.result].into_iter().flatten().map(|json| json.as_str().len());
        texts.chain(objects).sum()
    }
}

impl Item for Notification {
    fn id(&self) -> i64 {
        self.id
    }

    fn device(&self) -> &DeviceId {
        &self.device_id
    }

    fn at(&self) -> Datetime {
        self.timestamp
    }

    fn pair(&self) -> Option<(i64, i64)> {
        self.network_id.zip(self.device_type_id)
    }

    fn weight(&self) -> usize {
        self.name.as_ref().map_or(0, String::len) + self.parameters.as_ref().map_or(0, |json| json.as_str().len())
    }
}

/// An item on its shelf.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    pub(crate) item: T,
    /// It was changed since it was made.
    pub(crate) updated: bool,
    /// Its place among the others.
    pub(crate) place: Place,
    /// Its last place in the queue of those that go.
    turn: u64,
}

/// Time, and the order of arrival for those of one time.
pub(crate) type Place = (Datetime, u64);

/// Items in the order of their times.
type Row<T> = BTreeMap<Place, Arc<Kept<T>>>;

#[derive(Debug)]
struct OfDevice<T> {
    row: Row<T>,
    by_id: HashMap<i64, Place>,
}

/// All items of one kind.
#[derive(Debug)]
pub(crate) struct Shelf<T> {
    devices: HashMap<DeviceId, OfDevice<T>>,
    pairs: BTreeMap<(i64, i64), Row<T>>,
    /// When which item goes, unless it has taken a later turn since: in the order of time, as all are kept equally long.
    queue: VecDeque<(Option<Timestamp>, u64, DeviceId, i64)>,
    turns: u64,
    len: usize,
    bytes: usize,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { devices: HashMap::new(), pairs: BTreeMap::new(), queue: VecDeque::new(), turns: 0, len: 0, bytes: 0 }
    }
}

/// Where a search begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since {
    pub(crate) at: Datetime,
    /// The moment itself counts.
    pub(crate) inclusive: bool,
}

fn range<T>(row: &Row<T>, since: Option<Since>) -> impl DoubleEndedIterator<Item = &Arc<Kept<T>>> {
    let from = match since {
        None => Bound::Unbounded,
        Some(Since { at, inclusive: true }) => Bound::Included((at, 0)),
        Some(Since { at, inclusive: false }) => Bound::Excluded((at, u64::MAX)),
    };
    row.range((from, Bound::Unbounded)).map(|(_, kept)| kept)
}

impl<T: Item> Shelf<T> {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts an item on the shelf, in the place of one with the same id and device if there is one. It goes at `until`.
    pub(crate) fn put(&mut self, until: Option<Timestamp>, item: T, updated: bool) {
        self.turns += 1;
        let (id, pair, device) = (item.id(), item.pair(), item.device().clone());
        let row = self
            .devices
            .entry(device.clone())
            .or_insert_with(|| OfDevice { row: BTreeMap::new(), by_id: HashMap::new() });
        let place = *row.by_id.entry(id).or_insert((item.at(), self.turns));
        let kept = Arc::new(Kept { item, updated, place, turn: self.turns });
        if let Some(pair) = pair {
            self.pairs.entry(pair).or_default().insert(place, Arc::clone(&kept));
        }
        self.bytes += kept.item.weight();
        match row.row.insert(place, kept) {
            None => self.len += 1,
            Some(before) => self.bytes -= before.item.weight(),
        }
        self.queue.push_back((until, self.turns, device, id));
    }

    /// One item.
    pub(crate) fn get(&self, device: &str, id: i64) -> Option<&Arc<Kept<T>>> {
        let row = self.devices.get(device)?;
        row.row.get(row.by_id.get(&id)?)
    }

    /// The items of a device, in the order of their times.
    pub(crate) fn of_device(
        &self,
        device: &str,
        since: Option<Since>,
    ) -> impl DoubleEndedIterator<Item = &Arc<Kept<T>>> {
        self.devices.get(device).into_iter().flat_map(move |row| range(&row.row, since))
    }

    /// The items of devices that were of this network and type then, in the order of their times.
    pub(crate) fn of_pair(
        &self,
        network: i64,
        device_type: i64,
        since: Option<Since>,
    ) -> impl DoubleEndedIterator<Item = &Arc<Kept<T>>> {
        self.pairs.get(&(network, device_type)).into_iter().flat_map(move |row| range(row, since))
    }

    /// All items, in the order of their times.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Kept<T>>> {
        self.of_all(None)
    }

    /// The items of all devices, in the order of their times.
    pub(crate) fn of_all(&self, since: Option<Since>) -> impl Iterator<Item = &Arc<Kept<T>>> {
        let mut items: Vec<_> = self.devices.values().flat_map(|row| range(&row.row, since)).collect();
        items.sort_unstable_by_key(|kept| kept.place);
        items.into_iter()
    }

    /// Removes what has been kept long enough, or is too much, and tells what.
    pub(crate) fn forget_old(&mut self, now: Timestamp, mut gone: impl FnMut(&T)) {
        let is_due = |until: &Option<Timestamp>| until.is_some_and(|until| until <= now);
        while self.len > MOST || self.bytes > MOST_BYTES || self.queue.front().is_some_and(|(until, ..)| is_due(until))
        {
            let Some((_, turn, device, id)) = self.queue.pop_front() else { break };
            if let Some(kept) = self.remove(turn, &device, id) {
                gone(&kept.item);
            }
        }
        // Items that are changed again and again leave many stale turns behind.
        if self.queue.len() > 2 * MOST {
            let mut queue = std::mem::take(&mut self.queue);
            queue.retain(|(_, turn, device, id)| self.get(device, *id).is_some_and(|kept| kept.turn == *turn));
            self.queue = queue;
        }
    }

    /// Removes an item whose turn this is.
    fn remove(&mut self, turn: u64, device: &str, id: i64) -> Option<Arc<Kept<T>>> {
        let row = self.devices.get_mut(device)?;
        let place = *row.by_id.get(&id)?;
        let kept = row.row.get(&place).filter(|kept| kept.turn == turn).cloned()?;
        row.by_id.remove(&id);
        row.row.remove(&place);
        self.len -= 1;
        self.bytes -= kept.item.weight();
        if row.row.is_empty() {
            self.devices.remove(device);
        }
        if let Some(pair) = kept.item.pair()
            && let Some(row) = self.pairs.get_mut(&pair)
        {
            row.remove(&place);
            if row.is_empty() {
                self.pairs.remove(&pair);
            }
        }
        Some(kept)
    }
}
