//! One-pass decoding. Every member is optional and of any type; what it means is decided as it is stored. Derived
//! `untagged`, `tag` and `flatten` would buffer the whole message first, so the visitors are by hand. A repeated member
//! counts as the last one, as with most servers; lint reports it.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use dummyload_codec::Name;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// A member of any type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Loose<'a> {
    #[default]
    Absent,
    Null,
    Bool(bool),
    Natural(u64),
    Negative(i64),
    Float(f64),
    Text(Cow<'a, str>),
    /// A list or an object, where neither has a meaning, as JSON.
    Compound(String),
}

impl<'a> Loose<'a> {
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text as it is; anything else as JSON, so that it can be shown.
    pub(crate) fn shown(self) -> Cow<'a, str> {
        match self {
            Self::Absent => Cow::Borrowed(""),
            Self::Null => Cow::Borrowed("null"),
            Self::Bool(b) => Cow::Borrowed(if b { "true" } else { "false" }),
            Self::Natural(n) => Cow::Owned(n.to_string()),
            Self::Negative(n) => Cow::Owned(n.to_string()),
            Self::Float(n) => Cow::Owned(n.to_string()),
            Self::Text(text) => text,
            Self::Compound(json) => Cow::Owned(json),
        }
    }

    /// An integer, an integral float, or a text of digits (dossier 12, row 1). What is too large for this type is out of
    /// every range anyway, and stays so.
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Natural(n) => Some(i64::try_from(*n).unwrap_or(i64::MAX)),
            Self::Negative(n) => Some(*n),
            Self::Float(n) => integral(*n),
            Self::Text(text) => {
                let text = text.trim();
                text.parse().ok().or_else(|| integral(text.parse().ok()?))
            }
            _ => None,
        }
    }

    /// The same from 0 on, for the numbers of things.
    pub(crate) fn natural(&self) -> Option<u64> {
        match self {
            Self::Natural(n) => Some(*n),
            Self::Text(text) if text.parse::<u64>().is_ok() => text.parse().ok(),
            other => other.integer().and_then(|n| u64::try_from(n).ok()),
        }
    }

    /// `true`, `false`, or one of them as a text.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

fn integral(n: f64) -> Option<i64> {
    // Beyond 2^53 a float says nothing about single integers any more.
    let in_range = n > -9.0e15 && n < 9.0e15;
    let whole = n as i64;
    (in_range && whole as f64 == n).then_some(whole)
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_unit<E>(self) -> Result<Loose<'de>, E> {
        Ok(Loose::Null)
    }
    fn visit_bool<E>(self, b: bool) -> Result<Loose<'de>, E> {
        Ok(Loose::Bool(b))
    }
    fn visit_i64<E>(self, n: i64) -> Result<Loose<'de>, E> {
        Ok(Loose::Negative(n))
    }
    fn visit_u64<E>(self, n: u64) -> Result<Loose<'de>, E> {
        Ok(Loose::Natural(n))
    }
    fn visit_f64<E>(self, n: f64) -> Result<Loose<'de>, E> {
        Ok(Loose::Float(n))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Loose<'de>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(items)).map(|list| Loose::Compound(list.to_string()))
    }
    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Loose<'de>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(members)).map(|object| Loose::Compound(object.to_string()))
    }
}

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

/// A struct that the members of an object are stored in.
pub(crate) trait Members<'de>: Default {
    /// Takes one member in, or skips its value.
    fn take<A: MapAccess<'de>>(&mut self, name: &str, next: Next<'_, A>) -> Result<(), A::Error>;
}

/// The value of a member, still to be read.
pub(crate) struct Next<'m, A>(&'m mut A);

impl<'de, A: MapAccess<'de>> Next<'_, A> {
    pub(crate) fn skip(self) -> Result<(), A::Error> {
        self.0.next_value::<IgnoredAny>().map(drop)
    }

    /// A value of any type.
    pub(crate) fn loose(self) -> Result<Loose<'de>, A::Error> {
        self.0.next_value()
    }

    /// The value as it stands in the message.
    pub(crate) fn raw(self) -> Result<&'de str, A::Error> {
        self.0.next_value::<&RawValue>().map(RawValue::get)
    }

    /// A value that belongs in this place. Filling in place saves moving large structs up through every level.
    pub(crate) fn fill(self, place: &mut impl Place<'de>) -> Result<Shape<'de>, A::Error> {
        self.0.next_value_seed(Fill(place))
    }

    /// The same for an object that can be absent.
    pub(crate) fn fill_object<T: Members<'de>>(self, place: &mut Option<T>) -> Result<(), A::Error> {
        if self.fill(place.insert(T::default()))? != Shape::Object {
            *place = None;
        }
        Ok(())
    }
}

/// Where the members of an object are stored.
macro_rules! members {
    ($name:ident { $($key:literal => |$this:ident, $next:ident| $store:expr,)* }) => {
        impl<'a> $crate::wire::Members<'a> for $name<'a> {
            fn take<A: serde::de::MapAccess<'a>>(
                &mut self,
                name: &str,
                next: $crate::wire::Next<'_, A>,
            ) -> Result<(), A::Error> {
                match name {
                    $($key => {
                        let ($this, $next) = (self, next);
                        $store;
                    })*
                    _ => next.skip()?,
                }
                Ok(())
            }
        }
    };
}
pub(crate) use members;

/// What a value is that was wanted as an object or a list. Those are in their place then; the rest is only noted, but a
/// text, which can hold one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Shape<'a> {
    #[default]
    Absent,
    Null,
    Object,
    List,
    Text(Cow<'a, str>),
    /// A number or a boolean.
    Other,
}

/// Where an object or a list goes; what has no place is skipped.
pub(crate) trait Place<'de> {
    fn object<A: MapAccess<'de>>(&mut self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn list<A: SeqAccess<'de>>(&mut self, mut items: A) -> Result<(), A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

impl<'de, T: Members<'de>> Place<'de> for T {
    fn object<A: MapAccess<'de>>(&mut self, mut members: A) -> Result<(), A::Error> {
        *self = T::default();
        while let Some(name) = members.next_key::<Name<'de>>()? {
            self.take(&name.0, Next(&mut members))?;
        }
        Ok(())
    }
}

/// What can stand in a list.
pub(crate) trait Item<'de>: Default {
    /// Takes any JSON in; false if it has no business there.
    fn take<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<bool, D::Error>;
}

/// A text as it is, anything else as JSON: it is no name of anything, but keeps its place and can be shown.
impl<'de> Item<'de> for Cow<'de, str> {
    fn take<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<bool, D::Error> {
        *self = Loose::deserialize(deserializer)?.shown();
        Ok(true)
    }
}

/// A list, and the place of the first item that does not belong there.
#[derive(Debug)]
pub(crate) struct List<I> {
    pub(crate) items: Vec<I>,
    pub(crate) misfit: Option<usize>,
}

impl<I> Default for List<I> {
    fn default() -> Self {
        Self { items: Vec::new(), misfit: None }
    }
}

impl<'de, I: Item<'de>> Place<'de> for List<I> {
    fn list<A: SeqAccess<'de>>(&mut self, mut items: A) -> Result<(), A::Error> {
        *self = Self::default();
        while items.next_element_seed(Push(self))?.is_some() {}
        Ok(())
    }
}

struct Push<'p, I>(&'p mut List<I>);

impl<'de, I: Item<'de>> DeserializeSeed<'de> for Push<'_, I> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let List { items, misfit } = self.0;
        let at = items.len();
        items.push(I::default());
        if !items[at].take(deserializer)? && misfit.is_none() {
            *misfit = Some(at);
        }
        Ok(())
    }
}

/// Reads any JSON into its place.
pub(crate) struct Fill<'p, P>(pub(crate) &'p mut P);

impl<'de, P: Place<'de>> DeserializeSeed<'de> for Fill<'_, P> {
    type Value = Shape<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, P: Place<'de>> Visitor<'de> for Fill<'_, P> {
    type Value = Shape<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_unit<E>(self) -> Result<Shape<'de>, E> {
        Ok(Shape::Null)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Shape<'de>, E> {
        Ok(Shape::Other)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Shape<'de>, E> {
        Ok(Shape::Other)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Shape<'de>, E> {
        Ok(Shape::Other)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Shape<'de>, E> {
        Ok(Shape::Other)
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Shape<'de>, E> {
        Ok(Shape::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Shape<'de>, E> {
        Ok(Shape::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Shape<'de>, A::Error> {
        self.0.list(items).map(|()| Shape::List)
    }
    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Shape<'de>, A::Error> {
        self.0.object(members).map(|()| Shape::Object)
    }
}
