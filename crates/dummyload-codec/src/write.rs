//! Writing JSON text into a buffer: strings, numbers, and objects with fixed members. All of it can lie `DEPTH` strings
//! deep, as where a message is a string within a message; depth 0 is plain JSON, and 3 the deepest. Nothing is allocated but
//! what the buffer lacks.
//!
//! ```
//! use dummyload_codec::write::{ObjectWriter, written};
//!
//! let text = written(|out| {
//!     let mut object = ObjectWriter::<0>::open(out);
//!     object.number("id", Some(7));
//!     object.text("name", None);
//!     object.close();
//! });
//! assert_eq!(text, r#"{"id":7}"#);
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// As many as the deepest quote has before it, one string around another three times, with an escape of its own.
const BACKSLASHES: &[u8; 15] = &[b'\\'; 15];

/// Writes `text` as the inside of a JSON string that itself lies `DEPTH` strings deep.
fn push_escaped<const DEPTH: u8>(out: &mut Vec<u8>, text: &[u8]) {
    let mut from = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte >= b' ' && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&text[from..at]);
        from = at + 1;
        match byte {
            // An escape of two bytes that both want an escape themselves.
            b'"' | b'\\' => {
                out.extend_from_slice(&BACKSLASHES[..(2 << DEPTH) - 1]);
                out.push(*byte);
            }
            control => {
                out.extend_from_slice(&BACKSLASHES[..1 << DEPTH]);
                push_control(out, *control);
            }
        }
    }
    out.extend_from_slice(&text[from..]);
}

/// Writes the escape of a control character without its backslash.
fn push_control(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            return out.extend_from_slice(&[b'u', b'0', b'0', high, low]);
        }
    });
}

/// Writes a quote.
fn push_quote<const DEPTH: u8>(out: &mut Vec<u8>) {
    out.extend_from_slice(&BACKSLASHES[..(1 << DEPTH) - 1]);
    out.push(b'"');
}

/// Writes a JSON string with its quotes. Slashes and everything beyond ASCII stay as they are.
pub fn push_string<const DEPTH: u8>(out: &mut Vec<u8>, text: &str) {
    push_quote::<DEPTH>(out);
    push_escaped::<DEPTH>(out, text.as_bytes());
    push_quote::<DEPTH>(out);
}

/// Writes the items of a JSON array of strings with commas between them.
pub fn push_strings<const DEPTH: u8>(out: &mut Vec<u8>, texts: impl IntoIterator<Item = impl AsRef<str>>) {
    for (at, text) in texts.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_string::<DEPTH>(out, text.as_ref());
    }
}

/// A whole number of any type.
pub trait Integer {
    /// Writes it.
    fn push(self, out: &mut Vec<u8>);
}

macro_rules! integers {
    ($($number:ty)*) => {
        $(impl Integer for $number {
            fn push(self, out: &mut Vec<u8>) {
                out.extend_from_slice(itoa::Buffer::new().format(self).as_bytes());
            }
        })*
    };
}

integers! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }

/// Writes a whole number.
pub fn push_number(out: &mut Vec<u8>, number: impl Integer) {
    number.push(out);
}

/// Writes a number; one without a fraction as a whole number. JSON has no infinities: those become null.
pub fn push_float(out: &mut Vec<u8>, number: f64) {
    let whole = number as i64;
    if number.abs() < 9.0e15 && whole as f64 == number {
        return push_number(out, whole);
    }
    let mut text = String::new();
    // Writing to a text does not fail.
    let _ = if number.is_finite() { write!(text, "{number}") } else { text.write_str("null") };
    out.extend_from_slice(text.as_bytes());
}

/// A JSON object on its way out; absent members leave no trace.
#[derive(Debug)]
pub struct ObjectWriter<'a, const DEPTH: u8> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a, const DEPTH: u8> ObjectWriter<'a, DEPTH> {
    /// An object without members yet.
    pub fn open(out: &'a mut Vec<u8>) -> Self {
        Self { out, first: true }
    }

    /// Writes a name that needs no escapes; its value is written next.
    pub fn name(&mut self, name: &'static str) -> &mut Vec<u8> {
        let first = core::mem::take(&mut self.first);
        if DEPTH == 0 {
            // The same in fewer pieces.
            self.out.extend_from_slice(if first { b"{\"" } else { b",\"" });
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"\":");
        } else {
            self.out.push(if first { b'{' } else { b',' });
            push_quote::<DEPTH>(self.out);
            self.out.extend_from_slice(name.as_bytes());
            push_quote::<DEPTH>(self.out);
            self.out.push(b':');
        }
        self.out
    }

    /// Writes a name that can need escapes; its value is written next.
    pub fn any_name(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.push(if core::mem::take(&mut self.first) { b'{' } else { b',' });
        push_string::<DEPTH>(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// Writes a whole number.
    pub fn number(&mut self, name: &'static str, value: Option<impl Integer>) {
        if let Some(value) = value {
            push_number(self.name(name), value);
        }
    }

    /// Writes a number as [`push_float`] does.
    pub fn float(&mut self, name: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            push_float(self.name(name), value);
        }
    }

    /// Writes a boolean.
    pub fn boolean(&mut self, name: &'static str, value: Option<bool>) {
        if let Some(value) = value {
            self.name(name).extend_from_slice(if value { b"true" } else { b"false" });
        }
    }

    /// Writes a text.
    pub fn text(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            push_string::<DEPTH>(self.name(name), value);
        }
    }

    /// Writes the end.
    pub fn close(self) {
        self.out.extend_from_slice(if self.first { b"{}" } else { b"}" });
    }
}

impl ObjectWriter<'_, 0> {
    /// Writes a value that is JSON already.
    pub fn json(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name).extend_from_slice(value.as_bytes());
        }
    }
}

/// Bytes that were all written as text.
pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// The text that `write` makes.
pub fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    text(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_json() {
        for (number, text) in [
            (0.0, "0"),
            (60.0, "60"),
            (-12.5, "-12.5"),
            (1e300, &alloc::format!("1{}", "0".repeat(300))),
            (f64::NAN, "null"),
            (f64::INFINITY, "null"),
        ] {
            assert_eq!(written(|out| push_float(out, number)), text);
        }
        assert_eq!(written(|out| push_number(out, i64::MIN)), i64::MIN.to_string());
        assert_eq!(written(|out| push_number(out, u64::MAX)), u64::MAX.to_string());
    }

    fn object<const DEPTH: u8>() -> String {
        written(|out| {
            let mut object = ObjectWriter::<DEPTH>::open(out);
            object.number("a", Some(1));
            object.number("b", None::<u8>);
            object.boolean("c", Some(true));
            object.any_name("d\"").extend_from_slice(b"[]");
            object.text("e", Some("f\n"));
            object.close();
        })
    }

    #[test]
    fn objects_lie_at_every_depth() {
        let plain = object::<0>();
        assert_eq!(plain, r#"{"a":1,"c":true,"d\"":[],"e":"f\n"}"#);
        let once = serde_json::to_string(&plain).unwrap();
        assert_eq!(object::<1>(), once[1..once.len() - 1]);
        let twice = serde_json::to_string(&object::<1>()).unwrap();
        assert_eq!(object::<2>(), twice[1..twice.len() - 1]);
        assert_eq!(written(|out| ObjectWriter::<0>::open(out).close()), "{}");
    }

    proptest! {
        #[test]
        fn strings_come_back_from_every_depth(text in "[\\PC\"\\\\\\x00-\\x1f]{0,40}") {
            let once = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(&written(|out| push_string::<0>(out, &text)), &once);
            // At depth 1 the text is what stands between the quotes of a string that holds the plain form.
            let twice = serde_json::to_string(&once).unwrap();
            prop_assert_eq!(written(|out| push_string::<1>(out, &text)), twice[1..twice.len() - 1].to_string());
            let inner = serde_json::to_string(&twice[1..twice.len() - 1]).unwrap();
            prop_assert_eq!(written(|out| push_string::<2>(out, &text)), inner[1..inner.len() - 1].to_string());
        }

        #[test]
        fn floats_come_back(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            prop_assert_eq!(written(|out| push_float(out, number)).parse::<f64>().unwrap(), number);
        }
    }
}
