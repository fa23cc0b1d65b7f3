//! Sans-IO codec and session for DeviceHive's WebSocket API, client and device roles, with the REST calls and tokens beside
//! it.
//!
//! "dossier N.M" in these pages names a section of `docs/protocols/devicehive.md`, which says for every rule how it is known.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod action;
mod datetime;
mod error;
mod fields;
pub mod http;
mod ids;
mod json;
mod lenient;
mod lint;
pub mod message;
mod object;
mod permission;
#[cfg(feature = "schema")]
mod schema;
pub mod session;
#[cfg(feature = "proptest")]
pub mod strategies;
mod text;
mod token;
mod url;

pub use action::{Action, Need};
pub use datetime::Datetime;
pub use error::{DecodeError, OutOfRange};
pub use fields::{FieldError, Fields, JsonKind, strict};
pub use ids::{DeviceId, DeviceIdError};
pub use json::Json;
pub use lenient::{Leniency, read_lenient};
pub use lint::{Deviation, DeviationKind, Level, lint_client, lint_server};
pub use message::{Command, Configuration, Device, DeviceType, Kind, Network, Notification, Subscription, User};
pub use permission::Permission;
pub use token::{TokenError, TokenKey, TokenKind, TokenPayload};
pub use url::{SECRET_PARAMETERS, redact_url};
