//! JSON Schema of what goes over the socket, in its canonical form. What a decoder tolerates beyond it is in the fixtures.

use crate::lint::fields::{
    BARE_REFUSAL, COMMAND, COMMAND_PUSH, DEVICE, NOTIFICATION, NOTIFICATION_PUSH, REFUSAL, REQUEST, SUCCESS, payload,
};
use crate::lint::{Field, Want};
use crate::message::{ClientMessage, ServerMessage, request_fields};
use crate::{Action, Command, Device, DeviceId, Notification};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use dummyload_codec::lint::optional;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

fn value(want: Want) -> Value {
    match want {
        Want::Text => json!({ "type": "string" }),
        Want::Long => json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX }),
        Want::Int => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
        Want::Flag => json!({ "type": "boolean" }),
        Want::Time => {
            json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}$" })
        }
        Want::Word(words) => json!({ "enum": words }),
        Want::Open => json!({ "type": "object" }),
        Want::Items => json!({ "type": "array" }),
        Want::Any => json!(true),
        Want::Longs => array(Want::Long),
        Want::Texts => array(Want::Text),
        Want::List(want) => array(*want),
        Want::Object(fields) => object(fields, &[]),
        Want::Null(want) => json!({ "anyOf": [{ "type": "null" }, value(*want)] }),
    }
}

fn array(want: Want) -> Value {
    json!({ "type": "array", "items": value(want) })
}

/// An object, with what is known of some members besides.
fn object(fields: &[Field], known: &[(&str, Value)]) -> Value {
    let mut properties: Map<_, _> = fields.iter().map(|field| (field.name.into(), value(field.want))).collect();
    properties.extend(known.iter().map(|(name, value)| ((*name).into(), value.clone())));
    let required = fields.iter().filter(|field| field.is_required()).map(|field| field.name);
    json!({ "type": "object", "properties": properties, "required": required.collect::<Vec<_>>() })
}

fn named(action: Action) -> (&'static str, Value) {
    ("action", json!({ "const": action.name() }))
}

fn client_message() -> Value {
    // Servers read these whatever is asked for (dossier 3).
    const TARGETS: &[Field] =
        &[optional("deviceId", Want::Text), optional("networkId", Want::Long), optional("deviceTypeId", Want::Long)];
    let request = |action: &Action| object(&[TARGETS, REQUEST, request_fields(*action)].concat(), &[named(*action)]);
    json!({ "oneOf": Action::ALL.iter().map(request).collect::<Vec<_>>() })
}

/// A success, a refusal, or what a subscription brings; the first and the last are told apart by `status`.
fn server_message() -> Value {
    let status = |word| ("status", json!({ "const": word }));
    let success = |action: &Action| object(&[SUCCESS, payload(*action)].concat(), &[named(*action), status("success")]);
    let push = |action, fields: &[Field]| {
        let mut push = object(fields, &[named(action)]);
        push["not"] = json!({ "required": ["status"] });
        push
    };
    let mut bare = object(BARE_REFUSAL, &[status("error")]);
    bare["not"] = json!({ "anyOf": [{ "required": ["action"] }, { "required": ["requestId"] }] });
    let others = [
        object(REFUSAL, &[status("error")]),
        bare,
        push(Action::CommandInsert, COMMAND_PUSH),
        push(Action::CommandUpdate, COMMAND_PUSH),
        push(Action::NotificationInsert, NOTIFICATION_PUSH),
    ];
    json!({ "oneOf": Action::ALL.iter().map(success).chain(others).collect::<Vec<_>>() })
}

macro_rules! schemas {
    ($($type:ident => $schema:expr;)*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($type))
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let schema = $schema;
                json_schema!({ "allOf": [schema] })
            }
        })*
    };
}

schemas! {
    ClientMessage => client_message();
    ServerMessage => server_message();
    Command => object(COMMAND, &[]);
    Notification => object(NOTIFICATION, &[]);
    Device => object(DEVICE, &[]);
    DeviceId => json!({ "type": "string", "pattern": "^[A-Za-z0-9-]{1,48}$" });
}
