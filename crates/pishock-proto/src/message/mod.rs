//! The messages of both dialects, in both directions.

mod body;
mod client;
mod link;
mod server;
mod shared;
mod v1;
mod v2;

pub use body::{Body, LogData};
pub use client::{ClientMessage, PublishCommand, decode_client};
pub use link::LinkCommand;
pub use server::{Echo, Envelope, ErrorCode, ServerMessage, V1Reply, decode_server};
pub(crate) use shared::parse;

/// The two forms in which the broker is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// Arrays with strings within strings (dossier 8).
    V1,
    /// Objects (dossier 3, 4). The Links socket speaks it too.
    V2,
}
