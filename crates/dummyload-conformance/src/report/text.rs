//! The report for people: groups in one line each, what is not good at length.

use super::{CaseReport, EndedEarly, Failure, Report, Run};
use crate::target::{Capability, Obstacle};
use crate::transcript::clip;
use crate::verdict::{Bar, Verdict};
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
    /// The command that plays cases again, without the choice of them.
    pub again: String,
}

/// The most differences that are listed.
const DIFFERENCES: usize = 12;

fn style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::Skip => AnsiColor::BrightBlack,
        Verdict::Info => AnsiColor::Cyan,
        Verdict::Known => AnsiColor::BrightBlack,
        Verdict::Flaky | Verdict::NonStrict => AnsiColor::Yellow,
        Verdict::Fail | Verdict::Error => AnsiColor::Red,
    };
    color.on_default()
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✔",
        Verdict::Skip => "-",
        Verdict::Known => "×",
        Verdict::Flaky => "↻",
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
            run.write_head(out)?;
            for group in &run.groups {
                run.write_group(out, group, options)?;
            }
            run.write_tail(out)?;
        }
        self.write_end(out, options)
    }

    /// Only the end of it, for those who have written all runs while they went on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_end(&self, out: &mut dyn Write, options: &TextOptions) -> io::Result<()> {
        if !options.quiet && !options.again.is_empty() && self.cases().any(CaseReport::wants_again) {
            writeln!(out, "  one of them again: {} -vv --filter ID", options.again)?;
        }
        for stale in self.stale.iter().filter(|_| !options.quiet) {
            let style = style(Verdict::NonStrict);
            writeln!(out, "  {style}stale{style:#} {} is listed, but {}: take it off the list", stale.id, stale.why)?;
        }
        write!(out, "{}: {}", cases(self.cases().count()), self.summary())?;
        let coverage = self.runs.iter().map(Run::coverage);
        let (covered, sections) = coverage.fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1));
        let duration: Duration = self.runs.iter().map(|run| run.duration).sum();
        writeln!(out, " · {:.1} s · coverage {covered}/{sections} section keys", duration.as_secs_f64())?;
        let code = self.exit_code();
        let word = self.word();
        let verdict = match code {
            0 if word == "PASS" => Verdict::Pass,
            0 | 4 | 5 => Verdict::NonStrict,
            _ => Verdict::Fail,
        };
        let style = style(verdict).bold();
        writeln!(out, "{style}{word}{style:#}  (exit {code}{})", self.judged_by())
    }

    /// The result in a word or two.
    pub(crate) fn word(&self) -> String {
        let (all, counts) = (self.cases().count(), self.counts());
        let skipped = counts.get(&Verdict::Skip).copied().unwrap_or_default();
        match self.exit_code() {
            0 => {
                let lenient = [Verdict::NonStrict, Verdict::Info]
                    .into_iter()
                    .filter_map(|verdict| counts.get(&verdict).map(|count| format!("{count} {verdict}")));
                let skips = (skipped > 0).then(|| format!("{skipped} of {} skipped", cases(all)));
                let buts: Vec<String> = lenient.chain(skips).collect();
                if buts.is_empty() { "PASS".into() } else { format!("PASS, but {}", buts.join(", ")) }
            }
            4 if skipped == all => "NOTHING RUN".into(),
            4 => "NOTHING RUN THAT CAN FAIL".into(),
            5 => "STALE LIST".into(),
            6 => "ERROR".into(),
            3 => "SERVER LOST".into(),
            130 => "INTERRUPTED".into(),
            _ => "FAIL".into(),
        }
    }

    /// The bar, where it is not the usual one.
    pub(crate) fn judged_by(&self) -> String {
        match self.bar {
            Bar::Fail => String::new(),
            Bar::Skip => ", strict".into(),
            bar => format!(", failing on {bar}"),
        }
    }

    fn summary(&self) -> String {
        let words = |verdict| match verdict {
            Verdict::Pass => "passed",
            Verdict::Skip => "skipped",
            Verdict::Known => "known",
            Verdict::Flaky => "flaky",
            Verdict::Info => "info",
            Verdict::NonStrict => "non-strict",
            Verdict::Fail => "failed",
            Verdict::Error => "not judged",
        };
        let counts = self.counts();
        let list: Vec<String> = counts.iter().map(|(verdict, count)| format!("{count} {}", words(*verdict))).collect();
        if list.is_empty() { "none".into() } else { list.join(", ") }
    }
}

impl Run {
    /// The first line of the report for people: what is judged.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_head(&self, out: &mut dyn Write) -> io::Result<()> {
        let bold = Style::new().bold();
        let version = env!("CARGO_PKG_VERSION");
        writeln!(out, "{bold}conformance {version} · {} · {}{bold:#}", self.title, self.target)?;
        for Capability { name, found, .. } in self.capabilities.iter().filter(|each| each.found.probe.is_some()) {
            writeln!(out, "  {} {name}: {}", if found.has { "has" } else { "lacks" }, found.why)?;
        }
        Ok(())
    }

    /// One group: a line, and what was not good at length.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_group(&self, out: &mut dyn Write, group: &str, options: &TextOptions) -> io::Result<()> {
        let cases: Vec<&CaseReport> = self.cases.iter().filter(|case| case.group == group).collect();
        write!(out, "  {group:<width$} ", width = self.width)?;
        for verdict in Verdict::all() {
            let count = cases.iter().filter(|case| case.verdict == verdict).count();
            if count > 0 {
                let style = style(verdict);
                write!(out, "  {style}{count} {}{style:#}", sign(verdict))?;
            }
        }
        writeln!(out)?;
        for case in cases {
            if options.verbosity > 0 || !matches!(case.verdict, Verdict::Pass | Verdict::Skip | Verdict::Known) {
                case.write(out, options)?;
            }
        }
        Ok(())
    }

    /// What follows the groups: what was left out, and what would let the rest be played.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_tail(&self, out: &mut dyn Write) -> io::Result<()> {
        self.skips(out)?;
        let bold = Style::new().bold();
        match &self.ended_early {
            Some(EndedEarly::Lost { why, since }) => {
                let since = since
                    .as_ref()
                    .map_or_else(String::new, |id| format!(" It was there in {id}, the last case before."));
                writeln!(out, "  {bold}the server is lost: {why}.{since} {} not judged{bold:#}", cases(self.left_out))?;
            }
            Some(EndedEarly::Interrupted) => {
                writeln!(out, "  {bold}interrupted: {} not judged{bold:#}", cases(self.left_out))?;
            }
            None if self.left_out > 0 => {
                writeln!(out, "  {} more not run, since one was not good enough", self.left_out)?;
            }
            None => {}
        }
        Ok(())
    }

    /// All that the skipped cases want, each thing once. Many want several things.
    fn skips(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut wanted: BTreeMap<&Obstacle, usize> = BTreeMap::new();
        self.cases.iter().flat_map(|case| &case.obstacles).for_each(|want| *wanted.entry(want).or_default() += 1);
        if wanted.is_empty() {
            return Ok(());
        }
        let skipped = self.cases.iter().filter(|case| case.verdict == Verdict::Skip).count();
        let style = style(Verdict::Skip);
        writeln!(out, "  {style}{skipped} of {} skipped. More are played with{style:#}", cases(self.cases.len()))?;
        let option = |want: &Obstacle| want.option.clone().unwrap_or_else(|| "(nothing)".into());
        let width = wanted.keys().map(|want| option(want).chars().count()).max().unwrap_or_default();
        for (want, count) in wanted {
            let (option, why) = (option(want), &want.why);
            writeln!(out, "  {style}  {option:<width$}  {why} ({}){style:#}", cases(count))?;
        }
        Ok(())
    }
}

pub(super) fn cases(count: usize) -> String {
    if count == 1 { "1 case".into() } else { format!("{count} cases") }
}

impl CaseReport {
    fn wants_again(&self) -> bool {
        self.verdict.is_miss() && self.failure.is_some() || self.verdict == Verdict::Error
    }

    fn write(&self, out: &mut dyn Write, options: &TextOptions) -> io::Result<()> {
        let case = self.printable();
        case.write_plain(out, options)
    }

    fn write_plain(&self, out: &mut dyn Write, options: &TextOptions) -> io::Result<()> {
        let (style, dim) = (style(self.verdict), Style::new().dimmed());
        let (level, evidence) = self.grade();
        let evidence: Vec<String> = evidence.iter().map(ToString::to_string).collect();
        let level = level.to_string().to_uppercase();
        write!(out, "    {style}{}{style:#} {}", sign(self.verdict), self.id)?;
        writeln!(out, "  {level} {dim}[{}]{dim:#}", evidence.join(", "))?;
        if let Some(reason) = &self.reason {
            writeln!(out, "      {reason}")?;
        }
        if let Some(listed) = &self.listed {
            let link = listed.link.as_ref().map_or_else(String::new, |link| format!("  {link}"));
            writeln!(out, "      listed: {}{link}", listed.reason)?;
        }
        if self.attempts > 1 {
            let end = if self.verdict == Verdict::Flaky { "and passed the last time; before that" } else { "in vain" };
            writeln!(out, "      played {} times, {end}", self.attempts)?;
        }
        let noted = self.failure.is_none() && matches!(self.verdict, Verdict::Info | Verdict::NonStrict);
        match &self.failure {
            Some(failure) => explain(out, self, failure)?,
            None if noted => writeln!(out, "      {}", self.title)?,
            None => {}
        }
        let mut outcomes = self.outcomes.clone();
        outcomes.dedup();
        if !outcomes.is_empty() {
            let remark = if noted { " (accepted, but noted)" } else { "" };
            writeln!(out, "      outcome: {}{remark}", outcomes.join(", then "))?;
        }
        if options.verbosity > 1 {
            for entry in &self.transcript {
                let (t, arrow) = (entry.t, entry.direction.arrow());
                let text = clip(&entry.text, 400);
                writeln!(out, "      {dim}{t:>6} ms {} {arrow} {:<7} {text}{dim:#}", entry.conn, entry.kind)?;
            }
        }
        if self.wants_again() && !options.again.is_empty() {
            writeln!(out, "      again: --filter {}", self.id)?;
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
