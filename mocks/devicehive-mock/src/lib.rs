//! A stand-in for a DeviceHive server: WebSocket and REST, users and rights, devices, commands and notifications.
//!
//! It keeps state as the real one does, and answers as the real one was recorded: 4.1.0, 3.5.0, or what the documents promise
//! ([`Profile`]). Programs, official clients among them, find the core and the auth service on one port.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use devicehive_mock::{DeviceHiveMock, Query};
//!
//! let mock = DeviceHiveMock::builder().virtual_clock().start().await?;
//! // Point the program under test at `mock.url()` or `mock.rest_url()`, then:
//! mock.verify(&Query::received().with(serde_json::json!({"action": "command/insert"})), 0)?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! "dossier N.M" in these pages names a section of `docs/protocols/devicehive.md`, which says for every rule how it is known;
//! `docs/mocks/devicehive.md` tells what the mock does with it.

mod control;
mod demo;
mod http;
mod mock;
mod options;
#[cfg(feature = "persist")]
mod persist;
mod profile;
mod seed;
mod world;

// What a test needs besides, so that it needs no other crate.
pub use dummyload_host::world_file::WorldFileError;
pub use dummyload_host::{ClockMode, ControlError, Direction, Fault, FaultKind, Limits, NotSeen, Query, Tls};
pub use mock::{DeviceHiveMock, DeviceHiveMockBuilder};
pub use options::Options;
pub use profile::{Profile, UnknownProfile};
pub use seed::{
    CommandSeed, ConfigurationSeed, DEMO_WORLD, DeviceSeed, DeviceTypeSeed, NetworkSeed, NextIds, NotificationSeed,
    RoleSeed, StatusSeed, UserSeed, WorldFile,
};
pub use world::DeviceHiveWorld;
