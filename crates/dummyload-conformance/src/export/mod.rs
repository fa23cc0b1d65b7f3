//! All cases for servers as one JSON value, for runners in other languages. Whatever can be decided beforehand is: a case is
//! a list of a few plain instructions, messages are described by JSON Schema, and what a runner needs for a case is one list.

mod schema;
mod step;

use crate::case::{Case, Hazard};
use crate::suite::{Named, Protocol, Suite};
use crate::target::wanted;
use crate::text::Text;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The version of the shape: raised when a member changes its meaning or goes.
const VERSION: u32 = 1;

/// The filters that every runner has; the others are needs.
const FILTERS: [&str; 2] = ["query", "decimal"];

impl Suite {
    /// The cases for servers and what is known of their protocols, as one JSON value. docs/conformance/bundle.md describes it.
    pub fn to_bundle(&self) -> Value {
        let protocols = self.protocols().map(|protocol| (protocol.name.clone(), protocol_to_json(self, protocol)));
        json!({"version": VERSION, "suite": env!("CARGO_PKG_VERSION"), "protocols": protocols.collect::<Map<_, _>>()})
    }
}

fn protocol_to_json(suite: &Suite, protocol: &Protocol) -> Value {
    let variables = protocol.variables.iter().map(|variable| {
        json!({
            "name": variable.name, "help": variable.help, "secret": variable.secret, "device": variable.device,
            "demo": variable.demo,
        })
    });
    let default = |name: &str, value: &Option<String>| Some((format!("var:{name}"), value.clone()?.into()));
    let defaults = protocol.variables.iter().filter_map(|variable| default(&variable.name, &variable.default));
    let named = |named: &Named| json!({"name": named.name, "help": named.help});
    let sections = protocol
        .sections
        .iter()
        .map(|section| json!({"key": section.key, "text": section.text, "no_case": section.no_case}));
    let cases = suite.cases().iter().filter(|case| case.protocol == protocol.name);
    json!({
        "title": protocol.title,
        "variables": variables.collect::<Vec<_>>(),
        "defaults": defaults.collect::<Map<String, Value>>(),
        "capabilities": protocol.needs.iter().map(|need| named(&need.name)).collect::<Vec<_>>(),
        "services": protocol.services.iter().map(named).collect::<Vec<_>>(),
        "sections": sections.collect::<Vec<_>>(),
        "cases": cases.map(|case| case_to_json(protocol, case)).collect::<Vec<_>>(),
    })
}

fn case_to_json(protocol: &Protocol, case: &Case) -> Value {
    let mut needs = required(case);
    let steps = step::compile(protocol, case, &mut needs);
    json!({
        "id": case.id,
        "title": case.title,
        "level": case.grade.level,
        "evidence": case.grade.evidence,
        "source": case.grade.source,
        "spec": case.spec,
        "tags": case.tags,
        "hazard": case.hazard,
        "budget_ms": step::millis(case.budget),
        "needs": needs,
        "steps": steps,
    })
}

/// What a case needs whatever its steps are: capabilities, variables, a permission, and ways to write values.
fn required(case: &Case) -> BTreeSet<String> {
    let capability = |need: &String| match need.as_str() {
        "control" | "http" => format!("do:{need}"),
        _ => format!("server:{need}"),
    };
    let variables = wanted(case).into_iter().map(|name| format!("var:{name}"));
    let hazard = (case.hazard != Hazard::None).then(|| format!("hazard:{}", case.hazard));
    let filters = case.texts().flat_map(Text::filters).filter(|filter| !FILTERS.contains(filter));
    let filters = filters.map(|filter| format!("filter:{filter}"));
    let escapes = case.texts().any(Text::has_escapes).then(|| "escape".to_owned());
    case.needs.iter().map(capability).chain(variables).chain(hazard).chain(filters).chain(escapes).collect()
}
