//! Async client for the PiShock broker, with limits that hold and a stop that always passes.
//!
//! ```no_run
//! use pishock_client::{DurationMs, Hosts, Intensity, PiShock, Target};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let (pishock, _events) = PiShock::builder("demo", "11111111-2222-3333-4444-555555555555")
//!     .hosts(Hosts::at("127.0.0.1:4101")) // a mock; nobody is reached who is not named here
//!     .origin("my app")
//!     .connect()
//!     .await?;
//! let hub = &pishock.account().hubs().await?[0];
//! let target = Target::own(hub.id, hub.shockers[0].id);
//! pishock.vibrate(&target, Intensity::new(20)?, DurationMs::new(1000)?).await?;
//! pishock.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! What this crate adds to [`pishock_proto::session`] is sockets, HTTP and convenience; all that it knows of the protocol
//! is there. Its rules hold here too: nothing is sent twice, [`Limits`] are checked before anything is sent (shocks must
//! be allowed by name), and a stop passes them all.

mod account;
mod client;
mod config;
mod error;
mod events;
mod hold;

pub use account::Account;
pub use client::{PiShock, Subscribed, Target};
pub use config::{Builder, Hosts};
pub use dummyload_driver::{Closed, Missed, Trust, TrustError};
pub use error::{AccountError, ConnectError, Error};
pub use events::Events;
pub use hold::Hold;
pub use pishock_proto::http::{Hub, HubShocker, Link, Reason, SharedShocker, Shocker};
pub use pishock_proto::session::{
    CommandError, Disconnect, Event, HoldEnd, LimitError, Limits, LoginFailure, Refusal, SessionCommand,
};
pub use pishock_proto::{
    Channel, Command, Dialect, DurationMs, HubId, Intensity, LinkId, Mode, Order, OutOfRange, ShareCode, ShareId,
    ShockerId, UserId,
};
