//! The second version of the calls: JSON both ways, and codes for errors (dossier 7).

use super::answer::{accepted, body_text};
use super::control::{ControlForm, Kind, Names};
use super::devices::http_id;
use super::params::Params;
use super::request::{self, Credentials, Request};
use super::{Call, HttpError};
use crate::error::BadParams;
use crate::escape::{ObjectWriter, push_list, push_string, written};
use crate::message::{Extra, LightParams, Raw, RelayParams, RollerParams, RollerToPosParams};
use crate::{Channel, DeviceId, Direction, Generation, Light, Move, OutOfRange, Roller, RollerToPos, Turn};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use dummyload_codec::members::{self, Slots};

/// The path of [`GetDevices`].
pub const GET_PATH: &str = "/v2/devices/api/get";
/// The path of [`SetGroups`].
pub const GROUPS_PATH: &str = "/v2/devices/api/set/groups";

/// The path of [`Set`] for a kind of device.
pub const fn set_path(kind: Kind) -> &'static str {
    match kind {
        Kind::Relay => "/v2/devices/api/set/switch",
        Kind::Roller => "/v2/devices/api/set/cover",
        Kind::Light => "/v2/devices/api/set/light",
    }
}

/// Asks for up to ten devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetDevices {
    credentials: Credentials,
    ids: Vec<DeviceId>,
    status: bool,
    settings: bool,
    pick: Option<Raw<'static>>,
}

impl GetDevices {
    /// These devices, with nothing but who they are.
    ///
    /// # Errors
    /// Not one to ten.
    pub fn new(credentials: Credentials, ids: impl IntoIterator<Item = DeviceId>) -> Result<Self, OutOfRange> {
        let ids: Vec<_> = ids.into_iter().collect();
        if !(1..=10).contains(&ids.len()) {
            let given = i64::try_from(ids.len()).unwrap_or(i64::MAX);
            return Err(OutOfRange::new("number of devices", given, "1 to 10 in one call"));
        }
        Ok(Self { credentials, ids, status: false, settings: false, pick: None })
    }

    /// With their statuses.
    #[must_use]
    pub fn status(mut self) -> Self {
        self.status = true;
        self
    }

    /// With their settings.
    #[must_use]
    pub fn settings(mut self) -> Self {
        self.settings = true;
        self
    }

    /// Only these members of statuses and settings: `pick`, an object.
    #[must_use]
    pub fn pick(mut self, pick: Raw<'static>) -> Self {
        self.pick = Some(pick);
        self
    }
}

impl Call for GetDevices {
    type Answer = Vec<Device>;

    fn request(&self) -> Request {
        let body = written(|out| {
            let mut body = ObjectWriter::open(out);
            push_list(body.name("ids"), self.ids.iter().map(http_id));
            let selected = [("status", self.status), ("settings", self.settings)];
            let selected: Vec<_> = selected.iter().filter(|(_, wanted)| *wanted).map(|(name, _)| *name).collect();
            if !selected.is_empty() {
                push_list(body.name("select"), selected);
            }
            body.json("pick", self.pick.as_ref().map(Raw::as_str));
            body.close();
        });
        request::signed_json(GET_PATH, body, &self.credentials)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Vec<Device>, HttpError> {
        accepted(status, body)?;
        let mut devices = Some(Vec::new());
        let read = members::each_item(body_text(body)?, |item| match (Device::read(item), &mut devices) {
            (Some(device), Some(list)) => list.push(device),
            _ => devices = None,
        });
        let devices = devices.filter(|_| read.is_ok());
        devices.ok_or_else(|| HttpError::shape("an array of objects with ids is wanted"))
    }
}

/// A device as [`GetDevices`] brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Device {
    /// `id`
    pub id: DeviceId,
    /// `type`
    pub kind: Option<String>,
    /// `code`: the model.
    pub code: Option<String>,
    /// `gen`
    pub generation: Option<Generation>,
    /// `online`, 0 or 1 here.
    pub online: Option<bool>,
    /// `status`
    pub status: Option<Raw<'static>>,
    /// `settings`
    pub settings: Option<Raw<'static>>,
    /// Everything else.
    pub extra: Extra<'static>,
}

impl Device {
    /// A device without anything else.
    pub fn new(id: DeviceId, generation: Generation, code: impl Into<String>, online: bool) -> Self {
        Self {
            id,
            kind: None,
            code: Some(code.into()),
            generation: Some(generation),
            online: Some(online),
            status: None,
            settings: None,
            extra: Extra::default(),
        }
    }

    fn read(json: &str) -> Option<Self> {
        let mut device = Slots::read(json, &["id", "type", "code", "gen", "online", "status", "settings"]).ok()?;
        let generation = device.take("gen", |json| members::text(json).map(|text| Generation::parse(&text)));
        let id = device.take("id", |json| match members::text(json) {
            Some(text) => Some(DeviceId::in_status(&text, generation.as_ref().unwrap_or(&Generation::Gen2))),
            None => json.parse().ok().map(DeviceId::number),
        })?;
        let (kind, code) = (device.text("type").map(Cow::into_owned), device.text("code").map(Cow::into_owned));
        let online = device.take("online", members::flag);
        let (status, settings) =
            (device.raw("status").map(Raw::into_owned), device.raw("settings").map(Raw::into_owned));
        Some(Self { id, kind, code, generation, online, status, settings, extra: device.rest().into_owned() })
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        let generation = self.generation.as_ref();
        push_string(object.name("id"), &generation.map_or_else(|| self.id.to_hex(), |known| self.id.to_http(known)));
        object.text("type", self.kind.as_deref());
        object.text("code", self.code.as_deref());
        object.text("gen", generation.map(Generation::as_str));
        object.number("online", self.online.map(u8::from));
        object.json("status", self.status.as_ref().map(Raw::as_str));
        object.json("settings", self.settings.as_ref().map(Raw::as_str));
        self.extra.write(&mut object);
        object.close();
    }

    /// The text of an answer with these devices.
    pub fn list_to_json(devices: &[Self]) -> String {
        written(|out| {
            out.push(b'[');
            for (at, device) in devices.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                device.encode_into(out);
            }
            out.push(b']');
        })
    }
}

/// What is to be set, without the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    /// On or off, and after how many seconds it changes back.
    Switch(bool, Option<u32>),
    Cover(Roller),
    CoverTo(RollerToPos),
    Light(Light),
}

impl Setting {
    fn kind(&self) -> Kind {
        match self {
            Self::Switch(..) => Kind::Relay,
            Self::Cover(_) | Self::CoverTo(_) => Kind::Roller,
            Self::Light(_) => Kind::Light,
        }
    }

    fn write(&self, object: &mut ObjectWriter<'_>) {
        match *self {
            Self::Switch(on, toggle_after) => {
                object.boolean("on", Some(on));
                object.number("toggle_after", toggle_after);
            }
            Self::Cover(roller) => {
                let opens = roller.direction().map(Direction::opens);
                let word = opens.map_or("stop", |opens| if opens { "open" } else { "close" });
                object.text("position", Some(word));
                object.number("duration", roller.duration_seconds());
            }
            Self::CoverTo(roller) => {
                write_move(object, roller.cover_move(), "position", "relative");
                write_move(object, roller.slats_move(), "slatPosition", "slatRelative");
            }
            Self::Light(light) => {
                let params = LightParams::from(light);
                object.boolean("on", params.turn.as_deref().map(|turn| turn == Turn::On.as_str()));
                object.text("mode", params.mode.as_deref());
                object.float("temperature", params.temp);
                object.float("brightness", params.brightness);
                object.float("red", params.red);
                object.float("green", params.green);
                object.float("blue", params.blue);
                object.float("white", params.white);
                object.float("gain", params.gain);
                object.float("effect", params.effect);
                object.float("toggle_after", params.timeout);
            }
        }
    }
}

fn write_move(object: &mut ObjectWriter<'_>, movement: Option<Move>, to: &'static str, by: &'static str) {
    match movement {
        None => {}
        Some(Move::To(position)) => object.number(to, Some(position.get())),
        Some(Move::By(shift)) => object.number(by, Some(shift.get())),
    }
}

/// Sets one channel of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    credentials: Credentials,
    id: DeviceId,
    channel: Channel,
    setting: Setting,
}

impl Set {
    /// A switch.
    pub fn switch(credentials: Credentials, id: DeviceId, channel: Channel, on: bool) -> Self {
        Self { credentials, id, channel, setting: Setting::Switch(on, None) }
    }

    /// A switch that changes back after so many seconds.
    pub fn switch_for(credentials: Credentials, id: DeviceId, channel: Channel, on: bool, seconds: u32) -> Self {
        Self { credentials, id, channel, setting: Setting::Switch(on, Some(seconds)) }
    }

    /// A cover sent off or stopped.
    pub fn cover(credentials: Credentials, id: DeviceId, roller: Roller) -> Self {
        Self { credentials, id, channel: roller.channel(), setting: Setting::Cover(roller) }
    }

    /// A cover, its slats or both sent to positions.
    pub fn cover_to(credentials: Credentials, id: DeviceId, roller: RollerToPos) -> Self {
        Self { credentials, id, channel: roller.channel(), setting: Setting::CoverTo(roller) }
    }

    /// A light.
    ///
    /// # Errors
    /// It is to be toggled, for which this version has no word.
    pub fn light(credentials: Credentials, id: DeviceId, light: Light) -> Result<Self, BadParams> {
        if light.is_toggle() {
            return Err(BadParams::OutOfRange { name: "turn", range: "on or off" });
        }
        Ok(Self { credentials, id, channel: light.channel(), setting: Setting::Light(light) })
    }
}

impl Call for Set {
    type Answer = ();

    fn request(&self) -> Request {
        let body = written(|out| {
            let mut body = ObjectWriter::open(out);
            body.text("id", Some(&http_id(&self.id)));
            body.number("channel", Some(self.channel.0));
            self.setting.write(&mut body);
            body.close();
        });
        request::signed_json(set_path(self.setting.kind()), body, &self.credentials)
    }

    /// A success has an empty body or an envelope (dossier 7).
    fn answer(&self, status: u16, body: &[u8]) -> Result<(), HttpError> {
        match (status, body.trim_ascii()) {
            (200..=299, b"") => Ok(()),
            _ => accepted(status, body).map(drop),
        }
    }
}

const SWITCH: Names = &[("channel", "id"), ("on", "turn"), ("toggle_after", "timeout")];
const LIGHT: Names = &[
    ("channel", "id"),
    ("on", "turn"),
    ("mode", "mode"),
    ("toggle_after", "timeout"),
    ("red", "red"),
    ("green", "green"),
    ("blue", "blue"),
    ("white", "white"),
    ("gain", "gain"),
    ("brightness", "brightness"),
    ("effect", "effect"),
    ("temperature", "temp"),
];
const COVER: Names = &[("channel", "id"), ("position", "go"), ("duration", "duration")];
const COVER_TO: Names = &[
    ("channel", "id"),
    ("position", "pos"),
    ("relative", "rel"),
    ("slatPosition", "slat_pos"),
    ("slatRelative", "slat_rel"),
];

impl ControlForm {
    /// Reads the parameters of a [`Set`] of this kind.
    pub fn read_v2(kind: Kind, params: &Params) -> Self {
        let is_word = |text: &str| members::number(text).is_none();
        let (cmd, names) = match kind {
            Kind::Relay => (RelayParams::CMD, SWITCH),
            Kind::Light => (LightParams::CMD, LIGHT),
            Kind::Roller if params.get("position").is_some_and(is_word) => (RollerParams::CMD, COVER),
            Kind::Roller => (RollerToPosParams::CMD, COVER_TO),
        };
        Self::of(cmd, names, params)
    }
}

/// Sets many channels of many devices, each kind in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetGroups {
    credentials: Credentials,
    groups: Vec<(Vec<(DeviceId, Channel)>, Setting)>,
}

impl SetGroups {
    /// Nothing yet.
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials, groups: Vec::new() }
    }

    /// Switches.
    #[must_use]
    pub fn switches(self, ids: impl IntoIterator<Item = (DeviceId, Channel)>, on: bool) -> Self {
        self.group(ids, Setting::Switch(on, None))
    }

    /// Covers sent off or stopped. The channel of `roller` does not count.
    #[must_use]
    pub fn covers(self, ids: impl IntoIterator<Item = (DeviceId, Channel)>, roller: Roller) -> Self {
        self.group(ids, Setting::Cover(roller))
    }

    /// Lights. The channel of `light` does not count.
    ///
    /// # Errors
    /// They are to be toggled, for which this version has no word.
    pub fn lights(self, ids: impl IntoIterator<Item = (DeviceId, Channel)>, light: Light) -> Result<Self, BadParams> {
        if light.is_toggle() {
            return Err(BadParams::OutOfRange { name: "turn", range: "on or off" });
        }
        Ok(self.group(ids, Setting::Light(light)))
    }

    /// A later group of a kind replaces an earlier one: the request has one place for each.
    fn group(mut self, ids: impl IntoIterator<Item = (DeviceId, Channel)>, setting: Setting) -> Self {
        self.groups.retain(|(_, other)| other.kind() != setting.kind());
        self.groups.push((ids.into_iter().collect(), setting));
        self
    }
}

impl Call for SetGroups {
    type Answer = FailedCommands;

    fn request(&self) -> Request {
        let body = written(|out| {
            let mut body = ObjectWriter::open(out);
            for (name, kind) in [("switch", Kind::Relay), ("cover", Kind::Roller), ("light", Kind::Light)] {
                let Some((ids, setting)) = self.groups.iter().find(|(_, setting)| setting.kind() == kind) else {
                    continue;
                };
                let mut group = ObjectWriter::open(body.name(name));
                push_list(group.name("ids"), ids.iter().map(|(id, channel)| format!("{}_{channel}", http_id(id))));
                let mut command = ObjectWriter::open(group.name("command"));
                setting.write(&mut command);
                command.close();
                group.close();
            }
            body.close();
        });
        request::signed_json(GROUPS_PATH, body, &self.credentials)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<FailedCommands, HttpError> {
        if let (200..=299, b"") = (status, body.trim_ascii()) {
            return Ok(FailedCommands::default());
        }
        let answer = accepted(status, body)?;
        let failed = answer.object("failedCommands").or_else(|| answer.object("data")?.object("failedCommands"));
        let text = |json: &str| members::text(json).map_or_else(|| json.to_string(), Cow::into_owned);
        let failed = failed.unwrap_or_default();
        Ok(FailedCommands { codes: failed.iter().map(|(id, code)| (id.to_string(), text(code))).collect() })
    }
}

/// Which commands of a [`SetGroups`] failed, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedCommands {
    /// Ids with their channels, as `84cca87c0144_0`, and codes.
    pub codes: Vec<(String, String)>,
}

impl FailedCommands {
    /// These failures.
    pub fn new(codes: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { codes: codes.into_iter().collect() }
    }

    /// The text of the answer.
    pub fn to_json(&self) -> String {
        written(|out| {
            let mut object = ObjectWriter::open(out);
            object.boolean("isok", Some(true));
            let mut failed = ObjectWriter::open(object.name("failedCommands"));
            for (id, code) in &self.codes {
                push_string(failed.any_name(id), code);
            }
            failed.close();
            object.close();
        })
    }
}
