//! What peers send: through the fault rules to the world.

use super::{Engine, LONGEST_BEAT, Later, Outgoing, Owned};
use crate::fault::{Direction, FaultKind, Passing, Whom, text_of};
use crate::journal::{Payload, What};
use crate::{Gone, Message, PeerId};
use serde_json::json;

impl Engine {
    /// A message of a peer, faults first.
    pub(crate) fn message(&mut self, peer: PeerId, message: Message<'_>) {
        let now = self.catch_up();
        let Some(state) = self.peers.get_mut(&peer).filter(|state| !state.ending && !state.muted) else { return };
        state.heard = now;
        state.received += 1;
        let answers_pings = state.manners.answers_pings;
        self.current = Some(peer);
        self.log(peer.into(), What::Received(Payload::copied(message)));
        if let Message::Ping(payload) = message
            && answers_pings
        {
            self.pong(peer, payload);
        }
        if self.faults.is_empty() {
            self.deliver(peer, message);
        } else {
            let passing = Passing::received(message);
            let struck = self.faults.strike(Direction::In, Some(peer.0), &passing);
            if let (Message::Text(text), Some(state)) = (message, self.peers.get_mut(&peer)) {
                state.asked = serde_json::from_str(text).ok();
            }
            match struck {
                None => self.deliver(peer, message),
                Some((rule, kind)) => {
                    let struck = Some(Payload::copied(message));
                    self.log(peer.into(), What::Fault { rule, kind: kind.name(), struck });
                    self.disturb_in(peer, message, &kind, &passing);
                    return;
                }
            }
        }
        if let Some(held) = self.peers.get_mut(&peer).and_then(|state| state.held_in.take()) {
            self.deliver(peer, held.lend());
        }
    }

    /// Through the outbox, so that a pong proves that everything before it has been sent.
    pub(super) fn pong(&mut self, peer: PeerId, payload: &[u8]) {
        if let Some(payload) = self.beat(Direction::Pong, peer, payload) {
            self.queue(peer, Outgoing::Pong(payload));
        }
    }

    pub(super) fn ping(&mut self, peer: PeerId, payload: &[u8]) {
        if let Some(payload) = self.beat(Direction::Ping, peer, payload) {
            self.queue(peer, Outgoing::Ping(payload));
        }
    }

    /// The payload of a ping or pong behind the faults; `None` if it does not go out.
    pub(super) fn beat(&mut self, on: Direction, peer: PeerId, payload: &[u8]) -> Option<Vec<u8>> {
        if self.faults.is_empty() {
            return Some(payload.to_vec());
        }
        let text = String::from_utf8_lossy(payload);
        let passing = Passing::other(&text, json!({"payload": text}), None);
        let Some((rule, kind)) = self.faults.strike(on, Some(peer.0), &passing) else { return Some(payload.to_vec()) };
        let changed = kind.replacement(&passing);
        let struck = if on == Direction::Ping { Payload::Ping } else { Payload::Pong }(payload.to_vec());
        self.log(peer.into(), What::Fault { rule, kind: kind.name(), struck: Some(struck) });
        let payload = changed.as_ref().and_then(|changed| changed["payload"].as_str())?;
        Some(payload.bytes().take(LONGEST_BEAT).collect())
    }

    pub(super) fn disturb_in(&mut self, peer: PeerId, message: Message<'_>, kind: &FaultKind, passing: &Passing<'_>) {
        match (kind, message) {
            (FaultKind::Delay { .. }, _) => {
                let at = self.clock.now() + kind.delay().unwrap_or_default();
                self.schedule(at, Later::In(peer, Owned::of(message)));
                self.settle(Vec::new());
            }
            (FaultKind::Duplicate, _) => {
                self.deliver(peer, message);
                self.deliver(peer, message);
            }
            (FaultKind::Reorder, _) => {
                let Some(state) = self.peers.get_mut(&peer) else { return };
                match state.held_in.take() {
                    None => state.held_in = Some(Owned::of(message)),
                    Some(earlier) => {
                        self.deliver(peer, message);
                        self.deliver(peer, earlier.lend());
                    }
                }
            }
            (FaultKind::Garble, Message::Text(text)) => {
                let garbled = self.faults.garble(text);
                self.deliver(peer, Message::Text(&garbled));
            }
            (FaultKind::Garble, _) => self.deliver(peer, message),
            (FaultKind::Cut, _) => self.end(peer, Outgoing::Cut),
            (FaultKind::HalfClose, _) => self.end(peer, Outgoing::HalfClose),
            (FaultKind::Close { code, reason }, _) => self.end(peer, Outgoing::Close(Some(*code), reason.clone())),
            (FaultKind::Change { .. }, _) => {
                if let Some(changed) = kind.replacement(passing) {
                    self.deliver(peer, Message::Text(&text_of(changed)));
                }
            }
            (FaultKind::Answer { .. }, _) => {
                if let Some(answer) = kind.replacement(passing) {
                    self.queue(peer, Outgoing::Text(text_of(answer).into()));
                }
            }
            (FaultKind::Misdirect { to }, _) => {
                for other in self.misdirected(peer, *to) {
                    self.deliver(other, message);
                }
            }
            (FaultKind::Drop | FaultKind::Refuse { .. } | FaultKind::Watch, _) => {}
        }
    }

    /// Where a message of or to `peer` goes, or comes from, instead.
    pub(super) fn misdirected(&self, peer: PeerId, to: Whom) -> Vec<PeerId> {
        let known = self.peers.iter().filter(|(_, state)| !state.ending && !state.forgotten).map(|(other, _)| *other);
        match to {
            Whom::All => known.collect(),
            Whom::Others => known.filter(|other| *other != peer).collect(),
            Whom::First => known.take(1).collect(),
            Whom::Last => known.last().into_iter().collect(),
        }
    }

    pub(super) fn deliver(&mut self, peer: PeerId, message: Message<'_>) {
        self.call(|world, cx| world.message(cx, peer, message));
    }

    /// A connection has ended, for whatever reason.
    pub(crate) fn gone(&mut self, peer: PeerId, why: Gone) {
        let Some(state) = self.peers.remove(&peer).filter(|state| !state.forgotten) else { return };
        let why = if state.too_slow { Gone::TooSlow } else { why };
        self.log(peer.into(), What::Gone(why.clone()));
        self.call(|world, cx| world.gone(cx, peer, why));
    }
}
