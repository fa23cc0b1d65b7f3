//! Who and what there is, found by every name under which it is asked for.

use super::devices::Device;
use crate::seed::{ClientSeed, RoomSeed, UserSeed, WorldFile};
use dummyload_session::Timestamp;
use regex::Regex;
use shelly_proto::{DeviceId, Form};
use std::collections::{BTreeMap, BTreeSet};

/// Clients, accounts, rooms and devices, indexed, so that a look-up costs the same however many there are.
#[derive(Debug, Default)]
pub(crate) struct State {
    clients: Vec<ClientSeed>,
    patterns: BTreeMap<String, Regex>,
    users: BTreeMap<u64, UserSeed>,
    /// In the order of the file: the first user is the one of the demo values.
    user_order: Vec<u64>,
    /// By address in lower case.
    emails: BTreeMap<String, u64>,
    keys: BTreeMap<String, u64>,
    rooms: Vec<RoomSeed>,
    /// The rooms of each owner, by their places.
    roomed: BTreeMap<u64, Vec<usize>>,
    devices: BTreeMap<DeviceId, Device>,
    /// All devices in the order of the file.
    device_order: Vec<DeviceId>,
    /// The devices of each owner, in the order of the file.
    owned: BTreeMap<u64, Vec<DeviceId>>,
    /// The devices that others share with an account.
    shared: BTreeMap<u64, BTreeSet<DeviceId>>,
    /// The devices that report through a gateway.
    behind: BTreeMap<DeviceId, Vec<DeviceId>>,
}

impl State {
    pub(crate) fn new(file: &WorldFile, now: Timestamp) -> Self {
        let mut state = Self { clients: file.clients.clone(), rooms: file.rooms.clone(), ..Self::default() };
        for client in &file.clients {
            // A pattern that is none was told when the file was read; such a client can ask for nothing.
            if let Ok(pattern) = client.pattern() {
                state.patterns.insert(client.id.clone(), pattern);
            }
        }
        for (at, room) in file.rooms.iter().enumerate() {
            state.roomed.entry(room.owner).or_default().push(at);
        }
        for user in &file.users {
            state.user_order.push(user.id);
            state.emails.insert(user.email.to_lowercase(), user.id);
            if !user.auth_key.is_empty() {
                state.keys.insert(user.auth_key.clone(), user.id);
            }
            state.users.insert(user.id, user.clone());
        }
        for seed in &file.devices {
            let device = Device::new(now, seed.clone());
            let id = device.id.clone();
            state.device_order.push(id.clone());
            state.owned.entry(seed.owner).or_default().push(id.clone());
            for user in &seed.shared_with {
                state.shared.entry(*user).or_default().insert(id.clone());
            }
            if let Some(gateway) = &seed.gateway {
                state.behind.entry(DeviceId::in_http(gateway)).or_default().push(id.clone());
            }
            state.devices.insert(id, device);
        }
        for gateway in state.behind.keys().cloned().collect::<Vec<_>>() {
            if state.devices.get(&gateway).is_some_and(|gateway| !gateway.seed.online) {
                state.cut_off(now, &gateway, true);
            }
        }
        state
    }

    /// What the world file of this moment says of these things.
    pub(crate) fn to_file(&self, now: Timestamp) -> WorldFile {
        WorldFile {
            clients: self.clients.clone(),
            users: self.users().cloned().collect(),
            rooms: self.rooms.clone(),
            devices: self.devices().map(|device| device.to_seed(now)).collect(),
            ..WorldFile::default()
        }
    }

    /// Whether there is such a client, and this is an address to which it may have a code sent.
    pub(crate) fn may_redirect(&self, client: &str, uri: &str) -> bool {
        self.patterns.get(client).is_some_and(|pattern| pattern.is_match(uri))
    }

    pub(crate) fn has_client(&self, client: &str) -> bool {
        self.patterns.contains_key(client)
    }

    /// The first client of the file.
    pub(crate) fn first_client(&self) -> Option<&str> {
        self.clients.first().map(|client| client.id.as_str())
    }

    /// All users, in the order of the file.
    pub(crate) fn users(&self) -> impl Iterator<Item = &UserSeed> {
        self.user_order.iter().filter_map(|id| self.users.get(id))
    }

    pub(crate) fn user(&self, id: u64) -> Option<&UserSeed> {
        self.users.get(&id)
    }

    pub(crate) fn user_at(&self, email: &str) -> Option<&UserSeed> {
        self.users.get(self.emails.get(&email.to_lowercase())?)
    }

    pub(crate) fn user_of_key(&self, key: &str) -> Option<&UserSeed> {
        self.users.get(self.keys.get(key)?)
    }

    pub(crate) fn rooms_of(&self, owner: u64) -> impl Iterator<Item = &RoomSeed> {
        self.roomed.get(&owner).into_iter().flatten().filter_map(|at| self.rooms.get(*at))
    }

    /// All devices, in the order of the file.
    pub(crate) fn devices(&self) -> impl Iterator<Item = &Device> {
        self.device_order.iter().filter_map(|id| self.devices.get(id))
    }

    pub(crate) fn device(&self, id: &DeviceId) -> Option<&Device> {
        self.devices.get(id)
    }

    /// A device by its id as HTTP and the world file have it: there a decimal one is that of a virtual device only.
    pub(crate) fn device_in_http(&self, id: &DeviceId) -> Option<&Device> {
        let device = self.devices.get(id)?;
        (!matches!(id.form(), Form::Decimal | Form::Number) || !device.generation.has_hex_ids()).then_some(device)
    }

    pub(crate) fn device_mut(&mut self, id: &DeviceId) -> Option<&mut Device> {
        self.devices.get_mut(id)
    }

    pub(crate) fn owned_by(&self, user: u64) -> impl Iterator<Item = &Device> {
        self.owned.get(&user).into_iter().flatten().filter_map(|id| self.devices.get(id))
    }

    pub(crate) fn shared_with(&self, user: u64) -> impl Iterator<Item = &Device> {
        self.shared.get(&user).into_iter().flatten().filter_map(|id| self.devices.get(id))
    }

    pub(crate) fn sees(&self, user: u64, device: &Device) -> bool {
        device.seed.owner == user || device.seed.shared_with.contains(&user)
    }

    /// Shares a device with somebody, or ends that. Whether that is new.
    pub(crate) fn share(&mut self, id: &DeviceId, user: u64, shared: bool) -> bool {
        let Some(device) = self.devices.get_mut(id) else { return false };
        let before = device.seed.shared_with.contains(&user);
        if shared && !before {
            device.seed.shared_with.push(user);
            self.shared.entry(user).or_default().insert(id.clone());
        } else if !shared {
            device.seed.shared_with.retain(|other| *other != user);
            if let Some(ids) = self.shared.get_mut(&user) {
                ids.remove(id);
            }
        }
        before != shared
    }

    /// The devices behind a gateway are not reached any longer, or are again. Which come or go by that.
    pub(crate) fn cut_off(&mut self, now: Timestamp, gateway: &DeviceId, cut_off: bool) -> Vec<DeviceId> {
        let mut moved = self.behind.get(gateway).cloned().unwrap_or_default();
        moved.retain(|id| self.devices.get_mut(id).is_some_and(|device| device.set_cut_off(now, cut_off)));
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_can_be_written_as_the_file_it_came_from() {
        let mut demo = WorldFile::demo();
        let state = State::new(&demo, Timestamp::ZERO);
        let written = state.to_file(Timestamp::ZERO);
        // Lights without colours know no mode of colours.
        for (before, after) in demo.devices.iter_mut().zip(&written.devices) {
            assert_eq!(before, after);
        }
        assert_eq!(written, demo);
    }

    #[test]
    fn shares_come_and_go() {
        let mut state = State::new(&WorldFile::demo(), Timestamp::ZERO);
        let id = DeviceId::in_http("dc4f2276846a");
        assert!(state.share(&id, 6551, true) && !state.share(&id, 6551, true));
        assert_eq!(state.shared_with(6551).count(), 1);
        assert!(state.sees(6551, state.device(&id).unwrap()));
        assert!(state.share(&id, 6551, false) && !state.share(&id, 6551, false));
        assert_eq!(state.shared_with(6551).count(), 0);
    }

    #[test]
    fn redirects_match_as_a_whole() {
        let state = State::new(&WorldFile::demo(), Timestamp::ZERO);
        for (client, uri, allowed) in [
            ("shelly-diy", "https://example.com/cb?x=1", true),
            ("shelly-diy", "http://localhost", true),
            ("shelly-diy", "http://127.0.0.1:8080/cb", true),
            ("shelly-diy", "http://localhost:1?x", true),
            ("shelly-diy", "http://localhost.example.com/", false),
            ("shelly-diy", "http://127.0.0.1@example.com/", false),
            ("shelly-diy", "http://example.com/", false),
            ("shelly-diy", "javascript:https://x", false),
            ("integrator", "https://integrator.example.com/callback", true),
            ("integrator", "https://integrator.example.com/callback/x", false),
            ("integrator", "https://integratorXexample.com/callback", false),
            ("nobody", "https://example.com/", false),
        ] {
            assert_eq!(state.may_redirect(client, uri), allowed, "{client} {uri}");
        }
    }
}
