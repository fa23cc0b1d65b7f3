//! What gives light: in colours, in white, with a temperature.

use super::models;
use super::output::Output;
use crate::seed::{LightKind, LightSeed};
use crate::world::order::{LightChange, Refusal};
use dummyload_session::Timestamp;
use shelly_proto::{LightMode, Turn};

/// A light.
#[derive(Clone, Debug)]
pub(crate) struct Lamp {
    pub(crate) kind: LightKind,
    pub(crate) out: Output,
    pub(crate) mode: LightMode,
    pub(crate) brightness: u8,
    pub(crate) gain: u8,
    pub(crate) rgb: [u8; 3],
    pub(crate) white: u8,
    pub(crate) temp: u16,
    pub(crate) effect: u8,
    /// Milliseconds.
    pub(crate) transition: u32,
    /// Watts at full brightness.
    full: f64,
}

/// What is left out of a change because the light has no such thing.
pub(crate) type Ignored = Vec<&'static str>;

impl Lamp {
    pub(crate) fn new(now: Timestamp, seed: &LightSeed) -> Self {
        let mode = match seed.kind {
            LightKind::Dimmer | LightKind::Cct => LightMode::White,
            LightKind::Rgb => LightMode::Color,
            LightKind::Rgbw | LightKind::Bulb => LightMode::parse(&seed.mode).unwrap_or(LightMode::White),
        };
        let mut lamp = Self {
            kind: seed.kind,
            out: Output::new(now, seed.on, 0.0),
            mode,
            brightness: seed.brightness,
            gain: seed.gain,
            rgb: seed.rgb,
            white: seed.white,
            temp: seed.temp,
            effect: seed.effect,
            transition: 0,
            full: seed.load,
        };
        lamp.out.set_load(now, lamp.load());
        lamp
    }

    pub(crate) fn seed(&self) -> LightSeed {
        LightSeed {
            kind: self.kind,
            on: self.out.on,
            mode: self.mode.as_str().to_owned(),
            brightness: self.brightness,
            gain: self.gain,
            rgb: self.rgb,
            white: self.white,
            temp: self.temp,
            effect: self.effect,
            load: self.full,
        }
    }

    /// Whether it can change between colours and white: only in Gen1, where the two are modes of one light.
    fn has_modes(&self, gen1: bool) -> bool {
        gen1 && matches!(self.kind, LightKind::Rgbw | LightKind::Bulb)
    }

    /// What the part of full power is that it needs.
    fn load(&self) -> f64 {
        let part = match self.mode {
            LightMode::White => f64::from(self.brightness) / 100.0,
            LightMode::Color => {
                let strongest = self.rgb.iter().chain([&self.white]).max().copied().unwrap_or_default();
                let gain = if matches!(self.kind, LightKind::Rgb) { self.brightness } else { self.gain };
                f64::from(strongest) / 255.0 * f64::from(gain) / 100.0
            }
        };
        super::rounded(self.full * part, 2)
    }

    /// What was asked for in vain. Setting anything without `turn` does not switch it on (dossier 13.3).
    pub(crate) fn change(
        &mut self,
        now: Timestamp,
        code: &str,
        gen1: bool,
        change: &LightChange,
        source: &'static str,
    ) -> Result<Ignored, Refusal> {
        let mut ignored = Ignored::new();
        let colours = matches!(self.kind, LightKind::Rgb | LightKind::Rgbw | LightKind::Bulb);
        match change.mode {
            Some(mode) if mode != self.mode && !self.has_modes(gen1) => return Err(Refusal::InvalidMode),
            _ => {}
        }
        let most = models::most_effects(code, self.kind);
        if let Some(effect) = change.effect.filter(|effect| *effect > most && most > 0) {
            return Err(Refusal::BadParams(format!("effect is {effect}; this model has 0 to {most}")));
        }
        self.mode = change.mode.unwrap_or(self.mode);
        if colours {
            for (place, value) in self.rgb.iter_mut().zip(change.rgb) {
                *place = value.unwrap_or(*place);
            }
            self.gain = change.gain.unwrap_or(self.gain);
        } else {
            ignored
                .extend(change.rgb.iter().zip(["red", "green", "blue"]).filter(|(c, _)| c.is_some()).map(|(_, n)| n));
            ignored.extend(change.gain.map(|_| "gain"));
        }
        if most > 0 {
            self.effect = change.effect.unwrap_or(self.effect);
        } else {
            ignored.extend(change.effect.map(|_| "effect"));
        }
        match (models::temperatures(self.kind), change.temp) {
            // Clamped by device (dossier 15, row 17).
            (Some(range), Some(temp)) => self.temp = temp.clamp(*range.start(), *range.end()),
            (None, Some(_)) => ignored.push("temp"),
            (_, None) => {}
        }
        match self.kind {
            LightKind::Rgbw | LightKind::Bulb | LightKind::Cct => self.white = change.white.unwrap_or(self.white),
            LightKind::Dimmer | LightKind::Rgb => ignored.extend(change.white.map(|_| "white")),
        }
        self.brightness = change.brightness.unwrap_or(self.brightness);
        self.transition = change.transition.unwrap_or(self.transition);
        self.out.set_load(now, self.load());
        if let Some(turn) = change.turn {
            self.out.turn(now, turn, change.timeout, source);
        } else if change.timeout.is_some() {
            // A timer for what it already is.
            let same = if self.out.on { Turn::On } else { Turn::Off };
            self.out.turn(now, same, change.timeout, source);
        }
        Ok(ignored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::ZERO;

    fn lamp(kind: LightKind) -> Lamp {
        Lamp::new(NOW, &LightSeed { kind, ..LightSeed::default() })
    }

    fn change(change: impl FnOnce(&mut LightChange)) -> LightChange {
        let mut wanted = LightChange::default();
        change(&mut wanted);
        wanted
    }

    #[test]
    fn colours_do_not_switch_it_on() {
        let mut lamp = lamp(LightKind::Rgbw);
        let red = change(|c| (c.mode, c.rgb[0], c.gain) = (Some(LightMode::Color), Some(255), Some(50)));
        assert_eq!(lamp.change(NOW, "SHRGBW2", true, &red, "cloud"), Ok(vec![]));
        assert_eq!((lamp.out.on, lamp.mode, lamp.rgb, lamp.gain), (false, LightMode::Color, [255; 3], 50));
        lamp.out.turn(NOW, Turn::On, None, "cloud");
        assert_eq!(lamp.out.energy.watts(), 5.0);
    }

    #[test]
    fn models_have_their_ranges() {
        let effect = change(|c| c.effect = Some(4));
        let refused = |code| lamp(LightKind::Bulb).change(NOW, code, true, &effect, "cloud").is_err();
        assert!(refused("SHCB-1") && refused("SHRGBW2") && !refused("SHBLB-1"));
        for (kind, asked, given) in
            [(LightKind::Cct, 2500, 2700), (LightKind::Cct, 9000, 6500), (LightKind::Bulb, 2500, 3000)]
        {
            let mut lamp = lamp(kind);
            lamp.change(NOW, "", true, &change(|c| c.temp = Some(asked)), "cloud").unwrap();
            assert_eq!(lamp.temp, given, "{kind:?}");
        }
    }

    #[test]
    fn what_it_has_not_is_ignored_and_a_mode_it_has_not_refused() {
        let wanted = change(|c| {
            (c.rgb, c.gain, c.effect) = ([Some(1), None, Some(2)], Some(3), Some(1));
            (c.temp, c.white, c.brightness) = (Some(3000), Some(9), Some(30));
        });
        let ignored = lamp(LightKind::Dimmer).change(NOW, "SHDM-2", true, &wanted, "cloud").unwrap();
        assert_eq!(ignored, ["red", "blue", "gain", "effect", "temp", "white"]);
        let colour = change(|c| c.mode = Some(LightMode::Color));
        for (kind, gen1) in [(LightKind::Dimmer, true), (LightKind::Cct, true), (LightKind::Rgbw, false)] {
            assert_eq!(lamp(kind).change(NOW, "", gen1, &colour, "cloud"), Err(Refusal::InvalidMode));
        }
    }

    #[test]
    fn a_timer_goes_with_it() {
        let mut lamp = lamp(LightKind::Dimmer);
        let wanted = change(|c| (c.turn, c.timeout) = (Some(Turn::On), Some(Duration::from_secs(2))));
        lamp.change(NOW, "", true, &wanted, "cloud").unwrap();
        assert!(lamp.out.on);
        assert!(lamp.out.tick(NOW + Duration::from_secs(2)));
        assert!(!lamp.out.on);
    }
}
