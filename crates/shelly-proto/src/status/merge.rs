//! Partial statuses into whole ones.

use crate::escape::{ObjectWriter, written};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::members;

/// A status with what a later, perhaps partial one changes. The cloud does not say which of the two it sends, so clients
/// keep the last whole status and merge (dossier 9.1, 15 row 21).
///
/// Objects are merged member by member, at every depth; anything else, a list too, is replaced. Members keep their order,
/// new ones come last, numbers keep their spelling. Where either side is no object, the later one counts.
///
/// ```
/// use shelly_proto::status::merge;
/// let whole = merge(r#"{"serial":1,"switch:0":{"output":true,"apower":1.50}}"#, r#"{"serial":2,"switch:0":{"output":false}}"#);
/// assert_eq!(whole, r#"{"serial":2,"switch:0":{"output":false,"apower":1.50}}"#);
/// ```
pub fn merge(old: &str, new: &str) -> String {
    written(|out| merge_into(old.trim_ascii(), new.trim_ascii(), DEEPEST, out))
}

/// As deep as any status goes, many times over. Deeper objects are replaced as a whole.
const DEEPEST: usize = 64;

fn merge_into(old: &str, new: &str, deeper: usize, out: &mut Vec<u8>) {
    let (Some(old), Some(mut new_members)) = (members(old).filter(|_| deeper > 0), members(new)) else {
        return out.extend_from_slice(new.as_bytes());
    };
    let mut object = ObjectWriter::open(out);
    for (name, old) in old {
        let place = object.any_name(&name);
        match new_members.iter().position(|(known, _)| *known == name) {
            Some(at) => merge_into(old, new_members.remove(at).1, deeper - 1, place),
            None => place.extend_from_slice(old.as_bytes()),
        }
    }
    for (name, new) in new_members {
        object.any_name(&name).extend_from_slice(new.as_bytes());
    }
    object.close();
}

/// Members by name; of a repeated one the last.
fn members(json: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let mut members: Vec<(Cow<'_, str>, &str)> = Vec::new();
    let found = members::each_member(json, |name, value| match members.iter_mut().find(|(known, _)| *known == name) {
        Some(member) => member.1 = value,
        None => members.push((name, value)),
    });
    found.is_ok().then_some(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn value() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool), any::<i32>().prop_map(|n| json!(n))];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::btree_map("[a-c]", inner.clone(), 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
                proptest::collection::vec(inner, 0..3).prop_map(Value::Array),
            ]
        })
    }

    /// The same on trees.
    fn merged(old: &Value, new: &Value) -> Value {
        let (Value::Object(old), Value::Object(new)) = (old, new) else { return new.clone() };
        let mut whole = old.clone();
        for (name, new) in new {
            let value = old.get(name).map_or_else(|| new.clone(), |old| merged(old, new));
            whole.insert(name.clone(), value);
        }
        Value::Object(whole)
    }

    #[test]
    fn only_objects_are_merged() {
        for (old, new, whole) in [
            (r#"{"a":[1,2],"b":1.0}"#, r#"{"a":[3]}"#, r#"{"a":[3],"b":1.0}"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":null}"#, r#"{"a":null}"#),
            (r#"{"a":1}"#, r#"{"b":1e3,"a":{}}"#, r#"{"a":{},"b":1e3}"#),
            ("not json", r#"{"a":1}"#, r#"{"a":1}"#),
            ("{}", "{}", "{}"),
        ] {
            assert_eq!(merge(old, new), whole);
        }
        let deep = "{\"a\":".repeat(1000) + "1" + &"}".repeat(1000);
        assert_eq!(merge(&deep, &deep), deep);
    }

    proptest! {
        #[test]
        fn as_on_trees(old in value(), new in value()) {
            let whole: Value = serde_json::from_str(&merge(&old.to_string(), &new.to_string())).unwrap();
            prop_assert_eq!(whole, merged(&old, &new));
        }
    }
}
