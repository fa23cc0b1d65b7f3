//! Who and what there is, found by every name under which it is asked for.

use crate::seed::{HubSeed, LinkSeed, ShareSeed, ShockerSeed, UserSeed, WorldFile};
use dummyload_session::Timestamp;
use pishock_proto::{HubId, ShareCode, ShareId, ShockerId, UserId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Users, hubs, shockers, shares and links, indexed, so that a look-up costs the same however many there are.
#[derive(Debug, Default)]
pub(crate) struct State {
    users: BTreeMap<UserId, UserSeed>,
    /// In the order of the file: the first user is the one of the demo values.
    user_order: Vec<UserId>,
    /// By name in lower case.
    names: BTreeMap<String, UserId>,
    /// Whose an API key is; keys in lower case.
    keys: BTreeMap<String, UserId>,
    /// The hubs of each owner, in the order of the file: "the first hub" is a habit of clients (dossier 6.2).
    owned: BTreeMap<UserId, Vec<HubId>>,
    pub(crate) hubs: BTreeMap<HubId, Hub>,
    pub(crate) shockers: BTreeMap<ShockerId, Shocker>,
    shares: BTreeMap<ShareId, ShareSeed>,
    codes: BTreeMap<String, BTreeMap<ShockerId, ShareId>>,
    claims: BTreeMap<(UserId, ShockerId), BTreeSet<ShareId>>,
    /// The shares that each owner has made.
    made: BTreeMap<UserId, BTreeSet<ShareId>>,
    /// By id in lower case.
    links: BTreeMap<String, LinkSeed>,
    /// The links of each owner, in the order of the file.
    linked: BTreeMap<UserId, Vec<String>>,
}

#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) owner: UserId,
    pub(crate) name: String,
    pub(crate) online: bool,
    pub(crate) shockers: Vec<ShockerId>,
    /// From when its life signs are counted, every 15 s; not before somebody listens.
    pub(crate) pings_since: Option<Timestamp>,
    /// When the next one is due, if somebody listens.
    pub(crate) next_ping: Option<Timestamp>,
    /// When the last one went out.
    pub(crate) last_ping: Option<Timestamp>,
}

#[derive(Debug)]
pub(crate) struct Shocker {
    pub(crate) hub: HubId,
    pub(crate) seed: ShockerSeed,
    /// Until when a command runs on it.
    pub(crate) busy_until: Option<Timestamp>,
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
            let id = link.id.as_str().to_ascii_lowercase();
            state.linked.entry(link.owner).or_default().push(id.clone());
            state.links.insert(id, link.clone());
        }
        state
    }

    fn add_user(&mut self, user: UserSeed) {
        self.user_order.push(user.id);
        self.names.insert(user.name.to_lowercase(), user.id);
        for key in &user.keys {
            self.keys.insert(key.key.to_ascii_lowercase(), user.id);
        }
        self.users.insert(user.id, user);
    }

    fn add_hub(&mut self, seed: &HubSeed) {
        self.owned.entry(seed.owner).or_default().push(seed.id);
        let shockers = seed.shockers.iter().map(|shocker| shocker.id).collect();
        for shocker in &seed.shockers {
            self.shockers.insert(shocker.id, Shocker { hub: seed.id, seed: shocker.clone(), busy_until: None });
        }
        let hub = Hub {
            owner: seed.owner,
            name: seed.name.clone(),
            online: seed.online,
            shockers,
            pings_since: None,
            next_ping: None,
            last_ping: None,
        };
        self.hubs.insert(seed.id, hub);
    }

    pub(crate) fn add_share(&mut self, share: ShareSeed) {
        self.codes.entry(share.code.clone()).or_default().insert(share.shocker, share.id);
        if let Some(claimer) = share.claimed_by {
            self.claims.entry((claimer, share.shocker)).or_default().insert(share.id);
        }
        if let Some(owner) = self.owner_of(share.shocker) {
            self.made.entry(owner).or_default().insert(share.id);
        }
        self.shares.insert(share.id, share);
    }

    /// What the world file of this moment says of these things. Hubs and links stand by owner.
    pub(crate) fn to_file(&self) -> WorldFile {
        let hub = |id: &HubId| {
            let hub = self.hubs.get(id)?;
            let shockers = hub.shockers.iter().filter_map(|id| Some(self.shockers.get(id)?.seed.clone())).collect();
            Some(HubSeed { id: *id, owner: hub.owner, name: hub.name.clone(), online: hub.online, shockers })
        };
        WorldFile {
            users: self.users().cloned().collect(),
            hubs: self.user_order.iter().filter_map(|user| self.owned.get(user)).flatten().filter_map(hub).collect(),
            shares: self.shares.values().cloned().collect(),
            links: self.users().flat_map(|user| self.links_of(user.id)).cloned().collect(),
            ..WorldFile::default()
        }
    }

    /// All users, in the order of the file.
    pub(crate) fn users(&self) -> impl Iterator<Item = &UserSeed> {
        self.user_order.iter().filter_map(|id| self.users.get(id))
    }

    pub(crate) fn user(&self, id: UserId) -> Option<&UserSeed> {
        self.users.get(&id)
    }

    pub(crate) fn user_mut(&mut self, id: UserId) -> Option<&mut UserSeed> {
        self.users.get_mut(&id)
    }

    /// All keys and tokens.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.users.values().flat_map(|user| {
            let keys = user.keys.iter().map(|key| key.key.as_str());
            keys.chain(user.tokens.iter().map(|token| token.token.as_str()))
        })
    }

    pub(crate) fn user_named(&self, name: &str) -> Option<&UserSeed> {
        self.users.get(self.names.get(&name.to_lowercase())?)
    }

    /// Whose an API key is.
    pub(crate) fn user_of_key(&self, key: &str) -> Option<&UserSeed> {
        self.users.get(self.keys.get(&key.to_ascii_lowercase())?)
    }

    pub(crate) fn name_of(&self, id: UserId) -> &str {
        self.users.get(&id).map_or("", |user| &user.name)
    }

    pub(crate) fn hubs_of(&self, owner: UserId) -> impl Iterator<Item = (HubId, &Hub)> {
        let ids = self.owned.get(&owner).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| Some((*id, self.hubs.get(id)?)))
    }

    /// A shocker with the hub it belongs to.
    pub(crate) fn shocker(&self, id: ShockerId) -> Option<(&Shocker, &Hub)> {
        let shocker = self.shockers.get(&id)?;
        Some((shocker, self.hubs.get(&shocker.hub)?))
    }

    pub(crate) fn owner_of(&self, shocker: ShockerId) -> Option<UserId> {
        Some(self.shocker(shocker)?.1.owner)
    }

    pub(crate) fn share(&self, id: ShareId) -> Option<&ShareSeed> {
        self.shares.get(&id)
    }

    pub(crate) fn share_mut(&mut self, id: ShareId) -> Option<&mut ShareSeed> {
        self.shares.get_mut(&id)
    }

    pub(crate) fn next_share_id(&self) -> ShareId {
        ShareId(self.shares.last_key_value().map_or(1, |(id, _)| id.0.saturating_add(1)))
    }

    /// The shares under a code.
    pub(crate) fn by_code(&self, code: &str) -> impl Iterator<Item = &ShareSeed> {
        self.codes.get(code).into_iter().flat_map(BTreeMap::values).filter_map(|id| self.shares.get(id))
    }

    /// The share of a shocker under a code.
    pub(crate) fn share_of(&self, code: &ShareCode, shocker: ShockerId) -> Option<&ShareSeed> {
        self.shares.get(self.codes.get(code.as_str())?.get(&shocker)?)
    }

    /// The shares of a shocker that a user has claimed.
    pub(crate) fn claimed(&self, user: UserId, shocker: ShockerId) -> impl Iterator<Item = &ShareSeed> {
        self.claims.get(&(user, shocker)).into_iter().flatten().filter_map(|id| self.shares.get(id))
    }

    /// All shares that a user has claimed.
    pub(crate) fn claimed_by(&self, user: UserId) -> impl Iterator<Item = &ShareSeed> {
        let (first, last) = ((user, ShockerId(0)), (user, ShockerId(u64::MAX)));
        self.claims.range(first..=last).flat_map(|(_, ids)| ids).filter_map(|id| self.shares.get(id))
    }

    /// All shares of a user's own shockers.
    pub(crate) fn made_by(&self, owner: UserId) -> impl Iterator<Item = &ShareSeed> {
        self.made.get(&owner).into_iter().flatten().filter_map(|id| self.shares.get(id))
    }

    /// Claims every share under a code.
    pub(crate) fn claim(&mut self, user: UserId, code: &str) {
        for (shocker, id) in self.codes.get(code).into_iter().flatten() {
            if let Some(share) = self.shares.get_mut(id) {
                share.claimed_by = Some(user);
                self.claims.entry((user, *shocker)).or_default().insert(*id);
            }
        }
    }

    /// Gives a claimed share back; the code can be claimed again.
    pub(crate) fn give_back(&mut self, id: ShareId) {
        if let Some(share) = self.shares.get_mut(&id)
            && let Some(user) = share.claimed_by.take()
            && let Some(ids) = self.claims.get_mut(&(user, share.shocker))
        {
            ids.remove(&id);
        }
    }

    /// A link by its id in any case.
    pub(crate) fn link(&self, id: &str) -> Option<&LinkSeed> {
        self.links.get(&id.to_ascii_lowercase())
    }

    pub(crate) fn link_mut(&mut self, id: &str) -> Option<&mut LinkSeed> {
        self.links.get_mut(&id.to_ascii_lowercase())
    }

    pub(crate) fn links_of(&self, owner: UserId) -> impl Iterator<Item = &LinkSeed> {
        self.linked.get(&owner).into_iter().flatten().filter_map(|id| self.links.get(id))
    }

    /// Whether a user may read the log of a hub that is not his: by a claimed share with that right (dossier 10.4).
    pub(crate) fn may_read_log(&self, user: UserId, hub: &Hub) -> bool {
        hub.shockers.iter().any(|shocker| self.claimed(user, *shocker).any(|share| share.can_log))
    }
}

impl Shocker {
    pub(crate) fn is_busy(&self, now: Timestamp) -> bool {
        self.busy_until.is_some_and(|until| now < until)
    }

    pub(crate) fn run(&mut self, now: Timestamp, duration: u32) {
        self.busy_until = Some(now + Duration::from_millis(duration.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_can_be_written_as_the_file_it_came_from() {
        let demo = WorldFile::demo();
        assert_eq!(State::new(&demo).to_file(), demo);
    }

    #[test]
    fn a_code_covers_several_shockers_and_is_claimed_as_a_whole() {
        let mut file = WorldFile::demo();
        let mut second = file.shares[1].clone();
        (second.id, second.shocker) = (ShareId(3), ShockerId(321));
        file.shares.push(second);
        let mut state = State::new(&file);
        state.claim(UserId(78), "DEMO0SHARE2");
        let ids = |state: &State| state.claimed_by(UserId(78)).map(|share| share.id.0).collect::<Vec<_>>();
        assert_eq!(ids(&state), [3, 2], "by shocker");
        state.give_back(ShareId(3));
        assert_eq!(ids(&state), [2]);
        assert_eq!(state.share_of(&ShareCode::new("DEMO0SHARE2"), ShockerId(321)).unwrap().claimed_by, None);
        assert_eq!(state.made_by(UserId(77)).count(), 2);
        assert_eq!(state.next_share_id(), ShareId(4));
    }
}
