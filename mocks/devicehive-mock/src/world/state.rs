//! Everything there is, with an index for every question that is asked of it: what one request costs does not depend on
//! how many devices and subscriptions there are.

use super::bus::Bus;
use super::rows::{DeviceRow, Key, PlaceKind, PlaceRow, Sequences, Setting, UserRow};
use super::shelf::Shelf;
use super::waits::Waits;
use crate::Options;
use crate::profile::Rules;
use devicehive_proto::{Command, Datetime, Device, DeviceId, Network, Notification, TokenKey};
use dummyload_host::PeerId;
use dummyload_session::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// So many milliseconds times may be ahead of the clock: a flood of insertions must not run away from it.
const MOST_AHEAD: i64 = 5;

/// All networks, or all device types.
#[derive(Debug, Default)]
struct Places {
    rows: BTreeMap<i64, PlaceRow>,
    by_name: HashMap<String, i64>,
    last_id: i64,
}

/// The state of the server.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) rules: &'static Rules,
    pub(crate) options: Options,
    /// What tokens are signed with.
    pub(crate) key: TokenKey,
    /// How long commands and notifications are kept.
    retention: Option<Duration>,
    users: BTreeMap<i64, UserRow>,
    by_login: HashMap<String, i64>,
    last_user: i64,
    networks: Places,
    device_types: Places,
    devices: HashMap<DeviceId, DeviceRow>,
    /// Their ids in the order in which they were made.
    device_order: BTreeMap<u64, DeviceId>,
    last_device: u64,
    settings: BTreeMap<String, Setting>,
    last_setting: i64,
    pub(crate) commands: Shelf<Command>,
    pub(crate) notifications: Shelf<Notification>,
    pub(crate) bus: Bus,
    pub(super) waits: Waits,
    /// Who inserted which command, for servers that tell him of its updates (dossier M11).
    inserters: HashMap<(DeviceId, i64), PeerId>,
    /// The last time that was told or given, where these are kept apart, and the last one given.
    last_time: i64,
    last_date: i64,
    /// What has changed since somebody last asked; `None` if nobody asks.
    changes: Option<BTreeSet<Key>>,
}

impl State {
    /// An empty one.
    pub(crate) fn new(options: Options) -> Self {
        Self {
            rules: options.profile.rules(),
            retention: options.retention(),
            key: TokenKey::new(&options.jwt_secret),
            options,
            users: BTreeMap::new(),
            by_login: HashMap::new(),
            last_user: 0,
            networks: Places::default(),
            device_types: Places::default(),
            devices: HashMap::new(),
            device_order: BTreeMap::new(),
            last_device: 0,
            settings: BTreeMap::new(),
            last_setting: 0,
            commands: Shelf::default(),
            notifications: Shelf::default(),
            bus: Bus::default(),
            waits: Waits::default(),
            inserters: HashMap::new(),
            last_time: i64::MIN,
            last_date: i64::MIN,
            changes: None,
        }
    }

    /// Other choices from now on. What is stored stays.
    pub(crate) fn set_options(&mut self, options: Options) {
        self.rules = options.profile.rules();
        self.retention = options.retention();
        self.key = TokenKey::new(&options.jwt_secret);
        self.options = options;
    }

    // Changes, for whoever keeps the state elsewhere.

    /// From now on changes are noted.
    #[cfg(feature = "persist")]
    pub(crate) fn note_changes(&mut self) {
        self.changes = Some(BTreeSet::new());
    }

    /// What has changed since the last time. What is not there any more is gone.
    #[cfg(feature = "persist")]
    pub(crate) fn take_changes(&mut self) -> BTreeSet<Key> {
        self.changes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// These could not be kept, so they are still changes.
    #[cfg(feature = "persist")]
    pub(crate) fn put_changes_back(&mut self, earlier: BTreeSet<Key>) {
        if let Some(changes) = &mut self.changes {
            changes.extend(earlier);
        }
    }

    /// How many there are.
    #[cfg(feature = "persist")]
    pub(crate) fn change_count(&self) -> usize {
        self.changes.as_ref().map_or(0, BTreeSet::len)
    }

    fn changed(&mut self, key: impl FnOnce() -> Key) {
        if let Some(changes) = &mut self.changes {
            changes.insert(key());
        }
    }

    pub(crate) fn sequences(&self) -> Sequences {
        Sequences {
            user: self.last_user,
            network: self.networks.last_id,
            device_type: self.device_types.last_id,
            configuration: self.last_setting,
        }
    }

    /// No number up to these is given any more.
    pub(crate) fn set_sequences(&mut self, to: Sequences) {
        self.last_user = self.last_user.max(to.user);
        self.networks.last_id = self.networks.last_id.max(to.network);
        self.device_types.last_id = self.device_types.last_id.max(to.device_type);
        self.last_setting = self.last_setting.max(to.configuration);
        self.changed(|| Key::Sequences);
    }

    // Users.

    pub(crate) fn users(&self) -> impl DoubleEndedIterator<Item = &UserRow> + Clone {
        self.users.values()
    }

    pub(crate) fn user(&self, id: i64) -> Option<&UserRow> {
        self.users.get(&id)
    }

    pub(crate) fn user_by_login(&self, login: &str) -> Option<&UserRow> {
        self.by_login.get(login).and_then(|id| self.users.get(id))
    }

    /// The number of the next user; it is used up.
    pub(crate) fn next_user(&mut self) -> i64 {
        self.last_user += 1;
        self.changed(|| Key::Sequences);
        self.last_user
    }

    /// Stores a user, new or changed. Networks and types that do not exist are left out.
    pub(crate) fn put_user(&mut self, mut user: UserRow) {
        if let Some(old) = self.users.remove(&user.id) {
            self.by_login.remove(&old.login);
            for network in old.networks.difference(&user.networks) {
                self.networks.leave(*network, user.id);
            }
            for device_type in old.device_types.difference(&user.device_types) {
                self.device_types.leave(*device_type, user.id);
            }
        }
        user.networks.retain(|network| self.networks.join(*network, user.id));
        user.device_types.retain(|device_type| self.device_types.join(*device_type, user.id));
        self.last_user = self.last_user.max(user.id);
        self.by_login.insert(user.login.clone(), user.id);
        let id = user.id;
        self.users.insert(id, user);
        self.changed(|| Key::User(id));
    }

    /// Changes a user who exists, in everything but login, networks and types.
    pub(crate) fn change_user(&mut self, id: i64, change: impl FnOnce(&mut UserRow)) {
        if let Some(user) = self.users.get_mut(&id) {
            change(user);
            self.changed(|| Key::User(id));
        }
    }

    /// Whether there was such a user.
    pub(crate) fn remove_user(&mut self, id: i64) -> bool {
        let Some(user) = self.users.remove(&id) else { return false };
        self.by_login.remove(&user.login);
        user.networks.iter().for_each(|network| self.networks.leave(*network, id));
        user.device_types.iter().for_each(|device_type| self.device_types.leave(*device_type, id));
        self.changed(|| Key::User(id));
        true
    }

    /// Whether a network is assigned to a user.
    pub(crate) fn is_member(&self, user: i64, network: i64) -> bool {
        self.users.get(&user).is_some_and(|user| user.networks.contains(&network))
    }

    /// Whether a device type is assigned to a user.
    pub(crate) fn has_type(&self, user: i64, device_type: i64) -> bool {
        self.users.get(&user).is_some_and(|user| user.device_types.contains(&device_type))
    }

    /// Assigns a network or device type to a user, or takes it away.
    pub(crate) fn assign(&mut self, kind: PlaceKind, place: i64, user: i64, assigned: bool) {
        let Some(row) = self.users.get_mut(&user) else { return };
        let (places, of_user) = match kind {
            PlaceKind::Network => (&mut self.networks, &mut row.networks),
            PlaceKind::DeviceType => (&mut self.device_types, &mut row.device_types),
        };
        if !assigned {
            places.leave(place, user);
            of_user.remove(&place);
        } else if places.join(place, user) {
            of_user.insert(place);
        }
        self.changed(|| Key::User(user));
    }

    // Networks and device types.

    fn of(&self, kind: PlaceKind) -> &Places {
        match kind {
            PlaceKind::Network => &self.networks,
            PlaceKind::DeviceType => &self.device_types,
        }
    }

    fn of_mut(&mut self, kind: PlaceKind) -> &mut Places {
        match kind {
            PlaceKind::Network => &mut self.networks,
            PlaceKind::DeviceType => &mut self.device_types,
        }
    }

    pub(crate) fn places(&self, kind: PlaceKind) -> impl DoubleEndedIterator<Item = &PlaceRow> + Clone {
        self.of(kind).rows.values()
    }

    pub(crate) fn place(&self, kind: PlaceKind, id: i64) -> Option<&PlaceRow> {
        self.of(kind).rows.get(&id)
    }

    pub(crate) fn place_by_name(&self, kind: PlaceKind, name: &str) -> Option<&PlaceRow> {
        let places = self.of(kind);
        places.by_name.get(name).and_then(|id| places.rows.get(id))
    }

    /// The number of the next one; it is used up.
    pub(crate) fn next_place(&mut self, kind: PlaceKind) -> i64 {
        let places = self.of_mut(kind);
        places.last_id += 1;
        let id = places.last_id;
        self.changed(|| Key::Sequences);
        id
    }

    /// Stores one, new or changed.
    pub(crate) fn put_place(&mut self, kind: PlaceKind, id: i64, name: &str, description: Option<&str>) {
        let places = self.of_mut(kind);
        places.last_id = places.last_id.max(id);
        let row = places.rows.entry(id).or_insert_with(|| PlaceRow {
            shown: Network::new(id, "", None),
            devices: BTreeSet::new(),
            members: BTreeSet::new(),
        });
        places.by_name.remove(&row.name);
        row.shown = Network::new(id, name, description.map(str::to_owned));
        places.by_name.insert(row.name.clone(), id);
        self.changed(|| Key::Place(kind, id));
    }

    /// Removes one, with its devices. Whether there was one.
    pub(crate) fn remove_place(&mut self, kind: PlaceKind, id: i64) -> bool {
        let places = self.of_mut(kind);
        let Some(row) = places.rows.remove(&id) else { return false };
        places.by_name.remove(&row.name);
        let devices: Vec<DeviceId> =
            row.devices.iter().filter_map(|number| self.device_order.get(number).cloned()).collect();
        for device in devices {
            self.remove_device(&device);
        }
        for user in row.members {
            if let Some(user) = self.users.get_mut(&user) {
                match kind {
                    PlaceKind::Network => user.networks.remove(&id),
                    PlaceKind::DeviceType => user.device_types.remove(&id),
                };
            }
            self.changed(|| Key::User(user));
        }
        self.changed(|| Key::Place(kind, id));
        true
    }

    /// The devices in one, in the order in which they were made.
    pub(crate) fn devices_in(&self, kind: PlaceKind, id: i64) -> impl Iterator<Item = &DeviceRow> + Clone {
        let numbers = self.of(kind).rows.get(&id).into_iter().flat_map(|row| &row.devices);
        numbers.filter_map(|number| self.devices.get(self.device_order.get(number)?))
    }

    // Devices.

    pub(crate) fn device(&self, id: &str) -> Option<&DeviceRow> {
        self.devices.get(id)
    }

    /// All devices, in the order in which they were made.
    pub(crate) fn devices(&self) -> impl Iterator<Item = &DeviceRow> + Clone {
        self.device_order.values().filter_map(|id| self.devices.get(id))
    }

    pub(crate) fn device_count(&self) -> usize {
        self.devices.len()
    }

    /// The devices of some networks, in the order in which they were made.
    pub(crate) fn devices_of(&self, networks: &BTreeSet<i64>) -> impl Iterator<Item = &DeviceRow> + Clone + use<'_> {
        let rows = networks.iter().filter_map(|network| self.networks.rows.get(network));
        let mut numbers: Vec<u64> = rows.flat_map(|row| row.devices.iter().copied()).collect();
        numbers.sort_unstable();
        numbers.into_iter().filter_map(|number| self.devices.get(self.device_order.get(&number)?))
    }

    /// Stores a device, new or changed.
    pub(crate) fn put_device(&mut self, device: Device) {
        let number = match self.devices.get(&device.id) {
            Some(old) => {
                self.networks.take_out(old.network(), old.number);
                self.device_types.take_out(old.device_type(), old.number);
                old.number
            }
            None => {
                self.last_device += 1;
                self.device_order.insert(self.last_device, device.id.clone());
                self.last_device
            }
        };
        let row = DeviceRow { number, device };
        self.networks.put_in(row.network(), number);
        self.device_types.put_in(row.device_type(), number);
        let id = row.id.clone();
        self.devices.insert(id.clone(), row);
        self.changed(|| Key::Device(id));
    }

    /// Whether there was such a device. What it said and was told stays on its shelves.
    pub(crate) fn remove_device(&mut self, id: &str) -> bool {
        let Some(device) = self.devices.remove(id) else { return false };
        self.device_order.remove(&device.number);
        self.networks.take_out(device.network(), device.number);
        self.device_types.take_out(device.device_type(), device.number);
        self.changed(|| Key::Device(device.device.id));
        true
    }

    // Configuration.

    pub(crate) fn settings(&self) -> impl Iterator<Item = (&String, &Setting)> {
        self.settings.iter()
    }

    pub(crate) fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.get(name)
    }

    /// A number of the configuration, if it is set and is one.
    pub(crate) fn setting_number(&self, name: &str) -> Option<i64> {
        self.settings.get(name).and_then(|setting| setting.value.parse().ok())
    }

    /// Sets a value. What was there before, if anything.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Option<Setting> {
        let old = self.settings.get(name).cloned();
        let setting = match &old {
            Some(old) if old.value == value => return Some(old.clone()),
            Some(old) => Setting { value: value.to_owned(), version: old.version + 1, ..*old },
            None => {
                self.last_setting += 1;
                Setting { id: self.last_setting, value: value.to_owned(), version: 0 }
            }
        };
        self.put_setting(name, setting);
        old
    }

    /// Stores a value as it is.
    pub(crate) fn put_setting(&mut self, name: &str, setting: Setting) {
        self.last_setting = self.last_setting.max(setting.id);
        self.settings.insert(name.to_owned(), setting);
        self.changed(|| Key::Setting(name.to_owned()));
    }

    /// Whether there was such a value.
    pub(crate) fn unset(&mut self, name: &str) -> bool {
        self.changed(|| Key::Setting(name.to_owned()));
        self.settings.remove(name).is_some()
    }

    // Commands and notifications.

    /// The time to tell now: behind all dates given before. Only for a clock that runs.
    pub(super) fn tell_time(&mut self, now: Datetime) -> Datetime {
        let now = now.millis();
        self.last_time = self.last_time.saturating_add(1).clamp(now, now + MOST_AHEAD);
        Datetime::from_millis(self.last_time)
    }

    /// The date of something that is inserted or changed now: behind all times told, and the present millisecond. Only for a
    /// clock that runs.
    pub(super) fn give_date(&mut self, now: Datetime) -> Datetime {
        let now = now.millis();
        self.last_time = self.last_time.saturating_add(1).clamp(now + 1, now + MOST_AHEAD);
        self.last_date = self.last_time;
        Datetime::from_millis(self.last_date)
    }

    /// The last date given.
    pub(crate) fn last_date(&self) -> Datetime {
        Datetime::from_millis(self.last_date)
    }

    /// Stores a command, new or changed, from now on for the whole time that it is kept.
    pub(crate) fn put_command(&mut self, now: Timestamp, command: Command, updated: bool) {
        self.changed(|| Key::Command(command.device_id.clone(), command.id));
        self.commands.put(self.retention.map(|time| now + time), command, updated);
    }

    /// Stores a notification.
    pub(crate) fn put_notification(&mut self, now: Timestamp, notification: Notification) {
        self.changed(|| Key::Notification(notification.device_id.clone(), notification.id));
        self.notifications.put(self.retention.map(|time| now + time), notification, false);
    }

    /// Notes who inserted a command.
    pub(super) fn inserted(&mut self, by: PeerId, command: &Command) {
        self.inserters.insert((command.device_id.clone(), command.id), by);
    }

    /// Who inserted a command, where that has been noted.
    pub(super) fn inserter(&self, command: &Command) -> Option<PeerId> {
        if self.inserters.is_empty() {
            return None;
        }
        self.inserters.get(&(command.device_id.clone(), command.id)).copied()
    }

    /// Forgets all commands and notifications.
    pub(crate) fn forget_all(&mut self) {
        if let Some(changes) = &mut self.changes {
            changes.extend(self.commands.all().map(|kept| Key::Command(kept.item.device_id.clone(), kept.item.id)));
            let kept = self.notifications.all();
            changes.extend(kept.map(|kept| Key::Notification(kept.item.device_id.clone(), kept.item.id)));
        }
        self.commands = Shelf::default();
        self.notifications = Shelf::default();
        self.inserters.clear();
    }

    /// Forgets what has been kept long enough.
    pub(crate) fn forget_old(&mut self, now: Timestamp) {
        let (changes, inserters) = (&mut self.changes, &mut self.inserters);
        self.commands.forget_old(now, |command| {
            if !inserters.is_empty() {
                inserters.remove(&(command.device_id.clone(), command.id));
            }
            if let Some(changes) = changes {
                changes.insert(Key::Command(command.device_id.clone(), command.id));
            }
        });
        self.notifications.forget_old(now, |notification| {
            if let Some(changes) = changes {
                changes.insert(Key::Notification(notification.device_id.clone(), notification.id));
            }
        });
    }
}

impl Places {
    /// Whether there is such a place.
    fn join(&mut self, place: i64, user: i64) -> bool {
        let row = self.rows.get_mut(&place);
        row.map(|row| row.members.insert(user)).is_some()
    }

    fn leave(&mut self, place: i64, user: i64) {
        if let Some(row) = self.rows.get_mut(&place) {
            row.members.remove(&user);
        }
    }

    fn put_in(&mut self, place: i64, device: u64) {
        if let Some(row) = self.rows.get_mut(&place) {
            row.devices.insert(device);
        }
    }

    fn take_out(&mut self, place: i64, device: u64) {
        if let Some(row) = self.rows.get_mut(&place) {
            row.devices.remove(&device);
        }
    }
}
