//! What users say: to the internal chat, to each other, or to a network (dossier 4.4, 4.6).

use super::MultistreamerWorld;
use super::sockets::Relayed;
use crate::lossless::Stand;
use dummyload_host::{Cx, PeerId};
use multistreamer_proto::{AccountId, ChatKind, Line, Say, StreamId, UserId, lua, markdown};
use serde_json::{Map, Value, json};

/// Who says something, and where.
struct Speaker {
    peer: PeerId,
    user: UserId,
    stream: StreamId,
}

/// What is said.
pub(crate) struct Words {
    pub(crate) kind: ChatKind,
    pub(crate) text: String,
    /// It was a number, and stays one.
    pub(crate) is_number: bool,
    pub(crate) stand: Option<Stand>,
}

impl MultistreamerWorld {
    pub(crate) fn say(
        &mut self,
        cx: &mut Cx<'_>,
        peer: PeerId,
        say: &Say<'_>,
        message: Map<String, Value>,
        has_nan: bool,
        stand: Option<Stand>,
    ) {
        let Some(socket) = self.sockets.get(peer) else { return };
        let speaker = Speaker { peer, user: socket.user, stream: socket.stream };
        let (text, is_number) = match message.get("text") {
            Some(Value::String(text)) => (text.clone(), false),
            Some(Value::Number(number)) if self.rules().lua_json => {
                (lua::number_text(number.as_f64().unwrap_or_default()), true)
            }
            Some(Value::Number(number)) => (number.to_string(), true),
            None if has_nan => {
                let text = "text is missing, or a number that is none, such as NaN, and cannot be passed on";
                return self.cut(cx, peer, "not-a-number", "dossier 5", text);
            }
            _ => {
                let text = "text is missing or no text; give it one";
                return self.cut(cx, peer, "no-text", "dossier 5", text);
            }
        };
        let line = Line::parse(&text);
        if text == "/msg" {
            return self.cut(cx, peer, "msg-to-nobody", "dossier 5", "/msg needs a user, as in \"/msg bob hello\"");
        }
        let forced = matches!(line, Line::Internal(_) | Line::Whisper { .. });
        let mut words = Words { kind: say.kind, text, is_number, stand };
        let (account, target) = self.ids(say, &message);
        if forced || account == Some(AccountId::IRC) {
            let mut message = message;
            if forced {
                message.insert("account_id".into(), json!(0));
            }
            if self.rules().takes_text_ids {
                // What was understood as an id leaves as one (dossier 4, ID types).
                message.insert("account_id".into(), json!(0));
                if let Some(target) = target {
                    message.insert("cur_stream_account_id".into(), json!(target));
                }
            }
            let said = match Line::parse(&words.text) {
                Line::Internal(rest) => rest.to_owned(),
                Line::Whisper { to, text } => {
                    let (to, text) = (to.to_owned(), text.to_owned());
                    words.text = text;
                    return self.whisper(cx, &speaker, &to, &words, message, has_nan);
                }
                _ => words.text.clone(),
            };
            words.text = said;
            return self.say_on_irc(cx, &speaker, &words, message, has_nan);
        }
        if !self.can_be_written(cx, peer, &message, has_nan) {
            return;
        }
        let (Some(account), Some(target)) = (account, target) else {
            let name = if account.is_none() { "account_id" } else { "cur_stream_account_id" };
            let text = match message.get(name) {
                None => format!("{name} is missing; give it the number of an account"),
                Some(value @ Value::String(_)) if !self.rules().takes_text_ids => {
                    format!("{name} is the text {value}, and texts are no numbers here")
                }
                Some(value) => format!("{name} is {value}, and no whole number"),
            };
            return self.drop_it(cx, peer, "no-account", "dossier 4, 4.4", text);
        };
        self.write(cx, peer, speaker.stream, account, target, &words);
    }

    /// Who writes, and in whose chat. Texts count where the profile takes them.
    fn ids(&self, say: &Say<'_>, message: &Map<String, Value>) -> (Option<AccountId>, Option<AccountId>) {
        let text = |name: &str| {
            let text = message.get(name).and_then(Value::as_str).filter(|_| self.rules().takes_text_ids);
            text.and_then(|text| text.parse().ok()).map(AccountId)
        };
        (say.account_id.or_else(|| text("account_id")), say.target_id().or_else(|| text("cur_stream_account_id")))
    }

    /// What the server adds to a message of the internal chat; whatever else the sender has put into it is passed on.
    fn signed(&self, cx: &Cx<'_>, speaker: &Speaker, words: &Words, message: &mut Map<String, Value>) {
        let name = self.state.user(speaker.user).map(|user| user.seed.username.clone()).unwrap_or_default();
        let digit = words.is_number && words.text.len() == 1 && self.rules().lua_json;
        let text = if words.is_number { message.get("text").cloned() } else { None };
        let text = text.unwrap_or_else(|| json!(words.text));
        // The server escapes nothing in a text of one character, and so does not make a text of a digit (dossier 5).
        let markdown = if digit { text.clone() } else { json!(markdown::escape(&words.text)) };
        message.insert("from".into(), json!({"name": name, "id": speaker.user}));
        message.insert("network".into(), json!("irc"));
        message.insert("timestamp".into(), json!(Self::timestamp(cx)));
        message.insert("text".into(), text);
        message.insert("markdown".into(), markdown);
    }

    fn say_on_irc(
        &mut self,
        cx: &mut Cx<'_>,
        speaker: &Speaker,
        words: &Words,
        mut message: Map<String, Value>,
        has_nan: bool,
    ) {
        self.signed(cx, speaker, words, &mut message);
        message.insert("stream_id".into(), json!(speaker.stream));
        if !self.can_be_written(cx, speaker.peer, &message, has_nan) {
            return;
        }
        let details = json!({
            "stream": speaker.stream, "user": speaker.user, "network": "irc", "type": words.kind.name(), "text": words.text,
        });
        Self::record(cx, speaker.peer, "said", details);
        self.publish_of(cx, speaker.peer, message, words.stand);
    }

    fn whisper(
        &mut self,
        cx: &mut Cx<'_>,
        speaker: &Speaker,
        to: &str,
        words: &Words,
        mut message: Map<String, Value>,
        has_nan: bool,
    ) {
        let name = words.stand.map_or_else(|| to.as_bytes().to_vec(), |stand| stand.bytes(to));
        if name.contains(&0) || std::str::from_utf8(&name).is_err() {
            // The database is asked for the name, and fails (dossier 4.6).
            let text =
                format!("no user can be called \"{}\": there is a NUL in it, or it is no UTF-8", name.escape_ascii());
            return self.cut(cx, speaker.peer, "odd-name", "dossier 4.6", text);
        }
        let Some(user) = self.state.user_named(to) else {
            let text =
                format!("there is no user {to:?}; names count to the letter, and a blank too many is part of one");
            return self.drop_it(cx, speaker.peer, "no-such-user", "dossier 4.6", text);
        };
        let (to, name) = (user.seed.id, user.seed.username.clone());
        self.signed(cx, speaker, words, &mut message);
        message.shift_remove("stream_id");
        message.insert("to".into(), json!({"name": name, "id": to}));
        if !self.can_be_written(cx, speaker.peer, &message, has_nan) {
            return;
        }
        Self::record(
            cx,
            speaker.peer,
            "whispered",
            json!({"user": speaker.user, "to": to, "type": words.kind.name(), "text": words.text}),
        );
        self.publish_of(cx, speaker.peer, message, words.stand);
    }

    fn publish_of(&mut self, cx: &mut Cx<'_>, peer: PeerId, message: Map<String, Value>, stand: Option<Stand>) {
        if Relayed::is(&message) {
            return self.drop_it(cx, peer, Relayed::CODE, "dossier 4.5", Relayed::TEXT);
        }
        self.publish(cx, message, stand);
    }
}
