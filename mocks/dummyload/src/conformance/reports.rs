//! Reports: where they go, and others made of one in JSON.

use super::{Color, Failure};
use crate::exit;
use anstream::AutoStream;
use clap::ArgAction;
use dummyload_conformance::{Report, TextOptions};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Html,
    Json,
    Junit,
    Tap,
    Markdown,
}

pub(super) fn parse_report(text: &str) -> Result<(Kind, PathBuf), String> {
    let wrong = || {
        let kinds = "text=FILE, html=FILE, json=FILE, junit=FILE, tap=FILE or markdown=FILE";
        format!("write {kinds}; the file `-` is standard output")
    };
    let (kind, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or_else(wrong)?;
    let kind = match kind {
        "text" => Kind::Text,
        "html" => Kind::Html,
        "json" => Kind::Json,
        "junit" => Kind::Junit,
        "tap" => Kind::Tap,
        "markdown" | "md" => Kind::Markdown,
        _ => return Err(wrong()),
    };
    Ok((kind, file.into()))
}

pub(super) fn to_stdout((_, file): &(Kind, PathBuf)) -> bool {
    file.as_os_str() == "-"
}

/// Makes sure that a file can be written before anything is judged, since nobody wants to learn that after minutes.
///
/// # Errors
/// Why it cannot.
pub(super) fn try_out(file: &Path) -> Result<(), Failure> {
    let tried = fs::OpenOptions::new().append(true).create(true).open(file);
    let told = |e| Failure(exit::CANNOT, format!("{} cannot be written: {e}; nothing was judged", file.display()));
    tried.map(drop).map_err(told)
}

/// The mistake of two reports that go to the same place.
pub(super) fn twice(reports: &[(Kind, PathBuf)]) -> Option<String> {
    let again = |(n, (_, file)): &(usize, &(Kind, PathBuf))| reports[..*n].iter().any(|(_, other)| other == file);
    let (_, (_, file)) = reports.iter().enumerate().find(again)?;
    Some(format!("--report: two reports go to {}; give each a file of its own", file.display()))
}

/// Writes all reports; `told`: the text on standard output has been told already.
pub(super) fn write(report: &Report, reports: &[(Kind, PathBuf)], options: &TextOptions, told: bool) -> io::Result<()> {
    let mut failed = Ok(());
    for one in reports {
        let content = match one.0 {
            Kind::Text if told && to_stdout(one) => continue,
            Kind::Text => {
                let mut plain = anstream::StripStream::new(Vec::new());
                report.write_text(&mut plain, options)?;
                plain.into_inner()
            }
            Kind::Html => report.to_html().into_bytes(),
            Kind::Json => format!("{:#}\n", report.to_json()).into_bytes(),
            Kind::Junit => report.to_junit().map_err(io::Error::other)?.into_bytes(),
            Kind::Tap => report.to_tap().into_bytes(),
            Kind::Markdown => report.to_markdown().into_bytes(),
        };
        if to_stdout(one) {
            quietly(io::stdout().write_all(&content))?;
        } else {
            let written = fs::write(&one.1, content);
            // The others need not suffer from it.
            failed = failed.and(written.map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", one.1.display()))));
        }
    }
    failed
}

/// A reader that has seen enough and closed the pipe is no error.
pub(super) fn quietly(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|e| if e.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(e) })
}

#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// A report that `--report json=FILE` has written; `-` is standard input
    file: PathBuf,
    /// The reports to make of it, as for a run [default: text=-]
    #[arg(long, value_name = "KIND=FILE", value_parser = parse_report)]
    report: Vec<(Kind, PathBuf)>,
    /// Tell more: -v what passed and was skipped, -vv also all that was sent and received
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    /// Whether to use colour
    #[arg(long, value_enum, default_value = "auto")]
    color: Color,
}

/// # Errors
/// When it cannot be read, or is no report.
pub(super) fn read(file: &Path) -> Result<Report, Failure> {
    let text = if file.as_os_str() == "-" { io::read_to_string(io::stdin()) } else { fs::read_to_string(file) };
    let text = text.map_err(|e| Failure(exit::CANNOT, format!("{}: {e}", file.display())))?;
    Report::from_json(&text).map_err(|e| Failure(exit::USAGE, format!("{}: {e}", file.display())))
}

pub(super) fn report(args: &ReportArgs) -> Result<ExitCode, Failure> {
    let report = read(&args.file)?;
    let options = report.text_options(args.verbose);
    let written = if args.report.is_empty() {
        report.write_text(&mut AutoStream::new(io::stdout().lock(), args.color.into()), &options)
    } else {
        write(&report, &args.report, &options, false)
    };
    Ok(exit::after(written))
}
