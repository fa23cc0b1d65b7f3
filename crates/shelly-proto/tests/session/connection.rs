//! The connection itself: opened, kept alive, lost, tried again, closed.

use super::kit::*;
use dummyload_session::{Action, ConnectFailure, Input, Outcome, Session};
use shelly_proto::session::{CommandError, Disconnect, Event, SessionCommand};
use std::borrow::Cow;
use std::time::Duration;

#[test]
fn a_limit_at_the_handshake_is_no_bad_token() {
    let limit = r#"{"isok":false,"errors":{"max_req":"Request limit reached!"}}"#;
    let failures = [
        ConnectFailure::Refused { status: 401, body: limit.into() },
        ConnectFailure::Refused { status: 429, body: String::new() },
        ConnectFailure::Refused { status: 503, body: String::new() },
        ConnectFailure::Unreachable("nobody there".into()),
        ConnectFailure::TimedOut,
    ];
    let mut rig = Rig::new();
    let mut longest = Duration::ZERO;
    for failure in failures.iter().cycle().take(30) {
        rig.input(Input::ConnectFailed(failure.clone()));
        let events = rig.events();
        let [Event::Disconnected { why: Disconnect::Connect(_), retry_at: Some(at) }] = &events[..] else {
            panic!("{events:?}")
        };
        let wait = *at - rig.now;
        longest = longest.max(wait);
        assert!(wait >= millis(100) && wait <= secs(60));
        rig.after(wait);
        rig.connects_with("secret-one");
    }
    assert!(longest > secs(20), "{longest:?}");
}

#[test]
fn only_a_connection_that_lived_makes_the_waits_short_again() {
    let mut rig = Rig::ready();
    let mut longest = Duration::ZERO;
    let mut lose = |rig: &mut Rig, lived: u64| {
        rig.after(secs(lived));
        rig.input(Input::Lost);
        let events = rig.events();
        let Some(Event::Disconnected { retry_at: Some(at), .. }) = events.last() else { panic!("{events:?}") };
        let wait = *at - rig.now;
        longest = longest.max(wait);
        rig.actions();
        rig.after(wait);
        rig.actions();
        rig.opens();
        wait
    };
    for _ in 0..20 {
        lose(&mut rig, 29);
    }
    rig.after(secs(29));
    rig.input(Input::Pong);
    let wait = lose(&mut rig, 31);
    assert!(wait <= secs(1), "{wait:?}");
    assert!(longest > secs(20), "{longest:?}");
}

#[test]
fn pings_go_out_and_silence_is_left() {
    let mut rig = Rig::ready();
    rig.after(secs(29));
    assert_eq!(rig.actions(), []);
    rig.after(secs(1));
    assert_eq!(rig.actions(), [Action::SendPing]);
    rig.input(Input::Pong);
    rig.events(); // the statuses are asked for again
    rig.after(secs(59));
    assert_eq!(rig.actions(), [Action::SendPing]);
    rig.after(secs(1));
    let close = Action::Close { code: 1000, reason: String::new() };
    assert_eq!(rig.actions(), [Action::SendPing, close]);
    rig.events();
    rig.after(secs(2));
    assert!(matches!(rig.events().as_slice(), [Event::Disconnected { why: Disconnect::Silence, .. }]));
    rig.after(secs(60));
    rig.connects_with("secret-one");
    // Nothing at all after the handshake.
    rig.input(Input::Connected);
    rig.actions();
    rig.after(secs(12));
    assert!(matches!(rig.events().as_slice(), [Event::Disconnected { why: Disconnect::Silence, .. }]));
    assert!(!rig.session.is_terminated());
}

#[test]
fn what_is_no_event_does_not_end_the_connection() {
    let mut rig = Rig::ready();
    for text in ["", "nonsense", "{}", "[]", "null", "{\"event\":7}", "{\"event\":\"Shelly:Online\"", "\u{0}"] {
        rig.hears(text);
        assert_eq!(rig.events(), [Event::Unrecognised { raw: text.into() }]);
    }
    rig.input(Input::Binary(Cow::Borrowed(b"\xff\x00")));
    assert!(matches!(rig.events().as_slice(), [Event::Unrecognised { .. }]));
    for text in [
        r#"{"event":"Error","message":"BAD_REQUEST"}"#,
        r#"{"event":"User:EventLog","x":1}"#,
        r#"{"event":"Shelly:Settings","deviceId":"12133370","settings":{}}"#,
        r#"{"event":"Shelly:JrpcRequest","trid":1,"deviceId":"1","method":"X"}"#,
    ] {
        rig.hears(text);
        match rig.events().as_slice() {
            [Event::Message { raw, .. }] => assert_eq!(raw, text),
            other => panic!("{other:?}"),
        }
    }
    assert!(rig.session.is_ready());
}

#[test]
fn shutting_down_leaves_nothing_open() {
    let mut rig = Rig::ready();
    rig.ask(on());
    rig.ask(SessionCommand::Devices);
    rig.actions();
    rig.session.shutdown(rig.now);
    assert_eq!(rig.actions(), [Action::Close { code: 1000, reason: String::new() }]);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }, Outcome::Lost { sent: false }]);
    assert!(!rig.session.is_terminated());
    // Not even by a refusal that comes now.
    rig.closes(4401);
    assert!(rig.session.is_terminated());
    assert_eq!(rig.events(), [Event::Ended]);
    assert_eq!(rig.refuses(on()), CommandError::Ended);
    // And while it waits for a token.
    let mut rig = Rig::new();
    rig.input(Input::Connected);
    rig.closes(4401);
    rig.session.shutdown(rig.now);
    assert!(rig.session.is_terminated());
    assert_eq!(rig.session.poll_deadline(), None);
}
