//! The parameters of a request, as the server's web framework collects them: what comes later counts more (dossier 2).

use super::{Refused, failure};
use dummyload_host::HttpRequest;
use multistreamer_proto::lua;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Parameters by name, and whether a number in a JSON body is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(pub(super) Map<String, Value>, pub(super) bool);

impl Params {
    /// Out of the query, a form, the path, and a JSON body; and what to tell if there is a body that does not count.
    pub(super) fn read(
        request: &HttpRequest,
        id: Option<&str>,
        reads_json: bool,
    ) -> Result<(Self, Option<String>), Refused> {
        let mut params = Map::new();
        params.extend(form(&request.query));
        let kind = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let body = String::from_utf8_lossy(&request.body);
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        if is_form {
            params.extend(form(&body));
        }
        if let Some(id) = id {
            params.insert("id".into(), id.into());
        }
        let (mut note, mut has_nan) = (None, false);
        if reads_json && kind.contains("application/json") {
            match lua::read_with_nulls(&body) {
                Ok(read) => {
                    has_nan = read.has_nan;
                    add(&mut params, read.value)?;
                }
                Err(why) => note = Some(format!("the body is taken for empty: {why}")),
            }
        } else if !is_form && !body.is_empty() {
            let wanted = if reads_json { "application/json" } else { "application/x-www-form-urlencoded" };
            note = Some(format!("the body is taken for empty, because its content type is {kind:?}; send {wanted}"));
        }
        Ok((Self(params, has_nan), note))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Whether it counts as true with the server: everything but `false` and nothing.
    pub(super) fn is_given(&self, name: &str) -> bool {
        !matches!(self.get(name), None | Some(Value::Bool(false)))
    }

    /// What the database stores of it, as text.
    pub(super) fn storable(&self, name: &str) -> Result<Option<String>, Refused> {
        let odd = |why: &str| Err(failure("don't know how to escape value", 400, "odd-value", format!("{name} {why}")));
        match self.get(name) {
            None | Some(Value::Bool(false)) => Ok(None),
            Some(Value::String(text)) if text.contains('\0') => odd("has a NUL in it"),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => odd("is neither text nor number"),
        }
    }

    /// The items of a list; an object has none (dossier 2).
    pub(super) fn list(&self, name: &str) -> Result<&[Value], Refused> {
        match self.get(name) {
            None | Some(Value::Bool(false) | Value::Object(_)) => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => {
                let text = "bad argument #1 to 'ipairs' (table expected)";
                Err(failure(text, 400, "odd-value", format!("{name} is no list")))
            }
        }
    }

    /// A row's number as the database understands it: `None` if there can be no such row (dossier 3). `table` is for the text of
    /// its errors.
    pub(super) fn row(&self, table: &str) -> Result<Option<i64>, Refused> {
        let fail = |shown: &str, error: &str| {
            let text = format!("SELECT * from \"{table}\" where \"id\" = {shown} limit 1\nERROR: {error} (38)");
            let why = format!("the id {shown} is no number of a row; these are whole numbers up to {}", i32::MAX);
            Err(failure(text, 404, "odd-id", why))
        };
        match self.get("id") {
            Some(Value::String(text)) => {
                let digits = text.trim_matches([' ', '\t', '\n', '\r']);
                let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
                let shown = format!("'{}'", text.replace('\'', "''"));
                if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
                    return fail(&shown, &format!("invalid input syntax for type integer: \"{text}\""));
                }
                match digits.parse::<i32>() {
                    Ok(number) => Ok(Some(number.into())),
                    Err(_) => fail(&shown, &format!("value \"{text}\" is out of range for type integer")),
                }
            }
            Some(Value::Number(number)) => Ok(number.as_i64()),
            Some(Value::Bool(flag)) => {
                fail(if *flag { "TRUE" } else { "FALSE" }, "operator does not exist: integer = boolean")
            }
            Some(_) => fail("no text and no number", "don't know how to escape value"),
            None => Ok(None),
        }
    }
}

/// The members of a body; of an array they are numbered from 1.
fn add(params: &mut Map<String, Value>, body: Value) -> Result<(), Refused> {
    let kind = match body {
        Value::Object(members) => {
            params.extend(members);
            return Ok(());
        }
        Value::Array(items) => {
            let items = items.into_iter().enumerate().filter(|(_, item)| !item.is_null());
            params.extend(items.map(|(at, item)| ((at + 1).to_string(), item)));
            return Ok(());
        }
        Value::Bool(false) => return Ok(()),
        Value::Bool(true) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Null => "userdata",
    };
    let text = format!("bad argument #1 to 'pairs' (table expected, got {kind})");
    Err(failure(text, 400, "no-object", "the body is JSON, but no object"))
}

/// A query or a form. A name without a value is true.
fn form(text: &str) -> impl Iterator<Item = (String, Value)> + '_ {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| match pair.split_once('=') {
        Some((name, value)) => (decoded(name), Value::String(decoded(value))),
        None => (decoded(pair), Value::Bool(true)),
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(request: &HttpRequest) -> Value {
        Value::Object(Params::read(request, Some("21"), true).unwrap().0.0)
    }

    #[test]
    fn bodies_are_read_as_recorded() {
        // captures/server-12.3/api-content-type, api-inject-errors, api-body-id-wins
        let body = br#"{"type":"text","text":"t"}"#.to_vec();
        let post = |kind: &str, body: &[u8]| {
            HttpRequest::new("POST", "/x?extra=1&id=5&flag").with_header("content-type", kind).with_body(body)
        };
        let whole = json!({"extra": "1", "id": "21", "flag": true, "type": "text", "text": "t"});
        for kind in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
            assert_eq!(read(&post(kind, &body)), whole, "{kind}");
        }
        let empty = json!({"extra": "1", "id": "21", "flag": true});
        for kind in ["text/plain", "application/problem+json", ""] {
            assert_eq!(read(&post(kind, &body)), empty, "{kind}");
        }
        assert_eq!(read(&post("application/json", b"{bad")), empty);
        assert_eq!(read(&post("application/json", b"[1,2]"))["2"], 2);
        assert_eq!(read(&post("application/json", br#"{"id":23}"#))["id"], 23);
        let form = "application/x-www-form-urlencoded";
        assert_eq!(read(&post(form, b"type=text&text=a+b&id=3"))["text"], "a b");
        assert_eq!(read(&post(form, b"type=text&id=3"))["id"], "21");
        assert_eq!(read(&post(form, br#"{"type":"text"}"#))[r#"{"type":"text"}"#], true);
        for scalar in ["\"s\"", "1", "true", "null"] {
            assert!(Params::read(&post("application/json", scalar.as_bytes()), None, true).is_err(), "{scalar}");
        }
    }

    #[test]
    fn ids_are_those_of_the_database() {
        for (id, expected) in [
            (json!("21"), Some(Some(21))),
            (json!("021"), Some(Some(21))),
            (json!(" 21 "), Some(Some(21))),
            (json!("-1"), Some(Some(-1))),
            (json!("21.0"), None),
            (json!("abc"), None),
            (json!(""), None),
            (json!("99999999999"), None),
            (json!(22), Some(Some(22))),
            (json!(22.5), Some(None)),
            (json!(true), None),
            (json!({}), None),
        ] {
            let mut params = Params::default();
            params.0.insert("id".into(), id.clone());
            assert_eq!(params.row("streams").ok(), expected, "{id}");
        }
        assert_eq!(Params::default().row("streams").unwrap(), None);
    }
}
