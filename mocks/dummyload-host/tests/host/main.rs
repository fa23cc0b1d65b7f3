//! The host with a small world, over real sockets.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;
mod faults;
mod manners;
mod sockets;
mod tls;
