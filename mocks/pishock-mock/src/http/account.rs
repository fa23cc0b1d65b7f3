//! Accounts, their hubs and their shockers (dossier 6.1, 6.2, 6.5).

use super::{Answer, Call, plain_date, refused};
use crate::seed::KeySeed;
use crate::world::{PishockWorld, Place, State, by_key, date};
use dummyload_host::{HttpResponse, ProblemKind};
use dummyload_session::Secret;
use pishock_proto::UserId;
use pishock_proto::http::{Account, AccountKey, ApiKey, Hub, HubShocker, PascalCase, Shocker, User};

/// Stands where the real answer has a key or a hash (dossier 6.1).
const PLACEHOLDER: &str = "00000000-0000-0000-0000-000000000000";

impl PishockWorld {
    /// `GetUserIfAPIKeyValid`. What a bad key brings is an option (dossier 6.1).
    pub(super) fn user_of_key(&self, call: &mut Call<'_, '_>) -> Answer {
        let value = |name| call.request.query_value(name).filter(|value| !value.is_empty());
        let (Some(key), Some(name)) = (value("apikey"), value("username")) else {
            return Err(refused(400, "incomplete-query", "dossier 6.1", "apikey and username must be in the query"));
        };
        let now = call.cx.now();
        let user = match by_key(&self.state, now, Some(&name), &key, Place::Http) {
            Ok(grant) => self.state.user(grant.user),
            Err(refusal) => {
                call.note(ProblemKind::Refused, refusal.code, "dossier 6.1", refusal.text);
                return Ok(HttpResponse::new(self.options.invalid_key_status.into()));
            }
        };
        let Some(user) = user else { return Ok(HttpResponse::new(self.options.invalid_key_status.into())) };
        let api_key = |(at, key): (usize, &KeySeed)| {
            let mut shown = ApiKey::default();
            shown.id = Some(at as u64 + 1);
            shown.key = Some(Secret::new(PLACEHOLDER.into()));
            shown.name = Some(key.name.clone());
            shown.expiry = key.expires.map(plain_date);
            shown.generated = Some(plain_date(key.generated));
            shown
        };
        let mut answer = User::new(user.id);
        answer.username = Some(user.name.clone());
        answer.last_login = Some(plain_date(date(now)));
        answer.password = Some(Secret::new(PLACEHOLDER.into()));
        answer.api_keys = Some(user.keys.iter().enumerate().map(api_key).collect());
        Ok(HttpResponse::json(200, &answer))
    }

    /// `GetUserDevices`: in camelCase, or in PascalCase for who logs in by a header (dossier 6.2).
    pub(super) fn devices(&self, call: &mut Call<'_, '_>) -> Answer {
        let caller = self.caller(call)?;
        let asked = call.request.query_value("UserId").and_then(|id| id.parse().ok()).map(UserId);
        if asked.is_some_and(|asked| asked != caller.user) {
            return Err(refused(403, "foreign-user", "dossier 6.2", "UserId is another user than the one of the key"));
        }
        let hubs = hubs(&self.state, caller.user);
        Ok(if caller.by_header { HttpResponse::json(200, &PascalCase(&hubs)) } else { HttpResponse::json(200, &hubs) })
    }

    pub(super) fn account(&self, call: &mut Call<'_, '_>) -> Answer {
        let caller = self.caller(call)?;
        let mut answer = Account::new(caller.user);
        answer.username = Some(self.state.name_of(caller.user).to_owned());
        let keys = self.state.user(caller.user).map(|user| user.keys.as_slice()).unwrap_or_default();
        let api_key = |(at, key): (usize, &KeySeed)| {
            let mut shown = AccountKey::default();
            shown.id = Some(at as u64 + 1);
            shown.name = Some(key.name.clone());
            shown.expiry = key.expires.map(plain_date);
            shown.generated = Some(plain_date(key.generated));
            shown
        };
        answer.api_keys = keys.iter().enumerate().map(api_key).collect();
        Ok(HttpResponse::json(200, &answer))
    }

    pub(super) fn shockers(&self, call: &mut Call<'_, '_>) -> Answer {
        let caller = self.caller(call)?;
        let ids = self.state.hubs_of(caller.user).flat_map(|(_, hub)| &hub.shockers);
        let shockers = ids.filter_map(|id| {
            let shocker = self.state.shockers.get(id)?;
            let seed = &shocker.seed;
            let mut shown = Shocker::new(shocker.hub, *id);
            shown.name = Some(seed.name.clone());
            shown.is_v3 = Some(seed.v3);
            shown.can_beep = Some(seed.can_beep);
            shown.can_vibrate = Some(seed.can_vibrate);
            shown.can_shock = Some(seed.can_shock);
            shown.can_pause = Some(true);
            shown.max_duration = Some(seed.max_duration.into());
            shown.max_intensity = Some(seed.max_intensity.into());
            shown.can_hold = Some(true);
            Some(shown)
        });
        Ok(HttpResponse::json(200, &shockers.collect::<Vec<_>>()))
    }
}

fn hubs(state: &State, user: UserId) -> Vec<Hub> {
    let shocker = |id| {
        let seed = &state.shockers.get(id)?.seed;
        let mut shown = HubShocker::new(*id);
        shown.name = Some(seed.name.clone());
        shown.paused = Some(seed.paused);
        shown.kind = Some(seed.kind.into());
        Some(shown)
    };
    let hubs = state.hubs_of(user).map(|(id, hub)| {
        let mut shown = Hub::new(id);
        shown.name = Some(hub.name.clone());
        shown.user = Some(user);
        shown.username = Some(state.name_of(user).to_owned());
        shown.shockers = hub.shockers.iter().filter_map(shocker).collect();
        shown
    });
    hubs.collect()
}
