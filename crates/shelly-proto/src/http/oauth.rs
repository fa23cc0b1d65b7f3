//! Codes and tokens (dossier 4).

use super::answer::{Envelope, accepted, data};
use super::params::Params;
use super::request::{self, Fields, Request, Service};
use super::{Call, HttpError};
use crate::escape::{ObjectWriter, written};
use crate::message::Raw;
use crate::{Claims, ClaimsError};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use dummyload_codec::members;
use dummyload_session::Secret;

/// The path of the token endpoint.
pub const TOKEN_PATH: &str = "/oauth/auth";
/// The path of the call behind the login page.
pub const LOGIN_PATH: &str = "/oauth/login";

/// How a code is carried to the token endpoint (dossier 4.4). Programs send the first; the others are for tests of
/// servers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Carrier {
    /// A form with `grant_type=code`: as documented.
    #[default]
    PostForm,
    /// The same parameters in the query of a GET: the vendor's example.
    Get,
    /// A form without `grant_type`.
    PostFormWithoutGrant,
    /// A form with `grant_type=authorization_code` and what OAuth libraries add.
    PostAuthorizationCode {
        /// Where the login page had to return to.
        redirect_uri: String,
        /// Any text; nobody has one.
        client_secret: Option<Secret<String>>,
    },
    /// A POST with the parameters in its query.
    PostQuery,
    /// A POST of JSON.
    PostJson,
}

/// Exchanges an authorization code for tokens. The same code can be exchanged again, which is how the vendor's example
/// refreshes (dossier 4.5); some clients exchange a refresh token in this way too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeCode {
    client_id: String,
    code: Secret<String>,
    carrier: Carrier,
}

impl ExchangeCode {
    /// A code that this client was given.
    pub fn new(client_id: impl Into<String>, code: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), code: Secret::new(code.into()), carrier: Carrier::default() }
    }

    /// The same by another carrier.
    #[must_use]
    pub fn by(mut self, carrier: Carrier) -> Self {
        self.carrier = carrier;
        self
    }
}

impl Call for ExchangeCode {
    type Answer = Tokens;

    fn request(&self) -> Request {
        let grant = match &self.carrier {
            Carrier::PostFormWithoutGrant => None,
            Carrier::PostAuthorizationCode { .. } => Some("authorization_code"),
            _ => Some("code"),
        };
        let fields = Fields::new().with("client_id", &self.client_id).maybe("grant_type", grant);
        let fields = fields.with("code", self.code.expose());
        match &self.carrier {
            Carrier::PostForm | Carrier::PostFormWithoutGrant => request::form(Service::Account, TOKEN_PATH, &fields),
            Carrier::PostAuthorizationCode { redirect_uri, client_secret } => {
                let secret = client_secret.as_ref().map(Secret::expose);
                let fields = fields.with("redirect_uri", redirect_uri).maybe("client_secret", secret);
                request::form(Service::Account, TOKEN_PATH, &fields)
            }
            Carrier::Get => request::get(Service::Account, TOKEN_PATH, &fields),
            Carrier::PostQuery => request::post_query(Service::Account, TOKEN_PATH, &fields),
            Carrier::PostJson => request::json(Service::Account, TOKEN_PATH, fields.to_json()),
        }
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Tokens, HttpError> {
        Tokens::read(status, body)
    }
}

/// Exchanges a refresh token for a new access token. With an access token in its place it works as long as that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    client_id: String,
    refresh_token: Secret<String>,
}

impl Refresh {
    /// A refresh token that this client was given.
    pub fn new(client_id: impl Into<String>, refresh_token: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), refresh_token: Secret::new(refresh_token.into()) }
    }
}

impl Call for Refresh {
    type Answer = Tokens;

    fn request(&self) -> Request {
        let fields = Fields::new().with("grant_type", "refresh_token");
        let fields = fields.with("refresh_token", self.refresh_token.expose()).with("client_id", &self.client_id);
        request::form(Service::Account, TOKEN_PATH, &fields)
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<Tokens, HttpError> {
        Tokens::read(status, body)
    }
}

/// What the token endpoint answers; without an envelope, unlike everything else (dossier 4.4).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tokens {
    /// `access_token`
    pub access_token: Secret<String>,
    /// `token_type`; not in the documents.
    pub token_type: Option<String>,
    /// `expires_in`: seconds.
    pub expires_in: Option<u64>,
    /// `refresh_token`; not in the documents. It does not change, so an answer without one means to keep the old one.
    pub refresh_token: Option<Secret<String>>,
}

impl Tokens {
    /// The lifetime of a token that says nothing, in seconds.
    pub const DEFAULT_LIFETIME: u64 = 3600;

    /// An access token alone; the rest is set by hand.
    pub fn new(access_token: impl Into<String>) -> Self {
        let access_token = Secret::new(access_token.into());
        Self { access_token, token_type: None, expires_in: None, refresh_token: None }
    }

    fn read(status: u16, body: &[u8]) -> Result<Self, HttpError> {
        let answer = accepted(status, body)?;
        let text = |name| answer.text(name).map(|text| Secret::new(text.into_owned()));
        Ok(Self {
            access_token: text("access_token").ok_or_else(|| HttpError::shape("access_token is missing"))?,
            token_type: answer.text("token_type").map(Cow::into_owned),
            expires_in: answer.get("expires_in").and_then(members::natural),
            refresh_token: text("refresh_token"),
        })
    }

    /// What the access token says.
    ///
    /// # Errors
    /// It is no token with claims.
    pub fn claims(&self) -> Result<Claims, ClaimsError> {
        Claims::decode(self.access_token.expose())
    }

    /// How many seconds the access token lives from `now`, which counts from 1970: by `expires_in`, else by its own
    /// claims, else an hour.
    pub fn lifetime(&self, now: i64) -> u64 {
        let claimed = || self.claims().ok()?.exp.map(|exp| u64::try_from(exp.saturating_sub(now)).unwrap_or(0));
        self.expires_in.or_else(claimed).unwrap_or(Self::DEFAULT_LIFETIME)
    }

    /// The text of the answer.
    pub fn to_json(&self) -> String {
        written(|out| {
            let mut object = ObjectWriter::open(out);
            object.text("access_token", Some(self.access_token.expose()));
            object.text("token_type", self.token_type.as_deref());
            object.number("expires_in", self.expires_in);
            object.text("refresh_token", self.refresh_token.as_ref().map(|token| token.expose().as_str()));
            object.close();
        })
    }
}

/// What `grant_type` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grant {
    /// It is absent, which counts as [`Grant::Code`].
    Absent,
    /// `code`
    Code,
    /// `authorization_code`, which some libraries send.
    AuthorizationCode,
    /// `refresh_token`
    RefreshToken,
    /// Anything else.
    Other(String),
}

/// What the token endpoint is asked with, whatever carried it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenRequest {
    /// `grant_type`
    pub grant: Grant,
    /// `client_id`
    pub client_id: Option<String>,
    /// `code`
    pub code: Option<Secret<String>>,
    /// `refresh_token`
    pub refresh_token: Option<Secret<String>>,
}

impl TokenRequest {
    /// Reads the parameters of a call.
    pub fn read(params: &Params) -> Self {
        let secret = |name| params.get(name).map(|text| Secret::new(text.to_string()));
        let grant = match params.get("grant_type") {
            None => Grant::Absent,
            Some("code") => Grant::Code,
            Some("authorization_code") => Grant::AuthorizationCode,
            Some("refresh_token") => Grant::RefreshToken,
            Some(other) => Grant::Other(other.to_string()),
        };
        let client_id = params.get("client_id").map(str::to_string);
        Self { grant, client_id, code: secret("code"), refresh_token: secret("refresh_token") }
    }
}

/// Logs in with e-mail address and password, as the login page does (dossier 4.2). A program that can send a person to
/// the page does that instead, and never sees the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    email: String,
    hash: Secret<String>,
    client_id: String,
}

impl Login {
    /// A login; only the hash of the password is kept.
    pub fn new(email: impl Into<String>, password: &str, client_id: impl Into<String>) -> Self {
        Self { email: email.into(), hash: Secret::new(password_hash(password)), client_id: client_id.into() }
    }
}

/// What is sent of a password: SHA-1 in lower-case hexadecimal.
///
/// ```
/// assert_eq!(shelly_proto::http::password_hash("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
/// ```
pub fn password_hash(password: &str) -> String {
    sha1_smol::Sha1::from(password).digest().to_string()
}

impl Call for Login {
    type Answer = LoginCode;

    fn request(&self) -> Request {
        let fields = Fields::new().with("email", &self.email).with("password", self.hash.expose());
        request::form(Service::Api, LOGIN_PATH, &fields.with("client_id", &self.client_id))
    }

    fn answer(&self, status: u16, body: &[u8]) -> Result<LoginCode, HttpError> {
        let data = data(status, body)?;
        // The second and third are the app's own login (dossier 4.2).
        let found = ["code", "token", "access_token"].into_iter().find_map(|name| data.text(name));
        found.map(LoginCode::new).ok_or_else(|| HttpError::shape("data.code is missing"))
    }
}

/// What a login brings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoginCode {
    /// The authorization code.
    pub code: Secret<String>,
}

impl LoginCode {
    /// A code.
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: Secret::new(code.into()) }
    }

    /// The text of the answer.
    pub fn to_json(&self) -> String {
        let data = written(|out| {
            let mut data = ObjectWriter::open(out);
            data.text("code", Some(self.code.expose()));
            data.close();
        });
        Envelope::Ok(Raw::trusted(data)).to_json()
    }
}
