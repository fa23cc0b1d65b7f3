//! Devices that behave: what they are made of, what they do with a command, and what they tell of themselves.

mod cover;
mod gen1;
mod gen2;
mod lamp;
mod models;
mod output;
mod sensor;

pub(crate) use cover::Way;

use super::order::{Order, Refusal};
use crate::seed::{DeviceSeed, LightKind, MeterSeed, RelaySeed, SensorSeed, ValueSeed};
use cover::Cover;
use dummyload_session::Timestamp;
use lamp::Lamp;
use output::{Energy, Output};
use sensor::Sensor;
use serde_json::{Map, Value, json};
use shelly_proto::{DeviceId, Generation, Turn};
use std::collections::BTreeSet;
use time::OffsetDateTime;
use time::macros::format_description;

/// A part of a device that can change by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Relay(usize),
    Light(usize),
    Roller(usize),
    Input(usize),
    Meter(usize),
    /// A virtual component, by its place.
    Value(usize),
    Sensor,
    Body,
}

/// What the wires on an input of a device say.
#[derive(Clone, Debug, Default)]
struct Input {
    on: bool,
    /// How often it was pressed.
    count: u32,
}

/// One relay with its wires.
#[derive(Clone, Debug)]
struct Relay {
    out: Output,
    metered: bool,
}

/// An energy meter.
#[derive(Clone, Debug)]
struct Meter {
    voltage: f64,
    energy: Energy,
}

/// A device.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) generation: Generation,
    /// What does not change by itself; the tables of its parts are empty.
    pub(crate) seed: DeviceSeed,
    relays: Vec<Relay>,
    lights: Vec<Lamp>,
    rollers: Vec<Cover>,
    meters: Vec<Meter>,
    values: Vec<ValueSeed>,
    sensor: Option<Sensor>,
    inputs: Vec<Input>,
    /// Hundredths of a second since 1970, or a count in Gen1 (dossier 6.1).
    serial: u64,
    started: Timestamp,
    updated: Timestamp,
    /// What has changed since the last event.
    changed: BTreeSet<Part>,
    /// The last status that the cloud has of a device that it does not hear.
    last_known: Option<Map<String, Value>>,
    /// Its gateway is offline.
    cut_off: bool,
    /// When the agenda has it.
    pub(crate) due: Option<Timestamp>,
}

/// What came of a command.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Done {
    /// Whether there is something to tell.
    pub(crate) changed: bool,
    /// Parameters that the device does not have.
    pub(crate) ignored: Vec<&'static str>,
}

impl From<bool> for Done {
    fn from(changed: bool) -> Self {
        Self { changed, ignored: Vec::new() }
    }
}

/// A number with so many decimals.
pub(crate) fn rounded(number: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (number * scale).round() / scale
}

fn fahrenheit(celsius: f64) -> f64 {
    rounded(celsius * 1.8 + 32.0, 1)
}

fn seconds(at: Timestamp) -> f64 {
    rounded(at.since_epoch().as_secs_f64(), 2)
}

impl Device {
    pub(crate) fn new(now: Timestamp, mut seed: DeviceSeed) -> Self {
        let generation = seed.generation();
        let relays: Vec<Relay> = std::mem::take(&mut seed.relays)
            .iter()
            .map(|relay| Relay { out: Output::new(now, relay.on, relay.load), metered: relay.metered })
            .collect();
        let lights: Vec<Lamp> = std::mem::take(&mut seed.lights).iter().map(|light| Lamp::new(now, light)).collect();
        let rollers: Vec<Cover> =
            std::mem::take(&mut seed.rollers).iter().map(|roller| Cover::new(now, roller)).collect();
        let meter =
            |meter: &MeterSeed| Meter { voltage: meter.voltage, energy: Energy::new(now, meter.power, meter.total) };
        let serial = if generation == Generation::Gen1 { 1 } else { hundredths(now) };
        let mut device = Self {
            id: seed.device_id(),
            inputs: vec![Input::default(); relays.len() + lights.len() + rollers.len()],
            relays,
            lights,
            rollers,
            meters: std::mem::take(&mut seed.meters).iter().map(meter).collect(),
            values: std::mem::take(&mut seed.values),
            sensor: seed.sensor.take().map(|sensor| Sensor::new(now, &sensor)),
            generation,
            serial,
            started: now,
            updated: now,
            changed: BTreeSet::new(),
            last_known: None,
            cut_off: false,
            due: None,
            seed,
        };
        if !device.seed.online {
            device.last_known = Some(device.status(now));
        }
        device
    }

    /// What a world file says of it at this moment.
    pub(crate) fn to_seed(&self, now: Timestamp) -> DeviceSeed {
        let relay = |relay: &Relay| RelaySeed { on: relay.out.on, load: relay.out.load, metered: relay.metered };
        let meter = |meter: &Meter| MeterSeed {
            power: meter.energy.watts(),
            voltage: meter.voltage,
            total: rounded(meter.energy.watt_hours(now), 3),
        };
        DeviceSeed {
            relays: self.relays.iter().map(relay).collect(),
            lights: self.lights.iter().map(Lamp::seed).collect(),
            rollers: self.rollers.iter().map(|roller| roller.seed(now)).collect(),
            meters: self.meters.iter().map(meter).collect(),
            values: self.values.clone(),
            sensor: self.sensor.as_ref().map(|sensor| sensor.seed().clone()),
            ..self.seed.clone()
        }
    }

    pub(crate) fn is_gen1(&self) -> bool {
        self.generation == Generation::Gen1
    }

    /// How many channels a command can name.
    pub(crate) fn channels(&self) -> usize {
        self.relays.len().max(self.lights.len()).max(self.rollers.len())
    }

    /// What the lists call its kind of device.
    pub(crate) fn category(&self) -> &'static str {
        if !self.rollers.is_empty() {
            "roller"
        } else if !self.relays.is_empty() {
            "relay"
        } else if !self.lights.is_empty() {
            "light"
        } else if self.sensor.is_some() {
            "sensor"
        } else if !self.meters.is_empty() {
            "emeter"
        } else {
            "other"
        }
    }

    /// A roller that does not know where it is.
    pub(crate) fn is_uncalibrated(&self) -> bool {
        self.rollers.iter().any(|roller| !roller.calibrated)
    }

    pub(crate) fn is_dimmer(&self) -> bool {
        self.lights.iter().any(|light| light.kind == LightKind::Dimmer)
    }

    /// A light whose white can be warm and cold.
    pub(crate) fn has_temperature(&self) -> bool {
        self.lights.iter().any(|light| light.kind == LightKind::Cct)
    }

    pub(crate) fn has_values(&self) -> bool {
        !self.values.is_empty()
    }

    /// Whether the cloud reaches it: not while its gateway is offline.
    pub(crate) fn is_online(&self) -> bool {
        self.seed.online && !self.cut_off
    }

    /// The words for who has changed something over the cloud (dossier 6.2).
    pub(crate) fn cloud(&self) -> &'static str {
        if self.is_gen1() { "cloud" } else { "SHC" }
    }

    /// Carries out a command. Whether the cloud reaches the device is not asked here.
    pub(crate) fn carry_out(&mut self, now: Timestamp, order: &Order, source: &'static str) -> Result<Done, Refusal> {
        let gen1 = self.is_gen1();
        let part = self.part(order)?;
        let before = part.map(|part| self.shown(now, part));
        let mut ignored = Vec::new();
        match order {
            Order::Relay { channel, turn, timeout } => {
                channel_of(&mut self.relays, *channel)?.out.turn(now, *turn, *timeout, source);
            }
            Order::Light { channel, change } => {
                let light = channel_of(&mut self.lights, *channel)?;
                ignored = light.change(now, &self.seed.code, gen1, change, source)?;
            }
            Order::Roller { channel, way, limit } => {
                let roller = channel_of(&mut self.rollers, *channel)?;
                match way {
                    Some(way) => roller.go(now, *way, *limit, source),
                    None => roller.stop(now, source),
                }
            }
            Order::RollerTo { channel, cover, slats } => {
                let roller = channel_of(&mut self.rollers, *channel)?;
                if !roller.calibrated {
                    let text = "the roller is not calibrated: it cannot be sent to a position";
                    return Err(Refusal::Failed(text.into()));
                }
                if slats.is_some() && roller.slats(now).is_none() {
                    return Err(Refusal::Failed("the roller has no slats".into()));
                }
                roller.go_to(now, *cover, *slats, source);
            }
            Order::Calibrate { channel } => channel_of(&mut self.rollers, *channel)?.calibrate(now, source),
            Order::IrEmit { data } => {
                if self.seed.ir_codes.is_empty() {
                    return Err(Refusal::Unsupported);
                }
                if !self.seed.ir_codes.contains(data) {
                    return Err(Refusal::Failed(format!("the device has no stored code {data:?}")));
                }
            }
            Order::Rename { name } => self.seed.name.clone_from(name),
            Order::Set { value, .. } => {
                if let Some(Part::Value(place)) = part {
                    let known = &mut self.values[place];
                    if let Some(wanted) = known.unfit(value) {
                        return Err(Refusal::BadParams(format!("the value must be {wanted}")));
                    }
                    known.value.clone_from(value);
                }
            }
        }
        let Some(part) = part else { return Ok(Done { changed: false, ignored }) };
        let changed = before != Some(self.shown(now, part));
        if let Part::Light(at) = part
            && changed
        {
            self.lights[at].out.source = source;
        }
        self.note(now, part, changed);
        Ok(Done { changed, ignored })
    }

    /// The part that a command is for; `None` if nothing of it can be seen in the status.
    fn part(&self, order: &Order) -> Result<Option<Part>, Refusal> {
        Ok(match order {
            Order::Relay { channel, .. } => Some(Part::Relay((*channel).into())),
            Order::Light { channel, .. } => Some(Part::Light((*channel).into())),
            Order::Roller { channel, .. } | Order::RollerTo { channel, .. } | Order::Calibrate { channel } => {
                Some(Part::Roller((*channel).into()))
            }
            Order::IrEmit { .. } | Order::Rename { .. } => None,
            Order::Set { .. } if self.values.is_empty() => return Err(Refusal::Unsupported),
            Order::Set { kind, id, .. } => {
                let place = self.values.iter().position(|known| known.kind == *kind && known.id == *id);
                Some(Part::Value(place.ok_or(Refusal::InvalidChannel)?))
            }
        })
    }

    /// What the status has of a part. A change is what can be seen there (dossier 6.1).
    fn shown(&self, now: Timestamp, part: Part) -> Value {
        match self.generation {
            Generation::Gen1 => gen1::part(self, part, now),
            _ => gen2::components(self, now, &|wanted| wanted == Some(part))
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
        }
    }

    /// Somebody presses the button, or turns the switch, that is wired to a channel. What happened, if there is one.
    pub(crate) fn press(&mut self, now: Timestamp, channel: usize) -> Option<&'static str> {
        let source = if self.is_gen1() { "input" } else { "switch" };
        if let Some(sensor) = &mut self.sensor
            && self.inputs.is_empty()
        {
            sensor.wake(now, "button");
            self.note(now, Part::Sensor, true);
            return Some("woken");
        }
        let input = self.inputs.get_mut(channel)?;
        (input.on, input.count) = (!input.on, input.count + 1);
        self.note(now, Part::Input(channel), true);
        let lights = channel.checked_sub(self.relays.len());
        let rollers = lights.and_then(|light| light.checked_sub(self.lights.len()));
        let part = if channel < self.relays.len() {
            Part::Relay(channel)
        } else if let Some(light) = lights.filter(|light| *light < self.lights.len()) {
            Part::Light(light)
        } else {
            Part::Roller(rollers?)
        };
        let before = self.shown(now, part);
        match part {
            Part::Relay(at) => {
                self.relays[at].out.turn(now, Turn::Toggle, None, source);
            }
            Part::Light(at) => {
                self.lights[at].out.turn(now, Turn::Toggle, None, source);
            }
            _ => self.rollers.get_mut(rollers?)?.press(now, source),
        }
        self.note(now, part, before != self.shown(now, part));
        Some("pressed")
    }

    /// Somebody moves a roller by hand. Whether there is one.
    pub(crate) fn put(&mut self, now: Timestamp, channel: usize, position: Option<f64>, slats: Option<f64>) -> bool {
        self.at_roller(now, channel, |roller| roller.put(now, position, slats))
    }

    /// A roller learns its ends, or forgets them. Whether there is one.
    pub(crate) fn set_calibrated(&mut self, now: Timestamp, channel: usize, calibrated: bool) -> bool {
        self.at_roller(now, channel, |roller| {
            roller.stop(now, "init");
            roller.calibrated = calibrated;
        })
    }

    fn at_roller(&mut self, now: Timestamp, channel: usize, change: impl FnOnce(&mut Cover)) -> bool {
        let before = self.shown(now, Part::Roller(channel));
        let Some(roller) = self.rollers.get_mut(channel) else { return false };
        change(roller);
        self.note(now, Part::Roller(channel), before != self.shown(now, Part::Roller(channel)));
        true
    }

    /// So many watts hang on a channel or run through a meter from now on. Whether there is one.
    pub(crate) fn set_power(&mut self, now: Timestamp, channel: usize, watts: f64) -> bool {
        if let Some(meter) = self.meters.get_mut(channel) {
            let changed = meter.energy.watts() != watts;
            meter.energy.draw(now, watts);
            self.note(now, Part::Meter(channel), changed);
        } else if let Some(relay) = self.relays.get_mut(channel) {
            let changed = relay.out.set_load(now, watts);
            self.note(now, Part::Relay(channel), changed && self.relays[channel].metered);
        } else {
            return false;
        }
        true
    }

    /// What of a change of its surroundings it does not measure, if there is anything.
    pub(crate) fn measures_no(&self, change: &SensorSeed) -> Option<&'static str> {
        let nothing = SensorSeed::default();
        self.sensor.as_ref().map_or(&nothing, Sensor::seed).lacks(change)
    }

    /// The surroundings of a sensor.
    pub(crate) fn measure(&mut self, now: Timestamp, change: &SensorSeed) {
        let Some(sensor) = &mut self.sensor else { return };
        let tells = sensor.measure(now, change);
        self.note(now, Part::Sensor, tells);
    }

    /// Wakes it up. Whether it is a sensor.
    pub(crate) fn wake(&mut self, now: Timestamp) -> bool {
        let Some(sensor) = &mut self.sensor else { return false };
        sensor.wake(now, "button");
        self.note(now, Part::Sensor, true);
        true
    }

    /// Further members of its status.
    pub(crate) fn report(&mut self, now: Timestamp, members: Map<String, Value>) {
        self.seed.body.extend(members);
        self.note(now, Part::Body, true);
    }

    /// When it does something by itself.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let relays = self.relays.iter().filter_map(|relay| relay.out.next_due());
        let lights = self.lights.iter().filter_map(|light| light.out.next_due());
        let rollers = self.rollers.iter().filter_map(Cover::next_due);
        relays.chain(lights).chain(rollers).chain(self.sensor.iter().filter_map(Sensor::next_due)).min()
    }

    /// What it does by itself now. Whether that is anything to tell.
    pub(crate) fn tick(&mut self, now: Timestamp) -> bool {
        let mut changed = Vec::new();
        let mut note = |part, due: bool| changed.extend(due.then_some(part));
        for (at, relay) in self.relays.iter_mut().enumerate() {
            note(Part::Relay(at), relay.out.tick(now));
        }
        for (at, light) in self.lights.iter_mut().enumerate() {
            note(Part::Light(at), light.out.tick(now));
        }
        for (at, roller) in self.rollers.iter_mut().enumerate() {
            note(Part::Roller(at), roller.tick(now));
        }
        if let Some(sensor) = &mut self.sensor {
            note(Part::Sensor, sensor.tick(now));
        }
        for part in &changed {
            self.note(now, *part, true);
        }
        !changed.is_empty()
    }

    fn note(&mut self, now: Timestamp, part: Part, changed: bool) {
        if changed {
            self.changed.insert(part);
            self.updated = now;
        }
    }

    /// What there is to tell since the last time, with a new serial. `None` if there is nothing, or the cloud does not hear
    /// it.
    pub(crate) fn take_news(&mut self, now: Timestamp) -> Option<News> {
        if self.cut_off {
            // Nobody repeats what a gateway has not passed on.
            self.changed.clear();
        }
        if self.changed.is_empty() || !self.seed.online {
            return None;
        }
        self.last_known = None;
        self.bump(now);
        Some(News(std::mem::take(&mut self.changed)))
    }

    fn bump(&mut self, now: Timestamp) {
        self.serial = if self.is_gen1() { self.serial + 1 } else { hundredths(now).max(self.serial + 1) };
    }

    /// It has a connection, or none any longer. Whether that is new.
    pub(crate) fn set_online(&mut self, now: Timestamp, online: bool) -> bool {
        if self.seed.online == online {
            return false;
        }
        if online {
            self.last_known = None;
            self.changed.insert(Part::Body);
            self.updated = now;
        } else {
            self.last_known = Some(self.status(now));
        }
        self.seed.online = online;
        true
    }

    /// Its gateway passes nothing on any longer, or does again. What was lost meanwhile comes with the next report.
    /// Whether the cloud sees it come or go.
    pub(crate) fn set_cut_off(&mut self, now: Timestamp, cut_off: bool) -> bool {
        let before = self.is_online();
        if cut_off && self.last_known.is_none() {
            self.last_known = Some(self.status(now));
        }
        self.cut_off = cut_off;
        before != self.is_online()
    }

    /// The status as the cloud has it, without `_dev_info` (dossier 6.1, 6.2).
    pub(crate) fn status(&self, now: Timestamp) -> Map<String, Value> {
        if let Some(last) = &self.last_known {
            return last.clone();
        }
        let mut status = match self.generation {
            Generation::Gen1 => gen1::status(self, now),
            Generation::Virtual => Map::new(),
            _ => gen2::status(self, now, |_| true),
        };
        status.extend(self.seed.body.clone());
        status
    }

    /// The status of an event: all of it, or what is news.
    pub(crate) fn event(&self, now: Timestamp, news: &News, partial: bool) -> Map<String, Value> {
        let mut status = match self.generation {
            Generation::Gen1 => gen1::status(self, now),
            // Whoever comes back has everything to tell.
            _ if partial && !news.0.contains(&Part::Body) => {
                return gen2::event(
                    self,
                    gen2::status(self, now, |part| part.is_some_and(|part| news.0.contains(&part))),
                );
            }
            _ => gen2::event(self, gen2::status(self, now, |_| true)),
        };
        status.extend(self.seed.body.clone());
        status
    }

    /// Whether it is of the kind that takes calls.
    pub(crate) fn takes_calls(&self) -> bool {
        !matches!(self.generation, Generation::Gen1 | Generation::Virtual)
    }

    /// All its components, as the device itself tells them.
    pub(crate) fn all_components(&self, now: Timestamp) -> Map<String, Value> {
        let mut all = gen2::status(self, now, |_| true);
        all.retain(|name, _| !matches!(name.as_str(), "id" | "code" | "serial" | "_updated"));
        all
    }

    /// One component by its name, as `switch:0` or `sys`.
    pub(crate) fn component(&self, now: Timestamp, name: &str) -> Option<Value> {
        self.all_components(now).remove(name)
    }

    /// Whether it has components of this kind.
    pub(crate) fn has_components(&self, kind: &str) -> bool {
        let numbered = |name: &str| name.split_once(':').is_some_and(|(known, _)| known == kind);
        self.all_components(self.updated).keys().any(|name| numbered(name))
    }

    /// What a Gen2 device says of itself.
    pub(crate) fn device_info(&self) -> Value {
        let mac = self.mac();
        json!({
            "name": self.seed.name, "id": format!("shelly-{}", mac.to_lowercase()), "mac": mac, "slot": 0,
            "model": self.seed.code, "gen": 2, "fw_id": "20231107-164738/1.0.8-g8192e75", "ver": "1.0.8",
            "app": self.seed.code, "auth_en": false, "auth_domain": null,
        })
    }

    /// `serial` as its generation has it.
    fn serial(&self) -> Value {
        if self.is_gen1() { self.serial.into() } else { (self.serial as f64 / 100.0).into() }
    }

    /// `_updated` (dossier 6.1).
    fn updated(&self) -> String {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
        // All dates that a clock of this project can show have these parts.
        date(self.updated).format(format).unwrap_or_default()
    }

    /// The time of day of a status, as the device's own clock shows it (in UTC).
    fn clock(at: Timestamp) -> String {
        let format = format_description!("[hour]:[minute]");
        date(at).format(format).unwrap_or_default()
    }

    /// The time that its status is of: the last report of a sensor that sleeps.
    fn told_at(&self, now: Timestamp) -> Timestamp {
        self.sensor.as_ref().map_or(now, |sensor| sensor.told_at(now))
    }

    /// Its whole MAC address; six digits are the last of it (dossier 2.1).
    pub(crate) fn mac(&self) -> String {
        let id = self.seed.id.to_uppercase();
        if id.len() == 6 { format!("E8DB84{id}") } else { id }
    }

    /// Seconds since it was started, a day before the mock.
    fn uptime(&self, now: Timestamp) -> u64 {
        86_400 + (now - self.started).as_secs()
    }
}

/// What has changed in a device since its last event.
#[derive(Clone, Debug)]
pub(crate) struct News(BTreeSet<Part>);

fn date(at: Timestamp) -> OffsetDateTime {
    let seconds = i64::try_from(at.since_epoch().as_secs()).unwrap_or_default();
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn hundredths(now: Timestamp) -> u64 {
    u64::try_from(now.since_epoch().as_millis() / 10).unwrap_or_default()
}

fn channel_of<T>(parts: &mut [T], channel: u16) -> Result<&mut T, Refusal> {
    if parts.is_empty() {
        return Err(Refusal::Unsupported);
    }
    parts.get_mut(usize::from(channel)).ok_or(Refusal::InvalidChannel)
}
