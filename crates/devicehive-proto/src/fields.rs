//! The members of a request, and what the server makes of values of other types (dossier 3, M1.2).

use crate::json::{TOO_DEEP, canonical_items, canonical_members, is_too_deep, plain};
use crate::lenient::read_lenient;
use crate::text::unescape;
use crate::{Datetime, DecodeError, Json};
use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use dummyload_codec::Name;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object as they stand; of those that stand twice the last.
#[derive(Clone, Debug, Default)]
pub struct Fields<'a> {
    members: Vec<(Cow<'a, str>, &'a str)>,
    /// The values need not be written anew, and are not nested too deeply.
    canonical: bool,
}

/// A member cannot be what it should be, in the words that the server has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// It is of a type that is not even taken for another.
    Malformed(&'static str),
    /// It is no object, where only objects are stored.
    NotAnObject(&'static str),
    /// It is null or an object where the server looks for a text without expecting that.
    Unexpected(&'static str, JsonKind),
    /// It is of a kind that the server turns into another without looking.
    Cast(&'static str, JsonKind, JsonKind),
}

/// What a JSON value can be to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonKind {
    /// `null`
    Null,
    /// A text, a number, or a truth value.
    Primitive,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl JsonKind {
    /// The kind of a JSON text.
    pub fn of(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'n') => Self::Null,
            _ => Self::Primitive,
        }
    }

    /// As the server's library calls it; its errors show that.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "JsonNull",
            Self::Primitive => "JsonPrimitive",
            Self::Array => "JsonArray",
            Self::Object => "JsonObject",
        }
    }
}

impl FieldError {
    /// The member in question.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Malformed(field)
            | Self::NotAnObject(field)
            | Self::Unexpected(field, _)
            | Self::Cast(field, _, _) => field,
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(field) => write!(f, "`{field}` is of a type that cannot be understood there"),
            Self::NotAnObject(field) => write!(f, "`{field}` must be an object"),
            Self::Unexpected(field, kind) => write!(f, "`{field}` must not be {}; leave it out", kind.name()),
            Self::Cast(field, is, wanted) => write!(f, "`{field}` is a {} and must be a {}", is.name(), wanted.name()),
        }
    }
}

impl core::error::Error for FieldError {}

/// The text as JSON: itself, or what the server makes of it (dossier 3).
///
/// # Errors
/// The server would not take it either.
pub fn strict(text: &str) -> Result<Cow<'_, str>, DecodeError> {
    if is_too_deep(text) {
        return Err(DecodeError::wrong("", TOO_DEEP));
    }
    match serde_json::from_str::<&RawValue>(text) {
        // The parser passes over strings without looking into their escapes.
        Ok(_) => Ok(Cow::Borrowed(text)),
        Err(e) => match read_lenient(text) {
            Some((json, _)) => Ok(Cow::Owned(json)),
            None => Err(DecodeError::not_json(text, &e)),
        },
    }
}

impl<'a> Fields<'a> {
    /// The members of a JSON text that is an object.
    ///
    /// # Errors
    /// It is none.
    pub fn read(json: &'a str) -> Result<Self, DecodeError> {
        if let Some(members) = canonical_members(json) {
            return Ok(Self { members, canonical: true });
        }
        if !json.trim_ascii_start().starts_with('{') {
            return match serde_json::from_str::<&RawValue>(json) {
                Ok(_) => Err(DecodeError::wrong("", "an object is wanted here")),
                Err(e) => Err(DecodeError::not_json(json, &e)),
            };
        }
        serde_json::from_str(json).map_err(|e| DecodeError::not_json(json, &e))
    }

    /// One that was not sent: of these members.
    pub fn of(members: impl IntoIterator<Item = (Cow<'a, str>, &'a str)>) -> Self {
        Self { members: members.into_iter().collect(), canonical: false }
    }

    /// Sets a member, as a path or query of an HTTP request does.
    pub fn set(&mut self, name: impl Into<Cow<'a, str>>, json: &'a str) {
        self.members.push((name.into(), json));
        self.canonical = false;
    }

    /// Whether no value is nested more deeply than a message may be.
    pub(crate) fn is_flat(&self, json: &str) -> bool {
        self.canonical || !is_too_deep(json)
    }

    /// A member that is kept as it is; `null` counts.
    pub(crate) fn json(&self, name: &str) -> Option<Json> {
        self.raw(name).map(|value| self.kept(value))
    }

    fn kept(&self, value: &str) -> Json {
        if self.canonical { Json::canonical(value) } else { Json::trusted(value) }
    }

    /// All members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.members.iter().map(|(name, value)| (name.as_ref(), *value))
    }

    /// The JSON text of a member; `null` counts.
    pub fn raw(&self, name: &str) -> Option<&'a str> {
        self.members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// The JSON text of a member that is not null.
    pub fn some(&self, name: &str) -> Option<&'a str> {
        self.raw(name).filter(|value| *value != "null")
    }

    /// Whether a member stands there, be it null.
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// A text. Numbers and truth values are taken as they are spelled.
    ///
    /// # Errors
    /// It is an object or array.
    pub fn text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, FieldError> {
        self.some(name).map(|value| text(value).ok_or(FieldError::Malformed(name))).transpose()
    }

    /// A whole number of 64 bits. Digits in a text are taken; fractions are cut, and what is too large wraps around.
    ///
    /// # Errors
    /// It is anything else.
    pub fn long(&self, name: &'static str) -> Result<Option<i64>, FieldError> {
        self.some(name).map(|value| long(value).ok_or(FieldError::Malformed(name))).transpose()
    }

    /// A whole number of 32 bits, on the same terms.
    ///
    /// # Errors
    /// It is anything else.
    pub fn int(&self, name: &'static str) -> Result<Option<i32>, FieldError> {
        self.some(name).map(|value| int(value).ok_or(FieldError::Malformed(name))).transpose()
    }

    /// A truth value. A text is true if it says so in any letter case, and otherwise false.
    ///
    /// # Errors
    /// It is a number, an object or an array.
    pub fn flag(&self, name: &'static str) -> Result<Option<bool>, FieldError> {
        let flag = |value: &str| match value {
            "true" => Some(true),
            "false" => Some(false),
            _ if value.starts_with('"') => Some(plain(value).eq_ignore_ascii_case("true")),
            _ => None,
        };
        self.some(name).map(|value| flag(value).ok_or(FieldError::Malformed(name))).transpose()
    }

    /// A point in time; a blank text counts as none.
    ///
    /// # Errors
    /// It is nothing that [`Datetime::parse`] reads.
    pub fn datetime(&self, name: &'static str) -> Result<Option<Datetime>, FieldError> {
        let Some(value) = self.some(name) else { return Ok(None) };
        if value.starts_with(['{', '[', 't', 'f']) {
            return Err(FieldError::Malformed(name));
        }
        let text = text(value).ok_or(FieldError::Malformed(name))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        Datetime::parse(&text).map(Some).ok_or(FieldError::Malformed(name))
    }

    /// An object that is stored as it is.
    ///
    /// # Errors
    /// It is anything else but null.
    pub fn object(&self, name: &'static str) -> Result<Option<Json>, FieldError> {
        match self.some(name) {
            Some(value) if value.starts_with('{') => Ok(Some(self.kept(value))),
            Some(_) => Err(FieldError::NotAnObject(name)),
            None => Ok(None),
        }
    }

    /// The members of an object.
    ///
    /// # Errors
    /// It is anything else but null.
    pub fn fields(&self, name: &'static str) -> Result<Option<Fields<'a>>, FieldError> {
        match self.some(name) {
            Some(value) if value.starts_with('{') => {
                Fields::read(value).map(Some).map_err(|_| FieldError::Malformed(name))
            }
            Some(_) => Err(FieldError::Malformed(name)),
            None => Ok(None),
        }
    }

    /// Whole numbers, each once.
    ///
    /// # Errors
    /// It is no array, or has something else in it.
    pub fn longs(&self, name: &'static str) -> Result<Option<BTreeSet<i64>>, FieldError> {
        self.items(name, |item| long(item).map(Some))
    }

    /// Texts, each once; nulls among them stand for nothing.
    ///
    /// # Errors
    /// It is no array, or has objects or arrays in it.
    pub fn texts(&self, name: &'static str) -> Result<Option<BTreeSet<String>>, FieldError> {
        self.items(name, |item| match item {
            "null" => Some(None),
            item => text(item).map(|text| Some(text.into_owned())),
        })
    }

    fn items<T: Ord>(
        &self,
        name: &'static str,
        read: impl Fn(&'a str) -> Option<Option<T>>,
    ) -> Result<Option<BTreeSet<T>>, FieldError> {
        let Some(value) = self.some(name) else { return Ok(None) };
        let (mut items, mut is_sound) = (BTreeSet::new(), true);
        let mut add = |item| match read(item) {
            Some(item) => items.extend(item),
            None => is_sound = false,
        };
        if !(self.canonical && canonical_items(value, &mut add).is_some()) {
            let raw: Vec<&'a RawValue> = serde_json::from_str(value).map_err(|_| FieldError::Malformed(name))?;
            raw.into_iter().for_each(|item| add(item.get()));
        }
        if is_sound { Ok(Some(items)) } else { Err(FieldError::Malformed(name)) }
    }
}

fn text(value: &str) -> Option<Cow<'_, str>> {
    match value.as_bytes().first() {
        Some(b'{' | b'[') | None => None,
        Some(b'"') => Some(unescape(value.get(1..value.len() - 1)?)),
        Some(_) => Some(Cow::Borrowed(value)),
    }
}

fn long(value: &str) -> Option<i64> {
    match value.as_bytes().first()? {
        b'"' => whole(&plain(value))?.try_into().ok(),
        b'-' | b'0'..=b'9' => Some(cut(value) as i64),
        _ => None,
    }
}

fn int(value: &str) -> Option<i32> {
    match value.as_bytes().first()? {
        b'"' => whole(&plain(value))?.try_into().ok(),
        b'-' | b'0'..=b'9' => Some(cut(value) as i32),
        _ => None,
    }
}

/// Digits with or without a sign.
fn whole(text: &str) -> Option<i128> {
    text.parse().ok()
}

/// The whole part of a number as JSON spells it, as many of its low bits as there is room for.
fn cut(number: &str) -> i128 {
    if let Ok(whole) = number.parse() {
        return whole;
    }
    let negative = number.starts_with('-');
    let number = number.trim_start_matches('-');
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (before, behind) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i64 = exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 });
    // From the 64th binary zero on, nothing is left of a number: 10^64 is divisible by 2^64.
    let places = (before.len() as i64).saturating_add(exponent).clamp(0, (mantissa.len() + 64) as i64) as usize;
    let digits = before.bytes().chain(behind.bytes()).chain(core::iter::repeat(b'0'));
    let low = digits.take(places).fold(0_u64, |sum, digit| sum.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
    let low = if negative { low.wrapping_neg() } else { low };
    i128::from(low as i64)
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some(name) = map.next_key::<Name<'de>>()? {
            members.push((name.0, map.next_value::<&RawValue>()?.get()));
        }
        Ok(Fields { members, canonical: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_cut_and_wrapped_and_digits_in_texts_are_taken() {
        let long = |value: &str| Fields::read(&format!(r#"{{"a":{value}}}"#)).unwrap().long("a");
        for (given, made) in [
            ("5", Some(5)),
            (r#""5""#, Some(5)),
            ("1.5", Some(1)),
            ("-3.7", Some(-3)),
            ("1e3", Some(1000)),
            ("12.5e1", Some(125)),
            ("1e-5", Some(0)),
            ("99999999999999999999", Some(7_766_279_631_452_241_919)),
            ("1e400", Some(0)),
            ("null", None),
        ] {
            assert_eq!(long(given), Ok(made), "{given}");
        }
        for malformed in [r#""x""#, r#""""#, r#""1.5""#, "true", "{}", "[1]"] {
            assert_eq!(long(malformed), Err(FieldError::Malformed("a")), "{malformed}");
        }
        let fields = Fields::read(r#"{"a":2147483648,"b":99999999999}"#).unwrap();
        assert_eq!((fields.int("a"), fields.int("b")), (Ok(Some(i32::MIN)), Ok(Some(1_215_752_191))));
    }

    #[test]
    fn other_types_are_taken_as_the_server_does() {
        let json = r#"{"d":999,"t":true,"s":"\u00e9","o":{},"f":"TRUE","n":1,"p":[1],"x":["x",5,null,"x"],"y":["1",2],"e":" "}"#;
        let fields = Fields::read(json).unwrap();
        assert_eq!(fields.text("d").unwrap().as_deref(), Some("999"));
        assert_eq!(fields.text("t").unwrap().as_deref(), Some("true"));
        assert_eq!(fields.text("s").unwrap().as_deref(), Some("é"));
        assert_eq!(fields.text("o"), Err(FieldError::Malformed("o")));
        assert_eq!(
            (fields.flag("f"), fields.flag("s"), fields.flag("t")),
            (Ok(Some(true)), Ok(Some(false)), Ok(Some(true)))
        );
        assert_eq!(fields.flag("n"), Err(FieldError::Malformed("n")));
        assert_eq!(fields.object("p"), Err(FieldError::NotAnObject("p")));
        assert_eq!(fields.texts("x").unwrap().unwrap().into_iter().collect::<Vec<_>>(), ["5", "x"]);
        assert_eq!(fields.longs("y").unwrap().unwrap().into_iter().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(fields.longs("x"), Err(FieldError::Malformed("x")));
        assert_eq!(fields.datetime("e"), Ok(None));
        assert_eq!(fields.datetime("t"), Err(FieldError::Malformed("t")));
        let twice = Fields::read(r#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(twice.long("a"), Ok(Some(2)));
        for none in ["[]", "null", "5", r#""x""#, "", "{", r#"{"a":1}{}"#] {
            assert!(Fields::read(none).is_err(), "{none}");
        }
    }

    proptest! {
        #[test]
        fn a_number_that_fits_is_itself(number in any::<i64>()) {
            let json = format!(r#"{{"a":{number}}}"#);
            prop_assert_eq!(Fields::read(&json).unwrap().long("a"), Ok(Some(number)));
        }

        #[test]
        fn no_text_is_too_odd(text in "[\\[\\]{}'\"=>;:,#/*0-9eE.a-z \\\\\\PC-]{0,60}") {
            let Ok(json) = strict(&text) else { return Ok(()) };
            let Ok(fields) = Fields::read(&json) else { return Ok(()) };
            for (name, _) in fields.iter().map(|(name, value)| (name.to_string(), value)).collect::<Vec<_>>() {
                let name: &'static str = alloc::boxed::Box::leak(name.into_boxed_str());
                let _ = (fields.text(name), fields.long(name), fields.int(name), fields.flag(name), fields.datetime(name));
                let _ = (fields.object(name), fields.fields(name), fields.longs(name), fields.texts(name));
            }
        }
    }
}
