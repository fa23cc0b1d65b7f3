//! Members of JSON, also of JSON within strings and of what is no valid JSON.

/// A member name, and where its value starts.
pub(super) struct Member<'a> {
    pub(super) name: &'a str,
    /// The quote as it is written at this depth: `"`, `\"`, `\\\"`.
    pub(super) quote: &'a str,
    pub(super) value: usize,
}

impl<'a> Member<'a> {
    /// Reads `"name" :` at the start of `text`. The quote that ends the name may be escaped, in JSON within a string; the
    /// quote that begins it was found without its backslashes.
    pub(super) fn at(text: &'a str) -> Option<Self> {
        let body = text.get(1..)?;
        let end = body.find(['"', '\\'])?;
        let name = &body[..end];
        let after = &body[end..];
        let quote = &after[..=after.find('"')?];
        if !quote.bytes().rev().skip(1).all(|byte| byte == b'\\') {
            return None;
        }
        let colon = after_blanks(&after[quote.len()..]).strip_prefix(':')?;
        let value = text.len() - after_blanks(colon).len();
        Some(Self { name, quote, value })
    }
}

/// The text behind its blanks, which in JSON within a string are escapes.
pub(super) fn after_blanks(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let letters = rest.trim_start_matches('\\');
        match letters.strip_prefix(['n', 'r', 't']) {
            Some(after) if letters.len() < rest.len() => rest = after.trim_start(),
            _ => return rest,
        }
    }
}

/// How long the value at the start of `text` is; a string runs to the next quote of the same depth, an array or object to
/// its end.
pub(super) fn value_length(text: &str, quote: &str) -> usize {
    if text.starts_with(quote) {
        return string_length(text, quote);
    }
    if !text.starts_with(['{', '[']) {
        return text.find([',', '}', ']', '\\', '"']).unwrap_or(text.len());
    }
    let (mut at, mut depth) = (0, 0usize);
    while let Some(found) = text[at..].find(['{', '[', '}', ']', '"']) {
        let here = at + found;
        match text.as_bytes()[here] {
            b'"' => {
                let start = here + 1 - quote.len().min(here + 1);
                at = here + 1;
                if text[start..].starts_with(quote) {
                    at = start + string_length(&text[start..], quote);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            _ => depth -= 1,
        }
        at = here + 1;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn string_length(text: &str, quote: &str) -> usize {
    let inside = &text[quote.len()..];
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
