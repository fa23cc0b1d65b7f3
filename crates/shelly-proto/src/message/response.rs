//! What became of a command (dossier 9.3, 11.2).

use super::device::write_id;
use super::server::{Frame, device_id, open};
use super::{Extra, Raw};
use crate::errors::Errors;
use crate::escape::ObjectWriter;
use crate::{DeviceId, Trid};
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Object};

/// The answer to a command request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandResponse<'a> {
    /// `trid`, as in the request.
    pub trid: Option<Trid>,
    /// `user`: the account's number. The vendor's example ignores answers without it.
    pub user: Option<i64>,
    /// `deviceId`
    pub device_id: Option<DeviceId>,
    /// `data`; see [`CommandResponse::outcome`].
    pub data: Option<Raw<'a>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> CommandResponse<'a> {
    /// The name of the event.
    pub const EVENT: &'static str = "Shelly:CommandResponse";

    /// An answer.
    pub fn new(trid: Trid, user: i64, device: DeviceId, outcome: &CommandOutcome<'a>) -> Self {
        Self {
            trid: Some(trid),
            user: Some(user),
            device_id: Some(device),
            data: Some(outcome.to_data()),
            extra: Extra::default(),
        }
    }

    pub(super) fn of(frame: &mut Frame<'a>) -> Self {
        Self {
            trid: frame.take("trid", |json| Some(Trid::parse(json))),
            user: frame.take("user", |json| json.parse().ok()),
            device_id: device_id(frame),
            data: frame.raw("data"),
            extra: frame.rest(),
        }
    }

    /// What `data` means.
    pub fn outcome(&self) -> CommandOutcome<'_> {
        match &self.data {
            Some(data) => CommandOutcome::of(data),
            None => CommandOutcome::Other(Raw::trusted("null")),
        }
    }

    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, Self::EVENT);
        if let Some(trid) = &self.trid {
            trid.encode_into(object.name("trid"));
        }
        object.number("user", self.user);
        write_id(&mut object, "deviceId", self.device_id.as_ref());
        object.json("data", self.data.as_ref().map(Raw::as_str));
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> CommandResponse<'static> {
        let Self { trid, user, device_id, data, extra } = self;
        CommandResponse { trid, user, device_id, data: data.map(Raw::into_owned), extra: extra.into_owned() }
    }
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandOutcome<'a> {
    /// `{"isok":true}`
    Ok,
    /// `{"isok":false}`, or a text or a number alone, which is an error code then.
    Refused {
        /// `res`: the reason, a code or a sentence.
        res: Option<String>,
        /// `errors`, which some clients look for.
        errors: Errors,
    },
    /// Something else; it may have been carried out or not.
    Other(Raw<'a>),
}

impl<'a> CommandOutcome<'a> {
    /// A refusal with a reason.
    pub fn refused(res: impl Into<String>) -> Self {
        Self::Refused { res: Some(res.into()), errors: Errors::Missing }
    }

    /// What `data` of an answer means.
    pub fn of(data: &'a Raw<'_>) -> Self {
        let json = data.as_str();
        if let Some(code) = members::text(json) {
            return Self::refused(code);
        }
        if json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Self::refused(json);
        }
        let Ok(object) = Object::read(json) else { return Self::Other(data.borrowed()) };
        match object.get("isok").and_then(members::boolean) {
            Some(true) => Self::Ok,
            Some(false) => {
                let res = object.get("res").map(|res| members::text(res).map_or_else(|| res.into(), String::from));
                Self::Refused { res, errors: Errors::read(object.get("errors")) }
            }
            None => Self::Other(data.borrowed()),
        }
    }

    /// The first code or text that says why; `None` unless it was refused with a reason.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused { res, errors } => {
                res.as_deref().or_else(|| errors.codes().next()).or_else(|| errors.messages().next())
            }
            _ => None,
        }
    }

    /// `data` of an answer with this outcome.
    pub fn to_data(&self) -> Raw<'a> {
        match self {
            Self::Ok => Raw::trusted(r#"{"isok":true}"#),
            Self::Refused { res, errors } => Raw::trusted(crate::escape::written(|out| {
                let mut object = ObjectWriter::open(out);
                object.boolean("isok", Some(false));
                object.text("res", res.as_deref());
                errors.write(&mut object);
                object.close();
            })),
            Self::Other(raw) => raw.clone(),
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> CommandOutcome<'static> {
        match self {
            Self::Ok => CommandOutcome::Ok,
            Self::Refused { res, errors } => CommandOutcome::Refused { res, errors },
            Self::Other(raw) => CommandOutcome::Other(raw.into_owned()),
        }
    }
}
