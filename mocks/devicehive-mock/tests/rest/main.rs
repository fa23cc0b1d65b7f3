//! REST, the control plane and the data file, over real sockets and under the virtual clock.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bases;
mod control;
#[cfg(feature = "persist")]
mod data;
mod errors;
mod kit;
mod manual;
mod polls;
mod resources;
