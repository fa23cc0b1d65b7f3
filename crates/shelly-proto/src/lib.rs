//! Sans-IO codec for Shelly Cloud Real Time Events.
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
mod wire;

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
    CommandResponse, DeviceRef, ErrorEvent, Extra, IrEmitParams, LightParams, Online, Other, Raw, RelayParams,
    RollerParams, RollerToPosParams, RpcError, RpcFamily, RpcOutcome, RpcRequest, RpcResponse, ServerMessage, Settings,
    StatusOnChange, Unrecognised, decode_client, decode_server,
};
pub use trid::{Trid, TridCounter};
pub use units::{Channel, Direction, Effect, Kelvin, LightMode, Percent, Shift, Turn};
pub use url::{Elsewhere, HostPolicy, SECRET_PARAMETERS, Server, ServerError, parse_socket_query, redact_url};
