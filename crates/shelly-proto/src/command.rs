//! Commands that cannot be invalid.

use crate::message::{
    ClientMessage, CommandData, CommandRequest, IrEmitParams, LightParams, Raw, RelayParams, RollerParams,
    RollerToPosParams, RpcFamily, RpcRequest,
};
use crate::{Channel, DeviceId, Direction, Effect, Kelvin, LightMode, Percent, Shift, Trid, Turn};
use alloc::borrow::Cow;
use alloc::string::String;

/// One command to one device. It switches mains power or moves something heavy, so every value of this type is within the
/// ranges of dossier 11.1, and what excludes each other cannot be together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// `relay`
    Relay(Relay),
    /// `light`
    Light(Light),
    /// `roller`
    Roller(Roller),
    /// `roller_to_pos`
    RollerToPos(RollerToPos),
    /// `ir_emit`
    IrEmit(IrEmit),
    /// A call of a device of the Gen2 kind, which travels as a message of its own (dossier 9.4).
    Rpc(Rpc),
}

impl Command {
    /// The message that carries it.
    pub fn request(self, trid: Trid, device: DeviceId) -> ClientMessage<'static> {
        let data: CommandData<'static> = match self {
            Self::Relay(relay) => RelayParams::from(relay).into(),
            Self::Light(light) => LightParams::from(light).into(),
            Self::Roller(roller) => RollerParams::from(roller).into(),
            Self::RollerToPos(roller) => RollerToPosParams::from(roller).into(),
            Self::IrEmit(emit) => IrEmitParams::from(emit).into(),
            Self::Rpc(Rpc { family, method, params }) => {
                return ClientMessage::Rpc(RpcRequest::new(family, trid, device, method, params));
            }
        };
        ClientMessage::Command(CommandRequest::new(trid, device, data))
    }

    /// The channel that it is for; `None` for those that name none.
    pub fn channel(&self) -> Option<Channel> {
        match self {
            Self::Relay(relay) => Some(relay.channel),
            Self::Light(light) => Some(light.channel),
            Self::Roller(roller) => Some(roller.channel),
            Self::RollerToPos(roller) => Some(roller.channel),
            Self::IrEmit(_) | Self::Rpc(_) => None,
        }
    }

    /// Whether it only stops or switches off.
    pub fn is_stop(&self) -> bool {
        match self {
            Self::Relay(relay) => relay.turn == Turn::Off && relay.timeout.is_none(),
            Self::Roller(roller) => roller.direction.is_none(),
            Self::Light(light) => light.turn == Some(Turn::Off) && light.timeout.is_none(),
            Self::RollerToPos(_) | Self::IrEmit(_) | Self::Rpc(_) => false,
        }
    }
}

macro_rules! commands {
    ($($name:ident)*) => {
        $(impl From<$name> for Command {
            fn from(command: $name) -> Self {
                Self::$name(command)
            }
        })*
    };
}
commands! { Relay Light Roller RollerToPos IrEmit Rpc }

/// Switches a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relay {
    channel: Channel,
    turn: Turn,
    timeout: Option<u32>,
}

impl Relay {
    /// Switch a channel.
    pub const fn new(channel: Channel, turn: Turn) -> Self {
        Self { channel, turn, timeout: None }
    }

    /// After so many seconds it changes back by itself.
    #[must_use]
    pub const fn timeout(mut self, seconds: u32) -> Self {
        self.timeout = Some(seconds);
        self
    }

    /// The channel.
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// What becomes of the relay.
    pub const fn turn(&self) -> Turn {
        self.turn
    }

    /// Seconds until it changes back.
    pub const fn timeout_seconds(&self) -> Option<u32> {
        self.timeout
    }
}

impl From<Relay> for RelayParams<'_> {
    fn from(relay: Relay) -> Self {
        let Relay { channel, turn, timeout } = relay;
        Self {
            turn: Some(Cow::Borrowed(turn.as_str())),
            id: Some(channel.0.into()),
            timeout: timeout.map(f64::from),
            ..Self::default()
        }
    }
}

/// Changes a light. Everything but the channel can be left out, and then stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Light {
    channel: Channel,
    turn: Option<Turn>,
    mode: Option<LightMode>,
    timeout: Option<u32>,
    red: Option<u8>,
    green: Option<u8>,
    blue: Option<u8>,
    white: Option<u8>,
    gain: Option<Percent>,
    brightness: Option<Percent>,
    effect: Option<Effect>,
    temp: Option<Kelvin>,
    transition: Option<u32>,
}

macro_rules! light_parts {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        impl Light {
            $(
                $(#[$doc])*
                #[must_use]
                pub const fn $name(mut self, $name: $kind) -> Self {
                    self.$name = Some($name);
                    self
                }
            )*
        }
    };
}

light_parts! {
    /// Switch it.
    turn: Turn,
    /// Colour or white.
    mode: LightMode,
    /// After so many seconds it changes back by itself.
    timeout: u32,
    /// The red part.
    red: u8,
    /// The green part.
    green: u8,
    /// The blue part.
    blue: u8,
    /// The white part.
    white: u8,
    /// How bright a colour is.
    gain: Percent,
    /// How bright white light is.
    brightness: Percent,
    /// A pattern of changes.
    effect: Effect,
    /// The colour temperature of white light.
    temp: Kelvin,
    /// How long the change takes, in milliseconds; not in the documents, but in use.
    transition: u32,
}

impl Light {
    /// A channel, with nothing to be changed yet.
    pub const fn new(channel: Channel) -> Self {
        Self {
            channel,
            turn: None,
            mode: None,
            timeout: None,
            red: None,
            green: None,
            blue: None,
            white: None,
            gain: None,
            brightness: None,
            effect: None,
            temp: None,
            transition: None,
        }
    }

    /// The channel.
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Whether it is to be changed over.
    pub(crate) fn is_toggle(&self) -> bool {
        self.turn == Some(Turn::Toggle)
    }

    /// A colour.
    #[must_use]
    pub const fn rgb(self, red: u8, green: u8, blue: u8) -> Self {
        self.red(red).green(green).blue(blue)
    }
}

impl From<Light> for LightParams<'_> {
    fn from(light: Light) -> Self {
        Self {
            id: Some(light.channel.0.into()),
            turn: light.turn.map(|turn| Cow::Borrowed(turn.as_str())),
            mode: light.mode.map(|mode| Cow::Borrowed(mode.as_str())),
            timeout: light.timeout.map(f64::from),
            red: light.red.map(f64::from),
            green: light.green.map(f64::from),
            blue: light.blue.map(f64::from),
            white: light.white.map(f64::from),
            gain: light.gain.map(|gain| gain.get().into()),
            brightness: light.brightness.map(|brightness| brightness.get().into()),
            effect: light.effect.map(|effect| effect.get().into()),
            temp: light.temp.map(|temp| temp.get().into()),
            transition: light.transition.map(f64::from),
            ..Self::default()
        }
    }
}

/// Sends a cover off, or stops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roller {
    channel: Channel,
    /// `None` is stop.
    direction: Option<Direction>,
    duration: Option<u32>,
}

impl Roller {
    /// Open or close, until the end.
    pub const fn go(channel: Channel, direction: Direction) -> Self {
        Self { channel, direction: Some(direction), duration: None }
    }

    /// Open or close for so many seconds.
    pub const fn go_for(channel: Channel, direction: Direction, seconds: u32) -> Self {
        Self { channel, direction: Some(direction), duration: Some(seconds) }
    }

    /// Stop.
    pub const fn stop(channel: Channel) -> Self {
        Self { channel, direction: None, duration: None }
    }

    /// The channel.
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Where it goes; `None` if it stops.
    pub const fn direction(&self) -> Option<Direction> {
        self.direction
    }

    /// For how many seconds.
    pub const fn duration_seconds(&self) -> Option<u32> {
        self.duration
    }
}

impl From<Roller> for RollerParams<'_> {
    fn from(roller: Roller) -> Self {
        let Roller { channel, direction, duration } = roller;
        Self {
            go: Some(Cow::Borrowed(direction.map_or("stop", Direction::as_str))),
            duration: duration.map(f64::from),
            id: Some(channel.0.into()),
            ..Self::default()
        }
    }
}

/// Where a cover or its slats go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// To this position: 0 is closed, 100 is open.
    To(Percent),
    /// By this much from where it is.
    By(Shift),
}

impl Move {
    /// The position and the shift, of which there is one.
    fn parts(this: Option<Self>) -> (Option<f64>, Option<f64>) {
        match this {
            None => (None, None),
            Some(Self::To(position)) => (Some(position.get().into()), None),
            Some(Self::By(shift)) => (None, Some(shift.get().into())),
        }
    }
}

/// Sends a cover, its slats, or both to a position. The device must be calibrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RollerToPos {
    channel: Channel,
    cover: Option<Move>,
    slats: Option<Move>,
}

impl RollerToPos {
    /// The cover only.
    pub const fn cover(channel: Channel, cover: Move) -> Self {
        Self { channel, cover: Some(cover), slats: None }
    }

    /// The slats only.
    pub const fn slats(channel: Channel, slats: Move) -> Self {
        Self { channel, cover: None, slats: Some(slats) }
    }

    /// Both.
    pub const fn both(channel: Channel, cover: Move, slats: Move) -> Self {
        Self { channel, cover: Some(cover), slats: Some(slats) }
    }

    /// The channel.
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// Where the cover goes.
    pub const fn cover_move(&self) -> Option<Move> {
        self.cover
    }

    /// Where the slats go.
    pub const fn slats_move(&self) -> Option<Move> {
        self.slats
    }
}

impl From<RollerToPos> for RollerToPosParams<'_> {
    fn from(roller: RollerToPos) -> Self {
        let ((pos, rel), (slat_pos, slat_rel)) = (Move::parts(roller.cover), Move::parts(roller.slats));
        Self { id: Some(roller.channel.0.into()), pos, rel, slat_pos, slat_rel, ..Self::default() }
    }
}

/// Sends an infrared code that the device has stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IrEmit {
    data: String,
}

impl IrEmit {
    /// The stored code of this name.
    pub fn stored(data: impl Into<String>) -> Self {
        Self { data: data.into() }
    }
}

impl From<IrEmit> for IrEmitParams<'_> {
    fn from(emit: IrEmit) -> Self {
        Self { data: Some(Cow::Owned(emit.data)), kind: Some(Cow::Borrowed("stored")), ..Self::default() }
    }
}

/// Calls a method of a device of the Gen2 kind. What its parameters do is not known here, so nothing checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rpc {
    family: RpcFamily,
    method: String,
    params: Option<Raw<'static>>,
}

impl Rpc {
    /// A call, as of `Switch.Set`.
    pub fn new(method: impl Into<String>, params: Option<Raw<'static>>) -> Self {
        Self { family: RpcFamily::Jrpc, method: method.into(), params }
    }

    /// The same of another family.
    #[must_use]
    pub fn family(mut self, family: RpcFamily) -> Self {
        self.family = family;
        self
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.method
    }
}
