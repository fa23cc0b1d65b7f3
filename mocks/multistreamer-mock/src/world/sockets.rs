//! Who is connected, and who hears what.

use super::MultistreamerWorld;
use super::state::Levels;
use crate::profile::SILENCE;
use crate::wire::Out;
use dummyload_host::{Cx, PeerId, Problem, ProblemKind, Text};
use dummyload_session::Timestamp;
use multistreamer_proto::{AccountId, StreamId, UserId};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// One open socket: a user on a stream. What it may do was decided at its handshake (dossier 3).
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    pub(crate) user: UserId,
    pub(crate) stream: StreamId,
    pub(crate) chat_level: u8,
    /// The accounts of the stream as this socket has seen them when it first told that the stream is live. It looks again only
    /// after an edit of the stream (dossier 4.1, recording `stream-edited`).
    pub(crate) accounts: Option<Vec<AccountId>>,
    /// When it was last heard of.
    pub(crate) heard: Timestamp,
    /// A message for it was too large: nothing goes out any more (dossier 5).
    pub(crate) mute: bool,
}

impl Socket {
    pub(crate) fn new(user: UserId, stream: StreamId, levels: Levels, now: Timestamp) -> Self {
        Self { user, stream, chat_level: levels.chat, accounts: None, heard: now, mute: false }
    }
}

/// All open sockets.
#[derive(Debug, Default)]
pub(crate) struct Sockets(BTreeMap<PeerId, Socket>);

impl Sockets {
    pub(crate) fn insert(&mut self, peer: PeerId, socket: Socket) {
        self.0.insert(peer, socket);
    }

    pub(crate) fn remove(&mut self, peer: PeerId) {
        self.0.remove(&peer);
    }

    pub(crate) fn get(&self, peer: PeerId) -> Option<&Socket> {
        self.0.get(&peer)
    }

    pub(crate) fn get_mut(&mut self, peer: PeerId) -> Option<&mut Socket> {
        self.0.get_mut(&peer)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PeerId, &Socket)> {
        self.0.iter().map(|(peer, socket)| (*peer, socket))
    }

    /// Those of one stream.
    pub(crate) fn of(&self, stream: StreamId) -> Vec<PeerId> {
        self.iter().filter(|(_, socket)| socket.stream == stream).map(|(peer, _)| peer).collect()
    }

    /// Those of one user on one stream.
    pub(crate) fn of_user(&self, stream: StreamId, user: UserId) -> Vec<PeerId> {
        let its = |socket: &Socket| socket.stream == stream && socket.user == user;
        self.iter().filter(|(_, socket)| its(socket)).map(|(peer, _)| peer).collect()
    }

    /// The stream was edited: its sockets look again.
    pub(crate) fn edited(&mut self, stream: StreamId) {
        self.0.values_mut().filter(|socket| socket.stream == stream).for_each(|socket| socket.accounts = None);
    }
}

/// What becomes of a chat message at one socket.
enum Fate {
    Heard,
    PassedOver,
    /// The server looks for the author's id where there is no author, and its reader ends (dossier 4.7).
    Ends,
}

/// Whether a chat message is for this socket: for its stream, or from or to its user (dossier 4.5, 4.6, 4.7).
fn fate(message: &Map<String, Value>, socket: &Socket) -> Fate {
    if message.get("stream_id").and_then(Value::as_f64) == Some(socket.stream.0 as f64) {
        return Fate::Heard;
    }
    let Some(to) = message.get("to").filter(|to| !matches!(to, Value::Null | Value::Bool(false))) else {
        return Fate::PassedOver;
    };
    let is_user = |person: &Value| person["id"].as_f64() == Some(socket.user.0 as f64);
    // Only tables and texts have members to look for.
    let has_members = |value: &Value| matches!(value, Value::Object(_) | Value::Array(_) | Value::String(_));
    match message.get("from") {
        _ if !has_members(to) => Fate::Ends,
        _ if is_user(to) => Fate::Heard,
        Some(from) if has_members(from) => {
            if is_user(from) {
                Fate::Heard
            } else {
                Fate::PassedOver
            }
        }
        _ => Fate::Ends,
    }
}

/// Whether a value counts as true with the server: everything but `false` and nothing.
fn is_truthy(value: Option<&Value>) -> bool {
    !matches!(value, None | Some(Value::Null | Value::Bool(false)))
}

/// A message with `relay` is shown on no socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relayed;

impl Relayed {
    pub(crate) const CODE: &'static str = "relayed";
    pub(crate) const TEXT: &'static str =
        "relay is set, and such a message is for programs on IRC only; without it sockets are shown the message";

    /// Whether this is one.
    pub(crate) fn is(message: &Map<String, Value>) -> bool {
        is_truthy(message.get("relay"))
    }
}

impl MultistreamerWorld {
    /// Publishes a chat message to whoever it is for; to nobody if it is [`Relayed`], which its caller tells.
    pub(crate) fn publish(
        &mut self,
        cx: &mut Cx<'_>,
        mut message: Map<String, Value>,
        stand: Option<crate::lossless::Stand>,
    ) {
        if Relayed::is(&message) {
            return;
        }
        message.shift_remove("uuid");
        let (mut heard, mut ends) = (Vec::new(), Vec::new());
        for (peer, socket) in self.sockets.iter() {
            match fate(&message, socket) {
                Fate::Heard => heard.push(peer),
                Fate::Ends => ends.push(peer),
                Fate::PassedOver => {}
            }
        }
        self.send(cx, &heard, &Out::passed_on(self.rules(), message, stand));
        for peer in ends {
            let text = "a message has a to, and no person with an id in it or in from: sockets on other streams end with an empty close frame";
            cx.problem(peer, Problem::new(ProblemKind::Tolerated, "to-without-from", "dossier 4.7", text));
            if self.rules().error_pages {
                cx.close(peer, None, "");
                self.sockets.remove(peer);
            }
        }
    }

    /// Sends a text to these sockets, unless it is too large for the server (dossier 5).
    pub(crate) fn send(&mut self, cx: &mut Cx<'_>, peers: &[PeerId], out: &Out) {
        let most = self.rules().most_out;
        let is_too_large = out.len() > most;
        let mut receivers = Vec::with_capacity(peers.len());
        for &peer in peers {
            let Some(socket) = self.sockets.get_mut(peer).filter(|socket| !socket.mute) else { continue };
            if is_too_large {
                socket.mute = true;
                self.agenda.insert((just_before_ping(socket.heard, cx.now()), super::Due::End(peer)));
                let text = format!(
                    "a message of {} bytes is more than the {most} that the server can send: the socket gets nothing any more, \
                     and ends with its next frame or within 30 s; Markdown can make a text four times as long, so keep it below 16,000 bytes",
                    out.len()
                );
                cx.problem(peer, Problem::new(ProblemKind::Dropped, "too-large-to-send", "dossier 5", text));
            } else {
                receivers.push(peer);
            }
        }
        match out.as_text() {
            Some(text) => cx.send_to_all(receivers, Text::from(text)),
            None => receivers.into_iter().for_each(|peer| cx.send_bytes(peer, out.bytes())),
        }
    }
}

/// When the next ping is due, which finds out that the socket is broken. The host sends it, so the end comes first.
fn just_before_ping(heard: Timestamp, now: Timestamp) -> Timestamp {
    let mut at = heard + SILENCE;
    while at <= now {
        at = at + SILENCE;
    }
    Timestamp::new(at.since_epoch().saturating_sub(Duration::from_millis(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_message_is_for_its_stream_its_author_and_whom_it_is_to() {
        let socket = Socket::new(UserId(1), StreamId(21), Levels { chat: 2, metadata: 2 }, Timestamp::ZERO);
        for (message, expected) in [
            (json!({"stream_id": 21}), "heard"),
            (json!({"stream_id": 22}), "passed over"),
            (json!({"to": {"id": 1}, "from": {"id": 2}}), "heard"),
            (json!({"to": {"id": 2}, "from": {"id": 1}}), "heard"),
            (json!({"to": {"id": 2}, "from": {"id": 3}}), "passed over"),
            (json!({"to": {"id": "1"}, "from": {"id": "1"}}), "passed over"),
            (json!({"stream_id": 22, "to": {}, "from": {"id": 1}}), "heard"),
            (json!({"to": {"id": 2}}), "ends"),
            (json!({"to": {"id": 1}}), "heard"),
            (json!({"to": 5, "from": {}}), "ends"),
            (json!({"to": "x", "from": "y"}), "passed over"),
            (json!({"to": false}), "passed over"),
            (json!({"stream_id": 21, "to": {"id": 9}}), "heard"),
        ] {
            let seen = match fate(message.as_object().unwrap(), &socket) {
                Fate::Heard => "heard",
                Fate::PassedOver => "passed over",
                Fate::Ends => "ends",
            };
            assert_eq!(seen, expected, "{message}");
        }
    }
}
