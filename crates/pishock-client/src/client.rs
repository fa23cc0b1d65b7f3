//! The client: what one does with shockers over the socket.

use crate::account::Account;
use crate::config::Builder;
use crate::{
    Channel, Closed, Command, DurationMs, Error, Hold, HubId, Intensity, Order, Refusal, SessionCommand, ShareCode,
    SharedShocker, ShockerId, UserId,
};
use dummyload_driver::Handle;
use pishock_proto::Login;
use pishock_proto::session::{PishockSession, Reply};
use std::time::Duration;

/// How long [`PiShock::close`] waits for the broker.
const CLOSE_TIME: Duration = Duration::from_secs(5);

/// A shocker, and the right by which it is operated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    hub: HubId,
    shocker: ShockerId,
    code: Option<ShareCode>,
}

impl Target {
    /// A shocker of one's own hub.
    pub fn own(hub: HubId, shocker: ShockerId) -> Self {
        Self { hub, shocker, code: None }
    }

    /// A shocker of somebody else's hub, by a share code that this account has claimed.
    pub fn shared(hub: HubId, code: ShareCode, shocker: ShockerId) -> Self {
        Self { hub, shocker, code: Some(code) }
    }

    /// A shocker out of the list of what others share; `None` if the list does not tell its code.
    pub fn of_share(share: &SharedShocker) -> Option<Self> {
        Some(Self::shared(share.hub, share.code.clone()?, share.shocker))
    }

    /// The shocker.
    pub fn shocker(&self) -> ShockerId {
        self.shocker
    }

    /// This command to this target.
    fn order(&self, command: Command) -> Order {
        match &self.code {
            None => command.on_hub(self.hub),
            Some(code) => command.on_share(self.hub, code.clone()),
        }
    }
}

/// What came of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscribed {
    /// These come from now on, and again after each reconnect.
    pub channels: Vec<Channel>,
    /// These do not.
    pub refused: Vec<(Channel, Refusal)>,
}

/// A client that is logged in. Clones share the connection; when the last one is dropped, it is closed in good order.
///
/// A command that is done means that the broker has put it on its bus. Hubs drop in silence what a limit, a pause or a
/// switched-off shocker forbids; their logs tell (dossier 1, 3.4).
#[derive(Clone, Debug)]
pub struct PiShock {
    handle: Handle<PishockSession>,
    account: Account,
    origin: String,
}

impl PiShock {
    /// A client with a user name and an API key. The key must have been made on or after 2024-10-15.
    pub fn builder(username: impl Into<String>, api_key: impl Into<String>) -> Builder {
        Builder::new(Login::api_key(username, api_key))
    }

    /// A client with a website token, which lives two weeks.
    pub fn builder_with_token(user: UserId, token: impl Into<String>) -> Builder {
        Builder::new(Login::token(user, token))
    }

    pub(crate) fn new(handle: Handle<PishockSession>, account: Account, origin: String) -> Self {
        Self { handle, account, origin }
    }

    /// What can be looked up and arranged over HTTP.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Vibrates.
    ///
    /// # Errors
    /// Every way in which it was not done; so do all calls here. None of them is tried again.
    pub async fn vibrate(&self, target: &Target, intensity: Intensity, duration: DurationMs) -> Result<(), Error> {
        self.operate(target, Command::vibrate(target.shocker, intensity, duration)).await
    }

    /// Shocks, if the limits allow it.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn shock(&self, target: &Target, intensity: Intensity, duration: DurationMs) -> Result<(), Error> {
        self.operate(target, Command::shock(target.shocker, intensity, duration)).await
    }

    /// Beeps.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn beep(&self, target: &Target, duration: DurationMs) -> Result<(), Error> {
        self.operate(target, Command::beep(target.shocker, duration)).await
    }

    /// Ends at once what runs on this shocker. Passes every limit, and waits for a connection if there is none.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn stop(&self, target: &Target) -> Result<(), Error> {
        self.operate(target, Command::stop(target.shocker)).await
    }

    async fn operate(&self, target: &Target, command: Command) -> Result<(), Error> {
        self.publish([target.order(command.origin(&self.origin))]).await
    }

    /// Sends several orders, also for different hubs, in one request: the broker takes all or none.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn publish(&self, orders: impl IntoIterator<Item = Order>) -> Result<(), Error> {
        self.call(SessionCommand::Publish(orders.into_iter().collect())).await.map(drop)
    }

    /// Stops every shocker that this client has used, and lets nothing but stops pass until [`PiShock::resume`].
    ///
    /// # Errors
    /// See [`PiShock::vibrate`]; the block stands even so.
    pub async fn stop_all(&self) -> Result<(), Error> {
        self.call(SessionCommand::StopAll).await.map(drop)
    }

    /// Lets commands pass again.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn resume(&self) -> Result<(), Error> {
        self.call(SessionCommand::Resume).await.map(drop)
    }

    /// Keeps a vibration up until the [`Hold`] is released or dropped. It is sent in pulses: if this program or its
    /// connection dies, the vibration ends within 1.5 s.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn hold_vibration(&self, target: &Target, intensity: Intensity) -> Result<Hold, Error> {
        self.hold(target, Command::vibrate(target.shocker, intensity, PULSE)).await
    }

    /// Keeps a shock up until the [`Hold`] is released or dropped, if the limits allow shocks.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn hold_shock(&self, target: &Target, intensity: Intensity) -> Result<Hold, Error> {
        self.hold(target, Command::shock(target.shocker, intensity, PULSE)).await
    }

    /// Keeps a beep up until the [`Hold`] is released or dropped.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn hold_beep(&self, target: &Target) -> Result<Hold, Error> {
        self.hold(target, Command::beep(target.shocker, PULSE)).await
    }

    async fn hold(&self, target: &Target, pulse: Command) -> Result<Hold, Error> {
        // First the room for the release: what begins must be able to end.
        let release = self.handle.reserve().await?;
        let order = target.order(pulse.origin(&self.origin));
        let held = self.handle.begin(SessionCommand::Hold(order)).await?;
        Ok(Hold::new(held, release))
    }

    /// Asks the broker whether it is there.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn ping(&self) -> Result<(), Error> {
        self.call(SessionCommand::Ping).await.map(drop)
    }

    /// Wants these channels from now on, also after reconnects. What they bring comes as events.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`]; a refusal only if every channel was refused.
    pub async fn subscribe(&self, channels: impl IntoIterator<Item = Channel>) -> Result<Subscribed, Error> {
        let channels: Vec<_> = channels.into_iter().collect();
        match self.call(SessionCommand::Subscribe(channels.clone())).await? {
            Reply::Subscribed { channels, refused } => Ok(Subscribed { channels, refused }),
            // Without a connection it is noted, and the next one brings it about.
            _ => Ok(Subscribed { channels, refused: Vec::new() }),
        }
    }

    /// Wants these channels no more.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn unsubscribe(&self, channels: impl IntoIterator<Item = Channel>) -> Result<(), Error> {
        self.call(SessionCommand::Unsubscribe(channels.into_iter().collect())).await.map(drop)
    }

    /// Wants no channel any more.
    ///
    /// # Errors
    /// See [`PiShock::vibrate`].
    pub async fn unsubscribe_all(&self) -> Result<(), Error> {
        self.call(SessionCommand::UnsubscribeAll).await.map(drop)
    }

    async fn call(&self, command: SessionCommand) -> Result<Reply, Error> {
        self.handle.call(command).await.map_err(Error::from)
    }

    /// Ends what is held, closes the connection and waits for its end, 5 s at most.
    pub async fn close(self) -> Closed {
        self.handle.close(CLOSE_TIME).await
    }
}

/// The length of one pulse of a held command; the next one follows after two thirds of it (dossier 3.4).
const PULSE: DurationMs = match DurationMs::new(1500) {
    Ok(pulse) => pulse,
    Err(_) => DurationMs::MIN,
};
