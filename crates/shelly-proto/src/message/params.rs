//! The parameters of commands as they were sent (dossier 11.1).

use super::client::CommandData;
use super::shared::owned;
use super::{Extra, Raw};
use crate::command::{Command, IrEmit, Light, Move, Relay, Roller, RollerToPos};
use crate::error::BadParams;
use crate::escape::{ObjectWriter, written};
use crate::{Channel, Direction, Effect, Kelvin, LightMode, Percent, Shift, Turn};
use alloc::borrow::Cow;
use dummyload_codec::members::{self, Slots};

/// The parameters of a command as they were sent; `None` for what is absent. Numbers can be out of range, and have a
/// fraction: one client computes its percentages. Texts can be any. See [`CommandBody::checked`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum CommandBody<'a> {
    /// `relay`
    Relay(RelayParams<'a>),
    /// `light`
    Light(LightParams<'a>),
    /// `roller`
    Roller(RollerParams<'a>),
    /// `roller_to_pos`
    RollerToPos(RollerToPosParams<'a>),
    /// `ir_emit`
    IrEmit(IrEmitParams<'a>),
    /// A command of another name.
    Other,
}

macro_rules! read {
    ($slots:ident, number $name:literal) => {
        $slots.take($name, members::number)
    };
    ($slots:ident, text $name:literal) => {
        $slots.text($name)
    };
}

macro_rules! write {
    ($object:ident, number $name:literal, $value:expr) => {
        $object.float($name, $value)
    };
    ($object:ident, text $name:literal, $value:expr) => {
        $object.text($name, $value.as_deref())
    };
}

macro_rules! kind {
    (number) => { Option<f64> };
    (text) => { Option<Cow<'a, str>> };
}

macro_rules! own {
    (number $value:expr) => {
        $value
    };
    (text $value:expr) => {
        $value.map(owned)
    };
}

macro_rules! params {
    ($(#[$doc:meta])* $name:ident($cmd:literal) { $($(#[$field_doc:meta])* $key:literal => $field:ident: $kind:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name<'a> {
            $($(#[$field_doc])* pub $field: kind!($kind),)*
            /// Everything else, and what could not be understood.
            pub extra: Extra<'a>,
        }

        impl<'a> $name<'a> {
            /// The name of the command.
            pub const CMD: &'static str = $cmd;

            fn read(json: &'a str) -> Self {
                match Slots::read(json, &[$($key,)*]) {
                    Ok(mut slots) => Self {
                        $($field: read!(slots, $kind $key),)*
                        extra: slots.rest(),
                    },
                    Err(_) => Self::default(),
                }
            }

            /// A parameter that is there, but of a type that cannot be understood.
            fn unfit(&self) -> Result<(), BadParams> {
                match [$($key,)*].into_iter().find(|key| self.extra.get(key).is_some_and(|v| !members::is_null(v.as_str()))) {
                    Some(key) => Err(BadParams::Missing(key)),
                    None => Ok(()),
                }
            }

            /// The same without borrowed texts.
            pub fn into_owned(self) -> $name<'static> {
                $name { $($field: own!($kind self.$field),)* extra: self.extra.into_owned() }
            }
        }

        impl<'a> From<$name<'a>> for CommandData<'a> {
            fn from(params: $name<'a>) -> Self {
                let json = written(|out| {
                    let mut object = ObjectWriter::open(out);
                    $(write!(object, $kind $key, params.$field);)*
                    params.extra.write(&mut object);
                    object.close();
                });
                Self::unchecked($cmd, Some(Raw::trusted(json)))
            }
        }
    };
}

params! {
    /// `relay`: switches a relay.
    RelayParams("relay") {
        /// `on`, `off` or `toggle`.
        "turn" => turn: text,
        /// The channel.
        "id" => id: number,
        /// Seconds until it changes back; not in the documents, but in use.
        "timeout" => timeout: number,
    }
}

params! {
    /// `light`: changes a light.
    LightParams("light") {
        /// The channel.
        "id" => id: number,
        /// `on`, `off` or `toggle`.
        "turn" => turn: text,
        /// `color` or `white`.
        "mode" => mode: text,
        /// Seconds until it changes back.
        "timeout" => timeout: number,
        /// 0 to 255.
        "red" => red: number,
        /// 0 to 255.
        "green" => green: number,
        /// 0 to 255.
        "blue" => blue: number,
        /// 0 to 255.
        "white" => white: number,
        /// Percent.
        "gain" => gain: number,
        /// Percent.
        "brightness" => brightness: number,
        /// 0 to 6.
        "effect" => effect: number,
        /// Kelvin.
        "temp" => temp: number,
        /// Milliseconds; not in the documents, but in use.
        "transition" => transition: number,
    }
}

params! {
    /// `roller`: sends a cover off.
    RollerParams("roller") {
        /// `up`, `down`, `stop`, `open` or `close`.
        "go" => go: text,
        /// Seconds.
        "duration" => duration: number,
        /// The channel.
        "id" => id: number,
    }
}

params! {
    /// `roller_to_pos`: sends a cover to a position.
    RollerToPosParams("roller_to_pos") {
        /// The channel.
        "id" => id: number,
        /// Percent.
        "pos" => pos: number,
        /// Percent, -100 to 100.
        "rel" => rel: number,
        /// Percent.
        "slat_pos" => slat_pos: number,
        /// Percent, -100 to 100.
        "slat_rel" => slat_rel: number,
    }
}

params! {
    /// `ir_emit`: sends an infrared code.
    IrEmitParams("ir_emit") {
        /// The code.
        "data" => data: text,
        /// `stored`
        "type" => kind: text,
    }
}

impl<'a> CommandBody<'a> {
    /// The command of a request, its parameters understood.
    pub(super) fn of(data: &'a CommandData<'_>) -> Self {
        let params = data.params.as_ref().map_or("{}", Raw::as_str);
        match &*data.cmd {
            RelayParams::CMD => Self::Relay(RelayParams::read(params)),
            LightParams::CMD => Self::Light(LightParams::read(params)),
            RollerParams::CMD => Self::Roller(RollerParams::read(params)),
            RollerToPosParams::CMD => Self::RollerToPos(RollerToPosParams::read(params)),
            IrEmitParams::CMD => Self::IrEmit(IrEmitParams::read(params)),
            _ => Self::Other,
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> CommandBody<'static> {
        match self {
            Self::Relay(params) => CommandBody::Relay(params.into_owned()),
            Self::Light(params) => CommandBody::Light(params.into_owned()),
            Self::Roller(params) => CommandBody::Roller(params.into_owned()),
            Self::RollerToPos(params) => CommandBody::RollerToPos(params.into_owned()),
            Self::IrEmit(params) => CommandBody::IrEmit(params.into_owned()),
            Self::Other => CommandBody::Other,
        }
    }

    /// The command if it keeps to the documents; numbers are rounded, but for the channel.
    ///
    /// # Errors
    /// What a strict server refuses it for.
    pub fn checked(&self) -> Result<Command, BadParams> {
        match self {
            Self::Relay(params) => params.checked().map(Command::Relay),
            Self::Light(params) => params.checked().map(Command::Light),
            Self::Roller(params) => params.checked().map(Command::Roller),
            Self::RollerToPos(params) => params.checked().map(Command::RollerToPos),
            Self::IrEmit(params) => params.checked().map(Command::IrEmit),
            Self::Other => Err(BadParams::UnknownCommand),
        }
    }
}

/// A number rounded, if it is in this range.
fn within(
    name: &'static str,
    value: Option<f64>,
    low: i32,
    high: u32,
    range: &'static str,
) -> Result<Option<i64>, BadParams> {
    let Some(value) = value else { return Ok(None) };
    // Half away from zero; `f64::round` is not in core.
    let rounded = if value < 0.0 { value - 0.5 } else { value + 0.5 } as i64;
    if !value.is_nan() && (i64::from(low)..=i64::from(high)).contains(&rounded) {
        Ok(Some(rounded))
    } else {
        Err(BadParams::OutOfRange { name, range })
    }
}

fn byte(name: &'static str, value: Option<f64>) -> Result<Option<u8>, BadParams> {
    Ok(within(name, value, 0, 255, "0 to 255")?.and_then(|n| u8::try_from(n).ok()))
}

fn count(name: &'static str, value: Option<f64>) -> Result<Option<u32>, BadParams> {
    Ok(within(name, value, 0, u32::MAX, "0 or more")?.and_then(|n| u32::try_from(n).ok()))
}

fn percent(name: &'static str, value: Option<f64>) -> Result<Option<Percent>, BadParams> {
    let found = within(name, value, 0, 100, Percent::RANGE)?.and_then(|n| u8::try_from(n).ok());
    Ok(found.and_then(|n| Percent::new(n).ok()))
}

fn shift(name: &'static str, value: Option<f64>) -> Result<Option<Shift>, BadParams> {
    let found = within(name, value, -100, 100, Shift::RANGE)?.and_then(|n| i8::try_from(n).ok());
    Ok(found.and_then(|n| Shift::new(n).ok()))
}

/// The channel must be named, also where there is only one. Between two there is none.
fn channel(value: Option<f64>) -> Result<Channel, BadParams> {
    let value = value.ok_or(BadParams::Missing("id"))?;
    let whole = value as u16;
    if f64::from(whole) != value {
        return Err(BadParams::OutOfRange { name: "id", range: "a whole number from 0 on" });
    }
    Ok(Channel(whole))
}

fn word<T>(
    name: &'static str,
    value: Option<&Cow<'_, str>>,
    parse: impl FnOnce(&str) -> Option<T>,
    range: &'static str,
) -> Result<Option<T>, BadParams> {
    match value.map(|text| parse(text)) {
        None => Ok(None),
        Some(Some(word)) => Ok(Some(word)),
        Some(None) => Err(BadParams::OutOfRange { name, range }),
    }
}

const TURNS: &str = "on, off or toggle";

impl RelayParams<'_> {
    fn checked(&self) -> Result<Relay, BadParams> {
        self.unfit()?;
        let turn = word("turn", self.turn.as_ref(), Turn::parse, TURNS)?.ok_or(BadParams::Missing("turn"))?;
        let relay = Relay::new(channel(self.id)?, turn);
        Ok(count("timeout", self.timeout)?.map_or(relay, |seconds| relay.timeout(seconds)))
    }
}

impl LightParams<'_> {
    fn checked(&self) -> Result<Light, BadParams> {
        self.unfit()?;
        let mut light = Light::new(channel(self.id)?);
        macro_rules! part {
            ($name:ident, $found:expr) => {
                if let Some(value) = $found? {
                    light = light.$name(value);
                }
            };
        }
        part!(turn, word("turn", self.turn.as_ref(), Turn::parse, TURNS));
        part!(mode, word("mode", self.mode.as_ref(), LightMode::parse, "color or white"));
        part!(timeout, count("timeout", self.timeout));
        part!(red, byte("red", self.red));
        part!(green, byte("green", self.green));
        part!(blue, byte("blue", self.blue));
        part!(white, byte("white", self.white));
        part!(gain, percent("gain", self.gain));
        part!(brightness, percent("brightness", self.brightness));
        part!(effect, effect(self.effect));
        part!(temp, kelvin(self.temp));
        part!(transition, count("transition", self.transition));
        Ok(light)
    }
}

fn effect(value: Option<f64>) -> Result<Option<Effect>, BadParams> {
    let found = within("effect", value, 0, 6, Effect::RANGE)?.and_then(|n| u8::try_from(n).ok());
    Ok(found.and_then(|n| Effect::new(n).ok()))
}

fn kelvin(value: Option<f64>) -> Result<Option<Kelvin>, BadParams> {
    let found = within("temp", value, 2500, 7500, Kelvin::RANGE)?.and_then(|n| u16::try_from(n).ok());
    Ok(found.and_then(|n| Kelvin::new(n).ok()))
}

impl RollerParams<'_> {
    fn checked(&self) -> Result<Roller, BadParams> {
        self.unfit()?;
        let go = |text: &str| if text == "stop" { Some(None) } else { Direction::parse(text).map(Some) };
        let go = word("go", self.go.as_ref(), go, "up, down, stop, open or close")?.ok_or(BadParams::Missing("go"))?;
        let (channel, duration) = (channel(self.id)?, count("duration", self.duration)?);
        match (go, duration) {
            (None, Some(_)) => Err(BadParams::Conflict("duration", "go")),
            (None, None) => Ok(Roller::stop(channel)),
            (Some(direction), None) => Ok(Roller::go(channel, direction)),
            (Some(direction), Some(seconds)) => Ok(Roller::go_for(channel, direction, seconds)),
        }
    }
}

impl RollerToPosParams<'_> {
    fn checked(&self) -> Result<RollerToPos, BadParams> {
        self.unfit()?;
        let channel = channel(self.id)?;
        let one = |names: (&'static str, &'static str), pos, rel| match (percent(names.0, pos)?, shift(names.1, rel)?) {
            (Some(_), Some(_)) => Err(BadParams::Conflict(names.0, names.1)),
            (Some(to), None) => Ok(Some(Move::To(to))),
            (None, Some(by)) => Ok(Some(Move::By(by))),
            (None, None) => Ok(None),
        };
        let cover = one(("pos", "rel"), self.pos, self.rel)?;
        let slats = one(("slat_pos", "slat_rel"), self.slat_pos, self.slat_rel)?;
        match (cover, slats) {
            (Some(cover), Some(slats)) => Ok(RollerToPos::both(channel, cover, slats)),
            (Some(cover), None) => Ok(RollerToPos::cover(channel, cover)),
            (None, Some(slats)) => Ok(RollerToPos::slats(channel, slats)),
            (None, None) => Err(BadParams::Missing("pos")),
        }
    }
}

impl IrEmitParams<'_> {
    fn checked(&self) -> Result<IrEmit, BadParams> {
        self.unfit()?;
        if self.kind.as_deref() != Some("stored") {
            return Err(BadParams::OutOfRange { name: "type", range: "stored" });
        }
        self.data.as_deref().map(IrEmit::stored).ok_or(BadParams::Missing("data"))
    }
}
