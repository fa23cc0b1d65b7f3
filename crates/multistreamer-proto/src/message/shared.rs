//! What both directions need.

use super::{Extra, Raw};
use crate::escape::{ObjectWriter, push_number, write_extra};
use crate::{DecodeError, PersonId};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members::{self, Slots};
use dummyload_codec::{owned, write};

/// Whether somebody says something or does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChatKind {
    /// `text`
    Text,
    /// `emote`
    Emote,
}

impl ChatKind {
    /// The type on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Emote => "emote",
        }
    }
}

/// What a network is called. The set is open: operators add networks of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Network<'a> {
    /// `name`, as `twitch`; the internal chat is `irc`.
    pub name: Cow<'a, str>,
    /// `displayName`, for people, as `Twitch`.
    pub display_name: Cow<'a, str>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> Network<'a> {
    /// One of these names.
    pub fn new(name: impl Into<Cow<'a, str>>, display_name: impl Into<Cow<'a, str>>) -> Self {
        Self { name: name.into(), display_name: display_name.into(), extra: Extra::default() }
    }

    /// Old servers have a text here: both names at once (dossier 4.8).
    pub(super) fn read(json: &'a str) -> Option<Self> {
        if let Some(name) = members::text(json) {
            return Some(Self::new(name.clone(), name));
        }
        let mut network = Slots::read(json, &["name", "displayName"]).ok()?;
        let name = network.text("name")?;
        let display_name = network.text("displayName").unwrap_or_else(|| name.clone());
        Some(Self { name, display_name, extra: network.rest() })
    }

    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        object.text("name", Some(&self.name));
        object.text("displayName", Some(&self.display_name));
        write_extra(&mut object, &self.extra);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Network<'static> {
        let Self { name, display_name, extra } = self;
        Network { name: owned(name), display_name: owned(display_name), extra: extra.into_owned() }
    }
}

/// Who has written a message, or for whom it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Person<'a> {
    /// `name`. It is not escaped in any way.
    pub name: Option<Cow<'a, str>>,
    /// `id`; absent where the server itself echoes what its account wrote, and in whispers (dossier 4).
    pub id: Option<PersonId>,
    /// `picture`: where a picture is.
    pub picture: Option<Cow<'a, str>>,
    /// Everything else.
    pub extra: Extra<'a>,
}

impl<'a> Person<'a> {
    /// Somebody of this name.
    pub fn new(name: impl Into<Cow<'a, str>>, id: Option<PersonId>) -> Self {
        Self { name: Some(name.into()), id, ..Self::default() }
    }

    pub(super) fn read(json: &'a str) -> Option<Self> {
        let mut person = Slots::read(json, &["name", "id", "picture"]).ok()?;
        let (name, picture) = (person.text("name"), person.text("picture"));
        let id = person.take("id", PersonId::read);
        Some(Self { name, id, picture, extra: person.rest() })
    }

    pub(super) fn encode_into(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::open(out);
        object.text("name", self.name.as_deref());
        match &self.id {
            Some(PersonId::Number(number)) => push_number(object.name("id"), *number),
            Some(PersonId::Text(text)) => write::push_string::<0>(object.name("id"), text),
            None => {}
        }
        object.text("picture", self.picture.as_deref());
        write_extra(&mut object, &self.extra);
        object.close();
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Person<'static> {
        let Self { name, id, picture, extra } = self;
        Person { name: name.map(owned), id, picture: picture.map(owned), extra: extra.into_owned() }
    }
}

/// A message whose type is not known, or that has none: what is injected from elsewhere may be anything (dossier 4.7). Its
/// text is kept whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Other<'a> {
    /// `type`, if it is a text.
    pub kind: Option<Cow<'a, str>>,
    /// The whole message.
    pub raw: Raw<'a>,
}

impl<'a> Other<'a> {
    pub(super) fn of(kind: Option<Cow<'a, str>>, text: &'a str) -> Self {
        Self { kind, raw: Raw::trusted(text.trim_ascii()) }
    }

    /// A message of this text.
    pub fn new(kind: Option<Cow<'a, str>>, raw: Raw<'a>) -> Self {
        Self { kind, raw }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Other<'static> {
        Other { kind: self.kind.map(owned), raw: self.raw.into_owned() }
    }
}

/// A text that is no message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unrecognised<'a> {
    /// The whole text.
    pub text: Cow<'a, str>,
    /// Why it is none.
    pub why: DecodeError,
}

impl<'a> Unrecognised<'a> {
    pub(super) fn new(text: &'a str, why: DecodeError) -> Self {
        Self { text: Cow::Borrowed(text), why }
    }

    /// The same without borrowed texts.
    pub fn into_owned(self) -> Unrecognised<'static> {
        Unrecognised { text: Cow::Owned(String::from(self.text)), why: self.why }
    }
}
