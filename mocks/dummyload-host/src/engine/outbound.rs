//! What peers are sent: through the fault rules into their outboxes, and how their connections end.

use super::{Engine, Later, MOST_PINGS, Outgoing, Peer};
use crate::fault::{Direction, FaultKind, Passing, changed_end, of_end, text_of};
use crate::journal::{Payload, What};
use crate::{PeerId, Problem, ProblemKind, SlowReader, Text};

impl Engine {
    /// Moves all that is queued for a peer behind what is in `batch`.
    pub(crate) fn take_outbox(&mut self, peer: PeerId, batch: &mut Vec<Outgoing>) {
        if let Some(state) = self.peers.get_mut(&peer) {
            state.writing = !state.outbox.is_empty();
            state.pings = 0;
            batch.extend(state.outbox.drain(..));
            state.queued = 0;
        }
        self.current = None;
    }

    /// The peers that something can still be sent to.
    pub(crate) fn open_peers(&self) -> Vec<PeerId> {
        self.peers.iter().filter(|(_, state)| !state.ending).map(|(peer, _)| *peer).collect()
    }

    /// Queues something from the control plane to a peer; whether there is such a peer.
    pub(crate) fn inject(&mut self, peer: PeerId, what: Outgoing) -> bool {
        self.current = None;
        let known = self.peers.get(&peer).is_some_and(|state| !state.ending);
        match what {
            Outgoing::Close(..) | Outgoing::Cut | Outgoing::HalfClose => self.end(peer, what),
            other => self.queue(peer, other),
        }
        known
    }

    /// The end of the server: every peer is closed as its manners say.
    pub(crate) fn shutdown(&mut self) {
        self.current = None;
        let peers: Vec<_> = self.peers.iter().map(|(peer, state)| (*peer, state.manners.shutdown)).collect();
        for (peer, how) in peers {
            match how {
                Some((code, reason)) => self.end(peer, Outgoing::Close(Some(code), reason.into())),
                None => self.end(peer, Outgoing::Cut),
            }
        }
    }

    pub(super) fn send(&mut self, to: PeerId, text: Text) {
        if self.peers.get(&to).is_none_or(|state| state.ending) {
            return;
        }
        let struck = if self.faults.is_empty() {
            None
        } else {
            let asked = self.peers.get(&to).and_then(|state| state.asked.as_ref());
            let passing = Passing::message(text.as_str(), asked);
            let struck = self.faults.strike(Direction::Out, Some(to.0), &passing);
            struck.map(|(rule, kind)| (rule, kind.replacement(&passing), kind))
        };
        match struck {
            None => {
                self.queue(to, Outgoing::Text(text));
                if let Some(held) = self.peers.get_mut(&to).and_then(|state| state.held_out.take()) {
                    self.queue(to, held);
                }
            }
            Some((rule, changed, kind)) => {
                let struck = Some(Payload::Shared(text.clone()));
                self.log(to.into(), What::Fault { rule, kind: kind.name(), struck });
                match changed {
                    Some(changed) => self.queue(to, Outgoing::Text(text_of(changed).into())),
                    None => self.disturb_out(to, text, &kind),
                }
            }
        }
    }

    pub(super) fn disturb_out(&mut self, to: PeerId, text: Text, kind: &FaultKind) {
        match kind {
            FaultKind::Misdirect { to: whom } => {
                for other in self.misdirected(to, *whom) {
                    self.queue(other, Outgoing::Text(text.clone()));
                }
            }
            FaultKind::Delay { .. } => {
                let at = self.clock.now() + kind.delay().unwrap_or_default();
                self.schedule(at, Later::Out(to, Outgoing::Text(text)));
            }
            FaultKind::Duplicate => {
                self.queue(to, Outgoing::Text(text.clone()));
                self.queue(to, Outgoing::Text(text));
            }
            FaultKind::Reorder => {
                let Some(state) = self.peers.get_mut(&to) else { return };
                match state.held_out.take() {
                    None => state.held_out = Some(Outgoing::Text(text)),
                    Some(earlier) => {
                        self.queue(to, Outgoing::Text(text));
                        self.queue(to, earlier);
                    }
                }
            }
            FaultKind::Garble => {
                let garbled = self.faults.garble(text.as_str());
                self.queue(to, Outgoing::Text(garbled.into()));
            }
            FaultKind::Cut => self.end(to, Outgoing::Cut),
            FaultKind::HalfClose => self.end(to, Outgoing::HalfClose),
            FaultKind::Close { code, reason } => self.end(to, Outgoing::Close(Some(*code), reason.clone())),
            _ => {}
        }
    }

    /// How a connection ends that the server is to end so; `None` if it does not end. `why` is said where no close frame says
    /// it.
    pub(crate) fn ending(&mut self, peer: PeerId, how: Outgoing, why: &str) -> Option<Outgoing> {
        let state = self.peers.get(&peer).filter(|state| !state.ending);
        if self.faults.is_empty() || state.is_none() {
            return Some(how);
        }
        let asked = state.and_then(|state| state.asked.as_ref());
        let view = of_end(&how, why);
        let text = view["reason"].as_str().unwrap_or_default().to_owned();
        let passing = Passing::other(&text, view, asked);
        let Some((rule, kind)) = self.faults.strike(Direction::Close, Some(peer.0), &passing) else {
            return Some(how);
        };
        let changed = kind.replacement(&passing);
        let struck = match &how {
            Outgoing::Close(code, reason) => Some(Payload::Close(*code, reason.clone())),
            _ => None,
        };
        self.log(peer.into(), What::Fault { rule, kind: kind.name(), struck });
        match kind {
            FaultKind::Cut => Some(Outgoing::Cut),
            FaultKind::Change { .. } => Some(changed_end(how, &changed.unwrap_or_default())),
            _ => None,
        }
    }

    /// Puts something into a peer's outbox, and the peer to an end if it does not empty it.
    pub(super) fn queue(&mut self, to: PeerId, what: Outgoing) {
        let is_end = matches!(what, Outgoing::Close(..) | Outgoing::HalfClose | Outgoing::Cut);
        let hears = |state: &&mut Peer| !state.ending && (!state.muted || is_end);
        let Some(state) = self.peers.get_mut(&to).filter(hears) else { return };
        let before = state.queued;
        // Time that is moved far ahead brings very many pings, and one more behind so many asks nothing new.
        if matches!(what, Outgoing::Ping(_)) {
            if state.pings >= MOST_PINGS {
                return;
            }
            state.pings += 1;
        }
        state.queued += what.weight();
        // What goes out at once waits for nothing, however large it is: only behind a writer that cannot get on does it pile up.
        if let SlowReader::Mute(most) = state.manners.slow_reader
            && state.writing
            && before > most.min(self.max_queued)
        {
            state.muted = true;
            let text =
                format!("more than {most} bytes wait for this peer: it gets nothing further and is not heard any more");
            self.log(to.into(), What::Problem(Problem::new(ProblemKind::Dropped, "reader-too-slow", "manners", text)));
            return;
        }
        if state.queued > self.max_queued {
            state.ending = true;
            state.too_slow = true;
            state.outbox.clear();
            state.outbox.push_back(Outgoing::Cut);
            state.doom.notify_one();
            return;
        }
        let payload = match &what {
            Outgoing::Text(text) => Some(Payload::Shared(text.clone())),
            Outgoing::NotUtf8(bytes) => Some(Payload::NotUtf8(bytes.clone())),
            Outgoing::Binary(bytes) | Outgoing::Raw(bytes) => Some(Payload::Binary(bytes.clone())),
            Outgoing::Ping(bytes) => Some(Payload::Ping(bytes.clone())),
            Outgoing::Pong(bytes) => Some(Payload::Pong(bytes.clone())),
            Outgoing::Close(code, reason) => Some(Payload::Close(*code, reason.clone())),
            Outgoing::HalfClose | Outgoing::Cut => None,
        };
        if state.outbox.is_empty() && self.current != Some(to) {
            state.bell.notify_one();
        }
        state.outbox.push_back(what);
        if let Some(payload) = payload {
            state.sent += 1;
            self.log(to.into(), What::Sent(payload));
        }
    }

    /// Queues the end of a connection; nothing goes out behind it.
    pub(super) fn end(&mut self, peer: PeerId, how: Outgoing) {
        self.queue(peer, how);
        if let Some(state) = self.peers.get_mut(&peer) {
            state.ending = true;
        }
    }
}
