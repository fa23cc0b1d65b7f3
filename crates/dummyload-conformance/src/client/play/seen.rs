//! What the program does, as the mock's journal tells it.

use super::{AFTERMATH, EASE, Play, not_started};
use crate::client::journal::number;
use crate::client::{Seen, stretched};
use crate::matcher::compare;
use crate::run::step::{Outcome, Stop, Unmet, closes, list, nearer, unmet};
use crate::template::Template;
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

impl Play<'_> {
    /// Waits for one more entry of the journal; `false` when there will be none in time.
    pub(super) async fn look(&mut self, deadline: Instant) -> Outcome<bool> {
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
    pub(super) async fn at_ease(&mut self, within: Duration) -> Outcome {
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

    pub(super) async fn await_seen(&mut self, seen: &Seen, within: Duration) -> Outcome {
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

    pub(super) async fn most(&mut self, seen: &Seen, count: usize, span: Duration) -> Outcome {
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
    pub(super) fn conn(&self, name: Option<&str>) -> Outcome<u64> {
        let found = match name {
            Some(name) => self.conns.iter().find(|(other, _)| other == name),
            None => self.conns.last(),
        };
        found.map(|(_, conn)| *conn).ok_or_else(|| {
            let which = name.map(|name| format!(" `{name}`")).unwrap_or_default();
            Stop::Trouble(format!("no connection{which} has been opened before this step"))
        })
    }

    pub(super) async fn sound(&mut self) -> Outcome {
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
pub(super) fn shown(entry: &Value) -> String {
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
