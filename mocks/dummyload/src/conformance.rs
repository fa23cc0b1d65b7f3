//! `dummyload conformance`.

mod browse;
mod suite;
mod target;

use crate::exit;
use crate::protocols;
use anstream::{AutoStream, ColorChoice};
use clap::{ArgAction, Subcommand, ValueEnum};
use dummyload_conformance::{Progress, Protocol, Report, Run, RunOptions, Suite, Target, TextOptions};
use dummyload_host::Mock;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use suite::Choose;
use target::TargetArgs;

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  dummyload conformance                              our own mocks, which this program starts itself
  dummyload conformance --filter pishock/v2/ping -vv some cases, with all that was sent and received
  dummyload conformance --server ws://127.0.0.1:9000 --protocol pishock --var username=me --var api_key=@KEY
                                                     a server of yours; the key is read from the environment
  dummyload conformance list --tag smoke             the cases, and what they show
  dummyload conformance show pishock/v2/ping/pong    one case
  dummyload conformance lint --cases fixtures        whether the files of the cases are sound

Cases are described in docs/conformance.md. What acts on a body, on hardware or in public is skipped unless allowed.

Exit codes:
  0  every case that was played is good enough
  1  a case failed; with --strict, or for our own mocks: one did not pass
  2  the command line or a case file is wrong
  3  the server cannot be reached: nothing was judged
  4  no case was chosen, or every one was skipped
  6  a case could not be judged: the fault is on the suite's side"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge a server (the same as without a subcommand)
    Run(Box<RunArgs>),
    /// List cases
    List(browse::ListArgs),
    /// Show one case, and the sections it covers
    Show(browse::ShowArgs),
    /// Say what is not right in the files of the cases
    Lint(browse::LintArgs),
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    #[command(flatten)]
    choose: Choose,
    #[command(flatten)]
    target: TargetArgs,
    /// Only a pass is good enough: what is skipped, informative or non-strict fails too. Always on for our own mocks
    #[arg(long, help_heading = "Judging")]
    strict: bool,
    /// Wait this many times longer for everything
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Judging")]
    slow: u32,
    /// Stop after the first case that is not good enough
    #[arg(long, help_heading = "Judging")]
    fail_fast: bool,
    /// Where reports go: text=FILE, json=FILE, junit=FILE; `-` is standard output [default: text=-]
    #[arg(long, value_name = "KIND=FILE", value_parser = parse_report, help_heading = "Reports")]
    report: Vec<(Kind, PathBuf)>,
    /// Tell more: -v what passed and was skipped, -vv also all that was sent and received
    #[arg(short, long, action = ArgAction::Count, help_heading = "Reports")]
    verbose: u8,
    /// Only the result
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Reports")]
    quiet: bool,
    /// Whether to use colour
    #[arg(long, value_enum, default_value = "auto", help_heading = "Reports")]
    color: Color,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Json,
    Junit,
}

fn parse_report(text: &str) -> Result<(Kind, PathBuf), String> {
    let wrong = || "write text=FILE, json=FILE or junit=FILE; the file `-` is standard output".to_owned();
    let (kind, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or_else(wrong)?;
    let kind = match kind {
        "text" => Kind::Text,
        "json" => Kind::Json,
        "junit" => Kind::Junit,
        _ => return Err(wrong()),
    };
    Ok((kind, file.into()))
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    /// On a terminal
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// An exit code, and what to say about it.
struct Failure(u8, String);

pub(crate) async fn run(args: Args) -> ExitCode {
    let done = match args.command {
        None => judge(&args.run).await,
        Some(Command::Run(run)) => judge(&run).await,
        Some(Command::List(list)) => browse::list(&list),
        Some(Command::Show(show)) => browse::show(&show),
        Some(Command::Lint(lint)) => browse::lint(&lint),
    };
    done.unwrap_or_else(|Failure(code, text)| exit::with(code, text))
}

async fn judge(args: &RunArgs) -> Result<ExitCode, Failure> {
    let suite = args.choose.load()?;
    let own = args.target.server.is_none();
    let mut options = RunOptions::default();
    (options.slow, options.fail_fast, options.strict) = (args.slow, args.fail_fast, args.strict || own);
    let mut runs = Vec::new();
    if own {
        for mocked in protocols::ALL.iter().filter(|mocked| args.choose.takes(mocked)) {
            if let Some(protocol) = suite.protocol(mocked.name) {
                let (mock, target) = own_mock(protocol, mocked).await?;
                runs.push(play(&suite, protocol, &target, args, &options).await?);
                mock.stop().await;
            }
        }
    } else {
        let protocol = args.choose.only_protocol(&suite)?;
        let target = args.target.target(protocol)?;
        runs.push(play(&suite, protocol, &target, args, &options).await?);
    }
    let report = Report::new(runs, options.strict);
    let written = write(&report, args).map_err(|e| Failure(exit::CANNOT, format!("a report cannot be written: {e}")));
    written.map(|()| ExitCode::from(report.exit_code()))
}

/// A mock of our own on a free port, with a time that moves only when it is told to.
async fn own_mock(protocol: &Protocol, mocked: &protocols::Protocol) -> Result<(Mock, Target), Failure> {
    let failed = |what: String| Failure(exit::CANNOT, format!("our own mock of {mocked:?} does not start: {what}"));
    let start = protocols::Start {
        address: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
        seed: 0,
        virtual_clock: true,
        admin_token: None,
        world: (mocked.read_world)(mocked.demo_world).map_err(failed)?,
        tls: None,
    };
    let started = (mocked.start)(start).await.map_err(|e| failed(e.to_string()))?;
    let target = target::own(protocol, &started).map_err(failed)?;
    Ok((started.mock, target))
}

async fn play(
    suite: &Suite,
    protocol: &Protocol,
    target: &Target,
    args: &RunArgs,
    options: &RunOptions,
) -> Result<Run, Failure> {
    let cases = suite.select(&args.choose.filter());
    let shown = io::stderr().is_terminal() && !args.quiet;
    let progress = |progress: Progress<'_>| {
        if shown {
            let (done, total, id) = (progress.done + 1, progress.total, progress.case.id());
            // A line that is written over by the next one; nobody misses it if it cannot be written.
            let _ = write!(io::stderr(), "\r\x1b[K[{done}/{total}] {id}");
        }
    };
    let run = dummyload_conformance::run(protocol, &cases, target, options, progress).await;
    if shown {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
    run.map_err(|e| {
        let advice = "is the server running, and is this its address? Nothing was judged";
        Failure(exit::CANNOT, format!("{e}; {advice}"))
    })
}

fn write(report: &Report, args: &RunArgs) -> io::Result<()> {
    let mut options = TextOptions::default();
    (options.verbosity, options.quiet, options.again) = (args.verbose, args.quiet, args.target.again(&args.choose));
    let to_stdout = |(_, file): &(Kind, PathBuf)| file.as_os_str() == "-";
    if !args.report.iter().any(|report| to_stdout(report) || report.0 == Kind::Text) {
        print(report, &options, args.color)?;
    }
    for one in &args.report {
        let content = match one.0 {
            Kind::Text if to_stdout(one) => {
                print(report, &options, args.color)?;
                continue;
            }
            Kind::Text => {
                let mut plain = anstream::StripStream::new(Vec::new());
                report.write_text(&mut plain, &options)?;
                plain.into_inner()
            }
            Kind::Json => format!("{:#}\n", report.to_json()).into_bytes(),
            Kind::Junit => report.to_junit().map_err(io::Error::other)?.into_bytes(),
        };
        if to_stdout(one) {
            quietly(io::stdout().write_all(&content))?;
        } else {
            fs::write(&one.1, content).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", one.1.display())))?;
        }
    }
    Ok(())
}

fn print(report: &Report, options: &TextOptions, color: Color) -> io::Result<()> {
    let mut out = AutoStream::new(io::stdout(), color.into());
    quietly(report.write_text(&mut out, options))
}

/// A reader that has seen enough and closed the pipe is no error.
fn quietly(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|e| if e.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(e) })
}
