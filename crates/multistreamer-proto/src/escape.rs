//! Writing JSON text; nothing of multistreamer's lies in strings, and no member is null (dossier 8).

use crate::message::{Extra, Raw};
use dummyload_codec::write;
pub(crate) use dummyload_codec::write::{push_number, written};

pub(crate) type ObjectWriter<'a> = write::ObjectWriter<'a, 0>;

/// A value as it stands, unless it is null.
pub(crate) fn given<'r>(value: Option<&'r Raw<'_>>) -> Option<&'r str> {
    value.map(Raw::as_str).filter(|json| *json != "null")
}

/// Writes members that have no place of their own.
pub(crate) fn write_extra(object: &mut ObjectWriter<'_>, extra: &Extra<'_>) {
    for (name, value) in extra.iter() {
        if let Some(json) = given(Some(value)) {
            object.any_name(name).extend_from_slice(json.as_bytes());
        }
    }
}
