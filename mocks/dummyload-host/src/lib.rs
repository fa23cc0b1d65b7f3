//! Hosts a simulated WebSocket service: frames, clock, faults, journal, control plane.
//!
//! A [`World`] holds the state and the rules of one service and knows neither sockets nor tasks. The host gives it
//! connections, HTTP requests and time, carries out its effects, and lets tests look at it and disturb it.

mod cx;
mod ids;
mod manners;
mod web;
mod world;

pub use cx::{Cx, Party, Problem, ProblemKind, Text};
pub use ids::IdSource;
pub use manners::{CloseReply, Fragments, Manners, Reaction};
pub use web::{HttpRequest, HttpResponse};
pub use world::{Admission, CallId, ControlError, Gone, Message, PeerId, Seed, World};
