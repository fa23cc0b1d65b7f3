//! `dummyload conformance mutants`: whether the cases notice defects.

mod matrix;

use super::suite::Files;
use super::{Failure, start_own, target};
use crate::exit;
use crate::mutants::{Mutant, Mutants};
use crate::protocols::{self, Protocol, Started};
use dummyload_conformance::{Bar, Case, Filter, Progress, RunOptions, Suite, Target, Verdict, glob, run};
use matrix::{Kill, Matrix, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How many mocks are played against at once, for each processor: much of a case is waiting.
const PLACES: usize = 12;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dummyload conformance mutants                            all mutants of all protocols
  dummyload conformance mutants shelly --mutant '*token*'  some of them
  dummyload conformance mutants --matrix matrix.md --matrix matrix.json
  dummyload serve shelly --mutant help                     what they are, and one of them to try out

docs/mutants.md describes them.

Exit codes:
  0  every mutant is killed, and every case kills one or is listed with a reason
  1  a mutant lives; a case kills none, or is listed and does kill; something on the page of --check is not so
  2  the command line or a file is wrong
  3  a mock does not start, or a file cannot be written
  4  there is no such mutant, or no such case
  6  a case does not pass even without a defect: nothing can be said of mutants")]
pub(super) struct MutantsArgs {
    /// The protocols [default: all]
    #[arg(value_name = "PROTOCOL", value_parser = protocols::parser())]
    protocols: Vec<&'static Protocol>,
    #[command(flatten)]
    files: Files,
    /// Only these mutants, by name or a pattern with * and ?; then nothing is said of cases that kill none
    #[arg(long, value_name = "GLOB")]
    mutant: Vec<String>,
    /// Only these cases, as for `dummyload conformance`; then nothing is said of mutants that live
    #[arg(long, value_name = "GLOB")]
    filter: Vec<String>,
    /// Write which case kills which mutant: a page if the name ends with .md, else JSON
    #[arg(long, value_name = "FILE")]
    matrix: Vec<PathBuf>,
    /// A page that --matrix has written: say what of it is not so any more
    #[arg(long, value_name = "FILE", conflicts_with_all = ["mutant", "filter"])]
    check: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// What is played for one protocol.
struct Stage {
    suite: Suite,
    protocol: &'static Protocol,
    /// The ids of the cases.
    cases: BTreeSet<String>,
    mutants: Mutants,
    shared: Arc<Shared>,
}

/// What all protocols share.
struct Shared {
    places: Semaphore,
    done: AtomicUsize,
    total: usize,
}

pub(super) async fn judge(args: &MutantsArgs) -> Result<ExitCode, Failure> {
    let mut running = JoinSet::new();
    for (at, stage) in args.stages()?.into_iter().enumerate() {
        running.spawn(async move { (at, all(Arc::new(stage)).await) });
    }
    let mut matrices = BTreeMap::new();
    while let Some(ended) = running.join_next().await {
        let (at, matrix) = ended.map_err(|e| Failure(exit::SUITE, e.to_string()))?;
        matrices.insert(at, matrix?);
    }
    let matrices: Vec<Matrix> = matrices.into_values().collect();
    line("");
    for file in &args.matrix {
        let page = file.extension().is_some_and(|extension| extension == "md");
        let content = if page { matrix::page(&matrices) } else { format!("{:#}\n", matrix::json(&matrices)) };
        fs::write(file, content).map_err(|e| Failure(exit::CANNOT, format!("{}: {e}", file.display())))?;
    }
    let mut complaints: Vec<String> = matrices.iter().flat_map(|matrix| args.complaints(matrix)).collect();
    if let Some(file) = &args.check {
        let name = file.display();
        let page = fs::read_to_string(file).map_err(|e| Failure(exit::CANNOT, format!("{name}: {e}")))?;
        let untrue = matrices.iter().flat_map(|matrix| matrix.untrue(&page));
        complaints.extend(untrue.map(|what| format!("{name}: {what}; write it anew with --matrix")));
    }
    let told = if args.json {
        format!("{:#}\n", matrix::json(&matrices))
    } else {
        matrices.iter().map(Matrix::text).chain(complaints.iter().map(|what| format!("{what}\n"))).collect()
    };
    let written = exit::after(io::stdout().write_all(told.as_bytes()));
    Ok(if complaints.is_empty() { written } else { exit::FOUND.into() })
}

impl MutantsArgs {
    fn stages(&self) -> Result<Vec<Stage>, Failure> {
        let suite = self.files.load()?;
        let files = self.files.files()?;
        let mut filter = Filter::default();
        filter.ids.clone_from(&self.filter);
        let wanted = |protocol: &&Protocol| {
            self.protocols.is_empty() || self.protocols.iter().any(|named| named.name == protocol.name)
        };
        let mut chosen = Vec::new();
        for protocol in protocols::ALL.iter().filter(wanted) {
            let path = format!("{}/mutants.toml", protocol.name);
            let Some(text) = files.get(path.as_str()) else { continue };
            let mut mutants = Mutants::parse(&path, text).map_err(|e| Failure(exit::USAGE, e))?;
            let named = |mutant: &Mutant| self.mutant.iter().any(|pattern| glob(pattern, &mutant.name));
            mutants.list.retain(|mutant| self.mutant.is_empty() || named(mutant));
            let cases = suite.select(&filter).into_iter().filter(|case| case.protocol() == protocol.name);
            let cases: BTreeSet<String> = cases.map(|case| case.id().to_owned()).collect();
            if !mutants.list.is_empty() && !cases.is_empty() {
                chosen.push((protocol, cases, mutants));
            }
        }
        if chosen.is_empty() {
            return Err(Failure(exit::NOTHING, "there is no such mutant, or no such case".into()));
        }
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        let shared = Arc::new(Shared {
            places: Semaphore::new(processors * PLACES),
            done: AtomicUsize::new(0),
            total: chosen.iter().map(|(_, _, mutants)| mutants.list.len()).sum(),
        });
        let stage = |(protocol, cases, mutants)| {
            let (suite, shared) = (suite.clone(), Arc::clone(&shared));
            Stage { suite, protocol, cases, mutants, shared }
        };
        Ok(chosen.into_iter().map(stage).collect())
    }

    /// What is not as it should be. Of a choice no more is said than can be known.
    fn complaints(&self, matrix: &Matrix) -> Vec<String> {
        let alive = if self.filter.is_empty() { matrix.alive() } else { Vec::new() };
        let idle = if self.filter.is_empty() && self.mutant.is_empty() { matrix.idle() } else { Vec::new() };
        [alive, idle].concat()
    }
}

/// All mutants of one protocol.
async fn all(stage: Arc<Stage>) -> Result<Matrix, Failure> {
    let touched = touched(&stage).await?;
    let mut running = JoinSet::new();
    for (at, cases) in touched.into_iter().enumerate() {
        let stage = Arc::clone(&stage);
        running.spawn(async move { (at, hunt(&stage, &stage.mutants.list[at], &cases).await) });
    }
    let mut rows = BTreeMap::new();
    while let Some(ended) = running.join_next().await {
        let (at, row) = ended.map_err(|e| Failure(exit::SUITE, e.to_string()))?;
        rows.insert(at, row?);
        let done = stage.shared.done.fetch_add(1, Ordering::Relaxed) + 1;
        line(&format!("[{done}/{}] mutants", stage.shared.total));
    }
    let name = stage.protocol.name;
    Ok(Matrix {
        protocol: name,
        title: stage.suite.protocol(name).map_or(name, |protocol| protocol.title()).to_owned(),
        cases: stage.cases.clone(),
        rows: rows.into_values().collect(),
        listed: stage.mutants.kills_none.clone(),
    })
}

/// The cases in which the rules of each mutant would strike anything, seen in a run without defects. In all others a mutant
/// behaves as the mock does, so they need not be played against it.
async fn touched(stage: &Stage) -> Result<Vec<BTreeSet<String>>, Failure> {
    let (protocol, mutants) = (stage.protocol()?, &stage.mutants.list);
    let _place = stage.shared.places.acquire().await;
    let (started, target) = stage.start().await?;
    let mut counts = Vec::new();
    for mutant in mutants {
        let rules = mutant.rules(&started.demo).map_err(|e| stage.wrong(mutant, e))?;
        counts.push(rules.len());
        for rule in rules {
            started.mock.fault(rule.watching()).map_err(|e| stage.wrong(mutant, e))?;
        }
    }
    let mock = started.mock;
    let mut touched = vec![BTreeSet::new(); mutants.len()];
    let mut playing: Option<String> = None;
    let mut count = |ended: Option<String>| {
        let Some(case) = ended else { return };
        let mut struck = mock.struck().into_iter();
        for (rules, touched) in counts.iter().zip(&mut touched) {
            // Every rule is taken from the list, whether or not one before it has struck.
            let strikes = struck.by_ref().take(*rules).filter(|(_, times)| *times > 0).count();
            if strikes > 0 {
                touched.insert(case.clone());
            }
        }
    };
    let (cases, options) = (stage.chosen(&stage.cases), options());
    let sound = run(protocol, &cases, &target, &options, |progress| {
        if let Progress::Case { done, total, case } = progress {
            // The counts of the case before it still stand: a reset comes after this.
            count(playing.replace(case.id().to_owned()));
            line(&format!("[{}/{total}] {} without a defect", done + 1, stage.protocol.name));
        }
    });
    let sound = sound.await.map_err(|e| Failure(exit::CANNOT, e.to_string()))?;
    count(playing);
    mock.stop().await;
    let bad: Vec<&str> = sound.verdicts().filter(|(_, verdict)| *verdict != Verdict::Pass).map(|(id, _)| id).collect();
    if bad.is_empty() {
        return Ok(touched);
    }
    let what = format!(
        "without a defect these do not pass, so nothing can be said of mutants: {}; `dummyload conformance` tells more",
        bad.join(", ")
    );
    Err(Failure(exit::SUITE, what))
}

/// Plays cases against one mutant.
async fn hunt(stage: &Stage, mutant: &Mutant, cases: &BTreeSet<String>) -> Result<Row, Failure> {
    let protocol = stage.protocol()?;
    let _place = stage.shared.places.acquire().await;
    let (started, target) = stage.start().await?;
    mutant.infect(&started).map_err(|e| stage.wrong(mutant, e))?;
    let cases = stage.chosen(cases);
    let played = run(protocol, &cases, &target, &options(), |_| {}).await;
    let played = played.map_err(|e| Failure(exit::CANNOT, format!("{}: {e}", mutant.name)))?;
    started.mock.stop().await;
    let verdicts = || played.verdicts();
    let is_kill = |verdict: Verdict| !matches!(verdict, Verdict::Pass | Verdict::Skip | Verdict::Error);
    let kills = verdicts().filter(|(_, verdict)| is_kill(*verdict));
    let kills = kills.map(|(case, verdict)| Kill { case: case.to_owned(), verdict }).collect();
    let errors = verdicts().filter(|(_, verdict)| *verdict == Verdict::Error).map(|(case, _)| case.to_owned());
    Ok(Row { mutant: mutant.clone(), played: cases.len(), kills, errors: errors.collect() })
}

/// A recommendation that is not kept is a defect that was noticed, as for our own mocks everywhere.
fn options() -> RunOptions {
    let mut options = RunOptions::default();
    options.bar = Bar::Skip;
    options
}

impl Stage {
    fn protocol(&self) -> Result<&dummyload_conformance::Protocol, Failure> {
        let none = || Failure(exit::USAGE, format!("there are no cases for {}", self.protocol.name));
        self.suite.protocol(self.protocol.name).ok_or_else(none)
    }

    async fn start(&self) -> Result<(Started, Target), Failure> {
        let failed = |what| Failure(exit::CANNOT, what);
        let started = start_own(self.protocol, true).await.map_err(failed)?;
        let target = target::own(self.protocol()?, &started).map_err(failed)?;
        Ok((started, target))
    }

    fn wrong(&self, mutant: &Mutant, what: impl Display) -> Failure {
        Failure(exit::USAGE, format!("{:?}: {}: {what}", self.protocol, mutant.name))
    }

    fn chosen(&self, ids: &BTreeSet<String>) -> Vec<&Case> {
        self.suite.cases().iter().filter(|case| ids.contains(case.id())).collect()
    }
}

/// A line on a terminal that the next one writes over.
fn line(text: &str) {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r\x1b[K{text}");
    }
}
