//! Checks over the whole suite that no single file shows.

use crate::case::{Awaited, Case, Verb, Weight};
use crate::client::ClientVerb;
use crate::suite::{HazardSign, Protocol, Suite};
use crate::target::BUILT_IN;
use crate::text::Text;
use crate::verdict::{Evidence, Level};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The shortest time within which something can be said not to have come.
const SHORTEST: Duration = Duration::from_millis(100);

/// Something in the suite that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Finding {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is not right, and what would be.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

impl Suite {
    /// What is not right across the files: sections without a case, unknown names, judgements without ground.
    pub fn lint(&self) -> Vec<Finding> {
        self.lint_but(&BTreeSet::new())
    }

    /// The same without these files, and without what may only seem so because they could not be read whole.
    pub(crate) fn lint_but(&self, broken: &BTreeSet<&str>) -> Vec<Finding> {
        let is_broken = |path: &str| broken.contains(path);
        let mut findings = Vec::new();
        let whole = |protocol: &&Protocol| {
            !is_broken(&protocol.sections_path) && !is_broken(&format!("{}/target.toml", protocol.name))
        };
        for protocol in self.protocols.values().filter(whole) {
            let all = self.cases.iter().filter(|case| case.protocol == protocol.name);
            let (broken, cases): (Vec<&Case>, Vec<&Case>) = all.partition(|case| is_broken(&case.path));
            if broken.is_empty() {
                sections(protocol, &cases, &mut findings);
                probes(protocol, &mut findings);
            }
            let clients = self.clients.iter().filter(|case| case.protocol == protocol.name && !is_broken(&case.path));
            let all: Vec<&Case> = cases.into_iter().chain(clients).collect();
            titles(&all, &mut findings);
            for case in all {
                let mut found = |line, what| findings.push(Finding { path: case.path.clone(), line, what });
                names(protocol, case, &mut found);
                judgement(case, &mut found);
                calls(case, &mut found);
                budget(case, &mut found);
                hazards(protocol, case, &mut found);
            }
        }
        findings.sort();
        findings
    }
}

fn sections(protocol: &Protocol, cases: &[&Case], findings: &mut Vec<Finding>) {
    let prefix = format!("{}:", protocol.name);
    let covered: BTreeSet<&str> =
        cases.iter().flat_map(|case| &case.spec).filter_map(|key| key.strip_prefix(&prefix)).collect();
    for section in &protocol.sections {
        let key = &section.key;
        let what = match (&section.no_case, covered.contains(key.as_str())) {
            (None, false) => format!("no case covers `{key}`: write one, or say by `no_case` why none is possible"),
            (Some(_), true) => format!("`{key}` has a `no_case`, but a case covers it"),
            _ => continue,
        };
        findings.push(Finding { path: protocol.sections_path.clone(), line: section.line, what });
    }
}

/// A probe is a case that wants just the capability that it is to show.
fn probes(protocol: &Protocol, findings: &mut Vec<Finding>) {
    for need in &protocol.needs {
        let (name, Some(probe)) = (&need.name.name, &need.probe) else { continue };
        let what = match &probe.case {
            None => format!("`probe`: there is no case `{}`", probe.id),
            Some(case) if case.needs != [name.as_str()] => {
                format!("`probe`: `{}` must have needs = [\"{name}\"], so that nothing else decides", probe.id)
            }
            Some(_) => continue,
        };
        findings.push(Finding { path: format!("{}/target.toml", protocol.name), line: probe.line, what });
    }
}

fn titles(cases: &[&Case], findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&str, &Case> = BTreeMap::new();
    for case in cases {
        if let Some(other) = seen.insert(&case.title, case) {
            let what = format!("{} has the same title", other.id);
            findings.push(Finding { path: case.path.clone(), line: 1, what });
        }
    }
}

/// Keys, capabilities, variables and captures must exist.
fn names(protocol: &Protocol, case: &Case, found: &mut impl FnMut(usize, String)) {
    if case.spec.is_empty() {
        found(1, "`spec` is empty: name the sections that this case covers".into());
    }
    for key in &case.spec {
        let known = key.split_once(':').is_some_and(|(name, key)| {
            name == protocol.name && protocol.sections.iter().any(|section| section.key == key)
        });
        if !known {
            let near = protocol.sections.iter().map(|section| format!("{}:{}", protocol.name, section.key));
            let near: Vec<String> = near.collect();
            let hint = crate::choice::did_you_mean(key, near.iter().map(String::as_str));
            found(1, format!("`spec`: there is no section `{key}`{hint}"));
        }
    }
    for need in &case.needs {
        let known = protocol.needs.iter().map(|need| need.name.name.as_str()).chain(BUILT_IN);
        let known = known.chain(protocol.ops.iter().map(|op| op.name.as_str()));
        if !known.clone().any(|name| name == need) {
            found(1, format!("`needs`: {}", crate::choice::not_among(need, known)));
        }
    }
    let mut known: BTreeSet<&str> = protocol.variables.iter().map(|variable| variable.name.as_str()).collect();
    let check = |line, names: Vec<&str>, known: &BTreeSet<&str>, found: &mut dyn FnMut(usize, String)| {
        for name in names.into_iter().filter(|name| !known.contains(name)) {
            let hint = crate::choice::did_you_mean(name, known.iter().copied());
            found(line, format!("`{name}` is neither a variable nor captured before this line{hint}"));
        }
    };
    for conn in &case.conns {
        let texts = std::iter::once(&conn.endpoint.path).chain(conn.endpoint.headers.iter().map(|(_, text)| text));
        // A connection that is opened later may use what has been captured by then.
        let later = case.steps.iter().flat_map(|step| step.templates()).flat_map(|template| template.captures());
        let mut known = known.clone();
        known.extend(later.filter(|_| !conn.open));
        check(1, texts.flat_map(Text::names).collect(), &known, found);
    }
    for step in &case.steps {
        check(step.line, step.verb.texts().into_iter().flat_map(Text::names).collect(), &known, found);
        for template in step.templates() {
            check(step.line, template.names(), &known, found);
            let own: BTreeSet<&str> = template.captures().into_iter().collect();
            known.extend(own);
            check(step.line, template.sames(), &known, found);
        }
        if let Verb::Client(verb) = &step.verb {
            known.extend(verb.names());
        }
    }
}

/// What a case claims must have ground, and something to judge.
fn judgement(case: &Case, found: &mut impl FnMut(usize, String)) {
    if !case.steps.iter().any(|step| step.verb.expects()) {
        found(1, "nothing is expected: a case without expectation cannot fail".into());
    }
    let mut weigh = |line, weight: &Weight| {
        let grade = case.grade_of(weight);
        if grade.evidence.iter().all(|evidence| *evidence == Evidence::Guess) && grade.level <= Level::Should {
            found(line, format!("a guess cannot be a {}: say may or info", grade.level));
        } else if !grade.evidence.iter().any(|evidence| *evidence <= Evidence::Run) && grade.level == Level::Must {
            found(line, "what only clients do cannot be a must: say should".into());
        }
        if grade.source.is_none() {
            found(line, "`source` is missing: say where the expectation stands".into());
        }
    };
    weigh(1, &Weight::default());
    for step in &case.steps {
        let parts = if let Verb::All(list) = &step.verb { list.as_slice() } else { &[] };
        let inner = parts.iter().map(|(_, weight)| weight.within(&step.weight));
        let mut weights: Vec<Weight> = std::iter::once(step.weight.clone()).chain(inner).collect();
        weights.dedup();
        weights.iter().filter(|weight| **weight != Weight::default()).for_each(|weight| weigh(step.line, weight));
    }
    for step in &case.steps {
        let short = step.verb.receivings().into_iter().any(|receiving| receiving.within < SHORTEST);
        if short {
            found(
                step.line,
                format!("less than {SHORTEST:?} proves nothing: TCP alone may hold a frame back for 40 ms"),
            );
        }
        if matches!(&step.verb, Verb::All(list) if list.len() < 2) {
            found(step.line, "`all` needs two parts or more".into());
        }
    }
}

/// What is asked in one step is answered in a later one.
fn calls(case: &Case, found: &mut impl FnMut(usize, String)) {
    let mut asked: BTreeMap<&str, usize> = BTreeMap::new();
    for step in &case.steps {
        match &step.verb {
            Verb::Ask { name, .. } if asked.insert(name, step.line).is_some() => {
                found(step.line, format!("a call `{name}` is on its way already"));
            }
            Verb::Answered(name, _) if asked.remove(name.as_str()).is_none() => {
                found(
                    step.line,
                    format!("no call `{name}` has begun before this line: `http` with later = \"{name}\""),
                );
            }
            Verb::Client(ClientVerb::Begin(_, name)) if asked.insert(name, step.line).is_some() => {
                found(step.line, format!("`{name}` has begun already"));
            }
            Verb::Client(ClientVerb::Done(name, ..)) if asked.remove(name.as_str()).is_none() => {
                found(step.line, format!("no `{name}` has begun before this line: `drive` with later = \"{name}\""));
            }
            _ => {}
        }
    }
    for (name, line) in asked {
        found(line, format!("nothing waits for what comes of it: add a step with answered (or done) = \"{name}\""));
    }
}

/// Each step must be able to wait as long as it says. Where there is a control plane, waiting costs no time.
fn budget(case: &Case, found: &mut impl FnMut(usize, String)) {
    let for_clients = case.steps.iter().any(|step| matches!(step.verb, Verb::Client(_)));
    if case.needs_control() && !for_clients {
        return;
    }
    let mut silent = Duration::ZERO;
    for step in &case.steps {
        let within = step.verb.within();
        let until = silent + within;
        if until >= case.budget {
            let [within, until, budget] = [within, until, case.budget].map(humantime::format_duration);
            let what = format!("this may take {within}, but the case ends after {budget}");
            found(step.line, format!("{what}: its `budget` must be longer than {until}"));
        }
        let lasts = match &step.verb {
            Verb::Receive(receiving) => matches!(receiving.what, Awaited::Silence),
            Verb::Client(verb) => verb.lasts(),
            _ => false,
        };
        if lasts {
            silent = until;
        }
    }
}

/// What a case sends must not be worse than it says.
fn hazards(protocol: &Protocol, case: &Case, found: &mut impl FnMut(usize, String)) {
    for (line, sign) in undeclared(protocol, case) {
        let class = sign.class;
        found(line, format!("this is {class} ({}): the case must say hazard = \"{class}\"", sign.why));
    }
}

/// The steps that send what their case does not own up to.
pub(crate) fn undeclared<'a>(protocol: &'a Protocol, case: &'a Case) -> impl Iterator<Item = (usize, &'a HazardSign)> {
    let signs = move || protocol.hazards.iter().filter(|sign| sign.class > case.hazard);
    case.steps.iter().flat_map(move |step| {
        let texts = step.verb.sent();
        let broken = signs().filter(move |sign| texts.iter().any(|text| sign.pattern.is_match(text)));
        broken.map(|sign| (step.line, sign))
    })
}
