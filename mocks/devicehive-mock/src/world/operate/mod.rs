//! What a request does, whichever way it came in: one function for each action, with the checks in the server's order
//! (dossier 4, M1.5).

mod commands;
mod configuration;
mod devices;
mod info;
mod lists;
mod notifications;
mod places;
mod search;
mod subscriptions;
mod tokens;
mod users;
mod validation;

pub(crate) use tokens::{TokenFault, authenticate};

use super::bus::{Event, Kind, Listener};
use super::principal::{NOBODY, Principal, Scope};
use super::refusal::{ACCESS_DENIED, Answer, Done, Door, INVALID_PARAMETERS, MALFORMED, NOT_AN_OBJECT, Refusal};
use super::rows::PlaceKind;
use super::state::State;
use devicehive_proto::{Action, Command, Datetime, DeviceId, FieldError, Fields, Json, JsonKind, Need, Notification};
use dummyload_host::{Cx, PeerId, Text};
use std::borrow::Cow;

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller<'a> {
    /// What he may; nobody before authentication.
    pub(crate) principal: Option<&'a Principal>,
    pub(crate) door: Door,
    /// Host and context path as the client knows them, e.g. `127.0.0.1:4103/dh`.
    pub(crate) base: &'a str,
    /// The client came by TLS, as far as it says so.
    pub(crate) secure: bool,
}

type Outcome = Result<Answer, Refusal>;

/// Carries out a request.
///
/// # Errors
/// It is refused, or gets no answer; nothing has changed then, except where the server changes something all the same.
pub(crate) fn operate(
    state: &mut State,
    cx: &mut Cx<'_>,
    caller: &Caller<'_>,
    action: Action,
    fields: &Fields<'_>,
) -> Result<Done, Refusal> {
    let mut op = Op::new(state, cx, caller, fields);
    let answer = op.aim(action).and_then(|()| op.carry_out(action));
    let after = op.after;
    answer.map(|answer| Done { answer, after }).map_err(|refusal| refusal.under(state.rules))
}

/// Whether a request would be carried out, as far as authentication, permissions and its target go.
///
/// # Errors
/// It would be refused.
pub(crate) fn permit(state: &State, caller: &Caller<'_>, action: Action, fields: &Fields<'_>) -> Result<(), Refusal> {
    let read = |field: Result<Option<i64>, FieldError>| field.map_err(|_| Refusal::bad(INVALID_PARAMETERS));
    let target = Target {
        device: fields.text("deviceId").map_err(|_| Refusal::bad(INVALID_PARAMETERS))?,
        network: read(fields.long("networkId"))?,
        device_type: read(fields.long("deviceTypeId"))?,
    };
    target.permit(state, caller, action)
}

/// `GET /device/{id}/command/{id}/poll`: waits until a command is updated (dossier M14).
///
/// # Errors
/// As for `command/get`, but for an unknown command.
pub(crate) fn wait_for_command(
    state: &mut State,
    cx: &mut Cx<'_>,
    caller: &Caller<'_>,
    fields: &Fields<'_>,
) -> Result<Done, Refusal> {
    let mut op = Op::new(state, cx, caller, fields);
    let answer = op.aim(Action::CommandGet).and_then(|()| op.command_wait());
    answer.map(Into::into).map_err(|refusal| refusal.under(state.rules))
}

/// The members that are read for every action, before it is known whether it has them (dossier 3).
#[derive(Debug, Default)]
struct Target<'a> {
    device: Option<Cow<'a, str>>,
    network: Option<i64>,
    device_type: Option<i64>,
}

impl Target<'_> {
    /// Authentication, the permission and the target, before anything else is looked at (dossier 4, M2).
    fn permit(&self, state: &State, caller: &Caller<'_>, action: Action) -> Result<(), Refusal> {
        if action.need() == Need::Nothing {
            return Ok(());
        }
        let Some(who) = caller.principal else {
            let how = if caller.door.is_socket() { "`authenticate`" } else { "the header `Authorization: Bearer`" };
            let why = format!("{} needs an access token, given by {how}", action.name());
            return Err(Refusal::denied(401, "Unauthorized", why));
        };
        let denied = |why: String| Err(Refusal::denied(403, ACCESS_DENIED, why));
        if !who.may_do(action) {
            return denied(who.lacks(action));
        }
        let device = || match &self.device {
            None => Ok(()),
            Some(_) if who.breaks(state.rules) => {
                Err(Refusal::crash(NO_RESULT_SET, (403, ACCESS_DENIED), "dossier V6"))
            }
            Some(id) if who.may_touch(state, id) => Ok(()),
            Some(id) => denied(who.why_not(state, id)),
        };
        let place = |what: &str, id: Option<i64>, scope: &Scope| match id.filter(|id| !scope.has(*id)) {
            Some(id) => denied(format!("it is about {what} {id}, and {}", who.bounds(what, scope))),
            None => Ok(()),
        };
        match action {
            Action::CommandGet
            | Action::CommandList
            | Action::CommandInsert
            | Action::CommandUpdate
            | Action::CommandSubscribe
            | Action::NotificationInsert
            | Action::NotificationSubscribe
            | Action::DeviceGet
            | Action::DeviceDelete => device(),
            // Over the socket everybody may read everybody's notifications (dossier M1.5).
            Action::NotificationGet | Action::NotificationList if !caller.door.is_socket() => device(),
            Action::NetworkGet | Action::NetworkUpdate | Action::NetworkDelete => {
                place("network", self.network, &who.networks)
            }
            Action::DeviceTypeGet | Action::DeviceTypeUpdate | Action::DeviceTypeDelete => {
                place("device type", self.device_type, &who.types)
            }
            _ => Ok(()),
        }
    }
}

/// A request under way.
struct Op<'a, 'c> {
    state: &'a mut State,
    cx: &'a mut Cx<'c>,
    caller: &'a Caller<'a>,
    who: &'a Principal,
    fields: &'a Fields<'a>,
    target: Target<'a>,
    after: Vec<(PeerId, Text)>,
}

/// A device that a request is about.
struct Subject {
    id: DeviceId,
    network: i64,
    device_type: i64,
}

impl<'a, 'c> Op<'a, 'c> {
    fn new(state: &'a mut State, cx: &'a mut Cx<'c>, caller: &'a Caller<'a>, fields: &'a Fields<'a>) -> Self {
        let who = caller.principal.unwrap_or(&NOBODY);
        Self { state, cx, caller, who, fields, target: Target::default(), after: Vec::new() }
    }

    /// Reads what the request is about, and checks that it may be.
    fn aim(&mut self, action: Action) -> Result<(), Refusal> {
        self.target = Target {
            device: self.read(self.fields.text("deviceId"))?,
            network: self.read(self.fields.long("networkId"))?,
            device_type: self.read(self.fields.long("deviceTypeId"))?,
        };
        self.target.permit(self.state, self.caller, action)
    }

    fn carry_out(&mut self, action: Action) -> Outcome {
        match action {
            Action::Token => self.token(),
            Action::TokenCreate => self.token_create(),
            Action::TokenRefresh => self.token_refresh(),
            Action::ServerInfo => self.server_info(),
            Action::ServerCacheInfo => self.cache_info(),
            Action::ClusterInfo => self.cluster_info(),
            Action::ConfigurationGet => self.configuration_get(),
            Action::ConfigurationPut => self.configuration_put(),
            Action::ConfigurationDelete => self.configuration_delete(),
            Action::SubscriptionList => self.subscription_list(),
            Action::CommandGet => self.command_get(),
            Action::CommandList => self.command_list(),
            Action::CommandInsert => self.command_insert(),
            Action::CommandUpdate => self.command_update(),
            Action::CommandSubscribe => self.command_subscribe(),
            Action::CommandUnsubscribe => self.unsubscribe(&[Kind::Commands, Kind::Updates]),
            Action::NotificationGet => self.notification_get(),
            Action::NotificationList => self.notification_list(),
            Action::NotificationInsert => self.notification_insert(),
            Action::NotificationSubscribe => self.notification_subscribe(),
            Action::NotificationUnsubscribe => self.unsubscribe(&[Kind::Notifications]),
            Action::DeviceGet => self.device_get(),
            Action::DeviceList => self.device_list(),
            Action::DeviceCount => self.device_count(),
            Action::DeviceSave => self.device_save(),
            Action::DeviceDelete => self.device_delete(),
            Action::NetworkList => self.place_list(PlaceKind::Network),
            Action::NetworkCount => self.place_count(PlaceKind::Network),
            Action::NetworkGet => self.place_get(PlaceKind::Network),
            Action::NetworkInsert => self.place_insert(PlaceKind::Network),
            Action::NetworkUpdate => self.place_update(PlaceKind::Network),
            Action::NetworkDelete => self.place_delete(PlaceKind::Network),
            Action::DeviceTypeList => self.place_list(PlaceKind::DeviceType),
            Action::DeviceTypeCount => self.place_count(PlaceKind::DeviceType),
            Action::DeviceTypeGet => self.place_get(PlaceKind::DeviceType),
            Action::DeviceTypeInsert => self.place_insert(PlaceKind::DeviceType),
            Action::DeviceTypeUpdate => self.place_update(PlaceKind::DeviceType),
            Action::DeviceTypeDelete => self.place_delete(PlaceKind::DeviceType),
            Action::UserList => self.user_list(),
            Action::UserCount => self.user_count(),
            Action::UserGet => self.user_get(),
            Action::UserGetCurrent => self.user_get_current(),
            Action::UserInsert => self.user_insert(),
            Action::UserUpdate => self.user_update(),
            Action::UserUpdateCurrent => self.user_update_current(),
            Action::UserDelete => self.user_delete(),
            Action::UserGetNetwork => self.user_get_place(PlaceKind::Network),
            Action::UserAssignNetwork => self.user_assign(PlaceKind::Network, true),
            Action::UserUnassignNetwork => self.user_assign(PlaceKind::Network, false),
            Action::UserGetDeviceType => self.user_get_place(PlaceKind::DeviceType),
            Action::UserGetDeviceTypes => self.user_get_device_types(),
            Action::UserAssignDeviceType => self.user_assign(PlaceKind::DeviceType, true),
            Action::UserUnassignDeviceType => self.user_assign(PlaceKind::DeviceType, false),
            Action::UserAllowAllDeviceTypes => self.user_all_types(true),
            Action::UserDisallowAllDeviceTypes => self.user_all_types(false),
            // `authenticate` belongs to the connection, which asks for it before it comes here.
            _ => Err(Refusal::bad(format!("Illegal argument: {}", action.name()))),
        }
    }

    /// A member, or why it is none, as this door says it.
    fn read<T>(&self, field: Result<T, FieldError>) -> Result<T, Refusal> {
        field.map_err(|error| match error {
            FieldError::NotAnObject(_) => Refusal::bad(NOT_AN_OBJECT),
            FieldError::Unexpected(_, kind) => Refusal::crash(kind.name(), (400, MALFORMED), "dossier 4"),
            FieldError::Cast(_, is, wanted) => Refusal::cast(is, wanted),
            _ => Refusal::bad(if self.caller.door.is_socket() { MALFORMED } else { INVALID_PARAMETERS }),
        })
    }

    /// A time; some servers want seconds in it (dossier V4).
    fn time(&self, fields: &Fields<'_>, name: &'static str) -> Result<Option<Datetime>, Refusal> {
        let time = self.read(fields.datetime(name))?;
        let without_seconds = |text: &str| {
            let time =
                text.split_once('T').map(|(_, time)| time.split(['Z', '+', '-', '"']).next().unwrap_or_default());
            time.is_some_and(|time| time.matches(':').count() == 1)
        };
        if self.state.rules.times_need_seconds && fields.some(name).is_some_and(without_seconds) {
            return self.read(Err(FieldError::Malformed(name)));
        }
        Ok(time)
    }

    /// The time that an insertion gives, or its own.
    fn time_or_stamp(&mut self, body: &Fields<'_>) -> Result<Datetime, Refusal> {
        Ok(match self.time(body, "timestamp")? {
            Some(time) => time,
            None => self.date(),
        })
    }

    /// An object to be stored.
    fn object(&self, fields: &Fields<'_>, name: &'static str) -> Result<Option<Json>, Refusal> {
        let object = self.read(fields.object(name))?;
        match object {
            Some(json) if self.state.rules.minus_zero_is_zero && json.as_str().contains("-0") => {
                Ok(Some(Json::parse(&without_minus_zero(json.as_str())).unwrap_or(json)))
            }
            other => Ok(other),
        }
    }

    /// The members of a body that the server casts to an object without a look (dossier M1.2).
    fn cast_body(&self, name: &'static str) -> Result<Option<Fields<'a>>, Refusal> {
        match self.fields.raw(name).map(JsonKind::of) {
            None => Ok(None),
            Some(JsonKind::Object) => self.read(self.fields.fields(name)),
            Some(JsonKind::Null) if !self.state.rules.repeats_defects || !self.caller.door.is_socket() => Ok(None),
            Some(kind) if self.caller.door.is_socket() => Err(Refusal::cast(kind, JsonKind::Object)),
            Some(_) => Err(Refusal::bad(INVALID_PARAMETERS)),
        }
    }

    /// Whether what is dated, and when it was asked for the time, is to be told apart by the time alone (dossier M15).
    fn keeps_apart(&self) -> bool {
        self.state.options.stamps_apart && self.cx.clock_runs()
    }

    /// The date of what is inserted or changed now.
    fn date(&mut self) -> Datetime {
        let now = self.now();
        if self.keeps_apart() { self.state.give_date(now) } else { now }
    }

    fn now(&self) -> Datetime {
        Datetime::from_millis(i64::try_from(self.cx.now().since_epoch().as_millis()).unwrap_or(i64::MAX))
    }

    /// A number as the server draws them for commands and notifications (dossier M1.3).
    ///
    /// The server does not look whether it is taken. A world that comes out of a file draws the ids of its last run again, so
    /// here that is looked at.
    fn draw_id(&mut self, is_taken: impl Fn(&State, i64) -> bool) -> i64 {
        loop {
            let id = i64::try_from(self.cx.ids().below(1 << 31)).unwrap_or_default();
            if !is_taken(self.state, id) {
                return id;
            }
        }
    }

    /// The device that is asked for, as the queries find it that look at the user.
    fn own_device(&self) -> Result<Subject, Refusal> {
        let id = self.device_id()?;
        let device = self.state.device(id).filter(|device| self.who.finds(self.state, device));
        device.map(Subject::of).ok_or_else(|| no_device(id))
    }

    /// The device that is asked for, whosever it is.
    fn any_device(&self) -> Result<Subject, Refusal> {
        let id = self.device_id()?;
        self.state.device(id).map(Subject::of).ok_or_else(|| no_device(id))
    }

    /// The device that something is inserted for: over the socket it is looked for as the user sees it, over REST not.
    fn subject(&self) -> Result<Subject, Refusal> {
        if self.caller.door.is_socket() { self.own_device() } else { self.any_device() }
    }

    fn device_id(&self) -> Result<&str, Refusal> {
        self.target.device.as_deref().ok_or_else(|| Refusal::bad(DEVICE_REQUIRED))
    }

    /// Tells the subscribers of a command, at once or behind the answer.
    fn tell_command(&mut self, kind: Kind, command: &Command, behind: bool) {
        let event = Event {
            kind,
            pair: command.network_id.zip(command.device_type_id),
            device: &command.device_id,
            name: command.name.as_deref(),
        };
        let ids = self.state.bus.hears(&event, self.state.rules.nameless_twice);
        if ids.is_empty() {
            return;
        }
        let action = if kind == Kind::Updates { "command/update" } else { "command/insert" };
        self.tell(&ids, &super::wire::push(action, "command", |out| command.write_full(out)), behind);
    }

    /// Tells the subscribers of a notification.
    fn tell_notification(&mut self, notification: &Notification) {
        let event = Event {
            kind: Kind::Notifications,
            pair: notification.network_id.zip(notification.device_type_id),
            device: &notification.device_id,
            name: notification.name.as_deref(),
        };
        let ids = self.state.bus.hears(&event, self.state.rules.nameless_twice);
        if !ids.is_empty() {
            let push = super::wire::push("notification/insert", "notification", |out| notification.write_full(out));
            self.tell(&ids, &push, false);
        }
    }

    fn tell(&mut self, subscriptions: &[i64], push: &super::wire::Push, behind: bool) {
        for id in subscriptions {
            match self.state.bus.get(*id).map(|entry| entry.listener) {
                Some(Listener::Peer(peer)) if behind => self.after.push((peer, push.to(*id))),
                Some(Listener::Peer(peer)) => self.cx.send(peer, push.to(*id)),
                Some(Listener::Call(call)) => self.state.wake(call, Some(format!("[{}]", push.entity()))),
                None => {}
            }
        }
    }
}

impl Subject {
    fn of(device: &super::rows::DeviceRow) -> Self {
        Self { id: device.id.clone(), network: device.network(), device_type: device.device_type() }
    }
}

/// What 3.5.0 says where it looks for a device among no networks (dossier V6).
const NO_RESULT_SET: &str = "could not extract ResultSet; SQL [n/a]; nested exception is \
                             org.hibernate.exception.SQLGrammarException: could not extract ResultSet";
const DEVICE_REQUIRED: &str = "Device id is wrong or empty";

fn no_device(id: &str) -> Refusal {
    Refusal::not_found(format!("Device with such deviceId = {id} not found"))
}

/// JSON text with `0` for every number `-0`.
fn without_minus_zero(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut quoted = false;
    let mut rest = json;
    while let Some(byte) = rest.bytes().next() {
        let end = match byte {
            b'\\' if quoted => 2,
            b'-' if !quoted && rest.starts_with("-0") => {
                let number = rest.find([',', '}', ']']).unwrap_or(rest.len());
                out.push_str(if &rest[..number] == "-0" { "0" } else { &rest[..number] });
                rest = &rest[number..];
                continue;
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        quoted ^= byte == b'"';
        out.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_zero_is_no_number_for_long() {
        let json = r#"{"a":-0,"b":[-0.0,-0,-0e1],"c":"-0,\"-0","d":-05}"#;
        assert_eq!(without_minus_zero(json), r#"{"a":0,"b":[-0.0,0,-0e1],"c":"-0,\"-0","d":-05}"#);
    }
}
