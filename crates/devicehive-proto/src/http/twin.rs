//! The twins of the socket's requests (dossier 14, M14).

use super::HttpError;
use super::answer::{accepted, unclear};
use super::request::{Call, Method, Request, Service, Target, signed};
use crate::message::{Answer, Member, Request as Asked};
use crate::message::{CommandSubscribe, NotificationSubscribe};
use crate::{Action, DeviceId};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::write::{ObjectWriter, written};
use dummyload_session::Secret;

/// A request of the socket in the form that it has over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    action: Action,
    request: Request,
}

impl Twin {
    /// The twin of a request. There is none of `authenticate`, `subscription/list`, `command/unsubscribe`,
    /// `notification/unsubscribe`, of actions that are not known, and of `command/subscribe` for the updates of more than one
    /// device: REST waits for these only where a device is named.
    pub fn of(request: impl Into<Asked>) -> Option<Self> {
        let asked = request.into();
        Some(Self { action: asked.action()?, request: request_of(&asked)? })
    }

    /// With this access token. Without one, only tokens and what a server says about itself can be asked for.
    #[must_use]
    pub fn bearer(self, token: &Secret<String>) -> Self {
        Self { request: signed(self.request, Some(token)), ..self }
    }

    /// How long a poll waits, 0 to 60 seconds; 30 if this is not called. Only polls are changed by it.
    #[must_use]
    pub fn seconds(mut self, seconds: u8) -> Self {
        if matches!(self.action, Action::CommandSubscribe | Action::NotificationSubscribe) {
            let target = self.request.target.expose();
            let sign = if target.contains('?') { '&' } else { '?' };
            self.request.target = Secret::new(format!("{target}{sign}waitTimeout={seconds}"));
        }
        self
    }

    /// What it asks for.
    pub fn action(&self) -> Action {
        self.action
    }
}

impl Call for Twin {
    /// What the socket would bring; the items for a subscription.
    type Answer = Answer;

    fn request(&self) -> Request {
        self.request.clone()
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Answer, HttpError> {
        let text = accepted(status, body)?;
        Answer::read_body(self.action, text).map_err(|why| unclear(status, why))
    }
}

fn commands(it: &CommandSubscribe) -> Option<Target> {
    let target = match &it.device_id {
        Some(id) => device(id).segment("command").segment("poll"),
        None if it.return_updated_commands == Some(true) => return None,
        None => Target::new("/device/command/poll")
            .list("networkIds", it.network_ids.as_ref())
            .list("deviceTypeIds", it.device_type_ids.as_ref()),
    };
    let target = target.list("names", it.names.as_ref()).query("timestamp", it.timestamp);
    Some(target.query("returnUpdatedCommands", it.return_updated_commands).query("limit", it.limit))
}

fn notifications(it: &NotificationSubscribe) -> Target {
    let target = match &it.device_id {
        Some(id) => device(id).segment("notification").segment("poll"),
        None => Target::new("/device/notification/poll")
            .list("networkIds", it.network_ids.as_ref())
            .list("deviceTypeIds", it.device_type_ids.as_ref()),
    };
    target.list("names", it.names.as_ref()).query("timestamp", it.timestamp)
}

fn device(id: &DeviceId) -> Target {
    Target::new("/device").segment(id)
}

fn user(id: i64) -> Target {
    Target::new("/user").segment(id)
}

fn command(device_id: &DeviceId, id: i64) -> Target {
    device(device_id).segment("command").segment(id)
}

fn notification(device_id: &DeviceId, id: i64) -> Target {
    device(device_id).segment("notification").segment(id)
}

fn configuration(name: &str) -> Target {
    Target::new("/configuration").segment(name)
}

fn network(id: i64) -> Target {
    Target::new("/network").segment(id)
}

fn device_type(id: i64) -> Target {
    Target::new("/devicetype").segment(id)
}

fn get(target: Target) -> Request {
    target.request(Service::Core, Method::Get)
}

fn delete(target: Target) -> Request {
    target.request(Service::Core, Method::Delete)
}

/// Without a body, as assignments are.
fn put(target: Target) -> Request {
    target.request(Service::Core, Method::Put)
}

fn put_body(target: Target, body: &impl Member) -> Request {
    put(target).json(written(|out| body.write(out)))
}

fn post_body(target: Target, body: &impl Member) -> Request {
    target.request(Service::Core, Method::Post).json(written(|out| body.write(out)))
}

/// A request for tokens, with these texts or this body.
fn for_tokens(path: &str, body: impl FnOnce(&mut Vec<u8>)) -> Request {
    Target::new(path).request(Service::Auth, Method::Post).json(written(body))
}

fn texts(members: &[(&'static str, &str)]) -> impl FnOnce(&mut Vec<u8>) {
    move |out| {
        let mut object = ObjectWriter::<0>::open(out);
        for (name, text) in members {
            object.text(name, Some(text));
        }
        object.close();
    }
}

/// Adds the parameters that all lists have.
macro_rules! page {
    ($target:expr, $it:expr) => {
        $target
            .query("sortField", $it.sort_field.as_ref())
            .query("sortOrder", $it.sort_order.as_ref().map(crate::message::SortOrder::as_str))
            .query("take", $it.take)
            .query("skip", $it.skip)
    };
}

/// Adds the names that lists and counts are narrowed by.
macro_rules! named {
    ($target:expr, $it:expr) => {
        $target.query("name", $it.name.as_ref()).query("namePattern", $it.name_pattern.as_ref())
    };
}

macro_rules! in_network {
    ($target:expr, $it:expr) => {
        $target.query("networkId", $it.network_id).query("networkName", $it.network_name.as_ref())
    };
}

macro_rules! users {
    ($target:expr, $it:expr) => {
        $target
            .query("login", $it.login.as_ref())
            .query("loginPattern", $it.login_pattern.as_ref())
            .query("role", $it.role)
            .query("status", $it.status)
    };
}

fn request_of(asked: &Asked) -> Option<Request> {
    let path = |path: &str| Target::new(path);
    Some(match asked {
        Asked::ServerInfo => get(path("/info")),
        Asked::ServerCacheInfo => get(path("/info/cache")),
        Asked::ClusterInfo => get(path("/info/config/cluster")),
        Asked::Token(it) => for_tokens("/token", texts(&[("login", &it.login), ("password", it.password.expose())])),
        Asked::TokenCreate(it) => for_tokens("/token/create", |out| it.payload.write(out)),
        Asked::TokenRefresh(it) => for_tokens("/token/refresh", texts(&[("refreshToken", it.refresh_token.expose())])),
        Asked::ConfigurationGet(it) => get(configuration(&it.name)),
        Asked::ConfigurationPut(it) => put(configuration(&it.name)).json(written(texts(&[("value", &it.value)]))),
        Asked::ConfigurationDelete(it) => delete(configuration(&it.name)),
        Asked::CommandGet(it) => get(command(&it.device_id, it.command_id)),
        Asked::CommandList(it) => {
            let target = device(&it.device_id).segment("command").query("start", it.start).query("end", it.end);
            get(page!(target.query("command", it.command.as_ref()).query("status", it.status.as_ref()), it))
        }
        Asked::CommandInsert(it) => post_body(device(&it.device_id).segment("command"), &it.command),
        Asked::CommandUpdate(it) => put_body(command(&it.device_id, it.command_id), &it.command),
        Asked::CommandSubscribe(it) => get(commands(it)?),
        Asked::NotificationGet(it) => get(notification(&it.device_id, it.notification_id)),
        Asked::NotificationList(it) => {
            let target = device(&it.device_id).segment("notification").query("start", it.start).query("end", it.end);
            get(page!(target.query("notification", it.notification.as_ref()), it))
        }
        Asked::NotificationInsert(it) => post_body(device(&it.device_id).segment("notification"), &it.notification),
        Asked::NotificationSubscribe(it) => get(notifications(it)),
        Asked::DeviceGet(it) => get(device(&it.device_id)),
        Asked::DeviceList(it) => get(page!(in_network!(named!(path("/device"), it), it), it)),
        Asked::DeviceCount(it) => get(in_network!(named!(path("/device/count"), it), it)),
        Asked::DeviceSave(it) => put_body(device(&it.device_id), &it.device),
        Asked::DeviceDelete(it) => delete(device(&it.device_id)),
        Asked::NetworkList(it) => get(page!(named!(path("/network"), it), it)),
        Asked::NetworkCount(it) => get(named!(path("/network/count"), it)),
        Asked::NetworkGet(it) => get(network(it.network_id)),
        Asked::NetworkInsert(it) => post_body(path("/network"), &it.network),
        Asked::NetworkUpdate(it) => put_body(network(it.network_id), &it.network),
        Asked::NetworkDelete(it) => delete(network(it.network_id).query("force", it.force)),
        Asked::DeviceTypeList(it) => get(page!(named!(path("/devicetype"), it), it)),
        Asked::DeviceTypeCount(it) => get(named!(path("/devicetype/count"), it)),
        Asked::DeviceTypeGet(it) => get(device_type(it.device_type_id)),
        Asked::DeviceTypeInsert(it) => post_body(path("/devicetype"), &it.device_type),
        Asked::DeviceTypeUpdate(it) => put_body(device_type(it.device_type_id), &it.device_type),
        Asked::DeviceTypeDelete(it) => delete(device_type(it.device_type_id).query("force", it.force)),
        Asked::UserList(it) => get(page!(users!(path("/user"), it), it)),
        Asked::UserCount(it) => get(users!(path("/user/count"), it)),
        Asked::UserGet(it) => get(user(it.user_id)),
        Asked::UserGetCurrent => get(path("/user/current")),
        Asked::UserInsert(it) => post_body(path("/user"), &it.user),
        Asked::UserUpdate(it) => put_body(user(it.user_id), &it.user),
        Asked::UserUpdateCurrent(it) => put_body(path("/user/current"), &it.user),
        Asked::UserDelete(it) => delete(user(it.user_id)),
        Asked::UserGetNetwork(it) => get(user(it.user_id).segment("network").segment(it.network_id)),
        Asked::UserAssignNetwork(it) => put(user(it.user_id).segment("network").segment(it.network_id)),
        Asked::UserUnassignNetwork(it) => delete(user(it.user_id).segment("network").segment(it.network_id)),
        Asked::UserGetDeviceType(it) => get(user(it.user_id).segment("devicetype").segment(it.device_type_id)),
        Asked::UserGetDeviceTypes(it) => get(user(it.user_id).segment("devicetype")),
        Asked::UserAssignDeviceType(it) => put(user(it.user_id).segment("devicetype").segment(it.device_type_id)),
        Asked::UserUnassignDeviceType(it) => delete(user(it.user_id).segment("devicetype").segment(it.device_type_id)),
        Asked::UserAllowAllDeviceTypes(it) => put(user(it.user_id).segment("devicetype").segment("all")),
        Asked::UserDisallowAllDeviceTypes(it) => delete(user(it.user_id).segment("devicetype").segment("all")),
        Asked::Authenticate(_)
        | Asked::SubscriptionList(_)
        | Asked::CommandUnsubscribe(_)
        | Asked::NotificationUnsubscribe(_)
        | Asked::Other(_) => return None,
    })
}
