//! Values that are never printed.

use core::fmt;

/// Holds an API key, token or password. `Debug` and `Display` print `[redacted]`; reading it takes an explicit
/// [`expose`](Secret::expose), which is easy to search for.
///
/// ```
/// use dummyload_session::Secret;
/// let key = Secret::new("4e1f0000-1111".to_string());
/// assert_eq!(format!("{key} {key:?}"), "[redacted] [redacted]");
/// assert_eq!(key.expose(), "4e1f0000-1111");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// What is printed instead of a secret, here and wherever a secret is cut out of a text.
    pub const SHOWN: &'static str = "[redacted]";

    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Never pass it to anything that logs.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Unwraps the value.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::SHOWN)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::SHOWN)
    }
}
