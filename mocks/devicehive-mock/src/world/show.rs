//! The whole state for people and tests.

use super::DeviceHiveWorld;
use super::bus::{Kind, Listener};
use super::rows::PlaceKind;
use devicehive_proto::{DeviceId, Subscription};
use serde_json::{Value, json};

/// Of lists that may be long, so many entries are shown; beside them stands how many there are.
const MOST: usize = 1000;

impl DeviceHiveWorld {
    pub(super) fn show(&self) -> Value {
        let state = &self.state;
        let places = |kind| -> Vec<Value> {
            let places = state.places(kind).take(MOST);
            places.map(|place| json!({"id": place.id, "name": place.name, "description": place.description})).collect()
        };
        let users: Vec<Value> = state
            .users()
            .take(MOST)
            .map(|user| {
                json!({
                    "id": user.id, "login": user.login, "role": user.role, "status": user.status,
                    "wrong_passwords": user.attempts, "last_login": user.last_login.map(|at| at.to_string()),
                    "all_device_types": user.all_device_types_available, "networks": user.networks,
                    "device_types": user.device_types,
                })
            })
            .collect();
        let devices: Vec<Value> = state
            .devices()
            .take(MOST)
            .map(|device| {
                json!({
                    "id": device.id.as_str(), "name": device.name, "network": device.network(),
                    "device_type": device.device_type(),
                })
            })
            .collect();
        json!({
            "profile": state.options.profile.name(),
            "users": users,
            "networks": places(PlaceKind::Network),
            "device_types": places(PlaceKind::DeviceType),
            "devices": devices,
            "device_count": state.device_count(),
            "commands": state.commands.len(),
            "notifications": state.notifications.len(),
            "subscriptions": state.bus.len(),
            "connections": self.connections(),
        })
    }

    fn connections(&self) -> Vec<Value> {
        let connections = self.sessions.iter().take(MOST).map(|(peer, session)| {
            let own = self.state.bus.of(Listener::Peer(*peer)).take(MOST);
            let subscriptions: Vec<Value> = own
                .map(|(id, entry)| {
                    let kind = match entry.kind {
                        Kind::Commands => "commands",
                        Kind::Updates => "updates",
                        Kind::Notifications => "notifications",
                    };
                    let asked = entry.asked.as_ref();
                    let device = asked.and_then(|asked: &Subscription| asked.device_id.as_ref());
                    json!({"id": id, "for": kind, "device": device.map(DeviceId::as_str)})
                })
                .collect();
            json!({"peer": peer.0, "user": session.user(), "subscriptions": subscriptions})
        });
        connections.collect()
    }
}
