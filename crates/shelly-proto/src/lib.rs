//! Sans-IO codec and session for Shelly Cloud Real Time Events: the WebSocket, OAuth, and the HTTP calls around them.
//!
//! A Shelly command switches mains power or moves something heavy. So what a program of yours sends is a [`Command`], which
//! cannot be built out of range, while what arrived from elsewhere is a [`CommandBody`], which shows what really was sent.
//!
//! ```
//! use shelly_proto::{Channel, Command, DeviceId, Relay, ServerMessage, Trid, Turn, decode_server};
//!
//! let command = Command::from(Relay::new(Channel(0), Turn::On));
//! assert_eq!(
//!     command.request(Trid::int(10), DeviceId::in_http("b923fa")).to_text(),
//!     concat!(
//!         r#"{"event":"Shelly:CommandRequest","trid":10,"deviceId":"12133370","#,
//!         r#""data":{"cmd":"relay","params":{"turn":"on","id":0}}}"#
//!     )
//! );
//! let text = concat!(
//!     r#"{"event":"Shelly:StatusOnChange","device":{"id":"12133370","code":"SHSW-1","gen":"G1"},"#,
//!     r#""status":{"serial":153,"relays":[{"ison":true}]}}"#
//! );
//! let ServerMessage::StatusOnChange(event) = decode_server(text) else { unreachable!() };
//! assert_eq!(event.device_ref(), Some(&DeviceId::in_http("b923fa")));
//! assert_eq!(event.view().switches[0].on, Some(true));
//! ```
//!
//! Nothing that arrives is an error: what is not known is [`ServerMessage::Other`] or [`ServerMessage::Unrecognised`], and
//! members that are not known are kept. [`lint_client`] and [`lint_server`] tell what is odd about a message.
//!
//! "dossier N.M" in these pages names a section of `docs/protocols/shelly.md`, which says for every rule how it is known.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod authorize;
mod claims;
mod command;
mod error;
mod errors;
mod escape;
pub mod http;
mod ids;
mod lint;
mod message;
#[cfg(feature = "schema")]
mod schema;
pub mod session;
pub mod status;
#[cfg(feature = "proptest")]
pub mod strategies;
mod trid;
mod units;
mod url;

pub use authorize::{
    Authorize, Callback, CallbackError, DIY_CLIENT, LOGIN_PAGE, UnsafeRedirect, WRONG_PARAMETERS, authorize_url,
    redirect,
};
pub use claims::{Claims, ClaimsError, TokenKind};
pub use command::{Command, IrEmit, Light, Move, Relay, Roller, RollerToPos, Rpc};
pub use error::{BadParams, DecodeError, OutOfRange};
pub use errors::Errors;
pub use ids::{DeviceId, Form, Generation, normalize_loose};
pub use lint::{Deviation, DeviationKind, Level, lint_client, lint_server};
pub use message::{
    ActionData, ActionRequest, ActionResponse, ClientMessage, CommandBody, CommandData, CommandOutcome, CommandRequest,
    CommandResponse, DeviceRef, ErrorEvent, Extra, IrEmitParams, LightParams, Members, Online, Other, Raw, RelayParams,
    RollerParams, RollerToPosParams, RpcError, RpcFamily, RpcOutcome, RpcRequest, RpcResponse, ServerMessage, Settings,
    StatusOnChange, Unrecognised, decode_client, decode_server,
};
pub use trid::{Trid, TridCounter};
pub use units::{Channel, Direction, Effect, Kelvin, LightMode, Percent, Shift, Turn};
pub use url::{Elsewhere, HostPolicy, SECRET_PARAMETERS, Server, ServerError, parse_socket_query, redact_url};
