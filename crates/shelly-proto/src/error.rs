//! Errors, by whose fault they are.

use core::fmt;
pub use dummyload_codec::{DecodeError, OutOfRange};

/// Parameters that arrived make no command (dossier 11.1). Holds nothing of what was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadParams {
    /// A parameter that the command needs is not there, or of a type that cannot be understood.
    Missing(&'static str),
    /// A parameter is outside what the documents say.
    OutOfRange {
        /// Its name.
        name: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// Two parameters exclude each other.
    Conflict(&'static str, &'static str),
    /// No such command.
    UnknownCommand,
}

impl fmt::Display for BadParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "the parameter {name} is missing, or cannot be understood"),
            Self::OutOfRange { name, range } => write!(f, "the parameter {name} must be {range}"),
            Self::Conflict(one, other) => write!(f, "the parameters {one} and {other} exclude each other"),
            Self::UnknownCommand => f.write_str("there is no such command"),
        }
    }
}

impl core::error::Error for BadParams {}
