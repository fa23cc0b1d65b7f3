//! The envelope around answers, read and written (dossier 5).

use super::HttpError;
use crate::escape::{ObjectWriter, push_list, written};
use crate::message::Raw;
use crate::{DecodeError, Errors};
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Object};

/// The known codes of refusals (dossier 5, 7, 11.2).
pub mod code {
    /// Too many requests.
    pub const MAX_REQ: &str = "max_req";
    /// What the cloud says with [`MAX_REQ`].
    pub const MAX_REQ_TEXT: &str = "Request limit reached!";
    /// The access token is not valid.
    pub const INVALID_TOKEN: &str = "invalid_token";
    /// The app's key is not valid.
    pub const INVALID_AUTH_KEY: &str = "invalid_auth_key";
    /// E-mail address or password is wrong.
    pub const WRONG_CREDENTIALS: &str = "wrong_credentials";
    /// The device is offline.
    pub const DEVICE_OFFLINE: &str = "DEVICE_OFFLINE";
    /// No such device, or that of somebody else.
    pub const DEVICE_NOT_FOUND: &str = "DEVICE_NOT_FOUND";
    /// The device failed at it.
    pub const DEVICE_FAILED_COMMAND: &str = "DEVICE_FAILED_COMMAND";
    /// The device has no such channel.
    pub const DEVICE_INVALID_CHANNEL: &str = "DEVICE_INVALID_CHANNEL";
    /// The device has no such mode.
    pub const DEVICE_INVALID_MODE: &str = "DEVICE_INVALID_MODE";
    /// The device knows no such command.
    pub const DEVICE_UNSUPPORTED_COMMAND: &str = "DEVICE_UNSUPPORTED_COMMAND";
    /// The request makes no sense.
    pub const BAD_REQUEST: &str = "BAD_REQUEST";
    /// On the socket: no such device, that of somebody else, or a hexadecimal id.
    pub const WRONG_ID: &str = "WRONG_ID";
    /// On the socket: the parameters make no sense.
    pub const WRONG_API_PARAMETERS: &str = "WRONG_API_PARAMETERS";
}

/// What most calls are answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Envelope<'a> {
    /// `{"isok":true,"data":...}`
    Ok(Raw<'a>),
    /// `{"isok":false,"errors":...}`
    Refused(Errors),
    /// `{"error":"CODE","data":{"messages":[...]}}` of the calls of the second version.
    Coded {
        /// The code.
        code: String,
        /// What it says besides.
        messages: Vec<String>,
    },
}

impl Envelope<'_> {
    /// The text of the answer.
    pub fn to_json(&self) -> String {
        written(|out| {
            let mut object = ObjectWriter::open(out);
            match self {
                Self::Ok(data) => {
                    object.boolean("isok", Some(true));
                    object.json("data", Some(data.as_str()));
                }
                Self::Refused(errors) => {
                    object.boolean("isok", Some(false));
                    errors.write(&mut object);
                }
                Self::Coded { code, messages } => {
                    object.text("error", Some(code));
                    let mut data = ObjectWriter::open(object.name("data"));
                    push_list(data.name("messages"), messages);
                    data.close();
                }
            }
            object.close();
        })
    }
}

/// The body as text.
pub(super) fn body_text(body: &[u8]) -> Result<&str, HttpError> {
    match core::str::from_utf8(body).map(str::trim_ascii) {
        Ok("") => Err(HttpError::NotJson { line: 0, column: 0 }),
        Ok(text) => Ok(text),
        Err(_) => Err(HttpError::NotJson { line: 1, column: 1 }),
    }
}

/// Whether an answer is a success; what it says counts more than its status, since the cloud answers a reached limit with
/// the status of a bad token, and a refused command with that of a success (dossier 5).
///
/// The members of the answer; none if it is an array, or empty.
pub(super) fn accepted(status: u16, body: &[u8]) -> Result<Object<'_>, HttpError> {
    let success = (200..300).contains(&status);
    let read = body_text(body).and_then(|text| match Object::read(text) {
        Err(DecodeError::WrongShape { .. }) => Ok(Object::default()),
        read => read.map_err(|e| HttpError::of_json(&e)),
    });
    let object = match read {
        Ok(object) => object,
        Err(e) if success => return Err(e),
        Err(_) => Object::default(),
    };
    let refused = object.get("isok").and_then(members::flag) == Some(false) || object.get("error").is_some();
    if success && !refused { Ok(object) } else { Err(refusal(status, &object)) }
}

fn refusal(status: u16, object: &Object<'_>) -> HttpError {
    let mut errors = Errors::read(object.get("errors"));
    if let (true, Some(code)) = (errors.is_empty(), object.text("error")) {
        let said = object.object("data").map(|data| Errors::read(data.get("messages"))).unwrap_or_default();
        let said: Vec<_> = said.messages().map(String::from).collect();
        errors = Errors::coded(code, said.join("; "));
    }
    let has = |code| errors.has(code);
    if has(code::MAX_REQ) || errors.messages().any(|text| text == code::MAX_REQ_TEXT) || status == 429 {
        HttpError::RateLimited { status }
    } else if has(code::INVALID_TOKEN) || has(code::INVALID_AUTH_KEY) {
        HttpError::TokenRejected { status }
    } else if errors.codes().any(|code| code.eq_ignore_ascii_case(code::DEVICE_OFFLINE)) {
        HttpError::DeviceOffline
    } else if status >= 500 {
        HttpError::ServiceFailed { status }
    } else if matches!(status, 401 | 403) && errors.is_empty() {
        HttpError::Unexplained { status }
    } else {
        HttpError::Refused { status, errors }
    }
}

/// What a success brings in `data`.
pub(super) fn data(status: u16, body: &[u8]) -> Result<Object<'_>, HttpError> {
    let answer = accepted(status, body)?;
    if answer.get("isok").and_then(members::boolean) != Some(true) {
        return Err(HttpError::shape("isok must be true"));
    }
    match answer.get("data") {
        Some(data) => Object::read(data).map_err(|_| HttpError::shape("data must be an object")),
        None => Ok(Object::default()),
    }
}

/// A success of which nothing more is wanted than that it is one.
pub(super) fn done(status: u16, body: &[u8]) -> Result<(), HttpError> {
    let answer = accepted(status, body)?;
    match answer.get("isok").and_then(members::boolean) {
        Some(true) => Ok(()),
        _ => Err(HttpError::shape("isok must be true")),
    }
}
