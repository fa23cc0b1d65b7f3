//! What can be looked up and done over HTTP.

use crate::client::{self, Settings};
use crate::keeper::Keeper;
use crate::wire::Wire;
use crate::{
    AccountError, Channel, Command, ConnectError, DeviceId, DeviceList, DevicesStatus, Direction, Elsewhere, Events,
    FetchedDevice, Light, Move, OneStatus, Percent, Relay, Roller, RollerToPos, Shelly, Turn,
};
use dummyload_session::Secret;
use shelly_proto::BadParams;
use shelly_proto::http::{AllStatus, Call, Control, Credentials, GetDevices, GetStatus, HttpError, ListDevices, Set};
use std::sync::Arc;
use std::time::Duration;

/// One account's HTTP calls. Clones share the tokens, and wait for each other: the cloud takes one request a second.
///
/// Commands go the same way as over the socket, and through the same limits. They are sent once. Without a socket nothing
/// tells what becomes of them: what the cloud answers is only that it has taken them.
#[derive(Clone, Debug)]
pub struct Account(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    wire: Wire,
    keeper: Keeper,
    socket: Elsewhere,
    settings: Settings,
}

impl Account {
    pub(crate) fn new(wire: Wire, keeper: Keeper, socket: Elsewhere, settings: Settings) -> Self {
        Self(Arc::new(Inner { wire, keeper, socket, settings }))
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    pub(crate) fn socket(&self) -> &Elsewhere {
        &self.0.socket
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) async fn token(&self) -> Result<(Secret<String>, Option<Duration>), AccountError> {
        self.0.keeper.token(&self.0.wire).await
    }

    pub(crate) async fn other_token_than(
        &self,
        token: &Secret<String>,
    ) -> Result<(Secret<String>, Option<Duration>), AccountError> {
        self.0.keeper.other_than(&self.0.wire, token).await
    }

    /// Opens the account's socket, and waits until the cloud has given a sign of life on it. From then on lost connections
    /// are opened again without end, and tokens replaced in time.
    ///
    /// # Errors
    /// The tokens are not taken, or nobody is there at the first attempt.
    pub async fn connect(&self) -> Result<(Shelly, Events), ConnectError> {
        client::connect(self).await
    }

    async fn send<C: Call>(&self, token: &Secret<String>, call: &C) -> Result<C::Answer, AccountError> {
        let server = self.0.wire.server_of(token)?;
        self.0.wire.call(&server, call).await
    }

    /// A call that changes nothing: if the token is not taken, it is made again with another one.
    async fn read<C: Call>(
        &self,
        call: impl Fn(Credentials) -> Result<C, AccountError>,
    ) -> Result<C::Answer, AccountError> {
        let (token, _) = self.token().await?;
        match self.send(&token, &call(Credentials::Bearer(token.clone()))?).await {
            Err(AccountError::Service(HttpError::TokenRejected { .. })) => {
                let (token, _) = self.other_token_than(&token).await?;
                self.send(&token, &call(Credentials::Bearer(token.clone()))?).await
            }
            answer => answer,
        }
    }

    /// A call that switches something. It is made once; if the token is not taken, the next call finds another one.
    async fn control<C: Call<Answer = ()>>(
        &self,
        device: &DeviceId,
        command: impl Into<Command>,
        call: impl FnOnce(Credentials, DeviceId) -> Result<C, BadParams>,
    ) -> Result<(), AccountError> {
        self.0.settings.limits.check(device, &command.into()).map_err(AccountError::Limit)?;
        let (token, _) = self.token().await?;
        let call = call(Credentials::Bearer(token.clone()), device.clone()).map_err(AccountError::Command)?;
        let answer = self.send(&token, &call).await;
        if let Err(AccountError::Service(HttpError::TokenRejected { .. })) = answer {
            self.other_token_than(&token).await?;
        }
        answer
    }

    /// The last statuses of one's own devices, and whether they are online.
    ///
    /// # Errors
    /// Tokens that are not taken, too many requests, or nobody there; so do all calls here.
    pub async fn all_status(&self) -> Result<DevicesStatus, AccountError> {
        self.read(|credentials| Ok(AllStatus::new(credentials))).await
    }

    /// The same with the devices that others share with this account. Those take no commands and tell nothing on the socket.
    ///
    /// # Errors
    /// See [`Account::all_status`].
    pub async fn all_status_with_shared(&self) -> Result<DevicesStatus, AccountError> {
        self.read(|credentials| Ok(AllStatus::new(credentials).with_shared())).await
    }

    /// The last status of one device.
    ///
    /// # Errors
    /// See [`Account::all_status`]; also a device that is not there.
    pub async fn status(&self, device: &DeviceId) -> Result<OneStatus, AccountError> {
        self.read(|credentials| Ok(GetStatus::new(credentials, device.clone()))).await
    }

    /// The devices by the names that users gave them.
    ///
    /// # Errors
    /// See [`Account::all_status`].
    pub async fn devices(&self) -> Result<DeviceList, AccountError> {
        self.read(|credentials| Ok(ListDevices::new(credentials))).await
    }

    /// One to ten devices with their statuses and settings, by the second version of the API.
    ///
    /// # Errors
    /// See [`Account::all_status`]; also another number of devices.
    pub async fn get(&self, devices: &[DeviceId]) -> Result<Vec<FetchedDevice>, AccountError> {
        let call = |credentials| {
            let call = GetDevices::new(credentials, devices.iter().cloned()).map_err(AccountError::Number)?;
            Ok(call.status().settings())
        };
        self.read(call).await
    }

    /// Switches a relay.
    ///
    /// # Errors
    /// See [`Account::all_status`]; also a limit, a device that is offline or refuses; so do all commands here.
    pub async fn relay(&self, device: &DeviceId, relay: Relay) -> Result<(), AccountError> {
        self.control(device, relay, |credentials, id| Ok(Control::relay(credentials, id, relay))).await
    }

    /// Changes a light.
    ///
    /// # Errors
    /// See [`Account::relay`].
    pub async fn light(&self, device: &DeviceId, light: Light) -> Result<(), AccountError> {
        self.control(device, light, |credentials, id| Ok(Control::light(credentials, id, light))).await
    }

    /// Opens or closes a cover.
    ///
    /// # Errors
    /// See [`Account::relay`].
    pub async fn roller(&self, device: &DeviceId, channel: Channel, to: Direction) -> Result<(), AccountError> {
        let call = |credentials, id| Ok(Control::roller(credentials, id, channel, to));
        self.control(device, Roller::go(channel, to), call).await
    }

    /// Stops a cover. Passes every limit.
    ///
    /// # Errors
    /// See [`Account::relay`].
    pub async fn stop_roller(&self, device: &DeviceId, channel: Channel) -> Result<(), AccountError> {
        let call = |credentials, id| Ok(Control::stop_roller(credentials, id, channel));
        self.control(device, Roller::stop(channel), call).await
    }

    /// Sends a cover to a position.
    ///
    /// # Errors
    /// See [`Account::relay`].
    pub async fn roller_to(&self, device: &DeviceId, channel: Channel, to: Percent) -> Result<(), AccountError> {
        let call = |credentials, id| Ok(Control::roller_to(credentials, id, channel, to));
        self.control(device, RollerToPos::cover(channel, Move::To(to)), call).await
    }

    /// Switches a relay, by the second version of the API; `seconds` later it changes back, if that is given.
    ///
    /// # Errors
    /// See [`Account::relay`].
    pub async fn set_switch(
        &self,
        device: &DeviceId,
        channel: Channel,
        on: bool,
        seconds: Option<u32>,
    ) -> Result<(), AccountError> {
        let relay = Relay::new(channel, if on { Turn::On } else { Turn::Off });
        let call = |credentials, id| {
            Ok(match seconds {
                None => Set::switch(credentials, id, channel, on),
                Some(seconds) => Set::switch_for(credentials, id, channel, on, seconds),
            })
        };
        self.control(device, relay, call).await
    }

    /// Sends a cover off or stops it, by the second version of the API.
    ///
    /// # Errors
    /// See [`Account::relay`].
    pub async fn set_cover(&self, device: &DeviceId, roller: Roller) -> Result<(), AccountError> {
        self.control(device, roller, |credentials, id| Ok(Set::cover(credentials, id, roller))).await
    }

    /// Sends a cover, its slats or both to positions, by the second version of the API.
    ///
    /// # Errors
    /// See [`Account::relay`].
    pub async fn set_cover_to(&self, device: &DeviceId, roller: RollerToPos) -> Result<(), AccountError> {
        self.control(device, roller, |credentials, id| Ok(Set::cover_to(credentials, id, roller))).await
    }

    /// Changes a light, by the second version of the API.
    ///
    /// # Errors
    /// See [`Account::relay`]; also a light that is to be toggled, for which that version has no word.
    pub async fn set_light(&self, device: &DeviceId, light: Light) -> Result<(), AccountError> {
        self.control(device, light, |credentials, id| Set::light(credentials, id, light)).await
    }
}
