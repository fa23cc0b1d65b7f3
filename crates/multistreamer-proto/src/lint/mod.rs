//! What in a message is not as the documents show it. Decoding takes it all the same; a mock reports it.

pub(crate) mod fields;
mod form;
mod kinds;

pub use dummyload_codec::lint::Level;
pub use kinds::DeviationKind;

use crate::message::{ClientMessage, Say, ServerMessage, Unrecognised, decode_client, decode_server};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// One deviation of a multistreamer message from what the documents show.
pub type Deviation = dummyload_codec::lint::Deviation<DeviationKind>;

/// What a client's message has that the documents do not show (dossier 4, 5).
pub fn lint_client(text: &str) -> Vec<Deviation> {
    let message = decode_client(text);
    let mut lint = Lint::default();
    let (fields, section) = match &message {
        ClientMessage::Status => (fields::TYPE_ONLY, "dossier 4.1"),
        ClientMessage::ViewCount => (fields::TYPE_ONLY, "dossier 4.3"),
        ClientMessage::Writer(_) => (fields::WRITER, "dossier 4.2"),
        ClientMessage::Say(_) => (fields::SAY, "dossier 4.4"),
        ClientMessage::Other(other) => {
            let text = match &other.kind {
                Some(_) => "the server knows no such message, and passes over it",
                None => "the message has no type that is a text, so the server passes over it",
            };
            lint.add("/type", DeviationKind::UnknownType, Level::Error, "dossier 5", text);
            return lint.found;
        }
        ClientMessage::Unrecognised(it) => return unreadable("dossier 5", it),
    };
    lint.object("", text, fields, section);
    match &message {
        ClientMessage::Writer(writer) if [writer.account_id, writer.target].contains(&Some(crate::AccountId::IRC)) => {
            let text = "the internal chat has no writer; the real server's chat does not survive this question";
            lint.add("", DeviationKind::Killer, Level::Error, section, text);
        }
        ClientMessage::Say(say) => {
            lint.overwritten(say);
            lint.deadly(say);
        }
        _ => {}
    }
    lint.spacing(text, section, || message.to_text());
    lint.found
}

/// What a server's message has that the documents do not show (dossier 4).
pub fn lint_server(text: &str) -> Vec<Deviation> {
    let message = decode_server(text);
    let mut lint = Lint::default();
    let (fields, section) = match &message {
        ServerMessage::Status(_) => (fields::STATUS, "dossier 4.1"),
        ServerMessage::WriterResult(_) => (fields::WRITER, "dossier 4.2"),
        ServerMessage::ViewCount(_) => (fields::VIEW_COUNT, "dossier 4.3"),
        ServerMessage::Chat(_) => (fields::CHAT, "dossier 4.5"),
        ServerMessage::Other(_) => {
            let text = "not a known type; clients must pass over it";
            lint.add("/type", DeviationKind::UnknownType, Level::Info, "dossier 4.7, 4.8", text);
            return lint.found;
        }
        ServerMessage::Unrecognised(it) => return unreadable("dossier 4", it),
    };
    lint.object("", text, fields, section);
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

    /// What the server sets itself (dossier 4.4, 2).
    fn overwritten(&mut self, say: &Say<'_>) {
        for name in ["from", "network", "timestamp", "markdown", "stream_id"] {
            if say.extra.get(name).is_some() {
                self.found.retain(|found| found.pointer != alloc::format!("/{name}"));
                let pointer = alloc::format!("/{name}");
                let text = "the server sets this itself; leave it out";
                self.add(&pointer, DeviationKind::Overwritten, Level::Warning, "dossier 4.4", text);
            }
        }
    }

    /// Lines that the real server fails at or drops weigh more than others, and account 0 needs no target (dossier 4.4, 4.6).
    fn deadly(&mut self, say: &Say<'_>) {
        let is_internal = say.account_id == Some(crate::AccountId::IRC);
        for found in &mut self.found {
            match (found.pointer.as_str(), found.kind) {
                ("/text", DeviationKind::MissingMember | DeviationKind::NullMember) => {
                    found.level = Level::Error;
                    found.text = "the real server fails at a line without text, and ends the connection".into();
                }
                ("/cur_stream_account_id", DeviationKind::MissingMember) if is_internal => {
                    found.level = Level::Info;
                    found.text = "the documents have this member; for account 0 the server does without it".into();
                }
                ("/account_id", DeviationKind::LooseType) if say.account_id.is_none() => {
                    found.level = Level::Error;
                    found.text = "the real server takes no texts for numbers here, and drops the line".into();
                }
                _ => {}
            }
        }
        if is_internal && say.said().is_some_and(|said| said == "/msg") {
            let text = "the real server fails at /msg without a name, and ends the connection";
            self.add("/text", DeviationKind::MsgToNobody, Level::Error, "dossier 5", text);
        }
    }

    /// The last resort: nothing else explains why it is longer than the canonical text.
    fn spacing(&mut self, text: &str, section: &'static str, canonical: impl FnOnce() -> String) {
        if self.found.is_empty() && text.len() != canonical().len() {
            let text = "other white space or escapes than compact JSON";
            self.add("", DeviationKind::Spacing, Level::Info, section, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(found: Vec<Deviation>) -> Vec<&'static str> {
        found.iter().map(|found| found.kind.name()).collect()
    }

    #[test]
    fn the_documents_own_messages_are_right() {
        for text in [
            r#"{"type":"status"}"#,
            r#"{"type":"viewcount"}"#,
            r#"{"type":"writer","account_id":17,"cur_stream_account_id":14}"#,
            r#"{"type":"text","account_id":0,"cur_stream_account_id":0,"text":"/msg somebody hey"}"#,
        ] {
            assert_eq!(lint_client(text), []);
        }
        let twitch = r#"{"type":"text","stream_id":21,"account_id":14,"network":"twitch","text":"x","markdown":"x","from":{"id":"1","name":"g"}}"#;
        assert_eq!(lint_server(twitch), []);
    }

    /// What a line does weighs: nothing, nothing but silence, or the end of the connection.
    #[test]
    fn deadly_lines_are_errors() {
        let level = |text: &str| lint_client(text).iter().map(|found| found.level).max();
        for (text, worst) in [
            (r#"{"type":"text","account_id":0,"text":"x"}"#, Some(Level::Info)),
            (r#"{"type":"text","account_id":0}"#, Some(Level::Error)),
            (r#"{"type":"text","account_id":0,"text":"/msg"}"#, Some(Level::Error)),
            (r#"{"type":"text","account_id":"14","cur_stream_account_id":14,"text":"x"}"#, Some(Level::Error)),
            (r#"{"type":"text","account_id":14,"cur_stream_account_id":14.0,"text":"x"}"#, Some(Level::Warning)),
        ] {
            assert_eq!(level(text), worst, "{text}");
        }
        assert!(lint_client(r#"{"typ":"status"}"#)[0].text.contains("no type"));
    }

    #[test]
    fn each_mistake_has_its_kind() {
        for (text, kind) in [
            ("x", "not-a-message"),
            (r#"{"type":"comment"}"#, "unknown-type"),
            (r#"{ "type":"status"}"#, "spacing"),
            (r#"{"type":"writer","account_id":17}"#, "missing-member"),
            (r#"{"type":"writer","account_id":0,"cur_stream_account_id":14}"#, "killer"),
            (r#"{"type":"text","account_id":"0","cur_stream_account_id":0,"text":"x"}"#, "loose-type"),
            (r#"{"type":"text","account_id":0,"cur_stream_account_id":0,"text":7}"#, "wrong-type"),
            (r#"{"type":"text","account_id":0,"cur_stream_account_id":null,"text":"x"}"#, "null-member"),
            (r#"{"type":"text","account_id":0,"cur_stream_account_id":0,"text":"x","from":{}}"#, "overwritten"),
            (r#"{"type":"text","account_id":0,"cur_stream_account_id":0,"text":"x","x":1}"#, "unknown-member"),
        ] {
            assert_eq!(kinds(lint_client(text)), [kind], "{text}");
        }
        let status = r#"{"type":"status","status":{"data_incoming":false,"data_pulling":false,"data_pushing":1},"accounts":{"x":{},"0":{"name":"j","network":"irc","ready":true,"live":false,"writable":true}}}"#;
        let found = lint_server(status);
        let places: Vec<&str> = found.iter().map(|found| found.pointer.as_str()).collect();
        assert!(
            places.contains(&"/status/data_pushing")
                && places.contains(&"/accounts/x")
                && places.contains(&"/accounts/0/network"),
            "{found:?}"
        );
    }
}
