//! What depends on the model.

use crate::seed::LightKind;
use std::ops::RangeInclusive;

/// The name in a Gen1 device's own words, as in `shelly1pm-76846A`.
pub(crate) fn gen1_name(code: &str) -> &str {
    match code {
        "SHSW-1" => "shelly1",
        "SHSW-PM" => "shelly1pm",
        "SHSW-25" => "shellyswitch25",
        "SHPLG-S" => "shellyplug-s",
        "SHRGBW2" => "shellyrgbw2",
        "SHDM-1" => "shellydimmer",
        "SHDM-2" => "shellydimmer2",
        "SHBLB-1" => "shellybulb",
        "SHCB-1" => "ShellyColorBulb",
        "SHBDUO-1" => "ShellyBulbDuo",
        "SHVIN-1" => "ShellyVintage",
        "SHHT-1" => "shellyht",
        "SHDW-1" => "shellydw",
        "SHDW-2" => "shellydw2",
        "SHWT-1" => "shellyflood",
        "SHSM-01" => "shellysmoke",
        "SHEM" => "shellyem",
        "SHEM-3" => "shellyem3",
        other => other,
    }
}

/// The highest number of an effect; 0 where there are none. The first bulb has six, later models three.
pub(crate) fn most_effects(code: &str, kind: LightKind) -> u8 {
    match (code, kind) {
        ("SHBLB-1", _) => 6,
        (_, LightKind::Rgbw | LightKind::Bulb) => 3,
        _ => 0,
    }
}

/// The temperatures of a white light, in kelvin.
pub(crate) fn temperatures(kind: LightKind) -> Option<RangeInclusive<u16>> {
    match kind {
        LightKind::Cct => Some(2700..=6500),
        LightKind::Bulb => Some(3000..=6500),
        LightKind::Dimmer | LightKind::Rgb | LightKind::Rgbw => None,
    }
}
