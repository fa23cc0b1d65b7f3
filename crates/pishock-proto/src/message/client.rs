//! Client to broker.

use super::shared::{Digits, owned, parse, text, wrong};
use super::{Dialect, v1};
use crate::escape::push_string;
use crate::wire::{self, List, Loose, Nested};
use crate::{Access, Channel, DecodeError, Mode, ShockerId, UserId};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// A message of a client, as far as it can be understood (dossier 3, 6.6, 8.1).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClientMessage<'a> {
    /// Is the broker there?
    Ping,
    /// Subscribe to channels by name.
    Subscribe(Vec<Cow<'a, str>>),
    /// Unsubscribe from channels; `*` means all.
    Unsubscribe(Vec<Cow<'a, str>>),
    /// Send commands, all or none.
    Publish(Vec<PublishCommand<'a>>),
    /// Send a command through a public link; V2 only.
    Link(LinkCommand<'a>),
    /// An operation that is not known, or none at all (then the text is empty).
    Unknown {
        /// Its name.
        operation: Cow<'a, str>,
    },
}

/// One command of a PUBLISH: for whom, and what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PublishCommand<'a> {
    /// The channel name; empty if there was none.
    pub target: Cow<'a, str>,
    /// The command.
    pub body: Body<'a>,
}

/// The body of a command as it was sent. `None` stands for absent, null, and what cannot be understood;
/// [`lint_client`](crate::lint_client) tells which. Numbers can be out of range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body<'a> {
    /// `id`
    pub id: Option<ShockerId>,
    /// `m`
    pub mode: Option<Mode>,
    /// `i`, percent.
    pub intensity: Option<i64>,
    /// `d`, milliseconds.
    pub duration: Option<i64>,
    /// `r`: replace what runs.
    pub replace: Option<bool>,
    /// `l`
    pub log: Option<LogData<'a>>,
}

/// What a command says of itself for the log: `l` of the body. It permits nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogData<'a> {
    /// `u`
    pub user: Option<UserId>,
    /// `ty`
    pub access: Option<Access>,
    /// `w`
    pub warning: Option<bool>,
    /// `h`
    pub hold: Option<bool>,
    /// `o`
    pub origin: Option<Cow<'a, str>>,
}

/// The command of the Links socket (dossier 6.6).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkCommand<'a> {
    /// `Mode`
    pub mode: Option<Mode>,
    /// `Intensity`, percent.
    pub intensity: Option<i64>,
    /// `Duration`, milliseconds.
    pub duration: Option<i64>,
    /// `Replace`
    pub replace: Option<bool>,
    /// `LogData.Warning`
    pub warning: Option<bool>,
    /// `LogData.Username`
    pub username: Option<Cow<'a, str>>,
    /// `LogData.WarningLevel`, 0 to 3.
    pub warning_level: Option<i64>,
    /// `LogData.Hold`
    pub hold: Option<bool>,
}

/// Decodes a message of a client, every tolerated variant included (dossier 3.1, 8.1).
///
/// # Errors
/// Text that is no JSON, or not of the dialect's shape at all. Everything else is a message, be it
/// [`ClientMessage::Unknown`].
pub fn decode_client(dialect: Dialect, text: &str) -> Result<ClientMessage<'_>, DecodeError> {
    match dialect {
        Dialect::V1 => v1::decode(text),
        Dialect::V2 if text == PING => Ok(ClientMessage::Ping),
        Dialect::V2 => from_request(parse(text)?),
    }
}

const PING: &str = r#"{"Operation":"PING"}"#;

fn from_request<'a>(request: Nested<'a, wire::Request<'a>>) -> Result<ClientMessage<'a>, DecodeError> {
    let Nested::Object(request) = request else {
        return Err(wrong("", "V2 wants an object with the member Operation; V1 wants an array"));
    };
    let operation = request.operation.text().unwrap_or_default();
    match operation_of(&operation) {
        Some(Operation::Ping) => Ok(ClientMessage::Ping),
        Some(Operation::Subscribe) => Ok(ClientMessage::Subscribe(names(request.targets, "/Targets")?)),
        Some(Operation::Unsubscribe) => Ok(ClientMessage::Unsubscribe(names(request.targets, "/Targets")?)),
        Some(Operation::Publish) => match (request.commands, request.link) {
            (Nested::List(list), _) => {
                let commands = list.into_iter().enumerate().map(|(at, command)| from_command(command, at));
                commands.collect::<Result<_, _>>().map(ClientMessage::Publish)
            }
            (_, Nested::Object(link)) => Ok(ClientMessage::Link(from_link(link))),
            _ => Err(wrong("/PublishCommands", "PUBLISH wants an array of commands")),
        },
        None => Ok(ClientMessage::Unknown { operation }),
    }
}

pub(super) enum Operation {
    Ping,
    Subscribe,
    Unsubscribe,
    Publish,
}

pub(super) fn operation_of(name: &str) -> Option<Operation> {
    let known = [
        ("PING", Operation::Ping),
        ("PUBLISH", Operation::Publish),
        ("SUBSCRIBE", Operation::Subscribe),
        ("UNSUBSCRIBE", Operation::Unsubscribe),
    ];
    known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, operation)| operation)
}

/// The names in a list. Numbers and other things in it stay in their places as texts that are no channel.
pub(super) fn names<'a>(list: List<'a>, pointer: &str) -> Result<Vec<Cow<'a, str>>, DecodeError> {
    match list {
        List::Items(items) => Ok(items
            .into_iter()
            .map(|item| match item {
                Loose::Text(text) => text,
                Loose::Integer(n) => Cow::Owned(alloc::format!("{n}")),
                _ => Cow::Borrowed(""),
            })
            .collect()),
        List::Text(one) => Ok(alloc::vec![one]),
        List::Absent | List::Null | List::Other => Err(wrong(pointer, "an array of channel names is wanted here")),
    }
}

fn from_command<'a>(command: Nested<'a, wire::Command<'a>>, at: usize) -> Result<PublishCommand<'a>, DecodeError> {
    let Nested::Object(command) = command else {
        return Err(wrong(&alloc::format!("/PublishCommands/{at}"), "an object with Target and Body is wanted here"));
    };
    let body = match command.body {
        Nested::Object(body) => from_body(body),
        // Tolerated on the server side (dossier 3.1).
        Nested::Text(body) => body_in_text(body).unwrap_or_default(),
        _ => Body::default(),
    };
    Ok(PublishCommand { target: command.target.text().unwrap_or_default(), body })
}

/// A body as a string that holds JSON; `None` if it holds no object.
pub(super) fn body_in_text(body: Cow<'_, str>) -> Option<Body<'_>> {
    match body {
        Cow::Borrowed(text) => match parse(text) {
            Ok(Nested::Object(body)) => Some(from_body(body)),
            _ => None,
        },
        Cow::Owned(text) => match parse::<Nested<'_, wire::Body<'_>>>(&text) {
            Ok(Nested::Object(body)) => Some(from_body(body).into_owned()),
            _ => None,
        },
    }
}

pub(super) fn from_body(body: wire::Body<'_>) -> Body<'_> {
    Body {
        id: body.id.integer().and_then(|id| u64::try_from(id).ok()).map(ShockerId),
        mode: body.mode.text().map(|letter| Mode::from_letter(&letter)),
        intensity: body.intensity.integer(),
        duration: body.duration.integer(),
        replace: body.replace.boolean(),
        log: match body.log {
            Nested::Object(log) => Some(LogData {
                user: log.user.integer().and_then(|id| u64::try_from(id).ok()).map(UserId),
                access: log.access.text().map(|text| Access::parse(&text)),
                warning: log.warning.boolean(),
                hold: log.hold.boolean(),
                origin: log.origin.text(),
            }),
            _ => None,
        },
    }
}

fn from_link(link: wire::Link<'_>) -> LinkCommand<'_> {
    let log = match link.log {
        Nested::Object(log) => log,
        _ => wire::LinkLog::default(),
    };
    LinkCommand {
        mode: link.mode.text().map(|letter| Mode::from_letter(&letter)),
        intensity: link.intensity.integer(),
        duration: link.duration.integer(),
        replace: link.replace.boolean(),
        warning: log.warning.boolean(),
        username: log.username.text(),
        warning_level: log.warning_level.integer(),
        hold: log.hold.boolean(),
    }
}

impl<'a> ClientMessage<'a> {
    /// A PUBLISH of these commands.
    pub fn publish(commands: impl IntoIterator<Item = impl Into<PublishCommand<'a>>>) -> Self {
        Self::Publish(commands.into_iter().map(Into::into).collect())
    }

    /// Writes the canonical text behind what is in `out`: compact, members in the documents' order, absent ones left
    /// out. A link command has no V1 form and is written as in V2.
    pub fn encode_into(&self, dialect: Dialect, out: &mut Vec<u8>) {
        match (dialect, self) {
            (Dialect::V1, Self::Link(_)) | (Dialect::V2, _) => self.encode_v2(out),
            (Dialect::V1, _) => v1::encode(self, out),
        }
    }

    /// The canonical text.
    pub fn to_text(&self, dialect: Dialect) -> String {
        let mut out = Vec::new();
        self.encode_into(dialect, &mut out);
        text(out)
    }

    fn encode_v2(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ping => out.extend_from_slice(PING.as_bytes()),
            Self::Subscribe(targets) => with_targets(out, "SUBSCRIBE", targets),
            Self::Unsubscribe(targets) => with_targets(out, "UNSUBSCRIBE", targets),
            Self::Publish(commands) => {
                out.extend_from_slice(br#"{"Operation":"PUBLISH","PublishCommands":["#);
                for (at, command) in commands.iter().enumerate() {
                    out.extend_from_slice(if at == 0 { br#"{"Target":"# } else { br#",{"Target":"# });
                    push_string(out, &command.target, 0);
                    out.extend_from_slice(br#","Body":"#);
                    command.body.encode_into(out);
                    out.push(b'}');
                }
                out.extend_from_slice(b"]}");
            }
            Self::Link(link) => {
                out.extend_from_slice(br#"{"Operation":"PUBLISH","LinkCommand":"#);
                link.encode_into(out);
                out.push(b'}');
            }
            Self::Unknown { operation } => {
                out.extend_from_slice(br#"{"Operation":"#);
                push_string(out, operation, 0);
                out.push(b'}');
            }
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ClientMessage<'static> {
        match self {
            Self::Ping => ClientMessage::Ping,
            Self::Subscribe(targets) => ClientMessage::Subscribe(targets.into_iter().map(owned).collect()),
            Self::Unsubscribe(targets) => ClientMessage::Unsubscribe(targets.into_iter().map(owned).collect()),
            Self::Publish(commands) => {
                let own = |command: PublishCommand<'_>| PublishCommand {
                    target: owned(command.target),
                    body: command.body.into_owned(),
                };
                ClientMessage::Publish(commands.into_iter().map(own).collect())
            }
            Self::Link(link) => ClientMessage::Link(LinkCommand {
                mode: link.mode,
                intensity: link.intensity,
                duration: link.duration,
                replace: link.replace,
                warning: link.warning,
                username: link.username.map(owned),
                warning_level: link.warning_level,
                hold: link.hold,
            }),
            Self::Unknown { operation } => ClientMessage::Unknown { operation: owned(operation) },
        }
    }
}

fn with_targets(out: &mut Vec<u8>, operation: &str, targets: &[Cow<'_, str>]) {
    out.extend_from_slice(br#"{"Operation":""#);
    out.extend_from_slice(operation.as_bytes());
    out.extend_from_slice(br#"","Targets":["#);
    for (at, target) in targets.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_string(out, target, 0);
    }
    out.extend_from_slice(b"]}");
}

impl PublishCommand<'_> {
    /// The channel, taken apart.
    pub fn channel(&self) -> Channel {
        Channel::parse(&self.target)
    }
}

impl Body<'_> {
    /// Writes the body as a plain JSON object.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        object.integer("id", self.id.map(|id| i64::try_from(id.0).unwrap_or(i64::MAX)));
        object.text("m", self.mode.as_ref().map(Mode::letter));
        object.integer("i", self.intensity);
        object.integer("d", self.duration);
        object.boolean("r", self.replace);
        if let Some(log) = &self.log {
            object.name("l");
            log.encode_into(object.out);
        }
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Body<'static> {
        let log = self.log.map(|log| LogData {
            user: log.user,
            access: log.access,
            warning: log.warning,
            hold: log.hold,
            origin: log.origin.map(owned),
        });
        Body {
            id: self.id,
            mode: self.mode,
            intensity: self.intensity,
            duration: self.duration,
            replace: self.replace,
            log,
        }
    }
}

impl LogData<'_> {
    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        object.integer("u", self.user.map(|user| i64::try_from(user.0).unwrap_or(i64::MAX)));
        object.text("ty", self.access.as_ref().map(Access::as_str));
        object.boolean("w", self.warning);
        object.boolean("h", self.hold);
        object.text("o", self.origin.as_deref());
        object.close();
    }
}

impl LinkCommand<'_> {
    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        object.text("Mode", self.mode.as_ref().map(Mode::letter));
        object.integer("Intensity", self.intensity);
        object.integer("Duration", self.duration);
        object.boolean("Replace", self.replace);
        object.name("LogData");
        let mut log = Object::open(object.out);
        log.boolean("Warning", self.warning);
        log.text("Username", self.username.as_deref());
        log.integer("WarningLevel", self.warning_level);
        log.boolean("Hold", self.hold);
        log.close();
        object.close();
    }
}

/// An object on its way out; absent members leave no trace.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    fn name(&mut self, name: &str) {
        if !core::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn integer(&mut self, name: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.name(name);
            // Writing to a Vec cannot fail.
            let _ = write!(Digits(self.out), "{value}");
        }
    }

    fn boolean(&mut self, name: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.name(name);
            self.out.extend_from_slice(if value { b"true" } else { b"false" });
        }
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name);
            push_string(self.out, value, 0);
        }
    }

    fn close(self) {
        self.out.push(b'}');
    }
}
