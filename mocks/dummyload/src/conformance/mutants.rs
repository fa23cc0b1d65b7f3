//! `dummyload conformance mutants`: whether the cases notice defects.

mod matrix;

use super::suite::Files;
use super::{Failure, own_mock};
use crate::exit;
use crate::mutants::{Mutant, Mutants};
use crate::protocols;
use dummyload_conformance::{Case, Filter, Progress, RunOptions, Suite, Verdict, glob, run};
use matrix::{Kill, Matrix, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  dummyload conformance mutants                                      all mutants of all protocols
  dummyload conformance mutants --protocol shelly --mutant '*token*' some of them
  dummyload conformance mutants --matrix matrix.md --matrix matrix.json
  dummyload serve shelly --mutant help                               what they are, and one of them to try out

docs/mutants.md describes them.

Exit codes:
  0  every mutant is killed, and every case kills one or is listed with a reason
  1  a mutant lives, or a case kills none; or a list says so of a case that does kill
  2  the command line or a file is wrong
  3  a mock does not start, or a file cannot be written
  6  a case does not pass even without a defect: nothing can be said of mutants")]
pub(super) struct MutantsArgs {
    #[command(flatten)]
    files: Files,
    /// The protocol [default: all]
    #[arg(long, value_name = "NAME", value_parser = protocols::parser())]
    protocol: Vec<&'static protocols::Protocol>,
    /// Only these mutants, by name or a pattern with * and ?; then nothing is said of cases that kill none
    #[arg(long, value_name = "GLOB")]
    mutant: Vec<String>,
    /// Only these cases, as for `dummyload conformance`; then nothing is said of mutants that live
    #[arg(long, value_name = "GLOB")]
    filter: Vec<String>,
    /// Write which case kills which mutant: a page if the name ends with .md, else JSON
    #[arg(long, value_name = "FILE")]
    matrix: Vec<PathBuf>,
}

/// What the tasks share.
struct Stage {
    suite: Suite,
    protocol: &'static protocols::Protocol,
    /// The ids of the cases to play.
    cases: BTreeSet<String>,
    places: Arc<Semaphore>,
}

pub(super) async fn judge(args: &MutantsArgs) -> Result<ExitCode, Failure> {
    let suite = args.files.load()?;
    let files = args.files.files()?;
    let places = Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from) + 1));
    let wanted = |protocol: &&protocols::Protocol| {
        args.protocol.is_empty() || args.protocol.iter().any(|named| named.name == protocol.name)
    };
    let mut filter = Filter::default();
    filter.ids.clone_from(&args.filter);
    let mut running = JoinSet::new();
    let mut lists = BTreeMap::new();
    for (at, protocol) in protocols::ALL.iter().enumerate().filter(|(_, protocol)| wanted(protocol)) {
        let path = format!("{}/mutants.toml", protocol.name);
        let Some(text) = files.get(path.as_str()) else { continue };
        let mut mutants = Mutants::parse(&path, text).map_err(|e| Failure(exit::USAGE, e))?;
        mutants
            .list
            .retain(|mutant| args.mutant.is_empty() || args.mutant.iter().any(|pattern| glob(pattern, &mutant.name)));
        let cases = suite.select(&filter).into_iter().filter(|case| case.protocol() == protocol.name);
        let cases: BTreeSet<String> = cases.map(|case| case.id().to_owned()).collect();
        if mutants.list.is_empty() || cases.is_empty() {
            continue;
        }
        let stage = Arc::new(Stage { suite: suite.clone(), protocol, cases, places: Arc::clone(&places) });
        lists.insert(at, (mutants.kills_none, stage.cases.clone()));
        running.spawn(async move { (at, all(stage, mutants.list).await) });
    }
    if running.is_empty() {
        return Err(Failure(exit::NOTHING, "there is no such mutant, or no such case".into()));
    }
    let mut matrices = BTreeMap::new();
    while let Some(ended) = running.join_next().await {
        let (at, rows) = ended.map_err(|e| Failure(exit::CANNOT, e.to_string()))?;
        let Some((listed, cases)) = lists.remove(&at) else { continue };
        let protocol = protocols::ALL[at].name;
        let title = suite.protocol(protocol).map_or(protocol, |protocol| protocol.title()).to_owned();
        matrices.insert(at, Matrix { protocol, title, cases, rows: rows?, listed });
    }
    let matrices: Vec<Matrix> = matrices.into_values().collect();
    for file in &args.matrix {
        let page = file.extension().is_some_and(|extension| extension == "md");
        let content = if page { matrix::page(&matrices) } else { format!("{:#}\n", matrix::json(&matrices)) };
        fs::write(file, content).map_err(|e| Failure(exit::CANNOT, format!("{}: {e}", file.display())))?;
    }
    let mut complaints = Vec::new();
    for matrix in &matrices {
        if args.filter.is_empty() {
            complaints.extend(matrix.alive());
        }
        if args.filter.is_empty() && args.mutant.is_empty() {
            complaints.extend(matrix.idle());
        }
    }
    let told: Vec<String> = matrices.iter().map(Matrix::summary).chain(complaints.iter().cloned()).collect();
    let written = exit::after(writeln!(io::stdout(), "{}", told.join("\n")));
    Ok(if complaints.is_empty() { written } else { exit::FOUND.into() })
}

/// Every mutant of one protocol, in the order of the file.
async fn all(stage: Arc<Stage>, mutants: Vec<Mutant>) -> Result<Vec<Row>, Failure> {
    let touched = touched(&stage, &mutants).await?;
    let mut running = JoinSet::new();
    for (at, (mutant, cases)) in mutants.into_iter().zip(touched).enumerate() {
        let stage = Arc::clone(&stage);
        running.spawn(async move { (at, hunt(&stage, mutant, &cases).await) });
    }
    let mut rows = BTreeMap::new();
    while let Some(ended) = running.join_next().await {
        let (at, row) = ended.map_err(|e| Failure(exit::CANNOT, e.to_string()))?;
        rows.insert(at, row?);
    }
    Ok(rows.into_values().collect())
}

/// The cases in which the rules of each mutant would strike anything, seen in a run without defects. A mutant behaves in
/// all others as the mock does, so they need not be played against it.
async fn touched(stage: &Stage, mutants: &[Mutant]) -> Result<Vec<BTreeSet<String>>, Failure> {
    let Some(protocol) = stage.suite.protocol(stage.protocol.name) else { return Ok(Vec::new()) };
    let _place = stage.places.acquire().await;
    let (mock, target) = own_mock(protocol, stage.protocol).await?;
    for rule in mutants.iter().flat_map(|mutant| &mutant.rules) {
        mock.fault(rule.clone().watching()).map_err(|e| Failure(exit::USAGE, e.to_string()))?;
    }
    let mut touched = vec![BTreeSet::new(); mutants.len()];
    let mut playing: Option<String> = None;
    let mut count = |ended: Option<String>| {
        let Some(case) = ended else { return };
        let mut struck = mock.struck().into_iter();
        for (mutant, touched) in mutants.iter().zip(&mut touched) {
            // Every rule is taken from the list, whether or not one before it has struck.
            let strikes = struck.by_ref().take(mutant.rules.len()).filter(|(_, times)| *times > 0).count();
            if strikes > 0 {
                touched.insert(case.clone());
            }
        }
    };
    let cases = stage.chosen(&stage.cases);
    let total = cases.len();
    let options = options();
    let sound = run(protocol, &cases, &target, &options, |progress| {
        if let Progress::Case { done, case, .. } = progress {
            // The counts of the case before it still stand: a reset comes after this.
            count(playing.replace(case.id().to_owned()));
            line(&format!("{} without a defect [{}/{total}]", stage.protocol.name, done + 1));
        }
    });
    let sound = sound.await.map_err(|e| Failure(exit::CANNOT, e.to_string()))?;
    count(playing);
    mock.stop().await;
    let bad: Vec<&str> = sound.verdicts().filter(|(_, verdict)| *verdict != Verdict::Pass).map(|(id, _)| id).collect();
    match bad.as_slice() {
        [] => Ok(touched),
        bad => {
            let what = format!(
                "without a defect these do not pass, so nothing can be said of mutants: {}; dummyload conformance tells more",
                bad.join(", ")
            );
            Err(Failure(exit::SUITE, what))
        }
    }
}

/// Plays cases against one mutant.
async fn hunt(stage: &Stage, mutant: Mutant, cases: &BTreeSet<String>) -> Result<Row, Failure> {
    let Some(protocol) = stage.suite.protocol(stage.protocol.name) else {
        return Err(Failure(exit::USAGE, "there are no cases".into()));
    };
    let _place = stage.places.acquire().await;
    let (mock, target) = own_mock(protocol, stage.protocol).await?;
    mutant.infect(&mock).map_err(|e| Failure(exit::USAGE, e))?;
    let cases = stage.chosen(cases);
    let played = run(protocol, &cases, &target, &options(), |_| {}).await;
    let played = played.map_err(|e| Failure(exit::CANNOT, format!("{}: {e}", mutant.name)))?;
    mock.stop().await;
    let verdicts = || played.verdicts();
    let is_kill = |verdict: Verdict| !matches!(verdict, Verdict::Pass | Verdict::Skip | Verdict::Error);
    let kills = verdicts().filter(|(_, verdict)| is_kill(*verdict));
    let kills: Vec<Kill> = kills.map(|(case, verdict)| Kill { case: case.to_owned(), verdict }).collect();
    let errors = verdicts().filter(|(_, verdict)| *verdict == Verdict::Error).map(|(case, _)| case.to_owned());
    let row = Row { played: cases.len(), errors: errors.collect(), kills, mutant };
    line("");
    let _ = writeln!(io::stdout(), "{:<12} {}", stage.protocol.name, row.summary());
    Ok(row)
}

fn options() -> RunOptions {
    let mut options = RunOptions::default();
    options.strict = true;
    options
}

impl Stage {
    fn chosen(&self, ids: &BTreeSet<String>) -> Vec<&Case> {
        self.suite.cases().iter().filter(|case| ids.contains(case.id())).collect()
    }
}

/// A line on a terminal that the next one writes over.
fn line(text: &str) {
    use std::io::IsTerminal;
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r\x1b[K{text}");
    }
}
