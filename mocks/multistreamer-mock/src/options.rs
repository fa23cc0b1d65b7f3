//! What of the server's behaviour can be chosen.

use crate::Profile;
use serde::{Deserialize, Serialize};

/// The choices, with their defaults. Each that makes the mock misbehave is off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// Whose rules it goes by.
    pub profile: Profile,
    /// What comes before all paths, as `/multistreamer`; empty: nothing (dossier 2).
    pub http_prefix: String,
    /// The address that redirects name, without a path; empty: the one where the mock listens.
    pub public_url: String,
    /// With this password anybody can log in, and becomes a user by that (dossier 2); empty: only users of the world can.
    pub newcomer_password: String,

    /// Whether the chat manager is dead: without it there are neither writers nor network chat nor viewer counts
    /// (dossier 4.2).
    pub dead_chat_manager: DeadChatManager,
    /// Writers are reported as made, and what is written through them is lost: the login at the network has failed
    /// (dossier 4.2).
    pub mute_writers: bool,
    /// A writer needs so long to be made, in milliseconds (dossier 4.2).
    pub writer_delay: u32,
    /// Viewers are counted every so many seconds; 0: only when an account goes live (dossier 4.3).
    pub view_count_every: u32,
    /// `GET /account` without an id fails, as that of the unmodified server (dossier 2).
    pub account_list_fails: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            http_prefix: String::new(),
            public_url: String::new(),
            newcomer_password: String::new(),
            dead_chat_manager: DeadChatManager::default(),
            mute_writers: false,
            writer_delay: 0,
            view_count_every: 60,
            account_list_fails: false,
        }
    }
}

/// When the chat manager is dead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DeadChatManager {
    /// Never: what would kill the real one is passed over.
    #[default]
    Never,
    /// From the first input on that would kill the real one, until a reset.
    ByInput,
    /// Always.
    Always,
}
