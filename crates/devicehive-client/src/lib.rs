//! Async client for DeviceHive.
//!
//! ```no_run
//! use devicehive_client::{DeviceHive, NewCommand};
//! use std::time::Duration;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let (hive, _events) = DeviceHive::connect("ws://127.0.0.1:4103/dh/websocket") // nobody is reached who is not named here
//!     .with_login("dhadmin", "dhadmin_#911")
//!     .await?;
//! let mut heard = hive.notifications("lamp-1").await?;
//! let done = hive.execute("lamp-1", NewCommand::new("on"), Duration::from_secs(10)).await?;
//! println!("{:?}: {:?}", done.status, done.result);
//! println!("{:?}", heard.next().await);
//! hive.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! The same client plays both roles: [`DeviceHive::device`] is a device that takes commands and notifies, all else is what
//! operators need. There is a method for each of the 56 messages.
//!
//! What this crate adds to [`devicehive_proto::session`] is sockets, HTTP and convenience; all that it knows of the protocol
//! is there. Its rules hold here too: nothing is sent twice, streams outlive connections and bring each item once, tokens are
//! replaced before they end.

mod address;
mod calls;
mod client;
mod connect;
mod device;
mod error;
mod events;
mod rest;
mod router;
mod subscription;

/// The messages of the socket, for [`DeviceHive::send`] and the filters of lists.
pub use devicehive_proto::message;

pub use address::AddressError;
pub use client::DeviceHive;
pub use connect::Connect;
pub use device::{Device, Task, Tasks};
pub use error::{ConnectError, Error, RestError};
pub use events::Events;
pub use rest::Rest;
pub use subscription::{Item, Subscription};

pub use devicehive_proto::http::{HttpError, WaitForCommand};
pub use devicehive_proto::message::{
    CacheInfo, ClusterInfo, Command, CommandChange, CommandReceipt, Configuration, Device as DeviceInfo, DeviceChange,
    DeviceType, Grant, Kind, NamedChange, Network, NewCommand, NewNotification, Notification, NotificationReceipt,
    Refusal, ServerInfo, Subscription as SubscriptionInfo, TokenRequest, Tokens, User, UserChange,
};
pub use devicehive_proto::session::{CommandError, Disconnect, Event, Feed, Filter, LoginFailure};
pub use devicehive_proto::{Action, Datetime, DeviceId, Json, Permission, TokenPayload};
pub use dummyload_driver::{Closed, Missed, Trust, TrustError};
