//! Accounts on networks.

use super::login::{User, with_token};
use super::request::{json, signed};
use super::{Call, HttpError, Method, Request, list, maybe_list};
use crate::{AccountId, UserId};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_session::Secret;
use serde::{Deserialize, Serialize};

/// An account, by itself or within a stream.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
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
