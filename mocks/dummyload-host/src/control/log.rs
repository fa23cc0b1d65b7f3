//! The journal over HTTP: as lines, as a stream of events, and as something to wait for.

use super::{Answer, Failure, Outcome, body, span};
use crate::journal::Query;
use crate::mock::wait_for;
use crate::peer::Shared;
use crate::reader::Reader;
use crate::server::Server;
use crate::{HttpRequest, HttpResponse};
use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::Response;
use hyper::body::Frame;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn problems(engine: &Shared) -> Value {
    json!({"problems": Reader::new(engine, Query::problems(), 0).rest(usize::MAX)})
}

/// `GET /log`: what there is, or with `format=sse` also what comes.
pub(super) fn show(server: &Server, request: &HttpRequest) -> Answer {
    let (query, since, limit) = match parse(request) {
        Ok(parsed) => parsed,
        Err(failure) => return Answer::Whole(failure.response()),
    };
    match request.query_value("format").as_deref() {
        None | Some("ndjson") => Answer::Whole(lines(Reader::new(&server.engine, query, since).rest(limit))),
        Some("sse") => Answer::Stream(follow(server, query, since)),
        Some(other) => Answer::Whole(Failure::Invalid(format!("format {other:?} is none of ndjson, sse")).response()),
    }
}

fn parse(request: &HttpRequest) -> Result<(Query, u64, usize), Failure> {
    let (mut query, mut since, mut limit) = (serde_json::Map::new(), 0, usize::MAX);
    let number = |name: &str, text: &str| {
        text.parse::<u64>().map_err(|_| Failure::Invalid(format!("{name}={text:?} is no number")))
    };
    for (name, value) in request.query_pairs() {
        match name.as_str() {
            "since" => since = number(&name, &value)?,
            "limit" => limit = usize::try_from(number(&name, &value)?).unwrap_or(usize::MAX),
            "conn" | "call" => drop(query.insert(name.clone(), number(&name, &value)?.into())),
            "format" => {}
            _ => drop(query.insert(name, value.into())),
        }
    }
    let query = serde_json::from_value(Value::Object(query))
        .map_err(|e| Failure::Invalid(format!("the query does not fit: {e}")))?;
    Ok((query, since, limit))
}

fn lines(entries: Vec<Value>) -> HttpResponse {
    let text: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
    HttpResponse::new(200).with_header("content-type", "application/x-ndjson").with_body(text)
}

/// Server-sent events; each has the entry's number as id, so a reader can go on after it. Ends with the mock.
fn follow(server: &Server, query: Query, since: u64) -> Response<crate::server::Body> {
    let reader = Reader::new(&server.engine, query, since);
    let state = (reader, server.stop.subscribe());
    let stream = futures_util::stream::unfold(state, |(mut reader, mut stopping)| async move {
        loop {
            match reader.page() {
                Some(page) if !page.is_empty() => {
                    let text: String =
                        page.iter().map(|(number, entry)| format!("id: {number}\ndata: {entry}\n\n")).collect();
                    return Some((Ok(Frame::data(Bytes::from(text))), (reader, stopping)));
                }
                Some(_) => {}
                None => tokio::select! {
                    () = reader.more() => {}
                    _ = stopping.wait_for(|stop| *stop) => return None,
                },
            }
        }
    });
    let mut response = Response::new(StreamBody::new(stream).boxed());
    let headers = response.headers_mut();
    headers.insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static("text/event-stream"));
    headers.insert(hyper::header::CACHE_CONTROL, hyper::header::HeaderValue::from_static("no-store"));
    response
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    #[serde(rename = "match", default)]
    query: Query,
    #[serde(default = "one")]
    count: usize,
    #[serde(default)]
    since: u64,
    within: Option<Value>,
}

fn one() -> usize {
    1
}

/// The longest that a call may wait.
const LONGEST: Duration = Duration::from_secs(300);

pub(super) async fn wait(server: &Server, request: &HttpRequest) -> Outcome {
    let Wait { query, count, since, within } = body(request)?;
    let within = within.as_ref().map_or(Ok(Duration::from_secs(5)), span)?;
    if within > LONGEST {
        return Err(Failure::Invalid("a call may wait for 300 s at most: ask again, with `since`".into()));
    }
    match wait_for(&server.engine, &query, since, count, within).await {
        Ok(entries) => Ok(json!({"count": entries.len(), "entries": entries})),
        Err(not_seen) => {
            let error = format!("{} of {count} entries seen in time", not_seen.seen);
            Err(Failure::TimedOut(json!({"error": error, "seen": not_seen.seen, "instead": not_seen.instead})))
        }
    }
}
