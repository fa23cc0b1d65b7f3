//! Async client for multistreamer: log in, follow a stream and its chat, and say things that are seen to arrive.
//!
//! ```no_run
//! use multistreamer_client::{AccountId, Event, Multistreamer, StreamId};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! // A mock; nobody is reached who is not named here.
//! let user = Multistreamer::at("http://127.0.0.1:4104").login("john", "john-password").await?;
//! let (chat, mut events) = user.chat(StreamId(21)).allow_posting().connect().await?;
//! chat.say(AccountId(14), AccountId(14), "hello everybody").await?;
//! while let Some(Ok(event)) = events.next().await {
//!     if let Event::Chat(line) = event {
//!         println!("{}", line.text.unwrap_or_default());
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What this crate adds to [`multistreamer_proto::session`] is sockets, HTTP and convenience; all that it knows of the protocol is
//! there. Its rules hold here too: nothing is said twice, what the server would drop in silence is refused with a reason, and
//! nothing is said on networks unless [`ChatBuilder::allow_posting`] allows it.

mod chat;
mod config;
mod error;
mod events;
mod user;

pub use chat::Chat;
pub use config::{ChatBuilder, Multistreamer};
pub use dummyload_driver::{Closed, Missed, Trust, TrustError};
pub use dummyload_session::{BackoffPolicy, Secret};
pub use error::{ApiError, ConnectError, Error};
pub use events::Events;
pub use multistreamer_proto::http::{Account, HttpError, Profile, Stream};
pub use multistreamer_proto::markdown::Piece;
pub use multistreamer_proto::session::{CommandError, Disconnect, Event};
pub use multistreamer_proto::{
    AccountId, Chat as ChatMessage, ChatKind, Line, Person, PersonId, ServerMessage, Status, StreamId, StreamStatus,
    UserId, ViewCount,
};
pub use user::User;
