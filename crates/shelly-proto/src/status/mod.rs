//! What users read in the status of a device (dossier 6). The fields are those of the devices' own APIs, and there are
//! hundreds; this view has the ones that programs look at, under one name for all generations. The raw status stays where
//! it came from, for everything else.

mod gen1;
mod gen2;
mod merge;

pub use merge::merge;

use crate::{Generation, LightMode};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Object};

/// The readable part of a status. In a partial one what is missing means "unchanged".
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StatusView {
    /// Relays and switches.
    pub switches: Vec<SwitchView>,
    /// Lights of all kinds.
    pub lights: Vec<LightView>,
    /// Rollers and covers.
    pub covers: Vec<CoverView>,
    /// Whatever measures power or energy, the outputs included.
    pub meters: Vec<MeterView>,
    /// Degrees Celsius; of the air, or of the device where it has no other.
    pub temperatures: Vec<Reading>,
    /// Relative humidity in percent.
    pub humidities: Vec<Reading>,
    /// Illuminance in lux.
    pub illuminances: Vec<Reading>,
    /// Batteries.
    pub batteries: Vec<BatteryView>,
    /// Valves of radiators.
    pub valves: Vec<ValveView>,
    /// Floods.
    pub floods: Vec<Alarm>,
    /// Smoke.
    pub smokes: Vec<Alarm>,
    /// Windows and doors; active means open.
    pub windows: Vec<Alarm>,
    /// `serial`: grows with each change (dossier 6.1).
    pub serial: Option<f64>,
    /// `_updated`: `YYYY-MM-DD HH:MM:SS`.
    pub updated: Option<String>,
}

/// A relay or a switch.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SwitchView {
    /// Which one of the device.
    pub channel: u16,
    /// Whether it is on.
    pub on: Option<bool>,
    /// Watts.
    pub power: Option<f64>,
    /// The timer that will change it back.
    pub timer: Option<Timer>,
    /// What changed it last, as `SHC` for the cloud.
    pub source: Option<String>,
}

/// A timer that runs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Timer {
    /// When it was started, in seconds since 1970.
    pub started_at: Option<f64>,
    /// Seconds in all.
    pub duration: Option<f64>,
    /// Seconds that are left; Gen1 tells them, elsewhere they follow from the other two.
    pub remaining: Option<f64>,
}

/// A light.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LightView {
    /// Which one of the device.
    pub channel: u16,
    /// Whether it is on.
    pub on: Option<bool>,
    /// Colour or white.
    pub mode: Option<LightMode>,
    /// Percent; of a colour, the gain.
    pub brightness: Option<f64>,
    /// Red, green, blue, 0 to 255.
    pub rgb: Option<[u8; 3]>,
    /// The white part, 0 to 255.
    pub white: Option<f64>,
    /// The colour temperature in kelvin.
    pub temp: Option<f64>,
    /// The number of the effect.
    pub effect: Option<i64>,
    /// Watts.
    pub power: Option<f64>,
    /// The timer that will change it back.
    pub timer: Option<Timer>,
}

/// What a cover does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoverState {
    /// Open to its end.
    Open,
    /// Closed to its end.
    Closed,
    /// It opens.
    Opening,
    /// It closes.
    Closing,
    /// It stands somewhere. Gen1 tells nothing finer.
    Stopped,
    /// It learns where its ends are.
    Calibrating,
    /// Anything else.
    Other(String),
}

/// A roller or a cover.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct CoverView {
    /// Which one of the device.
    pub channel: u16,
    /// What it does.
    pub state: Option<CoverState>,
    /// Percent, 100 is open; `None` if it is not calibrated.
    pub position: Option<f64>,
    /// Where it goes, in percent.
    pub target: Option<f64>,
    /// The position of its slats in percent.
    pub slat_position: Option<f64>,
    /// Whether it can go to positions.
    pub calibrated: Option<bool>,
    /// Watts.
    pub power: Option<f64>,
}

/// Something that measures power.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct MeterView {
    /// The component, as `switch:0`; for Gen1 the list with the index, as `meters:0`.
    pub component: String,
    /// Watts.
    pub power: Option<f64>,
    /// Volts.
    pub voltage: Option<f64>,
    /// Amperes.
    pub current: Option<f64>,
    /// Watt hours used, also where a device counts in watt minutes (dossier 6.2).
    pub energy: Option<f64>,
    /// Watt hours given back.
    pub returned: Option<f64>,
}

/// One measured value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Reading {
    /// Which one of the device.
    pub channel: u16,
    /// In the unit of the list.
    pub value: f64,
}

/// A battery.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct BatteryView {
    /// Percent.
    pub percent: Option<f64>,
    /// Volts.
    pub voltage: Option<f64>,
}

/// A radiator's valve.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ValveView {
    /// Which one of the gateway.
    pub channel: u16,
    /// Degrees Celsius wanted.
    pub target: Option<f64>,
    /// Degrees Celsius there are.
    pub current: Option<f64>,
    /// How far it is open, in percent.
    pub position: Option<f64>,
}

/// Something that is or is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alarm {
    /// Which one of the device.
    pub channel: u16,
    /// Whether it is.
    pub active: bool,
}

impl StatusView {
    /// What users read in a status of this generation. What is of an unexpected type is left out, and a text that is no
    /// JSON object shows nothing.
    ///
    /// ```
    /// use shelly_proto::{Generation, status::StatusView};
    /// let view = StatusView::of(&Generation::Gen2, r#"{"serial":1700000041.02,"switch:0":{"output":true,"apower":12.3}}"#);
    /// assert_eq!((view.switches[0].on, view.switches[0].power), (Some(true), Some(12.3)));
    /// ```
    pub fn of(generation: &Generation, status: &str) -> Self {
        let status = Object::read(status).unwrap_or_default();
        let mut view = Self {
            serial: status.get("serial").and_then(members::number),
            updated: status.text("_updated").map(Cow::into_owned),
            ..Self::default()
        };
        if generation.has_components() {
            gen2::read(&status, &mut view);
        } else {
            gen1::read(&status, &mut view);
        }
        view
    }

    /// The switch of this channel.
    pub fn switch(&self, channel: u16) -> Option<&SwitchView> {
        self.switches.iter().find(|switch| switch.channel == channel)
    }

    /// The light of this channel.
    pub fn light(&self, channel: u16) -> Option<&LightView> {
        self.lights.iter().find(|light| light.channel == channel)
    }

    /// The cover of this channel.
    pub fn cover(&self, channel: u16) -> Option<&CoverView> {
        self.covers.iter().find(|cover| cover.channel == channel)
    }

    /// The charge of the first battery in percent.
    pub fn battery(&self) -> Option<f64> {
        self.batteries.iter().find_map(|battery| battery.percent)
    }
}

/// Values of an object by name, for both kinds of statuses.
struct Part<'a>(Object<'a>);

impl<'a> Part<'a> {
    fn read(json: &'a str) -> Option<Self> {
        Object::read(json).ok().map(Self)
    }

    fn inner(&self, name: &str) -> Option<Self> {
        self.0.object(name).map(Self)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(members::number)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(members::flag)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.text(name).map(Cow::into_owned)
    }

    fn byte(&self, name: &str) -> Option<u8> {
        self.0.get(name).and_then(members::integer).and_then(|n| u8::try_from(n).ok())
    }

    /// Percent, of which there are none below zero.
    fn position(&self, name: &str) -> Option<f64> {
        self.number(name).filter(|position| *position >= 0.0)
    }

    fn mode(&self) -> Option<LightMode> {
        self.0.text("mode").and_then(|mode| LightMode::parse(&mode))
    }
}
