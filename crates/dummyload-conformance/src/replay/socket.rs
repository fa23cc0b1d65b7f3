//! What is expected on a socket, and what has come.

use super::compare::{Compare, Mismatch, Place};
use super::fit::Meaning;
use super::frame::{Message, Op};
use super::json::Json;
use super::names::Names;
use super::play::{NUDGE, Play};
use super::recording::{Line, Payload, Received};
use super::rules::{FreeOrder, Freedom, Rules};
use super::wire::{News, Wire};
use crate::transcript::clip;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long something may take that was recorded to come, where the time is set.
const PROMPT: Duration = Duration::from_millis(500);
/// So many times shorter is the patience once something has not come.
const HASTE: u32 = 10;
/// How long what the control plane calls sent may be on its way.
const QUIET: Duration = Duration::from_millis(300);
/// Where nobody tells what was sent, nothing comes any more after this part of the patience.
const SILENCE: u32 = 20;

/// One recorded connection.
#[derive(Debug)]
pub(super) struct Socket<'a> {
    pub(super) conn: String,
    /// The number that the control plane gives it.
    pub(super) id: Option<u64>,
    /// `None` where the handshake was refused.
    pub(super) wire: Option<Wire>,
    expected: Vec<Expected<'a>>,
    came: Vec<Came>,
    /// Messages that have arrived.
    count: u64,
    over: bool,
    last: Option<&'a Line>,
}

/// Something recorded that has not come yet.
#[derive(Clone, Debug)]
struct Expected<'a> {
    line: &'a Line,
    /// `None` is the end of the connection.
    message: Option<&'a Received>,
    /// Of a text that is known.
    meaning: Option<Meaning>,
    /// How far the order of the pushes means nothing.
    free: Freedom,
}

#[derive(Debug)]
enum Came {
    Message(Message, Option<Meaning>),
    End(String),
}

/// What a comparison has taught.
struct Learnt {
    names: Names,
    reordered: usize,
}

impl Came {
    fn is_ping(&self) -> bool {
        matches!(self, Self::Message(message, _) if message.op == Op::Ping)
    }

    fn shown(&self) -> String {
        match self {
            Self::End(why) if why.is_empty() => "the end of the connection".into(),
            Self::End(why) => format!("the end of the connection ({why})"),
            Self::Message(message, _) => match message.text() {
                Some(text) => text.to_owned(),
                None => shown(message.op, &message.payload),
            },
        }
    }
}

impl Expected<'_> {
    fn is_ping(&self) -> bool {
        self.message.is_some_and(|message| message.op == Op::Ping)
    }

    fn shown(&self) -> String {
        match self.message.map(|message| (message.op, &message.payload)) {
            None => "the end of the connection".into(),
            Some((_, Payload::Text(text))) => text.shown(),
            Some((op, Payload::Bytes(bytes))) => shown(op, bytes),
        }
    }
}

fn shown(op: Op, payload: &[u8]) -> String {
    match (op, Message::close(payload)) {
        (Op::Close, (Some(code), reason)) => format!("a close frame {code} {reason}").trim_end().to_owned(),
        (Op::Close, (None, _)) => "a close frame without a code".into(),
        _ => {
            let hex: String = payload.iter().take(64).map(|byte| format!("{byte:02x}")).collect();
            format!("a frame `{}` {hex}", op.name()).trim_end().to_owned()
        }
    }
}

impl<'a> Socket<'a> {
    pub(super) fn new(conn: &str, id: Option<u64>, wire: Option<Wire>) -> Self {
        let over = wire.is_none();
        Self { conn: conn.to_owned(), id, wire, expected: Vec::new(), came: Vec::new(), count: 0, over, last: None }
    }

    pub(super) fn expect(&mut self, line: &'a Line, message: Option<&'a Received>, free: Freedom, rules: &Rules) {
        self.last = Some(line);
        let meaning = message.and(line.came()).map(|text| rules.meaning(text));
        self.expected.push(Expected { line, message, meaning, free });
    }

    /// Nothing can come any more.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    pub(super) fn close(&mut self) {
        if let Some(wire) = &mut self.wire {
            wire.close();
        }
        self.over = true;
    }
}

impl<'a> Play<'a> {
    /// Waits for all that was recorded up to here, pings aside: they come by the clock, so they are counted at the end.
    pub(super) async fn settle(&mut self) -> Result<(), String> {
        let mut pending: Vec<(usize, Expected<'a>)> = Vec::new();
        for (n, socket) in self.sockets.iter_mut().enumerate() {
            let (pings, awaited) =
                std::mem::take(&mut socket.expected).into_iter().partition::<Vec<_>, _>(Expected::is_ping);
            pending.extend(awaited.into_iter().map(|expected| (n, expected)));
            socket.expected = pings;
        }
        pending.sort_by_key(|(_, expected)| expected.line.number);
        if let Some((_, last)) = pending.last() {
            self.reach(last.line).await?;
        }
        for (at, (n, expected)) in pending.iter().enumerate() {
            if !self.wait_for(*n, expected).await {
                self.miss(*n, expected, &pending[at + 1..]);
            }
        }
        Ok(())
    }

    /// Whether it has come.
    async fn wait_for(&mut self, n: usize, expected: &Expected<'a>) -> bool {
        let patience = if self.control().is_some() { PROMPT } else { self.server.patience };
        let until = Instant::now() + if self.hasty { patience / HASTE } else { patience };
        loop {
            if self.take(n, expected) {
                return true;
            }
            if !self.pump(until).await {
                self.hasty = true;
                return false;
            }
        }
    }

    /// Takes in what arrives next; whether something did before the time.
    async fn pump(&mut self, until: Instant) -> bool {
        let Ok(Some(News { conn, what })) = timeout_at(until, self.news.recv()).await else { return false };
        if let Some(socket) = self.sockets.get_mut(conn) {
            match what {
                Ok(message) => {
                    socket.count += 1;
                    let meaning = message.text().map(|text| self.rules.meaning(text));
                    socket.came.push(Came::Message(message, meaning));
                }
                Err(why) => {
                    socket.over = true;
                    socket.came.push(Came::End(why));
                }
            }
        }
        true
    }

    /// Takes the first that is equal to what was recorded, if it has come.
    fn take(&mut self, n: usize, expected: &Expected<'a>) -> bool {
        let came = std::mem::take(&mut self.sockets[n].came);
        let fitting = came.iter().enumerate().find_map(|(at, came)| {
            let (mismatches, learnt) = self.attempt(expected, came)?;
            mismatches.is_empty().then_some((at, learnt))
        });
        self.sockets[n].came = came;
        let Some((at, learnt)) = fitting else { return false };
        self.learn(learnt);
        self.in_order(n, at, expected);
        self.sockets[n].came.remove(at);
        true
    }

    /// The differences, and what would be learnt; `None` if these are things of different kinds.
    fn attempt(&mut self, expected: &Expected<'_>, came: &Came) -> Option<(Vec<Mismatch>, Learnt)> {
        let place = self.place_of(expected);
        let before = Learnt { names: self.names.clone(), reordered: self.played.reordered };
        let mismatches = self.differences(expected, came, &place);
        let learnt = Learnt { names: self.names.clone(), reordered: self.played.reordered };
        self.learn(before);
        Some((mismatches?, learnt))
    }

    fn learn(&mut self, learnt: Learnt) {
        (self.names, self.played.reordered) = (learnt.names, learnt.reordered);
    }

    fn place_of(&self, expected: &Expected<'_>) -> Place {
        let request = self.asked.get(&expected.line.number);
        let request = request.and_then(|number| self.scenario.lines.iter().find(|line| line.number == *number));
        let request = request.and_then(Line::went).unwrap_or_default();
        Place {
            context: expected.meaning.as_ref().map(|meaning| meaning.context.clone()).unwrap_or_default(),
            creates: self.rules.creates(&request),
            lists: self.rules.freedom(FreeOrder::Lists, &request),
        }
    }

    /// `None` if these are things of different kinds.
    fn differences(&mut self, expected: &Expected<'_>, came: &Came, place: &Place) -> Option<Vec<Mismatch>> {
        let (received, message, meaning) = match (expected.message, came) {
            (None, Came::End(_)) => return Some(Vec::new()),
            (Some(received), Came::Message(message, meaning)) if received.op == message.op => {
                (received, message, meaning)
            }
            _ => return None,
        };
        let mut mismatches = match (&received.payload, message.text()) {
            (Payload::Text(text), Some(seen)) => match (&expected.meaning, meaning) {
                (Some(recorded), Some(found)) if !text.is_cut() => {
                    if recorded.is_push != found.is_push {
                        return None;
                    }
                    let thing =
                        self.thing_of(expected, found).filter(|_| matches!(expected.free, Freedom::Page { .. }));
                    self.compare(place, |compare| match (&recorded.json, &found.json, thing) {
                        (Some(recorded), Some(found), Some(thing)) => compare.push(recorded, found, thing),
                        (Some(recorded), Some(found), None) => compare.value(recorded, found, &mut Vec::new()),
                        _ => compare.body(text, seen),
                    })
                }
                _ => self.compare(place, |compare| compare.body(text, seen)),
            },
            (Payload::Bytes(bytes), _) if *bytes == message.payload => Vec::new(),
            (Payload::Text(text), None) if text.text().is_some_and(|text| text.as_bytes() == message.payload) => {
                Vec::new()
            }
            (Payload::Bytes(bytes), _) => self.bytes(place, received.op, bytes, &message.payload),
            _ => vec![Mismatch { pointer: String::new(), expected: expected.shown(), seen: came.shown() }],
        };
        // Where a server cuts a long message depends on its buffers; into how many frames is what a reader meets.
        if received.frames.len() != message.frames.len() {
            let frames = |frames: &[usize]| match frames.len() {
                0 => "one frame".to_owned(),
                count => format!("{count} frames"),
            };
            mismatches.push(Mismatch {
                pointer: String::new(),
                expected: frames(&received.frames),
                seen: frames(&message.frames),
            });
        }
        Some(mismatches)
    }

    fn bytes(&mut self, place: &Place, op: Op, expected: &[u8], seen: &[u8]) -> Vec<Mismatch> {
        // Bytes that are nearly a text are compared as one: there may be ids and times in them.
        if op == Op::Text {
            let texts = (String::from_utf8_lossy(expected), String::from_utf8_lossy(seen));
            return self.compare(place, |compare: &mut Compare<'_>| {
                compare.body(&super::cut::Cut::whole(&texts.0), &texts.1);
            });
        }
        vec![Mismatch { pointer: String::new(), expected: shown(op, expected), seen: shown(op, seen) }]
    }

    /// Tells if something came earlier that was recorded later, where that means something.
    fn in_order(&mut self, n: usize, at: usize, expected: &Expected<'a>) {
        let socket = &self.sockets[n];
        let taken = &socket.came[at];
        let earlier =
            socket.came[..at].iter().find(|earlier| !earlier.is_ping() && self.matters(earlier, taken, &expected.free));
        if let Some(earlier) = earlier {
            let text = format!("recorded before it, seen behind it: {}", clip(&earlier.shown(), 300));
            self.differ(expected.line, text);
        }
    }

    /// Answers overtake each other, and pushes come before or after answers. Pushes keep their order among themselves,
    /// unless several listeners get the same thing.
    fn matters(&self, earlier: &Came, taken: &Came, free: &Freedom) -> bool {
        let (Came::Message(_, Some(earlier)), Came::Message(_, Some(taken))) = (earlier, taken) else { return true };
        let free = match free {
            Freedom::None => false,
            Freedom::All | Freedom::Ties(_) | Freedom::Page { .. } => true,
            Freedom::Groups(keys) => self.group_of(earlier, keys) != self.group_of(taken, keys),
        };
        earlier.is_push && taken.is_push && !free && !self.same_item(earlier, taken)
    }

    /// What the thing that is pushed has in these members.
    fn group_of(&self, text: &Meaning, keys: &[String]) -> Option<Vec<Option<String>>> {
        let mut outer = self.rules.push.iter().flat_map(|push| &push.items).filter_map(|item| item.rsplit_once('/'));
        outer.find_map(|(outer, _)| Some(text.json.as_ref()?.at(outer)?.group(keys)))
    }

    /// Where in this push the thing stands that is pushed.
    fn thing_of(&self, expected: &Expected<'_>, found: &Meaning) -> Option<&'a str> {
        let recorded = expected.meaning.as_ref().filter(|recorded| recorded.is_push)?.json.as_ref()?;
        let outer = self.rules.push.iter().flat_map(|push| &push.items).filter_map(|item| item.rsplit_once('/'));
        let stands_in = |json: &Json, pointer: &str| json.at(pointer).is_some();
        let mut outer = outer.map(|(outer, _)| outer);
        outer.find(|outer| {
            stands_in(recorded, outer) && found.json.as_ref().is_some_and(|found| stands_in(found, outer))
        })
    }

    fn same_item(&self, a: &Meaning, b: &Meaning) -> bool {
        let (Some(a), Some(b)) = (&a.json, &b.json) else { return false };
        let mut items = self.rules.push.iter().flat_map(|push| &push.items);
        items.any(|pointer| a.at(pointer).is_some() && a.at(pointer) == b.at(pointer))
    }

    /// What was recorded has not come: tells what has come in its place, if something has that was not recorded behind it.
    fn miss(&mut self, n: usize, expected: &Expected<'a>, behind: &[(usize, Expected<'a>)]) {
        let came = std::mem::take(&mut self.sockets[n].came);
        let mut nearest: Option<(usize, Vec<Mismatch>, Learnt)> = None;
        for (at, came) in came.iter().enumerate().filter(|(_, came)| belongs(expected, came)) {
            let mut later = behind.iter().filter(|(socket, _)| *socket == n);
            if later.any(|(_, later)| self.attempt(later, came).is_some_and(|(found, _)| found.is_empty())) {
                continue;
            }
            if let Some((found, learnt)) = self.attempt(expected, came)
                && nearest.as_ref().is_none_or(|(_, best, _)| found.len() < best.len())
            {
                nearest = Some((at, found, learnt));
            }
        }
        self.sockets[n].came = came;
        match nearest {
            Some((at, found, learnt)) => {
                self.learn(learnt);
                self.sockets[n].came.remove(at);
                self.report(expected.line, found);
            }
            None => {
                let text = format!("recorded {}, but it did not come", clip(&expected.shown(), 300));
                self.differ(expected.line, text);
            }
        }
    }

    /// Waits until all has arrived on this connection that the server has sent.
    pub(super) async fn calm(&mut self, conn: &str) -> Result<(), String> {
        let Some(n) = self.sockets.iter().rposition(|socket| socket.conn == conn && !socket.over) else {
            return Ok(());
        };
        self.nudge(n).await?;
        let quiet = if self.control().is_some() { QUIET } else { self.server.patience / SILENCE };
        let until = Instant::now() + quiet;
        let Some((control, id)) = self.control().zip(self.sockets[n].id) else {
            while self.pump(until).await {}
            return Ok(());
        };
        let Some(sent) = control.sent().await.unwrap_or_default().get(&id).copied() else {
            // It has ended on the other side, and the end is on its way.
            while !self.sockets[n].over && self.pump(until).await {}
            return Ok(());
        };
        while self.sockets[n].count < sent && self.pump(until).await {}
        Ok(())
    }

    /// The clock is good to some milliseconds only, so a ping that was recorded at the very end may be due just now.
    async fn nudge(&mut self, n: usize) -> Result<(), String> {
        let socket = &self.sockets[n];
        let missing = socket.expected.len() > socket.came.iter().filter(|came| came.is_ping()).count();
        if missing && self.control().is_some() {
            self.advance(NUDGE).await?;
        }
        Ok(())
    }

    /// Nothing recorded, nothing may have come. Pings are compared by their number.
    pub(super) fn leftovers(&mut self) {
        let mut found: Vec<(&'a Line, String)> = Vec::new();
        let first = self.scenario.lines.first();
        // By a clock that is not set they come at other places than they did.
        let counted = self.server.steered().is_some() || self.rules.pings_every.is_none();
        for socket in &mut self.sockets {
            let Some(last) = socket.last.or(first) else { continue };
            let (pings, others) = std::mem::take(&mut socket.came).into_iter().partition::<Vec<_>, _>(Came::is_ping);
            if counted {
                for (n, expected) in socket.expected.iter().enumerate().skip(pings.len()) {
                    found.push((expected.line, format!("recorded {} pings up to here, seen {}", n + 1, pings.len())));
                }
                if pings.len() > socket.expected.len() {
                    found.push((last, format!("recorded {} pings, seen {}", socket.expected.len(), pings.len())));
                }
            }
            found.extend(others.iter().map(|came| {
                (last, format!("nothing more recorded on {}, seen {}", socket.conn, clip(&came.shown(), 300)))
            }));
            socket.expected.clear();
        }
        for (line, text) in found {
            self.differ(line, text);
        }
    }
}

/// Whether this could be what was recorded, with something wrong in it: the answer to the same request, a push of the same
/// action.
fn belongs(expected: &Expected<'_>, came: &Came) -> bool {
    let (Some(recorded), Came::Message(_, Some(seen))) = (&expected.meaning, came) else { return true };
    if recorded.is_push { recorded.context == seen.context } else { recorded.key == seen.key }
}
