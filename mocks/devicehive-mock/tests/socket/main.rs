//! The mock on the socket, as clients see it: what comes back is compared to the letter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod anything;
mod commands;
mod devices;
mod envelope;
mod kit;
mod life;
mod notifications;
mod places;
mod profiles;
mod rights;
mod subscriptions;
mod tokens;
mod users;
