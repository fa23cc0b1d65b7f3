//! Requests and their replies.

use super::kit::*;
use devicehive_proto::message::{
    Answer, CommandInsert, CommandSubscribe, CommandUnsubscribe, NewCommand, NotificationUnsubscribe, OtherRequest,
    Request,
};
use devicehive_proto::session::{CommandError, MAX_IN_FLIGHT, Reply, SessionCommand};
use dummyload_session::{Outcome, Session};
use serde_json::json;

fn insert(name: &str) -> SessionCommand {
    let command = NewCommand::new(name);
    SessionCommand::Request(Box::new(CommandInsert::new(LAMP, command).into()))
}

fn info() -> SessionCommand {
    SessionCommand::Request(Box::new(Request::ServerInfo))
}

#[test]
fn replies_find_their_requests_in_any_order() {
    let mut rig = Rig::ready();
    let tokens: Vec<_> = (0..4).map(|n| rig.ask(insert(&format!("c{n}")))).collect();
    let requests = rig.texts();
    for (at, request) in requests.iter().enumerate().rev() {
        let id = at as i64 * 10;
        rig.accepts(request, json!({"command": {"id": id, "timestamp": super::kit::at(0), "lastUpdated": super::kit::at(0), "userId": 1}}));
        match (rig.session.poll_event(), rig.session.poll_event()) {
            (Some(dummyload_session::SessionEvent::Finished { token, outcome }), None) => {
                assert_eq!(token, tokens[at]);
                let Outcome::Done { reply: Reply::Answer(answer), .. } = outcome else { panic!("{outcome:?}") };
                let Answer::CommandReceipt(receipt) = *answer else { panic!("{answer:?}") };
                assert_eq!(receipt.id, id);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_refusal_says_why() {
    let mut rig = Rig::ready();
    for (code, error) in [(404, "Device with such deviceId = lamp-1 not found"), (403, "Access is denied"), (500, "")] {
        rig.ask(insert("on"));
        let request = rig.sent();
        rig.refuses(&request, code, error);
        assert_eq!(rig.outcomes(), [refused(code, error)]);
    }
    // Java's null.
    rig.ask(insert("on"));
    let request = rig.sent();
    let text = json!({"action": "command/insert", "requestId": request["requestId"], "code": 500, "status": "error", "error": null});
    rig.hears(&text.to_string());
    match rig.outcomes().as_slice() {
        [Outcome::Refused { refusal, .. }] => {
            assert_eq!((refusal.code, &refusal.error), (500, &None));
            assert!(refusal.is_servers_fault());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_that_the_server_leaves_without_a_reply_times_out_and_the_connection_goes_on() {
    let mut rig = Rig::ready();
    rig.ask(insert("on"));
    let request = rig.sent();
    rig.after(millis(29_999));
    assert_eq!(rig.outcomes(), []);
    rig.after(millis(1));
    assert_eq!(rig.outcomes(), [Outcome::TimedOut]);
    assert!(rig.session.is_ready());
    // Too late is too late.
    rig.accepts(&request, json!({"command": {"id": 1}}));
    assert_eq!(rig.events().len(), 1);
}

#[test]
fn there_is_a_most_of_requests_in_flight() {
    let mut rig = Rig::ready();
    for _ in 0..MAX_IN_FLIGHT {
        rig.ask(info());
    }
    assert_eq!(rig.ask_in_vain(info()), CommandError::Busy);
    let first = rig.texts().remove(0);
    rig.accepts(&first, json!({"info": {"serverTimestamp": at(0)}}));
    rig.ask(info());
}

#[test]
fn a_success_that_nobody_understands_is_still_a_success() {
    let mut rig = Rig::ready();
    rig.ask(insert("on"));
    let request = rig.sent();
    rig.accepts(&request, json!({"command": 5}));
    match rig.outcomes().as_slice() {
        [Outcome::Done { reply: Reply::Other(payload), .. }] => assert_eq!(payload.as_json(), r#"{"command":5}"#),
        other => panic!("{other:?}"),
    }
    // And so is that of an action that nobody knows.
    let other = OtherRequest::new("plugin/list", []);
    rig.ask(SessionCommand::Request(Box::new(Request::Other(other))));
    let request = rig.sent();
    rig.accepts(&request, json!({"plugins": []}));
    assert!(matches!(rig.outcomes().as_slice(), [Outcome::Done { reply: Reply::Other(_), .. }]));
}

#[test]
fn a_plain_request_for_a_subscription_is_one_that_is_kept() {
    let mut rig = Rig::ready();
    let mut subscribe = CommandSubscribe::new();
    subscribe.device_id = Some(LAMP.into());
    let name = rig.ask(SessionCommand::Request(Box::new(subscribe.into())));
    let request = rig.sent();
    let number = rig.grants(&request);
    assert_eq!(rig.outcomes(), [done(Reply::Subscribed { subscription: name, id: number })]);
    assert_eq!(rig.session.wanted().count(), 1);
    // Its number names it, but only as what it is.
    let wrong = NotificationUnsubscribe { subscription_id: Some(number) };
    rig.ask(SessionCommand::Request(Box::new(wrong.into())));
    let request = rig.sent();
    rig.refuses(&request, 404, "Subscription with id 1 was not found");
    assert_eq!(rig.outcomes().len(), 1);
    assert_eq!(rig.session.wanted().count(), 1);
    rig.ask(SessionCommand::Request(Box::new(CommandUnsubscribe { subscription_id: Some(number) }.into())));
    assert_eq!(rig.sent()["subscriptionId"], number);
    assert_eq!(rig.session.wanted().count(), 0);
}
