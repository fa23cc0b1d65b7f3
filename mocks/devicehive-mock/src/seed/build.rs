//! From a world file to the state of the server.

use super::check::JWT_SECRET;
use super::{CommandSeed, NotificationSeed, RoleSeed, StatusSeed, UserSeed, WorldFile};
use crate::world::{ACTIVE, ADMIN, CLIENT, DISABLED, LOCKED, PlaceKind, Sequences, Setting, State, UserRow};
use devicehive_proto::{Command, Datetime, Device, DeviceId, Json, Notification};
use dummyload_host::{IdSource, Seed};
use dummyload_session::Timestamp;
use serde_json::{Map, Value};

/// The number that `jwt.secret` has on a fresh server (captures/server-4.1/configuration).
const JWT_SECRET_ID: i64 = 2;

impl WorldFile {
    /// The state at the start. What the file refers to and does not have is simply not there; [`WorldFile::parse`] tells such
    /// mistakes.
    pub(crate) fn build(&self, seed: Seed, now: Timestamp) -> State {
        let mut state = State::new(self.options.clone());
        for network in &self.networks {
            state.put_place(PlaceKind::Network, network.id, &network.name, network.description.as_deref());
        }
        for kind in &self.device_types {
            state.put_place(PlaceKind::DeviceType, kind.id, &kind.name, kind.description.as_deref());
        }
        for user in &self.users {
            state.put_user(user.row());
        }
        for device in &self.devices {
            let mut made = Device::default();
            made.id = DeviceId::new(&device.id);
            made.name = Some(device.name.clone());
            made.data = device.data.as_ref().map(json);
            made.network_id = Some(device.network);
            made.device_type_id = Some(device.device_type);
            made.is_blocked = device.blocked;
            state.put_device(made);
        }
        self.configure(&mut state);
        let last = |next: Option<i64>| next.map_or(0, |next| next - 1);
        state.set_sequences(Sequences {
            user: last(self.next.user),
            network: last(self.next.network),
            device_type: last(self.next.device_type),
            configuration: last(self.next.configuration),
        });
        let mut ids = IdSource::new(seed);
        let first_user = self.users.first().map(|user| user.id);
        for command in &self.commands {
            let made = command.made(&state, &mut ids, now, first_user);
            state.put_command(now, made, command.updated);
        }
        for notification in &self.notifications {
            let made = notification.made(&state, &mut ids, now);
            state.put_notification(now, made);
        }
        state
    }

    /// Numbered values first, so that the others do not take their numbers.
    fn configure(&self, state: &mut State) {
        let mut secret = Setting { id: JWT_SECRET_ID, value: self.options.jwt_secret.clone(), version: 0 };
        let taken = |id| self.configuration.iter().any(|value| value.id == Some(id));
        if taken(JWT_SECRET_ID) {
            secret.id = self.configuration.iter().filter_map(|value| value.id).max().unwrap_or(JWT_SECRET_ID) + 1;
        }
        let mut free = (1..).filter(|id| *id != secret.id && !taken(*id));
        for value in &self.configuration {
            let id = value.id.or_else(|| free.next()).unwrap_or_default();
            state.put_setting(&value.name, Setting { id, value: value.value.clone(), version: value.version });
        }
        state.put_setting(JWT_SECRET, secret);
    }
}

impl UserSeed {
    fn row(&self) -> UserRow {
        UserRow {
            id: self.id,
            login: self.login.clone(),
            password: self.password.clone(),
            role: match self.role {
                RoleSeed::Admin => ADMIN,
                RoleSeed::Client => CLIENT,
            },
            status: match self.status {
                StatusSeed::Active => ACTIVE,
                StatusSeed::Locked => LOCKED,
                StatusSeed::Disabled => DISABLED,
            },
            last_login: None,
            data: self.data.as_ref().map(json),
            intro_reviewed: self.intro_reviewed,
            all_device_types_available: self.all_device_types,
            attempts: 0,
            networks: self.networks.iter().copied().collect(),
            device_types: self.device_types.iter().copied().collect(),
        }
    }
}

impl CommandSeed {
    fn made(&self, state: &State, ids: &mut IdSource, now: Timestamp, first_user: Option<i64>) -> Command {
        let place = state.device(&self.device).map(|device| (device.network(), device.device_type()));
        let mut command = Command::default();
        command.id = self.id.unwrap_or_else(|| drawn(ids));
        command.name.clone_from(&self.command);
        command.timestamp = time(self.timestamp.as_deref()).unwrap_or_else(|| datetime(now));
        command.last_updated = time(self.last_updated.as_deref()).unwrap_or(command.timestamp);
        command.user_id = self.user.or(first_user);
        command.device_id = DeviceId::new(&self.device);
        (command.network_id, command.device_type_id) = place.unzip();
        command.parameters = self.parameters.as_ref().map(json);
        command.lifetime = self.lifetime.map(i64::from);
        command.status.clone_from(&self.status);
        command.result = self.result.as_ref().map(json);
        command
    }
}

impl NotificationSeed {
    fn made(&self, state: &State, ids: &mut IdSource, now: Timestamp) -> Notification {
        let place = state.device(&self.device).map(|device| (device.network(), device.device_type()));
        let mut notification = Notification::default();
        notification.id = self.id.unwrap_or_else(|| drawn(ids));
        notification.name = Some(self.notification.clone());
        notification.device_id = DeviceId::new(&self.device);
        (notification.network_id, notification.device_type_id) = place.unzip();
        notification.timestamp = time(self.timestamp.as_deref()).unwrap_or_else(|| datetime(now));
        notification.parameters = self.parameters.as_ref().map(json);
        notification
    }
}

/// As the server draws them (dossier M1.3).
fn drawn(ids: &mut IdSource) -> i64 {
    ids.below(1 << 31) as i64
}

fn json(members: &Map<String, Value>) -> Json {
    // Values out of a file always have a form in JSON.
    Json::of(members).unwrap_or(Json::NULL)
}

fn time(text: Option<&str>) -> Option<Datetime> {
    text.and_then(Datetime::parse)
}

/// A time of the host as the protocol has it.
pub(crate) fn datetime(now: Timestamp) -> Datetime {
    Datetime::from_millis(i64::try_from(now.since_epoch().as_millis()).unwrap_or(i64::MAX))
}
