//! What a token can allow (dossier 5.1).

use core::fmt;

/// One thing that a token allows. Tokens hold them by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Permission {
    /// To read networks.
    GetNetwork = 2,
    /// To read devices.
    GetDevice = 3,
    /// To read notifications, and to subscribe to them.
    GetDeviceNotification = 4,
    /// To read commands, and to subscribe to them.
    GetDeviceCommand = 5,
    /// To save and delete devices.
    RegisterDevice = 6,
    /// To insert commands.
    CreateDeviceCommand = 7,
    /// To update commands.
    UpdateDeviceCommand = 8,
    /// To insert notifications.
    CreateDeviceNotification = 9,
    /// To read the user of the token.
    GetCurrentUser = 10,
    /// To change the user of the token.
    UpdateCurrentUser = 11,
    /// To manage users.
    ManageUser = 12,
    /// To manage the configuration.
    ManageConfiguration = 13,
    /// To manage networks.
    ManageNetwork = 14,
    /// To make tokens.
    ManageToken = 15,
    /// To manage plugins.
    ManagePlugin = 16,
    /// To read device types.
    GetDeviceType = 17,
    /// To manage device types.
    ManageDeviceType = 18,
}

use Permission as P;

impl Permission {
    /// The number that stands for all of them.
    pub const ANY: i64 = 0;
    /// The number that stands for none.
    pub const NONE: i64 = 1;

    /// All of them, by their numbers.
    pub const ALL: &[Self] = &[
        P::GetNetwork,
        P::GetDevice,
        P::GetDeviceNotification,
        P::GetDeviceCommand,
        P::RegisterDevice,
        P::CreateDeviceCommand,
        P::UpdateDeviceCommand,
        P::CreateDeviceNotification,
        P::GetCurrentUser,
        P::UpdateCurrentUser,
        P::ManageUser,
        P::ManageConfiguration,
        P::ManageNetwork,
        P::ManageToken,
        P::ManagePlugin,
        P::GetDeviceType,
        P::ManageDeviceType,
    ];

    /// What users who are no administrators get by their login, and what an empty list in a token stands for.
    pub const CLIENT_DEFAULT: &[Self] = &[
        P::GetNetwork,
        P::GetDevice,
        P::GetDeviceNotification,
        P::GetDeviceCommand,
        P::RegisterDevice,
        P::CreateDeviceCommand,
        P::UpdateDeviceCommand,
        P::CreateDeviceNotification,
        P::GetCurrentUser,
        P::UpdateCurrentUser,
        P::ManageToken,
        P::ManagePlugin,
        P::GetDeviceType,
    ];

    /// The number in tokens, 2 to 18.
    pub const fn id(self) -> i64 {
        self as i64
    }

    /// The permission of this number.
    pub fn from_id(id: i64) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.id() == id)
    }

    /// The name in `token/create`, which takes it in any letter case.
    pub const fn name(self) -> &'static str {
        match self {
            P::GetNetwork => "GetNetwork",
            P::GetDevice => "GetDevice",
            P::GetDeviceNotification => "GetDeviceNotification",
            P::GetDeviceCommand => "GetDeviceCommand",
            P::RegisterDevice => "RegisterDevice",
            P::CreateDeviceCommand => "CreateDeviceCommand",
            P::UpdateDeviceCommand => "UpdateDeviceCommand",
            P::CreateDeviceNotification => "CreateDeviceNotification",
            P::GetCurrentUser => "GetCurrentUser",
            P::UpdateCurrentUser => "UpdateCurrentUser",
            P::ManageUser => "ManageUser",
            P::ManageConfiguration => "ManageConfiguration",
            P::ManageNetwork => "ManageNetwork",
            P::ManageToken => "ManageToken",
            P::ManagePlugin => "ManagePlugin",
            P::GetDeviceType => "GetDeviceType",
            P::ManageDeviceType => "ManageDeviceType",
        }
    }

    /// The permission of this name, in any letter case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
