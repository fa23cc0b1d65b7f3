//! Every entry under `fixtures/shelly/messages`: what it means, how it deviates, and what the codec makes of it. One test an
//! entry, and one snapshot a file of the decoded values.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use shelly_proto::http::{
    AllStatus, Call, Control, Credentials, ExchangeCode, GetDevices, GetStatus, HttpError, ListDevices, Login, Set,
    SetGroups,
};
use shelly_proto::status::StatusView;
use shelly_proto::{
    Authorize, Callback, Channel, Claims, ClientMessage, CommandBody, DeviceId, Elsewhere, Generation, HostPolicy,
    Relay, ServerMessage, TokenKind, Turn, decode_client, decode_server, lint_client, lint_server, parse_socket_query,
    redirect,
};
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
    #[serde(default, rename = "id")]
    ids: Vec<Id>,
    #[serde(default, rename = "token")]
    tokens: Vec<Token>,
    #[serde(default, rename = "status")]
    statuses: Vec<Status>,
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
    Answer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    call: String,
    #[expect(dead_code, reason = "for readers")]
    part: Part,
    status: u16,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    means: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum UrlKind {
    Socket,
    Login,
    Callback,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Url {
    name: String,
    kind: UrlKind,
    evidence: Vec<Evidence>,
    source: String,
    text: String,
    token: Option<String>,
    client_id: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    code: Option<String>,
    redirect: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    Http,
    Frame,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Id {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    place: Place,
    text: String,
    hex: String,
    decimal: String,
    #[serde(default = "yes")]
    number: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    kind: String,
    text: String,
    means: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    name: String,
    evidence: Vec<Evidence>,
    source: String,
    #[serde(rename = "gen")]
    generation: String,
    text: String,
}

/// Decodes and encodes again: the value as it is shown, and its text.
fn recoded(direction: Direction, text: &str) -> Result<(String, String), String> {
    match direction {
        Direction::Client => match decode_client(text) {
            ClientMessage::Unrecognised(it) => Err(it.why.to_string()),
            decoded => {
                let body = match &decoded {
                    ClientMessage::Command(request) => match request.data.body() {
                        CommandBody::Other => String::new(),
                        body => format!("\n{body:?}\n{:?}", body.checked()),
                    },
                    _ => String::new(),
                };
                Ok((format!("{decoded:?}{body}"), decoded.to_text()))
            }
        },
        Direction::Server => match decode_server(text) {
            ServerMessage::Unrecognised(it) => Err(it.why.to_string()),
            decoded => {
                let outcome = match &decoded {
                    ServerMessage::CommandResponse(response) => format!("\n{:?}", response.outcome()),
                    ServerMessage::RpcResponse(response) => format!("\n{:?}", response.outcome()),
                    _ => String::new(),
                };
                Ok((format!("{decoded:?}{outcome}"), decoded.to_text()))
            }
        },
    }
}

fn check_message(message: &Message) {
    assert!(!message.evidence.is_empty() && !message.source.is_empty());
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

/// Reads an answer as that of its call and writes it again; nothing where the call brings nothing.
fn body(body: &Body) -> Result<(String, String), HttpError> {
    let (bearer, id) = (Credentials::bearer("a.b.c"), DeviceId::in_http("84cca87c0144"));
    let (status, bytes) = (body.status, body.text.as_bytes());
    macro_rules! read {
        ($call:expr, $written:expr) => {{
            let answer = $call.answer(status, bytes)?;
            let written: String = $written(&answer);
            (format!("{answer:?}"), written)
        }};
    }
    Ok(match body.call.as_str() {
        "Tokens" => {
            read!(ExchangeCode::new("shelly-diy", "x.y.z"), |tokens: &shelly_proto::http::Tokens| tokens.to_json())
        }
        "LoginCode" => read!(Login::new("a@example.com", "p", "shelly-diy"), |code: &shelly_proto::http::LoginCode| {
            code.to_json()
        }),
        "AllStatus" => read!(AllStatus::new(bearer), |all: &shelly_proto::http::DevicesStatus| all.to_json()),
        "OneStatus" => read!(GetStatus::new(bearer, id), |one: &shelly_proto::http::OneStatus| one.to_json()),
        "DeviceList" => read!(ListDevices::new(bearer), |list: &shelly_proto::http::DeviceList| list.to_json()),
        "Devices" => read!(GetDevices::new(bearer, [id]).unwrap(), |devices: &Vec<_>| {
            shelly_proto::http::Device::list_to_json(devices)
        }),
        "Done" => read!(Control::relay(bearer, id, Relay::new(Channel(0), Turn::On)), |(): &()| String::new()),
        "Set" => read!(Set::switch(bearer, id, Channel(0), true), |(): &()| String::new()),
        "FailedCommands" => {
            read!(SetGroups::new(bearer), |failed: &shelly_proto::http::FailedCommands| failed.to_json())
        }
        other => panic!("no call is named {other}"),
    })
}

fn error_name(error: &HttpError) -> &'static str {
    match error {
        HttpError::TokenRejected { .. } => "token-rejected",
        HttpError::RateLimited { .. } => "rate-limited",
        HttpError::Unexplained { .. } => "unexplained",
        HttpError::DeviceOffline => "device-offline",
        HttpError::Refused { .. } => "refused",
        HttpError::ServiceFailed { .. } => "service-failed",
        HttpError::NotJson { .. } => "not-json",
        HttpError::WrongShape { .. } => "wrong-shape",
        other => panic!("{other} has no name here"),
    }
}

fn check_body(fixture: &Body) {
    assert!(!fixture.evidence.is_empty() && !fixture.source.is_empty());
    match body(fixture) {
        Ok((_, text)) => {
            assert_eq!(fixture.error, None);
            assert_eq!(&text, fixture.means.as_ref().unwrap_or(&fixture.text));
        }
        Err(e) => assert_eq!(Some(error_name(&e)), fixture.error.as_deref()),
    }
}

fn check_url(url: &Url) {
    assert!(!url.evidence.is_empty() && !url.source.is_empty());
    let query = url.text.split_once('?').unwrap().1;
    match url.kind {
        UrlKind::Socket => {
            let token = parse_socket_query(query);
            assert_eq!(token.as_ref().map(|token| token.expose().as_str()), url.token.as_deref());
            if let Some(token) = &url.token {
                let server = HostPolicy::ShellyCloudOnly.check("https://shelly-1-eu.shelly.cloud").unwrap();
                let written = server.socket(token, &Elsewhere::default());
                assert_eq!(written.url.expose() == &url.text, url.name != "socket/encoded");
                assert!(!written.to_string().contains(token.as_str()));
            }
        }
        UrlKind::Login => {
            let asked = Authorize::parse(query);
            let expected = (&url.client_id, &url.redirect_uri, &url.state);
            assert_eq!((&asked.client_id, &asked.redirect_uri, &asked.state), expected);
            if let (Some(uri), Some(expected)) = (&asked.redirect_uri, &url.redirect) {
                assert_eq!(&redirect(uri, asked.state.as_deref(), "x.y.z").unwrap(), expected);
            }
        }
        UrlKind::Callback => match Callback::parse(&url.text) {
            Ok(back) => {
                assert_eq!(Some(back.code.expose()), url.code.as_ref());
                let state = back.state.map(dummyload_session::Secret::into_exposed);
                assert_eq!(state, url.state);
            }
            Err(_) => assert_eq!(url.code, None),
        },
    }
}

fn read_id(id: &Id) -> DeviceId {
    match id.place {
        Place::Http => DeviceId::in_http(&id.text),
        Place::Frame => DeviceId::in_frame(&id.text),
    }
}

fn check_id(fixture: &Id) {
    assert!(!fixture.evidence.is_empty() && !fixture.source.is_empty());
    let id = read_id(fixture);
    assert_eq!((id.as_str(), id.as_number().is_some()), (fixture.text.as_str(), fixture.number));
    assert_eq!((id.to_hex(), id.to_decimal()), (fixture.hex.clone(), fixture.decimal.clone()));
    if fixture.number {
        assert_eq!(DeviceId::in_http(&fixture.hex), id);
        assert_eq!(DeviceId::in_frame(&fixture.decimal), id);
    }
}

/// A token with this payload; whoever made it does not matter here.
fn claims(token: &Token) -> Claims {
    Claims::decode(&format!("e30.{}.c2ln", base64(token.text.as_bytes()))).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = |chunk: &[u8], at: usize| u32::from(chunk.get(at).copied().unwrap_or(0)) << (16 - 8 * at);
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let all = bits(chunk, 0) | bits(chunk, 1) | bits(chunk, 2);
        let digit = |at: usize| char::from(DIGITS[usize::try_from(all >> (18 - 6 * at) & 63).unwrap()]);
        out.extend((0..=chunk.len()).map(digit));
    }
    out
}

fn check_token(token: &Token) {
    assert!(!token.evidence.is_empty() && !token.source.is_empty());
    let claims = claims(token);
    let kind = if claims.kind() == TokenKind::Access { "access" } else { "code" };
    assert_eq!(kind, token.kind);
    assert_eq!(&claims.to_json(), token.means.as_ref().unwrap_or(&token.text));
}

fn view(status: &Status) -> StatusView {
    StatusView::of(&Generation::parse(&status.generation), &status.text)
}

fn check_status(status: &Status) {
    assert!(!status.evidence.is_empty() && !status.source.is_empty());
    let _: serde_json::Value = serde_json::from_str(&status.text).unwrap();
    let _ = view(status);
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
        add(&fixture.name, body(fixture).map(|(value, _)| value).map_err(|e| e.to_string()));
    }
    for id in &file.ids {
        add(&id.name, Ok(format!("{:?}", read_id(id))));
    }
    for token in &file.tokens {
        add(&token.name, Ok(format!("{:?}", claims(token))));
    }
    for status in &file.statuses {
        add(&status.name, Ok(shown(&view(status))));
    }
    out
}

/// A view without its empty lists and absent values.
fn shown(view: &StatusView) -> String {
    let text = format!("{view:#?}");
    let lines = text.lines().filter(|line| !line.ends_with(": [],") && !line.ends_with(": None,"));
    lines.collect::<Vec<_>>().join("\n")
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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/shelly/messages");
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
        tests!(file.ids, check_id);
        tests!(file.tokens, check_token);
        tests!(file.statuses, check_status);
    }
    let mut names: Vec<_> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), trials.len(), "two entries have the same name");
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
