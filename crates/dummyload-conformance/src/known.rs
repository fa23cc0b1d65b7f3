//! The list of cases that are not as expected, each with its reason.

use crate::case::Case;
use crate::load::LoadErrors;
use crate::load::reader::{Source, Table};
use crate::report::{CaseReport, Listed, Report};
use crate::suite::{Suite, glob};
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Write;

/// How often a case that is listed as flaky is played again before it counts as it ended.
pub(crate) const RETRIES: u32 = 3;

/// Which cases are known not to be as expected.
#[derive(Clone, Debug, Default)]
pub struct Known {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    /// An id, a path with all below it, or a pattern.
    id: String,
    reason: String,
    link: Option<String>,
    /// It is a matter of chance.
    flaky: bool,
}

/// An entry that does not say what is so any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stale {
    pub(crate) id: String,
    pub(crate) why: String,
}

impl Known {
    /// Reads a list; `path` is how mistakes call it.
    ///
    /// ```toml
    /// [[known]]
    /// id     = "pishock/v2/ping/pong"    # or a path with all below it, or a pattern with * and ?
    /// reason = "answers in lower case"
    /// link   = "https://example.org/issues/7"
    ///
    /// [[known]]
    /// id     = "pishock/push/*"
    /// reason = "the broker is slow at times"
    /// flaky  = true
    /// ```
    ///
    /// # Errors
    /// All mistakes in it.
    pub fn parse(path: &str, text: &str) -> Result<Self, LoadErrors> {
        let source = Source::new(path, text);
        let mut root = source.root();
        let entries = root.tables("known").into_iter().map(entry).collect();
        root.finish();
        match source.into_errors() {
            errors if errors.is_empty() => Ok(Self { entries }),
            errors => Err(LoadErrors::only(errors)),
        }
    }

    fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| glob(&entry.id, id))
    }

    /// Plays a case by `once`, and says what the list says of it. What is flaky is played again until it passes, and has to
    /// pass in the end.
    pub(crate) async fn play<E, F>(&self, id: &str, mut once: impl FnMut() -> F) -> Result<CaseReport, E>
    where
        F: Future<Output = Result<CaseReport, E>>,
    {
        let mut report = once().await?;
        report.attempts = 1;
        let Some(entry) = self.entry(id) else { return Ok(report) };
        while entry.flaky && report.verdict > Verdict::Flaky && report.attempts <= RETRIES {
            let again = once().await?;
            report.attempts += 1;
            if again.verdict == Verdict::Pass {
                report.verdict = Verdict::Flaky;
            }
        }
        if report.verdict.is_miss() && !entry.flaky {
            report.verdict = Verdict::Known;
        }
        report.listed = Some(Listed { reason: entry.reason.clone(), link: entry.link.clone() });
        Ok(report)
    }

    /// The entries that are not so any more: all cases that they cover were played and passed, or there is no such case.
    pub(crate) fn stale(&self, suite: &Suite, report: &Report) -> Vec<Stale> {
        let ids: Vec<&str> = suite.cases().iter().chain(suite.clients()).map(Case::id).collect();
        // A run plays the cases for servers or those for clients.
        let are_clients = report.cases().any(|case| suite.clients().iter().any(|other| other.id() == case.id));
        let list = if are_clients { suite.clients() } else { suite.cases() };
        let played: Vec<&str> = list.iter().map(Case::id).collect();
        let stale = self.entries.iter().filter_map(|entry| {
            let stale = |why: &str| Some(Stale { id: entry.id.clone(), why: why.to_owned() });
            if !ids.iter().any(|id| glob(&entry.id, id)) {
                return stale("there is no such case");
            }
            let passed =
                report.cases().filter(|case| glob(&entry.id, &case.id) && case.verdict == Verdict::Pass).count();
            let covered = played.iter().filter(|id| glob(&entry.id, id)).count();
            if passed > 0 && passed == covered && !entry.flaky { stale("it passes") } else { None }
        });
        stale.collect()
    }

    /// The list that would let this report pass: entries that still hold stay as they are, those that are stale go, and what
    /// is not good enough comes in, for somebody to write the reasons.
    pub fn rewritten(&self, report: &Report) -> String {
        let stale: BTreeSet<&str> = report.stale.iter().map(|stale| stale.id.as_str()).collect();
        let mut entries: Vec<Entry> =
            self.entries.iter().filter(|entry| !stale.contains(entry.id.as_str())).cloned().collect();
        let bad = report.cases().filter(|case| case.verdict.is_miss() && case.verdict.is_bad(report.bar));
        let new = bad.map(|case| {
            let seen = case.failure.as_ref().map_or("an outcome that is noted", |failure| failure.received.as_str());
            let seen: String = seen.chars().take(120).collect();
            let reason = format!("{}; not looked into yet: {seen}", case.verdict);
            Entry { id: case.id.clone(), reason, link: None, flaky: false }
        });
        let new: Vec<Entry> = new.collect();
        // What is listed as flaky and never passed is no matter of chance.
        entries.retain(|entry| !new.iter().any(|new| new.id == entry.id));
        // The first entry that covers a case counts, so what says more comes first.
        entries.splice(0..0, new);
        let mut text =
            "# Cases that are known not to be as expected: docs/conformance.md, \"Known failures\".\n".to_owned();
        for entry in entries {
            let Entry { id, reason, link, flaky } = entry;
            let quoted = |text: String| toml::Value::from(text).to_string();
            // Writing to a string does not fail.
            let _ = write!(text, "\n[[known]]\nid     = {}\nreason = {}\n", quoted(id), quoted(reason));
            let _ = link.map_or(Ok(()), |link| writeln!(text, "link   = {}", quoted(link)));
            let _ = if flaky { writeln!(text, "flaky  = true") } else { Ok(()) };
        }
        text
    }
}

fn entry(mut table: Table<'_, '_>) -> Entry {
    let entry = Entry {
        id: table.required("id").into_inner(),
        reason: table.required("reason").into_inner(),
        link: table.string("link").map(toml::Spanned::into_inner),
        flaky: table.flag("flaky").unwrap_or_default(),
    };
    table.finish();
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_with_their_lines() {
        let text = "[[known]]\nid = \"a\"\nreson = \"x\"\n\n[[known]]\nid = \"\"\nreason = \"y\"\nflaky = 1\n";
        insta::assert_snapshot!(Known::parse("known.toml", text).unwrap_err(), @r"
        known.toml:1: `reason` is missing
        known.toml:3: `reson` is not known here (did you mean `reason`?)
        known.toml:6: `id` is empty
        known.toml:8: `flaky` is of type integer; it must be true or false
        ");
    }

    #[test]
    fn the_first_entry_that_covers_a_case_counts() {
        let text =
            "[[known]]\nid = \"room/a\"\nreason = \"x\"\nflaky = true\n[[known]]\nid = \"room/*\"\nreason = \"y\"\n";
        let known = Known::parse("known.toml", text).unwrap();
        let reason = |id: &str| known.entry(id).map(|entry| entry.reason.as_str());
        assert_eq!([reason("room/a/b"), reason("room/b"), reason("hall/a")], [Some("x"), Some("y"), None]);
    }
}
