//! What is stored, one row a thing.

use devicehive_proto::{Datetime, Device, DeviceId, Json, Network, User};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;

/// A user as stored (dossier 12).
#[derive(Clone, PartialEq)]
pub(crate) struct UserRow {
    pub(crate) id: i64,
    pub(crate) login: String,
    /// As it is: a stand-in keeps no secrets worth hashing.
    pub(crate) password: String,
    /// 0 for administrators, 1 for clients.
    pub(crate) role: i64,
    /// 0 active, 1 locked after too many wrong passwords, 2 disabled.
    pub(crate) status: i64,
    pub(crate) last_login: Option<Datetime>,
    pub(crate) data: Option<Json>,
    pub(crate) intro_reviewed: bool,
    pub(crate) all_device_types_available: bool,
    /// Wrong passwords since the last right one.
    pub(crate) attempts: u32,
    pub(crate) networks: BTreeSet<i64>,
    pub(crate) device_types: BTreeSet<i64>,
}

/// The role of administrators.
pub(crate) const ADMIN: i64 = 0;
/// The role of everybody else.
pub(crate) const CLIENT: i64 = 1;
/// The status of a user who may log in.
pub(crate) const ACTIVE: i64 = 0;
/// The status after too many wrong passwords.
pub(crate) const LOCKED: i64 = 1;
/// The status of a user whom somebody has disabled.
pub(crate) const DISABLED: i64 = 2;

impl UserRow {
    pub(crate) fn is_admin(&self) -> bool {
        self.role == ADMIN
    }

    pub(crate) fn is_active(&self) -> bool {
        self.status == ACTIVE
    }

    /// As others see it, without networks.
    pub(crate) fn shown(&self) -> User {
        let mut user = User::default();
        user.id = self.id;
        user.login = Some(self.login.clone());
        user.role = Some(self.role);
        user.status = Some(self.status);
        user.last_login = self.last_login;
        user.data = self.data.clone();
        user.intro_reviewed = self.intro_reviewed;
        user.all_device_types_available = self.all_device_types_available;
        user
    }
}

impl fmt::Debug for UserRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserRow({} {:?}, role {}, status {})", self.id, self.login, self.role, self.status)
    }
}

/// A network or a device type as stored: the two are alike (dossier M3.4).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PlaceRow {
    /// Device types are shown as networks are.
    pub(super) shown: Network,
    /// The devices in it, by their numbers.
    pub(super) devices: BTreeSet<u64>,
    /// The users it is assigned to.
    pub(super) members: BTreeSet<i64>,
}

impl Deref for PlaceRow {
    type Target = Network;

    fn deref(&self) -> &Network {
        &self.shown
    }
}

/// Networks, or device types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PlaceKind {
    Network,
    DeviceType,
}

/// A device as stored (dossier M3.3).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DeviceRow {
    /// Devices are numbered in the order in which they were made.
    pub(super) number: u64,
    pub(super) device: Device,
}

impl DeviceRow {
    /// Its number in the order in which devices were made.
    #[cfg(feature = "persist")]
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The network it is in.
    pub(crate) fn network(&self) -> i64 {
        self.device.network_id.unwrap_or_default()
    }

    /// The type it is of.
    pub(crate) fn device_type(&self) -> i64 {
        self.device.device_type_id.unwrap_or_default()
    }
}

impl Deref for DeviceRow {
    type Target = Device;

    fn deref(&self) -> &Device {
        &self.device
    }
}

/// A configuration value (dossier 10).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) id: i64,
    pub(crate) value: String,
    /// How often it has changed.
    pub(crate) version: i64,
}

/// The last number given to each kind of thing. Numbers are not given twice, also not those that a failed insert has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sequences {
    pub(crate) user: i64,
    pub(crate) network: i64,
    pub(crate) device_type: i64,
    pub(crate) configuration: i64,
}

/// One thing of the state, for whoever keeps it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Sequences,
    User(i64),
    Place(PlaceKind, i64),
    Device(DeviceId),
    Setting(String),
    Command(DeviceId, i64),
    Notification(DeviceId, i64),
}
