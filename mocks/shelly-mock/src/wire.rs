//! The texts that the cloud sends on the socket, made by the codec; with the misspellings of the options.

use crate::options::Options;
use crate::world::{Device, Refusal};
use dummyload_host::Text;
use serde_json::{Map, Value, json};
use shelly_proto::{
    CommandOutcome, CommandResponse, DeviceId, DeviceRef, ErrorEvent, Errors, Form, Generation, Online, RpcFamily,
    RpcOutcome, RpcResponse, ServerMessage, Settings, StatusOnChange, Trid,
};

/// An `Error` event; the cloud answers everything that is no request with `BAD_REQUEST` (dossier 11.2).
pub(crate) fn error(message: &str) -> Text {
    ServerMessage::Error(ErrorEvent::new(message)).to_text().into()
}

/// A device has changed (dossier 9.1).
pub(crate) fn status(options: &Options, device: &Device, mut status: Map<String, Value>) -> Text {
    if options.empty_as_list {
        status.values_mut().for_each(empty_as_list);
    }
    let mut event = StatusOnChange::new(reference(options, device), (&Value::Object(status)).into());
    if options.metadata {
        event.metadata = Some((&json!([{"name": device.seed.name}])).into());
    }
    numbered(options, ServerMessage::StatusOnChange(event).to_text(), &device.id)
}

/// A device has come or gone (dossier 9.2).
pub(crate) fn online(options: &Options, device: &Device) -> Text {
    let online = device.is_online();
    let mut event = Online::new(reference(options, device), online);
    if options.online_as_bool {
        event.online = None;
        event.extra.push("online", (&Value::Bool(online)).into());
    }
    numbered(options, ServerMessage::Online(event).to_text(), &device.id)
}

/// The settings of a device have changed (dossier 9.5).
pub(crate) fn settings(options: &Options, device: &Device, settings: &Value) -> Text {
    let event = Settings::new(reference(options, device), settings.into());
    numbered(options, ServerMessage::Settings(event).to_text(), &device.id)
}

/// The answer to a command (dossier 9.3).
pub(crate) fn command_response(
    options: &Options,
    trid: Trid,
    user: u64,
    id: &DeviceId,
    outcome: Result<(), &Refusal>,
) -> Text {
    let outcome = match outcome {
        Ok(()) => CommandOutcome::Ok,
        Err(refusal) => CommandOutcome::Refused { res: Some(refusal.code().to_owned()), errors: Errors::Missing },
    };
    let user = i64::try_from(user).unwrap_or(i64::MAX);
    let mut response = CommandResponse::new(foreign(options, trid), user, spelled(options, id), &outcome);
    if options.omit_user {
        response.user = None;
    }
    numbered(options, ServerMessage::CommandResponse(response).to_text(), id)
}

/// The answer to a call (dossier 9.4).
pub(crate) fn rpc_response(
    options: &Options,
    family: RpcFamily,
    trid: Trid,
    id: &DeviceId,
    outcome: &RpcOutcome<'_>,
) -> Text {
    let response = RpcResponse::new(family, foreign(options, trid), spelled(options, id), outcome);
    numbered(options, ServerMessage::RpcResponse(response).to_text(), id)
}

fn reference<'a>(options: &Options, device: &'a Device) -> DeviceRef<'a> {
    let id = match device.id.as_number() {
        Some(_) if options.hex_ids => DeviceId::verbatim(&device.id.to_hex()),
        _ => device.id.clone(),
    };
    DeviceRef::new(id, device.seed.code.as_str(), Generation::parse(&device.seed.generation))
}

fn spelled(options: &Options, id: &DeviceId) -> DeviceId {
    match id.as_number() {
        Some(_) if options.hex_ids && id.form() != Form::Other => DeviceId::verbatim(&id.to_hex()),
        _ => id.clone(),
    }
}

fn foreign(options: &Options, trid: Trid) -> Trid {
    match (options.foreign_trid, trid.as_int(), trid.as_text()) {
        (true, Some(number), _) => Trid::text(&number.to_string()),
        (true, _, Some(text)) => Trid::int(text.parse().unwrap_or(1)),
        _ => trid,
    }
}

/// The id as a number, where the option wants the mistake that the codec cannot make. It is the first member of that value
/// in all these texts: what comes before it are names that the mock gives.
fn numbered(options: &Options, text: String, id: &DeviceId) -> Text {
    match id.as_number().filter(|_| options.numeric_ids) {
        Some(number) => text.replacen(&format!("\"{number}\""), &number.to_string(), 1).into(),
        None => text.into(),
    }
}

/// Every empty object as an empty list, at any depth (dossier 5).
pub(crate) fn empty_as_list(value: &mut Value) {
    match value {
        Value::Object(members) if members.is_empty() => *value = Value::Array(Vec::new()),
        Value::Object(members) => members.values_mut().for_each(empty_as_list),
        Value::Array(items) => items.iter_mut().for_each(empty_as_list),
        _ => {}
    }
}
