//! What the members of requests mean, and how they are written (dossier 3, M1.2).

use super::{ListedKind, SortOrder};
use crate::lint::Want;
use crate::object::{push_array, push_time};
use crate::text::push_string;
use crate::{Datetime, DecodeError, DeviceId, FieldError, Fields, Json};
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use dummyload_codec::write::push_number;
use dummyload_session::Secret;

/// A value that a member of a request can have.
pub(crate) trait Member: Sized {
    /// What lint and schemas say of it.
    const WANT: Want;

    /// What the member means; nothing if it is absent or null.
    fn read(fields: &Fields<'_>, name: &'static str) -> Result<Option<Self>, DecodeError>;

    /// Writes the value.
    fn write(&self, out: &mut Vec<u8>);
}

/// A member that a request must have.
pub(super) fn required<T: Member>(fields: &Fields<'_>, name: &'static str) -> Result<T, DecodeError> {
    T::read(fields, name)?.ok_or_else(|| DecodeError::wrong(&format!("/{name}"), "it is missing"))
}

/// What is wrong with the member of this name.
pub(super) fn wrong(name: &str, what: &str) -> DecodeError {
    DecodeError::wrong(&format!("/{name}"), what)
}

fn typed<T>(value: Result<Option<T>, FieldError>) -> Result<Option<T>, DecodeError> {
    value.map_err(|e| wrong(e.field(), &e.to_string()))
}

macro_rules! members {
    ($($type:ty: $want:ident, $read:ident, |$value:ident, $out:ident| $write:expr;)*) => {
        $(impl Member for $type {
            const WANT: Want = Want::$want;

            fn read(fields: &Fields<'_>, name: &'static str) -> Result<Option<Self>, DecodeError> {
                typed(fields.$read(name)).map(|value| value.map(Into::into))
            }
            fn write(&self, $out: &mut Vec<u8>) {
                let $value = self;
                $write;
            }
        })*
    };
}

members! {
    String: Text, text, |value, out| push_string(out, value);
    i64: Long, long, |value, out| push_number(out, *value);
    i32: Int, int, |value, out| push_number(out, *value);
    bool: Flag, flag, |value, out| out.extend_from_slice(if *value { b"true" } else { b"false" });
    Datetime: Time, datetime, |value, out| push_time(out, *value);
    Json: Open, object, |value, out| out.extend_from_slice(value.as_str().as_bytes());
    BTreeSet<i64>: Longs, longs, |value, out| push_array(out, value, |out, number| push_number(out, *number));
    BTreeSet<String>: Texts, texts, |value, out| push_array(out, value, |out, text| push_string(out, text));
}

impl Member for DeviceId {
    const WANT: Want = Want::Text;

    fn read(fields: &Fields<'_>, name: &'static str) -> Result<Option<Self>, DecodeError> {
        typed(fields.text(name)).map(|text| text.map(DeviceId::new))
    }
    fn write(&self, out: &mut Vec<u8>) {
        push_string(out, self.as_str());
    }
}

impl Member for Secret<String> {
    const WANT: Want = Want::Text;

    fn read(fields: &Fields<'_>, name: &'static str) -> Result<Option<Self>, DecodeError> {
        String::read(fields, name).map(|text| text.map(Secret::new))
    }
    fn write(&self, out: &mut Vec<u8>) {
        push_string(out, self.expose());
    }
}

impl Member for SortOrder {
    const WANT: Want = Want::Word(&["ASC", "DESC"]);

    fn read(fields: &Fields<'_>, name: &'static str) -> Result<Option<Self>, DecodeError> {
        String::read(fields, name).map(|text| text.map(|text| Self::parse(&text)))
    }
    fn write(&self, out: &mut Vec<u8>) {
        push_string(out, self.as_str());
    }
}

impl Member for ListedKind {
    const WANT: Want = Want::Word(&["command", "notification"]);

    fn read(fields: &Fields<'_>, name: &'static str) -> Result<Option<Self>, DecodeError> {
        String::read(fields, name).map(|text| text.map(|text| Self::parse(&text)))
    }
    fn write(&self, out: &mut Vec<u8>) {
        push_string(out, self.as_str());
    }
}
