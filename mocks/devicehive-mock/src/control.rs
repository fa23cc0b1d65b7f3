//! The verbs of the control plane: what a test has to bring about that no client may, or only with a detour.

use crate::Options;
use crate::seed::{StatusSeed, WorldFile, datetime};
use crate::world::{
    ACTIVE, Answer, Caller, DISABLED, DeviceHiveWorld, Done, Door, LOCKED, Permissions, Principal, Refusal, Scope,
    UserRow, operate,
};
use devicehive_proto::{Action, Datetime, Fields, Json, Permission, TokenKey};
use dummyload_host::{CallId, ControlError, Cx, Seed};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The verbs, each with its body and one line of help.
pub(crate) const VERBS: &[(&str, &str)] = &[
    (
        "token",
        r#"{"user":"ann"}: a token without a login; with kind (access or refresh), actions, networks, device_types, and expires (a time, or in so long: "-1min") it is as narrow or broken as wanted"#,
    ),
    (
        "sign",
        r#"{"payload":{"a":[0],"e":4102444800000,"t":1,"u":1,"n":["*"],"dt":["*"]}}: a token with any payload; with secret it is signed by another server"#,
    ),
    ("status", r#"{"user":"ann","status":"locked"}: lock or disable a user, or make him active again"#),
    (
        "command",
        r#"{"device":"pump-1","command":"start","parameters":{"speed":3}}: somebody (user) inserts a command, with status, result, lifetime and timestamp if given"#,
    ),
    (
        "update",
        r#"{"device":"pump-1","id":77,"status":"done","result":{"ok":true}}: somebody updates a command; without an id the device's last one"#,
    ),
    (
        "notification",
        r#"{"device":"pump-1","notification":"level","parameters":{"percent":40}}: a device sends a notification"#,
    ),
    (
        "save-device",
        r#"{"device":"pump-3","name":"Third pump","network":2,"device_type":9}: make or change a device, with data and blocked"#,
    ),
    ("forget", "{}: all stored commands and notifications are gone, as after the retention"),
    ("options", r#"{"access_token_life":60}: change some of the options; gives all of them"#),
    ("load", r#"{"world":"TOML"} or {"world":{..}}: another world file, until a reset; all sockets are cut"#),
    ("save", "{}: the world file of this moment as JSON, with all passwords"),
    ("demo", "{}: names and numbers of this world that a first program needs, and fresh tokens"),
];

/// A user by number or login.
#[derive(Deserialize)]
#[serde(untagged)]
enum Who {
    Id(i64),
    Login(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MakeToken {
    user: Who,
    #[serde(default)]
    kind: Kind,
    actions: Option<Vec<ActionName>>,
    networks: Option<Vec<Place>>,
    device_types: Option<Vec<Place>>,
    expires: Option<Value>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Access,
    Refresh,
}

/// A permission by number or name.
#[derive(Deserialize)]
#[serde(untagged)]
enum ActionName {
    Id(i64),
    Name(String),
}

/// A number, or `*`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Id(i64),
    Any(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sign {
    payload: Value,
    secret: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetStatus {
    user: Who,
    status: StatusSeed,
}

/// Members that are given are those of the message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InsertCommand {
    device: String,
    user: Option<Who>,
    command: Option<String>,
    timestamp: Option<Value>,
    parameters: Option<Value>,
    lifetime: Option<i32>,
    status: Option<String>,
    result: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    device: String,
    id: Option<i64>,
    user: Option<Who>,
    status: Option<String>,
    result: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notify {
    device: String,
    user: Option<Who>,
    notification: String,
    timestamp: Option<Value>,
    parameters: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaveDevice {
    device: String,
    user: Option<Who>,
    name: Option<String>,
    network: Option<i64>,
    device_type: Option<i64>,
    data: Option<Value>,
    blocked: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    world: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

type Outcome = Result<Value, ControlError>;

fn not_found(what: impl Into<String>) -> ControlError {
    ControlError::NotFound(what.into())
}

fn invalid(what: impl Into<String>) -> ControlError {
    ControlError::Invalid(what.into())
}

impl DeviceHiveWorld {
    pub(crate) fn carry_out_verb(&mut self, cx: &mut Cx<'_>, verb: &str, body: &Value) -> Outcome {
        let Some((verb, help)) = VERBS.iter().find(|(known, _)| *known == verb) else {
            let known: Vec<&str> = VERBS.iter().map(|(verb, _)| *verb).collect();
            return Err(not_found(format!("there is no verb {verb:?}; there are {}", known.join(", "))));
        };
        match *verb {
            "token" => self.make_token(cx, read(body, help)?),
            "sign" => {
                let Sign { payload, secret } = read(body, help)?;
                let payload = Json::of(&payload).map_err(|e| invalid(e.to_string()))?;
                let key = secret.map_or_else(|| self.state.key.clone(), |secret| TokenKey::new(&secret));
                Ok(json!({"token": key.sign_json(&payload)}))
            }
            "status" => {
                let SetStatus { user, status } = read(body, help)?;
                let id = self.known(&user)?.id;
                let number = match status {
                    StatusSeed::Active => ACTIVE,
                    StatusSeed::Locked => LOCKED,
                    StatusSeed::Disabled => DISABLED,
                };
                self.state.change_user(id, |user| {
                    user.status = number;
                    user.attempts = 0;
                });
                Ok(json!({"user": id, "status": status}))
            }
            "command" => {
                let InsertCommand { device, user, command, timestamp, parameters, lifetime, status, result } =
                    read(body, help)?;
                let members = given([
                    ("command", json!(command)),
                    ("timestamp", json!(timestamp)),
                    ("parameters", json!(parameters)),
                    ("lifetime", json!(lifetime)),
                    ("status", json!(status)),
                    ("result", json!(result)),
                ]);
                let message = json!({"deviceId": device, "command": members});
                self.act(cx, user.as_ref(), Action::CommandInsert, &message)
            }
            "update" => {
                let Update { device, id, user, status, result } = read(body, help)?;
                let last = || {
                    let commands = self.state.commands.of_device(&device, None);
                    commands.last().map(|kept| kept.item.id)
                };
                let id = id.or_else(last).ok_or_else(|| not_found(format!("device {device} has no commands")))?;
                let members = given([("status", json!(status)), ("result", json!(result))]);
                let message = json!({"deviceId": device, "commandId": id, "command": members});
                self.act(cx, user.as_ref(), Action::CommandUpdate, &message)?;
                Ok(json!({"id": id}))
            }
            "notification" => {
                let Notify { device, user, notification, timestamp, parameters } = read(body, help)?;
                let members = given([
                    ("notification", json!(notification)),
                    ("timestamp", json!(timestamp)),
                    ("parameters", json!(parameters)),
                ]);
                let message = json!({"deviceId": device, "notification": members});
                self.act(cx, user.as_ref(), Action::NotificationInsert, &message)
            }
            "save-device" => {
                let SaveDevice { device, user, name, network, device_type, data, blocked } = read(body, help)?;
                let members = given([
                    ("name", json!(name)),
                    ("networkId", json!(network)),
                    ("deviceTypeId", json!(device_type)),
                    ("data", json!(data)),
                    ("isBlocked", json!(blocked)),
                ]);
                let message = json!({"deviceId": device, "device": members});
                self.act(cx, user.as_ref(), Action::DeviceSave, &message)?;
                Ok(json!({"device": device}))
            }
            "forget" => {
                let Nothing {} = read(body, help)?;
                let (commands, notifications) = (self.state.commands.len(), self.state.notifications.len());
                self.state.forget_all();
                Ok(json!({"commands": commands, "notifications": notifications}))
            }
            "options" => self.change_options(body, help),
            "load" => self.load(cx, read(body, help)?),
            "save" => {
                let Nothing {} = read(body, help)?;
                Ok(json!({"world": WorldFile::of(&self.state)}))
            }
            _ => {
                let Nothing {} = read(body, help)?;
                Ok(self.demo(cx.now()))
            }
        }
    }

    fn known(&self, who: &Who) -> Result<&UserRow, ControlError> {
        match who {
            Who::Id(id) => self.state.user(*id).ok_or_else(|| not_found(format!("there is no user {id}"))),
            Who::Login(login) => {
                let user = self.state.user_by_login(login);
                user.ok_or_else(|| not_found(format!("there is no user with the login {login}")))
            }
        }
    }

    fn make_token(&self, cx: &Cx<'_>, wanted: MakeToken) -> Outcome {
        let now = datetime(cx.now());
        let (access, refresh) = self.state.tokens_of(self.known(&wanted.user)?, now);
        let token = match wanted.kind {
            Kind::Access => access,
            Kind::Refresh => refresh,
        };
        // What this world has signed just now is a token.
        let mut payload = self.state.key.read(&token).map_err(|e| invalid(e.to_string()))?;
        if let Some(actions) = wanted.actions {
            payload.actions = Some(actions.into_iter().map(ActionName::id).collect::<Result<_, _>>()?);
        }
        let places = |places: Vec<Place>| Some(places.into_iter().map(Place::text).collect());
        payload.network_ids = wanted.networks.map_or(payload.network_ids, places);
        payload.device_type_ids = wanted.device_types.map_or(payload.device_type_ids, places);
        if let Some(expires) = &wanted.expires {
            payload.expiration = time(now, expires)?;
        }
        Ok(json!({"token": self.state.key.sign(&payload), "expires": payload.expiration.to_string()}))
    }

    /// Does what an action does, in the name of a user who may do everything: the first one, if nobody is named.
    fn act(&mut self, cx: &mut Cx<'_>, who: Option<&Who>, action: Action, message: &Value) -> Outcome {
        let user = match who {
            Some(who) => self.known(who)?,
            None => self.state.users().next().ok_or_else(|| not_found("this world has no users"))?,
        };
        let everything = Permission::ALL.iter().copied().collect::<Permissions>();
        let mut principal = Principal::new(user, everything, Scope::All, Scope::All);
        principal.is_admin = true;
        let text = message.to_string();
        let fields = Fields::read(&text).map_err(|e| invalid(e.to_string()))?;
        let caller = Caller { principal: Some(&principal), door: Door::Rest(CallId(0)), base: "", secure: false };
        match operate(&mut self.state, cx, &caller, action, &fields) {
            Ok(Done { answer, after }) => {
                after.into_iter().for_each(|(peer, text)| cx.send(peer, text));
                Ok(match answer {
                    Answer::Value(_, json) => serde_json::from_str(&json).unwrap_or_default(),
                    _ => json!({}),
                })
            }
            Err(Refusal::Error { code: 404, text }) => Err(not_found(text)),
            Err(Refusal::Error { text, .. }) => Err(invalid(text)),
            Err(Refusal::Denied(denied)) => Err(invalid(denied.why)),
            Err(Refusal::Defect(defect)) => Err(invalid(defect.right.1)),
        }
    }

    fn change_options(&mut self, body: &Value, help: &str) -> Outcome {
        let changes: Map<String, Value> = read(body, help)?;
        let mut all = json!(self.state.options);
        if let Value::Object(all) = &mut all {
            all.extend(changes);
        }
        let options = read::<Options>(&all, help)?;
        options.check().map_err(|e| invalid(e.to_string()))?;
        self.state.set_options(options);
        Ok(json!(self.state.options))
    }

    fn load(&mut self, cx: &mut Cx<'_>, Load { world }: Load) -> Outcome {
        let text = match world {
            Value::String(text) => text,
            object @ Value::Object(_) => object.to_string(),
            _ => return Err(invalid("`world` is TOML as a text, or an object")),
        };
        let file = WorldFile::parse(&text).map_err(|e| invalid(format!("the world file: {e}")))?;
        for peer in self.peers() {
            cx.cut(peer);
        }
        let seed = Seed(cx.ids().next_u64());
        self.begin(&file, seed, cx.now());
        Ok(json!({
            "users": file.users.len(), "networks": file.networks.len(), "device_types": file.device_types.len(),
            "devices": file.devices.len(),
        }))
    }
}

impl ActionName {
    fn id(self) -> Result<i64, ControlError> {
        match self {
            Self::Id(id) => Ok(id),
            Self::Name(name) if name == "*" => Ok(Permission::ANY),
            Self::Name(name) => {
                let known = Permission::ALL.iter().find(|known| known.name().eq_ignore_ascii_case(&name));
                let names = || Permission::ALL.iter().map(|known| known.name()).collect::<Vec<_>>().join(", ");
                known.map(|known| known.id()).ok_or_else(|| {
                    not_found(format!("there is no action {name:?}; there are *, {}, and any number", names()))
                })
            }
        }
    }
}

impl Place {
    fn text(self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Any(text) => text,
        }
    }
}

/// A point in time: one in the protocol's forms, or a time span from now on, or back with a minus.
fn time(now: Datetime, given: &Value) -> Result<Datetime, ControlError> {
    let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
    if let Some(time) = Datetime::parse(&text) {
        return Ok(time);
    }
    let (sign, span) = text.strip_prefix('-').map_or((1, text.as_str()), |span| (-1, span));
    let span: Duration = humantime::parse_duration(span).map_err(|_| {
        invalid(format!("{text:?} is no time: write 2033-03-03T03:03:03, milliseconds since 1970, 30min or -1min"))
    })?;
    let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    Ok(Datetime::from_millis(now.millis().saturating_add(sign * millis)))
}

/// The members that are there.
fn given<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The body as `T`; the error says what would fit.
fn read<T: DeserializeOwned>(body: &Value, help: &str) -> Result<T, ControlError> {
    serde_json::from_value(body.clone()).map_err(|e| invalid(format!("the body does not fit: {e}; write {help}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_do() {
        let now = Datetime::from_millis(1_000_000);
        for (given, millis) in
            [(json!("1min"), 1_060_000), (json!("-1s"), 999_000), (json!(5), 5), (json!("1970-01-01T00:00:07"), 7000)]
        {
            assert_eq!(time(now, &given).unwrap().millis(), millis, "{given}");
        }
        assert!(time(now, &json!("soon")).unwrap_err().to_string().contains("\"soon\" is no time"));
    }

    #[test]
    fn every_verb_has_an_example_of_its_body() {
        for (verb, help) in VERBS {
            let example = serde_json::Deserializer::from_str(help).into_iter::<Value>().next();
            assert!(matches!(example, Some(Ok(Value::Object(_)))), "{verb}: {example:?}");
        }
    }
}
