//! JSON values that keep their spelling: what the server stores as text and sends out again (dossier 3, M1.3).

use crate::text::{push_string, unescape};
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned, Error as _, IgnoredAny};
use serde_json::value::RawValue;
use smol_str::SmolStr;

/// A JSON value as the server sends it out: compact, members in their order, numbers with their spelling, of members that
/// stand twice the last. Clones are cheap.
///
/// ```
/// use devicehive_proto::Json;
/// let json = Json::parse(r#"{ "z" : 1.50, "a" : "\u00e9", "z" : 1e3 }"#)?;
/// assert_eq!(json.as_str(), r#"{"z":1e3,"a":"é"}"#);
/// # Ok::<(), devicehive_proto::DecodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(SmolStr);

impl Json {
    /// `null`
    pub const NULL: Self = Self(SmolStr::new_static("null"));

    /// Reads any JSON text.
    ///
    /// # Errors
    /// It is no JSON, or nested more than 1,000 levels deep.
    pub fn parse(text: &str) -> Result<Self, crate::DecodeError> {
        match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) if is_too_deep(text) => Err(crate::DecodeError::wrong("", TOO_DEEP)),
            Ok(_) => Ok(Self::trusted(text)),
            Err(e) => Err(crate::DecodeError::not_json(text, &e)),
        }
    }

    /// From a value of yours.
    ///
    /// # Errors
    /// It has no form in JSON, as a map whose keys are no texts.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(|text| Self::trusted(&text))
    }

    /// A piece of a text that is JSON for sure.
    pub(crate) fn trusted(text: &str) -> Self {
        if is_canonical(text) {
            return Self(SmolStr::new(text));
        }
        let mut out = Vec::with_capacity(text.len());
        Canonical { text, at: 0, out: &mut out }.value();
        Self(SmolStr::new(dummyload_codec::write::text(out)))
    }

    /// A piece of a text that is canonical for sure.
    pub(crate) fn canonical(text: &str) -> Self {
        Self(SmolStr::new(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        self.0.starts_with('{')
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.0 == "null"
    }

    /// What it means as a type of yours.
    ///
    /// # Errors
    /// It is of another shape.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, crate::DecodeError> {
        serde_json::from_str(&self.0)
            .map_err(|_| crate::DecodeError::wrong("", "the value is of another type than the one asked for"))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Self {
        Self(smol_str::format_smolstr!("{number}"))
    }
}

impl From<&str> for Json {
    /// The text as a JSON string.
    fn from(text: &str) -> Self {
        Self(SmolStr::new(dummyload_codec::write::written(|out| push_string(out, text))))
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Owned, since the text may come from a reader.
        let raw: alloc::boxed::Box<RawValue> = Deserialize::deserialize(deserializer)?;
        if is_too_deep(raw.get()) { Err(D::Error::custom(TOO_DEEP)) } else { Ok(Self::trusted(raw.get())) }
    }
}

impl Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// How deeply values may be nested. The server has no fixed limit; a program needs one, or a message can end it.
const DEEPEST: usize = 1000;
pub(crate) const TOO_DEEP: &str = "it is nested more than 1,000 levels deep";

/// Whether a JSON text is nested more deeply than that.
pub(crate) fn is_too_deep(text: &str) -> bool {
    if text.len() <= DEEPEST {
        return false;
    }
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = string_end(text, at + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether a text is JSON in which nothing needs to be changed, as far as one look without memory can tell: objects with more
/// than a few members, deep nesting, and all strings with escapes are looked at again.
fn is_canonical(text: &str) -> bool {
    let mut look = Look { text, at: 0 };
    look.value(MOST_NESTED) == Some(()) && look.at == text.len()
}

/// The members of an object that is canonical, names and values as they stand. `None` if it is not, or if that is not seen.
pub(crate) fn canonical_members(text: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let mut look = Look { text, at: 0 };
    (look.peek()? == b'{').then_some(())?;
    let mut members = Vec::with_capacity(MOST_MEMBERS / 2);
    look.object(MOST_NESTED, |name, value| members.push((Cow::Borrowed(name), value)))?;
    (look.at == text.len()).then_some(members)
}

/// Shows the items of an array that is canonical, likewise.
pub(crate) fn canonical_items<'a>(text: &'a str, item: impl FnMut(&'a str)) -> Option<()> {
    let mut look = Look { text, at: 0 };
    (look.peek()? == b'[').then_some(())?;
    look.array(MOST_NESTED, item)?;
    (look.at == text.len()).then_some(())
}

const MOST_NESTED: u8 = 16;
const MOST_MEMBERS: usize = 12;

/// Passes over JSON in the one spelling that needs no memory: no blanks, no escapes. Most messages are in it, and whatever is
/// not goes the usual way.
struct Look<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Look<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: u8) -> Option<()> {
        match self.peek()? {
            b'{' => self.object(depth.checked_sub(1)?, |_, _| {}),
            b'[' => self.array(depth.checked_sub(1)?, |_| {}),
            b'"' => self.string().map(drop),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            _ => self.number(),
        }
    }

    fn literal(&mut self, word: &str) -> Option<()> {
        let end = self.at + word.len();
        (self.text.as_bytes().get(self.at..end)? == word.as_bytes()).then_some(())?;
        self.at = end;
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn array(&mut self, depth: u8, mut item: impl FnMut(&'a str)) -> Option<()> {
        self.at += 1;
        if self.skip(b']') {
            return Some(());
        }
        loop {
            let start = self.at;
            self.value(depth)?;
            item(self.text.get(start..self.at)?);
            if self.skip(b']') {
                return Some(());
            }
            self.skip(b',').then_some(())?;
        }
    }

    fn object(&mut self, depth: u8, mut member: impl FnMut(&'a str, &'a str)) -> Option<()> {
        self.at += 1;
        if self.skip(b'}') {
            return Some(());
        }
        let mut names = [""; MOST_MEMBERS];
        for count in 0..MOST_MEMBERS {
            let name = self.string()?;
            if names[..count].contains(&name) {
                return None;
            }
            names[count] = name;
            self.skip(b':').then_some(())?;
            let start = self.at;
            self.value(depth)?;
            member(name, self.text.get(start..self.at)?);
            if self.skip(b'}') {
                return Some(());
            }
            self.skip(b',').then_some(())?;
        }
        None
    }

    /// The inside of a string without escapes, and without what begins like the line ends that must have some.
    fn string(&mut self) -> Option<&'a str> {
        self.skip(b'"').then_some(())?;
        let rest = self.text.as_bytes().get(self.at..)?;
        let end = rest.iter().position(|byte| IS_SPECIAL[usize::from(*byte)])?;
        let inside = self.text.get(self.at..self.at + end)?;
        self.at += end + 1;
        (rest[end] == b'"').then_some(inside)
    }
}

/// What ends a plain piece of a string: its end, an escape, what must be one, and the first byte of U+2028 and U+2029.
const IS_SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        special[byte] = true;
        byte += 1;
    }
    special[b'"' as usize] = true;
    special[b'\\' as usize] = true;
    special[0xe2] = true;
    special
};

/// Writes a valid JSON text anew. What is no JSON gives something or other, but no panic.
struct Canonical<'a, 'o> {
    text: &'a str,
    at: usize,
    out: &'o mut Vec<u8>,
}

impl<'a> Canonical<'a, '_> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Passes over this byte if it is next.
    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self) {
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => {
                self.at += 1;
                self.out.push(b'[');
                while !matches!(self.peek(), None | Some(b']')) {
                    let before = self.at;
                    self.value();
                    if self.skip(b',') {
                        self.out.push(b',');
                    } else if self.at == before {
                        break;
                    }
                }
                self.skip(b']');
                self.out.push(b']');
            }
            Some(b'"') => {
                let inside = self.string();
                push_string(self.out, &unescape(inside));
            }
            _ => {
                let rest = &self.text[self.at..];
                let end = rest.find([',', '}', ']', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
                self.out.extend_from_slice(&rest.as_bytes()[..end]);
                self.at += end;
            }
        }
    }

    /// The inside of a string.
    fn string(&mut self) -> &'a str {
        let start = self.at + 1;
        let end = string_end(self.text, start);
        self.at = (end + 1).min(self.text.len());
        self.text.get(start..end).unwrap_or_default()
    }

    fn object(&mut self) {
        self.at += 1;
        let start = self.out.len();
        self.out.push(b'{');
        // Where each member's name and whole text lie.
        let mut members: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        while self.peek() == Some(b'"') {
            if !members.is_empty() {
                self.out.push(b',');
            }
            let from = self.out.len();
            let inside = self.string();
            push_string(self.out, &unescape(inside));
            let name = from..self.out.len();
            self.skip(b':');
            self.out.push(b':');
            self.value();
            members.push((name, from..self.out.len()));
            if !self.skip(b',') {
                break;
            }
        }
        self.skip(b'}');
        let name = |at: usize| &self.out[members[at].0.clone()];
        let mut sorted: Vec<usize> = (0..members.len()).collect();
        sorted.sort_by(|a, b| name(*a).cmp(name(*b)));
        if sorted.windows(2).any(|pair| name(pair[0]) == name(pair[1])) {
            self.keep_last(start, &members);
        }
        self.out.push(b'}');
    }

    /// Rewrites an object: each member in its first place, with its last value.
    fn keep_last(&mut self, start: usize, members: &[(Range<usize>, Range<usize>)]) {
        let written = self.out.split_off(start);
        let part = |range: &Range<usize>| &written[range.start - start..range.end - start];
        let last: BTreeMap<&[u8], &Range<usize>> = members.iter().map(|(name, whole)| (part(name), whole)).collect();
        let mut done = BTreeSet::new();
        self.out.push(b'{');
        for (name, _) in members {
            let (true, Some(whole)) = (done.insert(part(name)), last.get(part(name))) else { continue };
            if self.out.len() > start + 1 {
                self.out.push(b',');
            }
            self.out.extend_from_slice(part(whole));
        }
    }
}

/// Where the string ends whose inside begins at `start`.
pub(crate) fn string_end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// The text of a JSON string, or of a number or literal as it stands.
pub(crate) fn plain(json: &str) -> String {
    match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) => unescape(inside).into_owned(),
        None => json.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spelling_is_kept_and_blanks_and_earlier_doubles_are_not() {
        for (given, made) in [
            (r#"{"z":1,"a":[1,2.0,3.50,1e3,1E-7,-0,-0.0]}"#, r#"{"z":1,"a":[1,2.0,3.50,1e3,1E-7,-0,-0.0]}"#),
            (r#"{"a":1,"b":[ ],"a":{"x":1,"x":2}}"#, r#"{"a":{"x":2},"b":[]}"#),
            (r#" { "sp" : [ 1 , 2 ] , "t" : true } "#, r#"{"sp":[1,2],"t":true}"#),
            (r#"{"":""}"#, r#"{"":""}"#),
            (
                r#"["a\/b","\u00e9<&='>","\u2028","\u007f","\b\f","\ud800x"]"#,
                "[\"a/b\",\"é<&='>\",\"\\u2028\",\"\u{7f}\",\"\\b\\f\",\"?x\"]",
            ),
            ("null", "null"),
            (r#""x y""#, r#""x y""#),
        ] {
            assert_eq!(Json::parse(given).unwrap().as_str(), made);
        }
        assert!(Json::parse("{").is_err());
    }

    /// Texts that are mostly JSON, of all spellings.
    const TEXT: &str = "(\\{(\"[a-c]{0,2}\":(-?(0|[1-9][0-9]?)(\\.[0-9])?([eE][+-]?[0-9])?|true|false|null|\"[a-z\\\\\\PC]{0,4}\"|\\[1,(2|\"b\")\\]|\\{\"x\":[0-9]\\}),?){0,3}\\}|\\[([0-9.eE+-]{1,4},?){0,3}\\]|[\\[\\]{}\":,0-9a-z\\. \\\\\\PC]{0,20})";

    /// As [`Json::trusted`] does it where it must.
    fn rewritten(text: &str) -> String {
        let mut out = Vec::new();
        Canonical { text, at: 0, out: &mut out }.value();
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn the_canonical_text_is_its_own(text in "[\\[\\]{}\":,0-9a-z \\\\\\PC]{0,60}") {
            if let Ok(json) = Json::parse(&text) {
                prop_assert_eq!(Json::parse(json.as_str()).unwrap(), json);
            }
            Json::trusted(&text);
        }

        #[test]
        fn what_is_canonical_is_json_and_its_own_text(text in TEXT) {
            let is_canonical = is_canonical(&text);
            if is_canonical {
                let parsed = serde_json::from_str::<&RawValue>(&text);
                prop_assert_eq!(parsed.unwrap().get(), text.as_str());
                prop_assert_eq!(&rewritten(&text), &text);
            }
            if let Some(members) = canonical_members(&text) {
                prop_assert!(is_canonical);
                let values: BTreeMap<String, &RawValue> = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(members.len(), values.len());
                prop_assert!(members.iter().all(|(name, value)| values[&**name].get() == *value));
            }
            let mut items = Vec::new();
            if canonical_items(&text, |item| items.push(item)).is_some() {
                prop_assert!(is_canonical);
                let values: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
                prop_assert!(values.iter().map(|value| value.get()).eq(items));
            }
        }

        #[test]
        fn any_text_survives_as_a_string(text in "\\PC{0,60}") {
            let json = Json::from(text.as_str());
            prop_assert_eq!(json.to::<String>().unwrap(), text);
        }
    }
}
