//! What a first program needs to know of a world.

use super::{Account, MultistreamerWorld, Stream};
use base64::Engine as _;
use multistreamer_proto::UserId;
use serde_json::{Map, Value, json};

impl MultistreamerWorld {
    /// Names, tokens and numbers out of the world in force; what it does not have is left out.
    pub(super) fn demo(&self) -> Value {
        let mut out = Map::new();
        out.insert("prefix".into(), json!(self.options.http_prefix));
        let Some(first) = self.state.users().next().map(|user| user.seed.id) else { return Value::Object(out) };
        self.introduce(&mut out, "", first);
        let own = |stream: &&Stream| stream.seed.owner == first;
        let chats = |account: &Account| account.network().writes;
        let account_of = |stream: &Stream| {
            let accounts = stream.attached.keys().filter_map(|id| self.state.account(*id));
            accounts.filter(|account| chats(account)).map(|account| account.seed.id).next()
        };
        let streams = || self.state.streams().filter(own);
        let stream = streams().find(|stream| account_of(stream).is_some()).or_else(|| streams().next());
        let Some(stream) = stream else { return Value::Object(out) };
        let mut add = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
        add("stream_id", json!(stream.seed.id));
        add("stream_key", json!(stream.seed.key));
        add("stream_name", json!(stream.seed.name));
        if let Some(other) = streams().find(|other| other.seed.id != stream.seed.id) {
            add("other_stream_id", json!(other.seed.id));
        }
        if let Some(account) = account_of(stream).and_then(|id| self.state.account(id)) {
            add("account_id", json!(account.seed.id));
            add("channel", json!(account.channel()));
            add("network", json!(account.seed.network));
            let other = self.state.accounts_of(first).find(|other| {
                other.network().name == account.network().name && !stream.attached.contains_key(&other.seed.id)
            });
            if let Some(other) = other {
                add("other_account_id", json!(other.seed.id));
            }
        }
        for (prefix, level) in [("guest_", 2), ("reader_", 1), ("stranger_", 0)] {
            let is_one = |user: UserId| user != first && stream.levels(user).chat == level;
            if let Some(user) = self.state.users().map(|user| user.seed.id).find(|user| is_one(*user)) {
                self.introduce(&mut out, prefix, user);
                if let Some(account) = self.state.accounts_of(user).find(|account| chats(account)) {
                    out.insert(format!("{prefix}account_id"), json!(account.seed.id));
                }
            }
        }
        Value::Object(out)
    }

    fn introduce(&self, out: &mut Map<String, Value>, prefix: &str, user: UserId) {
        let Some(user) = self.state.user(user) else { return };
        let seed = &user.seed;
        for (name, value) in [
            ("username", json!(seed.username)),
            ("password", json!(seed.password)),
            ("basic", json!(base64::prelude::BASE64_STANDARD.encode(format!("{}:{}", seed.username, seed.password)))),
            ("token", json!(seed.token)),
            ("user_id", json!(seed.id)),
        ] {
            out.insert(format!("{prefix}{name}"), value);
        }
    }
}
