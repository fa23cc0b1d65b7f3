//! The sans-IO session core of dummyload.
//!
//! A *session* is the client side of a protocol above its messages: connecting, authenticating, matching replies to
//! requests, keeping alive, reconnecting, subscribing again. The crates built on this one write sessions as plain state
//! machines: time, chance and bytes come in as arguments, and what is to be done goes out as values. Nothing here opens
//! a socket, reads a clock or draws a random number, so a session runs on any runtime and is tested without waiting.
//!
//! | module | holds |
//! | --- | --- |
//! | [`Timestamp`] | a point in time, since an epoch that the caller picks |
//! | [`Input`], [`Action`] | what the outside tells a session, and what a session asks of it |
//! | [`Session`] | the trait that a driver runs, with the order of calls |
//! | [`Outcome`] | the one end of a request, and how its reply was matched |
//! | [`RequestTable`] | requests in flight with their deadlines |
//! | [`TimerTable`] | a fixed set of named timers |
//! | [`Backoff`] | waiting times between attempts, with jitter from a seed |
//! | [`Secret`] | a value that no log, error or trace shows |
//! | [`Rng`] | a small generator for jitter and ids; the seed is the caller's |
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod action;
mod backoff;
mod input;
mod outcome;
mod requests;
mod rng;
mod secret;
mod session;
mod time;
mod timers;

pub use action::{Action, Endpoint};
pub use backoff::{Backoff, BackoffPolicy};
pub use input::{CloseInfo, ConnectFailure, Input};
pub use outcome::{MatchedBy, Outcome};
pub use requests::{Request, RequestTable, RequestToken};
pub use rng::Rng;
pub use secret::Secret;
pub use session::{OutcomeOf, Session, SessionEvent};
pub use time::{Deadline, Timestamp};
pub use timers::{Timer, TimerTable};
