//! The status of Gen1 devices: lists with one item a channel (dossier 6.2).

use super::lamp::Lamp;
use super::output::{Energy, Output};
use super::{Device, Meter, Part, fahrenheit, models, rounded};
use crate::seed::{LightKind, SensorSeed};
use crate::world::devices::cover::Cover;
use dummyload_session::Timestamp;
use serde_json::{Map, Value, json};
use shelly_proto::LightMode;
use std::time::Duration;

/// The firmware that they all have.
const FIRMWARE: &str = "20230913-112003/v1.14.0-gcb84623";

pub(super) fn status(device: &Device, now: Timestamp) -> Map<String, Value> {
    let at = device.told_at(now);
    let mac = device.mac();
    let name = format!("{}-{}", models::gen1_name(&device.seed.code), &mac[mac.len().saturating_sub(6)..]);
    let mut out = object(json!({
        "id": device.seed.id, "code": device.seed.code,
        "wifi_sta": {"connected": true, "ssid": "home", "ip": device.seed.ip, "rssi": -61},
        "cloud": {"enabled": true, "connected": true}, "mqtt": {"connected": false},
        "time": Device::clock(at), "unixtime": at.since_epoch().as_secs(), "serial": device.serial(),
        "has_update": false, "mac": mac, "cfg_changed_cnt": 0, "actions_stats": {"skipped": 0},
    }));
    if !device.relays.is_empty() {
        let relays = device.relays.iter().map(|relay| output(&relay.out, at)).collect();
        out.insert("relays".into(), Value::Array(relays));
    }
    if !device.lights.is_empty() {
        let lights = device.lights.iter().map(|lamp| light(lamp, at)).collect();
        out.insert("lights".into(), Value::Array(lights));
        out.insert("mode".into(), device.lights[0].mode.as_str().into());
    }
    if !device.rollers.is_empty() {
        let rollers = device.rollers.iter().map(|cover| roller(cover, at)).collect();
        out.insert("rollers".into(), Value::Array(rollers));
    }
    let relays = device.relays.iter().filter(|relay| relay.metered).map(|relay| &relay.out.energy);
    let lights = device.lights.iter().map(|lamp| &lamp.out.energy);
    let rollers = device.rollers.iter().map(|cover| &cover.energy);
    let meters: Vec<Value> = relays.chain(lights).chain(rollers).map(|energy| meter(energy, at)).collect();
    if !meters.is_empty() {
        out.insert("meters".into(), Value::Array(meters));
    }
    if !device.inputs.is_empty() {
        let input = |input: &super::Input| {
            let event = if input.count > 0 { "S" } else { "" };
            json!({"input": u8::from(input.on), "event": event, "event_cnt": input.count})
        };
        out.insert("inputs".into(), Value::Array(device.inputs.iter().map(input).collect()));
        let warm = 41.2;
        out.insert("temperature".into(), warm.into());
        out.insert("overtemperature".into(), false.into());
        out.insert("tmp".into(), json!({"tC": warm, "tF": fahrenheit(warm), "is_valid": true}));
    }
    if !device.meters.is_empty() {
        let emeters = device.meters.iter().map(|meter| emeter(meter, at)).collect();
        out.insert("emeters".into(), Value::Array(emeters));
    }
    if let Some(sensor) = &device.sensor {
        measured(&mut out, sensor.told());
        out.insert("act_reasons".into(), json!([sensor.reason]));
    }
    out.extend(object(json!({
        "update": {"status": "idle", "has_update": false, "new_version": "", "old_version": FIRMWARE},
        "ram_total": 51_384, "ram_free": 39_164, "fs_size": 233_681, "fs_free": 147_086,
        "uptime": device.uptime(at),
        "getinfo": {"fw_info": {"device": name, "fw": FIRMWARE}},
        "_updated": device.updated(),
    })));
    out
}

/// What the status has of one channel; null for parts of other kinds.
pub(super) fn part(device: &Device, part: Part, now: Timestamp) -> Value {
    let shown = match part {
        Part::Relay(at) => device.relays.get(at).map(|relay| output(&relay.out, now)),
        Part::Light(at) => device.lights.get(at).map(|lamp| light(lamp, now)),
        Part::Roller(at) => device.rollers.get(at).map(|cover| roller(cover, now)),
        _ => None,
    };
    shown.unwrap_or_default()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn output(out: &Output, now: Timestamp) -> Value {
    let mut shown = object(json!({"ison": out.on}));
    shown.extend(timer(out, now));
    shown.insert("overpower".into(), false.into());
    shown.insert("source".into(), out.source.into());
    Value::Object(shown)
}

fn timer(out: &Output, now: Timestamp) -> Map<String, Value> {
    let (started, length, remaining) = out.timer.map_or((0, 0, 0), |timer| {
        // These are whole seconds, whatever the timer is.
        let whole = |time: Duration| time.as_secs() + u64::from(time.subsec_nanos() > 0);
        (timer.started.since_epoch().as_secs(), whole(timer.length), whole(timer.ends() - now))
    });
    object(json!({
        "has_timer": out.timer.is_some(), "timer_started": started, "timer_duration": length, "timer_remaining": remaining,
    }))
}

fn light(lamp: &Lamp, now: Timestamp) -> Value {
    let mut shown = object(json!({"ison": lamp.out.on, "source": lamp.out.source}));
    shown.extend(timer(&lamp.out, now));
    shown.insert("mode".into(), lamp.mode.as_str().into());
    let [red, green, blue] = lamp.rgb;
    let colours = json!({
        "red": red, "green": green, "blue": blue, "white": lamp.white, "gain": lamp.gain, "effect": lamp.effect,
    });
    let more = match (lamp.kind, lamp.mode) {
        (LightKind::Bulb, _) => {
            let mut more = object(colours);
            more.insert("temp".into(), lamp.temp.into());
            more.insert("brightness".into(), lamp.brightness.into());
            more
        }
        (LightKind::Rgbw | LightKind::Rgb, LightMode::Color) => object(colours),
        (LightKind::Cct, _) => object(json!({"brightness": lamp.brightness, "white": lamp.white, "temp": lamp.temp})),
        (LightKind::Dimmer | LightKind::Rgbw | LightKind::Rgb, _) => object(json!({"brightness": lamp.brightness})),
    };
    shown.extend(more);
    shown.extend(object(json!({
        "transition": lamp.transition, "power": lamp.out.energy.watts(), "overpower": false,
    })));
    Value::Object(shown)
}

/// `state` is the motor's; the position is -1 where it is not known.
fn roller(cover: &Cover, now: Timestamp) -> Value {
    let position = if cover.calibrated { cover.position(now).round() as i64 } else { -1 };
    let mut shown = object(json!({
        "state": cover.moving().map_or("stop", super::Way::name), "source": cover.source,
        "power": cover.energy.watts(), "is_valid": true, "safety_switch": false, "overtemperature": false,
        "stop_reason": "normal", "last_direction": cover.last_way.map_or("stop", super::Way::name),
        "current_pos": position, "calibrating": cover.is_calibrating(), "positioning": cover.calibrated,
    }));
    if let Some(slats) = cover.slats(now) {
        shown.insert("slat_pos".into(), (slats.round() as i64).into());
    }
    Value::Object(shown)
}

/// `total` is in watt minutes.
fn meter(energy: &Energy, now: Timestamp) -> Value {
    // Gen1 counts each of the last minutes in watt minutes; Gen2 in milliwatt hours.
    let counters = energy.by_minute(now).map(|milliwatt_hours| rounded(milliwatt_hours * 0.06, 3));
    json!({
        "power": energy.watts(), "overpower": 0.0, "is_valid": true, "timestamp": now.since_epoch().as_secs(),
        "counters": counters, "total": (energy.watt_hours(now) * 60.0) as u64,
    })
}

fn emeter(meter: &Meter, now: Timestamp) -> Value {
    let watts = meter.energy.watts();
    json!({
        "power": watts, "reactive": 0.0, "pf": if watts == 0.0 { 0.0 } else { 1.0 },
        "current": rounded(watts / meter.voltage, 2), "voltage": meter.voltage, "is_valid": true,
        "total": rounded(meter.energy.watt_hours(now), 1), "total_returned": 0.0,
    })
}

fn measured(out: &mut Map<String, Value>, told: &SensorSeed) {
    let mut add = |name: &str, value: Value| drop(out.insert(name.into(), value));
    if let Some(celsius) = told.temperature {
        let value = json!({
            "value": celsius, "units": "C", "tC": celsius, "tF": fahrenheit(celsius), "is_valid": true,
        });
        add("tmp", value);
    }
    if let Some(percent) = told.humidity {
        add("hum", json!({"value": percent, "is_valid": true}));
    }
    if let Some(open) = told.open {
        add("sensor", json!({"state": if open { "open" } else { "close" }, "is_valid": true}));
    }
    if let Some(lux) = told.lux {
        let illumination = match lux {
            lux if lux < 100.0 => "dark",
            lux if lux < 200.0 => "twilight",
            _ => "bright",
        };
        add("lux", json!({"value": lux, "illumination": illumination, "is_valid": true}));
    }
    if let Some(tilt) = told.tilt {
        add("accel", json!({"tilt": tilt, "vibration": 0}));
    }
    if let Some(flood) = told.flood {
        add("flood", flood.into());
    }
    if let Some(smoke) = told.smoke {
        add("smoke", smoke.into());
    }
    if let Some(percent) = told.battery {
        add("bat", json!({"value": percent, "voltage": rounded(2.0 + percent / 100.0, 2)}));
    }
}
