//! Looking at the cases: list, show, lint.

use super::Failure;
use super::suite::{Choose, Files};
use crate::exit;
use anstyle::Style;
use dummyload_conformance::Case;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    choose: Choose,
    /// As a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    files: Files,
    /// The case, as `dummyload conformance list` names it
    id: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    #[command(flatten)]
    files: Files,
}

pub(super) fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    let suite = args.choose.load()?;
    let cases = suite.select(&args.choose.filter());
    if cases.is_empty() {
        return Err(Failure(exit::NOTHING, "no case is chosen by this".into()));
    }
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    if args.json {
        let list: Vec<Value> = cases.iter().map(|case| as_json(case)).collect();
        return Ok(exit::after(writeln!(out, "{:#}", Value::from(list))));
    }
    let width = cases.iter().map(|case| case.id().len()).max().unwrap_or_default();
    let dim = Style::new().dimmed();
    let mut lines = cases.iter().map(|case| {
        let (id, level, hazard, title) = (case.id(), case.level(), case.hazard(), case.title());
        writeln!(out, "{id:<width$}  {level:<6} {hazard:<8}  {dim}{title}{dim:#}")
    });
    Ok(exit::after(lines.by_ref().collect()))
}

fn as_json(case: &Case) -> Value {
    json!({
        "id": case.id(), "title": case.title(), "level": case.level(), "evidence": case.evidence(),
        "spec": case.spec(), "tags": case.tags(), "hazard": case.hazard(), "file": case.path(),
    })
}

pub(super) fn show(args: &ShowArgs) -> Result<ExitCode, Failure> {
    let suite = args.files.load()?;
    let Some(case) = suite.case(&args.id) else {
        let ids = suite.cases().iter().map(|case| (strsim::jaro_winkler(&args.id, case.id()), case.id()));
        let near = ids.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, id)| format!("; did you mean {id}?"));
        let near = near.unwrap_or_default();
        return Err(Failure(exit::USAGE, format!("there is no case {}{near}", args.id)));
    };
    let files = args.files.files()?;
    let text = files.iter().find(|(path, _)| path == case.path()).map_or("", |(_, text)| text);
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let bold = Style::new().bold();
    let mut write = || {
        writeln!(out, "{bold}{}{bold:#}  ({})\n", case.id(), case.path())?;
        for key in case.spec() {
            let section = suite.protocol(case.protocol()).and_then(|protocol| protocol.section(key));
            writeln!(out, "{key}\n    {}", section.unwrap_or("(not described)"))?;
        }
        writeln!(out, "\n{}", text.trim_end())
    };
    Ok(exit::after(write()))
}

pub(super) fn lint(args: &LintArgs) -> Result<ExitCode, Failure> {
    let suite = args.files.load()?;
    let findings = suite.lint();
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let mut write = || {
        findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
        writeln!(out, "{} cases, {} findings", suite.cases().len(), findings.len())
    };
    let written = exit::after(write());
    Ok(if findings.is_empty() { written } else { exit::FOUND.into() })
}
