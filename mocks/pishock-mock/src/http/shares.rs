//! What people share with each other (dossier 6.3, 6.4, 6.5).

use super::{Answer, Call, body, refused};
use crate::seed::ShareSeed;
use crate::world::PishockWorld;
use dummyload_host::{HttpResponse, ProblemKind};
use pishock_proto::http::{ClaimBody, ClaimShares, Share, SharedShocker};
use pishock_proto::{Channel, ShareCode, ShareId, ShockerId};
use std::collections::{BTreeMap, BTreeSet};

/// A share code is made of these; the samples have eleven (dossier 3.5).
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const CODE_LENGTH: usize = 11;

impl PishockWorld {
    /// `GetShareCodesByOwner`: what the account has claimed, and its own shockers that have a code.
    pub(super) fn share_codes(&self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.caller(call)?.user;
        let mut answer: BTreeMap<&str, Vec<ShareId>> = BTreeMap::new();
        for share in self.state.claimed_by(user).chain(self.state.made_by(user)) {
            answer.entry(self.owner_name(share.shocker)).or_default().push(share.id);
        }
        Ok(HttpResponse::json(200, &answer))
    }

    /// `GetShockersByShareIds`: those of the asked ones that [`Self::share_codes`] shows.
    pub(super) fn shares_by_ids(&self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.caller(call)?.user;
        let mut asked = BTreeSet::new();
        for (_, value) in call.request.query_pairs().filter(|(name, _)| name.eq_ignore_ascii_case("shareIds")) {
            let id = value.parse().map(ShareId);
            asked.insert(id.map_err(|_| refused(400, "bad-share-id", "dossier 6.3", "a shareIds is no number"))?);
        }
        let mut answer: BTreeMap<&str, Vec<Share>> = BTreeMap::new();
        for id in asked {
            let share = self.state.share(id);
            let Some(share) = share
                .filter(|share| share.claimed_by == Some(user) || self.state.owner_of(share.shocker) == Some(user))
            else {
                let text = format!("share {id} is neither claimed by this account nor of its own shockers: left out");
                call.note(ProblemKind::Dropped, "foreign-share", "dossier 6.3", text);
                continue;
            };
            answer.entry(self.owner_name(share.shocker)).or_default().extend(self.old_share(share));
        }
        Ok(HttpResponse::json(200, &answer))
    }

    fn owner_name(&self, shocker: ShockerId) -> &str {
        self.state.owner_of(shocker).map(|owner| self.state.name_of(owner)).unwrap_or_default()
    }

    fn old_share(&self, share: &ShareSeed) -> Option<Share> {
        let (shocker, _) = self.state.shocker(share.shocker)?;
        let mut shown = Share::new(share.id, shocker.hub, share.shocker);
        shown.shocker_name = Some(shocker.seed.name.clone());
        shown.paused = Some(shocker.seed.paused || share.paused);
        shown.max_intensity = Some(share.max_intensity.into());
        shown.can_continuous = Some(share.can_continuous);
        shown.can_shock = Some(share.can_shock);
        shown.can_vibrate = Some(share.can_vibrate);
        shown.can_beep = Some(share.can_beep);
        shown.can_log = Some(share.can_log);
        shown.code = Some(ShareCode::new(share.code.as_str()));
        Some(shown)
    }

    /// `CreateShare`: a new code for an own shocker, without bounds; the code as a JSON string.
    pub(super) fn create_share(&mut self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.caller(call)?.user;
        let shocker = call.request.query_value("ShockerId").and_then(|id| id.parse().ok()).map(ShockerId);
        let Some(shocker) = shocker else {
            return Err(refused(400, "incomplete-query", "dossier 6.3", "ShockerId must be in the query, a number"));
        };
        match self.state.owner_of(shocker) {
            Some(owner) if owner == user => {}
            Some(_) => {
                let text = format!("shocker {shocker} is somebody else's");
                return Err(refused(403, "foreign-shocker", "dossier 6.3", text));
            }
            None => {
                let text = format!("there is no shocker {shocker}");
                return Err(refused(404, "unknown-shocker", "dossier 6.3", text));
            }
        }
        let code = loop {
            let code = call.cx.ids().from_alphabet(ALPHABET, CODE_LENGTH);
            if self.state.by_code(&code).next().is_none() {
                break code;
            }
        };
        self.state.add_share(ShareSeed::new(self.state.next_share_id(), &code, shocker));
        Ok(HttpResponse::json(200, &code))
    }

    /// `PUT /Share`: all codes or none (a guess). To claim again what one has claimed is no failure.
    pub(super) fn claim(&mut self, call: &mut Call<'_, '_>) -> Answer {
        const SOURCE: &str = "dossier 6.4, 6.5";
        let user = self.caller(call)?.user;
        let ClaimBody { shares: codes, .. } = body(call.request)?;
        if codes.is_empty() {
            return Err(refused(412, "no-code", SOURCE, "no share code was given: {\"Shares\":[\"CODE\"]}"));
        }
        if codes.len() > ClaimShares::MOST {
            let text = format!("{} share codes at once; {} are allowed", codes.len(), ClaimShares::MOST);
            return Err(refused(416, "too-many-codes", SOURCE, text));
        }
        for code in &codes {
            let mut shares = self.state.by_code(code.as_str()).peekable();
            if shares.peek().is_none() {
                return Err(refused(404, "unknown-share", SOURCE, format!("there is no share code {code}")));
            }
            for share in shares {
                if self.state.owner_of(share.shocker) == Some(user) {
                    let text = format!("share code {code} is for a shocker of one's own");
                    return Err(refused(403, "own-share", SOURCE, text));
                }
                if share.claimed_by.is_some_and(|claimer| claimer != user) {
                    let text = format!("share code {code} has already been used by somebody else");
                    return Err(refused(410, "already-claimed", SOURCE, text));
                }
            }
        }
        for code in &codes {
            self.state.claim(user, code.as_str());
        }
        Ok(HttpResponse::new(204))
    }

    /// `DELETE /Share/{id}`: gives a claimed share back. The subscriptions that rested on it end (a guess).
    pub(super) fn give_back(&mut self, call: &mut Call<'_, '_>, id: &str) -> Answer {
        let user = self.caller(call)?.user;
        let share = id.parse().ok().and_then(|id| self.state.share(ShareId(id)));
        let Some(share) = share else {
            return Err(refused(404, "unknown-share", "dossier 6.5", format!("there is no share {id}")));
        };
        if share.claimed_by != Some(user) {
            let text = format!("share {id} is not claimed by this account");
            return Err(refused(403, "share-not-claimed", "dossier 6.5", text));
        }
        let (id, shocker) = (share.id, share.shocker);
        self.state.give_back(id);
        if let Some((shocker, _)) = self.state.shocker(shocker) {
            let log = Channel::Log(shocker.hub);
            self.revoke(&log);
        }
        Ok(HttpResponse::new(204))
    }

    /// `GET /Share/GetShared`: what the account has claimed.
    pub(super) fn shared(&self, call: &mut Call<'_, '_>) -> Answer {
        let user = self.caller(call)?.user;
        let shares: Vec<_> = self.state.claimed_by(user).filter_map(|share| self.new_share(share)).collect();
        Ok(HttpResponse::json(200, &shares))
    }

    fn new_share(&self, share: &ShareSeed) -> Option<SharedShocker> {
        let (shocker, hub) = self.state.shocker(share.shocker)?;
        let seed = &shocker.seed;
        let mut shown = SharedShocker::new(share.id, shocker.hub, share.shocker);
        shown.owner = Some(hub.owner);
        shown.name = Some(seed.name.clone());
        shown.is_v3 = Some(seed.v3);
        shown.paused = Some(seed.paused);
        shown.can_pause = Some(share.can_pause);
        shown.can_hold = Some(share.can_continuous);
        shown.can_beep = Some(share.can_beep && seed.can_beep);
        shown.can_vibrate = Some(share.can_vibrate && seed.can_vibrate);
        shown.can_shock = Some(share.can_shock && seed.can_shock);
        shown.can_log = Some(share.can_log);
        shown.share_paused = Some(share.paused);
        shown.code = Some(ShareCode::new(share.code.as_str()));
        shown.locked = Some(share.locked);
        shown.max_intensity = Some(share.max_intensity.min(seed.max_intensity).into());
        shown.max_duration = Some(share.max_duration.min(seed.max_duration).into());
        shown.owned_by = Some(self.state.name_of(hub.owner).to_owned());
        Some(shown)
    }
}
