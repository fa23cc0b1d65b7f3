//! Commands that cannot be invalid.

use crate::{
    Access, Body, Channel, DurationMs, HubId, Intensity, LogData, Mode, PublishCommand, ShareCode, ShockerId, UserId,
};
use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};

/// The most characters of an origin that are sent (dossier 3.2, `l.o`).
const LONGEST_ORIGIN: usize = 64;

/// One command to one shocker. Every value of this type is within range: intensity and duration are, a beep has no
/// intensity, and a stop has neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    shocker: ShockerId,
    mode: Mode,
    intensity: Intensity,
    /// Milliseconds; 0 for a stop only.
    duration: u32,
    replace: bool,
    hold: bool,
    warning: bool,
    origin: Option<String>,
    user: Option<UserId>,
    access: Access,
}

impl Command {
    /// Vibrate.
    pub fn vibrate(shocker: ShockerId, intensity: Intensity, duration: DurationMs) -> Self {
        Self::new(shocker, Mode::Vibrate, intensity, duration.get())
    }

    /// Shock.
    pub fn shock(shocker: ShockerId, intensity: Intensity, duration: DurationMs) -> Self {
        Self::new(shocker, Mode::Shock, intensity, duration.get())
    }

    /// Beep.
    pub fn beep(shocker: ShockerId, duration: DurationMs) -> Self {
        Self::new(shocker, Mode::Beep, Intensity::ZERO, duration.get())
    }

    /// End what is running, at once (dossier 3.4).
    pub fn stop(shocker: ShockerId) -> Self {
        Self::new(shocker, Mode::End, Intensity::ZERO, 0)
    }

    fn new(shocker: ShockerId, mode: Mode, intensity: Intensity, duration: u32) -> Self {
        Self {
            shocker,
            mode,
            intensity,
            duration,
            replace: true,
            hold: false,
            warning: false,
            origin: None,
            user: None,
            access: Access::Api,
        }
    }

    /// Whether it replaces a running command (the default), or is dropped while one runs. The documents call this
    /// "repeating", which it is not (dossier 3.4).
    #[must_use]
    pub fn replace(mut self, replace: bool) -> Self {
        self.replace = replace;
        self
    }

    /// Marks it as part of a held button, ended by a stop.
    #[must_use]
    pub fn hold(mut self, hold: bool) -> Self {
        self.hold = hold;
        self
    }

    /// Marks it as a warning; this changes only the log.
    #[must_use]
    pub fn warning(mut self, warning: bool) -> Self {
        self.warning = warning;
        self
    }

    /// The name shown in the log; cut after 64 characters.
    #[must_use]
    pub fn origin(mut self, origin: &str) -> Self {
        self.origin = Some(origin.chars().take(LONGEST_ORIGIN).collect());
        self
    }

    /// Who sends it; must be the account of the login.
    #[must_use]
    pub fn user(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// By which right it is sent; [`Command::on_share`] sets it for share codes.
    #[must_use]
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// The shocker.
    pub fn shocker(&self) -> ShockerId {
        self.shocker
    }

    /// The mode.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// The strength; zero for a beep and a stop.
    pub fn intensity(&self) -> Intensity {
        self.intensity
    }

    /// Milliseconds; zero for a stop.
    pub fn duration_ms(&self) -> u32 {
        self.duration
    }

    /// Whether it is a stop, which no limit ever holds back.
    pub fn is_stop(&self) -> bool {
        self.mode == Mode::End
    }

    /// Whether it replaces a running command.
    pub fn replaces(&self) -> bool {
        self.replace
    }

    /// Whether it is part of a held button.
    pub fn is_hold(&self) -> bool {
        self.hold
    }

    /// The account that it names, if any.
    pub(crate) fn named_user(&self) -> Option<UserId> {
        self.user
    }

    /// The command for a shocker of one's own hub.
    pub fn on_hub(self, hub: HubId) -> Order {
        Order { channel: Channel::Ops(hub), command: self }
    }

    /// The command for a shocker that is shared under a claimed code; its access kind becomes `sc`.
    pub fn on_share(mut self, hub: HubId, code: ShareCode) -> Order {
        self.access = Access::ShareCode;
        Order { channel: Channel::SharedOps(hub, code), command: self }
    }
}

/// A command with the channel that it goes to, which is always one to operate on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    channel: Channel,
    command: Command,
}

impl Order {
    /// [`Channel::Ops`] or [`Channel::SharedOps`].
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// The command.
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// The same channel with another command.
    #[must_use]
    pub(crate) fn with(&self, command: Command) -> Self {
        Self { channel: self.channel.clone(), command }
    }

    /// The stop for the same shocker on the same channel.
    #[must_use]
    pub fn stop(&self) -> Self {
        let stop = Command { origin: self.command.origin.clone(), ..Command::stop(self.command.shocker) };
        self.with(Command { user: self.command.user, access: self.command.access.clone(), ..stop })
    }
}

impl From<Order> for PublishCommand<'static> {
    fn from(Order { channel, command }: Order) -> Self {
        let body = Body {
            id: Some(command.shocker),
            mode: Some(command.mode),
            intensity: Some(command.intensity.get().into()),
            duration: Some(command.duration.into()),
            replace: Some(command.replace),
            log: Some(LogData {
                user: command.user,
                access: Some(command.access),
                warning: Some(command.warning),
                hold: Some(command.hold),
                origin: Some(Cow::Owned(command.origin.unwrap_or_else(|| "dummyload".to_owned()))),
            }),
        };
        Self { target: Cow::Owned(channel.to_string()), body }
    }
}
