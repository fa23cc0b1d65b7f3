//! What a run has found.

mod html;
mod json;
mod junit;
mod markdown;
mod printable;
mod tap;
mod text;

pub use text::TextOptions;

use crate::case::{Case, Hazard};
use crate::known::{Known, Stale};
use crate::matcher::Mismatch;
use crate::redact::Redactor;
use crate::suite::{Protocol, Suite};
use crate::target::{Capability, Obstacle};
use crate::transcript::{Entry, clip};
use crate::verdict::{Bar, Evidence, Level, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

/// The most characters of one text in a report.
const CLIP: usize = 4000;

/// The results of all runs of one command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    #[serde(rename = "fail_on")]
    pub(crate) bar: Bar,
    /// The command that plays cases again, without the choice of them.
    #[serde(default)]
    pub(crate) again: String,
    /// The entries of the list of known failures that are not so any more.
    #[serde(default)]
    pub(crate) stale: Vec<Stale>,
    pub(crate) runs: Vec<Run>,
}

/// The results of one protocol's cases against one target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    pub(crate) protocol: String,
    pub(crate) title: String,
    pub(crate) target: String,
    /// What the target can, of what not every target can.
    #[serde(default)]
    pub(crate) capabilities: Vec<Capability>,
    /// When it began, in UTC.
    #[serde(default)]
    pub(crate) started: String,
    #[serde(rename = "duration_ms", with = "millis")]
    pub(crate) duration: Duration,
    /// Cases that were chosen and not begun, since the run stopped early.
    #[serde(rename = "not_run")]
    pub(crate) left_out: usize,
    /// Why it has not come to its end, but for `--fail-fast`.
    #[serde(default)]
    pub(crate) ended_early: Option<EndedEarly>,
    /// The groups that have ended, in that order.
    #[serde(skip)]
    pub(crate) groups: Vec<String>,
    /// The longest name of a group, in characters.
    #[serde(skip)]
    pub(crate) width: usize,
    #[serde(default)]
    pub(crate) sections: Vec<Covered>,
    pub(crate) cases: Vec<CaseReport>,
}

/// Why a run has not come to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "lowercase")]
pub(crate) enum EndedEarly {
    /// The server is not there any more, or answers no handshake.
    Lost {
        why: String,
        /// The last case in which it was there.
        since: Option<String>,
    },
    /// Whoever has started it wanted it so.
    Interrupted,
}

/// A section of the specification.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Covered {
    pub(crate) key: String,
    pub(crate) text: String,
    /// Why no case can cover it.
    pub(crate) no_case: Option<String>,
    /// A case that ran covers it.
    pub(crate) covered: bool,
}

impl Run {
    /// Of cases that have not begun.
    pub(crate) fn new(protocol: &Protocol, target: String, cases: &[&Case]) -> Self {
        Self {
            protocol: protocol.name.clone(),
            title: protocol.title.clone(),
            target,
            capabilities: Vec::new(),
            started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            duration: Duration::ZERO,
            left_out: 0,
            ended_early: None,
            groups: Vec::new(),
            width: cases.iter().map(|case| case.group().chars().count()).max().unwrap_or_default(),
            sections: Vec::new(),
            cases: Vec::new(),
        }
    }

    /// The cases that were begun, each with its verdict, in the order of their ids.
    pub fn verdicts(&self) -> impl Iterator<Item = (&str, Verdict)> {
        self.cases.iter().map(|case| (case.id.as_str(), case.verdict))
    }

    pub(crate) fn end(&mut self, protocol: &Protocol, left_out: usize, duration: Duration) {
        let prefix = format!("{}:", protocol.name);
        let ran = self.cases.iter().filter(|case| !matches!(case.verdict, Verdict::Skip | Verdict::Error));
        let keys: BTreeSet<&str> =
            ran.flat_map(|case| &case.spec).filter_map(|key| key.strip_prefix(&prefix)).collect();
        let sections = protocol.sections.iter().map(|section| Covered {
            key: section.key.clone(),
            text: section.text.clone(),
            no_case: section.no_case.clone(),
            covered: keys.contains(section.key.as_str()),
        });
        self.sections = sections.collect();
        (self.left_out, self.duration) = (left_out, duration);
    }

    /// How many section keys the cases that ran cover, and how many there are that a case can cover.
    pub(crate) fn coverage(&self) -> (usize, usize) {
        let coverable = self.sections.iter().filter(|section| section.no_case.is_none());
        coverable.fold((0, 0), |(covered, all), section| (covered + usize::from(section.covered), all + 1))
    }
}

/// The result of one case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CaseReport {
    pub(crate) id: String,
    #[serde(skip)]
    pub(crate) group: String,
    /// Why the last handshake of the case has found nobody, if it has not.
    #[serde(skip)]
    pub(crate) unreachable: Option<String>,
    pub(crate) title: String,
    pub(crate) level: Level,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) source: Option<String>,
    pub(crate) spec: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) hazard: Hazard,
    #[serde(rename = "file")]
    pub(crate) path: String,
    pub(crate) verdict: Verdict,
    /// The names of the outcomes that were taken where several are accepted.
    pub(crate) outcomes: Vec<String>,
    /// Why it was skipped, or could not be judged.
    pub(crate) reason: Option<String>,
    /// What the list of known failures says of it.
    #[serde(default)]
    pub(crate) listed: Option<Listed>,
    /// What it was skipped for.
    #[serde(rename = "wants", default)]
    pub(crate) obstacles: Vec<Obstacle>,
    /// Whether anything in it can bring more than a remark.
    #[serde(default)]
    pub(crate) can_fail: bool,
    pub(crate) failure: Option<Failure>,
    /// How often it was played.
    #[serde(default)]
    pub(crate) attempts: u32,
    #[serde(rename = "duration_ms", with = "millis")]
    pub(crate) duration: Duration,
    pub(crate) transcript: Vec<Entry>,
}

/// An entry of the list of known failures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) reason: String,
    pub(crate) link: Option<String>,
}

/// The expectation that ended a case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// The number of the step from 1; 0 is the opening of the connections.
    pub(crate) step: usize,
    pub(crate) steps: usize,
    pub(crate) line: usize,
    pub(crate) note: Option<String>,
    pub(crate) level: Level,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) source: Option<String>,
    #[serde(rename = "after_ms", with = "millis")]
    pub(crate) after: Duration,
    pub(crate) expected: String,
    pub(crate) received: String,
    pub(crate) differences: Vec<Mismatch>,
}

impl CaseReport {
    /// Of a case that has not begun.
    pub(crate) fn new(case: &Case) -> Self {
        Self {
            id: case.id.clone(),
            group: case.group().to_owned(),
            unreachable: None,
            title: case.title.clone(),
            level: case.grade.level,
            evidence: case.grade.evidence.clone(),
            source: case.grade.source.clone(),
            spec: case.spec.clone(),
            tags: case.tags.clone(),
            hazard: case.hazard,
            path: case.path.clone(),
            verdict: Verdict::Pass,
            outcomes: Vec::new(),
            reason: None,
            listed: None,
            obstacles: Vec::new(),
            can_fail: case.can_fail(),
            failure: None,
            attempts: 0,
            duration: Duration::ZERO,
            transcript: Vec::new(),
        }
    }

    /// What weighs: the expectation that ended it, or else the case.
    pub(crate) fn grade(&self) -> (Level, &[Evidence]) {
        match &self.failure {
            Some(failure) => (failure.level, &failure.evidence),
            None => (self.level, &self.evidence),
        }
    }

    /// Cuts out all secrets, and then what is too long.
    pub(crate) fn redact(&mut self, redactor: &Redactor) {
        self.change_texts(|text| clip(&redactor.text(text), CLIP));
    }

    /// Changes every text that others may have written.
    pub(crate) fn change_texts(&mut self, change: impl Fn(&str) -> String) {
        let clean = |text: &mut String| *text = change(text);
        self.reason.iter_mut().for_each(clean);
        self.transcript.iter_mut().for_each(|entry| clean(&mut entry.text));
        if let Some(failure) = &mut self.failure {
            clean(&mut failure.expected);
            clean(&mut failure.received);
            for difference in &mut failure.differences {
                clean(&mut difference.pointer);
                clean(&mut difference.expected);
                clean(&mut difference.got);
            }
        }
    }
}

impl Report {
    /// Of all runs of one command.
    pub fn new(runs: Vec<Run>, bar: Bar) -> Self {
        Self { bar, again: String::new(), stale: Vec::new(), runs }
    }

    /// With the command that plays cases again, without the choice of them.
    #[must_use]
    pub fn again(mut self, command: impl Into<String>) -> Self {
        self.again = command.into();
        self
    }

    /// What the text report of it wants, where nothing else is said.
    pub fn text_options(&self, verbosity: u8) -> TextOptions {
        TextOptions { verbosity, quiet: false, again: self.again.clone() }
    }

    /// Finds out which entries of the list by which it was judged are not so any more.
    #[must_use]
    pub fn listed(mut self, known: &Known, suite: &Suite) -> Self {
        self.stale = known.stale(suite, &self);
        self
    }

    pub(crate) fn cases(&self) -> impl Iterator<Item = &CaseReport> {
        self.runs.iter().flat_map(|run| &run.cases)
    }

    /// How often each verdict was given.
    pub fn counts(&self) -> BTreeMap<Verdict, usize> {
        let mut counts = BTreeMap::new();
        self.cases().for_each(|case| *counts.entry(case.verdict).or_default() += 1);
        counts
    }

    /// The exit code of the command: 130 if it was interrupted, 3 if a server was lost on the way, 6 if a case could not be judged, 1 if one is not good enough, 4 if none was
    /// played, or none of those that can fail though some were chosen, 5 if the list of known failures says what is not so any
    /// more, else 0.
    pub fn exit_code(&self) -> u8 {
        let has = |wanted: &dyn Fn(&CaseReport) -> bool| self.cases().any(wanted);
        let skipped = |case: &CaseReport| case.verdict == Verdict::Skip;
        let early: Vec<&EndedEarly> = self.runs.iter().filter_map(|run| run.ended_early.as_ref()).collect();
        if early.contains(&&EndedEarly::Interrupted) {
            130
        } else if !early.is_empty() {
            3
        } else if has(&|case| case.verdict == Verdict::Error) {
            6
        } else if !has(&|case| !skipped(case)) {
            4
        } else if has(&|case| case.verdict.is_bad(self.bar)) {
            1
        } else if has(&|case| case.can_fail) && !has(&|case| case.can_fail && !skipped(case)) {
            4
        } else if !self.stale.is_empty() {
            5
        } else {
            0
        }
    }
}

/// Spans as whole milliseconds.
mod millis {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
