//! From the state of the server back to a world file.

use super::check::JWT_SECRET;
use super::{
    CommandSeed, ConfigurationSeed, DeviceSeed, DeviceTypeSeed, NetworkSeed, NextIds, NotificationSeed, RoleSeed,
    StatusSeed, UserSeed, WorldFile,
};
use crate::world::{ACTIVE, LOCKED, PlaceKind, Sequences, State};
use devicehive_proto::Json;
use serde_json::{Map, Value};

impl WorldFile {
    /// The world of this moment. What the server notes about logins, and the spelling of numbers in objects, is not in it;
    /// `$device-*` notifications get the network and type of their device.
    pub(crate) fn of(state: &State) -> Self {
        let Sequences { user, network, device_type, configuration } = state.sequences();
        let next = |last: i64| Some(last + 1);
        Self {
            options: state.options.clone(),
            next: NextIds {
                user: next(user),
                network: next(network),
                device_type: next(device_type),
                configuration: next(configuration),
            },
            networks: state
                .places(PlaceKind::Network)
                .map(|row| NetworkSeed { id: row.id, name: row.name.clone(), description: row.description.clone() })
                .collect(),
            device_types: state
                .places(PlaceKind::DeviceType)
                .map(|row| DeviceTypeSeed { id: row.id, name: row.name.clone(), description: row.description.clone() })
                .collect(),
            users: users(state),
            devices: state
                .devices()
                .map(|row| DeviceSeed {
                    id: row.id.to_string(),
                    name: row.name.clone().unwrap_or_default(),
                    network: row.network(),
                    device_type: row.device_type(),
                    blocked: row.is_blocked,
                    data: object(row.data.as_ref()),
                })
                .collect(),
            configuration: state
                .settings()
                .filter(|(name, _)| *name != JWT_SECRET)
                .map(|(name, setting)| ConfigurationSeed {
                    id: Some(setting.id),
                    name: name.clone(),
                    value: setting.value.clone(),
                    version: setting.version,
                })
                .collect(),
            commands: commands(state),
            notifications: notifications(state),
        }
    }
}

fn users(state: &State) -> Vec<UserSeed> {
    let users = state.users().map(|row| UserSeed {
        id: row.id,
        login: row.login.clone(),
        password: row.password.clone(),
        role: if row.is_admin() { RoleSeed::Admin } else { RoleSeed::Client },
        status: match row.status {
            ACTIVE => StatusSeed::Active,
            LOCKED => StatusSeed::Locked,
            _ => StatusSeed::Disabled,
        },
        networks: row.networks.iter().copied().collect(),
        device_types: row.device_types.iter().copied().collect(),
        all_device_types: row.all_device_types_available,
        intro_reviewed: row.intro_reviewed,
        data: object(row.data.as_ref()),
    });
    users.collect()
}

/// Those of devices that are there, since a file refers to nothing else.
fn commands(state: &State) -> Vec<CommandSeed> {
    let known = state.commands.all().filter(|kept| state.device(kept.item.device_id.as_str()).is_some());
    let mut commands: Vec<CommandSeed> = known
        .map(|kept| CommandSeed {
            id: Some(kept.item.id),
            device: kept.item.device_id.to_string(),
            command: kept.item.name.clone(),
            timestamp: Some(kept.item.timestamp.to_string()),
            last_updated: Some(kept.item.last_updated.to_string()),
            user: kept.item.user_id.filter(|user| state.user(*user).is_some()),
            parameters: object(kept.item.parameters.as_ref()),
            lifetime: kept.item.lifetime.and_then(|lifetime| i32::try_from(lifetime).ok()),
            status: kept.item.status.clone(),
            result: object(kept.item.result.as_ref()),
            updated: kept.updated,
        })
        .collect();
    commands.sort_by(|a, b| (&a.timestamp, &a.device, a.id).cmp(&(&b.timestamp, &b.device, b.id)));
    commands
}

fn notifications(state: &State) -> Vec<NotificationSeed> {
    let known = state.notifications.all().filter(|kept| state.device(kept.item.device_id.as_str()).is_some());
    let mut notifications: Vec<NotificationSeed> = known
        .map(|kept| NotificationSeed {
            id: Some(kept.item.id),
            device: kept.item.device_id.to_string(),
            notification: kept.item.name.clone().unwrap_or_default(),
            timestamp: Some(kept.item.timestamp.to_string()),
            parameters: object(kept.item.parameters.as_ref()),
        })
        .collect();
    notifications.sort_by(|a, b| (&a.timestamp, &a.device, a.id).cmp(&(&b.timestamp, &b.device, b.id)));
    notifications
}

fn object(json: Option<&Json>) -> Option<Map<String, Value>> {
    serde_json::from_str(json?.as_str()).ok()
}
