//! What the server checks of the things it stores, and how it says so (dossier 4, M12).

use crate::world::refusal::Refusal;

/// Things that are wrong with members, each of which is told.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<String>);

impl Violations {
    pub(super) fn add(&mut self, property: &str, value: Option<&str>, message: &str) {
        let value = value.unwrap_or("null");
        self.0.push(format!("On property {property} (value: {value}): {message} ; "));
    }

    /// A text that must have at most so many characters, and at least one where it must not be empty.
    pub(super) fn length(&mut self, property: &str, value: Option<&str>, least: usize, most: usize, message: &str) {
        if value.is_some_and(|value| !is_long(value, least, most)) {
            self.add(property, value, message);
        }
    }

    pub(super) fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        let violations = self.0.join("\n");
        Err(Refusal::bad(format!(
            "Error! Make sure, that the passed object is correct and properly structured. Validation failed: \n{violations}"
        )))
    }
}

/// Whether a text has so many characters, counted as Java does.
pub(super) fn is_long(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.encode_utf16().count())
}

/// A text of the transaction that stores a thing which must not be stored, at an update.
pub(super) const NOT_COMMITTED: &str = "Could not commit JPA transaction; nested exception is \
    javax.persistence.RollbackException: Error while committing the transaction";
/// Of names of networks and types, and of devices.
pub(super) const NAME_LENGTH: &str = "Field cannot be empty. The length of name should not be more than 128 symbols.";
/// Of names that must be there.
pub(super) const NAME_NULL: &str = "name field cannot be null.";

/// Whether a login has the right characters.
pub(super) fn is_login(login: &str) -> bool {
    login.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@.-".contains(&byte))
}

/// SQL's `like`: `%` stands for anything, `_` for one character, and `\` takes that from the next.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<(char, bool)> = {
        let mut chars = pattern.chars();
        std::iter::from_fn(|| match chars.next()? {
            '\\' => chars.next().map(|c| (c, true)),
            c => Some((c, false)),
        })
        .collect()
    };
    // The usual walk with one step back to the last `%`, so no pattern takes long.
    let (mut at, mut of, mut back) = (0, 0, None);
    while at < text.len() {
        match pattern.get(of) {
            Some(('%', false)) => {
                back = Some((at, of));
                of += 1;
            }
            Some(('_', false)) => (at, of) = (at + 1, of + 1),
            Some((c, _)) if *c == text[at] => (at, of) = (at + 1, of + 1),
            _ => {
                let Some((from, star)) = back else { return false };
                back = Some((from + 1, star));
                (at, of) = (from + 1, star + 1);
            }
        }
    }
    pattern[of..].iter().all(|part| *part == ('%', false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_sql() {
        for (text, pattern, is) in [
            ("Lamp one", "Lamp%", true),
            ("Lamp one", "%one", true),
            ("Lamp one", "%m%o%", true),
            ("Lamp one", "lamp%", false),
            ("Lamp one", "Lamp", false),
            ("abc", "a_c", true),
            ("abc", "a_", false),
            ("", "%", true),
            ("", "", true),
            ("a%c", r"a\%c", true),
            ("abc", r"a\%c", false),
            ("aXbXc", "a%X_", true),
        ] {
            assert_eq!(is_like(text, pattern), is, "{text} {pattern}");
        }
        assert!(!is_like(&"a".repeat(2000), &format!("{}b", "%a".repeat(100))));
    }

    #[test]
    fn violations_are_told_as_recorded() {
        let mut violations = Violations::default();
        violations.add("name", None, NAME_NULL);
        violations.length("description", Some("dd"), 0, 1, "too long");
        // captures/server-4.1/network-write
        let expected = "Error! Make sure, that the passed object is correct and properly structured. Validation failed: \n\
                        On property name (value: null): name field cannot be null. ; \n\
                        On property description (value: dd): too long ; ";
        assert_eq!(violations.check(), Err(Refusal::bad(expected)));
    }
}
