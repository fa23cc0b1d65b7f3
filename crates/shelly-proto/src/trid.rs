//! Transaction numbers.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use dummyload_codec::members;
use smol_str::SmolStr;

/// What a request carries so that its answer can be told: `trid`. An answer has it back in the same type and spelling
/// (dossier 10), so besides numbers and texts this holds whatever JSON a client may have sent.
///
/// Texts are equal however they were escaped, since the cloud escapes slashes and others do not.
#[derive(Clone)]
pub struct Trid(Repr);

#[derive(Clone)]
enum Repr {
    Int(i64),
    Text(SmolStr),
    /// A text with escapes, and how it was written.
    Escaped(SmolStr, SmolStr),
    /// Anything else, as it stands.
    Json(SmolStr),
}

/// What is compared.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Key<'a> {
    Int(i64),
    Text(&'a str),
    Json(&'a str),
}

impl Trid {
    /// A number, as in command requests.
    pub const fn int(number: i64) -> Self {
        Self(Repr::Int(number))
    }

    /// A text, as in RPC requests of the vendor's example.
    pub fn text(text: &str) -> Self {
        Self(Repr::Text(SmolStr::new(text)))
    }

    /// What a request has in this place.
    pub(crate) fn parse(json: &str) -> Self {
        if let Some(text) = members::plain_text(json) {
            return Self(Repr::Text(SmolStr::new(text)));
        }
        if let Some(text) = members::text(json) {
            return Self(Repr::Escaped(SmolStr::new(text), SmolStr::new(json)));
        }
        match json.parse() {
            // `-0` is a float in JSON.
            Ok(number) if json != "-0" => Self(Repr::Int(number)),
            _ => Self(Repr::Json(SmolStr::new(json))),
        }
    }

    fn key(&self) -> Key<'_> {
        match &self.0 {
            Repr::Int(number) => Key::Int(*number),
            Repr::Text(text) | Repr::Escaped(text, _) => Key::Text(text),
            Repr::Json(json) => Key::Json(json),
        }
    }

    /// The number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self.key() {
            Key::Int(number) => Some(number),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self.key() {
            Key::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn encode_into(&self, out: &mut alloc::vec::Vec<u8>) {
        match &self.0 {
            Repr::Int(number) => crate::escape::push_number(out, *number),
            Repr::Text(text) => crate::escape::push_string(out, text),
            Repr::Escaped(_, json) | Repr::Json(json) => out.extend_from_slice(json.as_bytes()),
        }
    }
}

impl From<i64> for Trid {
    fn from(number: i64) -> Self {
        Self::int(number)
    }
}

impl From<&str> for Trid {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl PartialEq for Trid {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Trid {}

impl PartialOrd for Trid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Trid {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Trid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl fmt::Display for Trid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key() {
            Key::Int(number) => number.fmt(f),
            Key::Text(text) | Key::Json(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Trid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key() {
            Key::Int(number) => write!(f, "Trid({number})"),
            Key::Text(text) => write!(f, "Trid({text:?})"),
            Key::Json(json) => write!(f, "Trid(json {json})"),
        }
    }
}

/// Counts transactions: 1 to 2147483647, then from 1 again. The documents say from 0, but there are programs that take a
/// 0 for none (dossier 15, row 13). A plain counter: who shares one between threads has it behind a lock anyway, together
/// with the table of what is in flight.
///
/// ```
/// use shelly_proto::{Trid, TridCounter};
/// let mut counter = TridCounter::starting_at(i32::MAX);
/// let busy = Trid::int(1);
/// assert_eq!(counter.next(|trid| *trid == busy), Some(Trid::int(i32::MAX.into())));
/// assert_eq!(counter.next(|trid| *trid == busy), Some(Trid::int(2)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TridCounter {
    next: i32,
}

impl Default for TridCounter {
    fn default() -> Self {
        Self { next: 1 }
    }
}

impl TridCounter {
    /// A counter that begins with 1.
    pub fn new() -> Self {
        Self::default()
    }

    /// A counter that begins elsewhere; with 1 if the number is below.
    pub fn starting_at(first: i32) -> Self {
        Self { next: first.max(1) }
    }

    /// The next number that is not in flight; `None` if all of them are.
    pub fn next(&mut self, mut in_flight: impl FnMut(&Trid) -> bool) -> Option<Trid> {
        for _ in 0..i32::MAX {
            let trid = Trid::int(self.next.into());
            self.next = self.next.checked_add(1).unwrap_or(1);
            if !in_flight(&trid) {
                return Some(trid);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    #[test]
    fn every_spelling_comes_back_as_it_was() {
        for json in [
            "1",
            "0",
            "-7",
            "1700000000123",
            r#""ushelly_1_1234""#,
            r#""""#,
            r#""a\/b""#,
            "1.0",
            "1e3",
            "-0",
            "null",
            "[1]",
        ] {
            let mut out = Vec::new();
            Trid::parse(json).encode_into(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), json);
        }
        assert_eq!((Trid::parse("7").as_int(), Trid::parse(r#""7""#).as_text()), (Some(7), Some("7")));
        assert_ne!(Trid::parse("7"), Trid::parse(r#""7""#));
        assert_eq!(Trid::parse(r#""a\/b""#), Trid::text("a/b"));
    }

    #[test]
    fn the_counter_wraps_to_one_and_skips() {
        let mut counter = TridCounter::starting_at(i32::MAX - 1);
        let busy = [Trid::int(1), Trid::int(2)];
        let drawn: Vec<_> = (0..4).map(|_| counter.next(|trid| busy.contains(trid)).unwrap()).collect();
        let max = i64::from(i32::MAX);
        assert_eq!(drawn, [max - 1, max, 3, 4].map(Trid::int));
        assert_eq!(TridCounter::starting_at(-5), TridCounter::new());
    }
}
