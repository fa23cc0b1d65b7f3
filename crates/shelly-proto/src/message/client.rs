//! Client to cloud.

use super::device::write_id;
use super::integrator::ActionRequest;
use super::rpc::{RpcFamily, RpcRequest};
use super::server::{Frame, NAMES, device_id, open, read_frame};
use super::shared::owned;
use super::{CommandBody, Extra, Other, Raw, Unrecognised};
use crate::escape::{ObjectWriter, written};
use crate::{DeviceId, Trid};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::Slots;

/// A message of a client (dossier 10). Any text is one; the cloud answers what it does not know with an error event, and
/// the connection stays (dossier 11.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientMessage<'a> {
    /// `Shelly:CommandRequest`
    Command(CommandRequest<'a>),
    /// `Shelly:JrpcRequest`, `Shelly:XURequest`, `Shelly:XGRequest`
    Rpc(RpcRequest<'a>),
    /// `Integrator:ActionRequest`
    Action(ActionRequest<'a>),
    /// Any other event.
    Other(Other<'a>),
    /// No event.
    Unrecognised(Unrecognised<'a>),
}

/// Decodes a message of a client, every tolerated variant included.
pub fn decode_client(text: &str) -> ClientMessage<'_> {
    let frame = &mut Frame::new(&NAMES);
    let event = match read_frame(text, frame) {
        Ok(event) => event,
        Err(why) => return ClientMessage::Unrecognised(Unrecognised::new(text, why)),
    };
    match &*event {
        CommandRequest::EVENT => ClientMessage::Command(CommandRequest::of(frame)),
        ActionRequest::EVENT => ClientMessage::Action(ActionRequest::of(frame)),
        name => match RpcFamily::of_request(name) {
            Some(family) => ClientMessage::Rpc(RpcRequest::of(family, frame)),
            None => ClientMessage::Other(Other { event, raw: Raw::trusted(text.trim_ascii()) }),
        },
    }
}

impl ClientMessage<'_> {
    /// What its answer is matched by.
    pub fn trid(&self) -> Option<&Trid> {
        match self {
            Self::Command(request) => request.trid.as_ref(),
            Self::Rpc(request) => request.trid.as_ref(),
            Self::Action(request) => request.trid.as_ref(),
            Self::Other(_) | Self::Unrecognised(_) => None,
        }
    }

    /// The device that it is for.
    pub fn device_id(&self) -> Option<&DeviceId> {
        match self {
            Self::Command(request) => request.device_id.as_ref(),
            Self::Rpc(request) => request.device_id.as_ref(),
            Self::Action(request) => request.device_id.as_ref(),
            Self::Other(_) | Self::Unrecognised(_) => None,
        }
    }

    /// The name of the event; empty if it is none.
    pub fn event(&self) -> &str {
        match self {
            Self::Command(_) => CommandRequest::EVENT,
            Self::Rpc(request) => request.family.request_event(),
            Self::Action(_) => ActionRequest::EVENT,
            Self::Other(other) => &other.event,
            Self::Unrecognised(_) => "",
        }
    }

    /// Writes the canonical text behind what is in `out`: compact, members in the documents' order, absent ones left out,
    /// extra ones at the end of their object. What is no known event is written as it came.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Command(request) => request.encode_into(out),
            Self::Rpc(request) => request.encode_into(out),
            Self::Action(request) => request.encode_into(out),
            Self::Other(other) => out.extend_from_slice(other.raw.as_str().as_bytes()),
            Self::Unrecognised(text) => out.extend_from_slice(text.text.as_bytes()),
        }
    }

    /// The canonical text.
    pub fn to_text(&self) -> String {
        written(|out| self.encode_into(out))
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ClientMessage<'static> {
        match self {
            Self::Command(request) => ClientMessage::Command(request.into_owned()),
            Self::Rpc(request) => ClientMessage::Rpc(request.into_owned()),
            Self::Action(request) => ClientMessage::Action(request.into_owned()),
            Self::Other(other) => ClientMessage::Other(other.into_owned()),
            Self::Unrecognised(text) => ClientMessage::Unrecognised(text.into_owned()),
        }
    }
}

/// A command for a device (dossier 10, 11.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandRequest<'a> {
    /// `trid`
    pub trid: Option<Trid>,
    /// `deviceId`
    pub device_id: Option<DeviceId>,
    /// `data`
    pub data: CommandData<'a>,
    /// Everything else.
    pub extra: Extra<'a>,
}

/// `data` of a command request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandData<'a> {
    /// `cmd`; empty if there was none.
    pub cmd: Cow<'a, str>,
    /// `params`. One command has been seen without (dossier 11.1).
    pub params: Option<Raw<'a>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> CommandRequest<'a> {
    /// The name of the event.
    pub const EVENT: &'static str = "Shelly:CommandRequest";

    /// A request. What a program of yours sends is rather made by [`Command::request`](crate::Command::request), which
    /// cannot be out of range.
    pub fn new(trid: Trid, device: DeviceId, data: impl Into<CommandData<'a>>) -> Self {
        Self { trid: Some(trid), device_id: Some(device), data: data.into(), extra: Extra::default() }
    }

    fn of(frame: &mut Frame<'a>) -> Self {
        Self {
            trid: frame.take("trid", |json| Some(Trid::parse(json))),
            device_id: device_id(frame),
            data: frame.take("data", CommandData::read).unwrap_or_default(),
            extra: frame.rest(),
        }
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, Self::EVENT);
        if let Some(trid) = &self.trid {
            trid.encode_into(object.name("trid"));
        }
        write_id(&mut object, "deviceId", self.device_id.as_ref());
        if !self.extra.has("data") {
            self.data.encode_into(object.name("data"));
        }
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> CommandRequest<'static> {
        let Self { trid, device_id, data, extra } = self;
        CommandRequest { trid, device_id, data: data.into_owned(), extra: extra.into_owned() }
    }
}

impl<'a> CommandData<'a> {
    /// Any command with any parameters, right or wrong. For tests of servers.
    pub fn unchecked(cmd: impl Into<Cow<'a, str>>, params: Option<Raw<'a>>) -> Self {
        Self { cmd: cmd.into(), params, extra: Extra::default() }
    }

    fn read(json: &'a str) -> Option<Self> {
        let mut data = Slots::read(json, &["cmd", "params"]).ok()?;
        Some(Self { cmd: data.text("cmd").unwrap_or_default(), params: data.raw("params"), extra: data.rest() })
    }

    /// The command with its parameters understood.
    pub fn body(&self) -> CommandBody<'_> {
        CommandBody::of(self)
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        object.text("cmd", Some(&self.cmd).filter(|cmd| !cmd.is_empty()).map(|cmd| &**cmd));
        object.json("params", self.params.as_ref().map(Raw::as_str));
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> CommandData<'static> {
        let Self { cmd, params, extra } = self;
        CommandData { cmd: owned(cmd), params: params.map(Raw::into_owned), extra: extra.into_owned() }
    }
}
