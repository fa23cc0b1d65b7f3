//! Looking at the cases: list, show, lint, export.

use super::Failure;
use super::suite::{Choose, Files, Role};
use crate::exit;
use anstyle::Style;
use dummyload_conformance::{Case, Filter, Protocol, Suite, Target};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    choose: Choose,
    /// The cases that judge a server, or those that judge a client
    #[arg(long, value_enum, default_value = "server")]
    role: Role,
    /// As a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    files: Files,
    /// The case, as `dummyload conformance list` names it, or a protocol
    id: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    #[command(flatten)]
    files: Files,
}

#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    files: Files,
}

pub(super) fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    let suite = args.choose.load()?;
    let cases = args.choose.select(&suite, args.role)?;
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
    if let Some(protocol) = suite.protocol(&args.id) {
        return show_protocol(&suite, protocol);
    }
    let Some(case) = suite.case(&args.id) else {
        return Err(Failure(exit::USAGE, format!("there is no case {}{}", args.id, hint(&suite, &args.id))));
    };
    let files = args.files.files()?;
    let text = files.get(case.path()).map_or("", |text| text);
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

/// What was probably meant: a path with cases below it, a case by its last name, or one that is written nearly so.
fn hint(suite: &Suite, id: &str) -> String {
    let mut below = Filter::default();
    below.ids = vec![id.to_owned()];
    match suite.select(&below).len() {
        0 => {}
        count => return format!("; `dummyload conformance list --filter {id}` tells the {} below it", cases(count)),
    }
    let near = |other: &str| strsim::normalized_damerau_levenshtein(id, other);
    let ids = suite.cases().iter().chain(suite.clients()).map(Case::id);
    let meant = |other: &&str| other.rsplit('/').next() == Some(id) || near(other) > 0.8;
    let best = ids.filter(meant).max_by(|a, b| near(a).total_cmp(&near(b)));
    best.map_or_else(|| "; `dummyload conformance list` tells all".into(), |id| format!("; did you mean {id}?"))
}

fn cases(count: usize) -> String {
    if count == 1 { "1 case".into() } else { format!("{count} cases") }
}

/// What the command line has to say about a server for its cases to be played, and for how many.
fn show_protocol(suite: &Suite, protocol: &Protocol) -> Result<ExitCode, Failure> {
    let all = suite.cases().iter().filter(|case| case.protocol() == protocol.name());
    let nothing_given = Target::new("ws://127.0.0.1").map_err(|e| Failure(exit::CANNOT, e))?;
    let mut wanted: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut count = 0;
    for case in all {
        count += 1;
        nothing_given.wants(protocol, case).into_iter().for_each(|want| *wanted.entry(want).or_default() += 1);
    }
    let defaults: Vec<(String, &str)> = protocol
        .variables()
        .iter()
        .filter_map(|variable| Some((format!("--var {}={}", variable.name(), variable.default()?), variable.help())))
        .collect();
    let options = wanted.keys().map(|(option, _)| option).chain(defaults.iter().map(|(option, _)| option));
    // One long default must not push the explanations of all others off the screen.
    let width = options.map(|option| option.chars().count()).filter(|width| *width <= 40).max().unwrap_or_default();
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let bold = Style::new().bold();
    let mut write = || {
        writeln!(out, "{bold}{}{bold:#}  {}, {}\n", protocol.name(), protocol.title(), cases(count))?;
        writeln!(out, "What some cases want to know about a server, or to be allowed:")?;
        for ((option, why), count) in &wanted {
            writeln!(out, "  {option:<width$}  {why} ({})", cases(*count))?;
        }
        if !defaults.is_empty() {
            writeln!(out, "\nWhat need not be given:")?;
        }
        defaults.iter().try_for_each(|(option, why)| writeln!(out, "  {option:<width$}  {why}"))?;
        let clients = suite.clients().iter().filter(|case| case.protocol() == protocol.name()).count();
        if clients == 0 {
            return Ok(());
        }
        writeln!(out, "\nWhat adapters of clients can offer, for the {} for clients:", cases(clients))?;
        let width = protocol.ops().map(|(op, _)| op.len()).max().unwrap_or_default();
        protocol.ops().try_for_each(|(op, help)| writeln!(out, "  {op:<width$}  {help}"))
    };
    Ok(exit::after(write()))
}

pub(super) fn lint(args: &LintArgs) -> Result<ExitCode, Failure> {
    let suite = args.files.load_to_lint()?;
    let findings = suite.lint();
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let mut write = || {
        findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
        let found = if findings.len() == 1 { "finding" } else { "findings" };
        writeln!(out, "{}, {} {found}", cases(suite.cases().len() + suite.clients().len()), findings.len())
    };
    let written = exit::after(write());
    Ok(if findings.is_empty() { written } else { exit::FOUND.into() })
}

pub(super) fn export(args: &ExportArgs) -> Result<ExitCode, Failure> {
    let bundle = args.files.load()?.to_bundle();
    Ok(exit::after(writeln!(io::stdout().lock(), "{bundle:#}")))
}
