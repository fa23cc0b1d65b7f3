//! What passes a fault rule, as JSON: a rule looks at it and changes it in this form.

use super::FrameKind;
use super::change::Source;
use crate::engine::Outgoing;
use crate::frame::may_close_with;
use crate::{HttpRequest, HttpResponse, Message};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use std::cell::OnceCell;

/// What passes a place where faults strike.
pub(crate) struct Passing<'a> {
    /// What `contains` looks into.
    text: &'a str,
    /// Read from the text when a rule asks for it.
    view: OnceCell<Option<Value>>,
    asked: Option<&'a Value>,
    /// How it comes, if it is a message of a client.
    frame: Option<FrameKind>,
}

impl<'a> Passing<'a> {
    /// A message, and what it answers, as far as that is known.
    pub(crate) fn message(text: &'a str, asked: Option<&'a Value>) -> Self {
        Self { text, view: OnceCell::new(), asked, frame: None }
    }

    /// A message of a client; one that is no text has nothing that could be looked at but how it comes.
    pub(crate) fn received(message: Message<'a>) -> Self {
        let text = if let Message::Text(text) = message { text } else { "" };
        Self { frame: Some(message.into()), ..Self::message(text, None) }
    }

    /// Something else with its form in JSON.
    pub(crate) fn other(text: &'a str, view: Value, asked: Option<&'a Value>) -> Self {
        Self { text, view: OnceCell::from(Some(view)), asked, frame: None }
    }

    pub(super) fn text(&self) -> &str {
        self.text
    }

    pub(super) fn frame(&self) -> Option<FrameKind> {
        self.frame
    }

    pub(super) fn view(&self) -> Option<&Value> {
        self.view.get_or_init(|| serde_json::from_str(self.text).ok()).as_ref()
    }

    pub(super) fn asked(&self) -> Option<&Value> {
        self.asked
    }

    pub(super) fn source(&self) -> Option<Source<'_>> {
        Some(Source { from: self.view()?, asked: self.asked })
    }
}

/// The text of a message; one that is a JSON string is sent as it stands in it.
pub(crate) fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        value => value.to_string(),
    }
}

/// A request: `{"method":..,"path":..,"query":{..},"headers":{..},"body":..}`. Of a name that comes twice the first is shown.
pub(crate) fn of_request(request: &HttpRequest) -> Value {
    json!({
        "method": request.method, "path": request.path, "query": first_of_each(request.query_pairs()),
        "headers": first_of_each(request.headers.iter().cloned()), "body": body(&request.body),
    })
}

/// The request after a change of its form in JSON.
pub(crate) fn changed_request(request: &HttpRequest, before: &Value, after: &Value) -> HttpRequest {
    let mut changed = request.clone();
    if let Some(method) = after["method"].as_str() {
        method.clone_into(&mut changed.method);
    }
    if let Some(path) = after["path"].as_str().filter(|path| path.starts_with('/')) {
        path.clone_into(&mut changed.path);
    }
    if before["query"] != after["query"] {
        let mut pairs: Vec<(String, String)> = request.query_pairs().collect();
        change_pairs(&mut pairs, &before["query"], &after["query"]);
        let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        changed.query = pairs.collect::<Vec<_>>().join("&");
    }
    change_pairs(&mut changed.headers, &before["headers"], &after["headers"]);
    if before["body"] != after["body"] {
        changed.body = body_of(&after["body"]);
    }
    changed
}

/// An answer: `{"status":..,"headers":{..},"body":..}`.
pub(crate) fn of_response(response: &HttpResponse) -> Value {
    let headers = response.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    json!({"status": response.status, "headers": first_of_each(headers), "body": body(&response.body)})
}

/// The answer after a change of its form in JSON. Headers that a rule leaves alone stay as they were.
pub(crate) fn changed_response(response: &HttpResponse, before: &Value, after: &Value) -> HttpResponse {
    let mut changed = response.clone();
    if let Some(status) = after["status"].as_u64().and_then(|status| u16::try_from(status).ok()).filter(is_final) {
        changed.status = status;
    }
    change_pairs(&mut changed.headers, &before["headers"], &after["headers"]);
    if before["body"] != after["body"] {
        changed.body = body_of(&after["body"]);
    }
    changed
}

/// The answer that a rule gives, from its form in JSON.
pub(crate) fn response_of(value: &Value) -> HttpResponse {
    let mut empty = HttpResponse::new(200);
    if value["body"].is_object() || value["body"].is_array() {
        empty = empty.with_header("content-type", "application/json");
    }
    let before = of_response(&empty);
    let mut after = before.clone();
    for name in ["status", "body"] {
        if let Some(given) = value.get(name) {
            after[name] = given.clone();
        }
    }
    for (name, given) in value["headers"].as_object().into_iter().flatten() {
        after["headers"][name.to_ascii_lowercase()] = given.clone();
    }
    changed_response(&empty, &before, &after)
}

/// Whether a status can end an exchange.
pub(super) fn is_final(status: &u16) -> bool {
    (200..=599).contains(status)
}

/// The end of a connection: `{"code":1000,"reason":".."}` for a close frame, null for one without a code, and
/// `{"cut":true,"reason":".."}` where there is none.
pub(crate) fn of_end(how: &Outgoing, why: &str) -> Value {
    match how {
        Outgoing::Close(code, reason) => json!({"code": code, "reason": reason}),
        _ => json!({"cut": true, "reason": why}),
    }
}

/// The end after a change; a code that cannot be sent leaves the one there was, if any.
pub(crate) fn changed_end(how: Outgoing, after: &Value) -> Outgoing {
    let new = after["code"].as_u64().and_then(|code| u16::try_from(code).ok()).filter(|code| may_close_with(*code));
    let reason = || after["reason"].as_str().unwrap_or_default().to_owned();
    match how {
        Outgoing::Close(..) if after["code"].is_null() => Outgoing::Close(None, reason()),
        Outgoing::Close(old, _) => Outgoing::Close(new.or(old), reason()),
        how => new.map_or(how, |code| Outgoing::Close(Some(code), reason())),
    }
}

fn first_of_each(pairs: impl Iterator<Item = (String, String)>) -> Value {
    let mut shown = Map::new();
    for (name, value) in pairs {
        shown.entry(name).or_insert(value.into());
    }
    Value::Object(shown)
}

fn change_pairs(pairs: &mut Vec<(String, String)>, before: &Value, after: &Value) {
    let Some(after) = after.as_object() else { return };
    pairs.retain(|(name, _)| after.contains_key(name) || after.contains_key(&name.to_ascii_lowercase()));
    for (name, value) in after.iter().filter(|(name, value)| before.get(name) != Some(value)) {
        let value = text_of(value.clone());
        match pairs.iter_mut().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value,
            None => pairs.push((name.clone(), value)),
        }
    }
}

/// JSON if it is that, else its text; null for none.
fn body(bytes: &[u8]) -> Value {
    match serde_json::from_slice(bytes) {
        _ if bytes.is_empty() => Value::Null,
        Ok(value) => value,
        Err(_) => String::from_utf8_lossy(bytes).into(),
    }
}

fn body_of(value: &Value) -> Vec<u8> {
    if value.is_null() { Vec::new() } else { text_of(value.clone()).into_bytes() }
}

fn encoded(text: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_changes_where_its_form_does() {
        let request = HttpRequest::new("GET", "/rest/device?name=a%20b&name=c&take=2&x")
            .with_header("Authorization", "Bearer t")
            .with_body(r#"{"a":1}"#);
        let before = of_request(&request);
        assert_eq!(before["query"], json!({"name": "a b", "take": "2", "x": ""}));
        assert_eq!(changed_request(&request, &before, &before), request);
        let mut after = before.clone();
        after["query"] = json!({"name": "d&e", "skip": 1});
        after["headers"] = json!({"authorization": "Bearer u"});
        after["body"] = "text".into();
        after["path"] = "/rest/network".into();
        let changed = changed_request(&request, &before, &after);
        assert_eq!(changed.query, "name=d%26e&name=c&skip=1");
        assert_eq!(changed.headers, [("authorization".to_owned(), "Bearer u".to_owned())]);
        assert_eq!((changed.body.as_slice(), changed.path.as_str()), (b"text".as_slice(), "/rest/network"));
    }

    #[test]
    fn an_answer_changes_where_its_form_does() {
        let response = HttpResponse::json(404, &json!({"message": "no"})).with_header("X-A", "1");
        let before = of_response(&response);
        assert_eq!(changed_response(&response, &before, &before), response);
        let after = json!({"status": 999, "headers": {"x-a": "2"}, "body": null});
        let changed = changed_response(&response, &before, &after);
        assert_eq!(changed, HttpResponse::new(404).with_header("X-A", "2"));
        let given = response_of(&json!({"status": 503, "headers": {"Retry-After": 1}, "body": {"a": 1}}));
        assert_eq!((given.status, given.body.as_slice(), given.headers.len()), (503, br#"{"a":1}"#.as_slice(), 2));
    }

    #[test]
    fn a_close_keeps_a_code_that_can_be_sent() {
        let close = |code| Outgoing::Close(code, String::new());
        assert_eq!(changed_end(close(Some(1008)), &json!({"code": 1005})), close(Some(1008)));
        assert_eq!(
            changed_end(close(Some(1008)), &json!({"code": null, "reason": "r"})),
            Outgoing::Close(None, "r".into())
        );
        assert_eq!(changed_end(close(None), &json!({"code": 4000})), close(Some(4000)));
        assert_eq!(changed_end(Outgoing::Cut, &json!({"cut": true})), Outgoing::Cut);
        assert_eq!(changed_end(Outgoing::Cut, &json!({"code": 1002})), close(Some(1002)));
    }
}
