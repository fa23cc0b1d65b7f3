//! The name of a device. All other ids are whole numbers of 64 bits (dossier M1.3).

use core::fmt;
use serde::de::{Deserialize, Deserializer, Visitor};
use smol_str::SmolStr;

/// A device's name, in any spelling that a request may have. Clones are cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(SmolStr);

/// A device cannot have this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceIdError {
    /// It is empty, or has other characters than letters, digits and dashes.
    Characters,
    /// It has more than 48 characters.
    TooLong,
}

impl DeviceId {
    /// The most characters of a device's name.
    pub const LONGEST: usize = 48;

    /// Any text, as a request may have it.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(SmolStr::new(text))
    }

    /// A name that a device can have (dossier M1.3): 1 to 48 letters, digits and dashes.
    ///
    /// # Errors
    /// It cannot be one.
    pub fn parse(text: &str) -> Result<Self, DeviceIdError> {
        let id = Self::new(text);
        id.check().map(|()| id)
    }

    /// Whether a device can have it.
    ///
    /// # Errors
    /// It cannot.
    pub fn check(&self) -> Result<(), DeviceIdError> {
        if self.0.is_empty() || !self.0.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(DeviceIdError::Characters);
        }
        if self.0.len() > Self::LONGEST { Err(DeviceIdError::TooLong) } else { Ok(()) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for DeviceId {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl core::ops::Deref for DeviceId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl core::borrow::Borrow<str> for DeviceId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for DeviceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = DeviceId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of a device")
            }
            fn visit_str<E>(self, text: &str) -> Result<DeviceId, E> {
                Ok(DeviceId::new(text))
            }
        }
        deserializer.deserialize_str(Any)
    }
}

impl fmt::Display for DeviceIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Characters => "a device id has one or more letters, digits and dashes",
            Self::TooLong => "a device id has at most 48 characters",
        })
    }
}

impl core::error::Error for DeviceIdError {}
