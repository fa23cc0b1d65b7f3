//! The REST API beside the socket, as pure functions: a call makes a [`Request`] and reads the answer to it. Who sends it is
//! somebody else.
//!
//! Almost every request of the socket has a twin in REST, with the same rights, the same views and the same errors, but for
//! its wrapping (dossier M14). So a [`Twin`] is made of the socket's request:
//!
//! ```
//! use devicehive_proto::http::{Call, HttpError, Twin};
//! use devicehive_proto::message::{Answer, CommandInsert, NewCommand};
//! use dummyload_session::Secret;
//!
//! let insert = CommandInsert::new("dev-1", NewCommand::new("led/on"));
//! let call = Twin::of(insert).expect("commands can be inserted").bearer(&Secret::new("a.b.c".into()));
//! let request = call.request();
//! assert_eq!(request.to_string(), "POST the server/device/dev-1/command");
//! assert_eq!(request.body.as_deref(), Some(r#"{"command":"led/on"}"#));
//! let answer = call.answer(201, br#"{"id":5,"timestamp":"2018-05-20T10:00:00.000","lastUpdated":"2018-05-20T10:00:00.000","userId":1}"#)?;
//! let Answer::CommandReceipt(receipt) = answer else { unreachable!() };
//! assert_eq!(receipt.id, 5);
//! let refused = call.answer(403, br#"{"error":403,"message":"Access is denied"}"#).unwrap_err();
//! assert_eq!(refused.refusal().map(|refusal| refusal.code), Some(403));
//! # Ok::<(), HttpError>(())
//! ```
//!
//! | of the socket | is in REST |
//! | --- | --- |
//! | `command/subscribe`, `notification/subscribe` | one poll: stored items newer than `timestamp`, or the next one that comes |
//! | `authenticate` | the header that [`Twin::bearer`] sets |
//! | `subscription/list`, `*/unsubscribe` | nothing |
//!
//! Beside these there is [`WaitForCommand`], which answers when a command is updated.

mod answer;
mod error;
mod request;
mod twin;
mod wait;

pub use error::HttpError;
pub use request::{Call, Method, Request, Service, header};
pub use twin::Twin;
pub use wait::WaitForCommand;
