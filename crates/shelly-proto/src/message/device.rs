//! Who a message is about.

use super::Extra;
use super::shared::owned;
use crate::escape::{ObjectWriter, push_string};
use crate::{DeviceId, Generation};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Slots};

/// The member `device` of an event (dossier 9.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceRef<'a> {
    /// `id`, decimal or a name with X.
    pub id: Option<DeviceId>,
    /// `code`: the model.
    pub code: Option<Cow<'a, str>>,
    /// `gen`
    pub generation: Option<Generation>,
    /// Everything else. A `type`, text or null, has been seen (dossier 2.3).
    pub extra: Extra<'a>,
}

impl<'a> DeviceRef<'a> {
    /// A whole one.
    pub fn new(id: DeviceId, code: impl Into<Cow<'a, str>>, generation: Generation) -> Self {
        Self { id: Some(id), code: Some(code.into()), generation: Some(generation), ..Self::default() }
    }

    pub(super) fn read(json: &'a str) -> Option<Self> {
        let mut device = Slots::read(json, &["id", "code", "gen"]).ok()?;
        let (id, code) = (device.take("id", frame_id), device.text("code"));
        let generation = device.take("gen", |json| members::text(json).map(|text| Generation::parse(&text)));
        Some(Self { id, code, generation, extra: device.rest() })
    }

    /// `online`, in the place where one client looks for it (dossier 9.2).
    pub(super) fn nested_online(&self) -> Option<bool> {
        self.extra.get("online").and_then(|flag| members::flag(flag.as_str()))
    }

    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        write_id(&mut object, "id", self.id.as_ref());
        object.text("code", self.code.as_deref());
        object.text("gen", self.generation.as_ref().map(Generation::as_str));
        self.extra.write(&mut object);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> DeviceRef<'static> {
        let Self { id, code, generation, extra } = self;
        DeviceRef { id, code: code.map(owned), generation, extra: extra.into_owned() }
    }
}

/// An id as the socket has it: a text, or the number of an old client.
pub(crate) fn frame_id(json: &str) -> Option<DeviceId> {
    match members::text(json) {
        Some(text) => Some(DeviceId::in_frame(&text)),
        None => json.parse().ok().map(DeviceId::number),
    }
}

/// Writes an id as the socket has it: always a text, decimal where there is a number.
pub(super) fn write_id(object: &mut ObjectWriter<'_>, name: &'static str, id: Option<&DeviceId>) {
    let Some(id) = id else { return };
    let out = object.name(name);
    match id.as_number() {
        Some(number) => {
            out.push(b'"');
            crate::escape::push_number(out, number);
            out.push(b'"');
        }
        None => push_string(out, id.as_str()),
    }
}
