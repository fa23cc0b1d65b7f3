//! Writing JSON text; nothing of Shelly's lies in strings.

use alloc::vec::Vec;
use dummyload_codec::write;
pub(crate) use dummyload_codec::write::{push_number, written};

pub(crate) type ObjectWriter<'a> = write::ObjectWriter<'a, 0>;

/// Writes a JSON string with its quotes. Slashes stay as they are (dossier 15).
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    write::push_string::<0>(out, text);
}

/// Writes a JSON array of strings.
pub(crate) fn push_list(out: &mut Vec<u8>, texts: impl IntoIterator<Item = impl AsRef<str>>) {
    out.push(b'[');
    write::push_strings::<0>(out, texts);
    out.push(b']');
}
