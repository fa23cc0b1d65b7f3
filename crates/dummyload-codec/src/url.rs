//! Parts of URLs, and URLs that can be shown.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use dummyload_session::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the characters that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encoded for a path segment, a query value or a form.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// `%XX` decoded; a plus stays one.
pub fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The same for a query or a form, where a plus is a blank.
pub fn decoded_form(text: &str) -> String {
    decoded(&text.replace('+', " "))
}

/// Replaces the values of these query parameters, named without regard to case, by `[redacted]`.
pub fn redacted(url: &str, secrets: &[&str]) -> String {
    let Some((address, query)) = url.split_once('?') else { return url.to_owned() };
    let mut shown = format!("{address}?");
    for (at, pair) in query.split('&').enumerate() {
        if at > 0 {
            shown.push('&');
        }
        match pair.split_once('=') {
            Some((name, _)) if secrets.iter().any(|secret| secret.eq_ignore_ascii_case(&decoded(name))) => {
                shown.push_str(name);
                shown.push('=');
                shown.push_str(Secret::<()>::SHOWN);
            }
            _ => shown.push_str(pair),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_urls_are_replaced() {
        for (url, shown) in [
            ("wss://h/p?t=abc&x=1", "wss://h/p?t=[redacted]&x=1"),
            ("/p?x=1&CODE=b&", "/p?x=1&CODE=[redacted]&"),
            // A server decodes names too.
            ("/p?%74=abc", "/p?%74=[redacted]"),
            ("/p?t", "/p?t"),
            ("/t=abc", "/t=abc"),
        ] {
            assert_eq!(redacted(url, &["t", "code"]), shown);
        }
    }

    #[test]
    fn parts_come_back() {
        let text = "a b+c/ä~%";
        assert_eq!(encoded(text), "a%20b%2Bc%2F%C3%A4~%25");
        assert_eq!(decoded(&encoded(text)), text);
        assert_eq!((decoded("a+b%2B"), decoded_form("a+b%2B")), ("a+b+".to_string(), "a b+".to_string()));
    }
}
