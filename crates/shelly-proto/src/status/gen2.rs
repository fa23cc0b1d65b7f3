//! The statuses of Gen2 and of what is like it: one member a component, as `switch:0` (dossier 6.2).

use super::{
    Alarm, BatteryView, CoverState, CoverView, LightView, MeterView, Part, Reading, StatusView, SwitchView, Timer,
    ValveView,
};
use crate::LightMode;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Object};

pub(super) fn read(status: &Object<'_>, view: &mut StatusView) {
    // Inside an output, for want of anything better.
    let mut own = None;
    for (name, json) in status.iter() {
        let Some((kind, channel)) = name.split_once(':') else { continue };
        let Ok(channel) = channel.parse() else { continue };
        let Some(part) = Part::read(json).filter(|_| KNOWN.contains(&kind)) else { continue };
        let reading = |value: Option<f64>| value.map(|value| Reading { channel, value });
        let alarm = |active: Option<bool>| active.map(|active| Alarm { channel, active });
        match kind {
            "switch" => view.switches.push(switch(channel, &part)),
            "light" | "rgb" | "rgbw" | "cct" => view.lights.push(light(kind, channel, &part)),
            "cover" => view.covers.push(cover(channel, &part)),
            "em" | "em1" => view.meters.push(energy_meter(status, name, kind, channel, &part)),
            "temperature" => view.temperatures.extend(reading(part.number("tC"))),
            "humidity" => view.humidities.extend(reading(part.number("rh"))),
            "illuminance" | "lux" => view.illuminances.extend(reading(part.number("lux"))),
            "devicepower" => view.batteries.extend(
                part.inner("battery")
                    .map(|battery| BatteryView { percent: battery.number("percent"), voltage: battery.number("V") }),
            ),
            "flood" => view.floods.extend(alarm(part.flag("alarm"))),
            "smoke" => view.smokes.extend(alarm(part.flag("alarm"))),
            "window" => view.windows.extend(alarm(part.flag("open"))),
            "blutrv" => valve(channel, &part, view),
            _ => {}
        }
        if matches!(kind, "switch" | "cover" | "pm1" | "light" | "rgb" | "rgbw" | "cct") {
            view.meters.extend(meter(name, &part));
            let inside = || reading(part.inner("temperature").and_then(|inside| inside.number("tC")));
            own = own.or_else(inside);
        }
    }
    if view.temperatures.is_empty() {
        view.temperatures.extend(own);
    }
}

/// The components that are looked into.
const KNOWN: [&str; 18] = [
    "switch",
    "light",
    "rgb",
    "rgbw",
    "cct",
    "cover",
    "pm1",
    "em",
    "em1",
    "temperature",
    "humidity",
    "illuminance",
    "lux",
    "devicepower",
    "flood",
    "smoke",
    "window",
    "blutrv",
];

fn timer(part: &Part<'_>) -> Option<Timer> {
    let (started_at, duration) = (part.number("timer_started_at"), part.number("timer_duration"));
    duration.map(|_| Timer { started_at, duration, remaining: None })
}

fn switch(channel: u16, part: &Part<'_>) -> SwitchView {
    SwitchView {
        channel,
        on: part.flag("output"),
        power: part.number("apower"),
        timer: timer(part),
        source: part.text("source"),
    }
}

fn light(kind: &str, channel: u16, part: &Part<'_>) -> LightView {
    let mut rgb = Vec::new();
    // A member of another type has no items.
    let _ = members::each_item(part.0.get("rgb").unwrap_or("[]"), |item| {
        rgb.push(members::integer(item).and_then(|n| u8::try_from(n).ok()));
    });
    let rgb = match rgb[..] {
        [Some(red), Some(green), Some(blue)] => Some([red, green, blue]),
        _ => None,
    };
    let colour = matches!(kind, "rgb" | "rgbw");
    LightView {
        channel,
        on: part.flag("output"),
        mode: part.mode().or(Some(if colour { LightMode::Color } else { LightMode::White })),
        brightness: part.number("brightness"),
        rgb,
        white: part.number("white"),
        temp: part.number("ct"),
        effect: None,
        power: part.number("apower"),
        timer: timer(part),
    }
}

fn cover(channel: u16, part: &Part<'_>) -> CoverView {
    let state = part.text("state").map(|state| match state.as_str() {
        "open" => CoverState::Open,
        "closed" => CoverState::Closed,
        "opening" => CoverState::Opening,
        "closing" => CoverState::Closing,
        "stopped" => CoverState::Stopped,
        "calibrating" => CoverState::Calibrating,
        _ => CoverState::Other(state),
    });
    CoverView {
        channel,
        state,
        position: part.position("current_pos"),
        target: part.position("target_pos"),
        slat_position: part.position("slat_pos"),
        calibrated: part.flag("pos_control"),
        power: part.number("apower"),
    }
}

/// `None` for an output that measures nothing.
fn meter(name: &str, part: &Part<'_>) -> Option<MeterView> {
    let energy = part.inner("aenergy").and_then(|energy| energy.number("total"));
    let returned = part.inner("ret_aenergy").and_then(|energy| energy.number("total"));
    let power = part.number("apower");
    (power.is_some() || energy.is_some()).then(|| MeterView {
        component: name.to_owned(),
        power,
        voltage: part.number("voltage"),
        current: part.number("current"),
        energy,
        returned,
    })
}

/// A meter of one or three phases, whose counts stand in a component of their own.
fn energy_meter(status: &Object<'_>, name: &str, kind: &str, channel: u16, part: &Part<'_>) -> MeterView {
    let data = status.get(&format!("{kind}data:{channel}")).and_then(Part::read);
    let count = |name: &str| data.as_ref().and_then(|data| data.number(name));
    let (power, current) = if kind == "em" { ("total_act_power", "total_current") } else { ("act_power", "current") };
    let energy =
        if kind == "em" { ["total_act", "total_act_ret"] } else { ["total_act_energy", "total_act_ret_energy"] };
    MeterView {
        component: name.to_owned(),
        power: part.number(power),
        voltage: part.number("voltage"),
        current: part.number(current),
        energy: count(energy[0]),
        returned: count(energy[1]),
    }
}

fn valve(channel: u16, part: &Part<'_>, view: &mut StatusView) {
    let (target, current) = (part.number("target_C"), part.number("current_C"));
    view.valves.push(ValveView { channel, target, current, position: part.position("pos") });
    if let Some(percent) = part.number("battery") {
        view.batteries.push(BatteryView { percent: Some(percent), voltage: None });
    }
}
