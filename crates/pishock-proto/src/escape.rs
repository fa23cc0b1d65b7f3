//! Writing JSON strings, also strings within strings.

use alloc::vec::Vec;

/// Writes `text` as the inside of a JSON string that itself lies `depth - 1` strings deep. One pass, whatever the depth.
pub(crate) fn push_escaped(out: &mut Vec<u8>, text: &[u8], depth: u8) {
    let mut from = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte >= b' ' && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&text[from..at]);
        from = at + 1;
        let (short, length) = sequence(*byte);
        for byte in &short[..length] {
            push_deeper(out, *byte, depth - 1);
        }
    }
    out.extend_from_slice(&text[from..]);
}

/// Writes a JSON string with its quotes, `depth` strings deep (0: plain JSON).
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str, depth: u8) {
    push_deeper(out, b'"', depth);
    push_escaped(out, text.as_bytes(), depth + 1);
    push_deeper(out, b'"', depth);
}

/// Writes one printable byte of JSON text that lies `depth` strings deep: a quote or backslash doubles its backslashes
/// with every string around it.
fn push_deeper(out: &mut Vec<u8>, byte: u8, depth: u8) {
    if byte == b'"' || byte == b'\\' {
        for _ in 0..(1usize << depth) - 1 {
            out.push(b'\\');
        }
    }
    out.push(byte);
}

fn sequence(byte: u8) -> ([u8; 6], usize) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
            return ([b'\\', b'u', b'0', b'0', high, low], 6);
        }
    };
    ([b'\\', short, 0, 0, 0, 0], 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    fn written(text: &str, depth: u8) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text, depth);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn strings_come_back_from_every_depth(text in "[\\PC\"\\\\\\x00-\\x1f]{0,40}") {
            let once = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(&written(&text, 0), &once);
            // At depth 1 the text is what stands between the quotes of a string that holds the plain form.
            let twice = serde_json::to_string(&once).unwrap();
            prop_assert_eq!(written(&text, 1), twice[1..twice.len() - 1].to_string());
            let inner = serde_json::to_string(&twice[1..twice.len() - 1]).unwrap();
            prop_assert_eq!(written(&text, 2), inner[1..inner.len() - 1].to_string());
        }
    }
}
