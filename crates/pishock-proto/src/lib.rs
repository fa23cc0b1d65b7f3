//! Sans-IO codec and session for the PiShock broker: WebSocket V1 and V2, Links, and the HTTP calls around them.
//!
//! A PiShock command acts on somebody's body. So what a program of yours sends is a [`Command`], which cannot be built
//! out of range, while what arrived from elsewhere is a [`Body`], which shows what really was sent.
//!
//! ```
//! use pishock_proto::{ClientMessage, Command, Dialect, DurationMs, HubId, Intensity, ShockerId};
//!
//! # fn main() -> Result<(), pishock_proto::OutOfRange> {
//! let command = Command::vibrate(ShockerId(321), Intensity::new(20)?, DurationMs::new(1000)?).origin("my app");
//! let message = ClientMessage::publish([command.on_hub(HubId(1234))]);
//! assert_eq!(
//!     message.to_text(Dialect::V2),
//!     concat!(
//!         r#"{"Operation":"PUBLISH","PublishCommands":[{"Target":"c1234-ops","Body":{"id":321,"m":"v","i":20,"d":1000,"#,
//!         r#""r":true,"l":{"ty":"api","w":false,"h":false,"o":"my app"}}}]}"#
//!     )
//! );
//! # Ok(())
//! # }
//! ```
//!
//! | feature | brings |
//! | --- | --- |
//! | `std` (default) | nothing but the standard library's traits; without it the crate needs `alloc` only |
//! | `proptest` | `strategies`: arbitrary messages for property tests |
//! | `schema` | JSON Schema of the messages and bodies, as implementations of `schemars::JsonSchema` |
//!
//! "dossier N.M" in these pages names a section of `docs/protocols/pishock.md`, which says for every rule how it is known.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod channel;
mod command;
mod error;
pub mod http;
mod ids;
mod lint;
mod message;
#[cfg(feature = "schema")]
mod schema;
pub mod session;
#[cfg(feature = "proptest")]
pub mod strategies;
mod tree;
mod units;
mod url;
mod wire;

pub use channel::Channel;
pub use command::{Command, Order};
pub use error::{DecodeError, OutOfRange, UrlError};
pub use ids::{HubId, LinkId, ShareCode, ShareId, ShockerId, UserId};
pub use lint::{Deviation, DeviationKind, Level, lint_client, lint_server};
pub use message::{
    Body, ClientMessage, Dialect, Echo, Envelope, ErrorCode, LinkCommand, LogData, PublishCommand, ServerMessage,
    V1Reply, decode_client, decode_server,
};
pub use units::{Access, DurationMs, Intensity, Mode};
pub use url::{Login, LoginAttempt, endpoint, link_endpoint, parse_login, redact_url};
