//! The client: what both roles share.

use crate::connect::Connect;
use crate::device::Device;
use crate::rest::Rest;
use crate::router::{Shared, Tokens};
use crate::subscription::{Item, Subscription};
use crate::{Closed, Command, DeviceId, Error, Feed, Filter, NewCommand, Notification};
use devicehive_proto::message::{Answer, Request};
use devicehive_proto::session::{DeviceHiveSession, Reply, SessionCommand};
use dummyload_driver::Handle;
use dummyload_session::{RequestToken, Secret};
use std::sync::Arc;
use std::time::Duration;

/// How long [`DeviceHive::close`] waits for the server.
const CLOSE_TIME: Duration = Duration::from_secs(5);

/// A client with an open socket. Clones share it; when the last one is dropped, it is closed in good order. Devices and
/// subscriptions count.
///
/// There is a method for each message of the socket, named like its action. Of those that change something none is tried
/// again.
#[derive(Clone, Debug)]
pub struct DeviceHive {
    handle: Handle<DeviceHiveSession>,
    rest: Rest,
    shared: Arc<Shared>,
}

impl DeviceHive {
    /// A client of the server at this address: that of its socket (`ws://127.0.0.1:4103/dh/websocket`), or of its REST
    /// service (`http://127.0.0.1:4103/dh/rest`), which is asked for the socket then. Await what comes back.
    pub fn connect(url: impl Into<String>) -> Connect {
        Connect::new(url.into())
    }

    pub(crate) fn new(handle: Handle<DeviceHiveSession>, rest: Rest, shared: Arc<Shared>) -> Self {
        Self { handle, rest, shared }
    }

    /// What can be asked for over HTTP.
    pub fn rest(&self) -> &Rest {
        &self.rest
    }

    /// The role of a device.
    pub fn device(&self, id: impl Into<DeviceId>) -> Device {
        Device::new(self.clone(), id.into())
    }

    /// Commands as they are inserted: `hive.commands("lamp-1")`, or a [`Filter`] of any other making.
    ///
    /// # Errors
    /// The server refuses, or there is no connection for as long as a reply would be waited for.
    pub async fn commands(&self, filter: impl Into<Filter>) -> Result<Subscription<Command>, Error> {
        self.subscribe(filter.into().feed(Feed::Commands)).await
    }

    /// Commands as they are updated, whoever inserted them.
    ///
    /// # Errors
    /// See [`DeviceHive::commands`].
    pub async fn updates(&self, filter: impl Into<Filter>) -> Result<Subscription<Command>, Error> {
        self.subscribe(filter.into().feed(Feed::Updates)).await
    }

    /// Notifications as they are inserted.
    ///
    /// # Errors
    /// See [`DeviceHive::commands`].
    pub async fn notifications(&self, filter: impl Into<Filter>) -> Result<Subscription<Notification>, Error> {
        self.subscribe(filter.into().feed(Feed::Notifications)).await
    }

    async fn subscribe<T: Item>(&self, filter: Filter) -> Result<Subscription<T>, Error> {
        // First the room for the end: what begins must be able to end.
        let end = self.handle.reserve().await?;
        let pending = self.handle.begin(SessionCommand::Subscribe(filter)).await?;
        let name = pending.token();
        let items = self.shared.stream(name);
        let given_up = GiveUp { shared: &self.shared, name, armed: true };
        match pending.outcome().await? {
            Reply::Subscribed { id, .. } => {
                given_up.disarm();
                Ok(Subscription::new(name, id, items, Arc::clone(&self.shared), end))
            }
            _ => Err(Error::Unclear),
        }
    }

    /// Sends a command to a device, and waits until it has updated it: gives back the command with its status and result. A
    /// connection that is lost while the device works does no harm.
    ///
    /// # Errors
    /// [`Error::NotUpdated`] if the update does not come in time; else every way in which the command was not done.
    pub async fn execute(
        &self,
        device: impl Into<DeviceId>,
        command: NewCommand,
        patience: Duration,
    ) -> Result<Command, Error> {
        let device = device.into();
        match self.ask(SessionCommand::Execute { device, command, patience }).await? {
            Reply::Executed(command) => Ok(*command),
            Reply::NotUpdated(receipt) => Err(Error::NotUpdated(receipt)),
            _ => Err(Error::Unclear),
        }
    }

    /// Any message, with the answer as it comes.
    ///
    /// # Errors
    /// Every way in which it was not done.
    pub(crate) async fn request(&self, request: Request) -> Result<Answer, Error> {
        match self.ask(SessionCommand::Request(Box::new(request))).await? {
            Reply::Answer(answer) => Ok(*answer),
            _ => Err(Error::Unclear),
        }
    }

    /// From now on REST is asked with this token.
    pub(crate) fn become_owner_of(&self, access: Secret<String>) {
        self.shared.replace_tokens(Tokens { access: Some(access), refresh: None });
    }

    pub(crate) async fn ask(&self, command: SessionCommand) -> Result<Reply, Error> {
        self.handle.call(command).await.map_err(Error::from)
    }

    /// Closes the connection and waits for its end, 5 s at most.
    pub async fn close(self) -> Closed {
        self.handle.close(CLOSE_TIME).await
    }
}

/// Forgets the stream of a subscription that did not come about, also if nobody waits for it any more.
struct GiveUp<'a> {
    shared: &'a Shared,
    name: RequestToken,
    armed: bool,
}

impl GiveUp<'_> {
    fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for GiveUp<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.shared.forget(self.name);
        }
    }
}
