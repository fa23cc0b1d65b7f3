//! The client: what one does with devices over the socket.

use crate::config::Builder;
use crate::keeper::unix_now;
use crate::tend::{Tender, tend};
use crate::{
    Account, Closed, Command, CommandResponse, ConnectError, Device, DeviceId, Disconnect, Error, Event, Events, Light,
    Limits, Raw, Relay, Roller, RollerToPos, Rpc, RpcResponse, Trust, Unclear,
};
use dummyload_driver::Handle;
use shelly_proto::ServerMessage;
use shelly_proto::session::{Reply, SessionCommand, SessionConfig, ShellySession};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long [`Shelly::close`] waits for the cloud.
const CLOSE_TIME: Duration = Duration::from_secs(5);

/// What the socket is run with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) command_timeout: Option<Duration>,
    pub(crate) rpc_timeout: Option<Duration>,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) driver: dummyload_driver::Limits,
    pub(crate) trust: Trust,
}

/// A client with an open socket. Clones share it; when the last one is dropped, it is closed in good order.
///
/// A command that is done means that the cloud says so. What becomes of the device tell its events.
#[derive(Clone, Debug)]
pub struct Shelly {
    handle: Handle<ShellySession>,
    account: Account,
}

impl Shelly {
    /// What a client is made with.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// What can be looked up and done over HTTP.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// All devices of the account with their statuses, every change so far merged in. After a reconnect it waits until
    /// they are known again.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if that takes too long, or the client has ended.
    pub async fn devices(&self) -> Result<Vec<Device>, Error> {
        match self.call(SessionCommand::Devices).await? {
            Reply::Devices(devices) => Ok(devices),
            _ => Err(Error::Ended),
        }
    }

    /// Switches a relay.
    ///
    /// # Errors
    /// Every way in which it was not done; so do all calls here. None of them is tried again.
    pub async fn relay(&self, device: &DeviceId, relay: Relay) -> Result<CommandResponse<'static>, Error> {
        self.command(device, relay).await
    }

    /// Changes a light.
    ///
    /// # Errors
    /// See [`Shelly::relay`].
    pub async fn light(&self, device: &DeviceId, light: Light) -> Result<CommandResponse<'static>, Error> {
        self.command(device, light).await
    }

    /// Sends a cover off, or stops it. A stop passes every limit, and waits for a connection if there is none.
    ///
    /// # Errors
    /// See [`Shelly::relay`].
    pub async fn roller(&self, device: &DeviceId, roller: Roller) -> Result<CommandResponse<'static>, Error> {
        self.command(device, roller).await
    }

    /// Sends a cover, its slats or both to positions.
    ///
    /// # Errors
    /// See [`Shelly::relay`].
    pub async fn roller_to_pos(&self, device: &DeviceId, to: RollerToPos) -> Result<CommandResponse<'static>, Error> {
        self.command(device, to).await
    }

    /// Calls a method of a device of the Gen2 kind, if the limits allow it.
    ///
    /// # Errors
    /// See [`Shelly::relay`].
    pub async fn jrpc(
        &self,
        device: &DeviceId,
        method: &str,
        params: Option<Raw<'static>>,
    ) -> Result<RpcResponse<'static>, Error> {
        match self.send(device, Rpc::new(method, params)).await? {
            Reply::Rpc(response) => Ok(*response),
            other => Err(unclear(other)),
        }
    }

    /// Sends any other command that is answered like those.
    ///
    /// # Errors
    /// See [`Shelly::relay`].
    pub async fn command(
        &self,
        device: &DeviceId,
        command: impl Into<Command>,
    ) -> Result<CommandResponse<'static>, Error> {
        match self.send(device, command).await? {
            Reply::Command(response) => Ok(*response),
            other => Err(unclear(other)),
        }
    }

    async fn send(&self, device: &DeviceId, command: impl Into<Command>) -> Result<Reply, Error> {
        self.call(SessionCommand::Send { device: device.clone(), command: command.into() }).await
    }

    async fn call(&self, command: SessionCommand) -> Result<Reply, Error> {
        self.handle.call(command).await.map_err(Error::from)
    }

    /// Closes the connection and waits for its end, 5 s at most.
    pub async fn close(self) -> Closed {
        self.handle.close(CLOSE_TIME).await
    }
}

/// An answer of another kind than the request is for.
fn unclear(reply: Reply) -> Error {
    let raw = match reply {
        Reply::Unclear(unclear) => return Error::Unclear(unclear),
        Reply::Command(response) => ServerMessage::CommandResponse(*response).to_text(),
        Reply::Rpc(response) => ServerMessage::RpcResponse(*response).to_text(),
        _ => String::new(),
    };
    Error::Unclear(Unclear { raw })
}

/// Opens the socket of an account.
pub(crate) async fn connect(account: &Account) -> Result<(Shelly, Events), ConnectError> {
    let (token, left) = account.token().await?;
    let settings = account.settings();
    let mut config = match &account.wire().account {
        Some(server) => SessionConfig::at(token.expose().as_str(), server.clone()),
        None => SessionConfig::new(token.expose().as_str(), account.wire().policy)
            .map_err(|error| ConnectError::Account(crate::AccountError::Token(error)))?,
    };
    config = config
        .socket(account.socket().clone())
        .limits(settings.limits.clone())
        .epoch(i64::try_from(unix_now()).unwrap_or(i64::MAX))
        // Of no consequence but that no two programs come back in step.
        .seed(RandomState::new().hash_one(0));
    if let Some(left) = left {
        config = config.lifetime(left);
    }
    if let Some(patience) = settings.command_timeout {
        config = config.command_timeout(patience);
    }
    if let Some(patience) = settings.rpc_timeout {
        config = config.rpc_timeout(patience);
    }
    if let Some(every) = settings.keep_alive {
        config = config.keep_alive(every);
    }
    let (handle, events) = dummyload_driver::spawn(ShellySession::new(config), settings.driver, &settings.trust);
    let (sink, passed_on) = dummyload_driver::events(settings.driver.events);
    let tender = Tender { account: account.clone(), session: handle.downgrade(), sink, token };
    tokio::spawn(tend(tender, events));
    let mut events = Events::new(passed_on);
    let shelly = Shelly { handle, account: account.clone() };
    loop {
        match events.next().await {
            Some(Ok(Event::Ready)) => return Ok((shelly, events)),
            Some(Ok(Event::LoginFailed(failure))) => return Err(ConnectError::Login(failure)),
            // Another token is being fetched.
            Some(Ok(Event::Disconnected { why: Disconnect::Refused(_), .. })) => {}
            Some(Ok(Event::Disconnected { why, .. })) => {
                shelly.close().await;
                return Err(ConnectError::Unreachable(why));
            }
            Some(_) => {}
            None => return Err(ConnectError::Ended),
        }
    }
}
