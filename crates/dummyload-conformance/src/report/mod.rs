//! What a run has found.

mod json;
mod junit;
mod text;

pub use text::TextOptions;

use crate::case::{Case, Hazard};
use crate::matcher::Mismatch;
use crate::redact::Redactor;
use crate::suite::Protocol;
use crate::target::Obstacle;
use crate::transcript::{Entry, clip};
use crate::verdict::{Evidence, Level, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The most characters of one text in a report.
const CLIP: usize = 4000;

/// The results of all runs of one command.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) runs: Vec<Run>,
    pub(crate) strict: bool,
}

/// The results of one protocol's cases against one target.
#[derive(Clone, Debug)]
pub struct Run {
    pub(crate) protocol: String,
    pub(crate) title: String,
    pub(crate) target: String,
    /// Cases that were chosen and not begun, since the run stopped early.
    pub(crate) left_out: usize,
    pub(crate) duration: Duration,
    pub(crate) cases: Vec<CaseReport>,
    /// The groups that have ended, in that order.
    pub(crate) groups: Vec<String>,
    /// The longest name of a group, in characters.
    pub(crate) width: usize,
    /// Section keys that a case that ran covers, and how many there are that a case can cover.
    pub(crate) covered: usize,
    pub(crate) sections: usize,
}

impl Run {
    /// Of cases that have not begun.
    pub(crate) fn new(protocol: &Protocol, target: String, cases: &[&Case]) -> Self {
        Self {
            protocol: protocol.name.clone(),
            title: protocol.title.clone(),
            target,
            left_out: 0,
            duration: Duration::ZERO,
            cases: Vec::new(),
            groups: Vec::new(),
            width: cases.iter().map(|case| case.group().chars().count()).max().unwrap_or_default(),
            covered: 0,
            sections: 0,
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
        let coverable = protocol.sections.iter().filter(|section| section.no_case.is_none());
        let (covered, sections) = coverable.fold((0, 0), |(covered, all), section| {
            (covered + usize::from(keys.contains(section.key.as_str())), all + 1)
        });
        (self.left_out, self.duration, self.covered, self.sections) = (left_out, duration, covered, sections);
    }
}

/// The result of one case.
#[derive(Clone, Debug)]
pub(crate) struct CaseReport {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) title: String,
    pub(crate) level: Level,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) source: Option<String>,
    pub(crate) spec: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) hazard: Hazard,
    pub(crate) path: String,
    pub(crate) verdict: Verdict,
    /// The names of the outcomes that were taken where several are accepted.
    pub(crate) outcomes: Vec<String>,
    /// Why it was skipped, or could not be judged.
    pub(crate) reason: Option<String>,
    /// What it was skipped for.
    pub(crate) obstacles: Vec<Obstacle>,
    /// Whether anything in it can bring more than a remark.
    pub(crate) can_fail: bool,
    pub(crate) failure: Option<Failure>,
    pub(crate) duration: Duration,
    pub(crate) transcript: Vec<Entry>,
}

/// The expectation that ended a case.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The number of the step from 1; 0 is the opening of the connections.
    pub(crate) step: usize,
    pub(crate) steps: usize,
    pub(crate) line: usize,
    pub(crate) note: Option<String>,
    pub(crate) level: Level,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) source: Option<String>,
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
            obstacles: Vec::new(),
            can_fail: case.can_fail(),
            failure: None,
            duration: Duration::ZERO,
            transcript: Vec::new(),
        }
    }

    /// Cuts out all secrets, and then what is too long.
    pub(crate) fn redact(&mut self, redactor: &Redactor) {
        let mut clean = |text: &mut String| *text = clip(&redactor.text(text), CLIP);
        self.reason.iter_mut().for_each(&mut clean);
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
    pub fn new(runs: Vec<Run>, strict: bool) -> Self {
        Self { runs, strict }
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

    /// The exit code of the command: 6 if a case could not be judged, 1 if one is not good enough, 4 if none was
    /// played, or none of those that can fail though some were chosen, else 0.
    pub fn exit_code(&self) -> u8 {
        let has = |wanted: &dyn Fn(&CaseReport) -> bool| self.cases().any(wanted);
        let skipped = |case: &CaseReport| case.verdict == Verdict::Skip;
        if has(&|case| case.verdict == Verdict::Error) {
            6
        } else if !has(&|case| !skipped(case)) {
            4
        } else if has(&|case| case.verdict.is_bad(self.strict)) {
            1
        } else if has(&|case| case.can_fail) && !has(&|case| case.can_fail && !skipped(case)) {
            4
        } else {
            0
        }
    }
}
