//! One line a scenario, and what differs.

use super::known::Judged;
use crate::exit::{self, Failure};
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use dummyload_conformance::replay::{Difference, Scenario};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Stdout, Write};
use std::process::ExitCode;
use std::time::Duration;

/// So many differences of a scenario are shown without `-v`.
const SHOWN: usize = 5;

/// What came of a scenario.
pub(super) struct Verdict {
    name: &'static str,
    /// The reason, or what is wrong.
    note: String,
    differences: Vec<Difference>,
    reordered: usize,
}

impl Verdict {
    pub(super) fn of(judged: Judged) -> Self {
        let (name, note, played, open) = match judged {
            Judged::Agrees(played) => ("agrees", String::new(), Some(played), None),
            Judged::Known(played, reason) => ("known", reason, Some(played), None),
            Judged::Differs(played, open) => ("differs", String::new(), Some(played), Some(open)),
            Judged::Stale(what) => ("stale", what, None, None),
            Judged::Broken(why) => ("broken", why, None, None),
        };
        let (differences, reordered) = match &played {
            Some(played) => (open.unwrap_or_else(|| played.differences().to_vec()), played.reordered()),
            None => (Vec::new(), 0),
        };
        Self { name, note, differences, reordered }
    }

    fn style(&self) -> Style {
        let color = match self.name {
            "agrees" => AnsiColor::Green,
            "known" => AnsiColor::Yellow,
            _ => return AnsiColor::Red.on_default().bold(),
        };
        color.on_default()
    }
}

pub(super) struct Tell {
    out: AutoStream<Stdout>,
    json: bool,
    verbose: bool,
    scenarios: Vec<Value>,
    counts: BTreeMap<&'static str, usize>,
    reordered: usize,
    written: io::Result<()>,
}

impl Tell {
    pub(super) fn new(json: bool, verbose: bool) -> Self {
        let out = AutoStream::new(io::stdout(), ColorChoice::Auto);
        Self { out, json, verbose, scenarios: Vec::new(), counts: BTreeMap::new(), reordered: 0, written: Ok(()) }
    }

    pub(super) fn scenario(&mut self, scenario: &Scenario, verdict: Verdict) {
        *self.counts.entry(verdict.name).or_default() += 1;
        self.reordered += usize::from(verdict.reordered > 0);
        if self.json {
            let differences = verdict.differences.iter().map(
                |difference| json!({ "line": difference.line(), "conn": difference.conn(), "text": difference.text() }),
            );
            let differences: Vec<Value> = differences.collect();
            self.scenarios.push(json!({
                "scenario": scenario.name(), "title": scenario.title(), "verdict": verdict.name, "note": verdict.note,
                "differences": differences, "reordered": verdict.reordered,
            }));
        } else if self.written.is_ok() {
            self.written = self.line(scenario, &verdict);
        }
    }

    fn line(&mut self, scenario: &Scenario, verdict: &Verdict) -> io::Result<()> {
        let style = verdict.style();
        write!(self.out, "{style}{:<8}{style:#} {}", verdict.name, scenario.name())?;
        let count = verdict.differences.len();
        match (verdict.name, count) {
            ("agrees", _) => {}
            ("differs", 1) => write!(self.out, ": 1 difference")?,
            ("differs", _) => write!(self.out, ": {count} differences")?,
            _ => write!(self.out, ": {}", verdict.note)?,
        }
        if self.verbose && verdict.reordered > 0 {
            write!(self.out, " (members in another order in {} messages)", verdict.reordered)?;
        }
        writeln!(self.out)?;
        let shown = match verdict.name {
            "known" if !self.verbose => 0,
            _ if self.verbose => usize::MAX,
            _ => SHOWN,
        };
        for difference in verdict.differences.iter().take(shown) {
            writeln!(self.out, "           {difference}")?;
        }
        if count > shown && shown > 0 {
            writeln!(self.out, "           and {} more; -v shows all", count - shown)?;
        }
        self.out.flush()
    }

    /// # Errors
    /// When something could not be written.
    pub(super) fn end(mut self, took: Duration, missing: &[String]) -> Result<ExitCode, Failure> {
        let count = |name| self.counts.get(name).copied().unwrap_or_default();
        let code = match (count("broken"), count("differs") + count("stale") + missing.len()) {
            (1.., _) => 6,
            (0, 1..) => exit::FOUND,
            (0, 0) => 0,
        };
        let all: usize = self.counts.values().sum();
        let written = if self.json {
            let counts: Value = self.counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
            let report = json!({
                "scenarios": self.scenarios, "counts": counts, "reordered": self.reordered, "not_there": missing,
                "seconds": took.as_secs_f64(), "exit_code": code,
            });
            writeln!(self.out, "{report:#}")
        } else {
            let mut text = format!("{all} scenarios in {:.1} s: {} agree", took.as_secs_f64(), count("agrees"));
            for (name, word) in [("known", "known"), ("differs", "differ"), ("stale", "stale"), ("broken", "broken")] {
                if count(name) > 0 {
                    text += &format!(", {} {word}", count(name));
                }
            }
            if self.reordered > 0 {
                text += &format!("; in {} members come in another order", self.reordered);
            }
            for name in missing {
                text += &format!("\nstale    {name}: it is listed as known, but there is no such scenario");
            }
            writeln!(self.out, "{text}")
        };
        match self.written.and(written).and_then(|()| self.out.flush()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure(exit::CANNOT, format!("the output cannot be written: {e}")))
            }
            _ => Ok(ExitCode::from(code)),
        }
    }
}
