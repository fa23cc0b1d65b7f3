//! What is wrong with a world that could be read.

use super::{AccountSeed, StreamSeed, WorldFile};
use crate::Options;
use crate::network::Network;
use crate::world::{is_storable, slug};
use dummyload_host::world_file::{Check, WorldFileError};
use std::collections::BTreeSet;
use time::PrimitiveDateTime;
use time::macros::format_description;

/// The most that a script waits, in seconds: a day.
const LONGEST: f64 = 86_400.0;

impl WorldFile {
    /// Checks that every reference has its target, that every id is one thing's only, and that what is live can be.
    pub(crate) fn check(&self) -> Result<(), WorldFileError> {
        let mut check = Check::default();
        self.options.look(&mut check);
        if !self.made_at.is_empty() && !is_time(&self.made_at) {
            check.wrong(format!("made_at is {:?}; write it as \"2026-01-01 12:00:00.000000\", in UTC", self.made_at));
        }
        self.check_users(&mut check);
        for account in &self.accounts {
            number(&mut check, "account id", account.id.0);
            check_account(&mut check, account);
        }
        for stream in &self.streams {
            number(&mut check, "stream id", stream.id.0);
            check_stream(&mut check, stream);
            self.check_live(&mut check, stream);
        }
        self.check_networks(&mut check);
        check.end()
    }

    fn check_users(&self, check: &mut Check) {
        for user in &self.users {
            let name = format!("user {}", user.id);
            number(check, "user id", user.id.0);
            check.unique("username", &user.username, &name);
            if user.username.is_empty() || user.username != user.username.to_ascii_lowercase() {
                check.wrong(format!("the username of {name} is not in small letters, as the server stores it"));
            }
            if !is_storable(&user.username) {
                check.wrong(format!("the username of {name} is longer than 255 letters, or has a NUL in it"));
            }
            if !user.token.is_empty() {
                check.secret("token", &user.token, &name);
            }
        }
        let last = self.users.iter().map(|user| user.id.0).max().unwrap_or_default();
        let next = self.next_user_id;
        if next != 0 && !(last + 1..=i64::from(i32::MAX)).contains(&next) {
            check.wrong(format!(
                "next_user_id is {next}; it goes from {} (one more than the largest number of a user) to {}, or is 0",
                last + 1,
                i32::MAX
            ));
        }
    }

    /// A stream that the networks do not let go live cannot be live (dossier 2).
    fn check_live(&self, check: &mut Check, stream: &StreamSeed) {
        for attached in stream.accounts.iter().filter(|_| stream.live) {
            let account = self.accounts.iter().find(|account| account.id == attached.id);
            let Some(network) = account.and_then(|account| Network::named(&account.network)) else { continue };
            let lacking: Vec<&str> = network.lacking(&attached.settings).collect();
            if !lacking.is_empty() {
                check.wrong(format!(
                    "stream {} cannot be live: {} wants the settings {} of account {}; give them, or take live away",
                    stream.id,
                    network.display_name,
                    lacking.join(", "),
                    attached.id
                ));
            }
        }
    }

    fn check_networks(&self, check: &mut Check) {
        for viewer in &self.viewers {
            let name = format!("viewer {}", viewer.nick);
            network(check, &name, &viewer.network);
            check.unique("viewer", format!("{} on {}", viewer.nick, viewer.network), "the file");
            person(check, &name, &viewer.network, &viewer.id);
        }
        for line in &self.lines {
            let name = format!("the line {:?}", line.text);
            check.refers("account id", line.account, format!("the account of {name}"));
            if let Some(account) = self.accounts.iter().find(|account| account.id == line.account) {
                let viewer = format!("{} on {}", line.viewer, account.network);
                check.refers("viewer", viewer, format!("who says {name}"));
            }
            let wait = |seconds: f64| (0.0..=LONGEST).contains(&seconds);
            if !wait(line.after) || !wait(line.every) || (line.every > 0.0 && line.every < 0.1) {
                check.wrong(format!(
                    "{name}: after goes from 0 to {LONGEST} (seconds), every from 0.1, or is 0 for once"
                ));
            }
        }
        for emote in &self.emotes {
            let name = format!("emote {}", emote.code);
            network(check, &name, &emote.network);
            check.unique("emote", format!("{} on {}", emote.code, emote.network), "the file");
            if emote.code.is_empty() || emote.code.contains(' ') {
                check.wrong(format!("the code of {name} is no word"));
            }
        }
    }
}

fn check_account(check: &mut Check, account: &AccountSeed) {
    let name = format!("account {}", account.id);
    check.refers("user id", account.owner, format!("the owner of {name}"));
    for user in &account.shared_with {
        check.refers("user id", user, format!("one with whom {name} is shared"));
    }
    if account.shared_with.contains(&account.owner) {
        check.wrong(format!("{name} is shared with its own owner"));
    }
    network(check, &name, &account.network);
    person(check, &name, &account.network, &account.network_id);
}

fn check_stream(check: &mut Check, stream: &StreamSeed) {
    let name = format!("stream {}", stream.id);
    check.refers("user id", stream.owner, format!("the owner of {name}"));
    if !stream.key.is_empty() {
        check.secret("key", &stream.key, &name);
    }
    // The server refuses a name that makes a slug of its owner's again.
    let slug = if stream.slug.is_empty() { slug(&stream.name) } else { stream.slug.clone() };
    check.unique("slug", format!("{slug:?} of user {}", stream.owner), &name);
    let mut seen = BTreeSet::new();
    for attached in &stream.accounts {
        check.refers("account id", attached.id, format!("an account of {name}"));
        if !seen.insert(attached.id) {
            check.wrong(format!("{name} has account {} twice; name it once", attached.id));
        }
    }
    let mut seen = BTreeSet::new();
    for share in &stream.shares {
        check.refers("user id", share.user, format!("one with whom {name} is shared"));
        if !seen.insert(share.user) {
            check.wrong(format!("{name} is shared with user {} twice; name each once", share.user));
        }
        if share.user == stream.owner {
            check.wrong(format!("{name} is shared with its own owner"));
        }
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), WorldFileError> {
        let mut check = Check::default();
        self.look(&mut check);
        check.end()
    }

    fn look(&self, check: &mut Check) {
        let prefix = &self.http_prefix;
        if !prefix.is_empty() && (!prefix.starts_with('/') || prefix.ends_with('/') || prefix.starts_with("/__mock")) {
            check.wrong(format!("the option http_prefix is {prefix:?}; write it as \"/multistreamer\""));
        }
        let url = &self.public_url;
        let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let plain = |host: &str| {
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte))
        };
        if !url.is_empty() && !host.is_some_and(plain) {
            check.wrong(format!("the option public_url is {url:?}; write it as \"http://host:port\", without a path"));
        }
    }
}

/// Ids are from 1 to the largest of the database (dossier 3).
fn number(check: &mut Check, kind: &'static str, id: i64) {
    if !(1..=i64::from(i32::MAX)).contains(&id) {
        check.wrong(format!("the {kind} {id} is out of range: it goes from 1 to {}", i32::MAX));
    }
    check.unique(kind, id, "the file");
}

fn network(check: &mut Check, of: &str, name: &str) {
    if Network::named(name).is_none() {
        check.wrong(format!("the network of {of} is {name:?}; there are {}", Network::names()));
    }
}

fn person(check: &mut Check, of: &str, network: &str, id: &str) {
    let numeric = Network::named(network).is_some_and(|network| network.numeric_people);
    if numeric && !id.is_empty() && id.parse::<i64>().is_err() {
        check.wrong(format!("{of} has the id {id:?} on {network}, where ids are numbers"));
    }
}

/// As the database writes times, with or without a fraction (dossier 2).
fn is_time(text: &str) -> bool {
    let whole = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let fraction = format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond]");
    PrimitiveDateTime::parse(text, whole).or_else(|_| PrimitiveDateTime::parse(text, fraction)).is_ok()
}
