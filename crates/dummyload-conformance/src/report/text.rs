//! The report for people: groups in one line each, what is not good at length.

use super::{CaseReport, Failure, Report, Run};
use crate::transcript::clip;
use crate::verdict::Verdict;
use anstyle::{AnsiColor, Style};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

/// How much the text report tells.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TextOptions {
    /// 0: what is not good; 1: also what passed and was skipped; 2: transcripts too.
    pub verbosity: u8,
    /// Nothing but the last line.
    pub quiet: bool,
    /// The command that runs one case again, up to its id.
    pub again: String,
}

/// The most differences that are listed.
const DIFFERENCES: usize = 12;

fn style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::Skip => AnsiColor::BrightBlack,
        Verdict::Info => AnsiColor::Cyan,
        Verdict::NonStrict => AnsiColor::Yellow,
        Verdict::Fail | Verdict::Error => AnsiColor::Red,
    };
    color.on_default()
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✔",
        Verdict::Skip => "-",
        Verdict::Info => "i",
        Verdict::NonStrict => "~",
        Verdict::Fail => "✘",
        Verdict::Error => "!",
    }
}

impl Report {
    /// For people. Colours are ANSI sequences: hand in a stream that drops them where they are not wanted.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_text(&self, out: &mut dyn Write, options: &TextOptions) -> io::Result<()> {
        for run in self.runs.iter().filter(|_| !options.quiet) {
            self.run(out, run, options)?;
        }
        let all = self.cases().count();
        write!(out, "{all} {}: {}", if all == 1 { "case" } else { "cases" }, self.summary())?;
        let (covered, sections) = self.runs.iter().fold((0, 0), |(c, s), run| (c + run.covered, s + run.sections));
        let duration: Duration = self.runs.iter().map(|run| run.duration).sum();
        writeln!(out, " · {:.1} s · coverage {covered}/{sections} section keys", duration.as_secs_f64())?;
        let code = self.exit_code();
        let (word, verdict) = match code {
            0 => ("PASS", Verdict::Pass),
            4 => ("NOTHING RUN", Verdict::NonStrict),
            6 => ("ERROR", Verdict::Error),
            _ => ("FAIL", Verdict::Fail),
        };
        let style = style(verdict).bold();
        writeln!(out, "{style}{word}{style:#}  (exit {code}{})", if self.strict { ", strict" } else { "" })
    }

    fn summary(&self) -> String {
        let words = |verdict| match verdict {
            Verdict::Pass => "passed",
            Verdict::Skip => "skipped",
            Verdict::Info => "info",
            Verdict::NonStrict => "non-strict",
            Verdict::Fail => "failed",
            Verdict::Error => "not judged",
        };
        let counts = self.counts();
        let list: Vec<String> = counts.iter().map(|(verdict, count)| format!("{count} {}", words(*verdict))).collect();
        if list.is_empty() { "none".into() } else { list.join(", ") }
    }

    fn run(&self, out: &mut dyn Write, run: &Run, options: &TextOptions) -> io::Result<()> {
        let bold = Style::new().bold();
        let version = env!("CARGO_PKG_VERSION");
        writeln!(out, "{bold}conformance {version} · {} · {}{bold:#}", run.title, run.target)?;
        let mut groups: BTreeMap<&str, Vec<&CaseReport>> = BTreeMap::new();
        run.cases.iter().for_each(|case| groups.entry(&case.group).or_default().push(case));
        let width = groups.keys().map(|group| group.chars().count()).max().unwrap_or_default();
        for (group, cases) in groups {
            write!(out, "  {group:<width$} ")?;
            for verdict in Verdict::all() {
                let count = cases.iter().filter(|case| case.verdict == verdict).count();
                if count > 0 {
                    let style = style(verdict);
                    write!(out, "  {style}{count} {}{style:#}", sign(verdict))?;
                }
            }
            writeln!(out)?;
            for case in cases {
                if options.verbosity > 0 || !matches!(case.verdict, Verdict::Pass | Verdict::Skip) {
                    self.case(out, case, options)?;
                }
            }
        }
        if options.verbosity == 0 {
            skips(out, run)?;
        }
        if run.left_out > 0 {
            writeln!(out, "  {} more not run, since one was not good enough", run.left_out)?;
        }
        Ok(())
    }

    fn case(&self, out: &mut dyn Write, case: &CaseReport, options: &TextOptions) -> io::Result<()> {
        let (style, dim) = (style(case.verdict), Style::new().dimmed());
        let (level, evidence) = match &case.failure {
            Some(failure) => (failure.level, &failure.evidence),
            None => (case.level, &case.evidence),
        };
        let evidence: Vec<String> = evidence.iter().map(ToString::to_string).collect();
        let level = level.to_string().to_uppercase();
        write!(out, "    {style}{}{style:#} {}", sign(case.verdict), case.id)?;
        write!(out, "  {level} {dim}[{}]{dim:#}", evidence.join(", "))?;
        if !case.outcomes.is_empty() {
            write!(out, "  {}", case.outcomes.join(", "))?;
        }
        writeln!(out)?;
        if let Some(reason) = &case.reason {
            writeln!(out, "      {reason}")?;
        }
        if let Some(failure) = &case.failure {
            explain(out, case, failure)?;
        }
        if options.verbosity > 1 {
            for entry in &case.transcript {
                let (t, arrow) = (entry.t, entry.direction.arrow());
                let text = clip(&entry.text, 400);
                writeln!(out, "      {dim}{t:>6} ms {} {arrow} {:<7} {text}{dim:#}", entry.conn, entry.kind)?;
            }
        }
        if (case.failure.is_some() || case.verdict == Verdict::Error) && !options.again.is_empty() {
            writeln!(out, "      again:  {} --filter {} -vv", options.again, case.id)?;
        }
        Ok(())
    }
}

fn explain(out: &mut dyn Write, case: &CaseReport, failure: &Failure) -> io::Result<()> {
    writeln!(out, "      {}", case.title)?;
    let source = failure.source.as_ref().map_or_else(String::new, |source| format!("  ({source})"));
    writeln!(out, "      {}{source}", case.spec.join(" "))?;
    let place = match failure.step {
        0 => "before the first step".to_owned(),
        step => format!("step {step} of {}, {}:{}", failure.steps, case.path, failure.line),
    };
    writeln!(out, "      {place}, after {} ms", failure.after.as_millis())?;
    if let Some(note) = &failure.note {
        writeln!(out, "      {note}")?;
    }
    writeln!(out, "        expected  {}", clip(&failure.expected, 600))?;
    writeln!(out, "        received  {}", clip(&failure.received, 600))?;
    for difference in failure.differences.iter().take(DIFFERENCES) {
        let pointer = if difference.pointer.is_empty() { "the whole" } else { &difference.pointer };
        writeln!(out, "          {pointer}  expected {}, got {}", difference.expected, difference.got)?;
    }
    match failure.differences.len().checked_sub(DIFFERENCES) {
        Some(more) if more > 0 => writeln!(out, "          and {more} differences more"),
        _ => Ok(()),
    }
}

/// The reasons for skipping, each once.
fn skips(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for case in run.cases.iter().filter(|case| case.verdict == Verdict::Skip) {
        *reasons.entry(case.reason.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let style = style(Verdict::Skip);
    for (reason, count) in reasons {
        writeln!(out, "  {style}{count} skipped: {reason}{style:#}")?;
    }
    Ok(())
}
