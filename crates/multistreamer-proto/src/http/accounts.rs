//! Accounts on networks.

use super::login::{User, with_token};
use super::request::{json, signed};
use super::{Call, HttpError, Method, Request, list, maybe_list};
use crate::{AccountId, UserId};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use dummyload_session::Secret;
use serde::{Deserialize, Serialize};

/// An account, by itself or within a stream. What `settings` and `ffmpeg_args` hold is not shown by `Debug`: the address that an
/// rtmp account sends to is a key.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Whose it is.
    pub user_id: UserId,
    /// Its name.
    pub name: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its network: the name only.
    pub network: String,
    /// What the network wants to know, by names of its own.
    #[serde(deserialize_with = "settings")]
    pub settings: BTreeMap<String, serde_json::Value>,
    /// What can be set for a stream; only within streams, and not for all networks.
    #[serde(deserialize_with = "maybe_list", skip_serializing_if = "Option::is_none")]
    pub metadata_fields: Option<Vec<MetadataField>>,
    /// With whom it is shared; only its owner is told.
    #[serde(deserialize_with = "maybe_list", skip_serializing_if = "Option::is_none")]
    pub shares: Option<Vec<AccountShare>>,
    /// Arguments for the encoder, within streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ffmpeg_args: Option<String>,
    /// When it was made: `YYYY-MM-DD HH:MM:SS.ffffff`, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it was changed, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = |_: &serde_json::Value| Secret::new(());
        let settings: BTreeMap<_, _> = self.settings.iter().map(|(name, value)| (name, hidden(value))).collect();
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("name", &self.name)
            .field("slug", &self.slug)
            .field("network", &self.network)
            .field("settings", &settings)
            .field("metadata_fields", &self.metadata_fields)
            .field("shares", &self.shares)
            .field("ffmpeg_args", &self.ffmpeg_args.as_ref().map(Secret::new))
            .field("created_at", &self.created_at)
            .field("updated_at", &self.updated_at)
            .finish()
    }
}

/// An empty list is an empty object with this server, so the reverse is taken as well.
fn settings<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, serde_json::Value>, D::Error> {
    Ok(match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::Object(settings) => settings.into_iter().collect(),
        _ => BTreeMap::new(),
    })
}

/// With whom an account is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AccountShare {
    /// That user.
    pub user: User,
}

/// Something that can be set for a stream on one network, as its title there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MetadataField {
    /// Its name among the settings.
    pub key: String,
    /// `type`: what kind of value it is, such as `text`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether going live needs it.
    pub required: bool,
    /// What it is set to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where values can be searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

with_token! {
    /// Asks for the accounts that are one's own or shared with one. The unmodified server fails at it (dossier 2).
    GetAccounts
}

impl Call for GetAccounts {
    type Answer = Vec<Account>;

    fn request(&self) -> Request {
        signed(Method::Get, "/account", &self.token)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Vec<Account>, HttpError> {
        #[derive(Deserialize)]
        struct Accounts {
            #[serde(deserialize_with = "list")]
            accounts: Vec<Account>,
        }
        json(status, body).map(|answer: Accounts| answer.accounts)
    }
}

/// Asks for one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetAccount {
    token: Secret<String>,
    account: AccountId,
}

impl GetAccount {
    /// This one.
    pub fn new(token: Secret<String>, account: AccountId) -> Self {
        Self { token, account }
    }
}

impl Call for GetAccount {
    type Answer = Account;

    fn request(&self) -> Request {
        signed(Method::Get, &format!("/account/{}", self.account), &self.token)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Account, HttpError> {
        #[derive(Deserialize)]
        struct One {
            account: Account,
        }
        json(status, body).map(|answer: One| answer.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_can_be_a_key_is_shown() {
        let body = br#"{"account":{"id":18,"network":"rtmp","settings":{"url":"rtmp://out.example/app/s3cret","name":"custom"},
            "ffmpeg_args":"-i rtmp://u:s3cret@h/x"}}"#;
        let account = GetAccount::new(Secret::new("t".into()), AccountId(18)).answer(200, body).unwrap();
        assert_eq!(account.settings["url"], "rtmp://out.example/app/s3cret");
        let shown = format!("{account:?}");
        assert!(!shown.contains("s3cret") && shown.contains("\"url\": "), "{shown}");
    }
}
