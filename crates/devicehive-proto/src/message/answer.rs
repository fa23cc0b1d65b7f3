//! What successes bring, by the action that was asked for (dossier 7 to 12, M4 to M10).

use super::member::wrong;
use super::{Command, Configuration, Device, DeviceType, Network, Notification, Payload, Subscription, User};
use crate::json::plain;
use crate::object::{Nulls, Object, push_array};
use crate::{Action, Datetime, DecodeError, Fields};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use dummyload_codec::members::integer;
use dummyload_codec::write::push_number;
use dummyload_session::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What a success brings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// Nothing but that it is one.
    Nothing,
    /// `token`, `token/create`, `token/refresh`
    Tokens(Tokens),
    /// `server/info`
    ServerInfo(ServerInfo),
    /// `server/cacheInfo`
    CacheInfo(CacheInfo),
    /// `cluster/info`
    ClusterInfo(ClusterInfo),
    /// `configuration/get`, `configuration/put`
    Configuration(Configuration),
    /// `subscription/list`
    Subscriptions(Vec<Subscription>),
    /// `command/subscribe`, `notification/subscribe`: the subscription's number.
    Subscribed(i64),
    /// `command/get`
    Command(Command),
    /// `command/list`
    Commands(Vec<Command>),
    /// `command/insert`
    CommandReceipt(CommandReceipt),
    /// `notification/get`
    Notification(Notification),
    /// `notification/list`
    Notifications(Vec<Notification>),
    /// `notification/insert`
    NotificationReceipt(NotificationReceipt),
    /// `device/get`
    Device(Device),
    /// `device/list`
    Devices(Vec<Device>),
    /// `network/get`, `user/getNetwork`
    Network(Network),
    /// `network/list`
    Networks(Vec<Network>),
    /// `devicetype/get`, `user/getDeviceType`
    DeviceType(DeviceType),
    /// `devicetype/list`, `user/getDeviceTypes`
    DeviceTypes(Vec<DeviceType>),
    /// `network/insert`, `devicetype/insert`: the number of the new one.
    Inserted(i64),
    /// `user/get`, `user/getCurrent`, and `user/insert`, which shows the number and no login.
    User(User),
    /// `user/list`
    Users(Vec<User>),
    /// `device/count` and the like
    Count(i64),
}

/// Tokens of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tokens {
    /// To authenticate with.
    pub access_token: Secret<String>,
    /// To get new access tokens with; `token/refresh` brings none.
    pub refresh_token: Option<Secret<String>>,
}

/// What a server says about itself (dossier 9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The version of the server.
    pub api_version: Option<String>,
    /// The server's clock.
    pub server_timestamp: Datetime,
    /// Where its REST API is; over the socket only. It says `http` also behind TLS.
    pub rest_server_url: Option<String>,
    /// Where its socket is; over REST only.
    pub web_socket_server_url: Option<String>,
}

/// What a server says about its cache (dossier 9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CacheInfo {
    /// The server's clock.
    pub server_timestamp: Datetime,
    /// Statistics in one long text.
    pub cache_stats: Option<String>,
}

/// Where the parts below a server are (dossier 9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ClusterInfo {
    /// Hosts and ports of the message bus.
    #[serde(rename = "bootstrap.servers")]
    pub bootstrap_servers: Option<String>,
    /// Host and port of its registry. The documents misspell the name.
    #[serde(rename = "zookeeper.connect", alias = "zookeper.connect")]
    pub zookeeper_connect: Option<String>,
}

/// What is shown of a new command (dossier M3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct CommandReceipt {
    /// Its number.
    pub id: i64,
    /// When it was made.
    pub timestamp: Datetime,
    /// The same.
    pub last_updated: Datetime,
    /// Who has inserted it.
    pub user_id: Option<i64>,
}

/// What is shown of a new notification (dossier M3.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct NotificationReceipt {
    /// Its number.
    pub id: i64,
    /// When it was made.
    pub timestamp: Datetime,
}

impl Tokens {
    /// An access token, and a refresh token if there is one.
    pub fn new(access_token: Secret<String>, refresh_token: Option<Secret<String>>) -> Self {
        Self { access_token, refresh_token }
    }
}

impl Answer {
    /// The member that a success of this action brings, if it brings any. Tokens come in two, of which this is the first.
    pub fn member(action: Action) -> Option<&'static str> {
        use Action as A;
        Some(match action {
            A::Token | A::TokenCreate | A::TokenRefresh => "accessToken",
            A::ServerInfo => "info",
            A::ServerCacheInfo => "cacheInfo",
            A::ClusterInfo => "clusterInfo",
            A::ConfigurationGet | A::ConfigurationPut => "configuration",
            A::SubscriptionList => "subscriptions",
            A::CommandSubscribe | A::NotificationSubscribe => "subscriptionId",
            A::CommandGet | A::CommandInsert => "command",
            A::CommandList => "commands",
            A::NotificationGet | A::NotificationInsert => "notification",
            A::NotificationList => "notifications",
            A::DeviceGet => "device",
            A::DeviceList => "devices",
            A::NetworkGet | A::NetworkInsert | A::UserGetNetwork => "network",
            A::NetworkList => "networks",
            A::DeviceTypeGet | A::DeviceTypeInsert | A::UserGetDeviceType => "deviceType",
            A::DeviceTypeList | A::UserGetDeviceTypes => "deviceTypes",
            A::UserGet | A::UserInsert => "user",
            A::UserGetCurrent => "current",
            A::UserList => "users",
            A::DeviceCount | A::NetworkCount | A::DeviceTypeCount | A::UserCount => "count",
            _ => return None,
        })
    }

    /// Reads the members of a reply.
    pub(crate) fn read(action: Action, payload: &str) -> Result<Self, DecodeError> {
        use Action as A;
        let Some(name) = Self::member(action) else { return Ok(Self::Nothing) };
        let fields = Fields::read(payload)?;
        if matches!(action, A::Token | A::TokenCreate | A::TokenRefresh) {
            return tokens(&fields).map(Self::Tokens);
        }
        let value = fields.some(name).ok_or_else(|| wrong(name, "it is missing"))?;
        Self::of(action, value).map_err(|e| wrong(name, &e))
    }

    /// Reads the body of an answer over REST: what the socket has in a member stands there by itself (dossier M14).
    pub(crate) fn read_body(action: Action, body: &str) -> Result<Self, DecodeError> {
        use Action as A;
        match action {
            A::Token | A::TokenCreate | A::TokenRefresh => tokens(&Fields::read(body)?).map(Self::Tokens),
            A::DeviceCount | A::NetworkCount | A::DeviceTypeCount | A::UserCount => Self::read(action, body),
            // Polls bring what their subscriptions would.
            A::CommandSubscribe => objects(body).map(Self::Commands).map_err(|e| DecodeError::wrong("", &e)),
            A::NotificationSubscribe => objects(body).map(Self::Notifications).map_err(|e| DecodeError::wrong("", &e)),
            _ => Self::of(action, body).map_err(|e| DecodeError::wrong("", &e)),
        }
    }

    /// Reads the value that stands in a reply's member.
    fn of(action: Action, value: &str) -> Result<Self, String> {
        use Action as A;
        Ok(match action {
            A::ServerInfo => Self::ServerInfo(object(value)?),
            A::ServerCacheInfo => Self::CacheInfo(object(value)?),
            A::ClusterInfo => Self::ClusterInfo(object(value)?),
            A::ConfigurationGet | A::ConfigurationPut => Self::Configuration(object(value)?),
            A::SubscriptionList => Self::Subscriptions(objects(value)?),
            A::CommandSubscribe | A::NotificationSubscribe => Self::Subscribed(whole(value)?),
            A::CommandGet => Self::Command(object(value)?),
            A::CommandInsert => Self::CommandReceipt(object(value)?),
            A::CommandList => Self::Commands(objects(value)?),
            A::NotificationGet => Self::Notification(object(value)?),
            A::NotificationInsert => Self::NotificationReceipt(object(value)?),
            A::NotificationList => Self::Notifications(objects(value)?),
            A::DeviceGet => Self::Device(object(value)?),
            A::DeviceList => Self::Devices(objects(value)?),
            A::NetworkGet => Self::Network(object(value)?),
            A::UserGetNetwork => Self::Network(object(nested(value, "network"))?),
            A::NetworkList => Self::Networks(objects(value)?),
            A::DeviceTypeGet => Self::DeviceType(object(value)?),
            A::UserGetDeviceType => Self::DeviceType(object(nested(value, "deviceType"))?),
            A::DeviceTypeList | A::UserGetDeviceTypes => Self::DeviceTypes(objects(value)?),
            A::NetworkInsert | A::DeviceTypeInsert => Self::Inserted(object::<Numbered>(value)?.id),
            A::UserGet | A::UserInsert | A::UserGetCurrent => Self::User(object(value)?),
            A::UserList => Self::Users(objects(value)?),
            A::DeviceCount | A::NetworkCount | A::DeviceTypeCount | A::UserCount => Self::Count(whole(value)?),
            _ => Self::Nothing,
        })
    }

    /// The members of a reply to this action, in the server's order, nulls included.
    pub fn to_payload(&self, action: Action) -> Payload {
        let name = Self::member(action).unwrap_or_default();
        Payload::written(|out| {
            let mut object = Nulls::open(out);
            match self {
                Self::Nothing => {}
                Self::Tokens(tokens) => {
                    object.text(name, Some(tokens.access_token.expose()));
                    if let Some(token) = &tokens.refresh_token {
                        object.text("refreshToken", Some(token.expose()));
                    }
                }
                value => value.write(action, object.name(name)),
            }
            object.close();
        })
    }

    fn write(&self, action: Action, out: &mut Vec<u8>) {
        match self {
            // Both are no single value.
            Self::Nothing | Self::Tokens(_) => {}
            Self::ServerInfo(info) => info.write(out),
            Self::CacheInfo(info) => info.write(out),
            Self::ClusterInfo(info) => info.write(out),
            Self::Configuration(configuration) => configuration.write(true, out),
            Self::Subscriptions(all) => push_array(out, all, |out, one| one.write(out)),
            Self::Subscribed(number) | Self::Count(number) => push_number(out, *number),
            Self::Command(command) => command.write_full(out),
            Self::Commands(all) => push_array(out, all, |out, one| one.write_full(out)),
            Self::CommandReceipt(receipt) => receipt.write(out),
            Self::Notification(notification) => notification.write_full(out),
            Self::Notifications(all) => push_array(out, all, |out, one| one.write_full(out)),
            Self::NotificationReceipt(receipt) => receipt.write(out),
            Self::Device(device) => device.write_full(out),
            Self::Devices(all) => push_array(out, all, |out, one| one.write_full(out)),
            Self::Network(network) if action == Action::UserGetNetwork => {
                nest(out, "network", |out| network.write_listed(out));
            }
            Self::Network(network) => network.write_with(network.devices.iter().flatten(), out),
            Self::Networks(all) => push_array(out, all, |out, one| one.write_listed(out)),
            Self::DeviceType(device_type) if action == Action::UserGetDeviceType => {
                nest(out, "deviceType", |out| device_type.write_listed(out));
            }
            Self::DeviceType(device_type) => device_type.write_with(device_type.devices.iter().flatten(), out),
            Self::DeviceTypes(all) => push_array(out, all, |out, one| one.write_listed(out)),
            Self::Inserted(id) => {
                let mut object = Nulls::open(out);
                object.number("id", *id);
                object.close();
            }
            Self::User(user) if action == Action::UserInsert => user.write_receipt(out),
            Self::User(user) => user.write_with(user.networks.iter().flatten(), out),
            Self::Users(all) => push_array(out, all, |out, one| one.write_listed(out)),
        }
    }
}

#[derive(Deserialize)]
struct Numbered {
    id: i64,
}

fn object<T: DeserializeOwned>(value: &str) -> Result<T, String> {
    serde_json::from_str::<Object<T>>(value).map(|object| object.0).map_err(|e| e.to_string())
}

fn objects<T: DeserializeOwned>(value: &str) -> Result<Vec<T>, String> {
    let objects: Vec<Object<T>> = serde_json::from_str(value).map_err(|e| e.to_string())?;
    Ok(objects.into_iter().map(|object| object.0).collect())
}

fn whole(value: &str) -> Result<i64, String> {
    integer(value).ok_or_else(|| "a whole number is wanted here".into())
}

/// Servers nest it in an object with the same name once more; the documents show it flat (dossier 12).
fn nested<'a>(value: &'a str, name: &str) -> &'a str {
    Fields::read(value).ok().and_then(|fields| fields.some(name)).unwrap_or(value)
}

fn nest(out: &mut Vec<u8>, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
    let mut object = Nulls::open(out);
    write(object.name(name));
    object.close();
}

fn tokens(fields: &Fields<'_>) -> Result<Tokens, DecodeError> {
    let secret = |name| match fields.some(name) {
        Some(json) if json.starts_with('"') => Ok(Some(Secret::new(plain(json)))),
        Some(_) => Err(wrong(name, "a text is wanted here")),
        None => Ok(None),
    };
    let access_token = secret("accessToken")?.ok_or_else(|| wrong("accessToken", "it is missing"))?;
    Ok(Tokens { access_token, refresh_token: secret("refreshToken")? })
}

impl ServerInfo {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.text("apiVersion", self.api_version.as_deref());
        object.time("serverTimestamp", self.server_timestamp);
        for (name, url) in
            [("restServerUrl", &self.rest_server_url), ("webSocketServerUrl", &self.web_socket_server_url)]
        {
            if let Some(url) = url {
                object.text(name, Some(url));
            }
        }
        object.close();
    }
}

impl CacheInfo {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.time("serverTimestamp", self.server_timestamp);
        object.text("cacheStats", self.cache_stats.as_deref());
        object.close();
    }
}

impl ClusterInfo {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.text("bootstrap.servers", self.bootstrap_servers.as_deref());
        object.text("zookeeper.connect", self.zookeeper_connect.as_deref());
        object.close();
    }
}

impl CommandReceipt {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.number("id", self.id);
        object.time("timestamp", self.timestamp);
        object.time("lastUpdated", self.last_updated);
        object.number("userId", self.user_id);
        object.close();
    }
}

impl NotificationReceipt {
    fn write(&self, out: &mut Vec<u8>) {
        let mut object = Nulls::open(out);
        object.number("id", self.id);
        object.time("timestamp", self.timestamp);
        object.close();
    }
}
