//! All cases for servers as one JSON value, for runners in other languages: nothing has to be read from TOML, every default
//! is filled in, spans are milliseconds, and matchers are objects with one member that begins with `$`.

use crate::case::{Answer, Awaited, Call, Case, Grade, Receiving, Refusal, Sending, Step, Verb, Wanted, Weight};
use crate::choice::Choice;
use crate::suite::{Protocol, Suite};
use crate::target::wanted;
use crate::template::{Node, Template};
use crate::text::Text;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The version of the shape: raised when a member changes its meaning or goes.
const VERSION: u32 = 1;

impl Suite {
    /// The cases for servers and what is known of their protocols, as one JSON value. docs/conformance/bundle.md describes it.
    pub fn to_bundle(&self) -> Value {
        let protocols: Vec<Value> = self.protocols().map(|protocol| protocol_to_json(self, protocol)).collect();
        json!({"version": VERSION, "suite": env!("CARGO_PKG_VERSION"), "protocols": protocols})
    }
}

fn protocol_to_json(suite: &Suite, protocol: &Protocol) -> Value {
    let variables = protocol.variables.iter().map(|variable| {
        json!({
            "name": variable.name, "help": variable.help, "secret": variable.secret, "device": variable.device,
            "default": variable.default, "demo": variable.demo,
        })
    });
    let services = protocol.services.iter().map(|service| json!({"name": service.name, "help": service.help}));
    let needs = protocol.needs.iter().map(|need| json!({"name": need.name.name, "help": need.name.help}));
    let hazards = protocol
        .hazards
        .iter()
        .map(|sign| json!({"class": sign.class, "pattern": sign.pattern.as_str(), "why": sign.why}));
    let asides = protocol.asides.iter().map(|aside| json!({"like": template(&aside.like), "about": aside.about}));
    let sections = protocol
        .sections
        .iter()
        .map(|section| json!({"key": section.key, "text": section.text, "no_case": section.no_case}));
    let cases = suite.cases().iter().filter(|case| case.protocol == protocol.name).map(case_to_json);
    json!({
        "protocol": protocol.name,
        "title": protocol.title,
        "variables": variables.collect::<Vec<_>>(),
        "services": services.collect::<Vec<_>>(),
        "needs": needs.collect::<Vec<_>>(),
        "hazards": hazards.collect::<Vec<_>>(),
        "asides": asides.collect::<Vec<_>>(),
        "sections": sections.collect::<Vec<_>>(),
        "cases": cases.collect::<Vec<_>>(),
    })
}

fn case_to_json(case: &Case) -> Value {
    let mut needs = case.needs.clone();
    if case.needs_control() && !needs.iter().any(|need| need == "control") {
        needs.push("control".into());
    }
    let conns = case.conns.iter().map(|conn| {
        json!({
            "name": conn.name, "path": conn.endpoint.path.source(), "headers": texts(&conn.endpoint.headers), "open": conn.open,
        })
    });
    let mut variables = wanted(case);
    variables.sort_unstable();
    variables.dedup();
    json!({
        "id": case.id,
        "title": case.title,
        "level": case.grade.level,
        "evidence": case.grade.evidence,
        "source": case.grade.source,
        "at_most": case.grade.ceiling(),
        "spec": case.spec,
        "tags": case.tags,
        "needs": needs,
        "variables": variables,
        "hazard": case.hazard,
        "budget_ms": millis(case.budget),
        "asides": case.asides,
        "conns": conns.collect::<Vec<_>>(),
        "steps": case.steps.iter().map(|step| step_to_json(case, step)).collect::<Vec<_>>(),
    })
}

fn step_to_json(case: &Case, step: &Step) -> Value {
    let mut out = verb(case, step);
    weigh(&mut out, &case.grade_of(&step.weight));
    out.insert("line".into(), step.line.into());
    if let Some(note) = &step.note {
        out.insert("note".into(), note.as_str().into());
    }
    if let Some(skip) = &step.skip {
        out.insert("skip".into(), template(skip));
    }
    out.into()
}

fn weigh(out: &mut Map<String, Value>, grade: &Grade) {
    out.insert("level".into(), json!(grade.level));
    out.insert("evidence".into(), json!(grade.evidence));
    out.insert("source".into(), json!(grade.source));
    out.insert("at_most".into(), json!(grade.ceiling()));
}

fn verb(case: &Case, step: &Step) -> Map<String, Value> {
    let conn = |conn: usize| case.conns.get(conn).map_or("", |conn| conn.name.as_str());
    let made = match &step.verb {
        Verb::Send(at, sending) => {
            let (name, what) = sent(sending);
            let mut out = object(json!({"conn": conn(*at), name: what}));
            if let Sending::Fragments { finish, .. } = sending {
                out.insert("finish".into(), (*finish).into());
            }
            return out;
        }
        Verb::Receive(receiving) => return received(case, receiving),
        Verb::Pong(at, payload, within) => {
            json!({"pong": payload.source(), "conn": conn(*at), "within_ms": millis(*within)})
        }
        Verb::All(parts) => {
            let part = |(receiving, weight): &(Receiving, Weight)| {
                let mut out = received(case, receiving);
                weigh(&mut out, &case.grade_of(&weight.within(&step.weight)));
                Value::from(out)
            };
            json!({"all": parts.iter().map(part).collect::<Vec<_>>()})
        }
        Verb::AnyOf(alternatives) => {
            let ceiling = case.grade_of(&step.weight).ceiling();
            let alternative = |alternative: &crate::case::Alternative| {
                let mut out = received(case, &alternative.receiving);
                out.insert("name".into(), alternative.name.as_str().into());
                out.insert("verdict".into(), json!(alternative.verdict.min(ceiling)));
                Value::from(out)
            };
            json!({"any_of": alternatives.iter().map(alternative).collect::<Vec<_>>()})
        }
        Verb::Open(at, refusal) => match refusal {
            Refusal::Never => json!({"open": conn(*at), "refused": []}),
            Refusal::Always(codes) => json!({"open": conn(*at), "refused": codes}),
            Refusal::Maybe => json!({"open": conn(*at), "refused": "maybe"}),
        },
        Verb::Reopen(at) => json!({"reopen": conn(*at)}),
        Verb::Shut(at, code) => json!({"shut": code, "conn": conn(*at)}),
        Verb::Http { service, call } => asked("http", Some(service), call),
        Verb::Ask { service, call, name } => {
            let mut out = object(asked("http", Some(service), call));
            out.insert("later".into(), name.as_str().into());
            out.into()
        }
        Verb::Answered(name, wanted) => {
            let mut out = answer(wanted);
            out.insert("answered".into(), name.as_str().into());
            out.into()
        }
        Verb::Control(call) => asked("control", None, call),
        Verb::Advance(by) => json!({"advance_ms": millis(*by)}),
        // Cases for clients are not exported.
        Verb::Client(_) => json!({}),
    };
    object(made)
}

fn sent(sending: &Sending) -> (&'static str, Value) {
    match sending {
        Sending::Json(text) => ("send", text.source().into()),
        Sending::Text(text) => ("send_text", text.source().into()),
        Sending::Huge { prefix, repeat, times, suffix } => {
            let what = json!({"prefix": prefix.source(), "repeat": repeat, "times": times, "suffix": suffix.source()});
            ("send_huge", what)
        }
        Sending::Binary(bytes) => ("send_binary", hex(bytes)),
        Sending::Raw(bytes) => ("send_raw", hex(bytes)),
        Sending::Ping(text) => ("send_ping", text.source().into()),
        Sending::Fragments { parts, .. } => ("send_fragments", parts.iter().map(Text::source).collect()),
    }
}

fn received(case: &Case, receiving: &Receiving) -> Map<String, Value> {
    let conn = case.conns.get(receiving.conn).map_or("", |conn| conn.name.as_str());
    let (name, what) = match &receiving.what {
        Awaited::Message(like) => ("expect", template(like)),
        Awaited::Text(like) => ("expect_text", template(like)),
        Awaited::Close(codes) => ("close", json!(codes)),
        Awaited::Cut => ("cut", true.into()),
        Awaited::Silence => ("quiet", true.into()),
        Awaited::Refused(codes) => ("refused", json!(codes)),
    };
    object(json!({name: what, "conn": conn, "within_ms": millis(receiving.within)}))
}

fn asked(verb: &str, service: Option<&str>, call: &Call) -> Value {
    let mut what = object(json!({
        "method": call.method, "path": call.path.source(), "headers": texts(&call.headers),
        "body": call.body.as_ref().map(Text::source),
    }));
    if let Some(service) = service {
        what.insert("service".into(), service.into());
    }
    let mut out = answer(&call.wanted);
    out.insert(verb.into(), what.into());
    out.into()
}

fn answer(wanted: &Wanted) -> Map<String, Value> {
    let headers = wanted.answer_headers.iter().map(|(name, like)| (name.clone(), template(like)));
    let mut out = object(json!({
        "status": wanted.status, "answer_headers": headers.collect::<Map<_, _>>(), "within_ms": millis(wanted.within),
    }));
    match &wanted.answer {
        Some(Answer::Json(like)) => drop(out.insert("answer".into(), template(like))),
        Some(Answer::Text(like)) => drop(out.insert("answer_text".into(), template(like))),
        None => {}
    }
    out
}

fn template(template: &Template) -> Value {
    node(&template.root)
}

fn node(like: &Node) -> Value {
    let list = |items: &[Node]| items.iter().map(node).collect::<Vec<_>>();
    match like {
        Node::Null => Value::Null,
        Node::Bool(value) => (*value).into(),
        Node::Number(number) => number.clone().into(),
        Node::Text(text) => text.source().into(),
        Node::Splice(text) => json!({"$value": text.source()}),
        Node::Object { members, closed } => {
            let members: Map<String, Value> =
                members.iter().map(|(name, like)| (member(&name.source()), node(like))).collect();
            if *closed { json!({"$closed": members}) } else { members.into() }
        }
        Node::Array(items) => list(items).into(),
        Node::Unordered(items) => json!({"$unordered": list(items)}),
        Node::Each(like) => json!({"$each": node(like)}),
        Node::Kind(kind) => json!({"$kind": kind.name()}),
        Node::Iso8601 => json!({"$iso8601": true}),
        Node::Matches(pattern) => json!({"$re": pattern.text.source()}),
        Node::OneOf(options) => json!({"$one-of": options.iter().map(Text::source).collect::<Vec<_>>()}),
        Node::Range(low, high) => json!({"$range": [low, high]}),
        Node::Capture(name, kind) => json!({"$capture": {"name": name, "kind": kind.name()}}),
        Node::Same(name) => json!({"$same": name}),
        Node::Above(name) => json!({"$above": name}),
        Node::Contains(text) => json!({"$contains": text.source()}),
        Node::Json(like) => json!({"$json": node(like)}),
        Node::Jwt(like) => json!({"$jwt": node(like)}),
    }
}

/// The name of a member, which is not that of a matcher.
fn member(name: &str) -> String {
    if name.starts_with('$') && !name.starts_with("${") { format!("${name}") } else { name.to_owned() }
}

fn texts(list: &[(String, Text)]) -> Value {
    list.iter().map(|(name, text)| (name.clone(), Value::from(text.source()))).collect::<Map<_, _>>().into()
}

fn hex(bytes: &[u8]) -> Value {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

fn millis(span: Duration) -> Value {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).into()
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}
