//! Plays the steps of one case.

use super::conn::{Event, NotOpen, Socket, hex};
use super::control::Control;
use super::guard;
use super::http::{Exchange, Reply};
use super::net::{Net, Trouble};
use crate::case::{Alternative, Answer, Awaited, Call, Case, Receiving, Refusal, Sending, Step, Verb, Wanted, Weight};
use crate::matcher::{Mismatch, compare};
use crate::suite::{Aside, Protocol};
use crate::target::{Target, below};
use crate::template::Template;
use crate::text::Text;
use crate::transcript::Direction;
use crate::vars::Vars;
use crate::verdict::Verdict;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinHandle;

/// What a server has not answered by then is taken to wait.
const PROMPT: Duration = Duration::from_millis(100);

/// An expectation that was not met.
#[derive(Debug, Default)]
pub(crate) struct Unmet {
    pub(crate) expected: String,
    pub(crate) received: String,
    pub(crate) differences: Vec<Mismatch>,
    /// The grade of the part that was not met, where it has one of its own.
    pub(crate) weight: Weight,
}

/// Why a case goes no further.
pub(crate) enum Stop {
    Unmet(Box<Unmet>),
    Trouble(String),
    /// The one that is judged says that it cannot be.
    Cannot(String),
}

impl From<Trouble> for Stop {
    fn from(Trouble(why): Trouble) -> Self {
        Self::Trouble(why)
    }
}

pub(crate) type Outcome<T = ()> = Result<T, Stop>;

pub(crate) fn unmet(expected: impl Into<String>, received: impl Into<String>) -> Stop {
    Stop::Unmet(Box::new(Unmet { expected: expected.into(), received: received.into(), ..Unmet::default() }))
}

/// A call on its way; it ends with its case.
pub(super) struct Asked {
    request: String,
    service: String,
    answer: JoinHandle<Result<Reply, String>>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.answer.abort();
    }
}

/// One case while it runs.
pub(super) struct Play<'a> {
    pub(super) case: &'a Case,
    pub(super) target: &'a Target,
    pub(super) protocol: &'a Protocol,
    pub(super) net: Net,
    pub(super) vars: Vars,
    /// The calls that are answered later.
    pub(super) asked: BTreeMap<&'a str, Asked>,
    /// The steps that have begun.
    pub(super) at: usize,
    /// The outcomes that were taken among several, with their verdicts.
    pub(super) outcomes: Vec<(String, Verdict)>,
}

impl<'a> Play<'a> {
    /// From the first opening to the last step.
    pub(super) async fn play(&mut self) -> Outcome {
        let case = self.case;
        for (conn, spec) in case.conns.iter().enumerate().filter(|(_, spec)| spec.open) {
            self.open(conn, &Refusal::Never).await.map_err(|stop| {
                let place = |expected| format!("the connection `{}`: {expected}", spec.name);
                match stop {
                    Stop::Unmet(unmet) => Stop::Unmet(Box::new(Unmet { expected: place(unmet.expected), ..*unmet })),
                    other => other,
                }
            })?;
        }
        for step in &case.steps {
            self.at += 1;
            self.step(step).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &'a Step) -> Outcome {
        match &step.verb {
            Verb::Send(conn, sending) => self.send(*conn, sending).await,
            Verb::Receive(receiving) => self.receive(receiving, step.skip.as_ref()).await,
            Verb::Pong(conn, payload, within) => self.pong(*conn, &self.fill(payload)?, *within).await,
            Verb::All(parts) => self.all(parts, step).await,
            Verb::AnyOf(alternatives) => self.any_of(alternatives, step).await,
            Verb::Open(conn, refusal) => {
                self.net.calm().await;
                self.open(*conn, refusal).await
            }
            Verb::Reopen(conn) => {
                self.net.calm().await;
                self.net.drop(*conn);
                self.open(*conn, &Refusal::Never).await
            }
            Verb::Shut(conn, code) => {
                let how = async |socket: &mut Socket| socket.close(*code).await;
                Ok(self.net.send(*conn, "close", &code.to_string(), how).await?)
            }
            Verb::Http { service, call } => {
                let exchange = self.exchange_with(service, call)?;
                self.call("http", service, call, exchange).await
            }
            Verb::Ask { service, call, name } => {
                let exchange = self.exchange_with(service, call)?;
                self.ask(service, name, exchange).await;
                Ok(())
            }
            Verb::Answered(name, wanted) => self.answered(name, wanted).await,
            Verb::Control(call) => {
                let control = self.control()?;
                let start = control.exchange("", &self.fill(&call.path)?, String::new());
                let exchange = self.exchange(call, start.url, start.headers)?;
                self.call("control", "control", call, exchange).await
            }
            Verb::Advance(by) => {
                self.net.calm().await;
                self.net.note("clock", Direction::Sent, "advance", humantime::format_duration(*by).to_string());
                self.control()?.advance(*by).await.map_err(Stop::Trouble)
            }
            Verb::Client(_) => Err(Stop::Trouble("this is a step of a case for clients".into())),
        }
    }

    fn control(&self) -> Outcome<Control> {
        Control::of(self.target).ok_or_else(|| Stop::Trouble("the target has no control plane".into()))
    }

    fn fill(&self, text: &Text) -> Outcome<String> {
        text.render(&self.vars).map_err(Stop::Trouble)
    }

    async fn open(&mut self, conn: usize, refusal: &Refusal) -> Outcome {
        let endpoint = &self.case.conns[conn].endpoint;
        let url = below(&self.target.server, &self.fill(&endpoint.path)?);
        let headers = endpoint.headers.iter().map(|(name, value)| Ok((name.clone(), self.fill(value)?)));
        let headers: Vec<(String, String)> = headers.collect::<Outcome<_>>()?;
        let opened = self.net.open(conn, &url, &headers).await;
        match (refusal, opened) {
            (Refusal::Never | Refusal::Maybe, Ok(())) => Ok(()),
            (Refusal::Maybe, Err(NotOpen::Refused(status, body))) => {
                self.net.keep_refusal(conn, status, body);
                Ok(())
            }
            (Refusal::Always(codes), Err(NotOpen::Refused(status, _))) if codes.contains(&status) => Ok(()),
            (Refusal::Always(codes), Ok(())) => Err(unmet(refused(codes), "an open WebSocket")),
            (Refusal::Always(codes), Err(why)) => Err(unmet(refused(codes), shown(why))),
            (_, Err(why)) => Err(unmet("an open WebSocket", shown(why))),
        }
    }

    /// Nothing is sent that is worse than the case says.
    fn guard(&self, text: &str) -> Outcome {
        match guard::worse(self.protocol, self.case.hazard, text) {
            None => Ok(()),
            Some(sign) => Err(Stop::Trouble(format!(
                "what is to be sent is {} ({}), and the case does not say so: it was not sent",
                sign.class, sign.why
            ))),
        }
    }

    async fn send(&mut self, conn: usize, sending: &Sending) -> Outcome {
        match sending {
            Sending::Text(text) => self.send_text(conn, self.fill(text)?).await,
            Sending::Json(text) => {
                let text = self.fill(text)?;
                if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(&text) {
                    let advice = "has a variable a value of the wrong sort?";
                    return Err(Stop::Trouble(format!("what is to be sent is not JSON ({e}); {advice} {text}")));
                }
                self.send_text(conn, text).await
            }
            Sending::Huge { prefix, repeat, times, suffix } => {
                let text = self.fill(prefix)? + &repeat.repeat(*times) + &self.fill(suffix)?;
                self.send_text(conn, text).await
            }
            Sending::Binary(bytes) => {
                self.guard(&String::from_utf8_lossy(bytes))?;
                let how = async |socket: &mut Socket| socket.binary(bytes.clone()).await;
                Ok(self.net.send(conn, "binary", &hex(bytes), how).await?)
            }
            Sending::Raw(bytes) => {
                self.guard(&guard::payloads(bytes))?;
                let how = async |socket: &mut Socket| socket.raw(bytes).await;
                Ok(self.net.send(conn, "raw", &hex(bytes), how).await?)
            }
            Sending::Ping(payload) => {
                let payload = self.fill(payload)?;
                let how = async |socket: &mut Socket| socket.ping(payload.clone()).await;
                Ok(self.net.send(conn, "ping", &payload, how).await?)
            }
            Sending::Fragments { parts, finish } => {
                let parts = parts.iter().map(|part| self.fill(part)).collect::<Outcome<Vec<_>>>()?;
                self.guard(&parts.concat())?;
                let shown = parts.join(" | ") + if *finish { "" } else { " | (unfinished)" };
                let how = async |socket: &mut Socket| socket.fragments(parts, *finish).await;
                Ok(self.net.send(conn, "text", &shown, how).await?)
            }
        }
    }

    async fn send_text(&mut self, conn: usize, text: String) -> Outcome {
        self.guard(&text)?;
        let how = async |socket: &mut Socket| socket.text(text.clone()).await;
        Ok(self.net.send(conn, "text", &text, how).await?)
    }

    /// The next thing on these connections that is awaited, or not to be skipped.
    pub(super) async fn next(
        &mut self,
        conns: &[usize],
        within: Duration,
        awaited: &[&Receiving],
        skip: Option<&Template>,
    ) -> Outcome<Option<(usize, Event)>> {
        let (vars, case, asides) = (&self.vars, self.case, self.protocol.asides.as_slice());
        let passed_over = |conn: usize, event: &Event| {
            let Event::Text(text) = event else { return false };
            let awaited = awaited.iter().any(|receiving| receiving.conn == conn && is_awaited(receiving, text, vars));
            let passed_over = |value: &Value| {
                skip.is_some_and(|skip| compare(skip, value, vars).is_ok()) || is_aside(case, asides, value, vars)
            };
            !awaited && serde_json::from_str(text).is_ok_and(|value| passed_over(&value))
        };
        Ok(self.net.next(conns, within, passed_over).await?)
    }

    async fn receive(&mut self, receiving: &Receiving, skip: Option<&Template>) -> Outcome {
        let found = self.next(&[receiving.conn], receiving.within, &[receiving], skip).await?;
        self.judge(receiving, found.as_ref().map(|(_, event)| event)).map_err(Stop::Unmet)
    }

    async fn pong(&mut self, conn: usize, payload: &str, within: Duration) -> Outcome {
        let expected = || format!("a pong {payload:?}");
        match self.net.next_pong(conn, within).await? {
            Some(got) if got == payload.as_bytes() => Ok(()),
            Some(got) => Err(unmet(expected(), format!("a pong {:?}", String::from_utf8_lossy(&got)))),
            None => Err(unmet(expected(), self.nothing(conn, within))),
        }
    }

    async fn any_of(&mut self, alternatives: &[Alternative], step: &Step) -> Outcome {
        let silence = alternatives.iter().find(|alternative| matches!(alternative.receiving.what, Awaited::Silence));
        let longest = alternatives.iter().map(|alternative| alternative.receiving.within).max();
        let within = silence.map(|silence| silence.receiving.within).or(longest).unwrap_or_default();
        let mut conns: Vec<usize> = alternatives.iter().map(|alternative| alternative.receiving.conn).collect();
        conns.sort_unstable();
        conns.dedup();
        let awaited: Vec<&Receiving> = alternatives.iter().map(|alternative| &alternative.receiving).collect();
        let found = self.next(&conns, within, &awaited, step.skip.as_ref()).await?;
        let event = found.as_ref().map(|(_, event)| event);
        let mut nearest: Option<Box<Unmet>> = None;
        for alternative in alternatives {
            let receiving = &alternative.receiving;
            if found.as_ref().is_some_and(|(conn, _)| *conn != receiving.conn) {
                continue;
            }
            match self.judge(receiving, event) {
                Ok(()) => {
                    let ceiling = self.case.grade_of(&step.weight).ceiling();
                    self.outcomes.push((alternative.name.clone(), alternative.verdict.min(ceiling)));
                    return Ok(());
                }
                Err(unmet) => nearest = nearer(nearest, unmet),
            }
        }
        let received = match event {
            Some(event) => event.to_string(),
            None => self.nothing(conns.first().copied().unwrap_or_default(), within),
        };
        let list: Vec<String> = alternatives
            .iter()
            .map(|alternative| format!("{} = {}", alternative.name, wish(&alternative.receiving)))
            .collect();
        let expected = format!("one of these: {}", list.join("; "));
        let nearest = *nearest.unwrap_or_default();
        Err(Stop::Unmet(Box::new(Unmet { expected, received, ..nearest })))
    }

    /// Compares what has arrived, if anything has, with what is awaited.
    pub(super) fn judge(&mut self, receiving: &Receiving, event: Option<&Event>) -> Result<(), Box<Unmet>> {
        let awaits_end = matches!(receiving.what, Awaited::Close(_) | Awaited::Cut | Awaited::Refused(_));
        // An end that an earlier step has taken is still the end.
        let end = self.net.end(receiving.conn).filter(|_| awaits_end && event.is_none()).cloned();
        let differences = match (&receiving.what, event.or(end.as_ref())) {
            (Awaited::Silence, None) => return Ok(()),
            (Awaited::Close(codes), Some(Event::Close(code, _))) if closes(codes, *code) => return Ok(()),
            (Awaited::Cut, Some(Event::Cut(_))) => return Ok(()),
            (Awaited::Refused(codes), Some(Event::Refused(status, _))) if codes.contains(status) => return Ok(()),
            (Awaited::Message(template), Some(Event::Text(text))) => match serde_json::from_str(text) {
                Ok(value) => match self.matches(template, &value) {
                    Ok(()) => return Ok(()),
                    Err(differences) => differences,
                },
                Err(_) => Vec::new(),
            },
            (Awaited::Text(template), Some(Event::Text(text))) => {
                match self.matches(template, &Value::from(text.as_str())) {
                    Ok(()) => return Ok(()),
                    // The whole text is the difference.
                    Err(_) => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        let received = match event {
            Some(event) => event.to_string(),
            None => self.nothing(receiving.conn, receiving.within),
        };
        Err(Box::new(Unmet { expected: wish(receiving), received, differences, ..Unmet::default() }))
    }

    fn matches(&mut self, template: &Template, value: &Value) -> Result<(), Vec<Mismatch>> {
        for (name, value) in compare(template, value, &self.vars)? {
            self.vars.set(&name, value);
        }
        Ok(())
    }

    pub(super) fn nothing(&self, conn: usize, within: Duration) -> String {
        let several = self.case.conns.len() > 1;
        let place = if several { format!(" on `{}`", self.net.name(conn)) } else { String::new() };
        if self.net.is_over(conn) {
            return format!("nothing{place}: the connection has ended");
        }
        format!("nothing{place} within {}", humantime::format_duration(within))
    }

    fn exchange(&self, call: &Call, url: String, mut headers: Vec<(String, String)>) -> Outcome<Exchange> {
        for (name, value) in &call.headers {
            headers.push((name.clone(), self.fill(value)?));
        }
        let body = call.body.as_ref().map_or_else(|| Ok(String::new()), |body| self.fill(body))?;
        Ok(Exchange { method: call.method.clone(), url, headers, body })
    }

    fn exchange_with(&self, service: &str, call: &Call) -> Outcome<Exchange> {
        let base = self.target.http.get(service);
        let base = base.ok_or_else(|| Stop::Trouble(format!("there is no URL for the service {service}")))?;
        let exchange = self.exchange(call, below(base, &self.fill(&call.path)?), Vec::new())?;
        self.guard(&exchange.url)?;
        self.guard(&exchange.body)?;
        Ok(exchange)
    }

    /// Begins a call, and goes on once it is answered or waits.
    async fn ask(&mut self, service: &'a str, name: &'a str, exchange: Exchange) {
        self.net.calm().await;
        let request = format!("{} {}", exchange.method, exchange.url);
        self.net.note(service, Direction::Sent, "http", format!("{request} {}", exchange.body).trim_end());
        let mut answer = tokio::spawn(exchange.run());
        let done = tokio::time::timeout(self.net.stretched(PROMPT), &mut answer).await;
        let answer = match done {
            Err(_) => answer,
            // What is known already is kept for the step that asks.
            Ok(done) => tokio::spawn(async move { done.unwrap_or_else(|e| Err(e.to_string())) }),
        };
        self.asked.insert(name, Asked { request, service: service.to_owned(), answer });
    }

    /// The answer to a call that began in an earlier step.
    async fn answered(&mut self, name: &str, wanted: &Wanted) -> Outcome {
        self.net.calm().await;
        let asked = self.asked.remove(name);
        let mut asked = asked.ok_or_else(|| Stop::Trouble(format!("no call `{name}` has begun")))?;
        let within = self.net.stretched(wanted.within);
        let answer = tokio::time::timeout(within, &mut asked.answer).await;
        let answer = answer.unwrap_or_else(|_| Ok(Err(no_answer(within)))).unwrap_or_else(|e| Err(e.to_string()));
        self.judge_answer("http", &asked.service, &asked.request, wanted, answer)
    }

    async fn call(&mut self, kind: &'static str, who: &str, call: &Call, exchange: Exchange) -> Outcome {
        self.net.calm().await;
        let request = format!("{} {}", exchange.method, exchange.url);
        self.net.note(who, Direction::Sent, kind, format!("{request} {}", exchange.body).trim_end());
        let within = self.net.stretched(call.wanted.within);
        let answer = tokio::time::timeout(within, exchange.run()).await.unwrap_or_else(|_| Err(no_answer(within)));
        self.judge_answer(kind, who, &request, &call.wanted, answer)
    }

    fn judge_answer(
        &mut self,
        kind: &'static str,
        who: &str,
        request: &str,
        wanted: &Wanted,
        answer: Result<Reply, String>,
    ) -> Outcome {
        let expected_status = || format!("HTTP {}", list(&wanted.status));
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) if kind == "control" => return Err(Stop::Trouble(format!("{request}: {why}"))),
            Err(why) => return Err(unmet(expected_status(), why)),
        };
        let (status, body) = (answer.status, answer.body.as_str());
        self.net.note(who, Direction::Received, kind, format!("{status} {body}").trim_end());
        if !wanted.status.contains(&status) {
            let received = format!("HTTP {status} {body}");
            if kind == "control" {
                return Err(Stop::Trouble(format!("{request}: expected {}, received {received}", expected_status())));
            }
            return Err(unmet(expected_status(), received));
        }
        for (name, template) in &wanted.answer_headers {
            let value = answer.header(name);
            let fits = value.as_deref().is_some_and(|value| self.matches(template, &Value::from(value)).is_ok());
            if !fits {
                let received =
                    value.map_or_else(|| format!("HTTP {status} without {name}"), |value| format!("{name}: {value}"));
                return Err(unmet(format!("the header {name}: {}", template.source), received));
            }
        }
        let (template, value) = match &wanted.answer {
            None => return Ok(()),
            Some(Answer::Text(template)) => (template, Ok(Value::from(body))),
            Some(Answer::Json(template)) => (template, serde_json::from_str(body)),
        };
        let differences = match value.map(|value| self.matches(template, &value)) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(differences)) if matches!(wanted.answer, Some(Answer::Json(_))) => differences,
            _ => Vec::new(),
        };
        let (expected, received) = (template.source.clone(), body.to_owned());
        Err(Stop::Unmet(Box::new(Unmet { expected, received, differences, ..Unmet::default() })))
    }
}

pub(crate) fn no_answer(within: Duration) -> String {
    format!("no answer within {}", humantime::format_duration(within))
}

/// Whether it is about something that the case does not speak of.
fn is_aside(case: &Case, asides: &[Aside], value: &Value, vars: &Vars) -> bool {
    let about = |aside: &Aside| {
        value.pointer(&aside.about).map(|about| about.as_str().map_or_else(|| about.to_string(), str::to_owned))
    };
    case.asides
        && asides.iter().any(|aside| {
            compare(&aside.like, value, vars).is_ok() && about(aside).is_some_and(|about| !case.speaks_of(&about, vars))
        })
}

/// Whether a text message is the one that is awaited.
fn is_awaited(receiving: &Receiving, text: &str, vars: &Vars) -> bool {
    let fits = |template: &Template, value: &Value| compare(template, value, vars).is_ok();
    match &receiving.what {
        Awaited::Message(template) => serde_json::from_str(text).is_ok_and(|value| fits(template, &value)),
        Awaited::Text(template) => fits(template, &Value::from(text)),
        _ => false,
    }
}

/// Of two misses, the one with fewer differences, if it has any: it says best what is wrong.
pub(crate) fn nearer(other: Option<Box<Unmet>>, unmet: Box<Unmet>) -> Option<Box<Unmet>> {
    let distance = |unmet: &Unmet| (unmet.differences.is_empty(), unmet.differences.len());
    Some(other.filter(|other| distance(other) <= distance(&unmet)).unwrap_or(unmet))
}

pub(crate) fn closes(codes: &[u16], code: Option<u16>) -> bool {
    // 1005 stands for a close frame without a code (RFC 6455, 7.4.1).
    codes.is_empty() || codes.contains(&code.unwrap_or(1005))
}

pub(crate) fn list(codes: &[u16]) -> String {
    codes.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}

fn refused(codes: &[u16]) -> String {
    format!("a handshake answered with HTTP {}", list(codes))
}

fn shown(why: NotOpen) -> String {
    match why {
        NotOpen::Refused(status, body) => Event::Refused(status, body).to_string(),
        NotOpen::Failed(why) | NotOpen::Unreachable(why) => why,
    }
}

/// What is awaited, as a report says it.
pub(super) fn wish(receiving: &Receiving) -> String {
    match &receiving.what {
        Awaited::Message(template) => template.source.clone(),
        Awaited::Text(template) => format!("the text {}", template.source),
        Awaited::Close(codes) if codes.is_empty() => "a close frame".into(),
        Awaited::Close(codes) => format!("a close frame {}", list(codes)),
        Awaited::Cut => "the end of the connection without a close frame".into(),
        Awaited::Silence => format!("nothing for {}", humantime::format_duration(receiving.within)),
        Awaited::Refused(codes) => refused(codes),
    }
}
