//! Cuts secrets out of texts by the names under which they stand.

use dummyload_session::Secret;
use serde_json::Value;

/// Knows the names of query parameters, headers and JSON members whose values are secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redactor {
    /// In lower case.
    names: &'static [&'static str],
}

const SHOWN: &str = Secret::<()>::SHOWN;

impl Redactor {
    pub(crate) fn new(names: &'static [&'static str]) -> Self {
        Self { names }
    }

    fn is_secret(self, name: &str) -> bool {
        self.names.iter().any(|secret| secret.eq_ignore_ascii_case(name))
    }

    /// A path with its query; the values of secret parameters replaced.
    pub(crate) fn target(self, path: &str, query: &str) -> String {
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", self.pairs(query)) }
    }

    fn pairs(self, text: &str) -> String {
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if self.is_secret(&decoded(name)) => format!("{name}={SHOWN}"),
            _ => pair.to_owned(),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The body of a request or an answer: a form, or a text as any other.
    pub(crate) fn body(self, text: &str) -> String {
        let name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.%+".contains(&b));
        let form = text.split_once('=').is_some_and(|(first, _)| name(first));
        self.text(&if form { self.pairs(text) } else { text.to_owned() })
    }

    /// A text that may hold JSON, also JSON within strings of JSON: the string or number behind each secret name is
    /// replaced. Works on text that is no valid JSON, since that is logged as well.
    pub(crate) fn text(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(quote) = rest.find('"') {
            let (before, from) = rest.split_at(quote);
            out.push_str(before);
            let Some(member) = Member::at(from).filter(|member| self.is_secret(member.name)) else {
                out.push('"');
                rest = &from[1..];
                continue;
            };
            out.push_str(&from[..member.value]);
            let value = &from[member.value..];
            let length = value_length(value, member.quote);
            out.push_str(member.quote);
            out.push_str(SHOWN);
            out.push_str(member.quote);
            rest = &value[length..];
        }
        out.push_str(rest);
        out
    }

    /// A JSON value; the values of secret members replaced, also within texts.
    pub(crate) fn value(self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    if self.is_secret(name) && !member.is_null() {
                        *member = SHOWN.into();
                    } else {
                        self.value(member);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::String(text) if text.contains('"') => *text = self.text(text),
            _ => {}
        }
    }
}

fn decoded(name: &str) -> String {
    percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
}

/// A member name, and where its value starts.
struct Member<'a> {
    name: &'a str,
    /// The quote as it is written at this depth: `"`, `\"`, `\\\"`.
    quote: &'a str,
    value: usize,
}

impl<'a> Member<'a> {
    /// Reads `"name" :` at the start of `text`. The quote that ends the name may be escaped, in JSON within a string; the
    /// quote that begins it was found without its backslashes.
    fn at(text: &'a str) -> Option<Self> {
        let body = text.get(1..)?;
        let end = body.find(['"', '\\'])?;
        let name = &body[..end];
        let after = &body[end..];
        let quote = &after[..=after.find('"')?];
        if !quote.bytes().rev().skip(1).all(|byte| byte == b'\\') {
            return None;
        }
        let colon = after[quote.len()..].trim_start().strip_prefix(':')?;
        let value = text.len() - colon.trim_start().len();
        Some(Self { name, quote, value })
    }
}

/// How long the scalar at the start of `text` is; a string runs to the next quote of the same depth.
fn value_length(text: &str, quote: &str) -> usize {
    let Some(inside) = text.strip_prefix(quote) else {
        return text.find([',', '}', ']', '\\', '"']).unwrap_or(text.len());
    };
    let mut at = 0;
    while let Some(found) = inside[at..].find('"') {
        let end = at + found + 1;
        let backslashes = inside[..end - 1].bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes < quote.len() {
            return quote.len() + end;
        }
        at = end;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const R: Redactor = Redactor { names: &["apikey", "token"] };

    #[test]
    fn queries_keep_their_shape() {
        assert_eq!(R.target("/v2", "Username=demo&ApiKey=abc&x"), "/v2?Username=demo&ApiKey=[redacted]&x");
        assert_eq!(R.target("/v2", "%41piKey=abc"), "/v2?%41piKey=[redacted]");
        assert_eq!(R.target("/v2", ""), "/v2");
    }

    #[test]
    fn texts_lose_secrets_at_every_depth_and_nothing_else() {
        for (text, shown) in [
            (r#"{"Token":"a\"b","n":1}"#, r#"{"Token":"[redacted]","n":1}"#),
            (r#"{ "token" : 123 , "n":1}"#, r#"{ "token" : "[redacted]", "n":1}"#),
            (r#"["X","{\"apikey\":\"se\\\"cret\",\"b\":2}"]"#, r#"["X","{\"apikey\":\"[redacted]\",\"b\":2}"]"#),
            (r#"{"tokens":"kept","is":"token"}"#, r#"{"tokens":"kept","is":"token"}"#),
            (r#"{"token":"cut off"#, r#"{"token":"[redacted]""#),
        ] {
            assert_eq!(R.text(text), shown);
        }
    }

    #[test]
    fn bodies_may_be_forms() {
        for (body, shown) in [
            ("token=a.b.c&x=1", "token=[redacted]&x=1"),
            (r#"devices=[{"id":"x"}]&%74oken=abc"#, r#"devices=[{"id":"x"}]&%74oken=[redacted]"#),
            (r#"{"a":"b=c","token":"x"}"#, r#"{"a":"b=c","token":"[redacted]"}"#),
            ("<a href=\"?token=1\">", "<a href=\"?token=1\">"),
            ("", ""),
        ] {
            assert_eq!(R.body(body), shown);
        }
    }

    #[test]
    fn values_are_redacted_in_place() {
        let mut value = serde_json::json!({"a": [{"Token": "x"}], "s": "{\"token\":\"x\"}", "token": null});
        R.value(&mut value);
        assert_eq!(
            value,
            serde_json::json!({"a": [{"Token": "[redacted]"}], "s": "{\"token\":\"[redacted]\"}", "token": null})
        );
    }

    proptest! {
        #[test]
        fn any_text_is_redacted_without_a_panic(text in "[\\\\\":a-n{}, tokenapikey\\PC]{0,80}") {
            R.text(&text);
        }

        #[test]
        fn no_secret_survives(secret in "[\\PC&&[^\\s]]{6,30}") {
            prop_assume!(!SHOWN.contains(&secret));
            let once = serde_json::json!({"a": 1, "token": secret, "b": [2]}).to_string();
            let twice = serde_json::json!(["X", once]).to_string();
            let needle = serde_json::to_string(&secret).unwrap();
            let needle = needle.trim_matches('"');
            prop_assert!(!R.text(&once).contains(needle));
            let needle = serde_json::to_string(needle).unwrap();
            prop_assert!(!R.text(&twice).contains(needle.trim_matches('"')));
        }
    }
}
