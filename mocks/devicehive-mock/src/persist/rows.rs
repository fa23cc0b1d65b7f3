//! The things of the state, as the data file has them.

use crate::Options;
use crate::seed::JWT_SECRET;
use crate::world::{Key, PlaceKind, Sequences, Setting, State, UserRow};
use devicehive_proto::{Command, Datetime, Device, Json, Notification};
use dummyload_session::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct SequencesRow {
    user: i64,
    network: i64,
    device_type: i64,
    configuration: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredUser {
    id: i64,
    login: String,
    password: String,
    role: i64,
    status: i64,
    last_login: Option<i64>,
    data: Option<Json>,
    intro_reviewed: bool,
    all_device_types: bool,
    attempts: u32,
    networks: BTreeSet<i64>,
    device_types: BTreeSet<i64>,
}

#[derive(Serialize, Deserialize)]
struct StoredPlace {
    id: i64,
    name: String,
    description: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct StoredSetting {
    name: String,
    id: i64,
    value: String,
    version: i64,
}

/// A thing in the protocol's own form, with what that does not show.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    /// Its place in the order of things, or when it was stored.
    order: u64,
    #[serde(default)]
    updated: bool,
    item: T,
}

/// The name of a thing in the file.
pub(super) fn name(key: &Key) -> String {
    match key {
        Key::Sequences => "sequences".to_owned(),
        Key::User(id) => format!("user/{id}"),
        Key::Place(PlaceKind::Network, id) => format!("network/{id}"),
        Key::Place(PlaceKind::DeviceType, id) => format!("type/{id}"),
        Key::Device(id) => format!("device/{id}"),
        Key::Setting(name) => format!("setting/{name}"),
        Key::Command(device, id) => format!("command/{device}/{id}"),
        Key::Notification(device, id) => format!("notification/{device}/{id}"),
    }
}

/// The names of all things.
pub(super) fn all(state: &State) -> Vec<Key> {
    let places = |kind| state.places(kind).map(move |place| Key::Place(kind, place.id));
    std::iter::once(Key::Sequences)
        .chain(places(PlaceKind::Network))
        .chain(places(PlaceKind::DeviceType))
        .chain(state.users().map(|user| Key::User(user.id)))
        .chain(state.devices().map(|device| Key::Device(device.id.clone())))
        .chain(state.settings().map(|(name, _)| Key::Setting(name.clone())))
        .chain(state.commands.all().map(|kept| Key::Command(kept.item.device_id.clone(), kept.item.id)))
        .chain(state.notifications.all().map(|kept| Key::Notification(kept.item.device_id.clone(), kept.item.id)))
        .collect()
}

/// A thing as it is now; `None` if it is gone.
pub(super) fn row(state: &State, key: &Key, now: Timestamp) -> Option<String> {
    let now = u64::try_from(now.since_epoch().as_millis()).unwrap_or(u64::MAX);
    match key {
        Key::Sequences => {
            let Sequences { user, network, device_type, configuration } = state.sequences();
            written(&SequencesRow { user, network, device_type, configuration })
        }
        Key::User(id) => state.user(*id).and_then(|user| written(&StoredUser::of(user))),
        Key::Place(kind, id) => state.place(*kind, *id).and_then(|place| {
            let (name, description) = (place.name.clone(), place.description.clone());
            written(&StoredPlace { id: *id, name, description })
        }),
        Key::Device(id) => state.device(id.as_str()).and_then(|device| {
            let item = shown(|out| device.write_full(out));
            written(&Stored { order: device.number(), updated: false, item })
        }),
        Key::Setting(name) => state.setting(name).and_then(|setting| {
            let Setting { id, value, version } = setting.clone();
            written(&StoredSetting { name: name.clone(), id, value, version })
        }),
        Key::Command(device, id) => state.commands.get(device.as_str(), *id).and_then(|kept| {
            let item = shown(|out| kept.item.write_full(out));
            written(&Stored { order: now, updated: kept.updated, item })
        }),
        Key::Notification(device, id) => state.notifications.get(device.as_str(), *id).and_then(|kept| {
            let item = shown(|out| kept.item.write_full(out));
            written(&Stored { order: now, updated: false, item })
        }),
    }
}

/// What these types are is always JSON.
fn written(row: &impl Serialize) -> Option<String> {
    serde_json::to_string(row).ok()
}

fn shown(write: impl FnOnce(&mut Vec<u8>)) -> Json {
    let mut out = Vec::new();
    write(&mut out);
    Json::parse(&String::from_utf8_lossy(&out)).unwrap_or(Json::NULL)
}

impl StoredUser {
    fn of(user: &UserRow) -> Self {
        Self {
            id: user.id,
            login: user.login.clone(),
            password: user.password.clone(),
            role: user.role,
            status: user.status,
            last_login: user.last_login.map(Datetime::millis),
            data: user.data.clone(),
            intro_reviewed: user.intro_reviewed,
            all_device_types: user.all_device_types_available,
            attempts: user.attempts,
            networks: user.networks.clone(),
            device_types: user.device_types.clone(),
        }
    }

    fn row(self) -> UserRow {
        UserRow {
            id: self.id,
            login: self.login,
            password: self.password,
            role: self.role,
            status: self.status,
            last_login: self.last_login.map(Datetime::from_millis),
            data: self.data,
            intro_reviewed: self.intro_reviewed,
            all_device_types_available: self.all_device_types,
            attempts: self.attempts,
            networks: self.networks,
            device_types: self.device_types,
        }
    }
}

/// What a data file had in it.
#[derive(Default)]
pub(crate) struct Found {
    sequences: Option<SequencesRow>,
    places: Vec<(PlaceKind, StoredPlace)>,
    users: Vec<StoredUser>,
    devices: Vec<Stored<Device>>,
    settings: Vec<StoredSetting>,
    commands: Vec<Stored<Command>>,
    notifications: Vec<Stored<Notification>>,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Found({} users, {} devices)", self.users.len(), self.devices.len())
    }
}

impl Found {
    /// Reads one entry of the file.
    pub(super) fn add(&mut self, name: &str, json: &str) -> Result<(), String> {
        fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, String> {
            serde_json::from_str(json).map_err(|e| e.to_string())
        }
        match name.split('/').next().unwrap_or_default() {
            "sequences" => self.sequences = Some(read(json)?),
            "network" => self.places.push((PlaceKind::Network, read(json)?)),
            "type" => self.places.push((PlaceKind::DeviceType, read(json)?)),
            "user" => self.users.push(read(json)?),
            "device" => self.devices.push(read(json)?),
            "setting" => self.settings.push(read(json)?),
            "command" => self.commands.push(read(json)?),
            "notification" => self.notifications.push(read(json)?),
            _ => return Err("there is no such kind of thing".to_owned()),
        }
        Ok(())
    }

    /// Puts everything back, in the order in which it came. What has been kept long enough goes.
    pub(super) fn restore(self, state: &mut State, now: Timestamp) {
        for (kind, place) in self.places {
            state.put_place(kind, place.id, &place.name, place.description.as_deref());
        }
        for user in self.users {
            state.put_user(user.row());
        }
        for stored in in_order(self.devices) {
            state.put_device(stored.item);
        }
        for StoredSetting { name, id, value, version } in self.settings {
            state.put_setting(&name, Setting { id, value, version });
        }
        restore_secret(state);
        let at = |order| Timestamp::new(Duration::from_millis(order)).min(now);
        for stored in in_order(self.commands) {
            state.put_command(at(stored.order), stored.item, stored.updated);
        }
        for stored in in_order(self.notifications) {
            state.put_notification(at(stored.order), stored.item);
        }
        if let Some(SequencesRow { user, network, device_type, configuration }) = self.sequences {
            state.set_sequences(Sequences { user, network, device_type, configuration });
        }
        state.forget_old(now);
    }
}

/// The secret is the one that the program was told at its start, else the stored one, as with a server's environment
/// (dossier 13). A stored one that makes no key is passed over.
fn restore_secret(state: &mut State) {
    let stored = state.setting(JWT_SECRET).map(|setting| setting.value.clone()).unwrap_or_default();
    let options = Options { jwt_secret: stored, ..state.options.clone() };
    if state.options.jwt_secret == Options::default().jwt_secret && options.check().is_ok() {
        state.set_options(options);
    } else {
        let secret = state.options.jwt_secret.clone();
        state.set(JWT_SECRET, &secret);
    }
}

fn in_order<T>(mut stored: Vec<Stored<T>>) -> Vec<Stored<T>> {
    stored.sort_by_key(|stored| stored.order);
    stored
}
