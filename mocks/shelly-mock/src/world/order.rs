//! What can be asked of a device, whatever way it came, and why it is not done.

use crate::seed::ValueKind;
use crate::world::devices::Way;
use serde_json::Value;
use shelly_proto::{BadParams, Command, CommandBody, CommandData, LightMode, LightParams, Move, Turn};
use std::time::Duration;

/// One command for a device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    Relay {
        channel: u16,
        turn: Turn,
        timeout: Option<Duration>,
    },
    Light {
        channel: u16,
        change: LightChange,
    },
    /// To its end or for so long; without a way it stops.
    Roller {
        channel: u16,
        way: Option<Way>,
        limit: Option<Duration>,
    },
    RollerTo {
        channel: u16,
        cover: Option<Move>,
        slats: Option<Move>,
    },
    Calibrate {
        channel: u16,
    },
    IrEmit {
        data: String,
    },
    Rename {
        name: String,
    },
    Set {
        kind: ValueKind,
        id: u16,
        value: Value,
    },
}

/// What is to change in a light.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LightChange {
    pub(crate) turn: Option<Turn>,
    pub(crate) mode: Option<LightMode>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) rgb: [Option<u8>; 3],
    pub(crate) white: Option<u8>,
    /// Percent.
    pub(crate) gain: Option<u8>,
    /// Percent.
    pub(crate) brightness: Option<u8>,
    pub(crate) effect: Option<u8>,
    /// Kelvin.
    pub(crate) temp: Option<u16>,
    /// Milliseconds.
    pub(crate) transition: Option<u32>,
}

/// A command that was understood, and what was wrong with it all the same.
pub(crate) type Understood = (Order, Vec<String>);

impl Order {
    /// What a command asks for. Temperatures and white are clamped, as nobody says their range (dossier 15, rows 16, 17);
    /// anything else out of range is refused. Times are what they are, fractions of a second included.
    pub(crate) fn of_body(body: &CommandBody<'_>) -> Result<Understood, BadParams> {
        let mut notes = Vec::new();
        let order = match body {
            CommandBody::Relay(params) => {
                let Command::Relay(relay) = body.checked()? else { return Err(BadParams::UnknownCommand) };
                let timeout = time("timeout", params.timeout)?;
                Self::Relay { channel: relay.channel().0, turn: relay.turn(), timeout }
            }
            CommandBody::Light(params) => {
                let params = clamped(params, &mut notes);
                let checked = CommandBody::Light(params.clone()).checked()?;
                Self::Light { channel: channel(&checked), change: LightChange::of(&params)? }
            }
            CommandBody::Roller(params) => {
                let checked = body.checked()?;
                let Command::Roller(roller) = checked else { return Err(BadParams::UnknownCommand) };
                let way = roller.direction().map(|direction| if direction.opens() { Way::Open } else { Way::Close });
                Self::Roller { channel: roller.channel().0, way, limit: time("duration", params.duration)? }
            }
            body => match body.checked()? {
                Command::RollerToPos(roller) => Self::RollerTo {
                    channel: roller.channel().0,
                    cover: roller.cover_move(),
                    slats: roller.slats_move(),
                },
                _ => return Err(BadParams::UnknownCommand),
            },
        };
        Ok((order, notes))
    }

    /// What a command request asks for; those without parameters of the usual kind included (dossier 11.1).
    pub(crate) fn of_data(data: &CommandData<'_>) -> Result<Understood, BadParams> {
        match data.body() {
            CommandBody::IrEmit(params) => {
                CommandBody::IrEmit(params.clone()).checked()?;
                let data = params.data.unwrap_or_default().into_owned();
                Ok((Self::IrEmit { data }, Vec::new()))
            }
            CommandBody::Other if data.cmd == "name" => {
                let name = data.extra.get("name").and_then(|name| name.parse::<String>().ok());
                let name = name.filter(|name| !name.is_empty()).ok_or(BadParams::Missing("name"))?;
                Ok((Self::Rename { name }, Vec::new()))
            }
            CommandBody::Other if data.cmd.is_empty() => Err(BadParams::Missing("cmd")),
            body => Self::of_body(&body),
        }
    }

    /// The name in the journal.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Relay { .. } => "relay",
            Self::Light { .. } => "light",
            Self::Roller { .. } => "roller",
            Self::RollerTo { .. } => "roller_to_pos",
            Self::Calibrate { .. } => "calibrate",
            Self::IrEmit { .. } => "ir_emit",
            Self::Rename { .. } => "name",
            Self::Set { .. } => "set",
        }
    }

    pub(crate) fn channel(&self) -> Option<u16> {
        match self {
            Self::Relay { channel, .. }
            | Self::Light { channel, .. }
            | Self::Roller { channel, .. }
            | Self::RollerTo { channel, .. }
            | Self::Calibrate { channel } => Some(*channel),
            Self::Set { id, .. } => Some(*id),
            Self::IrEmit { .. } | Self::Rename { .. } => None,
        }
    }
}

fn channel(command: &Command) -> u16 {
    command.channel().map_or(0, |channel| channel.0)
}

/// The longest time that a command can name, in seconds: a hundred years and more.
const LONGEST: f64 = u32::MAX as f64;

/// So many seconds. However little more than nothing they are, they are not nothing: that would make a timer none.
pub(crate) fn seconds(seconds: f64) -> Option<Duration> {
    let time = Duration::try_from_secs_f64(seconds).ok().filter(|_| seconds <= LONGEST)?;
    Some(if seconds > 0.0 { time.max(Duration::from_millis(1)) } else { time })
}

fn time(name: &'static str, given: Option<f64>) -> Result<Option<Duration>, BadParams> {
    given.map(|given| seconds(given).ok_or(BadParams::OutOfRange { name, range: "0 or more" })).transpose()
}

/// A number that was checked before.
fn whole<T: TryFrom<i64>>(number: Option<f64>) -> Option<T> {
    number.and_then(|number| T::try_from(number.round() as i64).ok())
}

/// The codec's bounds of a temperature and of white.
fn clamped(params: &LightParams<'_>, notes: &mut Vec<String>) -> LightParams<'static> {
    let mut params = params.clone().into_owned();
    let mut clamp = |name: &str, value: &mut Option<f64>, low: f64, high: f64| {
        if let Some(given) = *value
            && !(low..=high).contains(&given)
        {
            *value = Some(given.clamp(low, high));
            notes.push(format!("{name} is {given}; it was taken as the nearest from {low} to {high}"));
        }
    };
    clamp("white", &mut params.white, 0.0, 255.0);
    clamp("temp", &mut params.temp, 2500.0, 7500.0);
    params
}

impl LightChange {
    fn of(params: &LightParams<'_>) -> Result<Self, BadParams> {
        Ok(Self {
            turn: params.turn.as_deref().and_then(Turn::parse),
            mode: params.mode.as_deref().and_then(LightMode::parse),
            timeout: time("timeout", params.timeout)?,
            rgb: [params.red, params.green, params.blue].map(whole),
            white: whole(params.white),
            gain: whole(params.gain),
            brightness: whole(params.brightness),
            effect: whole(params.effect),
            temp: whole(params.temp),
            transition: whole(params.transition),
        })
    }
}

/// Why a command is not carried out. The names are those of dossier 7 and 11.2; where each belongs is a guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No such device, or none of this account.
    WrongId,
    Offline,
    InvalidChannel,
    InvalidMode,
    Unsupported,
    BadParams(String),
    Failed(String),
}

impl From<BadParams> for Refusal {
    fn from(bad: BadParams) -> Self {
        match bad {
            BadParams::UnknownCommand => Self::Unsupported,
            bad => Self::BadParams(bad.to_string()),
        }
    }
}

impl Refusal {
    /// The code in `res` of a command response, and in `error` of a call.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::WrongId => "WRONG_ID",
            Self::Offline => "DEVICE_OFFLINE",
            Self::InvalidChannel => "DEVICE_INVALID_CHANNEL",
            Self::InvalidMode => "DEVICE_INVALID_MODE",
            Self::Unsupported => "DEVICE_UNSUPPORTED_COMMAND",
            Self::BadParams(_) => "WRONG_API_PARAMETERS",
            Self::Failed(_) => "DEVICE_FAILED_COMMAND",
        }
    }

    /// The key in `errors` of the older HTTP calls.
    pub(crate) fn v1_code(&self) -> &'static str {
        match self {
            Self::WrongId => "device_not_found",
            Self::Offline => "device_offline",
            Self::InvalidChannel => "device_invalid_channel",
            Self::InvalidMode => "device_invalid_mode",
            Self::Unsupported => "device_unsupported_command",
            Self::BadParams(_) => "wrong_parameters",
            Self::Failed(_) => "device_failed_command",
        }
    }

    /// The code of the newer HTTP calls.
    pub(crate) fn v2_code(&self) -> &'static str {
        match self {
            Self::WrongId => "DEVICE_NOT_FOUND",
            Self::BadParams(_) => "BAD_REQUEST",
            other => other.code(),
        }
    }

    /// The code of the problem.
    pub(crate) fn problem(&self) -> &'static str {
        match self {
            Self::WrongId => "wrong-id",
            Self::Offline => "device-offline",
            Self::InvalidChannel => "invalid-channel",
            Self::InvalidMode => "invalid-mode",
            Self::Unsupported => "unsupported-command",
            Self::BadParams(_) => "bad-parameters",
            Self::Failed(_) => "failed-command",
        }
    }

    /// For the author of the client.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::WrongId => "there is no such device in this account".into(),
            Self::Offline => "the device is offline: the cloud refuses, and nothing is queued".into(),
            Self::InvalidChannel => "the device has no such channel; they count from 0".into(),
            Self::InvalidMode => "the light has no such mode".into(),
            Self::Unsupported => "the device has nothing that takes this command".into(),
            Self::BadParams(text) | Self::Failed(text) => text.clone(),
        }
    }

    /// Where the rule comes from.
    pub(crate) fn source(&self) -> &'static str {
        match self {
            Self::WrongId => "dossier 2.1, 9.4",
            Self::Offline => "dossier 7, 13.3",
            Self::BadParams(_) => "dossier 11.1",
            Self::Failed(_) => "dossier 11.2, 13.3",
            Self::InvalidChannel | Self::InvalidMode | Self::Unsupported => "dossier 7, 11.2",
        }
    }
}
