//! The actions of the socket and what each needs (dossier 5).

use crate::Permission;
use core::fmt;

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident => $name:literal, $need:expr;)*) => {
        /// What a message asks for: its member `action`. Names are compared exactly.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// All actions, in the order of the documents.
            pub const ALL: &[Self] = &[$(Self::$action,)*];

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)*
                }
            }

            /// The action of this name.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$action),)*
                    _ => None,
                }
            }

            /// What a token must allow for it.
            pub const fn need(self) -> Need {
                match self {
                    $(Self::$action => $need,)*
                }
            }
        }
    };
}

/// What a token must allow for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// Nothing: it is open to all, also before authentication.
    Nothing,
    /// This.
    One(Permission),
    /// Either of these.
    Either(Permission, Permission),
}

use Need::{Either, Nothing, One};
use Permission as P;

actions! {
    /// Who the connection is.
    Authenticate => "authenticate", Nothing;
    /// Tokens for a login and password.
    Token => "token", Nothing;
    /// Tokens for anybody, as narrow as wanted.
    TokenCreate => "token/create", One(P::ManageToken);
    /// A new access token.
    TokenRefresh => "token/refresh", Nothing;
    /// The server's version, time and REST address.
    ServerInfo => "server/info", Nothing;
    /// Statistics of the server's cache.
    ServerCacheInfo => "server/cacheInfo", Nothing;
    /// Where the parts below the server are.
    ClusterInfo => "cluster/info", Nothing;
    /// Reads a configuration value.
    ConfigurationGet => "configuration/get", One(P::ManageConfiguration);
    /// Writes a configuration value.
    ConfigurationPut => "configuration/put", One(P::ManageConfiguration);
    /// Removes a configuration value.
    ConfigurationDelete => "configuration/delete", One(P::ManageConfiguration);
    /// The subscriptions of this connection.
    SubscriptionList => "subscription/list", Either(P::GetDeviceCommand, P::GetDeviceNotification);
    /// Reads one command.
    CommandGet => "command/get", One(P::GetDeviceCommand);
    /// Finds commands of a device.
    CommandList => "command/list", One(P::GetDeviceCommand);
    /// Sends a command to a device.
    CommandInsert => "command/insert", One(P::CreateDeviceCommand);
    /// Answers a command.
    CommandUpdate => "command/update", One(P::UpdateDeviceCommand);
    /// Asks for commands, or for their updates, as they come.
    CommandSubscribe => "command/subscribe", One(P::GetDeviceCommand);
    /// Ends that.
    CommandUnsubscribe => "command/unsubscribe", One(P::GetDeviceCommand);
    /// Reads one notification.
    NotificationGet => "notification/get", One(P::GetDeviceNotification);
    /// Finds notifications of a device.
    NotificationList => "notification/list", One(P::GetDeviceNotification);
    /// Sends a notification of a device.
    NotificationInsert => "notification/insert", One(P::CreateDeviceNotification);
    /// Asks for notifications as they come.
    NotificationSubscribe => "notification/subscribe", One(P::GetDeviceNotification);
    /// Ends that.
    NotificationUnsubscribe => "notification/unsubscribe", One(P::GetDeviceNotification);
    /// Reads one device.
    DeviceGet => "device/get", One(P::GetDevice);
    /// Finds devices.
    DeviceList => "device/list", One(P::GetDevice);
    /// Counts devices.
    DeviceCount => "device/count", One(P::GetDevice);
    /// Makes or changes a device.
    DeviceSave => "device/save", One(P::RegisterDevice);
    /// Removes a device.
    DeviceDelete => "device/delete", One(P::RegisterDevice);
    /// Finds networks.
    NetworkList => "network/list", One(P::GetNetwork);
    /// Counts networks.
    NetworkCount => "network/count", One(P::GetNetwork);
    /// Reads one network with its devices.
    NetworkGet => "network/get", One(P::GetNetwork);
    /// Makes a network.
    NetworkInsert => "network/insert", One(P::ManageNetwork);
    /// Changes a network.
    NetworkUpdate => "network/update", One(P::ManageNetwork);
    /// Removes a network.
    NetworkDelete => "network/delete", One(P::ManageNetwork);
    /// Finds device types.
    DeviceTypeList => "devicetype/list", One(P::GetDeviceType);
    /// Counts device types.
    DeviceTypeCount => "devicetype/count", One(P::GetDeviceType);
    /// Reads one device type with its devices.
    DeviceTypeGet => "devicetype/get", One(P::GetDeviceType);
    /// Makes a device type.
    DeviceTypeInsert => "devicetype/insert", One(P::ManageDeviceType);
    /// Changes a device type.
    DeviceTypeUpdate => "devicetype/update", One(P::ManageDeviceType);
    /// Removes a device type.
    DeviceTypeDelete => "devicetype/delete", One(P::ManageDeviceType);
    /// Finds users.
    UserList => "user/list", One(P::ManageUser);
    /// Counts users.
    UserCount => "user/count", One(P::ManageUser);
    /// Reads one user.
    UserGet => "user/get", One(P::ManageUser);
    /// Reads the user of the token.
    UserGetCurrent => "user/getCurrent", One(P::GetCurrentUser);
    /// Makes a user.
    UserInsert => "user/insert", One(P::ManageUser);
    /// Changes a user.
    UserUpdate => "user/update", One(P::ManageUser);
    /// Changes the user of the token.
    UserUpdateCurrent => "user/updateCurrent", One(P::UpdateCurrentUser);
    /// Removes a user.
    UserDelete => "user/delete", One(P::ManageUser);
    /// Reads a network that is assigned to a user.
    UserGetNetwork => "user/getNetwork", One(P::GetNetwork);
    /// Assigns a network to a user.
    UserAssignNetwork => "user/assignNetwork", One(P::ManageNetwork);
    /// Takes a network from a user.
    UserUnassignNetwork => "user/unassignNetwork", One(P::ManageNetwork);
    /// Reads a device type that is assigned to a user.
    UserGetDeviceType => "user/getDeviceType", One(P::GetDeviceType);
    /// Reads the device types of a user.
    UserGetDeviceTypes => "user/getDeviceTypes", One(P::ManageDeviceType);
    /// Assigns a device type to a user.
    UserAssignDeviceType => "user/assignDeviceType", One(P::ManageDeviceType);
    /// Takes a device type from a user.
    UserUnassignDeviceType => "user/unassignDeviceType", One(P::ManageDeviceType);
    /// Gives a user all device types.
    UserAllowAllDeviceTypes => "user/allowAllDeviceTypes", One(P::ManageDeviceType);
    /// Leaves a user the assigned device types only.
    UserDisallowAllDeviceTypes => "user/disallowAllDeviceTypes", One(P::ManageDeviceType);
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_fifty_six_and_each_finds_itself() {
        assert_eq!(Action::ALL.len(), 56);
        for action in Action::ALL {
            assert_eq!(Action::parse(action.name()), Some(*action));
        }
        assert_eq!(Action::parse("Device/get"), None);
    }
}
