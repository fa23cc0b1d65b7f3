//! Templates: what a message, body or event must hold to be meant.

use serde_json::Value;

/// Whether `value` has all that `like` has: members of objects, items of arrays in their places. Strings that begin with `$`
/// are matchers; one that is none of them stands for itself.
pub(crate) fn resembles(value: &Value, like: &Value) -> bool {
    match like {
        Value::Object(members) => match Word::of(like) {
            Some(word) => word.fits(value),
            None => value.as_object().is_some_and(|value| {
                members.iter().all(|(name, like)| match value.get(name) {
                    Some(value) => resembles(value, like),
                    None => like == "$absent",
                })
            }),
        },
        Value::Array(like) => value.as_array().is_some_and(|value| {
            value.len() == like.len() && value.iter().zip(like).all(|(value, like)| resembles(value, like))
        }),
        Value::String(text) if text.starts_with('$') => match text.as_str() {
            "$any" => true,
            "$absent" => false,
            "$string" => value.is_string(),
            "$number" => value.is_number(),
            "$bool" => value.is_boolean(),
            "$object" => value.is_object(),
            "$array" => value.is_array(),
            _ => match text.strip_prefix("$contains:") {
                Some(part) => value.as_str().is_some_and(|value| value.contains(part)),
                None => value == like,
            },
        },
        like => value == like,
    }
}

/// A matcher around another template.
enum Word<'a> {
    Not(&'a Value),
    Has(&'a Value),
    Json(&'a Value),
}

impl<'a> Word<'a> {
    fn of(template: &'a Value) -> Option<Self> {
        let members = template.as_object().filter(|members| members.len() == 1)?;
        match members.iter().next().map(|(name, inner)| (name.as_str(), inner))? {
            ("$not", inner) => Some(Self::Not(inner)),
            ("$has", inner) => Some(Self::Has(inner)),
            ("$json", inner) => Some(Self::Json(inner)),
            _ => None,
        }
    }

    fn fits(&self, value: &Value) -> bool {
        match self {
            Self::Not(like) => !resembles(value, like),
            Self::Has(like) => value.as_array().is_some_and(|items| items.iter().any(|item| resembles(item, like))),
            Self::Json(like) => {
                let inside = value.as_str().and_then(|text| serde_json::from_str(text).ok());
                inside.is_some_and(|inside| resembles(&inside, like))
            }
        }
    }
}

/// The first thing in a template that looks like a matcher and is none: a rule with it would never strike.
pub(crate) fn unknown_matcher(like: &Value) -> Option<&str> {
    const PLAIN: [&str; 7] = ["$any", "$absent", "$string", "$number", "$bool", "$object", "$array"];
    match like {
        Value::Object(members) => {
            let word = Word::of(like).is_some();
            let strange = members.keys().find(|name| !word && name.starts_with('$'));
            strange.map(String::as_str).or_else(|| members.values().find_map(unknown_matcher))
        }
        Value::Array(items) => items.iter().find_map(unknown_matcher),
        Value::String(text) if text.starts_with('$') => {
            (!PLAIN.contains(&text.as_str()) && !text.starts_with("$contains:")).then_some(text)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_ask_for_some_and_leave_the_rest() {
        let value = json!({"a": 1, "b": ["x", {"c": null}], "t": "{\"d\":[1,2]}"});
        for like in [
            json!({}),
            json!({"a": 1}),
            json!({"a": "$number", "z": "$absent", "b": "$array", "t": "$contains:\"d\""}),
            json!({"b": {"$has": {"c": null}}}),
            json!({"b": ["$any", "$object"], "t": {"$json": {"d": {"$has": 2}}}}),
            json!({"a": {"$not": 2}, "t": {"$not": "$bool"}}),
        ] {
            assert!(resembles(&value, &like), "{like}");
        }
        for like in [
            json!([]),
            json!({"a": "1"}),
            json!({"a": "$absent"}),
            json!({"b": ["x"]}),
            json!({"z": "$any"}),
            json!({"b": {"$has": {"c": 1}}}),
            json!({"t": {"$json": {"e": "$any"}}}),
            json!({"a": "$unheard-of"}),
        ] {
            assert!(!resembles(&value, &like), "{like}");
        }
    }

    #[test]
    fn what_is_no_matcher_is_found() {
        assert_eq!(unknown_matcher(&json!({"a": ["$any", {"b": "$int"}]})), Some("$int"));
        assert_eq!(unknown_matcher(&json!({"$nor": 1})), Some("$nor"));
        assert_eq!(unknown_matcher(&json!({"a": {"$not": "$string"}, "b": "$contains:x"})), None);
    }
}
