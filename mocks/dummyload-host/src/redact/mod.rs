//! Cuts secrets out of texts: by the names under which they stand, and those that the world knows wherever they stand.

mod member;
mod plain;

use aho_corasick::AhoCorasick;
use dummyload_session::Secret;
use member::{Member, after_blanks, value_length};
use percent_encoding::percent_decode_str;
use plain::Plain;
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;

/// Knows the names of query parameters, headers and JSON members whose values are secret, and secrets themselves.
#[derive(Clone, Debug)]
pub(crate) struct Redactor {
    /// In lower case.
    names: &'static [&'static str],
    known: Option<AhoCorasick>,
}

const SHOWN: &str = Secret::<()>::SHOWN;

/// A shorter text is no secret worth the name, and would be found everywhere.
const SHORTEST: usize = 6;

/// What ends like this is secret in every protocol: `userToken`, `access_token`, `client-secret`.
const ENDINGS: [&str; 7] = ["apikey", "token", "password", "passwd", "pwd", "secret", "authorization"];

/// The first word of a header `Authorization` (RFC 9110, 11.1).
const SCHEMES: [&str; 3] = ["bearer", "basic", "token"];

impl Redactor {
    pub(crate) fn new(names: &'static [&'static str]) -> Self {
        Self { names, known: None }
    }

    /// One that also finds these values, however they are escaped.
    pub(crate) fn knowing(names: &'static [&'static str], values: &[String]) -> Self {
        let long = values.iter().filter(|value| value.len() >= SHORTEST);
        let forms = long.flat_map(|value| {
            let json = Value::from(value.as_str()).to_string();
            let inside = &json[1..json.len() - 1];
            [Plain::of(value).bytes, Plain::of(inside).bytes, Plain::of(&value.replace(' ', "+")).bytes]
        });
        let mut forms: Vec<Vec<u8>> = forms.filter(|form| form.len() >= SHORTEST).collect();
        forms.sort_unstable();
        forms.dedup();
        // An automaton over plain texts is always built; without one only names count.
        let known = AhoCorasick::builder().ascii_case_insensitive(true).build(forms).ok();
        Self { names, known }
    }

    /// Whether the value behind this name is secret. Case, and signs within the name, do not matter.
    fn is_secret(&self, name: &str) -> bool {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        self.names.iter().any(|secret| secret.eq_ignore_ascii_case(name) || *secret == plain)
            || ENDINGS.iter().any(|ending| plain.ends_with(ending))
    }

    /// A path with its query; the values of secret parameters replaced.
    pub(crate) fn target(&self, path: &str, query: &str) -> String {
        let (path, query) = (plain_percent(path), plain_percent(query));
        let target = if query.is_empty() { path.into_owned() } else { format!("{path}?{}", self.pairs(&query)) };
        self.values(&self.assignments(&target)).into_owned()
    }

    fn pairs(&self, text: &str) -> String {
        let pairs = text.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) if self.is_secret(decoded(name).trim()) => format!("{name}={SHOWN}"),
            _ => pair.to_owned(),
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The body of a request or an answer: a form, or a text as any other.
    pub(crate) fn body(&self, text: &str) -> String {
        let name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.%+[]".contains(&b));
        let form = text.split_once('=').is_some_and(|(first, _)| name(first));
        let parts = text.starts_with("--") && text.contains("form-data");
        self.text(&match (form, parts) {
            (true, _) => self.pairs(&plain_percent(text)),
            (_, true) => self.parts(text),
            _ => text.to_owned(),
        })
    }

    /// A form in parts with headers (RFC 7578): the contents of those with secret names replaced.
    fn parts(&self, text: &str) -> String {
        let boundary = text.lines().next().unwrap_or_default();
        let parts = text.split(boundary).map(|part| {
            let name = part.split_once("name=").map(|(_, rest)| rest.trim_start_matches('"'));
            let name = name.map(|rest| rest.split(['"', ';', '\r', '\n']).next().unwrap_or_default());
            let content = part.find("\r\n\r\n").map(|at| at + 4).or_else(|| part.find("\n\n").map(|at| at + 2));
            match (name, content) {
                (Some(name), Some(content)) if self.is_secret(name) => format!("{}{SHOWN}\r\n", &part[..content]),
                _ => part.to_owned(),
            }
        });
        parts.collect::<Vec<_>>().join(boundary)
    }

    /// A text that may hold JSON, also JSON within strings of JSON: the value behind each secret name is replaced. Works on
    /// text that is no valid JSON, since that is logged as well.
    pub(crate) fn text(&self, text: &str) -> String {
        let text = plain_escapes(text);
        let text = plain_percent(&text);
        let mut out = String::with_capacity(text.len());
        let mut rest = &*text;
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
            if value[..length].trim() == "null" || value[..length] == [member.quote; 2].concat() {
                out.push_str(&value[..length]);
            } else {
                out.push_str(member.quote);
                out.push_str(SHOWN);
                out.push_str(member.quote);
            }
            rest = &value[length..];
        }
        out.push_str(rest);
        self.values(&self.assignments(&out)).into_owned()
    }

    /// Bytes that are shown as digits, which no search finds anything in; `None` if they hold a known secret.
    pub(crate) fn bytes<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let text = String::from_utf8_lossy(bytes);
        (self.text(&text) == text).then_some(bytes)
    }

    /// A JSON value; the values of secret members replaced, also within texts.
    pub(crate) fn value(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    if self.is_secret(name) && !member.is_null() && member != "" {
                        *member = SHOWN.into();
                    } else {
                        self.value(member);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::String(text) => *text = self.text(text),
            _ => {}
        }
    }

    /// Replaces what the world knows to be secret, and what has the form of a signed token.
    fn values<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut found: Vec<Range<usize>> = tokens(text).collect();
        if let Some(known) = &self.known {
            let plain = Plain::of(text);
            found.extend(known.find_iter(&plain.bytes).map(|found| plain.origin(&found.range())));
        }
        cut(text, found)
    }

    /// Replaces the values of secret names in text of other kinds: `ApiKey=..`, `'token': '..'`, `["ApiKey","..."]`.
    fn assignments<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(word) = next_word(text, at) {
            at = word.end;
            if self.is_secret(&text[word.clone()])
                && let Some(value) = assigned(text, &word)
            {
                at = value.end;
                found.push(value);
            }
        }
        cut(text, found)
    }
}

/// The text with these ranges replaced; overlapping ones count as one.
fn cut(text: &str, mut found: Vec<Range<usize>>) -> Cow<'_, str> {
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|range| range.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in found {
        if range.start >= at {
            out.push_str(&text[at..range.start]);
            out.push_str(SHOWN);
        }
        at = at.max(range.end);
    }
    out.push_str(&text[at..]);
    Cow::Owned(out)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn next_word(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = (from..bytes.len()).find(|at| is_word(bytes[*at]))?;
    let end = (start..bytes.len()).find(|at| !is_word(bytes[*at])).unwrap_or(bytes.len());
    Some(start..end)
}

/// What is assigned to a word: behind `=` or `:`, or behind a comma if the word begins an array. Percent-encoded signs count.
fn assigned(text: &str, word: &Range<usize>) -> Option<Range<usize>> {
    let begins_array = text[..word.start].trim_end_matches(['"', '\'', '\\', ' ']).ends_with('[');
    let mut sign = false;
    let mut at = word.end;
    loop {
        let rest = &text[at..];
        if rest.starts_with(SHOWN) {
            return None;
        }
        let lower = rest.get(..3).map(str::to_ascii_lowercase);
        let step = match rest.bytes().next()? {
            b'=' | b':' => {
                sign = true;
                1
            }
            b',' if begins_array && !sign => {
                sign = true;
                1
            }
            // White space in JSON within a string is an escape.
            b'\\' => rest.len() - after_blanks(rest).len().min(rest.trim_start_matches('\\').len()),
            b'"' | b'\'' | b' ' | b'\n' | b'\r' | b'\t' | b'[' | b']' => 1,
            b'%' if matches!(lower.as_deref(), Some("%3d" | "%3a")) => {
                sign = true;
                3
            }
            b'%' if matches!(lower.as_deref(), Some("%22" | "%27" | "%20" | "%5b" | "%5d")) => 3,
            _ => break,
        };
        at += step;
    }
    let end_of = |at: usize| {
        let ends = |c: char| c.is_whitespace() || "\"'`\\&,;]}<>".contains(c);
        text[at..].find(ends).map_or(text.len(), |end| at + end)
    };
    // How somebody authorizes himself is no secret; with what he does it stands behind a blank.
    let first = &text[at..end_of(at)];
    if let Some(scheme) = SCHEMES.iter().find(|scheme| begins(first, scheme)) {
        let behind = &text[at + scheme.len()..];
        let blanks = ["%20", "+", " "].into_iter().fold(behind, |rest, blank| rest.trim_start_matches(blank));
        if first.len() == scheme.len() || blanks.len() < behind.len() {
            at = text.len() - blanks.len();
        }
    }
    let end = end_of(at);
    let value = &text[at..end];
    (sign && !value.is_empty() && !matches!(value, "null" | "true" | "false") && !value.starts_with('{'))
        .then_some(at..end)
}

fn begins(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whatever has the form of a JSON web token, or of its beginning: parts in base64url, the first of which begins an object.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("eyJ").filter_map(|(start, _)| {
        let end = text[start..].find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        let end = end.map_or(text.len(), |end| start + end);
        text[start..end].contains('.').then_some(start..end)
    })
}

/// Letters that JSON writes as escapes for no reason are written as they are, so that no name hides behind them.
fn plain_escapes(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u00") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find("\\u00") {
        let letter = rest.get(found + 4..found + 6).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let letter = letter.filter(|letter| letter.is_ascii_graphic() && !matches!(letter, b'"' | b'\\'));
        // Of the backslashes before the `u` those that belong to the escape go with it.
        let kept = rest[..found].trim_end_matches('\\').len();
        match letter {
            Some(letter) => {
                out.push_str(&rest[..kept]);
                out.push(char::from(letter));
                rest = &rest[found + 6..];
            }
            None => {
                out.push_str(&rest[..found + 4]);
                rest = &rest[found + 4..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Letters, digits and signs that need no percent-encoding are written as they are, so that nothing hides behind it.
fn plain_percent(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let mut out = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices('%') {
        let byte = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = byte.filter(|byte| at >= from && is_plain(*byte)) {
            out.push_str(&text[from..at]);
            out.push(char::from(byte));
            from = at + 3;
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

fn decoded(name: &str) -> String {
    percent_decode_str(&name.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const R: Redactor = Redactor { names: &["apikey", "token"], known: None };

    #[test]
    fn queries_keep_their_shape() {
        assert_eq!(R.target("/v2", "Username=demo&ApiKey=abc&x"), "/v2?Username=demo&ApiKey=[redacted]&x");
        assert_eq!(R.target("/v2", "%41piKey=abc"), "/v2?ApiKey=[redacted]");
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
    fn no_spelling_hides_a_secret() {
        let secret = "s3cr3t-value";
        for text in [
            r#"{"ApiKey":["s3cr3t-value"]}"#,
            r#"{"ApiKey":{"x":"s3cr3t-value","y":[1,"}"]},"n":1}"#,
            "{\"ApiKey\": \n \"s3cr3t-value\"}",
            r#"{"O":"{\"ApiKey\": \n \"s3cr3t-value\"}"}"#,
            r#"{"O":"{\"ApiKey\":[\"s3cr3t-value\"]}"}"#,
            r#"{"\u0041piKey":"s3cr3t-value"}"#,
            r#"{"O":"{\"Api\\u004bey\":\"s3cr3t-value\"}"}"#,
            "ApiKey=s3cr3t-value",
            "Authorization: Bearer s3cr3t-value",
            "authorization=basic%20s3cr3t-value",
            "Authorization: Bearer  s3cr3t-value, and no more",
            "{\"Authorization\":\"Bearer s3cr3t-value\"}",
            "{'ApiKey':'s3cr3t-value'}",
            "wss://h/v2?Username=demo&ApiKey=s3cr3t-value",
            r#"["ApiKey","s3cr3t-value"]"#,
            r#"{"userToken":"s3cr3t-value","access_token":"s3cr3t-value","client-secret":"s3cr3t-value"}"#,
        ] {
            let shown = R.text(text);
            assert!(!shown.contains(secret) && shown.contains(SHOWN), "{text} is shown as {shown}");
            if serde_json::from_str::<Value>(text).is_ok() {
                assert!(serde_json::from_str::<Value>(&shown).is_ok(), "{text} is no longer JSON: {shown}");
            }
        }
        for query in [
            "apikey%20=s3cr3t-value",
            "+apikey=s3cr3t-value",
            "ApiKey[]=s3cr3t-value",
            "user[apikey]=s3cr3t-value",
            "api-key=s3cr3t-value",
            "username=demo%26apikey%3Ds3cr3t-value",
            "x=https://h/?apikey=s3cr3t-value",
            "json=%7B%22apikey%22%3A%22s3cr3t-value%22%7D",
        ] {
            assert!(!R.target("/v2", query).contains(secret), "{query} is shown as {}", R.target("/v2", query));
        }
    }

    #[test]
    fn what_the_world_knows_is_found_wherever_it_stands() {
        let knowing = Redactor::knowing(&["apikey"], &["s3cr3t/value".to_owned(), "abc".to_owned()]);
        for text in ["/v2?Username=s3cr3t%2Fvalue", "no user is named S3CR3T/value", r#"[{"value":"s3cr3t/value"}]"#] {
            assert!(
                !knowing.text(text).to_lowercase().contains("value\"}") && knowing.text(text).contains(SHOWN),
                "{text}"
            );
        }
        assert_eq!(knowing.target("/%73%33cr3t/v%61lue", "c=%73%33cr3t%2Fvalue"), "/[redacted]?c=[redacted]");
        assert_eq!(knowing.text(r#""\u0073\u0033cr3t\u002fvalue""#), r#""[redacted]""#);
        assert_eq!(knowing.bytes(b"a s3cr3t/value"), None);
        assert_eq!(knowing.bytes(b"abc"), Some(&b"abc"[..]));
        let escaped = Redactor::knowing(&[], &["SEKRETpw-é/+ 1😀\\\n".to_owned()]);
        for text in [
            "SEKRETpw-é/+ 1😀\\\n",
            r#"{"text":"pw SEKRETpw-\u00e9/+ 1\ud83d\uDE00\\\n"}"#,
            r#"{"text":"pw SEKRETpw-é\/+ 1😀\\\n"}"#,
            r#"{"markdown":"SEKRETpw\\-é\/\\+ 1😀\\\\\n"}"#,
            "SEKRETpw-%C3%A9%2F%2B%201%F0%9F%98%80%5C%0a",
            "SEKRETpw-%25C3%25A9%252F%252B%25201%25F0%259F%2598%2580%255C%250a",
        ] {
            let shown = escaped.text(text);
            assert!(shown.contains(SHOWN) && !shown.contains("SEKRET"), "{text} is shown as {shown}");
        }
        assert_eq!(escaped.text(r"\u12 \ud800 %2 % \"), r"\u12 \ud800 %2 % \");
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        assert_eq!(knowing.text(&format!("t is {token}, no more")), "t is [redacted], no more");
    }

    #[test]
    fn of_an_authorization_the_scheme_stays() {
        for (text, shown) in [
            ("Authorization: Bearer abc, or else", "Authorization: Bearer [redacted], or else"),
            ("authorization=bearer+abc&x", "authorization=bearer+[redacted]&x"),
            ("authorization=BearerAbc&x", "authorization=[redacted]&x"),
            ("Authorization: abc", "Authorization: [redacted]"),
        ] {
            assert_eq!(R.text(text), shown);
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            r#"{"action":"token","requestId":"1"}"#,
            r#"{"tokens":[1,2],"monkey":"banana"}"#,
            r#"["SUBSCRIBE","[\"1234-ping\"]"]"#,
            r#"{"ErrorCode":null,"IsError":false,"Message":"PONG","OriginalCommand":"PING"}"#,
            r#"{"token":null,"x":1}"#,
            r#"{"token":"","x":"{\"token\":\"\"}"}"#,
            "token is the word for it",
            "it needs an access token, given by the header `Authorization: Bearer`",
            "the token in the header Authorization is not good: it is a refresh token, and an access token is wanted",
        ] {
            assert_eq!(R.text(text), text);
        }
    }

    #[test]
    fn bodies_may_be_forms() {
        for (body, shown) in [
            ("token=a.b.c&x=1", "token=[redacted]&x=1"),
            (r#"devices=[{"id":"x"}]&%74oken=abc"#, r#"devices=[{"id":"x"}]&token=[redacted]"#),
            (r#"{"a":"b=c","token":"x"}"#, r#"{"a":"b=c","token":"[redacted]"}"#),
            (
                "--b\r\ncontent-disposition: form-data; name=\"token\"\r\n\r\nabc\r\n--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b--",
                "--b\r\ncontent-disposition: form-data; name=\"token\"\r\n\r\n[redacted]\r\n--b\r\ncontent-disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b--",
            ),
            ("<a href=\"?token=1\">", "<a href=\"?token=[redacted]\">"),
            ("", ""),
        ] {
            assert_eq!(R.body(body), shown);
        }
    }

    #[test]
    fn values_are_redacted_in_place() {
        let mut value =
            serde_json::json!({"a": [{"Token": "x"}], "s": "{\"token\":\"x\"}", "token": null, "password": ""});
        R.value(&mut value);
        assert_eq!(
            value,
            serde_json::json!({"a": [{"Token": "[redacted]"}], "s": "{\"token\":\"[redacted]\"}", "token": null, "password": ""})
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
