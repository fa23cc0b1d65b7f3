//! Changes of a JSON value: members by pointer, values taken from elsewhere.

use serde_json::{Map, Value};
use std::borrow::Cow;

/// The most values that one rule may take from elsewhere: each can be as large as the message.
const MOST_TAKEN: usize = 100;

/// What a value of a rule can be taken from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    /// What the rule struck.
    pub(super) from: &'a Value,
    /// What that answers, if that is known.
    pub(super) asked: Option<&'a Value>,
}

/// A string of a rule that stands for a value of the message.
enum Taken<'a> {
    From(&'a str),
    Asked(&'a str),
    Text(&'a str),
    Number(&'a str),
    Plus(i64, &'a str),
}

impl<'a> Taken<'a> {
    /// `None` if the text stands for itself.
    ///
    /// # Errors
    /// A word that is unknown, or a pointer that is none.
    fn of(text: &'a str) -> Option<Result<Self, String>> {
        let rest = text.strip_prefix('$').filter(|rest| !rest.starts_with('$'))?;
        let (word, pointer) = rest.split_once(':').unwrap_or((rest, ""));
        let taken = match word {
            "from" => Self::From(pointer),
            "asked" => Self::Asked(pointer),
            "text" => Self::Text(pointer),
            "number" => Self::Number(pointer),
            "plus" => match pointer.split_once(':').and_then(|(by, rest)| Some((by.parse().ok()?, rest))) {
                Some((by, rest)) => Self::Plus(by, rest),
                None => return Some(Err(format!("{text:?} is written as \"$plus:1:/member\""))),
            },
            _ => {
                return Some(Err(format!(
                    "{text:?} is no value to take; there are $from:/member, $asked:/member, $text:/member, \
                     $number:/member and $plus:1:/member, and $$ stands for one $"
                )));
            }
        };
        Some(match taken.pointer() {
            pointer if is_pointer(pointer) => Ok(taken),
            pointer => Err(no_pointer(pointer)),
        })
    }

    fn pointer(&self) -> &'a str {
        match self {
            Self::From(at) | Self::Asked(at) | Self::Text(at) | Self::Number(at) | Self::Plus(_, at) => at,
        }
    }

    fn take(&self, source: Source<'_>) -> Option<Value> {
        let from = if let Self::Asked(_) = self { source.asked? } else { source.from };
        let value = at(from, self.pointer())?;
        match self {
            Self::From(_) | Self::Asked(_) => Some(value.into_owned()),
            Self::Text(_) => Some(match value.as_ref() {
                Value::String(text) => text.as_str().into(),
                other => other.to_string().into(),
            }),
            Self::Number(_) => match value.as_ref() {
                Value::Number(_) => Some(value.into_owned()),
                Value::String(text) => text.parse().ok().map(Value::Number),
                _ => None,
            },
            Self::Plus(by, _) => match value.as_i64() {
                Some(whole) => Some(whole.wrapping_add(*by).into()),
                None => Some((value.as_f64()? + *by as f64).into()),
            },
        }
    }
}

fn is_pointer(text: &str) -> bool {
    text.split('#').all(|part| part.is_empty() || part.starts_with('/'))
}

fn no_pointer(text: &str) -> String {
    format!("{text:?} is no JSON pointer; write \"/member\", \"/list/0\", or \"/text#/member\" into JSON in a string")
}

/// What is wrong with values of a rule, if anything.
pub(super) fn check_values<'a>(values: impl IntoIterator<Item = &'a Value>) -> Result<(), String> {
    let mut taken = 0;
    for value in values {
        count(value, &mut taken)?;
    }
    match taken {
        0..=MOST_TAKEN => Ok(()),
        _ => Err(format!("a rule takes at most {MOST_TAKEN} values from elsewhere")),
    }
}

fn count(value: &Value, taken: &mut usize) -> Result<(), String> {
    match value {
        Value::Object(members) => members.values().try_for_each(|value| count(value, taken)),
        Value::Array(items) => items.iter().try_for_each(|value| count(value, taken)),
        Value::String(text) => match Taken::of(text) {
            Some(Err(wrong)) => Err(wrong),
            Some(Ok(_)) => {
                *taken += 1;
                Ok(())
            }
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// What is wrong with pointers of a rule, if anything.
pub(super) fn check_pointers<'a>(pointers: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    match pointers.into_iter().find(|pointer| !is_pointer(pointer)) {
        Some(pointer) => Err(no_pointer(pointer)),
        None => Ok(()),
    }
}

/// The value that a rule writes: its own, with what is taken from elsewhere in it. A member or item whose source is not
/// there is left out.
pub(super) fn fill(value: &Value, source: Source<'_>) -> Option<Value> {
    Some(match value {
        Value::Object(members) => {
            let filled = members.iter().filter_map(|(name, value)| Some((name.clone(), fill(value, source)?)));
            Value::Object(filled.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().filter_map(|value| fill(value, source)).collect(),
        Value::String(text) => match Taken::of(text) {
            Some(taken) => taken.ok()?.take(source)?,
            None => text.strip_prefix('$').unwrap_or(text).into(),
        },
        other => other.clone(),
    })
}

/// What stands at a pointer; a `#` in it enters JSON that stands within a string.
fn at<'a>(value: &'a Value, pointer: &str) -> Option<Cow<'a, Value>> {
    match pointer.split_once('#') {
        None => value.pointer(pointer).map(Cow::Borrowed),
        Some((outer, inner)) => {
            let text: Value = serde_json::from_str(value.pointer(outer)?.as_str()?).ok()?;
            at(&text, inner).map(|value| Cow::Owned(value.into_owned()))
        }
    }
}

/// Writes a value to a pointer, or takes away what is there. Nothing happens where there is no such place.
pub(super) fn put(value: &mut Value, pointer: &str, new: Option<Value>) {
    if let Some((outer, inner)) = pointer.split_once('#') {
        let Some(Value::String(text)) = value.pointer_mut(outer) else { return };
        let Ok(mut inside) = serde_json::from_str(text) else { return };
        put(&mut inside, inner, new);
        *text = inside.to_string();
        return;
    }
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        *value = new.unwrap_or_default();
        return;
    };
    let name = last.replace("~1", "/").replace("~0", "~");
    match (value.pointer_mut(parent), new) {
        (Some(Value::Object(members)), Some(new)) => drop(members.insert(name, new)),
        (Some(Value::Object(members)), None) => drop(members.remove(&name)),
        (Some(Value::Array(items)), new) => match (name.parse::<usize>(), new) {
            (Ok(at), Some(new)) if at < items.len() => items[at] = new,
            (Ok(at), None) if at < items.len() => drop(items.remove(at)),
            (_, Some(new)) if name == "-" => items.push(new),
            _ => {}
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn put_all(mut value: Value, list: &[(&str, Option<Value>)]) -> Value {
        list.iter().for_each(|(pointer, new)| put(&mut value, pointer, new.clone()));
        value
    }

    #[test]
    fn members_are_written_and_taken_away() {
        let value = json!({"id": 7, "list": [1, 2, 3], "inner": "{\"a\":{\"b\":1}}", "x/y": 0});
        let changed = put_all(
            value,
            &[
                ("/id", Some("7".into())),
                ("/new", Some(true.into())),
                ("/list/1", None),
                ("/list/-", Some(4.into())),
                ("/list/9", Some(9.into())),
                ("/inner#/a/b", Some(2.into())),
                ("/nowhere/b", Some(2.into())),
                ("/x~1y", None),
            ],
        );
        assert_eq!(changed, json!({"id": "7", "new": true, "list": [1, 3, 4], "inner": "{\"a\":{\"b\":2}}"}));
        assert_eq!(put_all(json!([1]), &[("", Some(json!({})))]), json!({}));
    }

    #[test]
    fn values_are_taken_from_elsewhere() {
        let from = json!({"id": 7, "name": "8", "inner": "{\"a\":[1.5]}"});
        let asked = json!({"id": "q"});
        let source = Source { from: &from, asked: Some(&asked) };
        let rule = json!({
            "same": "$from:/id", "text": "$text:/id", "number": "$number:/name", "more": "$plus:-1:/id",
            "half": "$plus:1:/inner#/a/0", "asked": "$asked:/id", "gone": "$from:/nowhere", "dollar": "$$from:/id",
            "all": ["$text:/inner#/a", "$number:/inner"],
        });
        let filled = json!({
            "same": 7, "text": "7", "number": 8, "more": 6, "half": 2.5, "asked": "q", "dollar": "$from:/id",
            "all": ["[1.5]"],
        });
        assert_eq!(fill(&rule, source), Some(filled));
        assert_eq!(fill(&json!("$asked:/id"), Source { from: &from, asked: None }), None);
    }

    #[test]
    fn values_and_pointers_that_mean_nothing_are_refused() {
        for wrong in ["$form:/id", "$plus:/id", "$plus:x:/id", "$from:id", "$text:/a#b"] {
            assert!(check_values([&json!({"a": [wrong]})]).is_err(), "{wrong}");
        }
        assert!(check_values([&json!(["$$from", "$from:", "$plus:2:/a#/b", "100$"])]).is_ok());
        assert!(check_values([&Value::from(vec!["$from:"; 101])]).is_err());
        assert!(check_pointers(["/a", ""]).is_ok() && check_pointers(["a"]).is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "(\\$(from|asked|text|number|plus:1|plus:-9223372036854775808):)?[/#a01~\\-]{0,6}".prop_map(Value::from),
            Just(Value::from("{\"a\":[\"[0]\"]}")),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a01]", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_panics(mut value in any_json(), rule in any_json(), asked in any_json(), pointer in "[/#a01~\\-]{0,6}") {
            let source = Source { from: &value, asked: Some(&asked) };
            let new = fill(&rule, source);
            let _ = check_values([&rule]);
            let _ = at(&value, &pointer);
            put(&mut value, &pointer, new.clone());
            if let (Some(new), false) = (new, pointer.contains(['#', '-', '~', '0', '1'])) {
                prop_assert!(at(&value, &pointer).is_none_or(|found| *found == new));
            }
        }
    }
}
