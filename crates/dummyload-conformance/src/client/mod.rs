//! Judges clients: a mock plays, the program is started, and what it sends is looked at through the mock's control plane.

mod adapter;
mod journal;
mod log;
mod play;
mod program;
mod verb;

pub use program::Program;
pub(crate) use verb::{ClientVerb, Drive, Reply, Seen};

use crate::case::{Case, Verb};
use crate::known::Known;
use crate::redact::Redactor;
use crate::report::{CaseReport, EndedEarly, Run};
use crate::run::step::Stop;
use crate::run::{Played, Progress, Stopper, Unreachable, conclude, message};
use crate::suite::Protocol;
use crate::target::{Obstacle, Target};
use crate::verdict::{Bar, Verdict};
use futures_util::{FutureExt, StreamExt};
use play::{Ended, Play};
use serde_json::Value;
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How clients are judged.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// All wall-clock deadlines are this many times longer.
    pub slow: u32,
    /// Stop after the first case that is not good enough.
    pub fail_fast: bool,
    /// What is not good enough.
    pub bar: Bar,
    /// How many cases are played at once, each with a mock and a program of its own.
    pub jobs: usize,
    /// What is known not to be as expected.
    pub known: Known,
    /// Ends the run before its time.
    pub stop: Stopper,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            slow: 1,
            fail_fast: false,
            bar: Bar::default(),
            jobs: 8,
            known: Known::default(),
            stop: Stopper::default(),
        }
    }
}

/// A mock that has been started for one case.
pub struct Stage {
    target: Target,
    values: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    /// What keeps it running.
    _keep: Box<dyn Any + Send>,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Stage {
    /// A mock with a control plane. `url` is what a client connects to, complete with credentials, `http` the base of all
    /// HTTP, `demo` what else the mock's ready line tells, an object. `keep` is dropped when the case is over.
    pub fn new(target: Target, url: &str, http: &str, demo: &Value, keep: impl Any + Send) -> Self {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let known = [("url".to_owned(), url.to_owned()), ("http".to_owned(), http.to_owned())];
        let members = demo.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value)));
        let values: BTreeMap<String, String> = members.chain(known).collect();
        let environment =
            values.iter().map(|(name, value)| (format!("DUMMYLOAD_{}", name.to_uppercase()), value.clone()));
        Self { target, environment: environment.collect(), values, _keep: Box::new(keep) }
    }
}

/// A mock that is being started, or why it cannot be.
pub type Staging = Pin<Box<dyn Future<Output = Result<Stage, String>> + Send>>;

/// Plays those of the cases that belong to the protocol against a program, which is started anew for each, as is the mock
/// that `stage` starts for it: on the machine's clock, since the program has no other.
///
/// # Errors
/// When the program or a mock cannot be started at all.
pub async fn run_clients(
    protocol: &Protocol,
    cases: &[&Case],
    program: &Program,
    stage: &(dyn Fn() -> Staging + Sync),
    options: &ClientOptions,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Run, Unreachable> {
    let started = Instant::now();
    let cases: Vec<&Case> = cases.iter().copied().filter(|case| case.protocol() == protocol.name()).collect();
    let mut run = Run::new(protocol, program.label(), &cases);
    progress(Progress::Run(&run));
    let judged = cases.iter().map(|case| {
        let once = move || judge(protocol, case, program, stage, options);
        options.known.play(case.id(), once)
    });
    let mut judged = futures_util::stream::iter(judged).buffered(options.jobs.max(1));
    for (done, case) in cases.iter().enumerate() {
        progress(Progress::Case { done, total: cases.len(), case });
        let report = tokio::select! {
            report = judged.next() => report,
            () = options.stop.wait() => {
                run.ended_early = Some(EndedEarly::Interrupted);
                break;
            }
        };
        let Some(report) = report else { break };
        let report = report?;
        let stop = options.fail_fast && report.verdict.is_bad(options.bar);
        run.cases.push(report);
        if stop || cases[done + 1..].iter().all(|other| other.group() != case.group()) {
            run.groups.push(case.group().to_owned());
            progress(Progress::Group(&run, case.group()));
        }
        if stop {
            break;
        }
    }
    drop(judged);
    run.end(protocol, cases.len() - run.cases.len(), started.elapsed());
    Ok(run)
}

async fn judge(
    protocol: &Protocol,
    case: &Case,
    program: &Program,
    stage: &(dyn Fn() -> Staging + Sync),
    options: &ClientOptions,
) -> Result<CaseReport, Unreachable> {
    let mut report = CaseReport::new(case);
    if !program.is_adapter && needs_adapter(case) {
        let why = "what a program is told to do, and what it says came of it, can be judged by its adapter only";
        let obstacle = Obstacle { option: Some("--adapter CMD".into()), why: why.into() };
        (report.verdict, report.reason) = (Verdict::Skip, Some(obstacle.to_string()));
        report.obstacles = vec![obstacle];
        return Ok(report);
    }
    let unreachable = |what| Unreachable { what };
    let mut stage = stage().await.map_err(unreachable)?;
    stage.environment.insert("DUMMYLOAD_PROTOCOL".into(), protocol.name().into());
    stage.environment.insert("DUMMYLOAD_CASE".into(), case.id().into());
    let words = program.filled(&stage.values).map_err(unreachable)?;
    let vars = stage.target.vars(protocol);
    let redactor = Redactor::new(&vars);
    let mut play = Play::new(protocol, case, program, words, &stage, vars, options.slow).map_err(unreachable)?;
    let budget = case.budget.saturating_mul(options.slow);
    let played = AssertUnwindSafe(timeout(budget, play.play())).catch_unwind().await;
    let end = match played {
        Ok(Ok(Err(Ended::Stop(stop)))) => Err(stop),
        Ok(Ok(Err(Ended::NotStarted(why)))) => {
            return Err(unreachable(format!("the program {} cannot be started: {why}", program.label())));
        }
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Err(_)) => Err(crate::run::step::unmet(
            format!("the end of the case within its budget of {}", humantime::format_duration(budget)),
            "this step still going on",
        )),
        Err(panic) => Err(Stop::Trouble(format!("the suite panicked: {}", message(&*panic)))),
    };
    let (at, vars, log) = play.over().await;
    let played = Played { at, outcomes: Vec::new(), duration: log.elapsed(), transcript: log.take(), vars };
    conclude(&mut report, case, played, end, &redactor);
    Ok(report)
}

fn needs_adapter(case: &Case) -> bool {
    // What such a case needs, the adapter offers.
    !case.needs.is_empty()
        || case.steps.iter().any(|step| matches!(&step.verb, Verb::Client(verb) if verb.needs_adapter()))
}

/// As long as it says, on a machine that may be slow.
fn stretched(span: Duration, slow: u32) -> Duration {
    span.saturating_mul(slow)
}
