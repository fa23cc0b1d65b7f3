//! Plays the steps of one case for clients.

mod seen;
mod told;

use super::adapter::Adapter;
use super::journal::Journal;
use super::log::Log;
use super::program::{CANNOT, Program, Running};
use super::{ClientVerb, Reply, Stage, stretched};
use crate::case::{Answer, Call, Case, Sending, Verb};
use crate::matcher::{Mismatch, compare};
use crate::run::control::Control;
use crate::run::step::{Outcome, Stop, Unmet, unmet};
use crate::suite::Protocol;
use crate::template::Template;
use crate::text::Text;
use crate::transcript::Direction;
use crate::vars::Vars;
use seen::shown;
use serde_json::{Value, json};
use std::process::ExitStatus;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long an adapter may take until it says what it offers.
const HELLO: Duration = Duration::from_secs(15);

/// How long the control plane may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an adapter's client is asked to wait for replies, so that waiting in vain costs little.
const REPLY_PATIENCE: u64 = 2000;

/// How often it is asked to see whether the connection still lives, in the cases that are about that.
const KEEP_ALIVE: u64 = 500;

/// How long a program that tells nothing has to be silent, once connected, to be taken for started.
const EASE: Duration = Duration::from_millis(500);

/// How long what a program did last may be on its way through the mock, once it has ended.
const AFTERMATH: Duration = Duration::from_secs(1);

/// Why a case went no further.
pub(super) enum Ended {
    Stop(Stop),
    /// There is no such program: nothing can be judged.
    NotStarted(String),
}

impl From<Stop> for Ended {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// One case while it is played.
pub(super) struct Play<'a> {
    case: &'a Case,
    program: &'a Program,
    words: Vec<String>,
    stage: &'a Stage,
    control: Control,
    vars: Vars,
    slow: u32,
    log: Log,
    journal: Journal,
    adapter: Adapter,
    running: Option<Running>,
    /// The connections that have a name, the one that was opened last at the end.
    conns: Vec<(String, u64)>,
    /// What the adapter has been told to do and is asked about later.
    begun: Vec<(String, u64)>,
    /// The steps that have begun.
    at: usize,
}

impl<'a> Play<'a> {
    pub(super) fn new(
        protocol: &Protocol,
        case: &'a Case,
        program: &'a Program,
        words: Vec<String>,
        stage: &'a Stage,
        vars: Vars,
        slow: u32,
    ) -> Result<Self, String> {
        let control = Control::of(&stage.target).ok_or("the mock has no control plane")?;
        let log = Log::new();
        Ok(Self {
            case,
            program,
            words,
            stage,
            vars,
            slow,
            journal: Journal::follow(control.clone(), log.clone()),
            control,
            log,
            adapter: Adapter::of(protocol),
            running: None,
            conns: Vec::new(),
            begun: Vec::new(),
            at: 0,
        })
    }

    /// Ends the program. Gives back how far the case came, and what was seen.
    pub(super) async fn over(mut self) -> (usize, Vars, Log) {
        if let Some(mut running) = self.running.take() {
            if self.program.is_adapter {
                self.adapter.ask(&mut running, &self.log, "quit", json!({})).await;
            }
            running.stop().await;
        }
        (self.at, self.vars, self.log)
    }

    pub(super) async fn play(&mut self) -> Result<(), Ended> {
        let starts = |verb: &Verb| matches!(verb, Verb::Client(ClientVerb::Start));
        if !self.case.steps.iter().any(|step| starts(&step.verb)) {
            self.start().await?;
        }
        for step in &self.case.steps {
            self.at += 1;
            if starts(&step.verb) {
                self.start().await?;
            } else {
                self.step(&step.verb).await?;
            }
        }
        Ok(())
    }

    async fn step(&mut self, verb: &'a Verb) -> Outcome {
        let verb = match verb {
            Verb::Control(call) => return self.control(call).await,
            Verb::Advance(by) => {
                self.log.note("clock", Direction::Sent, "advance", humantime::format_duration(*by).to_string());
                return self.control.advance(*by).await.map_err(Stop::Trouble);
            }
            Verb::Client(verb) => verb,
            _ => return Err(Stop::Trouble("this is a step of a case for servers".into())),
        };
        match verb {
            // It is done by now.
            ClientVerb::Start => Ok(()),
            ClientVerb::Await(seen, within) => self.await_seen(seen, *within).await,
            ClientVerb::Most(seen, count, span) => self.most(seen, *count, *span).await,
            ClientVerb::Push(conn, sending) => self.push(conn.as_deref(), sending).await,
            ClientVerb::Shut(conn, code) => self.inject(conn.as_deref(), json!({"close": code})).await,
            ClientVerb::Cut(conn) => {
                let conn = self.conn(conn.as_deref())?;
                let cut = self.ask("DELETE", &format!("/connections/{conn}?mode=cut"), String::new()).await;
                self.unless_gone(conn, cut).await
            }
            ClientVerb::Stop => {
                let Some(running) = &mut self.running else { return Err(not_started()) };
                if self.program.is_adapter {
                    self.adapter.ask(running, &self.log, "quit", json!({})).await;
                }
                running.ask_to_end();
                Ok(())
            }
            ClientVerb::Alive(span) => self.alive(*span).await,
            ClientVerb::Ends(code, within) => self.ends(*code, *within).await,
            ClientVerb::Sound => self.sound().await,
            ClientVerb::Started(within) if self.program.is_adapter => {
                self.come_to(self.adapter.start, "start", &Reply::any(), *within).await?;
                // Whatever it has told until now belongs to its start.
                self.adapter.forget();
                Ok(())
            }
            ClientVerb::Started(within) => self.at_ease(*within).await,
            ClientVerb::NotStarted(within) => {
                self.come_to(self.adapter.start, "start", &Reply::any_error(), *within).await
            }
            ClientVerb::Drive(drive, reply, within) => {
                let id = self.drive(drive).await?;
                self.come_to(id, &drive.op, reply, *within).await
            }
            ClientVerb::Begin(drive, name) => {
                let id = self.drive(drive).await?;
                self.begun.push((name.clone(), id));
                Ok(())
            }
            ClientVerb::Done(name, reply, within) => {
                let begun = self.begun.iter().position(|(other, _)| other == name);
                let begun = begun.ok_or_else(|| Stop::Trouble(format!("no `{name}` has begun")))?;
                let (_, id) = self.begun.remove(begun);
                self.come_to(id, name, reply, *within).await
            }
            ClientVerb::Told(template, within) => self.told(template, *within).await,
            ClientVerb::Untold(template, span) => self.untold(template, *span).await,
        }
    }

    fn fill(&self, text: &Text) -> Outcome<String> {
        text.render(&self.vars).map_err(Stop::Trouble)
    }

    fn deadline(&self, within: Duration) -> Instant {
        Instant::now() + stretched(within, self.slow)
    }

    // The program.

    async fn start(&mut self) -> Result<(), Ended> {
        let running = Running::start(self.program, &self.words, &self.stage.environment, &self.log);
        self.running = Some(running.map_err(|e| Ended::NotStarted(e.to_string()))?);
        if self.program.is_adapter {
            self.hello().await?;
            let mut args = json!({
                "url": self.stage.values["url"], "http": self.stage.values["http"], "case": self.case.id(),
                "patience_ms": REPLY_PATIENCE * u64::from(self.slow), "demo": self.stage.values,
            });
            if self.case.needs.iter().any(|need| need == "keep_alive_ms") {
                args["keep_alive_ms"] = KEEP_ALIVE.into();
            }
            if let Some(running) = &mut self.running {
                self.adapter.start = self.adapter.ask(running, &self.log, "start", args).await;
            }
        }
        Ok(())
    }

    fn end(&self) -> Option<ExitStatus> {
        self.running.as_ref().and_then(Running::end)
    }

    /// How the program has ended, for a report.
    fn told_of(&self, end: ExitStatus) -> String {
        let last = self.running.as_ref().map(Running::last_words).unwrap_or_default();
        let words = if last.is_empty() { String::new() } else { format!("; its last words: {last}") };
        format!("the program has ended ({end}){words}")
    }

    /// An end that says that the program cannot do this at all.
    fn excuse(&self) -> Outcome {
        let end = self.end().filter(|end| end.code() == Some(CANNOT));
        match end {
            None => Ok(()),
            Some(_) => {
                let last = self.running.as_ref().map(Running::last_words).unwrap_or_default();
                let why = if last.is_empty() { String::new() } else { format!(": {last}") };
                Err(Stop::Cannot(format!("the program says by exit code {CANNOT} that it cannot do this{why}")))
            }
        }
    }

    async fn alive(&mut self, span: Duration) -> Outcome {
        let Some(running) = &mut self.running else { return Err(not_started()) };
        let ended = timeout(stretched(span, self.slow), running.ended()).await;
        self.excuse()?;
        match ended {
            Err(_) => Ok(()),
            Ok(_) => Err(unmet("the program running on", self.nothing(span))),
        }
    }

    async fn ends(&mut self, code: Option<u16>, within: Duration) -> Outcome {
        let Some(running) = &mut self.running else { return Err(not_started()) };
        let ended = timeout(stretched(within, self.slow), running.ended()).await.ok().flatten();
        let expected = || match code {
            Some(code) => format!("the end of the program with exit code {code}"),
            None => "the end of the program".to_owned(),
        };
        self.excuse()?;
        match ended {
            None => {
                Err(unmet(expected(), format!("a program that runs on for {}", humantime::format_duration(within))))
            }
            Some(end) if code.is_none_or(|code| end.code() == Some(i32::from(code))) => Ok(()),
            Some(end) => Err(unmet(expected(), self.told_of(end))),
        }
    }

    /// What there is instead of what was awaited.
    fn nothing(&self, within: Duration) -> String {
        match self.end() {
            Some(end) => format!("nothing: {}", self.told_of(end)),
            None => format!("nothing like it within {}", humantime::format_duration(within)),
        }
    }

    // What the mock does.

    async fn push(&mut self, conn: Option<&str>, sending: &Sending) -> Outcome {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let what = match sending {
            Sending::Json(text) | Sending::Text(text) => json!({"text": self.fill(text)?}),
            Sending::Huge { prefix, repeat, times, suffix } => {
                json!({"text": self.fill(prefix)? + &repeat.repeat(*times) + &self.fill(suffix)?})
            }
            Sending::Binary(bytes) => json!({"binary": hex(bytes)}),
            Sending::Raw(bytes) => json!({"raw": hex(bytes)}),
            Sending::Ping(text) => json!({"ping": self.fill(text)?}),
            Sending::Fragments { .. } => return Err(Stop::Trouble("a mock sends no fragments".into())),
        };
        self.inject(conn, what).await
    }

    async fn inject(&mut self, conn: Option<&str>, mut what: Value) -> Outcome {
        let conn = self.conn(conn)?;
        what["to"] = conn.into();
        let injected = self.ask("POST", "/inject", what.to_string()).await;
        self.unless_gone(conn, injected).await
    }

    /// What could not be done to a connection, because the program has left it, is the program's doing.
    async fn unless_gone(&mut self, conn: u64, done: Outcome<Value>) -> Outcome {
        let Err(trouble) = done else { return Ok(()) };
        let deadline = self.deadline(AFTERMATH);
        loop {
            let is_gone = |entry: &&Value| entry["kind"] == "gone" && entry["conn"].as_u64() == Some(conn);
            let gone = self.journal.all().iter().find(is_gone).map(shown);
            if let Some(gone) = gone {
                self.excuse()?;
                let received = self.end().map_or(gone, |end| self.told_of(end));
                return Err(unmet("a connection that stays open", received));
            }
            if !self.look(deadline).await? {
                return Err(trouble);
            }
        }
    }

    async fn control(&mut self, call: &Call) -> Outcome {
        let (path, body) = (self.fill(&call.path)?, call.body.as_ref().map(|body| self.fill(body)).transpose()?);
        self.log.note(
            "control",
            Direction::Sent,
            "control",
            format!("{} {path} {}", call.method, body.as_deref().unwrap_or_default()).trim_end(),
        );
        let answer = self.ask(&call.method, &path, body.unwrap_or_default()).await?;
        match &call.wanted.answer {
            None => Ok(()),
            Some(Answer::Json(template)) => self.matches(template, &answer, &answer.to_string()),
            Some(Answer::Text(template)) => self.matches(template, &answer.to_string().into(), &answer.to_string()),
        }
    }

    /// Something that the control plane must do.
    async fn ask(&self, method: &str, path: &str, body: String) -> Outcome<Value> {
        let what = format!("the control plane did not carry out {method} {path}");
        let answer = timeout(stretched(PATIENCE, self.slow), self.control.exchange(method, path, body).run()).await;
        let answer = answer.unwrap_or_else(|_| Err(crate::run::step::no_answer(PATIENCE)));
        let answer = answer.map_err(|why| Stop::Trouble(format!("{what}: {why}")))?;
        if answer.status != 200 {
            return Err(Stop::Trouble(format!("{what}: {} {}", answer.status, answer.body)));
        }
        serde_json::from_str(&answer.body).map_err(|e| Stop::Trouble(format!("{what}: {e}")))
    }

    fn matches(&mut self, template: &Template, value: &Value, received: &str) -> Outcome {
        match compare(template, value, &self.vars) {
            Ok(captures) => {
                captures.into_iter().for_each(|(name, value)| self.vars.set(&name, value));
                Ok(())
            }
            Err(differences) => Err(differ(template.source.clone(), received.to_owned(), differences)),
        }
    }
}

fn not_started() -> Stop {
    Stop::Trouble("the program has not been started before this step".into())
}

fn differ(expected: String, received: String, differences: Vec<Mismatch>) -> Stop {
    Stop::Unmet(Box::new(Unmet { expected, received, differences, ..Unmet::default() }))
}
