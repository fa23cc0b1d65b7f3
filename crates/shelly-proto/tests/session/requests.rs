//! Commands, their answers, their limits and their ends.

use super::kit::*;
use dummyload_session::{Input, MatchedBy, Outcome, Session};
use shelly_proto::session::{
    CommandError, CommandKind, Event, LimitError, Limits, MAX_IN_FLIGHT, Reply, SessionCommand,
};
use shelly_proto::{
    Channel, CommandOutcome, DeviceId, Direction, Light, Move, Percent, Raw, Relay, Roller, RollerToPos, Rpc, RpcError,
    RpcFamily, RpcOutcome, RpcResponse, ServerMessage, Trid, Turn,
};

#[test]
fn answers_find_their_requests_by_number_and_device_whatever_their_order() {
    let mut rig = Rig::ready();
    rig.ask(on());
    let relay = r#"{"event":"Shelly:CommandRequest","trid":1,"deviceId":"146014534893892","data":{"cmd":"relay","params":{"turn":"on","id":0}}}"#;
    assert_eq!(rig.sent(), relay);
    // An id as HTTP has it goes out as the socket has it.
    rig.ask(SessionCommand::Send {
        device: DeviceId::in_http("b923fa"),
        command: Roller::go(Channel(0), Direction::Up).into(),
    });
    assert!(rig.sent().contains(r#""trid":2,"deviceId":"12133370""#));
    rig.answers(response(2, BLIND, CommandOutcome::refused("DEVICE_OFFLINE")));
    match rig.outcomes().as_slice() {
        [Outcome::Refused { refusal, matched: MatchedBy::Id }] => {
            assert!(refusal.has("device_offline") && refusal.raw.contains("isok"), "{refusal}");
        }
        other => panic!("{other:?}"),
    }
    rig.answers(response(1, LAMP, CommandOutcome::Ok));
    match rig.outcomes().as_slice() {
        [Outcome::Done { reply: Reply::Command(response), matched: MatchedBy::Id }] => {
            assert_eq!((response.user, response.trid.clone()), (Some(6550), Some(Trid::int(1))));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_command_is_sent_and_its_answer_understood() {
    let mut rig = Rig::ready_with(Rig::config().limits(Limits::default().allow(CommandKind::Rpc)));
    rig.ask(to(LAMP, Light::new(Channel(1)).rgb(255, 0, 7).turn(Turn::On)));
    assert!(rig.sent().contains(r#""params":{"id":1,"turn":"on","red":255,"green":0,"blue":7}"#));
    rig.ask(to(BLIND, RollerToPos::cover(Channel(0), Move::To(Percent::new(75).unwrap()))));
    assert!(rig.sent().contains(r#"{"cmd":"roller_to_pos","params":{"id":0,"pos":75}}"#));
    let call = Rpc::new("Switch.Set", Some(Raw::new(r#"{"id":0,"on":true}"#).unwrap()));
    rig.ask(to(LAMP, call.clone()));
    assert!(rig.sent().contains(r#""event":"Shelly:JrpcRequest","trid":3,"#));
    let id = DeviceId::in_frame(LAMP);
    let result = RpcOutcome::Result(Raw::new(r#"{"was_on":false}"#).unwrap());
    rig.answers(ServerMessage::RpcResponse(RpcResponse::new(RpcFamily::Jrpc, Trid::int(3), id.clone(), &result)));
    match rig.outcomes().as_slice() {
        [Outcome::Done { reply: Reply::Rpc(response), .. }] => assert_eq!(response.outcome(), result),
        other => panic!("{other:?}"),
    }
    rig.ask(to(LAMP, call));
    let error = RpcOutcome::Error(RpcError::of_device(-103, "Invalid argument"));
    rig.answers(ServerMessage::RpcResponse(RpcResponse::new(RpcFamily::Jrpc, Trid::int(4), id, &error)));
    match rig.outcomes().as_slice() {
        [Outcome::Refused { refusal, .. }] => {
            assert_eq!(refusal.to_string(), "JRPC_ERROR (the device says -103: Invalid argument)");
        }
        other => panic!("{other:?}"),
    }
    // An answer that says neither yes nor no, and one without a device.
    rig.hears(r#"{"event":"Shelly:CommandResponse","trid":1,"data":{"hello":1}}"#);
    rig.hears(r#"{"event":"Shelly:CommandResponse","trid":2,"deviceId":12133370,"data":7}"#);
    match rig.outcomes().as_slice() {
        [Outcome::Done { reply: Reply::Unclear(_), .. }, Outcome::Refused { refusal, .. }] => {
            assert_eq!(refusal.reason.as_deref(), Some("7"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_with_another_number_type_or_device_belongs_to_nothing() {
    let mut rig = Rig::ready();
    rig.ask(on());
    rig.actions();
    for text in [
        r#"{"event":"Shelly:CommandResponse","trid":"1","deviceId":"146014534893892","data":{"isok":true}}"#,
        r#"{"event":"Shelly:CommandResponse","trid":1,"deviceId":"12133370","data":{"isok":true}}"#,
        r#"{"event":"Shelly:CommandResponse","trid":1.0,"deviceId":"146014534893892","data":{"isok":true}}"#,
        r#"{"event":"Shelly:CommandResponse","trid":2,"deviceId":"146014534893892","data":{"isok":true}}"#,
        r#"{"event":"Shelly:CommandResponse","deviceId":"146014534893892","data":{"isok":true}}"#,
        r#"{"event":"Shelly:JrpcResponse","trid":9,"deviceId":"146014534893892","response":{"result":1}}"#,
    ] {
        rig.hears(text);
        match rig.events().as_slice() {
            [Event::Unmatched { raw, .. }] => assert_eq!(raw, text),
            other => panic!("{other:?}"),
        }
    }
    rig.answers(response(1, LAMP, CommandOutcome::Ok));
    assert_eq!(rig.outcomes().len(), 1);
    // The same once more.
    rig.answers(response(1, LAMP, CommandOutcome::Ok));
    assert!(matches!(rig.events().as_slice(), [Event::Unmatched { .. }]));
}

#[test]
fn a_request_without_its_answer_times_out_once_and_is_not_sent_again() {
    let limits = Limits::default().allow(CommandKind::Rpc);
    let mut rig = Rig::ready_with(Rig::config().limits(limits).command_timeout(secs(3)));
    rig.ask(on());
    rig.ask(to(LAMP, Rpc::new("Shelly.GetStatus", None)));
    rig.actions();
    rig.after(millis(2_999));
    assert_eq!(rig.outcomes(), []);
    rig.after(millis(1));
    assert_eq!(rig.outcomes(), [Outcome::TimedOut]);
    rig.after(secs(7));
    assert_eq!(rig.outcomes(), [Outcome::TimedOut]);
    rig.answers(response(1, LAMP, CommandOutcome::Ok));
    assert!(matches!(rig.events().as_slice(), [Event::Unmatched { .. }]));
    rig.after(secs(10));
    assert_eq!(rig.actions(), []);
}

#[test]
fn numbers_wrap_to_one_and_skip_those_in_flight() {
    let mut rig = Rig::ready_with(Rig::config().first_trid(i32::MAX).command_timeout(secs(600)));
    let number = |text: String| text.split("\"trid\":").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let mut numbers = Vec::new();
    for _ in 0..3 {
        rig.ask(on());
        numbers.push(number(rig.sent()));
    }
    assert_eq!(numbers, ["2147483647", "1", "2"]);
    let mut around = Rig::ready_with(Rig::config().first_trid(i32::MAX - 1));
    around.ask(on());
    around.ask(on());
    around.ask(on());
    around.actions();
    assert_eq!(around.session.command(around.now, on()).map(|_| ()), Ok(()));
    assert_eq!(number(around.sent()), "2");
}

#[test]
fn requests_are_lost_with_their_connection_and_never_sent_again() {
    let mut rig = Rig::ready();
    rig.ask(on());
    rig.actions();
    rig.input(Input::Lost);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }]);
    assert_eq!(rig.refuses(on()), CommandError::NotConnected);
    rig.after(secs(1));
    rig.connects_with("secret-one");
    rig.opens();
    assert_eq!(rig.actions(), []);
}

#[test]
fn limits_are_checked_before_anything_is_sent_and_stops_pass_them() {
    let only = DeviceId::in_http(LAMP_HEX);
    let mut rig =
        Rig::ready_with(Rig::config().limits(Limits::default().only_devices([only]).forbid(CommandKind::Light)));
    let limit = |limit| CommandError::Limit(limit);
    assert_eq!(rig.refuses(to(LAMP, Rpc::new("X", None))), limit(LimitError::Kind(CommandKind::Rpc)));
    assert_eq!(rig.refuses(to(LAMP, Light::new(Channel(0)))), limit(LimitError::Kind(CommandKind::Light)));
    let device = DeviceId::in_frame(BLIND);
    let down = to(BLIND, Roller::go(Channel(0), Direction::Down));
    assert_eq!(rig.refuses(down), limit(LimitError::Device(device)));
    assert_eq!(
        rig.refuses(to(LAMP_HEX, Relay::new(Channel(0), Turn::On))),
        CommandError::NotAnId(DeviceId::in_frame(LAMP_HEX))
    );
    for _ in 0..MAX_IN_FLIGHT {
        rig.ask(on());
    }
    assert_eq!(rig.refuses(on()), CommandError::Busy);
    rig.actions();
    rig.ask(stop(BLIND));
    assert!(rig.sent().contains(r#""params":{"go":"stop","id":0}"#));
}

#[test]
fn a_stop_without_a_connection_waits_for_one_and_goes_first() {
    let mut rig = Rig::ready();
    rig.input(Input::Lost);
    rig.events();
    rig.ask(stop(BLIND));
    assert_eq!(rig.actions(), []);
    rig.after(secs(1));
    rig.actions();
    rig.input(Input::Connected);
    rig.actions();
    rig.input(Input::Pong);
    assert!(rig.sent().contains("stop"));
    // Lost with the connection that it went out on.
    rig.input(Input::Lost);
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: true }]);
    // Without a connection for as long as an answer would be waited for, it ends as not sent.
    let mut rig = Rig::new();
    rig.ask(stop(BLIND));
    rig.after(secs(5));
    assert_eq!(rig.outcomes(), [Outcome::Lost { sent: false }]);
}
