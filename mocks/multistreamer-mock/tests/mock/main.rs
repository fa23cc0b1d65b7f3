//! The mock over real sockets, under the virtual clock.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod anything;
mod api;
mod bad_input;
mod chat;
mod control;
mod handshake;
mod kit;
mod live;
mod manual;
mod networks;
mod page;
mod spec;
mod writers;
