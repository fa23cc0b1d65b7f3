//! Tokens, and whose they are.

use super::request::{json, signed};
use super::{Call, HttpError, Method, Request, Service, header, list};
use crate::UserId;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dummyload_session::Secret;
use serde::{Deserialize, Serialize};

/// Asks for the token of a user by name and password. The first time makes the user; the name counts in small letters. A
/// token does not end by itself.
///
/// ```
/// use multistreamer_proto::http::{Call, Login};
/// let call = Login::new("john", "secret");
/// assert_eq!(call.request().to_string(), "GET the server/api/v1/auth");
/// assert_eq!(call.answer(200, br#"{"token":"ABC"}"#)?.expose(), "ABC");
/// # Ok::<(), multistreamer_proto::http::HttpError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    username: String,
    password: Secret<String>,
}

impl Login {
    /// As this user.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: Secret::new(password.into()) }
    }
}

impl Call for Login {
    type Answer = Secret<String>;

    fn request(&self) -> Request {
        let pair = STANDARD.encode(format!("{}:{}", self.username, self.password.expose()));
        let request = Request::new(Service, Method::Get, "/api/v1/auth".into());
        request.with(header::AUTHORIZATION, Secret::new(format!("Basic {pair}")))
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Secret<String>, HttpError> {
        #[derive(Deserialize)]
        struct Token {
            token: String,
        }
        json(status, body).map(|answer: Token| Secret::new(answer.token))
    }
}

/// A user as others see it, and, with its token, as it sees itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct User {
    /// Its number.
    pub id: UserId,
    /// Its name, in small letters.
    pub username: String,
    /// JSON in a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferences: Option<String>,
}

/// The user of the token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Profile {
    /// Who it is.
    #[serde(flatten)]
    pub user: User,
    /// When it was made: `YYYY-MM-DD HH:MM:SS`, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it was changed, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

macro_rules! with_token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            token: Secret<String>,
        }

        impl $name {
            /// With this token.
            pub fn new(token: Secret<String>) -> Self {
                Self { token }
            }
        }
    };
}
pub(super) use with_token;

with_token! {
    /// Asks whose the token is.
    GetProfile
}
with_token! {
    /// Asks for all users.
    GetUsers
}

impl Call for GetProfile {
    type Answer = Profile;

    fn request(&self) -> Request {
        signed(Method::Get, "/profile", &self.token)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Profile, HttpError> {
        json(status, body)
    }
}

impl Call for GetUsers {
    type Answer = Vec<User>;

    fn request(&self) -> Request {
        signed(Method::Get, "/user", &self.token)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Vec<User>, HttpError> {
        #[derive(Deserialize)]
        struct Users {
            #[serde(deserialize_with = "list")]
            users: Vec<User>,
        }
        json(status, body).map(|answer: Users| answer.users)
    }
}
