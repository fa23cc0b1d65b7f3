//! The messages of the socket, in both directions.

mod client;
mod server;
mod shared;

pub use client::{ClientMessage, Say, Writer, decode_client};
pub use dummyload_codec::{Extra, Raw};
pub use server::{Account, Accounts, Chat, ServerMessage, Status, StreamStatus, ViewCount, decode_server};
pub use shared::{ChatKind, Network, Other, Person, Unrecognised};
