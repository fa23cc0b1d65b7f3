//! The mock over real sockets, under the virtual clock.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod kit;
mod lights;
mod relays;
mod rollers;
mod sockets;
