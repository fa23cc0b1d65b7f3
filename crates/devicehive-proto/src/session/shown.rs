//! Messages as a log may show them.

use crate::text::push_string;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use dummyload_codec::members::{Object, each_item, is_null};
use dummyload_session::Secret;

/// What is secret wherever it stands.
const SECRETS: [&str; 5] = ["token", "accessToken", "refreshToken", "password", "oldPassword"];
/// The configuration value that tokens are signed with (dossier 10).
const SIGNING: &str = "jwt.secret";

/// The text without tokens, passwords and the secret behind tokens. One that cannot be read and may hold some is not shown at
/// all.
pub(super) fn shown(message: &str) -> Cow<'_, str> {
    let suspect = ["oken", "assword", SIGNING, "\\u"].iter().any(|hint| message.contains(hint));
    if !suspect {
        return Cow::Borrowed(message);
    }
    let Ok(json) = crate::strict(message) else { return Cow::Borrowed(Secret::<()>::SHOWN) };
    let mut out = Vec::with_capacity(json.len());
    value(json.trim(), &mut out);
    Cow::Owned(dummyload_codec::write::text(out))
}

fn value(json: &str, out: &mut Vec<u8>) {
    match json.as_bytes().first() {
        Some(b'{') => object(json, out),
        Some(b'[') => {
            out.push(b'[');
            let mut first = true;
            // It is JSON, so there is no error to be told.
            let _ = each_item(json, |item| {
                comma(&mut first, out);
                value(item, out);
            });
            out.push(b']');
        }
        _ => out.extend_from_slice(json.as_bytes()),
    }
}

fn object(json: &str, out: &mut Vec<u8>) {
    let members = Object::read(json).unwrap_or_default();
    let signing = members.text("name").is_some_and(|name| name == SIGNING);
    out.push(b'{');
    let mut first = true;
    for (name, member) in members.iter() {
        comma(&mut first, out);
        push_string(out, name);
        out.push(b':');
        let secret = SECRETS.contains(&name) || signing && name == "value";
        if secret && !is_null(member) {
            push_string(out, Secret::<()>::SHOWN);
        } else {
            value(member, out);
        }
    }
    out.push(b'}');
}

fn comma(first: &mut bool, out: &mut Vec<u8>) {
    if !core::mem::take(first) {
        out.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn secrets_are_cut_out_wherever_they_stand() {
        for (message, wanted) in [
            (
                r#"{"action":"token","requestId":1,"login":"ann","password":"p1"}"#,
                r#"{"action":"token","requestId":1,"login":"ann","password":"[redacted]"}"#,
            ),
            (
                r#"{"action":"token","status":"success","accessToken":"a.b.c","refreshToken":"d.e.f"}"#,
                r#"{"action":"token","status":"success","accessToken":"[redacted]","refreshToken":"[redacted]"}"#,
            ),
            (r#"{"user":{"login":"x","pass\u0077ord":"p"}}"#, r#"{"user":{"login":"x","password":"[redacted]"}}"#),
            (
                r#"{"configuration":{"name":"jwt.secret","value":"s"}}"#,
                r#"{"configuration":{"name":"jwt.secret","value":"[redacted]"}}"#,
            ),
            (r#"{"action":"authenticate","token":null}"#, r#"{"action":"authenticate","token":null}"#),
            (r#"{"a":[{"token":"x"},1.50]}"#, r#"{"a":[{"token":"[redacted]"},1.50]}"#),
            ("{'token':'a.b.c'}", r#"{"token":"[redacted]"}"#),
            ("token: a.b.c", "[redacted]"),
            ("whatever", "whatever"),
        ] {
            assert_eq!(shown(message), wanted);
        }
    }
}
