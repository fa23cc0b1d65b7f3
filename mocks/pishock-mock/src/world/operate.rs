//! What becomes of an order: in the virtual hub, in the journal, on the hub's log channel (dossier 5, 10.5, 10.6).

use super::hub::{Caps, Done, Order, Via, carry_out};
use super::{PishockWorld, rights::Refusal};
use crate::wire;
use dummyload_host::{Cx, Party, Problem, ProblemKind};
use pishock_proto::{Access, Channel, HubId, Mode, ShockerId};
use serde_json::{Map, Value, json};

impl PishockWorld {
    /// Lets a hub carry out an order, and tells everybody who should know.
    pub(crate) fn operate(
        &mut self,
        cx: &mut Cx<'_>,
        who: Party,
        hub_id: HubId,
        shocker_id: ShockerId,
        caps: Caps,
        order: &Order<'_>,
    ) -> Option<Done> {
        let hub = self.state.hubs.get(&hub_id)?;
        let shocker = self.state.shockers.get_mut(&shocker_id).filter(|shocker| shocker.hub == hub_id);
        let done = carry_out(cx.now(), hub, shocker, caps, order);
        let mut details = describe(hub_id, shocker_id, order);
        let (topic, ran_with) = match &done {
            Done::Executed { intensity, duration, clamped } => {
                (if *clamped { "clamped" } else { "executed" }, Some((*intensity, *duration)))
            }
            Done::Stopped { was_running } => {
                details.insert("was_running".into(), (*was_running).into());
                ("stopped", Some((0, 0)))
            }
            Done::Dropped(reason) => {
                let text = format!("hub {hub_id}, shocker {shocker_id}: {}", reason.text());
                cx.problem(who, Problem::new(ProblemKind::Dropped, reason.name(), reason.source(), text));
                (reason.name(), None)
            }
        };
        if let Some((intensity, duration)) = ran_with {
            details.insert("intensity".into(), intensity.into());
            details.insert("duration".into(), duration.into());
            let channel = Channel::Log(hub_id);
            if self.connections.is_heard(&channel) {
                let line = wire::log_line(shocker_id, order, intensity, duration, cx.unix_seconds());
                self.connections.push(cx, &channel, &line);
            }
        }
        cx.record(who, topic, Value::Object(details));
        Some(done)
    }

    /// What the broker could refuse at once, if it is told to (dossier 4.3). A stop is not refused for a pause.
    pub(crate) fn refuse_early(&self, hub_id: HubId, shocker: ShockerId, mode: &Mode) -> Result<(), Refusal> {
        let refuse = |error, code, message: &str, text: String| {
            Err(Refusal { error, message: message.into(), code, text, source: "dossier 4.3" })
        };
        if self.options.reject_offline && self.state.hubs.get(&hub_id).is_some_and(|hub| !hub.online) {
            let text = format!("hub {hub_id} is offline, and the option reject_offline is set");
            return refuse("HUB_OFFLINE", "hub-offline", "Device currently not connected.", text);
        }
        let paused = self.state.shockers.get(&shocker).is_some_and(|found| found.hub == hub_id && found.seed.paused);
        if self.options.reject_paused && paused && *mode != Mode::End {
            let text = format!("shocker {shocker} is paused, and the option reject_paused is set");
            return refuse("SHOCKER_PAUSED", "shocker-paused", "Shocker is Paused, unable to send command.", text);
        }
        Ok(())
    }
}

/// What the journal says of an order in any case.
fn describe(hub: HubId, shocker: ShockerId, order: &Order<'_>) -> Map<String, Value> {
    let mut details = Map::new();
    details.insert("hub".into(), hub.0.into());
    details.insert("shocker".into(), shocker.0.into());
    details.insert("mode".into(), order.mode.letter().into());
    details.insert("via".into(), order.via.name().into());
    let requested = json!({
        "intensity": order.intensity, "duration": order.duration, "replace": order.replace, "hold": order.hold,
        "warning": order.warning,
    });
    details.insert("requested".into(), requested);
    if let Some(user) = order.user {
        details.insert("by".into(), user.0.into());
    }
    if let Some(access) = &order.access {
        details.insert("ty".into(), Access::as_str(access).into());
    }
    if let Some(origin) = &order.origin {
        details.insert("origin".into(), origin.as_ref().into());
    }
    match &order.via {
        Via::Share(share) | Via::RestShare(share) => drop(details.insert("share".into(), share.0.into())),
        Via::Link(link) => drop(details.insert("link".into(), link.as_str().into())),
        Via::Ops | Via::Rest => {}
    }
    details
}
