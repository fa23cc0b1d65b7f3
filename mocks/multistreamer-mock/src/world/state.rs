//! What the server has stored: users, accounts, streams, and who may do what.

use crate::network::Network;
use crate::seed::{
    AccountSeed, AttachedSeed, EmoteSeed, LineSeed, ShareSeed, StreamSeed, UserSeed, ViewerSeed, WorldFile,
};
use dummyload_host::IdSource;
use dummyload_session::Timestamp;
use multistreamer_proto::{AccountId, StreamId, StreamStatus, UserId};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::macros::format_description;

/// Everything that is stored.
#[derive(Debug, Default)]
pub(crate) struct State {
    users: BTreeMap<UserId, User>,
    accounts: BTreeMap<AccountId, Account>,
    streams: BTreeMap<StreamId, Stream>,
    pub(crate) viewers: Vec<ViewerSeed>,
    pub(crate) lines: Vec<LineSeed>,
    pub(crate) emotes: Vec<EmoteSeed>,
    /// Accounts that were deleted. A chat that has begun goes on with them (dossier 4.2).
    deleted: BTreeMap<AccountId, Account>,
    /// How streams were when they were deleted, which the server does not forget (dossier 4.1).
    last_status: BTreeMap<StreamId, StreamStatus>,
    next_user: i64,
    /// The largest number that a stream has had.
    last_stream: i64,
}

/// When a row was made and changed, as the database writes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    pub(crate) made: String,
    pub(crate) changed: String,
}

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) seed: UserSeed,
    pub(crate) times: Times,
}

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) seed: AccountSeed,
    pub(crate) times: Times,
    /// Arguments for sending video, by its owner.
    pub(crate) ffmpeg_args: Option<String>,
}

/// A stream with what has become of it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) seed: StreamSeed,
    pub(crate) times: Times,
    pub(crate) attached: BTreeMap<AccountId, Attached>,
    pub(crate) status: StreamStatus,
}

/// An account that a stream goes live on.
#[derive(Debug)]
pub(crate) struct Attached {
    pub(crate) seed: AttachedSeed,
    /// It has gone live: its module knows the channel from then on, also when the stream has ended (dossier 4.2).
    pub(crate) has_been_live: bool,
    /// Where people watch; known from the first time that it goes live.
    pub(crate) http_url: Option<String>,
}

/// What a user may do with a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Levels {
    pub(crate) chat: u8,
    pub(crate) metadata: u8,
}

impl Account {
    pub(crate) fn network(&self) -> &'static Network {
        // The world file was checked, so there is one.
        Network::named(&self.seed.network).unwrap_or(&Network::NONE)
    }

    /// Its channel on the network.
    pub(crate) fn channel(&self) -> String {
        if self.seed.channel.is_empty() { self.seed.name.to_lowercase() } else { self.seed.channel.clone() }
    }

    /// Who it is on the network.
    pub(crate) fn network_id(&self) -> String {
        if self.seed.network_id.is_empty() { self.seed.id.to_string() } else { self.seed.network_id.clone() }
    }

    pub(crate) fn may_use(&self, user: UserId) -> bool {
        self.seed.owner == user || self.seed.shared_with.contains(&user)
    }
}

impl Stream {
    pub(crate) fn levels(&self, user: UserId) -> Levels {
        if self.seed.owner == user {
            return Levels { chat: 2, metadata: 2 };
        }
        let share = self.seed.shares.iter().find(|share| share.user == user);
        share.map_or(Levels::default(), |share| Levels { chat: share.chat, metadata: share.metadata })
    }
}

impl Levels {
    pub(crate) fn any(self) -> bool {
        self.chat > 0 || self.metadata > 0
    }
}

impl State {
    /// The state that a world file describes. Tokens and keys that it does not have are made.
    pub(crate) fn new(file: &WorldFile, now: Timestamp, ids: &mut IdSource) -> Self {
        let made = if file.made_at.is_empty() { stamp(now, true) } else { file.made_at.clone() };
        let times = Times { made: made.clone(), changed: made };
        let mut state = Self {
            viewers: file.viewers.clone(),
            lines: file.lines.clone(),
            emotes: file.emotes.clone(),
            next_user: file.next_user_id,
            ..Self::default()
        };
        for seed in &file.users {
            let mut seed = seed.clone();
            if seed.token.is_empty() {
                seed.token = token(ids);
            }
            state.users.insert(seed.id, User { seed, times: times.clone() });
        }
        for seed in &file.accounts {
            let mut seed = seed.clone();
            if seed.slug.is_empty() {
                seed.slug = slug(&seed.name);
            }
            state.accounts.insert(seed.id, Account { seed, times: times.clone(), ffmpeg_args: None });
        }
        for seed in &file.streams {
            state.add_stream(seed.clone(), &times, ids);
        }
        state
    }

    pub(crate) fn add_stream(&mut self, mut seed: StreamSeed, times: &Times, ids: &mut IdSource) {
        if seed.slug.is_empty() {
            seed.slug = slug(&seed.name);
        }
        if seed.key.is_empty() {
            seed.key = ids.uuid();
        }
        let attached = std::mem::take(&mut seed.accounts);
        let attached = attached.into_iter().map(|seed| (seed.id, Attached::new(seed))).collect();
        let stream = Stream { seed, times: times.clone(), attached, status: StreamStatus::default() };
        self.last_stream = self.last_stream.max(stream.seed.id.0);
        self.streams.insert(stream.seed.id, stream);
    }

    /// The world file of this moment.
    pub(crate) fn to_file(&self) -> WorldFile {
        let stream = |stream: &Stream| {
            let mut seed = stream.seed.clone();
            seed.accounts = stream.attached.values().map(|attached| attached.seed.clone()).collect();
            seed.live = stream.status.pushing;
            seed
        };
        WorldFile {
            next_user_id: self.next_user,
            users: self.users.values().map(|user| user.seed.clone()).collect(),
            accounts: self.accounts.values().map(|account| account.seed.clone()).collect(),
            streams: self.streams.values().map(stream).collect(),
            viewers: self.viewers.clone(),
            // Of an account that was deleted nobody says anything again.
            lines: self.lines.iter().filter(|line| self.accounts.contains_key(&line.account)).cloned().collect(),
            emotes: self.emotes.clone(),
            ..WorldFile::default()
        }
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    pub(crate) fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    pub(crate) fn user_mut(&mut self, id: UserId) -> Option<&mut User> {
        self.users.get_mut(&id)
    }

    /// Names count to the letter (dossier 4.6).
    pub(crate) fn user_named(&self, name: &str) -> Option<&User> {
        self.users().find(|user| user.seed.username == name)
    }

    pub(crate) fn user_with_token(&self, token: &str) -> Option<&User> {
        self.users().find(|user| user.seed.token == token)
    }

    /// Somebody who has logged in for the first time.
    pub(crate) fn new_user(&mut self, username: &str, password: &str, now: Timestamp, ids: &mut IdSource) -> UserId {
        let next = self.users.keys().next_back().map_or(1, |last| last.0 + 1);
        let id = UserId(next.max(self.next_user));
        self.next_user = id.0 + 1;
        let made = stamp(now, false);
        let seed = UserSeed {
            id,
            username: username.to_owned(),
            password: password.to_owned(),
            token: token(ids),
            preferences: "{}".to_owned(),
        };
        self.users.insert(id, User { seed, times: Times { made: made.clone(), changed: made } });
        id
    }

    pub(crate) fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    pub(crate) fn account_mut(&mut self, id: AccountId) -> Option<&mut Account> {
        self.accounts.get_mut(&id)
    }

    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// A user's own accounts, and then those that are shared with him.
    pub(crate) fn accounts_of(&self, user: UserId) -> impl Iterator<Item = &Account> {
        let own = self.accounts().filter(move |account| account.seed.owner == user);
        own.chain(self.accounts().filter(move |account| account.seed.shared_with.contains(&user)))
    }

    /// Takes an account away, also from the streams.
    pub(crate) fn remove_account(&mut self, id: AccountId) {
        self.detach(id, |_| true);
        self.deleted.extend(self.accounts.remove_entry(&id));
    }

    /// Takes an account away from these streams.
    pub(crate) fn detach(&mut self, id: AccountId, from: impl Fn(&Stream) -> bool) {
        for stream in self.streams.values_mut() {
            if from(stream) {
                stream.attached.remove(&id);
            }
        }
    }

    /// An account as a chat that has begun knows it: also if it was deleted.
    pub(crate) fn account_of_chat(&self, id: AccountId) -> Option<&Account> {
        self.account(id).or_else(|| self.deleted.get(&id))
    }

    /// All accounts as the chats know them.
    pub(crate) fn accounts_of_chats(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values().chain(self.deleted.values())
    }

    pub(crate) fn stream(&self, id: StreamId) -> Option<&Stream> {
        self.streams.get(&id)
    }

    pub(crate) fn stream_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.streams.get_mut(&id)
    }

    pub(crate) fn streams(&self) -> impl Iterator<Item = &Stream> {
        self.streams.values()
    }

    /// A user's own streams, and then those that are shared with him.
    pub(crate) fn streams_of(&self, user: UserId) -> impl Iterator<Item = &Stream> {
        let own = self.streams().filter(move |stream| stream.seed.owner == user);
        let shared = move |stream: &&Stream| stream.seed.owner != user && stream.levels(user).any();
        own.chain(self.streams().filter(shared))
    }

    pub(crate) fn stream_with_key(&self, key: &str) -> Option<StreamId> {
        self.streams().find(|stream| stream.seed.key == key).map(|stream| stream.seed.id)
    }

    /// The number of the next stream: none is given twice, also not that of one that was deleted, on which sockets may be open.
    pub(crate) fn next_stream(&self) -> StreamId {
        StreamId(self.last_stream + 1)
    }

    pub(crate) fn remove_stream(&mut self, id: StreamId) {
        self.last_status.extend(self.streams.remove(&id).map(|stream| (id, stream.status)));
    }

    /// How a stream is, or was when it was deleted.
    pub(crate) fn status(&self, id: StreamId) -> StreamStatus {
        let status = self.stream(id).map(|stream| stream.status).or_else(|| self.last_status.get(&id).copied());
        status.unwrap_or_default()
    }

    /// What another user may do with a stream from now on; what he has open is not touched (dossier 3).
    pub(crate) fn share(&mut self, stream: StreamId, user: UserId, change: impl FnOnce(&mut ShareSeed)) {
        let Some(stream) = self.streams.get_mut(&stream) else { return };
        let shares = &mut stream.seed.shares;
        let at = shares.iter().position(|share| share.user == user).unwrap_or_else(|| {
            shares.push(ShareSeed { user, chat: 0, metadata: 0 });
            shares.len() - 1
        });
        change(&mut shares[at]);
    }
}

impl Attached {
    pub(crate) fn new(seed: AttachedSeed) -> Self {
        Self { seed, has_been_live: false, http_url: None }
    }
}

/// A new token (dossier 2).
pub(crate) fn token(ids: &mut IdSource) -> String {
    ids.from_alphabet(b"0123456789ABCDEF", 20)
}

/// A time as the database writes it; the server itself knows no fractions.
pub(crate) fn stamp(now: Timestamp, with_fraction: bool) -> String {
    let seconds = i64::try_from(now.since_epoch().as_secs()).unwrap_or_default();
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let whole = time.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]")).unwrap_or_default();
    if with_fraction { format!("{whole}.{:06}", now.since_epoch().subsec_micros()) } else { whole }
}

/// A name as addresses have it: small letters and digits, a dash for blanks and underscores (dossier 2).
pub(crate) fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c.to_ascii_lowercase()),
            ' ' | '\t'..='\r' | '_' | '-' if !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    out
}

/// Whether the database takes it as a name: no NUL, and 255 letters at most (dossier 2).
pub(crate) fn is_storable(name: &str) -> bool {
    !name.contains('\0') && name.chars().count() <= 255
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn names_become_slugs() {
        // "Other2" is recorded; the others are as the function reads.
        for (name, expected) in [
            ("Other2", "other2"),
            ("trio rtmp", "trio-rtmp"),
            ("trio_a", "trio-a"),
            (" A  b! ", "-a-b-"),
            ("a-_ -b", "a-b"),
            ("a !- b", "a-b"),
            ("J\u{d6}rg\n", "jrg-"),
            ("!!!", ""),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
    }

    #[test]
    fn times_are_written_as_recorded() {
        let now = Timestamp::new(Duration::from_micros(1_795_290_478_309_035));
        assert_eq!(stamp(now, true), "2026-11-21 19:47:58.309035");
        assert_eq!(stamp(now, false), "2026-11-21 19:47:58");
    }
}
