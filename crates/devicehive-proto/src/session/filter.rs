//! What a subscription is for.

use super::wire::{CommandSubscribe, NotificationSubscribe, Request};
use crate::{Datetime, DeviceId, Kind};
use alloc::collections::BTreeSet;
use alloc::string::String;

/// What a subscription brings (dossier M4.5, M9). Without further words: everything of its kind that the token's owner may see,
/// from now on.
///
/// ```
/// use devicehive_proto::session::Filter;
/// let filter = Filter::commands().device("lamp-1").names(["on", "off"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub(super) kind: Kind,
    pub(super) updates: bool,
    pub(super) device: Option<DeviceId>,
    pub(super) networks: BTreeSet<i64>,
    pub(super) device_types: BTreeSet<i64>,
    pub(super) names: BTreeSet<String>,
    pub(super) since: Option<Datetime>,
    pub(super) limit: Option<i32>,
}

impl Filter {
    fn of(kind: Kind, updates: bool) -> Self {
        let (networks, device_types, names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        Self { kind, updates, device: None, networks, device_types, names, since: None, limit: None }
    }

    /// Commands as they are inserted.
    pub fn commands() -> Self {
        Self::of(Kind::Command, false)
    }

    /// Commands as they are updated, whoever inserted them: the documents' `returnUpdatedCommands`.
    pub fn updates() -> Self {
        Self::of(Kind::Command, true)
    }

    /// Notifications as they are inserted.
    pub fn notifications() -> Self {
        Self::of(Kind::Notification, false)
    }

    /// Of this device only. Networks and device types do not count then.
    #[must_use]
    pub fn device(mut self, device: impl Into<DeviceId>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// Of devices in these networks only.
    #[must_use]
    pub fn networks(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.networks.extend(ids);
        self
    }

    /// Of devices of these types only.
    #[must_use]
    pub fn device_types(mut self, ids: impl IntoIterator<Item = i64>) -> Self {
        self.device_types.extend(ids);
        self
    }

    /// With these names only. Case matters.
    #[must_use]
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Also what the server has stored since then; it keeps things for 120 s. Server 4.1 does so for subscriptions to one device
    /// only, server 3.5 for all but those to everything.
    #[must_use]
    pub fn since(mut self, time: Datetime) -> Self {
        self.since = Some(time);
        self
    }

    /// At most so many stored items; 20 commands by default, and always 100 notifications. What comes live is not limited.
    #[must_use]
    pub fn limit(mut self, stored: i32) -> Self {
        self.limit = Some(stored);
        self
    }

    /// Whether what is missed while there is no connection comes later (dossier M4.5, V1): always for one device.
    pub fn is_replayed_everywhere(&self) -> bool {
        self.device.is_some()
    }

    pub(super) fn of_commands(request: CommandSubscribe) -> Self {
        Self {
            device: request.device_id,
            networks: request.network_ids.unwrap_or_default(),
            device_types: request.device_type_ids.unwrap_or_default(),
            names: request.names.unwrap_or_default(),
            since: request.timestamp,
            limit: request.limit,
            ..Self::of(Kind::Command, request.return_updated_commands == Some(true))
        }
    }

    pub(super) fn of_notifications(request: NotificationSubscribe) -> Self {
        Self {
            device: request.device_id,
            networks: request.network_ids.unwrap_or_default(),
            device_types: request.device_type_ids.unwrap_or_default(),
            names: request.names.unwrap_or_default(),
            since: request.timestamp,
            ..Self::notifications()
        }
    }

    /// The request for it. What is empty is left out: the server takes an empty list of names for none (dossier M9.1).
    pub(super) fn request(&self, timestamp: Option<Datetime>, limit: Option<i32>) -> Request {
        let some = |ids: &BTreeSet<i64>| (!ids.is_empty()).then(|| ids.clone());
        let (network_ids, device_type_ids) = (some(&self.networks), some(&self.device_types));
        let (device_id, names) = (self.device.clone(), (!self.names.is_empty()).then(|| self.names.clone()));
        match self.kind {
            Kind::Command => Request::CommandSubscribe(CommandSubscribe {
                device_id,
                network_ids,
                device_type_ids,
                names,
                timestamp,
                return_updated_commands: self.updates.then_some(true),
                limit,
            }),
            Kind::Notification => Request::NotificationSubscribe(NotificationSubscribe {
                device_id,
                network_ids,
                device_type_ids,
                names,
                timestamp,
            }),
        }
    }
}
