//! What every codec of dummyload needs and no protocol owns. A codec re-exports what its users meet.
//!
//! | part | for |
//! | --- | --- |
//! | [`write`] | JSON text into a buffer, also within strings |
//! | [`Name`] | member names in visitors by hand |
//! | [`DecodeError`], [`OutOfRange`] | errors, by whose fault they are |
//! | [`url`] | percent-encoding, and URLs without their secrets |
//! | [`http`] | requests as plain values |
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod error;
pub mod http;
mod name;
pub mod url;
pub mod write;

pub use error::{DecodeError, OutOfRange};
pub use name::{Name, owned};
