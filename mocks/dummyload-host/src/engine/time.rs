//! The time: what is due, and moving a virtual clock there.

use super::{Engine, LONGEST_ADVANCE, Later, STOPS, count};
use crate::ClockMode;
use crate::clock::Clock;
use dummyload_session::{Deadline, Timestamp};
use std::time::Duration;

impl Engine {
    /// When [`Engine::tick`] has something to do.
    pub(crate) fn poll_deadline(&self) -> Option<Deadline> {
        let later = self.later.iter().next().map(|((at, _), what)| {
            let why = match what {
                Later::Silence(_) => "a silent connection is looked after: it may get a ping",
                _ => "something kept back is due",
            };
            Deadline { at: *at, why }
        });
        Deadline::earliest(later, self.world.poll_deadline())
    }

    /// The time. What is due by then is done first, so that no input overtakes what came before it.
    pub(super) fn catch_up(&mut self) -> Timestamp {
        let now = self.clock.now();
        if self.armed.is_some_and(|at| at <= now) {
            self.tick();
        }
        now
    }

    /// Does all that is due now.
    pub(crate) fn tick(&mut self) {
        self.current = None;
        let now = self.clock.now();
        // A world that does not move its deadline on would hold the lock for ever; the bound makes that a wrong answer
        // instead of a hang.
        for _ in 0..100_000 {
            if self.poll_deadline().is_none_or(|deadline| deadline.at > now) {
                break;
            }
            if self.later.keys().next().is_some_and(|(at, _)| *at <= now) {
                self.late(now);
            } else {
                self.call(|world, cx| world.deadline(cx));
            }
        }
        self.settle(Vec::new());
    }

    pub(super) fn late(&mut self, now: Timestamp) {
        match self.later.pop_first() {
            Some((_, Later::In(peer, message))) => self.deliver(peer, message.lend()),
            Some((_, Later::Out(peer, what))) => self.queue(peer, what),
            // The world must not hear of a call that has hung up.
            Some((_, Later::Call(call, request))) if self.calls.contains_key(&call) => self.ask(call, &request),
            Some((_, Later::Answer(call, response))) => self.respond(call, response),
            Some((_, Later::Silence(peer))) => {
                let Some(state) = self.peers.get(&peer).filter(|state| !state.ending) else { return };
                let Some(silence) = state.manners.ping_after_silence else { return };
                let due = state.heard + silence;
                let payload = state.manners.ping_payload.clone();
                if due <= now {
                    self.ping(peer, &payload);
                    self.schedule(now + silence, Later::Silence(peer));
                } else {
                    self.schedule(due, Later::Silence(peer));
                }
            }
            Some((_, Later::Call(..))) | None => {}
        }
    }

    /// The time after `by`, which counts no further than [`LONGEST_ADVANCE`].
    pub(crate) fn goal(&self, by: Duration) -> Timestamp {
        self.clock.now() + by.min(LONGEST_ADVANCE)
    }

    /// Moves the time forward, stopping at every deadline on the way. Whether it has got there; if not, call again, and let
    /// others at the mock before.
    pub(crate) fn advance(&mut self, target: Timestamp) -> bool {
        for _ in 0..STOPS {
            let Some(deadline) = self.poll_deadline().filter(|deadline| deadline.at <= target) else {
                self.clock.advance_to(target);
                self.tick();
                return true;
            };
            let before = (self.clock.now(), deadline.at);
            self.clock.advance_to(deadline.at);
            self.tick();
            if self.poll_deadline().is_some_and(|next| (self.clock.now(), next.at) == before) {
                self.clock.advance_to(target); // the same stuck deadline as in `tick`
                return true;
            }
        }
        false
    }

    pub(crate) fn set_clock(&mut self, mode: ClockMode, start: Option<Timestamp>) {
        let now = self.clock.now();
        self.clock = Clock::new(mode, start.or(Some(now)));
        self.tick();
        // Whoever waits for a moment has to count anew, also where no deadline has moved.
        self.rearm.notify_one();
    }

    pub(super) fn schedule(&mut self, at: Timestamp, what: Later) {
        let number = count(&mut self.next_later);
        self.later.insert((at, number), what);
    }
}
