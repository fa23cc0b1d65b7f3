//! The report as JSON. Its shape is described in `docs/conformance.md`, and has a version.

use super::{CaseReport, Failure, Report, Run};
use crate::verdict::Verdict;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The version of the shape: raised when a member changes its meaning or goes.
const VERSION: u32 = 1;

impl Report {
    /// As JSON, secrets cut out.
    pub fn to_json(&self) -> Value {
        json!({
            "version": VERSION,
            "suite": env!("CARGO_PKG_VERSION"),
            "strict": self.strict,
            "exit_code": self.exit_code(),
            "counts": counts(self.cases()),
            "runs": self.runs.iter().map(run).collect::<Vec<_>>(),
        })
    }
}

fn counts<'a>(cases: impl Iterator<Item = &'a CaseReport>) -> Value {
    let mut counts: Map<String, Value> = Verdict::all().map(|verdict| (verdict.to_string(), 0.into())).collect();
    for case in cases {
        if let Some(count) = counts.get_mut(&case.verdict.to_string()) {
            *count = (count.as_u64().unwrap_or_default() + 1).into();
        }
    }
    counts.into()
}

fn run(run: &Run) -> Value {
    json!({
        "protocol": run.protocol,
        "title": run.title,
        "target": run.target,
        "duration_ms": millis(run.duration),
        "counts": counts(run.cases.iter()),
        "not_run": run.left_out,
        "coverage": {"covered": run.covered, "sections": run.sections},
        "cases": run.cases.iter().map(case).collect::<Vec<_>>(),
    })
}

fn case(case: &CaseReport) -> Value {
    json!({
        "id": case.id,
        "title": case.title,
        "level": case.level,
        "evidence": case.evidence,
        "source": case.source,
        "spec": case.spec,
        "tags": case.tags,
        "hazard": case.hazard,
        "file": case.path,
        "verdict": case.verdict,
        "outcomes": case.outcomes,
        "reason": case.reason,
        "failure": case.failure.as_ref().map(failure),
        "duration_ms": millis(case.duration),
        "transcript": case.transcript,
    })
}

fn failure(failure: &Failure) -> Value {
    json!({
        "step": failure.step,
        "steps": failure.steps,
        "line": failure.line,
        "note": failure.note,
        "level": failure.level,
        "evidence": failure.evidence,
        "source": failure.source,
        "after_ms": millis(failure.after),
        "expected": failure.expected,
        "received": failure.received,
        "differences": failure.differences,
    })
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
