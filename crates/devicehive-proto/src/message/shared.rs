//! The things that messages are about, with the views that the server gives of them, each in its order of members
//! (dossier 12, M3).
//!
//! What is read here may lack members or hold null: only the server's own software always sends all of them.

use crate::object::{Nulls, push_array};
use crate::text::push_string;
use crate::{Datetime, DeviceId, Json};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Deserialize;

/// Something that a device is to do (dossier M3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Command {
    /// Its number, drawn by the server.
    pub id: i64,
    /// What to do. The server takes commands without a name.
    #[serde(rename = "command")]
    pub name: Option<String>,
    /// When it was made, or whatever its inserter says.
    pub timestamp: Datetime,
    /// When it was updated, or at first `timestamp`.
    pub last_updated: Datetime,
    /// Who has inserted it.
    pub user_id: Option<i64>,
    /// For whom it is.
    pub device_id: DeviceId,
    /// The device's network at that time.
    pub network_id: Option<i64>,
    /// The device's type at that time.
    pub device_type_id: Option<i64>,
    /// An object of the program's own.
    pub parameters: Option<Json>,
    /// Seconds; nobody acts upon it.
    pub lifetime: Option<i64>,
    /// How far it has come, in the program's own words.
    pub status: Option<String>,
    /// An object of the program's own.
    pub result: Option<Json>,
}

impl Command {
    /// Writes all members.
    pub fn write_full(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.number("id", self.id);
        object.text("command", self.name.as_deref());
        object.time("timestamp", self.timestamp);
        object.time("lastUpdated", self.last_updated);
        object.number("userId", self.user_id);
        object.text("deviceId", Some(self.device_id.as_str()));
        object.number("networkId", self.network_id);
        object.number("deviceTypeId", self.device_type_id);
        object.json("parameters", self.parameters.as_ref());
        object.number("lifetime", self.lifetime);
        object.text("status", self.status.as_deref());
        object.json("result", self.result.as_ref());
        object.close();
    }

    /// Writes what the answer to `command/insert` shows.
    pub fn write_receipt(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.number("id", self.id);
        object.time("timestamp", self.timestamp);
        object.time("lastUpdated", self.last_updated);
        object.number("userId", self.user_id);
        object.close();
    }
}

/// Something that a device tells (dossier M3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Notification {
    /// Its number, drawn by the server.
    pub id: i64,
    /// What it is.
    #[serde(rename = "notification")]
    pub name: Option<String>,
    /// Who tells it.
    pub device_id: DeviceId,
    /// The device's network at that time; none for what the server itself tells about devices.
    pub network_id: Option<i64>,
    /// The device's type at that time, on the same terms.
    pub device_type_id: Option<i64>,
    /// When it was made, or whatever its inserter says.
    pub timestamp: Datetime,
    /// An object of the program's own.
    pub parameters: Option<Json>,
}

impl Notification {
    /// Writes all members.
    pub fn write_full(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.number("id", self.id);
        object.text("notification", self.name.as_deref());
        object.text("deviceId", Some(self.device_id.as_str()));
        object.number("networkId", self.network_id);
        object.number("deviceTypeId", self.device_type_id);
        object.time("timestamp", self.timestamp);
        object.json("parameters", self.parameters.as_ref());
        object.close();
    }

    /// Writes what the answer to `notification/insert` shows.
    pub fn write_receipt(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.number("id", self.id);
        object.time("timestamp", self.timestamp);
        object.close();
    }
}

/// A device (dossier M3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Device {
    /// Its name on the wire.
    pub id: DeviceId,
    /// Its name for people.
    pub name: Option<String>,
    /// An object of the program's own.
    pub data: Option<Json>,
    /// Where it is; absent where it is shown within a network or type.
    pub network_id: Option<i64>,
    /// What it is; absent where it is shown within a network or type.
    pub device_type_id: Option<i64>,
    /// A mark without any effect.
    pub is_blocked: bool,
}

impl Device {
    /// Writes all members.
    pub fn write_full(&self, out: &mut Vec<u8>) {
        let mut object = self.begin(out);
        object.number("networkId", self.network_id);
        object.number("deviceTypeId", self.device_type_id);
        object.boolean("isBlocked", self.is_blocked);
        object.close();
    }

    /// Writes what is shown within a network or device type.
    pub fn write_inside(&self, out: &mut Vec<u8>) {
        let mut object = self.begin(out);
        object.boolean("isBlocked", self.is_blocked);
        object.close();
    }

    fn begin<'a>(&self, out: &'a mut Vec<u8>) -> Nulls<'a> {
        let mut object = Nulls::open(out);
        object.text("id", Some(self.id.as_str()));
        object.text("name", self.name.as_deref());
        object.json("data", self.data.as_ref());
        object
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        #[non_exhaustive]
        pub struct $type {
            /// Its number.
            pub id: i64,
            /// Its name; no two have the same.
            pub name: String,
            /// For people.
            pub description: Option<String>,
            /// The devices in it, where they are shown.
            pub devices: Option<Vec<Device>>,
        }

        impl $type {
            /// One without devices to show.
            pub fn new(id: i64, name: impl Into<String>, description: Option<String>) -> Self {
                Self { id, name: name.into(), description, devices: None }
            }

            /// Writes it without its devices.
            pub fn write_listed(&self, out: &mut Vec<u8>) {
                self.end(Nulls::open(out));
            }

            /// Writes it with these devices in it.
            pub fn write_with<'d>(&self, devices: impl IntoIterator<Item = &'d Device>, out: &mut Vec<u8>) {
                let mut object = Nulls::open(out);
                push_array(object.name("devices"), devices, |out, device| device.write_inside(out));
                self.end(object);
            }

            /// Writes what the answer to an insertion shows.
            pub fn write_receipt(&self, out: &mut Vec<u8>) {
                let mut object = Nulls::open(out);
                object.number("id", self.id);
                object.close();
            }

            fn end(&self, mut object: Nulls<'_>) {
                object.number("id", self.id);
                object.text("name", Some(&self.name));
                object.text("description", self.description.as_deref());
                object.close();
            }
        }
    };
}

named! {
    /// Where devices are, and what users are assigned to (dossier M3.4).
    Network
}
named! {
    /// What devices are (dossier M3.4).
    DeviceType
}

/// A person or program that can log in (dossier 12).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct User {
    /// Its number.
    pub id: i64,
    /// The name to log in with.
    pub login: Option<String>,
    /// 0 for an administrator, 1 for a client.
    pub role: Option<i64>,
    /// 0 for active, 1 for locked, 2 for disabled.
    pub status: Option<i64>,
    /// The last time somebody logged in or authenticated.
    pub last_login: Option<Datetime>,
    /// An object of the program's own.
    pub data: Option<Json>,
    /// A mark for the administration's pages.
    pub intro_reviewed: bool,
    /// Whether device types need not be assigned.
    pub all_device_types_available: bool,
    /// The networks assigned to it, where they are shown.
    pub networks: Option<Vec<Network>>,
}

impl User {
    /// Writes what lists show.
    pub fn write_listed(&self, out: &mut Vec<u8>) {
        self.end(Nulls::open(out));
    }

    /// Writes the same with these networks.
    pub fn write_with<'n>(&self, networks: impl IntoIterator<Item = &'n Network>, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        push_array(object.name("networks"), networks, |out, network| network.write_listed(out));
        self.end(object);
    }

    /// Writes what the answer to an insertion shows.
    pub fn write_receipt(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.number("id", self.id);
        self.tail(object);
    }

    fn end(&self, mut object: Nulls<'_>) {
        object.number("id", self.id);
        object.text("login", self.login.as_deref());
        object.number("role", self.role);
        object.number("status", self.status);
        self.tail(object);
    }

    fn tail(&self, mut object: Nulls<'_>) {
        object.time("lastLogin", self.last_login);
        object.json("data", self.data.as_ref());
        object.boolean("introReviewed", self.intro_reviewed);
        object.boolean("allDeviceTypesAvailable", self.all_device_types_available);
        object.close();
    }
}

/// A value of the server's configuration (dossier 10).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Configuration {
    /// Its number; null right after it was made, and absent up to server 3.5.
    pub id: Option<i64>,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub value: Option<String>,
    /// How often it was changed.
    pub entity_version: i64,
}

impl Configuration {
    /// Writes it, with or without its number.
    pub fn write(&self, with_id: bool, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        if with_id {
            object.number("id", self.id);
        }
        object.text("name", Some(&self.name));
        object.text("value", self.value.as_deref());
        object.number("entityVersion", self.entity_version);
        object.close();
    }
}

/// What a subscription is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Commands, or their updates.
    Command,
    /// Notifications.
    Notification,
}

impl Kind {
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Notification => "notification",
        }
    }
}

/// The kind that a list of subscriptions is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListedKind {
    /// One of the kinds that there are.
    Of(Kind),
    /// Anything else; the list is empty then (dossier 11).
    Other(String),
}

impl ListedKind {
    /// The kind of this name.
    pub fn parse(name: &str) -> Self {
        let known = [Kind::Command, Kind::Notification].into_iter().find(|kind| kind.name() == name);
        known.map_or_else(|| Self::Other(name.into()), Self::Of)
    }

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Of(kind) => kind.name(),
            Self::Other(name) => name,
        }
    }
}

impl From<Kind> for ListedKind {
    fn from(kind: Kind) -> Self {
        Self::Of(kind)
    }
}

/// A subscription as it was asked for (dossier 11).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subscription {
    /// Its number.
    #[serde(rename = "subscriptionId")]
    pub id: i64,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The device, if it is for one.
    pub device_id: Option<DeviceId>,
    /// The networks, if some were named.
    pub network_ids: Option<BTreeSet<i64>>,
    /// The device types, if some were named.
    pub device_type_ids: Option<BTreeSet<i64>>,
    /// The names of commands or notifications, if some were named.
    pub names: Option<BTreeSet<String>>,
    /// From when on stored items were wanted.
    pub timestamp: Option<Datetime>,
}

impl Subscription {
    /// One for everything of a kind.
    pub fn new(id: i64, kind: Kind) -> Self {
        Self { id, kind, device_id: None, network_ids: None, device_type_ids: None, names: None, timestamp: None }
    }

    /// Writes it.
    pub fn write(&self, out: &mut Vec<u8>) {
        let numbers = |object: &mut Nulls<'_>, name, ids: Option<&BTreeSet<i64>>| match ids {
            Some(ids) => push_array(object.name(name), ids, |out, id| dummyload_codec::write::push_number(out, *id)),
            None => object.json(name, None),
        };
        let mut object = Nulls::open(out);
        object.number("subscriptionId", self.id);
        object.text("type", Some(self.kind.name()));
        object.text("deviceId", self.device_id.as_ref().map(DeviceId::as_str));
        numbers(&mut object, "networkIds", self.network_ids.as_ref());
        numbers(&mut object, "deviceTypeIds", self.device_type_ids.as_ref());
        match &self.names {
            Some(names) => push_array(object.name("names"), names, |out, name| push_string(out, name)),
            None => object.json("names", None),
        }
        object.time("timestamp", self.timestamp);
        object.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dummyload_codec::write::written;

    #[test]
    fn every_view_is_written_as_recorded() {
        // captures/server-4.1
        let command = r#"{"id":77,"command":"on","timestamp":"2018-05-20T10:00:01.000","lastUpdated":"2018-05-20T10:00:02.000","userId":1,"deviceId":"dev-1","networkId":1,"deviceTypeId":1,"parameters":{"a":1.50},"lifetime":null,"status":"done","result":null}"#;
        let read: Command = serde_json::from_str(command).unwrap();
        assert_eq!(written(|out| read.write_full(out)), command);
        assert_eq!(
            written(|out| read.write_receipt(out)),
            r#"{"id":77,"timestamp":"2018-05-20T10:00:01.000","lastUpdated":"2018-05-20T10:00:02.000","userId":1}"#
        );
        let notification = r#"{"id":9,"notification":"temp","deviceId":"dev-1","networkId":null,"deviceTypeId":null,"timestamp":"2018-05-20T10:00:00.000","parameters":{"t":21.50}}"#;
        let read: Notification = serde_json::from_str(notification).unwrap();
        assert_eq!(written(|out| read.write_full(out)), notification);
        let device = r#"{"id":"dev-1","name":"Lamp","data":null,"networkId":1,"deviceTypeId":1,"isBlocked":false}"#;
        let read: Device = serde_json::from_str(device).unwrap();
        assert_eq!(written(|out| read.write_full(out)), device);
        let network = r#"{"devices":[{"id":"dev-1","name":"Lamp","data":null,"isBlocked":false}],"id":1,"name":"n","description":null}"#;
        let read: Network = serde_json::from_str(network).unwrap();
        assert_eq!(written(|out| read.write_with(read.devices.as_ref().unwrap(), out)), network);
        let user = r#"{"networks":[{"id":1,"name":"n","description":null}],"id":1,"login":"dhadmin","role":0,"status":0,"lastLogin":"2026-11-22T02:33:07.363","data":null,"introReviewed":false,"allDeviceTypesAvailable":true}"#;
        let read: User = serde_json::from_str(user).unwrap();
        assert_eq!(written(|out| read.write_with(read.networks.as_ref().unwrap(), out)), user);
        let configuration = r#"{"id":null,"name":"k","value":"v","entityVersion":0}"#;
        let read: Configuration = serde_json::from_str(configuration).unwrap();
        assert_eq!(written(|out| read.write(true, out)), configuration);
        let subscription = r#"{"subscriptionId":1518790331042000,"type":"command","deviceId":"d1","networkIds":[1,2],"deviceTypeIds":null,"names":[],"timestamp":null}"#;
        let read: Subscription = serde_json::from_str(subscription).unwrap();
        assert_eq!(written(|out| read.write(out)), subscription);
    }
}
