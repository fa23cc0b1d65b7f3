//! Everything that happened in a case, secrets cut out.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Milliseconds since the case began.
    pub(crate) t: u64,
    /// The connection, or what else took part.
    pub(crate) conn: String,
    pub(crate) direction: Direction,
    /// `text`, `binary`, `ping`, `pong`, `close`, `cut`, `garbage`, `raw`, `open`, `refused`, `http`, `control`, `advance`.
    pub(crate) kind: Cow<'static, str>,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    Sent,
    Received,
}

impl Direction {
    pub(crate) fn arrow(self) -> &'static str {
        match self {
            Self::Sent => "->",
            Self::Received => "<-",
        }
    }
}

/// The first characters of a text, and how long it is if that is not all.
pub(crate) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… ({} bytes)", &text[..at], text.len()),
    }
}
