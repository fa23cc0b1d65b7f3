//! Plays cases against a target.

mod all;
mod conn;
pub(crate) mod control;
mod guard;
pub(crate) mod http;
mod net;
mod probe;
pub(crate) mod step;
mod stopper;
pub(crate) mod tls;

use crate::case::Case;
use crate::known::Known;
use crate::redact::Redactor;
use crate::report::{CaseReport, EndedEarly, Failure, Run};
use crate::suite::Protocol;
use crate::target::Target;
use crate::text::Text;
use crate::transcript::Entry;
use crate::vars::Vars;
use crate::verdict::{Bar, Verdict};
use control::Control;
use futures_util::FutureExt;
use net::Net;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use step::{Play, Stop};
pub use stopper::Stopper;
use tokio::time::{Instant, timeout};

/// After so many cases in which no handshake was answered there is nothing to judge.
const SILENT: u32 = 3;

/// How long the first contact may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How cases are run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RunOptions {
    /// All wall-clock deadlines are this many times longer.
    pub slow: u32,
    /// Stop after the first case that is not good enough.
    pub fail_fast: bool,
    /// What is not good enough.
    pub bar: Bar,
    /// What is known not to be as expected.
    pub known: Known,
    /// Ends the run before its time.
    pub stop: Stopper,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { slow: 1, fail_fast: false, bar: Bar::default(), known: Known::default(), stop: Stopper::default() }
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// The target answers; no case has begun.
    Run(&'a Run),
    /// A case begins.
    Case {
        /// How many have ended.
        done: usize,
        /// How many there are.
        total: usize,
        /// This one.
        case: &'a Case,
    },
    /// All cases of this group have ended, or all that are to be played.
    Group(&'a Run, &'a str),
}

/// The target could not be reached, so nothing was judged.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Unreachable {
    /// Which URL, and why not.
    pub what: String,
}

impl std::fmt::Display for Unreachable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Unreachable {}

/// Plays those of the cases that belong to the protocol, one after the other, and tells `progress` how far it is.
///
/// # Errors
/// When the target cannot be reached at all.
pub async fn run(
    protocol: &Protocol,
    cases: &[&Case],
    target: &Target,
    options: &RunOptions,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Run, Unreachable> {
    let started = Instant::now();
    let cases: Vec<&Case> = cases.iter().copied().filter(|case| case.protocol == protocol.name).collect();
    reach(target).await?;
    let redactor = &target.redactor(protocol);
    let needs = |name: &str| cases.iter().any(|case| case.needs.iter().any(|need| need == name));
    let target = &probe::probed(protocol, needs, target, options, redactor).await;
    let mut run = Run::new(protocol, target.label(), &cases);
    run.capabilities = target.capabilities(protocol);
    progress(Progress::Run(&run));
    let mut silent = 0;
    for (done, case) in cases.iter().enumerate() {
        progress(Progress::Case { done, total: cases.len(), case });
        let once = || async move { Ok(judge(protocol, case, target, options, redactor).await) };
        let report = tokio::select! {
            report = options.known.play(case.id(), once) => report?,
            () = options.stop.wait() => {
                run.ended_early = Some(EndedEarly::Interrupted);
                break;
            }
        };
        // Whoever takes connections and says nothing is given three chances.
        silent = if report.unreachable.is_some() { silent + 1 } else { 0 };
        let lost = match &report.unreachable {
            Some(why) if silent >= SILENT || reach(target).await.is_err() => Some(why.clone()),
            _ => None,
        };
        if let Some(why) = lost {
            let before =
                run.cases.iter().rev().find(|case| case.verdict != Verdict::Skip && case.unreachable.is_none());
            let since = before.map(|case| case.id.clone());
            run.cases.retain(|case| case.unreachable.is_none());
            run.ended_early = Some(EndedEarly::Lost { why: redactor.text(&why).into_owned(), since });
            break;
        }
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
    run.end(protocol, cases.len() - run.cases.len(), started.elapsed());
    Ok(run)
}

/// Makes sure that somebody listens, before silence is taken for an answer.
async fn reach(target: &Target) -> Result<(), Unreachable> {
    for url in std::iter::once(&target.server).chain(target.http.values()) {
        let url = url.as_str();
        let contact = async {
            let uri = url.parse().map_err(|e| format!("{url} cannot be asked for: {e}"))?;
            let (host, port, secure) = tls::address(&uri)?;
            tls::connect(&host, port, secure).await.map(drop)
        };
        let contact = timeout(PATIENCE, contact).await.unwrap_or_else(|_| Err(format!("no answer from {url}")));
        contact.map_err(|what| Unreachable { what })?;
    }
    match Control::of(target) {
        Some(control) => control.check().await.map_err(|what| Unreachable { what }),
        None => Ok(()),
    }
}

async fn judge(
    protocol: &Protocol,
    case: &Case,
    target: &Target,
    options: &RunOptions,
    redactor: &Redactor,
) -> CaseReport {
    let mut report = CaseReport::new(case);
    match target.obstacles(protocol, case) {
        Ok(list) if list.is_empty() => {}
        Ok(list) => {
            let reasons: Vec<String> = list.iter().map(ToString::to_string).collect();
            (report.verdict, report.reason, report.obstacles) = (Verdict::Skip, Some(reasons.join("; ")), list);
            return report;
        }
        Err(fault) => {
            (report.verdict, report.reason) = (Verdict::Error, Some(fault));
            return report;
        }
    }
    let control = Control::of(target);
    let vars = target.vars(protocol);
    let reset = match &control {
        Some(control) => control.reset().await,
        None => Ok(()),
    };
    if let Err(why) = reset {
        (report.verdict, report.reason) = (Verdict::Error, Some(why));
        report.redact(redactor);
        return report;
    }
    let names = case.conns.iter().map(|conn| conn.name.clone());
    let net = Net::new(names, control, protocol.pongs, options.slow);
    let mut play = Play { case, target, protocol, net, vars, asked: BTreeMap::new(), at: 0, outcomes: Vec::new() };
    let budget = case.budget.saturating_mul(options.slow);
    let played = AssertUnwindSafe(timeout(budget, play.play())).catch_unwind().await;
    play.net.farewell().await;
    let end = match played {
        Ok(Ok(end)) => end,
        Ok(Err(_)) => Err(step::unmet(
            format!("the end of the case within its budget of {}", humantime::format_duration(budget)),
            "this step still going on",
        )),
        Err(panic) => Err(Stop::Trouble(format!("the suite panicked: {}", message(&*panic)))),
    };
    report.unreachable.clone_from(&play.net.unreachable);
    let played = Played {
        at: play.at,
        outcomes: play.outcomes,
        duration: play.net.elapsed(),
        transcript: play.net.into_transcript(),
        vars: play.vars,
    };
    conclude(&mut report, case, played, end, redactor);
    report
}

/// What is left of a case that has been played.
pub(crate) struct Played {
    /// The steps that have begun.
    pub(crate) at: usize,
    /// The outcomes that were taken among several, with their verdicts.
    pub(crate) outcomes: Vec<(String, Verdict)>,
    pub(crate) duration: Duration,
    pub(crate) transcript: Vec<Entry>,
    pub(crate) vars: Vars,
}

pub(crate) fn conclude(
    report: &mut CaseReport,
    case: &Case,
    played: Played,
    end: Result<(), Stop>,
    redactor: &Redactor,
) {
    report.duration = played.duration;
    report.verdict = played.outcomes.iter().map(|(_, verdict)| *verdict).max().unwrap_or(Verdict::Pass);
    report.outcomes = played.outcomes.into_iter().map(|(name, _)| name).collect();
    report.transcript = played.transcript;
    let step = played.at.checked_sub(1).and_then(|at| case.steps.get(at));
    let line = step.map_or(1, |step| step.line);
    match end {
        Ok(()) => {}
        Err(Stop::Cannot(why)) => (report.verdict, report.reason) = (Verdict::Skip, Some(why)),
        Err(Stop::Trouble(why)) => {
            let place = format!("step {} of {}, {}:{line}", played.at, case.steps.len(), case.path);
            (report.verdict, report.reason) = (Verdict::Error, Some(format!("{place}: {why}")));
        }
        Err(Stop::Unmet(unmet)) => {
            let weight = step.map_or(unmet.weight.clone(), |step| unmet.weight.within(&step.weight));
            let grade = case.grade_of(&weight);
            report.verdict = report.verdict.max(grade.ceiling());
            report.failure = Some(Failure {
                step: played.at,
                steps: case.steps.len(),
                line,
                note: step.and_then(|step| step.note.clone()),
                level: grade.level,
                evidence: grade.evidence,
                source: grade.source,
                after: report.duration,
                // What is no text with placeholders has none.
                expected: Text::parse(&unmet.expected).map_or(unmet.expected, |text| text.shown(&played.vars)),
                received: unmet.received,
                differences: unmet.differences,
            });
        }
    }
    // A capture can be a secret of its own.
    let own = (!redactor.fits(&played.vars)).then(|| Redactor::new(&played.vars));
    report.redact(own.as_ref().unwrap_or(redactor));
}

pub(crate) fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}
