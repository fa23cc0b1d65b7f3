//! Strings as the server writes and reads them (dossier 3).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::write;

/// Writes a JSON string. Unlike elsewhere, the two line ends beyond ASCII are escaped; nothing else is that need not be.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    // Both begin with this byte.
    if text.as_bytes().contains(&0xe2) && text.contains(['\u{2028}', '\u{2029}']) {
        let written = write::written(|out| write::push_string::<0>(out, text));
        let escaped = written.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
        return out.extend_from_slice(escaped.as_bytes());
    }
    write::push_string::<0>(out, text);
}

/// The text that the inside of a JSON string stands for. A surrogate without its other half becomes `?`, as the server sends
/// it out.
pub(crate) fn unescape(inside: &str) -> Cow<'_, str> {
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else { break };
        rest = &rest[escape.len_utf8()..];
        match escape {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'u' => {
                let unit = hex(rest);
                rest = rest.get(4..).unwrap_or_default();
                let low = rest.strip_prefix("\\u").map(hex).filter(|low| (0xdc00..0xe000).contains(low));
                match (unit, low) {
                    (0xd800..0xdc00, Some(low)) => {
                        rest = rest.get(6..).unwrap_or_default();
                        let point = 0x1_0000 + (unit - 0xd800) * 0x400 + (low - 0xdc00);
                        text.push(char::from_u32(point).unwrap_or('?'));
                    }
                    (unit, _) => text.push(char::from_u32(unit).unwrap_or('?')),
                }
            }
            other => text.push(other),
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

fn hex(rest: &str) -> u32 {
    rest.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0xfffd)
}
