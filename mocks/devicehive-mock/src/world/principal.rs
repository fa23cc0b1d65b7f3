//! Who asks, and what that allows (dossier 5.2, M2).

use super::rows::{DeviceRow, UserRow};
use super::state::State;
use crate::profile::Rules;
use devicehive_proto::{Action, Datetime, DeviceId, Need, Permission};
use std::collections::BTreeSet;

/// What a token and its user allow. Made once, at authentication: what the user becomes later does not change it, but what
/// is looked up for each request does (dossier 6).
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) user: i64,
    /// An administrator at that time.
    pub(crate) is_admin: bool,
    /// All device types were available to the user at that time.
    pub(crate) all_types: bool,
    permissions: Permissions,
    pub(crate) networks: Scope,
    pub(crate) types: Scope,
    /// When the token ends; none for a connection whose token came with its handshake, since that one is not kept.
    pub(crate) token_ends: Option<Datetime>,
}

/// So many numbers are said of a list that may be long.
const MOST_SAID: usize = 10;

/// Permissions as a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Permissions(u32);

impl Permissions {
    /// Those of a token: its member `a` (dossier 5.2). `None` if there is no such token.
    pub(crate) fn of_token(ids: Option<&[i64]>) -> Option<Self> {
        let Some(ids) = ids else { return Some(Self::default()) };
        if ids.contains(&Permission::ANY) {
            return Some(Permission::ALL.iter().copied().collect());
        }
        if ids.is_empty() {
            return Some(Permission::CLIENT_DEFAULT.iter().copied().collect());
        }
        let known = |id: &i64| (Permission::ANY..=Permission::ManageDeviceType.id()).contains(id);
        ids.iter().all(known).then(|| ids.iter().filter_map(|id| Permission::from_id(*id)).collect())
    }

    fn has(self, permission: Permission) -> bool {
        self.0 & 1 << permission.id() != 0
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | 1 << permission.id()))
    }
}

/// The networks or device types of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    All,
    Listed(BTreeSet<i64>),
    /// Not given. That is none, but some queries forget to say so (dossier 5.2).
    Missing,
}

impl Scope {
    pub(crate) fn is_all(&self) -> bool {
        *self == Self::All
    }

    /// What is listed, if there is a list.
    pub(crate) fn listed(&self) -> Option<&BTreeSet<i64>> {
        match self {
            Self::Listed(ids) => Some(ids),
            Self::All | Self::Missing => None,
        }
    }

    /// Whether there can be anything in it.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::All => false,
            Self::Listed(ids) => ids.is_empty(),
            Self::Missing => true,
        }
    }

    pub(crate) fn has(&self, id: i64) -> bool {
        match self {
            Self::All => true,
            Self::Listed(ids) => ids.contains(&id),
            Self::Missing => false,
        }
    }

    /// What queries let through: those of the real servers look at a list only where there is one.
    pub(crate) fn seen(&self, rules: &Rules, id: i64) -> bool {
        self.has(id) || (*self == Self::Missing && rules.repeats_defects)
    }

    /// The same for the devices within a network or type, where an empty list is not looked at either (dossier M2).
    pub(crate) fn seen_within(&self, id: i64) -> bool {
        self.has(id) || self.is_empty()
    }
}

/// Nobody at all, before authentication.
pub(super) static NOBODY: Principal = Principal {
    user: 0,
    is_admin: false,
    all_types: false,
    permissions: Permissions(0),
    networks: Scope::Missing,
    types: Scope::Missing,
    token_ends: None,
};

impl Principal {
    pub(crate) fn new(user: &UserRow, permissions: Permissions, networks: Scope, types: Scope) -> Self {
        Self {
            user: user.id,
            is_admin: user.is_admin(),
            all_types: user.all_device_types_available,
            permissions,
            networks,
            types,
            token_ends: None,
        }
    }

    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// Whether the queries of this server break down for him (dossier V6).
    pub(crate) fn breaks(&self, rules: &Rules) -> bool {
        rules.breaks_without_networks && self.networks.listed().is_some_and(BTreeSet::is_empty)
    }

    /// Whether the token allows this action at all.
    pub(crate) fn may_do(&self, action: Action) -> bool {
        match action.need() {
            Need::One(permission) => self.may(permission),
            Need::Either(one, other) => self.may(one) || self.may(other),
            _ => true,
        }
    }

    pub(crate) fn is_unbounded(&self) -> bool {
        self.networks.is_all() && self.types.is_all()
    }

    /// Whether the queries for devices that look at the user find this one (dossier M2).
    pub(crate) fn finds(&self, state: &State, device: &DeviceRow) -> bool {
        (self.is_admin || state.is_member(self.user, device.network()))
            && self.networks.seen(state.rules, device.network())
            && self.types.seen(state.rules, device.device_type())
    }

    /// Whether a device of this id may be a target. One that does not exist is none, except to the unbounded (dossier M1.5).
    pub(crate) fn may_touch(&self, state: &State, device_id: &str) -> bool {
        if self.is_unbounded() {
            return true;
        }
        state.device(device_id).is_some_and(|device| {
            self.finds(state, device) && self.networks.has(device.network()) && self.types.has(device.device_type())
        })
    }

    /// Why a device of this id is no target, for the author of the client.
    pub(crate) fn why_not(&self, state: &State, device_id: &str) -> String {
        let user = self.user;
        let Some(device) = state.device(device_id) else {
            let id: String = device_id.chars().take(DeviceId::LONGEST).collect();
            return format!("there is no device {id}, which only a token for all networks and device types is told");
        };
        let (network, kind) = (device.network(), device.device_type());
        if !self.is_admin && !state.is_member(user, network) {
            format!("device {device_id} is in network {network}, which is not assigned to user {user}")
        } else if !self.networks.has(network) {
            format!("device {device_id} is in network {network}, and {}", self.bounds("network", &self.networks))
        } else {
            format!("device {device_id} is of device type {kind}, and {}", self.bounds("device type", &self.types))
        }
    }

    /// What the token is for, in words.
    pub(crate) fn bounds(&self, what: &str, scope: &Scope) -> String {
        let user = self.user;
        match scope {
            Scope::All => format!("the token of user {user} is for every {what}"),
            Scope::Missing => format!("the token of user {user} names no {what}"),
            Scope::Listed(ids) if ids.is_empty() => format!("the token of user {user} is for no {what}"),
            Scope::Listed(ids) => {
                let some: Vec<String> = ids.iter().take(MOST_SAID).map(i64::to_string).collect();
                let more = if ids.len() > MOST_SAID { " and more" } else { "" };
                format!("the token of user {user} is for {what} {}{more}", some.join(", "))
            }
        }
    }

    /// What the token lacks for an action, in words.
    pub(crate) fn lacks(&self, action: Action) -> String {
        let named = |permission: Permission| format!("{} ({})", permission.name(), permission.id());
        let wanted = match action.need() {
            Need::One(permission) => named(permission),
            Need::Either(one, other) => format!("{} or {}", named(one), named(other)),
            _ => "nothing".to_owned(),
        };
        format!("{} needs the permission {wanted}, which the token of user {} does not have", action.name(), self.user)
    }

    /// Whether the queries for networks find this one (dossier M8).
    pub(crate) fn finds_network(&self, state: &State, network: i64) -> bool {
        (self.is_admin || state.is_member(self.user, network)) && self.networks.seen(state.rules, network)
    }

    /// Whether the queries for device types find this one (dossier M7).
    pub(crate) fn finds_type(&self, state: &State, device_type: i64) -> bool {
        (self.is_admin || self.all_types || state.has_type(self.user, device_type))
            && self.types.seen(state.rules, device_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_of_tokens() {
        let ids = |ids: &[i64]| Permissions::of_token(Some(ids));
        assert_eq!(Permissions::of_token(None), Some(Permissions::default()));
        assert_eq!(ids(&[0, 99]), Some(Permission::ALL.iter().copied().collect()));
        assert_eq!(ids(&[]), Some(Permission::CLIENT_DEFAULT.iter().copied().collect()));
        assert_eq!(ids(&[1]), Some(Permissions::default()));
        assert_eq!(ids(&[2, 99]), None);
        assert_eq!(ids(&[-1]), None);
        let some = ids(&[5, 12]).unwrap();
        assert!(some.has(Permission::GetDeviceCommand) && some.has(Permission::ManageUser));
        assert!(!some.has(Permission::GetDevice));
    }
}
