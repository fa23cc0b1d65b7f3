//! Errors, by whose fault they are.

pub use dummyload_codec::{DecodeError, OutOfRange};
