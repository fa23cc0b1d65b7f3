//! Steps as instructions.

use super::schema::{Schemas, either};
use crate::case::{
    Answer, Awaited, Call, Case, ConnSpec, Grade, Receiving, Refusal, Sending, Step, Verb, Wanted, Weight,
};
use crate::suite::{Aside, Protocol};
use crate::template::Template;
use crate::text::Text;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// The instructions that every runner has; the others are needs.
const BASIC: [&str; 5] = ["open", "drop", "send", "close", "expect"];

/// A message that is longer than this is described, not written out.
const HUGE: usize = 1 << 17;

/// A case that waits in silence for longer than this is slow, which is a need as well.
const SLOW: Duration = Duration::from_secs(2);

/// The instructions of a case; what they need comes into `needs`.
pub(super) fn compile(protocol: &Protocol, case: &Case, needs: &mut BTreeSet<String>) -> Vec<Value> {
    let openings = vec![0; case.conns.len()];
    let mut compiler = Compiler { protocol, case, schemas: Schemas::new(case), openings, silence: Duration::ZERO };
    let mut steps = Vec::with_capacity(case.steps.len() + 1);
    for conn in (0..case.conns.len()).filter(|conn| case.conns[*conn].open) {
        let open = judged(compiler.open(conn, &Refusal::Never), &case.grade);
        steps.push(with(open, "line", 1).into());
    }
    for step in &case.steps {
        compiler.step(step, &mut steps);
    }
    let verbs = steps.iter().filter_map(|step| step["do"].as_str()).filter(|verb| !BASIC.contains(verb));
    needs.extend(verbs.map(|verb| format!("do:{verb}")));
    needs.append(&mut compiler.schemas.needs);
    if compiler.silence > SLOW {
        needs.insert("slow".into());
    }
    steps
}

type Object = Map<String, Value>;

struct Compiler<'a> {
    protocol: &'a Protocol,
    case: &'a Case,
    schemas: Schemas<'a>,
    /// How often each connection has been opened.
    openings: Vec<usize>,
    /// How long the case waits in silence, in all.
    silence: Duration,
}

impl<'a> Compiler<'a> {
    fn step(&mut self, step: &'a Step, steps: &mut Vec<Value>) {
        if let Verb::Open(conn, _) | Verb::Reopen(conn) = step.verb
            && self.openings[conn] > 0
        {
            steps.push(json!({"do": "drop", "conn": self.conn(conn), "line": step.line}));
        }
        let mut out = self.verb(step);
        if step.verb.expects() || matches!(step.verb, Verb::Open(..) | Verb::Reopen(_)) {
            out = judged(out, &self.case.grade_of(&step.weight));
        }
        if let Some(note) = &step.note {
            out = with(out, "note", note.as_str());
        }
        steps.push(with(out, "line", step.line).into());
    }

    fn verb(&mut self, step: &'a Step) -> Object {
        match &step.verb {
            Verb::Send(conn, sending) => {
                let (verb, what) = sent(sending);
                self.on(*conn, verb, what)
            }
            Verb::Receive(receiving) => {
                let choice = outcome(self.choice(receiving), "pass", ());
                self.expect(step, &[receiving], vec![choice])
            }
            Verb::Pong(conn, text, within) => {
                self.on(*conn, "pong", json!({"text": text.source(), "within_ms": millis(*within)}))
            }
            Verb::All(parts) => {
                let receivings: Vec<&Receiving> = parts.iter().map(|(receiving, _)| receiving).collect();
                let part = |(receiving, weight): &'a (Receiving, Weight)| {
                    let choice = with(self.choice(receiving), "conn", self.conn(receiving.conn));
                    judged(choice, &self.case.grade_of(&weight.within(&step.weight)))
                };
                let choices = parts.iter().map(part).collect();
                self.several("all", step, &receivings, choices)
            }
            Verb::AnyOf(alternatives) => {
                let ceiling = self.case.grade_of(&step.weight).ceiling();
                let receivings: Vec<&Receiving> = alternatives.iter().map(|each| &each.receiving).collect();
                let mut choices = Vec::with_capacity(alternatives.len());
                for alternative in alternatives {
                    let verdict = alternative.verdict.min(ceiling).to_string();
                    choices.push(outcome(self.choice(&alternative.receiving), verdict, alternative.name.as_str()));
                }
                if receivings.iter().all(|receiving| receiving.conn == receivings[0].conn) {
                    return self.expect(step, &receivings, choices);
                }
                let placed = choices.into_iter().zip(&receivings);
                let placed =
                    placed.map(|(choice, receiving)| with(choice, "conn", self.conn(receiving.conn))).collect();
                self.several("any", step, &receivings, placed)
            }
            Verb::Open(conn, refusal) => self.open(*conn, refusal),
            Verb::Reopen(conn) => self.open(*conn, &Refusal::Never),
            Verb::Shut(conn, code) => self.on(*conn, "close", json!({"code": code})),
            Verb::Http { service, call } => {
                let out = with(called("http", call), "service", service.as_str());
                self.answer(out, &call.wanted)
            }
            Verb::Ask { service, call, name } => {
                let out = with(called("ask", call), "service", service.as_str());
                with(out, "as", name.as_str())
            }
            Verb::Answered(name, wanted) => self.answer(object(json!({"do": "answered", "as": name})), wanted),
            Verb::Control(call) => self.answer(called("control", call), &call.wanted),
            Verb::Advance(by) => object(json!({"do": "advance", "by_ms": millis(*by)})),
            // Cases for clients are not exported.
            Verb::Client(_) => Object::new(),
        }
    }

    /// Each opening has a name of its own, so that nothing of an earlier one is taken for news.
    fn conn(&self, conn: usize) -> String {
        let name = &self.case.conns[conn].name;
        if self.openings[conn] < 2 { name.clone() } else { format!("{name}#{}", self.openings[conn]) }
    }

    fn open(&mut self, conn: usize, refusal: &Refusal) -> Object {
        self.openings[conn] += 1;
        let open = || choice("open", json!({}));
        let choices = match refusal {
            Refusal::Never => vec![open()],
            Refusal::Always(codes) => vec![choice("refused", json!({"enum": codes}))],
            Refusal::Maybe => vec![open(), choice("refused", json!({"type": "integer"}))],
        };
        let choices: Vec<Object> = choices.into_iter().map(|choice| outcome(choice, "pass", ())).collect();
        let opened = self.on(conn, "open", opening(&self.case.conns[conn]));
        with(opened, "choices", choices)
    }

    /// An instruction for a connection.
    fn on(&self, conn: usize, verb: &str, what: Value) -> Object {
        let mut out = object(json!({"do": verb, "conn": self.conn(conn)}));
        out.extend(object(what));
        out
    }

    /// The next thing on one connection must be one of these.
    fn expect(&mut self, step: &'a Step, receivings: &[&Receiving], mut choices: Vec<Object>) -> Object {
        choices.extend(self.passed_over(step));
        let what = json!({"within_ms": self.within(receivings), "choices": choices});
        self.on(receivings[0].conn, "expect", what)
    }

    /// The same on several connections, or for several things.
    fn several(&mut self, verb: &str, step: &'a Step, receivings: &[&Receiving], mut choices: Vec<Object>) -> Object {
        let conns: BTreeSet<usize> = receivings.iter().map(|receiving| receiving.conn).collect();
        let passed_over = self.passed_over(step);
        for conn in conns {
            choices.extend(passed_over.iter().map(|choice| with(choice.clone(), "conn", self.conn(conn))));
        }
        object(json!({"do": verb, "within_ms": self.within(receivings), "choices": choices}))
    }

    /// Silence decides how long is waited, where it is among what is awaited.
    fn within(&mut self, receivings: &[&Receiving]) -> Value {
        let silence = receivings.iter().find(|receiving| matches!(receiving.what, Awaited::Silence));
        self.silence += silence.map_or(Duration::ZERO, |silence| silence.within);
        let longest = receivings.iter().map(|receiving| receiving.within).max().unwrap_or_default();
        millis(silence.map_or(longest, |silence| silence.within))
    }

    fn choice(&mut self, receiving: &'a Receiving) -> Object {
        match &receiving.what {
            Awaited::Message(like) => self.like("json", like),
            Awaited::Text(like) => self.like("text", like),
            Awaited::Close(list) if list.is_empty() => choice("close", json!({})),
            Awaited::Close(list) => choice("close", json!({"enum": list})),
            Awaited::Cut => choice("cut", json!({})),
            Awaited::Silence => choice("silence", json!({})),
            Awaited::Refused(list) => choice("refused", json!({"enum": list})),
        }
    }

    fn like(&mut self, kind: &str, template: &'a Template) -> Object {
        let mut like = object(json!({"kind": kind}));
        like.extend(self.schemas.template(template));
        like
    }

    /// What may come before that which is awaited: choices that decide nothing.
    fn passed_over(&mut self, step: &'a Step) -> Vec<Object> {
        let skip = step.skip.iter().map(|skip| self.schemas.template(skip)["schema"].clone());
        let mut schemas: Vec<Value> = skip.collect();
        if self.case.asides {
            schemas.extend(self.protocol.asides.iter().map(|aside| self.aside(aside)));
        }
        schemas.into_iter().map(|schema| outcome(choice("json", schema), (), ())).collect()
    }

    /// A message about something that no placeholder of the case stands for.
    fn aside(&mut self, aside: &'a Aside) -> Value {
        let named: BTreeSet<String> = self.case.texts().flat_map(Text::placeholders).collect();
        let named: Vec<Value> = named.into_iter().flat_map(either).collect();
        let names =
            aside.about.trim_start_matches('/').rsplit('/').map(|name| name.replace("~1", "/").replace("~0", "~"));
        let about = names.fold(
            json!({"not": {"enum": named}}),
            |inner, name| json!({"type": "object", "required": [name], "properties": {name: inner}}),
        );
        json!({"allOf": [self.schemas.template(&aside.like)["schema"], about]})
    }

    fn answer(&mut self, out: Object, wanted: &'a Wanted) -> Object {
        let headers = wanted.answer_headers.iter();
        let headers: Object =
            headers.map(|(name, template)| (name.clone(), self.like("text", template).into())).collect();
        let answer = wanted.answer.as_ref().map(|answer| match answer {
            Answer::Json(template) => self.like("json", template),
            Answer::Text(template) => self.like("text", template),
        });
        let out = with(with(out, "status", json!(wanted.status)), "answer_headers", headers);
        with(with(out, "answer", answer), "within_ms", millis(wanted.within))
    }
}

fn choice(kind: &str, schema: Value) -> Object {
    object(json!({"kind": kind, "schema": schema, "captures": {}}))
}

fn opening(conn: &ConnSpec) -> Value {
    let (offers, headers): (Vec<_>, Vec<_>) =
        conn.endpoint.headers.iter().partition(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Protocol"));
    // Clients want them apart from other headers.
    let offers = offers.first().map(|(_, list)| list.source());
    let offers = offers.map(|list| list.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>());
    json!({"path": conn.endpoint.path.source(), "headers": texts(headers), "subprotocols": offers})
}

fn sent(sending: &Sending) -> (&'static str, Value) {
    match sending {
        Sending::Json(text) | Sending::Text(text) => ("send", json!({"text": text.source()})),
        Sending::Huge { prefix, repeat, times, suffix } if repeat.len() * times <= HUGE => {
            ("send", json!({"text": prefix.source() + &repeat.repeat(*times) + &suffix.source()}))
        }
        Sending::Huge { prefix, repeat, times, suffix } => {
            let (prefix, suffix) = (prefix.source(), suffix.source());
            ("huge", json!({"prefix": prefix, "repeat": repeat, "times": times, "suffix": suffix}))
        }
        Sending::Fragments { parts, finish } => {
            let verb = if *finish { "send" } else { "unfinished" };
            (verb, json!({"text": parts.iter().map(Text::source).collect::<Vec<_>>()}))
        }
        Sending::Binary(bytes) => ("binary", json!({"hex": hex(bytes)})),
        Sending::Ping(text) => ("ping", json!({"text": text.source()})),
        Sending::Raw(bytes) => ("raw", json!({"hex": hex(bytes)})),
    }
}

fn called(verb: &str, call: &Call) -> Object {
    object(json!({
        "do": verb, "method": call.method, "path": call.path.source(), "headers": texts(&call.headers),
        "body": call.body.as_ref().map(Text::source),
    }))
}

fn judged(out: Object, grade: &Grade) -> Object {
    let out = with(with(out, "unmet", grade.ceiling().to_string()), "level", json!(grade.level));
    with(with(out, "evidence", json!(grade.evidence)), "source", grade.source.clone())
}

fn outcome(choice: Object, verdict: impl Into<Value>, name: impl Into<Value>) -> Object {
    with(with(choice, "verdict", verdict), "outcome", name)
}

fn texts<'a>(list: impl IntoIterator<Item = &'a (String, Text)>) -> Object {
    list.into_iter().map(|(name, text)| (name.clone(), text.source().into())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn millis(span: Duration) -> Value {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX).into()
}

fn with(mut out: Object, name: &str, value: impl Into<Value>) -> Object {
    out.insert(name.to_owned(), value.into());
    out
}

fn object(value: Value) -> Object {
    if let Value::Object(members) = value { members } else { Object::new() }
}
