//! Async client for Shelly Cloud Real Time Events.
//!
//! ```no_run
//! use shelly_client::{Channel, Hosts, Relay, Shelly, Turn};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let builder = Shelly::builder()
//!     .hosts(Hosts::at("127.0.0.1:4102")) // a mock; nobody is reached who is not named here or by a token
//!     .token_file("tokens.json");
//! let login = builder.login("http://127.0.0.1:8080/callback")?;
//! println!("open {}", login.url());
//! # let pasted = String::new();
//! let account = login.finish(&pasted).await?; // the address that the browser was sent back to
//!
//! let (shelly, mut events) = account.connect().await?;
//! for device in shelly.devices().await? {
//!     println!("{} is {:?}", device.id, device.view().switches);
//! }
//! let device = &shelly.devices().await?[0].id;
//! shelly.relay(device, Relay::new(Channel(0), Turn::On)).await?;
//! println!("{:?}", events.next().await);
//! shelly.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! The next run begins with `builder.connect()`: the tokens are in the file.
//!
//! What this crate adds to [`shelly_proto::session`] is sockets, HTTP and the keeping of tokens; all that it knows of the
//! protocol is there. Its rules hold here too: no command is sent twice, [`Limits`] are checked before anything is sent
//! (calls of devices' methods must be allowed by name), and the stop of a cover passes them all.

mod account;
mod client;
mod config;
mod error;
mod events;
mod keeper;
mod limiter;
mod login;
mod store;
mod tend;
mod wire;

pub use account::Account;
pub use client::Shelly;
pub use config::{Builder, Hosts};
pub use dummyload_driver::{Closed, Missed, Trust, TrustError};
pub use error::{AccountError, ConnectError, Error};
pub use events::Events;
pub use login::Login;
pub use shelly_proto::http::{
    Device as FetchedDevice, DeviceList, DeviceStatus, DevicesStatus, HttpError, ListedDevice, OneStatus,
};
pub use shelly_proto::session::{
    CommandError, CommandKind, Device, Disconnect, Event, LimitError, Limits, LoginFailure, Refusal, TokenError,
    TokenRefusal, Unclear,
};
pub use shelly_proto::{
    Channel, Command, CommandResponse, DeviceId, Direction, Effect, Elsewhere, Generation, HostPolicy, Kelvin, Light,
    LightMode, Move, OutOfRange, Percent, Raw, Relay, Roller, RollerToPos, Rpc, RpcOutcome, RpcResponse, ServerMessage,
    Shift, Turn, status,
};
pub use store::{FileStore, Grant, MemoryStore, StoreError, TokenStore};
