//! The world file: who and what there is when the mock starts.

use crate::{Options, tables};
use dummyload_host::world_file::{self, Check, WorldFileError};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shelly_proto::{DIY_CLIENT, DeviceId, Form, Generation};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The demo world as a world file, with comments.
pub const DEMO_WORLD: &str = include_str!("demo.toml");

/// Everything that the mock knows at its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WorldFile {
    /// Choices about behaviour.
    pub options: Options,
    /// Programs that may ask for a login. If none is named, it is the one that everybody may use.
    #[serde(rename = "client", deserialize_with = "tables::several")]
    pub clients: Vec<ClientSeed>,
    /// The accounts.
    #[serde(rename = "user", deserialize_with = "tables::several")]
    pub users: Vec<UserSeed>,
    /// Their rooms.
    #[serde(rename = "room", deserialize_with = "tables::several")]
    pub rooms: Vec<RoomSeed>,
    /// The devices; the order is kept.
    #[serde(rename = "device", deserialize_with = "tables::several")]
    pub devices: Vec<DeviceSeed>,
}

impl Default for WorldFile {
    fn default() -> Self {
        Self {
            options: Options::default(),
            clients: vec![ClientSeed { id: DIY_CLIENT.to_owned(), redirect: DIY_REDIRECT.to_owned() }],
            users: Vec::new(),
            rooms: Vec::new(),
            devices: Vec::new(),
        }
    }
}

/// Any https address, and the machine itself (dossier 4.1).
const DIY_REDIRECT: &str = r"(?i:https)://.+|(?i:http)://(localhost|127\.0\.0\.1)(:[0-9]+)?([/?].*)?";

/// A program that may ask for a login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ClientSeed {
    /// `client_id`
    pub id: String,
    /// The regular expression that a `redirect_uri` has to match as a whole.
    pub redirect: String,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UserSeed {
    /// The number in `user_id` and `user`.
    pub id: u64,
    /// The address to log in with; compared without regard to case.
    pub email: String,
    /// The password as a person types it; calls carry its SHA-1.
    pub password: String,
    /// The classic credential of HTTP calls; there is none if it is empty.
    #[serde(default)]
    pub auth_key: String,
    /// The server of this account, as `https://host`; empty: the one of the options.
    #[serde(default)]
    pub server: String,
}

/// One room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RoomSeed {
    /// `room_id`
    pub id: u64,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub owner: u64,
}

/// One device. What it can do follows from its parts, not from its model; the model gives ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeviceSeed {
    /// Hexadecimal for G1 and G2, with an X for GBLE, decimal for V1 (dossier 2.1).
    pub id: String,
    /// The generation: `G1`, `G2`, `GBLE`, `V1` or any other.
    #[serde(rename = "gen")]
    pub generation: String,
    /// The model, as `SHSW-PM`.
    pub code: String,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub owner: u64,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<u64>,
    /// Which other accounts see it (dossier 6).
    #[serde(default)]
    pub shared_with: Vec<u64>,
    /// Whether the cloud reaches it.
    #[serde(default = "yes")]
    pub online: bool,
    /// It takes commands and never answers, as a battery device that sleeps (dossier 11.2).
    #[serde(default)]
    pub silent: bool,
    /// The device that passes on what this one reports (GBLE).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Its address in its home.
    #[serde(default = "ip")]
    pub ip: String,
    /// Further members of its status, as they are.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub body: Map<String, Value>,
    /// The infrared codes that are stored in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ir_codes: Vec<String>,
    /// What it measures about its surroundings.
    #[serde(default, deserialize_with = "tables::one", skip_serializing_if = "Option::is_none")]
    pub sensor: Option<SensorSeed>,
    /// Its relays or switches, by channel.
    #[serde(default, rename = "relay", deserialize_with = "tables::several", skip_serializing_if = "Vec::is_empty")]
    pub relays: Vec<RelaySeed>,
    /// Its lights, by channel.
    #[serde(default, rename = "light", deserialize_with = "tables::several", skip_serializing_if = "Vec::is_empty")]
    pub lights: Vec<LightSeed>,
    /// Its rollers or covers, by channel.
    #[serde(default, rename = "roller", deserialize_with = "tables::several", skip_serializing_if = "Vec::is_empty")]
    pub rollers: Vec<RollerSeed>,
    /// Its energy meters, by channel or phase.
    #[serde(default, rename = "meter", deserialize_with = "tables::several", skip_serializing_if = "Vec::is_empty")]
    pub meters: Vec<MeterSeed>,
    /// Its virtual components.
    #[serde(default, rename = "value", deserialize_with = "tables::several", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueSeed>,
}

/// A relay or switch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RelaySeed {
    /// Whether it is on.
    pub on: bool,
    /// What hangs on it, in watts.
    pub load: f64,
    /// Whether it measures power.
    pub metered: bool,
}

impl Default for RelaySeed {
    fn default() -> Self {
        Self { on: false, load: 60.0, metered: true }
    }
}

/// What a light can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LightKind {
    /// Brightness (Gen1 dimmers; Gen2 `light`).
    #[default]
    Dimmer,
    /// Brightness and temperature (Gen1 Duo; Gen2 `cct`).
    Cct,
    /// Colours (Gen2 `rgb`).
    Rgb,
    /// Colours and white (Gen1 RGBW2, which has a white mode too; Gen2 `rgbw`).
    Rgbw,
    /// Colours, and white with a temperature (Gen1 bulbs).
    Bulb,
}

/// A light.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LightSeed {
    /// What it can do.
    pub kind: LightKind,
    /// Whether it is on.
    pub on: bool,
    /// `color` or `white`, for those that have both.
    pub mode: String,
    /// Percent.
    pub brightness: u8,
    /// Percent; the brightness of colours in Gen1.
    pub gain: u8,
    /// Red, green, blue, 0 to 255.
    pub rgb: [u8; 3],
    /// 0 to 255; with a temperature 0 to 100.
    pub white: u8,
    /// Kelvin.
    pub temp: u16,
    /// The number of the effect; 0 is none.
    pub effect: u8,
    /// Watts at full brightness.
    pub load: f64,
}

impl Default for LightSeed {
    fn default() -> Self {
        Self {
            kind: LightKind::Dimmer,
            on: false,
            mode: "white".to_owned(),
            brightness: 100,
            gain: 100,
            rgb: [255, 255, 255],
            white: 0,
            temp: 3000,
            effect: 0,
            load: 10.0,
        }
    }
}

/// A roller or cover.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RollerSeed {
    /// Percent; 100 is open.
    pub position: f64,
    /// Whether it knows its position.
    pub calibrated: bool,
    /// Seconds from closed to open.
    pub travel: f64,
    /// The position of the slats in percent; it has none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slats: Option<f64>,
    /// Watts while it moves.
    pub load: f64,
}

impl Default for RollerSeed {
    fn default() -> Self {
        Self { position: 0.0, calibrated: true, travel: 20.0, slats: None, load: 120.0 }
    }
}

/// What a device measures about its surroundings; what is absent it does not measure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SensorSeed {
    /// Seconds between two reports of a device that sleeps; it is always awake if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sleeps: Option<u32>,
    /// Degrees Celsius.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Relative humidity in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub humidity: Option<f64>,
    /// Lux.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lux: Option<f64>,
    /// Whether the door or window is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// Degrees by which the window is tilted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tilt: Option<f64>,
    /// Whether there is water.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flood: Option<bool>,
    /// Whether there is smoke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smoke: Option<bool>,
    /// The battery in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery: Option<f64>,
}

/// An energy meter or one phase of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MeterSeed {
    /// Watts.
    pub power: f64,
    /// Volts.
    pub voltage: f64,
    /// Watt hours so far.
    pub total: f64,
}

impl Default for MeterSeed {
    fn default() -> Self {
        Self { power: 0.0, voltage: 230.0, total: 0.0 }
    }
}

/// A virtual component of a Gen2 device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ValueSeed {
    /// `boolean`, `number`, `text` or `enum`.
    pub kind: ValueKind,
    /// Its number, from 200 on.
    pub id: u16,
    /// What it is.
    pub value: Value,
    /// The lowest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The highest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The texts that an enum can be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// The kinds of virtual components.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ValueKind {
    /// True or false.
    Boolean,
    /// A number.
    Number,
    /// A text.
    Text,
    /// One of some texts.
    Enum,
}

fn yes() -> bool {
    true
}
fn ip() -> String {
    "192.168.1.20".to_owned()
}

impl LightKind {
    /// The name in the file.
    fn name(self) -> &'static str {
        match self {
            Self::Dimmer => "dimmer",
            Self::Cct => "cct",
            Self::Rgb => "rgb",
            Self::Rgbw => "rgbw",
            Self::Bulb => "bulb",
        }
    }
}

impl ValueKind {
    /// The name of the component.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Text => "text",
            Self::Enum => "enum",
        }
    }
}

impl ValueSeed {
    /// Why this value is none that the component can have.
    pub(crate) fn unfit(&self, value: &Value) -> Option<String> {
        let wanted = match (self.kind, value) {
            (ValueKind::Boolean, Value::Bool(_)) => return None,
            (ValueKind::Text, Value::String(text)) if text.chars().count() <= LONGEST_TEXT => return None,
            (ValueKind::Number, Value::Number(number)) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                if self.min.is_none_or(|min| min <= number) && self.max.is_none_or(|max| number <= max) {
                    return None;
                }
                format!("a number from {:?} to {:?}", self.min.unwrap_or(f64::MIN), self.max.unwrap_or(f64::MAX))
            }
            (ValueKind::Enum, Value::String(text)) if self.options.contains(text) => return None,
            (ValueKind::Boolean, _) => "true or false".to_owned(),
            (ValueKind::Number, _) => "a number".to_owned(),
            (ValueKind::Text, _) => format!("a text of at most {LONGEST_TEXT} characters"),
            (ValueKind::Enum, _) => format!("one of {:?}", self.options),
        };
        Some(wanted)
    }
}

impl ClientSeed {
    /// Its expression, for a whole `redirect_uri`.
    pub(crate) fn pattern(&self) -> Result<Regex, regex::Error> {
        Regex::new(&format!("^(?:{})$", self.redirect))
    }
}

impl DeviceSeed {
    /// The generation as a type.
    pub(crate) fn generation(&self) -> Generation {
        Generation::parse(&self.generation)
    }

    /// The id as the place of its generation has it.
    pub(crate) fn device_id(&self) -> DeviceId {
        DeviceId::in_status(&self.id, &self.generation())
    }
}

/// The most characters of a text component. A bound of the mock, as the next but one.
const LONGEST_TEXT: usize = 255;
/// More power than any home has.
pub(crate) const MOST_WATTS: f64 = 1e6;

/// Whether a number is within its range, for people who are told where it goes.
pub(crate) fn within(
    what: &str,
    value: impl Into<Option<f64>>,
    range: RangeInclusive<f64>,
    unit: &str,
) -> Result<(), String> {
    match value.into().filter(|value| !range.contains(value)) {
        None => Ok(()),
        Some(value) => {
            Err(format!("the {what} is {value}; it goes from {} to {} ({unit})", range.start(), range.end()))
        }
    }
}

impl SensorSeed {
    /// The first of these that it does not measure.
    pub(crate) fn lacks(&self, change: &Self) -> Option<&'static str> {
        macro_rules! first {
            ($($name:ident)*) => { $(if change.$name.is_some() && self.$name.is_none() { return Some(stringify!($name)); })* };
        }
        first!(temperature humidity lux open tilt flood smoke battery);
        None
    }

    /// The first number that cannot be measured.
    pub(crate) fn check(&self) -> Result<(), String> {
        within("temperature", self.temperature, -273.15..=1000.0, "degrees Celsius")?;
        within("humidity", self.humidity, 0.0..=100.0, "percent")?;
        within("lux", self.lux, 0.0..=1e6, "lux")?;
        within("tilt", self.tilt, -360.0..=360.0, "degrees")?;
        within("battery", self.battery, 0.0..=100.0, "percent")
    }
}

/// The most channels of one kind in a device. A bound of the mock, so that its events stay below 10 KB (dossier 8).
const MOST_CHANNELS: usize = 8;

impl WorldFile {
    /// Reads a world file, TOML or JSON (a text that begins with `{`).
    ///
    /// # Errors
    /// Text that is no TOML or JSON, members that there are not, and references to nothing.
    pub fn parse(text: &str) -> Result<Self, WorldFileError> {
        let file: Self = world_file::read(text)?;
        file.check()?;
        Ok(file)
    }

    /// The demo world.
    pub fn demo() -> Self {
        // A test reads the file that is built in, so this does not happen.
        Self::parse(DEMO_WORLD).unwrap_or_default()
    }

    /// Checks that every reference has its target, every id is one thing's only, and every number is in its range.
    pub(crate) fn check(&self) -> Result<(), WorldFileError> {
        let mut check = Check::default();
        self.options.look(&mut check);
        for client in &self.clients {
            check.unique("client id", &client.id, "the file");
            if let Err(e) = client.pattern() {
                check.wrong(format!("the redirect of client {} is no pattern: {e}", client.id));
            }
        }
        for user in &self.users {
            let name = format!("user {}", user.id);
            check.number("user id", user.id, "the file");
            check.unique("e-mail address", user.email.to_lowercase(), &name);
            if !user.email.contains('@') {
                check.wrong(format!("the email of {name} has no @"));
            }
            if !user.auth_key.is_empty() {
                check.secret("auth_key", &user.auth_key, &name);
            }
            server(&mut check, &format!("the server of {name}"), &user.server);
        }
        if !self.options.auto_approve.is_empty() {
            check.refers("e-mail address", self.options.auto_approve.to_lowercase(), "the option auto_approve");
        }
        for room in &self.rooms {
            check.number("room id", room.id, "the file");
            check.refers("user id", room.owner, format!("the owner of room {}", room.id));
        }
        let mut ids: BTreeMap<DeviceId, &str> = BTreeMap::new();
        for device in &self.devices {
            if let Some(first) = ids.insert(device.device_id(), &device.id) {
                check.wrong(format!("device {} and device {first} have the same id; give each one its own", device.id));
            }
            check.refers("user id", device.owner, format!("the owner of device {}", device.id));
            let mut shared = BTreeSet::new();
            for user in &device.shared_with {
                check.refers("user id", user, format!("one with whom device {} is shared", device.id));
                if *user == device.owner || !shared.insert(*user) {
                    check.wrong(format!("device {} is shared with user {user}, who has it already", device.id));
                }
            }
            if let Some(room) = device.room {
                check.refers("room id", room, format!("the room of device {}", device.id));
            }
            if let Err(what) = device.check() {
                check.wrong(format!("device {}: {what}", device.id));
            }
        }
        for device in &self.devices {
            if let Some(gateway) = device.gateway.as_ref().filter(|id| !ids.contains_key(&DeviceId::in_http(id))) {
                check.wrong(format!("the gateway of device {} is {gateway}, and there is no such device", device.id));
            }
        }
        check.end()
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), WorldFileError> {
        let mut check = Check::default();
        self.look(&mut check);
        check.end()
    }

    fn look(&self, check: &mut Check) {
        server(check, "the option user_api_url", &self.user_api_url);
        server(check, "the option moves_to", &self.moves_to);
        if self.token_secret.is_empty() {
            check.wrong("the option token_secret is empty; give it any text");
        }
    }
}

/// `user_api_url` has no path, not even a slash (dossier 3).
fn server(check: &mut Check, what: &str, url: &str) {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let plain = host.is_some_and(|host| {
        !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
    });
    if !url.is_empty() && !plain {
        check.wrong(format!("{what} is {url:?}; write https://host, without a path and without a slash at the end"));
    }
}

impl DeviceSeed {
    /// The first mistake within a device.
    fn check(&self) -> Result<(), String> {
        let wrong = Err;
        let (generation, id) = (self.generation(), self.device_id());
        let spelling = match generation {
            Generation::Ble => (id.form() == Form::X && self.id.is_ascii(), "starts with X"),
            Generation::Virtual => (id.form() == Form::Decimal, "is a decimal number"),
            _ if generation.has_hex_ids() => {
                let lower = self.id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                let short = id.as_number().is_some_and(|number| number < 1 << 24);
                let text = "has 6 or 12 hexadecimal digits in lower case, and 6 if the first six of 12 are zeros";
                (lower && self.id.len() == if short { 6 } else { 12 }, text)
            }
            _ => (matches!(id.form(), Form::X | Form::Decimal), "starts with X, or is a decimal number"),
        };
        if !spelling.0 && matches!(generation, Generation::Other(_)) {
            let text = format!("gen is {:?}, which is none of G1, G2, GBLE and V1", self.generation);
            return wrong(format!("{text}; the id of a device of another generation {}", spelling.1));
        }
        if !spelling.0 {
            return wrong(format!("the id of a {generation} device {}", spelling.1));
        }
        for (name, number) in [
            ("relay", self.relays.len()),
            ("light", self.lights.len()),
            ("roller", self.rollers.len()),
            ("meter", self.meters.len()),
            ("value", self.values.len()),
        ] {
            if number > MOST_CHANNELS {
                return wrong(format!("it has {number} tables {name}; the mock takes {MOST_CHANNELS}"));
            }
        }
        if !self.values.is_empty() && generation != Generation::Gen2 {
            return wrong("only a G2 device has virtual components".into());
        }
        for relay in &self.relays {
            within("load of a relay", relay.load, -MOST_WATTS..=MOST_WATTS, "watts")?;
        }
        for meter in &self.meters {
            within("power of a meter", meter.power, -MOST_WATTS..=MOST_WATTS, "watts")?;
            within("voltage of a meter", meter.voltage, 1.0..=1000.0, "volts")?;
            within("total of a meter", meter.total, 0.0..=1e12, "watt hours")?;
        }
        for light in &self.lights {
            let unknown = matches!(
                (&generation, light.kind),
                (Generation::Gen1, LightKind::Rgb) | (Generation::Gen2, LightKind::Bulb)
            );
            if unknown {
                return wrong(format!("{generation} has no light of the kind {}", light.kind.name()));
            }
            if light.brightness > 100 || light.gain > 100 {
                return wrong("brightness and gain of a light go from 0 to 100 (percent)".into());
            }
            within("load of a light", light.load, 0.0..=MOST_WATTS, "watts")?;
            if !matches!(light.mode.as_str(), "color" | "white") {
                return wrong(format!("the mode of a light is {:?}; it can be color or white", light.mode));
            }
        }
        for roller in &self.rollers {
            within("position of a roller", roller.position, 0.0..=100.0, "percent")?;
            within("slats of a roller", roller.slats, 0.0..=100.0, "percent")?;
            within("travel of a roller", roller.travel, 0.1..=3600.0, "seconds")?;
            within("load of a roller", roller.load, 0.0..=MOST_WATTS, "watts")?;
        }
        if let Some(sensor) = &self.sensor {
            if sensor.sleeps == Some(0) {
                return wrong("sleeps is 0; leave it out for a sensor that is always awake".into());
            }
            sensor.check()?;
        }
        let mut seen = BTreeSet::new();
        for value in &self.values {
            if value.id < 200 {
                return wrong(format!(
                    "{} has the number {}; those of virtual components count from 200",
                    value.kind.name(),
                    value.id
                ));
            }
            if !seen.insert((value.kind.name(), value.id)) {
                return wrong(format!("the component {}:{} stands twice", value.kind.name(), value.id));
            }
            if let Some(wanted) = value.unfit(&value.value) {
                let name = format!("{}:{}", value.kind.name(), value.id);
                return wrong(format!("the value of {name} is {}; it must be {wanted}", value.value));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_world_is_valid() {
        let demo = WorldFile::parse(DEMO_WORLD).unwrap();
        assert_eq!((demo.clients.len(), demo.users.len(), demo.rooms.len()), (2, 2, 3));
        assert!(demo.devices.len() >= 18);
    }

    #[test]
    fn the_demo_world_says_all_options() {
        let said: toml::Table = toml::from_str(DEMO_WORLD).unwrap();
        let all = serde_json::to_value(Options::default()).unwrap();
        assert_eq!(serde_json::to_value(&said["options"]).unwrap(), all);
    }

    #[test]
    fn a_world_survives_toml_and_json() {
        let demo = WorldFile::demo();
        assert_eq!(WorldFile::parse(&toml::to_string(&demo).unwrap()).unwrap(), demo);
        assert_eq!(WorldFile::parse(&serde_json::to_string(&demo).unwrap()).unwrap(), demo);
    }

    #[test]
    fn mistakes_are_named() {
        for (change, to, expected) in [
            ("owner = 6551", "owner = 7", "the owner of room 3 is user id 7"),
            (
                "id = \"062fa0\"",
                "id = \"dc4f2276846a\"",
                "device dc4f2276846a and device dc4f2276846a have the same id",
            ),
            ("id = \"062fa0\"", "id = \"62fa0\"", "device 62fa0: the id of a G1 device has 6 or 12"),
            ("id = \"062fa0\"", "id = \"062FA0\"", "in lower case"),
            ("travel = 20.0", "travel = 0.0", "the travel of a roller is 0; it goes from 0.1 to 3600 (seconds)"),
            ("shared_with = []", "shared_with = [1]", "is shared is user id 1"),
            ("gateway = \"84cca87c0144\"", "gateway = \"ffffff\"", "the gateway of device XB1234567890123 is ffffff"),
            ("gen = \"G1\"", "gen = \"Gen1\"", "gen is \"Gen1\", which is none of G1, G2, GBLE and V1"),
            ("[device.sensor]", "[[device.sensor]]", "single brackets, as in [device.sensor] at line"),
            ("[[device.roller]]", "[device.roller]", "double brackets, as in [[device.relay]] at line"),
            ("shared_with = []", "shared_with = [6550]", "is shared with user 6550, who has it already"),
            ("email = \"demo@example.com\"", "email = \"demo\"", "the email of user 6550 has no @"),
            ("temperature = 21.3", "temperature = 1e308", "it goes from -273.15 to 1000 (degrees Celsius)"),
            ("kind = \"boolean\"\nid = 200", "kind = \"boolean\"\nid = 100", "virtual components count from 200"),
            ("calibrated = true", "calibated = true", "unknown field `calibated`"),
            ("user_api_url = \"\"", "user_api_url = \"https://a/\"", "the option user_api_url is \"https://a/\""),
            ("auto_approve = \"\"", "auto_approve = \"x@y\"", "the option auto_approve is e-mail address x@y"),
            ("token_secret = \"dummyload\"", "token_secret = \"\"", "the option token_secret is empty"),
            ("redirect = \"(?i:https)", "redirect = \"((?i:https)", "the redirect of client shelly-diy is no pattern"),
            ("value = true", "value = 1", "the value of boolean:200 is 1; it must be true or false"),
        ] {
            assert!(DEMO_WORLD.contains(change), "{change}");
            let error = WorldFile::parse(&DEMO_WORLD.replacen(change, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{change}: {error}");
        }
    }
}
