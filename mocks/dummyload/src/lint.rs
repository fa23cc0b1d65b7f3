//! `dummyload lint`.

use crate::exit;
use crate::protocols::{self, Finding, Protocol, Side};
use anstyle::{AnsiColor, Style};
use serde_json::json;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  echo '{\"Operation\":\"ping\"}' | dummyload lint pishock
  dummyload lint pishock --dialect v1 --from server replies.txt
  dummyload lint pishock --json capture.ndjson | jq -r .kind | sort | uniq -c

Exit codes:
  0  every message is as the documents show it
  1  something was found
  2  the command line is wrong
  3  the file cannot be read")]
pub(crate) struct Args {
    /// The protocol
    #[arg(value_parser = protocols::parser())]
    protocol: &'static Protocol,
    /// The form of the messages; for pishock v2 or v1 [default: the newest]
    #[arg(long)]
    dialect: Option<String>,
    /// Who has sent the messages
    #[arg(long, value_enum, default_value = "client")]
    from: Side,
    /// One JSON object for each finding, instead of text
    #[arg(long)]
    json: bool,
    /// Messages, one a line; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let dialects = args.protocol.dialects;
    let dialect = args.dialect.as_deref().unwrap_or(dialects[0]);
    if !dialects.contains(&dialect) {
        let known = dialects.join(", ");
        return exit::with(exit::USAGE, format_args!("--dialect {dialect}: {:?} has {known}", args.protocol));
    }
    let input: Box<dyn BufRead> = if args.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        match File::open(&args.file) {
            Ok(file) => Box::new(BufReader::new(file)),
            Err(e) => return exit::with(exit::CANNOT, format_args!("{} cannot be read: {e}", args.file.display())),
        }
    };
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let mut count = 0;
    for (number, line) in (1..).zip(input.split(b'\n')) {
        let line = match line {
            Ok(line) => line,
            Err(e) => return exit::with(exit::CANNOT, format_args!("{} cannot be read: {e}", args.file.display())),
        };
        let findings = match std::str::from_utf8(line.trim_ascii()) {
            Ok("") => continue,
            Ok(message) => (args.protocol.lint)(dialect, args.from, message),
            Err(e) => vec![Finding {
                pointer: String::new(),
                level: "error",
                kind: "not-utf-8",
                text: format!("a text message is UTF-8, and this is none: {e}"),
            }],
        };
        count += findings.len();
        for finding in &findings {
            let shown = if args.json { as_json(&mut out, number, finding) } else { as_text(&mut out, number, finding) };
            if let Err(e) = shown {
                // Whoever closed the pipe has seen that there is something.
                return if e.kind() == io::ErrorKind::BrokenPipe { exit::FOUND.into() } else { exit::after(Err(e)) };
            }
        }
    }
    if count == 0 { ExitCode::SUCCESS } else { exit::FOUND.into() }
}

fn as_json(out: &mut impl Write, line: u64, finding: &Finding) -> io::Result<()> {
    let Finding { pointer, level, kind, text } = finding;
    writeln!(out, "{}", json!({"line": line, "pointer": pointer, "level": level, "kind": kind, "text": text}))
}

fn as_text(out: &mut impl Write, line: u64, finding: &Finding) -> io::Result<()> {
    let Finding { pointer, level, kind, text } = finding;
    let style = match *level {
        "error" => AnsiColor::Red.on_default().bold(),
        "warning" => AnsiColor::Yellow.on_default().bold(),
        _ => Style::new().bold(),
    };
    let place = if pointer.is_empty() { "the message" } else { pointer };
    writeln!(out, "line {line}: {style}{level}{style:#}: {place}: {text} [{kind}]")
}
