//! A method for each message.

use crate::client::DeviceHive;
use crate::{
    CacheInfo, ClusterInfo, Command, CommandChange, CommandReceipt, Configuration, DeviceChange, DeviceId, DeviceInfo,
    DeviceType, Error, Kind, NamedChange, Network, NewCommand, NewNotification, Notification, NotificationReceipt,
    ServerInfo, SubscriptionInfo, TokenRequest, Tokens, User, UserChange,
};
use devicehive_proto::message::{self, Answer, Request};
use devicehive_proto::session::{Reply, SessionCommand};
use dummyload_session::Secret;

/// What an answer must be.
trait Brings: Sized {
    fn of(answer: Answer) -> Option<Self>;
}

impl Brings for () {
    fn of(answer: Answer) -> Option<Self> {
        matches!(answer, Answer::Nothing).then_some(())
    }
}

macro_rules! brings {
    ($($answer:ident => $type:ty,)*) => {
        $(impl Brings for $type {
            fn of(answer: Answer) -> Option<Self> {
                match answer {
                    Answer::$answer(it) => Some(it),
                    _ => None,
                }
            }
        })*
    };
}

brings! {
    Tokens => Tokens,
    ServerInfo => ServerInfo,
    CacheInfo => CacheInfo,
    ClusterInfo => ClusterInfo,
    Configuration => Configuration,
    Subscriptions => Vec<SubscriptionInfo>,
    Command => Command,
    Commands => Vec<Command>,
    CommandReceipt => CommandReceipt,
    Notification => Notification,
    Notifications => Vec<Notification>,
    NotificationReceipt => NotificationReceipt,
    Device => DeviceInfo,
    Devices => Vec<DeviceInfo>,
    Network => Network,
    Networks => Vec<Network>,
    DeviceType => DeviceType,
    DeviceTypes => Vec<DeviceType>,
    User => User,
    Users => Vec<User>,
}

/// The number of something new, or a count.
struct Number(i64);

impl Brings for Number {
    fn of(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Inserted(number) | Answer::Count(number) => Some(Self(number)),
            _ => None,
        }
    }
}

macro_rules! calls {
    ($($(#[$doc:meta])* $call:ident($($name:ident: $type:ty),*) -> $brings:ty = $request:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// Every way in which it was not done.
            pub async fn $call(&self, $($name: $type),*) -> Result<$brings, Error> {
                self.bring::<$brings>($request.into()).await
            }
        )*
    };
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $call:ident($($name:ident: $type:ty),*) = $request:expr;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// Every way in which it was not done.
            pub async fn $call(&self, $($name: $type),*) -> Result<i64, Error> {
                self.bring::<Number>($request.into()).await.map(|number| number.0)
            }
        )*
    };
}

/// One method for each message, in the order of the documents. Subscriptions are those of [`DeviceHive::commands`],
/// [`DeviceHive::updates`] and [`DeviceHive::notifications`].
impl DeviceHive {
    async fn bring<T: Brings>(&self, request: Request) -> Result<T, Error> {
        T::of(self.request(request).await?).ok_or(Error::Unclear)
    }

    calls! {
        /// `token`: tokens for a login and its password. The connection stays whose it is.
        token(login: impl Into<String>, password: impl Into<String>) -> Tokens =
            message::Token::new(login, Secret::new(password.into()));
        /// `token/create`: tokens for anybody, as narrow as wanted.
        token_create(payload: TokenRequest) -> Tokens = message::TokenCreate::new(payload);
        /// `token/refresh`: a new access token by a refresh token. The connection's own are replaced without being asked.
        token_refresh(refresh_token: impl Into<String>) -> Tokens =
            message::TokenRefresh::new(Secret::new(refresh_token.into()));
        /// `server/info`: version, time and REST address of the server.
        server_info() -> ServerInfo = Request::ServerInfo;
        /// `server/cacheInfo`: statistics of the server's cache.
        server_cache_info() -> CacheInfo = Request::ServerCacheInfo;
        /// `cluster/info`: where the parts below the server are.
        cluster_info() -> ClusterInfo = Request::ClusterInfo;
        /// `configuration/get`: a value of the configuration.
        configuration_get(name: impl Into<String>) -> Configuration = message::ConfigurationGet::new(name);
        /// `configuration/put`: writes a value of the configuration.
        configuration_put(name: impl Into<String>, value: impl Into<String>) -> Configuration =
            message::ConfigurationPut::new(name, value);
        /// `configuration/delete`: removes a value of the configuration.
        configuration_delete(name: impl Into<String>) -> () = message::ConfigurationDelete::new(name);
        /// `subscription/list`: the subscriptions of this connection, those of [`DeviceHive::execute`] among them.
        subscription_list(kind: Option<Kind>) -> Vec<SubscriptionInfo> =
            message::SubscriptionList { kind: kind.map(Into::into) };
        /// `command/get`: a command of a device.
        command_get(device: impl Into<DeviceId>, id: i64) -> Command = message::CommandGet::new(device, id);
        /// `command/list`: commands of a device, as far as the server still has them.
        command_list(of: message::CommandList) -> Vec<Command> = of;
        /// `command/insert`: sends a command to a device. [`DeviceHive::execute`] also waits for what becomes of it.
        command_insert(device: impl Into<DeviceId>, command: NewCommand) -> CommandReceipt =
            message::CommandInsert::new(device, command);
        /// `command/update`: says what has become of a command. The server does not answer if it does not know the command.
        command_update(device: impl Into<DeviceId>, id: i64, change: CommandChange) -> () =
            message::CommandUpdate::new(device, id, change);
        /// `notification/get`: a notification of a device.
        notification_get(device: impl Into<DeviceId>, id: i64) -> Notification =
            message::NotificationGet::new(device, id);
        /// `notification/list`: notifications of a device, as far as the server still has them.
        notification_list(of: message::NotificationList) -> Vec<Notification> = of;
        /// `notification/insert`: tells something on behalf of a device.
        notification_insert(device: impl Into<DeviceId>, notification: NewNotification) -> NotificationReceipt =
            message::NotificationInsert::new(device, notification);
        /// `device/get`: a device.
        device_get(device: impl Into<DeviceId>) -> DeviceInfo = message::DeviceGet::new(device);
        /// `device/list`: devices that the token's owner may see.
        device_list(of: message::DeviceList) -> Vec<DeviceInfo> = of;
        /// `device/save`: makes a device, or changes it. Data that are left out are cleared.
        device_save(device: impl Into<DeviceId>, change: DeviceChange) -> () = message::DeviceSave::new(device, change);
        /// `device/delete`: removes a device.
        device_delete(device: impl Into<DeviceId>) -> () = message::DeviceDelete::new(device);
        /// `devicetype/list`: device types that the token's owner may see.
        device_type_list(of: message::DeviceTypeList) -> Vec<DeviceType> = of;
        /// `devicetype/get`: a device type with its devices.
        device_type_get(id: i64) -> DeviceType = message::DeviceTypeGet::new(id);
        /// `devicetype/update`: changes a device type.
        device_type_update(id: i64, change: NamedChange) -> () = message::DeviceTypeUpdate::new(id, change);
        /// `devicetype/delete`: removes a device type; with `force` its devices, too.
        device_type_delete(id: i64, force: bool) -> () =
            message::DeviceTypeDelete { device_type_id: id, force: Some(force) };
        /// `network/list`: networks that the token's owner may see.
        network_list(of: message::NetworkList) -> Vec<Network> = of;
        /// `network/get`: a network with its devices.
        network_get(id: i64) -> Network = message::NetworkGet::new(id);
        /// `network/update`: changes a network.
        network_update(id: i64, change: NamedChange) -> () = message::NetworkUpdate::new(id, change);
        /// `network/delete`: removes a network; with `force` its devices, too.
        network_delete(id: i64, force: bool) -> () = message::NetworkDelete { network_id: id, force: Some(force) };
        /// `user/list`: users.
        user_list(of: message::UserList) -> Vec<User> = of;
        /// `user/get`: a user with his networks.
        user_get(id: i64) -> User = message::UserGet::new(id);
        /// `user/getCurrent`: the token's owner with his networks.
        user_get_current() -> User = Request::UserGetCurrent;
        /// `user/insert`: makes a user. What comes back has his number, but not his login.
        user_insert(user: UserChange) -> User = message::UserInsert::new(user);
        /// `user/update`: changes a user. Data that are left out are cleared.
        user_update(id: i64, change: UserChange) -> () = message::UserUpdate::new(id, change);
        /// `user/updateCurrent`: changes the token's owner. Data that are left out are cleared.
        user_update_current(change: UserChange) -> () = message::UserUpdateCurrent::new(change);
        /// `user/delete`: removes a user.
        user_delete(id: i64) -> () = message::UserDelete::new(id);
        /// `user/getNetwork`: a network, if it is assigned to the user.
        user_get_network(user: i64, network: i64) -> Network = message::UserGetNetwork::new(user, network);
        /// `user/assignNetwork`: assigns a network to a user.
        user_assign_network(user: i64, network: i64) -> () = message::UserAssignNetwork::new(user, network);
        /// `user/unassignNetwork`: takes a network from a user.
        user_unassign_network(user: i64, network: i64) -> () = message::UserUnassignNetwork::new(user, network);
        /// `user/getDeviceType`: a device type, if it is assigned to the user.
        user_get_device_type(user: i64, device_type: i64) -> DeviceType =
            message::UserGetDeviceType::new(user, device_type);
        /// `user/getDeviceTypes`: the device types that a user may see.
        user_get_device_types(user: i64) -> Vec<DeviceType> = message::UserGetDeviceTypes::new(user);
        /// `user/assignDeviceType`: assigns a device type to a user.
        user_assign_device_type(user: i64, device_type: i64) -> () =
            message::UserAssignDeviceType::new(user, device_type);
        /// `user/unassignDeviceType`: takes a device type from a user.
        user_unassign_device_type(user: i64, device_type: i64) -> () =
            message::UserUnassignDeviceType::new(user, device_type);
        /// `user/allowAllDeviceTypes`: lets a user see all device types.
        user_allow_all_device_types(user: i64) -> () = message::UserAllowAllDeviceTypes::new(user);
        /// `user/disallowAllDeviceTypes`: leaves a user the device types that are assigned to him.
        user_disallow_all_device_types(user: i64) -> () = message::UserDisallowAllDeviceTypes::new(user);
    }

    numbers! {
        /// `device/count`: how many devices there are.
        device_count(of: message::DeviceCount) = of;
        /// `devicetype/count`: how many device types there are.
        device_type_count(of: message::DeviceTypeCount) = of;
        /// `devicetype/insert`: makes a device type; its number.
        device_type_insert(device_type: NamedChange) = message::DeviceTypeInsert::new(device_type);
        /// `network/count`: how many networks there are.
        network_count(of: message::NetworkCount) = of;
        /// `network/insert`: makes a network; its number.
        network_insert(network: NamedChange) = message::NetworkInsert::new(network);
        /// `user/count`: how many users there are.
        user_count(of: message::UserCount) = of;
    }

    /// `authenticate`: becomes whoever the access token is of, now and after each reconnect, also over REST. Subscriptions go
    /// on. When the token has ended, a lost connection does not come back.
    ///
    /// # Errors
    /// Every way in which it was not done; then all stays as it is.
    pub async fn authenticate(&self, token: impl Into<String>) -> Result<(), Error> {
        let token = Secret::new(token.into());
        self.bring::<()>(message::Authenticate::new(token.clone()).into()).await?;
        self.become_owner_of(token);
        Ok(())
    }

    /// `command/unsubscribe`, or `notification/unsubscribe`: gives up all subscriptions of a kind at once. Single ones are given
    /// up by [`Subscription::close`](crate::Subscription::close).
    ///
    /// # Errors
    /// Every way in which it was not done.
    pub async fn unsubscribe_all(&self, kind: Kind) -> Result<(), Error> {
        match self.ask(SessionCommand::UnsubscribeAll(kind)).await? {
            Reply::Unsubscribed => Ok(()),
            _ => Err(Error::Unclear),
        }
    }

    /// Any other message: of an action that this crate has no method for, or with members that it does not know.
    ///
    /// # Errors
    /// Every way in which it was not done.
    pub async fn send(&self, request: impl Into<Request>) -> Result<Answer, Error> {
        self.request(request.into()).await
    }
}
