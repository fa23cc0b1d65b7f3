//! Texts without their escapes.

use std::ops::Range;

/// A text as it was before anybody escaped it, as JSON, Markdown, or for an address, in any order and number of times: without
/// backslashes, and with each `\\u00e9` and `%C3` as what it stands for.
pub(super) struct Plain {
    pub(super) bytes: Vec<u8>,
    /// Where each byte comes from.
    from: Vec<Range<usize>>,
}

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        let mut plain = Self { bytes: Vec::with_capacity(text.len()), from: Vec::with_capacity(text.len()) };
        let mut at = 0;
        while at < text.len() {
            at = plain.unit(text, at);
        }
        plain
    }

    /// Takes what stands at this place of the text; returns where the next stands.
    fn unit(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let bare = rest.trim_start_matches('\\');
        let escape = at + rest.len() - bare.len();
        if escape > at {
            let Some((letter, length)) = utf16_escape(bare) else { return escape };
            self.push(letter.encode_utf8(&mut [0; 4]).as_bytes(), at..escape + length);
            return escape + length;
        }
        // `%25` is a percent sign, so that `%2541` is one that was escaped twice.
        let digits = rest.strip_prefix('%').map(|rest| (1, rest)).map(|(mut length, mut rest)| {
            while let Some(more) = rest.strip_prefix("25") {
                (length, rest) = (length + 2, more);
            }
            (length, rest)
        });
        if let Some((length, digits)) = digits
            && let Some(byte) = digits.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok())
        {
            if byte != b'\\' {
                self.push(&[byte], at..at + length + 2);
            }
            return at + length + 2;
        }
        let length = rest.chars().next().map_or(1, char::len_utf8);
        self.push(&rest.as_bytes()[..length], at..at + length);
        at + length
    }

    fn push(&mut self, bytes: &[u8], from: Range<usize>) {
        self.bytes.extend_from_slice(bytes);
        self.from.extend(bytes.iter().map(|_| from.clone()));
    }

    /// Which part of the text these bytes come from.
    pub(super) fn origin(&self, bytes: &Range<usize>) -> Range<usize> {
        self.from[bytes.start].start..self.from[bytes.end - 1].end
    }
}

/// The character that an escape of JSON without its backslash stands for, and its length; two that make one character count as
/// one, whatever number of backslashes is between them.
fn utf16_escape(text: &str) -> Option<(char, usize)> {
    let unit = |text: &str| u16::from_str_radix(text.strip_prefix('u')?.get(..4)?, 16).ok();
    let first = unit(text)?;
    if let Some(Ok(letter)) = char::decode_utf16([first]).next() {
        return Some((letter, 5));
    }
    let rest = &text[5..];
    let bare = rest.trim_start_matches('\\');
    let letter = char::decode_utf16([first, unit(bare)?]).next()?.ok()?;
    Some((letter, 5 + rest.len() - bare.len() + 5))
}
