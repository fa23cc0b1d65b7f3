//! Who and what there is, found by every name under which it is asked for.

use crate::seed::{HubSeed, KeySeed, LinkSeed, ShareSeed, ShockerSeed, UserSeed, WorldFile};
use dummyload_session::Timestamp;
use pishock_proto::{HubId, LinkId, ShareCode, ShockerId, UserId};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;
use time::macros::datetime;

/// Keys made before this day do not work on the socket (the vendor's page; dossier 2).
const FIRST_SOCKET_KEYS: OffsetDateTime = datetime!(2024-10-15 00:00 UTC);

/// Users, hubs, shockers, shares and links, indexed, so that a look-up costs the same however many there are.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) users: BTreeMap<UserId, UserSeed>,
    names: BTreeMap<String, UserId>,
    /// The hubs of each owner, in the order of the file: "the first hub" is a habit of clients (dossier 6.2).
    owned: BTreeMap<UserId, Vec<HubId>>,
    pub(crate) hubs: BTreeMap<HubId, Hub>,
    pub(crate) shockers: BTreeMap<ShockerId, Shocker>,
    pub(crate) shares: BTreeMap<u64, ShareSeed>,
    codes: BTreeMap<String, Vec<u64>>,
    claims: BTreeMap<(UserId, ShockerId), Vec<u64>>,
    pub(crate) links: BTreeMap<String, LinkSeed>,
}

#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) owner: UserId,
    pub(crate) name: String,
    pub(crate) online: bool,
    pub(crate) shockers: Vec<ShockerId>,
}

#[derive(Debug)]
pub(crate) struct Shocker {
    pub(crate) hub: HubId,
    pub(crate) seed: ShockerSeed,
    /// Until when a command runs on it.
    pub(crate) busy_until: Option<Timestamp>,
}

/// How a login failed, in the broker's own codes as far as they are known (dossier 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginError {
    /// Unknown user, wrong or expired token, no credentials.
    Auth,
    /// Unknown, expired or too old API key.
    ApiKey,
}

impl State {
    pub(crate) fn new(file: &WorldFile) -> Self {
        let mut state = Self::default();
        for user in &file.users {
            state.add_user(user.clone());
        }
        for hub in &file.hubs {
            state.add_hub(hub);
        }
        for share in &file.shares {
            state.add_share(share.clone());
        }
        for link in &file.links {
            state.links.insert(link.id.clone(), link.clone());
        }
        state
    }

    fn add_user(&mut self, user: UserSeed) {
        self.names.insert(user.name.to_lowercase(), user.id);
        self.users.insert(user.id, user);
    }

    fn add_hub(&mut self, seed: &HubSeed) {
        self.owned.entry(seed.owner).or_default().push(seed.id);
        let shockers = seed.shockers.iter().map(|shocker| shocker.id).collect();
        for shocker in &seed.shockers {
            self.shockers.insert(shocker.id, Shocker { hub: seed.id, seed: shocker.clone(), busy_until: None });
        }
        let hub = Hub { owner: seed.owner, name: seed.name.clone(), online: seed.online, shockers };
        self.hubs.insert(seed.id, hub);
    }

    pub(crate) fn add_share(&mut self, share: ShareSeed) {
        self.codes.entry(share.code.clone()).or_default().push(share.id);
        if let Some(claimer) = share.claimed_by {
            self.claims.entry((claimer, share.shocker)).or_default().push(share.id);
        }
        self.shares.insert(share.id, share);
    }

    /// The world file of this moment.
    pub(crate) fn to_file(&self) -> WorldFile {
        let hubs = self.owned.values().flatten().filter_map(|id| {
            let hub = self.hubs.get(id)?;
            let shockers =
                hub.shockers.iter().filter_map(|id| self.shockers.get(id)).map(|shocker| shocker.seed.clone()).collect();
            Some(HubSeed { id: *id, owner: hub.owner, name: hub.name.clone(), online: hub.online, shockers })
        });
        WorldFile {
            hubs: hubs.collect(),
            users: self.users.values().cloned().collect(),
            shares: self.shares.values().cloned().collect(),
            links: self.links.values().cloned().collect(),
            ..WorldFile::default()
        }
    }

    pub(crate) fn user_named(&self, name: &str) -> Option<&UserSeed> {
        self.users.get(self.names.get(&name.to_lowercase())?)
    }

    /// The user of an API key; `on_socket` asks for the age rule as well.
    pub(crate) fn login_by_key(
        &self,
        name: &str,
        key: &str,
        now: Timestamp,
        on_socket: bool,
    ) -> Result<UserId, LoginError> {
        let user = self.user_named(name).ok_or(LoginError::Auth)?;
        let valid = user.keys.iter().any(|k| k.key.eq_ignore_ascii_case(key) && key_works(k, now, on_socket));
        if valid { Ok(user.id) } else { Err(LoginError::ApiKey) }
    }

    /// The user of an API key alone, as the REST API takes it.
    pub(crate) fn login_by_bare_key(&self, key: &str, now: Timestamp) -> Result<UserId, LoginError> {
        let works = |user: &&UserSeed| {
            user.keys.iter().any(|k| k.key.eq_ignore_ascii_case(key) && key_works(k, now, false))
        };
        self.users.values().find(works).map(|user| user.id).ok_or(LoginError::ApiKey)
    }

    /// The user of a website token.
    pub(crate) fn login_by_token(&self, user: UserId, token: &str, now: Timestamp) -> Result<UserId, LoginError> {
        let user = self.users.get(&user).ok_or(LoginError::Auth)?;
        let valid = user.tokens.iter().any(|t| t.token == token && date(now) < t.expires);
        if valid { Ok(user.id) } else { Err(LoginError::Auth) }
    }

    pub(crate) fn hubs_of(&self, owner: UserId) -> impl Iterator<Item = (HubId, &Hub)> {
        let ids = self.owned.get(&owner).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| Some((*id, self.hubs.get(id)?)))
    }

    pub(crate) fn owner_of(&self, shocker: ShockerId) -> Option<UserId> {
        Some(self.hubs.get(&self.shockers.get(&shocker)?.hub)?.owner)
    }

    /// The shares under a code.
    pub(crate) fn by_code(&self, code: &str) -> impl Iterator<Item = &ShareSeed> {
        let ids = self.codes.get(code).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.shares.get(id))
    }

    /// The share of a shocker under a code.
    pub(crate) fn share(&self, code: &ShareCode, shocker: ShockerId) -> Option<&ShareSeed> {
        self.by_code(code.as_str()).find(|share| share.shocker == shocker)
    }

    /// The shares of a shocker that a user has claimed.
    pub(crate) fn claimed(&self, user: UserId, shocker: ShockerId) -> impl Iterator<Item = &ShareSeed> {
        let ids = self.claims.get(&(user, shocker)).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| self.shares.get(id))
    }

    /// All shares that a user has claimed.
    pub(crate) fn claimed_by(&self, user: UserId) -> impl Iterator<Item = &ShareSeed> {
        let first = (user, ShockerId(0));
        let last = (user, ShockerId(u64::MAX));
        self.claims.range(first..=last).flat_map(|(_, ids)| ids).filter_map(|id| self.shares.get(id))
    }

    /// Claims every share under a code.
    pub(crate) fn claim(&mut self, user: UserId, code: &str) {
        for id in self.codes.get(code).cloned().unwrap_or_default() {
            if let Some(share) = self.shares.get_mut(&id) {
                share.claimed_by = Some(user);
                self.claims.entry((user, share.shocker)).or_default().push(id);
            }
        }
    }

    /// Gives a claimed share back; the code can be claimed again.
    pub(crate) fn give_back(&mut self, id: u64) {
        if let Some(share) = self.shares.get_mut(&id)
            && let Some(user) = share.claimed_by.take()
            && let Some(ids) = self.claims.get_mut(&(user, share.shocker))
        {
            ids.retain(|other| *other != id);
        }
    }

    pub(crate) fn link(&self, id: &LinkId) -> Option<&LinkSeed> {
        self.links.get(id.as_str())
    }

    /// Whether a user may read the log of a hub that is not his: by a claimed share with that right.
    pub(crate) fn may_read_log(&self, user: UserId, hub: &Hub) -> bool {
        hub.shockers.iter().any(|shocker| self.claimed(user, *shocker).any(|share| share.can_log))
    }
}

fn key_works(key: &KeySeed, now: Timestamp, on_socket: bool) -> bool {
    key.expires.is_none_or(|expires| date(now) < expires) && (!on_socket || key.generated >= FIRST_SOCKET_KEYS)
}

/// A time of the mock's clock as a date; beyond the calendar it is the calendar's end.
pub(crate) fn date(now: Timestamp) -> OffsetDateTime {
    let seconds = i64::try_from(now.since_epoch().as_secs()).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(datetime!(9999-12-31 23:59:59 UTC))
}

impl Shocker {
    pub(crate) fn is_busy(&self, now: Timestamp) -> bool {
        self.busy_until.is_some_and(|until| now < until)
    }

    pub(crate) fn run(&mut self, now: Timestamp, duration: u32) {
        self.busy_until = Some(now + Duration::from_millis(duration.into()));
    }
}
