//! Tokens: refused, replaced in time, sent nowhere else, shown nowhere.

use super::kit::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dummyload_session::{ConnectFailure, Input, Outcome, Secret, Session, SessionEvent, Timestamp};
use shelly_proto::session::{
    CommandError, Disconnect, Event, LoginFailure, SessionCommand, SessionConfig, TokenError, TokenRefusal, Wanted,
};
use shelly_proto::{Claims, Elsewhere, HostPolicy, ServerError};
use std::time::Duration;

#[test]
fn a_refused_token_is_told_from_a_network_failure_and_asked_for_again() {
    type Refuse = fn(&mut Rig);
    let refusals: [(Refuse, TokenRefusal); 3] = [
        (
            |rig| {
                rig.input(Input::Connected);
                rig.closes(4401);
            },
            TokenRefusal::Closed { reason: "Token-Broken".into() },
        ),
        (
            |rig| {
                let failure = ConnectFailure::Refused { status: 401, body: r#"{"isok":false,"errors":{}}"#.into() };
                rig.input(Input::ConnectFailed(failure));
            },
            TokenRefusal::Handshake { status: 401 },
        ),
        (
            |rig| {
                let failure = ConnectFailure::Refused { status: 403, body: "<html>".into() };
                rig.input(Input::ConnectFailed(failure));
            },
            TokenRefusal::Handshake { status: 403 },
        ),
    ];
    for (refuse, refusal) in refusals {
        let mut rig = Rig::new();
        refuse(&mut rig);
        let why = Disconnect::Refused(refusal.clone());
        let wanted = Event::CredentialsNeeded { before: rig.now, why: Wanted::Refused(refusal.clone()) };
        assert_eq!(rig.events(), [Event::Disconnected { why, retry_at: None }, wanted.clone()]);
        rig.actions();
        // Nobody answers: it is asked again, and nothing else happens.
        rig.after(secs(30));
        assert!(matches!(rig.events().as_slice(), [Event::CredentialsNeeded { why: Wanted::Refused(_), .. }]));
        assert_eq!(rig.actions(), []);
        // A new token is used at once.
        rig.gets_token("two");
        rig.connects_with("secret-two");
        // It is refused too.
        refuse(&mut rig);
        let end = Event::LoginFailed(LoginFailure::RefusedAgain(refusal));
        assert_eq!(rig.events(), [end]);
        assert!(rig.session.is_terminated());
        rig.actions();
        rig.after(secs(3600));
        assert_eq!((rig.actions(), rig.refuses(on())), (vec![], CommandError::Ended));
    }
}

#[test]
fn without_another_token_a_refusal_is_the_end() {
    let mut rig = Rig::ready();
    rig.ask(on());
    rig.actions();
    rig.closes(4401);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }]);
    rig.ask(SessionCommand::NoCredentials);
    let mut events: Vec<_> = std::iter::from_fn(|| rig.session.poll_event()).collect();
    let refusal = TokenRefusal::Closed { reason: "Token-Broken".into() };
    match events.pop() {
        Some(SessionEvent::Notice(Event::LoginFailed(failure))) => {
            assert_eq!(failure, LoginFailure::NoCredentials(refusal));
            assert!(failure.to_string().contains("log in again"));
        }
        other => panic!("{other:?}"),
    }
    assert!(rig.session.is_terminated());
}

#[test]
fn the_next_token_is_asked_for_in_time() {
    // 300 s before the end; 11 h of use; half of what is left, where that is little.
    for (exp, due) in [
        (HALF_A_DAY, 11 * 3600),
        (36_000, 35_700),
        (1000, 700),
        (400, 200),
        (10, 10),
        (-5, 10),
        (i64::MAX - EPOCH, 11 * 3600),
    ] {
        let config = SessionConfig::new(token("one", SHELLY, exp), HostPolicy::ShellyCloudOnly).unwrap();
        let mut rig = Rig::of(config.epoch(EPOCH).keep_alive(secs(40_000)).rpc_timeout(secs(90_000)));
        rig.after(secs(due - 1));
        assert_eq!(rig.events(), [], "{exp}");
        rig.after(secs(1));
        match rig.events().as_slice() {
            [Event::CredentialsNeeded { before, why: Wanted::Expiring }] => {
                assert_eq!(*before, Timestamp::new(secs(u64::try_from(exp).unwrap_or(0))));
            }
            other => panic!("{exp}: {other:?}"),
        }
    }
    // What the token service said counts more than the token.
    let mut rig = Rig::of(Rig::config().lifetime(secs(1000)));
    rig.input(Input::ConnectFailed(ConnectFailure::TimedOut));
    rig.events();
    rig.after(secs(699));
    assert!(!rig.events().iter().any(|event| matches!(event, Event::CredentialsNeeded { .. })));
    rig.after(secs(1));
    assert!(rig.events().iter().any(|event| matches!(event, Event::CredentialsNeeded { .. })));
    // A token that does not say when it ends is replaced too.
    let mut claims = Claims::default();
    claims.user_api_url = Some(SHELLY.into());
    let endless = format!("a.{}.secret-one", URL_SAFE_NO_PAD.encode(claims.to_json()));
    let mut rig = Rig::of(SessionConfig::new(endless, HostPolicy::ShellyCloudOnly).unwrap().rpc_timeout(secs(90_000)));
    rig.after(secs(11 * 3600));
    assert!(matches!(rig.events().as_slice(), [Event::CredentialsNeeded { before: Timestamp::NEVER, .. }]));
}

#[test]
fn a_new_token_is_kept_for_the_next_connection() {
    let mut rig = Rig::ready();
    rig.gets_token("two");
    assert_eq!(rig.actions(), [], "the connection stays");
    rig.input(Input::Lost);
    rig.events();
    rig.after(secs(1));
    rig.connects_with("secret-two");
    rig.opens();
    // It comes just before the old one is refused: nothing needs to be asked for.
    rig.gets_token("three");
    rig.closes(4401);
    match rig.events().as_slice() {
        [Event::Disconnected { why: Disconnect::Refused(_), retry_at: Some(_) }] => {}
        other => panic!("{other:?}"),
    }
    rig.after(secs(2));
    rig.connects_with("secret-three");
    rig.opens();
    // There is no other, but this one still works.
    rig.ask(SessionCommand::NoCredentials);
    assert_eq!(rig.outcomes(), [noted()]);
    assert!(rig.session.is_ready());
}

#[test]
fn a_token_that_is_refused_after_it_worked_is_replaced_again_but_ever_later() {
    let mut rig = Rig::ready();
    let mut waits = Vec::new();
    for name in ["two", "three", "four", "five", "six", "seven"] {
        rig.closes(4401);
        rig.events();
        rig.gets_token(name);
        let before = rig.now;
        let retry = rig.session.poll_deadline().filter(|deadline| deadline.why.contains("attempt"));
        if let Some(retry) = retry {
            rig.after(retry.at - rig.now);
        }
        waits.push(rig.now - before);
        rig.connects_with(&format!("secret-{name}"));
        rig.opens();
    }
    assert_eq!(waits[0], Duration::ZERO, "the first time at once");
    assert!(waits[1..].iter().all(|wait| *wait >= millis(100)), "{waits:?}");
    // After a connection that lived, it is at once again.
    for _ in 0..3 {
        rig.after(secs(20));
        rig.input(Input::Pong);
    }
    rig.closes(4401);
    rig.events();
    rig.actions();
    rig.gets_token("eight");
    rig.connects_with("secret-eight");
}

#[test]
fn tokens_lead_only_where_the_policy_agrees() {
    let pinned = |url: &str| SessionConfig::new(token("x", url, 1), HostPolicy::ShellyCloudOnly).err();
    assert_eq!(pinned("https://example.com"), Some(TokenError::Server(ServerError::Foreign)));
    assert_eq!(pinned("http://a.shelly.cloud"), Some(TokenError::Server(ServerError::NotSecure)));
    assert!(matches!(SessionConfig::new("x", HostPolicy::Any), Err(TokenError::Claims(_))));
    let mut rig = Rig::ready();
    let foreign = Secret::new(token("two", "https://example.com", 1));
    let refused = rig.refuses(SessionCommand::Credentials { token: foreign, lifetime: None });
    assert_eq!(refused, CommandError::Token(TokenError::Server(ServerError::Foreign)));
    // An account that was moved.
    let moved = Secret::new(token("three", "https://shelly-9-us.shelly.cloud", HALF_A_DAY));
    rig.ask(SessionCommand::Credentials { token: moved, lifetime: None });
    rig.outcomes();
    rig.input(Input::Lost);
    rig.after(secs(1));
    rig.connects_with("wss://shelly-9-us.shelly.cloud:6113/");
    // A server that was named stays, whatever a token is.
    let server = HostPolicy::Any.check("http://127.0.0.1:1").unwrap();
    let mut rig = Rig::of(SessionConfig::at("secret-one", server).socket(Elsewhere::port(2)));
    rig.ask(SessionCommand::Credentials { token: Secret::new("opaque".into()), lifetime: None });
    rig.input(Input::Connected);
    rig.actions();
    rig.closes(4401);
    rig.after(secs(1));
    rig.connects_with("ws://127.0.0.1:2/shelly/wss/hk_sock?t=opaque");
}

#[test]
fn no_secret_is_shown() {
    let mut rig = Rig::new();
    let mut shown = vec![format!("{:?} {:?}", rig.session, new_token("two"))];
    rig.input(Input::Connected);
    rig.closes(4401);
    shown.push(format!("{:?}", rig.events()));
    rig.ask(new_token("two"));
    let actions = rig.actions();
    shown.push(format!("{:?} {actions:?}", rig.session));
    rig.closes(4401);
    shown.push(format!("{:?}", rig.outcomes()));
    for text in shown {
        assert!(!text.contains("secret-"), "{text}");
    }
    let wifi = r#"{"event":"Shelly:JrpcRequest","trid":1,"deviceId":"1","method":"WiFi.SetConfig","params":{"config":{"sta":{"pass":"hunter2"}}}}"#;
    let shown = rig.session.shown(wifi);
    assert!(shown.contains("WiFi.SetConfig") && !shown.contains("hunter2"), "{shown}");
    assert_eq!(rig.session.shown("{}"), "{}");
}
