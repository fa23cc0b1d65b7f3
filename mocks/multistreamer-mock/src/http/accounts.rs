//! Accounts over the JSON API (dossier 2).

use super::login::user_json;
use super::{Answer, Call, Refused, failure, refused};
use crate::world::{Account, MultistreamerWorld};
use dummyload_host::{HttpRequest, ProblemKind};
use multistreamer_proto::{AccountId, UserId};
use serde_json::{Map, Value, json};

/// An account that is not there, or not for this user: both are refused alike.
fn not_usable() -> Refused {
    refused(400, "unauthorized to use that account", "no-right", "there is no such account, or it is somebody else's")
}

/// Edits need this content type to the letter.
pub(super) fn must_be_json(request: &HttpRequest) -> Result<(), Refused> {
    if request.header("content-type") == Some("application/json") {
        return Ok(());
    }
    let why = "the content type has to be application/json to the letter, also without a charset";
    Err(refused(400, "content-type must be application/json", "content-type", why))
}

impl MultistreamerWorld {
    pub(super) fn account(&mut self, call: &mut Call<'_, '_>, id: Option<&str>) -> Answer {
        let user = self.bearer(call)?;
        match call.request.method.as_str() {
            "POST" => self.edit_account(call, user, id),
            "DELETE" => self.delete_account(call, user, id),
            _ if id.is_some() => {
                let row = call.params(id, false)?.row("accounts")?;
                self.show_account(user, row)
            }
            _ if self.options.account_list_fails => {
                let why = "the option account_list_fails is on: the unmodified server fails here";
                Err(failure("attempt to index upvalue 'Account' (a nil value)", 500, "account-list-fails", why))
            }
            _ => {
                let accounts: Vec<Value> =
                    self.state.accounts_of(user).map(|account| self.account_json(account, user)).collect();
                Ok(self.json(&json!({"accounts": accounts})))
            }
        }
    }

    fn show_account(&self, user: UserId, row: Option<i64>) -> Answer {
        let Some(account) = row.and_then(|row| self.state.account(AccountId(row))) else {
            let text = "attempt to index local 'account' (a nil value)";
            return Err(failure(text, 404, "no-such-account", "there is no such account"));
        };
        if !account.may_use(user) {
            let why = format!("account {} belongs to user {}", account.seed.id, account.seed.owner);
            return Err(refused(400, "unauthorized to access that account", "no-right", why));
        }
        Ok(self.json(&json!({"account": self.account_json(account, user)})))
    }

    /// An account by itself: its owner is told with whom it is shared.
    fn account_json(&self, account: &Account, user: UserId) -> Value {
        let seed = &account.seed;
        let mut settings = Map::new();
        if !account.network().reads {
            settings.insert("name".into(), json!(seed.name));
            for (name, value) in [("url", &seed.url), ("http_url", &seed.http_url)] {
                if !value.is_empty() {
                    settings.insert(name.into(), json!(value));
                }
            }
        }
        let mut out = json!({
            "id": seed.id, "user_id": seed.owner, "name": seed.name, "slug": seed.slug, "network": seed.network,
            "settings": settings, "created_at": account.times.made, "updated_at": account.times.changed,
        });
        if let Some(arguments) = &account.ffmpeg_args {
            out["ffmpeg_args"] = json!(arguments);
        }
        if seed.owner == user {
            let users = seed.shared_with.iter().filter_map(|user| self.state.user(*user));
            out["shares"] = users.map(|user| json!({"user": user_json(user)})).collect();
        }
        out
    }

    fn edit_account(&mut self, call: &mut Call<'_, '_>, user: UserId, id: Option<&str>) -> Answer {
        must_be_json(call.request)?;
        let params = call.params(id, true)?;
        if params.get("id").is_none() {
            return Err(refused(400, "missing parameter: account_id", "no-id", "the path needs the id of an account"));
        }
        let row = params.row("accounts")?;
        let shares: Vec<UserId> =
            listed(params.get("shares")).filter_map(|share| share["user"]["id"].as_i64()).map(UserId).collect();
        let shares: Vec<UserId> = shares.into_iter().filter(|user| self.state.user(*user).is_some()).collect();
        let account = row.and_then(|row| self.state.account_mut(AccountId(row)));
        let account = account.filter(|account| account.seed.owner == user).ok_or_else(not_usable)?;
        if !account.network().reads {
            let Some(settings) = params.get("settings").filter(|settings| settings.is_object()) else {
                let why = "an rtmp account needs settings, an object";
                return Err(failure("attempt to index field 'settings' (a nil value)", 400, "no-settings", why));
            };
            for (name, place) in [
                ("name", &mut account.seed.name),
                ("url", &mut account.seed.url),
                ("http_url", &mut account.seed.http_url),
            ] {
                match settings.get(name) {
                    Some(Value::String(value)) => value.clone_into(place),
                    Some(Value::Null) if name != "name" => place.clear(),
                    _ => {}
                }
            }
        }
        match params.get("ffmpeg_args") {
            Some(Value::String(arguments)) => account.ffmpeg_args = Some(arguments.clone()),
            Some(Value::Null) => account.ffmpeg_args = None,
            _ => {}
        }
        if params.get("shares") == Some(&Value::Null) {
            account.seed.shared_with.clear();
        }
        account.seed.shared_with.extend(shares.into_iter().filter(|guest| *guest != user));
        self.show_account(user, row)
    }

    /// Its owner deletes it; somebody with whom it is shared gives it back. The real server takes one for the other: its owner
    /// loses it from his streams and sees an error page, and anybody else deletes it (dossier 2).
    fn delete_account(&mut self, call: &mut Call<'_, '_>, user: UserId, id: Option<&str>) -> Answer {
        let params = call.params(id, false)?;
        if params.get("id").is_none() {
            return Err(refused(400, "missing parameter: account_id", "no-id", "the path needs the id of an account"));
        }
        let row = params.row("accounts")?;
        let with_care = self.rules().deletes_with_care;
        let account = row.and_then(|row| self.state.account(AccountId(row)));
        let account = account.filter(|account| !with_care || account.may_use(user)).ok_or_else(not_usable)?;
        let (id, is_own) = (account.seed.id, account.seed.owner == user);
        if is_own != with_care {
            self.state.detach(id, |stream| stream.seed.owner == user);
        }
        match (is_own, with_care) {
            (true, true) => {
                self.forget_chats_of(id);
                self.state.remove_account(id);
            }
            (false, true) => {
                if let Some(account) = self.state.account_mut(id) {
                    account.seed.shared_with.remove(&user);
                }
            }
            (true, false) => {
                let why = "the server takes its owner for somebody with whom it is shared: it has left his streams, and stays";
                return Err(failure("attempt to index local 'sa' (a nil value)", 500, "owner-deletes", why));
            }
            (false, false) => {
                let text = "somebody else's account is deleted, whoever asks for it";
                call.note(ProblemKind::Tolerated, "owner-deletes", "dossier 2", text);
                self.state.remove_account(id);
            }
        }
        Ok(self.json(&json!({"status": "success"})))
    }
}

/// The items of a list; whatever else is there has none.
pub(super) fn listed(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
