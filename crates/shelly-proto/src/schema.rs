//! JSON Schema of what goes over the socket, in its canonical form. What a decoder tolerates beyond it is in the fixtures.

use crate::lint::fields::{
    ACTION_REQUEST, ACTION_RESPONSE, COMMAND_REQUEST, COMMAND_RESPONSE, DEVICE, ERROR, Field, ONLINE, RPC_REQUEST,
    RPC_RESPONSE, SETTINGS, STATUS_ON_CHANGE, Want, params,
};
use crate::{
    ActionRequest, ActionResponse, ClientMessage, CommandData, CommandRequest, CommandResponse, DeviceRef, Direction,
    ErrorEvent, LightMode, Online, RpcFamily, ServerMessage, Settings, StatusOnChange, Turn,
};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

/// The commands that have a schema.
const COMMANDS: [&str; 5] = ["relay", "light", "roller", "roller_to_pos", "ir_emit"];

fn member(field: &Field) -> Value {
    let words = |words: Vec<&str>| json!({ "enum": words });
    match (field.want, field.name) {
        (Want::Text, "turn") => words(Turn::ALL.iter().map(|word| word.as_str()).collect()),
        (Want::Text, "mode") => words(LightMode::ALL.iter().map(|word| word.as_str()).collect()),
        (Want::Text, "go") => words(Direction::ALL.iter().map(|word| word.as_str()).chain(["stop"]).collect()),
        (Want::Text, _) => json!({ "type": "string" }),
        (Want::Integer, name) => {
            let (low, high) = range(name);
            let mut schema = json!({ "type": "integer" });
            for (key, limit) in [("minimum", low), ("maximum", high)] {
                if let Some(limit) = limit {
                    schema[key] = limit.into();
                }
            }
            schema
        }
        (Want::Bit, _) => json!({ "enum": [0, 1] }),
        (Want::Id, _) => json!({ "type": "string", "pattern": "^([0-9]+|[Xx].*)$" }),
        (Want::Number, _) => json!({ "type": "integer", "minimum": 1 }),
        (Want::Trid, _) => json!({ "anyOf": [{ "type": "integer", "not": { "const": 0 } }, { "type": "string" }] }),
        (Want::Any, _) => json!(true),
        (Want::Open, _) => json!({ "type": "object" }),
        (Want::List, _) => json!({ "type": "array" }),
        (Want::Object(fields), _) => object(fields, None),
    }
}

/// The range of a parameter (dossier 11.1).
fn range(name: &str) -> (Option<i64>, Option<i64>) {
    match name {
        "id" | "timeout" | "transition" | "duration" => (Some(0), None),
        "red" | "green" | "blue" | "white" => (Some(0), Some(255)),
        "gain" | "brightness" | "pos" | "slat_pos" => (Some(0), Some(100)),
        "rel" | "slat_rel" => (Some(-100), Some(100)),
        "effect" => (Some(0), Some(6)),
        "temp" => (Some(2500), Some(7500)),
        _ => (None, None),
    }
}

/// An object; of an event by this name, if it is one.
fn object(fields: &[Field], event: Option<&str>) -> Value {
    let mut properties: Map<_, _> = fields.iter().map(|field| (field.name.into(), member(field))).collect();
    if let Some(event) = event {
        properties.insert("event".into(), json!({ "const": event }));
    }
    let required = fields.iter().filter(|field| field.is_required()).map(|field| field.name);
    json!({ "type": "object", "properties": properties, "required": required.collect::<Vec<_>>() })
}

/// `data` of a command request: for each command the parameters that it takes, and what excludes what.
fn command_data() -> Value {
    let variants = COMMANDS.map(|cmd| {
        let mut given = object(params(cmd), None);
        let together = |names: [&str; 2]| json!({ "required": names });
        if cmd == "roller_to_pos" {
            given["not"] = json!({ "anyOf": [together(["pos", "rel"]), together(["slat_pos", "slat_rel"])] });
            let one = ["pos", "rel", "slat_pos", "slat_rel"].map(|name| json!({ "required": [name] }));
            given["anyOf"] = json!(one);
        }
        if cmd == "roller" {
            given["not"] = json!({ "required": ["duration"], "properties": { "go": { "const": "stop" } } });
        }
        json!({ "type": "object", "properties": { "cmd": { "const": cmd }, "params": given }, "required": ["cmd", "params"] })
    });
    json!({ "oneOf": variants })
}

fn command_request() -> Value {
    let mut request = object(COMMAND_REQUEST, Some(CommandRequest::EVENT));
    request["properties"]["data"] = command_data();
    request
}

/// Exactly one of `result` and `error` (dossier 9.4).
fn rpc_response(family: RpcFamily) -> Value {
    let mut response = object(RPC_RESPONSE, Some(family.response_event()));
    response["properties"]["response"] =
        json!({ "type": "object", "oneOf": [{ "required": ["result"] }, { "required": ["error"] }] });
    response
}

fn client_message() -> Value {
    let calls = RpcFamily::ALL.map(|family| object(RPC_REQUEST, Some(family.request_event())));
    let others = [command_request(), object(ACTION_REQUEST, Some(ActionRequest::EVENT))];
    json!({ "oneOf": others.into_iter().chain(calls).collect::<Vec<_>>() })
}

fn server_message() -> Value {
    let calls = RpcFamily::ALL.map(|family| object(RPC_REQUEST, Some(family.request_event())));
    let others = [
        object(STATUS_ON_CHANGE, Some(StatusOnChange::EVENT)),
        object(ONLINE, Some(Online::EVENT)),
        object(SETTINGS, Some(Settings::EVENT)),
        object(COMMAND_RESPONSE, Some(CommandResponse::EVENT)),
        object(ACTION_RESPONSE, Some(ActionResponse::EVENT)),
        object(ERROR, Some(ErrorEvent::EVENT)),
    ];
    let answers = RpcFamily::ALL.map(rpc_response);
    json!({ "oneOf": others.into_iter().chain(answers).chain(calls).collect::<Vec<_>>() })
}

macro_rules! schemas {
    ($($kind:ident<'_> => $schema:expr;)*) => {
        $(impl JsonSchema for $kind<'_> {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($kind))
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let schema = $schema;
                json_schema!({ "allOf": [schema] })
            }
        })*
    };
}

schemas! {
    DeviceRef<'_> => object(DEVICE, None);
    CommandData<'_> => command_data();
    ClientMessage<'_> => client_message();
    ServerMessage<'_> => server_message();
}
