//! The world file: who and what there is when the mock starts.

mod build;
mod check;
mod save;

pub(crate) use build::datetime;
#[cfg(feature = "persist")]
pub(crate) use check::JWT_SECRET;

use crate::Options;
use dummyload_host::world_file::{self, WorldFileError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The demo world as a world file, with comments.
pub const DEMO_WORLD: &str = include_str!("demo.toml");

/// Everything that the mock knows at its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WorldFile {
    /// Choices about behaviour.
    pub options: Options,
    /// The numbers of what comes next.
    pub next: NextIds,
    /// The networks.
    #[serde(rename = "network")]
    pub networks: Vec<NetworkSeed>,
    /// The device types.
    #[serde(rename = "device_type")]
    pub device_types: Vec<DeviceTypeSeed>,
    /// The users.
    #[serde(rename = "user")]
    pub users: Vec<UserSeed>,
    /// The devices; the order is kept.
    #[serde(rename = "device")]
    pub devices: Vec<DeviceSeed>,
    /// Configuration values beside `jwt.secret`.
    #[serde(rename = "configuration", skip_serializing_if = "Vec::is_empty")]
    pub configuration: Vec<ConfigurationSeed>,
    /// Commands that are there already.
    #[serde(rename = "command", skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandSeed>,
    /// Notifications that are there already.
    #[serde(rename = "notification", skip_serializing_if = "Vec::is_empty")]
    pub notifications: Vec<NotificationSeed>,
}

/// The numbers that the next new things get; absent: one more than the highest in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct NextIds {
    /// Of the next user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<i64>,
    /// Of the next network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<i64>,
    /// Of the next device type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_type: Option<i64>,
    /// Of the next configuration value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<i64>,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NetworkSeed {
    /// Its number.
    pub id: i64,
    /// Its name, of 1 to 128 characters; no other network has it.
    pub name: String,
    /// Up to 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A device type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeviceTypeSeed {
    /// Its number.
    pub id: i64,
    /// Its name, of 1 to 128 characters; no other type has it.
    pub name: String,
    /// Up to 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What a user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RoleSeed {
    /// Role 0: tokens of a login allow everything.
    Admin,
    /// Role 1: tokens of a login allow what dossier 5.1 calls the client default.
    #[default]
    Client,
}

/// Whether a user may log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StatusSeed {
    /// Status 0: he may.
    #[default]
    Active,
    /// Status 1: too many wrong passwords.
    Locked,
    /// Status 2: somebody has disabled him.
    Disabled,
}

/// A user.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UserSeed {
    /// His number.
    pub id: i64,
    /// What he logs in with: 3 to 128 characters out of letters, digits and `_@.-`.
    pub login: String,
    /// 6 to 128 characters.
    pub password: String,
    /// Admin or client.
    #[serde(default)]
    pub role: RoleSeed,
    /// Active, locked or disabled.
    #[serde(default)]
    pub status: StatusSeed,
    /// The numbers of the networks that he is assigned to.
    #[serde(default)]
    pub networks: Vec<i64>,
    /// The numbers of the device types that he is assigned to.
    #[serde(default)]
    pub device_types: Vec<i64>,
    /// Whether he sees all device types, whatever the list says.
    #[serde(default = "yes")]
    pub all_device_types: bool,
    /// `introReviewed`
    #[serde(default)]
    pub intro_reviewed: bool,
    /// `data`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Map<String, Value>>,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeviceSeed {
    /// 1 to 48 letters, digits and dashes.
    pub id: String,
    /// 1 to 128 characters.
    pub name: String,
    /// The number of its network.
    pub network: i64,
    /// The number of its type.
    pub device_type: i64,
    /// `isBlocked`, which has no effect (dossier M6.4).
    #[serde(default)]
    pub blocked: bool,
    /// `data`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Map<String, Value>>,
}

/// A configuration value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ConfigurationSeed {
    /// Its number; given in order if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// 1 to 32 characters.
    pub name: String,
    /// 1 to 128 characters.
    pub value: String,
    /// `entityVersion`: how often it was changed.
    #[serde(default)]
    pub version: i64,
}

/// A command that is there already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CommandSeed {
    /// Its number; drawn if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The device that it is for.
    pub device: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// When it was inserted, in any form of the protocol; when the mock starts, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// When it was last updated; as `timestamp` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<String>,
    /// Who inserted it; the first user if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<i64>,
    /// `parameters`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Map<String, Value>>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<i32>,
    /// `status`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `result`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Map<String, Value>>,
    /// Whether it counts as updated.
    #[serde(default)]
    pub updated: bool,
}

/// A notification that is there already.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NotificationSeed {
    /// Its number; drawn if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The device that it is from.
    pub device: String,
    /// Its name.
    pub notification: String,
    /// When it was inserted, in any form of the protocol; when the mock starts, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// `parameters`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Map<String, Value>>,
}

fn yes() -> bool {
    true
}

impl std::fmt::Debug for UserSeed {
    /// All but the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserSeed").field("id", &self.id).field("login", &self.login).finish_non_exhaustive()
    }
}

impl WorldFile {
    /// Reads a world file, TOML or JSON (a text that begins with `{`).
    ///
    /// # Errors
    /// Text that is no TOML or JSON, members that there are not, references to nothing, and what the server would not take.
    pub fn parse(text: &str) -> Result<Self, WorldFileError> {
        let file: Self = world_file::read(text)?;
        file.check()?;
        Ok(file)
    }

    /// The demo world.
    pub fn demo() -> Self {
        // A test reads the file that is built in, so this does not happen.
        Self::parse(DEMO_WORLD).unwrap_or_default()
    }
}
