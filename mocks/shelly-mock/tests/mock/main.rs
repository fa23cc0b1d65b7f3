//! The mock over real sockets, under the virtual clock.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod acceptance;
mod anything;
mod calls;
mod control;
mod kit;
mod lights;
mod manual;
mod oauth;
mod page;
mod relays;
mod rollers;
mod rpc;
mod sensors;
mod sockets;
