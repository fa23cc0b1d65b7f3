//! Plays the steps of one case for clients.

use super::adapter::{Adapter, Line};
use super::journal::{Journal, number};
use super::log::Log;
use super::program::{CANNOT, Program, Running};
use super::{ClientVerb, Drive, Reply, Seen, Stage, stretched};
use crate::case::{Answer, Call, Case, Sending, Verb};
use crate::matcher::{Mismatch, compare};
use crate::run::control::Control;
use crate::run::step::{Outcome, Stop, Unmet, closes, list, nearer, unmet};
use crate::template::Template;
use crate::text::Text;
use crate::transcript::Direction;
use crate::vars::Vars;
use serde_json::{Value, json};
use std::process::ExitStatus;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout};

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
const AFTERMATH: Duration = Duration::from_millis(100);

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
            adapter: Adapter::default(),
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

    async fn hello(&mut self) -> Outcome {
        let deadline = self.deadline(HELLO);
        match self.listen(deadline).await? {
            Some(Line::Hello) => {}
            Some(_) => return Err(Stop::Trouble("the adapter's first line does not say what it offers".into())),
            None => {
                let said = self.end().map_or_else(|| "it has said nothing".to_owned(), |end| self.told_of(end));
                return Err(Stop::Trouble(format!("the adapter does not say what it offers: {said}")));
            }
        }
        let ops = self.case.steps.iter().filter_map(|step| match &step.verb {
            Verb::Client(verb) => verb.op(),
            _ => None,
        });
        let wanted = ops.chain(self.case.needs.iter().map(String::as_str));
        let mut missing: Vec<&str> = wanted.filter(|wanted| !self.adapter.offers(wanted)).collect();
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Stop::Cannot(format!("the adapter does not offer {}", missing.join(", "))))
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

    // What it does, as the mock sees it.

    /// Waits for one more entry of the journal; `false` when there will be none in time.
    async fn look(&mut self, deadline: Instant) -> Outcome<bool> {
        let Some(running) = &mut self.running else { return Err(not_started()) };
        let ended = running.end().is_some();
        let deadline = if ended { deadline.min(Instant::now() + stretched(AFTERMATH, self.slow)) } else { deadline };
        tokio::select! {
            more = self.journal.more() => more.map(|()| true).map_err(Stop::Trouble),
            _ = running.ended(), if !ended => Ok(true),
            () = sleep_until(deadline) => Ok(false),
        }
    }

    /// Waits until there is a connection and the program has said what it says at first: nobody else tells, and bytes that are
    /// sent to it between the frames of its login would spoil that.
    async fn at_ease(&mut self, within: Duration) -> Outcome {
        let deadline = self.deadline(within);
        loop {
            let calm = Instant::now() + stretched(EASE, self.slow);
            let more = self.look(calm.min(deadline)).await?;
            self.excuse()?;
            let opened = !self.conns.is_empty() || self.journal.find(|entry| entry["kind"] == "opened").is_some();
            match more {
                _ if self.end().is_some() => return Err(unmet("a program that is connected", self.nothing(within))),
                true if Instant::now() < deadline => {}
                _ if opened => return Ok(()),
                false if Instant::now() < deadline => {}
                _ => return Err(unmet("a program that is connected", self.nothing(within))),
            }
        }
    }

    async fn await_seen(&mut self, seen: &Seen, within: Duration) -> Outcome {
        let deadline = self.deadline(within);
        loop {
            let found = self.journal.find(|entry| self.is(seen, entry)).cloned();
            if let Some(entry) = found {
                return self.take(seen, &entry);
            }
            if !self.look(deadline).await? {
                break;
            }
        }
        self.excuse()?;
        let received = self.nothing(within);
        let nearest = self.journal.rest().filter_map(|entry| self.near(seen, entry)).fold(None, nearer);
        let nearest = *nearest.unwrap_or_default();
        let received =
            if nearest.received.is_empty() { received } else { format!("{received}; nearest: {}", nearest.received) };
        Err(Stop::Unmet(Box::new(Unmet { expected: wish(seen), received, ..nearest })))
    }

    fn take(&mut self, seen: &Seen, entry: &Value) -> Outcome {
        self.journal.take(number(entry));
        if let Seen::Opened { name, .. } = seen {
            let conn = entry["conn"].as_u64().unwrap_or_default();
            self.conns.retain(|(other, _)| other != name);
            self.conns.push((name.clone(), conn));
            self.vars.set(name, conn.into());
        }
        for (template, value) in matched(seen, entry) {
            if let Ok(captures) = compare(template, &value, &self.vars) {
                captures.into_iter().for_each(|(name, value)| self.vars.set(&name, value));
            }
        }
        Ok(())
    }

    async fn most(&mut self, seen: &Seen, count: usize, span: Duration) -> Outcome {
        let deadline = self.deadline(span);
        loop {
            let found: Vec<&Value> = self.journal.rest().filter(|entry| self.is(seen, entry)).collect();
            if found.len() > count {
                let times = match count {
                    0 => format!("for {} nothing like {}", humantime::format_duration(span), wish(seen)),
                    _ => format!("{} at most {count} times in {}", wish(seen), humantime::format_duration(span)),
                };
                let last = found.last().map(|entry| shown(entry)).unwrap_or_default();
                return Err(unmet(times, format!("{} of them, the last: {last}", found.len())));
            }
            if !self.look(deadline).await? {
                return Ok(());
            }
        }
    }

    /// Whether an entry of the journal is this.
    fn is(&self, seen: &Seen, entry: &Value) -> bool {
        let kind = |kind: &str| entry["kind"] == kind;
        let on = |name: &Option<String>| self.on(name.as_deref(), entry);
        let fits = || matched(seen, entry).iter().all(|(template, value)| compare(template, value, &self.vars).is_ok());
        match seen {
            Seen::Opened { .. } => kind("opened") && fits(),
            Seen::Knocks => kind("opened") || kind("refused"),
            Seen::Refused(status) => {
                kind("refused") && status.iter().any(|status| entry["status"].as_u64() == Some(u64::from(*status)))
            }
            Seen::Gone { name, codes } => {
                kind("gone") && on(name) && codes.as_ref().is_none_or(|codes| closed(codes, &entry["why"]))
            }
            Seen::Message(name, _) => {
                kind("received") && on(name) && entry["text"].is_string() && !matched(seen, entry).is_empty() && fits()
            }
            Seen::Called { method, .. } => kind("request") && entry["method"] == method.as_str() && fits(),
            Seen::Pinged(name) => kind("received") && on(name) && entry["ping"].is_string(),
            Seen::Ponged(name, payload) => {
                let hex = |text: String| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
                kind("received") && on(name) && self.fill(payload).is_ok_and(|payload| entry["pong"] == hex(payload))
            }
        }
    }

    /// Whether an entry is about the connection of this name, or about the one that was opened last.
    fn on(&self, name: Option<&str>, entry: &Value) -> bool {
        match self.conn(name) {
            Ok(conn) => entry["conn"].as_u64() == Some(conn),
            Err(_) => name.is_none(),
        }
    }

    /// How an entry misses what is awaited, if it is of that sort.
    fn near(&self, seen: &Seen, entry: &Value) -> Option<Box<Unmet>> {
        let sort = match seen {
            Seen::Message(..) => entry["kind"] == "received" && entry["text"].is_string(),
            Seen::Called { method, .. } => entry["kind"] == "request" && entry["method"] == method.as_str(),
            Seen::Gone { .. } => entry["kind"] == "gone",
            Seen::Opened { .. } | Seen::Refused(_) => entry["kind"] == "opened" || entry["kind"] == "refused",
            _ => false,
        };
        let misses = || {
            matched(seen, entry).into_iter().filter_map(|(template, value)| compare(template, &value, &self.vars).err())
        };
        sort.then(|| {
            Box::new(Unmet { received: shown(entry), differences: misses().flatten().collect(), ..Unmet::default() })
        })
    }

    /// The number of the connection of this name, or of the one that was opened last.
    fn conn(&self, name: Option<&str>) -> Outcome<u64> {
        let found = match name {
            Some(name) => self.conns.iter().find(|(other, _)| other == name),
            None => self.conns.last(),
        };
        found.map(|(_, conn)| *conn).ok_or_else(|| {
            let which = name.map(|name| format!(" `{name}`")).unwrap_or_default();
            Stop::Trouble(format!("no connection{which} has been opened before this step"))
        })
    }

    async fn sound(&mut self) -> Outcome {
        let answer = self.ask("GET", "/problems", String::new()).await?;
        // What the server tolerates is no fault of a client.
        let mut problems = answer["problems"].as_array().into_iter().flatten();
        let first = problems.find(|problem| problem["reaction"] != "tolerated");
        match first {
            None => Ok(()),
            Some(problem) => {
                let text = |name: &str| problem[name].as_str().unwrap_or_default();
                Err(unmet(
                    "nothing that the mock finds wrong",
                    format!("{}, {} ({})", text("code"), text("problem"), text("source")),
                ))
            }
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

    // What an adapter says.

    /// The next line of the adapter; `None` when there will be none in time.
    async fn listen(&mut self, deadline: Instant) -> Outcome<Option<Line>> {
        let Some(running) = &mut self.running else { return Err(not_started()) };
        let line = tokio::time::timeout_at(deadline, running.line()).await;
        match line {
            Ok(Some(line)) => self.adapter.hear(&self.log, &line).map(Some).map_err(Stop::Trouble),
            Ok(None) => {
                let _ = timeout(stretched(PATIENCE, self.slow), running.ended()).await;
                self.excuse()?;
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    async fn drive(&mut self, drive: &Drive) -> Outcome<u64> {
        let args = self.fill(&drive.args)?;
        let args = serde_json::from_str(&args).map_err(|e| Stop::Trouble(format!("{args} is not JSON: {e}")))?;
        let Some(running) = &mut self.running else { return Err(not_started()) };
        Ok(self.adapter.ask(running, &self.log, &drive.op, args).await)
    }

    async fn come_to(&mut self, id: u64, what: &str, wanted: &Reply, within: Duration) -> Outcome {
        let deadline = self.deadline(within);
        let reply = loop {
            if let Some(reply) = self.adapter.reply(id) {
                break reply;
            }
            if self.listen(deadline).await?.is_none() {
                return Err(unmet(format!("`{what}` to come to {}", shown_reply(wanted)), self.nothing(within)));
            }
        };
        let (template, value) = match &reply {
            Ok(result) => (&wanted.result, json!({"result": result})),
            Err(error) => (&wanted.error, json!({"error": error})),
        };
        match template {
            None => Err(unmet(format!("`{what}` to come to {}", shown_reply(wanted)), value.to_string())),
            Some(template) => {
                let inner = reply.as_ref().unwrap_or_else(|error| error);
                self.matches(template, inner, &value.to_string())
            }
        }
    }

    async fn told(&mut self, template: &Template, within: Duration) -> Outcome {
        let deadline = self.deadline(within);
        loop {
            let found = self.adapter.events().iter().position(|event| compare(template, event, &self.vars).is_ok());
            if let Some(at) = found {
                let event = self.adapter.events()[at].clone();
                self.adapter.take(at);
                return self.matches(template, &event, "");
            }
            if self.listen(deadline).await?.is_none() {
                break;
            }
        }
        let misses = self.adapter.events().iter().map(|event| {
            let differences = compare(template, event, &self.vars).err().unwrap_or_default();
            Box::new(Unmet { received: event.to_string(), differences, ..Unmet::default() })
        });
        let nearest = *misses.fold(None, nearer).unwrap_or_default();
        let nothing = self.nothing(within);
        let received =
            if nearest.received.is_empty() { nothing } else { format!("{nothing}; nearest: {}", nearest.received) };
        Err(Stop::Unmet(Box::new(Unmet { expected: format!("the event {}", template.source), received, ..nearest })))
    }

    async fn untold(&mut self, template: &Template, span: Duration) -> Outcome {
        let deadline = self.deadline(span);
        loop {
            let found = self.adapter.events().iter().find(|event| compare(template, event, &self.vars).is_ok());
            if let Some(event) = found {
                let expected = format!("for {} no event like {}", humantime::format_duration(span), template.source);
                return Err(unmet(expected, event.to_string()));
            }
            if self.listen(deadline).await?.is_none() {
                return Ok(());
            }
        }
    }
}

fn not_started() -> Stop {
    Stop::Trouble("the program has not been started before this step".into())
}

fn differ(expected: String, received: String, differences: Vec<Mismatch>) -> Stop {
    Stop::Unmet(Box::new(Unmet { expected, received, differences, ..Unmet::default() }))
}

/// The templates of what is awaited, each with the part of the entry that it is about; none for a text that is no JSON.
fn matched<'s>(seen: &'s Seen, entry: &Value) -> Vec<(&'s Template, Value)> {
    match seen {
        Seen::Opened { target, .. } => target.iter().map(|target| (target, entry["target"].clone())).collect(),
        Seen::Message(_, template) => {
            let value = entry["text"].as_str().and_then(|text| serde_json::from_str(text).ok());
            value.into_iter().map(|value| (template, value)).collect()
        }
        Seen::Called { path, body, .. } => std::iter::once((path, entry["target"].clone()))
            .chain(body.iter().map(|body| (body, entry["body"].clone())))
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a connection was closed by the program with one of these codes.
fn closed(codes: &[u16], why: &Value) -> bool {
    let Some(code) = why.get("closed") else { return false };
    closes(codes, code.as_u64().and_then(|code| u16::try_from(code).ok()))
}

/// What is awaited, as a report says it.
fn wish(seen: &Seen) -> String {
    match seen {
        Seen::Opened { target: None, .. } => "a connection".into(),
        Seen::Opened { target: Some(target), .. } => format!("a connection to {}", target.source),
        Seen::Knocks => "a handshake".into(),
        Seen::Refused(status) => format!("a handshake, answered with HTTP {}", list(status)),
        Seen::Gone { codes: None, .. } => "the end of the connection".into(),
        Seen::Gone { codes: Some(codes), .. } if codes.is_empty() => "a close frame of the program".into(),
        Seen::Gone { codes: Some(codes), .. } => format!("a close frame of the program with {}", list(codes)),
        Seen::Message(_, template) => template.source.clone(),
        Seen::Called { method, path, body } => {
            let body = body.as_ref().map(|body| format!(" with the body {}", body.source)).unwrap_or_default();
            format!("the call {method} {}{body}", path.source)
        }
        Seen::Pinged(_) => "a ping".into(),
        Seen::Ponged(_, payload) => format!("a pong {:?}", payload.source()),
    }
}

/// An entry of the journal, as a report says it.
fn shown(entry: &Value) -> String {
    let text = |name: &str| entry[name].as_str().unwrap_or_default();
    match entry["kind"].as_str().unwrap_or_default() {
        "received" if entry["text"].is_string() => text("text").to_owned(),
        "request" => format!("{} {} {}", text("method"), text("target"), text("body")).trim_end().to_owned(),
        "opened" => format!("a connection to {}", text("target")),
        "refused" => format!("a handshake, answered with HTTP {}", entry["status"]),
        "gone" => format!("the end of the connection: {}", entry["why"]),
        _ => entry.to_string(),
    }
}

fn shown_reply(wanted: &Reply) -> String {
    let result = wanted.result.as_ref().map(|result| format!("a result {}", result.source));
    let error = wanted.error.as_ref().map(|error| format!("an error {}", error.source));
    result.into_iter().chain(error).collect::<Vec<_>>().join(", or ")
}
