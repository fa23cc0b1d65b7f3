//! What of the cloud's behaviour can be chosen, because nobody knows or because a test wants the other case.

use serde::{Deserialize, Serialize};

/// The choices, with their defaults. Each that makes the mock misbehave is off (dossier 13.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// Refuse every variant that the documents do not show, instead of taking it and reporting a problem (dossier 15).
    pub strict: bool,

    /// Signs codes and tokens. Whoever knows it can make tokens for this mock.
    pub token_secret: String,
    /// `user_api_url` of the claims: the server of every account that has none of its own. Empty: the address where the
    /// mock listens.
    pub user_api_url: String,
    /// `user_api_url` from the first refresh on; empty: it does not change.
    pub moves_to: String,
    /// Write `https:\/\/` in claims, as the real cloud does (dossier 3).
    pub escaped_slashes: bool,
    /// How long an access token lives, in seconds (dossier 3).
    pub token_life: u32,
    /// How long an authorization code can be exchanged, in seconds; 0: for ever, as the vendor's example needs it
    /// (dossier 4.5).
    pub code_life: u32,
    /// A code can be exchanged once only (dossier 4.5 knows both).
    pub single_use_codes: bool,
    /// What a refresh does with the refresh token (dossier 4.5).
    pub refresh_token: RefreshToken,
    /// Leave `expires_in` out of the answer with the token.
    pub omit_expires_in: bool,
    /// The e-mail address of the account that the login page takes at once, without asking; empty: it asks.
    pub auto_approve: String,

    /// What a bad token gets at the handshake (dossier 8).
    pub reject: Reject,
    /// Close a socket when its token ends (dossier 8: nobody knows).
    pub close_at_exp: bool,
    /// The most sockets of one account: a further one ends the oldest; 0: no bound.
    pub max_connections: u32,
    /// Send a ping when a socket was silent for so long, in seconds; 0: never.
    pub ping_after: u32,

    /// One request a second and account over all HTTP calls (dossier 5).
    pub rate_limit: RateLimit,
    /// The form of `errors` (dossier 5).
    pub errors: ErrorsForm,
    /// Refuse with status 200, and `isok` false in the body, what has another status.
    pub errors_as_200: bool,
    /// Write `[]` for an empty object, in every answer and event (dossier 5).
    pub empty_as_list: bool,
    /// The answers of HTTP calls come so much later, in milliseconds.
    pub http_delay: u32,

    /// Take hexadecimal ids in frames, instead of answering `WRONG_ID` (dossier 2.1).
    pub lenient_ids: bool,
    /// Events have only what changed, where a device is of the Gen2 kind (dossier 9.1).
    pub partial_updates: bool,
    /// Events have `metadata` with the name of the device (dossier 9.1).
    pub metadata: bool,
    /// The answer to a command comes so much later, in milliseconds (dossier 11.2).
    pub response_delay: u32,
    /// Events come so much later, in milliseconds (dossier 11.2).
    pub push_delay: u32,
    /// Write `online` in events as true and false.
    pub online_as_bool: bool,
    /// Write ids in frames in hexadecimal.
    pub hex_ids: bool,
    /// Write ids in frames as numbers.
    pub numeric_ids: bool,
    /// Answer with a `trid` of the other type: a text for a number, a number for a text.
    pub foreign_trid: bool,
    /// Leave `user` out of the answers to commands.
    pub omit_user: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict: false,
            token_secret: "dummyload".to_owned(),
            user_api_url: String::new(),
            moves_to: String::new(),
            escaped_slashes: true,
            token_life: 43_200,
            code_life: 0,
            single_use_codes: false,
            refresh_token: RefreshToken::default(),
            omit_expires_in: false,
            auto_approve: String::new(),
            reject: Reject::default(),
            close_at_exp: false,
            max_connections: 0,
            ping_after: 0,
            rate_limit: RateLimit::default(),
            errors: ErrorsForm::default(),
            errors_as_200: false,
            empty_as_list: false,
            http_delay: 0,
            lenient_ids: false,
            partial_updates: false,
            metadata: false,
            response_delay: 0,
            push_delay: 0,
            online_as_bool: false,
            hex_ids: false,
            numeric_ids: false,
            foreign_trid: false,
            omit_user: false,
        }
    }
}

/// What a refresh does with the refresh token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RefreshToken {
    /// It stays valid, and comes again.
    #[default]
    Keep,
    /// A new one comes, and the old one ends.
    Rotate,
    /// There is none, neither at the first exchange nor later.
    Absent,
}

/// The forms of a refused handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Reject {
    /// The socket opens and is closed at once with 4401 and `Token-Broken`.
    #[default]
    Close4401,
    /// The handshake is answered with 401.
    Http401,
}

/// What the second request within one second gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RateLimit {
    /// There is no limit.
    #[default]
    Off,
    /// Status 401 and `max_req`, as the real cloud answers.
    Http401,
    /// Status 429.
    Http429,
}

/// The forms of `errors` in a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ErrorsForm {
    /// Code and text, as every recorded answer.
    #[default]
    Map,
    /// A list of texts, as the documents have it.
    List,
    /// An empty object: the unexplained refusal.
    Empty,
    /// None at all.
    Absent,
}
