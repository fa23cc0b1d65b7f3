//! What holds for every message and every text.
#![allow(missing_docs, clippy::unwrap_used)]

use dummyload_session::Secret;
use pishock_proto::http::{
    Call, ClaimBody, ClaimShares, CreateShare, GetAccount, GetLinks, GetShareCodesByOwner, GetShared, GetShockers,
    GetShockersByShareIds, GetUserDevices, GetUserIfApiKeyValid, OperateBody, PascalCase,
};
use pishock_proto::{
    Channel, ClientMessage, Dialect, Level, Login, LoginAttempt, Order, PublishCommand, ServerMessage, ShareCode,
    ShockerId, UserId, decode_client, decode_server, endpoint, lint_client, lint_server, parse_login, redact_url,
    strategies,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::V1), Just(Dialect::V2)]
}

fn from_client() -> impl Strategy<Value = (Dialect, ClientMessage<'static>)> {
    dialect().prop_flat_map(|dialect| (Just(dialect), strategies::client_message(dialect)))
}

fn from_server() -> impl Strategy<Value = (Dialect, ServerMessage<'static>)> {
    dialect().prop_flat_map(|dialect| (Just(dialect), strategies::server_message(dialect)))
}

/// A text with a few characters of it replaced, removed or doubled.
fn mutated(text: String, changes: &[(prop::sample::Index, u8, char)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (at, how, with) in changes {
        if characters.is_empty() {
            break;
        }
        let at = at.index(characters.len());
        match how % 3 {
            0 => characters[at] = *with,
            1 => drop(characters.remove(at)),
            _ => characters.insert(at, *with),
        }
    }
    characters.into_iter().collect()
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, char)>> {
    let character =
        prop_oneof![prop::sample::select("\"\\{}[]:, 0123456789-.eEntfu'".chars().collect::<Vec<_>>()), any::<char>()];
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), character), 1..4)
}

/// Written and read again, it is the same, and so is its text.
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    let again: T = serde_json::from_str(&text).unwrap();
    assert_eq!(&again, value);
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
}

proptest! {
    #[test]
    fn requests_come_back((dialect, message) in from_client()) {
        let text = message.to_text(dialect);
        let again = decode_client(dialect, &text).unwrap();
        prop_assert_eq!(&again, &message);
        prop_assert_eq!(again.to_text(dialect), text.clone());
        prop_assert_eq!(&again.into_owned(), &message);
    }

    #[test]
    fn replies_come_back((dialect, message) in from_server()) {
        let text = message.to_text();
        let again = decode_server(dialect, &text).unwrap();
        prop_assert_eq!(&again, &message);
        prop_assert_eq!(again.to_text(), text.clone());
        prop_assert_eq!(&again.into_owned(), &message);
        prop_assert_eq!(lint_server(dialect, &text), []);
    }

    /// Whatever a program sends by way of [`Command`](pishock_proto::Command) is in range, and is what the documents show
    /// but for a user number left out.
    #[test]
    fn commands_are_as_documented(dialect in dialect(), orders in prop::collection::vec(strategies::order(), 1..4)) {
        let nameless = |order: &Order| PublishCommand::from(order.clone()).body.log.unwrap().user.is_none();
        let whole = !orders.iter().any(nameless);
        let text = ClientMessage::publish(orders.iter().cloned()).to_text(dialect);
        let lint = lint_client(dialect, &text);
        prop_assert!(lint.iter().all(|deviation| deviation.pointer.ends_with("/l/u")), "{lint:?}");
        prop_assert_eq!(lint.is_empty(), whole);
        let ClientMessage::Publish(commands) = decode_client(dialect, &text).unwrap() else { panic!("no publish") };
        for (command, order) in commands.iter().zip(&orders) {
            prop_assert_eq!(&command.channel(), order.channel());
            prop_assert!((0..=100).contains(&command.body.intensity.unwrap()));
            prop_assert!(order.command().is_stop() || (100..=15_000).contains(&command.body.duration.unwrap()));
            prop_assert!(command.body.log.as_ref().unwrap().origin.as_ref().unwrap().chars().count() <= 64);
        }
    }

    #[test]
    fn channels_come_back(channel in strategies::channel(), name in "c?[0-9]{0,5}-(ops|sops-[A-Z]{0,4}|ping|log)|\\PC{0,12}") {
        prop_assert_eq!(Channel::parse(&channel.to_string()), channel);
        prop_assert_eq!(Channel::parse(&name).to_string(), name);
    }

    #[test]
    fn logins_come_back_and_are_not_shown(login in strategies::login(), dialect in dialect()) {
        let endpoint = endpoint("ws://h:1/base", dialect, &login).unwrap();
        let query = endpoint.url.expose().split_once('?').unwrap().1;
        prop_assert_eq!(parse_login(dialect, query), LoginAttempt::Complete(login.clone()));
        let (Login::ApiKey { key: secret, .. } | Login::Token { token: secret, .. }) = &login else {
            panic!("another login")
        };
        // With another secret the same is shown.
        let other = match &login {
            Login::ApiKey { username, .. } => Login::api_key(username.as_str(), "another"),
            _ => Login::token(UserId(match &login { Login::Token { user, .. } => user.0, _ => 0 }), "another"),
        };
        let other = pishock_proto::endpoint("ws://h:1/base", dialect, &other).unwrap();
        prop_assert_eq!(&endpoint.shown, &other.shown);
        prop_assert_eq!(format!("{endpoint:?}{login:?}").matches(Secret::<()>::SHOWN).count(), 2);
        prop_assert!(secret.expose() == "another" || endpoint.url != other.url);
    }

    #[test]
    fn no_query_is_too_odd(query in "[\\PC&=%+]{0,60}|(UserId|Token|username|KEY|apikey|api)=[0-9a-z%&=]{0,20}", dialect in dialect()) {
        let _ = parse_login(dialect, &query);
        let _ = redact_url(&query);
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,60}|[\\[\\]{}\":,0-9a-zA-Z ]{0,80}", dialect in dialect()) {
        let _ = (decode_client(dialect, &text), lint_client(dialect, &text));
        let _ = (decode_server(dialect, &text), lint_server(dialect, &text));
    }

    /// What cannot be decoded is always an error of lint, and what deviates is never silent.
    #[test]
    fn no_mutated_request_is_too_odd((dialect, message) in from_client(), changes in changes()) {
        let text = mutated(message.to_text(dialect), &changes);
        let lint = lint_client(dialect, &text);
        match decode_client(dialect, &text) {
            Ok(message) => prop_assert!(!lint.is_empty() || message.to_text(dialect) == text, "{text}"),
            Err(_) => prop_assert!(lint.iter().any(|deviation| deviation.level == Level::Error), "{text}"),
        }
    }

    #[test]
    fn no_mutated_reply_is_too_odd((dialect, message) in from_server(), changes in changes()) {
        let text = mutated(message.to_text(), &changes);
        let lint = lint_server(dialect, &text);
        match decode_server(dialect, &text) {
            // A source of another type than text is no deviation.
            Ok(message) => prop_assert!(!lint.is_empty() || message.to_text() == text || text.contains("Source"), "{text}"),
            Err(_) => prop_assert!(lint.iter().any(|deviation| deviation.level == Level::Error), "{text}"),
        }
    }

    #[test]
    fn http_bodies_come_back(
        user in strategies::user(),
        account in strategies::account(),
        hubs in prop::collection::vec(strategies::hub(), 0..3),
        shocker in strategies::shocker(),
        share in strategies::share(),
        shared in strategies::shared_shocker(),
        link in strategies::link(),
        operate in strategies::operate_body(),
        claim in strategies::claim_body(),
    ) {
        comes_back(&user);
        comes_back(&account);
        comes_back(&hubs);
        comes_back(&shocker);
        comes_back(&share);
        comes_back(&shared);
        comes_back(&link);
        comes_back(&operate);
        comes_back(&claim);
        // In the other case, too.
        let pascal = serde_json::to_vec(&PascalCase(&hubs)).unwrap();
        prop_assert_eq!(GetUserDevices::new(UserId(1), &Login::api_key("a", "k")).answer(200, &pascal).unwrap(), hubs);
    }

    #[test]
    fn operations_are_read_as_sent(operation in strategies::operation(), agent in strategies::text()) {
        let body = OperateBody::of(&operation, &agent);
        prop_assert!(body.mode().is_some() && OperateBody::DURATIONS.contains(&body.duration.unwrap()));
        prop_assert!(OperateBody::INTENSITIES.contains(&body.intensity.unwrap()));
        comes_back(&body);
    }

    #[test]
    fn no_answer_is_too_odd(status in 100u16..600, body in prop::collection::vec(any::<u8>(), 0..40), user in strategies::user(), changes in changes()) {
        let login = || Login::api_key("a", "k");
        let (user_id, text) = (UserId(1), mutated(serde_json::to_string(&user).unwrap(), &changes));
        for body in [&body[..], text.as_bytes()] {
            let _ = GetUserIfApiKeyValid::new("a", "k").answer(status, body);
            let _ = GetUserDevices::new(user_id, &login()).answer(status, body);
            let _ = GetShareCodesByOwner::new(user_id, &login()).answer(status, body);
            let _ = GetShockersByShareIds::new(user_id, &login(), []).answer(status, body);
            let _ = CreateShare::new(user_id, &login(), ShockerId(1)).answer(status, body);
            let _ = GetAccount::new(login()).answer(status, body);
            let _ = GetShockers::new(login()).answer(status, body);
            let _ = GetShared::new(login()).answer(status, body);
            let _ = GetLinks::new(login()).answer(status, body);
            let _ = ClaimShares::new(login(), [ShareCode::new("X")]).unwrap().answer(status, body);
            let _ = serde_json::from_slice::<ClaimBody>(body);
        }
    }
}
