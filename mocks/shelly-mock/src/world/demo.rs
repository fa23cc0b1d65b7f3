//! What a first program needs to know of a world.

use super::{Device, Kind, ShellyWorld};
use dummyload_host::Cx;
use serde_json::{Map, Value, json};
use shelly_proto::Generation;

impl ShellyWorld {
    /// Names, keys and numbers out of the world in force, and fresh tokens; what it does not have is left out. All belong to
    /// the first user, but for what is shared with him or foreign to him; `friend_*` is the second user.
    pub(super) fn demo(&mut self, cx: &mut Cx<'_>) -> Value {
        let now = cx.now();
        let mut out = Map::new();
        let client = self.state.first_client().unwrap_or_default().to_owned();
        let users: Vec<_> = self.state.users().take(2).cloned().collect();
        for (user, prefix) in users.iter().zip(["", "friend_"]) {
            let mut add = |name: &str, value: Value| drop(out.insert(format!("{prefix}{name}"), value));
            add("email", json!(user.email));
            add("password", json!(user.password));
            add("user_id", json!(user.id));
            if !user.auth_key.is_empty() {
                add("auth_key", json!(user.auth_key));
            }
            add("access_token", self.make_token(now, Kind::Access, user.id, &client).into());
        }
        let Some(user) = users.first() else { return Value::Object(out) };
        out.insert("email_in_capitals".into(), user.email.to_uppercase().into());
        let user = user.id;
        out.insert("client_id".into(), json!(client));
        out.insert("code".into(), self.make_token(now, Kind::Code, user, &client).into());
        out.insert("refresh_token".into(), self.make_token(now, Kind::Refresh, user, &client).into());
        out.insert("server".into(), json!(self.server_of(user)));
        let mut add = |name: &str, device: Option<&Device>| {
            if let Some(device) = device {
                out.insert(name.to_owned(), device.seed.id.clone().into());
                out.insert(format!("{name}_decimal"), device.id.to_decimal().into());
                out.insert(format!("{name}_name"), device.seed.name.clone().into());
            }
        };
        let reached = |device: &&Device| device.is_online() && !device.seed.silent;
        let first =
            |wanted: &dyn Fn(&Device) -> bool| self.state.owned_by(user).filter(reached).find(|device| wanted(device));
        for (generation, prefix) in [(Generation::Gen1, ""), (Generation::Gen2, "gen2_")] {
            let of = |category: &'static str| {
                first(&|device| {
                    device.generation == generation && device.category() == category && !device.is_uncalibrated()
                })
            };
            add(if prefix.is_empty() { "relay" } else { "gen2_switch" }, of("relay"));
            add(if prefix.is_empty() { "roller" } else { "gen2_cover" }, of("roller"));
            for name in ["light", "sensor", "emeter"] {
                add(&format!("{prefix}{name}"), of(name));
            }
        }
        let gen1 = |device: &Device| device.generation == Generation::Gen1;
        add("relay_2", first(&|device| gen1(device) && device.category() == "relay" && device.channels() > 1));
        add("uncalibrated", first(&Device::is_uncalibrated));
        add("dimmer", first(&|device| gen1(device) && device.is_dimmer()));
        add("white", first(&|device| gen1(device) && device.has_temperature()));
        add("ble", first(&|device| device.generation == Generation::Ble));
        add("values", first(&|device| device.has_values()));
        add("virtual", self.state.owned_by(user).find(|device| device.generation == Generation::Virtual));
        let offline = |device: &&Device| !device.seed.online && device.generation != Generation::Virtual;
        add("offline", self.state.owned_by(user).find(offline));
        add("shared", self.state.shared_with(user).next());
        add("foreign", self.state.devices().find(|device| !self.state.sees(user, device)));
        Value::Object(out)
    }
}
