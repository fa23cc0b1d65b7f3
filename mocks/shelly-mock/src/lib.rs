//! A stand-in for the Shelly Cloud: OAuth, HTTP control, real-time events, and devices that behave.
//!
//! It keeps state as the real one does: accounts with passwords, keys and tokens, rooms, devices and who else sees them.
//! What is sent to it, by socket or by HTTP, reaches a virtual relay, light or roller, and every socket of the account is
//! told what became of it.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use shelly_mock::{Query, ShellyMock};
//!
//! let mock = ShellyMock::builder().virtual_clock().start().await?;
//! // Point the program under test at `mock.url()`, then:
//! mock.verify(&Query::event("executed"), 0)?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! "dossier N.M" in these pages names a section of `docs/protocols/shelly.md`, which says for every rule how it is known;
//! `docs/mocks/shelly.md` tells what the mock does with it.

mod http;
mod mock;
mod options;
mod seed;
mod tables;
mod wire;
mod world;

// What a test needs besides, so that it needs no other crate.
pub use dummyload_host::world_file::WorldFileError;
pub use dummyload_host::{ClockMode, ControlError, Direction, Fault, FaultKind, Limits, NotSeen, Query, Tls};
pub use mock::{ShellyMock, ShellyMockBuilder};
pub use options::{ErrorsForm, Options, RateLimit, RefreshToken, Reject};
pub use seed::{
    ClientSeed, DEMO_WORLD, DeviceSeed, LightKind, LightSeed, MeterSeed, RelaySeed, RollerSeed, RoomSeed, SensorSeed,
    UserSeed, ValueKind, ValueSeed, WorldFile,
};
pub use world::ShellyWorld;
