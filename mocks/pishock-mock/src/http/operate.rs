//! Operating a shocker without a socket: the same virtual hub behind other refusals (dossier 6.5).

use super::{Answer, Call, Refused, body, refused};
use crate::seed::{ShareSeed, ShockerSeed};
use crate::world::{Caps, Order, PishockWorld, Via};
use dummyload_host::{HttpResponse, ProblemKind};
use pishock_proto::http::OperateBody;
use pishock_proto::{Access, HubId, ShockerId, UserId};

const SOURCE: &str = "dossier 6.5";

fn refuse(status: u16, code: &'static str, text: impl Into<String>) -> Refused {
    refused(status, code, SOURCE, text)
}

/// One shocker that is to be operated, with the bounds that hold for the caller.
struct Target {
    shocker: ShockerId,
    hub: HubId,
    caps: Caps,
    order: Order<'static>,
}

impl PishockWorld {
    /// `POST /Shockers/{id}`: an own shocker, or (a guess) one that is reached by a claimed share.
    pub(super) fn operate_shocker(&mut self, call: &mut Call<'_, '_>, id: &str) -> Answer {
        let user = self.caller(call)?.user;
        let body = read(call)?;
        let found = id.parse().ok().map(ShockerId).and_then(|id| Some((id, self.state.shocker(id)?.1.owner)));
        let Some((id, owner)) = found else {
            return Err(refuse(404, "unknown-shocker", format!("there is no shocker {id}")));
        };
        let share = if owner == user {
            None
        } else {
            let claimed = || self.state.claimed(user, id);
            let open = claimed().find(|share| !share.paused && !share.locked).or_else(|| claimed().next());
            match open {
                Some(share) if !self.options.strict => {
                    let text =
                        format!("shocker {id} is somebody else's, reached by share {}; use OperateByShare", share.id);
                    call.note(ProblemKind::Tolerated, "share-on-shockers", SOURCE, text);
                    Some(share)
                }
                _ => return Err(refuse(403, "foreign-shocker", format!("shocker {id} is somebody else's"))),
            }
        };
        let target = self.target(user, id, share, &body)?;
        self.go(call, vec![target])
    }

    /// `POST /Shockers/OperateByShare/{code}`: every shocker under the code (a guess, where there are several).
    pub(super) fn operate_share(&mut self, call: &mut Call<'_, '_>, code: &str) -> Answer {
        let user = self.caller(call)?.user;
        let body = read(call)?;
        let mut targets = Vec::new();
        for share in self.state.by_code(code) {
            if share.claimed_by != Some(user) {
                let text = format!("share code {code} is not claimed by this account: claim it first (PUT /Share)");
                return Err(refuse(403, "share-not-claimed", text));
            }
            targets.push(self.target(user, share.shocker, Some(share), &body)?);
        }
        if targets.is_empty() {
            return Err(refuse(404, "unknown-share", format!("there is no share code {code}")));
        }
        self.go(call, targets)
    }

    fn target(
        &self,
        user: UserId,
        id: ShockerId,
        share: Option<&ShareSeed>,
        body: &OperateBody,
    ) -> Result<Target, Refused> {
        let Some((shocker, hub)) = self.state.shocker(id) else {
            return Err(refuse(404, "unknown-shocker", format!("there is no shocker {id}")));
        };
        let seed = &shocker.seed;
        let caps = share.map_or(Caps::OWNER, Caps::of_share);
        let order = order(user, share, body, seed, caps)?;
        if !caps.allow(&order.mode) || !Caps::of_shocker(seed).allow(&order.mode) {
            return Err(refuse(405, "mode-not-allowed", format!("shocker {id} does not allow this mode here")));
        }
        if !seed.v3 {
            return Err(refuse(406, "not-v3", format!("the hub of shocker {id} is no V3 hub")));
        }
        if share.is_some_and(|share| share.locked) {
            return Err(refuse(410, "share-locked", "the share is locked"));
        }
        let strongest = caps.max_intensity.min(seed.max_intensity);
        if !(0..=i64::from(strongest)).contains(&order.intensity.unwrap_or_default()) {
            return Err(refuse(412, "too-strong", format!("the intensity must be between 0 and {strongest}")));
        }
        let longest = i64::from(caps.max_duration.min(seed.max_duration));
        let shortest = *OperateBody::DURATIONS.start();
        if !(shortest..=longest).contains(&order.duration.unwrap_or_default()) {
            return Err(refuse(416, "too-long", format!("the duration must be between {shortest} and {longest} ms")));
        }
        if seed.paused || share.is_some_and(|share| share.paused) {
            return Err(refuse(503, "paused", "Shocker is Paused, unable to send command."));
        }
        if self.options.reject_offline && !hub.online {
            return Err(refuse(503, "hub-offline", "Device currently not connected."));
        }
        Ok(Target { shocker: id, hub: shocker.hub, caps, order })
    }

    fn go(&mut self, call: &mut Call<'_, '_>, targets: Vec<Target>) -> Answer {
        for Target { shocker, hub, caps, order } in targets {
            self.operate(call.cx, call.id.into(), hub, shocker, caps, &order);
        }
        Ok(HttpResponse::new(204))
    }
}

fn read(call: &mut Call<'_, '_>) -> Result<OperateBody, Refused> {
    let body: OperateBody = body(call.request)?;
    if body.intensity_as_percentage == Some(true) {
        let text = "IntensityAsPercentage is true, which no known client sends; taken as a percentage of the limit";
        call.note(ProblemKind::Tolerated, "intensity-as-percentage", SOURCE, text);
    }
    Ok(body)
}

/// The body as an order. This API has no stop, no hold, and always replaces (a guess).
fn order(
    user: UserId,
    share: Option<&ShareSeed>,
    body: &OperateBody,
    seed: &ShockerSeed,
    caps: Caps,
) -> Result<Order<'static>, Refused> {
    let missing = |name| refuse(400, "incomplete-body", format!("the body has no {name}"));
    let Some(mode) = body.mode() else {
        return Err(match body.operation {
            None => missing("Operation"),
            Some(_) => refuse(400, "unknown-mode", "Operation is 0 (shock), 1 (vibrate) or 2 (beep)"),
        });
    };
    let duration = body.duration.ok_or_else(|| missing("Duration"))?;
    let intensity = match body.intensity {
        None if mode == pishock_proto::Mode::Beep => 0,
        None => return Err(missing("Intensity")),
        // Of the limit, by its name; no request seen has it (dossier 6.5).
        Some(share) if body.intensity_as_percentage == Some(true) && OperateBody::INTENSITIES.contains(&share) => {
            share * i64::from(caps.max_intensity.min(seed.max_intensity)) / 100
        }
        Some(intensity) => intensity,
    };
    Ok(Order {
        mode,
        intensity: Some(intensity),
        duration: Some(duration),
        replace: true,
        hold: false,
        warning: false,
        via: share.map_or(Via::Rest, |share| Via::RestShare(share.id)),
        user: Some(user),
        access: Some(if share.is_some() { Access::ShareCode } else { Access::Api }),
        origin: body.agent_name.clone().map(Into::into),
    })
}
