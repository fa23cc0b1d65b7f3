//! When things happened on the server: its clock, fitted to the times that it wrote itself.

use super::cut::Cut;
use super::frame::{Frame, Op};
use super::json::Json;
use super::names::Names;
use super::recording::{Answer, Line, Payload, Scenario, What};
use super::rules::Rules;
use super::time;
use std::collections::{BTreeMap, BTreeSet};

/// A time that is further off the clock of the recording has another origin.
const DOUBT: i64 = 1_000;

/// The clock that a recording names is good to half a second, and a little. What would put it further off was read again, and
/// not made by what asked for it.
const GOOD: i64 = 600;

/// A ping is on its way for so long.
const LATE: i64 = 20;

/// What the times in a recording tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Fit {
    /// The server's time at the start, in milliseconds since 1970.
    pub(super) clock: Option<i64>,
    /// The time at which the server worked on what a line sent, by the number of the line.
    pub(super) at: BTreeMap<usize, i64>,
}

/// A time that the server has made.
struct Made {
    /// When it was first seen.
    first: f64,
    /// The requests before it, and when they were sent.
    pushed_by: Option<(usize, f64)>,
    answers: Option<(usize, f64)>,
}

impl Line {
    /// The recorded text of what came.
    pub(super) fn came(&self) -> Option<&str> {
        match &self.what {
            What::Recv(received) => match &received.payload {
                Payload::Text(text) => Some(known(text)),
                Payload::Bytes(_) => None,
            },
            What::Open { answer, .. } | What::Answer { answer, .. } => body(answer),
            _ => None,
        }
    }

    /// It stands for calls that were made before it was written.
    pub(super) fn sets_up(&self) -> bool {
        matches!(&self.what, What::Remark { setup, .. } if !setup.is_empty())
    }

    /// The recorded text of what went.
    pub(super) fn went(&self) -> Option<String> {
        match &self.what {
            What::Send(Frame { cut: Some(text), .. }) => Some(known(text).to_owned()),
            What::Send(frame) => Some(String::from_utf8_lossy(&frame.payload).into_owned()),
            What::Request { method, path, body, .. } => {
                let body = body.as_ref().map(known).unwrap_or_default();
                Some(format!("{method} {path} {body}"))
            }
            _ => None,
        }
    }
}

fn body(answer: &Answer) -> Option<&str> {
    answer.body.as_ref().map(known)
}

/// As much of a text as is known.
fn known(text: &Cut) -> &str {
    text.text().unwrap_or(&text.start)
}

impl Scenario {
    /// For every line that came: the number of the line that asked for it, if one did.
    pub(super) fn asked(&self, rules: &Rules) -> BTreeMap<usize, usize> {
        let mut asked = BTreeMap::new();
        let mut open: Vec<&Line> = Vec::new();
        let mut sent: BTreeMap<(&str, Vec<String>), usize> = BTreeMap::new();
        for line in &self.lines {
            match &line.what {
                What::Request { .. } => open.push(line),
                What::Answer { method, path, .. } => {
                    let same = |request: &Line| match &request.what {
                        What::Request { method: m, path: p, .. } => {
                            request.conn == line.conn && m == method && p == path
                        }
                        _ => false,
                    };
                    if let Some(at) = open.iter().position(|request| same(request)) {
                        asked.insert(line.number, open.remove(at).number);
                    }
                }
                What::Send(_) => {
                    if let Some(key) = line.went().and_then(|text| rules.meaning(&text).key) {
                        sent.insert((&line.conn, key), line.number);
                    }
                }
                What::Recv(_) => {
                    let meaning = line.came().map(|text| rules.meaning(text)).filter(|meaning| !meaning.is_push);
                    if let Some(request) =
                        meaning.and_then(|meaning| meaning.key).and_then(|key| sent.get(&(line.conn.as_str(), key)))
                    {
                        asked.insert(line.number, *request);
                    }
                }
                _ => {}
            }
        }
        asked
    }

    /// The lines that came while several requests were under way. What those cause has no order.
    pub(super) fn crowded(&self, asked: &BTreeMap<usize, usize>) -> BTreeSet<usize> {
        let answered: BTreeSet<usize> = asked.values().copied().collect();
        let (mut under_way, mut came, mut crowded) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        let mut together = 0;
        for line in &self.lines {
            if answered.contains(&line.number) {
                if under_way.is_empty() {
                    (together, came) = (0, Vec::new());
                }
                under_way.insert(line.number);
                together += 1;
            }
            if let Some(request) = asked.get(&line.number) {
                under_way.remove(request);
            }
            came.push(line.number);
            if together > 1 {
                crowded.extend(came.drain(..));
            }
        }
        crowded
    }

    /// Calls that were made without being recorded stand behind the pushes that they caused, for they were written down when
    /// they were done. They are to be made before.
    pub(super) fn put_right(&self, rules: &Rules) -> Self {
        let mut right = self.clone();
        for at in 0..right.lines.len() {
            if right.lines[at].sets_up() {
                let is_push = |line: &&Line| {
                    matches!(line.what, What::Recv(_)) && line.came().is_some_and(|text| rules.meaning(text).is_push)
                };
                let first = at - right.lines[..at].iter().rev().take_while(is_push).count();
                right.lines[first..=at].rotate_right(1);
            }
        }
        right
    }

    /// Fits the clock. Each new time in an answer lies between the request and the answer.
    pub(super) fn fit(&self, rules: &Rules) -> Fit {
        let Some(told) = self.clock else { return Fit::default() };
        let asked = self.asked(rules);
        let by_number: BTreeMap<usize, &Line> = self.lines.iter().map(|line| (line.number, line)).collect();
        let (mut own, mut made) = (BTreeSet::new(), BTreeMap::new());
        let (mut last, mut before) = (None, 0.0);
        for line in &self.lines {
            if let Some(text) = line.went() {
                last = Some((line.number, line.t));
                own.extend(time::times(&text).map(|(_, ms)| ms).filter(|ms| !made.contains_key(ms)));
            } else if line.sets_up() {
                // It was written down when the calls were done.
                last = Some((line.number, before));
            }
            before = line.t;
            let Some(text) = line.came() else { continue };
            let request = asked.get(&line.number).and_then(|number| by_number.get(number));
            for (range, ms) in time::times(text) {
                let moving = rules.moving.iter().any(|name| text[..range.start].ends_with(&format!("\"{name}\":\"")));
                if moving || own.contains(&ms) || (ms - told - line.t as i64).abs() >= DOUBT {
                    continue;
                }
                // An answer says exactly what it belongs to; a push belongs to whatever was sent last.
                let Made { answers, first, .. } =
                    made.entry(ms).or_insert_with(|| Made { first: line.t, pushed_by: last, answers: None });
                let request = request.map(|request| (request.number, request.t));
                // Of several that were under way, such as polls that wait for it, the last has brought it about.
                let later = |(_, t): &(usize, f64)| *t <= *first && answers.is_none_or(|(_, known)| *t > known);
                *answers = request.filter(later).or(*answers);
            }
        }
        let mut spans: Vec<(i64, usize, i64, i64)> = Vec::new();
        for (ms, Made { first, pushed_by, answers }) in made {
            if let Some((request, since)) = answers.or(pushed_by) {
                spans.push((ms, request, ms - first.ceil() as i64, ms - since.floor() as i64));
            }
        }
        // Pings of the server come when its clock strikes.
        for line in &self.lines {
            let (Some(beat), What::Recv(received)) = (rules.pings_every, &line.what) else { continue };
            let at = told + line.t as i64;
            let struck = (at + beat / 2).div_euclid(beat) * beat;
            if received.op == Op::Ping && (struck - at).abs() < DOUBT {
                spans.push((struck, 0, struck - line.t.ceil() as i64, struck - line.t.floor() as i64 + LATE));
            }
        }
        let fitting = |clock: i64| spans.iter().filter(|(_, _, low, high)| (*low..=*high).contains(&clock)).count();
        // What was seen had been written before. When it was asked for says less: it may have been written earlier.
        let least = spans.iter().map(|(_, _, low, _)| *low).max().unwrap_or(told);
        let latest =
            spans.iter().map(|(_, _, _, high)| *high).filter(|high| *high >= least && (high - told).abs() <= GOOD);
        let best = latest.max_by_key(|clock| (fitting(*clock), *clock));
        let clock = best.unwrap_or(told);
        let mut at = BTreeMap::new();
        for (ms, request, low, high) in spans {
            if request > 0 && (low - 5..=high + 5).contains(&clock) {
                let first = at.entry(request).or_insert(ms);
                *first = ms.min(*first);
            }
        }
        Fit { clock: Some(clock), at }
    }
}

/// A text, and what the rules make of it.
#[derive(Clone, Debug)]
pub(super) struct Meaning {
    pub(super) json: Option<Json>,
    /// Nobody has asked for it.
    pub(super) is_push: bool,
    /// What it has in common with the request that it answers, or the answer to it.
    pub(super) key: Option<Vec<String>>,
    /// What it is about: by that its ids are understood.
    pub(super) context: String,
}

impl Rules {
    pub(super) fn meaning(&self, text: &str) -> Meaning {
        let json = Json::parse(text);
        let has = |name: &String| json.as_ref().is_some_and(|json| json.member(name).is_some());
        let is_push = self.push.as_ref().is_none_or(|push| {
            json.is_some() && push.member.as_ref().is_none_or(has) && !push.without.as_ref().is_some_and(has)
        });
        let text = |name: &String| json.as_ref().and_then(|json| json.member(name));
        let shown = |name: &String| text(name).map(ToString::to_string).unwrap_or_default();
        let key = json.is_some() && !self.answers_by.is_empty();
        Meaning {
            is_push,
            key: key.then(|| self.answers_by.iter().map(shown).collect()),
            context: self.answers_by.first().and_then(text).and_then(Json::text).unwrap_or_default().to_owned(),
            json,
        }
    }
}

/// How much later a play is than its recording.
pub(super) fn shift(names: &mut Names, fit: &Fit, now: i64) {
    names.shift = fit.clock.map_or(0, |clock| now - clock);
}
