//! Mutants: mocks with one deliberate defect each, as data.

use crate::protocols::{Protocol, Started};
use dummyload_host::Fault;
use serde::Deserialize;
use serde_json::Value;
use std::fmt::Write;

/// What `fixtures/PROTOCOL/mutants.toml` holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mutants {
    pub(crate) list: Vec<Mutant>,
    pub(crate) kills_none: Vec<KillsNone>,
}

/// Cases that kill no mutant, and why not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KillsNone {
    /// An id, a path with all below it, or a pattern with `*` and `?`.
    pub(crate) case: String,
    pub(crate) reason: String,
}

/// A defect.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    pub(crate) name: String,
    /// What is wrong with a server that has it, in one sentence.
    pub(crate) about: String,
    /// As the control plane takes them, with `${name}` for a member of the mock's demo data.
    rules: Vec<String>,
}

impl Mutant {
    #[cfg(test)]
    pub(crate) fn new(name: &str, about: &str) -> Self {
        Self { name: name.into(), about: about.into(), rules: Vec::new() }
    }

    /// The fault rules that make this defect in a mock with this demo data.
    ///
    /// # Errors
    /// A name that the demo data does not have; nothing else, if [`Mutants::parse`] has read the rules.
    pub(crate) fn rules(&self, demo: &Value) -> Result<Vec<Fault>, String> {
        let value = |name: &str| match &demo[name] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        };
        self.rules.iter().map(|rule| read(&filled(rule, value)?)).collect()
    }

    /// Puts the defect into a mock, for as long as it runs.
    ///
    /// # Errors
    /// As [`Mutant::rules`].
    pub(crate) fn infect(&self, started: &Started) -> Result<(), String> {
        let rules = self.rules(&started.demo)?;
        rules.into_iter().try_for_each(|rule| started.mock.fault(rule).map(drop).map_err(|e| e.to_string()))
    }
}

/// A rule with values in the place of their names.
fn filled(rule: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut parts = rule.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        let value = value(name).ok_or_else(|| format!("the demo data of the mock has no {name}"))?;
        // What it is escaped with stands around it in the rule.
        filled += Value::from(value).to_string().trim_matches('"');
        filled += rest;
    }
    Ok(filled)
}

fn read(rule: &str) -> Result<Fault, String> {
    let value = serde_json::from_str(rule).map_err(|e| format!("{rule} is no JSON: {e}"))?;
    Fault::from_json(&value).map(Fault::lasting).map_err(|e| format!("{rule}: {e}"))
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

impl Mutants {
    /// # Errors
    /// All mistakes in the file, one a line.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| format!("{path}: {e}"))?;
        let mut mutants = Self::default();
        let mut wrong = String::new();
        let mut complain = |name: &str, what: &str| {
            // Writing to a string does not fail.
            let _ = writeln!(wrong, "{path}: {name}: {what}");
        };
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
            for rule in &rules {
                if let Err(what) = filled(rule, |_| Some("0".into())).and_then(|rule| read(&rule)) {
                    complain(&name, &what);
                }
            }
            mutants.list.push(Mutant { name, about, rules });
        }
        for (at, KillsNone { case, reason }) in file.kills_none.iter().enumerate() {
            if reason.trim().is_empty() {
                complain(case, "a case that kills no mutant needs a reason");
            }
            if file.kills_none[..at].iter().any(|other| other.case == *case) {
                complain(case, "it is listed twice");
            }
        }
        mutants.kills_none = file.kills_none;
        if wrong.is_empty() { Ok(mutants) } else { Err(wrong.trim_end().to_owned()) }
    }

    /// Those that the program carries for a protocol; a test makes sure that they can be read.
    pub(crate) fn carried(protocol: &Protocol) -> Self {
        let path = format!("{}/mutants.toml", protocol.name);
        let text = crate::conformance::CARRIED.iter().find(|(carried, _)| *carried == path);
        text.and_then(|(path, text)| Self::parse(path, text).ok()).unwrap_or_default()
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
            let path = format!("{}/mutants.toml", protocol.name);
            let Some((path, text)) = crate::conformance::CARRIED.iter().find(|(carried, _)| *carried == path) else {
                continue;
            };
            let mutants = Mutants::parse(path, text).unwrap();
            let telling = |mutant: &Mutant| mutant.about.len() > 10 && !mutant.about.ends_with('.');
            assert!(mutants.list.len() >= 20 && mutants.list.iter().all(telling), "{protocol:?}");
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
        insta::assert_snapshot!(Mutants::parse("p/mutants.toml", text).unwrap_err(), @r#"
        p/mutants.toml: Drop: a name is made of lower-case letters, digits and hyphens, and is not `help`
        p/mutants.toml: Drop: there are no rules
        p/mutants.toml: a: {"on":"in" is no JSON: EOF while parsing an object at line 1 column 10
        p/mutants.toml: a: {"on":"in","kind":"explode"}: the rule does not fit: unknown variant `explode`, expected one of `delay`, `drop`, `duplicate`, `reorder`, `garble`, `cut`, `half-close`, `close`, `refuse`, `change`, `answer`, `misdirect`, `watch`
        p/mutants.toml: a: there are two of this name
        p/mutants.toml: a: {"on":"in","kind":"drop","times":0}: a rule with `times` 0 would never strike; leave it out for one without end
        p/mutants.toml: p/a: a case that kills no mutant needs a reason
        p/mutants.toml: p/a: it is listed twice
        "#);
    }
}
