//! Sans-IO codec and session for multistreamer's WebSocket API: the status and chat of a live stream, with the JSON API
//! beside it.
//!
//! A message of a chat is public the moment it is sent, and the server never says what became of it. So what a program of
//! yours sends is built here without mistakes, while what arrives from elsewhere is taken as it is.
//!
//! ```
//! use multistreamer_proto::{AccountId, ClientMessage, Say, ServerMessage, decode_server};
//!
//! let say = Say::from_line(AccountId(14), AccountId(14), "/me is loving this");
//! assert_eq!(
//!     ClientMessage::from(say).to_text(),
//!     r#"{"type":"emote","account_id":14,"cur_stream_account_id":14,"text":"is loving this"}"#
//! );
//! let text = r#"{"type":"viewcountresult","account_id":14,"stream_id":21,"viewer_count":3}"#;
//! let ServerMessage::ViewCount(count) = decode_server(text) else { unreachable!() };
//! assert_eq!((count.account_id, count.viewers), (Some(AccountId(14)), Some(3)));
//! ```
//!
//! Nothing that arrives is an error: what is not known is [`ServerMessage::Other`] or [`ServerMessage::Unrecognised`], and
//! members that are not known are kept.
//!
//! "dossier N.M" in these pages names a section of `docs/protocols/multistreamer.md`, which says for every rule how it is
//! known.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod error;
mod escape;
pub mod http;
mod ids;
mod lint;
pub mod lua;
mod lua_read;
pub mod markdown;
mod message;
mod say;
#[cfg(feature = "schema")]
mod schema;
pub mod session;
#[cfg(feature = "proptest")]
pub mod strategies;
mod url;

pub use error::{DecodeError, OutOfRange};
pub use ids::{AccountId, PersonId, StreamId, UserId, lua_number};
pub use lint::{Deviation, DeviationKind, Level, lint_client, lint_server};
pub use message::{
    Account, Accounts, Chat, ChatKind, ClientMessage, Extra, Network, Other, Person, Raw, Say, ServerMessage, Status,
    StreamStatus, Unrecognised, ViewCount, Writer, decode_client, decode_server,
};
pub use say::Line;
pub use url::{SECRET_PARAMETERS, redact_url, socket_url};
