//! What has changed from one report to another.

use crate::report::Report;
use crate::verdict::Verdict;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A case whose verdict is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The case.
    pub id: String,
    /// What it was; nothing where there was no such case.
    pub old: Option<Verdict>,
    /// What it is; nothing where there is no such case any more.
    pub new: Option<Verdict>,
}

/// Everything that has changed from one report to another, each list in the order of the ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// Cases that ended worse than before.
    pub worse: Vec<Change>,
    /// Cases that pass now.
    pub fixed: Vec<Change>,
    /// Cases that ended in another way, and neither worse nor with a pass after a play: what was skipped and passes is here.
    pub other: Vec<Change>,
    /// Cases that only the new report has.
    pub new: Vec<Change>,
    /// Cases that only the old report has.
    pub gone: Vec<Change>,
}

impl Diff {
    /// Compares two reports case by case.
    pub fn new(old: &Report, new: &Report) -> Self {
        let mut pairs: BTreeMap<&str, (Option<Verdict>, Option<Verdict>)> = BTreeMap::new();
        old.cases().for_each(|case| pairs.entry(&case.id).or_default().0 = Some(case.verdict));
        new.cases().for_each(|case| pairs.entry(&case.id).or_default().1 = Some(case.verdict));
        let mut diff = Self::default();
        for (id, (old, new)) in pairs {
            let list = match (old, new) {
                (None, _) => &mut diff.new,
                (_, None) => &mut diff.gone,
                (Some(old), Some(new)) if old == new => continue,
                (Some(old), Some(new)) if new > old => &mut diff.worse,
                (Some(old), Some(Verdict::Pass)) if old != Verdict::Skip => &mut diff.fixed,
                _ => &mut diff.other,
            };
            list.push(Change { id: id.to_owned(), old, new });
        }
        diff
    }

    /// The lists, each with its name.
    pub fn lists(&self) -> [(&'static str, &[Change]); 5] {
        [
            ("worse", &self.worse),
            ("fixed", &self.fixed),
            ("changed", &self.other),
            ("new", &self.new),
            ("gone", &self.gone),
        ]
    }

    /// As JSON: a member for each list.
    pub fn to_json(&self) -> Value {
        let change = |change: &Change| json!({"id": change.id, "old": change.old, "new": change.new});
        let list = |(name, list): (&str, &[Change])| (name.to_owned(), list.iter().map(change).collect());
        Value::Object(self.lists().into_iter().map(list).collect())
    }
}
