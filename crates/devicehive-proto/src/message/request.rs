//! What clients ask for: one request for each action (dossier 7 to 12, M4 to M10).

use super::client::OtherRequest;
use super::member::{Member, required};
use super::{
    CommandChange, DeviceChange, ListedKind, NamedChange, NewCommand, NewNotification, SortOrder, TokenRequest,
    UserChange,
};
use crate::lint::Field;
use crate::{Action, Datetime, DecodeError, DeviceId, Fields};
use alloc::collections::BTreeSet;
use alloc::string::String;
use dummyload_codec::lint::{field, optional};
use dummyload_codec::write::ObjectWriter;
use dummyload_session::Secret;

macro_rules! requests {
    (
        plain { $($(#[$plain_doc:meta])* $plain:ident,)* }
        $(
            $(#[$doc:meta])*
            $action:ident {
                $($(#[$must_doc:meta])* $must:ident: $must_type:ty = $must_name:literal,)*
                $(; $($(#[$may_doc:meta])* $may:ident: $may_type:ty = $may_name:literal,)+)?
            }
        )*
    ) => {
        /// What a client asks for; each variant is called like its [`Action`].
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Request {
            $($(#[$plain_doc])* $plain,)*
            $($(#[$doc])* $action($action),)*
            /// Any other action. Servers without it refuse it.
            Other(OtherRequest),
        }

        impl Request {
            /// The action, if it is a known one.
            pub fn action(&self) -> Option<Action> {
                match self {
                    $(Self::$plain => Some(Action::$plain),)*
                    $(Self::$action(_) => Some(Action::$action),)*
                    Self::Other(_) => None,
                }
            }

            pub(super) fn read(action: Action, fields: &Fields<'_>) -> Result<Self, DecodeError> {
                match action {
                    $(Action::$plain => Ok(Self::$plain),)*
                    $(Action::$action => $action::read(fields).map(Self::$action),)*
                }
            }

            pub(super) fn write(&self, object: &mut ObjectWriter<'_, 0>) {
                match self {
                    $(Self::$plain => {})*
                    $(Self::$action(request) => request.write(object),)*
                    Self::Other(request) => request.write(object),
                }
            }
        }

        /// The members of requests for an action, beside those of the envelope.
        pub(crate) fn request_fields(action: Action) -> &'static [Field] {
            match action {
                $(Action::$plain => &[],)*
                $(Action::$action => const { &[
                    $(field($must_name, <$must_type as Member>::WANT),)*
                    $($(optional($may_name, <$may_type as Member>::WANT),)+)?
                ] },)*
            }
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq)]
            pub struct $action {
                $($(#[$must_doc])* pub $must: $must_type,)*
                $($($(#[$may_doc])* pub $may: Option<$may_type>,)+)?
            }

            impl $action {
                /// One with what it must have, and nothing else.
                pub fn new($($must: impl Into<$must_type>),*) -> Self {
                    Self { $($must: $must.into(),)* $($($may: None,)+)? }
                }

                fn read(fields: &Fields<'_>) -> Result<Self, DecodeError> {
                    Ok(Self {
                        $($must: required(fields, $must_name)?,)*
                        $($($may: Member::read(fields, $may_name)?,)+)?
                    })
                }

                fn write(&self, object: &mut ObjectWriter<'_, 0>) {
                    $(self.$must.write(object.name($must_name));)*
                    $($(if let Some(value) = &self.$may {
                        value.write(object.name($may_name));
                    })+)?
                }
            }

            impl From<$action> for Request {
                fn from(request: $action) -> Self {
                    Self::$action(request)
                }
            }
        )*
    };
}

requests! {
    plain {
        /// The server's version, time and REST address (dossier 9).
        ServerInfo,
        /// Statistics of the server's cache (dossier 9).
        ServerCacheInfo,
        /// Where the parts below the server are (dossier 9).
        ClusterInfo,
        /// Reads the user of the token (dossier 12).
        UserGetCurrent,
    }

    /// Tells who the connection is (dossier 7).
    Authenticate {
        /// An access token, without `Bearer` before it.
        token: Secret<String> = "token",
    }

    /// Asks for tokens with a login and password (dossier 8.2).
    Token {
        /// The login.
        login: String = "login",
        /// The password.
        password: Secret<String> = "password",
    }

    /// Asks for tokens for anybody, as narrow as wanted (dossier 8.3).
    TokenCreate {
        /// For whom, and what they allow.
        payload: TokenRequest = "payload",
    }

    /// Asks for a new access token (dossier 8.4).
    TokenRefresh {
        /// A refresh token.
        refresh_token: Secret<String> = "refreshToken",
    }

    /// Reads a configuration value (dossier 10).
    ConfigurationGet {
        /// Its name.
        name: String = "name",
    }

    /// Writes a configuration value (dossier 10).
    ConfigurationPut {
        /// Its name, 1 to 32 characters.
        name: String = "name",
        /// What it is to be, 1 to 128 characters.
        value: String = "value",
    }

    /// Removes a configuration value (dossier 10).
    ConfigurationDelete {
        /// Its name.
        name: String = "name",
    }

    /// Asks for the subscriptions of this connection (dossier 11).
    SubscriptionList {
        ;
        /// Only these.
        kind: ListedKind = "type",
    }

    /// Reads one command (dossier M4.3).
    CommandGet {
        /// The device.
        device_id: DeviceId = "deviceId",
        /// The command's number.
        command_id: i64 = "commandId",
    }

    /// Finds commands of a device (dossier M4.4).
    CommandList {
        /// The device.
        device_id: DeviceId = "deviceId",
        ;
        /// Only those made after it.
        start: Datetime = "start",
        /// Only those made before it.
        end: Datetime = "end",
        /// Only those of this name.
        command: String = "command",
        /// Only those of this status.
        status: String = "status",
        /// By what they are sorted: `timestamp`, `status` or `command`.
        sort_field: String = "sortField",
        /// In which direction. Without it, the newest come first.
        sort_order: SortOrder = "sortOrder",
        /// How many at most; 20 if absent.
        take: i32 = "take",
        /// How many to pass over first.
        skip: i32 = "skip",
    }

    /// Sends a command to a device (dossier M4.1).
    CommandInsert {
        /// The device.
        device_id: DeviceId = "deviceId",
        /// The command.
        command: NewCommand = "command",
    }

    /// Answers a command (dossier M4.2).
    CommandUpdate {
        /// The device.
        device_id: DeviceId = "deviceId",
        /// The command's number.
        command_id: i64 = "commandId",
        /// What has become of it.
        command: CommandChange = "command",
    }

    /// Asks for commands, or for their updates, as they come (dossier M4.5).
    CommandSubscribe {
        ;
        /// Only those of this device.
        device_id: DeviceId = "deviceId",
        /// Only those of devices in these networks.
        network_ids: BTreeSet<i64> = "networkIds",
        /// Only those of devices of these types.
        device_type_ids: BTreeSet<i64> = "deviceTypeIds",
        /// Only those of these names.
        names: BTreeSet<String> = "names",
        /// Stored ones made after it come first. Without it, none do.
        timestamp: Datetime = "timestamp",
        /// Whether updates are wanted **instead of** commands.
        return_updated_commands: bool = "returnUpdatedCommands",
        /// How many stored ones come at most; 20 if absent.
        limit: i32 = "limit",
    }

    /// Ends subscriptions for commands (dossier M4.6).
    CommandUnsubscribe {
        ;
        /// This one. Without it, all of this connection.
        subscription_id: i64 = "subscriptionId",
    }

    /// Reads one notification (dossier M5.1).
    NotificationGet {
        /// The device.
        device_id: DeviceId = "deviceId",
        /// The notification's number.
        notification_id: i64 = "notificationId",
    }

    /// Finds notifications of a device (dossier M5.2).
    NotificationList {
        /// The device.
        device_id: DeviceId = "deviceId",
        ;
        /// Only those made after it.
        start: Datetime = "start",
        /// Only those made before it.
        end: Datetime = "end",
        /// Only those of this name.
        notification: String = "notification",
        /// By what they are sorted: `timestamp` or `notification`.
        sort_field: String = "sortField",
        /// In which direction. Without it, the newest come first.
        sort_order: SortOrder = "sortOrder",
        /// How many at most; 20 if absent.
        take: i32 = "take",
        /// How many to pass over first.
        skip: i32 = "skip",
    }

    /// Sends a notification of a device (dossier M5.3).
    NotificationInsert {
        /// The device.
        device_id: DeviceId = "deviceId",
        /// The notification.
        notification: NewNotification = "notification",
    }

    /// Asks for notifications as they come (dossier M5.4).
    NotificationSubscribe {
        ;
        /// Only those of this device.
        device_id: DeviceId = "deviceId",
        /// Only those of devices in these networks.
        network_ids: BTreeSet<i64> = "networkIds",
        /// Only those of devices of these types.
        device_type_ids: BTreeSet<i64> = "deviceTypeIds",
        /// Only those of these names.
        names: BTreeSet<String> = "names",
        /// Stored ones made after it come first, up to 100. Without it, none do.
        timestamp: Datetime = "timestamp",
    }

    /// Ends subscriptions for notifications (dossier M5.4).
    NotificationUnsubscribe {
        ;
        /// This one. Without it, all of this connection.
        subscription_id: i64 = "subscriptionId",
    }

    /// Reads one device (dossier M6.1).
    DeviceGet {
        /// The device.
        device_id: DeviceId = "deviceId",
    }

    /// Finds devices (dossier M6.2).
    DeviceList {
        ;
        /// Only those of this name.
        name: String = "name",
        /// Only those whose name is like it: `%` stands for any text, `_` for any character.
        name_pattern: String = "namePattern",
        /// Only those in this network.
        network_id: i64 = "networkId",
        /// Only those in the network of this name.
        network_name: String = "networkName",
        /// By what they are sorted: `name` or `network`.
        sort_field: String = "sortField",
        /// In which direction; ascending if absent.
        sort_order: SortOrder = "sortOrder",
        /// How many at most; 20 if absent.
        take: i32 = "take",
        /// How many to pass over first.
        skip: i32 = "skip",
    }

    /// Counts devices (dossier M6.3).
    DeviceCount {
        ;
        /// Only those of this name.
        name: String = "name",
        /// Only those whose name is like it: `%` stands for any text, `_` for any character.
        name_pattern: String = "namePattern",
        /// Only those in this network.
        network_id: i64 = "networkId",
        /// Only those in the network of this name.
        network_name: String = "networkName",
    }

    /// Makes or changes a device (dossier M6.4).
    DeviceSave {
        /// The device.
        device_id: DeviceId = "deviceId",
        /// What it is to be.
        device: DeviceChange = "device",
    }

    /// Removes a device (dossier M6.5).
    DeviceDelete {
        /// The device.
        device_id: DeviceId = "deviceId",
    }

    /// Finds networks (dossier M8).
    NetworkList {
        ;
        /// Only those of this name.
        name: String = "name",
        /// Only those whose name is like it: `%` stands for any text, `_` for any character.
        name_pattern: String = "namePattern",
        /// By what they are sorted: `id` or `name`.
        sort_field: String = "sortField",
        /// In which direction; ascending if absent.
        sort_order: SortOrder = "sortOrder",
        /// How many at most; 20 if absent.
        take: i32 = "take",
        /// How many to pass over first.
        skip: i32 = "skip",
    }

    /// Counts networks (dossier M8).
    NetworkCount {
        ;
        /// Only those of this name.
        name: String = "name",
        /// Only those whose name is like it: `%` stands for any text, `_` for any character.
        name_pattern: String = "namePattern",
    }

    /// Reads one network with its devices (dossier M8).
    NetworkGet {
        /// The network's number.
        network_id: i64 = "networkId",
    }

    /// Makes a network (dossier M8).
    NetworkInsert {
        /// What it is to be.
        network: NamedChange = "network",
    }

    /// Changes a network (dossier M8).
    NetworkUpdate {
        /// The network's number.
        network_id: i64 = "networkId",
        /// What it is to be.
        network: NamedChange = "network",
    }

    /// Removes a network (dossier M8).
    NetworkDelete {
        /// The network's number.
        network_id: i64 = "networkId",
        ;
        /// Whether its devices go with it.
        force: bool = "force",
    }

    /// Finds device types (dossier M7.1).
    DeviceTypeList {
        ;
        /// Only those of this name.
        name: String = "name",
        /// Only those whose name is like it: `%` stands for any text, `_` for any character.
        name_pattern: String = "namePattern",
        /// By what they are sorted: `id` or `name`.
        sort_field: String = "sortField",
        /// In which direction; ascending if absent.
        sort_order: SortOrder = "sortOrder",
        /// How many at most; 20 if absent.
        take: i32 = "take",
        /// How many to pass over first.
        skip: i32 = "skip",
    }

    /// Counts device types (dossier M7.2).
    DeviceTypeCount {
        ;
        /// Only those of this name.
        name: String = "name",
        /// Only those whose name is like it: `%` stands for any text, `_` for any character.
        name_pattern: String = "namePattern",
    }

    /// Reads one device type with its devices (dossier M7.3).
    DeviceTypeGet {
        /// The type's number.
        device_type_id: i64 = "deviceTypeId",
    }

    /// Makes a device type (dossier M7.4).
    DeviceTypeInsert {
        /// What it is to be.
        device_type: NamedChange = "deviceType",
    }

    /// Changes a device type (dossier M7.5).
    DeviceTypeUpdate {
        /// The type's number.
        device_type_id: i64 = "deviceTypeId",
        /// What it is to be.
        device_type: NamedChange = "deviceType",
    }

    /// Removes a device type (dossier M7.6).
    DeviceTypeDelete {
        /// The type's number.
        device_type_id: i64 = "deviceTypeId",
        ;
        /// Whether its devices go with it.
        force: bool = "force",
    }

    /// Finds users (dossier 12).
    UserList {
        ;
        /// Only the one with this login.
        login: String = "login",
        /// Only those whose login is like it: `%` stands for any text, `_` for any character.
        login_pattern: String = "loginPattern",
        /// Only those of this role.
        role: i64 = "role",
        /// Only those of this status.
        status: i64 = "status",
        /// By what they are sorted: `id` or `login`.
        sort_field: String = "sortField",
        /// In which direction; ascending if absent.
        sort_order: SortOrder = "sortOrder",
        /// How many at most; 20 if absent.
        take: i32 = "take",
        /// How many to pass over first.
        skip: i32 = "skip",
    }

    /// Counts users (dossier 12).
    UserCount {
        ;
        /// Only the one with this login.
        login: String = "login",
        /// Only those whose login is like it: `%` stands for any text, `_` for any character.
        login_pattern: String = "loginPattern",
        /// Only those of this role.
        role: i64 = "role",
        /// Only those of this status.
        status: i64 = "status",
    }

    /// Reads one user (dossier 12).
    UserGet {
        /// The user's number.
        user_id: i64 = "userId",
    }

    /// Makes a user (dossier 12).
    UserInsert {
        /// What he is to be.
        user: UserChange = "user",
    }

    /// Changes a user (dossier 12).
    UserUpdate {
        /// The user's number.
        user_id: i64 = "userId",
        /// What he is to be.
        user: UserChange = "user",
    }

    /// Changes the user of the token (dossier 12).
    UserUpdateCurrent {
        /// What he is to be.
        user: UserChange = "user",
    }

    /// Removes a user (dossier 12).
    UserDelete {
        /// The user's number.
        user_id: i64 = "userId",
    }

    /// Reads a network that is assigned to a user (dossier 12).
    UserGetNetwork {
        /// The user's number.
        user_id: i64 = "userId",
        /// The network's number.
        network_id: i64 = "networkId",
    }

    /// Assigns a network to a user (dossier 12).
    UserAssignNetwork {
        /// The user's number.
        user_id: i64 = "userId",
        /// The network's number.
        network_id: i64 = "networkId",
    }

    /// Takes a network from a user (dossier 12).
    UserUnassignNetwork {
        /// The user's number.
        user_id: i64 = "userId",
        /// The network's number.
        network_id: i64 = "networkId",
    }

    /// Reads a device type that is assigned to a user (dossier 12).
    UserGetDeviceType {
        /// The user's number.
        user_id: i64 = "userId",
        /// The type's number.
        device_type_id: i64 = "deviceTypeId",
    }

    /// Reads the device types of a user (dossier 12).
    UserGetDeviceTypes {
        /// The user's number.
        user_id: i64 = "userId",
    }

    /// Assigns a device type to a user (dossier 12).
    UserAssignDeviceType {
        /// The user's number.
        user_id: i64 = "userId",
        /// The type's number.
        device_type_id: i64 = "deviceTypeId",
    }

    /// Takes a device type from a user (dossier 12).
    UserUnassignDeviceType {
        /// The user's number.
        user_id: i64 = "userId",
        /// The type's number.
        device_type_id: i64 = "deviceTypeId",
    }

    /// Gives a user all device types (dossier 12).
    UserAllowAllDeviceTypes {
        /// The user's number.
        user_id: i64 = "userId",
    }

    /// Leaves a user the assigned device types only (dossier 12).
    UserDisallowAllDeviceTypes {
        /// The user's number.
        user_id: i64 = "userId",
    }
}
