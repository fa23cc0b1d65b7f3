//! A stand-in for the PiShock broker and its HTTP services: nobody gets a shock.
//!
//! It keeps state as the real one does: people with keys and tokens, hubs and shockers, shares, public links. What is
//! sent to it reaches a virtual hub, and a test asks its journal what became of it.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use pishock_mock::{PishockMock, Query};
//!
//! let mock = PishockMock::builder().virtual_clock().start().await?;
//! // Point the program under test at `mock.url()`, then:
//! mock.verify(&Query::event("executed"), 0)?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! "dossier N.M" in these pages names a section of `docs/protocols/pishock.md`, which says for every rule how it is
//! known; `docs/mocks/pishock.md` tells what the mock does with it.

mod http;
mod mock;
mod options;
mod seed;
mod wire;
mod world;

// What a test needs besides, so that it needs no other crate.
pub use dummyload_host::world_file::WorldFileError;
pub use dummyload_host::{ClockMode, ControlError, Direction, Fault, FaultKind, Limits, NotSeen, Query, Tls};
pub use mock::{PishockMock, PishockMockBuilder};
pub use options::{InvalidKeyStatus, LoginFailure, Options};
pub use seed::{DEMO_WORLD, HubSeed, KeySeed, LinkSeed, ShareSeed, ShockerSeed, TokenSeed, UserSeed, WorldFile};
pub use world::PishockWorld;
