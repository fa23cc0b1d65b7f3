//! The statuses of Gen1: lists with one item a channel (dossier 6.2).

use super::{
    Alarm, BatteryView, CoverState, CoverView, LightView, MeterView, Part, Reading, StatusView, SwitchView, Timer,
};
use crate::LightMode;
use alloc::format;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Object};

pub(super) fn read(status: &Object<'_>, view: &mut StatusView) {
    for (channel, meter) in parts(status, "meters") {
        view.meters.push(MeterView {
            component: format!("meters:{channel}"),
            power: valid(&meter, "power"),
            // Counted in watt minutes.
            energy: meter.number("total").map(|total| total / 60.0),
            ..MeterView::default()
        });
    }
    for (channel, meter) in parts(status, "emeters") {
        view.meters.push(MeterView {
            component: format!("emeters:{channel}"),
            power: valid(&meter, "power"),
            voltage: valid(&meter, "voltage"),
            current: valid(&meter, "current"),
            energy: meter.number("total"),
            returned: meter.number("total_returned"),
        });
    }
    for (channel, relay) in parts(status, "relays") {
        view.switches.push(SwitchView {
            channel,
            on: relay.flag("ison"),
            power: view.meters.get(usize::from(channel)).and_then(|meter| meter.power),
            timer: timer(&relay),
            source: relay.text("source"),
        });
    }
    for (channel, light) in parts(status, "lights") {
        view.lights.push(self::light(channel, &light));
    }
    for (channel, roller) in parts(status, "rollers") {
        view.covers.push(cover(channel, &roller));
    }
    read_sensors(status, view);
}

fn read_sensors(status: &Object<'_>, view: &mut StatusView) {
    let part = |name: &str| status.get(name).and_then(Part::read);
    let inside = part("tmp").and_then(|tmp| valid(&tmp, "tC"));
    let own = status.get("temperature").and_then(members::number);
    if let Some(value) = inside.or(own) {
        view.temperatures.push(Reading { channel: 0, value });
    }
    if let Some(value) = part("hum").and_then(|hum| valid(&hum, "value")) {
        view.humidities.push(Reading { channel: 0, value });
    }
    if let Some(value) = part("lux").and_then(|lux| valid(&lux, "value")) {
        view.illuminances.push(Reading { channel: 0, value });
    }
    if let Some(battery) = part("bat") {
        let (percent, voltage) = (battery.number("value"), battery.number("voltage"));
        view.batteries.push(BatteryView { percent, voltage });
    }
    let mut alarm = |list: fn(&mut StatusView) -> &mut Vec<Alarm>, active: Option<bool>| {
        if let Some(active) = active {
            list(view).push(Alarm { channel: 0, active });
        }
    };
    alarm(|view| &mut view.floods, status.get("flood").and_then(members::flag));
    alarm(|view| &mut view.smokes, status.get("smoke").and_then(members::flag));
    let sensor = part("sensor").and_then(|sensor| sensor.text("state"));
    alarm(|view| &mut view.windows, sensor.map(|state| state == "open"));
}

/// The items of a list with their indexes.
fn parts<'a>(status: &Object<'a>, name: &str) -> Vec<(u16, Part<'a>)> {
    let mut items = Vec::new();
    // A member of another type has no items.
    let _ = members::each_item(status.get(name).unwrap_or("[]"), |item| items.push(Part::read(item)));
    let numbered = (0u16..).zip(items);
    numbered.filter_map(|(channel, part)| part.map(|part| (channel, part))).collect()
}

/// A measured number, unless the device calls it invalid.
fn valid(part: &Part<'_>, name: &str) -> Option<f64> {
    part.number(name).filter(|_| part.flag("is_valid") != Some(false))
}

fn timer(part: &Part<'_>) -> Option<Timer> {
    part.flag("has_timer").filter(|runs| *runs)?;
    let started_at = part.number("timer_started");
    Some(Timer { started_at, duration: part.number("timer_duration"), remaining: part.number("timer_remaining") })
}

fn light(channel: u16, light: &Part<'_>) -> LightView {
    let mode = light.mode();
    let rgb = || Some([light.byte("red")?, light.byte("green")?, light.byte("blue")?]);
    let brightness = if mode == Some(LightMode::Color) { "gain" } else { "brightness" };
    LightView {
        channel,
        on: light.flag("ison"),
        mode,
        brightness: light.number(brightness),
        rgb: rgb(),
        white: light.number("white"),
        temp: light.number("temp"),
        effect: light.number("effect").map(|effect| effect as i64),
        power: light.number("power"),
        timer: timer(light),
    }
}

fn cover(channel: u16, roller: &Part<'_>) -> CoverView {
    let state = roller.text("state").map(|state| match state.as_str() {
        // The motor's state, which says nothing of the position (dossier 6.2).
        "open" => CoverState::Opening,
        "close" => CoverState::Closing,
        "stop" if roller.flag("calibrating") == Some(true) => CoverState::Calibrating,
        "stop" => CoverState::Stopped,
        _ => CoverState::Other(state),
    });
    let negative = roller.number("current_pos").is_some_and(|position| position < 0.0);
    CoverView {
        channel,
        state,
        position: roller.position("current_pos"),
        target: None,
        slat_position: roller.position("slat_pos"),
        calibrated: roller.flag("positioning").map(|positioning| positioning && !negative),
        power: valid(roller, "power"),
    }
}
