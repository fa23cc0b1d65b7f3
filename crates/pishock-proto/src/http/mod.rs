//! The HTTP calls around the socket, as pure functions: a call makes a [`Request`] and reads the answer to it. Who sends
//! it is somebody else.
//!
//! | call | asks | dossier |
//! | --- | --- | --- |
//! | [`GetUserIfApiKeyValid`] | whose key this is | 6.1 |
//! | [`GetUserDevices`] | the hubs of an account, with their shockers | 6.2 |
//! | [`GetShareCodesByOwner`], [`GetShockersByShareIds`] | what others share with an account | 6.3 |
//! | [`CreateShare`] | for a new share code | 6.3 |
//! | [`ClaimShares`], [`GiveBackShare`] | to take and to return what others share | 6.4, 6.5 |
//! | [`GetAccount`], [`GetShockers`], [`GetShared`] | what belongs to an account | 6.5 |
//! | [`Operate`] | to shock, vibrate or beep without a socket | 6.5 |
//! | [`GetLinks`], [`GetLink`] | for public control links | 6.5 |
//! | [`GetHealth`] | whether the service is up | 6.5 |
//!
//! The answer types serve both sides. Written, they have the members, the order and the case of the real service; read,
//! they take member names in any case, numbers and booleans as texts, and do without most members. `None` stands for null
//! and for absent.
//!
//! ```
//! use pishock_proto::Login;
//! use pishock_proto::http::{Call, GetUserIfApiKeyValid};
//!
//! # fn main() -> Result<(), pishock_proto::http::HttpError> {
//! let call = GetUserIfApiKeyValid::new("puppy", "00000000-0000-0000-0000-000000000000");
//! let request = call.request();
//! assert_eq!(request.to_string(), "GET auth.pishock.com/Auth/GetUserIfAPIKeyValid?apikey=[redacted]&username=puppy");
//! let user = call.answer(200, br#"{"UserId":77,"Username":"puppy"}"#)?;
//! let login = Login::api_key(user.username.as_deref().unwrap_or("puppy"), "00000000-0000-0000-0000-000000000000");
//! # let _ = login;
//! # Ok(())
//! # }
//! ```

mod account;
mod answer;
mod error;
mod links;
mod object;
mod operate;
mod request;
mod shares;

pub use account::{Account, AccountKey, ApiKey, GetAccount, GetHealth, GetUserIfApiKeyValid, User};
pub use error::{HttpError, Reason};
pub use links::{GetLink, GetLinks, Link};
pub use operate::{GetShockers, GetUserDevices, Hub, HubShocker, Operate, OperateBody, Operation, PascalCase, Shocker};
pub use request::{Call, Method, Request, Service, header};
pub use shares::{
    ClaimBody, ClaimShares, CreateShare, GetShareCodesByOwner, GetShared, GetShockersByShareIds, GiveBackShare, Share,
    SharedShocker,
};
