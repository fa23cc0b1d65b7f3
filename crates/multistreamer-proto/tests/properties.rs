//! What holds for all messages.
#![allow(missing_docs, clippy::unwrap_used)]

use multistreamer_proto::http::{Call, GetAccounts, GetStreams, GetUsers, Login};
use multistreamer_proto::{Line, decode_client, decode_server, lint_client, lint_server, lua, markdown, strategies};
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_a_client_writes_is_read_again(message in strategies::client_message()) {
        let text = message.to_text();
        prop_assert_eq!(&decode_client(&text), &message);
        prop_assert_eq!(&decode_client(&text).into_owned(), &message);
        let _: serde_json::Value = serde_json::from_str(&text).unwrap();
        lint_client(&text);
    }

    #[test]
    fn what_a_server_writes_is_read_again(message in strategies::server_message()) {
        let text = message.to_text();
        prop_assert_eq!(&decode_server(&text), &message);
        prop_assert_eq!(&decode_server(&text).into_owned(), &message);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        lint_server(&text);
        // As the real server escapes, it is the same message.
        let slashed = decode_server(&lua::slashes(&text)).into_owned().to_text();
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&slashed).unwrap(), value);
    }

    #[test]
    fn what_passes_through_stays_what_it_is(value in strategies::raw()) {
        let value: serde_json::Value = value.parse().unwrap();
        let once = lua::pass_through(&value);
        let again: serde_json::Value = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(lua::pass_through(&again), once);
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,60}|[\\[\\]{}\":,0-9a-zA-Z \\\\/]{0,80}") {
        let _ = (decode_client(&text), lint_client(&text), decode_server(&text), lint_server(&text));
        let _ = (Line::parse(&text), markdown::escape(&text), markdown::pieces(&text));
        for status in [200, 400, 401, 500] {
            let token = || String::from("t").into();
            let _ = Login::new("a", "b").answer(status, text.as_bytes());
            let _ = GetStreams::new(token()).answer(status, text.as_bytes());
            let _ = GetAccounts::new(token()).answer(status, text.as_bytes());
            let _ = GetUsers::new(token()).answer(status, text.as_bytes());
        }
    }
}
