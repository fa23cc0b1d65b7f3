//! What has changed from one report to another.

use super::{Failure, reports};
use crate::exit;
use anstyle::{AnsiColor, Style};
use dummyload_conformance::{Change, Diff};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Ends with 1 when a case ended worse than before, else with 0.")]
pub(super) struct DiffArgs {
    /// The earlier report, in JSON
    old: PathBuf,
    /// The later one
    new: PathBuf,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn diff(args: &DiffArgs) -> Result<ExitCode, Failure> {
    let diff = Diff::new(&reports::read(&args.old)?, &reports::read(&args.new)?);
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let written = if args.json { writeln!(out, "{:#}", diff.to_json()) } else { tell(&mut out, &diff) };
    let written = exit::after(written);
    Ok(if diff.worse.is_empty() { written } else { exit::FOUND.into() })
}

fn tell(out: &mut dyn Write, diff: &Diff) -> io::Result<()> {
    for (name, list) in diff.lists() {
        let style = match name {
            "worse" => AnsiColor::Red.on_default(),
            "fixed" => AnsiColor::Green.on_default(),
            _ => Style::new(),
        };
        if !list.is_empty() {
            writeln!(out, "{style}{name}{style:#}")?;
        }
        for Change { id, old, new, .. } in list {
            let how = match (old, new) {
                (Some(old), Some(new)) => format!("{old} -> {new}"),
                (verdict, None) | (None, verdict) => verdict.map_or_else(String::new, |verdict| verdict.to_string()),
            };
            writeln!(out, "  {id}  {how}")?;
        }
    }
    let counts: Vec<String> = diff.lists().iter().map(|(name, list)| format!("{} {name}", list.len())).collect();
    writeln!(out, "{}", counts.join(", "))
}
