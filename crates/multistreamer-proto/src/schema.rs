//! JSON Schema of what goes over the socket, in its canonical form. What a decoder tolerates beyond it is in the fixtures.

use crate::lint::fields::{ACCOUNT, CHAT, Field, PERSON, SAY, STATUS, TYPE_ONLY, VIEW_COUNT, WRITER, Want};
use crate::{Account, ChatKind, ClientMessage, Person, ServerMessage};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

fn member(field: &Field) -> Value {
    match field.want {
        Want::Text => json!({ "type": "string" }),
        Want::Integer => json!({ "type": "integer" }),
        Want::Boolean => json!({ "type": "boolean" }),
        Want::PersonId => json!({ "type": ["integer", "string"] }),
        Want::Any => json!(true),
        Want::Object(fields) => object(fields),
        Want::Accounts => json!({
            "type": "object",
            "propertyNames": { "pattern": "^(0|[1-9][0-9]*)$" },
            "additionalProperties": object(ACCOUNT),
        }),
    }
}

fn object(fields: &[Field]) -> Value {
    let properties: Map<_, _> = fields.iter().map(|field| (field.name.into(), member(field))).collect();
    let required = fields.iter().filter(|field| field.is_required()).map(|field| field.name);
    json!({ "type": "object", "properties": properties, "required": required.collect::<Vec<_>>() })
}

/// An object of one of these types.
fn message(types: &[&str], fields: &[Field]) -> Value {
    let mut message = object(fields);
    message["properties"]["type"] = json!({ "enum": types });
    message
}

const SAID: [&str; 2] = [ChatKind::Text.name(), ChatKind::Emote.name()];

fn client_message() -> Value {
    let mut writer = message(&["writer"], WRITER);
    // The internal chat has no writer, and asking for one does harm (dossier 4.2).
    for name in ["account_id", "cur_stream_account_id"] {
        writer["properties"][name] = json!({ "type": "integer", "not": { "const": 0 } });
    }
    json!({ "oneOf": [message(&["status", "viewcount"], TYPE_ONLY), writer, message(&SAID, SAY)] })
}

fn server_message() -> Value {
    let mut count = message(&["viewcountresult"], VIEW_COUNT);
    count["properties"]["viewer_count"] = json!({ "type": "integer", "minimum": 0 });
    json!({ "oneOf": [message(&["status"], STATUS), message(&["writerresult"], WRITER), count, message(&SAID, CHAT)] })
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
    ClientMessage<'_> => client_message();
    ServerMessage<'_> => server_message();
    Account<'_> => object(ACCOUNT);
    Person<'_> => object(PERSON);
}
