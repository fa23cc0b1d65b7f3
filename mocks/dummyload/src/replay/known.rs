//! The list of what may differ, with reasons.

use super::folder::{self, Folder};
use crate::exit::{self, Failure};
use dummyload_conformance::replay::{Difference, Played};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    known: Vec<Entry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    scenario: String,
    /// Only in the folder of this name.
    folder: Option<String>,
    /// Only these lines may differ; without them, all.
    lines: Option<BTreeSet<usize>>,
    /// It is a matter of chance, so it may also agree.
    #[serde(default)]
    sometimes: bool,
    reason: String,
}

/// The entries for one folder.
pub(super) struct Known {
    entries: Vec<Entry>,
}

/// What the list makes of a play.
pub(super) enum Judged {
    Agrees(Played),
    /// Everything that differs is listed.
    Known(Played, String),
    /// These are not listed.
    Differs(Played, Vec<Difference>),
    /// It agrees, or some of the listed lines do.
    Stale(String),
    /// It could not be played.
    Broken(String),
}

impl Known {
    /// # Errors
    /// A list that cannot be read, or has mistakes.
    pub(super) fn read(folder: &Folder, named: Option<&Path>) -> Result<Self, Failure> {
        let Some(file) = folder.beside("known.toml", named) else { return Ok(Self { entries: Vec::new() }) };
        let text = folder::read(&file)?;
        let mut entries = Self::parse(&text).map_err(|e| Failure(exit::USAGE, format!("{}: {e}", file.display())))?;
        let name = folder.name();
        entries.retain(|entry| entry.folder.as_ref().is_none_or(|folder| *folder == name));
        Ok(Self { entries })
    }

    fn parse(text: &str) -> Result<Vec<Entry>, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string().trim_end().to_owned())?;
        match file.known.iter().find(|entry| entry.reason.trim().is_empty()) {
            Some(entry) => Err(format!("{} is listed without a reason", entry.scenario)),
            None => Ok(file.known),
        }
    }

    pub(super) fn judge(&mut self, scenario: &str, played: Result<Played, String>) -> Judged {
        let entries: Vec<&Entry> = self.entries.iter().filter(|entry| entry.scenario == scenario).collect();
        let reason = entries.iter().map(|entry| entry.reason.trim()).collect::<Vec<_>>().join(" ");
        let played = match played {
            Ok(played) => played,
            Err(why) if entries.iter().any(|entry| entry.lines.is_none()) => {
                return Judged::Known(Played::default(), format!("{reason} (it cannot be played: {why})"));
            }
            Err(why) => return Judged::Broken(why),
        };
        let excused = |difference: &Difference, entry: &Entry| {
            entry.lines.as_ref().is_none_or(|lines| lines.contains(&difference.line()))
        };
        let open =
            played.differences().iter().filter(|difference| !entries.iter().any(|entry| excused(difference, entry)));
        let open: Vec<Difference> = open.cloned().collect();
        if !open.is_empty() {
            return Judged::Differs(played, open);
        }
        if entries.is_empty() {
            return Judged::Agrees(played);
        }
        let differing: BTreeSet<usize> = played.differences().iter().map(Difference::line).collect();
        let agreeing: Vec<String> = entries
            .iter()
            .filter(|entry| !entry.sometimes)
            .filter_map(|entry| entry.lines.as_ref())
            .flat_map(|lines| lines.difference(&differing))
            .map(ToString::to_string)
            .collect();
        let chance = entries.iter().all(|entry| entry.sometimes);
        if differing.is_empty() && chance {
            Judged::Agrees(played)
        } else if differing.is_empty() {
            Judged::Stale("it agrees, so take it off the list".into())
        } else if agreeing.is_empty() {
            Judged::Known(played, reason)
        } else {
            Judged::Stale(format!("these listed lines agree: {}", agreeing.join(", ")))
        }
    }

    /// Listed scenarios that there are not.
    pub(super) fn unknown(&self, names: &[String]) -> Vec<String> {
        let missing = self.entries.iter().filter(|entry| !names.contains(&entry.scenario));
        missing.map(|entry| entry.scenario.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_needs_a_reason() {
        assert!(Known::parse("[[known]]\nscenario = \"a\"\nreason = \" \"").unwrap_err().contains("without a reason"));
        assert!(Known::parse("[[known]]\nscenario = \"a\"\nwhy = \"x\"").unwrap_err().contains("unknown field `why`"));
        assert_eq!(Known::parse("").unwrap().len(), 0);
    }

    #[test]
    fn what_is_listed_must_differ() {
        let mut known = Known { entries: Known::parse("[[known]]\nscenario = \"a\"\nreason = \"x\"").unwrap() };
        assert!(matches!(known.judge("a", Ok(Played::default())), Judged::Stale(_)));
        assert!(matches!(known.judge("b", Ok(Played::default())), Judged::Agrees(_)));
        assert!(
            matches!(known.judge("a", Err("y".into())), Judged::Known(_, reason) if reason.contains("cannot be played: y"))
        );
        assert!(matches!(known.judge("b", Err("y".into())), Judged::Broken(_)));
        assert_eq!(known.unknown(&["b".into()]), ["a"]);
        known.entries[0].sometimes = true;
        assert!(matches!(known.judge("a", Ok(Played::default())), Judged::Agrees(_)));
    }
}
