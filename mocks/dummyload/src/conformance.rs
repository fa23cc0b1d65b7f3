//! `dummyload conformance`.

mod browse;
mod client;
mod compare;
mod known;
mod mutants;
mod reports;
mod suite;
mod target;
mod tell;

use crate::clock::Clock;
use crate::exit::{self, Failure};
use crate::protocols;
use anstream::ColorChoice;
use clap::{ArgAction, Subcommand, ValueEnum};
use dummyload_conformance::{Bar, Case, Protocol, Report, Run, RunOptions, Stopper, Target, TextOptions};
use dummyload_host::Mock;
use known::KnownArgs;
use reports::{Kind, parse_report, quietly, to_stdout};
use std::path::PathBuf;
use std::process::ExitCode;
pub(crate) use suite::CARRIED;
use suite::{Choose, Role};
use target::TargetArgs;
pub(crate) use target::{pair, resolved};
use tell::Tell;

const HELP: &str = "Examples:
  dummyload conformance                              our own mocks, which this program starts itself
  dummyload conformance --filter pishock/v2/ping -vv some cases, with all that was sent and received
  dummyload conformance --server ws://127.0.0.1:9000 --protocol pishock --var api_key=@KEY
                                                     a server of yours; the key is in the environment
  dummyload conformance --ready ready.json --protocol shelly
                                                     a mock that is running, by the file of serve --ready-file
  dummyload conformance --protocol shelly --client 'python my_client.py {url}'
                                                     a client of yours, by what it sends
  dummyload conformance --protocol shelly --adapter 'node my_adapter.mjs'
                                                     the same, driven by JSON lines: docs/conformance/clients.md
  dummyload conformance list --role client           the cases for clients
  dummyload conformance --more my-cases              with cases of yours besides
  dummyload conformance show pishock                 what a server of yours needs for all cases
  dummyload conformance list --tag smoke             the cases, and what they show
  dummyload conformance show pishock/v2/ping/pong    one case
  dummyload conformance lint --cases fixtures        whether the files of the cases are sound
  dummyload conformance export > cases.json          all cases in one file, for a runner of yours
  dummyload conformance --report json=new.json --report html=report.html
                                                     with reports for programs and for a browser
  dummyload conformance diff old.json new.json       what has changed since
  dummyload conformance mutants                      whether the cases notice defects

Cases are described in docs/conformance.md. What acts on a body, on hardware or in public is skipped unless allowed.

Exit codes:
  0  every case that was played is good enough
  1  a case failed; with --fail-on, --strict, or for our own mocks: one was not good enough
  2  the command line or a case file is wrong
  3  the server cannot be reached, or was lost on the way
  4  no case was chosen, or none that can fail was played
  5  all is well but the list of known failures: it has entries that are not so any more
  6  a case could not be judged: the fault is on the suite's side, or the case is wrong
  130  interrupted: the reports have what was judged by then";

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = HELP)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge a server (the same as without a subcommand)
    #[command(after_help = HELP)]
    Run(Box<RunArgs>),
    /// List cases
    List(browse::ListArgs),
    /// Show one case and the sections it covers, or what the cases of a protocol need
    Show(browse::ShowArgs),
    /// Say what is not right in the files of the cases
    Lint(browse::LintArgs),
    /// Write all cases for servers as one JSON file, for runners in other languages
    Export(browse::ExportArgs),
    /// Make other reports of a report in JSON
    Report(reports::ReportArgs),
    /// Say what has changed from one report in JSON to another
    Diff(compare::DiffArgs),
    /// Say which deliberate defects of our own mocks the cases notice
    Mutants(mutants::MutantsArgs),
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    #[command(flatten)]
    choose: Choose,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    client: client::ClientArgs,
    /// The mildest verdict that is not good enough: fail, non-strict, info or skip
    #[arg(long, value_name = "VERDICT", default_value_t, help_heading = "Judging")]
    fail_on: Bar,
    /// Only a pass is good enough, as with --fail-on skip. Always on for our own mocks
    #[arg(long, conflicts_with = "fail_on", help_heading = "Judging")]
    strict: bool,
    /// Wait this many times longer for everything
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Judging")]
    slow: u32,
    #[command(flatten)]
    known: KnownArgs,
    /// Stop after the first case that is not good enough
    #[arg(long, help_heading = "Judging")]
    fail_fast: bool,
    /// Where reports go: text=FILE, html=FILE, json=FILE, junit=FILE, tap=FILE, markdown=FILE; `-` is standard output
    /// [default: text=-]
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

pub(crate) async fn run(args: Args) -> ExitCode {
    let done = match args.command {
        None => judge(&args.run).await,
        Some(Command::Run(run)) => judge(&run).await,
        Some(Command::List(list)) => browse::list(&list),
        Some(Command::Show(show)) => browse::show(&show),
        Some(Command::Lint(lint)) => browse::lint(&lint),
        Some(Command::Export(export)) => browse::export(&export),
        Some(Command::Report(report)) => reports::report(&report),
        Some(Command::Diff(diff)) => compare::diff(&diff),
        Some(Command::Mutants(mutants)) => mutants::judge(&mutants).await,
    };
    done.unwrap_or_else(|Failure(code, text)| exit::with(code, text))
}

async fn judge(args: &RunArgs) -> Result<ExitCode, Failure> {
    let suite = args.choose.load()?;
    let known = args.known.read()?;
    let program = args.client.program();
    let role = if program.is_some() { Role::Client } else { Role::Server };
    let cases = args.choose.select(&suite, role)?;
    if let Some(twice) = reports::twice(&args.report) {
        return Err(Failure(exit::USAGE, twice));
    }
    let files = args.report.iter().filter(|report| !to_stdout(report)).map(|(_, file)| file);
    files.chain(args.known.written()).try_for_each(|file| reports::try_out(file))?;
    let own = !args.target.is_named() && program.is_none();
    let mut options = RunOptions::default();
    let bar = if own { Bar::Skip } else { args.bar() };
    (options.slow, options.fail_fast, options.bar) = (args.slow, args.fail_fast, bar);
    options.known = known;
    tokio::spawn(stop_when_interrupted(options.stop.clone()));
    let named = if own { None } else { Some(args.choose.only_protocol(&suite)?) };
    let text = args.text_options(named);
    let mut tell = Tell::new(args.color.into(), text.clone(), args.tells_text());
    let mut runs = Vec::new();
    match (named, &program) {
        (Some(protocol), Some(program)) => {
            runs.push(client::judge(args, program, protocol, &cases, &options.known, &options.stop, &mut tell).await?);
        }
        (Some(protocol), None) => {
            let target = args.target.target(protocol)?;
            runs.push(play(protocol, &cases, &target, &options, &mut tell).await?);
        }
        (None, _) => {}
    }
    for mocked in protocols::ALL.iter().filter(|_| own) {
        let chosen = cases.iter().any(|case| case.protocol() == mocked.name);
        if let Some(protocol) = suite.protocol(mocked.name).filter(|_| chosen) {
            let (mock, target) = own_mock(protocol, mocked).await?;
            runs.push(play(protocol, &cases, &target, &options, &mut tell).await?);
            mock.stop().await;
        }
        if options.stop.is_stopped() {
            break;
        }
    }
    let report = Report::new(runs, options.bar).again(&text.again).listed(&options.known, &suite);
    let written = quietly(tell.end(&report)).and_then(|()| reports::write(&report, &args.report, &text, true));
    written.map_err(|e| Failure(exit::CANNOT, format!("a report cannot be written: {e}")))?;
    args.known.write(&options.known, &report)?;
    Ok(ExitCode::from(report.exit_code()))
}

/// Ends the run with a report of what was judged by then; whoever cannot wait for that asks twice.
async fn stop_when_interrupted(stop: Stopper) {
    interrupted().await;
    stop.stop();
    interrupted().await;
    std::process::exit(exit::INTERRUPTED.into());
}

/// Completes when the process is asked to end.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}

/// A mock of our own on a free port, with a time that moves only when it is told to.
async fn own_mock(protocol: &Protocol, mocked: &protocols::Protocol) -> Result<(Mock, Target), Failure> {
    let failed = |what| Failure(exit::CANNOT, what);
    let started = start_own(mocked, true).await.map_err(failed)?;
    let target = target::own(protocol, &started).map_err(failed)?;
    Ok((started.mock, target))
}

/// Starts a mock with its demo world on a free port.
async fn start_own(mocked: &protocols::Protocol, is_virtual: bool) -> Result<protocols::Started, String> {
    let failed = |what: String| format!("our own mock of {mocked:?} does not start: {what}");
    let start = protocols::Start {
        address: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
        seed: 0,
        clock: Clock { is_virtual, start: None },
        data: None,
        admin_token: None,
        world: (mocked.read_world)(mocked.demo_world).map_err(failed)?,
        tls: None,
    };
    (mocked.start)(start).await.map_err(|e| failed(e.to_string()))
}

async fn play(
    protocol: &Protocol,
    cases: &[&Case],
    target: &Target,
    options: &RunOptions,
    tell: &mut Tell,
) -> Result<Run, Failure> {
    let run = dummyload_conformance::run(protocol, cases, target, options, |progress| tell.progress(progress)).await;
    tell.clear();
    let run = run.map_err(|e| {
        let advice = "is the server running, and is this its address? Nothing was judged";
        Failure(exit::CANNOT, format!("{e}; {advice}"))
    })?;
    tell.tail(&run);
    Ok(run)
}

impl RunArgs {
    fn bar(&self) -> Bar {
        if self.strict { Bar::Skip } else { self.fail_on }
    }

    fn text_options(&self, protocol: Option<&Protocol>) -> TextOptions {
        let mut again = vec!["dummyload conformance".to_owned()];
        again.extend(self.choose.again());
        again.extend(self.target.again(protocol));
        again.extend(self.known.again());
        again.extend(self.client.again());
        again.extend((self.slow > 1).then(|| format!("--slow {}", self.slow)));
        let mut options = TextOptions::default();
        (options.verbosity, options.quiet, options.again) = (self.verbose, self.quiet, again.join(" "));
        options
    }

    /// Whether the text report goes to standard output.
    fn tells_text(&self) -> bool {
        let mut reports = self.report.iter();
        reports.all(|report| report.0 != Kind::Text && !to_stdout(report))
            || self.report.iter().any(|report| report.0 == Kind::Text && to_stdout(report))
    }
}
