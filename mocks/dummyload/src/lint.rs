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

\"dossier 4.1\" in a finding is section 4.1 of docs/protocols/PROTOCOL.md of this project.

Exit codes:
  0  every message is as the documents show it, but for white space and other spellings of the same (level info)
  1  something was found: a warning or an error
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
    /// Messages, each on one line; `-` is standard input
    #[arg(default_value = "-")]
    file: PathBuf,
}

pub(crate) fn run(args: &Args) -> ExitCode {
    let dialects = args.protocol.dialects;
    let dialect = args.dialect.as_deref().unwrap_or(dialects[0]);
    if !dialects.contains(&dialect) {
        let known = dialects.join(", ");
        return exit::with(
            exit::USAGE,
            format_args!("--dialect {dialect}: there is no such dialect of {:?}, only {known}", args.protocol),
        );
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
    let (mut messages, mut serious, mut unreadable) = (0_u64, false, false);
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
        messages += 1;
        serious |= findings.iter().any(|finding| finding.level != "info");
        unreadable |= findings.iter().any(|finding| finding.kind == "not-a-message");
        for finding in &findings {
            let shown = if args.json { as_json(&mut out, number, finding) } else { as_text(&mut out, number, finding) };
            match shown {
                Ok(()) => {}
                // Whoever closed the pipe has seen that there is something.
                Err(e) if e.kind() == io::ErrorKind::BrokenPipe && serious => return exit::FOUND.into(),
                Err(e) => return exit::after(Err(e)),
            }
        }
    }
    if messages == 0 {
        exit::note("0 messages: the input is empty");
    }
    if unreadable {
        exit::note("each line is taken for a message; bring one that runs over several lines on one, as jq -c . does");
    }
    if serious { exit::FOUND.into() } else { ExitCode::SUCCESS }
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
    // A message is on one line here, so only its column tells anything.
    let text = text.replace(" at line 1 column ", " at column ");
    writeln!(out, "line {line}: {style}{level}{style:#}: {place}: {text} [{kind}]")
}
