//! Faults as data: what is to go wrong, where, how often.

mod change;
mod view;

pub(crate) use view::{
    Passing, changed_end, changed_request, changed_response, of_end, of_request, of_response, response_of, text_of,
};

use crate::Message;
use crate::control::parse_span;
use crate::frame::{NO_CLOSE_CODE, may_close_with};
use crate::like::{resembles, unknown_matcher};
use change::{Source, check_pointers, check_values, fill, put};
use dummyload_session::Rng;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// One rule: when something passes `on` and fits, `kind` happens to it.
///
/// ```
/// use dummyload_host::{Direction, Fault, FaultKind};
/// let lose_one_reply = Fault::new(Direction::Out, FaultKind::Drop).containing("Publish successful").times(1);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    on: Direction,
    #[serde(flatten)]
    kind: FaultKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conn: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frame: Option<FrameKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    #[serde(rename = "match", default, skip_serializing_if = "Option::is_none")]
    like: Option<Value>,
    /// The same for what is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<Value>,
    #[serde(default = "always")]
    probability: f64,
    /// How often it happens; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    /// How often it has happened.
    #[serde(skip)]
    struck: u64,
    /// How many that fit pass unharmed first.
    #[serde(default)]
    after: u64,
    /// How many have passed so.
    #[serde(skip)]
    passed: u64,
    /// Whether it stays when the mock is reset.
    #[serde(default, skip_serializing_if = "is_false")]
    lasting: bool,
}

fn always() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for this signature")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Fault {
    /// A fault that happens always, to everything that passes.
    pub fn new(on: Direction, kind: FaultKind) -> Self {
        Self {
            on,
            kind,
            conn: None,
            frame: None,
            contains: None,
            like: None,
            asked: None,
            probability: 1.0,
            times: None,
            struck: 0,
            after: 0,
            passed: 0,
            lasting: false,
        }
    }

    /// The rule that `POST /__mock/faults` takes, checked.
    ///
    /// # Errors
    /// A member that there is not, or that means nothing for this kind; a rule that could never strike. The text says what
    /// would be right.
    pub fn from_json(rule: &Value) -> Result<Self, String> {
        let members = rule.as_object().ok_or("a fault rule is a JSON object")?;
        if let Some(unknown) = members.keys().find(|name| !Self::MEMBERS.contains(&name.as_str())) {
            return Err(format!("a fault rule has no member {unknown:?}; it has {}", Self::MEMBERS.join(", ")));
        }
        let fault = Self::deserialize(rule).map_err(|e| format!("the rule does not fit: {e}"))?;
        let known = json!(fault);
        if let Some(idle) = members.iter().find(|(name, value)| known.get(*name).is_none() && **value != false) {
            return Err(format!("{:?} means nothing for a rule of kind {}", idle.0, known["kind"]));
        }
        fault.check()?;
        Ok(fault)
    }

    /// Only to this connection.
    #[must_use]
    pub fn conn(mut self, conn: u64) -> Self {
        self.conn = Some(conn);
        self
    }

    /// Only to messages of clients that come so.
    #[must_use]
    pub fn frame(mut self, frame: FrameKind) -> Self {
        self.frame = Some(frame);
        self
    }

    /// Only to texts (or, for handshakes and HTTP calls, paths) that contain this.
    #[must_use]
    pub fn containing(mut self, part: &str) -> Self {
        self.contains = Some(part.to_owned());
        self
    }

    /// Only to what is like this template; `docs/control-plane.md` has its words.
    #[must_use]
    pub fn like(mut self, template: Value) -> Self {
        self.like = Some(template);
        self
    }

    /// Only to answers to what is like this template: the last message of the same connection, or the HTTP request.
    #[must_use]
    pub fn asked(mut self, template: Value) -> Self {
        self.asked = Some(template);
        self
    }

    /// With this probability, 0.0 to 1.0.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    /// So often and no more.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Not to the first `after` that fit.
    #[must_use]
    pub fn after(mut self, after: u64) -> Self {
        self.after = after;
        self
    }

    /// A reset does not take it away, but begins its counts anew.
    #[must_use]
    pub fn lasting(mut self) -> Self {
        self.lasting = true;
        self
    }

    /// The same rule with nothing happening: it counts what it would strike.
    #[must_use]
    pub fn watching(mut self) -> Self {
        self.kind = FaultKind::Watch;
        self
    }

    /// How often it has happened.
    pub(crate) fn struck(&self) -> u64 {
        self.struck
    }

    /// All members that a rule in JSON can have. (`deny_unknown_fields` does not go together with `flatten`.)
    const MEMBERS: [&str; 19] = [
        "on",
        "kind",
        "conn",
        "frame",
        "contains",
        "match",
        "asked",
        "probability",
        "times",
        "after",
        "lasting",
        "ms",
        "code",
        "reason",
        "status",
        "set",
        "remove",
        "with",
        "to",
    ];

    /// What does not make sense, if anything: a fault that could never happen is a mistake of the caller.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(format!("probability is {}; it goes from 0.0 to 1.0", self.probability));
        }
        if self.times == Some(0) {
            return Err("a rule with `times` 0 would never strike; leave it out for one without end".into());
        }
        let kinds = self.on.kinds();
        let name = self.kind.name();
        if !kinds.contains(&name) && name != "watch" {
            let on = json!(self.on);
            return Err(format!("`{name}` does not go with \"on\":{on}, which takes {}, watch", kinds.join(", ")));
        }
        if self.conn.is_some() && matches!(self.on, Direction::Call | Direction::Answer) {
            return Err("HTTP calls belong to no connection; leave `conn` out".into());
        }
        if self.frame.is_some() && self.on != Direction::In {
            return Err("`frame` goes with `in`: only clients send more than texts".into());
        }
        let answers = matches!(self.on, Direction::Out | Direction::Answer | Direction::Close);
        if self.asked.is_some() && !answers {
            return Err("`asked` goes with `out`, `answer` and `close`: what else passes answers nothing".into());
        }
        if let Some(unknown) = [&self.like, &self.asked].into_iter().flatten().find_map(unknown_matcher) {
            return Err(format!(
                "{unknown:?} is no matcher; there are $any, $absent, $string, $number, $bool, $object, $array, \
                 $contains:TEXT, {{\"$not\":..}}, {{\"$has\":..}} and {{\"$json\":..}}"
            ));
        }
        self.kind.check()
    }

    /// Whether it concerns what passes, its counts aside.
    fn fits(&self, on: Direction, conn: Option<u64>, passing: &Passing<'_>) -> bool {
        let like = |template: &Option<Value>, value: Option<&Value>| {
            template.as_ref().is_none_or(|template| value.is_some_and(|value| resembles(value, template)))
        };
        self.on == on
            && self.times.is_none_or(|times| self.struck < times)
            && (self.conn.is_none() || self.conn == conn)
            && (self.frame.is_none() || self.frame == passing.frame())
            && self.contains.as_deref().is_none_or(|part| passing.text().contains(part))
            && (self.like.is_none() || like(&self.like, passing.view()))
            && like(&self.asked, passing.asked())
            && (!matches!(self.kind, FaultKind::Change { .. }) || passing.view().is_some())
    }
}

/// What passes the place of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Direction {
    /// Messages from clients, before the world sees them.
    In,
    /// Messages to clients.
    Out,
    /// Handshakes, before the world sees them.
    Handshake,
    /// HTTP requests, before the world sees them.
    Call,
    /// Answers to HTTP requests, and to handshakes that are refused.
    Answer,
    /// Ends of connections by the server: close frames, replies to those of clients included, and ends without one.
    Close,
    /// Pongs of the server.
    Pong,
    /// Pings that the server sends of itself.
    Ping,
}

impl Direction {
    /// The kinds that can happen there.
    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::In => &[
                "delay",
                "drop",
                "duplicate",
                "reorder",
                "garble",
                "cut",
                "half-close",
                "close",
                "change",
                "answer",
                "misdirect",
            ],
            Self::Out => &[
                "delay",
                "drop",
                "duplicate",
                "reorder",
                "garble",
                "cut",
                "half-close",
                "close",
                "change",
                "misdirect",
            ],
            Self::Handshake => &["refuse", "change", "answer"],
            Self::Call => &["delay", "drop", "duplicate", "change", "answer"],
            Self::Answer => &["delay", "drop", "change"],
            Self::Close => &["drop", "cut", "change"],
            Self::Pong | Self::Ping => &["drop", "change"],
        }
    }
}

/// How a message of a client comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FrameKind {
    /// A text.
    Text,
    /// A text whose bytes are no UTF-8, where the mock takes such.
    NotUtf8,
    /// A binary message.
    Binary,
    /// A ping.
    Ping,
    /// A pong.
    Pong,
}

impl From<Message<'_>> for FrameKind {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Text(_) => Self::Text,
            Message::NotUtf8(_) => Self::NotUtf8,
            Message::Binary(_) => Self::Binary,
            Message::Ping(_) => Self::Ping,
            Message::Pong(_) => Self::Pong,
        }
    }
}

/// What goes wrong, named after what it does to the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FaultKind {
    /// The message comes so many milliseconds later; others overtake it.
    Delay {
        /// Milliseconds; on the control plane also a text, as in `"300ms"`.
        #[serde(deserialize_with = "milliseconds")]
        ms: u64,
    },
    /// The message disappears. An HTTP call is never answered; a connection that was to end stays open.
    Drop,
    /// The message comes twice.
    Duplicate,
    /// The message comes after the next one in its direction.
    Reorder,
    /// Some characters of a text are replaced.
    Garble,
    /// The TCP connection ends without a close frame, instead of the message.
    Cut,
    /// The server's side of the TCP connection ends, and nothing more is sent; it still reads.
    HalfClose,
    /// The server closes with this code, instead of the message.
    Close {
        /// 1000 to 1003, 1007 to 1014, or 3000 to 4999.
        code: u16,
        /// At most 123 bytes.
        #[serde(default)]
        reason: String,
    },
    /// The handshake is answered with this HTTP status.
    Refuse {
        /// 200 to 599.
        status: u16,
    },
    /// The message, which must be JSON, comes with other members.
    Change {
        /// What is written, by JSON pointer. Values can be taken from elsewhere in the message.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        set: BTreeMap<String, Value>,
        /// What is taken away, by JSON pointer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        remove: Vec<String>,
    },
    /// The message is answered with this, and the world does not hear of it. Who is accepted by a handshake gets it first.
    Answer {
        /// A message, or for HTTP a status, headers and a body. Values can be taken from the message that is answered.
        with: Value,
    },
    /// The message reaches others, or comes from others.
    Misdirect {
        /// Who gets a message, or from whom the world gets it.
        to: Whom,
    },
    /// Nothing: it is only counted, and later rules still strike.
    Watch,
}

/// The connections that a misdirected message goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Whom {
    /// All, the right one included.
    All,
    /// All but the right one.
    Others,
    /// The one that was opened first, of those that are open.
    First,
    /// The one that was opened last.
    Last,
}

fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(from)?;
    let span = parse_span(&value).map_err(D::Error::custom)?;
    u64::try_from(span.as_millis()).map_err(D::Error::custom)
}

impl FaultKind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::Drop => "drop",
            Self::Duplicate => "duplicate",
            Self::Reorder => "reorder",
            Self::Garble => "garble",
            Self::Cut => "cut",
            Self::HalfClose => "half-close",
            Self::Close { .. } => "close",
            Self::Refuse { .. } => "refuse",
            Self::Change { .. } => "change",
            Self::Answer { .. } => "answer",
            Self::Misdirect { .. } => "misdirect",
            Self::Watch => "watch",
        }
    }

    fn check(&self) -> Result<(), String> {
        match self {
            Self::Close { code, .. } if !may_close_with(*code) => {
                Err(format!("close code {code} cannot be sent: {NO_CLOSE_CODE}"))
            }
            Self::Refuse { status } if !view::is_final(status) => {
                Err(format!("status {status} does not refuse a handshake; take one from 200 to 599"))
            }
            Self::Change { set, remove } if set.is_empty() && remove.is_empty() => {
                Err("`change` wants `set` ({\"/member\":value}), `remove` ([\"/member\"]), or both".into())
            }
            Self::Change { set, remove } => {
                check_pointers(set.keys().chain(remove).map(String::as_str))?;
                check_values(set.values())
            }
            Self::Answer { with } => check_values([with]),
            _ => Ok(()),
        }
    }

    pub(crate) fn delay(&self) -> Option<Duration> {
        match self {
            Self::Delay { ms } => Some(Duration::from_millis(*ms)),
            _ => None,
        }
    }

    /// What comes in place of something, for kinds that say so; `None` where there is nothing to put there.
    pub(crate) fn replacement(&self, passing: &Passing<'_>) -> Option<Value> {
        let source = passing.source().unwrap_or(Source { from: &Value::Null, asked: None });
        match self {
            Self::Change { set, remove } => {
                let mut changed = source.from.clone();
                for (pointer, value) in set {
                    if let Some(value) = fill(value, source) {
                        put(&mut changed, pointer, Some(value));
                    }
                }
                remove.iter().for_each(|pointer| put(&mut changed, pointer, None));
                Some(changed)
            }
            Self::Answer { with } => fill(with, source),
            _ => None,
        }
    }
}

/// The rules in force, by number.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: Vec<(u64, Fault)>,
    next: u64,
    rng: Rng,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rules: Vec::new(), next: 1, rng: Rng::new(seed) }
    }

    pub(crate) fn add(&mut self, fault: Fault) -> u64 {
        let id = self.next;
        self.next += 1;
        self.rules.push((id, fault));
        id
    }

    /// Takes out one rule; whether there was such a rule.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|(rule, _)| *rule != id);
        self.rules.len() < before
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// As at the start, with those that last.
    pub(crate) fn restart(&mut self, seed: u64) {
        let lasting = std::mem::take(&mut self.rules).into_iter().map(|(_, rule)| rule).filter(|rule| rule.lasting);
        *self = Self::new(seed);
        for rule in lasting {
            self.add(Fault { struck: 0, passed: 0, ..rule });
        }
    }

    pub(crate) fn list(&self) -> &[(u64, Fault)] {
        &self.rules
    }

    /// Whether nothing need be shown to any rule.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The first rule that strikes what passes, if any. Rules that only watch count on the way to it.
    pub(crate) fn strike(
        &mut self,
        on: Direction,
        conn: Option<u64>,
        passing: &Passing<'_>,
    ) -> Option<(u64, FaultKind)> {
        let rng = &mut self.rng;
        for (id, rule) in &mut self.rules {
            if !rule.fits(on, conn, passing) {
                continue;
            }
            if rule.passed < rule.after {
                rule.passed += 1;
                continue;
            }
            if rule.probability < 1.0 && !rng.chance(rule.probability) {
                continue;
            }
            rule.struck += 1;
            if rule.kind != FaultKind::Watch {
                return Some((*id, rule.kind.clone()));
            }
        }
        None
    }

    /// The text with some of its characters replaced; an empty one gets a character.
    pub(crate) fn garble(&mut self, text: &str) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        if characters.is_empty() {
            return "?".to_owned();
        }
        for _ in 0..=characters.len() / 16 {
            let at = self.rng.below(characters.len() as u64) as usize;
            let replacement = char::from(b'!' + self.rng.below(94) as u8);
            characters[at] = if replacement == characters[at] { ' ' } else { replacement };
        }
        characters.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_count_and_choose() {
        let mut faults = Faults::new(1);
        faults.add(Fault::new(Direction::Out, FaultKind::Drop).containing("PONG").after(1).times(2));
        let mut strike = |on, text| faults.strike(on, Some(1), &Passing::message(text, None)).is_some();
        assert!(!strike(Direction::Out, "OK") && !strike(Direction::In, "PONG"));
        let struck: Vec<bool> = (0..4).map(|_| strike(Direction::Out, "PONG")).collect();
        assert_eq!(struck, [false, true, true, false]);
    }

    #[test]
    fn json_says_the_same_as_the_builder() {
        let text = r#"{"on":"in","kind":"close","code":4401,"conn":3,"times":1}"#;
        let fault: Fault = serde_json::from_str(text).unwrap();
        let kind = FaultKind::Close { code: 4401, reason: String::new() };
        assert_eq!(fault, Fault::new(Direction::In, kind).conn(3).times(1));
        assert!(serde_json::from_str::<Fault>(r#"{"on":"in","kind":"explode"}"#).is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        let refuse = FaultKind::Refuse { status: 503 };
        assert!(Fault::new(Direction::In, refuse.clone()).check().is_err());
        assert!(Fault::new(Direction::Handshake, refuse).check().is_ok());
        assert!(Fault::new(Direction::In, FaultKind::Drop).probability(1.5).check().is_err());
        assert!(Fault::new(Direction::In, FaultKind::Close { code: 42, reason: String::new() }).check().is_err());
    }

    #[test]
    fn garbled_text_differs() {
        let mut faults = Faults::new(1);
        assert_ne!(faults.garble("{\"Operation\":\"PING\"}"), "{\"Operation\":\"PING\"}");
        assert_eq!(faults.garble(""), "?");
    }
}
