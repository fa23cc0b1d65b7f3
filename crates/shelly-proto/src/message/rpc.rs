//! Calls that the cloud hands on to a device of the Gen2 kind (dossier 9.4, 10).

use super::device::write_id;
use super::server::{Frame, device_id, open};
use super::shared::owned;
use super::{Extra, Raw};
use crate::escape::{ObjectWriter, push_string};
use crate::{DeviceId, Trid};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Object};

/// The three kinds of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RpcFamily {
    /// `Shelly:JrpcRequest`
    Jrpc,
    /// `Shelly:XURequest`; which devices it is for is not known.
    Xu,
    /// `Shelly:XGRequest`; which devices it is for is not known.
    Xg,
}

impl RpcFamily {
    /// All families.
    pub const ALL: [Self; 3] = [Self::Jrpc, Self::Xu, Self::Xg];

    /// The name of the request.
    pub const fn request_event(self) -> &'static str {
        match self {
            Self::Jrpc => "Shelly:JrpcRequest",
            Self::Xu => "Shelly:XURequest",
            Self::Xg => "Shelly:XGRequest",
        }
    }

    /// The name of the answer.
    pub const fn response_event(self) -> &'static str {
        match self {
            Self::Jrpc => "Shelly:JrpcResponse",
            Self::Xu => "Shelly:XUResponse",
            Self::Xg => "Shelly:XGResponse",
        }
    }

    pub(super) fn of_request(event: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.request_event() == event)
    }

    pub(super) fn of_response(event: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.response_event() == event)
    }
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RpcRequest<'a> {
    /// Its kind.
    pub family: RpcFamily,
    /// `trid`
    pub trid: Option<Trid>,
    /// `deviceId`
    pub device_id: Option<DeviceId>,
    /// `method`
    pub method: Option<Cow<'a, str>>,
    /// `params`
    pub params: Option<Raw<'a>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> RpcRequest<'a> {
    /// A call of a method.
    pub fn new(
        family: RpcFamily,
        trid: Trid,
        device: DeviceId,
        method: impl Into<Cow<'a, str>>,
        params: Option<Raw<'a>>,
    ) -> Self {
        let (trid, device_id, method) = (Some(trid), Some(device), Some(method.into()));
        Self { family, trid, device_id, method, params, extra: Extra::default() }
    }

    pub(super) fn of(family: RpcFamily, frame: &mut Frame<'a>) -> Self {
        Self {
            family,
            trid: frame.take("trid", |json| Some(Trid::parse(json))),
            device_id: device_id(frame),
            method: frame.text("method"),
            params: frame.raw("params"),
            extra: frame.rest(),
        }
    }

    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, self.family.request_event());
        if let Some(trid) = &self.trid {
            trid.encode_into(object.name("trid"));
        }
        write_id(&mut object, "deviceId", self.device_id.as_ref());
        object.text("method", self.method.as_deref());
        object.json("params", self.params.as_ref().map(Raw::as_str));
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> RpcRequest<'static> {
        let Self { family, trid, device_id, method, params, extra } = self;
        let (method, params) = (method.map(owned), params.map(Raw::into_owned));
        RpcRequest { family, trid, device_id, method, params, extra: extra.into_owned() }
    }
}

/// The answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RpcResponse<'a> {
    /// The kind of the call.
    pub family: RpcFamily,
    /// `trid`, as in the request.
    pub trid: Option<Trid>,
    /// `user`; not in the vendor's example.
    pub user: Option<i64>,
    /// `deviceId`
    pub device_id: Option<DeviceId>,
    /// `response`; see [`RpcResponse::outcome`].
    pub response: Option<Raw<'a>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> RpcResponse<'a> {
    /// An answer.
    pub fn new(family: RpcFamily, trid: Trid, device: DeviceId, outcome: &RpcOutcome<'a>) -> Self {
        Self {
            family,
            trid: Some(trid),
            user: None,
            device_id: Some(device),
            response: Some(outcome.to_response()),
            extra: Extra::default(),
        }
    }

    pub(super) fn of(family: RpcFamily, frame: &mut Frame<'a>) -> Self {
        Self {
            family,
            trid: frame.take("trid", |json| Some(Trid::parse(json))),
            user: frame.take("user", |json| json.parse().ok()),
            device_id: device_id(frame),
            response: frame.raw("response"),
            extra: frame.rest(),
        }
    }

    /// What `response` means.
    pub fn outcome(&self) -> RpcOutcome<'_> {
        match &self.response {
            Some(response) => RpcOutcome::of(response),
            None => RpcOutcome::Other(Raw::trusted("null")),
        }
    }

    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, self.family.response_event());
        if let Some(trid) = &self.trid {
            trid.encode_into(object.name("trid"));
        }
        object.number("user", self.user);
        write_id(&mut object, "deviceId", self.device_id.as_ref());
        object.json("response", self.response.as_ref().map(Raw::as_str));
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> RpcResponse<'static> {
        let Self { family, trid, user, device_id, response, extra } = self;
        let response = response.map(Raw::into_owned);
        RpcResponse { family, trid, user, device_id, response, extra: extra.into_owned() }
    }
}

/// What a call brought.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RpcOutcome<'a> {
    /// `result`: any JSON.
    Result(Raw<'a>),
    /// `error`
    Error(RpcError<'a>),
    /// Neither, or both.
    Other(Raw<'a>),
}

/// Why a call failed: a code of the cloud alone, or one with what the device itself said (dossier 9.4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RpcError<'a> {
    /// The code of the cloud, as `WRONG_ID` or `JRPC_ERROR`.
    pub code: Option<String>,
    /// `device_error.code`
    pub device_code: Option<i64>,
    /// `device_error.message`
    pub device_message: Option<String>,
    /// `error` as it came.
    pub raw: Raw<'a>,
}

impl<'a> RpcError<'a> {
    /// A refusal by the cloud.
    pub fn refused(code: &str) -> RpcError<'static> {
        let raw = Raw::trusted(crate::escape::written(|out| push_string(out, code)));
        RpcError { code: Some(code.into()), device_code: None, device_message: None, raw }
    }

    /// A refusal by the device.
    pub fn of_device(code: i64, message: &str) -> RpcError<'static> {
        let raw = Raw::trusted(crate::escape::written(|out| {
            let mut error = ObjectWriter::open(out);
            error.text("error", Some("JRPC_ERROR"));
            let mut device = ObjectWriter::open(error.name("device_error"));
            device.number("code", Some(code));
            device.text("message", Some(message));
            device.close();
            error.close();
        }));
        let (device_code, device_message) = (Some(code), Some(message.into()));
        RpcError { code: Some("JRPC_ERROR".into()), device_code, device_message, raw }
    }

    fn read(json: &'a str) -> Self {
        let raw = Raw::trusted(json);
        if let Some(code) = members::text(json) {
            return Self { code: Some(code.into_owned()), device_code: None, device_message: None, raw };
        }
        let error = Object::read(json).unwrap_or_default();
        let device = error.object("device_error").unwrap_or_default();
        Self {
            code: error.text("error").map(Cow::into_owned),
            device_code: device.get("code").and_then(members::integer),
            device_message: device.text("message").map(Cow::into_owned),
            raw,
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> RpcError<'static> {
        let Self { code, device_code, device_message, raw } = self;
        RpcError { code, device_code, device_message, raw: raw.into_owned() }
    }
}

impl<'a> RpcOutcome<'a> {
    /// What `response` of an answer means.
    pub fn of(response: &'a Raw<'_>) -> Self {
        let (mut result, mut error) = (None, None);
        let read = members::each_member(response.as_str(), |name, value| match &*name {
            "result" => result = Some(value),
            "error" => error = Some(value),
            _ => {}
        });
        // A null beside the other one says nothing.
        match (read, result, error.filter(|error| !members::is_null(error))) {
            (Ok(()), Some(result), None) => Self::Result(Raw::trusted(result)),
            (Ok(()), None | Some("null"), Some(error)) => Self::Error(RpcError::read(error)),
            _ => Self::Other(response.borrowed()),
        }
    }

    /// `response` of an answer with this outcome.
    pub fn to_response(&self) -> Raw<'a> {
        let wrapped = |name, raw: &Raw<'_>| {
            Raw::trusted(crate::escape::written(|out| {
                let mut object = ObjectWriter::open(out);
                object.json(name, Some(raw.as_str()));
                object.close();
            }))
        };
        match self {
            Self::Result(result) => wrapped("result", result),
            Self::Error(error) => wrapped("error", &error.raw),
            Self::Other(raw) => raw.clone(),
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> RpcOutcome<'static> {
        match self {
            Self::Result(result) => RpcOutcome::Result(result.into_owned()),
            Self::Error(error) => RpcOutcome::Error(error.into_owned()),
            Self::Other(raw) => RpcOutcome::Other(raw.into_owned()),
        }
    }
}
