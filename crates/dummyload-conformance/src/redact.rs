//! Cuts the values of secret variables out of texts, in whatever form they stand there.

use crate::text::sha1;
use crate::vars::Vars;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// What stands in place of a secret.
const SHOWN: &str = "[redacted]";

/// What is shorter is no secret, and would be cut out of every other word.
const SHORTEST: usize = 4;

/// Fewer digits could be a part of anything.
const SHORTEST_IN_BASE64: usize = 6;

/// Knows the secrets of one case.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    secrets: Vec<String>,
    pattern: Option<Regex>,
}

impl Redactor {
    pub(crate) fn new(vars: &Vars) -> Self {
        let secrets = secrets(vars);
        let form = |secret: &String| {
            let written = [secret.chars().map(forms).collect(), bytes(secret)];
            written.into_iter().chain(in_base64(secret)).collect::<Vec<String>>().join("|")
        };
        let forms: Vec<String> = secrets.iter().map(form).collect();
        let pattern =
            (!forms.is_empty()).then(|| regex::RegexBuilder::new(&forms.join("|")).size_limit(64 << 20).build());
        // A pattern that cannot be built hides everything rather than nothing.
        Self { secrets, pattern: pattern.map(|built| built.unwrap_or_else(|_| everything())) }
    }

    /// Whether it knows just the secrets of these variables.
    pub(crate) fn fits(&self, vars: &Vars) -> bool {
        self.secrets == secrets(vars)
    }

    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match &self.pattern {
            Some(pattern) => pattern.replace_all(text, SHOWN),
            None => Cow::Borrowed(text),
        }
    }
}

fn secrets(vars: &Vars) -> Vec<String> {
    let given = vars.secrets().filter(|secret| secret.chars().count() >= SHORTEST);
    // Whoever has the hash of a password can log in with it as well.
    let mut secrets: Vec<String> = given.flat_map(|secret| [sha1(&secret), secret]).collect();
    // Where one secret begins like another, the longer one must be tried first.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// The text without what has the form of a JSON web token, which opens doors whoever it was made for.
#[expect(clippy::expect_used, reason = "a constant, and tested")]
pub(crate) fn without_tokens(text: &str) -> Cow<'_, str> {
    static TOKEN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)+").expect("a valid pattern"));
    TOKEN.replace_all(text, SHOWN)
}

#[expect(clippy::expect_used, reason = "a constant, and tested")]
fn everything() -> Regex {
    Regex::new("(?s).+").expect("a valid pattern")
}

/// All ways to write one character: as it is, escaped as in JSON (also within strings within JSON) or in Rust,
/// percent-encoded.
fn forms(c: char) -> String {
    // A key that is read without regard to case is one in either.
    let literal = format!("(?i:{})", regex::escape(c.encode_utf8(&mut [0; 4])));
    let percent: String = c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%(?:25)*(?i:{byte:02x})")).collect();
    let mut units = [0; 2];
    let escapes: String = c.encode_utf16(&mut units).iter().map(|unit| format!(r"\\+u(?i:{unit:04x})")).collect();
    let short = match c {
        ' ' => r"|\+",
        '\n' => r"|\\+n",
        '\r' => r"|\\+r",
        '\t' => r"|\\+t",
        '\u{8}' => r"|\\+b",
        '\u{c}' => r"|\\+f",
        // As in an error page.
        '&' => "|&amp;|&#38;|&#x26;",
        '<' => "|&lt;|&#60;|&#x3[cC];",
        '>' => "|&gt;|&#62;|&#x3[eE];",
        '"' => "|&quot;|&#34;|&#x22;",
        '\'' => "|&apos;|&#39;|&#x27;",
        _ => "",
    };
    let scalar = format!(r"\\+u\{{(?i:{:x})\}}", u32::from(c));
    format!(r"(?:\\*{literal}|{percent}|{escapes}|{scalar}{short})")
}

/// The text as reports show what is binary.
fn bytes(text: &str) -> String {
    let digits = |byte| match byte {
        b' ' => "(?:20|2b|2B) ?".to_owned(),
        byte => format!("(?i:{byte:02x}) ?"),
    };
    text.bytes().map(digits).collect()
}

/// What of the text's Base64 is the same whatever stands before and behind it, as in `Basic` credentials; whoever has that much
/// of a secret has nearly all. Either alphabet, and again as JSON or an address writes it.
fn in_base64(text: &str) -> impl Iterator<Item = String> {
    let from = move |before: usize| {
        let digits = STANDARD_NO_PAD.encode([&[0].repeat(before)[..], text.as_bytes()].concat());
        // Of six bits each: those in which no bit is of what stands before, and none of what may come behind.
        let (first, end) = ((before * 8).div_ceil(6), (before + text.len()) * 8 / 6);
        digits.get(first..end).filter(|digits| digits.len() >= SHORTEST_IN_BASE64).map(|digits| {
            digits
                .chars()
                .map(|digit| match digit {
                    '+' => format!("(?:{}|-)", forms('+')),
                    '/' => format!("(?:{}|_)", forms('/')),
                    _ => digit.to_string(),
                })
                .collect::<String>()
        })
    };
    (0..3).filter_map(from).map(|digits| format!("(?-i:{digits})[A-Za-z0-9+/_-]?=*"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;
    use proptest::prelude::*;

    fn redactor(secret: &str) -> (Redactor, Vars) {
        let mut vars = Vars::default();
        vars.set("key", secret.into());
        vars.mark_secret("key");
        (Redactor::new(&vars), vars)
    }

    #[test]
    fn tokens_are_cut_out_of_any_text() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        let text = format!(r#"recorded "<token:ann>", seen "{token}""#);
        assert_eq!(without_tokens(&text), format!(r#"recorded "<token:ann>", seen "{SHOWN}""#));
        assert_eq!(without_tokens("eyJ is no token"), "eyJ is no token");
    }

    #[test]
    fn every_form_is_cut_out_and_nothing_else() {
        let (redactor, _) = redactor("a b/\"ü😀");
        for text in [
            "a b/\"ü😀",
            r#"a b/\"ü😀"#,
            r#"a b\/\\\"\u00fc\ud83d\uDE00"#,
            "a+b/%22%C3%BC%F0%9F%98%80",
            "a%20b%2F%22%c3%bc%f0%9f%98%80",
            "a%2520b%252F%2522%25C3%25BC%25F0%259F%2598%2580",
            "6120622f22c3bcf09f9880",
            "612b622f22c3bcf09f9880",
            "A B/\"Ü😀",
            "a b/&quot;ü😀",
            "61 20 62 2F 22 C3 BC F0 9F 98 80",
        ] {
            assert_eq!(redactor.text(&format!("x{text}y")), "x[redacted]y", "{text}");
        }
        assert_eq!(redactor.text("a b"), "a b");
        let sha1 = sha1("a b/\"ü😀");
        for sha1 in [sha1.to_uppercase(), sha1] {
            assert_eq!(redactor.text(&format!("password={sha1}&x")), "password=[redacted]&x");
        }
    }

    #[test]
    fn base64_hides_nothing() {
        let (redactor, _) = redactor("s3cr3t>?key");
        for before in ["", "a", "us", "me:", "user:"] {
            for behind in ["", "b", "cc", "ddd"] {
                let digits = STANDARD_NO_PAD.encode(format!("{before}s3cr3t>?key{behind}"));
                for digits in [digits.clone(), digits.replace('+', "-").replace('/', "_"), digits.replace('/', "\\/")] {
                    let shown = redactor.text(&digits).into_owned();
                    assert!(shown.contains(SHOWN) && !shown.contains(&digits[8..14]), "{digits} is shown as {shown}");
                }
            }
        }
        assert_eq!(redactor.text("Basic dXNlcjpzM2NyM3Q+P2tleQ=="), "Basic dXNlcjp[redacted]");
    }

    #[test]
    fn the_longer_secret_goes_first() {
        let mut vars = Vars::default();
        for (name, value) in [("a", "keys"), ("b", "keys-2"), ("c", "abc")] {
            vars.set(name, value.into());
            vars.mark_secret(name);
        }
        assert_eq!(Redactor::new(&vars).text("keys-2 keys abc"), "[redacted] [redacted] abc");
        assert_eq!(everything().replace_all("a\nb", SHOWN), SHOWN);
    }

    proptest! {
        #[test]
        fn no_secret_survives(secret in r#"[\PC&&[^\[\]redact]]{4,30}"#, before in "[a-z]{0,3}", after in "[a-z]{0,3}") {
            let (redactor, vars) = redactor(&secret);
            let json = |text: &str| serde_json::Value::from(text).to_string();
            let once = json(&secret);
            let forms = [
                secret.clone(),
                Text::parse("${key|query}").unwrap().render(&vars).unwrap(),
                once.clone(),
                json(&once),
                json(&json(&once)),
                format!("{secret:?}"),
            ];
            for form in forms {
                let text = format!("{before} {form} {after}");
                let shown = redactor.text(&text).into_owned();
                prop_assert!(shown.contains(SHOWN), "{shown}");
                let inner = form.trim_matches(['"', '\\']);
                prop_assume!(!inner.is_empty());
                prop_assert!(!shown.contains(inner) || before.contains(inner) || after.contains(inner) || SHOWN.contains(inner) || inner.trim().is_empty(), "{shown}");
            }
        }
    }
}
