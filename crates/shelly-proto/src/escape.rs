//! Writing JSON text: strings, numbers, and objects with fixed members.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

/// Writes a JSON string with its quotes. Slashes and everything beyond ASCII stay as they are (dossier 15).
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= b' ' && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[from..at]);
        from = at + 1;
        out.push(b'\\');
        push_escape(out, *byte);
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
}

/// What follows the backslash.
fn push_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(match byte {
        b'"' | b'\\' => byte,
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

/// Writes a whole number.
pub(crate) fn push_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes a number; one without a fraction as a whole number. JSON has no infinities: those become null.
pub(crate) fn push_float(out: &mut Vec<u8>, number: f64) {
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
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        Self { out, first: true }
    }

    /// Writes a name that can need escapes; its value is written next.
    pub(crate) fn any_name(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.push(if core::mem::take(&mut self.first) { b'{' } else { b',' });
        push_string(self.out, name);
        self.out.push(b':');
        self.out
    }

    /// Writes a name that needs no escapes; its value is written next.
    pub(crate) fn name(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.out.extend_from_slice(if core::mem::take(&mut self.first) { b"{\"" } else { b",\"" });
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    pub(crate) fn number(&mut self, name: &'static str, value: Option<impl itoa::Integer>) {
        if let Some(value) = value {
            push_number(self.name(name), value);
        }
    }

    pub(crate) fn float(&mut self, name: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            push_float(self.name(name), value);
        }
    }

    pub(crate) fn boolean(&mut self, name: &'static str, value: Option<bool>) {
        if let Some(value) = value {
            self.name(name).extend_from_slice(if value { b"true" } else { b"false" });
        }
    }

    pub(crate) fn text(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            push_string(self.name(name), value);
        }
    }

    /// A value that is JSON already.
    pub(crate) fn json(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name).extend_from_slice(value.as_bytes());
        }
    }

    pub(crate) fn close(self) {
        self.out.extend_from_slice(if self.first { b"{}" } else { b"}" });
    }
}

/// Bytes that were all written as text.
pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// The text that `write` makes.
pub(crate) fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    text(out)
}

#[cfg(test)]
mod tests {
    use super::*;
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
    }

    proptest! {
        #[test]
        fn strings_are_those_of_serde_json(text in "[\\PC\"\\\\\\x00-\\x1f]{0,40}") {
            prop_assert_eq!(written(|out| push_string(out, &text)), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn floats_come_back(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            prop_assert_eq!(written(|out| push_float(out, number)).parse::<f64>().unwrap(), number);
        }
    }
}
