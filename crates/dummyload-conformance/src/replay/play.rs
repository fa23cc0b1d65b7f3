//! Plays one recording, line by line.

use super::compare::{Compare, Mismatch, Place, WORDS};
use super::cut::Cut;
use super::fit::{self, Fit};
use super::frame::{Frame, Op};
use super::json::Json;
use super::names::{Names, placeholders};
use super::recording::{Answer, Line, Scenario, Setup, What};
use super::rules::{FreeOrder, Freedom, RemarkAct, Rules};
use super::server::{Control, Server};
use super::socket::Socket;
use super::wire::{Call, News, Reply};
use super::{Difference, Played};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

/// How far times may be apart, in milliseconds: where the clock is set, and where it is the machine's.
const TOLERANCE: (i64, i64) = (1_500, 10_000);

/// An answer that takes longer may wait for the time to pass.
const SOON: Duration = Duration::from_millis(300);

/// How long an answer over HTTP may take, where the time is set.
const PROMPT: Duration = Duration::from_secs(2);

/// A bit more time, in milliseconds, for what is due at a time that is known to some milliseconds only.
pub(super) const NUDGE: i64 = 500;

/// A recording that is being played.
pub(super) struct Play<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) rules: &'a Rules,
    pub(super) server: &'a Server,
    pub(super) fit: Fit,
    /// For every line that came, the line that asked for it.
    pub(super) asked: BTreeMap<usize, usize>,
    /// What is in its lists and pushes.
    pool: Vec<Json>,
    /// Lines that came while several requests were under way.
    crowded: BTreeSet<usize>,
    pub(super) names: Names,
    pub(super) sockets: Vec<Socket<'a>>,
    pub(super) news: mpsc::UnboundedReceiver<News>,
    sender: mpsc::UnboundedSender<News>,
    calls: Vec<Outstanding<'a>>,
    pub(super) played: Played,
    started: Instant,
    /// The time of a server whose clock is set, and when the play began by it.
    now: Option<i64>,
    began: Option<i64>,
    /// The headers of the last answer over HTTP.
    headers: Vec<(String, String)>,
    /// It was told to stop, so nothing can be asked for any more.
    stopped: bool,
    /// The last entry of its journal that is known.
    journal: u64,
    /// Something that was recorded has not come: from then on nothing is waited for as long as at first.
    pub(super) hasty: bool,
}

struct Outstanding<'a> {
    line: &'a Line,
    reply: JoinHandle<Result<Reply, String>>,
}

impl<'a> Play<'a> {
    pub(super) fn new(scenario: &'a Scenario, rules: &'a Rules, server: &'a Server) -> Self {
        let (sender, news) = mpsc::unbounded_channel();
        let mut names = Names::default();
        let asked = scenario.asked(rules);
        for (name, value) in rules.words.iter().chain(&server.words) {
            names.set_word(name, value);
        }
        Self {
            scenario,
            rules,
            server,
            fit: scenario.fit(rules),
            crowded: scenario.crowded(&asked),
            pool: scenario.things(rules),
            asked,
            names,
            sockets: Vec::new(),
            news,
            sender,
            calls: Vec::new(),
            played: Played::default(),
            started: Instant::now(),
            now: None,
            began: None,
            headers: Vec::new(),
            stopped: false,
            journal: 0,
            hasty: false,
        }
    }

    pub(super) fn control(&self) -> Option<&'a Control> {
        if self.stopped { None } else { self.server.steered() }
    }

    /// # Errors
    /// Why it cannot be played.
    pub(super) async fn run(mut self) -> Result<Played, String> {
        match self.control() {
            Some(control) => {
                let now = control.now().await?;
                self.now = Some(now);
                fit::shift(&mut self.names, &self.fit, now + self.scenario.lead(self.fit.clock));
                for login in self.server.passwords.keys() {
                    // Somebody who may not log in has no token, which matters only if it is used.
                    let _ = self.login(login).await;
                }
            }
            None => {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                fit::shift(&mut self.names, &self.fit, i64::try_from(now.as_millis()).unwrap_or_default());
            }
        }
        self.before().await?;
        (self.started, self.began) = (Instant::now(), self.now);
        for line in &self.scenario.lines {
            self.line(line).await.map_err(|why| format!("line {}: {why}", line.number))?;
        }
        self.settle().await?;
        self.end().await?;
        self.cover();
        Ok(self.played)
    }

    /// Does what had been done when the recording began; a server whose clock nobody sets does it right before.
    async fn before(&mut self) -> Result<(), String> {
        for done in &self.scenario.before {
            self.advance_to(done.at).await?;
            for call in &done.setup {
                self.set_up(call).await?;
            }
        }
        match self.fit.clock {
            Some(clock) => self.advance_to(clock).await,
            None => Ok(()),
        }
    }

    /// Moves the time to a recorded one.
    async fn advance_to(&mut self, recorded: i64) -> Result<(), String> {
        let until = recorded + self.names.shift;
        match self.now.filter(|now| until > *now) {
            Some(now) => self.advance(until - now).await,
            None => Ok(()),
        }
    }

    async fn line(&mut self, line: &'a Line) -> Result<(), String> {
        match &line.what {
            What::Recv(received) => {
                let (free, rules) = (self.freedom_of_pushes(line), self.rules);
                self.socket(&line.conn)?.expect(line, Some(received), free, rules);
                return Ok(());
            }
            What::Close { by_server: true } => {
                let rules = self.rules;
                self.socket(&line.conn)?.expect(line, None, Freedom::None, rules);
                return Ok(());
            }
            _ => self.settle().await?,
        }
        self.reach(line).await?;
        match &line.what {
            What::Open { method, path, headers, answer } => self.open(line, method, path, headers, answer).await,
            What::Send(frame) => self.send(line, frame).await,
            What::Close { .. } => {
                self.calm(&line.conn).await?;
                self.socket(&line.conn)?.close();
                Ok(())
            }
            What::Request { method, path, headers, body } => {
                let reply = self.ask(&line.conn, method, path, headers, body.as_ref()).await?;
                self.calls.push(Outstanding { line, reply });
                Ok(())
            }
            What::Answer { answer, .. } => self.answer(line, answer).await,
            What::Remark { text, setup, acts } => self.remark(text, setup, acts).await,
            What::Recv(_) => Ok(()),
        }
    }

    /// Moves the time to where this line was recorded, or to where the server worked on it.
    pub(super) async fn reach(&mut self, line: &Line) -> Result<(), String> {
        if self.control().is_none() {
            let at = self.started + Duration::from_secs_f64((line.t / 1000.0).max(0.0));
            sleep_until(at).await;
            return Ok(());
        }
        let t = if line.sets_up() { 0 } else { line.t.floor() as i64 };
        let then = self.began.map(|began| began + t);
        let worked = self.fit.at.get(&line.number).map(|at| at + self.names.shift);
        if let (Some(now), Some(then)) = (self.now, then.max(worked))
            && then > now
        {
            self.advance(then - now).await?;
        }
        Ok(())
    }

    pub(super) async fn advance(&mut self, ms: i64) -> Result<(), String> {
        if let (Some(control), Some(now)) = (self.control(), self.now) {
            control.advance(ms).await?;
            self.now = Some(now + ms);
        }
        Ok(())
    }

    /// How far the order of the pushes means nothing that were recorded here.
    fn freedom_of_pushes(&self, line: &Line) -> Freedom {
        if self.crowded.contains(&line.number) {
            return Freedom::All;
        }
        let mut earlier = self.scenario.lines.iter().rev().skip_while(|other| other.number != line.number);
        let request = earlier.find_map(|other| if other.conn == line.conn { other.went() } else { None });
        request.map(|request| self.rules.freedom(FreeOrder::Pushes, &request)).unwrap_or_default()
    }

    pub(super) fn socket(&mut self, conn: &str) -> Result<&mut Socket<'a>, String> {
        let found = self.sockets.iter_mut().rev().find(|socket| socket.conn == conn);
        found.ok_or_else(|| format!("the socket {conn} was not opened before"))
    }

    async fn open(
        &mut self,
        line: &'a Line,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        answer: &Answer,
    ) -> Result<(), String> {
        let call = self.call(&line.conn, method, path, headers, None).await?;
        let (mut reply, conn) = (patient(self.most(), call.run()).await?, self.sockets.len());
        let wire = reply.open(conn, self.sender.clone());
        self.check(line, answer, &reply, &format!("{method} {path}"));
        let id = match self.control().filter(|_| wire.is_some()) {
            Some(control) => control.newest().await?,
            None => None,
        };
        self.sockets.push(Socket::new(&line.conn, id, wire));
        Ok(())
    }

    async fn send(&mut self, line: &'a Line, frame: &Frame) -> Result<(), String> {
        let payload = match &frame.cut {
            None => frame.payload.clone(),
            Some(cut) => self.outgoing(cut).await?.into_bytes(),
        };
        let bytes = frame.bytes(&payload);
        // A close frame ends the connection, and is no message.
        let (control, sound) = (self.control(), frame.is_sound() && frame.op != Op::Close);
        let socket = self.socket(&line.conn)?;
        let Some(wire) = socket.wire.as_mut() else { return Ok(()) };
        wire.send(&bytes).await;
        // What comes next may depend on this one, so the server must have read it.
        if let (Some(control), Some(id), true) = (control, socket.id, sound && wire.is_open() && !socket.is_over()) {
            let wanted = json!({ "kind": "received", "conn": id });
            self.journal = control.reached(&wanted, self.journal).await?.unwrap_or(self.journal);
        }
        Ok(())
    }

    /// A text that is sent, as this server has to get it.
    async fn outgoing(&mut self, cut: &Cut) -> Result<String, String> {
        let text = cut.text().ok_or("this text is cut where nobody can tell what stood there, so it cannot be sent")?;
        for name in placeholders(text, WORDS) {
            self.resolve(name).await?;
        }
        Ok(self.names.outgoing(self.rules, text, self.fit.clock))
    }

    /// Begins an HTTP request, as it was recorded.
    async fn call(
        &mut self,
        conn: &str,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Option<&Cut>,
    ) -> Result<Call, String> {
        let path = self.outgoing(&Cut::whole(path)).await?;
        let mut sent = Vec::new();
        for (name, value) in headers {
            sent.push((name.clone(), self.outgoing(&Cut::whole(value)).await?));
        }
        let body = match body {
            None => None,
            Some(body) => Some(self.outgoing(body).await?),
        };
        Ok(Call { base: self.server.base_of(conn).to_owned(), method: method.to_owned(), path, headers: sent, body })
    }

    async fn ask(
        &mut self,
        conn: &str,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: Option<&Cut>,
    ) -> Result<JoinHandle<Result<Reply, String>>, String> {
        let call = self.call(conn, method, path, headers, body).await?;
        self.begin(call).await
    }

    pub(super) async fn begin(&mut self, call: Call) -> Result<JoinHandle<Result<Reply, String>>, String> {
        let reply = tokio::spawn(call.run());
        if let Some(control) = self.control() {
            let wanted = json!({ "kind": "request" });
            self.journal = control.reached(&wanted, self.journal).await?.unwrap_or(self.journal);
        }
        Ok(reply)
    }

    /// How long an answer over HTTP may take.
    pub(super) fn most(&self) -> Duration {
        if self.control().is_some() { PROMPT } else { self.server.patience }
    }

    async fn answer(&mut self, line: &'a Line, answer: &Answer) -> Result<(), String> {
        let asked = self.asked.get(&line.number).copied();
        let at = self.calls.iter().position(|call| Some(call.line.number) == asked);
        let at = at.ok_or("there is an answer without a request")?;
        let Outstanding { line: request, mut reply } = self.calls.remove(at);
        let request = request.went().unwrap_or_default();
        let reply = match timeout(SOON, &mut reply).await {
            Ok(reply) => reply.unwrap_or_else(|e| Err(e.to_string())),
            Err(_) => {
                // An answer that waits for the time may be due in a moment.
                self.advance(NUDGE).await?;
                done(self.most(), reply).await
            }
        };
        match reply {
            Ok(reply) => {
                self.check(line, answer, &reply, &request);
                self.headers = reply.headers;
            }
            Err(why) => self.differ(line, format!("recorded {}, but {why}", answer.status)),
        }
        Ok(())
    }

    /// Compares an answer over HTTP.
    fn check(&mut self, line: &Line, answer: &Answer, reply: &Reply, request: &str) {
        let mut mismatches = Vec::new();
        let mut differ = |what: &str, expected: String, seen: String| {
            mismatches.push(Mismatch { pointer: what.to_owned(), expected, seen });
        };
        if answer.status != reply.status {
            differ("status", answer.status.to_string(), format!("{} {}", reply.status, reply.body));
        }
        let ignored = |name: &str| {
            let also = self.rules.ignored_headers.iter().any(|other| other.eq_ignore_ascii_case(name));
            also || TRANSPORT.iter().any(|other| other.eq_ignore_ascii_case(name))
        };
        let absent = || "no such header".to_owned();
        let of = |headers: &[(String, String)], name: &str| {
            let mut found =
                headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
            let first = found.next()?;
            Some(found.fold(first, |all, next| all + ", " + &next))
        };
        let recorded = answer.headers.as_deref().unwrap_or_default();
        for (name, value) in recorded.iter().filter(|(name, _)| !ignored(name)) {
            let seen = of(&reply.headers, name).unwrap_or_else(absent);
            // The name of a protocol is the same in capitals and without (RFC 9110, 7.8).
            let same = name.eq_ignore_ascii_case("upgrade") && value.eq_ignore_ascii_case(&seen);
            // Several of one name stand in a recording with a bar between them.
            if !same && self.names.filled(value).replace(" | ", ", ") != seen {
                differ(&name.to_lowercase(), value.clone(), seen);
            }
        }
        let new = reply.headers.iter().filter(|(name, _)| !ignored(name) && of(recorded, name).is_none());
        for (name, value) in new.filter(|_| answer.headers.is_some()) {
            differ(name, absent(), value.clone());
        }
        // Method and path; a body may stand behind them.
        let context = request.splitn(3, ' ').take(2).collect::<Vec<_>>().join(" ");
        let place = Place {
            context,
            creates: self.rules.creates(request),
            lists: self.rules.freedom(FreeOrder::Lists, request),
        };
        let empty = Cut::default();
        let body = answer.body.as_ref().unwrap_or(&empty);
        if answer.status == reply.status {
            mismatches.extend(self.compare(&place, |compare| compare.body(body, &reply.body)));
        }
        self.report(line, mismatches);
    }

    /// Compares and learns.
    pub(super) fn compare(&mut self, place: &Place, with: impl FnOnce(&mut Compare<'_>)) -> Vec<Mismatch> {
        let tolerance = if self.control().is_some() { TOLERANCE.0 } else { TOLERANCE.1 };
        let mut compare = Compare {
            rules: self.rules,
            tokens: &self.scenario.tokens,
            names: &mut self.names,
            place,
            pool: &self.pool,
            clock: self.fit.clock,
            tolerance,
            mismatches: Vec::new(),
            reordered: false,
        };
        with(&mut compare);
        self.played.reordered += usize::from(compare.reordered);
        compare.mismatches
    }

    pub(super) fn report(&mut self, line: &Line, mismatches: Vec<Mismatch>) {
        for mismatch in mismatches {
            self.differ(line, mismatch.to_string());
        }
    }

    pub(super) fn differ(&mut self, line: &Line, text: String) {
        let text = crate::redact::without_tokens(&text).into_owned();
        self.played.differences.push(Difference { line: line.number, conn: line.conn.clone(), text });
    }

    async fn remark(&mut self, text: &str, setup: &[Setup], acts: &[Value]) -> Result<(), String> {
        for call in setup {
            self.set_up(call).await?;
        }
        for act in acts {
            let verb = act["do"].as_str().ok_or("an act needs a `do`")?;
            let control =
                self.control().ok_or_else(|| format!("only a server with a control plane can do {verb:?}"))?;
            control.act(verb, act).await?;
            if let ("new-token", Some(user)) = (verb, act["user"].as_str()) {
                self.names.token_is_old(user);
            }
        }
        let rules = self.rules;
        for remark in &rules.remark {
            let Some(found) = remark.text.0.captures(text) else { continue };
            match remark.act {
                RemarkAct::StopServer => {
                    let control = self.control().ok_or("only a server with a control plane can be told to stop")?;
                    control.shutdown().await?;
                    self.stopped = true;
                }
                RemarkAct::LearnHeader => {
                    let group = |name: &str| found.name(name).map_or("", |group| group.as_str());
                    self.learn_header(group("header"), group("value"))?;
                }
                RemarkAct::StopReading | RemarkAct::ReadAgain => {
                    let conn = found.name("conn").map_or("", |conn| conn.as_str());
                    if let Some(wire) = &self.socket(conn)?.wire {
                        wire.read_on(remark.act == RemarkAct::ReadAgain);
                    }
                }
            }
        }
        Ok(())
    }

    /// A header that the recorder has written down apart: its value has a placeholder, up to a semicolon.
    fn learn_header(&mut self, name: &str, value: &str) -> Result<(), String> {
        let word =
            placeholders(value, WORDS).next().ok_or("there is no placeholder in the value of this header")?.to_owned();
        let before = value.split('<').next().unwrap_or_default();
        let mut of_name = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let seen = of_name.find_map(|(_, seen)| seen.strip_prefix(before)).ok_or_else(|| {
            format!("the last answer has no header {name} that begins with {before:?}, so nothing is known of <{word}>")
        })?;
        let value = seen.split(';').next().unwrap_or_default().to_owned();
        self.names.set_word(&word, &value);
        Ok(())
    }

    /// A call that the recorder made and did not record.
    async fn set_up(&mut self, setup: &Setup) -> Result<(), String> {
        let name =
            self.rules.setup_as.as_deref().ok_or("nothing says as whom to `setup`; the rules need `setup_as`")?;
        let token = format!("token:{name}");
        self.resolve(&token).await?;
        let headers = [
            ("Authorization".to_owned(), format!("Bearer <{token}>")),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ];
        let body = (!setup.body.is_null()).then(|| Cut::whole(&setup.body.to_string()));
        let reply = self.ask("http", &setup.method, &setup.path, &headers, body.as_ref()).await?;
        let reply = done(self.most(), reply).await?;
        let what = format!("{} {}", setup.method, setup.path);
        if !(200..300).contains(&reply.status) {
            return Err(format!(
                "{what}, which the recording needs, was answered with {} {}",
                reply.status, reply.body
            ));
        }
        if let Some(id) = setup.id {
            let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
            let place = Place { context: what.clone(), creates: true, lists: Freedom::None };
            let (expected, seen) = (json!({ "id": id }).to_string(), json!({ "id": answer["id"] }).to_string());
            let mismatches = self.compare(&place, |compare| compare.body(&Cut::whole(&expected), &seen));
            if let Some(mismatch) = mismatches.first() {
                return Err(format!("{what}: {mismatch}"));
            }
        }
        Ok(())
    }

    /// What was never recorded to be answered must not be answered, and nothing else may have come.
    async fn end(&mut self) -> Result<(), String> {
        let all: Vec<String> = self.sockets.iter().map(|socket| socket.conn.clone()).collect();
        for conn in all {
            self.calm(&conn).await?;
        }
        for Outstanding { line, reply } in std::mem::take(&mut self.calls) {
            if reply.is_finished() {
                let seen = done(self.most(), reply)
                    .await
                    .map_or_else(|why| why, |reply| format!("{} {}", reply.status, reply.body));
                self.differ(line, format!("recorded no answer, seen {seen}"));
            } else {
                reply.abort();
            }
        }
        self.leftovers();
        Ok(())
    }

    /// Puts the placeholders back in the place of secrets.
    fn cover(&mut self) {
        let secrets = self.names.secrets();
        for difference in &mut self.played.differences {
            for (secret, name) in &secrets {
                difference.text = difference.text.replace(secret, name);
            }
        }
        self.played.differences.sort_by_key(|difference| difference.line);
    }
}

/// Waits for an answer as long as is reasonable.
async fn patient(most: Duration, reply: impl Future<Output = Result<Reply, String>>) -> Result<Reply, String> {
    timeout(most, reply).await.unwrap_or_else(|_| Err(format!("no answer within {most:?}")))
}

/// The same for a request that is on its way.
pub(super) async fn done(most: Duration, reply: JoinHandle<Result<Reply, String>>) -> Result<Reply, String> {
    patient(most, async { reply.await.unwrap_or_else(|e| Err(e.to_string())) }).await
}

/// Headers of the transport, which differ without meaning.
const TRANSPORT: &[&str] = &["date", "connection", "keep-alive", "transfer-encoding", "content-length", "server"];
