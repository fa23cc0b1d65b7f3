//! Every entry under `fixtures/multistreamer/messages`: what it means, how it deviates, and what the codec makes of it. One test
//! an entry, and one snapshot a file of the decoded values. What is marked as recorded stands in the recording, in that line.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod recorded;

use libtest_mimic::{Arguments, Failed, Trial};
use multistreamer_proto::http::{
    Call, GetAccount, GetAccounts, GetProfile, GetStream, GetStreams, GetUsers, HttpError, Inject, Login, PatchStream,
};
use multistreamer_proto::{
    AccountId, ClientMessage, Line, Say, ServerMessage, StreamId, decode_client, decode_server, lint_client,
    lint_server, lua, lua_number, markdown, redact_url, socket_url,
};
use recorded::{Exchange, Frame, exchanges, frames};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "message")]
    messages: Vec<Message>,
    #[serde(default, rename = "http")]
    bodies: Vec<Body>,
    #[serde(default, rename = "url")]
    urls: Vec<Url>,
    #[serde(default, rename = "line")]
    lines: Vec<Typed>,
    #[serde(default, rename = "markdown")]
    markdown: Vec<Marked>,
    #[serde(default, rename = "json")]
    json: Vec<Passed>,
    #[serde(default, rename = "number")]
    numbers: Vec<Number>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Client,
    Server,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Evidence {
    Seed,
    Source,
    Client,
    Run,
    Guess,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    name: String,
    direction: Direction,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    means: Option<String>,
    #[serde(default)]
    deviations: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    method: String,
    path: String,
    request: Option<String>,
    status: u16,
    text: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Url {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    base: String,
    stream: i64,
    token: String,
    shown: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    kind: String,
    to: Option<String>,
    says: String,
    means: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Marked {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    means: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passed {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    means: Option<String>,
    #[serde(default)]
    too_sparse: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Number {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    means: Option<f64>,
}

static FRAMES: LazyLock<BTreeMap<String, Frame>> =
    LazyLock::new(|| frames().into_iter().map(|frame| (frame.place.clone(), frame)).collect());
static EXCHANGES: LazyLock<BTreeMap<String, Exchange>> =
    LazyLock::new(|| exchanges().into_iter().map(|exchange| (exchange.place.clone(), exchange)).collect());

/// There is evidence. Gives the place of the recording that an entry is taken from: its name is that of the scenario, and the
/// line.
fn place(name: &str, evidence: &[Evidence], source: &str) -> Option<String> {
    assert!(!evidence.is_empty() && !source.is_empty());
    let scenario = source.strip_prefix("captures/server-12.3/")?;
    assert!(evidence.contains(&Evidence::Run));
    let line = name.strip_prefix(scenario).and_then(|rest| rest.strip_prefix('/')).unwrap();
    Some(format!("{scenario}:{line}"))
}

/// Decodes and encodes again: the value as it is shown, and its text.
fn recoded(direction: Direction, text: &str) -> Result<(String, String), String> {
    match direction {
        Direction::Client => match decode_client(text) {
            ClientMessage::Unrecognised(it) => Err(it.why.to_string()),
            decoded => Ok((format!("{decoded:?}"), decoded.to_text())),
        },
        Direction::Server => match decode_server(text) {
            ServerMessage::Unrecognised(it) => Err(it.why.to_string()),
            decoded => {
                let pieces = match &decoded {
                    ServerMessage::Chat(chat) => format!("\n{:?}", chat.pieces()),
                    _ => String::new(),
                };
                Ok((format!("{decoded:?}{pieces}"), decoded.to_text()))
            }
        },
    }
}

fn check_message(message: &Message) {
    if let Some(place) = place(&message.name, &message.evidence, &message.source) {
        let frame = &FRAMES[&place];
        assert_eq!((&frame.text, frame.sent), (&message.text, message.direction == Direction::Client));
    }
    let found = match message.direction {
        Direction::Client => lint_client(&message.text),
        Direction::Server => lint_server(&message.text),
    };
    let found: Vec<_> =
        found.iter().map(|d| format!("{} {}", d.kind.name(), d.pointer).trim_end().to_owned()).collect();
    assert_eq!(found, message.deviations);
    match recoded(message.direction, &message.text) {
        Err(_) => {
            assert_eq!(message.deviations, ["not-a-message"]);
            assert_eq!(message.means, None);
        }
        Ok((_, text)) => {
            assert_eq!(&text, message.means.as_ref().unwrap_or(&message.text));
            assert!(message.means.as_ref() != Some(&message.text), "means is needless");
            assert_eq!(recoded(message.direction, &text).unwrap().1, text, "the canonical text is not its own");
        }
    }
}

/// What a call brings, as it is shown.
fn body(fixture: &Body) -> Result<String, HttpError> {
    let token = || String::from("t").into();
    let path = fixture.path.strip_prefix("/api/v1/").unwrap();
    let words: Vec<&str> = path.split_once('?').map_or(path, |(path, _)| path).split('/').collect();
    let id = || words[1].parse().unwrap_or_default();
    fn shown<C: Call<Answer: Debug>>(fixture: &Body, call: &C) -> Result<String, HttpError> {
        let text = fixture.text.as_deref().unwrap_or_default();
        call.answer(fixture.status, text.as_bytes()).map(|answer| format!("{answer:?}"))
    }
    match (fixture.method.as_str(), &words[..]) {
        (_, ["auth"]) => shown(fixture, &Login::new("a", "b")),
        ("GET", ["profile"]) => shown(fixture, &GetProfile::new(token())),
        ("GET", ["user"]) => shown(fixture, &GetUsers::new(token())),
        ("GET", ["account"]) => shown(fixture, &GetAccounts::new(token())),
        ("GET", ["account", _]) => shown(fixture, &GetAccount::new(token(), AccountId(id()))),
        ("GET", ["stream"]) => shown(fixture, &GetStreams::new(token())),
        // The answer to an edit is the stream.
        ("GET" | "POST", ["stream", _]) => shown(fixture, &GetStream::new(token(), StreamId(id()))),
        ("PATCH", ["stream", _]) => shown(fixture, &PatchStream::new(token(), StreamId(id()))),
        ("POST", ["stream", _, "msg"]) => {
            let message = decode_server(fixture.request.as_deref().unwrap_or("{}")).into_owned();
            shown(fixture, &Inject::new(token(), StreamId(id()), message))
        }
        // Whatever a call is, it can be refused.
        _ => shown(fixture, &GetProfile::new(token())),
    }
}

fn error_name(error: &HttpError) -> &'static str {
    match error {
        HttpError::Unauthorized => "unauthorized",
        HttpError::Refused { .. } => "refused",
        HttpError::ServiceFailed { .. } => "service-failed",
        HttpError::NotJson { .. } => "not-json",
        HttpError::WrongShape { .. } => "wrong-shape",
        other => panic!("{other} has no name here"),
    }
}

fn check_body(fixture: &Body) {
    if let Some(place) = place(&fixture.name, &fixture.evidence, &fixture.source) {
        let exchange = &EXCHANGES[&place];
        assert_eq!(exchange.status, fixture.status);
        let asked = |name: &str| exchange.request[name].as_str();
        assert_eq!((asked("method"), asked("path")), (Some(&*fixture.method), Some(&*fixture.path)));
        assert_eq!(asked("body"), fixture.request.as_deref());
        // Of a page with a stack trace only the status matters.
        match &fixture.text {
            Some(text) => assert_eq!(&exchange.body, text),
            None => assert_eq!(fixture.status, 500),
        }
    }
    let error = body(fixture).err();
    assert_eq!(error.as_ref().map(error_name), fixture.error.as_deref());
    if let Some(HttpError::Refused { error, .. }) = error {
        let whole: serde_json::Value = serde_json::from_str(fixture.text.as_deref().unwrap()).unwrap();
        assert_eq!(whole["error"], error);
    }
}

fn check_url(url: &Url) {
    place(&url.name, &url.evidence, &url.source);
    assert_eq!(socket_url(&url.base, StreamId(url.stream), &url.token), url.text);
    assert_eq!(redact_url(&url.text), url.shown);
    assert!(!url.shown.contains(&url.token));
}

fn check_line(typed: &Typed) {
    place(&typed.name, &typed.evidence, &typed.source);
    let read = match Line::parse(&typed.text) {
        Line::Text(says) => ("text", None, says),
        Line::Emote(says) => ("emote", None, says),
        Line::Internal(says) => ("internal", None, says),
        Line::Whisper { to, text } => ("whisper", Some(to), text),
        other => panic!("{other:?} has no name here"),
    };
    assert_eq!(read, (&*typed.kind, typed.to.as_deref(), &*typed.says));
    let message = ClientMessage::from(Say::from_line(AccountId(17), AccountId(14), &typed.text));
    assert_eq!(message.to_text(), typed.means);
}

fn check_markdown(fixture: &Marked) {
    if let Some(place) = place(&fixture.name, &fixture.evidence, &fixture.source) {
        let ServerMessage::Chat(chat) = decode_server(&FRAMES[&place].text) else { panic!("no line is there") };
        assert_eq!((&*chat.text.unwrap(), &*chat.markdown.unwrap()), (&*fixture.text, &*fixture.means));
    }
    assert_eq!(markdown::escape(&fixture.text), fixture.means);
}

fn check_json(fixture: &Passed) {
    if let Some(place) = place(&fixture.name, &fixture.evidence, &fixture.source) {
        // A member of a line that was sent, and the same of the line that came of it.
        let (place, name) = place.split_once('/').unwrap();
        let member = |frame: &Frame| {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(&frame.text).unwrap();
            members.get(name).map(|json| json.get().to_owned())
        };
        assert_eq!(member(&FRAMES[place]).as_ref(), Some(&fixture.text));
        let scenario = &place[..=place.find(':').unwrap()];
        let came = FRAMES.values().filter(|frame| !frame.sent && frame.place.starts_with(scenario));
        assert!(came.filter_map(member).any(|json| Some(json) == fixture.means));
    }
    let written = lua::read(&fixture.text).ok().filter(|read| !read.has_nan).map(|read| {
        assert_eq!(lua::is_too_sparse(&read.value), fixture.too_sparse);
        lua::slashes(&lua::pass_through(&read.value))
    });
    assert_eq!(written.filter(|_| !fixture.too_sparse), fixture.means);
}

fn check_number(fixture: &Number) {
    place(&fixture.name, &fixture.evidence, &fixture.source);
    assert_eq!(lua_number(&fixture.text), fixture.means);
}

/// All decoded values of a file, for review.
fn decoded(file: &File) -> String {
    let mut out = String::new();
    let mut add = |name: &str, value: Result<String, String>| {
        let value = value.unwrap_or_else(|error| format!("error: {error}"));
        writeln!(out, "## {name}\n{value}\n").unwrap();
    };
    for message in &file.messages {
        add(&message.name, recoded(message.direction, &message.text).map(|(value, _)| value));
    }
    for fixture in &file.bodies {
        add(&fixture.name, body(fixture).map_err(|e| e.to_string()));
    }
    for fixture in &file.markdown {
        add(&fixture.name, Ok(format!("{:?}", markdown::pieces(&fixture.means))));
    }
    out
}

fn review(name: &str, decoded: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, decoded));
}

fn passing(check: impl FnOnce()) -> Result<(), Failed> {
    check();
    Ok(())
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/multistreamer/messages");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut trials = Vec::new();
    for path in files {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let file: File = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let snapshot = decoded(&file);
        if !snapshot.is_empty() {
            let name = format!("fixtures-{stem}");
            trials.push(Trial::test(format!("{stem}/decoded"), move || passing(|| review(&name, &snapshot))));
        }
        macro_rules! tests {
            ($entries:expr, $check:ident) => {
                for entry in $entries {
                    let name = format!("{stem}/{}", entry.name);
                    trials.push(Trial::test(name, move || passing(|| $check(&entry))));
                }
            };
        }
        tests!(file.messages, check_message);
        tests!(file.bodies, check_body);
        tests!(file.urls, check_url);
        tests!(file.lines, check_line);
        tests!(file.markdown, check_markdown);
        tests!(file.json, check_json);
        tests!(file.numbers, check_number);
    }
    let mut names: Vec<_> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), trials.len(), "two entries have the same name");
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
