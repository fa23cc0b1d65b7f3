//! What a first program needs to know of a world.

use crate::seed::datetime;
use crate::world::{DeviceHiveWorld, PlaceKind, UserRow};
use dummyload_session::Timestamp;
use serde_json::{Map, Value, json};

impl DeviceHiveWorld {
    /// Names and numbers out of the world in force, and fresh tokens; what it does not have is left out.
    pub(crate) fn demo(&self, now: Timestamp) -> Value {
        let mut out = Map::new();
        let active = || self.state.users().filter(|user| user.is_active());
        let Some(first) = active().find(|user| user.is_admin()).or_else(|| active().next()) else {
            return Value::Object(out);
        };
        self.introduce(&mut out, "", first, now);
        if let Some(device) = self.state.devices().next() {
            out.insert("device_id".into(), json!(device.id.as_str()));
            out.insert("network_id".into(), json!(device.network()));
            out.insert("device_type_id".into(), json!(device.device_type()));
        }
        if let Some(client) = active().find(|user| !user.is_admin()) {
            self.introduce(&mut out, "client_", client, now);
            let sees = |network: i64| client.networks.contains(&network);
            if let Some(device) = self.state.devices().find(|device| sees(device.network())) {
                out.insert("client_device_id".into(), json!(device.id.as_str()));
                out.insert("client_network_id".into(), json!(device.network()));
                out.insert("client_device_type_id".into(), json!(device.device_type()));
            }
            if let Some(device) = self.state.devices().find(|device| !sees(device.network())) {
                out.insert("foreign_device_id".into(), json!(device.id.as_str()));
            }
            if let Some(network) = self.state.places(PlaceKind::Network).find(|network| !sees(network.id)) {
                out.insert("foreign_network_id".into(), json!(network.id));
            }
        }
        if let Some(user) = self.state.users().find(|user| !user.is_active()) {
            out.insert("disabled_login".into(), json!(user.login));
            out.insert("disabled_password".into(), json!(user.password));
            out.insert("disabled_user_id".into(), json!(user.id));
        }
        Value::Object(out)
    }

    fn introduce(&self, out: &mut Map<String, Value>, prefix: &str, user: &UserRow, now: Timestamp) {
        let mut add = |name: &str, value: Value| drop(out.insert(format!("{prefix}{name}"), value));
        add("login", json!(user.login));
        add("password", json!(user.password));
        add("user_id", json!(user.id));
        let (access, refresh) = self.state.tokens_of(user, datetime(now));
        add("access_token", access.into());
        add("refresh_token", refresh.into());
    }
}
