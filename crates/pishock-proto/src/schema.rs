//! JSON Schema of what goes over the wire, in its canonical form. What a decoder tolerates beyond it is in the fixtures.
//!
//! The types of [`http`](crate::http) have schemas of their own; a [`Body`] has the same one in both dialects, but stands
//! in a string in V1.

use crate::lint::fields::{BODY, COMMAND, ENVELOPE, Field, LINK, Shape, V1_REPLY, Want};
use crate::{Body, ClientMessage, Envelope, LinkCommand, PublishCommand, V1Reply};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

/// The range of a number, by its name; wider where it depends on the mode.
fn range(name: &str) -> Value {
    match name {
        "i" | "Intensity" => json!({ "type": "integer", "minimum": 0, "maximum": 100 }),
        "d" | "Duration" => json!({ "type": "integer", "minimum": 0, "maximum": 15_000 }),
        "WarningLevel" => json!({ "type": "integer", "minimum": 0, "maximum": 3 }),
        _ => json!({ "type": "integer", "minimum": 0 }),
    }
}

fn member(field: &Field) -> Value {
    match field.want {
        Want::Integer => range(field.name),
        Want::Bool => json!({ "type": "boolean" }),
        Want::Text => json!({ "type": "string" }),
        Want::Code => json!({ "type": ["null", "integer", "string"] }),
        Want::Any => json!(true),
        Want::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Want::Object(shape) => object(shape).to_value(),
        Want::Objects(shape) => json!({ "type": "array", "items": object(shape) }),
    }
}

fn object(Shape { fields, .. }: &Shape) -> Schema {
    let properties: Map<_, _> = fields.iter().map(|field| (field.name.into(), member(field))).collect();
    let required: Vec<_> = fields.iter().filter(|field| field.is_required()).map(|field| field.name).collect();
    json_schema!({ "type": "object", "properties": properties, "required": required })
}

macro_rules! schemas {
    ($($kind:ident<'_> => $name:literal, $schema:expr;)*) => {
        $(impl JsonSchema for $kind<'_> {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        })*
    };
}

schemas! {
    Body<'_> => "Body", object(BODY);
    PublishCommand<'_> => "PublishCommand", object(COMMAND);
    LinkCommand<'_> => "LinkCommand", object(LINK);
    Envelope<'_> => "Envelope", object(ENVELOPE);
    V1Reply<'_> => "V1Reply", object(V1_REPLY);
    ClientMessage<'_> => "Request", request();
}

/// V2's request: for each operation the members that it takes.
fn request() -> Schema {
    let operation = |names: &[&str], member: Option<(&str, Value)>| {
        let mut properties = Map::new();
        let mut required = Vec::from(["Operation"]);
        properties.insert("Operation".into(), json!({ "enum": names }));
        if let Some((name, schema)) = member {
            properties.insert(name.into(), schema);
            required.push(name);
        }
        json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
    };
    let targets = json!({ "type": "array", "items": { "type": "string" } });
    json_schema!({
        "oneOf": [
            operation(&["PING"], None),
            operation(&["SUBSCRIBE", "UNSUBSCRIBE"], Some(("Targets", targets))),
            operation(&["PUBLISH"], Some(("PublishCommands", json!({ "type": "array", "items": object(COMMAND) })))),
            operation(&["PUBLISH"], Some(("LinkCommand", object(LINK).to_value()))),
        ]
    })
}
