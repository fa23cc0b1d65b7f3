//! The texts that the server sends on the socket, in the form of its library where the profile wants that.

use crate::lossless::Stand;
use crate::profile::Rules;
use multistreamer_proto::{AccountId, ServerMessage, StreamId, ViewCount, Writer, lua};
use serde_json::{Map, Value};

/// A text on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Out {
    text: String,
    /// What in it stands for bytes that are no character.
    stand: Option<Stand>,
}

impl Out {
    /// What the codec writes.
    pub(crate) fn message(rules: &Rules, message: &ServerMessage<'_>, stand: Option<Stand>) -> Self {
        let text = message.to_text();
        Self { text: if rules.lua_json { lua::slashes(&text) } else { text }, stand }
    }

    /// A message that is passed on: whatever its members are.
    pub(crate) fn passed_on(rules: &Rules, message: Map<String, Value>, stand: Option<Stand>) -> Self {
        Self { text: json(rules, &Value::Object(message)), stand }
    }

    /// A text as it is, for what no server ought to send.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), stand: None }
    }

    /// The text; `None` if it is none, so that it has to go out as bytes.
    pub(crate) fn as_text(&self) -> Option<&str> {
        self.stand.is_none().then_some(&self.text)
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self.stand {
            Some(stand) => stand.bytes(&self.text),
            None => self.text.clone().into_bytes(),
        }
    }

    /// How many bytes go out.
    pub(crate) fn len(&self) -> usize {
        match self.stand {
            Some(_) => self.bytes().len(),
            None => self.text.len(),
        }
    }
}

/// JSON in the form of the profile.
pub(crate) fn json(rules: &Rules, value: &Value) -> String {
    if rules.lua_json { lua::slashes(&lua::pass_through(value)) } else { value.to_string() }
}

/// A writer is there (dossier 4.2).
pub(crate) fn writer_result(rules: &Rules, account: AccountId, target: AccountId) -> Out {
    Out::message(rules, &ServerMessage::WriterResult(Writer::new(account, target)), None)
}

/// So many are watching (dossier 4.3).
pub(crate) fn view_count(rules: &Rules, account: AccountId, stream: StreamId, viewers: u64) -> Out {
    Out::message(rules, &ServerMessage::ViewCount(ViewCount::new(account, stream, viewers)), None)
}
