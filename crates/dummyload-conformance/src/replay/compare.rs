//! Compares what came with what was recorded, by value.

use super::cut::Cut;
use super::json::Json;
use super::names::{Names, placeholders};
use super::recording::TokenFact;
use super::rules::{Freedom, Made, Rules};
use super::{jwt, time};
use crate::transcript::clip;
use std::collections::BTreeMap;
use std::fmt;

/// Words in placeholders.
pub(super) const WORDS: &[&str] = &["token", "refresh", "password", "session", "key", "path"];

/// Ids of other lengths may change the length of a text by so much.
const LENGTHS: usize = 100;

/// A time in the recording that is older, in milliseconds, is a date that somebody has given, and no accident of how a world came to be.
const DAY: i64 = 86_400_000;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// JSON pointer; empty for the whole.
    pub(super) pointer: String,
    pub(super) expected: String,
    pub(super) seen: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "" } else { ": " };
        write!(f, "{}{place}recorded {}, seen {}", self.pointer, clip(&self.expected, 300), clip(&self.seen, 300))
    }
}

/// What is known about the place of a comparison.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The action, or method and path, that tells what an `id` is.
    pub(super) context: String,
    /// The request gives out new numbers.
    pub(super) creates: bool,
    /// How far the order of lists means nothing.
    pub(super) lists: Freedom,
}

/// Compares with everything that is known; what is learnt on the way goes into `names`.
pub(super) struct Compare<'a> {
    pub(super) rules: &'a Rules,
    pub(super) tokens: &'a BTreeMap<String, TokenFact>,
    pub(super) names: &'a mut Names,
    pub(super) place: &'a Place,
    /// The things that the recording knows, for lists of which chance decides what is on them.
    pub(super) pool: &'a [Json],
    /// When the recording began, and how far times may be apart; in milliseconds.
    pub(super) clock: Option<i64>,
    pub(super) tolerance: i64,
    pub(super) mismatches: Vec<Mismatch>,
    /// Some object has its members in another order.
    pub(super) reordered: bool,
}

impl Compare<'_> {
    pub(super) fn differ(&mut self, path: &[&str], expected: impl fmt::Display, seen: impl fmt::Display) {
        let pointer = path.iter().map(|step| format!("/{step}")).collect();
        let mismatch = Mismatch { pointer, expected: expected.to_string(), seen: seen.to_string() };
        self.mismatches.push(mismatch);
    }

    /// A whole text: JSON by value, anything else as it is.
    pub(super) fn body(&mut self, expected: &Cut, seen: &str) {
        let compare = |compare: &mut Compare<'_>, _: &mut Vec<String>| {
            if let Some(text) = expected.text() {
                match (Json::parse(text), Json::parse(seen)) {
                    (Some(expected), Some(found)) => compare.value(&expected, &found, &mut Vec::new()),
                    _ => compare.text(text, seen, &[]),
                }
            } else {
                compare.differ(&[], expected.shown(), seen);
            }
        };
        if !expected.is_cut() {
            compare(self, &mut Vec::new());
        } else if !self.attempt(compare, &mut Vec::new()) {
            self.cut(expected, seen);
        }
    }

    /// Of a text with a gap, start, end and about the length are compared. The gap may stand within a number. Of a text whose
    /// end nobody knows, only the start is.
    fn cut(&mut self, expected: &Cut, seen: &str) {
        let plain = |text: &str| digits(&self.names.filled(text)).map(|(other, _)| other).collect::<Vec<_>>().join("0");
        let (start, end) = (plain(&expected.start), plain(expected.end.as_deref().unwrap_or_default()));
        let whole = plain(seen);
        let near = end.is_empty() || seen.chars().count().abs_diff(expected.length) <= LENGTHS;
        if !near || !whole.starts_with(start.trim_end_matches('0')) || !whole.ends_with(end.trim_start_matches('0')) {
            self.differ(&[], expected.shown(), seen);
        }
    }

    pub(super) fn value(&mut self, expected: &Json, seen: &Json, path: &mut Vec<String>) {
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        match (expected, seen) {
            (Json::Object(expected), Json::Object(seen)) => self.object(expected, seen, path),
            (Json::List(expected), Json::List(seen)) => self.list(expected, seen, path),
            (Json::Number(a), Json::Number(b)) => self.number(a, b, &steps),
            (Json::Text(a), Json::Text(b)) => {
                let number = |text: &String| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
                if number(a) && number(b) { self.number(a, b, &steps) } else { self.text(a, b, &steps) }
            }
            (a, b) if a == b => {}
            (a, b) => self.differ(&steps, a, b),
        }
    }

    fn object(&mut self, expected: &[(String, Json)], seen: &[(String, Json)], path: &mut Vec<String>) {
        let mut left: Vec<&(String, Json)> = seen.iter().collect();
        let mut order = Vec::new();
        for (name, value) in expected {
            path.push(name.clone());
            match left.iter().position(|(other, _)| other == name) {
                None => {
                    let steps: Vec<&str> = path.iter().map(String::as_str).collect();
                    self.differ(&steps, value, "no such member");
                }
                Some(at) => {
                    let found = left.remove(at);
                    order.push(seen.iter().position(|member| std::ptr::eq(member, found)));
                    self.value(value, &found.1, path);
                }
            }
            path.pop();
        }
        for (name, value) in left {
            let mut steps: Vec<&str> = path.iter().map(String::as_str).collect();
            steps.push(name);
            self.differ(&steps, "no such member", value);
        }
        self.reordered |= !order.is_sorted();
    }

    fn list(&mut self, expected: &[Json], seen: &[Json], path: &mut Vec<String>) {
        let outermost = path.iter().all(|step| step.parse::<usize>().is_err());
        match &self.place.lists {
            Freedom::Page { from, by } if outermost && expected.len() >= *from => {
                return self.page(by.as_deref(), expected, seen, path);
            }
            Freedom::All | Freedom::Page { .. } => return self.set(expected, seen, path),
            _ if self.is_set(path) => return self.set(expected, seen, path),
            _ => {}
        }
        if let Freedom::Groups(keys) = &self.place.lists {
            let (mut expected, mut seen) = (expected.to_vec(), seen.to_vec());
            expected.sort_by_key(|item| item.group(keys));
            seen.sort_by_key(|item| item.group(keys));
            return self.in_order(&expected, &seen, path);
        }
        if let Freedom::Ties(key) = &self.place.lists {
            self.set(expected, seen, path);
            return self.sorted(key, expected, seen, path);
        }
        self.in_order(expected, seen, path);
    }

    fn in_order(&mut self, expected: &[Json], seen: &[Json], path: &mut Vec<String>) {
        for n in 0..expected.len().max(seen.len()) {
            path.push(n.to_string());
            match (expected.get(n), seen.get(n)) {
                (Some(expected), Some(seen)) => self.value(expected, seen, path),
                (a, b) => self.lonely(a, b, path),
            }
            path.pop();
        }
    }

    fn is_set(&self, path: &[String]) -> bool {
        let ends = |set: &String| {
            let wanted: Vec<&str> = set.split('/').collect();
            path.len() >= wanted.len() && path[path.len() - wanted.len()..].iter().eq(wanted)
        };
        self.rules.sets.iter().any(ends)
    }

    /// Items that are equal in this member have no order, others have.
    fn sorted(&mut self, key: &str, expected: &[Json], seen: &[Json], path: &[String]) {
        let values = |items: &[Json]| {
            let names = [key.to_owned(), format!("{key}Id")];
            let value = |item: &Json| names.iter().find_map(|name| item.member(name)).map(ToString::to_string);
            items.iter().map(value).collect::<Vec<_>>()
        };
        // Where the values are other ones as well, it was told already.
        let (mut a, mut b) = (values(expected), values(seen));
        let differ = a != b;
        a.sort();
        b.sort();
        if differ && a == b {
            let steps: Vec<&str> = path.iter().map(String::as_str).collect();
            self.differ(&steps, format!("the items sorted by {key}"), "the same items in another order");
        }
    }

    pub(super) fn lonely(&mut self, expected: Option<&Json>, seen: Option<&Json>, path: &[String]) {
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let show = |item: Option<&Json>| item.map_or_else(|| "no such item".to_owned(), Json::to_string);
        self.differ(&steps, show(expected), show(seen));
    }

    /// In any order: each item takes the first that is equal, and what is left is compared in order.
    pub(super) fn set(&mut self, expected: &[Json], seen: &[Json], path: &mut Vec<String>) {
        let mut left: Vec<&Json> = seen.iter().collect();
        let mut open = Vec::new();
        for (n, item) in expected.iter().enumerate() {
            path.push(n.to_string());
            let found = left.iter().position(|other| self.attempt(|trial, path| trial.value(item, other, path), path));
            match found {
                Some(at) => drop(left.remove(at)),
                None => open.push((n, item)),
            }
            path.pop();
        }
        let mut left = left.into_iter();
        for (n, item) in open {
            path.push(n.to_string());
            match left.next() {
                Some(other) => self.value(item, other, path),
                None => self.lonely(Some(item), None, path),
            }
            path.pop();
        }
        for other in left {
            path.push(seen.len().to_string());
            self.lonely(None, Some(other), path);
            path.pop();
        }
    }

    /// Compares on trial: only without a difference does what was learnt count.
    pub(super) fn attempt(
        &mut self,
        compare: impl FnOnce(&mut Compare<'_>, &mut Vec<String>),
        path: &mut Vec<String>,
    ) -> bool {
        let mut names = self.names.clone();
        let mut trial = Compare { names: &mut names, mismatches: Vec::new(), reordered: self.reordered, ..*self };
        compare(&mut trial, path);
        let (fits, reordered) = (trial.mismatches.is_empty(), trial.reordered);
        if fits {
            (*self.names, self.reordered) = (names, reordered);
        }
        fits
    }

    fn number(&mut self, expected: &str, seen: &str, path: &[&str]) {
        let name = path.iter().rev().find(|step| step.parse::<usize>().is_err()).copied().unwrap_or_default();
        if let Some(kind) = self.kind(name, path) {
            return self.id(kind, expected, seen, path);
        }
        if self.rules.times.iter().any(|time| time == name)
            && let (Ok(a), Ok(b)) = (expected.parse(), seen.parse())
            && expected.len() >= 12
        {
            return self.time(a, b, name, path);
        }
        if expected != seen {
            self.differ(path, expected, seen);
        }
    }

    /// What kind of id stands in this member.
    fn kind(&self, name: &str, path: &[&str]) -> Option<usize> {
        let mut ids = self.rules.ids.iter();
        if name != "id" {
            return ids.position(|id| id.members.iter().any(|member| member == name));
        }
        let outer = path.iter().rev().skip(1).find(|step| step.parse::<usize>().is_err());
        let within =
            outer.and_then(|outer| self.rules.ids.iter().position(|id| id.within.iter().any(|member| member == outer)));
        within.or_else(|| {
            let fits = |id: &super::rules::Id| id.context.as_ref().is_some_and(|it| it.fits(&self.place.context));
            if outer.is_none() { ids.position(fits) } else { None }
        })
    }

    fn id(&mut self, kind: usize, expected: &str, seen: &str, path: &[&str]) {
        let known = self.names.id(kind, expected).map(str::to_owned);
        let fits = match known {
            Some(known) => known == seen,
            None => {
                let own = self.names.is_own_number(expected);
                let new = match self.rules.ids[kind].made {
                    Made::Drawn => !own,
                    Made::Counted => self.place.creates,
                };
                (new || expected == seen) && self.names.set_id(kind, expected, seen)
            }
        };
        if !fits {
            self.differ(path, self.meaning(kind, expected), seen);
        }
    }

    fn meaning(&self, kind: usize, recorded: &str) -> String {
        match self.names.id(kind, recorded) {
            Some(known) if known != recorded => {
                format!("{recorded} ({} {known} here)", self.rules.ids[kind].kind)
            }
            _ => recorded.to_owned(),
        }
    }

    fn time(&mut self, expected: i64, seen: i64, name: &str, path: &[&str]) {
        if self.clock.is_none() && self.names.knows_no_time() {
            // The recording does not say when it was made; its first time does.
            self.names.shift = seen - expected;
        }
        let near = (seen - expected - self.names.shift).abs() <= self.tolerance;
        let early = |ms: i64| self.clock.is_some_and(|clock| ms < clock - 1_000);
        let of_the_day = self.clock.is_some_and(|clock| expected > clock - DAY);
        let fits = match self.names.time(expected) {
            _ if self.rules.moving.iter().any(|moving| moving == name) => true,
            Some(known) => known == seen,
            None if seen == expected => true,
            None if self.names.is_own_time(expected) => false,
            // What was there before the recording began may have been made at any time before this play.
            None => near || of_the_day && early(expected) && early(seen - self.names.shift),
        };
        if !fits {
            let shown = if self.names.time(expected).is_some() { " (another one before)" } else { "" };
            self.differ(path, format!("{}{shown}", time::print(expected)), time::print(seen));
        } else if !self.rules.moving.iter().any(|moving| moving == name) {
            self.names.set_time(expected, seen);
        }
    }

    fn text(&mut self, expected: &str, seen: &str, path: &[&str]) {
        let unresolved = self.names.filled(expected);
        let (unresolved, seen) = (self.rules.in_order(&unresolved), self.rules.in_order(seen));
        let (unresolved, seen) = (unresolved.as_ref(), seen.as_ref());
        if unresolved == seen {
            return;
        }
        if let (Some(a), Some(b)) = (time::parse(expected), time::parse(seen)) {
            let name = path.last().copied().unwrap_or_default();
            return self.time(a, b, name, path);
        }
        if placeholders(unresolved, WORDS).next().is_some() {
            if self.pattern(unresolved, seen) {
                return;
            }
        } else if self.alike(unresolved, seen) {
            return;
        }
        self.differ(path, serde_json::Value::from(expected), serde_json::Value::from(seen));
    }

    /// Placeholders that nothing is known of yet take what stands in their place.
    fn pattern(&mut self, expected: &str, seen: &str) -> bool {
        let names: Vec<&str> = placeholders(expected, WORDS).collect();
        let (mut expected, mut seen) = (expected, seen);
        for name in names {
            let Some((before, after)) = expected.split_once(&format!("<{name}>")) else { return false };
            let Some(rest) = seen.strip_prefix(before) else { return false };
            let next = after.split('<').next().unwrap_or_default();
            let end = if next.is_empty() { rest.len() } else { rest.find(next).unwrap_or(rest.len()) };
            let value = &rest[..end];
            if value.is_empty() || !self.token(name, value) {
                return false;
            }
            self.names.set_word(name, value);
            (expected, seen) = (after, &rest[end..]);
        }
        expected == seen
    }

    /// Whether a token says what the recorded one said.
    fn token(&mut self, name: &str, value: &str) -> bool {
        let Some(fact) = self.tokens.get(name).filter(|fact| !fact.own) else { return true };
        let Some((header, payload)) = jwt::open(value) else {
            self.differ(&[], format!("<{name}>, a JSON web token"), "something else");
            return true;
        };
        for (part, expected, seen) in [("header", &fact.header, header), ("payload", &fact.payload, payload)] {
            match (Json::parse(expected), Json::parse(&seen)) {
                (Some(expected), Some(seen)) => self.value(&expected, &seen, &mut vec![format!("<{name}> {part}")]),
                _ => self.differ(&[name, part], expected, seen),
            }
        }
        true
    }

    /// Whether texts are equal but for ids in them and for noise.
    fn alike(&self, expected: &str, seen: &str) -> bool {
        let quiet = |text: &str| {
            self.rules.noise.iter().fold(text.to_owned(), |text, noise| noise.0.replace_all(&text, "…").into_owned())
        };
        let (expected, seen) = (quiet(expected), quiet(seen));
        if expected == seen {
            return true;
        }
        let (mut a, mut b) = (digits(&expected), digits(&seen));
        loop {
            match (a.next(), b.next()) {
                (None, None) => return true,
                (Some((text_a, number_a)), Some((text_b, number_b)))
                    if text_a == text_b && self.names.stands_for(number_a, number_b) => {}
                _ => return false,
            }
        }
    }
}

/// A text in pieces: what is no digit, and the digits behind it.
fn digits(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (before, after) = rest.split_at(start);
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(end);
        rest = after;
        Some((before, number))
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules::parse(
            r#"
            protocol = "x"
            times = ["e"]
            moving = ["lastLogin"]
            sets = ["networks", "payload/a"]
            noise = ['@[0-9a-f]{8}\b']
            creates = '^POST'
            [[id]]
            kind = "command"
            within = ["command"]
            members = ["commandId"]
            made = "drawn"
            [[id]]
            kind = "user"
            members = ["userId", "u"]
            context = '/user'
            made = "counted"
            "#,
        )
        .unwrap()
    }

    pub(in super::super) struct Bench {
        names: Names,
        pub(in super::super) place: Place,
        tokens: BTreeMap<String, TokenFact>,
        reordered: bool,
        pub(in super::super) pool: Vec<Json>,
    }

    impl Bench {
        pub(in super::super) fn new() -> Self {
            Self {
                names: Names::default(),
                place: Place::default(),
                tokens: BTreeMap::new(),
                reordered: false,
                pool: Vec::new(),
            }
        }

        /// The differences.
        pub(in super::super) fn try_it(&mut self, expected: &str, seen: &str) -> String {
            let rules = rules();
            let mut compare = Compare {
                rules: &rules,
                tokens: &self.tokens,
                names: &mut self.names,
                place: &self.place,
                pool: &self.pool,
                clock: time::parse("2026-11-22T02:00:00.000"),
                tolerance: 1500,
                mismatches: Vec::new(),
                reordered: false,
            };
            compare.body(&Cut::whole(expected), seen);
            let shown: Vec<String> = compare.mismatches.iter().map(ToString::to_string).collect();
            self.reordered = compare.reordered;
            shown.join("; ")
        }
    }

    #[test]
    fn values_count_and_order_is_told_apart() {
        let mut bench = Bench::new();
        assert_eq!(bench.try_it(r#"{"a":1,"b":[1,2]}"#, r#"{"b":[1,2],"a":1}"#), "");
        assert!(bench.reordered);
        assert_eq!(bench.try_it(r#"{"a":1.0}"#, r#"{"a":1}"#), "/a: recorded 1.0, seen 1");
        assert_eq!(bench.try_it("[1,2]", "[2,1]"), "/0: recorded 1, seen 2; /1: recorded 2, seen 1");
        assert_eq!(bench.try_it(r#"{"a":null}"#, "{}"), "/a: recorded null, seen no such member");
        assert_eq!(bench.try_it("{}", r#"{"a":null}"#), "/a: recorded no such member, seen null");
        assert_eq!(bench.try_it(r#"{"networks":[1,2]}"#, r#"{"networks":[2,1]}"#), "");
        assert_eq!(
            bench.try_it(r#"{"networks":[1,2]}"#, r#"{"networks":[2]}"#),
            "/networks/0: recorded 1, seen no such item"
        );
        assert_eq!(bench.try_it(r#"{"payload":{"a":[1,2]}}"#, r#"{"payload":{"a":[2,1]}}"#), "");
        assert_ne!(bench.try_it(r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#), "");
        assert_eq!(bench.try_it("plain", "other"), r#"recorded "plain", seen "other""#);
        bench.place.lists = Freedom::All;
        assert_eq!(bench.try_it("[1,2]", "[2,1]"), "");
        bench.place.lists = Freedom::Ties("k".into());
        let list = r#"[{"k":1,"v":1},{"k":1,"v":2},{"kId":2,"v":3}]"#;
        assert_eq!(bench.try_it(list, r#"[{"k":1,"v":2},{"k":1,"v":1},{"kId":2,"v":3}]"#), "");
        bench.place.lists = Freedom::Groups(vec!["k".into()]);
        let groups = r#"[{"k":1,"v":1},{"k":2,"v":2},{"k":1,"v":3}]"#;
        assert_eq!(bench.try_it(groups, r#"[{"k":2,"v":2},{"k":1,"v":1},{"k":1,"v":3}]"#), "");
        assert_ne!(bench.try_it(groups, r#"[{"k":2,"v":2},{"k":1,"v":3},{"k":1,"v":1}]"#), "");
        bench.place.lists = Freedom::Ties("k".into());
        let wrong = bench.try_it(list, r#"[{"kId":2,"v":3},{"k":1,"v":1},{"k":1,"v":2}]"#);
        assert_eq!(wrong, "recorded the items sorted by k, seen the same items in another order");
    }

    #[test]
    fn an_id_names_the_value_seen() {
        let mut bench = Bench::new();
        assert_eq!(bench.try_it(r#"{"command":{"id":11}}"#, r#"{"command":{"id":22}}"#), "");
        assert_eq!(bench.try_it(r#"{"commandId":11}"#, r#"{"commandId":22}"#), "");
        let wrong = bench.try_it(r#"{"commandId":11}"#, r#"{"commandId":33}"#);
        assert_eq!(wrong, "/commandId: recorded 11 (command 22 here), seen 33");
        let wrong = bench.try_it(r#"{"commandId":44}"#, r#"{"commandId":22}"#);
        assert_eq!(wrong, "/commandId: recorded 44, seen 22", "two commands with one id");
        assert_eq!(bench.try_it(r#""no 11""#, r#""no 22""#), "", "an id within a text");
        assert!(bench.try_it(r#""no 11""#, r#""no 23""#).contains("no 23"));
        assert_eq!(bench.try_it(r#"{"userId":5}"#, r#"{"userId":6}"#), "/userId: recorded 5, seen 6");
        bench.place = Place { context: "POST /user".into(), creates: true, lists: Freedom::None };
        assert_eq!(bench.try_it(r#"{"id":5}"#, r#"{"id":6}"#), "");
        bench.place = Place::default();
        assert_eq!(bench.try_it(r#"{"userId":5}"#, r#"{"userId":6}"#), "");
        bench.names.outgoing(&rules(), "99", None);
        assert_eq!(
            bench.try_it(r#"{"commandId":99}"#, r#"{"commandId":1}"#),
            "/commandId: recorded 99, seen 1",
            "the client's own"
        );
    }

    #[test]
    fn times_are_near_and_stay_the_same() {
        let mut bench = Bench::new();
        let time = |text: &str| format!(r#"{{"t":"2026-11-22T02:{text}"}}"#);
        assert_eq!(bench.try_it(&time("00:05.000"), &time("00:05.900")), "");
        assert!(bench.try_it(&time("00:05.000"), &time("00:05.901")).contains("another one before"));
        assert!(bench.try_it(&time("00:06.000"), &time("00:08.000")).contains("02:00:08.000"));
        let (old, older) = (time("00:05.000").replace("02:", "01:"), time("00:05.000").replace("02:", "00:"));
        assert_eq!(bench.try_it(&old, &older), "", "before the recording");
        let given = |text: &str| format!(r#"{{"t":"2018-05-20T10:00:{text}"}}"#);
        assert_eq!(bench.try_it(&given("00.000"), &given("00.000")), "");
        assert_ne!(bench.try_it(&given("12.000"), &given("00.120")), "", "a date that somebody has given");
        let logins = [r#"{"lastLogin":"2026-11-22T02:00:00.000"}"#, r#"{"lastLogin":"2026-11-22T05:00:00.000"}"#];
        assert_eq!(bench.try_it(logins[0], logins[1]), "");
        assert_ne!(bench.try_it(logins[0], r#"{"lastLogin":null}"#), "");
        assert_eq!(bench.try_it(r#"{"e":1795314769671}"#, r#"{"e":1795314769700}"#), "");
        assert_ne!(bench.try_it(r#"{"e":1795314769672}"#, r#"{"e":1795314799700}"#), "");
        bench.names.outgoing(&rules(), "2026-11-22T02:00:20.000", Some(1_795_312_800_000));
        assert_ne!(bench.try_it(&time("00:20.000"), &time("00:20.001")), "", "the client's own");
    }

    #[test]
    fn placeholders_are_learnt_and_tokens_looked_into() {
        let mut bench = Bench::new();
        let fact = |payload: &str| TokenFact { own: false, header: "{}".into(), payload: payload.into() };
        bench.tokens.insert("token:ann#1".into(), fact(r#"{"u":2}"#));
        bench.tokens.insert("token:ann#2".into(), fact(r#"{"u":3}"#));
        let token = jwt::sign("{}", r#"{"u":2}"#, "k", jwt::KeyRule::Bytes);
        assert_eq!(bench.try_it(r#"{"t":"<token:ann#1>"}"#, &format!(r#"{{"t":"{token}"}}"#)), "");
        assert_ne!(bench.try_it(r#"{"t":"<token:ann#1>"}"#, r#"{"t":"other"}"#), "", "bound already");
        let wrong = bench.try_it(r#"{"t":"<token:ann#2>"}"#, &format!(r#"{{"t":"{token}"}}"#));
        assert_eq!(wrong, "/<token:ann#2> payload/u: recorded 3, seen 2");
        assert_eq!(bench.try_it(r#""a <session:x> b""#, r#""a 1234 b""#), "");
        assert_eq!(bench.names.word("session:x"), Some("1234"));
        assert_eq!(bench.try_it(r#""X@6d86b085 y""#, r#""X@11112222 y""#), "", "noise");
    }

    #[test]
    fn of_a_text_with_a_gap_start_and_end_count() {
        let mut bench = Bench::new();
        let rules = rules();
        for (seen, fits) in
            [("{12:abc,45}", true), ("{99:abc,99}", true), ("{12-abc,45}", false), ("{12:abc,45]", false)]
        {
            let mut compare = Compare {
                rules: &rules,
                tokens: &bench.tokens,
                names: &mut bench.names,
                place: &bench.place,
                pool: &[],
                clock: None,
                tolerance: 0,
                mismatches: Vec::new(),
                reordered: false,
            };
            compare.body(&Cut::read("{12:a...5}", Some(11)), seen);
            assert_eq!(compare.mismatches.is_empty(), fits, "{seen}");
        }
    }
}
