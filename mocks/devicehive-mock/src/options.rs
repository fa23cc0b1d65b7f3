//! What of the server's behaviour can be chosen.

use crate::profile::Profile;
use devicehive_proto::Datetime;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// The choices, with their defaults: those of a fresh server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// Whose rules hold.
    pub profile: Profile,
    /// The server's JWT secret: the key of all tokens derives from it as dossier 8.1 has it. Admins read it as the
    /// configuration `jwt.secret`.
    pub jwt_secret: String,
    /// How long an access token lives, in seconds (dossier 8.1).
    pub access_token_life: u32,
    /// How long a refresh token lives, in seconds (dossier 8.1).
    pub refresh_token_life: u32,
    /// The time by which tokens are judged, in any form that the protocol has for times; empty: the clock. For suites whose
    /// tokens have long since expired (dossier 15.1).
    pub token_time: String,
    /// So many wrong passwords in a row lock a user (dossier 8.2); 0: never.
    pub max_login_attempts: u32,
    /// How long commands and notifications are kept, in seconds (dossier M9.4); 0: for ever; absent: as the profile has it.
    pub retention: Option<u32>,
    /// While the clock runs, no two of the times that the server tells and of the dates that it gives are the same, and a REST
    /// call that dates something is answered when that millisecond is over: real servers are slow enough for that (dossier
    /// M15).
    pub stamps_apart: bool,
    /// Serve the other base paths and socket addresses as well that clients know (dossier 1, 14), not only those of a bare
    /// server.
    pub aliases: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            jwt_secret: "devicehive".to_owned(),
            access_token_life: 1800,
            refresh_token_life: 15_724_800,
            token_time: String::new(),
            max_login_attempts: 10,
            retention: None,
            stamps_apart: true,
            aliases: true,
        }
    }
}

impl Options {
    /// The time by which tokens are judged at this time.
    pub(crate) fn token_time(&self, now: Datetime) -> Datetime {
        Datetime::parse(&self.token_time).unwrap_or(now)
    }

    /// How long commands and notifications are kept; `None` is for ever.
    pub(crate) fn retention(&self) -> Option<Duration> {
        match self.retention {
            None => self.profile.rules().retention,
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds.into())),
        }
    }
}

impl fmt::Debug for Options {
    /// All but the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("profile", &self.profile)
            .field("access_token_life", &self.access_token_life)
            .field("refresh_token_life", &self.refresh_token_life)
            .field("token_time", &self.token_time)
            .field("max_login_attempts", &self.max_login_attempts)
            .field("retention", &self.retention)
            .field("stamps_apart", &self.stamps_apart)
            .field("aliases", &self.aliases)
            .finish_non_exhaustive()
    }
}
