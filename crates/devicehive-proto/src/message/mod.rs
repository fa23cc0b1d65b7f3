//! What goes over the socket, and what is in it.
//!
//! | | |
//! | --- | --- |
//! | [`ClientMessage`], [`Request`] | what clients send: one request for each [`Action`](crate::Action) |
//! | [`ServerMessage`], [`ServerReply`], [`Push`] | what servers send |
//! | [`Answer`], [`Refusal`] | what a reply brings |
//! | [`Command`], [`Device`] and the like | what it is all about |
//!
//! ```
//! use devicehive_proto::message::{Answer, CommandInsert, NewCommand, Request, ServerMessage};
//! use devicehive_proto::{Action, Json};
//!
//! let request = Request::from(CommandInsert::new("dev-1", NewCommand::new("led/on")));
//! assert_eq!(
//!     request.to_text(&Json::from(1)),
//!     r#"{"action":"command/insert","requestId":1,"deviceId":"dev-1","command":{"command":"led/on"}}"#
//! );
//! let text = concat!(
//!     r#"{"action":"command/insert","requestId":1,"status":"success","command":{"id":1418452987,"#,
//!     r#""timestamp":"2018-05-20T10:00:00.000","lastUpdated":"2018-05-20T10:00:00.000","userId":1}}"#
//! );
//! let ServerMessage::Reply(reply) = ServerMessage::decode(text)? else { unreachable!() };
//! let Answer::CommandReceipt(receipt) = reply.answer(Action::CommandInsert)? else { unreachable!() };
//! assert_eq!(receipt.id, 1_418_452_987);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod body;
mod client;
mod member;
mod order;
mod refusal;
mod request;
mod server;
mod shared;

pub use answer::{Answer, CacheInfo, ClusterInfo, CommandReceipt, NotificationReceipt, ServerInfo, Tokens};
pub use body::{
    CommandChange, DeviceChange, Grant, NamedChange, NewCommand, NewNotification, TokenRequest, UserChange,
};
pub use client::{ClientMessage, OtherRequest};
pub(crate) use member::Member;
pub use order::SortOrder;
pub use refusal::Refusal;
pub use request::*;
pub use server::{AnswerError, Payload, Push, PushBody, ServerMessage, ServerReply};
pub use shared::{
    Command, Configuration, Device, DeviceType, Kind, ListedKind, Network, Notification, Subscription, User,
};
