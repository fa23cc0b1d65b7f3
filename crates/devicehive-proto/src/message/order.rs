//! In which direction lists are sorted.

use alloc::string::String;

/// `sortOrder` of lists. What else stands there has effects of its own on real servers, and no answer is one of them
/// (dossier M4.4, M6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SortOrder {
    /// The least first.
    Ascending,
    /// The greatest first.
    Descending,
    /// Anything else.
    Other(String),
}

impl SortOrder {
    /// The order of this name, in any letter case.
    pub fn parse(name: &str) -> Self {
        if name.eq_ignore_ascii_case("asc") {
            Self::Ascending
        } else if name.eq_ignore_ascii_case("desc") {
            Self::Descending
        } else {
            Self::Other(name.into())
        }
    }

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
            Self::Other(name) => name,
        }
    }
}
