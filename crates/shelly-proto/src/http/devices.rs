//! What belongs to an account, and how it is (dossier 6, 7).

use super::answer::{Envelope, data};
use super::request::{self, Credentials, Fields, Request};
use super::{Call, HttpError};
use crate::escape::{ObjectWriter, push_string, written};
use crate::message::{Extra, Raw};
use crate::status::StatusView;
use crate::{DeviceId, Form, Generation};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use dummyload_codec::members::{self, Slots};

/// How a reading call is made (dossier 5, 6): all ways work, programs use the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadBy {
    /// A GET with a query.
    #[default]
    Get,
    /// A POST of a form.
    PostForm,
}

impl ReadBy {
    fn request(self, path: &str, fields: Fields, credentials: &Credentials) -> Request {
        match self {
            Self::Get => request::signed_get(path, fields, credentials),
            Self::PostForm => request::signed_form(path, fields, credentials),
        }
    }
}

/// Asks for the last status of every device of an account (dossier 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllStatus {
    credentials: Credentials,
    show_info: bool,
    no_shared: bool,
    by: ReadBy,
}

impl AllStatus {
    /// Own devices, with what is known about them.
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials, show_info: true, no_shared: true, by: ReadBy::default() }
    }

    /// Devices that others share with the account too. They tell nothing on the socket, and take no commands.
    #[must_use]
    pub fn with_shared(mut self) -> Self {
        self.no_shared = false;
        self
    }

    /// Without `show_info`, as one client asks. A server may then leave out `_dev_info`.
    #[must_use]
    pub fn without_info(mut self) -> Self {
        self.show_info = false;
        self
    }

    /// The same by another way.
    #[must_use]
    pub fn by(mut self, by: ReadBy) -> Self {
        self.by = by;
        self
    }
}

impl Call for AllStatus {
    type Answer = DevicesStatus;

    fn request(&self) -> Request {
        let fields = Fields::new().maybe("show_info", self.show_info.then_some(true));
        let fields = fields.maybe("no_shared", self.no_shared.then_some(true));
        self.by.request("/device/all_status", fields, &self.credentials)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<DevicesStatus, HttpError> {
        let data = data(status, body)?;
        let Some(statuses) = data.get("devices_status") else {
            return Err(HttpError::shape("data.devices_status is missing"));
        };
        let mut devices = Vec::new();
        let read = members::each_member_or_none(statuses, |key, status| {
            devices.push(DeviceStatus::read(key.into_owned(), status));
        });
        match read {
            Ok(()) => Ok(DevicesStatus { devices }),
            Err(_) => Err(HttpError::shape("data.devices_status must be an object")),
        }
    }
}

/// The devices of an account with their statuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DevicesStatus {
    /// In the order of the answer.
    pub devices: Vec<DeviceStatus>,
}

impl DevicesStatus {
    /// An answer with these devices.
    pub fn new(devices: impl IntoIterator<Item = DeviceStatus>) -> Self {
        Self { devices: devices.into_iter().collect() }
    }

    /// The device of this id, whatever the key says.
    pub fn get(&self, id: &DeviceId) -> Option<&DeviceStatus> {
        self.devices.iter().find(|device| device.id() == *id)
    }

    /// The text of the answer.
    pub fn to_json(&self) -> String {
        let data = written(|out| {
            let mut data = ObjectWriter::open(out);
            let mut devices = ObjectWriter::open(data.name("devices_status"));
            for device in &self.devices {
                devices.any_name(&device.key).extend_from_slice(device.status.as_str().as_bytes());
            }
            devices.close();
            data.close();
        });
        Envelope::Ok(Raw::trusted(data)).to_json()
    }
}

/// One device of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceStatus {
    /// The name of the member. The documents say not to rely on it (dossier 15, row 14): see [`DeviceStatus::id`].
    pub key: String,
    /// `_dev_info`
    pub info: Option<DevInfo>,
    /// The whole status, `_dev_info` included.
    pub status: Raw<'static>,
}

impl DeviceStatus {
    /// A device; `_dev_info` is added to the status behind all else.
    pub fn new(key: impl Into<String>, info: DevInfo, status: &Raw<'_>) -> Self {
        let mut members = Extra::default();
        // What is no object has no members.
        let _ = members::each_member(status.as_str(), |name, value| {
            if name != "_dev_info" {
                members.push(name, Raw::trusted(value));
            }
        });
        let status = Raw::trusted(written(|out| {
            let mut object = ObjectWriter::open(out);
            members.write(&mut object);
            info.encode_into(object.name("_dev_info"));
            object.close();
        }));
        Self { key: key.into(), info: Some(info), status }
    }

    fn read(key: String, status: &str) -> Self {
        let mut info = None;
        let _ = members::each_member(status, |name, value| {
            if name == "_dev_info" {
                info = DevInfo::read(value);
            }
        });
        Self { key, info, status: Raw::trusted(status.to_string()) }
    }

    /// The device: by `_dev_info`, or by the key where that is missing.
    pub fn id(&self) -> DeviceId {
        let told = self.info.as_ref().and_then(|info| info.id.clone());
        told.unwrap_or_else(|| DeviceId::in_http(&self.key))
    }

    /// What users read in the status.
    pub fn view(&self) -> StatusView {
        let generation = self.info.as_ref().and_then(|info| info.generation.as_ref());
        StatusView::of(generation.unwrap_or(&Generation::Gen2), self.status.as_str())
    }
}

/// `_dev_info` (dossier 6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DevInfo {
    /// `id`
    pub id: Option<DeviceId>,
    /// `gen`
    pub generation: Option<Generation>,
    /// `code`: the model.
    pub code: Option<String>,
    /// `online`. A device with a battery is so while it sleeps.
    pub online: Option<bool>,
    /// Everything else.
    pub extra: Extra<'static>,
}

impl DevInfo {
    /// Whole information.
    pub fn new(id: DeviceId, generation: Generation, code: impl Into<String>, online: bool) -> Self {
        let (id, generation, code) = (Some(id), Some(generation), Some(code.into()));
        Self { id, generation, code, online: Some(online), extra: Extra::default() }
    }

    fn read(json: &str) -> Option<Self> {
        let mut info = Slots::read(json, &["id", "gen", "code", "online"]).ok()?;
        let generation = info.take("gen", |json| members::text(json).map(|text| Generation::parse(&text)));
        let id = info.take("id", |json| match members::text(json) {
            Some(text) => Some(match &generation {
                Some(generation) => DeviceId::in_status(&text, generation),
                None => DeviceId::in_http(&text),
            }),
            None => json.parse().ok().map(DeviceId::number),
        });
        let code = info.text("code").map(Cow::into_owned);
        let online = info.take("online", members::flag);
        Some(Self { id, generation, code, online, extra: info.rest().into_owned() })
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        if let Some(id) = &self.id {
            write_id(object.name("id"), id, self.generation.as_ref());
        }
        object.text("gen", self.generation.as_ref().map(Generation::as_str));
        object.text("code", self.code.as_deref());
        object.boolean("online", self.online);
        self.extra.write(&mut object);
        object.close();
    }
}

/// An id as this place has it: hexadecimal, a name, or the number of a virtual device.
fn write_id(out: &mut Vec<u8>, id: &DeviceId, generation: Option<&Generation>) {
    match (generation, id.as_number()) {
        (Some(Generation::Virtual), Some(number)) => crate::escape::push_number(out, number),
        (Some(generation), _) => push_string(out, &id.to_http(generation)),
        (None, _) => push_string(out, id.as_str()),
    }
}

/// Asks for the status of one device (dossier 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetStatus {
    credentials: Credentials,
    id: DeviceId,
    by: ReadBy,
}

impl GetStatus {
    /// One device.
    pub fn new(credentials: Credentials, id: DeviceId) -> Self {
        Self { credentials, id, by: ReadBy::PostForm }
    }

    /// The same by another way.
    #[must_use]
    pub fn by(mut self, by: ReadBy) -> Self {
        self.by = by;
        self
    }
}

impl Call for GetStatus {
    type Answer = OneStatus;

    fn request(&self) -> Request {
        let fields = Fields::new().with("id", http_id(&self.id));
        self.by.request("/device/status", fields, &self.credentials)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<OneStatus, HttpError> {
        let data = data(status, body)?;
        let status = data.get("device_status").ok_or_else(|| HttpError::shape("data.device_status is missing"))?;
        Ok(OneStatus { online: data.get("online").and_then(members::flag), status: Raw::trusted(status.to_string()) })
    }
}

/// An id as an HTTP parameter: hexadecimal, but for the plain numbers of virtual devices, which have 13 digits.
pub(super) fn http_id(id: &DeviceId) -> String {
    match id.as_number() {
        Some(number) if number >= 1_000_000_000_000 && id.form() == Form::Number => id.to_decimal(),
        _ => id.to_hex(),
    }
}

/// The status of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OneStatus {
    /// Whether it is online.
    pub online: Option<bool>,
    /// The status.
    pub status: Raw<'static>,
}

impl OneStatus {
    /// A status.
    pub fn new(online: bool, status: Raw<'static>) -> Self {
        Self { online: Some(online), status }
    }

    /// The text of the answer.
    pub fn to_json(&self) -> String {
        let data = written(|out| {
            let mut data = ObjectWriter::open(out);
            data.boolean("online", self.online);
            data.json("device_status", Some(self.status.as_str()));
            data.close();
        });
        Envelope::Ok(Raw::trusted(data)).to_json()
    }
}

/// Asks what the devices of an account are called (dossier 7): the only place that tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDevices {
    credentials: Credentials,
    everything: bool,
    by: ReadBy,
}

impl ListDevices {
    /// The list of devices.
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials, everything: false, by: ReadBy::default() }
    }

    /// The list with rooms and whatever else there is.
    pub fn everything(credentials: Credentials) -> Self {
        Self { everything: true, ..Self::new(credentials) }
    }

    /// The same by another way.
    #[must_use]
    pub fn by(mut self, by: ReadBy) -> Self {
        self.by = by;
        self
    }
}

impl Call for ListDevices {
    type Answer = DeviceList;

    fn request(&self) -> Request {
        let path = if self.everything { "/interface/device/get_all_lists" } else { "/interface/device/list" };
        self.by.request(path, Fields::new(), &self.credentials)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<DeviceList, HttpError> {
        let data = data(status, body)?;
        let mut list = DeviceList::default();
        for (name, value) in data.iter() {
            if name != "devices" {
                list.extra.push(name.to_string(), Raw::trusted(value.to_string()));
            }
        }
        let listed = data.get("devices").ok_or_else(|| HttpError::shape("data.devices is missing"))?;
        let read = members::each_member_or_none(listed, |key, device| {
            list.devices.extend(ListedDevice::read(&key, device));
        });
        read.map(|()| list).map_err(|_| HttpError::shape("data.devices must be an object"))
    }
}

/// The devices of an account by the names that users gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceList {
    /// In the order of the answer.
    pub devices: Vec<ListedDevice>,
    /// Everything else, as `rooms`.
    pub extra: Extra<'static>,
}

impl DeviceList {
    /// A list of these devices.
    pub fn new(devices: impl IntoIterator<Item = ListedDevice>) -> Self {
        Self { devices: devices.into_iter().collect(), extra: Extra::default() }
    }

    /// The text of the answer.
    pub fn to_json(&self) -> String {
        let data = written(|out| {
            let mut data = ObjectWriter::open(out);
            let mut devices = ObjectWriter::open(data.name("devices"));
            for device in &self.devices {
                let generation = device.generation.as_ref();
                let key = generation.map_or_else(|| device.id.to_string(), |generation| device.id.to_http(generation));
                device.encode_into(devices.any_name(&key));
            }
            devices.close();
            self.extra.write(&mut data);
            data.close();
        });
        Envelope::Ok(Raw::trusted(data)).to_json()
    }
}

/// One device of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedDevice {
    /// `id`
    pub id: DeviceId,
    /// `name`: what its user calls it.
    pub name: Option<String>,
    /// `type`: the model.
    pub kind: Option<String>,
    /// `category`, as `relay`.
    pub category: Option<String>,
    /// `gen`; a number has been seen in its place.
    pub generation: Option<Generation>,
    /// `room_id`
    pub room: Option<i64>,
    /// `cloud_online`
    pub online: Option<bool>,
    /// `channels_count`
    pub channels: Option<i64>,
    /// Everything else.
    pub extra: Extra<'static>,
}

const LISTED: [&str; 8] = ["id", "name", "type", "category", "gen", "room_id", "cloud_online", "channels_count"];

impl ListedDevice {
    /// A device without anything else.
    pub fn new(id: DeviceId) -> Self {
        Self {
            id,
            name: None,
            kind: None,
            category: None,
            generation: None,
            room: None,
            online: None,
            channels: None,
            extra: Extra::default(),
        }
    }

    fn read(key: &str, json: &str) -> Option<Self> {
        let mut device = Slots::read(json, &LISTED).ok()?;
        let generation = device.take("gen", generation);
        let id = device.take("id", |json| match members::text(json) {
            Some(text) => Some(match &generation {
                Some(generation) => DeviceId::in_status(&text, generation),
                None => DeviceId::in_http(&text),
            }),
            None => json.parse().ok().map(DeviceId::number),
        });
        let mut text = |name| device.text(name).map(Cow::into_owned);
        let (name, kind, category) = (text("name"), text("type"), text("category"));
        Some(Self {
            id: id.unwrap_or_else(|| DeviceId::in_http(key)),
            name,
            kind,
            category,
            generation,
            room: device.take("room_id", members::integer),
            online: device.take("cloud_online", members::flag),
            channels: device.take("channels_count", members::integer),
            extra: device.rest().into_owned(),
        })
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        write_id(object.name("id"), &self.id, self.generation.as_ref());
        object.text("name", self.name.as_deref());
        object.text("type", self.kind.as_deref());
        object.text("category", self.category.as_deref());
        object.text("gen", self.generation.as_ref().map(Generation::as_str));
        object.number("room_id", self.room);
        object.boolean("cloud_online", self.online);
        object.number("channels_count", self.channels);
        self.extra.write(&mut object);
        object.close();
    }
}

/// A generation as text or number.
fn generation(json: &str) -> Option<Generation> {
    match members::text(json) {
        Some(text) => Some(Generation::parse(&text)),
        None => members::natural(json).map(|number| Generation::parse(&alloc::format!("G{number}"))),
    }
}
