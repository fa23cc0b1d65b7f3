//! The control plane: look at a mock, disturb it, steer it. HTTP with JSON under [`PREFIX`] on the mock's own port.

mod connections;
mod log;
mod steer;

use crate::peer::lock;
use crate::server::{Body, Server};
use crate::{ControlError, HttpRequest, HttpResponse};
use hyper::Response;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// Where the control plane begins.
pub(crate) const PREFIX: &str = "/__mock";

/// An answer of the control plane.
pub(crate) enum Answer {
    Whole(HttpResponse),
    Stream(Response<Body>),
}

type Outcome = Result<Value, Failure>;

/// Why a call of the control plane failed, with its HTTP status.
pub(crate) enum Failure {
    Invalid(String),
    NotFound(String),
    Method(&'static str),
    TimedOut(Value),
    Unwell(String),
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotFound(what) => Self::NotFound(what),
            ControlError::Invalid(what) => Self::Invalid(what),
        }
    }
}

pub(crate) fn is_control(path: &str) -> bool {
    path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// All routes, as the index tells them.
const ROUTES: &[(&str, &str)] = &[
    ("GET /__mock/health", "whether the mock runs; 503 if it cannot do as it was told, as where the disk is full"),
    ("GET /__mock/state", "the state of the simulated world"),
    (
        "POST /__mock/reset",
        "back to the first state and a virtual clock to its start, all connections cut; {\"seed\":N} changes the seed",
    ),
    ("GET /__mock/connections", "who is connected"),
    ("DELETE /__mock/connections/{id}", "end a connection; ?mode=close|cut|half-close, ?code=, ?reason="),
    ("POST /__mock/inject", "send to {\"to\":ID|\"all\"}: text, json, binary or raw (hex), ping, close"),
    ("GET /__mock/faults", "the fault rules"),
    ("POST /__mock/faults", "add a rule, e.g. {\"on\":\"out\",\"kind\":\"drop\",\"times\":1}"),
    ("DELETE /__mock/faults[/{id}]", "take away one rule, or all"),
    ("GET /__mock/log", "the journal as NDJSON; ?since=&kind=&conn=&contains=&limit=, ?format=sse to follow"),
    ("DELETE /__mock/log", "forget the journal"),
    ("POST /__mock/wait", "wait for {\"match\":{..},\"count\":1,\"within\":\"5s\"}; 408 with what came instead"),
    ("GET /__mock/problems", "what was refused, dropped or tolerated, and why"),
    ("GET|PUT /__mock/seed", "the seed; PUT {\"seed\":N} resets"),
    ("GET|PUT /__mock/clock", "the clock; {\"mode\":\"real\"|\"virtual\",\"now\":SECONDS}"),
    ("POST /__mock/clock/advance", "move the time forward; {\"by\":\"15s\"}"),
    ("POST /__mock/do/{verb}", "a verb of this world; GET /__mock/do lists them"),
    ("POST /__mock/shutdown", "close all connections and end"),
];

pub(crate) async fn answer(server: &Server, request: &HttpRequest) -> Answer {
    if let Some(refusal) = refusal(server, request) {
        return Answer::Whole(refusal);
    }
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    if let (["log"], "GET") = (path.as_slice(), request.method.as_str()) {
        return log::show(server, request);
    }
    Answer::Whole(match route(server, request, &path).await {
        Ok(value) => HttpResponse::json(200, &value),
        Err(failure) => failure.response(),
    })
}

/// Who may not use the control plane: programs without the token, and web pages of other hosts, which a browser would
/// let send requests to this machine.
fn refusal(server: &Server, request: &HttpRequest) -> Option<HttpResponse> {
    let refuse = |status, text: &str| Some(HttpResponse::json(status, &json!({"error": text})));
    if let Some(token) = &server.admin_token {
        let given = request.header("authorization").and_then(|value| value.split_once(' '));
        if !given.is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("bearer") && *given.trim() == **token) {
            return refuse(
                401,
                "the control plane wants the header `Authorization: Bearer TOKEN`, with the admin token",
            );
        }
    } else if request.header("host").is_some_and(|host| !is_local(host))
        || request.header("origin").is_some_and(|origin| !is_local_page(origin))
    {
        return refuse(
            403,
            "only this machine, by the name of localhost, 127.0.0.1 or ::1, may use the control plane, and no web page of \
             another host; start the mock with an admin token for others",
        );
    }
    None
}

/// Whether a web page is of this machine. Pages without a place of their own (`null`) can be anybody's.
fn is_local_page(origin: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, host)| is_local(host))
}

/// Whether a host can only be this machine or one of its own network: a name without a dot is nobody's domain.
fn is_local(host: &str) -> bool {
    let host = if host.starts_with('[') { host.split_inclusive(']').next() } else { host.split(':').next() };
    host.is_some_and(|host| host == "127.0.0.1" || host == "[::1]" || !(host.contains(['.', ':'])))
}

async fn route(server: &Server, request: &HttpRequest, path: &[&str]) -> Outcome {
    let engine = || lock(&server.engine);
    match (path, request.method.as_str()) {
        ([], "GET") => {
            let routes: serde_json::Map<String, Value> =
                ROUTES.iter().map(|(route, help)| ((*route).to_owned(), (*help).into())).collect();
            Ok(json!({"routes": routes}))
        }
        (["health"], "GET") => match engine().trouble() {
            None => Ok(json!({"ok": true})),
            Some(trouble) => Err(Failure::Unwell(trouble)),
        },
        (["state"], "GET") => Ok(engine().snapshot()),
        (["reset"], "POST") => steer::reset(&mut engine(), request),
        (["connections"], "GET") => Ok(connections::list(&engine())),
        (["connections", id], "DELETE") => connections::end(&mut engine(), id, request),
        (["inject"], "POST") => connections::inject(&mut engine(), request),
        (["faults"], "GET") => Ok(steer::faults(&engine())),
        (["faults"], "POST") => steer::add_fault(&mut engine(), request),
        (["faults"], "DELETE") => {
            engine().faults.clear();
            Ok(json!({}))
        }
        (["faults", id], "DELETE") => steer::remove_fault(&mut engine(), id),
        (["log"], "DELETE") => {
            engine().journal.clear();
            Ok(json!({}))
        }
        (["wait"], "POST") => log::wait(server, request).await,
        (["problems"], "GET") => Ok(log::problems(&server.engine)),
        (["seed"], "GET") => Ok(json!({"seed": engine().seed.0})),
        (["seed"], "PUT") => steer::set_seed(&mut engine(), request),
        (["clock"], "GET") => Ok(steer::clock(&engine())),
        (["clock"], "PUT") => steer::set_clock(&mut engine(), request),
        (["clock", "advance"], "POST") => steer::advance(&server.engine, request).await,
        (["do"], "GET") => {
            Ok(engine().verbs().iter().map(|(verb, help)| ((*verb).to_owned(), Value::from(*help))).collect())
        }
        (["do", verb], "POST") => {
            let body: Value = body(request)?;
            Ok(engine().control(verb, &body)?)
        }
        (["shutdown"], "POST") => {
            server.stop.send_replace(true);
            Ok(json!({}))
        }
        (path, _) => Err(unknown(path)),
    }
}

fn unknown(path: &[&str]) -> Failure {
    let first = path.first().copied().unwrap_or_default();
    let known = ROUTES.iter().find(|(route, _)| {
        route
            .split_once(PREFIX)
            .is_some_and(|(_, rest)| rest.trim_start_matches('/').split(['/', '[']).next() == Some(first))
    });
    match known {
        Some((route, _)) => Failure::Method(route),
        None => Failure::NotFound(format!("no such route: {PREFIX}/{}; GET {PREFIX} lists them", path.join("/"))),
    }
}

/// The body as `T`; an empty one counts as `{}`.
fn body<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Failure> {
    let text: &[u8] = if request.body.trim_ascii().is_empty() { b"{}" } else { &request.body };
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(Failure::Invalid("the body must be a JSON object".into()));
    }
    serde_json::from_slice(text).map_err(|e| Failure::Invalid(format!("the body does not fit: {e}")))
}

fn span(value: &Value) -> Result<Duration, Failure> {
    parse_span(value).map_err(Failure::Invalid)
}

/// A time span: a text as in `15s`, `300ms`, `2weeks`, or a number of milliseconds.
pub(crate) fn parse_span(value: &Value) -> Result<Duration, String> {
    match value {
        Value::Number(ms) if ms.is_u64() => Ok(Duration::from_millis(ms.as_u64().unwrap_or_default())),
        Value::String(text) => humantime::parse_duration(text)
            .map_err(|e| format!("{text:?} is no time span ({e}); write 300ms, 15s, 2h or 2weeks")),
        other => Err(format!("{other} is no time span; write \"300ms\", \"15s\", or milliseconds")),
    }
}

impl Failure {
    fn response(self) -> HttpResponse {
        match self {
            Self::Invalid(error) => HttpResponse::json(400, &json!({"error": error})),
            Self::NotFound(error) => HttpResponse::json(404, &json!({"error": error})),
            Self::Method(route) => {
                HttpResponse::json(405, &json!({"error": format!("not with this method; there is: {route}")}))
            }
            Self::TimedOut(value) => HttpResponse::json(408, &value),
            Self::Unwell(error) => HttpResponse::json(503, &json!({"ok": false, "error": error})),
        }
    }
}
