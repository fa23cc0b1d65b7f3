//! The schemas against recordings of the real server and against arbitrary messages: what lint finds canonical fits, and what
//! has members missing or of another type does not.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod recorded;

use boon::{Compiler, SchemaIndex, Schemas};
use multistreamer_proto::{
    Account, ClientMessage, Deviation, Person, ServerMessage, lint_client, lint_server, strategies,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};

struct Checker {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Checker {
    fn new<T: JsonSchema>() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let address = format!("http://localhost/{}.json", T::schema_name());
        compiler.add_resource(&address, schema_for!(T).to_value()).unwrap();
        let index = compiler.compile(&address, &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn fits(&self, value: &Value) -> Result<(), String> {
        self.schemas.validate(value, self.index).map_err(|e| format!("{e:#}"))
    }
}

/// What a schema cannot see, or what it allows.
const INVISIBLE: [&str; 5] = ["spacing", "unknown-member", "undocumented", "repeated-member", "overwritten"];

/// What no schema lets pass. A number with a fraction of zeros is a whole number to a schema, and so no `loose-type`.
const VISIBLE: [&str; 5] = ["missing-member", "null-member", "wrong-type", "unknown-type", "killer"];

/// How many texts fit as they have to, and how many do not.
fn check(checker: &Checker, texts: impl Iterator<Item = (String, Vec<Deviation>)>) -> (usize, usize) {
    let (mut good, mut bad) = (0, 0);
    for (text, deviations) in texts {
        let Ok(value) = serde_json::from_str(&text) else { continue };
        // What 64 bits do not hold is a whole number to a schema.
        if text.contains("12345678901234567890") {
            continue;
        }
        let kinds: Vec<_> = deviations.iter().map(|deviation| deviation.kind.name()).collect();
        if kinds.iter().all(|kind| INVISIBLE.contains(kind)) {
            checker.fits(&value).unwrap_or_else(|e| panic!("{text}: {e}"));
            good += 1;
        } else if kinds.iter().any(|kind| VISIBLE.contains(kind)) {
            assert!(checker.fits(&value).is_err(), "{text} deviates ({kinds:?}), but fits");
            bad += 1;
        }
    }
    (good, bad)
}

#[test]
fn what_servers_send_fits() {
    let checker = Checker::new::<ServerMessage<'_>>();
    let recorded = recorded::frames().into_iter().filter(|frame| !frame.sent);
    let (good, bad) = check(&checker, recorded.map(|frame| (frame.text.clone(), lint_server(&frame.text))));
    assert!(good > 700 && bad > 10, "{good} {bad}");
    let mut runner = TestRunner::deterministic();
    let made = (0..500).map(|_| strategies::server_message().new_tree(&mut runner).unwrap().current().to_text());
    let (good, bad) = check(&checker, made.map(|text| (text.clone(), lint_server(&text))));
    assert!(good > 10 && bad > 100, "{good} {bad}");
}

#[test]
fn what_clients_send_fits() {
    let checker = Checker::new::<ClientMessage<'_>>();
    let recorded = recorded::frames().into_iter().filter(|frame| frame.sent);
    let (good, bad) = check(&checker, recorded.map(|frame| (frame.text.clone(), lint_client(&frame.text))));
    assert!(good > 300 && bad > 30, "{good} {bad}");
    let mut runner = TestRunner::deterministic();
    let made = (0..500).map(|_| strategies::client_message().new_tree(&mut runner).unwrap().current().to_text());
    let (good, bad) = check(&checker, made.map(|text| (text.clone(), lint_client(&text))));
    assert!(good > 10 && bad > 100, "{good} {bad}");
}

#[test]
fn parts_have_schemas_of_their_own() {
    let (accounts, persons) = (Checker::new::<Account<'_>>(), Checker::new::<Person<'_>>());
    let network = json!({"name": "twitch", "displayName": "Twitch"});
    let account = json!({"name": "j", "ready": true, "live": false, "writable": true, "network": network});
    accounts.fits(&account).unwrap();
    assert!(accounts.fits(&json!({"name": "j", "ready": 1, "live": false, "writable": true})).is_err());
    for id in [json!(2), json!("146521877")] {
        persons.fits(&json!({"name": "test", "id": id})).unwrap();
    }
    persons.fits(&json!({"name": "jprjrdev"})).unwrap();
    assert!(persons.fits(&json!({"name": "test", "id": true})).is_err());
}
