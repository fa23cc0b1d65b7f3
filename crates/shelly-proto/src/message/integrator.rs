//! The integrators' flavour of the socket (dossier 9.6): other tokens, the same place, two messages more.

use super::Extra;
use super::Raw;
use super::device::{frame_id, write_id};
use super::server::{Frame, open};
use super::shared::owned;
use crate::escape::ObjectWriter;
use crate::{DeviceId, Trid};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use dummyload_codec::members::Slots;

/// `Integrator:ActionRequest`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionRequest<'a> {
    /// `trid`
    pub trid: Option<Trid>,
    /// `data.action`: `DeviceVerify` or `DeviceGetSettings`.
    pub action: Option<Cow<'a, str>>,
    /// `data.deviceId`
    pub device_id: Option<DeviceId>,
    /// Everything else in `data`.
    pub data_extra: Extra<'a>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> ActionRequest<'a> {
    /// The name of the event.
    pub const EVENT: &'static str = "Integrator:ActionRequest";

    /// A request.
    pub fn new(trid: Trid, action: impl Into<Cow<'a, str>>, device: DeviceId) -> Self {
        Self { trid: Some(trid), action: Some(action.into()), device_id: Some(device), ..Self::default() }
    }

    pub(super) fn of(frame: &mut Frame<'a>) -> Self {
        let mut request = Self { trid: frame.take("trid", |json| Some(Trid::parse(json))), ..Self::default() };
        if let Some(mut data) = frame.take("data", |json| Slots::read(json, &["action", "deviceId"]).ok()) {
            request.action = data.text("action");
            request.device_id = data.take("deviceId", frame_id);
            request.data_extra = data.rest();
        }
        request.extra = frame.rest();
        request
    }

    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, Self::EVENT);
        if let Some(trid) = &self.trid {
            trid.encode_into(object.name("trid"));
        }
        if !self.extra.has("data") {
            let mut data = ObjectWriter::open(object.name("data"));
            data.text("action", self.action.as_deref());
            write_id(&mut data, "deviceId", self.device_id.as_ref());
            self.data_extra.write(&mut data);
            data.close();
        }
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ActionRequest<'static> {
        let Self { trid, action, device_id, data_extra, extra } = self;
        let (action, data_extra) = (action.map(owned), data_extra.into_owned());
        ActionRequest { trid, action, device_id, data_extra, extra: extra.into_owned() }
    }
}

/// `Integrator:ActionResponse`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionResponse<'a> {
    /// `trid`
    pub trid: Option<Trid>,
    /// `user`: a text here, and a number in command responses.
    pub user: Option<Cow<'a, str>>,
    /// `data`
    pub data: ActionData<'a>,
    /// Everything else.
    pub extra: Extra<'a>,
}

/// `data` of an [`ActionResponse`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActionData<'a> {
    /// `result`: `OK`, `UNAUTHORIZED`, `WRONG_API_PARAMETERS` or `WRONG_HOST`.
    pub result: Option<Cow<'a, str>>,
    /// `deviceId`
    pub device_id: Option<DeviceId>,
    /// `deviceType`
    pub device_type: Option<Cow<'a, str>>,
    /// `deviceCode`: the model.
    pub device_code: Option<Cow<'a, str>>,
    /// `deviceStatus`
    pub device_status: Option<Raw<'a>>,
    /// `deviceSettings`
    pub device_settings: Option<Raw<'a>>,
    /// `accessGroups`: `00` or `01`.
    pub access_groups: Option<Cow<'a, str>>,
    /// `host`: the right one, with `WRONG_HOST`.
    pub host: Option<Cow<'a, str>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

const DATA: [&str; 8] =
    ["result", "deviceId", "deviceType", "deviceCode", "deviceStatus", "deviceSettings", "accessGroups", "host"];

impl<'a> ActionData<'a> {
    /// A result for a device.
    pub fn new(result: impl Into<Cow<'a, str>>, device: DeviceId) -> Self {
        Self { result: Some(result.into()), device_id: Some(device), ..Self::default() }
    }

    fn read(json: &'a str) -> Option<Self> {
        let mut data = Slots::read(json, &DATA).ok()?;
        Some(Self {
            result: data.text("result"),
            device_id: data.take("deviceId", frame_id),
            device_type: data.text("deviceType"),
            device_code: data.text("deviceCode"),
            device_status: data.raw("deviceStatus"),
            device_settings: data.raw("deviceSettings"),
            access_groups: data.text("accessGroups"),
            host: data.text("host"),
            extra: data.rest(),
        })
    }
}

impl ActionData<'_> {
    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut data = ObjectWriter::open(out);
        data.text("result", self.result.as_deref());
        write_id(&mut data, "deviceId", self.device_id.as_ref());
        data.text("deviceType", self.device_type.as_deref());
        data.text("deviceCode", self.device_code.as_deref());
        data.json("deviceStatus", self.device_status.as_ref().map(Raw::as_str));
        data.json("deviceSettings", self.device_settings.as_ref().map(Raw::as_str));
        data.text("accessGroups", self.access_groups.as_deref());
        data.text("host", self.host.as_deref());
        self.extra.write(&mut data);
        data.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ActionData<'static> {
        ActionData {
            result: self.result.map(owned),
            device_id: self.device_id,
            device_type: self.device_type.map(owned),
            device_code: self.device_code.map(owned),
            device_status: self.device_status.map(Raw::into_owned),
            device_settings: self.device_settings.map(Raw::into_owned),
            access_groups: self.access_groups.map(owned),
            host: self.host.map(owned),
            extra: self.extra.into_owned(),
        }
    }
}

impl<'a> ActionResponse<'a> {
    /// The name of the event.
    pub const EVENT: &'static str = "Integrator:ActionResponse";

    /// An answer.
    pub fn new(trid: Trid, user: impl Into<Cow<'a, str>>, data: ActionData<'a>) -> Self {
        Self { trid: Some(trid), user: Some(user.into()), data, extra: Extra::default() }
    }

    pub(super) fn of(frame: &mut Frame<'a>) -> Self {
        Self {
            trid: frame.take("trid", |json| Some(Trid::parse(json))),
            user: frame.text("user"),
            data: frame.take("data", ActionData::read).unwrap_or_default(),
            extra: frame.rest(),
        }
    }

    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = open(out, Self::EVENT);
        if let Some(trid) = &self.trid {
            trid.encode_into(object.name("trid"));
        }
        object.text("user", self.user.as_deref());
        if !self.extra.has("data") {
            self.data.encode_into(object.name("data"));
        }
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> ActionResponse<'static> {
        let (user, data) = (self.user.map(owned), self.data.into_owned());
        ActionResponse { trid: self.trid, user, data, extra: self.extra.into_owned() }
    }
}
