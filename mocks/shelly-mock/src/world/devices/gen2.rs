//! The status of Gen2 devices and of what is like them: one member a component, as `switch:0` (dossier 6.2).

use super::cover::Cover;
use super::lamp::Lamp;
use super::output::{Energy, Output};
use super::{Device, Part, Way, fahrenheit, rounded, seconds};
use crate::seed::{LightKind, SensorSeed};
use dummyload_session::Timestamp;
use serde_json::{Map, Value, json};
use shelly_proto::Generation;

/// The components for which `wanted` says so; it is asked with `None` for what belongs to no part.
pub(super) fn status(device: &Device, now: Timestamp, wanted: impl Fn(Option<Part>) -> bool) -> Map<String, Value> {
    let at = device.told_at(now);
    let ble = device.generation == Generation::Ble;
    let mut out = Map::new();
    out.insert("id".into(), device.seed.id.clone().into());
    out.insert("code".into(), device.seed.code.clone().into());
    if device.generation != Generation::Virtual {
        out.insert("serial".into(), device.serial());
        out.insert("_updated".into(), device.updated().into());
    }
    let mut add = |name: String, value: Value| drop(out.insert(name, value));
    for (name, value) in components(device, at, &wanted) {
        add(name, value);
    }
    if wanted(None) && !ble && device.generation != Generation::Virtual {
        for (name, value) in system(device, at) {
            add(name, value);
        }
    }
    out
}

/// The status of an event: with the time, and always with a serial (dossier 6.1, 9.1).
pub(super) fn event(device: &Device, status: Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, value) in status {
        if name != "_updated" && name != "serial" {
            let last = name == "code";
            out.insert(name, value);
            if last {
                out.insert("serial".into(), device.serial());
                out.insert("ts".into(), seconds(device.updated).into());
            }
        }
    }
    out
}

/// All components that are wanted, by name.
pub(super) fn components(
    device: &Device,
    now: Timestamp,
    wanted: &impl Fn(Option<Part>) -> bool,
) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    for (at, relay) in device.relays.iter().enumerate().filter(|(at, _)| wanted(Some(Part::Relay(*at)))) {
        out.push((format!("switch:{at}"), switch(at, &relay.out, relay.metered, now)));
    }
    for (at, lamp) in device.lights.iter().enumerate().filter(|(at, _)| wanted(Some(Part::Light(*at)))) {
        out.push((format!("{}:{at}", light_name(lamp.kind)), light(at, lamp)));
    }
    for (at, roller) in device.rollers.iter().enumerate().filter(|(at, _)| wanted(Some(Part::Roller(*at)))) {
        out.push((format!("cover:{at}"), cover(at, roller, now)));
    }
    for (at, input) in device.inputs.iter().enumerate().filter(|(at, _)| wanted(Some(Part::Input(*at)))) {
        out.push((format!("input:{at}"), json!({"id": at, "state": input.on})));
    }
    for (at, meter) in device.meters.iter().enumerate().filter(|(at, _)| wanted(Some(Part::Meter(*at)))) {
        let watts = meter.energy.watts();
        let value = json!({
            "id": at, "apower": watts, "voltage": meter.voltage, "current": rounded(watts / meter.voltage, 2),
            "aenergy": {"total": rounded(meter.energy.watt_hours(now), 3)},
        });
        out.push((format!("pm1:{at}"), value));
    }
    for (_, value) in device.values.iter().enumerate().filter(|(at, _)| wanted(Some(Part::Value(*at)))) {
        out.push((format!("{}:{}", value.kind.name(), value.id), json!({"id": value.id, "value": value.value})));
    }
    if let Some(sensor) = device.sensor.as_ref().filter(|_| wanted(Some(Part::Sensor))) {
        measured(&mut out, sensor.told(), device.generation == Generation::Ble);
    }
    out
}

/// `sys` and the connections.
fn system(device: &Device, now: Timestamp) -> Vec<(String, Value)> {
    let sys = json!({
        "mac": device.mac(), "restart_required": false, "time": Device::clock(now),
        "unixtime": now.since_epoch().as_secs(), "uptime": device.uptime(now), "ram_size": 247_524, "ram_free": 155_832,
        "fs_size": 524_288, "fs_free": 212_992, "cfg_rev": 12, "kvs_rev": 0, "schedule_rev": 0, "webhook_rev": 0,
        "available_updates": {},
    });
    let wifi = json!({"sta_ip": device.seed.ip, "status": "got ip", "ssid": "home", "rssi": -58});
    [
        ("sys", sys),
        ("wifi", wifi),
        ("cloud", json!({"connected": true})),
        ("mqtt", json!({"connected": false})),
        ("ble", json!({})),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

pub(super) fn light_name(kind: LightKind) -> &'static str {
    match kind {
        LightKind::Dimmer | LightKind::Bulb => "light",
        LightKind::Cct => "cct",
        LightKind::Rgb => "rgb",
        LightKind::Rgbw => "rgbw",
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn timer(out: &Output) -> Map<String, Value> {
    out.timer.map_or_else(Map::new, |timer| {
        object(json!({"timer_started_at": seconds(timer.started), "timer_duration": timer.length.as_secs_f64()}))
    })
}

fn power(energy: &Energy, now: Timestamp, factor: f64) -> Map<String, Value> {
    let (watts, volts, warm) = (energy.watts(), 230.0, 41.2);
    let factor = if watts == 0.0 { 0.0 } else { factor };
    let current = if watts == 0.0 { 0.0 } else { rounded(watts / volts / factor, 3) };
    object(json!({
        "apower": watts, "voltage": volts, "current": current, "pf": factor, "freq": 50.0,
        "aenergy": {
            "total": rounded(energy.watt_hours(now), 3), "by_minute": energy.by_minute(now),
            "minute_ts": now.since_epoch().as_secs() / 60 * 60,
        },
        "temperature": {"tC": warm, "tF": fahrenheit(warm)},
    }))
}

fn switch(at: usize, out: &Output, metered: bool, now: Timestamp) -> Value {
    let mut shown = object(json!({"id": at, "source": out.source, "output": out.on}));
    shown.extend(timer(out));
    if metered {
        shown.extend(power(&out.energy, now, 0.9));
    }
    Value::Object(shown)
}

fn light(at: usize, lamp: &Lamp) -> Value {
    let mut shown = object(json!({"id": at, "source": lamp.out.source, "output": lamp.out.on}));
    if matches!(lamp.kind, LightKind::Rgb | LightKind::Rgbw) {
        shown.insert("rgb".into(), json!(lamp.rgb));
    }
    // The brightness of colours is the gain of Gen1.
    let brightness = if lamp.kind == LightKind::Rgbw { lamp.gain } else { lamp.brightness };
    shown.insert("brightness".into(), brightness.into());
    match lamp.kind {
        LightKind::Rgbw => drop(shown.insert("white".into(), lamp.white.into())),
        LightKind::Cct => drop(shown.insert("ct".into(), lamp.temp.into())),
        _ => {}
    }
    shown.extend(timer(&lamp.out));
    shown.insert("apower".into(), lamp.out.energy.watts().into());
    Value::Object(shown)
}

fn cover(at: usize, cover: &Cover, now: Timestamp) -> Value {
    let position = cover.position(now);
    let state = match cover.moving() {
        _ if cover.is_calibrating() => "calibrating",
        Some(Way::Open) => "opening",
        Some(Way::Close) => "closing",
        None if position >= 100.0 => "open",
        None if position <= 0.0 => "closed",
        None => "stopped",
    };
    let mut shown = object(json!({"id": at, "source": cover.source, "state": state}));
    shown.extend(power(&cover.energy, now, 0.9));
    shown.insert("pos_control".into(), cover.calibrated.into());
    shown.insert("last_direction".into(), json!(cover.last_way.map(Way::name)));
    if cover.calibrated {
        shown.insert("current_pos".into(), (position.round() as i64).into());
        if let Some(motion) = cover.motion() {
            shown.extend(object(json!({
                "target_pos": motion.to.round() as i64, "move_timeout": (motion.ends - motion.started).as_secs_f64(),
                "move_started_at": seconds(motion.started),
            })));
        }
        if let Some(slats) = cover.slats(now) {
            shown.insert("slat_pos".into(), (slats.round() as i64).into());
        }
    }
    Value::Object(shown)
}

fn measured(out: &mut Vec<(String, Value)>, told: &SensorSeed, ble: bool) {
    let mut add = |name: &str, value: Value| out.push((name.to_owned(), value));
    if let Some(celsius) = told.temperature {
        add("temperature:0", json!({"id": 0, "tC": celsius, "tF": fahrenheit(celsius)}));
    }
    if let Some(percent) = told.humidity {
        add("humidity:0", json!({"id": 0, "rh": percent}));
    }
    if let Some(open) = told.open {
        add("window:0", json!({"id": 0, "open": open}));
    }
    if let Some(lux) = told.lux {
        add("illuminance:0", json!({"id": 0, "lux": lux}));
    }
    if let Some(tilt) = told.tilt {
        add("rot:0", json!({"id": 0, "rot": tilt}));
    }
    if let Some(alarm) = told.flood {
        add("flood:0", json!({"id": 0, "alarm": alarm}));
    }
    if let Some(alarm) = told.smoke {
        add("smoke:0", json!({"id": 0, "alarm": alarm, "mute": false}));
    }
    if let Some(percent) = told.battery {
        // A BLE device does not tell its voltage.
        let volts = if ble { Value::Null } else { rounded(4.0 + percent / 50.0, 2).into() };
        add(
            "devicepower:0",
            json!({"id": 0, "battery": {"V": volts, "percent": percent}, "external": {"present": false}}),
        );
    }
}
