//! The members of objects, as they stand: decoding in one pass. The members of an object are stored as they stand, in the slots of their names, and understood when
//! they are taken out; what cannot be understood stays where it is and ends among the extra members, so nothing is lost.
//! A repeated member counts as the last one, as with most servers; lint reports it.

use crate::{DecodeError, Extra, Name, Raw};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The known members of an object by their names, and all others.
#[derive(Debug)]
pub struct Slots<'a, const N: usize> {
    names: &'static [&'static str; N],
    values: [Option<&'a str>; N],
    extra: Extra<'a>,
}

impl<'a, const N: usize> Slots<'a, N> {
    /// None of them filled yet.
    pub fn new(names: &'static [&'static str; N]) -> Self {
        Self { names, values: [None; N], extra: Extra::default() }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// The text is none.
    pub fn read(json: &'a str, names: &'static [&'static str; N]) -> Result<Self, DecodeError> {
        let mut slots = Self::new(names);
        slots.fill(json).map(|()| slots)
    }

    /// Reads an object into its place, which saves moving a large one.
    ///
    /// # Errors
    /// The text is none.
    pub fn fill(&mut self, json: &'a str) -> Result<(), DecodeError> {
        each_member(json, |name, value| match self.names.iter().position(|known| *known == name) {
            Some(at) => self.values[at] = Some(value),
            None => self.extra.push(name, Raw::trusted(value)),
        })
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<&'a str>> {
        self.names.iter().position(|known| *known == name).map(|at| &mut self.values[at])
    }

    /// What a member means; it is left for [`Slots::rest`] if that is nothing.
    pub fn take<T>(&mut self, name: &str, meaning: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        let slot = self.slot(name)?;
        let found = meaning((*slot)?)?;
        *slot = None;
        Some(found)
    }

    /// A string.
    pub fn text(&mut self, name: &str) -> Option<Cow<'a, str>> {
        self.take(name, text)
    }

    /// Any value, as it stands.
    pub fn raw(&mut self, name: &str) -> Option<Raw<'a>> {
        self.take(name, |json| Some(Raw::trusted(json)))
    }

    /// The members that nobody took.
    pub fn rest(&mut self) -> Extra<'a> {
        let mut extra = core::mem::take(&mut self.extra);
        for (name, value) in self.names.iter().zip(self.values) {
            if let Some(value) = value {
                extra.push(*name, Raw::trusted(value));
            }
        }
        extra
    }
}

/// Hands out the members of an object, values as they stand.
///
/// # Errors
/// The text is no object; members before the mistake have been handed out.
pub fn each_member<'a>(json: &'a str, each: impl FnMut(Cow<'a, str>, &'a str)) -> Result<(), DecodeError> {
    if walk(json, Walk { member: each, item: |_| {} })? == Shape::Object {
        return Ok(());
    }
    Err(DecodeError::wrong("", "an object is wanted here"))
}

/// The same where an empty array stands for an empty object, as some servers write it.
///
/// # Errors
/// The text is neither.
pub fn each_member_or_none<'a>(json: &'a str, each: impl FnMut(Cow<'a, str>, &'a str)) -> Result<(), DecodeError> {
    let mut items = 0;
    match walk(json, Walk { member: each, item: |_| items += 1 })? {
        Shape::Object => Ok(()),
        Shape::List if items == 0 => Ok(()),
        _ => Err(DecodeError::wrong("", "an object is wanted here")),
    }
}

/// Hands out the items of an array as they stand.
///
/// # Errors
/// The text is no array; items before the mistake have been handed out.
pub fn each_item<'a>(json: &'a str, each: impl FnMut(&'a str)) -> Result<(), DecodeError> {
    if walk(json, Walk { member: |_, _| {}, item: each })? == Shape::List {
        return Ok(());
    }
    Err(DecodeError::wrong("", "an array is wanted here"))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Object,
    List,
    Scalar,
}

struct Walk<M, I> {
    member: M,
    item: I,
}

fn walk<'a, M: FnMut(Cow<'a, str>, &'a str), I: FnMut(&'a str)>(
    json: &'a str,
    walk: Walk<M, I>,
) -> Result<Shape, DecodeError> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let shape = walk.deserialize(&mut deserializer);
    shape.and_then(|shape| deserializer.end().map(|()| shape)).map_err(|e| DecodeError::not_json(json, &e))
}

impl<'de, M: FnMut(Cow<'de, str>, &'de str), I: FnMut(&'de str)> DeserializeSeed<'de> for Walk<M, I> {
    type Value = Shape;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, M: FnMut(Cow<'de, str>, &'de str), I: FnMut(&'de str)> Visitor<'de> for Walk<M, I> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }
    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Shape, A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            (self.item)(item.get());
        }
        Ok(Shape::List)
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Shape, A::Error> {
        while let Some(name) = members.next_key::<Name<'de>>()? {
            (self.member)(name.0, members.next_value::<&RawValue>()?.get());
        }
        Ok(Shape::Object)
    }
}

/// Whether a text is one JSON value and nothing else.
///
/// # Errors
/// It is not.
pub fn check(json: &str) -> Result<(), DecodeError> {
    serde_json::from_str::<IgnoredAny>(json).map(drop).map_err(|e| DecodeError::not_json(json, &e))
}

// What a single value means. These take valid JSON without blanks around it.

/// The inside of a string that has no escapes.
pub fn plain_text(json: &str) -> Option<&str> {
    let inside = json.strip_prefix('"')?.strip_suffix('"')?;
    (!inside.as_bytes().contains(&b'\\')).then_some(inside)
}

/// A string.
pub fn text(json: &str) -> Option<Cow<'_, str>> {
    match plain_text(json) {
        Some(text) => Some(Cow::Borrowed(text)),
        // An error of the parser would cost more than a look.
        None if json.starts_with('"') => serde_json::from_str::<String>(json).ok().map(Cow::Owned),
        None => None,
    }
}

/// A number, or a string that holds one.
pub fn number(json: &str) -> Option<f64> {
    let digits = plain_text(json).map_or(json, str::trim);
    // Rust reads more than JSON has: inf, nan, +1, .5
    let starts = digits.strip_prefix('-').unwrap_or(digits).starts_with(|c: char| c.is_ascii_digit());
    digits.parse::<f64>().ok().filter(|number| starts && number.is_finite())
}

/// The same without a fraction. What a float cannot hold exactly is none.
pub fn integer(json: &str) -> Option<i64> {
    let digits = plain_text(json).map_or(json, str::trim);
    if let Ok(whole) = digits.parse::<i64>() {
        return (!digits.starts_with('+')).then_some(whole);
    }
    let number = number(json)?;
    let whole = number as i64;
    (number.abs() < 9.0e15 && whole as f64 == number).then_some(whole)
}

/// The same from 0 on.
pub fn natural(json: &str) -> Option<u64> {
    integer(json).and_then(|number| u64::try_from(number).ok())
}

/// A boolean.
pub fn boolean(json: &str) -> Option<bool> {
    match json {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A boolean, 0 or 1, or a string that holds one of these.
pub fn flag(json: &str) -> Option<bool> {
    let word = plain_text(json).unwrap_or(json);
    match word {
        "1" | "1.0" => Some(true),
        "0" | "0.0" => Some(false),
        _ if word.eq_ignore_ascii_case("true") => Some(true),
        _ if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Whether it is null.
pub fn is_null(json: &str) -> bool {
    json == "null"
}

/// The members of an object in a list, where speed does not count.
#[derive(Clone, Debug, Default)]
pub struct Object<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'a> Object<'a> {
    /// An object, or an empty array in its place.
    ///
    /// # Errors
    /// The text is neither.
    pub fn read(json: &'a str) -> Result<Self, DecodeError> {
        let mut members = Vec::new();
        each_member_or_none(json, |name, value| members.push((name, value)))?;
        Ok(Self(members))
    }

    /// All members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, value)| (&**name, *value))
    }

    /// The last member of this name that is not null.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| *value).filter(|value| !is_null(value))
    }

    /// A string.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(text)
    }

    /// An object, or an empty array in its place.
    pub fn object(&self, name: &str) -> Option<Self> {
        self.get(name).and_then(|value| Self::read(value).ok())
    }
}
