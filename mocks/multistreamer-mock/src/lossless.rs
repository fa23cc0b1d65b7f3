//! Texts that are no UTF-8: the real server passes them on as they are (dossier 5), and even makes some (dossier 4.5).

/// Where private characters begin that may stand for bytes.
const PRIVATE: u32 = 0x10_0000;
/// One block has a character for every byte from 0x80 on.
const BLOCK: u32 = 0x80;

/// A text in which each byte that belongs to no character is a private character, out of a block that the text has not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    first: u32,
}

impl Stand {
    /// The text of these bytes, and what in it stands for bytes; `None` where everything is as it seems.
    pub(crate) fn in_for(bytes: &[u8]) -> (String, Option<Self>) {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return (text.to_owned(), None);
        }
        let stand = Self { first: unused(bytes) };
        let mut text = String::with_capacity(bytes.len() * 2);
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().filter_map(|byte| stand.character(*byte)));
        }
        (text, Some(stand))
    }

    fn character(self, byte: u8) -> Option<char> {
        u32::from(byte).checked_sub(0x80).and_then(|offset| char::from_u32(self.first + offset))
    }

    /// The bytes that a text made of such a one stands for.
    pub(crate) fn bytes(self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            match u32::from(c).checked_sub(self.first).filter(|offset| *offset < BLOCK) {
                Some(offset) => bytes.push(0x80 | offset as u8),
                None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        bytes
    }
}

/// The first block of which no character stands in these bytes. There are more blocks than a text of the largest size could
/// use up in four bytes each; were it not so, the last one would do.
fn unused(bytes: &[u8]) -> u32 {
    let last = PRIVATE + 0xff80;
    let used: std::collections::BTreeSet<u32> = bytes
        .utf8_chunks()
        .flat_map(|chunk| chunk.valid().chars())
        .filter_map(|c| u32::from(c).checked_sub(PRIVATE))
        .map(|offset| offset / BLOCK)
        .collect();
    (0..)
        .map(|block| PRIVATE + block * BLOCK)
        .find(|first| *first >= last || !used.contains(&((first - PRIVATE) / BLOCK)))
        .unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_come_back() {
        for bytes in [
            b"plain".to_vec(),
            b"a\xff\x80b\xc3".to_vec(),
            b"\xed\xa0\xbd".to_vec(),
            ["\u{100000}\u{10007f}".as_bytes(), b"\xfe", "\u{100080}ä".as_bytes()].concat(),
        ] {
            let (text, stand) = Stand::in_for(&bytes);
            match stand {
                None => assert_eq!(text.as_bytes(), bytes),
                Some(stand) => assert_eq!(stand.bytes(&text), bytes),
            }
        }
    }
}
