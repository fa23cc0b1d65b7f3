//! What happened, in order, for people and tests to look at.

use crate::redact::Redactor;
use crate::{Gone, Message, Party, Problem, Text};
use dummyload_session::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;

/// The most entries kept; older ones are forgotten, and their number is told.
const MAX_ENTRIES: usize = 10_000;
/// The most bytes of text kept in all.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The last entries, bounded in number and size.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    bytes: usize,
    next: u64,
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    pub(crate) party: Party,
    pub(crate) what: What,
}

/// What happened. Texts are stored as they are and redacted when they are shown: showing is rare, storing is not.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Opened { path: String, query: String, who: String },
    Refused { path: String, query: String, status: u16 },
    Received(Payload),
    Sent(Payload),
    Gone(Gone),
    Request { method: String, path: String, query: String, body: Vec<u8> },
    Response { status: u16, body: Vec<u8> },
    Problem(Problem),
    Event { topic: &'static str, details: Value },
    Fault { rule: u64, kind: &'static str },
}

/// The content of a frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Payload {
    Received(Box<str>),
    Shared(Text),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

impl Payload {
    pub(crate) fn copied(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Received(text.into()),
            Message::Binary(bytes) => Self::Binary(bytes.to_vec()),
            Message::Ping(bytes) => Self::Ping(bytes.to_vec()),
            Message::Pong(bytes) => Self::Pong(bytes.to_vec()),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Received(text) => Some(text),
            Self::Shared(text) => Some(text.as_str()),
            _ => None,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Received(text) => text.len(),
            Self::Shared(text) => text.as_str().len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(_, reason) => reason.len(),
        }
    }

    fn show(&self, out: &mut Map<String, Value>, redactor: Redactor) {
        match self {
            Self::Received(_) | Self::Shared(_) => {
                out.insert("text".into(), redactor.text(self.text().unwrap_or_default()).into());
            }
            Self::Binary(bytes) => show_bytes(out, "binary", bytes),
            Self::Ping(bytes) => show_bytes(out, "ping", bytes),
            Self::Pong(bytes) => show_bytes(out, "pong", bytes),
            Self::Close(code, reason) => {
                out.insert("close".into(), json!({"code": code, "reason": reason}));
            }
        }
    }
}

fn show_bytes(out: &mut Map<String, Value>, name: &str, bytes: &[u8]) {
    let hex: String = bytes.iter().take(1024).map(|byte| format!("{byte:02x}")).collect();
    out.insert(name.into(), hex.into());
}

impl Entry {
    /// The name of its kind, as queries and the log use it.
    fn kind(&self) -> &'static str {
        match self.what {
            What::Opened { .. } => "opened",
            What::Refused { .. } => "refused",
            What::Received(_) => "received",
            What::Sent(_) => "sent",
            What::Gone(_) => "gone",
            What::Request { .. } => "request",
            What::Response { .. } => "response",
            What::Problem(_) => "problem",
            What::Event { .. } => "event",
            What::Fault { .. } => "fault",
        }
    }

    fn bytes(&self) -> usize {
        match &self.what {
            What::Received(payload) | What::Sent(payload) => payload.bytes(),
            What::Request { body, .. } | What::Response { body, .. } => body.len(),
            _ => 64,
        }
    }

    /// As JSON, secrets replaced.
    pub(crate) fn show(&self, redactor: Redactor) -> Value {
        let mut out = Map::new();
        out.insert("seq".into(), self.seq.into());
        out.insert("at".into(), (self.at.since_epoch().as_secs_f64()).into());
        match self.party {
            Party::Peer(peer) => drop(out.insert("conn".into(), peer.0.into())),
            Party::Call(call) => drop(out.insert("call".into(), call.0.into())),
            Party::World => {}
        }
        out.insert("kind".into(), self.kind().into());
        let body = |bytes: &[u8]| redactor.text(&String::from_utf8_lossy(bytes));
        let rest = match &self.what {
            What::Opened { path, query, who } => json!({"target": redactor.target(path, query), "who": who}),
            What::Refused { path, query, status } => json!({"target": redactor.target(path, query), "status": status}),
            What::Received(payload) | What::Sent(payload) => {
                payload.show(&mut out, redactor);
                Value::Null
            }
            What::Gone(why) => json!({"why": show_gone(why)}),
            What::Request { method, path, query, body: bytes } => {
                json!({"method": method, "target": redactor.target(path, query), "body": body(bytes)})
            }
            What::Response { status, body: bytes } => json!({"status": status, "body": body(bytes)}),
            What::Problem(problem) => json!({
                "reaction": problem.reaction.name(), "code": problem.code,
                "problem": problem.text, "source": problem.source,
            }),
            What::Event { topic, details } => {
                let mut details = details.clone();
                redactor.value(&mut details);
                json!({"topic": topic, "details": details})
            }
            What::Fault { rule, kind } => json!({"rule": rule, "fault": kind}),
        };
        if let Value::Object(rest) = rest {
            out.extend(rest);
        }
        Value::Object(out)
    }
}

fn show_gone(why: &Gone) -> Value {
    match why {
        Gone::Closed(code) => json!({"closed": code}),
        Gone::Lost => "lost".into(),
        Gone::Violation(what) => json!({"violation": what}),
        Gone::TooSlow => "too slow".into(),
        Gone::ByServer => "by server".into(),
    }
}

impl Journal {
    pub(crate) fn push(&mut self, at: Timestamp, party: Party, what: What) {
        self.next += 1;
        let entry = Entry { seq: self.next, at, party, what };
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.entries.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            let Some(old) = self.entries.pop_front() else { break };
            self.bytes -= old.bytes();
        }
    }

    /// The number of the last entry; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.next
    }

    /// The entries after number `since` that match, oldest first.
    pub(crate) fn find<'a>(&'a self, since: u64, query: &'a Query) -> impl Iterator<Item = &'a Entry> {
        let first = self.entries.front().map_or(self.next, |entry| entry.seq);
        let skip = usize::try_from((since + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skip).filter(move |entry| query.matches(entry))
    }

    /// Forgets all entries; the numbers go on.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}

/// Which entries of the journal are meant. All given members must fit; none given means every entry.
///
/// ```
/// use dummyload_host::Query;
/// let publishes = Query::received().containing("PUBLISH");
/// let executed = Query::event("executed").with(serde_json::json!({"shocker": 321}));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    kind: Option<String>,
    conn: Option<u64>,
    call: Option<u64>,
    contains: Option<String>,
    topic: Option<String>,
    code: Option<String>,
    #[serde(rename = "match")]
    like: Option<Value>,
}

impl Query {
    fn of(kind: &str) -> Self {
        Self { kind: Some(kind.to_owned()), ..Self::default() }
    }

    /// Every entry.
    pub fn any() -> Self {
        Self::default()
    }

    /// Messages from clients.
    pub fn received() -> Self {
        Self::of("received")
    }

    /// Messages to clients.
    pub fn sent() -> Self {
        Self::of("sent")
    }

    /// HTTP requests.
    pub fn request() -> Self {
        Self::of("request")
    }

    /// Accepted connections.
    pub fn opened() -> Self {
        Self::of("opened")
    }

    /// Ended connections.
    pub fn gone() -> Self {
        Self::of("gone")
    }

    /// Problems with this code; see the protocol's page for the codes.
    pub fn problem(code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..Self::of("problem") }
    }

    /// Events of the simulated world under this topic.
    pub fn event(topic: &str) -> Self {
        Self { topic: Some(topic.to_owned()), ..Self::of("event") }
    }

    /// Only entries whose text, body, path or problem contains this.
    #[must_use]
    pub fn containing(mut self, part: &str) -> Self {
        self.contains = Some(part.to_owned());
        self
    }

    /// Only entries whose event details or JSON text have these members with these values, and maybe others.
    #[must_use]
    pub fn with(mut self, members: Value) -> Self {
        self.like = Some(members);
        self
    }

    /// Only entries about this connection.
    #[must_use]
    pub fn on(mut self, conn: u64) -> Self {
        self.conn = Some(conn);
        self
    }

    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        let id = |wanted: Option<u64>, found: Option<u64>| wanted.is_none() || wanted == found;
        let (conn, call) = match entry.party {
            Party::Peer(peer) => (Some(peer.0), None),
            Party::Call(call) => (None, Some(call.0)),
            Party::World => (None, None),
        };
        self.kind.as_deref().is_none_or(|kind| kind == entry.kind())
            && id(self.conn, conn)
            && id(self.call, call)
            && self.topic.as_deref().is_none_or(|t| matches!(entry.what, What::Event { topic, .. } if topic == t))
            && self.code.as_deref().is_none_or(|c| matches!(&entry.what, What::Problem(p) if p.code == c))
            && self.contains.as_deref().is_none_or(|part| contains(&entry.what, part))
            && self.like.as_ref().is_none_or(|like| resembles(&entry.what, like))
    }
}

fn contains(what: &What, part: &str) -> bool {
    match what {
        What::Received(payload) | What::Sent(payload) => payload.text().is_some_and(|text| text.contains(part)),
        What::Opened { path, .. } | What::Refused { path, .. } => path.contains(part),
        What::Request { path, body, .. } => path.contains(part) || String::from_utf8_lossy(body).contains(part),
        What::Response { body, .. } => String::from_utf8_lossy(body).contains(part),
        What::Problem(problem) => problem.text.contains(part),
        What::Event { details, .. } => details.to_string().contains(part),
        What::Gone(_) | What::Fault { .. } => false,
    }
}

fn resembles(what: &What, like: &Value) -> bool {
    let parsed = match what {
        What::Event { details, .. } => return has(details, like),
        What::Received(payload) | What::Sent(payload) => payload.text().map(serde_json::from_str::<Value>),
        What::Request { body, .. } | What::Response { body, .. } => Some(serde_json::from_slice(body)),
        _ => None,
    };
    parsed.and_then(Result::ok).is_some_and(|value| has(&value, like))
}

/// Whether `value` has all that `like` has: members of objects, items of arrays in their places.
fn has(value: &Value, like: &Value) -> bool {
    match (value, like) {
        (Value::Object(value), Value::Object(like)) => {
            like.iter().all(|(name, like)| value.get(name).is_some_and(|value| has(value, like)))
        }
        (Value::Array(value), Value::Array(like)) => {
            value.len() == like.len() && value.iter().zip(like).all(|(value, like)| has(value, like))
        }
        (value, like) => value == like,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PeerId;

    fn text(text: &str) -> What {
        What::Received(Payload::Received(text.into()))
    }

    #[test]
    fn queries_find_by_kind_place_and_content() {
        let mut journal = Journal::default();
        journal.push(Timestamp::ZERO, PeerId(1).into(), text(r#"{"Operation":"PING"}"#));
        journal.push(Timestamp::ZERO, PeerId(2).into(), text("PONG"));
        let details = json!({"shocker": 321, "mode": "v"});
        journal.push(Timestamp::ZERO, Party::World, What::Event { topic: "executed", details });
        let count = |since, query: Query| journal.find(since, &query).count();
        assert_eq!(count(0, Query::any()), 3);
        assert_eq!(count(2, Query::any()), 1);
        assert_eq!(count(0, Query::received().containing("PING")), 1);
        assert_eq!(count(0, Query::received().on(2)), 1);
        assert_eq!(count(0, Query::received().with(json!({"Operation": "PING"}))), 1);
        assert_eq!(count(0, Query::event("executed").with(json!({"shocker": 321}))), 1);
        assert_eq!(count(0, Query::event("executed").with(json!({"shocker": 322}))), 0);
        assert_eq!(count(0, Query::event("dropped")), 0);
    }

    #[test]
    fn old_entries_go_by_number_and_by_size() {
        let mut journal = Journal::default();
        for _ in 0..MAX_ENTRIES + 5 {
            journal.push(Timestamp::ZERO, PeerId(1).into(), text("x"));
        }
        assert_eq!(journal.find(0, &Query::any()).next().unwrap().seq, 6);
        for _ in 0..40 {
            journal.push(Timestamp::ZERO, PeerId(1).into(), text(&"x".repeat(1024 * 1024)));
        }
        assert!(journal.entries.len() <= 16 && journal.bytes <= MAX_BYTES);
        journal.clear();
        assert_eq!((journal.find(0, &Query::any()).count(), journal.bytes), (0, 0));
    }

    #[test]
    fn entries_are_shown_without_secrets() {
        let redactor = Redactor::new(&["apikey"]);
        let what = What::Opened { path: "/v2".into(), query: "ApiKey=abc".into(), who: "demo".into() };
        let entry = Entry { seq: 1, at: Timestamp::ZERO, party: PeerId(1).into(), what };
        let shown = entry.show(redactor);
        assert_eq!(
            shown,
            json!({"seq": 1, "at": 0.0, "conn": 1, "kind": "opened", "target": "/v2?ApiKey=[redacted]", "who": "demo"})
        );
    }
}
