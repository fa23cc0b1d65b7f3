//! The world file: who and what there is when the mock starts.

use crate::Options;
use pishock_proto::{HubId, LinkId, ShareId, ShockerId, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use time::OffsetDateTime;

/// The demo world as a world file, with comments.
pub const DEMO_WORLD: &str = include_str!("demo.toml");

/// Everything that the mock knows at its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct WorldFile {
    /// Choices about behaviour.
    pub options: Options,
    /// The people.
    #[serde(rename = "user")]
    pub users: Vec<UserSeed>,
    /// The hubs; the order is kept.
    #[serde(rename = "hub")]
    pub hubs: Vec<HubSeed>,
    /// What people share.
    #[serde(rename = "share")]
    pub shares: Vec<ShareSeed>,
    /// Public control links.
    #[serde(rename = "link")]
    pub links: Vec<LinkSeed>,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct UserSeed {
    /// The number that other calls and `l.u` use.
    pub id: UserId,
    /// The name to log in with; compared without regard to case.
    pub name: String,
    /// The API keys.
    #[serde(default, rename = "key")]
    pub keys: Vec<KeySeed>,
    /// The website tokens.
    #[serde(default, rename = "token")]
    pub tokens: Vec<TokenSeed>,
}

/// One API key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KeySeed {
    /// The key itself, in GUID form.
    pub key: String,
    /// What its owner calls it.
    #[serde(default)]
    pub name: String,
    /// When it was made; before 2024-10-15 it does not work on the socket (dossier 2).
    #[serde(with = "time::serde::rfc3339")]
    pub generated: OffsetDateTime,
    /// When it ends, if ever.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub expires: Option<OffsetDateTime>,
}

/// One website token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenSeed {
    /// The token itself.
    pub token: String,
    /// When it ends; the website's tokens live two weeks (dossier 2).
    #[serde(with = "time::serde::rfc3339")]
    pub expires: OffsetDateTime,
}

/// One hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HubSeed {
    /// The number in channel names; `clientId` in the older calls.
    pub id: HubId,
    /// Whose it is.
    pub owner: UserId,
    /// What its owner calls it.
    pub name: String,
    /// Whether it is connected to the broker.
    #[serde(default = "yes")]
    pub online: bool,
    /// Its shockers; the order is kept.
    #[serde(default, rename = "shocker")]
    pub shockers: Vec<ShockerSeed>,
}

/// One shocker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ShockerSeed {
    /// The number in commands; no two shockers have the same.
    pub id: ShockerId,
    /// What its owner calls it.
    pub name: String,
    /// `shockerType` of the older calls.
    #[serde(default = "one", rename = "type")]
    pub kind: u8,
    /// Whether it takes no commands but stop.
    #[serde(default)]
    pub paused: bool,
    /// Whether the REST API can reach it (406 otherwise).
    #[serde(default = "yes")]
    pub v3: bool,
    /// Whether mode `s` is allowed.
    #[serde(default = "yes")]
    pub can_shock: bool,
    /// Whether mode `v` is allowed.
    #[serde(default = "yes")]
    pub can_vibrate: bool,
    /// Whether mode `b` is allowed.
    #[serde(default = "yes")]
    pub can_beep: bool,
    /// Percent, 0 to 100.
    #[serde(default = "full_intensity")]
    pub max_intensity: u8,
    /// Milliseconds, up to 15000.
    #[serde(default = "full_duration")]
    pub max_duration: u32,
}

/// One shocker shared under a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ShareSeed {
    /// `ShareId` of the HTTP calls.
    pub id: ShareId,
    /// The code in the channel name; several shares of one hub may have the same.
    pub code: String,
    /// What is shared.
    pub shocker: ShockerId,
    /// Who has claimed the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<UserId>,
    /// Percent, 0 to 100.
    #[serde(default = "full_intensity")]
    pub max_intensity: u8,
    /// Milliseconds, up to 15000.
    #[serde(default = "full_duration")]
    pub max_duration: u32,
    /// Whether mode `s` is allowed.
    #[serde(default = "yes")]
    pub can_shock: bool,
    /// Whether mode `v` is allowed.
    #[serde(default = "yes")]
    pub can_vibrate: bool,
    /// Whether mode `b` is allowed.
    #[serde(default = "yes")]
    pub can_beep: bool,
    /// Whether commands may have the hold flag.
    #[serde(default = "yes")]
    pub can_continuous: bool,
    /// Whether the claimer may read the hub's log.
    #[serde(default = "yes")]
    pub can_log: bool,
    /// Whether the claimer may pause the shocker.
    #[serde(default)]
    pub can_pause: bool,
    /// Whether the owner has paused the share.
    #[serde(default)]
    pub paused: bool,
    /// Whether the share is locked (410 of the REST API).
    #[serde(default)]
    pub locked: bool,
}

impl ShareSeed {
    /// A share that nobody has claimed, without bounds.
    pub fn new(id: ShareId, code: &str, shocker: ShockerId) -> Self {
        Self {
            id,
            code: code.to_owned(),
            shocker,
            claimed_by: None,
            max_intensity: full_intensity(),
            max_duration: full_duration(),
            can_shock: true,
            can_vibrate: true,
            can_beep: true,
            can_continuous: true,
            can_log: true,
            can_pause: false,
            paused: false,
            locked: false,
        }
    }
}

/// One public control link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LinkSeed {
    /// The UUID in its address.
    pub id: LinkId,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub owner: UserId,
    /// What it controls; every command goes to all of them.
    pub shockers: Vec<ShockerId>,
    /// Percent, 0 to 100.
    #[serde(default = "full_intensity")]
    pub max_intensity: u8,
    /// Milliseconds, up to 15000.
    #[serde(default = "full_duration")]
    pub max_duration: u32,
    /// Whether mode `s` is allowed.
    #[serde(default = "yes")]
    pub can_shock: bool,
    /// Whether mode `v` is allowed.
    #[serde(default = "yes")]
    pub can_vibrate: bool,
    /// Whether mode `b` is allowed.
    #[serde(default = "yes")]
    pub can_beep: bool,
    /// Whether the link is paused.
    #[serde(default)]
    pub paused: bool,
    /// Whether every command counts as a warning, whatever it says (dossier 6.5; what it does is a guess).
    #[serde(default)]
    pub force_warning: bool,
    /// Whether only people with an account may use it.
    #[serde(default)]
    pub force_login: bool,
    /// How many commands are left; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activations: Option<u64>,
    /// When it ends, if ever.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub expires: Option<OffsetDateTime>,
}

fn yes() -> bool {
    true
}
fn one() -> u8 {
    1
}
fn full_intensity() -> u8 {
    100
}
fn full_duration() -> u32 {
    15_000
}

/// Why a world file was not taken; says where and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldFileError(String);

impl fmt::Display for WorldFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WorldFileError {}

impl WorldFile {
    /// Reads a world file, TOML or JSON (a text that begins with `{`).
    ///
    /// # Errors
    /// Text that is no TOML or JSON, members that there are not, and references to nothing.
    pub fn parse(text: &str) -> Result<Self, WorldFileError> {
        let file: Self = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|e| WorldFileError(e.to_string()))?
        } else {
            toml::from_str(text).map_err(|e| WorldFileError(e.to_string()))?
        };
        file.check()?;
        Ok(file)
    }

    /// The demo world.
    pub fn demo() -> Self {
        // A test reads the file that is built in, so this does not happen.
        Self::parse(DEMO_WORLD).unwrap_or_default()
    }

    /// Checks that every reference has its target, and that every number is one thing's only.
    pub(crate) fn check(&self) -> Result<(), WorldFileError> {
        let mut ids = Unique::default();
        for user in &self.users {
            ids.number("user id", user.id.0)?;
            ids.add("user name", user.name.to_lowercase())?;
            for key in &user.keys {
                ids.add("API key of user", key.key.to_lowercase())?;
            }
            for token in &user.tokens {
                ids.add("token of user", &token.token)?;
            }
        }
        for hub in &self.hubs {
            ids.number("hub id", hub.id.0)?;
            ids.has("user id", hub.owner, format!("the owner of hub {}", hub.id))?;
            for shocker in &hub.shockers {
                ids.number("shocker id", shocker.id.0)?;
                caps(format!("shocker {}", shocker.id), shocker.max_intensity, shocker.max_duration)?;
            }
        }
        for share in &self.shares {
            ids.number("share id", share.id.0)?;
            ids.add("shocker under one share code", format!("{} {}", share.code, share.shocker))?;
            ids.has("shocker id", share.shocker, format!("the shocker of share {}", share.id))?;
            if let Some(claimer) = share.claimed_by {
                ids.has("user id", claimer, format!("the claimer of share {}", share.id))?;
            }
            if share.code.is_empty() || share.code.len() > 128 || !share.code.chars().all(|c| c.is_ascii_graphic()) {
                return Err(WorldFileError(format!(
                    "the code of share {} must have 1 to 128 printable ASCII characters",
                    share.id
                )));
            }
            caps(format!("share {}", share.id), share.max_intensity, share.max_duration)?;
        }
        for link in &self.links {
            ids.add("link id", link.id.as_str().to_lowercase())?;
            ids.has("user id", link.owner, format!("the owner of link {}", link.id))?;
            for shocker in &link.shockers {
                ids.has("shocker id", *shocker, format!("a shocker of link {}", link.id))?;
            }
            caps(format!("link {}", link.id), link.max_intensity, link.max_duration)?;
        }
        Ok(())
    }
}

fn caps(what: String, intensity: u8, duration: u32) -> Result<(), WorldFileError> {
    if intensity > 100 {
        return Err(WorldFileError(format!("{what}: max_intensity is {intensity}; it goes from 0 to 100 (percent)")));
    }
    if duration > 15_000 {
        return Err(WorldFileError(format!("{what}: max_duration is {duration}; it goes up to 15000 (milliseconds)")));
    }
    Ok(())
}

/// Which numbers and names are taken, by what they are.
#[derive(Default)]
struct Unique(BTreeSet<(&'static str, String)>);

impl Unique {
    fn add(&mut self, kind: &'static str, id: impl fmt::Display) -> Result<(), WorldFileError> {
        let id = id.to_string();
        if self.0.insert((kind, id.clone())) {
            return Ok(());
        }
        // Keys and tokens are secret, so they are not named.
        let shown = if kind.contains("key") || kind.contains("token") { String::new() } else { format!(" {id}") };
        Err(WorldFileError(format!("the {kind}{shown} stands twice; give each one its own")))
    }

    fn number(&mut self, kind: &'static str, id: u64) -> Result<(), WorldFileError> {
        if i64::try_from(id).is_err() {
            return Err(WorldFileError(format!("the {kind} {id} is too large: TOML has numbers up to {}", i64::MAX)));
        }
        self.add(kind, id)
    }

    fn has(&self, kind: &'static str, id: impl fmt::Display, role: String) -> Result<(), WorldFileError> {
        let id = id.to_string();
        if self.0.contains(&(kind, id.clone())) {
            return Ok(());
        }
        Err(WorldFileError(format!("{role} is {kind} {id}, and there is none; add it, or name another")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_world_is_valid_and_says_all_defaults() {
        let demo = WorldFile::parse(DEMO_WORLD).unwrap();
        assert_eq!((demo.users.len(), demo.hubs.len(), demo.shares.len(), demo.links.len()), (2, 2, 2, 1));
        assert_eq!(demo.hubs.iter().map(|hub| hub.shockers.len()).sum::<usize>(), 3);
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
            ("owner = 78", "owner = 79", "the owner of hub 2345 is user id 79"),
            ("id = 654", "id = 321", "the shocker id 321 stands twice"),
            ("max_intensity = 50", "max_intensity = 101", "share 1: max_intensity is 101"),
            ("shocker = 654", "shocker = 1", "the shocker of share 1 is shocker id 1"),
            ("can_log = true", "can_lock = true", "unknown field `can_lock`"),
            ("code = \"DEMO0SHARE1\"", "code = \"\"", "the code of share 1"),
            ("11111111-2222", "66666666-7777-8888-9999-000000000000\" # ", "the API key of user stands twice"),
        ] {
            let error = WorldFile::parse(&DEMO_WORLD.replacen(change, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{change}: {error}");
        }
    }
}
