//! Sans-IO codec and session for DeviceHive's WebSocket API, client and device roles, with the REST calls and tokens beside
//! it.
//!
//! ```
//! use devicehive_proto::message::{CommandInsert, NewCommand, PushBody, Request, ServerMessage};
//! use devicehive_proto::Json;
//!
//! let command = NewCommand { parameters: Some(Json::parse(r#"{"pin":5}"#)?), ..NewCommand::new("gpio/set") };
//! let request = Request::from(CommandInsert::new("esp-1", command));
//! assert_eq!(
//!     request.to_text(&Json::from(1)),
//!     concat!(
//!         r#"{"action":"command/insert","requestId":1,"deviceId":"esp-1","#,
//!         r#""command":{"command":"gpio/set","parameters":{"pin":5}}}"#
//!     )
//! );
//! let text = concat!(
//!     r#"{"action":"notification/insert","notification":{"id":9,"notification":"temp","deviceId":"esp-1","networkId":1,"#,
//!     r#""deviceTypeId":1,"timestamp":"2018-05-20T10:00:00.000","parameters":{"t":21.50}},"subscriptionId":1526810400000002}"#
//! );
//! let ServerMessage::Push(push) = ServerMessage::decode(text)? else { unreachable!() };
//! let PushBody::NotificationInsert(notification) = push.body else { unreachable!() };
//! // Numbers keep their spelling.
//! assert_eq!(notification.parameters.unwrap().as_str(), r#"{"t":21.50}"#);
//! # Ok::<(), devicehive_proto::DecodeError>(())
//! ```
//!
//! | feature | brings |
//! | --- | --- |
//! | `std` (default) | nothing but the standard library's traits; without it the crate needs `alloc` only |
//! | `proptest` | `strategies`: arbitrary messages for property tests |
//! | `schema` | JSON Schema of the messages, as implementations of `schemars::JsonSchema` |
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
