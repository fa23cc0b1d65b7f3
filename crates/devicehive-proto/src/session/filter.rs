//! What a subscription is for.

use crate::message::{CommandSubscribe, NotificationSubscribe, Request};
use crate::{Datetime, DeviceId, Kind};
use alloc::collections::BTreeSet;
use alloc::string::String;

/// The three things that can be subscribed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Feed {
    /// Commands as they are inserted.
    #[default]
    Commands,
    /// Commands as they are updated: the documents' `returnUpdatedCommands`.
    Updates,
    /// Notifications as they are inserted.
    Notifications,
}

impl Feed {
    /// The kind of such a subscription to the server.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Commands | Self::Updates => Kind::Command,
            Self::Notifications => Kind::Notification,
        }
    }
}

/// What a subscription brings (dossier M4.5, M9). Without further words: everything of its kind that the token's owner may see,
/// from now on.
///
/// ```
/// use devicehive_proto::session::Filter;
/// let filter = Filter::commands().device("lamp-1").names(["on", "off"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub(super) feed: Feed,
    pub(super) device: Option<DeviceId>,
    pub(super) networks: BTreeSet<i64>,
    pub(super) device_types: BTreeSet<i64>,
    pub(super) names: BTreeSet<String>,
    pub(super) since: Option<Datetime>,
    pub(super) limit: Option<i32>,
}

impl Filter {
    /// Commands as they are inserted.
    pub fn commands() -> Self {
        Self::default()
    }

    /// Commands as they are updated, whoever inserted them: the documents' `returnUpdatedCommands`.
    pub fn updates() -> Self {
        Self::default().feed(Feed::Updates)
    }

    /// Notifications as they are inserted.
    pub fn notifications() -> Self {
        Self::default().feed(Feed::Notifications)
    }

    /// The same for something else.
    #[must_use]
    pub fn feed(mut self, feed: Feed) -> Self {
        self.feed = feed;
        self
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
            feed: match request.return_updated_commands {
                Some(true) => Feed::Updates,
                _ => Feed::Commands,
            },
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
        match self.feed {
            Feed::Commands | Feed::Updates => Request::CommandSubscribe(CommandSubscribe {
                device_id,
                network_ids,
                device_type_ids,
                names,
                timestamp,
                return_updated_commands: (self.feed == Feed::Updates).then_some(true),
                limit,
            }),
            Feed::Notifications => Request::NotificationSubscribe(NotificationSubscribe {
                device_id,
                network_ids,
                device_type_ids,
                names,
                timestamp,
            }),
        }
    }
}

impl From<DeviceId> for Filter {
    fn from(device: DeviceId) -> Self {
        Self::default().device(device)
    }
}

impl From<&str> for Filter {
    /// What concerns this device.
    fn from(device: &str) -> Self {
        Self::default().device(device)
    }
}
