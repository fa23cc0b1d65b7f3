//! What every codec of dummyload needs and no protocol owns. A codec re-exports what its users meet.
//!
//! | part | for |
//! | --- | --- |
//! | [`mod@write`] | JSON text into a buffer, also within strings |
//! | [`members`], [`Name`] | objects read in one pass, and what their values mean |
//! | [`Raw`], [`Extra`] | pieces of messages that are kept as they stand |
//! | [`DecodeError`], [`OutOfRange`] | errors, by whose fault they are |
//! | [`url`] | percent-encoding, and URLs without their secrets |
//! | [`http`] | requests as plain values |
//! | [`lint`] | kinds of deviations, and objects against tables of their members |
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod error;
pub mod http;
pub mod lint;
pub mod members;
mod name;
mod raw;
pub mod url;
pub mod write;

pub use error::{DecodeError, OutOfRange};
pub use name::{Name, owned};
pub use raw::{Extra, Raw};
