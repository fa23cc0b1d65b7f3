//! Mutants: mocks with one deliberate defect each, as data.

use crate::protocols::Protocol;
use dummyload_host::{Fault, Mock};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What `fixtures/PROTOCOL/mutants.toml` holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mutants {
    pub(crate) list: Vec<Mutant>,
    /// Cases that kill none of them, each with the reason.
    pub(crate) kills_none: BTreeMap<String, String>,
}

/// A defect.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    pub(crate) name: String,
    /// What is wrong with a server that has it, in one sentence.
    pub(crate) about: String,
    pub(crate) rules: Vec<Fault>,
}

impl Mutant {
    /// Puts the defect into a mock, for as long as it runs.
    ///
    /// # Errors
    /// None for rules that have been read by [`Mutants::parse`].
    pub(crate) fn infect(&self, mock: &Mock) -> Result<(), String> {
        self.rules.iter().try_for_each(|rule| mock.fault(rule.clone()).map(drop).map_err(|e| e.to_string()))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    mutant: Vec<Entry>,
    #[serde(rename = "kills-none", default)]
    kills_none: Vec<KillsNone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    about: String,
    rules: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KillsNone {
    case: String,
    reason: String,
}

impl Mutants {
    /// # Errors
    /// All mistakes in the file, one a line.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| format!("{path}: {e}"))?;
        let mut mutants = Self::default();
        let mut wrong = String::new();
        let mut complain = |name: &str, what: &str| drop(writeln!(wrong, "{path}: {name}: {what}"));
        for Entry { name, about, rules } in file.mutant {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || !name.chars().all(is_plain) || name == "help" {
                complain(&name, "a name is made of lower-case letters, digits and hyphens, and is not `help`");
            }
            if mutants.list.iter().any(|other| other.name == name) {
                complain(&name, "there are two of this name");
            }
            if rules.is_empty() {
                complain(&name, "there are no rules");
            }
            let read = |rule: &String| {
                let value = serde_json::from_str(rule).map_err(|e| format!("{rule} is no JSON: {e}"))?;
                Fault::from_json(&value).map(Fault::lasting).map_err(|e| format!("{rule}: {e}"))
            };
            let mut mutant = Mutant { name, about, rules: Vec::new() };
            for rule in &rules {
                match read(rule) {
                    Ok(rule) => mutant.rules.push(rule),
                    Err(what) => complain(&mutant.name, &what),
                }
            }
            mutants.list.push(mutant);
        }
        for KillsNone { case, reason } in file.kills_none {
            if reason.trim().is_empty() {
                complain(&case, "a case that kills no mutant needs a reason");
            }
            if mutants.kills_none.insert(case.clone(), reason).is_some() {
                complain(&case, "it is listed twice");
            }
        }
        if wrong.is_empty() { Ok(mutants) } else { Err(wrong.trim_end().to_owned()) }
    }

    /// Those that the program carries for a protocol.
    ///
    /// # Errors
    /// None, as a test makes sure.
    pub(crate) fn carried(protocol: &Protocol) -> Result<Self, String> {
        let path = format!("{}/mutants.toml", protocol.name);
        let text = crate::conformance::CARRIED.iter().find(|(carried, _)| *carried == path);
        text.map_or(Ok(Self::default()), |(path, text)| Self::parse(path, text))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Mutant> {
        self.list.iter().find(|mutant| mutant.name == name)
    }

    /// The list for people.
    pub(crate) fn table(&self) -> String {
        let width = self.list.iter().map(|mutant| mutant.name.len()).max().unwrap_or_default();
        self.list.iter().map(|mutant| format!("  {:<width$}  {}\n", mutant.name, mutant.about)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carried_ones_are_sound() {
        for protocol in crate::protocols::ALL {
            let mutants = Mutants::carried(protocol).unwrap();
            let telling = |mutant: &Mutant| mutant.about.len() > 20 && !mutant.about.ends_with('.');
            assert!(mutants.list.iter().all(telling), "{protocol:?}");
        }
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let text = r#"
            mutant = [
                { name = "Drop", about = "", rules = [] },
                { name = "a", about = "", rules = ['{"on":"in"', '{"on":"in","kind":"explode"}', '{"on":"in","kind":"drop"}'] },
                { name = "a", about = "", rules = ['{"on":"in","kind":"drop","times":0}'] },
            ]
            kills-none = [{ case = "p/a", reason = " " }, { case = "p/a", reason = "r" }]
        "#;
        insta::assert_snapshot!(Mutants::parse("p/mutants.toml", text).unwrap_err());
    }
}
