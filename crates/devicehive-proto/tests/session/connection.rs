//! The connection itself: opened, kept alive, lost, tried again, closed.

use super::kit::*;
use devicehive_proto::message::Request;
use devicehive_proto::session::{CommandError, Credentials, Disconnect, Event, SessionCommand};
use dummyload_session::{Action, CloseInfo, ConnectFailure, Input, Outcome, Session};
use serde_json::json;
use std::time::Duration;

fn info() -> SessionCommand {
    SessionCommand::Request(Box::new(Request::ServerInfo))
}

#[test]
fn attempts_to_connect_keep_their_distance() {
    let mut rig = Rig::new();
    let mut longest = Duration::ZERO;
    for _ in 0..30 {
        rig.input(Input::ConnectFailed(ConnectFailure::Unreachable("nobody there".into())));
        let events = rig.events();
        let [Event::Disconnected { why: Disconnect::Connect(_), retry_at }] = &events[..] else { panic!("{events:?}") };
        let wait = *retry_at - rig.now;
        longest = longest.max(wait);
        assert!(wait >= millis(100) && wait <= secs(60));
        rig.after(wait);
        rig.connects();
    }
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
    rig.after(secs(59));
    assert_eq!(rig.actions(), [Action::SendPing]);
    rig.after(secs(1));
    let close = Action::Close { code: 1000, reason: String::new() };
    assert_eq!(rig.actions(), [Action::SendPing, close]);
    assert!(!rig.session.is_ready());
    // A server that is mute does not answer the close either.
    rig.after(secs(2));
    assert!(matches!(rig.events().as_slice(), [Event::Disconnected { why: Disconnect::Silence, .. }]));
    rig.after(secs(60));
    rig.connects();
}

#[test]
fn requests_of_a_lost_connection_are_lost_and_not_sent_again() {
    let mut rig = Rig::ready();
    rig.ask(info());
    rig.sent();
    rig.input(Input::Lost);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }]);
    assert_eq!(rig.ask_in_vain(info()), CommandError::NotConnected);
    rig.after(secs(60));
    rig.connects();
    rig.opens();
    assert_eq!(rig.texts().len(), 0);
}

#[test]
fn the_reason_of_a_close_is_told() {
    for (info, wanted) in [
        (Some((Some(1012), "")), Disconnect::Closed { code: Some(1012), reason: String::new() }),
        (
            Some((Some(1009), "UT002040: Message exceeded max message size of 10240")),
            Disconnect::Closed {
                code: Some(1009),
                reason: "UT002040: Message exceeded max message size of 10240".into(),
            },
        ),
        (None, Disconnect::Lost),
    ] {
        let mut rig = Rig::ready();
        rig.input(match info {
            Some((code, reason)) => Input::Closed(CloseInfo { code, reason: reason.into() }),
            None => Input::Lost,
        });
        match rig.events().as_slice() {
            [Event::Disconnected { why, .. }] => assert_eq!(*why, wanted),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_end_that_is_asked_for_is_one_in_good_order() {
    let mut rig = Rig::ready();
    rig.ask(info());
    rig.sent();
    rig.session.shutdown(rig.now);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }]);
    assert_eq!(rig.actions(), [Action::Close { code: 1000, reason: String::new() }]);
    assert_eq!(rig.ask_in_vain(info()), CommandError::Ended);
    rig.input(Input::Closed(CloseInfo { code: Some(1000), reason: String::new() }));
    assert_eq!(rig.events(), [Event::Ended]);
    assert!(rig.session.is_terminated());
    rig.after(secs(600));
    assert_eq!(rig.actions(), []);
    // Before there is a connection it is over at once.
    let mut rig = Rig::new();
    rig.session.shutdown(rig.now);
    assert_eq!(rig.events(), [Event::Ended]);
}

#[test]
fn what_belongs_to_nothing_is_told_and_harms_nothing() {
    let mut rig = Rig::ready();
    for odd in [
        "",
        "null",
        "[]",
        "{}",
        "x",
        r#"{"action":"command/insert"}"#,
        r#"{"action":"command/insert","command":5,"subscriptionId":1}"#,
        r#"{"action":"something/new","subscriptionId":1}"#,
    ] {
        rig.hears(odd);
        assert_eq!(rig.events(), [Event::Unrecognised { raw: odd.into() }]);
    }
    for late in [
        r#"{"code":400,"status":"error","error":"Malformed Json received."}"#,
        r#"{"action":"device/get","requestId":99,"status":"success"}"#,
        r#"{"action":"device/get","requestId":"1","status":"success"}"#,
        r#"{"action":"device/get","requestId":null,"status":"success"}"#,
    ] {
        rig.hears(late);
        assert_eq!(rig.events(), [Event::Unmatched { raw: late.into() }]);
    }
    rig.input(Input::Binary(b"x"[..].into()));
    assert_eq!(rig.events(), [Event::Unrecognised { raw: "x".into() }]);
    rig.ask(info());
    let request = rig.sent();
    rig.accepts(&request, json!({"info": {"serverTimestamp": at(0)}}));
    assert_eq!(rig.outcomes().len(), 1);
}

#[test]
fn what_comes_before_the_login_waits() {
    let mut rig = Rig::of(Rig::config(Credentials::login("a", "b")));
    assert_eq!(rig.ask_in_vain(info()), CommandError::NotConnected);
    rig.input(Input::Connected);
    assert_eq!(rig.ask_in_vain(info()), CommandError::NotConnected);
}
