//! What is wrong with a world that could be read.

use super::{ShareSeed, WorldFile};
use dummyload_host::world_file::{Check, WorldFileError};
use pishock_proto::{HubId, ShockerId, UserId};
use std::collections::BTreeMap;

impl WorldFile {
    /// Checks that every reference has its target, that every number is one thing's only, and that shares are such as
    /// can come about.
    pub(crate) fn check(&self) -> Result<(), WorldFileError> {
        let mut check = Check::default();
        for user in &self.users {
            let holder = format!("user {}", user.id);
            check.number("user id", user.id.0, "the file");
            check.unique("user name", user.name.to_lowercase(), &holder);
            for key in &user.keys {
                check.secret("API key", key.key.to_lowercase(), &holder);
            }
            for token in &user.tokens {
                check.secret("token", &token.token, &holder);
            }
        }
        self.check_hubs(&mut check);
        self.check_shares(&mut check);
        for link in &self.links {
            check.unique("link id", link.id.as_str().to_lowercase(), "the file");
            check.refers("user id", link.owner, format!("the owner of link {}", link.id));
            for shocker in &link.shockers {
                check.refers("shocker id", *shocker, format!("a shocker of link {}", link.id));
            }
            caps(&mut check, &format!("link {}", link.id), link.max_intensity, link.max_duration);
        }
        check.end()
    }

    fn check_hubs(&self, check: &mut Check) {
        for hub in &self.hubs {
            check.number("hub id", hub.id.0, "the file");
            check.refers("user id", hub.owner, format!("the owner of hub {}", hub.id));
            for shocker in &hub.shockers {
                check.number("shocker id", shocker.id.0, format!("hub {}", hub.id));
                caps(check, &format!("shocker {}", shocker.id), shocker.max_intensity, shocker.max_duration);
            }
        }
    }

    fn check_shares(&self, check: &mut Check) {
        let mut hubs: BTreeMap<ShockerId, (HubId, UserId)> = BTreeMap::new();
        for hub in &self.hubs {
            hubs.extend(hub.shockers.iter().map(|shocker| (shocker.id, (hub.id, hub.owner))));
        }
        let mut codes: BTreeMap<&str, (&ShareSeed, HubId)> = BTreeMap::new();
        for share in &self.shares {
            let name = format!("share {}", share.id);
            check.number("share id", share.id.0, "the file");
            check.unique("code and shocker", format!("{} {}", share.code, share.shocker), &name);
            check.refers("shocker id", share.shocker, format!("the shocker of {name}"));
            if let Some(claimer) = share.claimed_by {
                check.refers("user id", claimer, format!("the claimer of {name}"));
            }
            if let Some((hub, owner)) = hubs.get(&share.shocker).copied() {
                if share.claimed_by == Some(owner) {
                    check.wrong(format!(
                        "{name} is claimed by user {owner}, who owns hub {hub} with its shocker; nobody claims what is \
                         his own: name another user, or leave claimed_by out"
                    ));
                }
                let (first, first_hub) = *codes.entry(&share.code).or_insert((share, hub));
                if first_hub != hub {
                    check.wrong(format!(
                        "share {} of a shocker of hub {first_hub} and {name} of a shocker of hub {hub} have the same \
                         code; a code is for shockers of one hub",
                        first.id
                    ));
                }
            }
            if share.code.is_empty() || share.code.len() > 128 || !share.code.chars().all(|c| c.is_ascii_graphic()) {
                check.wrong(format!("the code of {name} must have 1 to 128 printable ASCII characters"));
            }
            caps(check, &name, share.max_intensity, share.max_duration);
        }
    }
}

/// For worlds that a program has built; a file with such a number cannot be read.
fn caps(check: &mut Check, what: &str, intensity: u8, duration: u32) {
    if intensity > 100 {
        check.wrong(format!("{what}: max_intensity is {intensity}; it goes from 0 to 100 (percent)"));
    }
    if duration > 15_000 {
        check.wrong(format!("{what}: max_duration is {duration}; it goes from 0 to 15000 (milliseconds)"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DEMO_WORLD;

    #[test]
    fn mistakes_are_named() {
        for (change, to, expected) in [
            ("owner = 78", "owner = 79", "the owner of hub 2345 is user id 79"),
            ("id = 654", "id = 321", "hub 1234 and hub 2345 have the same shocker id 321"),
            ("id = 322", "id = 321", "hub 1234 has the shocker id 321 twice"),
            ("id = 78", "id = 77", "the file has the user id 77 twice"),
            ("name = \"friend\"", "name = \"DEMO\"", "user 77 and user 78 have the same user name demo"),
            ("max_intensity = 50", "max_intensity = 101", "integer `101`, expected a percentage, 0 to 100"),
            ("shocker = 654", "shocker = 1", "the shocker of share 1 is shocker id 1"),
            ("can_log = true", "can_lock = true", "unknown field `can_lock`"),
            ("code = \"DEMO0SHARE1\"", "code = \"\"", "the code of share 1"),
            ("claimed_by = 77", "claimed_by = 78", "share 1 is claimed by user 78, who owns hub 2345"),
            ("DEMO0SHARE2", "DEMO0SHARE1", "share 1 of a shocker of hub 2345 and share 2 of a shocker of hub 1234"),
        ] {
            assert!(DEMO_WORLD.contains(change), "{change}");
            let error = WorldFile::parse(&DEMO_WORLD.replacen(change, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{change}: {error}");
        }
    }

    #[test]
    fn whoever_has_the_same_key_is_named_and_the_key_is_not() {
        let twice = DEMO_WORLD.replace("66666666-7777-8888-9999-000000000000", "11111111-2222-3333-4444-555555555555");
        let error = WorldFile::parse(&twice).unwrap_err().to_string();
        assert_eq!(error, "user 77 and user 78 have the same API key; give each one its own");
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let mut world = WorldFile::demo();
        world.hubs[0].shockers[0].max_intensity = 150;
        world.shares[0].shocker = ShockerId(1);
        world.links[0].owner = UserId(5);
        let error = world.check().unwrap_err().to_string();
        assert!(
            error.starts_with("3 mistakes:\n  shocker 321: max_intensity is 150; it goes from 0 to 100"),
            "{error}"
        );
        assert!(error.contains("\n  the shocker of share 1 is shocker id 1"), "{error}");
        assert!(error.contains("\n  the owner of link 99999999-aaaa-bbbb-cccc-dddddddddddd is user id 5"), "{error}");
    }
}
