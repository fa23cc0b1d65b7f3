//! The world file: who and what there is when the mock starts.

mod check;

use crate::Options;
use dummyload_host::world_file::{self, WorldFileError};
use multistreamer_proto::{AccountId, StreamId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The demo world as a world file, with comments.
pub const DEMO_WORLD: &str = include_str!("demo.toml");

/// Everything that the mock knows at its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WorldFile {
    /// The number of the next user who logs in for the first time; 0: one more than the largest.
    pub next_user_id: i64,
    /// When everything of the file was made, as `YYYY-MM-DD HH:MM:SS.ffffff` in UTC; empty: at the start.
    pub made_at: String,
    /// Choices about behaviour.
    pub options: Options,
    /// The users of the server.
    #[serde(rename = "user")]
    pub users: Vec<UserSeed>,
    /// Their accounts on networks.
    #[serde(rename = "account")]
    pub accounts: Vec<AccountSeed>,
    /// Their streams.
    #[serde(rename = "stream")]
    pub streams: Vec<StreamSeed>,
    /// People on the networks who are no users of the server.
    #[serde(rename = "viewer")]
    pub viewers: Vec<ViewerSeed>,
    /// What they say while a stream is live.
    #[serde(rename = "line")]
    pub lines: Vec<LineSeed>,
    /// Words that a network shows as pictures.
    #[serde(rename = "emote")]
    pub emotes: Vec<EmoteSeed>,
}

/// A user of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UserSeed {
    /// Its number.
    pub id: UserId,
    /// The name to log in with, in small letters.
    pub username: String,
    /// The password.
    pub password: String,
    /// The token; empty: one is made at the start.
    #[serde(default)]
    pub token: String,
    /// What the user has chosen on the web page, as JSON.
    #[serde(default = "none")]
    pub preferences: String,
}

/// An account on a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AccountSeed {
    /// Its number; not 0, which is the internal chat.
    pub id: AccountId,
    /// Whose it is.
    pub owner: UserId,
    /// `twitch`, `youtube`, `facebook`, `mixer` or `rtmp`.
    pub network: String,
    /// What its owner sees.
    pub name: String,
    /// The name in addresses; empty: made of the name.
    #[serde(default)]
    pub slug: String,
    /// Its channel on the network; empty: the name in small letters.
    #[serde(default)]
    pub channel: String,
    /// Who it is there: the id of its channel and of what it writes; empty: its number here.
    #[serde(default)]
    pub network_id: String,
    /// What it is called there, where that is not the channel's name.
    #[serde(default)]
    pub display_name: String,
    /// Where its picture is; empty: nobody knows.
    #[serde(default)]
    pub picture: String,
    /// Which other users may stream with it and write with it.
    #[serde(default)]
    pub shared_with: BTreeSet<UserId>,
    /// How many are watching its channel; left out: the network says that it is not live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewers: Option<u64>,
    /// Where the video goes, for rtmp.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Where people watch, for rtmp; empty: nowhere.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub http_url: String,
}

/// A stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StreamSeed {
    /// Its number.
    pub id: StreamId,
    /// Whose it is.
    pub owner: UserId,
    /// Its name.
    pub name: String,
    /// The name in addresses; empty: made of the name.
    #[serde(default)]
    pub slug: String,
    /// The secret key that an encoder sends to (`uuid`); empty: one is made at the start.
    #[serde(default)]
    pub key: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Somebody has to press a button to go live when an encoder has connected.
    #[serde(default)]
    pub preview_required: bool,
    /// Arguments for fetching video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ffmpeg_pull_args: Option<String>,
    /// It is live at the start, with an encoder.
    #[serde(default)]
    pub live: bool,
    /// The accounts that it goes live on.
    #[serde(default)]
    pub accounts: Vec<AttachedSeed>,
    /// Who else may chat or change it.
    #[serde(default)]
    pub shares: Vec<ShareSeed>,
}

/// An account that a stream goes live on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table, as in accounts = [{ id = 14, settings = { title = \"T\" } }]")]
#[non_exhaustive]
pub struct AttachedSeed {
    /// The account.
    pub id: AccountId,
    /// What the network wants to know, as its title there.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// Arguments for sending video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ffmpeg_args: Option<String>,
}

/// What another user may do with a stream: 0 nothing, 1 read, 2 read and write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table, as in shares = [{ user = 2, chat = 2 }]")]
#[non_exhaustive]
pub struct ShareSeed {
    /// That user.
    pub user: UserId,
    /// With its chat.
    #[serde(default, deserialize_with = "level")]
    pub chat: u8,
    /// With everything else.
    #[serde(default, deserialize_with = "level")]
    pub metadata: u8,
}

/// Somebody on a network who is no user of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ViewerSeed {
    /// The network.
    pub network: String,
    /// The name there, in small letters.
    pub nick: String,
    /// The name for people; empty: the nick.
    #[serde(default)]
    pub display_name: String,
    /// The number there, digits for mixer; empty: one is made of the nick.
    #[serde(default)]
    pub id: String,
    /// Where a picture is; empty: nobody knows.
    #[serde(default)]
    pub picture: String,
}

/// Something that a viewer says whenever a stream goes live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LineSeed {
    /// In the chat of this account.
    pub account: AccountId,
    /// Who says it: the nick of a viewer on the account's network.
    pub viewer: String,
    /// What is said.
    pub text: String,
    /// It is something that he does.
    #[serde(default)]
    pub emote: bool,
    /// So many seconds after the start.
    #[serde(default)]
    pub after: f64,
    /// Again after so many seconds; 0: once.
    #[serde(default)]
    pub every: f64,
}

/// A word that a network shows as a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EmoteSeed {
    /// The network; only Twitch tells the server.
    pub network: String,
    /// The word.
    pub code: String,
    /// The number of the picture.
    pub id: String,
}

fn none() -> String {
    "{}".to_owned()
}

fn level<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    let level = world_file::whole_number(from, 2, "a level: 0 nothing, 1 read, 2 read and write")?;
    Ok(u8::try_from(level).unwrap_or_default())
}

impl WorldFile {
    /// Reads a world file, TOML or JSON (a text that begins with `{`).
    ///
    /// # Errors
    /// Text that is no TOML or JSON, members that there are not, and references to nothing.
    pub fn parse(text: &str) -> Result<Self, WorldFileError> {
        let file: Self = world_file::read(text)?;
        file.check()?;
        Ok(file)
    }

    /// The demo world.
    pub fn demo() -> Self {
        // A test reads the file that is built in, so this does not happen.
        Self::parse(DEMO_WORLD).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_world_is_valid() {
        let demo = WorldFile::parse(DEMO_WORLD).unwrap();
        assert!(demo.users.len() >= 4 && demo.accounts.len() >= 5 && demo.streams.len() >= 4);
        assert!(!demo.viewers.is_empty() && !demo.lines.is_empty() && !demo.emotes.is_empty());
    }

    #[test]
    fn the_demo_world_says_all_options() {
        let said: toml::Table = toml::from_str(DEMO_WORLD).unwrap();
        let all = serde_json::to_value(Options::default()).unwrap();
        assert_eq!(serde_json::to_value(&said["options"]).unwrap(), all);
    }

    #[test]
    fn a_world_survives_toml_and_json() {
        let demo = WorldFile::demo();
        assert_eq!(WorldFile::parse(&toml::to_string(&demo).unwrap()).unwrap(), demo);
        assert_eq!(WorldFile::parse(&serde_json::to_string(&demo).unwrap()).unwrap(), demo);
    }

    #[test]
    fn mistakes_are_named() {
        for (change, to, expected) in [
            ("id = 14", "id = 0", "the account id 0 is out of range"),
            ("id = 17", "id = 14", "the file has the account id 14 twice"),
            ("username = \"test\"", "username = \"Test\"", "the username of user 2 is not in small letters"),
            (
                "network = \"twitch\"",
                "network = \"twich\"",
                "the network of account 14 is \"twich\"; there are twitch,",
            ),
            ("shared_with = [2]", "shared_with = [99]", "one with whom account 31 is shared is user id 99"),
            ("chat = 2", "chat = 3", "a level: 0 nothing, 1 read, 2 read and write"),
            (
                "viewer = \"viewer1\"",
                "viewer = \"nobody\"",
                "who says the line \"hello Kappa\" is viewer nobody on twitch, and there is none",
            ),
            ("made_at = \"\"", "made_at = \"yesterday\"", "made_at is \"yesterday\"; write it as \"2026-01-01 12:00"),
            ("next_user_id = 0", "next_user_id = 1", "next_user_id is 1; it goes from 7 (one more than"),
            ("next_user_id = 0", "next_user_id = -5", "next_user_id is -5; it goes from 7"),
            (
                "name = \"Other\"",
                "name = \"awesome\"",
                "stream 21 and stream 22 have the same slug \"awesome\" of user 1",
            ),
            (
                "live = false               # default; true: live at the start, with an encoder\naccounts = [{ id = 14, settings = { title = \"Awesome on twitch\", game = \"Tetris\" } }]",
                "live = true\naccounts = [{ id = 14, settings = { title = \"\" } }]",
                "stream 21 cannot be live: Twitch wants the settings title, game of account 14; give them",
            ),
            (
                "accounts = [{ id = 14,",
                "accounts = [{ id = 5,",
                "an account of stream 21 is account id 5, and there is none",
            ),
            (
                "accounts = [{ id = 19,",
                "accounts = [{ id = 19 }, { id = 19,",
                "stream 25 has account 19 twice; name it once",
            ),
            ("{ user = 3, chat = 1", "{ user = 2, chat = 1", "stream 21 is shared with user 2 twice; name each once"),
            (
                "username = \"nobody\"",
                "username = \"no\\u0000body\"",
                "the username of user 4 is longer than 255 letters, or has a NUL",
            ),
            ("code = \"PogChamp\"", "code = \"Kappa\"", "the file has the emote Kappa on twitch twice"),
            ("http_prefix = \"\"", "http_prefix = \"x/\"", "the option http_prefix is \"x/\""),
            ("public_url = \"\"", "public_url = \"http://a/\"", "the option public_url is \"http://a/\""),
            ("after = 3", "after = -1", "after goes from 0 to"),
        ] {
            assert!(DEMO_WORLD.contains(change), "{change}");
            let error = WorldFile::parse(&DEMO_WORLD.replacen(change, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{change}: {error}");
        }
    }
}
