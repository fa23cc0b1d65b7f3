//! The messages of the session's own.

use super::Refusal;
use crate::object::{push_array, push_time};
use crate::text::push_string;
use crate::{Action, Command, Datetime, DeviceId, Fields, Json, Notification};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::write::{ObjectWriter, push_number, written};
use dummyload_session::Secret;
use serde::Deserialize;

#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Request {
    ServerInfo,
    Authenticate(Authenticate),
    Token { login: String, password: Secret<String> },
    TokenRefresh { refresh_token: Secret<String> },
    CommandSubscribe(CommandSubscribe),
    NotificationSubscribe(NotificationSubscribe),
    CommandUnsubscribe(CommandUnsubscribe),
    NotificationUnsubscribe(NotificationUnsubscribe),
    CommandInsert { device_id: DeviceId, command: NewCommand },
    CommandGet { device_id: DeviceId, command_id: i64 },
}

#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Authenticate {
    pub token: Secret<String>,
}
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct CommandSubscribe {
    pub device_id: Option<DeviceId>,
    pub network_ids: Option<BTreeSet<i64>>,
    pub device_type_ids: Option<BTreeSet<i64>>,
    pub names: Option<BTreeSet<String>>,
    pub timestamp: Option<Datetime>,
    pub return_updated_commands: Option<bool>,
    pub limit: Option<i32>,
}
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct NotificationSubscribe {
    pub device_id: Option<DeviceId>,
    pub network_ids: Option<BTreeSet<i64>>,
    pub device_type_ids: Option<BTreeSet<i64>>,
    pub names: Option<BTreeSet<String>>,
    pub timestamp: Option<Datetime>,
}
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct CommandUnsubscribe {
    pub subscription_id: Option<i64>,
}
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct NotificationUnsubscribe {
    pub subscription_id: Option<i64>,
}
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct NewCommand {
    pub command: Option<String>,
    pub timestamp: Option<Datetime>,
    pub parameters: Option<Json>,
    pub result: Option<Json>,
    pub lifetime: Option<i32>,
    pub status: Option<String>,
}

impl NewCommand {
    #[allow(missing_docs)]
    pub fn new(name: impl Into<String>) -> Self {
        Self { command: Some(name.into()), ..Self::default() }
    }
}

impl Request {
    #[allow(missing_docs)]
    pub fn action(&self) -> Action {
        match self {
            Self::ServerInfo => Action::ServerInfo,
            Self::Authenticate(_) => Action::Authenticate,
            Self::Token { .. } => Action::Token,
            Self::TokenRefresh { .. } => Action::TokenRefresh,
            Self::CommandSubscribe(_) => Action::CommandSubscribe,
            Self::NotificationSubscribe(_) => Action::NotificationSubscribe,
            Self::CommandUnsubscribe(_) => Action::CommandUnsubscribe,
            Self::NotificationUnsubscribe(_) => Action::NotificationUnsubscribe,
            Self::CommandInsert { .. } => Action::CommandInsert,
            Self::CommandGet { .. } => Action::CommandGet,
        }
    }

    #[allow(missing_docs)]
    pub fn to_text(&self, request_id: &Json) -> String {
        written(|out| {
            let mut o = ObjectWriter::<0>::open(out);
            o.text("action", Some(self.action().name()));
            o.json("requestId", Some(request_id.as_str()));
            match self {
                Self::ServerInfo => {}
                Self::Authenticate(a) => o.text("token", Some(a.token.expose())),
                Self::Token { login, password } => {
                    o.text("login", Some(login));
                    o.text("password", Some(password.expose()));
                }
                Self::TokenRefresh { refresh_token } => o.text("refreshToken", Some(refresh_token.expose())),
                Self::CommandSubscribe(s) => {
                    targets(&mut o, &s.device_id, &s.network_ids, &s.device_type_ids, &s.names, s.timestamp);
                    o.boolean("returnUpdatedCommands", s.return_updated_commands);
                    o.number("limit", s.limit);
                }
                Self::NotificationSubscribe(s) => {
                    targets(&mut o, &s.device_id, &s.network_ids, &s.device_type_ids, &s.names, s.timestamp);
                }
                Self::CommandUnsubscribe(CommandUnsubscribe { subscription_id })
                | Self::NotificationUnsubscribe(NotificationUnsubscribe { subscription_id }) => {
                    o.number("subscriptionId", *subscription_id);
                }
                Self::CommandInsert { device_id, command } => {
                    o.text("deviceId", Some(device_id.as_str()));
                    let mut c = ObjectWriter::<0>::open(o.name("command"));
                    c.text("command", command.command.as_deref());
                    if let Some(time) = command.timestamp {
                        push_time(c.name("timestamp"), time);
                    }
                    c.json("parameters", command.parameters.as_ref().map(Json::as_str));
                    c.number("lifetime", command.lifetime);
                    c.text("status", command.status.as_deref());
                    c.json("result", command.result.as_ref().map(Json::as_str));
                    c.close();
                }
                Self::CommandGet { device_id, command_id } => {
                    o.text("deviceId", Some(device_id.as_str()));
                    o.number("commandId", Some(*command_id));
                }
            }
            o.close();
        })
    }
}

fn targets(
    o: &mut ObjectWriter<'_, 0>,
    device: &Option<DeviceId>,
    networks: &Option<BTreeSet<i64>>,
    types: &Option<BTreeSet<i64>>,
    names: &Option<BTreeSet<String>>,
    timestamp: Option<Datetime>,
) {
    o.text("deviceId", device.as_ref().map(DeviceId::as_str));
    for (name, ids) in [("networkIds", networks), ("deviceTypeIds", types)] {
        if let Some(ids) = ids {
            push_array(o.name(name), ids, |out: &mut Vec<u8>, id| push_number(out, *id));
        }
    }
    if let Some(names) = names {
        push_array(o.name("names"), names, |out, name| push_string(out, name));
    }
    if let Some(time) = timestamp {
        push_time(o.name("timestamp"), time);
    }
}

#[allow(missing_docs)]
#[derive(Debug)]
pub enum ServerMessage {
    Reply(ServerReply),
    Push(Push),
}

#[allow(missing_docs)]
#[derive(Debug)]
pub struct ServerReply {
    pub request_id: Option<Json>,
    pub error: Option<Refusal>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Push {
    pub subscription_id: i64,
    pub body: PushBody,
}

#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum PushBody {
    CommandInsert(Command),
    CommandUpdate(Command),
    NotificationInsert(Notification),
}

#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Answer {
    Nothing,
    Tokens(Tokens),
    Info(Info),
    Subscribed(i64),
    Receipt(CommandReceipt),
    Command(Command),
}

#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Tokens {
    pub access_token: Secret<String>,
    pub refresh_token: Option<Secret<String>>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Info {
    pub server_timestamp: Datetime,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct CommandReceipt {
    pub id: i64,
    pub timestamp: Datetime,
    pub last_updated: Datetime,
    pub user_id: Option<i64>,
}

impl ServerMessage {
    #[allow(missing_docs)]
    pub fn decode(text: &str) -> Result<Self, crate::DecodeError> {
        let f = Fields::read(text)?;
        let wrong = || crate::DecodeError::wrong("", "no message of the server");
        if f.has("status") {
            let request_id = f.raw("requestId").and_then(|id| Json::parse(id).ok());
            let error = (f.text("status").ok().flatten().as_deref() != Some("success")).then(|| Refusal {
                code: f.long("code").ok().flatten().unwrap_or(0),
                error: f.text("error").ok().flatten().map(Into::into),
            });
            return Ok(Self::Reply(ServerReply { request_id, error, text: text.into() }));
        }
        let subscription_id = f.long("subscriptionId").ok().flatten().ok_or_else(wrong)?;
        let action = f.text("action").ok().flatten().and_then(|action| Action::parse(&action));
        let command = || f.raw("command").and_then(|c| serde_json::from_str(c).ok()).ok_or_else(wrong);
        let body = match action {
            Some(Action::CommandInsert) => PushBody::CommandInsert(command()?),
            Some(Action::CommandUpdate) => PushBody::CommandUpdate(command()?),
            Some(Action::NotificationInsert) => PushBody::NotificationInsert(
                f.raw("notification").and_then(|c| serde_json::from_str(c).ok()).ok_or_else(wrong)?,
            ),
            _ => return Err(wrong()),
        };
        Ok(Self::Push(Push { subscription_id, body }))
    }
}

impl ServerReply {
    /// What it says as the answer to this action.
    pub fn answer(&self, action: Action) -> Result<Answer, Refusal> {
        if let Some(refusal) = &self.error {
            return Err(refusal.clone());
        }
        let bad = || Refusal::new(0, "the answer is not what it should be");
        let f = Fields::read(&self.text).map_err(|_| bad())?;
        let secret = |name| f.text(name).ok().flatten().map(|text| Secret::new(String::from(text)));
        Ok(match action {
            Action::Token | Action::TokenRefresh => Answer::Tokens(Tokens {
                access_token: secret("accessToken").ok_or_else(bad)?,
                refresh_token: secret("refreshToken"),
            }),
            Action::ServerInfo => {
                Answer::Info(f.raw("info").and_then(|c| serde_json::from_str(c).ok()).ok_or_else(bad)?)
            }
            Action::CommandSubscribe | Action::NotificationSubscribe => {
                Answer::Subscribed(f.long("subscriptionId").ok().flatten().ok_or_else(bad)?)
            }
            Action::CommandInsert => {
                Answer::Receipt(f.raw("command").and_then(|c| serde_json::from_str(c).ok()).ok_or_else(bad)?)
            }
            Action::CommandGet => {
                Answer::Command(f.raw("command").and_then(|c| serde_json::from_str(c).ok()).ok_or_else(bad)?)
            }
            _ => Answer::Nothing,
        })
    }
}
