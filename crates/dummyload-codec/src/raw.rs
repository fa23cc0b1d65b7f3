//! Pieces of messages that are kept as they stand.

use crate::write::ObjectWriter;
use crate::{DecodeError, members, owned};
use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;
use serde::Serialize;
use serde::de::Deserialize;

/// A piece of JSON as it stands in a message: numbers keep their spelling, members their order. Its meaning is asked for
/// when it is wanted.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw<'a>(Cow<'a, str>);

impl<'a> Raw<'a> {
    /// JSON from elsewhere. Blanks around it are cut.
    ///
    /// # Errors
    /// The text is not one JSON value.
    pub fn new(json: impl Into<Cow<'a, str>>) -> Result<Self, DecodeError> {
        let json = json.into();
        members::check(&json)?;
        Ok(Self(match json {
            Cow::Borrowed(json) => Cow::Borrowed(json.trim_ascii()),
            Cow::Owned(json) if json.trim_ascii().len() == json.len() => Cow::Owned(json),
            Cow::Owned(json) => Cow::Owned(json.trim_ascii().into()),
        }))
    }

    /// The JSON of a value.
    ///
    /// # Errors
    /// The value has none, as a map whose keys are no texts.
    pub fn of(value: &(impl Serialize + ?Sized)) -> Result<Raw<'static>, DecodeError> {
        match serde_json::to_string(value) {
            Ok(json) => Ok(Raw(Cow::Owned(json))),
            Err(_) => Err(DecodeError::wrong("", "the value cannot be written as JSON")),
        }
    }

    /// JSON that a parser has just passed over, or that was written here.
    pub fn trusted(json: impl Into<Cow<'a, str>>) -> Self {
        Self(json.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it means as a type of yours.
    ///
    /// # Errors
    /// It is of another shape.
    pub fn parse<'s, T: Deserialize<'s>>(&'s self) -> Result<T, DecodeError> {
        serde_json::from_str(&self.0).map_err(|e| {
            if e.is_data() {
                DecodeError::wrong("", "the value is of another type")
            } else {
                DecodeError::not_json(&self.0, &e)
            }
        })
    }

    /// The same, borrowed from here.
    pub fn borrowed(&self) -> Raw<'_> {
        Raw(Cow::Borrowed(&self.0))
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Raw<'static> {
        Raw(owned(self.0))
    }
}

impl From<&serde_json::Value> for Raw<'static> {
    fn from(value: &serde_json::Value) -> Self {
        Self(Cow::Owned(value.to_string()))
    }
}

impl fmt::Display for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The members of an object that have no place of their own, in their order, and those whose values could not be
/// understood. They are written again behind the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extra<'a>(Vec<(Cow<'a, str>, Raw<'a>)>);

impl<'a> Extra<'a> {
    /// The last value of this name.
    pub fn get(&self, name: &str) -> Option<&Raw<'a>> {
        self.iter().filter(|(known, _)| *known == name).last().map(|(_, value)| value)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Raw<'a>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there is one of this name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds one.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: Raw<'a>) {
        self.0.push((name.into(), value));
    }

    /// Writes all of them.
    pub fn write(&self, object: &mut ObjectWriter<'_, 0>) {
        for (name, value) in self.iter() {
            object.any_name(name).extend_from_slice(value.as_str().as_bytes());
        }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Extra<'static> {
        Extra(self.0.into_iter().map(|(name, value)| (owned(name), value.into_owned())).collect())
    }
}
