//! Messages as clients and servers write them mostly, read in one pass: known members only, each of its own type, none twice.
//! Whatever is not quite that is no mistake, but read by its members, which takes up to twice as long.

use super::{Account, Accounts, Chat, ChatKind, ClientMessage, Extra, Network, Person, Raw, Say};
use super::{ServerMessage, Status, StreamStatus, ViewCount, Writer};
use crate::{AccountId, PersonId, StreamId};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use core::fmt;
use dummyload_codec::{Name, members};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A message of a server, unless there is something odd in it.
pub(super) fn server(text: &str) -> Option<ServerMessage<'_>> {
    let it: FromServer<'_> = serde_json::from_str(text).ok()?;
    let is_chat = it.text.is_some() || it.markdown.is_some() || it.from.is_some() || it.to.is_some();
    let is_chat = is_chat || it.network.is_some() || it.timestamp.is_some();
    let is_status = it.status.is_some() || it.accounts.is_some();
    match &*it.kind.0 {
        "text" | "emote" if !is_status && it.viewer_count.is_none() => {
            let kind = if it.kind.0 == "text" { ChatKind::Text } else { ChatKind::Emote };
            Some(ServerMessage::Chat(Chat {
                kind,
                stream_id: it.stream_id,
                account_id: it.account_id,
                target: it.target.map(|json| Raw::trusted(json.get())),
                network: it.network.map(|name| name.0),
                timestamp: it.timestamp,
                from: it.from.map(Person::from),
                to: it.to.map(Person::from),
                text: it.text.map(|text| text.0),
                markdown: it.markdown.map(|text| text.0),
                extra: Extra::default(),
            }))
        }
        _ if is_chat => None,
        "status" if it.viewer_count.is_none() && it.target.is_none() => {
            let PlainStatus { data_incoming, data_pulling, data_pushing } = it.status?;
            if it.account_id.is_some() || it.stream_id.is_some() {
                return None;
            }
            let by_id = it.accounts?.0;
            let flags = StreamStatus::new(data_incoming, data_pulling, data_pushing);
            Some(ServerMessage::Status(Status::new(flags, Some(Accounts { by_id, extra: Extra::default() }))))
        }
        _ if is_status => None,
        "viewcountresult" if it.target.is_none() => Some(ServerMessage::ViewCount(ViewCount {
            account_id: it.account_id,
            stream_id: it.stream_id,
            viewers: it.viewer_count,
            extra: Extra::default(),
        })),
        "writerresult" if it.stream_id.is_none() && it.viewer_count.is_none() => {
            Some(ServerMessage::WriterResult(Writer::new(it.account_id?, account(it.target?)?)))
        }
        _ => None,
    }
}

/// A message of a client, unless there is something odd in it.
pub(super) fn client(text: &str) -> Option<ClientMessage<'_>> {
    let it: FromClient<'_> = serde_json::from_str(text).ok()?;
    let is_empty = it.account_id.is_none() && it.target.is_none() && it.text.is_none();
    match &*it.kind.0 {
        "text" | "emote" => {
            let kind = if it.kind.0 == "text" { ChatKind::Text } else { ChatKind::Emote };
            let (target, text) = (it.target.map(RawValue::get), it.text.map(RawValue::get));
            let (target, text) = (target.map(Raw::trusted), text.map(Raw::trusted));
            Some(ClientMessage::Say(Say { kind, account_id: it.account_id, target, text, extra: Extra::default() }))
        }
        "writer" if it.text.is_none() => Some(ClientMessage::Writer(Writer::new(it.account_id?, account(it.target?)?))),
        "status" if is_empty => Some(ClientMessage::Status),
        "viewcount" if is_empty => Some(ClientMessage::ViewCount),
        _ => None,
    }
}

fn account(json: &RawValue) -> Option<AccountId> {
    members::integer(json.get()).map(AccountId)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromServer<'a> {
    #[serde(rename = "type", borrow)]
    kind: Name<'a>,
    #[serde(default, deserialize_with = "given")]
    status: Option<PlainStatus>,
    #[serde(default, deserialize_with = "given", borrow)]
    accounts: Option<PlainAccounts<'a>>,
    #[serde(default, deserialize_with = "given")]
    stream_id: Option<StreamId>,
    #[serde(default, deserialize_with = "given")]
    account_id: Option<AccountId>,
    #[serde(rename = "cur_stream_account_id", default, deserialize_with = "given", borrow)]
    target: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "given")]
    viewer_count: Option<u64>,
    #[serde(default, deserialize_with = "given", borrow)]
    network: Option<Name<'a>>,
    #[serde(default, deserialize_with = "given")]
    timestamp: Option<i64>,
    #[serde(default, deserialize_with = "given", borrow)]
    from: Option<PlainPerson<'a>>,
    #[serde(default, deserialize_with = "given", borrow)]
    to: Option<PlainPerson<'a>>,
    #[serde(default, deserialize_with = "given", borrow)]
    text: Option<Name<'a>>,
    #[serde(default, deserialize_with = "given", borrow)]
    markdown: Option<Name<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromClient<'a> {
    #[serde(rename = "type", borrow)]
    kind: Name<'a>,
    #[serde(default, deserialize_with = "given")]
    account_id: Option<AccountId>,
    #[serde(rename = "cur_stream_account_id", default, deserialize_with = "given", borrow)]
    target: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "given", borrow)]
    text: Option<&'a RawValue>,
}

/// What is there is not null.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainStatus {
    data_incoming: bool,
    data_pulling: bool,
    data_pushing: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainPerson<'a> {
    #[serde(default, deserialize_with = "given", borrow)]
    name: Option<Name<'a>>,
    #[serde(default, deserialize_with = "given")]
    id: Option<PlainId>,
    #[serde(default, deserialize_with = "given", borrow)]
    picture: Option<Name<'a>>,
}

impl<'a> From<PlainPerson<'a>> for Person<'a> {
    fn from(plain: PlainPerson<'a>) -> Self {
        let PlainPerson { name, id, picture } = plain;
        let (name, picture) = (name.map(|name| name.0), picture.map(|url| url.0));
        Self { name, id: id.map(|id| id.0), picture, extra: Extra::default() }
    }
}

struct PlainId(PersonId);

impl<'de> Deserialize<'de> for PlainId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = PlainId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or a text")
            }
            fn visit_i64<E>(self, number: i64) -> Result<PlainId, E> {
                Ok(PlainId(PersonId::Number(number)))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<PlainId, E> {
                i64::try_from(number).map(|number| PlainId(PersonId::Number(number))).map_err(E::custom)
            }
            fn visit_str<E>(self, text: &str) -> Result<PlainId, E> {
                Ok(PlainId(PersonId::Text(text.to_owned())))
            }
        }
        from.deserialize_any(Read)
    }
}

struct PlainAccounts<'a>(BTreeMap<AccountId, Account<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for PlainAccounts<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = PlainAccounts<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("accounts by their ids")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PlainAccounts<'de>, A::Error> {
                let mut by_id = BTreeMap::new();
                while let Some((id, account)) = map.next_entry::<AccountId, PlainAccount<'de>>()? {
                    by_id.insert(id, account.into());
                }
                Ok(PlainAccounts(by_id))
            }
        }
        from.deserialize_map(Read)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainAccount<'a> {
    #[serde(borrow)]
    name: Name<'a>,
    network: PlainNetwork<'a>,
    ready: bool,
    live: bool,
    writable: bool,
    #[serde(default, deserialize_with = "given", borrow)]
    http_url: Option<Name<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlainNetwork<'a> {
    #[serde(borrow)]
    name: Name<'a>,
    #[serde(rename = "displayName")]
    display_name: Name<'a>,
}

impl<'a> From<PlainAccount<'a>> for Account<'a> {
    fn from(plain: PlainAccount<'a>) -> Self {
        Self {
            name: Some(plain.name.0),
            network: Some(Network::new(plain.network.name.0, plain.network.display_name.0)),
            ready: plain.ready,
            live: plain.live,
            writable: plain.writable,
            http_url: plain.http_url.map(|url| url.0),
            extra: Extra::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::message::{client, server};
    use alloc::format;
    use proptest::prelude::*;

    /// What was read in one pass is what its members say.
    fn same(text: &str) {
        if let Some(message) = super::server(text) {
            assert_eq!(message, server::by_members(text), "{text}");
        }
        if let Some(message) = super::client(text) {
            assert_eq!(message, client::by_members(text), "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_left_to_the_other_way() {
        for text in [
            r#"{"type":"text","text":"x","status":{"data_incoming":true,"data_pulling":true,"data_pushing":true}}"#,
            r#"{"type":"status","account_id":1}"#,
            r#"{"type":"status","status":{"data_incoming":true,"data_pulling":true,"data_pushing":true},"accounts":{"0":{"name":"j","ready":true,"live":false,"writable":true,"network":{"name":"irc","displayName":"IRC"},"x":1}}}"#,
            r#"{"type":"writerresult","account_id":1}"#,
            r#"{"type":"writerresult","account_id":1,"cur_stream_account_id":"x"}"#,
            r#"{"type":"viewcountresult","viewer_count":null}"#,
            r#"{"type":"text","from":{"id":18446744073709551615}}"#,
            r#"{"type":"text","text":"a","text":"b"}"#,
            r#"{"type":"text","text":7}"#,
            r#"{"type":"text","account_id":-0}"#,
            r#"{"type":"later"}"#,
            "{} x",
        ] {
            assert!(super::server(text).is_none(), "{text}");
        }
        for text in [
            r#"{"type":"status","x":1}"#,
            r#"{"type":"status","text":"x"}"#,
            r#"{"type":"writer","account_id":"17","cur_stream_account_id":14}"#,
            r#"{"type":"writer","account_id":17,"cur_stream_account_id":null}"#,
            r#"{"type":"text","account_id":0.0}"#,
        ] {
            assert!(super::client(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_lead_to_the_same(
            message in crate::strategies::server_message(),
            said in crate::strategies::client_message(),
            cut in 0usize..200,
            put in r#"[{}\[\]",:0-9a-z ]{0,3}"#,
        ) {
            for text in [message.to_text(), said.to_text()] {
                same(&text);
                // With something wrong in it.
                let at = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
                same(&format!("{}{put}{}", &text[..at], &text[at..]));
                same(&text.replace("x ", ""));
            }
        }
    }
}
