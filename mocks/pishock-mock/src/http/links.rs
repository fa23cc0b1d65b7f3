//! Public control links (dossier 6.5).

use super::{Answer, Call, plain_date, refused};
use crate::seed::LinkSeed;
use crate::world::PishockWorld;
use dummyload_host::HttpResponse;
use pishock_proto::http::Link;

impl PishockWorld {
    pub(super) fn links(&self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.caller(call)?.user;
        Ok(HttpResponse::json(200, &self.state.links_of(user).map(shown).collect::<Vec<_>>()))
    }

    /// Whoever has the id needs no login.
    pub(super) fn one_link(&self, id: &str) -> Answer {
        match self.state.link(id) {
            Some(link) => Ok(HttpResponse::json(200, &shown(link))),
            None => Err(refused(404, "unknown-link", "dossier 6.5", "there is no link with this id")),
        }
    }
}

fn shown(link: &LinkSeed) -> Link {
    let mut shown = Link::new(link.id.clone());
    shown.name = Some(link.name.clone());
    shown.paused = Some(link.paused);
    shown.user = Some(link.owner);
    shown.owner = Some(link.owner);
    shown.remaining_activations = link.activations.map(|left| i64::try_from(left).unwrap_or(i64::MAX));
    shown.show_countdown = Some(false);
    shown.show_usages = Some(false);
    shown.shock_enabled = Some(link.can_shock);
    shown.vibrate_enabled = Some(link.can_vibrate);
    shown.beep_enabled = Some(link.can_beep);
    shown.max_intensity = Some(link.max_intensity.into());
    shown.max_duration = Some(link.max_duration.into());
    shown.force_warning = Some(link.force_warning);
    shown.force_login = Some(link.force_login);
    shown.activate_on_load = Some(false);
    shown.expiry = link.expires.map(plain_date);
    shown
}
