//! The JSON that is none and is taken all the same (dossier 3): single quotes, bare words, comments, `=` for `:` and `;` for
//! `,`. No library reads just this, and a client's mistakes should have the effect that they have on the real server.
//!
//! The text is turned into JSON, and what was not JSON about it is told.

use crate::text::push_string;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::write;

/// Something in a text that is not JSON, and that the server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leniency {
    /// Where it stands, in bytes from the start.
    pub at: usize,
    /// What it is.
    pub what: &'static str,
}

/// The JSON that such a text stands for, and what was odd about it; `None` if the server would not take it either.
///
/// ```
/// use devicehive_proto::read_lenient;
/// let (json, odd) = read_lenient("{action='server/info'; requestId:007} // why not").unwrap();
/// assert_eq!(json, r#"{"action":"server/info","requestId":"007"}"#);
/// assert_eq!(odd.len(), 7);
/// assert!(read_lenient(r#"{"a":1,}"#).is_none());
/// ```
pub fn read_lenient(text: &str) -> Option<(String, Vec<Leniency>)> {
    let mut reader = Reader { text, at: 0, out: Vec::with_capacity(text.len() + 16), odd: Vec::new() };
    if text.starts_with('\u{feff}') {
        reader.odd("a byte order mark");
        reader.at = '\u{feff}'.len_utf8();
    }
    reader.blanks()?;
    if reader.rest().starts_with(")]}'\n") {
        reader.odd("a prefix against execution as a script");
        reader.at += 5;
    }
    reader.value(0)?;
    reader.blanks()?;
    (reader.at == text.len()).then(|| (write::text(reader.out), reader.odd))
}

/// As deep as elsewhere; see `json.rs`.
const DEEPEST: usize = 1000;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    out: Vec<u8>,
    odd: Vec<Leniency>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn odd(&mut self, what: &'static str) {
        self.odd.push(Leniency { at: self.at, what });
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over white space and comments; `None` for a comment without an end, or half of one's beginning.
    fn blanks(&mut self) -> Option<()> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'#') => self.line_comment(),
                Some(b'/') if self.rest().starts_with("//") => self.line_comment(),
                Some(b'/') => {
                    let inside = self.rest().strip_prefix("/*")?;
                    self.odd("a comment");
                    self.at += inside.find("*/")? + 4;
                }
                _ => return Some(()),
            }
        }
    }

    fn line_comment(&mut self) {
        self.odd("a comment");
        let rest = self.rest();
        self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        self.blanks()?;
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            quote @ (b'"' | b'\'') => self.string(quote),
            _ => self.bare(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        self.out.push(b'{');
        self.blanks()?;
        if self.peek()? == b'}' {
            self.at += 1;
            self.out.push(b'}');
            return Some(());
        }
        loop {
            self.blanks()?;
            match self.peek()? {
                quote @ (b'"' | b'\'') => self.string(quote)?,
                _ => {
                    self.odd("a name without quotes");
                    let word = self.word();
                    if word.is_empty() {
                        return None;
                    }
                    push_string(&mut self.out, word);
                }
            }
            self.blanks()?;
            match self.peek()? {
                b':' => self.at += 1,
                b'=' => {
                    self.odd("= for :");
                    self.at += 1;
                    self.at += usize::from(self.peek() == Some(b'>'));
                }
                _ => return None,
            }
            self.out.push(b':');
            self.value(depth + 1)?;
            self.blanks()?;
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    self.out.push(b'}');
                    return Some(());
                }
                b',' => self.at += 1,
                b';' => {
                    self.odd("; for ,");
                    self.at += 1;
                }
                _ => return None,
            }
            self.out.push(b',');
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        self.out.push(b'[');
        self.blanks()?;
        if self.peek()? == b']' {
            self.at += 1;
            self.out.push(b']');
            return Some(());
        }
        loop {
            self.blanks()?;
            if matches!(self.peek()?, b',' | b';' | b']') {
                self.odd("nothing, which counts as null");
                self.out.extend_from_slice(b"null");
            } else {
                self.value(depth + 1)?;
            }
            self.blanks()?;
            match self.peek()? {
                b']' => {
                    self.at += 1;
                    self.out.push(b']');
                    return Some(());
                }
                b',' => self.at += 1,
                b';' => {
                    self.odd("; for ,");
                    self.at += 1;
                }
                _ => return None,
            }
            self.out.push(b',');
        }
    }

    /// A quoted string; raw control characters and line ends may stand in it.
    fn string(&mut self, quote: u8) -> Option<()> {
        if quote == b'\'' {
            self.odd("single quotes");
        }
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut plain = true;
        loop {
            match *bytes.get(self.at)? {
                byte if byte == quote => break,
                b'\\' => {
                    plain = false;
                    match bytes.get(self.at + 1)? {
                        b'u' => {
                            let digits = self.text.get(self.at + 2..self.at + 6)?;
                            u32::from_str_radix(digits, 16).ok()?;
                            self.at += 6;
                        }
                        b't' | b'b' | b'n' | b'r' | b'f' | b'\'' | b'"' | b'\\' | b'/' | b'\n' => self.at += 2,
                        _ => return None,
                    }
                }
                byte => {
                    if byte < b' ' && plain {
                        self.odd("a control character in a string");
                    }
                    self.at += 1;
                }
            }
        }
        let inside = &self.text[start..self.at];
        self.at += 1;
        push_string(&mut self.out, &crate::text::unescape(inside));
        Some(())
    }

    /// Everything up to what ends a word without quotes.
    fn word(&mut self) -> &'a str {
        let ends = |c| {
            matches!(
                c,
                '/' | '\\' | ';' | '#' | '=' | '{' | '}' | '[' | ']' | ':' | ',' | ' ' | '\t' | '\x0c' | '\r' | '\n'
            )
        };
        let rest = self.rest();
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// A number, `true`, `false`, `null` in any letter case, or a text without quotes.
    fn bare(&mut self) -> Option<()> {
        let start = self.at;
        let word = self.word();
        if word.is_empty() {
            return None;
        }
        let literal = ["true", "false", "null"].into_iter().find(|literal| literal.eq_ignore_ascii_case(word));
        let odd = match literal {
            Some(literal) => {
                self.out.extend_from_slice(literal.as_bytes());
                (literal != word).then_some("a literal in capitals")
            }
            None if is_number(word) => {
                self.out.extend_from_slice(word.as_bytes());
                None
            }
            None => {
                push_string(&mut self.out, word);
                Some("a text without quotes")
            }
        };
        self.odd.extend(odd.map(|what| Leniency { at: start, what }));
        Some(())
    }
}

/// Whether it is a number as JSON has them.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let word = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match word.find(['e', 'E']) {
        Some(at) => (&word[..at], Some(&word[at + 1..])),
        None => (word, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(text: &str) -> Option<String> {
        read_lenient(text).map(|(json, _)| json)
    }

    #[test]
    fn what_the_real_server_took() {
        // captures/server-4.1/env-lenient
        for (given, made) in [
            (r"{'a':'b','r':1}", r#"{"a":"b","r":1}"#),
            (r#"{a:"b",r:2}"#, r#"{"a":"b","r":2}"#),
            ("/* c */{\"r\":3}", r#"{"r":3}"#),
            ("// c\n{\"r\":4}", r#"{"r":4}"#),
            ("# c\n{\"r\":5}", r#"{"r":5}"#),
            (r#"{"a"="b","r"=>7}"#, r#"{"a":"b","r":7}"#),
            (r#"{"a":"b";"r":8}"#, r#"{"a":"b","r":8}"#),
            (r#"{"r":NaN}"#, r#"{"r":"NaN"}"#),
            (r#"{"r":007}"#, r#"{"r":"007"}"#),
            (r#"{"r":0x10}"#, r#"{"r":"0x10"}"#),
            (r#"{"r":+1}"#, r#"{"r":"+1"}"#),
            (r#"{"r":.5}"#, r#"{"r":".5"}"#),
            (")]}'\n{\"r\":9}", r#"{"r":9}"#),
            (r#"{"r":TRUE,"n":nul}"#, r#"{"r":true,"n":"nul"}"#),
            ("\u{feff}{\"r\":\"a\u{1}\n\"}", "{\"r\":\"a\\u0001\\n\"}"),
            ("[1,,2;]", "[1,null,2,null]"),
            (r#"{"r":-1.5e+3}"#, r#"{"r":-1.5e+3}"#),
        ] {
            assert_eq!(json(given).as_deref(), Some(made), "{given}");
        }
        for refused in
            [r#"{"r":6,}"#, "{action:server/info}", r#"{"a":1 "b":2}"#, r#"{"a":1}x"#, "", "{", r#"{"a":"\x"}"#, "/*"]
        {
            assert_eq!(json(refused), None, "{refused}");
        }
        assert_eq!(json(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn what_comes_out_is_json(text in "[\\[\\]{}'\"=>;:,#/*0-9a-z \\\\\\n\\PC]{0,60}") {
            if let Some(json) = json(&text) {
                prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&json).is_ok(), "{json}");
            }
        }
    }
}
