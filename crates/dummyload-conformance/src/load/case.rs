//! Reads one case.

use super::client;
use super::reader::{Source, Table};
use crate::case::{
    Alternative, Answer, Awaited, Call, Case, ConnSpec, Endpoint, Grade, Hazard, Receiving, Refusal, Sending, Step,
    Verb, Wanted, Weight,
};
use crate::choice::not_among;
use crate::suite::Protocol;
use crate::template::Template;
use crate::text::Text;
use crate::verdict::{Level, Verdict};
use std::time::Duration;
use toml::Spanned;

/// How long a case may take, and an arrival.
const BUDGET: Duration = Duration::from_secs(30);
pub(super) const WITHIN: Duration = Duration::from_secs(5);

/// The largest message that a case may send, in bytes.
const LARGEST: usize = 256 << 20;

const STATUS: &str = "an HTTP status, or an array of them";

/// What a step can do. Exactly one of them makes a step.
const VERBS: [&str; 22] = [
    "send",
    "send_text",
    "send_binary",
    "send_ping",
    "send_raw",
    "send_huge",
    "send_fragments",
    "expect",
    "expect_text",
    "close",
    "cut",
    "pong",
    "quiet",
    "all",
    "any_of",
    "open",
    "reopen",
    "shut",
    "http",
    "answered",
    "control",
    "advance",
];

/// What can stand beside a verb.
const COMPANIONS: [&str; 10] =
    ["later", "conn", "within", "skip", "finish", "refused", "status", "answer_headers", "answer", "answer_text"];

/// What a part of `all` or `any_of` can wait for.
const AWAITED: [&str; 6] = ["expect", "expect_text", "close", "cut", "quiet", "refused"];

/// Whom a case judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Server,
    Client,
}

pub(super) fn case(source: &Source<'_>, path: &str, protocol: &Protocol, role: Role) -> Case {
    let mut root = source.root();
    let title = root.required("title").into_inner();
    if !root.has("level") {
        root.error("`level` is missing: must, should, may or info");
    }
    let level = root.choice("level").unwrap_or(Level::Info);
    if !root.has("evidence") {
        root.error("`evidence` is missing: one or more of seed, source, run, client, guess");
    }
    let evidence = root.choices("evidence");
    let grade = Grade { level, evidence, source: root.string("source").map(Spanned::into_inner) };
    let plain = |list: Vec<Spanned<String>>| list.into_iter().map(Spanned::into_inner).collect();
    // For readers of the file.
    let _ = root.string("note");
    let spec = plain(root.strings("spec"));
    let tags = plain(root.strings("tags"));
    let needs = plain(root.strings("needs"));
    let hazard = root.choice("hazard").unwrap_or(Hazard::None);
    let budget = root.span("budget").unwrap_or(BUDGET);
    let asides = root.flag("asides").unwrap_or(true);
    let conns = match role {
        Role::Server => connections(&mut root, protocol),
        // A client opens its connections itself.
        Role::Client => Vec::new(),
    };
    let reading = Reading { conns: &conns, protocol, role };
    if !root.has("step") {
        root.error("there is no [[step]]");
    }
    let mut steps = Vec::new();
    for table in root.tables("step") {
        steps.extend(reading.step(table));
    }
    root.finish();
    let id = path.replacen("/cases/", "/", 1).trim_end_matches(".toml").to_owned();
    Case {
        id,
        protocol: protocol.name.clone(),
        path: path.to_owned(),
        title,
        grade,
        spec,
        tags,
        needs,
        hazard,
        budget,
        asides,
        conns,
        steps,
    }
}

fn connections(root: &mut Table<'_, '_>, protocol: &Protocol) -> Vec<ConnSpec> {
    let first = protocol.profiles.first().map(|(_, endpoint)| endpoint.clone());
    let first = first.unwrap_or(Endpoint { path: Text::default(), headers: Vec::new() });
    if !root.has("conn") {
        return vec![ConnSpec { name: "main".into(), endpoint: first, open: true }];
    }
    let mut conns: Vec<ConnSpec> = Vec::new();
    for mut table in root.tables("conn") {
        let name = table.required("name");
        if conns.iter().any(|other| other.name == *name.get_ref()) {
            table.error_at(name.span(), format!("a connection `{}` stands here already", name.get_ref()));
        }
        let profile = table.string("profile");
        let path = table.string("path").map(|path| table.path(&path));
        let headers = table.free_texts("headers");
        let open = table.flag("open").unwrap_or(true);
        let mut endpoint = match (&profile, path) {
            (Some(profile), Some(_)) => {
                table.error_at(profile.span(), "a connection has a `profile` or a `path`, not both");
                first.clone()
            }
            (None, Some(path)) => Endpoint { path, headers: Vec::new() },
            (None, None) => first.clone(),
            (Some(profile), None) => {
                let found = protocol.profiles.iter().find(|(name, _)| name == profile.get_ref());
                found.map(|(_, endpoint)| endpoint.clone()).unwrap_or_else(|| {
                    let names = protocol.profiles.iter().map(|(name, _)| name.as_str());
                    table.error_at(profile.span(), format!("`profile`: {}", not_among(profile.get_ref(), names)));
                    first.clone()
                })
            }
        };
        endpoint.headers.extend(headers);
        table.finish();
        conns.push(ConnSpec { name: name.into_inner(), endpoint, open });
    }
    conns
}

/// What the steps refer to.
struct Reading<'a> {
    conns: &'a [ConnSpec],
    protocol: &'a Protocol,
    role: Role,
}

impl Reading<'_> {
    fn step(&self, mut table: Table<'_, '_>) -> Option<Step> {
        let line = table.line();
        let weight = weight(&mut table);
        let note = table.string("note").map(Spanned::into_inner);
        let verb = match self.role {
            Role::Server => self.verb(&mut table),
            Role::Client => client::verb(&mut table, self.protocol),
        };
        let receives = verb.as_ref().is_some_and(|verb| !verb.receivings().is_empty());
        let skip = if receives { template(&mut table, "skip") } else { None };
        table.finish();
        Some(Step { line, verb: verb?, skip, weight, note })
    }

    fn verb(&self, table: &mut Table<'_, '_>) -> Option<Verb> {
        let name = only(table, &VERBS)?;
        Some(match name {
            "send" => Verb::Send(self.conn(table)?, Sending::Json(json(table, "send")?)),
            "send_text" => Verb::Send(self.conn(table)?, Sending::Text(table.text("send_text")?)),
            "send_binary" => Verb::Send(self.conn(table)?, Sending::Binary(table.hex("send_binary")?)),
            "send_ping" => Verb::Send(self.conn(table)?, Sending::Ping(table.text("send_ping")?)),
            "send_raw" => Verb::Send(self.conn(table)?, Sending::Raw(table.hex("send_raw")?)),
            "send_huge" => Verb::Send(self.conn(table)?, huge(table)?),
            "send_fragments" => {
                let parts = table.texts("send_fragments");
                if parts.is_empty() {
                    table.error("`send_fragments` needs at least one part");
                }
                Verb::Send(
                    self.conn(table)?,
                    Sending::Fragments { parts, finish: table.flag("finish").unwrap_or(true) },
                )
            }
            "pong" => Verb::Pong(self.conn(table)?, table.text("pong")?, within(table)),
            "all" => {
                let parts = table.tables("all");
                Verb::All(parts.into_iter().filter_map(|part| self.part_of_all(part)).collect())
            }
            "any_of" => self.any_of(table),
            "open" => {
                let conn = self.named_conn(table, "open")?;
                Verb::Open(conn, refusal(table)?)
            }
            "reopen" => Verb::Reopen(self.named_conn(table, "reopen")?),
            "shut" => {
                let code = table.number("shut").and_then(|code| u16::try_from(code).ok());
                let code = code.filter(|code| (1000..5000).contains(code));
                if code.is_none() {
                    table.error("`shut` takes a close code from 1000 to 4999");
                }
                Verb::Shut(self.conn(table)?, code?)
            }
            "http" => {
                let mut inner = table.table("http")?;
                let service = inner.required("service");
                let names = self.protocol.services();
                let known: Vec<&str> = names.collect();
                if !known.contains(&service.get_ref().as_str()) {
                    let what = not_among(service.get_ref(), known.iter().copied());
                    inner.error_at(service.span(), format!("`service`: {what}"));
                }
                let service = service.into_inner();
                match table.string("later") {
                    None => Verb::Http { service, call: call(table, inner, wanted) },
                    Some(name) => {
                        let call = call(table, inner, |_| Wanted::anything());
                        Verb::Ask { service, call, name: name.into_inner() }
                    }
                }
            }
            "control" => {
                let inner = table.table("control")?;
                Verb::Control(call(table, inner, wanted))
            }
            "answered" => {
                let name = table.string("answered")?.into_inner();
                Verb::Answered(name, wanted(table))
            }
            "advance" => Verb::Advance(table.span("advance")?),
            _ => Verb::Receive(self.receiving(table, name)?),
        })
    }

    fn any_of(&self, table: &mut Table<'_, '_>) -> Verb {
        let mut list: Vec<Alternative> = Vec::new();
        for mut part in table.tables("any_of") {
            let name = part.required("name");
            if list.iter().any(|other| other.name == *name.get_ref()) {
                part.error_at(name.span(), format!("an alternative `{}` stands here already", name.get_ref()));
            }
            let verdict = part.choice("verdict").unwrap_or(Verdict::Pass);
            if !matches!(verdict, Verdict::Pass | Verdict::Info | Verdict::NonStrict) {
                part.error("`verdict` can be pass, info or non-strict; what fails is left out of the list");
            }
            if let Some(receiving) = self.part(part) {
                list.push(Alternative { name: name.into_inner(), receiving, verdict });
            }
        }
        let silent = list.iter().filter(|alternative| matches!(alternative.receiving.what, Awaited::Silence)).count();
        if list.len() < 2 || silent > 1 {
            table.error("`any_of` needs two alternatives or more, and at most one `quiet` among them");
        }
        Verb::AnyOf(list)
    }

    fn part_of_all(&self, mut table: Table<'_, '_>) -> Option<(Receiving, Weight)> {
        let weight = weight(&mut table);
        if let [name] = table.among(&["quiet", "refused"])[..] {
            table.error(format!("`{name}` cannot be a part of `all`: nothing else can come with it"));
            return None;
        }
        self.part(table).map(|receiving| (receiving, weight))
    }

    /// A part of `all` or `any_of`.
    fn part(&self, mut table: Table<'_, '_>) -> Option<Receiving> {
        let receiving = only(&mut table, &AWAITED).and_then(|name| self.receiving(&mut table, name));
        table.finish();
        receiving
    }

    fn receiving(&self, table: &mut Table<'_, '_>, name: &str) -> Option<Receiving> {
        let conn = self.conn(table);
        let within = if name == "quiet" { None } else { Some(within(table)) };
        let (what, within) = match name {
            "expect" => (Awaited::Message(template(table, "expect")?), within?),
            "expect_text" => (Awaited::Text(text_template(table, "expect_text")?), within?),
            "close" => (Awaited::Close(close_codes(table)?), within?),
            "refused" => (Awaited::Refused(table.codes("refused", STATUS)?), within?),
            "quiet" => (Awaited::Silence, table.span("quiet")?),
            _ => {
                if table.flag("cut") == Some(false) {
                    table.error("`cut` is always true; leave the step out otherwise");
                }
                (Awaited::Cut, within?)
            }
        };
        Some(Receiving { conn: conn?, what, within })
    }

    /// The connection of a step; there is no choice if there is one only.
    fn conn(&self, table: &mut Table<'_, '_>) -> Option<usize> {
        match table.string("conn") {
            Some(name) => self.find(table, &name),
            None if self.conns.len() == 1 => Some(0),
            None => {
                let names: Vec<&str> = self.conns.iter().map(|conn| conn.name.as_str()).collect();
                table.error(format!("say which connection: conn = one of {}", names.join(", ")));
                None
            }
        }
    }

    fn named_conn(&self, table: &mut Table<'_, '_>, verb: &'static str) -> Option<usize> {
        let name = table.string(verb)?;
        self.find(table, &name)
    }

    fn find(&self, table: &Table<'_, '_>, name: &Spanned<String>) -> Option<usize> {
        let found = self.conns.iter().position(|conn| conn.name == *name.get_ref());
        if found.is_none() {
            let names = self.conns.iter().map(|conn| conn.name.as_str());
            table.error_at(name.span(), format!("connection {}", not_among(name.get_ref(), names)));
        }
        found
    }
}

/// The one of these members that is there.
pub(super) fn only(table: &mut Table<'_, '_>, names: &[&'static str]) -> Option<&'static str> {
    match table.among(names)[..] {
        [name] => Some(name),
        [] => {
            table.error(format!("one of these is missing: {}", names.join(", ")));
            COMPANIONS.iter().for_each(|name| table.asked(name));
            None
        }
        ref several => {
            table.error(format!("`{}` do not go together: make each a step of its own", several.join("`, `")));
            table.forget();
            None
        }
    }
}

fn weight(table: &mut Table<'_, '_>) -> Weight {
    Weight {
        level: table.choice("level"),
        evidence: table.choices("evidence"),
        source: table.string("source").map(Spanned::into_inner),
    }
}

pub(super) fn within(table: &mut Table<'_, '_>) -> Duration {
    table.span("within").unwrap_or(WITHIN)
}

pub(super) fn template(table: &mut Table<'_, '_>, name: &'static str) -> Option<Template> {
    let text = table.string(name)?;
    Template::parse(text.get_ref()).map_err(|e| table.error_at(text.span(), format!("`{name}`: {e}"))).ok()
}

pub(super) fn text_template(table: &mut Table<'_, '_>, name: &'static str) -> Option<Template> {
    let text = table.string(name)?;
    Template::for_text(text.get_ref()).map_err(|e| table.error_at(text.span(), format!("`{name}`: {e}"))).ok()
}

/// A text that must be JSON once its placeholders are filled.
pub(super) fn json(table: &mut Table<'_, '_>, name: &'static str) -> Option<Text> {
    let source = table.string(name)?;
    let text = table.parsed(&source);
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(&text.sample()) {
        table.error_at(
            source.span(),
            format!("`{name}` is not JSON ({e}); what is meant to be broken is sent by `send_text`"),
        );
    }
    Some(text)
}

pub(super) fn huge(table: &mut Table<'_, '_>) -> Option<Sending> {
    let mut inner = table.table("send_huge")?;
    let prefix = inner.text("prefix").unwrap_or_default();
    let repeat = inner.string("repeat").map(Spanned::into_inner).filter(|repeat| !repeat.is_empty());
    let suffix = inner.text("suffix").unwrap_or_default();
    let times = inner.number("times").and_then(|times| usize::try_from(times).ok());
    let fits = |repeat: &String, times: usize| repeat.len().saturating_mul(times) <= LARGEST;
    let piece = repeat.zip(times).filter(|(repeat, times)| fits(repeat, *times));
    if piece.is_none() {
        inner.error("`repeat` is the text that is sent `times` times; together it stays below 256 MiB");
    }
    inner.finish();
    let (repeat, times) = piece?;
    Some(Sending::Huge { prefix, repeat, times, suffix })
}

pub(super) fn close_codes(table: &mut Table<'_, '_>) -> Option<Vec<u16>> {
    if table.is("close", "any") {
        Some(Vec::new())
    } else {
        table.codes("close", "a close code, an array of codes, or \"any\"")
    }
}

fn refusal(table: &mut Table<'_, '_>) -> Option<Refusal> {
    if !table.has("refused") {
        return Some(Refusal::Never);
    }
    if table.is("refused", "maybe") {
        return Some(Refusal::Maybe);
    }
    table.codes("refused", "an HTTP status, an array of them, or \"maybe\"").map(Refusal::Always)
}

/// The members of an HTTP step: `inner` says what is sent, `table` what must come.
pub(super) fn call<'s, 'i>(
    table: &mut Table<'s, 'i>,
    mut inner: Table<'s, 'i>,
    wanted: impl FnOnce(&mut Table<'s, 'i>) -> Wanted,
) -> Call {
    let method = inner.string("method").map_or_else(|| "GET".to_owned(), Spanned::into_inner);
    if http::Method::from_bytes(method.as_bytes()).is_err() {
        inner.error(format!("{method:?} is no HTTP method"));
    }
    let path = inner.required("path");
    let call = Call {
        method,
        path: inner.path(&path),
        headers: inner.free_texts("headers"),
        body: inner.text("body"),
        wanted: wanted(table),
    };
    inner.finish();
    call
}

pub(super) fn wanted(table: &mut Table<'_, '_>) -> Wanted {
    Wanted {
        status: table.codes("status", STATUS).unwrap_or_else(|| vec![200]),
        answer_headers: answer_headers(table),
        answer: answer(table),
        within: within(table),
    }
}

fn answer_headers(table: &mut Table<'_, '_>) -> Vec<(String, Template)> {
    let headers = table.free_strings("answer_headers").into_iter();
    let template = |(name, text): (String, Spanned<String>)| match Template::for_text(text.get_ref()) {
        Ok(template) => Some((name, template)),
        Err(e) => {
            table.error_at(text.span(), format!("`answer_headers`: {name}: {e}"));
            None
        }
    };
    headers.filter_map(template).collect()
}

fn answer(table: &mut Table<'_, '_>) -> Option<Answer> {
    match (table.has("answer"), table.has("answer_text")) {
        (true, true) => {
            table.error("`answer` and `answer_text` do not go together");
            None
        }
        (true, false) => template(table, "answer").map(Answer::Json),
        (false, _) => text_template(table, "answer_text").map(Answer::Text),
    }
}
