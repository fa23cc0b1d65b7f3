//! The report as Markdown: a summary for the page of a CI run.

use super::text::cases;
use super::{CaseReport, Report};
use crate::transcript::clip;
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The most cases that are told at length: pages of CI runs are bounded.
const TOLD: usize = 100;

impl Report {
    /// As Markdown, secrets cut out.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.markdown(&mut text);
        text
    }

    fn markdown(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "# Conformance: {} (exit {}{})\n", self.word(), self.exit_code(), self.judged_by())?;
        let verdicts: Vec<Verdict> = self.counts().into_keys().collect();
        let names: Vec<String> = verdicts.iter().map(ToString::to_string).collect();
        writeln!(out, "| Protocol | Target | {} | Coverage |", names.join(" | "))?;
        writeln!(out, "| --- | --- | {}--- |", "---: | ".repeat(names.len()))?;
        for run in &self.runs {
            let count =
                |verdict: &Verdict| run.cases.iter().filter(|case| case.verdict == *verdict).count().to_string();
            let counts: Vec<String> = verdicts.iter().map(count).collect();
            let (covered, sections) = run.coverage();
            let target = code(&run.target);
            writeln!(out, "| {} | {target} | {} | {covered}/{sections} |", inline(&run.title), counts.join(" | "))?;
        }
        for (run, each) in self.runs.iter().flat_map(|run| run.capabilities.iter().map(move |each| (run, each))) {
            if each.found.probe.is_some() {
                let has = if each.found.has { "has" } else { "lacks" };
                writeln!(out, "\n{} {has} {}: {}", inline(&run.title), code(&each.name), inline(&each.found.why))?;
            }
        }
        let groups = [
            ("Not good enough", self.chosen(|case| case.verdict.is_bad(self.bar) && case.verdict != Verdict::Skip)),
            ("Worth a look", self.chosen(|case| !case.verdict.is_bad(self.bar) && case.verdict.is_miss())),
            ("Flaky", self.chosen(|case| case.verdict == Verdict::Flaky)),
            ("Known", self.chosen(|case| case.verdict == Verdict::Known)),
        ];
        for (title, cases) in groups.iter().filter(|(_, cases)| !cases.is_empty()) {
            writeln!(out, "\n## {title}: {}\n", cases.len())?;
            cases.iter().take(TOLD).try_for_each(|case| told(out, case))?;
            if cases.len() > TOLD {
                writeln!(out, "\n… and {} more; the other reports have them all.", cases.len() - TOLD)?;
            }
        }
        if !self.stale.is_empty() {
            writeln!(out, "\n## Stale entries of the list: {}\n", self.stale.len())?;
        }
        for stale in &self.stale {
            writeln!(out, "- {} is listed, but {}", code(&stale.id), stale.why)?;
        }
        self.outcomes(out)?;
        self.skips(out)?;
        if self.again.is_empty() {
            Ok(())
        } else {
            writeln!(out, "\nOne of them again:\n\n```sh\n{} -vv --filter ID\n```", self.again)
        }
    }

    fn chosen(&self, choose: impl Fn(&CaseReport) -> bool) -> Vec<&CaseReport> {
        self.cases().filter(|case| choose(case)).collect()
    }

    /// What was seen where several outcomes are accepted.
    fn outcomes(&self, out: &mut String) -> fmt::Result {
        let seen = self.chosen(|case| !case.outcomes.is_empty());
        if seen.is_empty() {
            return Ok(());
        }
        let title = format!("What was seen where several outcomes are accepted: {}", cases(seen.len()));
        writeln!(out, "\n<details><summary>{title}</summary>\n\n| Case | Outcome |\n| --- | --- |")?;
        for case in &seen {
            writeln!(out, "| {} | {} |", code(&case.id), inline(&case.outcomes.join(", then ")))?;
        }
        writeln!(out, "\n</details>")
    }

    fn skips(&self, out: &mut String) -> fmt::Result {
        let mut wanted: BTreeMap<&crate::target::Obstacle, usize> = BTreeMap::new();
        self.cases().flat_map(|case| &case.obstacles).for_each(|want| *wanted.entry(want).or_default() += 1);
        if !wanted.is_empty() {
            writeln!(out, "\n## Skipped, and what would help\n\n| Option | For | Cases |\n| --- | --- | ---: |")?;
        }
        for (want, count) in wanted {
            let option = want.option.as_ref().map_or_else(|| "(nothing)".into(), |option| code(option));
            writeln!(out, "| {option} | {} | {count} |", inline(&want.why))?;
        }
        Ok(())
    }
}

fn told(out: &mut String, case: &CaseReport) -> fmt::Result {
    let case = &case.printable();
    let (level, evidence) = case.grade();
    let evidence: Vec<String> = evidence.iter().map(ToString::to_string).collect();
    // Within these elements Markdown is not read.
    let (verdict, title) = (case.verdict, html(&case.title));
    writeln!(out, "<details><summary><b>{verdict}</b> <code>{}</code> {title}</summary>\n", html(&case.id))?;
    writeln!(out, "- {level} [{}], {}", evidence.join(", "), inline(&case.spec.join(" ")))?;
    if let Some(listed) = &case.listed {
        writeln!(out, "- listed: {} {}", inline(&listed.reason), inline(listed.link.as_deref().unwrap_or_default()))?;
    }
    if !case.outcomes.is_empty() {
        writeln!(out, "- outcome: {}", inline(&case.outcomes.join(", then ")))?;
    }
    if let Some(reason) = &case.reason {
        writeln!(out, "- {}", inline(reason))?;
    }
    if let Some(failure) = &case.failure {
        writeln!(
            out,
            "- step {} of {}, {}",
            failure.step,
            failure.steps,
            code(&format!("{}:{}", case.path, failure.line))
        )?;
        let mut text =
            format!("expected  {}\nreceived  {}", clip(&failure.expected, 600), clip(&failure.received, 600));
        for difference in failure.differences.iter().take(12) {
            let pointer = if difference.pointer.is_empty() { "the whole" } else { &difference.pointer };
            write!(text, "\n  {pointer}  expected {}, got {}", difference.expected, difference.got)?;
        }
        let fence = "`".repeat(longest_run(&text).max(2) + 1);
        writeln!(out, "\n{fence}text\n{text}\n{fence}")?;
    }
    writeln!(out, "\n</details>\n")
}

/// Text that stays text: nothing in it is markup, and it stays in its cell of a table.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for c in html(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => out.extend(['\\', c]),
            '\n' | '\r' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text in a code span, also in a table.
fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    format!("{fence} {} {fence}", text.replace('|', "\\|").replace(['\n', '\r'], " "))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}
