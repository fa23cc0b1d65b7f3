//! The HTTP calls around the socket, as pure functions: a call makes a [`Request`] and reads the answer to it. Who sends
//! it is somebody else.
//!
//! | call | asks | dossier |
//! | --- | --- | --- |
//! | [`Login`] | for a code, with a password | 4.2 |
//! | [`ExchangeCode`], [`Refresh`] | for tokens | 4.4, 4.5 |
//! | [`AllStatus`], [`GetStatus`] | how devices are | 6, 7 |
//! | [`ListDevices`] | what devices are called | 7 |
//! | [`Control`], [`BulkControl`] | to switch, dim and move without a socket | 7 |
//! | [`GetDevices`], [`Set`], [`SetGroups`] | the same in the second version | 7 |
//!
//! The answer types serve both sides: written, they are as the real cloud writes them; read, they take what the dossier
//! lists. [`Params`] and the types with `read` are for the side that is asked.
//!
//! What an answer says counts more than its status: a reached limit has the status of a bad token, and a refused command
//! that of a success (dossier 5).
//!
//! ```
//! use shelly_proto::http::{Call, ExchangeCode, HttpError};
//!
//! let call = ExchangeCode::new("shelly-diy", "x.y.z");
//! let request = call.request();
//! assert_eq!(request.to_string(), "POST the account's server/oauth/auth");
//! assert_eq!(request.body.as_deref(), Some("client_id=shelly-diy&grant_type=code&code=x.y.z"));
//! let busy = call.answer(401, br#"{"isok":false,"errors":{"max_req":"Request limit reached!"}}"#);
//! assert_eq!(busy, Err(HttpError::RateLimited { status: 401 }));
//! ```

mod answer;
mod control;
mod devices;
mod error;
mod oauth;
mod params;
mod request;
mod v2;

pub use answer::{Envelope, code};
pub use control::{BulkControl, BulkForm, Control, ControlForm, Kind};
pub use devices::{
    AllStatus, DevInfo, DeviceList, DeviceStatus, DevicesStatus, GetStatus, ListDevices, ListedDevice, OneStatus,
    ReadBy,
};
pub use error::HttpError;
pub use oauth::{
    Carrier, ExchangeCode, Grant, LOGIN_PATH, Login, LoginCode, Refresh, TOKEN_PATH, TokenRequest, Tokens,
    password_hash,
};
pub use params::Params;
pub use request::{Call, Credentials, Method, Request, Service, header};
pub use v2::{Device, FailedCommands, GET_PATH, GROUPS_PATH, GetDevices, Set, SetGroups, set_path};
