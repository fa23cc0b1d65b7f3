//! The simulated networks: people who chat there, and what the server makes of it (dossier 4.5).

use super::irc::Words;
use super::manager::Pair;
use super::state::Account;
use super::{Due, MultistreamerWorld};
use crate::lossless::Stand;
use crate::network::{Emote, Network};
use crate::wire::Out;
use dummyload_host::{Cx, Party, PeerId};
use dummyload_session::Timestamp;
use multistreamer_proto::{AccountId, Chat, ChatKind, Person as Author, PersonId, ServerMessage, StreamId, markdown};
use serde_json::json;
use std::time::Duration;

/// Somebody on a network.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) picture: Option<String>,
}

/// What he says.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) kind: ChatKind,
    pub(crate) text: String,
    pub(crate) stand: Option<Stand>,
    /// Where emotes stand, as Twitch tells it: `25:0-4,6-10/88:12-15`, in characters.
    pub(crate) emotes: String,
    /// To whom it is whispered.
    pub(crate) to: Option<String>,
}

/// A line in one chat, on its way to the sockets.
struct Line<'a> {
    stream: StreamId,
    account: AccountId,
    network: &'a str,
    from: Author<'a>,
    to: Option<&'a str>,
    kind: ChatKind,
    text: &'a str,
    markdown: &'a str,
    stand: Option<Stand>,
}

impl MultistreamerWorld {
    /// Somebody has written through the server, and the network shows it.
    pub(crate) fn written(&mut self, cx: &mut Cx<'_>, peer: PeerId, stream: StreamId, pair: Pair, words: &Words) {
        let of_chat = |id| self.state.account_of_chat(id);
        let (Some(account), Some(target)) = (of_chat(pair.account), of_chat(pair.target)) else { return };
        let network = account.network();
        let details = json!({
            "stream": stream, "network": network.name, "account": pair.account, "target": pair.target,
            "type": words.kind.name(), "text": words.text,
        });
        Self::record(cx, peer, "said", details);
        let (kind, text) = match (network.emote, words.kind) {
            (Emote::Starred, ChatKind::Emote) => (ChatKind::Text, format!("*{}*", words.text)),
            (_, kind) => (kind, words.text.clone()),
        };
        if pair.account == pair.target && network.echoes_itself {
            // The network sends nobody's own lines back, so the server makes up one.
            let name = account.channel();
            let from = author(network, &Person { name, id: None, picture: picture(&account.seed.picture) });
            let (network, markdown) = (account.seed.network.clone(), markdown::escape(&text));
            let line = Line {
                stream,
                account: pair.target,
                network: &network,
                from,
                to: None,
                kind,
                text: &text,
                markdown: &markdown,
                stand: words.stand,
            };
            return self.show_line(cx, &line);
        }
        let channel = target.channel();
        let person = as_person(account);
        let emotes = self.emotes_in(network, &text);
        let said = Said { kind, text, stand: words.stand, emotes, to: None };
        self.on_network(cx, network, &channel, &person, &said);
    }

    /// Something is said in a channel, or whispered to whom it belongs. Every stream hears it that reads there; how many do is
    /// the answer.
    pub(crate) fn on_network(
        &mut self,
        cx: &mut Cx<'_>,
        network: &'static Network,
        channel: &str,
        person: &Person,
        said: &Said,
    ) -> usize {
        let is_it = |account: &&Account| account.network().name == network.name && account.channel() == channel;
        let heard: Vec<(AccountId, String)> = self
            .state
            .accounts_of_chats()
            .filter(is_it)
            .map(|account| (account.seed.id, account.seed.network.clone()))
            .collect();
        // Only Twitch tells where emotes stand.
        let emotes = if network.echoes_itself { said.emotes.as_str() } else { "" };
        let (markdown, stand) = match said.stand {
            Some(stand) => (markdown::escape(&said.text), Some(stand)),
            None => marked(&said.text, emotes, self.rules().cuts_emotes_by_bytes),
        };
        let mut streams = 0;
        for (account, name) in heard {
            for stream in self.manager.readers(account) {
                streams += 1;
                let line = Line {
                    stream,
                    account,
                    network: &name,
                    from: author(network, person),
                    to: said.to.as_deref(),
                    kind: said.kind,
                    text: &said.text,
                    markdown: &markdown,
                    stand,
                };
                self.show_line(cx, &line);
            }
        }
        streams
    }

    fn show_line(&mut self, cx: &mut Cx<'_>, line: &Line<'_>) {
        let mut chat = Chat::new(line.kind);
        chat.stream_id = Some(line.stream);
        chat.account_id = Some(line.account);
        chat.network = Some(line.network.into());
        chat.timestamp = Some(Self::timestamp(cx));
        chat.from = Some(line.from.clone());
        chat.to = line.to.map(|nick| Author::new(nick, None));
        chat.text = Some(line.text.into());
        chat.markdown = Some(line.markdown.into());
        let out = Out::message(self.rules(), &ServerMessage::Chat(chat), line.stand);
        let peers = self.sockets.of(line.stream);
        self.send(cx, &peers, &out);
    }

    /// Writes into the journal that a viewer has said something, in a channel or to somebody.
    pub(crate) fn record_chatted(
        cx: &mut Cx<'_>,
        network: &Network,
        (where_to, name): (&'static str, &str),
        nick: &str,
        said: &Said,
    ) {
        let details =
            json!({"network": network.name, where_to: name, "nick": nick, "type": said.kind.name(), "text": said.text});
        Self::record(cx, Party::World, "chatted", details);
    }

    /// A line of the world file is due.
    pub(crate) fn scripted(&mut self, cx: &mut Cx<'_>, stream: StreamId, at: usize, due: Timestamp) {
        let Some(line) = self.state.lines.get(at).cloned() else { return };
        if line.every > 0.0 {
            self.agenda.insert((due + Duration::from_secs_f64(line.every), Due::Line(stream, at)));
        }
        let Some(account) = self.state.account_of_chat(line.account) else { return };
        let (network, channel) = (account.network(), account.channel());
        let person = self.person(network, &line.viewer, None, None);
        let kind = if line.emote { ChatKind::Emote } else { ChatKind::Text };
        let emotes = self.emotes_in(network, &line.text);
        let said = Said { kind, text: line.text, stand: None, emotes, to: None };
        Self::record_chatted(cx, network, ("channel", &channel), &line.viewer, &said);
        self.on_network(cx, network, &channel, &person, &said);
    }

    /// Somebody on a network: what the world knows of him, changed by what was said about him.
    pub(crate) fn person(&self, network: &Network, nick: &str, name: Option<String>, id: Option<String>) -> Person {
        let known = self.state.viewers.iter().find(|viewer| viewer.network == network.name && viewer.nick == nick);
        let id = id.or_else(|| known.map(|viewer| viewer.id.clone())).unwrap_or_else(|| stranger(nick));
        let name = name.or_else(|| known.map(|viewer| viewer.display_name.clone())).filter(|name| !name.is_empty());
        let picture = self.picture_of(network, &id);
        Person { name: name.unwrap_or_else(|| nick.to_owned()), id: Some(id), picture }
    }

    /// The picture that a network has for this id.
    fn picture_of(&self, network: &Network, id: &str) -> Option<String> {
        let viewer = self.state.viewers.iter().find(|viewer| viewer.network == network.name && viewer.id == id);
        let account = || {
            let mut accounts = self.state.accounts();
            accounts.find(|account| account.network().name == network.name && account.network_id() == id)
        };
        match viewer {
            Some(viewer) => picture(&viewer.picture),
            None => account().and_then(|account| picture(&account.seed.picture)),
        }
    }

    /// Where the words stand that this network shows as pictures.
    pub(crate) fn emotes_in(&self, network: &Network, text: &str) -> String {
        let mut places: Vec<(String, Vec<String>)> = Vec::new();
        let mut at = 0;
        for word in text.split(' ') {
            let length = word.chars().count();
            let known = |emote: &&crate::seed::EmoteSeed| emote.network == network.name && emote.code == word;
            if let Some(emote) = self.state.emotes.iter().find(known) {
                let place = format!("{at}-{}", at + length - 1);
                match places.iter_mut().find(|(id, _)| *id == emote.id) {
                    Some((_, all)) => all.push(place),
                    None => places.push((emote.id.clone(), vec![place])),
                }
            }
            at += length + 1;
        }
        places.into_iter().map(|(id, all)| format!("{id}:{}", all.join(","))).collect::<Vec<_>>().join("/")
    }
}

/// An account of the server as its network sees it.
fn as_person(account: &Account) -> Person {
    let name = if account.seed.display_name.is_empty() { account.channel() } else { account.seed.display_name.clone() };
    Person { name, id: Some(account.network_id()), picture: picture(&account.seed.picture) }
}

fn picture(url: &str) -> Option<String> {
    (!url.is_empty()).then(|| url.to_owned())
}

/// A number for somebody of whom nothing is known: always the same for one name.
fn stranger(nick: &str) -> String {
    let sum = nick.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    (10_000 + sum % 90_000_000).to_string()
}

fn author<'a>(network: &Network, person: &Person) -> Author<'a> {
    let id = person.id.clone().map(|id| match id.parse() {
        Ok(number) if network.numeric_people => PersonId::Number(number),
        _ => PersonId::Text(id),
    });
    let mut author = Author::new(person.name.clone(), id);
    author.picture = person.picture.clone().map(Into::into);
    author
}

/// The Markdown of a line with emotes. Twitch counts characters, and the server bytes: behind a character of several bytes it
/// cuts in the wrong place, even within one (dossier 4.5).
fn marked(text: &str, emotes: &str, by_bytes: bool) -> (String, Option<Stand>) {
    let mut places: Vec<(usize, usize, &str)> = Vec::new();
    for (id, ranges) in emotes.split('/').filter_map(|emote| emote.split_once(':')) {
        for (from, to) in ranges.split(',').filter_map(|range| range.split_once('-')) {
            if let (Ok(from), Ok(to)) = (from.parse::<usize>(), to.parse::<usize>()) {
                places.push((from, to.saturating_add(1), id));
            }
        }
    }
    places.sort_unstable();
    let byte = |at: usize| {
        if by_bytes { at.min(text.len()) } else { text.char_indices().nth(at).map_or(text.len(), |(at, _)| at) }
    };
    let mut out = Vec::new();
    let mut done = 0;
    for (from, to, id) in places {
        let (from, to) = (byte(from), byte(to));
        if from < done || from >= to {
            continue;
        }
        out.extend(escaped(&text.as_bytes()[done..from]));
        out.extend(b"![");
        out.extend(&text.as_bytes()[from..to]);
        out.extend(format!("](http://static-cdn.jtvnw.net/emoticons/v1/{id}/1.0)").as_bytes());
        done = to;
    }
    out.extend(escaped(&text.as_bytes()[done..]));
    Stand::in_for(&out)
}

fn escaped(bytes: &[u8]) -> Vec<u8> {
    let (text, stand) = Stand::in_for(bytes);
    let escaped = markdown::escape(&text);
    stand.map_or_else(|| escaped.clone().into_bytes(), |stand| stand.bytes(&escaped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emotes_are_cut_out_as_recorded() {
        // captures/server-12.3/twitch-chatter-emotes
        let image = |code: &str, id: &str| format!("![{code}](http://static-cdn.jtvnw.net/emoticons/v1/{id}/1.0)");
        for (text, emotes, expected) in [
            ("a message Kappa", "25:10-14", format!("a message {}", image("Kappa", "25"))),
            ("Kappa Kappa", "25:0-4,6-10", format!("{} {}", image("Kappa", "25"), image("Kappa", "25"))),
            (
                "Kappa then PogChamp!",
                "25:0-4/305954156:11-18",
                format!("{} then {}\\!", image("Kappa", "25"), image("PogChamp", "305954156")),
            ),
            ("ä Kappa", "25:2-6", format!("ä{}a", image(" Kapp", "25"))),
            ("Kappa*x*", "25:0-4", format!("{}\\*x\\*", image("Kappa", "25"))),
            ("no emote", "25:90-94", "no emote".to_owned()),
            ("no emote", "25:x-y/:/,", "no emote".to_owned()),
        ] {
            assert_eq!(marked(text, emotes, true), (expected, None), "{text}");
        }
        let (markdown, stand) = marked("ää Kappa end", "25:3-7", true);
        let cut =
            [b"\xc3\xa4\xc3![\xa4 Kap](http://static-cdn.jtvnw.net/emoticons/v1/25/1.0)pa end".as_slice()].concat();
        assert_eq!(stand.unwrap().bytes(&markdown), cut);
        assert_eq!(marked("ää Kappa", "25:3-7", false).0, format!("ää {}", image("Kappa", "25")));
    }
}
