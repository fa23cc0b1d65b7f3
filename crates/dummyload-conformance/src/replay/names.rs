//! What the names in a recording stand for in this play of it: placeholders, ids and times.

use super::rules::{Made, Rules};
use super::time;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Between two known times, an unknown one in between keeps its place; further from all of them it is taken as it is.
const NEAR: i64 = 2_000;

/// Members of this many digits are no counts and no sizes, so they are looked for everywhere.
const LONG: usize = 5;

#[expect(clippy::expect_used, reason = "a constant, and tested")]
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("<((?:[a-z]+ )?[a-z]+(?: [a-z]+)?(?::[^<>]+)?)>").expect("a valid pattern"));

/// A text in Base64, as in a header with name and password. What stands in it is filled in before.
#[expect(clippy::expect_used, reason = "a constant, and tested")]
static ENCODED: LazyLock<Regex> = LazyLock::new(|| Regex::new("<base64 of ([^<>]*)>").expect("a valid pattern"));

/// All that has been learnt so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    words: BTreeMap<String, String>,
    /// By kind and recorded id.
    ids: BTreeMap<(usize, String), String>,
    /// By kind and id seen.
    back: BTreeMap<(usize, String), String>,
    times: BTreeMap<i64, i64>,
    /// What the client itself has said, and so no server has made.
    own_numbers: BTreeSet<String>,
    own_times: BTreeSet<i64>,
    /// How much later it is now than it was then.
    pub(super) shift: i64,
}

/// The placeholders in a text, without the brackets.
pub(super) fn placeholders<'a>(text: &'a str, known: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    PLACEHOLDER.captures_iter(text).filter_map(|found| found.get(1)).map(|name| name.as_str()).filter(|name| {
        let kind = name.split(':').next().unwrap_or_default();
        known.iter().any(|word| kind.split(' ').any(|part| part == *word))
    })
}

impl Names {
    pub(super) fn word(&self, name: &str) -> Option<&str> {
        self.words.get(name).map(String::as_str)
    }

    pub(super) fn set_word(&mut self, name: &str, value: &str) {
        self.words.insert(name.to_owned(), value.to_owned());
    }

    /// A user has another token: what is known of the one that it had is that of an old one from now on.
    pub(super) fn token_is_old(&mut self, user: &str) {
        if let Some(old) = self.words.remove(&format!("token:{user}")) {
            self.set_word(&format!("old token:{user}"), &old);
        }
    }

    /// Secrets and the placeholders that stand for them in reports, the longest first.
    pub(super) fn secrets(&self) -> Vec<(String, String)> {
        let mut secrets: Vec<_> = self.words.iter().map(|(name, value)| (value.clone(), format!("<{name}>"))).collect();
        secrets.retain(|(value, _)| value.len() >= 6);
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        secrets
    }

    pub(super) fn id(&self, kind: usize, recorded: &str) -> Option<&str> {
        self.ids.get(&(kind, recorded.to_owned())).map(String::as_str)
    }

    /// Whether a server can have made it.
    pub(super) fn is_own_number(&self, number: &str) -> bool {
        self.own_numbers.contains(number)
    }

    /// Gives an id its meaning; `false` if either of the two has another already.
    pub(super) fn set_id(&mut self, kind: usize, recorded: &str, seen: &str) -> bool {
        let (there, back) = ((kind, recorded.to_owned()), (kind, seen.to_owned()));
        let fits = self.ids.get(&there).is_none_or(|known| known == seen)
            && self.back.get(&back).is_none_or(|known| known == recorded);
        if fits {
            self.ids.insert(there, seen.to_owned());
            self.back.insert(back, recorded.to_owned());
        }
        fits
    }

    /// Whether a number in a text may stand for another, whatever kind of id it is.
    pub(super) fn stands_for(&self, recorded: &str, seen: &str) -> bool {
        recorded == seen || self.ids.iter().any(|((_, known), value)| known == recorded && value == seen)
    }

    pub(super) fn time(&self, recorded: i64) -> Option<i64> {
        self.times.get(&recorded).copied()
    }

    pub(super) fn knows_no_time(&self) -> bool {
        self.times.is_empty()
    }

    pub(super) fn is_own_time(&self, ms: i64) -> bool {
        self.own_times.contains(&ms)
    }

    pub(super) fn set_time(&mut self, recorded: i64, seen: i64) {
        self.times.insert(recorded, seen);
    }

    /// The time that a recorded time stands for in what is sent. One that lies between times of the server keeps its place
    /// between them.
    fn moved(&self, ms: i64) -> i64 {
        if let Some(seen) = self.times.get(&ms) {
            return *seen;
        }
        let before = self.times.range(..ms).next_back().filter(|(at, _)| ms - **at <= NEAR);
        let after = self.times.range(ms..).next().filter(|(at, _)| **at - ms <= NEAR);
        match (before, after) {
            (Some((a, seen_a)), Some((b, seen_b))) => {
                let place = (ms - a) as f64 / (b - a) as f64;
                seen_a + (place * (seen_b - seen_a) as f64).round() as i64
            }
            (Some((at, seen)), None) | (None, Some((at, seen))) => ms + seen - at,
            (None, None) => ms + self.shift,
        }
    }

    /// A text that is to be sent, with what this server calls the ids and times in it. Placeholders are filled in.
    pub(super) fn outgoing(&mut self, rules: &Rules, text: &str, clock: Option<i64>) -> String {
        let text = self.filled(text);
        let text = self.outgoing_times(&text, clock);
        self.outgoing_ids(rules, &text)
    }

    /// With the value of every placeholder that has one.
    pub(super) fn filled(&self, text: &str) -> String {
        let filled = PLACEHOLDER.replace_all(text, |found: &regex::Captures<'_>| {
            self.word(&found[1]).map_or_else(|| found[0].to_owned(), str::to_owned)
        });
        let encoded = ENCODED.replace_all(&filled, |found: &regex::Captures<'_>| STANDARD.encode(&found[1]));
        encoded.into_owned()
    }

    fn outgoing_times(&mut self, text: &str, clock: Option<i64>) -> String {
        const DAY: i64 = 86_400_000;
        let near = |ms: i64| clock.is_some_and(|clock| (ms - clock).abs() < DAY);
        let mut replaced = String::new();
        let mut done = 0;
        for (range, ms) in time::times(text) {
            replaced += &text[done..range.start];
            done = range.end;
            let moved = if near(ms) { self.moved(ms) } else { ms };
            if !self.times.contains_key(&ms) && moved == ms {
                self.own_times.insert(ms);
            }
            replaced += &time::print(moved);
        }
        replaced += &text[done..];
        numbers(&replaced, |number, _| {
            let ms = number.parse().ok().filter(|ms| number.len() == 13 && near(*ms))?;
            let moved = self.moved(ms);
            (moved != ms).then(|| moved.to_string())
        })
    }

    fn outgoing_ids(&mut self, rules: &Rules, text: &str) -> String {
        let (ids, mut own) = (&self.ids, BTreeSet::new());
        let text = numbers(text, |number, before| {
            let named = |(kind, _): (usize, &super::rules::Id)| ids.get(&(kind, number.to_owned()));
            let of = |made| rules.ids.iter().enumerate().filter(move |(_, id)| id.made == made);
            // Small numbers mean something only where they stand.
            let drawn = of(Made::Drawn).filter(|_| number.len() >= LONG).find_map(named);
            let known = drawn.or_else(|| of(Made::Counted).filter(|(_, id)| leads_to(before, id)).find_map(named));
            if known.is_none() {
                own.insert(number.to_owned());
            }
            known.cloned()
        });
        self.own_numbers.extend(own);
        text
    }
}

/// Whether what stands before a number says that it is an id of this kind.
fn leads_to(before: &str, id: &super::rules::Id) -> bool {
    let before = before.trim_end_matches('"');
    if id.segment.as_ref().is_some_and(|segment| before.ends_with(&format!("/{segment}/"))) {
        return true;
    }
    // Within a list the name stands before the bracket, or before the first of several.
    let before = before.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',' || c == '"').trim_end_matches('[');
    let named = |name: &String| {
        let json =
            before.trim_end().strip_suffix(':').is_some_and(|left| left.trim_end().ends_with(&format!("\"{name}\"")));
        json || before.ends_with(&format!("&{name}=")) || before.ends_with(&format!("?{name}="))
    };
    id.members.iter().any(named)
}

/// Replaces whole numbers: rows of digits without a letter, digit or point beside them; long ones may have a fraction.
fn numbers(text: &str, mut replace: impl FnMut(&str, &str) -> Option<String>) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    let bytes = text.as_bytes();
    let part = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c >= 0x80;
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        let begins = start == 0 || !part(bytes[start - 1]) && bytes[start - 1] != b'.';
        let fraction = bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        let ends = bytes.get(at).is_none_or(|next| !part(*next)) && (!fraction || at - start >= LONG);
        let alone = begins && ends;
        if let Some(other) = if alone { replace(&text[start..at], &text[..start]) } else { None } {
            replaced += &text[done..start];
            replaced += &other;
            done = at;
        }
    }
    replaced += &text[done..];
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules::parse(
            r#"
            protocol = "x"
            [[id]]
            kind = "command"
            members = ["commandId"]
            made = "drawn"
            [[id]]
            kind = "user"
            members = ["userId", "userIds"]
            segment = "user"
            made = "counted"
            "#,
        )
        .unwrap()
    }

    #[test]
    fn base64_is_made_of_what_is_filled_in_and_old_tokens_are_kept() {
        let mut names = Names::default();
        names.set_word("password", "pw");
        assert_eq!(names.filled("Basic <base64 of Ann:<password>>"), "Basic QW5uOnB3");
        names.set_word("token:ann", "1");
        names.token_is_old("ann");
        assert_eq!(names.filled("<old token:ann> <token:ann>"), "1 <token:ann>");
    }

    #[test]
    fn ids_in_what_is_sent_are_those_of_this_server() {
        let mut names = Names::default();
        assert!(names.set_id(0, "667723118", "12345678"));
        assert!(names.set_id(1, "28", "8") && names.set_id(1, "8", "7"));
        let mut sent = |text: &str| names.outgoing(&rules(), text, None);
        assert_eq!(sent(r#"{"commandId":667723118,"x":"667723118"}"#), r#"{"commandId":12345678,"x":"12345678"}"#);
        assert_eq!(sent(r#"{"userId":28,"n":28,"a":[28]}"#), r#"{"userId":8,"n":28,"a":[28]}"#);
        assert_eq!(sent(r#"{"userId": "28","userIds":[1,28]}"#), r#"{"userId": "8","userIds":[1,8]}"#);
        assert_eq!(
            sent("/rest/user/28/network/28?userIds=3,28&take=28"),
            "/rest/user/8/network/28?userIds=3,8&take=28"
        );
        assert_eq!(sent("x28 28x 2.28 28.5 628 1.667723118"), "x28 28x 2.28 28.5 628 1.667723118");
        assert_eq!(sent(r#"{"commandId":667723118.0}"#), r#"{"commandId":12345678.0}"#);
    }

    #[test]
    fn one_id_has_one_meaning() {
        let mut names = Names::default();
        assert!(names.set_id(0, "1", "2") && names.set_id(0, "1", "2") && names.set_id(1, "1", "3"));
        assert!(!names.set_id(0, "1", "3"), "another value for the same id");
        assert!(!names.set_id(0, "4", "2"), "the same value for another id");
        assert!(names.stands_for("1", "3") && names.stands_for("7", "7") && !names.stands_for("1", "1234"));
    }

    #[test]
    fn times_between_those_of_the_server_keep_their_place() {
        let clock = time::parse("2026-11-22T02:38:29.000");
        let mut names = Names::default();
        let at = |text: &str| time::parse(&format!("2026-11-22T02:38:{text}")).unwrap();
        names.set_time(at("29.300"), at("29.400"));
        names.set_time(at("29.400"), at("29.600"));
        let mut sent = |text: &str| names.outgoing(&rules(), &format!("2026-11-22T02:38:{text}"), clock);
        assert_eq!(sent("29.300"), "2026-11-22T02:38:29.400");
        assert_eq!(sent("29.350"), "2026-11-22T02:38:29.500");
        assert_eq!(sent("29.401"), "2026-11-22T02:38:29.601");
        assert_eq!(sent("29.299"), "2026-11-22T02:38:29.399");
        assert_eq!(sent("09.299"), "2026-11-22T02:38:09.299");
        assert!(names.is_own_time(at("09.299")) && !names.is_own_time(at("29.350")));
        names.shift = 1000;
        assert_eq!(names.outgoing(&rules(), "2026-11-22T02:38:09.299", clock), "2026-11-22T02:38:10.299");
        assert_eq!(names.outgoing(&rules(), "2030-11-22T02:38:09.299", clock), "2030-11-22T02:38:09.299");
    }

    #[test]
    fn placeholders_are_told_from_other_brackets() {
        let text = "<token:ann, action 3> <b> <password> <old token:test> <new password:x#1> <application xmlns=1>";
        let found: Vec<_> = placeholders(text, &["token", "password"]).collect();
        assert_eq!(found, ["token:ann, action 3", "password", "old token:test", "new password:x#1"]);
        let mut names = Names::default();
        names.set_word("password", "secret");
        assert_eq!(names.filled("<password> <b> <password:x>"), "secret <b> <password:x>");
    }
}
