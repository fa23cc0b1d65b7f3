//! Who may do what on which channel (dossier 10.4).

use super::hub::Caps;
use super::state::State;
use crate::seed::ShareSeed;
use pishock_proto::{Channel, HubId, Mode, ShareId, ShockerId, UserId};

/// A right to send one command, and what it is bounded by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Right {
    pub(crate) hub: HubId,
    pub(crate) caps: Caps,
    /// The share by which the right exists, if not by ownership.
    pub(crate) share: Option<ShareId>,
    /// A share was found behind the owner's channel, which the documents do not show.
    pub(crate) borrowed: bool,
}

/// A refusal: what the client reads, and for its author what is behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// `ErrorCode` of the envelope.
    pub(crate) error: &'static str,
    /// `Message` of the envelope; the texts of the real broker are not known (dossier 4.3).
    pub(crate) message: String,
    /// The code of the problem.
    pub(crate) code: &'static str,
    pub(crate) text: String,
    pub(crate) source: &'static str,
}

/// Whether `user` may publish a command of this mode for this shocker on this channel.
pub(crate) fn publish(
    state: &State,
    user: UserId,
    channel: &Channel,
    shocker: ShockerId,
    mode: &Mode,
) -> Result<Right, Refusal> {
    let denied = |code, text: String| Refusal {
        error: "PERMISSION_DENIED",
        message: format!("Not permitted to publish to {channel}."),
        code,
        text,
        source: "dossier 10.4",
    };
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
    if code.is_none() && hub.owner == user {
        return Ok(Right { hub: hub_id, caps: Caps::OWNER, share: None, borrowed: false });
    }
    let on_this_hub = state.shockers.get(&shocker).is_some_and(|shocker| shocker.hub == hub_id);
    let check = |share: &ShareSeed| share_allows(share, mode).map_err(|(code, text)| denied(code, text));
    let share = match code {
        // VRCOSC operates claimed shares on the owner's channel (dossier 3.2, 3.5). There can be several: one that
        // allows the command is enough.
        None => {
            let claimed = || state.claimed(user, shocker).filter(|_| on_this_hub);
            let Some(share) = claimed().find(|share| check(share).is_ok()).or_else(|| claimed().next()) else {
                let text = format!("hub {hub_id} is somebody else's, and no claimed share covers shocker {shocker}");
                return Err(denied("foreign-hub", text));
            };
            share
        }
        Some(code) => match state.share_of(code, shocker).filter(|_| on_this_hub) {
            None => {
                let text = format!("no share with code {code} covers shocker {shocker} of hub {hub_id}");
                return Err(denied("unknown-share", text));
            }
            Some(share) if share.claimed_by != Some(user) => {
                let text = format!("share code {code} is not claimed by this account: claim it first (PUT /Share)");
                return Err(denied("share-not-claimed", text));
            }
            Some(share) => share,
        },
    };
    check(share)?;
    Ok(Right { hub: hub_id, caps: Caps::of_share(share), share: Some(share.id), borrowed: code.is_none() })
}

/// Whether a share lets a command of this mode through; a stop always passes (dossier 3.4).
pub(crate) fn share_allows(share: &ShareSeed, mode: &Mode) -> Result<(), (&'static str, String)> {
    let id = share.id;
    if *mode == Mode::End {
        return Ok(());
    }
    if share.locked {
        return Err(("share-locked", format!("share {id} is locked: only a stop (e) passes")));
    }
    if share.paused {
        return Err(("share-paused", format!("share {id} is paused: only a stop (e) passes")));
    }
    if !Caps::of_share(share).allow(mode) {
        return Err(("share-mode", format!("share {id} does not allow mode {:?}", mode.letter())));
    }
    Ok(())
}

/// Whether `user` may subscribe to a channel of this name.
pub(crate) fn subscribe(state: &State, user: UserId, name: &str) -> Result<Channel, Refusal> {
    let channel = subscription(name)?;
    if may_listen(state, user, &channel) {
        return Ok(channel);
    }
    Err(Refusal {
        error: "PERMISSION_ERROR",
        message: format!("Not permitted to subscribe to {name}."),
        code: "foreign-channel",
        text: format!("{name} belongs to no hub of this account, and no claimed share gives the right to its log"),
        source: "dossier 10.4",
    })
}

/// Whether `user` has the right to hear this channel.
pub(crate) fn may_listen(state: &State, user: UserId, channel: &Channel) -> bool {
    let hub = channel.hub().and_then(|hub| state.hubs.get(&hub));
    hub.is_some_and(|hub| hub.owner == user || (matches!(channel, Channel::Log(_)) && state.may_read_log(user, hub)))
}

/// The channel of this name, if it is one to subscribe to.
pub(crate) fn subscription(name: &str) -> Result<Channel, Refusal> {
    let channel = Channel::parse(name);
    if matches!(channel, Channel::Ping(_) | Channel::Log(_)) {
        return Ok(channel);
    }
    let hint = name.strip_prefix('c').filter(|rest| rest.ends_with("-ping") || rest.ends_with("-log"));
    Err(match hint {
        Some(rest) => Refusal {
            error: "PERMISSION_ERROR",
            message: format!("Unknown channel {name}. Do you mean {rest}?"),
            code: "leading-c",
            text: format!("{name} is no channel to subscribe to: they have no leading c, write {rest}"),
            source: "dossier 12, row 16",
        },
        None => Refusal {
            error: "PERMISSION_ERROR",
            message: format!("Unknown channel {name}."),
            code: "unknown-channel",
            text: format!("{name} is no channel to subscribe to: there are {{hub}}-ping and {{hub}}-log"),
            source: "dossier 3.5",
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::WorldFile;

    const DEMO: UserId = UserId(77);
    const FRIEND: UserId = UserId(78);

    fn code(state: &State, user: UserId, channel: &str, shocker: u64, mode: &str) -> &'static str {
        match publish(state, user, &Channel::parse(channel), ShockerId(shocker), &Mode::from_letter(mode)) {
            Ok(Right { share: None, borrowed: false, .. }) => "own",
            Ok(Right { share: Some(_), borrowed: false, .. }) => "shared",
            Ok(Right { share: Some(_), borrowed: true, .. }) => "borrowed",
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => refusal.code,
        }
    }

    #[test]
    fn publishing_needs_the_hub_or_a_claimed_share() {
        let state = State::new(&WorldFile::demo());
        for (user, channel, shocker, expected) in [
            (DEMO, "c1234-ops", 321, "own"),
            (DEMO, "c1234-ops", 999, "own"), // which shockers there are is the hub's business
            (DEMO, "c2345-ops", 654, "borrowed"),
            (DEMO, "c2345-ops", 999, "foreign-hub"),
            (DEMO, "c2345-ops", 321, "foreign-hub"),
            (DEMO, "c9-ops", 321, "unknown-hub"),
            (DEMO, "c2345-sops-DEMO0SHARE1", 654, "shared"),
            (DEMO, "c2345-sops-demo0share1", 654, "unknown-share"),
            (DEMO, "c2345-sops-DEMO0SHARE1", 321, "unknown-share"),
            (DEMO, "c1234-sops-DEMO0SHARE1", 654, "unknown-share"),
            (DEMO, "c1234-sops-DEMO0SHARE2", 322, "share-not-claimed"),
            (FRIEND, "c2345-sops-DEMO0SHARE1", 654, "share-not-claimed"),
            (FRIEND, "c2345-ops", 654, "own"),
            (FRIEND, "c1234-ops", 322, "foreign-hub"),
            (DEMO, "1234-ping", 321, "not-an-operating-channel"),
            (DEMO, "c1234-ping", 321, "not-an-operating-channel"),
            (DEMO, "", 321, "not-an-operating-channel"),
        ] {
            assert_eq!(code(&state, user, channel, shocker, "v"), expected, "{user} {channel} {shocker}");
        }
    }

    #[test]
    fn a_stop_passes_where_nothing_else_does() {
        let mut state = State::new(&WorldFile::demo());
        type Change = fn(&mut ShareSeed);
        let changes: [(Change, &str); 3] = [
            (|share| share.paused = true, "share-paused"),
            (|share| share.locked = true, "share-locked"),
            (|share| share.can_vibrate = false, "share-mode"),
        ];
        for (change, expected) in changes {
            let before = state.share(ShareId(1)).unwrap().clone();
            change(state.share_mut(ShareId(1)).unwrap());
            for channel in ["c2345-sops-DEMO0SHARE1", "c2345-ops"] {
                assert_eq!(code(&state, DEMO, channel, 654, "v"), expected, "{channel}");
                assert_ne!(code(&state, DEMO, channel, 654, "e"), expected, "{channel}");
            }
            *state.share_mut(ShareId(1)).unwrap() = before;
        }
    }

    #[test]
    fn of_several_shares_one_that_allows_is_enough() {
        let mut file = WorldFile::demo();
        file.shares[0].paused = true;
        let mut second = file.shares[0].clone();
        (second.id, second.code, second.paused) = (ShareId(9), "SECOND".into(), false);
        file.shares.push(second);
        let state = State::new(&file);
        assert_eq!(code(&state, DEMO, "c2345-ops", 654, "v"), "borrowed");
        assert_eq!(code(&state, DEMO, "c2345-sops-DEMO0SHARE1", 654, "v"), "share-paused");
    }

    #[test]
    fn subscribing_needs_the_hub_and_for_a_log_maybe_only_a_share() {
        let mut state = State::new(&WorldFile::demo());
        let code = |state: &State, user, name: &str| subscribe(state, user, name).map_err(|refusal| refusal.code).err();
        for (user, name, expected) in [
            (DEMO, "1234-ping", None),
            (DEMO, "1234-log", None),
            (DEMO, "2345-ping", Some("foreign-channel")),
            (DEMO, "2345-log", None),
            (FRIEND, "1234-log", Some("foreign-channel")),
            (DEMO, "9-ping", Some("foreign-channel")),
            (DEMO, "c1234-ping", Some("leading-c")),
            (DEMO, "c1234-ops", Some("unknown-channel")),
            (DEMO, "*", Some("unknown-channel")),
            (DEMO, "", Some("unknown-channel")),
        ] {
            assert_eq!(code(&state, user, name), expected, "{user} {name}");
        }
        state.share_mut(ShareId(1)).unwrap().can_log = false;
        assert_eq!(code(&state, DEMO, "2345-log"), Some("foreign-channel"));
    }
}
