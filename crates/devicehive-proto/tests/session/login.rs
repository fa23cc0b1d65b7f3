//! Who the session is: the ways in, and tokens that are replaced in time.

use super::kit::*;
use devicehive_proto::TokenKind;
use devicehive_proto::message::Authenticate;
use devicehive_proto::session::{Credentials, Disconnect, Door, Event, LoginFailure, Refusal, SessionCommand};
use dummyload_session::{Action, ConnectFailure, Input, Secret, Session};
use serde_json::json;

fn tokens(access: &str, refresh: Option<&str>) -> Event {
    Event::Tokens { access: Secret::new(access.into()), refresh: refresh.map(|token| Secret::new(token.into())) }
}

#[test]
fn a_login_gets_tokens_and_authenticates_with_them() {
    let mut rig = Rig::of(Rig::config(Credentials::login("ann", "secret-word")));
    rig.input(Input::Connected);
    rig.tells_time();
    let login = rig.receives("token");
    assert_eq!((&login["login"], &login["password"]), (&json!("ann"), &json!("secret-word")));
    rig.accepts(&login, json!({"accessToken": access("two"), "refreshToken": refresh("r")}));
    let authenticate = rig.receives("authenticate");
    assert_eq!(authenticate["token"], access("two"));
    rig.accepts(&authenticate, json!({}));
    assert_eq!(rig.events(), [tokens(&access("two"), Some(&refresh("r"))), Event::Ready]);
    // The next connection begins with the token that there is.
    rig.loses_connection();
    rig.opens();
}

#[test]
fn the_cheapest_way_is_tried_first_and_the_next_if_it_is_refused() {
    let credentials = Credentials::login("ann", "pw").and_token(access("old")).and_refresh_token(refresh("r"));
    let mut rig = Rig::of(Rig::config(credentials));
    rig.input(Input::Connected);
    rig.tells_time();
    let authenticate = rig.receives("authenticate");
    rig.refuses(&authenticate, 401, "Token expired");
    let renewal = rig.receives("token/refresh");
    assert_eq!(renewal["refreshToken"], refresh("r"));
    // The server has this for bad refresh tokens, too (dossier 8.4).
    rig.refuses(&renewal, 500, "Invalid response status");
    let login = rig.receives("token");
    rig.accepts(&login, json!({"accessToken": access("new"), "refreshToken": refresh("new")}));
    let authenticate = rig.receives("authenticate");
    assert_eq!(authenticate["token"], access("new"));
    rig.accepts(&authenticate, json!({}));
    assert_eq!(rig.events(), [tokens(&access("new"), Some(&refresh("new"))), Event::Ready]);
}

#[test]
fn when_no_way_is_left_the_session_ends() {
    for (credentials, ways) in [
        (Credentials::token(access("one")), &[("authenticate", "Invalid credentials")][..]),
        (Credentials::refresh_token(access("one")), &[("token/refresh", "Invalid token type")]),
        (Credentials::login("ann", "pw"), &[("token", "User is locked or disabled")]),
        (
            Credentials::token(access("one")).and_refresh_token(refresh("r")),
            &[("authenticate", "Token expired"), ("token/refresh", "Token has expired")],
        ),
    ] {
        let mut rig = Rig::of(Rig::config(credentials));
        rig.input(Input::Connected);
        rig.tells_time();
        for (action, error) in ways {
            let request = rig.receives(action);
            rig.refuses(&request, 401, error);
        }
        let (_, last) = ways.last().unwrap();
        assert_eq!(rig.events(), [Event::LoginFailed(LoginFailure::Refused(Refusal::new(401, *last)))]);
        assert!(rig.session.is_terminated());
        assert!(matches!(rig.actions().as_slice(), [Action::Close { code: 1000, .. }]));
        rig.after(secs(3600));
        assert_eq!(rig.actions(), []);
    }
}

#[test]
fn tokens_that_are_refused_as_soon_as_they_are_given_make_no_circle() {
    let mut rig = Rig::of(Rig::config(Credentials::login("ann", "pw")));
    rig.input(Input::Connected);
    rig.tells_time();
    let mut requests = 0;
    while !rig.session.is_terminated() {
        for request in rig.texts() {
            requests += 1;
            match request["action"].as_str().unwrap() {
                "token" => rig.accepts(&request, json!({"accessToken": access("a"), "refreshToken": refresh("r")})),
                "token/refresh" => rig.accepts(&request, json!({"accessToken": access("b")})),
                _ => rig.refuses(&request, 401, "Invalid credentials"),
            }
        }
    }
    assert_eq!(requests, 4);
}

#[test]
fn a_server_that_cannot_check_a_login_is_tried_again() {
    let mut rig = Rig::of(Rig::config(Credentials::login("ann", "pw")));
    rig.input(Input::Connected);
    rig.tells_time();
    let login = rig.receives("token");
    rig.refuses(&login, 503, "Service is not available");
    rig.input(Input::Closed(Default::default()));
    match rig.events().as_slice() {
        [Event::Disconnected { why: Disconnect::Login(refusal), .. }] => assert_eq!(refusal.code, 503),
        other => panic!("{other:?}"),
    }
    rig.actions();
    rig.after(secs(60));
    rig.connects();
    // One that does not answer at all as well.
    rig.input(Input::Connected);
    rig.texts();
    rig.after(secs(30));
    rig.input(Input::Lost);
    let events = rig.events();
    assert!(matches!(&events[..], [Event::Disconnected { why: Disconnect::Silence, .. }]), "{events:?}");
}

#[test]
fn a_token_that_has_ended_by_the_servers_clock_is_not_tried_first() {
    let credentials = Credentials::token(access("one")).and_refresh_token(refresh("r"));
    let mut rig = Rig::of(Rig::config(credentials));
    rig.opens();
    // A day without a connection.
    rig.input(Input::Lost);
    rig.after(secs(86_400));
    rig.events();
    rig.actions();
    rig.input(Input::Connected);
    rig.receives("server/info");
    let renewal = rig.receives("token/refresh");
    let later = token("two", TokenKind::Access, 90_000_000);
    rig.accepts(&renewal, json!({"accessToken": later}));
    assert_eq!(rig.receives("authenticate")["token"], later);
}

#[test]
fn the_access_token_is_replaced_before_it_ends_while_the_connection_goes_on() {
    let credentials = Credentials::token(access("one")).and_refresh_token(refresh("r"));
    let mut rig = Rig::of(Rig::config(credentials).keep_alive(secs(100_000)));
    rig.opens();
    rig.after(secs(1739));
    assert_eq!(rig.texts().len(), 0);
    rig.after(secs(1));
    let renewal = rig.sent();
    assert_eq!(renewal["action"], "token/refresh");
    // Nobody answers: another try.
    rig.after(secs(30));
    assert_eq!(rig.texts().len(), 0);
    rig.after(secs(60));
    let renewal = rig.sent();
    let later = token("two", TokenKind::Access, 2 * HALF_AN_HOUR);
    rig.accepts(&renewal, json!({"accessToken": later}));
    // `token/create` goes on working.
    let authenticate = rig.receives("authenticate");
    rig.accepts(&authenticate, json!({}));
    assert_eq!(rig.events(), [tokens(&later, None)]);
    assert!(rig.session.is_ready());
    rig.after(secs(3540 - 1830));
    let renewal = rig.sent();
    rig.refuses(&renewal, 401, "Token has expired");
    assert_eq!(rig.events(), [Event::NotRenewed(Refusal::new(401, "Token has expired"))]);
    assert!(rig.session.is_ready(), "the socket outlives the token");
}

#[test]
fn without_a_way_to_another_token_none_is_asked_for() {
    let mut rig = Rig::of(Rig::config(Credentials::token(access("one"))).keep_alive(secs(100_000)));
    rig.opens();
    rig.after(secs(3000));
    assert_eq!(rig.texts().len(), 0);
}

#[test]
fn the_handshake_can_say_who_it_is() {
    let credentials = Credentials::token(access("one")).and_refresh_token(refresh("r"));
    let config = Rig::config(credentials).door(Door::Handshake);
    let mut session = devicehive_proto::session::DeviceHiveSession::new(config.clone());
    session.start(dummyload_session::Timestamp::ZERO);
    match session.poll_action() {
        Some(Action::Connect(endpoint)) => {
            assert_eq!(endpoint.headers[0].0, "Authorization");
            assert_eq!(*endpoint.headers[0].1.expose(), format!("Bearer {}", access("one")));
        }
        other => panic!("{other:?}"),
    }
    let mut rig = Rig::of(config);
    rig.input(Input::Connected);
    assert_eq!(rig.events(), [Event::Ready]);
    assert_eq!(rig.sent()["action"], "server/info");
    // A token that is no longer taken: by message with another one.
    rig.input(Input::Lost);
    rig.after(secs(60));
    rig.connects();
    rig.events();
    rig.input(Input::ConnectFailed(ConnectFailure::Refused { status: 401, body: String::new() }));
    match rig.events().as_slice() {
        [Event::Disconnected { why: Disconnect::Token { status: 401 }, .. }] => {}
        other => panic!("{other:?}"),
    }
    rig.after(secs(60));
    rig.connects();
    rig.input(Input::Connected);
    rig.receives("server/info");
    rig.receives("token/refresh");
    // Without another one it is the end.
    let mut rig = Rig::of(Rig::config(Credentials::token(access("one"))).door(Door::Handshake));
    rig.input(Input::ConnectFailed(ConnectFailure::Refused { status: 401, body: String::new() }));
    assert_eq!(rig.events(), [Event::LoginFailed(LoginFailure::Handshake { status: 401 })]);
    // A 401 to somebody who has said nothing yet is a gateway's.
    let mut rig = Rig::new();
    rig.input(Input::ConnectFailed(ConnectFailure::Refused { status: 401, body: String::new() }));
    assert!(matches!(rig.events().as_slice(), [Event::Disconnected { .. }]));
}

#[test]
fn who_is_nobody_asks_for_what_is_open_to_all() {
    let mut rig = Rig::of(Rig::config(Credentials::anonymous()));
    rig.input(Input::Connected);
    assert_eq!(rig.events(), [Event::Ready]);
    rig.tells_time();
    // And becomes somebody by a message of the program's.
    let token = Secret::new(access("own"));
    rig.ask(SessionCommand::Request(Box::new(Authenticate::new(token).into())));
    let authenticate = rig.sent();
    rig.accepts(&authenticate, json!({}));
    assert_eq!(rig.outcomes().len(), 1);
    rig.loses_connection();
    rig.input(Input::Connected);
    rig.receives("server/info");
    assert_eq!(rig.receives("authenticate")["token"], access("own"));
}

#[test]
fn no_secret_is_shown() {
    let credentials = Credentials::login("ann", "secret-word").and_token(access("a")).and_refresh_token(refresh("r"));
    let mut shown = vec![format!("{credentials:?}")];
    let mut rig = Rig::of(Rig::config(credentials).door(Door::Handshake));
    shown.push(format!("{:?}", rig.session));
    rig.input(Input::ConnectFailed(ConnectFailure::Refused { status: 401, body: String::new() }));
    rig.after(secs(60));
    shown.push(format!("{:?}", rig.actions()));
    rig.input(Input::Connected);
    rig.receives("server/info");
    let renewal = rig.receives("token/refresh");
    shown.push(rig.session.shown(&renewal.to_string()).into_owned());
    rig.refuses(&renewal, 401, "Token has expired");
    let login = rig.receives("token");
    shown.push(rig.session.shown(&login.to_string()).into_owned());
    rig.accepts(&login, json!({"accessToken": access("n"), "refreshToken": refresh("n")}));
    // It comes twice.
    rig.accepts(&login, json!({"accessToken": access("n"), "refreshToken": refresh("n")}));
    rig.hears(&json!({"accessToken": access("n")}).to_string());
    let events = rig.events();
    assert!(matches!(events.last(), Some(Event::Unrecognised { .. })), "{events:?}");
    assert!(matches!(events[events.len() - 2], Event::Unmatched { .. }), "{events:?}");
    shown.push(format!("{events:?} {:?}", rig.session));
    let authenticate = rig.receives("authenticate");
    shown.push(rig.session.shown(&authenticate.to_string()).into_owned());
    for text in shown {
        assert!(!text.contains("secret-"), "{text}");
    }
}
