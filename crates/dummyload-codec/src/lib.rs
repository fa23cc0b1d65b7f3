//! What every codec of dummyload needs and no protocol owns. A codec re-exports what its users meet.
//!
//! | part | for |
//! | --- | --- |
//! | [`mod@write`] | JSON text into a buffer, also within strings |
//! | [`Name`] | member names in visitors by hand |
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
mod name;
pub mod url;
pub mod write;

pub use error::{DecodeError, OutOfRange};
pub use name::{Name, owned};
