//! The REST resources: which method of which path does what, and what it takes (dossier 14.1, 14.2, M14).

use devicehive_proto::Action;

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// What this action does on the socket.
    Act(Action),
    /// It waits until a command is updated.
    Wait,
    /// It tells that the server is there.
    Welcome,
    /// It makes a token for a plugin.
    PluginCreate,
    /// It checks the token of a plugin.
    PluginAuthenticate,
}

/// What a query parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A whole number of 32 bits; anything else is not found.
    Int,
    /// A whole number of 64 bits; anything else is not found.
    Long,
    /// True, or anything else.
    Flag,
    /// Seconds, from 0 to 60.
    Wait,
    /// A whole number that is not negative.
    Limit,
    Time,
    /// Texts with commas between them.
    Texts,
    /// Numbers with commas between them.
    Longs,
}

/// What stands in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// This.
    Is(&'static str),
    /// A text, under this name.
    Text(&'static str),
    /// A whole number, under this name; anything else is not found.
    Long(&'static str),
    /// A whole number, under this name; anything else fails within the server.
    Parsed(&'static str),
}

/// What becomes of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// There is none; one that is sent is not looked at.
    None,
    /// Its members are those of the message.
    Members(Absent),
    /// It is this member of the message.
    Member(&'static str, Absent),
}

/// What a call without a body gets, or with `null` for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// A text that says so.
    IsNull,
    /// The text of a Java exception; the right answer would be the second.
    Crashes(&'static str, &'static str),
    /// What the message gets that lacks it.
    IsLeftOut,
    /// Success, and nothing is done.
    IsNothing,
}

/// One method of one path.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static [Segment],
    pub(super) does: Does,
    /// The status of success with an answer.
    pub(super) status: u16,
    pub(super) body: Body,
    pub(super) query: &'static [(&'static str, Kind)],
}

use Segment::{Is, Long, Parsed, Text};

const LIST: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("namePattern", Kind::Text),
    ("sortField", Kind::Text),
    ("sortOrder", Kind::Text),
    ("take", Kind::Int),
    ("skip", Kind::Int),
];
const COUNT: &[(&str, Kind)] = &[("name", Kind::Text), ("namePattern", Kind::Text)];
const FORCE: &[(&str, Kind)] = &[("force", Kind::Flag)];
const DEVICES: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("namePattern", Kind::Text),
    ("networkId", Kind::Long),
    ("networkName", Kind::Text),
    ("sortField", Kind::Text),
    ("sortOrder", Kind::Text),
    ("take", Kind::Int),
    ("skip", Kind::Int),
];
const DEVICE_COUNT: &[(&str, Kind)] =
    &[("name", Kind::Text), ("namePattern", Kind::Text), ("networkId", Kind::Long), ("networkName", Kind::Text)];
const USERS: &[(&str, Kind)] = &[
    ("login", Kind::Text),
    ("loginPattern", Kind::Text),
    ("role", Kind::Int),
    ("status", Kind::Int),
    ("sortField", Kind::Text),
    ("sortOrder", Kind::Text),
    ("take", Kind::Int),
    ("skip", Kind::Int),
];
const USER_COUNT: &[(&str, Kind)] =
    &[("login", Kind::Text), ("loginPattern", Kind::Text), ("role", Kind::Int), ("status", Kind::Int)];
const COMMANDS: &[(&str, Kind)] = &[
    ("start", Kind::Time),
    ("end", Kind::Time),
    ("command", Kind::Text),
    ("status", Kind::Text),
    ("sortField", Kind::Text),
    ("sortOrder", Kind::Text),
    ("take", Kind::Int),
    ("skip", Kind::Int),
];
const NOTIFICATIONS: &[(&str, Kind)] = &[
    ("start", Kind::Time),
    ("end", Kind::Time),
    ("notification", Kind::Text),
    ("sortField", Kind::Text),
    ("sortOrder", Kind::Text),
    ("take", Kind::Int),
    ("skip", Kind::Int),
];
const COMMAND_POLL: &[(&str, Kind)] = &[
    ("names", Kind::Texts),
    ("timestamp", Kind::Time),
    ("returnUpdatedCommands", Kind::Flag),
    ("waitTimeout", Kind::Wait),
    ("limit", Kind::Limit),
];
const NOTIFICATION_POLL: &[(&str, Kind)] =
    &[("names", Kind::Texts), ("timestamp", Kind::Time), ("waitTimeout", Kind::Wait)];
const COMMANDS_POLL: &[(&str, Kind)] = &[
    ("deviceId", Kind::Text),
    ("networkIds", Kind::Longs),
    ("deviceTypeIds", Kind::Longs),
    ("names", Kind::Texts),
    ("timestamp", Kind::Time),
    ("waitTimeout", Kind::Wait),
    ("limit", Kind::Limit),
];
const NOTIFICATIONS_POLL: &[(&str, Kind)] = &[
    ("deviceId", Kind::Text),
    ("networkIds", Kind::Longs),
    ("deviceTypeIds", Kind::Longs),
    ("names", Kind::Texts),
    ("timestamp", Kind::Time),
    ("waitTimeout", Kind::Wait),
];

const fn get(path: &'static [Segment], action: Action, query: &'static [(&'static str, Kind)]) -> Route {
    Route { method: "GET", path, does: Does::Act(action), status: 200, body: Body::None, query }
}

const fn post(path: &'static [Segment], action: Action, body: Body) -> Route {
    Route { method: "POST", path, does: Does::Act(action), status: 201, body, query: &[] }
}

const fn put(path: &'static [Segment], action: Action, body: Body) -> Route {
    Route { method: "PUT", path, does: Does::Act(action), status: 200, body, query: &[] }
}

const fn delete(path: &'static [Segment], action: Action, query: &'static [(&'static str, Kind)]) -> Route {
    Route { method: "DELETE", path, does: Does::Act(action), status: 204, body: Body::None, query }
}

const fn open(path: &'static [Segment], does: Does) -> Route {
    Route { method: "GET", path, does, status: 200, body: Body::None, query: &[] }
}

const NETWORK: &[Segment] = &[Is("network"), Long("networkId")];
const TYPE: &[Segment] = &[Is("devicetype"), Long("deviceTypeId")];
const DEVICE: &[Segment] = &[Is("device"), Text("deviceId")];
const DEVICE_COMMANDS: &[Segment] = &[Is("device"), Text("deviceId"), Is("command")];
const DEVICE_COMMAND: &[Segment] = &[Is("device"), Text("deviceId"), Is("command"), Parsed("commandId")];
const DEVICE_NOTIFICATIONS: &[Segment] = &[Is("device"), Text("deviceId"), Is("notification")];
const USER: &[Segment] = &[Is("user"), Long("userId")];
const CURRENT_USER: &[Segment] = &[Is("user"), Is("current")];
const USER_NETWORK: &[Segment] = &[Is("user"), Long("userId"), Is("network"), Long("networkId")];
const USER_TYPES: &[Segment] = &[Is("user"), Long("userId"), Is("devicetype")];
const USER_TYPE: &[Segment] = &[Is("user"), Long("userId"), Is("devicetype"), Long("deviceTypeId")];
const USER_ALL_TYPES: &[Segment] = &[Is("user"), Long("userId"), Is("devicetype"), Is("all")];
const CONFIGURATION: &[Segment] = &[Is("configuration"), Text("name")];

/// All of them. Where several paths fit, those with fewer names in them come first.
pub(super) const ROUTES: &[Route] = &[
    open(&[], Does::Welcome),
    get(&[Is("info")], Action::ServerInfo, &[]),
    get(&[Is("info"), Is("cache")], Action::ServerCacheInfo, &[]),
    get(&[Is("info"), Is("config"), Is("cluster")], Action::ClusterInfo, &[]),
    post(&[Is("token")], Action::Token, Body::Members(Absent::IsNull)),
    post(&[Is("token"), Is("create")], Action::TokenCreate, Body::Member("payload", Absent::IsLeftOut)),
    post(&[Is("token"), Is("refresh")], Action::TokenRefresh, Body::Members(Absent::IsNull)),
    Route {
        does: Does::PluginCreate,
        ..post(&[Is("token"), Is("plugin"), Is("create")], Action::TokenCreate, Body::Members(Absent::IsNull))
    },
    Route {
        query: &[("token", Kind::Text)],
        ..open(&[Is("token"), Is("plugin"), Is("authenticate")], Does::PluginAuthenticate)
    },
    get(CONFIGURATION, Action::ConfigurationGet, &[]),
    put(CONFIGURATION, Action::ConfigurationPut, Body::Members(Absent::IsNull)),
    delete(CONFIGURATION, Action::ConfigurationDelete, &[]),
    get(&[Is("network")], Action::NetworkList, LIST),
    get(&[Is("network"), Is("count")], Action::NetworkCount, COUNT),
    post(
        &[Is("network")],
        Action::NetworkInsert,
        Body::Member(
            "network",
            Absent::Crashes(
                "Cannot invoke \"com.devicehive.model.updates.NetworkUpdate.convertTo()\" because \"network\" is null",
                "Network is required",
            ),
        ),
    ),
    get(NETWORK, Action::NetworkGet, &[]),
    put(NETWORK, Action::NetworkUpdate, Body::Member("network", Absent::IsLeftOut)),
    delete(NETWORK, Action::NetworkDelete, FORCE),
    get(&[Is("devicetype")], Action::DeviceTypeList, LIST),
    get(&[Is("devicetype"), Is("count")], Action::DeviceTypeCount, COUNT),
    post(
        &[Is("devicetype")],
        Action::DeviceTypeInsert,
        Body::Member(
            "deviceType",
            Absent::Crashes(
                "Cannot invoke \"com.devicehive.model.updates.DeviceTypeUpdate.convertTo()\" because \"deviceType\" is null",
                "Device type is required",
            ),
        ),
    ),
    get(TYPE, Action::DeviceTypeGet, &[]),
    put(TYPE, Action::DeviceTypeUpdate, Body::Member("deviceType", Absent::IsLeftOut)),
    delete(TYPE, Action::DeviceTypeDelete, FORCE),
    get(&[Is("device")], Action::DeviceList, DEVICES),
    get(&[Is("device"), Is("count")], Action::DeviceCount, DEVICE_COUNT),
    get(&[Is("device"), Is("command"), Is("poll")], Action::CommandSubscribe, COMMANDS_POLL),
    get(&[Is("device"), Is("notification"), Is("poll")], Action::NotificationSubscribe, NOTIFICATIONS_POLL),
    get(DEVICE, Action::DeviceGet, &[]),
    put(DEVICE, Action::DeviceSave, Body::Member("device", Absent::IsLeftOut)),
    delete(DEVICE, Action::DeviceDelete, &[]),
    get(DEVICE_COMMANDS, Action::CommandList, COMMANDS),
    post(DEVICE_COMMANDS, Action::CommandInsert, Body::Member("command", Absent::IsLeftOut)),
    get(&[Is("device"), Text("deviceId"), Is("command"), Is("poll")], Action::CommandSubscribe, COMMAND_POLL),
    get(DEVICE_COMMAND, Action::CommandGet, &[("returnUpdatedCommands", Kind::Flag)]),
    put(DEVICE_COMMAND, Action::CommandUpdate, Body::Member("command", Absent::IsLeftOut)),
    Route {
        query: &[("waitTimeout", Kind::Wait)],
        ..open(&[Is("device"), Text("deviceId"), Is("command"), Parsed("commandId"), Is("poll")], Does::Wait)
    },
    get(DEVICE_NOTIFICATIONS, Action::NotificationList, NOTIFICATIONS),
    post(DEVICE_NOTIFICATIONS, Action::NotificationInsert, Body::Member("notification", Absent::IsLeftOut)),
    get(
        &[Is("device"), Text("deviceId"), Is("notification"), Is("poll")],
        Action::NotificationSubscribe,
        NOTIFICATION_POLL,
    ),
    get(&[Is("device"), Text("deviceId"), Is("notification"), Long("notificationId")], Action::NotificationGet, &[]),
    get(&[Is("user")], Action::UserList, USERS),
    get(&[Is("user"), Is("count")], Action::UserCount, USER_COUNT),
    post(&[Is("user")], Action::UserInsert, Body::Member("user", Absent::IsNull)),
    get(CURRENT_USER, Action::UserGetCurrent, &[]),
    put(CURRENT_USER, Action::UserUpdateCurrent, Body::Member("user", Absent::IsNothing)),
    get(USER, Action::UserGet, &[]),
    put(USER, Action::UserUpdate, Body::Member("user", Absent::IsNothing)),
    delete(USER, Action::UserDelete, &[]),
    get(USER_NETWORK, Action::UserGetNetwork, &[]),
    put(USER_NETWORK, Action::UserAssignNetwork, Body::None),
    delete(USER_NETWORK, Action::UserUnassignNetwork, &[]),
    get(USER_TYPES, Action::UserGetDeviceTypes, &[]),
    put(USER_ALL_TYPES, Action::UserAllowAllDeviceTypes, Body::None),
    delete(USER_ALL_TYPES, Action::UserDisallowAllDeviceTypes, &[]),
    get(USER_TYPE, Action::UserGetDeviceType, &[]),
    put(USER_TYPE, Action::UserAssignDeviceType, Body::None),
    delete(USER_TYPE, Action::UserUnassignDeviceType, &[]),
];

impl Segment {
    fn fits(self, part: &str) -> bool {
        match self {
            Self::Is(name) => name == part,
            _ => true,
        }
    }

    fn is_name(self) -> bool {
        matches!(self, Self::Is(_))
    }
}

impl Route {
    fn fits(&self, parts: &[String]) -> bool {
        self.path.len() == parts.len() && self.path.iter().zip(parts).all(|(segment, part)| segment.fits(part))
    }

    /// How many names are in the path: the more, the more it is meant.
    fn names(&self) -> usize {
        self.path.iter().filter(|segment| segment.is_name()).count()
    }
}

/// What a path is.
#[derive(Debug)]
pub(super) enum Found {
    Route(&'static Route),
    /// These methods are there, and not the one that was asked for.
    Methods(Vec<&'static str>),
    Nothing,
}

/// The route of a call. `closest_only`: only the path that fits best has a say; otherwise one that fits less may have the
/// method that the first one lacks (dossier V7: `DELETE /user/current`).
pub(super) fn find(method: &str, parts: &[String], closest_only: bool) -> Found {
    let fitting: Vec<&Route> = ROUTES.iter().filter(|route| route.fits(parts)).collect();
    let Some(closest) = fitting.iter().map(|route| route.names()).max() else { return Found::Nothing };
    let with_method = fitting.iter().filter(|route| route.method == method);
    let best = with_method.max_by_key(|route| route.names());
    match best {
        Some(route) if !closest_only || route.names() == closest => Found::Route(route),
        _ => {
            let methods = fitting.iter().filter(|route| route.names() == closest);
            Found::Methods(methods.map(|route| route.method).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str) -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn action(method: &str, path: &str) -> Option<Does> {
        match find(method, &parts(path), false) {
            Found::Route(route) => Some(route.does),
            _ => None,
        }
    }

    #[test]
    fn the_closest_path_is_meant() {
        for (method, path, expected) in [
            ("GET", "/device/command/poll", Some(Does::Act(Action::CommandSubscribe))),
            ("GET", "/device/x/command/poll", Some(Does::Act(Action::CommandSubscribe))),
            ("GET", "/device/x/command/5/poll", Some(Does::Wait)),
            ("GET", "/device/x/command/5", Some(Does::Act(Action::CommandGet))),
            ("GET", "/device/count", Some(Does::Act(Action::DeviceCount))),
            ("GET", "/user/current", Some(Does::Act(Action::UserGetCurrent))),
            ("GET", "/user/1/devicetype/all", Some(Does::Act(Action::UserGetDeviceType))),
            ("DELETE", "/user/1/devicetype/all", Some(Does::Act(Action::UserDisallowAllDeviceTypes))),
            ("GET", "", Some(Does::Welcome)),
            ("POST", "/device/x", None),
            ("GET", "/device/x/y", None),
            ("GET", "/configuration", None),
        ] {
            assert_eq!(action(method, path), expected, "{method} {path}");
        }
        assert!(matches!(find("GET", &parts("/nope"), false), Found::Nothing));
        assert!(
            matches!(find("POST", &parts("/device/x"), false), Found::Methods(all) if all == ["GET", "PUT", "DELETE"])
        );
    }

    #[test]
    fn only_some_servers_look_further_than_the_closest_path() {
        let path = parts("/user/current");
        assert!(
            matches!(find("DELETE", &path, false), Found::Route(route) if route.does == Does::Act(Action::UserDelete))
        );
        assert!(matches!(find("DELETE", &path, true), Found::Methods(_)));
    }

    #[test]
    fn every_action_of_rest_has_a_route() {
        let only_on_the_socket = [
            Action::Authenticate,
            Action::SubscriptionList,
            Action::CommandUnsubscribe,
            Action::NotificationUnsubscribe,
        ];
        for action in Action::ALL {
            let routed = ROUTES.iter().any(|route| matches!(route.does, Does::Act(it) if it == *action));
            assert_eq!(routed, !only_on_the_socket.contains(action), "{}", action.name());
        }
    }
}
