//! What in a message is not as the documents show it. Decoding takes it all the same; a mock reports it, or refuses it in
//! strict mode.

pub(crate) mod fields;
mod form;
mod kinds;
mod meaning;

pub use dummyload_codec::lint::Level;
pub use kinds::DeviationKind;

use crate::message::{ClientMessage, ServerMessage, Unrecognised, decode_client, decode_server};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// One deviation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deviation {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole message.
    pub pointer: String,
    /// What kind it is.
    pub kind: DeviationKind,
    /// How bad it is.
    pub level: Level,
    /// For people: what is there, and what should be.
    pub text: String,
    /// The section of the dossier, the project's page about the protocol, that shows what should be, as `dossier 9.1`.
    pub section: &'static str,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the message" } else { &self.pointer };
        write!(f, "{place}: {} ({}) [{}]", self.text, self.section, self.kind.name())
    }
}

/// What a client's message has that the documents do not show (dossier 10, 11.1, 15).
pub fn lint_client(text: &str) -> Vec<Deviation> {
    let message = decode_client(text);
    let mut lint = Lint::default();
    let (fields, ordered) = match &message {
        ClientMessage::Command(_) => (fields::COMMAND_REQUEST, true),
        ClientMessage::Rpc(_) => (fields::RPC_REQUEST, true),
        ClientMessage::Action(_) => (fields::ACTION_REQUEST, true),
        ClientMessage::Other(_) => {
            let text = "the cloud knows no such request";
            lint.add("/event", DeviationKind::UnknownEvent, Level::Error, "dossier 10", text);
            return lint.found;
        }
        ClientMessage::Unrecognised(it) => return unreadable("dossier 10", it),
    };
    lint.object("", text, fields, ordered);
    if let ClientMessage::Command(request) = &message {
        lint.command(&request.data);
    }
    lint.spacing(text, || message.to_text());
    lint.found
}

/// What a message of the cloud has that the documents do not show (dossier 9, 15).
pub fn lint_server(text: &str) -> Vec<Deviation> {
    let message = decode_server(text);
    let mut lint = Lint::default();
    let (fields, ordered) = match &message {
        ServerMessage::StatusOnChange(_) => (fields::STATUS_ON_CHANGE, true),
        ServerMessage::Online(_) => (fields::ONLINE, true),
        ServerMessage::Settings(_) => (fields::SETTINGS, true),
        // The documents and the vendor's example have different orders (9.3).
        ServerMessage::CommandResponse(_) => (fields::COMMAND_RESPONSE, false),
        ServerMessage::RpcResponse(_) => (fields::RPC_RESPONSE, true),
        ServerMessage::RpcRequest(_) => (fields::RPC_REQUEST, true),
        ServerMessage::ActionResponse(_) => (fields::ACTION_RESPONSE, true),
        ServerMessage::Error(_) => (fields::ERROR, true),
        ServerMessage::Other(_) => {
            let text = "not a known event; clients must pass over it";
            lint.add("/event", DeviationKind::UnknownEvent, Level::Info, "dossier 9", text);
            return lint.found;
        }
        ServerMessage::Unrecognised(it) => return unreadable("dossier 9", it),
    };
    lint.object("", text, fields, ordered);
    lint.event(&message);
    lint.spacing(text, || message.to_text());
    lint.found
}

fn unreadable(section: &'static str, it: &Unrecognised<'_>) -> Vec<Deviation> {
    let (kind, text) = (DeviationKind::NotAMessage, it.why.to_string());
    alloc::vec![Deviation { pointer: String::new(), kind, level: Level::Error, text, section }]
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
        self.found.push(Deviation { pointer: pointer.to_string(), kind, level, text: text.into(), section });
    }

    /// The last resort: nothing else explains why it is not the canonical text. Blanks and needless escapes make a text
    /// longer; another order does not, and is judged where members are. Payloads are not looked into.
    fn spacing(&mut self, text: &str, canonical: impl FnOnce() -> String) {
        let explained = |deviation: &Deviation| {
            !matches!(deviation.kind, DeviationKind::Undocumented | DeviationKind::IntegratorForm)
        };
        if !self.found.iter().any(explained) && text.len() != canonical().len() {
            let text = "other white space or escapes than compact JSON";
            self.add("", DeviationKind::Spacing, Level::Info, "dossier 15", text);
        }
    }
}
