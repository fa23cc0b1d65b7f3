//! The verbs about networks: somebody says something there, and so many are watching.

use super::{Outcome, invalid, not_found};
use crate::network::Network;
use crate::world::{MultistreamerWorld, Said};
use dummyload_host::{ControlError, Cx};
use multistreamer_proto::{AccountId, ChatKind};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChatBody {
    network: Option<String>,
    channel: Option<String>,
    to: Option<String>,
    account_id: Option<AccountId>,
    nick: String,
    display_name: Option<String>,
    user_id: Option<String>,
    emotes: Option<String>,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewersBody {
    network: Option<String>,
    /// A number or a text.
    channel_id: Option<Value>,
    account_id: Option<AccountId>,
    /// Null says something, so it has to be there.
    #[serde(default, deserialize_with = "given")]
    count: Option<Option<u64>>,
}

fn given<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl MultistreamerWorld {
    /// A network and one of its channels, named or as those of an account.
    fn place(
        &self,
        account: Option<AccountId>,
        network: Option<&str>,
        channel: Option<&str>,
        help: &str,
    ) -> Result<(&'static Network, String), ControlError> {
        if let Some(id) = account {
            if network.is_some() || channel.is_some() {
                return Err(invalid(format!("name an account or a channel, and not both; write {help}")));
            }
            let account = self.known_account(id)?;
            return Ok((account.network(), account.channel()));
        }
        let network = known_network(network)?;
        let channel = channel.ok_or_else(|| invalid(format!("name a channel or an account; write {help}")))?;
        if !self.state.accounts().any(|account| account.network().name == network.name && account.channel() == channel)
        {
            let text = format!("no account of this world has the channel {channel:?} on {}", network.display_name);
            return Err(not_found(text));
        }
        Ok((network, channel.to_owned()))
    }

    /// Where in a line its emotes stand: as it was said, or where the world's emotes do.
    fn said_emotes(&self, network: &Network, said: Option<String>, text: &str) -> Result<String, ControlError> {
        let Some(emotes) = said else { return Ok(self.emotes_in(network, text)) };
        if !network.echoes_itself && !emotes.is_empty() {
            return Err(invalid(format!("only Twitch tells where emotes stand, and not {}", network.display_name)));
        }
        if !emotes.is_empty() && !are_emotes(&emotes, text.chars().count()) {
            return Err(invalid(format!(
                "emotes is {emotes:?}; write it as \"25:0-4,6-10/88:12-15\", with the first and last character of each, counted from 0, within the text"
            )));
        }
        Ok(emotes)
    }

    pub(super) fn chat(&mut self, cx: &mut Cx<'_>, body: ChatBody, kind: ChatKind, help: &str) -> Outcome {
        if body.to.is_some() {
            return Err(invalid(format!("`to` goes with the verb whisper; write {help}")));
        }
        let (network, channel) = self.place(body.account_id, body.network.as_deref(), body.channel.as_deref(), help)?;
        if !network.reads {
            return Err(invalid(format!("there is no chat on {}", network.display_name)));
        }
        body.check()?;
        let person = self.person(network, &body.nick, body.display_name, body.user_id);
        let emotes = self.said_emotes(network, body.emotes, &body.text)?;
        let said = Said { kind, text: body.text, stand: None, emotes, to: None };
        Self::record_chatted(cx, network, ("channel", &channel), &body.nick, &said);
        let streams = self.on_network(cx, network, &channel, &person, &said);
        Ok(json!({"network": network.name, "channel": channel, "streams": streams}))
    }

    pub(super) fn whisper_on_network(&mut self, cx: &mut Cx<'_>, body: ChatBody, help: &str) -> Outcome {
        if body.channel.is_some() {
            return Err(invalid(format!("a whisper goes `to` a channel's name; write {help}")));
        }
        let (network, channel) = self.place(body.account_id, body.network.as_deref(), body.to.as_deref(), help)?;
        if !network.echoes_itself {
            return Err(invalid(format!(
                "whispers of {} do not reach the server, only those of Twitch",
                network.display_name
            )));
        }
        body.check()?;
        let person = self.person(network, &body.nick, body.display_name, body.user_id);
        let emotes = self.said_emotes(network, body.emotes, &body.text)?;
        let said = Said { kind: ChatKind::Text, text: body.text, stand: None, emotes, to: Some(channel.clone()) };
        Self::record_chatted(cx, network, ("to", &channel), &body.nick, &said);
        let streams = self.on_network(cx, network, &channel, &person, &said);
        Ok(json!({"network": network.name, "to": channel, "streams": streams}))
    }

    pub(super) fn set_viewers(&mut self, body: &ViewersBody, help: &str) -> Outcome {
        let count = body.count.ok_or_else(|| {
            invalid(format!("say a count, or null where the network says that it is not live; write {help}"))
        })?;
        let (network, accounts) = match (body.account_id, &body.channel_id) {
            (Some(_), channel) if channel.is_some() || body.network.is_some() => {
                return Err(invalid(format!("name an account or a channel, and not both; write {help}")));
            }
            (Some(id), _) => (self.known_account(id)?.network(), vec![id]),
            (None, Some(channel)) => {
                let channel = channel.as_str().map_or_else(|| channel.to_string(), str::to_owned);
                let network = known_network(body.network.as_deref())?;
                let accounts = self.state.accounts();
                let those = accounts
                    .filter(|account| account.network().name == network.name && account.network_id() == channel);
                (network, those.map(|account| account.seed.id).collect())
            }
            _ => return Err(invalid(format!("name an account or a channel; write {help}"))),
        };
        if accounts.is_empty() {
            return Err(not_found("no account of this world has that channel"));
        }
        if !network.counts {
            return Err(invalid(format!("nobody is counted on {}", network.display_name)));
        }
        for account in &accounts {
            if let Some(account) = self.state.account_mut(*account) {
                account.seed.viewers = count;
            }
        }
        Ok(json!({"accounts": accounts, "count": count}))
    }
}

impl ChatBody {
    /// Who says something has a name, and a line is one line.
    fn check(&self) -> Result<(), ControlError> {
        if self.nick.is_empty() {
            return Err(invalid("nick is empty; say who it is"));
        }
        let names = [Some(&self.nick), self.display_name.as_ref(), Some(&self.text)];
        if names.into_iter().flatten().any(|text| text.contains(['\r', '\n', '\0'])) {
            return Err(invalid(
                "there is a line break or a NUL in nick, display_name or text; say one line at a time",
            ));
        }
        Ok(())
    }
}

fn known_network(name: Option<&str>) -> Result<&'static Network, ControlError> {
    let name = name.unwrap_or("twitch");
    let text = || format!("there is no network {name:?}; there are {}", Network::names());
    Network::named(name).ok_or_else(|| not_found(text()))
}

/// Whether this is as Twitch says where emotes stand, in a text of so many characters.
fn are_emotes(emotes: &str, length: usize) -> bool {
    let place = |place: &str| {
        let ends = place.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        ends.is_some_and(|(from, to): (usize, usize)| from <= to && to < length)
    };
    emotes
        .split('/')
        .all(|emote| emote.split_once(':').is_some_and(|(id, places)| !id.is_empty() && places.split(',').all(place)))
}
