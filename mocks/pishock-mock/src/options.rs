//! What of the broker's behaviour can be chosen, because nobody knows or because a test wants the other case.

use serde::{Deserialize, Serialize};

/// The choices, with their defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// Refuse every variant that the documents do not show, instead of taking it and reporting a problem (dossier 10.8).
    pub strict: bool,
    /// What a bad login looks like (dossier 2.1).
    pub login_failure: LoginFailure,
    /// Answer a command for a paused shocker with an error, instead of success without effect (dossier 4.3).
    pub reject_paused: bool,
    /// Answer a command for an offline hub with an error, instead of success without effect (dossier 4.3).
    pub reject_offline: bool,
    /// What `GetUserIfAPIKeyValid` answers to a bad key: 204, 401 or 403 (dossier 6.1).
    pub invalid_key_status: InvalidKeyStatus,
}

/// The four forms of a failed login (dossier 2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum LoginFailure {
    /// The socket opens, one error envelope comes, and a close with 1008 a moment later.
    #[default]
    Envelope,
    /// The handshake is answered with 401.
    Http401,
    /// The socket opens and is closed with 1008.
    Close,
    /// The socket opens, and nothing is ever answered.
    Mute,
}

impl LoginFailure {
    /// All forms, by the names they have on the command line.
    pub const ALL: [(&'static str, Self); 4] =
        [("envelope", Self::Envelope), ("http401", Self::Http401), ("close", Self::Close), ("mute", Self::Mute)];
}

/// The HTTP status for a key that is not valid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
#[non_exhaustive]
pub enum InvalidKeyStatus {
    /// Success without a body, as the real service seems to do.
    #[default]
    NoContent,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
}

impl From<InvalidKeyStatus> for u16 {
    fn from(status: InvalidKeyStatus) -> Self {
        match status {
            InvalidKeyStatus::NoContent => 204,
            InvalidKeyStatus::Unauthorized => 401,
            InvalidKeyStatus::Forbidden => 403,
        }
    }
}

impl TryFrom<u16> for InvalidKeyStatus {
    type Error = String;
    fn try_from(status: u16) -> Result<Self, String> {
        match status {
            204 => Ok(Self::NoContent),
            401 => Ok(Self::Unauthorized),
            403 => Ok(Self::Forbidden),
            other => Err(format!("invalid_key_status is {other}; it can be 204, 401 or 403")),
        }
    }
}
