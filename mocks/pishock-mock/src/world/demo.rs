//! What a first program needs to know of a world.

use super::PishockWorld;
use super::login::timestamp;
use crate::seed::{KeySeed, UserSeed};
use dummyload_host::VIRTUAL_EPOCH;
use serde_json::{Map, Value, json};

impl PishockWorld {
    /// Names, keys and numbers out of the world in force; what it does not have is left out. All belong to the first
    /// user with a key for the socket, or to what is shared with him; `friend_*` is the first other such user.
    pub(crate) fn demo(&self) -> Value {
        let mut users = self.state.users().filter_map(|user| Some((user, socket_key(user)?)));
        let mut out = Map::new();
        let Some((user, key)) = users.next() else { return Value::Object(out) };
        let mut add = |name: &str, value: Value| drop(out.insert(name.into(), value));
        add("username", json!(user.name));
        add("user_id", json!(user.id));
        add("api_key", json!(key.key));
        if let Some(old) = user.keys.iter().find(|key| !super::login::is_for_sockets(key)) {
            add("old_api_key", json!(old.key));
        }
        if let Some(token) = user.tokens.first() {
            add("token", json!(token.token));
        }
        if let Some((id, hub)) = self.state.hubs_of(user.id).next() {
            add("hub_id", json!(id));
            for (name, shocker) in ["shocker_id", "shocker_id_2"].into_iter().zip(&hub.shockers) {
                add(name, json!(shocker));
            }
        }
        if let Some(share) = self.state.claimed_by(user.id).next() {
            add("share_code", json!(share.code));
            add("share_id", json!(share.id));
            add("share_shocker_id", json!(share.shocker));
            add("share_max_intensity", json!(share.max_intensity));
            add("share_max_duration", json!(share.max_duration));
            if let Some((shocker, _)) = self.state.shocker(share.shocker) {
                add("share_hub_id", json!(shocker.hub));
            }
        }
        if let Some(share) = self.state.made_by(user.id).find(|share| share.claimed_by.is_none()) {
            add("open_share_code", json!(share.code));
            add("open_share_id", json!(share.id));
            add("open_share_shocker_id", json!(share.shocker));
        }
        if let Some(link) = self.state.links_of(user.id).next() {
            add("link_id", json!(link.id));
            add("link_max_intensity", json!(link.max_intensity));
            add("link_max_duration", json!(link.max_duration));
        }
        if let Some((friend, key)) = users.next() {
            add("friend_username", json!(friend.name));
            add("friend_user_id", json!(friend.id));
            add("friend_api_key", json!(key.key));
        }
        Value::Object(out)
    }
}

/// The first key of a user that works on the socket.
fn socket_key(user: &UserSeed) -> Option<&KeySeed> {
    let lasting = |key: &&KeySeed| key.expires.is_none_or(|expires| timestamp(expires) > VIRTUAL_EPOCH);
    user.keys.iter().filter(lasting).find(|key| super::login::is_for_sockets(key))
}
