//! Cloud to client.

use super::device::{DeviceRef, frame_id, write_id};
use super::integrator::ActionResponse;
use super::response::CommandResponse;
use super::rpc::{RpcFamily, RpcRequest, RpcResponse};
use super::shared::owned;
use super::{Extra, Other, Raw, Unrecognised};
use crate::escape::{ObjectWriter, written};
use crate::status::StatusView;
use crate::{DecodeError, DeviceId, Generation};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Slots};

/// A message of the cloud (dossier 9). Any text is one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerMessage<'a> {
    /// `Shelly:StatusOnChange`
    StatusOnChange(StatusOnChange<'a>),
    /// `Shelly:Online`
    Online(Online<'a>),
    /// `Shelly:CommandResponse`
    CommandResponse(CommandResponse<'a>),
    /// `Shelly:JrpcResponse`, `Shelly:XUResponse`, `Shelly:XGResponse`
    RpcResponse(RpcResponse<'a>),
    /// `Shelly:JrpcRequest` and the like, as a client sees those of others (dossier 9.5).
    RpcRequest(RpcRequest<'a>),
    /// `Shelly:Settings`
    Settings(Settings<'a>),
    /// `Integrator:ActionResponse`
    ActionResponse(ActionResponse<'a>),
    /// `Error`
    Error(ErrorEvent<'a>),
    /// Any other event.
    Other(Other<'a>),
    /// No event.
    Unrecognised(Unrecognised<'a>),
}

pub(super) const NAMES: [&str; 15] = [
    "event",
    "device",
    "deviceId",
    "device_id",
    "status",
    "metadata",
    "online",
    "trid",
    "user",
    "data",
    "response",
    "method",
    "params",
    "settings",
    "message",
];

pub(super) type Frame<'a> = Slots<'a, 15>;

/// Reads the members, and tells what `event` says; an error for a text that is no event.
pub(super) fn read_frame<'a>(text: &'a str, frame: &mut Frame<'a>) -> Result<Cow<'a, str>, DecodeError> {
    frame.fill(text).map_err(|e| match e {
        DecodeError::WrongShape { .. } => DecodeError::wrong("", "an object with the member event is wanted"),
        e => e,
    })?;
    frame.text("event").ok_or_else(|| DecodeError::wrong("/event", "the name of an event is wanted here"))
}

/// Decodes a message of the cloud, every tolerated variant included. Nothing is an error, since a client must go on after
/// whatever it does not know (dossier 9).
pub fn decode_server(text: &str) -> ServerMessage<'_> {
    let frame = &mut Frame::new(&NAMES);
    let event = match read_frame(text, frame) {
        Ok(event) => event,
        Err(why) => return ServerMessage::Unrecognised(Unrecognised::new(text, why)),
    };
    match &*event {
        StatusOnChange::EVENT => ServerMessage::StatusOnChange(StatusOnChange {
            device: frame.take("device", DeviceRef::read),
            device_id: device_id(frame),
            metadata: frame.raw("metadata"),
            status: frame.raw("status"),
            extra: frame.rest(),
        }),
        Online::EVENT => {
            let device = frame.take("device", DeviceRef::read);
            let nested = device.as_ref().and_then(DeviceRef::nested_online);
            ServerMessage::Online(Online {
                device_id: device_id(frame),
                online: frame.take("online", members::flag).or(nested),
                device,
                extra: frame.rest(),
            })
        }
        CommandResponse::EVENT => ServerMessage::CommandResponse(CommandResponse::of(frame)),
        Settings::EVENT => ServerMessage::Settings(Settings {
            device: frame.take("device", DeviceRef::read),
            device_id: device_id(frame),
            settings: frame.raw("settings"),
            extra: frame.rest(),
        }),
        ActionResponse::EVENT => ServerMessage::ActionResponse(ActionResponse::of(frame)),
        ErrorEvent::EVENT => ServerMessage::Error(ErrorEvent { message: frame.text("message"), extra: frame.rest() }),
        name => {
            if let Some(family) = RpcFamily::of_response(name) {
                ServerMessage::RpcResponse(RpcResponse::of(family, frame))
            } else if let Some(family) = RpcFamily::of_request(name) {
                ServerMessage::RpcRequest(RpcRequest::of(family, frame))
            } else {
                ServerMessage::Other(Other { event, raw: Raw::trusted(text.trim_ascii()) })
            }
        }
    }
}

/// The id outside of `device`, in its two spellings (dossier 9.6).
pub(super) fn device_id(frame: &mut Frame<'_>) -> Option<DeviceId> {
    frame.take("deviceId", frame_id).or_else(|| {
        let second = frame.take("device_id", frame_id)?;
        // Written again the id would stand twice, and the one that says nothing would count.
        frame.take("deviceId", |_| Some(()));
        Some(second)
    })
}

impl ServerMessage<'_> {
    /// The device that it is about: the first usable of `device.id`, `deviceId`, `device_id` (dossier 9.6).
    pub fn device_id(&self) -> Option<&DeviceId> {
        match self {
            Self::StatusOnChange(event) => event.device_ref(),
            Self::Online(event) => event.device_ref(),
            Self::Settings(event) => event.device_ref(),
            Self::CommandResponse(response) => response.device_id.as_ref(),
            Self::RpcResponse(response) => response.device_id.as_ref(),
            Self::RpcRequest(request) => request.device_id.as_ref(),
            Self::ActionResponse(response) => response.data.device_id.as_ref(),
            Self::Error(_) | Self::Other(_) | Self::Unrecognised(_) => None,
        }
    }

    /// The name of the event; empty if it is none.
    pub fn event(&self) -> &str {
        match self {
            Self::StatusOnChange(_) => StatusOnChange::EVENT,
            Self::Online(_) => Online::EVENT,
            Self::CommandResponse(_) => CommandResponse::EVENT,
            Self::RpcResponse(response) => response.family.response_event(),
            Self::RpcRequest(request) => request.family.request_event(),
            Self::Settings(_) => Settings::EVENT,
            Self::ActionResponse(_) => ActionResponse::EVENT,
            Self::Error(_) => ErrorEvent::EVENT,
            Self::Other(other) => &other.event,
            Self::Unrecognised(_) => "",
        }
    }

    /// Writes the canonical text behind what is in `out`: compact, members in the documents' order, absent ones left out,
    /// extra ones at the end of their object. What is no known event is written as it came.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::StatusOnChange(event) => event.encode_into(out),
            Self::Online(event) => event.encode_into(out),
            Self::CommandResponse(response) => response.encode_into(out),
            Self::RpcResponse(response) => response.encode_into(out),
            Self::RpcRequest(request) => request.encode_into(out),
            Self::Settings(event) => event.encode_into(out),
            Self::ActionResponse(response) => response.encode_into(out),
            Self::Error(event) => event.encode_into(out),
            Self::Other(other) => out.extend_from_slice(other.raw.as_str().as_bytes()),
            Self::Unrecognised(text) => out.extend_from_slice(text.text.as_bytes()),
        }
    }

    /// The canonical text.
    pub fn to_text(&self) -> String {
        written(|out| self.encode_into(out))
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ServerMessage<'static> {
        match self {
            Self::StatusOnChange(event) => ServerMessage::StatusOnChange(event.into_owned()),
            Self::Online(event) => ServerMessage::Online(event.into_owned()),
            Self::CommandResponse(response) => ServerMessage::CommandResponse(response.into_owned()),
            Self::RpcResponse(response) => ServerMessage::RpcResponse(response.into_owned()),
            Self::RpcRequest(request) => ServerMessage::RpcRequest(request.into_owned()),
            Self::Settings(event) => ServerMessage::Settings(event.into_owned()),
            Self::ActionResponse(response) => ServerMessage::ActionResponse(response.into_owned()),
            Self::Error(event) => ServerMessage::Error(event.into_owned()),
            Self::Other(other) => ServerMessage::Other(other.into_owned()),
            Self::Unrecognised(text) => ServerMessage::Unrecognised(text.into_owned()),
        }
    }
}

/// Opens an event; its name is written.
pub(super) fn open<'a>(out: &'a mut Vec<u8>, event: &'static str) -> ObjectWriter<'a> {
    let mut object = ObjectWriter::open(out);
    object.text("event", Some(event));
    object
}

/// Writes who an event is about.
fn write_device(object: &mut ObjectWriter<'_>, device: Option<&DeviceRef<'_>>, id: Option<&DeviceId>) {
    if let Some(device) = device {
        device.encode_into(object.name("device"));
    }
    write_id(object, "deviceId", id);
}

macro_rules! about_a_device {
    ($name:ident: $event:literal) => {
        impl $name<'_> {
            /// The name of the event.
            pub const EVENT: &'static str = $event;

            /// The device that it is about: `device.id`, else `deviceId` or `device_id` (dossier 9.6).
            pub fn device_ref(&self) -> Option<&DeviceId> {
                let inside = self.device.as_ref().and_then(|device| device.id.as_ref());
                inside.or(self.device_id.as_ref())
            }
        }
    };
}

/// A device reports a change (dossier 9.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusOnChange<'a> {
    /// `device`
    pub device: Option<DeviceRef<'a>>,
    /// `deviceId` in its place, as integrators get it (dossier 9.6).
    pub device_id: Option<DeviceId>,
    /// `status`: all of it, or only what changed. A missing member means "unchanged"; see [`merge`](crate::status::merge).
    pub status: Option<Raw<'a>>,
    /// `metadata`: an array with, among others, the names that users gave to channels (dossier 9.1).
    pub metadata: Option<Raw<'a>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

about_a_device!(StatusOnChange: "Shelly:StatusOnChange");

impl<'a> StatusOnChange<'a> {
    /// The event for a device.
    pub fn new(device: DeviceRef<'a>, status: Raw<'a>) -> Self {
        Self { device: Some(device), status: Some(status), ..Self::default() }
    }

    /// What users read in the status; nothing where there is none.
    pub fn view(&self) -> StatusView {
        let generation = self.device.as_ref().and_then(|device| device.generation.as_ref());
        let status = self.status.as_ref().map_or("{}", Raw::as_str);
        StatusView::of(generation.unwrap_or(&Generation::Gen2), status)
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, Self::EVENT);
        write_device(&mut object, self.device.as_ref(), self.device_id.as_ref());
        object.json("status", self.status.as_ref().map(Raw::as_str));
        object.json("metadata", self.metadata.as_ref().map(Raw::as_str));
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> StatusOnChange<'static> {
        StatusOnChange {
            device: self.device.map(DeviceRef::into_owned),
            device_id: self.device_id,
            status: self.status.map(Raw::into_owned),
            metadata: self.metadata.map(Raw::into_owned),
            extra: self.extra.into_owned(),
        }
    }
}

/// A device has come or gone (dossier 9.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Online<'a> {
    /// `device`
    pub device: Option<DeviceRef<'a>>,
    /// `deviceId` in its place, as integrators get it.
    pub device_id: Option<DeviceId>,
    /// `online`. `None` means that it is not known, and not that the device is gone.
    pub online: Option<bool>,
    /// Everything else.
    pub extra: Extra<'a>,
}

about_a_device!(Online: "Shelly:Online");

impl<'a> Online<'a> {
    /// The event for a device.
    pub fn new(device: DeviceRef<'a>, online: bool) -> Self {
        Self { device: Some(device), online: Some(online), ..Self::default() }
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, Self::EVENT);
        write_device(&mut object, self.device.as_ref(), self.device_id.as_ref());
        let nested = self.device.as_ref().and_then(DeviceRef::nested_online);
        // What stands in `device` is written there, unless it is another.
        object.number("online", self.online.filter(|online| nested != Some(*online)).map(u8::from));
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Online<'static> {
        let Self { device, device_id, online, extra } = self;
        Online { device: device.map(DeviceRef::into_owned), device_id, online, extra: extra.into_owned() }
    }
}

/// The settings of a device have changed (dossier 9.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings<'a> {
    /// `device`
    pub device: Option<DeviceRef<'a>>,
    /// `deviceId` in its place, as integrators get it.
    pub device_id: Option<DeviceId>,
    /// `settings`
    pub settings: Option<Raw<'a>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

about_a_device!(Settings: "Shelly:Settings");

impl<'a> Settings<'a> {
    /// The event for a device.
    pub fn new(device: DeviceRef<'a>, settings: Raw<'a>) -> Self {
        Self { device: Some(device), settings: Some(settings), ..Self::default() }
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, Self::EVENT);
        write_device(&mut object, self.device.as_ref(), self.device_id.as_ref());
        object.json("settings", self.settings.as_ref().map(Raw::as_str));
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Settings<'static> {
        let Self { device, device_id, settings, extra } = self;
        let (device, settings) = (device.map(DeviceRef::into_owned), settings.map(Raw::into_owned));
        Settings { device, device_id, settings, extra: extra.into_owned() }
    }
}

/// The cloud did not understand something that was sent (dossier 9.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorEvent<'a> {
    /// `message`
    pub message: Option<Cow<'a, str>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> ErrorEvent<'a> {
    /// The name of the event.
    pub const EVENT: &'static str = "Error";

    /// An error with this text.
    pub fn new(message: impl Into<Cow<'a, str>>) -> Self {
        Self { message: Some(message.into()), extra: Extra::default() }
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, Self::EVENT);
        object.text("message", self.message.as_deref());
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ErrorEvent<'static> {
        ErrorEvent { message: self.message.map(owned), extra: self.extra.into_owned() }
    }
}
