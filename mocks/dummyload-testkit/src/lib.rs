//! What the tests of all mocks use: clients that send what they are told to and see everything that comes, HTTP calls as they
//! stand on the wire, and the journal in short. They share no code with the mocks' own side of the wire. What is not as a
//! test expects is a panic with the reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of this runs in tests")]

mod http;
mod journal;
mod socket;

pub use http::{Answer, Call, get, http, upgrade};
pub use journal::{events, problems};
pub use socket::Socket;
pub use tokio_tungstenite::tungstenite::{self, Message as Frame};

use std::time::Duration;

/// Longer than anything takes; only a failing test waits so long.
pub const SOON: Duration = Duration::from_secs(10);
