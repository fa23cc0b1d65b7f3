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

/// One deviation of a Shelly message from what the documents show.
pub type Deviation = dummyload_codec::lint::Deviation<DeviationKind>;

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
    alloc::vec![Deviation::new("", kind, Level::Error, text, section)]
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
