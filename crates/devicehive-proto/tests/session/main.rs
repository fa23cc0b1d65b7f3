//! The session, fed by hand: every input and every moment is chosen here.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod anything;
mod connection;
mod executions;
mod kit;
mod login;
mod requests;
mod subscriptions;
