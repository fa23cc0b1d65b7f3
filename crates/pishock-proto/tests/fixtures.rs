//! Every message under `fixtures/pishock/messages`: what it means, how it deviates, and what the codec makes of it. One test
//! an entry, and one snapshot a file of the decoded values.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use libtest_mimic::{Arguments, Failed, Trial};
use pishock_proto::http::{
    Account, Call, ClaimBody, CreateShare, Hub, Link, OperateBody, Share, SharedShocker, Shocker, User,
};
use pishock_proto::{
    Dialect, Login, LoginAttempt, ShareId, ShockerId, UserId, decode_client, decode_server, endpoint, lint_client,
    lint_server, parse_login,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "message")]
    messages: Vec<Message>,
    #[serde(default, rename = "http")]
    bodies: Vec<Body>,
    #[serde(default, rename = "url")]
    urls: Vec<Url>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wire {
    V1,
    V2,
}

impl Wire {
    fn dialect(self) -> Dialect {
        match self {
            Self::V1 => Dialect::V1,
            Self::V2 => Dialect::V2,
        }
    }
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
    Guess,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    name: String,
    dialect: Wire,
    direction: Direction,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    means: Option<String>,
    #[serde(default)]
    deviations: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Request,
    Answer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    call: String,
    #[expect(dead_code, reason = "for readers")]
    part: Part,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    means: Option<String>,
    #[serde(default = "yes")]
    valid: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Url {
    name: String,
    dialect: Wire,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    login: Option<LoginParts>,
    #[serde(default = "yes")]
    canonical: bool,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum LoginParts {
    Key { username: String, key: String },
    Token { user: u64, token: String },
}

fn yes() -> bool {
    true
}

/// Decodes and encodes again: the value as it is shown, and its text.
fn recoded(message: &Message) -> Result<(String, String), String> {
    let dialect = message.dialect.dialect();
    match message.direction {
        Direction::Client => {
            let decoded = decode_client(dialect, &message.text).map_err(|e| e.to_string())?;
            Ok((format!("{decoded:?}"), decoded.to_text(dialect)))
        }
        Direction::Server => {
            let decoded = decode_server(dialect, &message.text).map_err(|e| e.to_string())?;
            Ok((format!("{decoded:?}"), decoded.to_text()))
        }
    }
}

fn deviations(message: &Message) -> Vec<String> {
    let dialect = message.dialect.dialect();
    let found = match message.direction {
        Direction::Client => lint_client(dialect, &message.text),
        Direction::Server => lint_server(dialect, &message.text),
    };
    found.iter().map(|d| format!("{} {}", d.kind.name(), d.pointer).trim_end().to_owned()).collect()
}

fn check_message(message: &Message) {
    assert!(!message.evidence.is_empty() && !message.source.is_empty());
    assert_eq!(deviations(message), message.deviations);
    match recoded(message) {
        Err(_) => {
            assert_eq!(message.deviations, ["not-a-message"]);
            assert_eq!(message.means, None);
        }
        Ok((_, text)) => {
            assert_eq!(&text, message.means.as_ref().unwrap_or(&message.text));
            assert!(message.means.is_none() || message.means.as_ref() != Some(&message.text), "means is needless");
        }
    }
}

/// Reads a body as the call's type and writes it again.
fn body(body: &Body) -> Result<(String, String), String> {
    fn read<T: DeserializeOwned + Serialize + Debug>(text: &str) -> Result<(String, String), String> {
        let value: T = serde_json::from_str(text).map_err(|e| e.to_string())?;
        Ok((format!("{value:?}"), serde_json::to_string(&value).unwrap()))
    }
    let text = &body.text;
    match body.call.as_str() {
        "User" => read::<User>(text),
        "Hubs" => read::<Vec<Hub>>(text),
        "ShareIds" => read::<BTreeMap<String, Vec<ShareId>>>(text),
        "Shares" => read::<BTreeMap<String, Vec<Share>>>(text),
        "Claim" => read::<ClaimBody>(text),
        "Account" => read::<Account>(text),
        "Shockers" => read::<Vec<Shocker>>(text),
        "Operate" => read::<OperateBody>(text),
        "Shared" => read::<Vec<SharedShocker>>(text),
        "Link" => read::<Link>(text),
        "NewCode" => {
            let call = CreateShare::new(UserId(77), &Login::api_key("puppy", "k"), ShockerId(321));
            let code = call.answer(200, text.as_bytes()).map_err(|e| e.to_string())?;
            Ok((format!("{code:?}"), serde_json::to_string(&code).unwrap()))
        }
        other => panic!("no call is named {other}"),
    }
}

fn check_body(fixture: &Body) {
    assert!(!fixture.evidence.is_empty() && !fixture.source.is_empty());
    match body(fixture) {
        Ok((_, text)) => {
            assert!(fixture.valid);
            assert_eq!(&text, fixture.means.as_ref().unwrap_or(&fixture.text));
        }
        Err(e) => assert!(!fixture.valid, "{e}"),
    }
}

fn check_url(url: &Url) {
    assert!(!url.evidence.is_empty() && !url.source.is_empty());
    let dialect = url.dialect.dialect();
    let query = url.text.split_once('?').unwrap().1;
    let attempt = parse_login(dialect, query);
    let Some(parts) = &url.login else {
        assert!(matches!(attempt, LoginAttempt::Incomplete(_)), "{attempt:?}");
        return;
    };
    let login = match parts {
        LoginParts::Key { username, key } => Login::api_key(username, key),
        LoginParts::Token { user, token } => Login::token(UserId(*user), token),
    };
    let written = endpoint("ws://127.0.0.1:4101", dialect, &login).unwrap();
    assert_eq!(written.url.expose() == &url.text, url.canonical);
    assert_eq!(attempt, LoginAttempt::Complete(login));
}

/// All decoded values of a file, for review.
fn decoded(file: &File) -> String {
    let mut out = String::new();
    let mut add = |name: &str, value: Result<(String, String), String>| {
        let value = value.map_or_else(|error| format!("error: {error}"), |(value, _)| value);
        writeln!(out, "## {name}\n{value}\n").unwrap();
    };
    for message in &file.messages {
        add(&message.name, recoded(message));
    }
    for fixture in &file.bodies {
        add(&fixture.name, body(fixture));
    }
    for url in &file.urls {
        let query = url.text.split_once('?').unwrap().1;
        add(&url.name, Ok((format!("{:?}", parse_login(url.dialect.dialect(), query)), String::new())));
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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/pishock/messages");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut trials = Vec::new();
    for path in files {
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let file: File = toml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let snapshot = decoded(&file);
        let name = format!("fixtures-{stem}");
        trials.push(Trial::test(format!("{stem}/decoded"), move || passing(|| review(&name, &snapshot))));
        let named = |name: &str| format!("{stem}/{name}");
        trials.extend(
            file.messages
                .into_iter()
                .map(|message| Trial::test(named(&message.name), move || passing(|| check_message(&message)))),
        );
        trials.extend(
            file.bodies.into_iter().map(|body| Trial::test(named(&body.name), move || passing(|| check_body(&body)))),
        );
        trials.extend(
            file.urls.into_iter().map(|url| Trial::test(named(&url.name), move || passing(|| check_url(&url)))),
        );
    }
    let mut names: Vec<_> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), trials.len(), "two entries have the same name");
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
