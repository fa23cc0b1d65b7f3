//! A stand-in for a multistreamer server: streams that go live, their chat, the JSON API, and simulated networks.
//!
//! It keeps state as the real one does: users with tokens, accounts on networks, streams with the accounts attached to them, and
//! who may chat or change what. Twitch and the other networks are simulated behind it, with viewers who chat as the world file
//! or the control plane says.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use multistreamer_mock::{MultistreamerMock, Query};
//!
//! let mock = MultistreamerMock::builder().virtual_clock().start().await?;
//! // Point the program under test at `mock.url()`, then:
//! mock.verify(&Query::event("said"), 0)?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! "dossier N.M" in these pages names a section of `docs/protocols/multistreamer.md`, which says for every rule how it is
//! known; `docs/mocks/multistreamer.md` tells what the mock does with it.

mod http;
mod lossless;
mod mock;
mod network;
mod options;
mod profile;
mod seed;
mod wire;
mod world;

// What a test needs besides, so that it needs no other crate.
pub use dummyload_host::world_file::WorldFileError;
pub use dummyload_host::{ClockMode, ControlError, Direction, Fault, FaultKind, Limits, NotSeen, Query, Tls};
pub use mock::{MultistreamerMock, MultistreamerMockBuilder};
pub use options::{DeadChatManager, Options};
pub use profile::{Profile, UnknownProfile};
pub use seed::{
    AccountSeed, AttachedSeed, DEMO_WORLD, EmoteSeed, LineSeed, ShareSeed, StreamSeed, UserSeed, ViewerSeed, WorldFile,
};
pub use world::MultistreamerWorld;
