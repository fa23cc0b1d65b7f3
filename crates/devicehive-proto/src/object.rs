//! Objects as the server writes them: members that are not set are null (dossier 3).

use crate::text::push_string;
use crate::{Datetime, Json};
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use dummyload_codec::write::{self, ObjectWriter};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

const NULL: &[u8] = b"null";

/// An object on its way out.
pub(crate) struct Nulls<'a>(ObjectWriter<'a, 0>);

impl<'a> Nulls<'a> {
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        Self(ObjectWriter::open(out))
    }

    /// Writes a name; its value is written next.
    pub(crate) fn name(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.0.name(name)
    }

    pub(crate) fn number(&mut self, name: &'static str, value: impl Into<Option<i64>>) {
        match value.into() {
            Some(value) => write::push_number(self.0.name(name), value),
            None => self.null(name),
        }
    }

    pub(crate) fn boolean(&mut self, name: &'static str, value: bool) {
        self.0.boolean(name, Some(value));
    }

    pub(crate) fn text(&mut self, name: &'static str, value: Option<&str>) {
        match value {
            Some(value) => push_string(self.0.name(name), value),
            None => self.null(name),
        }
    }

    pub(crate) fn time(&mut self, name: &'static str, value: impl Into<Option<Datetime>>) {
        match value.into() {
            Some(value) => push_time(self.0.name(name), value),
            None => self.null(name),
        }
    }

    pub(crate) fn json(&mut self, name: &'static str, value: Option<&Json>) {
        match value {
            Some(value) => self.0.name(name).extend_from_slice(value.as_str().as_bytes()),
            None => self.null(name),
        }
    }

    fn null(&mut self, name: &'static str) {
        self.0.name(name).extend_from_slice(NULL);
    }

    pub(crate) fn close(self) {
        self.0.close();
    }
}

/// A value that stands there as an object. Derived readers take arrays for objects too, and an empty one for defaults only.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

/// Writes a time with its quotes.
pub(crate) fn push_time(out: &mut Vec<u8>, time: Datetime) {
    out.push(b'"');
    time.push(out);
    out.push(b'"');
}

/// Writes an array.
pub(crate) fn push_array<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}
