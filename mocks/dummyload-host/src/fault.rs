//! Faults as data: what is to go wrong, where, how often.

use crate::control::parse_span;
use crate::frame::{NO_CLOSE_CODE, may_close_with};
use dummyload_session::Rng;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
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
    contains: Option<String>,
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
}

fn always() -> f64 {
    1.0
}

impl Fault {
    /// A fault that happens always, to everything that passes.
    pub fn new(on: Direction, kind: FaultKind) -> Self {
        Self { on, kind, conn: None, contains: None, probability: 1.0, times: None, struck: 0, after: 0 }
    }

    /// Only to this connection.
    #[must_use]
    pub fn conn(mut self, conn: u64) -> Self {
        self.conn = Some(conn);
        self
    }

    /// Only to texts (or, for handshakes, paths) that contain this.
    #[must_use]
    pub fn containing(mut self, part: &str) -> Self {
        self.contains = Some(part.to_owned());
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

    /// How often it has happened.
    pub(crate) fn struck(&self) -> u64 {
        self.struck
    }

    /// Not to the first `after` that fit.
    #[must_use]
    pub fn after(mut self, after: u64) -> Self {
        self.after = after;
        self
    }

    /// All members that a rule in JSON can have. (`deny_unknown_fields` does not go together with `flatten`.)
    pub(crate) const MEMBERS: [&str; 11] =
        ["on", "kind", "conn", "contains", "probability", "times", "after", "ms", "code", "reason", "status"];

    /// What does not make sense, if anything: a fault that could never happen is a mistake of the caller.
    pub(crate) fn check(&self) -> Result<(), String> {
        let handshake = matches!(self.kind, FaultKind::Refuse { .. });
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(format!("probability is {}; it goes from 0.0 to 1.0", self.probability));
        }
        if self.times == Some(0) {
            return Err("a rule with `times` 0 would never strike; leave it out for one without end".into());
        }
        if handshake != (self.on == Direction::Handshake) {
            return Err("`refuse` goes with `\"on\":\"handshake\"`, and every other kind with `in` or `out`".into());
        }
        if let FaultKind::Close { code, .. } = self.kind
            && !may_close_with(code)
        {
            return Err(format!("close code {code} cannot be sent: {NO_CLOSE_CODE}"));
        }
        if let FaultKind::Refuse { status } = self.kind
            && !(200..=599).contains(&status)
        {
            return Err(format!("status {status} does not refuse a handshake; take one from 200 to 599"));
        }
        Ok(())
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
    /// The message disappears.
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
}

fn milliseconds<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
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
        }
    }

    pub(crate) fn delay(&self) -> Option<Duration> {
        match self {
            Self::Delay { ms } => Some(Duration::from_millis(*ms)),
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

    pub(crate) fn list(&self) -> &[(u64, Fault)] {
        &self.rules
    }

    /// The first rule that strikes what passes, if any.
    pub(crate) fn strike(&mut self, on: Direction, conn: u64, text: &str) -> Option<(u64, FaultKind)> {
        if self.rules.is_empty() {
            return None;
        }
        let rng = &mut self.rng;
        let (id, rule) = self.rules.iter_mut().find_map(|(id, rule)| {
            let fits = rule.on == on
                && rule.times.is_none_or(|times| rule.struck < times)
                && rule.conn.is_none_or(|wanted| wanted == conn)
                && rule.contains.as_deref().is_none_or(|part| text.contains(part));
            if fits && rule.after > 0 {
                rule.after -= 1;
                return None;
            }
            (fits && (rule.probability >= 1.0 || rng.chance(rule.probability))).then_some((*id, rule))
        })?;
        rule.struck += 1;
        Some((id, rule.kind.clone()))
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
        let mut strike = |on, text| faults.strike(on, 1, text).is_some();
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
