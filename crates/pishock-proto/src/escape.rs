//! Writing JSON text that can lie strings deep: strings, and objects with fixed members.

use alloc::borrow::Cow;
use alloc::vec::Vec;

/// As many as the deepest quote of V1 has before it, one string around another three times.
const BACKSLASHES: &[u8; 15] = &[b'\\'; 15];

/// Writes `text` as the inside of a JSON string that itself lies `DEPTH` strings deep (0: plain JSON).
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

/// Writes a quote that lies `DEPTH` strings deep.
pub(crate) fn push_quote<const DEPTH: u8>(out: &mut Vec<u8>) {
    out.extend_from_slice(&BACKSLASHES[..(1 << DEPTH) - 1]);
    out.push(b'"');
}

/// Writes a JSON string with its quotes, `DEPTH` strings deep (0: plain JSON).
pub(crate) fn push_string<const DEPTH: u8>(out: &mut Vec<u8>, text: &str) {
    push_quote::<DEPTH>(out);
    push_escaped::<DEPTH>(out, text.as_bytes());
    push_quote::<DEPTH>(out);
}

/// Writes the items of a JSON array of strings with commas between them, `DEPTH` strings deep.
pub(crate) fn push_strings<const DEPTH: u8>(out: &mut Vec<u8>, texts: &[Cow<'_, str>]) {
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_string::<DEPTH>(out, text);
    }
}

/// Writes a number.
pub(crate) fn push_number(out: &mut Vec<u8>, number: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// A JSON object on its way out, `DEPTH` strings deep; absent members leave no trace.
pub(crate) struct ObjectWriter<'a, const DEPTH: u8> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a, const DEPTH: u8> ObjectWriter<'a, DEPTH> {
    pub(crate) fn open(out: &'a mut Vec<u8>) -> Self {
        Self { out, first: true }
    }

    /// Writes a name that needs no escapes; its value is written next.
    pub(crate) fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.out.push(if core::mem::take(&mut self.first) { b'{' } else { b',' });
        push_quote::<DEPTH>(self.out);
        self.out.extend_from_slice(name.as_bytes());
        push_quote::<DEPTH>(self.out);
        self.out.push(b':');
        self.out
    }

    pub(crate) fn number(&mut self, name: &str, value: Option<impl itoa::Integer>) {
        if let Some(value) = value {
            push_number(self.name(name), value);
        }
    }

    pub(crate) fn boolean(&mut self, name: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.name(name).extend_from_slice(if value { b"true" } else { b"false" });
        }
    }

    pub(crate) fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            push_string::<DEPTH>(self.name(name), value);
        }
    }

    pub(crate) fn close(self) {
        self.out.extend_from_slice(if self.first { b"{}" } else { b"}" });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    fn written<const DEPTH: u8>(text: &str) -> String {
        let mut out = Vec::new();
        push_string::<DEPTH>(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn strings_come_back_from_every_depth(text in "[\\PC\"\\\\\\x00-\\x1f]{0,40}") {
            let once = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(&written::<0>(&text), &once);
            // At depth 1 the text is what stands between the quotes of a string that holds the plain form.
            let twice = serde_json::to_string(&once).unwrap();
            prop_assert_eq!(written::<1>(&text), twice[1..twice.len() - 1].to_string());
            let inner = serde_json::to_string(&twice[1..twice.len() - 1]).unwrap();
            prop_assert_eq!(written::<2>(&text), inner[1..inner.len() - 1].to_string());
        }
    }
}
