//! The verbs of the control plane: what happens around the server, and what tests need.

mod networks;

use super::{Attached, Due, MultistreamerWorld, token};
use crate::options::Options;
use crate::seed::{AttachedSeed, WorldFile};
use crate::wire::Out;
use dummyload_host::{ControlError, Cx, PeerId};
use multistreamer_proto::{AccountId, ChatKind, StreamId, UserId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The verbs, each with its body and one line of help.
pub(crate) const VERBS: &[(&str, &str)] = &[
    (
        "chat",
        r#"{"account_id":14,"nick":"viewer1","text":"hello Kappa"}: somebody on a network says something in the channel of an account; or give network and channel; display_name, user_id and emotes (as "25:6-10") if they are not what the world knows"#,
    ),
    ("emote", r#"{"account_id":14,"nick":"viewer1","text":"waves"}: the same with something that he does"#),
    (
        "whisper",
        r#"{"to":"jprjrdev","nick":"viewer1","text":"psst"}: somebody on Twitch whispers to an account; or give account_id"#,
    ),
    (
        "viewers",
        r#"{"account_id":14,"count":42}: so many are watching an account, or with null the network says that it is not live; or give network and channel_id"#,
    ),
    ("go-live", r#"{"stream_id":21}: the stream goes live, as if its owner had pressed the button"#),
    ("end", r#"{"stream_id":21}: the stream ends"#),
    ("encoder-on", r#"{"stream_id":21}: an encoder connects, as the hook on-publish tells it"#),
    ("encoder-off", r#"{"stream_id":21}: the encoder is gone"#),
    (
        "share",
        r#"{"user":"test","stream_id":21,"chat_level":2,"metadata_level":0}: what a user may do with a stream from now on; or {"user":"test","account_id":31,"shared":true}"#,
    ),
    (
        "attach",
        r#"{"stream_id":22,"account_id":17,"settings":{"title":"T","game":"G"}}: the stream goes live on this account too, or with "attached":false no longer; open sockets learn of it at the next edit"#,
    ),
    ("new-token", r#"{"user":"test"}: the user gets a new token, and the old one ends; gives it"#),
    ("options", r#"{"mute_writers":true}: change some of the options; gives all of them"#),
    (
        "strange",
        r#"{"form":"no-type","stream_id":21}: a strange text on the sockets of a stream, or of all; unknown-type, no-accounts, bad-utf8, not-json, end-again and no-irc are the others"#,
    ),
    ("redis-loss", "{}: the server loses its Redis, and ends all sockets with an empty close frame"),
    ("load", r#"{"world":"TOML"} or {"world":{..}}: another world file, until a reset; all sockets are cut"#),
    ("save", "{}: the world file of this moment as TOML, with all passwords and keys"),
    ("demo", "{}: names, tokens and numbers of this world that a first program needs"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfStream {
    stream_id: StreamId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareBody {
    user: Value,
    stream_id: Option<StreamId>,
    chat_level: Option<u8>,
    metadata_level: Option<u8>,
    account_id: Option<AccountId>,
    shared: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttachBody {
    stream_id: StreamId,
    account_id: AccountId,
    settings: Option<BTreeMap<String, String>>,
    #[serde(default = "yes")]
    attached: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfUser {
    user: Value,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Strange {
    NoType,
    UnknownType,
    NoAccounts,
    NoIrc,
    BadUtf8,
    NotJson,
    EndAgain,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrangeBody {
    form: Strange,
    stream_id: Option<StreamId>,
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

impl MultistreamerWorld {
    pub(super) fn carry_out_verb(&mut self, cx: &mut Cx<'_>, verb: &str, body: &Value) -> Outcome {
        let Some((verb, help)) = VERBS.iter().find(|(known, _)| *known == verb) else {
            let known: Vec<&str> = VERBS.iter().map(|(verb, _)| *verb).collect();
            return Err(not_found(format!("there is no verb {verb:?}; there are {}", known.join(", "))));
        };
        // An act of a recording names its verb once more.
        let mut body = body.clone();
        if let Value::Object(members) = &mut body
            && members.get("do").and_then(Value::as_str) == Some(*verb)
        {
            members.shift_remove("do");
        }
        let body = &body;
        match *verb {
            "chat" => self.chat(cx, read(body, help)?, ChatKind::Text, help),
            "emote" => self.chat(cx, read(body, help)?, ChatKind::Emote, help),
            "whisper" => self.whisper_on_network(cx, read(body, help)?, help),
            "viewers" => self.set_viewers(&read(body, help)?, help),
            "go-live" => {
                let OfStream { stream_id } = read(body, help)?;
                self.known_stream(stream_id)?;
                self.go_live(cx, stream_id).map_err(|why| invalid(format!("a network refuses: {why}")))?;
                self.status_of(stream_id)
            }
            "end" => {
                let OfStream { stream_id } = read(body, help)?;
                self.known_stream(stream_id)?;
                self.end(cx, stream_id);
                self.status_of(stream_id)
            }
            "encoder-on" => {
                let OfStream { stream_id } = read(body, help)?;
                self.known_stream(stream_id)?;
                self.encoder_on(cx, stream_id).map_err(|why| invalid(format!("a network refuses: {why}")))?;
                self.status_of(stream_id)
            }
            "encoder-off" => {
                let OfStream { stream_id } = read(body, help)?;
                self.known_stream(stream_id)?;
                self.encoder_off(cx, stream_id);
                self.status_of(stream_id)
            }
            "share" => self.share_verb(&read(body, help)?, help),
            "attach" => self.attach_verb(read(body, help)?),
            "new-token" => {
                let OfUser { user } = read(body, help)?;
                let user = self.known_user(&user)?;
                let new = token(cx.ids());
                if let Some(known) = self.state.user_mut(user) {
                    known.seed.token.clone_from(&new);
                }
                Ok(json!({"user": user, "token": new}))
            }
            "options" => self.change_options(body, help),
            "strange" => self.strange(cx, &read(body, help)?),
            "redis-loss" => {
                let Nothing {} = read(body, help)?;
                let peers: Vec<PeerId> = self.sockets.iter().map(|(peer, _)| peer).collect();
                for peer in &peers {
                    cx.close(*peer, None, "");
                    self.sockets.remove(*peer);
                }
                Ok(json!({"sockets": peers.len()}))
            }
            "load" => self.load(cx, read(body, help)?),
            "save" => {
                let Nothing {} = read(body, help)?;
                let file = self.to_file();
                file.check().map_err(|e| invalid(format!("a world file cannot say what there is now: {e}")))?;
                let text = toml::to_string(&file);
                text.map(|text| json!({"world": text})).map_err(|e| invalid(e.to_string()))
            }
            _ => {
                let Nothing {} = read(body, help)?;
                Ok(self.demo())
            }
        }
    }

    fn known_stream(&self, id: StreamId) -> Result<(), ControlError> {
        self.state.stream(id).map(drop).ok_or_else(|| not_found(format!("there is no stream {id}")))
    }

    fn known_account(&self, id: AccountId) -> Result<&super::Account, ControlError> {
        self.state.account(id).ok_or_else(|| not_found(format!("there is no account {id}")))
    }

    /// A user by number or by name.
    fn known_user(&self, user: &Value) -> Result<UserId, ControlError> {
        let known = match user {
            Value::String(name) => self.state.user_named(name),
            number => number.as_i64().map(UserId).and_then(|id| self.state.user(id)),
        };
        known.map(|user| user.seed.id).ok_or_else(|| not_found(format!("there is no user {user}")))
    }

    fn status_of(&self, id: StreamId) -> Outcome {
        let status = self.state.stream(id).map(|stream| stream.status).unwrap_or_default();
        Ok(json!({"stream_id": id, "status": crate::http::status_json(status)}))
    }

    fn share_verb(&mut self, body: &ShareBody, help: &str) -> Outcome {
        let user = self.known_user(&body.user)?;
        let levels = [body.chat_level, body.metadata_level];
        if let Some(id) = body.account_id {
            if body.stream_id.is_some() || levels != [None, None] {
                return Err(invalid(format!("share a stream or an account, and not both; write {help}")));
            }
            if self.known_account(id)?.seed.owner == user {
                return Err(invalid(format!("account {id} belongs to user {user}")));
            }
            let shared = body.shared.unwrap_or(true);
            if let Some(account) = self.state.account_mut(id) {
                if shared {
                    account.seed.shared_with.insert(user);
                } else {
                    account.seed.shared_with.remove(&user);
                }
            }
            return Ok(json!({"user": user, "account_id": id, "shared": shared}));
        }
        let id = body.stream_id.ok_or_else(|| invalid(format!("name a stream or an account; write {help}")))?;
        self.known_stream(id)?;
        if levels == [None, None] || body.shared.is_some() {
            return Err(invalid(format!("say chat_level, metadata_level or both; write {help}")));
        }
        if levels.into_iter().flatten().any(|level| level > 2) {
            return Err(invalid("a level is 0 nothing, 1 read, 2 read and write"));
        }
        if self.state.stream(id).is_some_and(|stream| stream.seed.owner == user) {
            return Err(invalid(format!("stream {id} belongs to user {user}")));
        }
        self.state.share(id, user, |share| {
            share.chat = body.chat_level.unwrap_or(share.chat);
            share.metadata = body.metadata_level.unwrap_or(share.metadata);
        });
        let levels = self.state.stream(id).map(|stream| stream.levels(user)).unwrap_or_default();
        Ok(json!({"user": user, "stream_id": id, "chat_level": levels.chat, "metadata_level": levels.metadata}))
    }

    fn attach_verb(&mut self, body: AttachBody) -> Outcome {
        let AttachBody { stream_id, account_id, settings, attached } = body;
        self.known_stream(stream_id)?;
        self.known_account(account_id)?;
        if let Some(stream) = self.state.stream_mut(stream_id) {
            if attached {
                let seed = AttachedSeed { id: account_id, settings: BTreeMap::new(), ffmpeg_args: None };
                let entry = stream.attached.entry(account_id).or_insert_with(|| Attached::new(seed));
                if let Some(settings) = settings {
                    entry.seed.settings = settings;
                }
            } else {
                stream.attached.remove(&account_id);
            }
        }
        Ok(json!({"stream_id": stream_id, "account_id": account_id, "attached": attached}))
    }

    fn change_options(&mut self, body: &Value, help: &str) -> Outcome {
        let changes: Map<String, Value> = read(body, help)?;
        let mut all = json!(self.options);
        if let Value::Object(all) = &mut all {
            all.extend(changes);
        }
        let options = read::<Options>(&all, help)?;
        options.check().map_err(|e| invalid(e.to_string()))?;
        self.set_options(options);
        if self.manager_is_dead() {
            self.manager = super::manager::Manager::default();
            self.agenda.retain(|(_, due)| matches!(due, Due::End(_)));
        }
        Ok(json!(self.options))
    }

    fn strange(&mut self, cx: &mut Cx<'_>, StrangeBody { form, stream_id }: &StrangeBody) -> Outcome {
        if let Some(id) = stream_id {
            self.known_stream(*id)?;
        }
        let peers: Vec<PeerId> = match stream_id {
            Some(id) => self.sockets.of(*id),
            None => self.sockets.iter().map(|(peer, _)| peer).collect(),
        };
        let status = r#"{"data_incoming":false,"data_pulling":false,"data_pushing":false}"#;
        let text = match form {
            Strange::NoType => r#"{"text":"no type","from":{"name":"bot"},"network":"custom"}"#.to_owned(),
            Strange::UnknownType => r#"{"type":"something-new","list":{}}"#.to_owned(),
            Strange::NoAccounts => format!(r#"{{"type":"status","status":{status}}}"#),
            Strange::NoIrc => format!(r#"{{"type":"status","status":{status},"accounts":{{}}}}"#),
            Strange::NotJson => "this is no JSON".to_owned(),
            Strange::EndAgain => {
                let streams: Vec<StreamId> = match stream_id {
                    Some(id) => vec![*id],
                    None => self.state.streams().map(|stream| stream.seed.id).collect(),
                };
                streams.into_iter().for_each(|stream| self.tell_end(cx, stream));
                return Ok(json!({"sockets": peers.len()}));
            }
            Strange::BadUtf8 => {
                let line = b"{\"type\":\"text\",\"account_id\":14,\"network\":\"twitch\",\"from\":{\"name\":\"x\"},\
                             \"text\":\"cut\",\"markdown\":\"\xc3![\xa4](x)\"}";
                peers.iter().for_each(|peer| cx.send_bytes(*peer, line.as_slice()));
                return Ok(json!({"sockets": peers.len()}));
            }
        };
        self.send(cx, &peers, &Out::text(text));
        Ok(json!({"sockets": peers.len()}))
    }

    fn load(&mut self, cx: &mut Cx<'_>, Load { world }: Load) -> Outcome {
        let text = match world {
            Value::String(text) => text,
            object @ Value::Object(_) => object.to_string(),
            _ => return Err(invalid("`world` is TOML as a text, or an object")),
        };
        let file = WorldFile::parse(&text).map_err(|e| invalid(format!("the world file: {e}")))?;
        for (peer, _) in self.sockets.iter() {
            cx.cut(peer);
        }
        let now = cx.now();
        self.start_with(&file, now, cx.ids());
        Ok(json!({"users": file.users.len(), "accounts": file.accounts.len(), "streams": file.streams.len()}))
    }
}

/// The body as `T`; the error says what would fit.
fn read<T: DeserializeOwned>(body: &Value, help: &str) -> Result<T, ControlError> {
    serde_json::from_value(body.clone()).map_err(|e| invalid(format!("the body does not fit: {e}; write {help}")))
}
