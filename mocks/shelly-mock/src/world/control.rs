//! The verbs of the control plane (dossier 13.4).

use super::{Kind, RefuseCalls, ShellyWorld};
use crate::options::{Options, Reject};
use crate::seed::{MOST_WATTS, SensorSeed, WorldFile, within};
use crate::wire;
use dummyload_host::{ControlError, Cx, Party, PeerId, Text};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use shelly_proto::DeviceId;

/// The verbs, each with its body and one line of help.
pub(crate) const VERBS: &[(&str, &str)] = &[
    (
        "press",
        r#"{"device":"dc4f2276846a","channel":0}: somebody presses the device's own button, or turns its switch"#,
    ),
    ("online", r#"{"device":"dc4f2276846a","online":false}: the cloud loses a device, or reaches it again"#),
    ("silence", r#"{"device":"dc4f2276846a","silent":true}: a device takes commands and never answers, or does again"#),
    (
        "move",
        r#"{"device":"e8db84d4b0c3","channel":0,"position":30,"slats":50,"calibrated":true}: somebody moves a roller by hand, or calibrates it"#,
    ),
    (
        "measure",
        r#"{"device":"701cd4","temperature":19.5}: what a sensor measures (temperature, humidity, lux, open, tilt, flood, smoke, battery), or the watts on a channel (channel, power)"#,
    ),
    ("wake", r#"{"device":"701cd4"}: a sensor that sleeps wakes up and reports"#),
    (
        "report",
        r#"{"device":"1643370677417","status":{"target_t":22.5}}: a device reports further members of its status"#,
    ),
    ("rename", r#"{"device":"dc4f2276846a","name":"Lamp"}: its owner gives a device another name"#),
    (
        "share",
        r#"{"device":"dc4f2276846a","user":6551,"shared":true}: share a device with another account, or end that"#,
    ),
    (
        "expire-token",
        r#"{"token":"..."} or {"user":6550}: end one token, or everything made for an account so far; sockets are closed if the option close_at_exp is on"#,
    ),
    ("token", r#"{"user":6550,"kind":"access"}: make a token without a login; code and refresh are the others"#),
    ("refuse-login", r#"{"form":"close4401","times":1}: the next handshakes fail; http401 is the other form"#),
    (
        "refuse-calls",
        r#"{"status":401,"code":"max_req","times":1}: the next HTTP calls are refused; without a code nothing is explained"#,
    ),
    ("options", r#"{"rate_limit":"http401"}: change some of the options; gives all of them"#),
    (
        "inject",
        r#"{"form":"unknown-event","user":6550}: a strange text on the sockets of an account, or of all; error, event-log, no-event and not-json are the others"#,
    ),
    ("load", r#"{"world":"TOML"} or {"world":{..}}: another world file, until a reset; all sockets are cut"#),
    ("save", "{}: the world file of this moment as TOML, with all passwords and keys"),
    ("demo", "{}: names, keys and numbers of this world that a first program needs, and fresh tokens"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Press {
    device: String,
    #[serde(default)]
    channel: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Online {
    device: String,
    online: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Silence {
    device: String,
    silent: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    device: String,
    #[serde(default)]
    channel: usize,
    position: Option<f64>,
    slats: Option<f64>,
    calibrated: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Measure {
    device: String,
    #[serde(default)]
    channel: usize,
    power: Option<f64>,
    temperature: Option<f64>,
    humidity: Option<f64>,
    lux: Option<f64>,
    open: Option<bool>,
    tilt: Option<f64>,
    flood: Option<bool>,
    smoke: Option<bool>,
    battery: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfDevice {
    device: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    device: String,
    status: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rename {
    device: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Share {
    device: String,
    user: u64,
    shared: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpireToken {
    token: Option<String>,
    user: Option<u64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TokenKind {
    Access,
    Code,
    Refresh,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MakeToken {
    user: u64,
    #[serde(default = "access")]
    kind: TokenKind,
}

fn access() -> TokenKind {
    TokenKind::Access
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefuseLogin {
    form: Option<Reject>,
    #[serde(default = "once")]
    times: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefuseCallsBody {
    #[serde(default = "unauthorized")]
    status: u16,
    code: Option<String>,
    #[serde(default = "once")]
    times: u64,
}

fn once() -> u64 {
    1
}

fn unauthorized() -> u16 {
    401
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Strange {
    UnknownEvent,
    NoEvent,
    Error,
    EventLog,
    NotJson,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inject {
    form: Strange,
    user: Option<u64>,
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

impl ShellyWorld {
    pub(super) fn carry_out_verb(&mut self, cx: &mut Cx<'_>, verb: &str, body: &Value) -> Outcome {
        let Some((verb, help)) = VERBS.iter().find(|(known, _)| *known == verb) else {
            let known: Vec<&str> = VERBS.iter().map(|(verb, _)| *verb).collect();
            return Err(not_found(format!("there is no verb {verb:?}; there are {}", known.join(", "))));
        };
        match *verb {
            "press" => self.press(cx, &read(body, help)?),
            "online" => {
                let Online { device, online } = read(body, help)?;
                let id = self.known(&device)?;
                let changed = self.set_online(cx, &id, online);
                Ok(json!({"device": device, "online": online, "changed": changed}))
            }
            "silence" => {
                let Silence { device, silent } = read(body, help)?;
                let id = self.known(&device)?;
                if let Some(device) = self.state.device_mut(&id) {
                    device.seed.silent = silent;
                }
                Ok(json!({"device": device, "silent": silent}))
            }
            "move" => self.move_by_hand(cx, &read(body, help)?, help),
            "measure" => self.measure(cx, read(body, help)?, help),
            "wake" => {
                let OfDevice { device } = read(body, help)?;
                let (id, now) = (self.known(&device)?, cx.now());
                if !self.state.device_mut(&id).is_some_and(|device| device.wake(now)) {
                    return Err(ControlError::Invalid(format!("device {device} is no sensor")));
                }
                self.changed(cx, &id, "woken", json!({}));
                Ok(json!({"device": device}))
            }
            "report" => {
                let Report { device, status } = read(body, help)?;
                let (id, now) = (self.known(&device)?, cx.now());
                if let Some(device) = self.state.device_mut(&id) {
                    device.report(now, status);
                }
                self.changed(cx, &id, "reported", json!({}));
                Ok(json!({"device": device}))
            }
            "rename" => {
                let Rename { device, name } = read(body, help)?;
                let id = self.known(&device)?;
                if let Some(known) = self.state.device_mut(&id) {
                    known.seed.name.clone_from(&name);
                    let owner = known.seed.owner;
                    let text = wire::settings(&self.options, known, &json!({"name": name}));
                    self.push(cx, owner, text);
                }
                Ok(json!({"device": device, "name": name}))
            }
            "share" => {
                let Share { device, user, shared } = read(body, help)?;
                let id = self.known(&device)?;
                self.known_user(user)?;
                if self.state.device(&id).is_some_and(|device| device.seed.owner == user) {
                    return Err(ControlError::Invalid(format!("device {device} belongs to user {user}")));
                }
                let changed = self.state.share(&id, user, shared);
                Ok(json!({"device": device, "user": user, "shared": shared, "changed": changed}))
            }
            "expire-token" => self.expire_tokens(cx, &read(body, help)?, help),
            "token" => {
                let MakeToken { user, kind } = read(body, help)?;
                self.known_user(user)?;
                let kind = match kind {
                    TokenKind::Access => Kind::Access,
                    TokenKind::Code => Kind::Code,
                    TokenKind::Refresh => Kind::Refresh,
                };
                let client = self.state.first_client().unwrap_or_default().to_owned();
                Ok(json!({"token": self.make_token(cx.now(), kind, user, &client)}))
            }
            "refuse-login" => {
                let RefuseLogin { form, times } = read(body, help)?;
                let form = form.unwrap_or(self.options.reject);
                self.refusing = (times > 0).then_some((form, times));
                Ok(json!({"form": form, "times": times}))
            }
            "refuse-calls" => {
                let RefuseCallsBody { status, code, times } = read(body, help)?;
                if !(200..=599).contains(&status) {
                    return Err(ControlError::Invalid(format!("status is {status}; it goes from 200 to 599")));
                }
                let answer = json!({"status": status, "code": code, "times": times});
                self.refusing_calls = (times > 0).then_some((RefuseCalls { status, code }, times));
                Ok(answer)
            }
            "options" => self.change_options(body, help),
            "inject" => self.inject(cx, &read(body, help)?),
            "load" => self.load(cx, read(body, help)?),
            "save" => {
                let Nothing {} = read(body, help)?;
                let file = self.to_file(cx.now());
                // TOML has no null, which a status can have; a world file can be JSON as well.
                let text = toml::to_string(&file).or_else(|_| serde_json::to_string_pretty(&file));
                text.map(|text| json!({"world": text})).map_err(|e| ControlError::Invalid(e.to_string()))
            }
            _ => {
                let Nothing {} = read(body, help)?;
                Ok(self.demo(cx))
            }
        }
    }

    fn known(&self, id: &str) -> Result<DeviceId, ControlError> {
        let found = self.state.device_in_http(&DeviceId::in_http(id)).map(|device| device.id.clone());
        found.ok_or_else(|| not_found(format!("there is no device {id}; ids are as in the world file")))
    }

    fn known_user(&self, id: u64) -> Result<(), ControlError> {
        self.state.user(id).map(drop).ok_or_else(|| not_found(format!("there is no user {id}")))
    }

    /// Writes down that something happened to a device by itself, and tells its owner.
    fn changed(&mut self, cx: &mut Cx<'_>, id: &DeviceId, topic: &'static str, mut details: Value) {
        if let Some(device) = self.state.device(id) {
            details["device"] = device.seed.id.clone().into();
            cx.record(Party::World, topic, details);
        }
        self.tell(cx, id);
    }

    fn press(&mut self, cx: &mut Cx<'_>, Press { device, channel }: &Press) -> Outcome {
        let (id, now) = (self.known(device)?, cx.now());
        let done = self.state.device_mut(&id).and_then(|device| device.press(now, *channel));
        let Some(topic) = done else {
            return Err(ControlError::Invalid(format!("device {device} has no button on channel {channel}")));
        };
        self.changed(cx, &id, topic, if topic == "pressed" { json!({"channel": channel}) } else { json!({}) });
        Ok(json!({"device": device, "channel": channel}))
    }

    fn move_by_hand(&mut self, cx: &mut Cx<'_>, body: &Move, help: &str) -> Outcome {
        let Move { device, channel, position, slats, calibrated } = body;
        let (id, now) = (self.known(device)?, cx.now());
        let percent = |value: &Option<f64>| value.is_none_or(|value| (0.0..=100.0).contains(&value));
        if !percent(position) || !percent(slats) || (position.is_none() && slats.is_none() && calibrated.is_none()) {
            return Err(ControlError::Invalid(format!("give position, slats (percent) or calibrated; write {help}")));
        }
        let mut found = false;
        if let Some(known) = self.state.device_mut(&id) {
            found = known.put(now, *channel, *position, *slats);
            if let Some(calibrated) = calibrated {
                found = known.set_calibrated(now, *channel, *calibrated);
            }
        }
        if !found {
            return Err(ControlError::Invalid(format!("device {device} has no roller {channel}")));
        }
        self.changed(cx, &id, "moved", json!({"channel": channel}));
        Ok(json!({"device": device, "channel": channel}))
    }

    fn measure(&mut self, cx: &mut Cx<'_>, body: Measure, help: &str) -> Outcome {
        let (id, now) = (self.known(&body.device)?, cx.now());
        let surroundings = SensorSeed {
            sleeps: None,
            temperature: body.temperature,
            humidity: body.humidity,
            lux: body.lux,
            open: body.open,
            tilt: body.tilt,
            flood: body.flood,
            smoke: body.smoke,
            battery: body.battery,
        };
        let senses = surroundings != SensorSeed::default();
        if !senses && body.power.is_none() {
            return Err(ControlError::Invalid(format!("nothing is measured; write {help}")));
        }
        let checked =
            surroundings.check().and_then(|()| within("power", body.power, -MOST_WATTS..=MOST_WATTS, "watts"));
        checked.map_err(ControlError::Invalid)?;
        if let Some(device) = self.state.device_mut(&id) {
            if senses && let Some(missing) = device.measures_no(&surroundings) {
                return Err(ControlError::Invalid(format!("device {} measures no {missing}", body.device)));
            }
            if let Some(watts) = body.power
                && !device.set_power(now, body.channel, watts)
            {
                let text = format!("device {} measures no power on channel {}", body.device, body.channel);
                return Err(ControlError::Invalid(text));
            }
            if senses {
                device.measure(now, &surroundings);
            }
        }
        self.changed(cx, &id, "measured", json!({}));
        Ok(json!({"device": body.device}))
    }

    fn change_options(&mut self, body: &Value, help: &str) -> Outcome {
        let changes: Map<String, Value> = read(body, help)?;
        let mut all = json!(self.options);
        if let Value::Object(all) = &mut all {
            all.extend(changes);
        }
        let options = read::<Options>(&all, help)?;
        options.check().map_err(|e| ControlError::Invalid(e.to_string()))?;
        if !options.auto_approve.is_empty() && self.state.user_at(&options.auto_approve).is_none() {
            return Err(not_found(format!("auto_approve: no account has the e-mail address {}", options.auto_approve)));
        }
        self.set_options(options);
        Ok(json!(self.options))
    }

    fn expire_tokens(&mut self, cx: &mut Cx<'_>, body: &ExpireToken, help: &str) -> Outcome {
        let peers: Vec<PeerId> = match (&body.token, body.user) {
            (Some(text), None) => {
                let kinds = [Kind::Access, Kind::Code, Kind::Refresh];
                let read = self.read_token(cx.now(), text, &kinds).map(|(token, _)| token);
                let token = read.map_err(|broken| not_found(broken.text()))?;
                self.tokens.end(&token);
                self.sockets.iter().filter(|(_, socket)| socket.token == token).map(|(peer, _)| peer).collect()
            }
            (None, Some(user)) => {
                self.known_user(user)?;
                self.tokens.end_all(user);
                self.sockets.of(user).collect()
            }
            _ => return Err(ControlError::Invalid(format!("name one of token and user; write {help}"))),
        };
        let closed = peers.iter().filter(|peer| self.token_ended(cx, **peer)).count();
        Ok(json!({"sockets": peers.len(), "closed": closed}))
    }

    fn inject(&mut self, cx: &mut Cx<'_>, Inject { form, user }: &Inject) -> Outcome {
        let text: Text = match form {
            Strange::UnknownEvent => r#"{"event":"Shelly:SomethingNew","device":{"id":"1"},"what":{}}"#.into(),
            Strange::NoEvent => r#"{"device":{"id":"1"},"status":{}}"#.into(),
            Strange::EventLog => r#"{"event":"User:EventLog","log":{}}"#.into(),
            Strange::NotJson => "this is no JSON".into(),
            Strange::Error => wire::error("INTERNAL_ERROR"),
        };
        let peers: Vec<PeerId> = match user {
            Some(user) => {
                self.known_user(*user)?;
                self.sockets.of(*user).collect()
            }
            None => self.sockets.iter().map(|(peer, _)| peer).collect(),
        };
        let sent = peers.len();
        cx.send_to_all(peers, text);
        Ok(json!({"sent": sent}))
    }

    fn load(&mut self, cx: &mut Cx<'_>, Load { world }: Load) -> Outcome {
        let text = match world {
            Value::String(text) => text,
            object @ Value::Object(_) => object.to_string(),
            _ => return Err(ControlError::Invalid("`world` is TOML as a text, or an object".into())),
        };
        let file = WorldFile::parse(&text).map_err(|e| ControlError::Invalid(format!("the world file: {e}")))?;
        for (peer, _) in self.sockets.iter() {
            cx.cut(peer);
        }
        self.answer_all(cx);
        self.start_with(&file, cx.now());
        Ok(json!({"users": file.users.len(), "rooms": file.rooms.len(), "devices": file.devices.len()}))
    }
}

/// The body as `T`; the error says what would fit.
fn read<T: DeserializeOwned>(body: &Value, help: &str) -> Result<T, ControlError> {
    serde_json::from_value(body.clone())
        .map_err(|e| ControlError::Invalid(format!("the body does not fit: {e}; write {help}")))
}
