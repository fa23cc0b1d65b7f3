//! Calls that wait for an event (dossier M14).

use super::bus::Listener;
use super::state::State;
use crate::world::wire;
use devicehive_proto::{Command, DeviceId};
use dummyload_host::CallId;
use dummyload_session::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A call that waits no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Woken {
    pub(crate) call: CallId,
    /// The body of its answer; none: the answer is 204.
    pub(crate) body: Option<String>,
}

/// All calls that wait.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    until: BTreeSet<(Timestamp, CallId)>,
    of: BTreeMap<CallId, Wait>,
    /// Who waits until a command is updated.
    for_update: HashMap<(DeviceId, i64), BTreeSet<CallId>>,
    woken: Vec<Woken>,
}

#[derive(Debug)]
struct Wait {
    until: Timestamp,
    /// The body of the answer if nothing comes.
    otherwise: Option<&'static str>,
    command: Option<(DeviceId, i64)>,
}

impl State {
    /// From now on this call waits: for the events that it has subscribed to, or until a command is updated.
    pub(crate) fn wait(
        &mut self,
        call: CallId,
        until: Timestamp,
        otherwise: Option<&'static str>,
        command: Option<(DeviceId, i64)>,
    ) {
        if let Some(command) = &command {
            self.waits.for_update.entry(command.clone()).or_default().insert(call);
        }
        self.waits.until.insert((until, call));
        self.waits.of.insert(call, Wait { until, otherwise, command });
    }

    /// Ends the waiting of a call with this body.
    pub(crate) fn wake(&mut self, call: CallId, body: Option<String>) {
        if self.forget_call(call) {
            self.waits.woken.push(Woken { call, body });
        }
    }

    /// A call does not wait any more, for whatever reason. Whether it did.
    pub(crate) fn forget_call(&mut self, call: CallId) -> bool {
        let Some(wait) = self.waits.of.remove(&call) else { return false };
        self.waits.until.remove(&(wait.until, call));
        if let Some(command) = wait.command
            && let Some(calls) = self.waits.for_update.get_mut(&command)
        {
            calls.remove(&call);
            if calls.is_empty() {
                self.waits.for_update.remove(&command);
            }
        }
        self.bus.forget(Listener::Call(call));
        true
    }

    /// Tells those who wait for it that a command was updated.
    pub(crate) fn answer_waiting(&mut self, command: &Command) {
        if self.waits.for_update.is_empty() {
            return;
        }
        let calls = self.waits.for_update.remove(&(command.device_id.clone(), command.id)).unwrap_or_default();
        for call in calls {
            self.wake(call, Some(wire::written(|out| command.write_full(out))));
        }
    }

    /// Ends the waiting of all whose time is over.
    pub(crate) fn wake_late(&mut self, now: Timestamp) {
        while let Some((_, call)) = self.waits.until.first().copied().filter(|(until, _)| *until <= now) {
            let otherwise = self.waits.of.get(&call).and_then(|wait| wait.otherwise);
            self.wake(call, otherwise.map(str::to_owned));
        }
    }

    /// When the next call has waited long enough.
    pub(crate) fn next_late(&self) -> Option<Timestamp> {
        self.waits.until.first().map(|(until, _)| *until)
    }

    /// The calls to be answered now.
    pub(crate) fn take_woken(&mut self) -> Vec<Woken> {
        std::mem::take(&mut self.waits.woken)
    }
}
