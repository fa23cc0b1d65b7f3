//! Whose key is this, and what belongs to the account (dossier 6.1, 6.5).

use super::answer::{accepted, json};
use super::object::object;
use super::request::signed;
use super::{Call, HttpError, Method, Reason, Request, Service};
use crate::{Login, UserId};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use dummyload_codec::url::encoded;
use dummyload_session::Secret;
use serde_json::Value;

/// Asks whose API key this is. Almost every client learns its user number so (dossier 6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetUserIfApiKeyValid {
    username: String,
    key: Secret<String>,
}

impl GetUserIfApiKeyValid {
    /// The account's name and its key.
    pub fn new(username: impl Into<String>, key: impl Into<String>) -> Self {
        Self { username: username.into(), key: Secret::new(key.into()) }
    }
}

impl Call for GetUserIfApiKeyValid {
    type Answer = User;

    fn request(&self) -> Request {
        let (key, name) = (encoded(self.key.expose()), encoded(&self.username));
        let target = format!("/Auth/GetUserIfAPIKeyValid?apikey={key}&username={name}");
        Request::new(Service::Auth, Method::Get, target)
    }

    /// A success with nothing in it, or with null, means that the key is not valid.
    fn answer(&self, status: u16, body: &[u8]) -> Result<User, HttpError> {
        accepted(status, &[])?;
        match body.trim_ascii() {
            b"" | b"null" => Err(HttpError::Refused { status, reason: Reason::BadCredentials }),
            body => json(status, body, &[]),
        }
    }
}

object! {
    /// The owner of a key (dossier 6.1). The real answer has a password hash and every key of the account in it, so what
    /// is private is never printed.
    User {
        /// The account's number.
        "UserId" | "Id" => id: required UserId,
        /// The account's name.
        "Username" => username: null String,
        /// When its owner last logged in; a date without zone.
        "LastLogin" => last_login: null String,
        /// A hash.
        "Password" => password: null Secret<String>,
        /// Null in all answers seen, as are those whose type is not known.
        "IPAddress" => ip_address: null Secret<Value>,
        /// Not known further.
        "Sessions" => sessions: null Secret<Value>,
        /// Not known further.
        "Emails" => emails: null Secret<Value>,
        /// All keys of the account.
        "APIKeys" => api_keys: null Vec<ApiKey>,
        /// Not known further.
        "OAuthLinks" => oauth_links: null Secret<Value>,
        /// Not known further.
        "Images" => images: null Value,
        /// Not known further.
        "AccessPermissions" => access_permissions: null Value,
    }
}

object! {
    /// A key in the list of [`User`].
    ApiKey {
        /// The number of the key.
        "UserAPIKeyId" => id: null u64,
        /// Null in all answers seen.
        "User" => user: null Secret<Value>,
        /// The key itself.
        "APIKey" => key: null Secret<String>,
        /// What its owner calls it.
        "Name" => name: null String,
        /// When it ends; null for never.
        "Expiry" => expiry: null String,
        /// When it was made. From 2024-10-15 on it works on the socket (dossier 2).
        "Generated" => generated: null String,
        /// Not known further.
        "Scopes" => scopes: null Value,
    }
}

/// Asks for one's own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetAccount {
    login: Login,
}

impl GetAccount {
    /// The account of this login.
    pub fn new(login: Login) -> Self {
        Self { login }
    }
}

impl Call for GetAccount {
    type Answer = Account;

    fn request(&self) -> Request {
        signed(Method::Get, "/Account".into(), &self.login)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Account, HttpError> {
        json(status, body, &[])
    }
}

object! {
    /// One's own account (dossier 6.5).
    Account {
        /// The account's number.
        "UserId" => id: required UserId,
        /// The account's name.
        "Username" => username: null String,
        /// Not known further.
        "Emails" => emails: list Vec<Secret<Value>>,
        /// All keys of the account, without the keys themselves.
        "APIKeys" => api_keys: list Vec<AccountKey>,
        /// Not known further.
        "Roles" => roles: list Vec<Value>,
        /// Not known further.
        "Images" => images: list Vec<Value>,
        /// Not known further.
        "OAuthLinks" => oauth_links: list Vec<Secret<Value>>,
    }
}

object! {
    /// A key in the list of [`Account`].
    AccountKey {
        /// The number of the key.
        "ApiKeyId" => id: null u64,
        /// What its owner calls it.
        "Name" => name: null String,
        /// When it ends; null for never.
        "Expiry" => expiry: null String,
        /// When it was made.
        "Generated" => generated: null String,
    }
}

/// Asks whether the REST API is up; needs no login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetHealth;

impl GetHealth {
    /// The call.
    pub fn new() -> Self {
        Self
    }
}

impl Call for GetHealth {
    type Answer = ();

    fn request(&self) -> Request {
        Request::new(Service::Api, Method::Get, "/Health".into())
    }

    fn answer(&self, status: u16, _: &[u8]) -> Result<(), HttpError> {
        accepted(status, &[])
    }
}
