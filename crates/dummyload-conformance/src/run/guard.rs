//! Looks at what is about to be sent: whether it is worse than its case says. The lint has looked at the file; what variables put
//! into it, and what escapes and masks hide, is seen only here.

use crate::case::Hazard;
use crate::suite::{HazardSign, Protocol};
use serde_json::Value;

/// The sign of a worse hazard than the case declares, if one stands in this text, in the JSON that it is, or in JSON within
/// that.
pub(super) fn worse<'a>(protocol: &'a Protocol, declared: Hazard, text: &str) -> Option<&'a HazardSign> {
    let signs: Vec<&HazardSign> = protocol.hazards.iter().filter(|sign| sign.class > declared).collect();
    if signs.is_empty() {
        return None;
    }
    let mut forms = vec![text.to_owned()];
    let mut at = 0;
    while let Some(form) = forms.get(at) {
        at += 1;
        if let Some(sign) = signs.iter().find(|sign| sign.pattern.is_match(form)) {
            return Some(sign);
        }
        if let Ok(value) = serde_json::from_str::<Value>(form) {
            // Written anew it has no escapes that nothing calls for.
            let plain = value.to_string();
            let found = texts(&value).chain((plain != *form).then_some(plain)).collect::<Vec<_>>();
            forms.extend(found);
        }
    }
    None
}

/// The texts in a value that may be JSON themselves.
fn texts(value: &Value) -> Box<dyn Iterator<Item = String> + '_> {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[', '"']) => {
            Box::new(std::iter::once(text.clone()))
        }
        Value::Array(items) => Box::new(items.iter().flat_map(texts)),
        Value::Object(members) => Box::new(members.values().flat_map(texts)),
        _ => Box::new(std::iter::empty()),
    }
}

/// The payloads of frames that a client could have sent (RFC 6455, 5.2), one behind the other and without their masks. Bytes
/// that are no frames stay as they are.
pub(super) fn payloads(bytes: &[u8]) -> String {
    let mut plain = Vec::new();
    let mut rest = bytes;
    while let Some((payload, after)) = frame(rest) {
        plain.extend(payload);
        rest = after;
    }
    plain.extend_from_slice(rest);
    String::from_utf8_lossy(&plain).into_owned()
}

fn frame(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match head[1] & 0x7f {
        126 => rest.split_first_chunk::<2>().map(|(length, rest)| (u16::from_be_bytes(*length).into(), rest))?,
        127 => rest.split_first_chunk::<8>().map(|(length, rest)| (u64::from_be_bytes(*length), rest))?,
        short => (short.into(), rest),
    };
    let (mask, rest) =
        if head[1] & 0x80 == 0 { ([0; 4], rest) } else { rest.split_first_chunk().map(|(m, r)| (*m, r))? };
    // A frame that is cut off has what there is.
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
    let (payload, rest) = rest.split_at(length);
    Some((payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;
    use proptest::prelude::*;

    fn is_caught(text: &str) -> bool {
        let suite = Suite::load([("room/target.toml", include_str!("../../tests/fixtures/room/target.toml"))]).unwrap();
        worse(suite.protocol("room").unwrap(), Hazard::Mutates, text).is_some()
    }

    #[test]
    fn no_spelling_hides_a_hazard() {
        for text in [
            r#"{"switch":1}"#,
            r#"{"\u0073witch":1}"#,
            r#"["{\"switch\":1}"]"#,
            r#"["{\"\\u0073witch\":1}"]"#,
            r#"{"a":["[\"{\\\"switch\\\":1}\"]"]}"#,
        ] {
            assert!(is_caught(text), "{text}");
        }
        assert!(!is_caught(r#"{"witch":"switch"}"#.replace("switch", "swift").as_str()));
    }

    #[test]
    fn masks_are_taken_off() {
        let mut bytes = vec![0x81, 0x80 | 12, 1, 2, 3, 4];
        bytes.extend(br#"{"switch":1}"#.iter().zip([1, 2, 3, 4].into_iter().cycle()).map(|(byte, mask)| byte ^ mask));
        assert!(is_caught(&payloads(&bytes)), "{}", payloads(&bytes));
        assert_eq!(payloads(b"GET / HTTP/1.1"), payloads(b"GET / HTTP/1.1"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = payloads(&bytes);
        }
    }
}
