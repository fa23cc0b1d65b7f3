//! Calls that the cloud hands on to a device of the Gen2 kind (dossier 9.4, 10, 14).

use super::devices::Way;
use super::order::{self, LightChange};
use super::{Order, Origin, Refusal, ShellyWorld};
use crate::seed::ValueKind;
use dummyload_host::Cx;
use dummyload_session::Timestamp;
use serde_json::{Map, Value, json};
use shelly_proto::{DeviceId, Members, Move, Percent, Raw, RpcRequest, Shift, Turn};
use std::time::Duration;

/// Why a call has no result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// The cloud refuses it.
    Cloud(Refusal),
    /// It names no method.
    NoMethod,
    /// The device refuses it: its code and message.
    Device(i64, String),
}

type Outcome<T> = Result<T, Failure>;

/// The codes of Gen2 devices.
const INVALID_ARGUMENT: i64 = -103;
const NOT_FOUND: i64 = -105;
const FAILED_PRECONDITION: i64 = -109;
const NO_HANDLER: i64 = 404;

/// So many characters of a method that there is not come back in the error.
const MOST_OF_A_METHOD: usize = 64;

/// The parameters of a call.
struct Params(Map<String, Value>);

impl Params {
    fn of(given: Option<&Raw<'_>>) -> Outcome<Self> {
        let invalid = |text: String| Failure::Device(INVALID_ARGUMENT, text);
        let Some(given) = given.map(Raw::as_str).filter(|given| *given != "null") else { return Ok(Self(Map::new())) };
        let object = Members::read(given).map_err(|_| invalid("The params must be an object!".into()))?;
        // One by one, so that a number beyond every range is told by its name.
        let read = |(name, json): (&str, &str)| {
            let value = serde_json::from_str(json).map_err(|_| invalid(format!("Invalid argument '{name}'!")))?;
            Ok((name.to_owned(), value))
        };
        object.iter().map(read).collect::<Outcome<_>>().map(Self)
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// `None` if it is absent.
    fn read<T>(&self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Outcome<Option<T>> {
        let invalid = || Failure::Device(INVALID_ARGUMENT, format!("Invalid argument '{name}'!"));
        self.get(name).map(|value| read(value).ok_or_else(invalid)).transpose()
    }

    fn flag(&self, name: &str) -> Outcome<Option<bool>> {
        self.read(name, Value::as_bool)
    }

    fn number<T: TryFrom<i64>>(&self, name: &str) -> Outcome<Option<T>> {
        self.read(name, |value| T::try_from(value.as_f64()?.round() as i64).ok())
    }

    fn percent(&self, name: &str) -> Outcome<Option<Percent>> {
        self.read(name, |value| Percent::new(u8::try_from(value.as_f64()?.round() as i64).ok()?).ok())
    }

    fn shift(&self, name: &str) -> Outcome<Option<Shift>> {
        self.read(name, |value| Shift::new(i8::try_from(value.as_f64()?.round() as i64).ok()?).ok())
    }

    fn seconds(&self, name: &str) -> Outcome<Option<Duration>> {
        self.read(name, |value| order::seconds(value.as_f64()?))
    }

    /// The number of a component; between two there is none.
    fn id(&self) -> Outcome<u16> {
        let missing = || Failure::Device(INVALID_ARGUMENT, "Missing required argument 'id'!".into());
        let whole = |value: &Value| {
            let number = value.as_f64()?;
            (f64::from(number as u16) == number).then_some(number as u16)
        };
        self.read("id", whole)?.ok_or_else(missing)
    }

    /// One of two that exclude each other.
    fn movement(&self, to: &str, by: &str) -> Outcome<Option<Move>> {
        match (self.percent(to)?, self.shift(by)?) {
            (Some(_), Some(_)) => {
                Err(Failure::Device(INVALID_ARGUMENT, format!("Arguments '{to}' and '{by}' exclude each other!")))
            }
            (Some(position), None) => Ok(Some(Move::To(position))),
            (None, Some(shift)) => Ok(Some(Move::By(shift))),
            (None, None) => Ok(None),
        }
    }
}

impl ShellyWorld {
    /// The result of a method. What it brings about is not told yet.
    pub(super) fn call_method(
        &mut self,
        cx: &mut Cx<'_>,
        origin: Origin,
        id: &DeviceId,
        request: &RpcRequest<'_>,
    ) -> Outcome<Value> {
        let method = request.method.as_deref().filter(|method| !method.is_empty()).ok_or(Failure::NoMethod)?;
        let device = self.state.device(id).ok_or(Failure::Cloud(Refusal::WrongId))?;
        if !device.is_online() {
            return Err(Failure::Cloud(Refusal::Offline));
        }
        if !device.takes_calls() {
            return Err(Failure::Cloud(Refusal::Unsupported));
        }
        let params = Params::of(request.params.as_ref())?;
        let shown: String = method.chars().take(MOST_OF_A_METHOD).collect();
        let no_handler = || Failure::Device(NO_HANDLER, format!("No handler for {shown}"));
        let (component, verb) = method.split_once('.').ok_or_else(no_handler)?;
        let now = cx.now();
        match (component, verb) {
            ("Shelly", "GetStatus") => return Ok(Value::Object(device.all_components(now))),
            ("Shelly", "GetDeviceInfo") => return Ok(device.device_info()),
            (_, "GetStatus") => {
                return self.component_status(now, id, component, &params).map_err(|e| e.or(no_handler));
            }
            _ => {}
        }
        let known = device.has_components(&component.to_ascii_lowercase());
        let order = wanted(component, verb, &params).filter(|_| known).ok_or_else(no_handler)??;
        let channel = order.channel().unwrap_or_default();
        let name = format!("{}:{channel}", component.to_ascii_lowercase());
        let Some(before) = device.component(now, &name) else { return Err(not_found(channel)) };
        let no_handler = no_handler();
        self.carry_out(cx, origin, id, &order).map_err(|refusal| match refusal {
            Refusal::InvalidChannel => not_found(channel),
            Refusal::BadParams(text) => Failure::Device(INVALID_ARGUMENT, text),
            Refusal::Failed(text) => Failure::Device(FAILED_PRECONDITION, text),
            Refusal::InvalidMode | Refusal::Unsupported => no_handler,
            refusal => Failure::Cloud(refusal),
        })?;
        let says_before = matches!((component, verb), ("Switch", "Set") | (_, "Toggle"));
        Ok(if says_before { json!({"was_on": before["output"]}) } else { Value::Null })
    }

    fn component_status(
        &self,
        now: Timestamp,
        id: &DeviceId,
        component: &str,
        params: &Params,
    ) -> Result<Value, Missing> {
        let Some(device) = self.state.device(id) else { return Err(Missing::Method) };
        let component = component.to_ascii_lowercase();
        if let Some(single) = device.component(now, &component) {
            return Ok(single);
        }
        if !device.has_components(&component) {
            return Err(Missing::Method);
        }
        let channel = params.id().map_err(Missing::Argument)?;
        device.component(now, &format!("{component}:{channel}")).ok_or(Missing::Argument(not_found(channel)))
    }
}

/// Why there is no status of a component.
enum Missing {
    Method,
    Argument(Failure),
}

impl Missing {
    fn or(self, no_method: impl FnOnce() -> Failure) -> Failure {
        match self {
            Self::Method => no_method(),
            Self::Argument(failure) => failure,
        }
    }
}

fn not_found(channel: u16) -> Failure {
    Failure::Device(NOT_FOUND, format!("Argument 'id', value {channel} not found!"))
}

/// What a method asks for; `None` if there is no such method.
fn wanted(component: &str, verb: &str, params: &Params) -> Option<Outcome<Order>> {
    Some(match (component, verb) {
        ("Switch", "Set") => switch_set(params),
        ("Switch", "Toggle") => params.id().map(|channel| Order::Relay { channel, turn: Turn::Toggle, timeout: None }),
        ("Cover", "Open") => cover_go(params, Some(Way::Open)),
        ("Cover", "Close") => cover_go(params, Some(Way::Close)),
        ("Cover", "Stop") => cover_go(params, None),
        ("Cover", "Calibrate") => params.id().map(|channel| Order::Calibrate { channel }),
        ("Cover", "GoToPosition") => cover_to(params),
        ("Light" | "CCT" | "RGB" | "RGBW", "Set") => light_set(component, params),
        ("Light" | "CCT" | "RGB" | "RGBW", "Toggle") => params.id().map(|channel| Order::Light {
            channel,
            change: LightChange { turn: Some(Turn::Toggle), ..LightChange::default() },
        }),
        ("Boolean", "Set") => value_set(ValueKind::Boolean, params),
        ("Number", "Set") => value_set(ValueKind::Number, params),
        ("Text", "Set") => value_set(ValueKind::Text, params),
        ("Enum", "Set") => value_set(ValueKind::Enum, params),
        _ => return None,
    })
}

fn switch_set(params: &Params) -> Outcome<Order> {
    let channel = params.id()?;
    let Some(on) = params.flag("on")? else {
        return Err(Failure::Device(INVALID_ARGUMENT, "Missing required argument 'on'!".into()));
    };
    let turn = if on { Turn::On } else { Turn::Off };
    Ok(Order::Relay { channel, turn, timeout: params.seconds("toggle_after")? })
}

fn cover_go(params: &Params, way: Option<Way>) -> Outcome<Order> {
    Ok(Order::Roller { channel: params.id()?, way, limit: params.seconds("duration")? })
}

fn cover_to(params: &Params) -> Outcome<Order> {
    let channel = params.id()?;
    let (cover, slats) = (params.movement("pos", "rel")?, params.movement("slat_pos", "slat_rel")?);
    if cover.is_none() && slats.is_none() {
        return Err(Failure::Device(INVALID_ARGUMENT, "Missing required argument 'pos'!".into()));
    }
    Ok(Order::RollerTo { channel, cover, slats })
}

fn light_set(component: &str, params: &Params) -> Outcome<Order> {
    let channel = params.id()?;
    let on = params.flag("on")?;
    let rgb = params.read("rgb", |value| {
        let [red, green, blue] = value.as_array()?.as_slice() else { return None };
        let byte = |value: &Value| u8::try_from(value.as_u64()?).ok();
        Some([Some(byte(red)?), Some(byte(green)?), Some(byte(blue)?)])
    })?;
    let brightness = params.percent("brightness")?.map(Percent::get);
    // The gain of Gen1 is what Gen2 calls the brightness of colours with white.
    let (gain, brightness) = if component == "RGBW" { (brightness, None) } else { (None, brightness) };
    let change = LightChange {
        turn: on.map(|on| if on { Turn::On } else { Turn::Off }),
        timeout: params.seconds("toggle_after")?,
        rgb: rgb.unwrap_or_default(),
        white: params.number("white")?,
        gain,
        brightness,
        temp: params.number("ct")?,
        transition: params.seconds("transition_duration")?.map(|time| time.as_millis().try_into().unwrap_or(u32::MAX)),
        ..LightChange::default()
    };
    Ok(Order::Light { channel, change })
}

fn value_set(kind: ValueKind, params: &Params) -> Outcome<Order> {
    let missing = || Failure::Device(INVALID_ARGUMENT, "Missing required argument 'value'!".into());
    let value = params.get("value").cloned().ok_or_else(missing)?;
    Ok(Order::Set { kind, id: params.id()?, value })
}
