//! The world file: who and what there is when the mock starts.

mod check;
mod members;

use crate::Options;
use dummyload_host::world_file::{self, WorldFileError};
use members::{date, duration, id, ids, optional_date, optional_id, percent, serialize_date, serialize_optional_date};
use pishock_proto::{HubId, LinkId, ShareId, ShockerId, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::datetime;

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
    #[serde(deserialize_with = "id")]
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
    #[serde(default = "made", deserialize_with = "date", serialize_with = "serialize_date")]
    pub generated: OffsetDateTime,
    /// When it ends, if ever.
    #[serde(
        default,
        deserialize_with = "optional_date",
        serialize_with = "serialize_optional_date",
        skip_serializing_if = "Option::is_none"
    )]
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
    #[serde(deserialize_with = "date", serialize_with = "serialize_date")]
    pub expires: OffsetDateTime,
}

/// One hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HubSeed {
    /// The number in channel names; `clientId` in the older calls.
    #[serde(deserialize_with = "id")]
    pub id: HubId,
    /// Whose it is.
    #[serde(deserialize_with = "id")]
    pub owner: UserId,
    /// What its owner calls it; `Hub` and its number if left out.
    #[serde(default)]
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
    #[serde(deserialize_with = "id")]
    pub id: ShockerId,
    /// What its owner calls it; `Shocker` and its number if left out.
    #[serde(default)]
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
    #[serde(default = "full_intensity", deserialize_with = "percent")]
    pub max_intensity: u8,
    /// Milliseconds, up to 15000.
    #[serde(default = "full_duration", deserialize_with = "duration")]
    pub max_duration: u32,
}

/// One shocker shared under a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ShareSeed {
    /// `ShareId` of the HTTP calls.
    #[serde(deserialize_with = "id")]
    pub id: ShareId,
    /// The code in the channel name; several shares of one hub may have the same.
    pub code: String,
    /// What is shared.
    #[serde(deserialize_with = "id")]
    pub shocker: ShockerId,
    /// Who has claimed the code.
    #[serde(default, deserialize_with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<UserId>,
    /// Percent, 0 to 100.
    #[serde(default = "full_intensity", deserialize_with = "percent")]
    pub max_intensity: u8,
    /// Milliseconds, up to 15000.
    #[serde(default = "full_duration", deserialize_with = "duration")]
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
    /// What its owner calls it; `Link` and its id if left out.
    #[serde(default)]
    pub name: String,
    /// Whose it is.
    #[serde(deserialize_with = "id")]
    pub owner: UserId,
    /// What it controls; every command goes to all of them.
    #[serde(deserialize_with = "ids")]
    pub shockers: Vec<ShockerId>,
    /// Percent, 0 to 100.
    #[serde(default = "full_intensity", deserialize_with = "percent")]
    pub max_intensity: u8,
    /// Milliseconds, up to 15000.
    #[serde(default = "full_duration", deserialize_with = "duration")]
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
    #[serde(
        default,
        deserialize_with = "optional_date",
        serialize_with = "serialize_optional_date",
        skip_serializing_if = "Option::is_none"
    )]
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
fn made() -> OffsetDateTime {
    datetime!(2025-01-01 0:00 UTC)
}

impl WorldFile {
    /// Reads a world file, TOML or JSON (a text that begins with `{`).
    ///
    /// # Errors
    /// Text that is no TOML or JSON, members that there are not, and references to nothing.
    pub fn parse(text: &str) -> Result<Self, WorldFileError> {
        let mut file: Self = world_file::read(text)?;
        file.name_the_nameless();
        file.check()?;
        Ok(file)
    }

    /// The demo world.
    pub fn demo() -> Self {
        // A test reads the file that is built in, so this does not happen.
        Self::parse(DEMO_WORLD).unwrap_or_default()
    }

    fn name_the_nameless(&mut self) {
        let fill = |name: &mut String, kind: &str, id: &dyn std::fmt::Display| {
            if name.is_empty() {
                *name = format!("{kind} {id}");
            }
        };
        for hub in &mut self.hubs {
            fill(&mut hub.name, "Hub", &hub.id);
            for shocker in &mut hub.shockers {
                fill(&mut shocker.name, "Shocker", &shocker.id);
            }
        }
        for link in &mut self.links {
            fill(&mut link.name, "Link", &link.id);
        }
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

    /// A world with nothing but what has no default.
    const SHORTEST: &str = r#"
        user = [{ id = 1, name = "me", key = [{ key = "k" }] }, { id = 2, name = "you" }]
        hub = [{ id = 10, owner = 1, shocker = [{ id = 11 }] }]
        share = [{ id = 3, code = "C", shocker = 11 }]
        link = [{ id = "9", owner = 1, shockers = [11] }]
    "#;

    #[test]
    fn what_is_left_out_has_a_default() {
        let world = WorldFile::parse(SHORTEST).unwrap();
        assert_eq!(world.users[0].keys[0].generated, datetime!(2025-01-01 0:00 UTC));
        assert_eq!((world.hubs[0].name.as_str(), world.hubs[0].shockers[0].name.as_str()), ("Hub 10", "Shocker 11"));
        assert_eq!((world.links[0].name.as_str(), world.shares[0].max_intensity), ("Link 9", 100));
    }

    #[test]
    fn dates_are_texts_or_dates_of_toml() {
        let text =
            WorldFile::parse(&SHORTEST.replace("\"k\"", "\"k\", generated = \"2026-02-03T04:05:06+01:00\"")).unwrap();
        let native =
            WorldFile::parse(&SHORTEST.replace("\"k\"", "\"k\", generated = 2026-02-03T04:05:06+01:00")).unwrap();
        assert_eq!(text, native);
        assert_eq!(text.users[0].keys[0].generated, datetime!(2026-02-03 3:05:06 UTC));
    }

    #[test]
    fn members_that_do_not_fit_are_told_with_what_would() {
        for (from, to, expected) in [
            ("\"k\"", "\"k\", generated = \"yesterday\"", "is no date; write it as 2025-01-01T00:00:00Z"),
            ("\"k\"", "\"k\", generated = 2025-01-01", "is no date; write it as 2025-01-01T00:00:00Z"),
            ("\"k\"", "\"k\", expires = 5", "expected a date as \"2025-01-01T00:00:00Z\""),
            ("id = 10", "id = \"one\"", "a text, expected a number without quotes, as in 1234"),
            ("shocker = 11", "shocker = -1", "expected a number without quotes"),
            ("shockers = [11]", "shockers = [\"a\"]", "expected a number without quotes"),
            ("id = 11", "id = 11, shock = true", "unknown field `shock`"),
            ("code = \"C\"", "code = \"C\", max_intensity = 500", "`500`, expected a percentage, 0 to 100"),
            ("code = \"C\"", "code = \"C\", max_duration = -5", "expected milliseconds, 0 to 15000"),
        ] {
            let error = WorldFile::parse(&SHORTEST.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("line "), "{to}: {error}");
        }
    }
}
