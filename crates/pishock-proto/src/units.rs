//! Modes, access kinds, and the two quantities that must not be out of range.

use crate::OutOfRange;
use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

/// What a command does: `m` of the body (dossier 3.2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// `v`
    Vibrate,
    /// `s`
    Shock,
    /// `b`
    Beep,
    /// `e`: ends what is running, at once.
    End,
    /// Anything else.
    Other(String),
}

impl Mode {
    /// The letter on the wire.
    pub fn letter(&self) -> &str {
        match self {
            Self::Vibrate => "v",
            Self::Shock => "s",
            Self::Beep => "b",
            Self::End => "e",
            Self::Other(text) => text,
        }
    }

    /// The mode of a letter; letters count only in lower case.
    pub fn from_letter(letter: &str) -> Self {
        match letter {
            "v" => Self::Vibrate,
            "s" => Self::Shock,
            "b" => Self::Beep,
            "e" => Self::End,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// By which right a command is sent: `l.ty` (dossier 3.2). It only shows in the log and permits nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Access {
    /// `sc`: through a share code.
    ShareCode,
    /// `api`: one's own hub, by a program.
    Api,
    /// `ow`: one's own hub, by the website.
    Owner,
    /// Anything else.
    Other(String),
}

impl Access {
    /// The text on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ShareCode => "sc",
            Self::Api => "api",
            Self::Owner => "ow",
            Self::Other(text) => text,
        }
    }

    /// The kind of a text.
    pub fn parse(text: &str) -> Self {
        match text {
            "sc" => Self::ShareCode,
            "api" => Self::Api,
            "ow" => Self::Owner,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// A strength in percent, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Intensity(u8);

impl Intensity {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// 100 percent.
    pub const MAX: Self = Self(100);

    /// A strength of so many percent.
    ///
    /// # Errors
    /// Above 100.
    pub const fn new(percent: u8) -> Result<Self, OutOfRange> {
        if percent <= 100 {
            Ok(Self(percent))
        } else {
            Err(OutOfRange::new("intensity", percent as i64, "0 to 100 percent"))
        }
    }

    /// Percent.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A duration in milliseconds, 100 to 15000: what hubs take (dossier 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DurationMs(u32);

impl DurationMs {
    /// 100 ms.
    pub const MIN: Self = Self(100);
    /// 15 s.
    pub const MAX: Self = Self(15_000);

    /// A duration of so many milliseconds.
    ///
    /// # Errors
    /// Below 100 or above 15000.
    pub const fn new(ms: u32) -> Result<Self, OutOfRange> {
        if ms >= 100 && ms <= 15_000 {
            Ok(Self(ms))
        } else {
            Err(OutOfRange::new("duration", ms as i64, "100 to 15000 milliseconds"))
        }
    }

    /// Milliseconds.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Intensity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl fmt::Display for DurationMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}
