//! World files: what the mocks of all protocols read and check alike.

use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// Why a world file was not taken; says where and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldFileError(String);

impl WorldFileError {
    /// An error with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for WorldFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WorldFileError {}

/// Reads TOML, or JSON if the text begins with `{`.
///
/// # Errors
/// Text that is neither, or that has other members than the world: with line and column, but without what stands there,
/// which can be a key or a password.
pub fn read<World: DeserializeOwned>(text: &str) -> Result<World, WorldFileError> {
    if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|e| WorldFileError(without_texts(&e.to_string())))
    } else {
        toml::from_str(text).map_err(|e| {
            if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
                return WorldFileError("it is JSON, but no object; write {..}, or TOML".into());
            }
            let place = e.span().map_or_else(String::new, |span| place(text, span.start));
            WorldFileError(format!("{}{place}", without_texts(e.message())))
        })
    }
}

/// Where a byte of a text stands, for people.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!(" at line {line} column {column}")
}

/// An error text of the parsers without the texts that it repeats out of the file.
fn without_texts(error: &str) -> String {
    let mut out = String::new();
    let mut rest = error;
    while let Some(start) = rest.find("string \"") {
        let value = start + "string ".len();
        out.push_str(&rest[..start]);
        out.push_str("a text");
        let end = rest[value + 1..].rfind("\", ").map_or(rest.len(), |end| value + end + 2);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Reads a whole number from 0 to `most`. Whatever else is there is an error that says `wanted`: for people, what the
/// number is and from where to where it goes.
///
/// # Errors
/// Those of the format, and anything but such a number.
pub fn whole_number<'de, D: Deserializer<'de>>(from: D, most: u64, wanted: &'static str) -> Result<u64, D::Error> {
    struct Whole(u64, &'static str);

    impl Visitor<'_> for Whole {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.1)
        }

        fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
            if number <= self.0 {
                Ok(number)
            } else {
                Err(E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
            }
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
            match u64::try_from(number) {
                Ok(number) => self.visit_u64(number),
                Err(_) => Err(E::invalid_value(serde::de::Unexpected::Signed(number), &self)),
            }
        }
    }

    from.deserialize_u64(Whole(most, wanted))
}

/// Collects what is wrong with a world whose text could be read: all of it, not only the first.
#[derive(Debug, Default)]
pub struct Check {
    /// Who has which number or name, by what it is.
    taken: BTreeMap<(&'static str, String), String>,
    mistakes: Vec<String>,
}

impl Check {
    /// A number or name that only one may have: `holder` says who has it, as in "hub 1234".
    pub fn unique(&mut self, kind: &'static str, id: impl fmt::Display, holder: impl fmt::Display) {
        let id = id.to_string();
        let what = format!("{kind} {id}");
        self.take(kind, id, holder.to_string(), &what);
    }

    /// As [`Check::unique`], for a key or token: it is not shown.
    pub fn secret(&mut self, kind: &'static str, value: impl fmt::Display, holder: impl fmt::Display) {
        self.take(kind, value.to_string(), holder.to_string(), kind);
    }

    /// As [`Check::unique`], for a number, which TOML must be able to write.
    pub fn number(&mut self, kind: &'static str, id: u64, holder: impl fmt::Display) {
        if i64::try_from(id).is_err() {
            self.wrong(format!("the {kind} {id} is too large: TOML has numbers up to {}", i64::MAX));
        }
        self.unique(kind, id, holder);
    }

    fn take(&mut self, kind: &'static str, id: String, holder: String, what: &str) {
        match self.taken.get(&(kind, id.clone())) {
            None => drop(self.taken.insert((kind, id), holder)),
            Some(first) if *first == holder => {
                let text = format!("{holder} has the {what} twice; give each one its own");
                self.wrong(text);
            }
            Some(first) => {
                let text = format!("{first} and {holder} have the same {what}; give each one its own");
                self.wrong(text);
            }
        }
    }

    /// A reference to something that has been named before; `role` says what it is, as in "the owner of hub 1234".
    pub fn refers(&mut self, kind: &'static str, id: impl fmt::Display, role: impl fmt::Display) {
        let id = id.to_string();
        if !self.taken.contains_key(&(kind, id.clone())) {
            self.wrong(format!("{role} is {kind} {id}, and there is none; add it, or name another"));
        }
    }

    /// Any other mistake.
    pub fn wrong(&mut self, what: impl fmt::Display) {
        self.mistakes.push(what.to_string());
    }

    /// The verdict.
    ///
    /// # Errors
    /// All mistakes, one a line.
    pub fn end(self) -> Result<(), WorldFileError> {
        match self.mistakes.as_slice() {
            [] => Ok(()),
            [one] => Err(WorldFileError(one.clone())),
            all => Err(WorldFileError(format!("{} mistakes:\n  {}", all.len(), all.join("\n  ")))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Lamp {
        #[serde(deserialize_with = "percent")]
        brightness: u64,
    }

    fn percent<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        whole_number(from, 100, "a percentage, 0 to 100")
    }

    #[test]
    fn both_formats_are_read_and_mistakes_have_a_place() {
        assert_eq!(read::<Lamp>("brightness = 7").unwrap().brightness, 7);
        assert_eq!(read::<Lamp>(" {\"brightness\":100}").unwrap().brightness, 100);
        for (text, place) in [
            ("# lamp\nbrightness = 500", "line 2"),
            ("{\n\"brightness\":101}", "line 2"),
            ("brightness = -1", "line 1"),
            ("brightness = \"bright\"", "line 1"),
            ("brightness = 1.5", "line 1"),
        ] {
            let error = read::<Lamp>(text).unwrap_err().to_string();
            assert!(error.contains("expected a percentage, 0 to 100") && error.contains(place), "{text}: {error}");
        }
        for text in ["null", " [1]", "\"x\"", "5"] {
            assert_eq!(read::<Lamp>(text).unwrap_err().to_string(), "it is JSON, but no object; write {..}, or TOML");
        }
        let error = read::<Lamp>("brightness = 1\ncolour = 2").unwrap_err().to_string();
        assert!(error.contains("unknown field `colour`") && error.contains("line 2"), "{error}");
    }

    #[test]
    fn no_error_repeats_what_stands_in_the_file() {
        for text in [
            "brightness = s3cr3t-key",
            "brightness = [\"s3cr3t-key\"]",
            "brightness = \"s3cr3t-\\\"key\"",
            "[[brightness]]\nkey = \"s3cr3t-key\"",
            "{\"brightness\":\"s3cr3t-key\"}",
            "{\"brightness\":\"s3cr3t\", s3cr3t-key",
        ] {
            let error = read::<Lamp>(text).unwrap_err().to_string();
            assert!(!error.contains("s3cr3t") && error.contains("line 1"), "{text}: {error}");
        }
    }

    #[test]
    fn all_mistakes_are_told_and_no_secret() {
        let mut check = Check::default();
        check.number("lamp id", 1, "the file");
        check.number("lamp id", 1, "the file");
        check.unique("name", "hall", "lamp 1");
        check.unique("name", "hall", "lamp 2");
        check.secret("key", "s3cret", "lamp 1");
        check.secret("key", "s3cret", "lamp 2");
        check.refers("lamp id", 1, "the master of lamp 2");
        check.refers("lamp id", 3, "the master of lamp 1");
        check.number("lamp id", u64::MAX, "the file");
        let text = check.end().unwrap_err().to_string();
        assert_eq!(
            text,
            "5 mistakes:\n  the file has the lamp id 1 twice; give each one its own\
             \n  lamp 1 and lamp 2 have the same name hall; give each one its own\
             \n  lamp 1 and lamp 2 have the same key; give each one its own\
             \n  the master of lamp 1 is lamp id 3, and there is none; add it, or name another\
             \n  the lamp id 18446744073709551615 is too large: TOML has numbers up to 9223372036854775807"
        );
        assert_eq!(Check::default().end(), Ok(()));
    }
}
