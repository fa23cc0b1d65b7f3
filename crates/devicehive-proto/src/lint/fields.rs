//! What the members of messages should be. Those of requests stand where the requests are defined, in `message`.

use crate::Action;
use dummyload_codec::lint::{field, optional};

/// What a member should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want {
    Text,
    /// A whole number of 64 bits.
    Long,
    /// A whole number of 32 bits.
    Int,
    /// A truth value.
    Flag,
    /// A point in time.
    Time,
    /// One of these, in any letter case.
    Word(&'static [&'static str]),
    /// An object that is not looked into.
    Open,
    /// Whole numbers.
    Longs,
    /// Texts.
    Texts,
    /// An array that is not looked into.
    Items,
    /// Anything.
    Any,
    /// An object of these members.
    Object(&'static [Field]),
    /// An array of such values.
    List(&'static Want),
    /// Null, or such a value.
    Null(&'static Want),
}

pub(crate) type Field = dummyload_codec::lint::Field<Want>;

use Want::{Any, Flag, Int, List, Long, Longs, Null, Object, Open, Text, Texts, Time, Word};

const TEXT: Want = Null(&Text);
const LONG: Want = Null(&Long);
const OPEN: Want = Null(&Open);

// The server's views (dossier 9 to 12, M3).
pub(crate) const COMMAND: &[Field] = &[
    field("id", Long),
    field("command", TEXT),
    field("timestamp", Time),
    field("lastUpdated", Time),
    field("userId", LONG),
    field("deviceId", Text),
    field("networkId", Long),
    field("deviceTypeId", Long),
    field("parameters", OPEN),
    field("lifetime", Null(&Int)),
    field("status", TEXT),
    field("result", OPEN),
];
const COMMAND_RECEIPT: &[Field] =
    &[field("id", Long), field("timestamp", Time), field("lastUpdated", Time), field("userId", LONG)];
pub(crate) const NOTIFICATION: &[Field] = &[
    field("id", Long),
    field("notification", Text),
    field("deviceId", Text),
    field("networkId", LONG),
    field("deviceTypeId", LONG),
    field("timestamp", Time),
    field("parameters", OPEN),
];
const NOTIFICATION_RECEIPT: &[Field] = &[field("id", Long), field("timestamp", Time)];
pub(crate) const DEVICE: &[Field] = &[
    field("id", Text),
    field("name", Text),
    field("data", OPEN),
    field("networkId", Long),
    field("deviceTypeId", Long),
    field("isBlocked", Flag),
];
const DEVICE_INSIDE: &[Field] =
    &[field("id", Text), field("name", Text), field("data", OPEN), field("isBlocked", Flag)];
/// Networks and device types.
const NAMED: &[Field] = &[field("id", Long), field("name", Text), field("description", TEXT)];
const NAMED_WITH_DEVICES: &[Field] = &[
    field("devices", List(&Object(DEVICE_INSIDE))),
    field("id", Long),
    field("name", Text),
    field("description", TEXT),
];
/// So servers nest them in answers about users (dossier 12).
const NESTED_NETWORK: &[Field] = &[field("network", Object(NAMED))];
const NESTED_DEVICE_TYPE: &[Field] = &[field("deviceType", Object(NAMED))];
const NAMED_RECEIPT: &[Field] = &[field("id", Long)];
const USER: &[Field] = &[
    field("id", Long),
    field("login", Text),
    field("role", Int),
    field("status", Int),
    field("lastLogin", Null(&Time)),
    field("data", OPEN),
    field("introReviewed", Flag),
    field("allDeviceTypesAvailable", Flag),
];
const USER_WITH_NETWORKS: &[Field] = &[
    field("networks", List(&Object(NAMED))),
    field("id", Long),
    field("login", Text),
    field("role", Int),
    field("status", Int),
    field("lastLogin", Null(&Time)),
    field("data", OPEN),
    field("introReviewed", Flag),
    field("allDeviceTypesAvailable", Flag),
];
const USER_RECEIPT: &[Field] = &[
    field("id", Long),
    field("lastLogin", Null(&Time)),
    field("data", OPEN),
    field("introReviewed", Flag),
    field("allDeviceTypesAvailable", Flag),
];
/// Server 3.5 shows no id (dossier V3).
const CONFIGURATION: &[Field] =
    &[optional("id", LONG), field("name", Text), field("value", TEXT), field("entityVersion", Long)];
const SUBSCRIPTION: &[Field] = &[
    field("subscriptionId", Long),
    field("type", Word(&["command", "notification"])),
    field("deviceId", TEXT),
    field("networkIds", Null(&Longs)),
    field("deviceTypeIds", Null(&Longs)),
    field("names", Null(&Texts)),
    field("timestamp", Null(&Time)),
];
const INFO: &[Field] = &[field("apiVersion", TEXT), field("serverTimestamp", Time), field("restServerUrl", Text)];
const CACHE_INFO: &[Field] = &[field("serverTimestamp", Time), field("cacheStats", TEXT)];
const CLUSTER_INFO: &[Field] = &[field("bootstrap.servers", Text), field("zookeeper.connect", Text)];

/// What a success of this action brings, behind `status`.
pub(crate) fn payload(action: Action) -> &'static [Field] {
    use Action as A;
    match action {
        A::Token | A::TokenCreate => const { &[field("accessToken", Text), field("refreshToken", Text)] },
        A::TokenRefresh => const { &[field("accessToken", Text)] },
        A::ServerInfo => const { &[field("info", Object(INFO))] },
        A::ServerCacheInfo => const { &[field("cacheInfo", Object(CACHE_INFO))] },
        A::ClusterInfo => const { &[field("clusterInfo", Object(CLUSTER_INFO))] },
        A::ConfigurationGet | A::ConfigurationPut => const { &[field("configuration", Object(CONFIGURATION))] },
        A::SubscriptionList => const { &[field("subscriptions", List(&Object(SUBSCRIPTION)))] },
        A::CommandSubscribe | A::NotificationSubscribe => const { &[field("subscriptionId", Long)] },
        A::CommandGet => const { &[field("command", Object(COMMAND))] },
        A::CommandList => const { &[field("commands", List(&Object(COMMAND)))] },
        A::CommandInsert => const { &[field("command", Object(COMMAND_RECEIPT))] },
        A::NotificationGet => const { &[field("notification", Object(NOTIFICATION))] },
        A::NotificationList => const { &[field("notifications", List(&Object(NOTIFICATION)))] },
        A::NotificationInsert => const { &[field("notification", Object(NOTIFICATION_RECEIPT))] },
        A::DeviceGet => const { &[field("device", Object(DEVICE))] },
        A::DeviceList => const { &[field("devices", List(&Object(DEVICE)))] },
        A::NetworkGet => const { &[field("network", Object(NAMED_WITH_DEVICES))] },
        A::NetworkList => const { &[field("networks", List(&Object(NAMED)))] },
        A::NetworkInsert => const { &[field("network", Object(NAMED_RECEIPT))] },
        A::UserGetNetwork => const { &[field("network", Object(NESTED_NETWORK))] },
        A::DeviceTypeGet => const { &[field("deviceType", Object(NAMED_WITH_DEVICES))] },
        A::DeviceTypeList | A::UserGetDeviceTypes => const { &[field("deviceTypes", List(&Object(NAMED)))] },
        A::DeviceTypeInsert => const { &[field("deviceType", Object(NAMED_RECEIPT))] },
        A::UserGetDeviceType => const { &[field("deviceType", Object(NESTED_DEVICE_TYPE))] },
        A::UserGet => const { &[field("user", Object(USER_WITH_NETWORKS))] },
        A::UserInsert => const { &[field("user", Object(USER_RECEIPT))] },
        A::UserGetCurrent => const { &[field("current", Object(USER_WITH_NETWORKS))] },
        A::UserList => const { &[field("users", List(&Object(USER)))] },
        A::DeviceCount | A::NetworkCount | A::DeviceTypeCount | A::UserCount => const { &[field("count", Long)] },
        _ => &[],
    }
}

/// What all answers begin with.
pub(crate) const SUCCESS: &[Field] = &[field("action", Text), field("requestId", Any), field("status", Text)];
/// `action` is what the client has sent, be it no text.
pub(crate) const REFUSAL: &[Field] =
    &[field("action", Any), field("requestId", Any), field("code", Int), field("status", Text), field("error", TEXT)];
/// The answer to what could not be read at all.
pub(crate) const BARE_REFUSAL: &[Field] = &[field("code", Int), field("status", Text), field("error", TEXT)];
pub(crate) const COMMAND_PUSH: &[Field] =
    &[field("action", Text), field("command", Object(COMMAND)), field("subscriptionId", LONG)];
pub(crate) const NOTIFICATION_PUSH: &[Field] =
    &[field("action", Text), field("notification", Object(NOTIFICATION)), field("subscriptionId", Long)];
/// What all requests begin with.
pub(crate) const REQUEST: &[Field] = &[field("action", Text), optional("requestId", Any)];
