//! Compares what was received with a template, and tells every difference.

use crate::template::{Kind, Node, Pattern, Template, escaped};
use crate::vars::Vars;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mismatch {
    /// JSON pointer; `#` enters JSON that stands within a string.
    pub(crate) pointer: String,
    pub(crate) expected: String,
    pub(crate) got: String,
}

/// What a match has captured, by name.
pub(crate) type Captures = BTreeMap<String, Value>;

/// Compares; captures count only if everything fits.
///
/// # Errors
/// All differences, in the order of the template.
pub(crate) fn compare(template: &Template, value: &Value, vars: &Vars) -> Result<Captures, Vec<Mismatch>> {
    let mut matching = Matching { vars, captures: Captures::new(), mismatches: Vec::new() };
    matching.node(&template.root, Some(value), "");
    if matching.mismatches.is_empty() { Ok(matching.captures) } else { Err(matching.mismatches) }
}

struct Matching<'a> {
    vars: &'a Vars,
    captures: Captures,
    mismatches: Vec<Mismatch>,
}

impl Matching<'_> {
    fn differ(&mut self, pointer: &str, expected: impl ToString, got: impl ToString) {
        let (expected, got) = (expected.to_string(), got.to_string());
        self.mismatches.push(Mismatch { pointer: pointer.to_owned(), expected, got });
    }

    /// `value` is `None` for a member that is not there.
    fn node(&mut self, node: &Node, value: Option<&Value>, pointer: &str) {
        let Some(value) = value else {
            if !matches!(node, Node::Kind(Kind::Absent)) {
                self.differ(pointer, node, "no such member");
            }
            return;
        };
        match node {
            Node::Object { members, closed } => self.object(node, members, *closed, value, pointer),
            Node::Array(items) => self.array(node, items, value, pointer),
            Node::Unordered(items) => self.unordered(node, items, value, pointer),
            Node::Each(each) => match value {
                Value::Array(list) => {
                    list.iter()
                        .enumerate()
                        .for_each(|(n, item)| self.node(each, Some(item), &format!("{pointer}/{n}")));
                }
                Value::Object(members) => members
                    .iter()
                    .for_each(|(name, value)| self.node(each, Some(value), &format!("{pointer}/{}", escaped(name)))),
                _ => self.differ(pointer, node, short(value)),
            },
            Node::Json(inside) => match value.as_str().map(serde_json::from_str::<Value>) {
                Some(Ok(value)) => self.node(inside, Some(&value), &format!("{pointer}#")),
                _ => self.differ(pointer, node, short(value)),
            },
            Node::Jwt(inside) => match value.as_str().and_then(claims) {
                Some(claims) => self.node(inside, Some(&claims), &format!("{pointer}#")),
                None => self.differ(pointer, node, short(value)),
            },
            Node::Matches(pattern) => match self.groups(node, pattern, value) {
                Ok(groups) => self.captures.extend(groups),
                Err(expected) => self.differ(pointer, expected, short(value)),
            },
            Node::Capture(name, kind) => {
                if is(*kind, value) {
                    self.captures.insert(name.clone(), value.clone());
                } else {
                    self.differ(pointer, node, short(value));
                }
            }
            Node::Same(name) => match self.seen(name) {
                Some(seen) if equal(&seen, value) => {}
                Some(seen) => self.differ(pointer, short(&seen), short(value)),
                None => self.differ(pointer, format!("{node}, which nothing has captured"), short(value)),
            },
            Node::Above(name) => match self.seen(name) {
                Some(seen) if above(value, &seen) => {}
                Some(seen) => self.differ(pointer, format!("a number above {}", short(&seen)), short(value)),
                None => self.differ(pointer, format!("{node}, which nothing has captured"), short(value)),
            },
            _ => match self.leaf(node, value) {
                Ok(()) => {}
                Err(expected) => self.differ(pointer, expected, short(value)),
            },
        }
    }

    /// What has been captured under this name, now or before, or given as a variable.
    fn seen(&self, name: &str) -> Option<Value> {
        self.captures.get(name).or_else(|| self.vars.value(name)).cloned()
    }

    /// The named groups of a regular expression that is found in the value; the error is what was expected.
    fn groups(&self, node: &Node, pattern: &Pattern, value: &Value) -> Result<Captures, String> {
        let text = value.as_str().ok_or_else(|| node.to_string())?;
        let filled;
        let (regex, shown) = match &pattern.fixed {
            Some(regex) => (regex, node.to_string()),
            None => {
                let source = pattern.text.render_with(self.vars, regex::escape)?;
                filled = Regex::new(&source).map_err(|e| format!("a regular expression, but {e}"))?;
                (&filled, format!("$re:{source}"))
            }
        };
        let found = regex.captures(text).ok_or(shown)?;
        let group = |name: &String| Some((name.clone(), Value::from(found.name(name)?.as_str())));
        Ok(pattern.groups.iter().filter_map(group).collect())
    }

    /// The nodes that look at nothing but the value itself; the error is what was expected.
    fn leaf(&self, node: &Node, value: &Value) -> Result<(), String> {
        let fits = match node {
            Node::Null => value.is_null(),
            Node::Bool(expected) => value.as_bool() == Some(*expected),
            Node::Number(expected) => value.as_number().is_some_and(|number| same_number(expected, number)),
            Node::Kind(kind) => is(*kind, value),
            Node::Iso8601 => value.as_str().is_some_and(|text| ISO8601.is_match(text)),
            Node::Range(low, high) => value.as_f64().is_some_and(|number| *low <= number && number <= *high),
            Node::Text(text) => {
                let expected = text.render(self.vars)?;
                return if value.as_str() == Some(&expected) { Ok(()) } else { Err(Value::from(expected).to_string()) };
            }
            Node::Splice(text) => {
                let expected = text.render(self.vars)?;
                let parsed: Result<Value, _> = serde_json::from_str(&expected);
                return match parsed {
                    Ok(parsed) if equal(&parsed, value) => Ok(()),
                    Ok(_) => Err(expected),
                    Err(_) => Err(format!("{}, whose value {expected} is not JSON: put it in quotes", text.source())),
                };
            }
            Node::Contains(text) => {
                let part = text.render(self.vars)?;
                return match value.as_str() {
                    Some(text) if text.contains(&part) => Ok(()),
                    _ => Err(format!("$contains:{part}")),
                };
            }
            Node::OneOf(options) => {
                let options = options.iter().map(|option| option.render(self.vars)).collect::<Result<Vec<_>, _>>()?;
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                return if options.contains(&text) { Ok(()) } else { Err(format!("$one-of:{}", options.join("|"))) };
            }
            // The containers are compared member by member, above.
            _ => false,
        };
        if fits { Ok(()) } else { Err(node.to_string()) }
    }

    fn object(
        &mut self,
        node: &Node,
        members: &[(crate::text::Text, Node)],
        closed: bool,
        value: &Value,
        pointer: &str,
    ) {
        let Some(object) = value.as_object() else { return self.differ(pointer, node, short(value)) };
        let mut known = Vec::with_capacity(members.len());
        for (name, member) in members {
            match name.render(self.vars) {
                Ok(name) => {
                    self.node(member, object.get(&name), &format!("{pointer}/{}", escaped(&name)));
                    known.push(name);
                }
                Err(missing) => self.differ(pointer, missing, "an object"),
            }
        }
        if closed {
            for (name, value) in object.iter().filter(|(name, _)| !known.contains(name)) {
                self.differ(&format!("{pointer}/{}", escaped(name)), "no such member", short(value));
            }
        }
    }

    fn array(&mut self, node: &Node, items: &[Node], value: &Value, pointer: &str) {
        let Some(list) = value.as_array() else { return self.differ(pointer, node, short(value)) };
        for (n, (item, value)) in items.iter().zip(list).enumerate() {
            self.node(item, Some(value), &format!("{pointer}/{n}"));
        }
        for (n, item) in items.iter().enumerate().skip(list.len()) {
            self.differ(&format!("{pointer}/{n}"), item, "the end of the array");
        }
        for (n, value) in list.iter().enumerate().skip(items.len()) {
            self.differ(&format!("{pointer}/{n}"), "the end of the array", short(value));
        }
    }

    /// Finds a partner for every item by augmenting paths, so that no order of items or values hides a match.
    fn unordered(&mut self, node: &Node, items: &[Node], value: &Value, pointer: &str) {
        let Some(list) = value.as_array() else { return self.differ(pointer, node, short(value)) };
        let mut fits: Vec<Vec<usize>> = Vec::with_capacity(items.len());
        for item in items {
            let fitting = (0..list.len()).filter(|n| self.alone(item, &list[*n]).is_ok());
            fits.push(fitting.collect());
        }
        let mut partner: Vec<Option<usize>> = vec![None; list.len()];
        for (n, item) in items.iter().enumerate() {
            if !seat(n, &fits, &mut partner, &mut vec![false; list.len()]) {
                self.differ(pointer, format!("an item like {item} (number {} of the template)", n + 1), short(value));
            }
        }
        for (at, partner) in partner.iter().enumerate() {
            match partner.map(|item| self.alone(&items[item], &list[at])) {
                Some(Ok(captures)) => self.captures.extend(captures),
                Some(Err(mismatches)) => self.mismatches.extend(mismatches),
                None => self.differ(&format!("{pointer}/{at}"), "no such item", short(&list[at])),
            }
        }
    }

    /// One item by itself, with what has been captured so far.
    fn alone(&self, node: &Node, value: &Value) -> Result<Captures, Vec<Mismatch>> {
        let mut inner = Matching { vars: self.vars, captures: self.captures.clone(), mismatches: Vec::new() };
        inner.node(node, Some(value), "");
        if inner.mismatches.is_empty() { Ok(inner.captures) } else { Err(inner.mismatches) }
    }
}

fn seat(item: usize, fits: &[Vec<usize>], partner: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    for &at in &fits[item] {
        if std::mem::replace(&mut tried[at], true) {
            continue;
        }
        if partner[at].is_none_or(|other| seat(other, fits, partner, tried)) {
            partner[at] = Some(item);
            return true;
        }
    }
    false
}

pub(crate) static ISO8601: LazyLock<Regex> = LazyLock::new(|| {
    let date = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])";
    let time = r"([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)([.,]\d+)?)?";
    let pattern = format!(r"^{date}(T{time}(Z|[+-]\d{{2}}(:?\d{{2}})?)?)?$");
    #[expect(clippy::expect_used, reason = "a constant, and tested")]
    Regex::new(&pattern).expect("a valid pattern")
});

fn is(kind: Kind, value: &Value) -> bool {
    let whole = |number: &Number| {
        number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
    };
    match kind {
        Kind::Any => true,
        Kind::Absent => false,
        Kind::Null => value.is_null(),
        Kind::Bool => value.is_boolean(),
        Kind::Int => value.as_number().is_some_and(whole),
        Kind::Uint => value.as_number().is_some_and(whole) && value.as_f64().is_some_and(|number| number >= 0.0),
        Kind::Number => value.is_number(),
        Kind::String => value.is_string(),
        Kind::Object => value.is_object(),
        Kind::Array => value.is_array(),
    }
}

/// Equality of JSON values where 1 and 1.0 are the same number.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    // Large whole numbers differ in digits that a float does not have.
    let whole = |number: &Number| number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
    match (whole(a), whole(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.as_f64() == b.as_f64(),
    }
}

fn above(value: &Value, bound: &Value) -> bool {
    value.as_f64().zip(bound.as_f64()).is_some_and(|(value, bound)| value > bound)
}

/// With or without the padding that RFC 7515 forbids and some servers write.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The claims of a JSON web token: the second of its three parts. Its signature is not looked at.
fn claims(token: &str) -> Option<Value> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, claims, _] = parts[..] else { return None };
    serde_json::from_slice(&BASE64.decode(claims).ok()?).ok()
}

/// A value as a report shows it.
fn short(value: &Value) -> String {
    crate::transcript::clip(&value.to_string(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn vars() -> Vars {
        let mut vars = Vars::default();
        vars.set("hub", 1234.into());
        vars.set("name", "a.b".into());
        vars.set("trap", "$any".into());
        vars
    }

    fn differences(template: &str, value: Value) -> Vec<String> {
        let template = Template::parse(template).unwrap();
        match compare(&template, &value, &vars()) {
            Ok(_) => Vec::new(),
            Err(list) => list.iter().map(|m| format!("{} expected {}, got {}", m.pointer, m.expected, m.got)).collect(),
        }
    }

    #[track_caller]
    fn fits(template: &str, value: Value) {
        assert_eq!(differences(template, value), Vec::<String>::new(), "{template}");
    }

    #[track_caller]
    fn fails(template: &str, value: Value, difference: &str) {
        assert_eq!(differences(template, value), [difference], "{template}");
    }

    #[test]
    fn objects_are_open_and_arrays_are_exact() {
        fits(r#"{"a":1}"#, json!({"a": 1, "b": 2}));
        fails(r#"{"a":1}"#, json!({"b": 2}), "/a expected 1, got no such member");
        fails(r#"{"$closed":{"a":1}}"#, json!({"a": 1, "b/c": 2}), "/b~1c expected no such member, got 2");
        fits(r#"{"x":"$absent"}"#, json!({}));
        fails(r#"{"x":"$absent"}"#, json!({"x": null}), "/x expected no such member, got null");
        fails("[1,2]", json!([1]), "/1 expected 2, got the end of the array");
        fails("[1]", json!([1, 2]), "/1 expected the end of the array, got 2");
        fails("[1]", json!({}), " expected an array of 1, got {}");
    }

    #[test]
    fn all_differences_are_told() {
        let all =
            differences(r#"{"a":1,"b":{"c":"$string"},"d":[true]}"#, json!({"a": 2, "b": {"c": 3}, "d": [false]}));
        assert_eq!(all, ["/a expected 1, got 2", "/b/c expected $string, got 3", "/d/0 expected true, got false"]);
    }

    #[test]
    fn numbers_compare_by_value() {
        fits("[1,1.0,1e2]", json!([1.0, 1, 100]));
        fails("9007199254740993", json!(9_007_199_254_740_992_u64), " expected 9007199254740993, got 9007199254740992");
        fits(r#"["$int","$uint","$number","$range:0..100"]"#, json!([-3.0, 3, 0.5, 100]));
        fails(r#"["$uint"]"#, json!([-1]), "/0 expected $uint, got -1");
        fails(r#"["$range:0..100"]"#, json!([100.5]), "/0 expected $range:0..100, got 100.5");
    }

    #[test]
    fn strings_have_matchers() {
        fits(
            r#"["$re:^a+$","$contains:b","$one-of:x|y","$iso8601","$$any","$string"]"#,
            json!(["aa", "abc", "y", "2026-01-02T03:04:05.6Z", "$any", ""]),
        );
        fits(r#"["$one-of:null|5"]"#, json!([5]));
        fails(r#"["$iso8601"]"#, json!(["2026-13-01"]), r#"/0 expected $iso8601, got "2026-13-01""#);
        fits(r#"["$iso8601","$iso8601"]"#, json!(["2026-12-31", "2026-12-31T23:59+01:00"]));
    }

    #[test]
    fn placeholders_stand_for_values_and_never_for_matchers() {
        fits(
            r#"{"m":"${hub}-ping","n":${hub},"${hub}":"$re:^${name}$"}"#,
            json!({"m": "1234-ping", "n": 1234, "1234": "a.b"}),
        );
        fails(r#"["$re:^${name}$"]"#, json!(["aXb"]), r#"/0 expected $re:^a\.b$, got "aXb""#);
        fails(r#"["${trap}"]"#, json!(["x"]), r#"/0 expected "$any", got "x""#);
        fails("[${name}]", json!([1]), "/0 expected ${name}, whose value a.b is not JSON: put it in quotes, got 1");
        fails(r#"["${none}"]"#, json!([1]), "/0 expected ${none} has no value, got 1");
    }

    #[test]
    fn json_within_strings_is_compared_as_json() {
        fits(r#"{"o":"$json:{\"a\":[\"$int\"]}"}"#, json!({"o": r#"{ "a" : [1] }"#}));
        fails(r#"{"o":"$json:{\"a\":1}"}"#, json!({"o": r#"{"a":2}"#}), "/o#/a expected 1, got 2");
        fails(r#"{"o":"$json:1"}"#, json!({"o": "{"}), r#"/o expected a string that holds JSON, got "{""#);
    }

    #[test]
    fn captures_count_only_when_all_fits() {
        let template = Template::parse(r#"{"z":"$capture:id:int","a":"$same:id"}"#).unwrap();
        let captures = compare(&template, &json!({"a": 5, "z": 5.0}), &vars()).unwrap();
        assert_eq!(captures["id"], json!(5.0));
        let mismatches = compare(&template, &json!({"a": 6, "z": 5}), &vars()).unwrap_err();
        assert_eq!(mismatches, [Mismatch { pointer: "/a".into(), expected: "5".into(), got: "6".into() }]);
        fails(r#""$same:other""#, json!(1), " expected $same:other, which nothing has captured, got 1");
    }

    #[test]
    fn the_claims_of_a_token_are_compared_as_json() {
        // {"a":"b\/c","n":[1]}
        for token in ["e30.eyJhIjoiYlwvYyIsIm4iOlsxXX0.x", "e30.eyJhIjoiYlwvYyIsIm4iOlsxXX0=.x"] {
            fits(r#"{"t":"$jwt:{\"a\":\"b/c\",\"n\":[\"$int\"]}"}"#, json!({"t": token}));
            fails(r#"["$jwt:{\"a\":1}"]"#, json!([token]), r#"/0#/a expected 1, got "b/c""#);
        }
        for broken in ["e30.e30", "e30.e30.x.y", "e30.e3.x", "e30.é.x", ""] {
            fails(r#"["$jwt:{}"]"#, json!([broken]), &format!("/0 expected a JSON web token, got {broken:?}"));
        }
    }

    #[test]
    fn a_number_can_be_above_one_that_was_captured() {
        fits(r#"["$capture:n:number","$above:n"]"#, json!([1_634_630_341.43, 1_634_630_341.44]));
        fails(r#"["$capture:n","$above:n"]"#, json!([2, 2]), "/1 expected a number above 2, got 2");
        fails(r#"["$capture:n","$above:n"]"#, json!([2, "3"]), r#"/1 expected a number above 2, got "3""#);
        fails(r#"["$above:x"]"#, json!([2]), "/0 expected $above:x, which nothing has captured, got 2");
        fits(r#"["$above:hub"]"#, json!([1235]));
    }

    #[test]
    fn named_groups_are_captured() {
        let template = Template::parse(r#"["$re:^c=(?<code>[a-z]+)&${name}(?:&x=(?<x>.))?$","$same:code"]"#).unwrap();
        let captures = compare(&template, &json!(["c=ab&a.b", "ab"]), &vars()).unwrap();
        assert_eq!(captures, Captures::from([("code".into(), json!("ab"))]));
        assert!(compare(&template, &json!(["c=ab&a.b", "c"]), &vars()).is_err());
    }

    #[test]
    fn unordered_finds_a_match_if_there_is_one() {
        fits(r#"{"$unordered":["$any",1,"$int"]}"#, json!([1, 2, "x"]));
        fits(r#"{"$unordered":["$any","$int",1]}"#, json!([1, "x", 2]));
        fails(r#"{"$unordered":[1]}"#, json!([1, 2]), "/1 expected no such item, got 2");
        assert_eq!(differences(r#"{"$unordered":[1,1]}"#, json!([1, 2])).len(), 2);
        fits(r#"{"$each":{"id":"$int"}}"#, json!([{"id": 1}, {"id": 2}]));
        fails(r#"{"$each":"$int"}"#, json!([1, "x"]), r#"/1 expected $int, got "x""#);
        fits(r#"{"$each":{"id":"$int"}}"#, json!({"a": {"id": 1}, "b": {"id": 2}}));
        fails(r#"{"$each":"$int"}"#, json!({"a/b": "x"}), r#"/a~1b expected $int, got "x""#);
        fails(r#"{"$each":"$int"}"#, json!(1), " expected an array or object, got 1");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            r#"[a-z{}"\\\PC&&[^$]]{0,12}"#.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-z/~]{0,5}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn any_template() -> impl Strategy<Value = Value> {
        let matcher = prop::sample::select(vec![
            "$any",
            "$absent",
            "$int",
            "$string",
            "$iso8601",
            "$re:^[a-z]+$",
            "$one-of:a|b",
            "$range:-1..1",
            "$capture:x",
            "$same:x",
            "$above:x",
            "$contains:a",
            "$re:(?<x>a)",
            "$jwt:{\"a\":\"$any\"}",
            "$json:{\"a\":\"$any\"}",
            "${hub}",
            "${trap}",
            "$$x",
        ]);
        let leaf = prop_oneof![matcher.prop_map(Value::from), any_json()];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(|items| json!({"$unordered": items})),
                inner.clone().prop_map(|item| json!({"$each": item})),
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-z]{0,3}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_template_and_no_value_makes_it_panic(template in any_template(), value in any_json()) {
            if let Ok(template) = Template::parse(&template.to_string()) {
                let _ = compare(&template, &value, &vars());
            }
        }

        #[test]
        fn every_value_fits_itself(value in any_json()) {
            // Both sides are read from text, as in a run.
            let text = value.to_string();
            let (template, value) = (Template::parse(&text).unwrap(), serde_json::from_str(&text).unwrap());
            prop_assert!(compare(&template, &value, &vars()).is_ok());
        }
    }
}
