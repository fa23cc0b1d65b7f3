//! JSON as the server's library writes what passes through it (dossier 4, serialization): numbers with 14 digits, no null
//! members, no nulls at the end of arrays, empty arrays as objects. A mock passes on unknown members in this form, and whoever
//! compares with the real server has to expect it.

pub use crate::lua_read::{Read, Unreadable, read, read_with_nulls};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::write::{push_string, text};
use serde_json::{Map, Value};

/// The text of a value in the server's form. Slashes are left as they are; see [`slashes`].
///
/// ```
/// use multistreamer_proto::lua::pass_through;
/// let value = serde_json::json!({"a": null, "b": [1, null], "c": [null], "n": 1e20, "r": 0.30000000000000004});
/// assert_eq!(pass_through(&value), r#"{"b":[1],"c":{},"n":1e+20,"r":0.3}"#);
/// ```
pub fn pass_through(value: &Value) -> String {
    let mut out = Vec::new();
    push(&mut out, value);
    text(out)
}

fn push(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        Value::Number(number) => {
            out.extend_from_slice(number_text(number.as_f64().unwrap_or_default()).as_bytes());
        }
        Value::String(string) => push_string::<0>(out, string),
        Value::Array(items) => push_array(out, items),
        Value::Object(members) => push_object(out, members),
    }
}

fn push_array(out: &mut Vec<u8>, items: &[Value]) {
    let length = items.iter().rposition(|item| !item.is_null()).map_or(0, |last| last + 1);
    if length == 0 {
        return out.extend_from_slice(b"{}");
    }
    out.push(b'[');
    for (at, item) in items[..length].iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push(out, item);
    }
    out.push(b']');
}

fn push_object(out: &mut Vec<u8>, members: &Map<String, Value>) {
    out.push(b'{');
    for (at, (name, value)) in members.iter().filter(|(_, value)| !value.is_null()).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_string::<0>(out, name);
        out.push(b':');
        push(out, value);
    }
    out.push(b'}');
}

/// Whether the server's library refuses to write an array: of more than ten items, more than half are null before the last
/// value, at any depth (dossier 5).
pub fn is_too_sparse(value: &Value) -> bool {
    match value {
        Value::Array(items) => {
            let last = items.iter().rposition(|item| !item.is_null()).map_or(0, |last| last + 1);
            let values = items.iter().filter(|item| !item.is_null()).count();
            (last > 10 && last > values * 2) || items.iter().any(is_too_sparse)
        }
        Value::Object(members) => members.values().any(is_too_sparse),
        _ => false,
    }
}

/// A number with 14 significant digits, as C writes it with `%.14g`.
pub fn number_text(number: f64) -> String {
    if number == 0.0 {
        return if number.is_sign_negative() { "-0" } else { "0" }.into();
    }
    let scientific = format!("{number:.13e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..14).contains(&exponent) {
        let places = usize::try_from(13 - exponent).unwrap_or_default();
        return trimmed(&format!("{number:.places$}")).into();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
}

/// Without zeros at the end of a fraction.
fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// The same JSON with every slash escaped, as the server writes them all, and the one control character beyond the others.
pub fn slashes(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 16);
    let mut escaped = false;
    for c in json.chars() {
        match c {
            '/' if !escaped => out.push_str("\\/"),
            '\u{7f}' => out.push_str("\\u007f"),
            c => out.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_written_as_recorded() {
        // captures/server-12.3/irc-unknown-keys
        for (number, written) in [
            (2_147_483_648.0, "2147483648"),
            (9_007_199_254_740_993.0, "9.007199254741e+15"),
            (1.5e300, "1.5e+300"),
            (0.1, "0.1"),
            (-0.0, "-0"),
            (1e2, "100"),
            (100_000_000_000_000.0, "1e+14"),
            (99_999_999_999_999.0, "99999999999999"),
            (123_456_789_012_345.0, "1.2345678901234e+14"),
            (0.300_000_000_000_000_04, "0.3"),
            (1e-7, "1e-07"),
            (2.5, "2.5"),
            (12_345_678_901_234_567_890.0, "1.2345678901235e+19"),
            (-1.0, "-1"),
            (0.0001, "0.0001"),
        ] {
            assert_eq!(number_text(number), written);
        }
    }

    #[test]
    fn nulls_and_empty_lists_go_as_recorded() {
        // captures/server-12.3/irc-null-handling, irc-unknown-keys
        for (given, written) in [
            (json!({"a": null, "b": 1, "c": {"d": null}}), r#"{"b":1,"c":{}}"#),
            (json!([null, null, 2, null]), "[null,null,2]"),
            (json!([null]), "{}"),
            (json!({"k": [1, null, true, "x", {"y": []}]}), r#"{"k":[1,null,true,"x",{"y":{}}]}"#),
        ] {
            assert_eq!(pass_through(&given), written);
        }
        let nulls = |count: usize| Value::from([vec![Value::Null; count], vec![json!(1)]].concat());
        assert!(!is_too_sparse(&nulls(9)) && is_too_sparse(&json!({"l": nulls(11)})));
        assert_eq!(slashes(r#"["a/b\/c","\\"]"#), r#"["a\/b\/c","\\"]"#);
        assert_eq!(slashes(r#""\\/""#), r#""\\\/""#);
    }

    use alloc::vec;
}
