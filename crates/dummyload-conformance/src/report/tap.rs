//! The report as TAP, version 14.

use super::{CaseReport, Report};
use crate::verdict::{Bar, Verdict};
use std::fmt::Write;

impl Report {
    /// As TAP, secrets cut out. What is known to fail is a TODO, which harnesses count as fine.
    pub fn to_tap(&self) -> String {
        let mut text = format!("TAP version 14\n1..{}\n", self.cases().count());
        for (n, case) in self.cases().enumerate() {
            // Writing to a string does not fail.
            let _ = test(&mut text, n + 1, case, self.bar);
        }
        for stale in &self.stale {
            let _ = writeln!(text, "# stale: {} is listed, but {}", stale.id, stale.why);
        }
        text
    }
}

fn test(out: &mut String, n: usize, case: &CaseReport, bar: Bar) -> std::fmt::Result {
    let case = &case.printable();
    let known = case.verdict == Verdict::Known;
    let ok = if case.verdict.is_bad(bar) || known { "not ok" } else { "ok" };
    let reason = |text: &Option<String>| escaped(text.as_deref().unwrap_or_default());
    let directive = match case.verdict {
        Verdict::Known => format!(" # TODO {}", escaped(case.listed.as_ref().map_or("", |listed| &listed.reason))),
        Verdict::Skip if bar < Bar::Skip => format!(" # SKIP {}", reason(&case.reason)),
        _ => String::new(),
    };
    writeln!(out, "{ok} {n} - {} {}{directive}", escaped(&case.id), escaped(&case.title))?;
    if case.verdict == Verdict::Pass && case.outcomes.is_empty() {
        return Ok(());
    }
    let (level, evidence) = case.grade();
    let evidence: Vec<String> = evidence.iter().map(ToString::to_string).collect();
    // JSON is YAML, so its strings need no other quoting.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    writeln!(out, "  ---\n  verdict: {}\n  level: {level}", case.verdict)?;
    writeln!(out, "  evidence: [{}]", evidence.join(", "))?;
    if !case.spec.is_empty() {
        writeln!(out, "  spec: [{}]", case.spec.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", "))?;
    }
    if !case.outcomes.is_empty() {
        let outcomes: Vec<String> = case.outcomes.iter().map(|outcome| quoted(outcome)).collect();
        writeln!(out, "  outcomes: [{}]", outcomes.join(", "))?;
    }
    if let Some(reason) = &case.reason {
        writeln!(out, "  message: {}", quoted(reason))?;
    }
    if let Some(failure) = &case.failure {
        let place = format!("{}:{}, step {} of {}", case.path, failure.line, failure.step, failure.steps);
        writeln!(out, "  at: {}", quoted(&place))?;
        writeln!(out, "  expected: {}\n  received: {}", quoted(&failure.expected), quoted(&failure.received))?;
        if !failure.differences.is_empty() {
            writeln!(out, "  differences:")?;
        }
        for difference in &failure.differences {
            let (pointer, expected) = (quoted(&difference.pointer), quoted(&difference.expected));
            writeln!(out, "    - {{at: {pointer}, expected: {expected}, got: {}}}", quoted(&difference.got))?;
        }
    }
    writeln!(out, "  ...")
}

/// A description on one line, in which `#` begins no directive.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").split_whitespace().collect::<Vec<_>>().join(" ")
}
