//! What holds for all messages.
#![allow(missing_docs, clippy::unwrap_used)]

use proptest::prelude::*;
use shelly_proto::http::{
    AllStatus, Call, Control, ControlForm, Credentials, DevInfo, DeviceStatus, DevicesStatus, ExchangeCode, Kind,
    ListDevices, Params, Set, SetGroups, Tokens,
};
use shelly_proto::status::{StatusView, merge};
use shelly_proto::{
    BadParams, ClientMessage, Command, CommandBody, CommandOutcome, DeviceId, Generation, Level, Raw, RpcOutcome,
    ServerMessage, Trid, decode_client, decode_server, lint_client, lint_server, strategies,
};

fn bearer() -> Credentials {
    Credentials::bearer("a.b.c")
}

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
        prop_assert_eq!(&decode_client(&text), &message);
        prop_assert_eq!(&decode_client(&text).into_owned(), &message);
        let _: serde_json::Value = serde_json::from_str(&text).unwrap();
        lint_client(&text);
    }

    #[test]
    fn what_the_cloud_writes_is_read_again(message in strategies::server_message()) {
        let text = message.to_text();
        prop_assert_eq!(&decode_server(&text), &message);
        prop_assert_eq!(&decode_server(&text).into_owned(), &message);
        let _: serde_json::Value = serde_json::from_str(&text).unwrap();
        lint_server(&text);
    }

    /// Each command passes its own check, changed in nothing, and lint finds no more than what is in use but undocumented.
    #[test]
    fn commands_are_beyond_reproach(command in strategies::command(), trid in 1i64.., id in 0u64..1 << 48) {
        let text = command.clone().request(Trid::int(trid), DeviceId::decimal(id)).to_text();
        let message = decode_client(&text);
        match (&message, &command) {
            (ClientMessage::Command(request), _) => prop_assert_eq!(request.data.body().checked(), Ok(command)),
            (ClientMessage::Rpc(request), Command::Rpc(rpc)) => {
                prop_assert_eq!(request.method.as_deref(), Some(rpc.method()));
                return Ok(());
            }
            _ => prop_assert!(false, "{message:?}"),
        }
        let worst = lint_client(&text).into_iter().map(|found| found.level).max();
        prop_assert!(worst.is_none_or(|level| level == Level::Info), "{:?}", lint_client(&text));
    }

    #[test]
    fn outcomes_come_back(command in strategies::command_outcome(), rpc in strategies::rpc_outcome()) {
        let data = command.to_data();
        prop_assert_eq!(CommandOutcome::of(&data), command);
        let response = rpc.to_response();
        prop_assert_eq!(RpcOutcome::of(&response), rpc);
    }

    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,60}|[\\[\\]{}\":,0-9a-zA-Z \\\\]{0,80}") {
        let _ = (decode_client(&text), lint_client(&text), decode_server(&text), lint_server(&text));
        let _ = (StatusView::of(&Generation::Gen1, &text), StatusView::of(&Generation::Gen2, &text));
        let _ = (merge(&text, &text), Raw::new(text.as_str()), Params::read(&text, None, text.as_bytes()));
        for status in [200, 400, 401, 502] {
            let _ = ExchangeCode::new("a", "b").answer(status, text.as_bytes());
            let _ = AllStatus::new(bearer()).answer(status, text.as_bytes());
            let _ = ListDevices::new(bearer()).answer(status, text.as_bytes());
            let _ = SetGroups::new(bearer()).answer(status, text.as_bytes());
        }
    }

    #[test]
    fn no_mutation_is_too_odd(client in strategies::client_message(), server in strategies::server_message(),
                              at in any::<prop::sample::Index>(), with in "[\"\\\\{}\\[\\],:0nt]") {
        let with = with.chars().next().unwrap();
        let text = mutated(&client.to_text(), at, with);
        let decoded = decode_client(&text);
        let readable = !matches!(decoded, ClientMessage::Unrecognised(_));
        prop_assert!(readable || lint_client(&text).iter().any(|found| found.level == Level::Error));
        // Nothing is lost: what was read is written, and reads the same.
        let again = decoded.to_text();
        prop_assert_eq!(&decode_client(&again), &decoded);
        if let ClientMessage::Command(request) = &decoded {
            let _ = request.data.body().checked();
        }
        let text = mutated(&server.to_text(), at, with);
        let decoded = decode_server(&text);
        lint_server(&text);
        let again = decoded.to_text();
        prop_assert_eq!(&decode_server(&again), &decoded);
        if let ServerMessage::StatusOnChange(event) = &decoded {
            let _ = event.view();
        }
    }

    /// Numbers of any size and sign, with and without fractions, in every place of every command.
    #[test]
    fn whatever_passes_the_check_is_in_range(cmd in "relay|light|roller|roller_to_pos", name in "id|timeout|red|gain|effect|temp|duration|pos|rel|slat_pos|slat_rel",
                                             number in prop_oneof![-300f64..8000.0, any::<f64>()]) {
        prop_assume!(number.is_finite());
        let words = if cmd == "relay" { r#""turn":"on","# } else if cmd == "roller" { r#""go":"up","# } else { "" };
        let id = if name == "id" { "" } else { r#""id":0,"# };
        let data = format!(r#"{{{words}{id}"{name}":{number}}}"#);
        let text = format!(r#"{{"event":"Shelly:CommandRequest","trid":1,"deviceId":"1","data":{{"cmd":"{cmd}","params":{data}}}}}"#);
        let ClientMessage::Command(request) = decode_client(&text) else { panic!("{text}") };
        match request.data.body().checked() {
            Ok(command) => {
                let again = command.clone().request(Trid::int(1), DeviceId::decimal(1)).to_text();
                let ClientMessage::Command(request) = decode_client(&again) else { panic!("{again}") };
                prop_assert_eq!(request.data.body().checked(), Ok(command));
            }
            Err(BadParams::OutOfRange { name: told, .. }) => prop_assert_eq!(told, name),
            Err(BadParams::Missing(_) | BadParams::Conflict(..)) => {}
            Err(e) => prop_assert!(false, "{}", e),
        }
    }

    #[test]
    fn control_calls_are_read_as_they_were_made(light in strategies::light(), id in 0u64..1 << 48) {
        let id = DeviceId::decimal(id);
        let request = Control::light(bearer(), id.clone(), light).request();
        let params = Params::read("", Some("application/x-www-form-urlencoded"), request.body.unwrap().as_bytes()).unwrap();
        let form = ControlForm::read(Kind::Light, &params);
        prop_assert_eq!(&form.device, &Some(id.clone()));
        prop_assert_eq!(form.body.checked(), Ok(Command::Light(light)));
        if let Ok(set) = Set::light(bearer(), id.clone(), light) {
            let params = Params::read("", None, set.request().body.unwrap().as_bytes()).unwrap();
            let form = ControlForm::read_v2(Kind::Light, &params);
            prop_assert_eq!(form.device, Some(id));
            prop_assert!(matches!(form.body, CommandBody::Light(_)));
            prop_assert!(form.body.checked().is_ok());
        }
    }

    #[test]
    fn statuses_of_devices_come_back(numbers in prop::collection::btree_set(0u64..1 << 48, 0..4), online in any::<bool>(), status in strategies::raw()) {
        let devices: Vec<_> = numbers.into_iter().map(|number| {
            let id = DeviceId::in_http(&DeviceId::decimal(number).to_hex());
            let info = DevInfo::new(id.clone(), Generation::Gen2, "SPSW-001PE16EU", online);
            DeviceStatus::new(id.to_hex(), info, &status)
        }).collect();
        let all = DevicesStatus::new(devices);
        let read = AllStatus::new(bearer()).answer(200, all.to_json().as_bytes()).unwrap();
        prop_assert_eq!(read, all);
    }

    #[test]
    fn tokens_come_back_and_are_not_shown(access in "[a-z.]{12,20}", refresh in proptest::option::of(strategies::text()), expires in proptest::option::of(0..i64::MAX as u64)) {
        let mut tokens = Tokens::new(access.clone());
        tokens.refresh_token = refresh.map(Into::into);
        tokens.expires_in = expires;
        let read = ExchangeCode::new("a", "b").answer(200, tokens.to_json().as_bytes()).unwrap();
        prop_assert_eq!(&read, &tokens);
        let shown = format!("{read:?}");
        prop_assert!(!shown.contains(&access));
    }
}
