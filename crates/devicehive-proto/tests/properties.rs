//! What holds for all messages.
#![allow(missing_docs, clippy::unwrap_used)]

use devicehive_proto::http::{Call, Twin, WaitForCommand};
use devicehive_proto::message::{ClientMessage, PushBody, Request, ServerMessage, ServerReply};
use devicehive_proto::{Action, Json, Level, TokenKey, lint_client, lint_server, read_lenient, strategies, strict};
use proptest::prelude::*;

/// The text with one character changed.
fn mutated(text: &str, at: prop::sample::Index, with: char) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    let at = at.index(characters.len());
    characters[at] = with;
    characters.into_iter().collect()
}

proptest! {
    #[test]
    fn what_a_client_writes_is_read_again(message in strategies::client_message()) {
        let text = message.to_text();
        prop_assert_eq!(&ClientMessage::decode(&text).unwrap(), &message);
        prop_assert_eq!(strict(&text).unwrap(), text.as_str());
        let worst = lint_client(&text).into_iter().map(|found| found.kind.name()).collect::<Vec<_>>();
        // Of what these tables do not show: ranges, words, and what needs a thought.
        let known = ["no-request-id", "not-a-device-id", "out-of-range", "empty-list", "unknown-word", "missing-member", "null-member"];
        prop_assert!(worst.iter().all(|kind| known.contains(kind)), "{worst:?}");
    }

    #[test]
    fn what_a_server_writes_is_read_again(message in strategies::server_message()) {
        let text = message.to_text();
        prop_assert_eq!(&ServerMessage::decode(&text).unwrap(), &message);
        prop_assert_eq!(strict(&text).unwrap(), text.as_str());
        prop_assert_eq!(lint_server(&text), []);
    }

    #[test]
    fn answers_come_back(at in any::<prop::sample::Index>(), seed in any::<prop::sample::Index>()) {
        let action = *at.get(Action::ALL);
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        for _ in 0..=seed.index(3) {
            let answer = strategies::answer_to(action).new_tree(&mut runner).unwrap().current();
            let reply = ServerReply::success(action, Json::from(1), &answer);
            prop_assert_eq!(reply.answer(action).unwrap(), answer);
        }
    }

    #[test]
    fn entities_are_their_own_text(command in strategies::command(), notification in strategies::notification()) {
        let mut out = Vec::new();
        command.write_full(&mut out);
        prop_assert_eq!(serde_json::from_slice::<devicehive_proto::Command>(&out).unwrap(), command);
        out.clear();
        notification.write_full(&mut out);
        prop_assert_eq!(serde_json::from_slice::<devicehive_proto::Notification>(&out).unwrap(), notification);
    }

    #[test]
    fn tokens_come_back_under_their_own_secret_only(payload in strategies::token_payload(), secret in "[a-z]{8,20}") {
        let token = TokenKey::new(&secret).sign(&payload);
        prop_assert_eq!(TokenKey::new(&secret).read(&token), Ok(payload));
        let other = TokenKey::new(&("zzzz".to_owned() + &secret));
        prop_assert!(other.read(&token).is_err());
    }

    #[test]
    fn every_request_has_one_way_over_http_or_none(request in strategies::request()) {
        let Some(call) = Twin::of(request.clone()) else {
            let none = [Action::Authenticate, Action::SubscriptionList, Action::CommandUnsubscribe, Action::NotificationUnsubscribe];
            let updates = matches!(&request, Request::CommandSubscribe(it) if it.return_updated_commands == Some(true));
            prop_assert!(updates || none.contains(&request.action().unwrap()));
            return Ok(());
        };
        let target = call.request().target.expose().clone();
        prop_assert!(target.starts_with('/') && target.is_ascii() && !target.contains(' '), "{target}");
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,60}|[\\[\\]{}\":,'=;#/*0-9a-zA-Z \\\\]{0,80}") {
        let _ = (ClientMessage::decode(&text), lint_client(&text), ServerMessage::decode(&text), lint_server(&text));
        let _ = (read_lenient(&text), strict(&text).is_ok(), Json::parse(&text), TokenKey::new(&text).read(&text));
        for status in [200, 204, 400, 401, 502] {
            let _ = Twin::of(Request::ServerInfo).unwrap().answer(status, text.as_bytes());
            let _ = WaitForCommand::new("d", 1).answer(status, text.as_bytes());
        }
    }

    #[test]
    fn no_mutation_is_too_odd(client in strategies::client_message(), server in strategies::server_message(),
                              at in any::<prop::sample::Index>(), with in "[\"'\\\\{}\\[\\],:;=0nt]") {
        let with = with.chars().next().unwrap();
        let text = mutated(&client.to_text(), at, with);
        let found = lint_client(&text);
        match ClientMessage::decode(&text) {
            // What was read is written, and reads the same.
            Ok(decoded) => prop_assert_eq!(ClientMessage::decode(&decoded.to_text()).unwrap(), decoded),
            Err(e) => prop_assert!(found.iter().any(|found| found.level > Level::Info), "{e}"),
        }
        let text = mutated(&server.to_text(), at, with);
        lint_server(&text);
        if let Ok(decoded) = ServerMessage::decode(&text) {
            prop_assert_eq!(ServerMessage::decode(&decoded.to_text()).unwrap(), decoded);
        }
    }
}

#[test]
fn strategies_leave_out_no_message() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for action in Action::ALL {
        let request = strategies::request_for(*action).new_tree(&mut runner).unwrap().current();
        assert_eq!(request.action(), Some(*action));
    }
    let mut pushes = [false; 3];
    for _ in 0..100 {
        match strategies::push().new_tree(&mut runner).unwrap().current().body {
            PushBody::CommandInsert(_) => pushes[0] = true,
            PushBody::CommandUpdate(_) => pushes[1] = true,
            PushBody::NotificationInsert(_) => pushes[2] = true,
            _ => {}
        }
    }
    assert_eq!(pushes, [true; 3]);
}
