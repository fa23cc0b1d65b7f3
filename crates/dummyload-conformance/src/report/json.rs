//! The report as JSON. Its shape is described in `docs/conformance.md`, and has a version.

use super::{CaseReport, Report, Run};
use crate::verdict::Verdict;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The version of the shape: raised when a member changes its meaning or goes.
const VERSION: u32 = 1;

impl Report {
    /// As JSON, secrets cut out.
    pub fn to_json(&self) -> Value {
        json!({
            "version": VERSION,
            "suite": env!("CARGO_PKG_VERSION"),
            "fail_on": self.bar,
            "exit_code": self.exit_code(),
            "result": self.word(),
            "counts": counts(self.cases()),
            "again": self.again,
            "stale": self.stale,
            "runs": self.runs.iter().map(run).collect::<Vec<_>>(),
        })
    }

    /// Reads what [`Report::to_json`] has written.
    ///
    /// # Errors
    /// Where it is not so.
    pub fn from_json(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let head: Head = serde_json::from_str(text).map_err(|e| format!("this is no report in JSON: {e}"))?;
        if head.version != VERSION {
            return Err(format!("this is a report of version {}; this program reads version {VERSION}", head.version));
        }
        let mut report: Self = serde_json::from_str(text).map_err(|e| format!("this is no whole report: {e}"))?;
        report.runs.iter_mut().for_each(group);
        Ok(report)
    }
}

/// Puts the cases into their groups.
fn group(run: &mut Run) {
    for case in &mut run.cases {
        case.group = crate::case::group(&run.protocol, &case.id).to_owned();
        if !run.groups.contains(&case.group) {
            run.groups.push(case.group.clone());
        }
    }
    run.width = run.groups.iter().map(|group| group.chars().count()).max().unwrap_or_default();
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
    // Texts and numbers under names: there is nothing that could not be written.
    let mut value = serde_json::to_value(run).unwrap_or_default();
    let (covered, sections) = run.coverage();
    value["counts"] = counts(run.cases.iter());
    value["coverage"] = json!({"covered": covered, "sections": sections});
    value
}
