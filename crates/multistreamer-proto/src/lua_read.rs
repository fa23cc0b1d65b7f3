//! JSON as the server's library reads it: everything that JSON is, and a little more (dossier 5). A mock needs it, and whoever
//! wants to know beforehand what ends a connection.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde_json::{Map, Number, Value};

/// Arrays and objects within each other, at most.
const MOST_NESTED: usize = 1000;

/// Below this, floats hold every whole number.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

/// What a text says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Read {
    /// The value. Members that are null are not there, and of repeated ones the last counts.
    pub value: Value,
    /// Somewhere in it stands a number that is none, such as a bare `NaN`. It is null here, and the server cannot write it.
    pub has_nan: bool,
}

/// Why the server's library does not read a text. Its connection ends then, without a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is no JSON from this byte on.
    NotJson(usize),
    /// It is nested more than 1,000 times.
    TooDeep,
    /// It has an escaped half of a character at this byte.
    LoneSurrogate(usize),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(at) => write!(f, "it is no JSON from byte {at} on"),
            Self::TooDeep => write!(f, "it is nested more than {MOST_NESTED} times"),
            Self::LoneSurrogate(at) => write!(f, "it has an escaped half of a character at byte {at}"),
        }
    }
}

impl core::error::Error for Unreadable {}

/// Reads a text as the server does.
///
/// ```
/// use multistreamer_proto::lua::{Unreadable, read};
/// let read_it = read(r#" {"a":null,"b":0x11,"c":NaN} "#)?;
/// assert_eq!((read_it.value["b"].as_f64(), read_it.has_nan), (Some(17.0), true));
/// assert!(read_it.value.get("a").is_none());
/// assert_eq!(read(r#"{"a":1,}"#), Err(Unreadable::NotJson(7)));
/// # Ok::<(), Unreadable>(())
/// ```
///
/// # Errors
/// It does not read this one.
pub fn read(text: &str) -> Result<Read, Unreadable> {
    Reader::new(text, false).read()
}

/// The same with the members that are null: an edit over the JSON API takes them for "delete" (dossier 2). What is sent on has
/// lost them.
///
/// # Errors
/// As [`read`].
pub fn read_with_nulls(text: &str) -> Result<Read, Unreadable> {
    Reader::new(text, true).read()
}

/// What has been opened and not closed. Text that is nested deeply must not use up the stack.
enum Open {
    Array(Vec<Value>),
    Object(Map<String, Value>, String),
}

struct Reader<'a> {
    bytes: &'a [u8],
    text: &'a str,
    at: usize,
    has_nan: bool,
    keeps_nulls: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, keeps_nulls: bool) -> Self {
        Self { bytes: text.as_bytes(), text, at: 0, has_nan: false, keeps_nulls }
    }

    fn read(mut self) -> Result<Read, Unreadable> {
        let value = self.document()?;
        Ok(Read { value, has_nan: self.has_nan })
    }

    fn document(&mut self) -> Result<Value, Unreadable> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let mut done = match self.begin(&mut open)? {
                Some(value) => value,
                None => continue,
            };
            // A value is whole: it goes into what is open, which may be whole then as well.
            loop {
                let Some(mut inner) = open.pop() else {
                    self.blanks();
                    return if self.at == self.bytes.len() { Ok(done) } else { self.broken() };
                };
                match &mut inner {
                    Open::Array(items) => items.push(done),
                    Open::Object(members, name) if done.is_null() && !self.keeps_nulls => drop(members.remove(name)),
                    Open::Object(members, name) => drop(members.insert(core::mem::take(name), done)),
                }
                self.blanks();
                let end = if matches!(inner, Open::Array(_)) { b']' } else { b'}' };
                if self.take(b',') {
                    if let Open::Object(_, name) = &mut inner {
                        *name = self.name()?;
                    }
                    open.push(inner);
                    break;
                }
                if !self.take(end) {
                    return self.broken();
                }
                done = match inner {
                    Open::Array(items) => Value::Array(items),
                    Open::Object(members, _) => Value::Object(members),
                };
            }
        }
    }

    /// A scalar or an empty container; or nothing, if something was opened whose first value comes next.
    fn begin(&mut self, open: &mut Vec<Open>) -> Result<Option<Value>, Unreadable> {
        self.blanks();
        let start = self.at;
        let Some(&first) = self.bytes.get(start) else { return self.broken() };
        if matches!(first, b'[' | b'{') {
            if open.len() == MOST_NESTED {
                return Err(Unreadable::TooDeep);
            }
            self.at += 1;
            self.blanks();
            if first == b'[' {
                if self.take(b']') {
                    return Ok(Some(Value::Array(Vec::new())));
                }
                open.push(Open::Array(Vec::new()));
            } else {
                if self.take(b'}') {
                    return Ok(Some(Value::Object(Map::new())));
                }
                let name = self.name()?;
                open.push(Open::Object(Map::new(), name));
            }
            return Ok(None);
        }
        if first == b'"' {
            return self.string().map(|text| Some(Value::String(text)));
        }
        for (word, value) in [("null", Value::Null), ("true", true.into()), ("false", false.into())] {
            if self.text[start..].starts_with(word) {
                self.at += word.len();
                return Ok(Some(value));
            }
        }
        self.number().map(Some)
    }

    fn name(&mut self) -> Result<String, Unreadable> {
        self.blanks();
        if self.bytes.get(self.at) != Some(&b'"') {
            return self.broken();
        }
        let name = self.string()?;
        self.blanks();
        if self.take(b':') { Ok(name) } else { self.broken() }
    }

    /// Control characters stand as they are, but for the one that ends texts in C.
    fn string(&mut self) -> Result<String, Unreadable> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(plain) = rest.find(['"', '\\', '\0']) else { return self.broken_at(self.bytes.len()) };
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.bytes[self.at] {
                b'"' => {
                    self.at += 1;
                    return Ok(out);
                }
                b'\\' => out.push(self.escape()?),
                _ => return self.broken(),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Unreadable> {
        let start = self.at;
        let plain = match self.bytes.get(start + 1) {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(*c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(start),
            _ => return self.broken(),
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode(&mut self, start: usize) -> Result<char, Unreadable> {
        let first = self.hex(start + 2)?;
        self.at = start + 6;
        let code = match first {
            0xd800..=0xdbff => {
                let second = match (self.bytes.get(self.at), self.bytes.get(self.at + 1)) {
                    (Some(b'\\'), Some(b'u')) => self.hex(self.at + 2)?,
                    _ => return Err(Unreadable::LoneSurrogate(start)),
                };
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(Unreadable::LoneSurrogate(start));
                }
                self.at += 6;
                0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or(Unreadable::LoneSurrogate(start))
    }

    fn hex(&self, from: usize) -> Result<u32, Unreadable> {
        let digits = self.text.get(from..from + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(Unreadable::NotJson(from))
    }

    /// As C reads numbers: also in hexadecimal, with zeros or a plus before it, infinite, or none at all.
    fn number(&mut self) -> Result<Value, Unreadable> {
        let rest = &self.text[self.at..];
        let sign = usize::from(rest.starts_with(['-', '+']));
        let body = &rest[sign..];
        let word = |word: &str| body.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let (length, number) = if let Some(word) = ["infinity", "inf", "nan"].into_iter().find(|w| word(w)) {
            (word.len(), f64::NAN)
        } else if word("0x") && body[2..].starts_with(|c: char| c.is_ascii_hexdigit()) {
            let digits = body[2..].find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(body.len() - 2);
            let digit = |sum: f64, c: char| sum * 16.0 + f64::from(c.to_digit(16).unwrap_or_default());
            (2 + digits, body[2..2 + digits].chars().fold(0.0, digit))
        } else if body.starts_with(|c: char| c.is_ascii_digit()) {
            let length = decimal(body);
            (length, body[..length].parse().unwrap_or(f64::NAN))
        } else {
            return self.broken();
        };
        self.at += sign + length;
        let number = if rest.starts_with('-') { -number } else { number };
        let is_whole = number % 1.0 == 0.0 && number.abs() < MOST_EXACT && (number != 0.0 || number.is_sign_positive());
        let number = if is_whole { Some(Number::from(number as i64)) } else { Number::from_f64(number) };
        self.has_nan |= number.is_none();
        Ok(number.map_or(Value::Null, Value::Number))
    }

    fn blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn broken<T>(&self) -> Result<T, Unreadable> {
        self.broken_at(self.at)
    }

    fn broken_at<T>(&self, at: usize) -> Result<T, Unreadable> {
        Err(Unreadable::NotJson(at))
    }
}

/// How long a decimal number is at the start of a text that begins with a digit.
fn decimal(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end += 1;
        end += digits(end);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_read_as_recorded() {
        // captures/server-12.3/bad-malformed-json, bad-json-scalars, text-lone-surrogate, irc-deep-nesting
        for text in ["{bad", r#"{"type":"status""#, "", "   ", "{'type':'status'}", "\u{feff}{}", r#"{"a":1,}"#, "{} x"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read(r#"{"text":"\ud83d"}"#), Err(Unreadable::LoneSurrogate(9)));
        assert_eq!(read(r#""\ud83d\ude00 \u00e9 \/""#).unwrap().value, json!("😀 é /"));
        let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
        assert!(read(&nested(1000)).is_ok());
        assert_eq!(read(&nested(1001)), Err(Unreadable::TooDeep));
        assert!(read(r#"{"type":"status","x":NaN}"#).unwrap().has_nan);
    }

    #[test]
    fn nulls_and_repeated_members_count_as_with_the_server() {
        let text = r#"{"a":1,"a":2,"b":null,"c":[null,1,null],"d":{"e":null},"f":1,"f":null}"#;
        assert_eq!(read(text).unwrap().value, json!({"a": 2, "c": [null, 1, null], "d": {}}));
        assert_eq!(read(" [ ] ").unwrap().value, json!([]));
        assert_eq!(read("null").unwrap().value, Value::Null);
        assert_eq!(
            read_with_nulls(text).unwrap().value,
            json!({"a": 2, "b": null, "c": [null, 1, null], "d": {"e": null}, "f": null})
        );
    }

    #[test]
    fn numbers_are_those_of_c() {
        for (text, number) in
            [("-0x1F", -31.0), ("007", 7.0), ("+1", 1.0), ("1.", 1.0), ("2.50e1", 25.0), ("1e-7", 1e-7), ("0", 0.0)]
        {
            assert_eq!(read(text).unwrap().value.as_f64(), Some(number), "{text}");
        }
        for text in ["1e999", "-Infinity", "nan"] {
            assert!(read(text).unwrap().has_nan, "{text}");
        }
        for text in [".5", "1e", "0x", "-", "--1", "1 2"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn json_means_the_same_and_nothing_panics(text in r#"[\[\]{}",:0-9a-f\\u.eE+xn "-]{0,40}"#) {
            if let (Ok(strict), Ok(lenient)) = (serde_json::from_str::<Value>(&text), read(&text)) {
                let shape = |value: &Value| crate::lua::pass_through(value);
                proptest::prop_assert_eq!(shape(&strict), shape(&lenient.value));
            }
        }
    }
}
