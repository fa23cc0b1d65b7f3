//! Commands without a socket, the first version (dossier 7).

use super::answer::done;
use super::devices::http_id;
use super::params::Params;
use super::request::{self, Credentials, Fields, Request};
use super::{Call, HttpError};
use crate::error::BadParams;
use crate::escape::{ObjectWriter, push_string, written};
use crate::message::{CommandBody, CommandData, LightParams, Raw, RelayParams, RollerParams, RollerToPosParams};
use crate::{Channel, DeviceId, Direction, Light, Percent, Relay, Turn};
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Object};

/// The kinds of devices that are controlled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Relays, switches.
    Relay,
    /// Rollers, covers.
    Roller,
    /// Lights.
    Light,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Relay, Self::Roller, Self::Light];

    /// The path that a command of this kind is posted to.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Relay => "/device/relay/control",
            Self::Roller => "/device/relay/roller/control",
            Self::Light => "/device/light/control",
        }
    }

    /// The path for many devices at once; there is none for rollers.
    pub const fn bulk_path(self) -> Option<&'static str> {
        match self {
            Self::Relay => Some("/device/relay/bulk_control"),
            Self::Light => Some("/device/light/bulk_control"),
            Self::Roller => None,
        }
    }
}

/// Controls one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    credentials: Credentials,
    id: DeviceId,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Relay(Relay),
    Light(Light),
    /// Where to; `None` is stop.
    Go(Channel, Option<Direction>),
    To(Channel, Percent),
}

impl Control {
    /// Switches a relay.
    pub fn relay(credentials: Credentials, id: DeviceId, relay: Relay) -> Self {
        Self { credentials, id, what: What::Relay(relay) }
    }

    /// Changes a light.
    pub fn light(credentials: Credentials, id: DeviceId, light: Light) -> Self {
        Self { credentials, id, what: What::Light(light) }
    }

    /// Sends a cover off.
    pub fn roller(credentials: Credentials, id: DeviceId, channel: Channel, direction: Direction) -> Self {
        Self { credentials, id, what: What::Go(channel, Some(direction)) }
    }

    /// Stops a cover.
    pub fn stop_roller(credentials: Credentials, id: DeviceId, channel: Channel) -> Self {
        Self { credentials, id, what: What::Go(channel, None) }
    }

    /// Sends a cover to a position.
    pub fn roller_to(credentials: Credentials, id: DeviceId, channel: Channel, position: Percent) -> Self {
        Self { credentials, id, what: What::To(channel, position) }
    }
}

impl Call for Control {
    type Answer = ();

    fn request(&self) -> Request {
        let fields = Fields::new().with("id", http_id(&self.id));
        let (kind, fields) = match self.what {
            What::Relay(relay) => (Kind::Relay, relay_fields(fields, relay)),
            What::Light(light) => (Kind::Light, light_fields(fields, light)),
            What::Go(channel, direction) => {
                let word = direction.map_or("stop", |direction| if direction.opens() { "open" } else { "close" });
                (Kind::Roller, fields.with("channel", channel).with("direction", word))
            }
            What::To(channel, position) => (Kind::Roller, fields.with("channel", channel).with("pos", position)),
        };
        request::signed_form(kind.path(), fields, &self.credentials)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<(), HttpError> {
        done(status, body)
    }
}

fn relay_fields(fields: Fields, relay: Relay) -> Fields {
    let params = RelayParams::from(relay);
    fields.maybe("channel", params.id).maybe("turn", params.turn).maybe("timer", params.timeout)
}

fn light_fields(fields: Fields, light: Light) -> Fields {
    let params = LightParams::from(light);
    let fields = fields.maybe("channel", params.id).maybe("turn", params.turn).maybe("mode", params.mode);
    let fields = fields.maybe("brightness", params.brightness).maybe("white", params.white).maybe("temp", params.temp);
    let fields = fields.maybe("red", params.red).maybe("green", params.green).maybe("blue", params.blue);
    let fields = fields.maybe("gain", params.gain).maybe("effect", params.effect);
    fields.maybe("timer", params.timeout).maybe("transition", params.transition)
}

/// What the parameters of a call are called, and what the same is called on the socket.
pub(super) type Names = &'static [(&'static str, &'static str)];

const RELAY: Names = &[("channel", "id"), ("turn", "turn"), ("timer", "timeout")];
const LIGHT: Names = &[
    ("channel", "id"),
    ("turn", "turn"),
    ("mode", "mode"),
    ("timer", "timeout"),
    ("red", "red"),
    ("green", "green"),
    ("blue", "blue"),
    ("white", "white"),
    ("gain", "gain"),
    ("brightness", "brightness"),
    ("effect", "effect"),
    ("temp", "temp"),
    ("transition", "transition"),
];
const ROLLER: Names = &[("channel", "id"), ("direction", "go")];
const ROLLER_TO_POS: Names = &[("channel", "id"), ("pos", "pos"), ("go_to_pos", "pos")];

/// A control call as a server finds it: the device, and the command that the same would be on the socket.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ControlForm {
    /// `id`
    pub device: Option<DeviceId>,
    /// What is asked for. The channel is 0 if none is named.
    pub body: CommandBody<'static>,
    /// The names of parameters that mean nothing in such a call, or not beside the others.
    pub unknown: Vec<String>,
    names: Names,
}

impl ControlForm {
    /// Reads the parameters of a call of this kind, every tolerated variant included.
    pub fn read(kind: Kind, params: &Params) -> Self {
        let (cmd, names) = match kind {
            Kind::Relay => (RelayParams::CMD, RELAY),
            Kind::Light => (LightParams::CMD, LIGHT),
            Kind::Roller if params.get("direction").is_some() => (RollerParams::CMD, ROLLER),
            Kind::Roller => (RollerToPosParams::CMD, ROLLER_TO_POS),
        };
        Self::of(cmd, names, params)
    }

    /// The command is read as the socket reads it, so that nothing passes here that is refused there.
    pub(super) fn of(cmd: &'static str, names: Names, params: &Params) -> Self {
        let mut given: Vec<(&str, &str)> = Vec::new();
        for (name, on_socket) in names {
            if params.get(name).is_some() && !given.iter().any(|(_, known)| known == on_socket) {
                given.push((name, on_socket));
            }
        }
        let json = written(|out| {
            let mut object = ObjectWriter::open(out);
            if !given.iter().any(|(_, known)| *known == "id") {
                object.number("id", Some(0_u16));
            }
            for (name, on_socket) in &given {
                let out = object.any_name(on_socket);
                match *name {
                    // A flag on HTTP, and a word on the socket.
                    "on" => {
                        let word = params.flag(name).map_or("", |on| if on { "on" } else { "off" });
                        push_string(out, word);
                    }
                    name => params.write(name, out),
                }
            }
            object.close();
        });
        let mut unknown: Vec<String> = Vec::new();
        for name in params.names() {
            let used = name == "id" || name == "auth_key" || given.iter().any(|(known, _)| *known == name);
            if !used && params.get(name).is_some() && !unknown.iter().any(|known| known == name) {
                unknown.push(name.into());
            }
        }
        let data = CommandData::unchecked(cmd, Some(Raw::trusted(json)));
        Self { device: params.get("id").map(DeviceId::in_http), body: data.body().into_owned(), unknown, names }
    }

    /// What is wrong with the command, in the words of this call instead of those of the socket.
    pub fn in_its_words(&self, bad: BadParams) -> BadParams {
        let word = |name: &'static str| {
            self.names.iter().find(|(_, on_socket)| *on_socket == name).map_or(name, |(word, _)| *word)
        };
        match bad {
            BadParams::Missing(name) => BadParams::Missing(word(name)),
            BadParams::OutOfRange { name, range } => match word(name) {
                "on" => BadParams::OutOfRange { name: "on", range: "true or false" },
                "direction" => BadParams::OutOfRange { name: "direction", range: "open, close or stop" },
                "position" if name == "go" => {
                    BadParams::OutOfRange { name: "position", range: "open, close, stop or 0 to 100" }
                }
                name => BadParams::OutOfRange { name, range },
            },
            BadParams::Conflict(one, other) => BadParams::Conflict(word(one), word(other)),
            BadParams::UnknownCommand => bad,
        }
    }
}

/// Switches many relays or lights at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkControl {
    credentials: Credentials,
    path: &'static str,
    turn: Turn,
    devices: Vec<(DeviceId, Channel)>,
}

impl BulkControl {
    /// Relays.
    pub fn relays(
        credentials: Credentials,
        turn: Turn,
        devices: impl IntoIterator<Item = (DeviceId, Channel)>,
    ) -> Self {
        let devices = devices.into_iter().collect();
        Self { credentials, path: "/device/relay/bulk_control", turn, devices }
    }

    /// Lights.
    pub fn lights(
        credentials: Credentials,
        turn: Turn,
        devices: impl IntoIterator<Item = (DeviceId, Channel)>,
    ) -> Self {
        Self { path: "/device/light/bulk_control", ..Self::relays(credentials, turn, devices) }
    }
}

impl Call for BulkControl {
    type Answer = ();

    fn request(&self) -> Request {
        let devices = written(|out| {
            out.push(b'[');
            for (at, (id, channel)) in self.devices.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                let mut device = ObjectWriter::open(out);
                push_string(device.name("id"), &http_id(id));
                device.number("channel", Some(channel.0));
                device.close();
            }
            out.push(b']');
        });
        let fields = Fields::new().with("turn", self.turn).with("devices", devices);
        request::signed_form(self.path, fields, &self.credentials)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<(), HttpError> {
        done(status, body)
    }
}

/// A call for many devices as a server finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkForm {
    /// `turn`
    pub turn: Option<String>,
    /// `devices`; `None` if that is no array of objects with ids.
    pub devices: Option<Vec<(DeviceId, Channel)>>,
}

impl BulkForm {
    /// Reads the parameters.
    pub fn read(params: &Params) -> Self {
        let list = params.json("devices");
        let mut devices = Some(Vec::new());
        let read = members::each_item(list.as_ref().map_or("null", |list| list.as_str()), |item| {
            let device = Object::read(item).ok().and_then(|device| {
                let id = DeviceId::in_http(&device.text("id")?);
                let channel = device.get("channel").map_or(Some(0), members::natural)?;
                Some((id, Channel(u16::try_from(channel).ok()?)))
            });
            match (device, &mut devices) {
                (Some(device), Some(list)) => list.push(device),
                _ => devices = None,
            }
        });
        Self { turn: params.get("turn").map(Into::into), devices: devices.filter(|_| read.is_ok()) }
    }
}
