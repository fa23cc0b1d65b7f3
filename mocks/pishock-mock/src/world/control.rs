//! The verbs of the control plane, and the state as people and tests see it (dossier 10.7).

use super::connections::{Due, Role};
use super::{PishockWorld, login};
use crate::options::{LoginFailure, Options};
use crate::seed::{UserSeed, WorldFile};
use crate::wire;
use dummyload_host::{ControlError, Cx, PeerId};
use dummyload_session::Timestamp;
use pishock_proto::{Channel, Dialect, ErrorCode, HubId, ShareId, ShockerId, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The verbs, each with its body and one line of help.
pub(crate) const VERBS: &[(&str, &str)] = &[
    ("online", r#"{"hub":1234,"online":false}: disconnect a hub from the broker, or connect it"#),
    ("pause", r#"{"shocker":321,"paused":true}, or "share":1, or "link":"UUID": pause it, or end its pause"#),
    ("options", r#"{"strict":true}: change some of the options; gives all of them"#),
    (
        "inject-error",
        r#"{"message":"Redis connection lost","code":null,"conn":1}: an error on one open socket, or all"#,
    ),
    ("refuse-login", r#"{"form":"envelope","times":1}: the next logins fail; http401, close and mute are the others"#),
    ("expire-token", r#"{"token":"..."} or {"user":77}: end one token, or all tokens of a user, and their sockets"#),
    ("ping", r#"{"hub":1234}: a life sign of a hub now"#),
    ("push-log", r#"{"hub":1234,"message":"any text"}: a message on the log channel of a hub"#),
    ("load", r#"{"world":"TOML"} or {"world":{..}}: another world file, until a reset; all connections are cut"#),
    ("save", "{}: the world file of this moment as TOML, with all keys and tokens"),
    ("demo", "{}: names, keys and numbers of this world that a first program needs"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Online {
    hub: HubId,
    online: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pause {
    shocker: Option<ShockerId>,
    share: Option<ShareId>,
    link: Option<String>,
    paused: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InjectError {
    message: String,
    #[serde(default)]
    code: Value,
    conn: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefuseLogin {
    form: Option<LoginFailure>,
    #[serde(default = "once")]
    times: u64,
}

fn once() -> u64 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpireToken {
    token: Option<String>,
    user: Option<UserId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfHub {
    hub: HubId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PushLog {
    hub: HubId,
    message: String,
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

impl PishockWorld {
    pub(super) fn carry_out_verb(&mut self, cx: &mut Cx<'_>, verb: &str, body: &Value) -> Outcome {
        let Some((verb, help)) = VERBS.iter().find(|(known, _)| *known == verb) else {
            let known: Vec<&str> = VERBS.iter().map(|(verb, _)| *verb).collect();
            return Err(ControlError::NotFound(format!("there is no verb {verb:?}; there are {}", known.join(", "))));
        };
        match *verb {
            "online" => self.set_online(cx, &read(body, help)?),
            "pause" => self.set_paused(&read(body, help)?, help),
            "options" => self.change_options(body, help),
            "inject-error" => self.inject_error(cx, &read(body, help)?),
            "refuse-login" => {
                let RefuseLogin { form, times } = read(body, help)?;
                let form = form.unwrap_or(self.options.login_failure);
                self.refusing = (times > 0).then_some((form, times));
                Ok(json!({"form": form, "times": times}))
            }
            "expire-token" => self.expire_tokens(cx, &read(body, help)?, help),
            "ping" => {
                let OfHub { hub } = read(body, help)?;
                if !self.known_hub(hub)? {
                    return Err(ControlError::Invalid(format!("hub {hub} is offline and gives no sign of life")));
                }
                self.ping(cx, hub);
                Ok(json!({"listeners": self.connections.listeners(&Channel::Ping(hub)).len()}))
            }
            "push-log" => {
                let PushLog { hub, message } = read(body, help)?;
                self.known_hub(hub)?;
                let channel = Channel::Log(hub);
                self.connections.push(cx, &channel, &message);
                Ok(json!({"listeners": self.connections.listeners(&channel).len()}))
            }
            "load" => self.load(cx, read(body, help)?),
            "save" => {
                let Nothing {} = read(body, help)?;
                let text = toml::to_string(&self.to_file());
                text.map(|text| json!({"world": text})).map_err(|e| ControlError::Invalid(e.to_string()))
            }
            _ => {
                let Nothing {} = read(body, help)?;
                Ok(self.demo())
            }
        }
    }

    /// Whether a hub is online.
    fn known_hub(&self, id: HubId) -> Result<bool, ControlError> {
        let hub = self.state.hubs.get(&id);
        hub.map(|hub| hub.online).ok_or_else(|| ControlError::NotFound(format!("there is no hub {id}")))
    }

    /// A hub gives a sign of life as soon as it is connected (dossier 5).
    fn set_online(&mut self, cx: &mut Cx<'_>, Online { hub: id, online }: &Online) -> Outcome {
        let was = self.known_hub(*id)?;
        if let Some(hub) = self.state.hubs.get_mut(id) {
            hub.online = *online;
            hub.pings_since = if *online && !was { Some(cx.now()) } else { hub.pings_since };
        }
        if !*online {
            self.cancel_ping(*id);
        } else if !was {
            self.ping(cx, *id);
            self.schedule_ping(cx.now(), *id);
        }
        Ok(json!({"hub": id, "online": online}))
    }

    fn set_paused(&mut self, body: &Pause, help: &str) -> Outcome {
        let place = match body {
            Pause { shocker: Some(id), share: None, link: None, .. } => self
                .state
                .shockers
                .get_mut(id)
                .map(|shocker| &mut shocker.seed.paused)
                .ok_or_else(|| format!("there is no shocker {id}")),
            Pause { shocker: None, share: Some(id), link: None, .. } => self
                .state
                .share_mut(*id)
                .map(|share| &mut share.paused)
                .ok_or_else(|| format!("there is no share {id}")),
            Pause { shocker: None, share: None, link: Some(id), .. } => {
                self.state.link_mut(id).map(|link| &mut link.paused).ok_or_else(|| format!("there is no link {id}"))
            }
            _ => return Err(ControlError::Invalid(format!("name one of shocker, share and link; write {help}"))),
        };
        *place.map_err(ControlError::NotFound)? = body.paused;
        Ok(json!({"paused": body.paused}))
    }

    fn change_options(&mut self, body: &Value, help: &str) -> Outcome {
        let changes: Map<String, Value> = read(body, help)?;
        let mut all = json!(self.options);
        if let Value::Object(all) = &mut all {
            all.extend(changes);
        }
        self.options = read::<Options>(&all, help)?;
        Ok(json!(self.options))
    }

    fn inject_error(&mut self, cx: &mut Cx<'_>, InjectError { message, code, conn }: &InjectError) -> Outcome {
        let code = match code {
            Value::Null => ErrorCode::Null,
            Value::String(name) => ErrorCode::Text(name.into()),
            Value::Number(number) if number.is_i64() => ErrorCode::Integer(number.as_i64().unwrap_or_default()),
            other => {
                return Err(ControlError::Invalid(format!("code is {other}; it can be null, an integer or a text")));
            }
        };
        let mut to: [Vec<PeerId>; 2] = Default::default();
        for (peer, connection) in self.connections.iter().filter(|(_, connection)| connection.role != Role::Refused) {
            if conn.is_none_or(|conn| conn == peer.0) {
                to[usize::from(connection.dialect == Dialect::V2)].push(peer);
            }
        }
        let [v1, v2] = to;
        let sent = v1.len() + v2.len();
        if let (Some(conn), 0) = (conn, sent) {
            return Err(ControlError::NotFound(format!("connection {conn} is not open, or its login failed")));
        }
        cx.send_to_all(v1, wire::v1_error(None, message));
        cx.send_to_all(v2, wire::error(code, message, ""));
        Ok(json!({"sent": sent}))
    }

    fn expire_tokens(&mut self, cx: &mut Cx<'_>, body: &ExpireToken, help: &str) -> Outcome {
        let has = |user: &&UserSeed| match body {
            ExpireToken { token: Some(token), .. } => user.tokens.iter().any(|known| known.token == *token),
            ExpireToken { user: id, .. } => *id == Some(user.id),
        };
        if body.token.is_some() == body.user.is_some() {
            return Err(ControlError::Invalid(format!("name one of token and user; write {help}")));
        }
        let now = cx.now();
        let id = self.state.users().find(has).map(|user| user.id);
        let Some(user) = id.and_then(|id| self.state.user_mut(id)) else {
            return Err(ControlError::NotFound("there is no such user or token".into()));
        };
        let mut ended = Vec::new();
        for (at, token) in user.tokens.iter_mut().enumerate() {
            if body.token.as_ref().is_none_or(|one| *one == token.token) {
                token.expires = token.expires.min(login::date(now));
                ended.push(at);
            }
        }
        let id = user.id;
        let affected: Vec<PeerId> = self
            .connections
            .iter()
            .filter(|(_, c)| c.role == Role::User(id) && c.token.is_some_and(|at| ended.contains(&at)))
            .map(|(peer, _)| peer)
            .collect();
        for peer in &affected {
            self.expire(cx, *peer);
        }
        Ok(json!({"tokens": ended.len(), "connections": affected.len()}))
    }

    fn load(&mut self, cx: &mut Cx<'_>, Load { world }: Load) -> Outcome {
        let text = match world {
            Value::String(text) => text,
            object @ Value::Object(_) => object.to_string(),
            _ => return Err(ControlError::Invalid("`world` is TOML as a text, or an object".into())),
        };
        let file = WorldFile::parse(&text).map_err(|e| ControlError::Invalid(format!("the world file: {e}")))?;
        for (peer, _) in self.connections.iter() {
            cx.cut(peer);
        }
        self.start_with(&file);
        let (users, hubs) = (file.users.len(), file.hubs.len());
        Ok(json!({"users": users, "hubs": hubs, "shares": file.shares.len(), "links": file.links.len()}))
    }

    /// The world file of this moment, and what is not in it.
    pub(super) fn show(&self) -> Value {
        let seconds = |at: Option<Timestamp>| at.map(|at| at.since_epoch().as_secs_f64());
        let hubs: Vec<Value> = self
            .state
            .users()
            .flat_map(|user| self.state.hubs_of(user.id))
            .map(|(id, hub)| {
                let shockers = hub.shockers.iter().filter_map(|id| {
                    let shocker = self.state.shockers.get(id)?;
                    Some(json!({"id": id, "busy_until": seconds(shocker.busy_until)}))
                });
                json!({
                    "id": id, "online": hub.online, "last_ping": seconds(hub.last_ping),
                    "next_ping": seconds(hub.next_ping), "shockers": shockers.collect::<Vec<_>>(),
                })
            })
            .collect();
        let connections: Vec<Value> = self
            .connections
            .iter()
            .map(|(peer, connection)| {
                let (user, link) = match &connection.role {
                    Role::User(user) => (Some(*user), None),
                    Role::Link { id, user } => (*user, Some(id)),
                    Role::Refused => (None, None),
                };
                let expires = connection.due.filter(|(_, due)| matches!(due, Due::Expire(_))).map(|(at, _)| at);
                let subscriptions: Vec<String> = connection.subscriptions().iter().map(Channel::to_string).collect();
                json!({
                    "conn": peer.0, "user": user, "link": link, "refused": connection.role == Role::Refused,
                    "dialect": if connection.dialect == Dialect::V1 { "v1" } else { "v2" },
                    "expires": seconds(expires), "subscriptions": subscriptions,
                })
            })
            .collect();
        let refusing = self.refusing.map(|(form, times)| json!({"form": form, "times": times}));
        json!({"world": self.to_file(), "hubs": hubs, "connections": connections, "refusing_logins": refusing})
    }
}

/// The body as `T`; the error says what would fit.
fn read<T: DeserializeOwned>(body: &Value, help: &str) -> Result<T, ControlError> {
    serde_json::from_value(body.clone())
        .map_err(|e| ControlError::Invalid(format!("the body does not fit: {e}; write {help}")))
}
