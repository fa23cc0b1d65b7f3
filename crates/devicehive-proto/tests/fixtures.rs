//! Every entry under `fixtures/devicehive/messages`: what it means, how it deviates, and what the codec makes of it. One test an
//! entry, and one snapshot a file of the decoded values.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use devicehive_proto::http::{Call, HttpError, Twin, WaitForCommand};
use devicehive_proto::message::{
    Answer, ClientMessage, CommandChange, CommandGet, CommandInsert, CommandList, CommandSubscribe, CommandUpdate,
    ConfigurationDelete, ConfigurationGet, ConfigurationPut, DeviceChange, DeviceDelete, DeviceGet, DeviceSave,
    NamedChange, NetworkInsert, NewCommand, NewNotification, NotificationGet, NotificationInsert, NotificationList,
    NotificationSubscribe, Request, ServerMessage, Token, TokenCreate, TokenRefresh, TokenRequest, UserChange,
    UserDelete, UserGet, UserInsert, UserUpdate,
};
use devicehive_proto::{
    Action, Fields, Level, TokenKey, TokenKind, TokenPayload, lint_client, lint_server, redact_url,
};
use hmac::{Hmac, KeyInit, Mac};
use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use sha2::Sha256;
use std::fmt::Write;
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
    #[serde(default, rename = "token")]
    tokens: Vec<Token_>,
    #[serde(default, rename = "time")]
    times: Vec<Time>,
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
    method: String,
    path: String,
    #[expect(dead_code, reason = "for servers")]
    request: Option<String>,
    status: u16,
    evidence: Vec<Evidence>,
    source: String,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Url {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for servers")]
    canonical: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "token")]
struct Token_ {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    header: Option<String>,
    secret: Option<String>,
    token: Option<String>,
    valid: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    means: Option<String>,
}

/// Decodes and encodes again: the value as it is shown, and its text.
fn recoded(direction: Direction, text: &str) -> Result<(String, String), String> {
    match direction {
        Direction::Client => {
            ClientMessage::decode(text).map(|it| (format!("{it:?}"), it.to_text())).map_err(|e| e.to_string())
        }
        Direction::Server => {
            let message = ServerMessage::decode(text).map_err(|e| e.to_string())?;
            let mut shown = format!("{message:?}");
            if let ServerMessage::Reply(reply) = &message
                && let (Ok(_), Some(action)) = (&reply.outcome, action(reply.action.as_ref().map(ToString::to_string)))
            {
                shown += &format!("\n{:?}", reply.answer(action));
            }
            Ok((shown, message.to_text()))
        }
    }
}

fn action(json: Option<String>) -> Option<Action> {
    Action::parse(json?.trim_matches('"'))
}

fn check_message(message: &Message) {
    assert!(!message.evidence.is_empty() && !message.source.is_empty());
    let found = match message.direction {
        Direction::Client => lint_client(&message.text),
        Direction::Server => lint_server(&message.text),
    };
    let is_error = found.iter().any(|deviation| deviation.level == Level::Error);
    let mut found: Vec<_> =
        found.iter().map(|d| format!("{} {}", d.kind.name(), d.pointer).trim_end().to_owned()).collect();
    // Each oddity of lenient JSON is told.
    found.dedup();
    assert_eq!(found, message.deviations);
    match recoded(message.direction, &message.text) {
        Err(e) => {
            assert!(is_error, "{e}");
            assert_eq!(message.means, None);
        }
        Ok((_, text)) => {
            assert_eq!(&text, message.means.as_ref().unwrap_or(&message.text));
            assert!(message.means.as_ref() != Some(&message.text), "means is needless");
            assert_eq!(recoded(message.direction, &text).unwrap().1, text, "the canonical text is not its own");
        }
    }
}

/// The request behind a path whose variable parts are `{}`. What they are has no effect on how an answer is read.
fn asked(call: &str) -> Option<Request> {
    Some(match call {
        "GET /info" | "GET /info/" => Request::ServerInfo,
        "GET /info/cache" => Request::ServerCacheInfo,
        "GET /info/config/cluster" => Request::ClusterInfo,
        "POST /token" | "POST /token/" => Token::new("l", String::from("p")).into(),
        "POST /token/create" => TokenCreate::new(TokenRequest::new(1)).into(),
        "POST /token/refresh" => TokenRefresh::new(String::from("t")).into(),
        "GET /configuration/{}" => ConfigurationGet::new("n").into(),
        "PUT /configuration/{}" => ConfigurationPut::new("n", "v").into(),
        "DELETE /configuration/{}" => ConfigurationDelete::new("n").into(),
        "GET /device/{}/command" => CommandList::new("d").into(),
        "GET /device/{}/command/{}" => CommandGet::new("d", 1).into(),
        "POST /device/{}/command" => CommandInsert::new("d", NewCommand::new("c")).into(),
        "PUT /device/{}/command/{}" => CommandUpdate::new("d", 1, CommandChange::default()).into(),
        "GET /device/{}/command/poll" | "GET /device/command/poll" => CommandSubscribe::new().into(),
        "GET /device/{}/notification" => NotificationList::new("d").into(),
        "GET /device/{}/notification/{}" => NotificationGet::new("d", 1).into(),
        "POST /device/{}/notification" => NotificationInsert::new("d", NewNotification::new("n")).into(),
        "GET /device/{}/notification/poll" | "GET /device/notification/poll" => NotificationSubscribe::new().into(),
        "GET /device/{}" => DeviceGet::new("d").into(),
        // The recording has a header that makes a PUT of it (dossier 14).
        "PUT /device/{}" | "POST /device/{}" => DeviceSave::new("d", DeviceChange::new("n")).into(),
        "DELETE /device/{}" => DeviceDelete::new("d").into(),
        "POST /network" => NetworkInsert::new(NamedChange::new("n")).into(),
        "GET /user/{}" => UserGet::new(1).into(),
        "POST /user" => UserInsert::new(UserChange::default()).into(),
        "PUT /user/{}" => UserUpdate::new(1, UserChange::default()).into(),
        "DELETE /user/{}" => UserDelete::new(1).into(),
        _ => return None,
    })
}

/// What the answer brings; nothing if there is no such call.
fn body(fixture: &Body) -> Option<Result<Answer, HttpError>> {
    let text = fixture.text.as_deref().unwrap_or_default().as_bytes();
    let (call, _) = fixture.name.rsplit_once(' ').unwrap();
    match call {
        "GET /device/{}/command/{}/poll" => {
            let answer = WaitForCommand::new("d", 1).answer(fixture.status, text);
            Some(answer.map(|command| command.map_or(Answer::Nothing, Answer::Command)))
        }
        // Whatever a call is, it can be refused.
        call if !(200..300).contains(&fixture.status) => {
            let call = asked(call).unwrap_or(Request::ServerInfo);
            Some(Twin::of(call).unwrap().answer(fixture.status, text))
        }
        call => asked(call).map(|call| Twin::of(call).unwrap().answer(fixture.status, text)),
    }
}

fn check_body(fixture: &Body) {
    assert!(
        !fixture.evidence.is_empty() && !fixture.source.is_empty() && fixture.path.starts_with('/')
            || fixture.path.is_empty()
    );
    let ok = (200..300).contains(&fixture.status);
    match body(fixture) {
        Some(Ok(_)) => assert!(ok),
        Some(Err(HttpError::Refused { status, refusal })) => {
            assert!(!ok && status == fixture.status);
            let text = fixture.text.as_deref().unwrap_or_default();
            // What the server itself says has both of them.
            if let Some(said) = text.split_once(r#"","message":""#).map(|(_, said)| said) {
                assert!(refusal.error.is_some_and(|error| said.starts_with(&error)));
            }
            assert!(refusal.code >= 400);
        }
        Some(Err(e)) => panic!("{e}"),
        None => {
            let outside = ["GET ", "OPTIONS ", "HEAD "].iter().any(|method| fixture.name.starts_with(method));
            assert!(outside && fixture.method != "POST", "no call is {}", fixture.name);
        }
    }
}

fn check_url(url: &Url) {
    assert!(!url.evidence.is_empty() && !url.source.is_empty());
    let shown = redact_url(&url.text);
    assert_eq!(shown == url.text, !url.text.contains("token="));
    assert!(!shown.contains("x.y.z"));
}

/// A token with these claims, rightly signed.
fn signed(header: &str, claims: &str) -> String {
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&[0x75, 0xeb, 0xe2, 0x71, 0xe8, 0x62]).unwrap();
    mac.update(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn read(token: &Token_) -> Result<TokenPayload, devicehive_proto::TokenError> {
    let header = token.header.as_deref().unwrap_or(r#"{"alg":"HS256"}"#);
    TokenKey::new("devicehive").read(&signed(header, &token.text))
}

/// What a server refuses for what it knows, and not for the form of the payload: a user that is none, a network that is none,
/// permissions that are none, and the end that a claim of the standard sets.
const BEYOND_FORM: &[&str] = &["form/form-13", "form/form-19", "form/form-31", "form/form-32", "form/exp-claim-past"];

fn check_token(token: &Token_) {
    assert!(!token.evidence.is_empty() && !token.source.is_empty());
    let read = read(token);
    let is_access = read.as_ref().is_ok_and(|payload| payload.kind == TokenKind::Access);
    if !BEYOND_FORM.contains(&&*token.name) {
        assert_eq!(is_access, token.valid, "{read:?}");
    } else {
        assert!(is_access && !token.valid);
    }
    if let (Some(secret), Some(whole)) = (&token.secret, &token.token) {
        let key = TokenKey::new(secret);
        assert_eq!(&key.sign(&key.read(whole).unwrap()), whole);
    }
}

fn check_time(time: &Time) {
    assert!(!time.evidence.is_empty() && !time.source.is_empty());
    // The servers take dates before 1582 for those of the old calendar and write them by the new one, each on the way anew. What
    // one of these dates means cannot be said without the number of servers.
    if time.text.starts_with("\"0001-") {
        return;
    }
    let json = format!(r#"{{"t":{}}}"#, time.text);
    let read = Fields::read(&json).unwrap().datetime("t").ok();
    let read = read.map(|time| time.map_or("now".to_owned(), |time| time.to_string()));
    assert_eq!(read, time.means);
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
        if let Some(answer) = body(fixture) {
            add(&fixture.name, answer.map(|answer| format!("{answer:?}")).map_err(|e| e.to_string()));
        }
    }
    for token in &file.tokens {
        add(&token.name, read(token).map(|payload| format!("{payload:?}")).map_err(|e| e.to_string()));
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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/devicehive/messages");
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
        tests!(file.tokens, check_token);
        tests!(file.times, check_time);
    }
    let mut names: Vec<_> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), trials.len(), "two entries have the same name");
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
