//! Who may do what on which channel (dossier 10.4).

use super::hub::Caps;
use super::state::State;
use pishock_proto::{Channel, HubId, Mode, ShockerId, UserId};

/// A right to send one command, and what it is bounded by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Right {
    pub(crate) hub: HubId,
    pub(crate) caps: Caps,
    /// The share by which the right exists, if not by ownership.
    pub(crate) share: Option<u64>,
    /// The right was found in a way that the documents do not show.
    pub(crate) lenient: bool,
}

/// A refusal: the broker's error code as far as known, and for the author of the client what is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// `ErrorCode` of the envelope.
    pub(crate) error: &'static str,
    /// The code of the problem.
    pub(crate) code: &'static str,
    pub(crate) text: String,
    pub(crate) source: &'static str,
}

const PUBLISH: &str = "dossier 10.4";

fn denied(code: &'static str, text: String) -> Refusal {
    Refusal { error: "PERMISSION_DENIED", code, text, source: PUBLISH }
}

/// Whether `user` may publish a command of this mode for this shocker on this channel.
pub(crate) fn publish(
    state: &State,
    user: UserId,
    channel: &Channel,
    shocker: ShockerId,
    mode: &Mode,
) -> Result<Right, Refusal> {
    let (hub_id, code) = match channel {
        Channel::Ops(hub) => (*hub, None),
        Channel::SharedOps(hub, code) => (*hub, Some(code)),
        other => {
            let text = format!("{other} is no channel to publish to: use c{{hub}}-ops or c{{hub}}-sops-{{sharecode}}");
            return Err(denied("not-an-operating-channel", text));
        }
    };
    let Some(hub) = state.hubs.get(&hub_id) else {
        return Err(denied("unknown-hub", format!("there is no hub {hub_id}")));
    };
    let (share, lenient) = match code {
        None if hub.owner == user => {
            return Ok(Right { hub: hub_id, caps: Caps::OWNER, share: None, lenient: false });
        }
        // VRCOSC operates claimed shares on the owner's channel (dossier 3.2, 3.5).
        None => match state.claimed(user, shocker).find(|_| hub.shockers.contains(&shocker)) {
            Some(share) => (share, true),
            None => {
                let text = format!("hub {hub_id} is somebody else's, and no claimed share covers shocker {shocker}");
                return Err(denied("foreign-hub", text));
            }
        },
        Some(code) => match state.share(code, shocker).filter(|_| hub.shockers.contains(&shocker)) {
            None => {
                let text = format!("no share with code {code} covers shocker {shocker} of hub {hub_id}");
                return Err(denied("unknown-share", text));
            }
            Some(share) if share.claimed_by != Some(user) => {
                let text = format!("share code {code} is not claimed by this account: claim it first (PUT /Share)");
                return Err(denied("share-not-claimed", text));
            }
            Some(share) => (share, false),
        },
    };
    let caps = Caps::of_share(share);
    if *mode != Mode::End {
        if share.paused {
            return Err(denied("share-paused", format!("share {} is paused: only a stop (e) passes", share.id)));
        }
        if !caps.allow(mode) {
            let text = format!("share {} does not allow mode {:?}", share.id, mode.letter());
            return Err(denied("share-mode", text));
        }
    }
    Ok(Right { hub: hub_id, caps, share: Some(share.id), lenient })
}

/// Whether `user` may subscribe to a channel of this name.
pub(crate) fn subscribe(state: &State, user: UserId, name: &str) -> Result<Channel, Refusal> {
    let refuse = |code, text: String| Refusal { error: "PERMISSION_ERROR", code, text, source: "dossier 10.4" };
    let channel = Channel::parse(name);
    let (Channel::Ping(hub_id) | Channel::Log(hub_id)) = channel else {
        let hint = name.strip_prefix('c').filter(|rest| rest.ends_with("-ping") || rest.ends_with("-log"));
        return Err(match hint {
            Some(rest) => Refusal {
                source: "dossier 12, row 16",
                ..refuse("leading-c", format!("{name} is no channel to subscribe to: it has no leading c, write {rest}"))
            },
            None => {
                let text = format!("{name} is no channel to subscribe to: there are {{hub}}-ping and {{hub}}-log");
                refuse("unknown-channel", text)
            }
        });
    };
    let allowed = state.hubs.get(&hub_id).is_some_and(|hub| {
        hub.owner == user || (matches!(channel, Channel::Log(_)) && state.may_read_log(user, hub))
    });
    if allowed {
        return Ok(channel);
    }
    Err(refuse("foreign-channel", format!("hub {hub_id} is not of this account")))
}
