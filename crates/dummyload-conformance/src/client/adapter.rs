//! The lines between the suite and an adapter.

use super::log::Log;
use super::program::Running;
use crate::suite::Protocol;
use crate::transcript::Direction;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the lines.
const VERSION: u64 = 1;

/// What an adapter has said so far.
#[derive(Default)]
pub(super) struct Adapter {
    /// What one can offer.
    known: Vec<String>,
    offers: BTreeSet<String>,
    replies: BTreeMap<u64, Result<Value, Value>>,
    answered: BTreeSet<u64>,
    /// The events that no step has taken or passed over.
    events: Vec<Value>,
    last: u64,
    /// The request to connect.
    pub(super) start: u64,
}

/// What a line was.
pub(super) enum Line {
    Hello,
    Reply,
    Event,
}

impl Adapter {
    /// Of a client of this protocol.
    pub(super) fn of(protocol: &Protocol) -> Self {
        Self { known: protocol.ops().map(|(name, _)| name.to_owned()).collect(), ..Self::default() }
    }

    pub(super) fn offers(&self, what: &str) -> bool {
        self.offers.contains(what)
    }

    /// Asks for something; what comes of it is found under the number that is given back.
    pub(super) async fn ask(&mut self, running: &mut Running, log: &Log, op: &str, args: Value) -> u64 {
        self.last += 1;
        let line = json!({"id": self.last, "do": op, "args": args}).to_string();
        log.note("adapter", Direction::Sent, "line", line.as_str());
        running.write(&line).await;
        self.last
    }

    pub(super) fn reply(&mut self, id: u64) -> Option<Result<Value, Value>> {
        self.replies.remove(&id)
    }

    /// The events that have been told.
    pub(super) fn events(&self) -> &[Value] {
        &self.events
    }

    /// Forgets an event, and all before it.
    pub(super) fn take(&mut self, at: usize) {
        self.events.drain(..=at);
    }

    /// Forgets all events so far.
    pub(super) fn forget(&mut self) {
        self.events.clear();
    }

    /// Takes in a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn hear(&mut self, log: &Log, line: &str) -> Result<Line, String> {
        log.note("adapter", Direction::Received, "line", line);
        let wrong = |what: &str| format!("the adapter's line {line:?} {what}");
        let Ok(Value::Object(mut members)) = serde_json::from_str(line) else {
            return Err(wrong("is no JSON object; what is meant for people goes to standard error"));
        };
        if let Some(version) = members.get("adapter") {
            if version.as_u64() != Some(VERSION) {
                return Err(wrong("is of a version that is not known here; this is version 1"));
            }
            let offers =
                members.get("offers").and_then(Value::as_array).ok_or_else(|| wrong("has no array `offers`"))?;
            let unknown = |offer: &&str| !self.known.iter().any(|known| known == offer);
            if let Some(offer) = offers.iter().filter_map(Value::as_str).find(unknown) {
                let hint = crate::choice::not_among(offer, self.known.iter().map(String::as_str));
                return Err(wrong(&format!("offers what nobody asks for: {hint}")));
            }
            self.offers = offers.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            return Ok(Line::Hello);
        }
        if members.get("event").is_some_and(Value::is_string) {
            self.events.push(Value::Object(members));
            return Ok(Line::Event);
        }
        let id = members.get("id").and_then(Value::as_u64).filter(|id| (1..=self.last).contains(id));
        let id = id.ok_or_else(|| wrong("has neither `event` nor the `id` of something that was asked for"))?;
        let reply = match (members.remove("result"), members.remove("error")) {
            (Some(result), None) => Ok(result),
            (None, Some(error)) => Err(error),
            _ => return Err(wrong("must have either `result` or `error`")),
        };
        if !self.answered.insert(id) {
            return Err(wrong("answers something a second time"));
        }
        self.replies.insert(id, reply);
        Ok(Line::Reply)
    }
}
