//! The schemas that the project publishes.

use serde_json::Value;

/// Checks a value by a schema, in which nothing may stand that it does not describe.
pub(crate) fn validator(schema: &str) -> impl Fn(&Value) -> Result<(), String> {
    let mut schema = schema.parse().unwrap();
    closed(&mut schema);
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.enable_format_assertions();
    compiler.add_resource("http://localhost/schema.json", schema).unwrap();
    let schema = compiler.compile("http://localhost/schema.json", &mut schemas).unwrap();
    move |value| schemas.validate(value, schema).map_err(|e| format!("{e:#}"))
}

fn closed(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") {
                members.insert("additionalProperties".into(), false.into());
            }
            // A condition looks at some members only.
            members.iter_mut().filter(|(name, _)| *name != "if").for_each(|(_, member)| closed(member));
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}
