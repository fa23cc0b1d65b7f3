//! All connections of one case, and the waiting for what arrives on them.
//!
//! A target with a control plane answers for its time: waiting there is a ping on every connection, whose pong proves
//! that all that was sent has been dealt with, and then moving the clock to the next thing that is due. So a silence of
//! two weeks costs no time, and is still proven. Where servers answer no pings, the control plane tells that a ping has been
//! dealt with, and sends one in place of the pong. Without a control plane, waiting is waiting.

use super::conn::{Arrival, Event, NotOpen, Socket};
use super::control::Control;
use crate::transcript::{Direction, Entry, clip};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

/// How long an answer that needs no proof may take before the first ping goes out.
const GRACE: Duration = Duration::from_millis(5);

/// How long an opening or a writing may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the control plane is asked to wait for pings, before it is seen whether a connection has ended instead.
const GLANCE: Duration = Duration::from_millis(20);

/// So much of what happens in a case is kept: a peer that never stops must not fill the memory.
const MOST_ENTRIES: usize = 5_000;
const MOST_TEXT: usize = 64 * 1024;

/// So many messages wait for a step that looks at them; whoever sends more is told off.
const MOST_WAITING: usize = 10_000;

/// The payload of the suite's own pings.
const MARK: &str = "dummyload-barrier-";

/// A fault of the suite or the control plane: the case cannot be judged.
#[derive(Debug)]
pub(super) struct Trouble(pub(super) String);

/// A place for a connection.
struct Line {
    name: String,
    socket: Option<Socket>,
    opening: u64,
    inbox: VecDeque<Event>,
    pongs: VecDeque<Vec<u8>>,
    /// The end that has arrived.
    end: Option<Event>,
    /// A close frame has been sent: it answers no ping any more.
    closing: bool,
    /// Bytes were sent below the WebSocket layer: a ping could end up within a frame.
    raw: bool,
    /// The last ping of the suite that was answered.
    mark: u64,
}

impl Line {
    fn closed(name: String) -> Self {
        Self {
            name,
            socket: None,
            opening: 0,
            inbox: VecDeque::new(),
            pongs: VecDeque::new(),
            end: None,
            closing: false,
            raw: false,
            mark: 0,
        }
    }

    /// Nothing more can arrive.
    fn is_over(&self) -> bool {
        self.socket.is_none() || self.end.is_some()
    }

    /// Something can arrive, and it can be proven what.
    fn is_live(&self) -> bool {
        !self.is_over() && !self.raw
    }
}

pub(super) struct Net {
    lines: Vec<Line>,
    control: Option<Control>,
    /// Whether servers of this protocol answer pings.
    pongs: bool,
    slow: u32,
    sender: mpsc::Sender<Arrival>,
    news: mpsc::Receiver<Arrival>,
    openings: u64,
    mark: u64,
    started: Instant,
    transcript: Vec<Entry>,
    /// What happened besides and was not kept.
    unkept: u64,
    /// Why the last opening has found nobody, if it has not.
    pub(super) unreachable: Option<String>,
}

impl Net {
    pub(super) fn new(names: impl Iterator<Item = String>, control: Option<Control>, pongs: bool, slow: u32) -> Self {
        let (sender, news) = mpsc::channel(64);
        Self {
            lines: names.map(Line::closed).collect(),
            control,
            pongs,
            slow,
            sender,
            news,
            openings: 0,
            mark: 0,
            started: Instant::now(),
            transcript: Vec::new(),
            unkept: 0,
            unreachable: None,
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn name(&self, conn: usize) -> &str {
        &self.lines[conn].name
    }

    /// Whether nothing can arrive there any more.
    pub(super) fn is_over(&self, conn: usize) -> bool {
        self.lines[conn].is_over() && self.lines[conn].inbox.is_empty()
    }

    pub(super) fn note(&mut self, who: &str, direction: Direction, kind: &'static str, text: impl Into<String>) {
        let t = millis(self.started.elapsed());
        self.keep(Entry { t, conn: who.to_owned(), direction, kind: kind.into(), text: text.into() });
    }

    fn keep(&mut self, mut entry: Entry) {
        if self.transcript.len() >= MOST_ENTRIES {
            self.unkept += 1;
            return;
        }
        if entry.text.len() > MOST_TEXT {
            entry.text = clip(&entry.text, MOST_TEXT);
        }
        self.transcript.push(entry);
    }

    /// All that happened.
    pub(super) fn into_transcript(mut self) -> Vec<Entry> {
        if self.unkept > 0 {
            let text = format!("and {} more, which are not kept", self.unkept);
            let (t, conn) = (millis(self.started.elapsed()), "…".to_owned());
            self.transcript.push(Entry { t, conn, direction: Direction::Received, kind: "more".into(), text });
        }
        self.transcript
    }

    /// A wall-clock span, longer for slow targets.
    pub(super) fn stretched(&self, span: Duration) -> Duration {
        span.saturating_mul(self.slow)
    }

    pub(super) async fn open(&mut self, conn: usize, url: &str, headers: &[(String, String)]) -> Result<(), NotOpen> {
        self.openings += 1;
        let opening = self.openings;
        let name = self.lines[conn].name.clone();
        self.note(&name, Direction::Sent, "open", url);
        let attempt = Socket::open(url, headers, conn, opening, self.sender.clone());
        let opened = timeout(self.stretched(PATIENCE), attempt).await;
        let opened = opened.unwrap_or_else(|_| Err(NotOpen::Unreachable("no answer to the handshake in time".into())));
        self.unreachable = None;
        match opened {
            Ok(socket) => {
                self.lines[conn] = Line { socket: Some(socket), opening, ..Line::closed(name) };
                Ok(())
            }
            Err(why) => {
                let (kind, text) = match &why {
                    NotOpen::Refused(status, body) => ("refused", format!("{status} {body}")),
                    NotOpen::Failed(why) => ("cut", why.clone()),
                    NotOpen::Unreachable(why) => {
                        self.unreachable = Some(why.clone());
                        ("cut", why.clone())
                    }
                };
                self.note(&name, Direction::Received, kind, text);
                self.lines[conn] = Line::closed(name);
                Err(why)
            }
        }
    }

    /// A refusal that a later step may look at.
    pub(super) fn keep_refusal(&mut self, conn: usize, status: u16, body: String) {
        let refusal = Event::Refused(status, body);
        self.lines[conn].end = Some(refusal.clone());
        self.lines[conn].inbox.push_back(refusal);
    }

    /// How the connection ended, also after a step has looked at it.
    pub(super) fn end(&self, conn: usize) -> Option<&Event> {
        self.lines[conn].end.as_ref()
    }

    /// Drops the connection without a farewell.
    pub(super) fn drop(&mut self, conn: usize) {
        let name = self.lines[conn].name.clone();
        self.lines[conn] = Line::closed(name);
    }

    /// Sends by `how`. That the peer has gone already is no fault of the sending: what is expected next tells it.
    pub(super) async fn send(
        &mut self,
        conn: usize,
        kind: &'static str,
        shown: &str,
        how: impl AsyncFnOnce(&mut Socket) -> Result<(), String>,
    ) -> Result<(), Trouble> {
        let patience = self.stretched(PATIENCE);
        let name = self.lines[conn].name.clone();
        self.note(&name, Direction::Sent, kind, shown);
        let line = &mut self.lines[conn];
        line.raw |= kind == "raw";
        line.closing |= kind == "close";
        let Some(socket) = &mut line.socket else {
            if line.end.is_some() {
                self.note(&name, Direction::Sent, kind, "(not sent: the handshake was refused)");
                return Ok(());
            }
            return Err(Trouble(format!("the connection `{name}` is not open; a step has to open it first")));
        };
        let sent = timeout(patience, how(socket)).await.unwrap_or_else(|_| Err("the peer takes nothing in".into()));
        if let Err(why) = sent {
            self.note(&name, Direction::Sent, kind, format!("(not sent: {why})"));
        }
        Ok(())
    }

    /// The next message or end on one of these connections; `None` if there is none within the span.
    /// What is passed over does not count.
    pub(super) async fn next(
        &mut self,
        conns: &[usize],
        within: Duration,
        passed_over: impl Fn(usize, &Event) -> bool,
    ) -> Result<Option<(usize, Event)>, Trouble> {
        self.wait(conns, within, |net| {
            let mut found = conns.iter().filter_map(|conn| {
                let inbox = &mut net.lines[*conn].inbox;
                while inbox.front().is_some_and(|event| passed_over(*conn, event)) {
                    inbox.pop_front();
                }
                Some((*conn, inbox.pop_front()?))
            });
            found.next()
        })
        .await
    }

    /// The next pong that the suite's own pings have not asked for.
    pub(super) async fn next_pong(&mut self, conn: usize, within: Duration) -> Result<Option<Vec<u8>>, Trouble> {
        self.wait(&[conn], within, |net| net.lines[conn].pongs.pop_front()).await
    }

    async fn wait<T>(
        &mut self,
        conns: &[usize],
        within: Duration,
        take: impl Fn(&mut Self) -> Option<T>,
    ) -> Result<Option<T>, Trouble> {
        let deadline = Instant::now() + self.stretched(within);
        // Behind bytes of the case's own no ping can prove anything.
        let provable = self.control.is_some() && !conns.iter().any(|conn| self.lines[*conn].raw);
        let patience = if provable { deadline.min(Instant::now() + GRACE) } else { deadline };
        loop {
            if let Some(found) = take(self) {
                return Ok(Some(found));
            }
            if conns.iter().all(|conn| self.lines[*conn].is_over()) {
                return Ok(None);
            }
            if !self.pump(patience).await {
                break;
            }
        }
        let Some(control) = self.control.clone().filter(|_| provable) else { return Ok(None) };
        let mut left = within;
        loop {
            let proven = self.settle(deadline.max(Instant::now() + self.stretched(PATIENCE))).await;
            if let Some(found) = take(self) {
                return Ok(Some(found));
            }
            if left.is_zero() || !proven || conns.iter().all(|conn| self.lines[*conn].is_over()) {
                return Ok(None);
            }
            left = left.saturating_sub(control.advance_to_next(left).await.map_err(Trouble)?);
        }
    }

    /// Closes what is open, as a well-behaved client does. Nobody waits for the answer.
    pub(super) async fn farewell(&mut self) {
        for line in self.lines.iter_mut().filter(|line| !line.is_over() && !line.closing && !line.raw) {
            if let Some(socket) = &mut line.socket {
                let _ = timeout(GRACE, socket.close(1000)).await;
            }
        }
    }

    /// Lets the target deal with all that was sent, as far as that can be proven.
    pub(super) async fn calm(&mut self) {
        if self.control.is_some() {
            let until = Instant::now() + self.stretched(PATIENCE);
            self.settle(until).await;
        }
    }

    /// A ping on every connection and its pong, or the end. What one connection's message makes the target send on
    /// another is queued there when the first has its pong, so with several of them it takes two rounds.
    async fn settle(&mut self, until: Instant) -> bool {
        let several = self.lines.iter().filter(|line| line.is_live()).count() > 1;
        let rounds = if several && self.pongs { 2 } else { 1 };
        for _ in 0..rounds {
            self.mark += 1;
            let mark = self.mark;
            for line in self.lines.iter_mut().filter(|line| line.is_live() && !line.closing) {
                if let Some(socket) = &mut line.socket {
                    // A peer that has gone, or takes nothing in, is found out below.
                    let _ = timeout_at(until, socket.ping(format!("{MARK}{mark}"))).await;
                }
            }
            if !self.pongs && !self.ask_for_pings(mark, until).await {
                return false;
            }
            while self.lines.iter().any(|line| line.is_live() && line.mark < mark) {
                if !self.pump(until).await {
                    return false;
                }
            }
        }
        true
    }

    /// Has the control plane send a ping to each connection as soon as the suite's own has been dealt with there.
    async fn ask_for_pings(&mut self, mark: u64, until: Instant) -> bool {
        let Some(control) = self.control.clone() else { return false };
        let payload = format!("{MARK}{mark}");
        loop {
            let awaited = self.lines.iter().filter(|line| line.is_live() && !line.closing).count();
            match control.took_pings(&payload, awaited, GLANCE).await {
                _ if awaited == 0 => return true,
                Ok(true) => return control.ping_all(&payload).await.is_ok(),
                Ok(false) if Instant::now() < until => while self.pump(Instant::now()).await {},
                Ok(false) | Err(_) => return false,
            }
        }
    }

    /// Takes in one arrival; whether there was one before the time.
    async fn pump(&mut self, until: Instant) -> bool {
        // What has arrived already counts even when the time is up: the deadline is looked at last.
        let Ok(Some(arrival)) = timeout_at(until, self.news.recv()).await else { return false };
        let line = &mut self.lines[arrival.conn];
        if line.opening != arrival.opening {
            return true;
        }
        let event = arrival.event;
        if let Event::Pong(payload) | Event::Ping(payload) = &event {
            let mark = std::str::from_utf8(payload).ok().and_then(|text| text.strip_prefix(MARK)?.parse().ok());
            if let Some(mark) = mark {
                line.mark = line.mark.max(mark);
                return true;
            }
        }
        let t = millis(arrival.at.saturating_duration_since(self.started));
        let (conn, kind, text) = (line.name.clone(), event.kind(), event.text());
        self.keep(Entry { t, conn, direction: Direction::Received, kind: kind.into(), text });
        let line = &mut self.lines[arrival.conn];
        if line.end.is_some() {
            return true;
        }
        let event = match event {
            Event::Text(_) | Event::Binary(_) if line.inbox.len() >= MOST_WAITING => {
                Event::TooMuch(format!("{MOST_WAITING} messages that nothing has asked for"))
            }
            event => event,
        };
        if event.is_end() {
            line.end = Some(event.clone());
        }
        match event {
            Event::Ping(_) => {}
            Event::Pong(payload) if line.pongs.len() < MOST_WAITING => line.pongs.push_back(payload),
            Event::Pong(_) => {}
            event => line.inbox.push_back(event),
        }
        true
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
