//! What in a message is not as the documents and the recordings show it. Decoding takes it all the same; a mock reports it.

pub(crate) mod fields;
mod form;
mod kinds;
mod meaning;

pub use dummyload_codec::lint::Level;
pub(crate) use fields::{Field, Want};
pub use kinds::DeviationKind;

use crate::json::plain;
use crate::message::{ServerMessage, request_fields};
use crate::{Action, DecodeError, Fields, Json, read_lenient, strict};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// One deviation of a DeviceHive message from what the documents show.
pub type Deviation = dummyload_codec::lint::Deviation<DeviationKind>;

/// The longest message that server 3.5 takes, in bytes (dossier V5).
const LONGEST: usize = 10_240;

/// What a client's message has that the documents do not show (dossier 2 to 12, M1 to M10).
pub fn lint_client(text: &str) -> Vec<Deviation> {
    let mut lint = Lint::of(Side::Client);
    let json = match strict(text) {
        Ok(json) => json,
        Err(e) => return unreadable(&e),
    };
    if let Cow::Owned(_) = json {
        for odd in read_lenient(text).into_iter().flat_map(|(_, odd)| odd) {
            let text = format!("{} at byte {}: no JSON, but servers read it", odd.what, odd.at);
            lint.add("", DeviationKind::Lenient, Level::Warning, "dossier 3", text);
        }
    }
    let fields = match Fields::read(&json) {
        Ok(fields) => fields,
        Err(e) => return unreadable(&e),
    };
    let known = fields.some("action").filter(|name| name.starts_with('"')).and_then(|name| Action::parse(&plain(name)));
    let Some(action) = known else {
        let text = "this is the name of no action; names are compared with their letter case";
        lint.add("/action", DeviationKind::UnknownAction, Level::Error, "dossier 4, 5", text);
        return lint.found;
    };
    lint.action = Some(action);
    lint.object("", &json, &[fields::REQUEST, request_fields(action)].concat());
    lint.request(action, &fields);
    if text.len() > LONGEST {
        let text = "server 3.5 takes no messages of more than 10,240 bytes";
        lint.add("", DeviationKind::TooLong, Level::Info, "dossier V5", text);
    }
    lint.spacing(text);
    lint.found
}

/// What a server's message has that the recordings do not show (dossier 2, M1, M11).
pub fn lint_server(text: &str) -> Vec<Deviation> {
    let mut lint = Lint::of(Side::Server);
    let message = match ServerMessage::decode(text) {
        Ok(message) => message,
        Err(e) => return unreadable(&e),
    };
    match &message {
        ServerMessage::Push(push) => {
            let fields = match push.body.action() {
                Action::NotificationInsert => fields::NOTIFICATION_PUSH,
                _ => fields::COMMAND_PUSH,
            };
            lint.object("", text, fields);
        }
        ServerMessage::Reply(reply) => {
            let action = reply.action.as_ref().and_then(|name| Action::parse(&plain(name.as_str())));
            match (&reply.outcome, action) {
                (Err(_), _) if reply.action.is_none() && reply.request_id.is_none() => {
                    lint.object("", text, fields::BARE_REFUSAL);
                }
                (Err(_), _) => lint.object("", text, fields::REFUSAL),
                (Ok(_), Some(action)) => lint.object("", text, &[fields::SUCCESS, fields::payload(action)].concat()),
                (Ok(_), None) => {
                    let text = "a success of no known action";
                    lint.add("/action", DeviationKind::UnknownAction, Level::Warning, "dossier 5", text);
                }
            }
            if let Some(status) = Fields::read(text).ok().and_then(|fields| fields.some("status"))
                && !matches!(status, r#""success""# | r#""error""#)
            {
                let text = "it is `success` or `error`";
                lint.add("/status", DeviationKind::UnknownWord, Level::Error, "dossier 2", text);
            }
        }
    }
    lint.spacing(text);
    lint.found
}

fn unreadable(e: &DecodeError) -> Vec<Deviation> {
    let (kind, text) = (DeviationKind::NotAMessage, e.to_string());
    alloc::vec![Deviation::new("", kind, Level::Error, text, "dossier 2, 4")]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

/// Collects what is found.
struct Lint {
    side: Side,
    /// What is asked for, if a client asks.
    action: Option<Action>,
    found: Vec<Deviation>,
}

impl Lint {
    fn of(side: Side) -> Self {
        Self { side, action: None, found: Vec::new() }
    }

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

    /// Whether the text has more in it than it says, where nothing else explains that.
    fn spacing(&mut self, text: &str) {
        let explains = |kind| matches!(kind, DeviationKind::Lenient | DeviationKind::RepeatedMember);
        if !self.found.iter().any(|deviation| explains(deviation.kind)) && Json::trusted(text).as_str() != text {
            let text = "other white space or escapes than compact JSON";
            self.add("", DeviationKind::Spacing, Level::Info, "dossier 3", text);
        }
    }
}
