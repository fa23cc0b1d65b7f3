//! The messages of the socket, in both directions.

mod client;
mod plain;
mod server;
mod shared;
mod status;

pub use client::{ClientMessage, Say, Writer, decode_client};
pub use dummyload_codec::{Extra, Raw};
pub use server::{Chat, ServerMessage, ViewCount, decode_server};
pub use shared::{ChatKind, Network, Other, Person, Unrecognised};
pub use status::{Account, Accounts, Status, StreamStatus};
