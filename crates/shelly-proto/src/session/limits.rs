//! What commands may do, checked before anything is queued. The stop of a cover always passes.

use crate::{Command, DeviceId, Roller};
use alloc::collections::BTreeSet;
use core::fmt;

/// The kinds of commands that are allowed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CommandKind {
    /// Switching mains power.
    Relay,
    /// Lights.
    Light,
    /// Moving covers, to their ends and to positions.
    Roller,
    /// Sending infrared codes.
    IrEmit,
    /// Calling methods of devices. What they do is not checked: they can also reset a device, or change its firmware.
    Rpc,
}

impl CommandKind {
    /// The kind of a command.
    pub fn of(command: &Command) -> Self {
        match command {
            Command::Relay(_) => Self::Relay,
            Command::Light(_) => Self::Light,
            Command::Roller(_) | Command::RollerToPos(_) => Self::Roller,
            Command::IrEmit(_) => Self::IrEmit,
            Command::Rpc(_) => Self::Rpc,
        }
    }
}

impl fmt::Display for CommandKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Relay => "switching relays",
            Self::Light => "changing lights",
            Self::Roller => "moving covers",
            Self::IrEmit => "sending infrared codes",
            Self::Rpc => "calling methods of devices",
        })
    }
}

/// Bounds that no command exceeds, whoever asks. They stand on this side of the wire, so they hold whatever the cloud
/// allows.
///
/// ```
/// use shelly_proto::session::{CommandKind, Limits};
/// use shelly_proto::{Channel, Command, DeviceId, Relay, Roller, Turn};
///
/// let (lamp, oven) = (DeviceId::in_http("84cca87c0144"), DeviceId::in_http("dc4f2276846a"));
/// let limits = Limits::default().only_devices([lamp.clone()]).forbid(CommandKind::Roller);
/// let on = Command::from(Relay::new(Channel(0), Turn::On));
/// assert!(limits.check(&lamp, &on).is_ok() && limits.check(&oven, &on).is_err());
/// assert!(limits.check(&oven, &Roller::stop(Channel(0)).into()).is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    kinds: BTreeSet<CommandKind>,
    devices: Option<BTreeSet<DeviceId>>,
}

impl Default for Limits {
    /// Relays, lights and covers of all devices. Infrared codes and calls must be allowed by name: what they do, this side
    /// cannot tell.
    fn default() -> Self {
        Self { kinds: [CommandKind::Relay, CommandKind::Light, CommandKind::Roller].into(), devices: None }
    }
}

impl Limits {
    /// Allows a kind.
    #[must_use]
    pub fn allow(mut self, kind: CommandKind) -> Self {
        self.kinds.insert(kind);
        self
    }

    /// Forbids a kind.
    #[must_use]
    pub fn forbid(mut self, kind: CommandKind) -> Self {
        self.kinds.remove(&kind);
        self
    }

    /// Allows commands to these devices only.
    #[must_use]
    pub fn only_devices(mut self, devices: impl IntoIterator<Item = DeviceId>) -> Self {
        self.devices = Some(devices.into_iter().collect());
        self
    }

    /// Whether a command may be sent to a device.
    ///
    /// # Errors
    /// Which bound it would exceed.
    pub fn check(&self, device: &DeviceId, command: &Command) -> Result<(), LimitError> {
        if is_stop(command) {
            return Ok(());
        }
        let kind = CommandKind::of(command);
        if !self.kinds.contains(&kind) {
            return Err(LimitError::Kind(kind));
        }
        match &self.devices {
            Some(allowed) if !allowed.contains(device) => Err(LimitError::Device(device.clone())),
            _ => Ok(()),
        }
    }
}

/// Whether a command stops a cover. Switching something off is no such thing: it can be a freezer.
pub(super) fn is_stop(command: &Command) -> bool {
    matches!(command, Command::Roller(roller) if *roller == Roller::stop(roller.channel()))
}

/// Which bound a command would have exceeded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitError {
    /// The kind of command is not allowed.
    Kind(CommandKind),
    /// The device is not among those that are allowed.
    Device(DeviceId),
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => write!(f, "{kind} is not allowed by the limits; it must be allowed by name"),
            Self::Device(device) => write!(f, "the limits allow no command to device {device}"),
        }
    }
}

impl core::error::Error for LimitError {}
