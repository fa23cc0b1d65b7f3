//! Whose rules the mock goes by: one table, a row for each server.

use dummyload_host::{CloseReply, Fragments, Manners, Reaction};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A server that the mock can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Profile {
    /// Version 12.3.0, as it was recorded.
    #[default]
    #[serde(rename = "server-12.3")]
    Server123,
    /// What the wiki page promises, and RFC 6455; refusals are told.
    #[serde(rename = "spec")]
    Spec,
}

impl Profile {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Server123, Self::Spec];

    /// The name in options and world files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server123 => "server-12.3",
            Self::Spec => "spec",
        }
    }

    /// What this server does where they differ.
    pub(crate) const fn rules(self) -> &'static Rules {
        match self {
            Self::Server123 => &SERVER_12_3,
            Self::Spec => &SPEC,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No profile has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownProfile(String);

impl fmt::Display for UnknownProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        write!(f, "there is no profile {:?}: there are {}", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownProfile {}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        let known = Self::ALL.iter().copied().find(|profile| profile.name() == text);
        known.ok_or_else(|| UnknownProfile(text.to_owned()))
    }
}

/// One row a server.
#[derive(Debug)]
pub(crate) struct Rules {
    /// JSON as the server's library writes it: `\/` for every slash, `{}` for an empty list (dossier 2, 4).
    pub(crate) lua_json: bool,
    /// Odd ids, unknown routes and the like end in an error page with status 500 (dossier 2, 3). Otherwise they are refused with
    /// a status and a reason that fit.
    pub(crate) error_pages: bool,
    /// What the server cannot read ends the connection, without a close frame (dossier 5).
    pub(crate) cuts_on_bad_text: bool,
    /// What has no effect is answered by a message of the type `error`, which the real server does not know.
    pub(crate) tells_refusals: bool,
    /// `viewcount` is answered (dossier 4.3, 8).
    pub(crate) answers_view_count: bool,
    /// Everybody on the stream hears of a new writer, not only who asked for it (dossier 4.2, 8).
    pub(crate) writer_result_for_all: bool,
    /// A writer for an account that cannot be written with is refused (dossier 4.2, 8).
    pub(crate) writer_must_write: bool,
    /// `ready` in a status becomes true when there is a writer (dossier 4.1, 8).
    pub(crate) ready_after_writer: bool,
    /// Ids in `text` and `emote` may be digits in a text (dossier 4).
    pub(crate) takes_text_ids: bool,
    /// What is deleted ends first, and an account can be deleted by its owner only. The real server lets chats go on, and has it
    /// the wrong way round who may delete an account (dossier 2, 4.1).
    pub(crate) deletes_with_care: bool,
    /// Emotes are cut out by bytes, although the network counts characters (dossier 4.5).
    pub(crate) cuts_emotes_by_bytes: bool,
    /// The largest message that goes out, in bytes. A larger one does not, and its receivers go mute (dossier 5).
    pub(crate) most_out: usize,
    /// How the frames are dealt with.
    pub(crate) manners: fn() -> Manners,
}

/// Recorded from server 12.3.0.
const SERVER_12_3: Rules = Rules {
    lua_json: true,
    error_pages: true,
    cuts_on_bad_text: true,
    tells_refusals: false,
    answers_view_count: false,
    writer_result_for_all: false,
    writer_must_write: false,
    ready_after_writer: false,
    takes_text_ids: false,
    deletes_with_care: false,
    cuts_emotes_by_bytes: true,
    most_out: 65_535,
    manners: recorded,
};

/// Promised by the wiki page.
const SPEC: Rules = Rules {
    lua_json: false,
    error_pages: false,
    cuts_on_bad_text: false,
    tells_refusals: true,
    answers_view_count: true,
    writer_result_for_all: true,
    writer_must_write: true,
    ready_after_writer: true,
    takes_text_ids: true,
    deletes_with_care: true,
    cuts_emotes_by_bytes: false,
    most_out: usize::MAX,
    manners: promised,
};

/// After so long without a frame of the client the server sends a ping (dossier 5).
pub(crate) const SILENCE: Duration = Duration::from_secs(30);

fn recorded() -> Manners {
    let mut manners = promised();
    manners.max_message = 65_535;
    manners.on_too_big = Reaction::Cut;
    manners.on_bad_frame = Reaction::Cut;
    manners.on_bad_utf8 = Reaction::Deliver;
    manners.fragments = Fragments::FirstAlone;
    manners.checks_closes = false;
    manners.close_reply = CloseReply::Empty;
    manners.awaits_close = false;
    manners.answers_pings = false;
    manners.shutdown = None;
    manners
}

fn promised() -> Manners {
    let mut manners = Manners::default();
    manners.ping_after_silence = Some(SILENCE);
    manners.ping_payload = b"ping".to_vec();
    manners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_found_by_its_name() {
        for profile in Profile::ALL {
            assert_eq!(profile.name().parse(), Ok(*profile));
        }
        let error = "12.3".parse::<Profile>().unwrap_err();
        assert_eq!(error.to_string(), "there is no profile \"12.3\": there are server-12.3, spec");
    }
}
