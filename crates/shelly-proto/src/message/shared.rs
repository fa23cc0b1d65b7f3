//! What both directions need.

use super::Raw;
use crate::DecodeError;
use alloc::borrow::Cow;
use alloc::string::String;
pub(crate) use dummyload_codec::owned;

/// An event whose name is not known, or that has no place among these types. Its text is kept whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Other<'a> {
    /// Its name.
    pub event: Cow<'a, str>,
    /// The whole message.
    pub raw: Raw<'a>,
}

impl<'a> Other<'a> {
    /// An event of this text.
    pub fn new(event: impl Into<Cow<'a, str>>, raw: Raw<'a>) -> Self {
        Self { event: event.into(), raw }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Other<'static> {
        Other { event: owned(self.event), raw: self.raw.into_owned() }
    }
}

/// A text that is no event. It is not an error of the stream: the next message can be one again (dossier 9).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unrecognised<'a> {
    /// The whole text.
    pub text: Cow<'a, str>,
    /// Why it is none.
    pub why: DecodeError,
}

impl<'a> Unrecognised<'a> {
    pub(crate) fn new(text: &'a str, why: DecodeError) -> Self {
        Self { text: Cow::Borrowed(text), why }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Unrecognised<'static> {
        Unrecognised { text: Cow::Owned(String::from(self.text)), why: self.why }
    }
}
