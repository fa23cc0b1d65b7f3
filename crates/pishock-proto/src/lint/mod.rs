//! What in a message is not as the documents show it. Decoding takes it all the same; a mock reports it, or refuses it in
//! strict mode.

pub(crate) mod fields;
mod form;
mod kinds;
mod meaning;

pub use dummyload_codec::lint::Level;
pub use kinds::DeviationKind;

use crate::message::parse;
use crate::tree::Node;
use crate::{Body, ClientMessage, Dialect, decode_client, decode_server};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use fields::{ENVELOPE, V1_REPLY};

/// One deviation of a PiShock message from what the documents show.
pub type Deviation = dummyload_codec::lint::Deviation<DeviationKind>;

/// What a client's message has that the documents do not show (dossier 3.1, 3.2, 8.1, 12). Empty for the canonical form,
/// and then cheap.
pub fn lint_client(dialect: Dialect, text: &str) -> Vec<Deviation> {
    let section = if dialect == Dialect::V1 { "dossier 8.1" } else { "dossier 3" };
    let message = match decode_client(dialect, text) {
        Ok(message) => message,
        Err(e) => return unreadable(section, e.to_string()),
    };
    let mut lint = Lint::default();
    let is_canonical = message.to_text(dialect) == text;
    if !is_canonical || is_incomplete(&message) {
        match (dialect, parse::<Node>(text)) {
            (_, Err(e)) => return unreadable(section, e.to_string()),
            (Dialect::V2, Ok(node)) => lint.v2(&node),
            (Dialect::V1, Ok(node)) => lint.v1(&node),
        }
        if lint.found.is_empty() && !is_canonical {
            let text = "other white space or escapes than compact JSON";
            lint.add("", DeviationKind::Spacing, Level::Info, "dossier 3.1", text);
        }
    }
    lint.meaning(dialect, &message);
    lint.found
}

/// What a broker's message has that dossier 4.1 and 8.2 do not show.
pub fn lint_server(dialect: Dialect, text: &str) -> Vec<Deviation> {
    let shape = if dialect == Dialect::V1 { V1_REPLY } else { ENVELOPE };
    let canonical = match decode_server(dialect, text) {
        Ok(message) => message.to_text(),
        Err(e) => return unreadable(shape.section, e.to_string()),
    };
    let mut lint = Lint::default();
    let node = match parse::<Node>(text) {
        Ok(node) => node,
        Err(e) => return unreadable(shape.section, e.to_string()),
    };
    lint.object("", &node, shape);
    // A source of another type than text is written as one, and is no deviation.
    if lint.found.is_empty() && canonical != text && parse::<Node>(&canonical).as_ref() == Ok(&node) {
        let text = "other white space or escapes than compact JSON";
        lint.add("", DeviationKind::Spacing, Level::Info, shape.section, text);
    }
    lint.found
}

fn unreadable(section: &'static str, text: String) -> Vec<Deviation> {
    alloc::vec![Deviation::new("", DeviationKind::NotAMessage, Level::Error, text, section)]
}

/// Whether members can be missing, which the canonical text does not show.
fn is_incomplete(message: &ClientMessage<'_>) -> bool {
    let whole = |body: &Body<'_>| {
        body.id.is_some()
            && body.mode.is_some()
            && body.intensity.is_some()
            && body.duration.is_some()
            && body.replace.is_some()
            && body.log.as_ref().is_some_and(|log| {
                log.user.is_some()
                    && log.access.is_some()
                    && log.warning.is_some()
                    && log.hold.is_some()
                    && log.origin.is_some()
            })
    };
    match message {
        ClientMessage::Publish(commands) => !commands.iter().all(|command| whole(&command.body)),
        ClientMessage::Unknown { .. } | ClientMessage::Link(_) => true,
        _ => false,
    }
}

/// Collects what is found.
#[derive(Default)]
struct Lint {
    found: Vec<Deviation>,
}

impl Lint {
    fn add(
        &mut self,
        pointer: &str,
        kind: DeviationKind,
        level: Level,
        section: &'static str,
        text: impl Into<String>,
    ) {
        self.found.push(Deviation::new(pointer, kind, level, text, section));
    }
}
