//! The mock over real sockets, under the virtual clock.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod anything;
mod clients;
mod control;
mod hub;
mod kit;
mod links;
mod login;
mod lookups;
mod manual;
mod pushes;
mod rest;
mod v1;
mod v2;
