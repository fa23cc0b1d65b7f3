//! Hosts a simulated WebSocket service: frames, TLS, clock, faults, journal, control plane.
//!
//! A [`World`] holds the state and the rules of one service and knows neither sockets nor tasks. The host gives it
//! connections, HTTP requests and time, carries out its effects, and lets tests look at it and disturb it.
//!
//! ```text
//!   socket ── server ── peer ──┐                       ┌── World (state, rules)
//!                 │            ├── engine ── one lock ──┤
//!              control ────────┘     │                  └── Cx (time, ids, effects)
//!                                    └── clock, faults, journal, outboxes
//! ```

mod clock;
mod control;
mod cx;
mod engine;
mod fault;
mod frame;
mod ids;
mod journal;
mod like;
mod limits;
mod manners;
mod mock;
mod peer;
mod reader;
mod redact;
mod server;
mod settings;
pub mod sim;
mod tls;
mod web;
mod world;
pub mod world_file;

pub use clock::{ClockMode, VIRTUAL_EPOCH};
pub use cx::{Cx, Party, Problem, ProblemKind, Text};
pub use fault::{Direction, Fault, FaultKind, FrameKind, Whom};
pub use ids::IdSource;
pub use journal::Query;
pub use limits::Limits;
pub use manners::{CloseReply, Fragments, Manners, Offence, Reaction, SlowReader};
pub use mock::{Mock, MockBuilder, NotSeen};
pub use tls::Tls;
pub use web::{HttpRequest, HttpResponse};
pub use world::{Admission, CallId, ControlError, Gone, Message, PeerId, Seed, World};

pub use dummyload_session::Timestamp;
