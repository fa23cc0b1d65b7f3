//! What happened, in order, for people and tests to look at.

use crate::like::resembles;
use crate::redact::Redactor;
use crate::{Gone, Message, Party, Problem, Text};
use dummyload_session::{Secret, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::fmt;

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
    Opened {
        path: String,
        query: String,
        who: String,
    },
    Refused {
        path: String,
        query: String,
        status: u16,
    },
    Received(Payload),
    Sent(Payload),
    Gone(Gone),
    Request {
        method: String,
        path: String,
        query: String,
        body: Vec<u8>,
    },
    Response {
        status: u16,
        body: Vec<u8>,
    },
    Problem(Problem),
    Event {
        topic: &'static str,
        details: Value,
    },
    /// What the fault struck is told, where it was a message: it may never arrive anywhere.
    Fault {
        rule: u64,
        kind: &'static str,
        struck: Option<Payload>,
    },
}

/// The content of a frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Payload {
    Received(Box<str>),
    Shared(Text),
    NotUtf8(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
}

impl Payload {
    pub(crate) fn copied(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Received(text.into()),
            Message::NotUtf8(bytes) => Self::NotUtf8(bytes.to_vec()),
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

    /// Also in what is shown in hexadecimal digits, and in the reason of a close frame.
    fn contains(&self, part: &str) -> bool {
        match self {
            Self::Received(text) => text.contains(part),
            Self::Shared(text) => text.as_str().contains(part),
            Self::NotUtf8(bytes) | Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => {
                String::from_utf8_lossy(bytes).contains(part)
            }
            Self::Close(_, reason) => reason.contains(part),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Received(text) => text.len(),
            Self::Shared(text) => text.as_str().len(),
            Self::NotUtf8(bytes) | Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(_, reason) => reason.len(),
        }
    }

    fn show(&self, out: &mut Map<String, Value>, redactor: &Redactor) {
        match self {
            Self::Received(_) | Self::Shared(_) => {
                out.insert("text".into(), redactor.text(self.text().unwrap_or_default()).into());
            }
            Self::NotUtf8(bytes) => show_bytes(out, "not_utf8", bytes, redactor),
            Self::Binary(bytes) => show_bytes(out, "binary", bytes, redactor),
            Self::Ping(bytes) => show_bytes(out, "ping", bytes, redactor),
            Self::Pong(bytes) => show_bytes(out, "pong", bytes, redactor),
            Self::Close(code, reason) => {
                out.insert("close".into(), json!({"code": code, "reason": reason}));
            }
        }
    }
}

fn show_bytes(out: &mut Map<String, Value>, name: &str, bytes: &[u8], redactor: &Redactor) {
    let Some(bytes) = redactor.bytes(bytes) else {
        out.insert(name.into(), Secret::<()>::SHOWN.into());
        return;
    };
    let hex: String = bytes.iter().take(1024).map(|byte| format!("{byte:02x}")).collect();
    out.insert(name.into(), hex.into());
}

impl Entry {
    fn kind(&self) -> Kind {
        match self.what {
            What::Opened { .. } => Kind::Opened,
            What::Refused { .. } => Kind::Refused,
            What::Received(_) => Kind::Received,
            What::Sent(_) => Kind::Sent,
            What::Gone(_) => Kind::Gone,
            What::Request { .. } => Kind::Request,
            What::Response { .. } => Kind::Response,
            What::Problem(_) => Kind::Problem,
            What::Event { .. } => Kind::Event,
            What::Fault { .. } => Kind::Fault,
        }
    }

    fn bytes(&self) -> usize {
        match &self.what {
            What::Received(payload) | What::Sent(payload) => payload.bytes(),
            What::Request { body, .. } | What::Response { body, .. } => body.len(),
            What::Fault { struck: Some(payload), .. } => 64 + payload.bytes(),
            _ => 64,
        }
    }

    /// As JSON, secrets replaced.
    pub(crate) fn show(&self, redactor: &Redactor) -> Value {
        let mut out = Map::new();
        out.insert("seq".into(), self.seq.into());
        out.insert("at".into(), (self.at.since_epoch().as_secs_f64()).into());
        match self.party {
            Party::Peer(peer) => drop(out.insert("conn".into(), peer.0.into())),
            Party::Call(call) => drop(out.insert("call".into(), call.0.into())),
            Party::World => {}
        }
        out.insert("kind".into(), json!(self.kind()));
        let body = |bytes: &[u8]| redactor.body(&String::from_utf8_lossy(bytes));
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
                "problem": redactor.text(&problem.text), "source": problem.source,
            }),
            What::Event { topic, details } => {
                let mut details = details.clone();
                redactor.value(&mut details);
                json!({"topic": topic, "details": details})
            }
            What::Fault { rule, kind, struck } => {
                if let Some(payload) = struck {
                    payload.show(&mut out, redactor);
                }
                json!({"rule": rule, "fault": kind})
            }
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

    /// The last entry, unless it was too large to be kept.
    pub(crate) fn newest(&self) -> Option<&Entry> {
        self.entries.back()
    }

    /// The number of the last entry; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.next
    }

    /// The entries after number `since`, oldest first.
    fn after(&self, since: u64) -> impl Iterator<Item = &Entry> {
        let first = self.entries.front().map_or(self.next, |entry| entry.seq);
        let skip = usize::try_from(since.saturating_add(1).saturating_sub(first)).unwrap_or(usize::MAX);
        self.entries.iter().skip(skip)
    }

    /// The entries after number `since` that match, oldest first.
    pub(crate) fn find<'a>(&'a self, since: u64, query: &'a Query) -> impl Iterator<Item = &'a Entry> {
        self.after(since).filter(move |entry| query.matches(entry))
    }

    /// Whether there is an entry after number `since`.
    pub(crate) fn has_after(&self, since: u64) -> bool {
        self.after(since).next().is_some()
    }

    /// Copies of those that match among the next `most` entries after number `since`, and the number of the last one that
    /// was looked at. `None` if there is none after `since`.
    pub(crate) fn page(&self, since: u64, most: usize, query: &Query) -> Option<(Vec<Entry>, u64)> {
        let mut at = None;
        let looked_at = self.after(since).take(most).inspect(|entry| at = Some(entry.seq));
        let found = looked_at.filter(|entry| query.matches(entry)).cloned().collect();
        at.map(|at| (found, at))
    }

    /// Forgets all entries; the numbers go on.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}

/// What an entry is about, under the names that queries and the log use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Opened,
    Refused,
    Received,
    Sent,
    Gone,
    Request,
    Response,
    Problem,
    Event,
    Fault,
}

/// Which entries of the journal are meant. All given members must fit; none given means every entry.
///
/// ```
/// use dummyload_host::Query;
/// let publishes = Query::received().containing("PUBLISH");
/// let executed = Query::event("executed").with(serde_json::json!({"shocker": 321}));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conn: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    like: Option<Value>,
}

impl fmt::Display for Query {
    /// As JSON, the form that the control plane takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", json!(self))
    }
}

impl Query {
    fn of(kind: Kind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    /// Every entry.
    pub fn any() -> Self {
        Self::default()
    }

    /// Messages from clients.
    pub fn received() -> Self {
        Self::of(Kind::Received)
    }

    /// Messages to clients.
    pub fn sent() -> Self {
        Self::of(Kind::Sent)
    }

    /// HTTP requests.
    pub fn request() -> Self {
        Self::of(Kind::Request)
    }

    /// Accepted connections.
    pub fn opened() -> Self {
        Self::of(Kind::Opened)
    }

    /// Ended connections.
    pub fn gone() -> Self {
        Self::of(Kind::Gone)
    }

    /// Problems of all codes.
    pub fn problems() -> Self {
        Self::of(Kind::Problem)
    }

    /// Problems with this code; see the protocol's page for the codes.
    pub fn problem(code: &str) -> Self {
        Self { code: Some(code.to_owned()), ..Self::of(Kind::Problem) }
    }

    /// Events of the simulated world under this topic.
    pub fn event(topic: &str) -> Self {
        Self { topic: Some(topic.to_owned()), ..Self::of(Kind::Event) }
    }

    /// Only entries whose text, payload, reason, body, path, problem or details contain this.
    #[must_use]
    pub fn containing(mut self, part: &str) -> Self {
        self.contains = Some(part.to_owned());
        self
    }

    /// Only entries that have these members with these values, and maybe others: in the details of the event, in the JSON
    /// of the message or body, or in the entry itself as the log shows it.
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
        self.kind.is_none_or(|kind| kind == entry.kind())
            && id(self.conn, conn)
            && id(self.call, call)
            && self.topic.as_deref().is_none_or(|t| matches!(entry.what, What::Event { topic, .. } if topic == t))
            && self.code.as_deref().is_none_or(|c| matches!(&entry.what, What::Problem(p) if p.code == c))
            && self.contains.as_deref().is_none_or(|part| contains(&entry.what, part))
            && self.like.as_ref().is_none_or(|like| is_like(entry, like))
    }
}

fn contains(what: &What, part: &str) -> bool {
    match what {
        What::Received(payload) | What::Sent(payload) | What::Fault { struck: Some(payload), .. } => {
            payload.contains(part)
        }
        What::Opened { path, .. } | What::Refused { path, .. } => path.contains(part),
        What::Request { path, body, .. } => path.contains(part) || String::from_utf8_lossy(body).contains(part),
        What::Response { body, .. } => String::from_utf8_lossy(body).contains(part),
        What::Problem(problem) => problem.text.contains(part),
        What::Event { details, .. } => details.to_string().contains(part),
        What::Gone(_) | What::Fault { .. } => false,
    }
}

fn is_like(entry: &Entry, like: &Value) -> bool {
    let inside = match &entry.what {
        What::Event { details, .. } => Some(details.clone()),
        What::Received(payload) | What::Sent(payload) | What::Fault { struck: Some(payload), .. } => {
            payload.text().and_then(|text| serde_json::from_str(text).ok())
        }
        What::Request { body, .. } | What::Response { body, .. } => serde_json::from_slice(body).ok(),
        _ => None,
    };
    // Nothing is shown to anybody here, so nothing need be redacted.
    inside.is_some_and(|value| resembles(&value, like)) || resembles(&entry.show(&Redactor::new(&[])), like)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PeerId;

    fn text(text: &str) -> What {
        What::Received(Payload::Received(text.into()))
    }

    #[test]
    fn what_is_no_text_is_found_by_content_as_well() {
        let mut journal = Journal::default();
        journal.push(Timestamp::ZERO, PeerId(2).into(), What::Received(Payload::Ping(b"are you there".to_vec())));
        journal.push(Timestamp::ZERO, PeerId(2).into(), What::Sent(Payload::Close(Some(1000), "you again".into())));
        assert_eq!(journal.find(0, &Query::any().containing("you ")).count(), 2);
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
        let shown = entry.show(&redactor);
        assert_eq!(
            shown,
            json!({"seq": 1, "at": 0.0, "conn": 1, "kind": "opened", "target": "/v2?ApiKey=[redacted]", "who": "demo"})
        );
    }
}
