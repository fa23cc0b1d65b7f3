//! Exact bytes of what is made here, and what cannot be made.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use shelly_proto::{
    ActionData, ActionResponse, Channel, ClientMessage, Command, CommandData, CommandOutcome, CommandRequest,
    CommandResponse, DeviceId, DeviceRef, Direction, Effect, ErrorEvent, Errors, Generation, IrEmit, Kelvin, Light,
    LightMode, LightParams, Move, Online, Percent, Raw, Relay, Roller, RollerToPos, Rpc, RpcError, RpcFamily,
    RpcOutcome, RpcResponse, ServerMessage, Settings, Shift, StatusOnChange, Trid, Turn, decode_client, decode_server,
    lint_client, lint_server,
};

const ZERO: Channel = Channel(0);

fn percent(number: u8) -> Percent {
    Percent::new(number).unwrap()
}

/// The data of a request for the device of the dossier.
fn data(command: impl Into<Command>) -> String {
    let text = command.into().request(Trid::int(10), DeviceId::in_http("b923fa")).to_text();
    let before = r#"{"event":"Shelly:CommandRequest","trid":10,"deviceId":"12133370","data":"#;
    text.strip_prefix(before).and_then(|rest| rest.strip_suffix('}')).unwrap_or_else(|| panic!("{text}")).to_owned()
}

#[test]
fn commands_have_the_members_of_the_documents_in_their_order() {
    let light = Light::new(ZERO).turn(Turn::On).mode(LightMode::Color).timeout(30).rgb(255, 0, 0).white(100);
    let light = light.gain(percent(100)).brightness(percent(100)).effect(Effect::new(3).unwrap());
    let light = light.temp(Kelvin::new(3000).unwrap());
    for (written, expected) in [
        (data(Relay::new(ZERO, Turn::On)), r#"{"cmd":"relay","params":{"turn":"on","id":0}}"#),
        (
            data(Relay::new(Channel(1), Turn::Toggle).timeout(60)),
            r#"{"cmd":"relay","params":{"turn":"toggle","id":1,"timeout":60}}"#,
        ),
        (
            data(light),
            r#"{"cmd":"light","params":{"id":0,"turn":"on","mode":"color","timeout":30,"red":255,"green":0,"blue":0,"white":100,"gain":100,"brightness":100,"effect":3,"temp":3000}}"#,
        ),
        (data(Light::new(ZERO).transition(500)), r#"{"cmd":"light","params":{"id":0,"transition":500}}"#),
        (
            data(Roller::go_for(ZERO, Direction::Up, 30)),
            r#"{"cmd":"roller","params":{"go":"up","duration":30,"id":0}}"#,
        ),
        (data(Roller::go(ZERO, Direction::Close)), r#"{"cmd":"roller","params":{"go":"close","id":0}}"#),
        (data(Roller::stop(ZERO)), r#"{"cmd":"roller","params":{"go":"stop","id":0}}"#),
        (
            data(RollerToPos::cover(ZERO, Move::To(percent(75)))),
            r#"{"cmd":"roller_to_pos","params":{"id":0,"pos":75}}"#,
        ),
        (
            data(RollerToPos::slats(ZERO, Move::By(Shift::MIN))),
            r#"{"cmd":"roller_to_pos","params":{"id":0,"slat_rel":-100}}"#,
        ),
        (
            data(RollerToPos::both(ZERO, Move::By(Shift::new(-20).unwrap()), Move::To(percent(50)))),
            r#"{"cmd":"roller_to_pos","params":{"id":0,"rel":-20,"slat_pos":50}}"#,
        ),
        (data(IrEmit::stored("0123")), r#"{"cmd":"ir_emit","params":{"data":"0123","type":"stored"}}"#),
    ] {
        assert_eq!(written, expected);
    }
    let params = Raw::new(r#"{"id":0,"on":true}"#).unwrap();
    let rpc = Command::from(Rpc::new("Switch.Set", Some(params)));
    assert_eq!(
        rpc.request(Trid::text("x_1"), DeviceId::in_http("84cca87c0144")).to_text(),
        r#"{"event":"Shelly:JrpcRequest","trid":"x_1","deviceId":"146014534893892","method":"Switch.Set","params":{"id":0,"on":true}}"#
    );
}

#[test]
fn nothing_out_of_range_can_be_built() {
    assert!(Percent::new(101).is_err() && Effect::new(7).is_err());
    assert!(Shift::new(101).is_err() && Shift::new(-101).is_err());
    assert!(Kelvin::new(2499).is_err() && Kelvin::new(7501).is_err());
    assert_eq!(Percent::new(101).unwrap_err().to_string(), "the percentage is 101; it must be 0 to 100");
    for (command, stops) in [
        (Command::from(Roller::stop(ZERO)), true),
        (Command::from(Relay::new(ZERO, Turn::Off)), true),
        (Command::from(Relay::new(ZERO, Turn::Off).timeout(1)), false),
        (Command::from(Roller::go(ZERO, Direction::Down)), false),
    ] {
        assert_eq!(command.is_stop(), stops, "{command:?}");
    }
}

#[test]
fn a_test_of_a_server_can_send_what_is_out_of_range() {
    let mut params = LightParams::default();
    params.brightness = Some(101.5);
    let data = CommandData::from(params);
    assert_eq!(data.params.as_ref().unwrap().as_str(), r#"{"brightness":101.5}"#);
    let message = ClientMessage::Command(CommandRequest::new(Trid::int(0), DeviceId::verbatim("b923fa"), data));
    let kinds: Vec<_> = lint_client(&message.to_text()).iter().map(|found| found.kind.name()).collect();
    assert_eq!(kinds, ["zero-trid", "not-decimal", "loose-type", "missing-member"]);
    let unchecked = CommandData::unchecked("relay", Some(Raw::new("[1]").unwrap()));
    let message = ClientMessage::Command(CommandRequest::new(Trid::int(1), DeviceId::decimal(1), unchecked));
    assert_eq!(decode_client(&message.to_text()), message);
}

#[test]
fn events_have_the_bytes_of_the_dossier() {
    let device = || DeviceRef::new(DeviceId::in_http("84cca87c0144"), "SPSW-001PE16EU", Generation::Gen2);
    let small = || DeviceId::in_http("b923fa");
    let head = r#""device":{"id":"146014534893892","code":"SPSW-001PE16EU","gen":"G2"}"#;
    let raw = |json: &'static str| Raw::new(json).unwrap();
    let refused = CommandOutcome::Refused { res: None, errors: Errors::coded("DEVICE_OFFLINE", "off") };
    let mut verified = ActionData::new("OK", small());
    verified.access_groups = Some("01".into());
    for (message, text) in [
        (
            ServerMessage::StatusOnChange(StatusOnChange::new(device(), raw(r#"{"serial":1.50}"#))),
            format!(r#"{{"event":"Shelly:StatusOnChange",{head},"status":{{"serial":1.50}}}}"#),
        ),
        (
            ServerMessage::Online(Online::new(device(), false)),
            format!(r#"{{"event":"Shelly:Online",{head},"online":0}}"#),
        ),
        (
            ServerMessage::Settings(Settings::new(device(), raw("{}"))),
            format!(r#"{{"event":"Shelly:Settings",{head},"settings":{{}}}}"#),
        ),
        (
            ServerMessage::CommandResponse(CommandResponse::new(Trid::int(10), 6550, small(), &CommandOutcome::Ok)),
            r#"{"event":"Shelly:CommandResponse","trid":10,"user":6550,"deviceId":"12133370","data":{"isok":true}}"#.into(),
        ),
        (
            ServerMessage::CommandResponse(CommandResponse::new(
                Trid::int(10),
                6550,
                small(),
                &CommandOutcome::refused("WRONG_ID"),
            )),
            r#"{"event":"Shelly:CommandResponse","trid":10,"user":6550,"deviceId":"12133370","data":{"isok":false,"res":"WRONG_ID"}}"#.into(),
        ),
        (
            ServerMessage::CommandResponse(CommandResponse::new(Trid::text("a"), 1, small(), &refused)),
            r#"{"event":"Shelly:CommandResponse","trid":"a","user":1,"deviceId":"12133370","data":{"isok":false,"errors":{"DEVICE_OFFLINE":"off"}}}"#.into(),
        ),
        (
            ServerMessage::RpcResponse(RpcResponse::new(
                RpcFamily::Jrpc,
                Trid::text("ushelly_1_1234"),
                DeviceId::in_http("84cca87c0144"),
                &RpcOutcome::Result(raw(r#"{"was_on":false}"#)),
            )),
            r#"{"event":"Shelly:JrpcResponse","trid":"ushelly_1_1234","deviceId":"146014534893892","response":{"result":{"was_on":false}}}"#.into(),
        ),
        (
            ServerMessage::RpcResponse(RpcResponse::new(
                RpcFamily::Xu,
                Trid::int(1),
                small(),
                &RpcOutcome::Error(RpcError::of_device(-103, "Invalid argument")),
            )),
            r#"{"event":"Shelly:XUResponse","trid":1,"deviceId":"12133370","response":{"error":{"error":"JRPC_ERROR","device_error":{"code":-103,"message":"Invalid argument"}}}}"#.into(),
        ),
        (
            ServerMessage::ActionResponse(ActionResponse::new(Trid::int(1), "6550", verified)),
            r#"{"event":"Integrator:ActionResponse","trid":1,"user":"6550","data":{"result":"OK","deviceId":"12133370","accessGroups":"01"}}"#.into(),
        ),
        (
            ServerMessage::Error(ErrorEvent::new("BAD_REQUEST")),
            r#"{"event":"Error","message":"BAD_REQUEST"}"#.into(),
        ),
    ] {
        assert_eq!(message.to_text(), text);
        assert_eq!(decode_server(&text), message);
        assert_eq!(lint_server(&text), [], "{text}");
    }
}

#[test]
fn the_device_of_an_event_is_found_in_every_place() {
    for (text, id) in [
        (r#"{"event":"Shelly:Online","device":{"id":"1"},"deviceId":"2","device_id":"3"}"#, Some(1)),
        (r#"{"event":"Shelly:Online","device":{"id":[]},"deviceId":"2","device_id":"3"}"#, Some(2)),
        (r#"{"event":"Shelly:Online","device":"1","deviceId":null,"device_id":"3"}"#, Some(3)),
        (r#"{"event":"Shelly:Online","device_id":3}"#, Some(3)),
        (r#"{"event":"Shelly:Online"}"#, None),
        (r#"{"event":"Shelly:New","deviceId":"1"}"#, None),
    ] {
        assert_eq!(decode_server(text).device_id().and_then(DeviceId::as_number), id, "{text}");
    }
}

#[test]
fn what_is_said_twice_stays_as_it_counts() {
    for (text, again) in [
        (
            r#"{"event":"Shelly:Online","device":{"id":"1","online":0},"online":1}"#,
            r#"{"event":"Shelly:Online","device":{"id":"1","online":0},"online":1}"#,
        ),
        (
            r#"{"event":"Shelly:Online","deviceId":null,"device_id":"3","online":1}"#,
            r#"{"event":"Shelly:Online","deviceId":"3","online":1}"#,
        ),
    ] {
        let message = decode_server(text);
        assert_eq!(message.to_text(), again);
        assert_eq!(decode_server(again), message);
    }
}

#[test]
fn depth_does_not_matter() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let text = format!(r#"{{"event":"Shelly:StatusOnChange","status":{deep}}}"#);
    let message = decode_server(&text);
    assert_eq!(message.to_text(), text);
    let ServerMessage::StatusOnChange(event) = message else { panic!("{}", message.event()) };
    assert!(event.status.as_ref().unwrap().parse::<serde_json::Value>().is_err());
    let _ = (event.view(), lint_server(&text));
}
