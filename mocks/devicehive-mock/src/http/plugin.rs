//! The tokens of plugins (dossier 14.1). There are no plugins here, so none of them is good for anything.

use super::Call;
use super::answer::error;
use super::params::Params;
use crate::world::{ACCESS_DENIED, DeviceHiveWorld};
use devicehive_proto::{Datetime, Fields, Permission};
use dummyload_host::HttpResponse;

impl DeviceHiveWorld {
    /// A token for a plugin can be made by its owner only, and nobody owns one.
    pub(super) fn create_plugin_token(&self, call: &Call<'_, '_>) -> HttpResponse {
        match &call.principal {
            None => error(self.state.rules, 401, "Unauthorized"),
            Some(principal) if !principal.may(Permission::ManagePlugin) => error(self.state.rules, 403, ACCESS_DENIED),
            Some(_) => error(self.state.rules, 403, "No permisions or invalid topic name"),
        }
    }

    /// Some servers tell what is wrong with the token of a plugin, others only that it is (dossier V7).
    pub(super) fn authenticate_plugin(&self, call: &Call<'_, '_>, params: &Params) -> HttpResponse {
        let token = params.get("token").unwrap_or_default();
        let text = match self.state.key.read_json(&token) {
            _ if token.is_empty() => "Token is empty",
            Ok(payload) if self.state.rules.plugin_check_tells => {
                let now = self.state.options.token_time(call.now);
                Fields::read(payload.as_str()).map_or(NOT_VALID, |payload| fault(&payload, now))
            }
            _ => NOT_VALID,
        };
        error(self.state.rules, 401, text)
    }
}

const NOT_VALID: &str = "Token is not valid";

fn fault(payload: &Fields<'_>, now: Datetime) -> &'static str {
    let (kind, ends) = (payload.long("t"), payload.long("e"));
    match (payload.text("tpc"), kind, ends) {
        (Ok(Some(_)), Ok(Some(0)), Ok(Some(_))) => "Invalid token type",
        (Ok(Some(_)), Ok(Some(_)), Ok(Some(ends))) if Datetime::from_millis(ends) < now => "Token has expired",
        (Ok(Some(_)), Ok(Some(_)), Ok(Some(_))) => "Plugin is not found",
        _ => NOT_VALID,
    }
}
