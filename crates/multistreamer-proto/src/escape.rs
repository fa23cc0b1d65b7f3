//! Writing JSON text; nothing of multistreamer's lies in strings.

use dummyload_codec::write;
pub(crate) use dummyload_codec::write::{push_number, written};

pub(crate) type ObjectWriter<'a> = write::ObjectWriter<'a, 0>;
