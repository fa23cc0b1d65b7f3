//! The parameters of a call as a server finds them.

use crate::DecodeError;
use crate::escape::push_string;
use crate::message::Raw;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use dummyload_codec::members;
use dummyload_codec::url::decoded_form;

/// Parameters by name, from the query and from a body that is a form or JSON. What the body says counts more, and of a
/// repeated name the last one (dossier 13.2). Names are printed, values are not: there can be credentials among them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, Value)>);

#[derive(Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Json(Raw<'static>),
}

impl Params {
    /// Reads a query and a body. A body counts as JSON if the content type says so or if it is an object, since clients
    /// do not always say it; otherwise as a form.
    ///
    /// # Errors
    /// The body should be JSON and is none.
    pub fn read(query: &str, content_type: Option<&str>, body: &[u8]) -> Result<Self, DecodeError> {
        let mut params = Self::default();
        params.form(query);
        let Ok(text) = core::str::from_utf8(body) else {
            return Err(DecodeError::wrong("", "the body is no UTF-8"));
        };
        let text = text.trim();
        let says_json = content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
        if text.starts_with('{') || (says_json && !text.is_empty()) {
            members::each_member_or_none(text, |name, value| {
                let value = match members::text(value) {
                    Some(text) => Value::Text(text.into_owned()),
                    None => Value::Json(Raw::trusted(String::from(value))),
                };
                params.0.push((name.into_owned(), value));
            })?;
        } else {
            params.form(text);
        }
        Ok(params)
    }

    fn form(&mut self, text: &str) {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.0.push((decoded_form(name), Value::Text(decoded_form(value))));
        }
    }

    fn find(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// A parameter as a text; JSON that is none as it stands. Empty ones and null are absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.find(name)? {
            Value::Text(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
            Value::Json(json) => Some(json.as_str()).filter(|json| !members::is_null(json)),
        }
    }

    /// A parameter as JSON: from a JSON body as it stands, from a form what the text holds, or the text itself if that is
    /// none.
    pub fn json(&self, name: &str) -> Option<Raw<'_>> {
        match self.find(name)? {
            Value::Json(json) => Some(json.borrowed()),
            Value::Text(text) => match Raw::new(text.as_str()) {
                Ok(json) => Some(json),
                Err(_) => Raw::of(text.as_str()).ok(),
            },
        }
    }

    /// A parameter as JSON that says what was sent: a text from a form stays one.
    pub(super) fn write(&self, name: &str, out: &mut Vec<u8>) {
        match self.find(name) {
            Some(Value::Text(text)) => push_string(out, text),
            Some(Value::Json(json)) => out.extend_from_slice(json.as_str().as_bytes()),
            None => out.extend_from_slice(b"null"),
        }
    }

    /// The names, in the order in which they came; one that was repeated stands repeatedly.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// `true`, `false`, 1 or 0.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(members::flag)
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Params")?;
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
