//! Commands that are inserted and waited for until their devices have updated them.
//!
//! The server tells updates to those only who have asked for them (dossier M11), so each device with such a command is watched
//! by a subscription of the session's own: first that, then the command, so that no update is missed.

use super::pending::Job;
use super::{CommandError, DeviceHiveSession, Filter, Refusal, Reply};
use crate::message::{CommandGet, CommandInsert, CommandReceipt, NewCommand};
use crate::{Command, DeviceId};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use dummyload_session::{Deadline, MatchedBy, Outcome, RequestToken, Timestamp};

/// How long a device is watched for the next command.
const LINGER: Duration = Duration::from_secs(30);

/// The most updates that are kept for commands whose numbers are not known yet.
const MOST_EARLY: usize = 256;

#[derive(Debug)]
struct Execution {
    device: DeviceId,
    stage: Stage,
    until: Timestamp,
}

#[derive(Debug)]
enum Stage {
    /// Until the device is watched.
    Watching(NewCommand),
    /// Until the server has taken the command.
    Inserting,
    /// Until it is updated.
    Inserted(CommandReceipt),
}

#[derive(Debug)]
struct Watch {
    subscription: RequestToken,
    stands: bool,
    /// Updates of commands that may be those whose numbers are not known yet.
    early: Vec<Command>,
    /// Since when there is nothing to wait for.
    idle: Option<Timestamp>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Executions {
    all: BTreeMap<RequestToken, Execution>,
    watches: BTreeMap<DeviceId, Watch>,
}

impl Executions {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn poll_deadline(&self) -> Option<Deadline> {
        let updates = self.all.values().map(|execution| execution.until).min();
        let idle = self.watches.values().filter_map(|watch| watch.idle).min().map(|since| since + LINGER);
        Deadline::earliest(
            updates.map(|at| Deadline { at, why: "a command is to be updated" }),
            idle.map(|at| Deadline { at, why: "a device need not be watched any more" }),
        )
    }

    fn of_device(&self, device: &DeviceId) -> impl Iterator<Item = (RequestToken, &Execution)> {
        self.all.iter().filter(move |(_, execution)| execution.device == *device).map(|(token, one)| (*token, one))
    }

    /// Takes one out. A watch without any more of them ends before long.
    fn remove(&mut self, now: Timestamp, token: RequestToken) -> Option<Execution> {
        let execution = self.all.remove(&token)?;
        let inserting = self.of_device(&execution.device).any(|(_, other)| matches!(other.stage, Stage::Inserting));
        let busy = self.of_device(&execution.device).next().is_some();
        if let Some(watch) = self.watches.get_mut(&execution.device) {
            if !inserting {
                watch.early.clear();
            }
            if !busy {
                watch.idle = Some(now);
            }
        }
        Some(execution)
    }
}

impl DeviceHiveSession {
    pub(super) fn execute(
        &mut self,
        now: Timestamp,
        device: DeviceId,
        command: NewCommand,
        patience: Duration,
    ) -> Result<RequestToken, CommandError> {
        self.check_ready()?;
        let token = self.requests.token();
        let stage = Stage::Watching(command);
        self.executions.all.insert(token, Execution { device: device.clone(), stage, until: now + patience });
        match self.executions.watches.get_mut(&device) {
            Some(watch) => {
                watch.idle = None;
                if watch.stands {
                    self.insert(now, token);
                }
            }
            None => {
                let subscription = self.watch(now, &device);
                let watch = Watch { subscription, stands: false, early: Vec::new(), idle: None };
                self.executions.watches.insert(device, watch);
            }
        }
        Ok(token)
    }

    /// Subscribes to the updates of a device.
    fn watch(&mut self, now: Timestamp, device: &DeviceId) -> RequestToken {
        self.begin_subscription(now, Filter::updates().device(device.clone()), Some(device.clone()))
    }

    fn insert(&mut self, now: Timestamp, token: RequestToken) {
        let Some(execution) = self.executions.all.get_mut(&token) else { return };
        if !matches!(execution.stage, Stage::Watching(_)) {
            return;
        }
        let Stage::Watching(command) = core::mem::replace(&mut execution.stage, Stage::Inserting) else { return };
        let request = CommandInsert::new(execution.device.clone(), command);
        self.send(now, &request.into(), Job::Insert(token));
    }

    fn tokens_of(&self, device: &DeviceId) -> Vec<RequestToken> {
        self.executions.of_device(device).map(|(token, _)| token).collect()
    }

    /// The device is watched: commands that waited for it go out, and those that were out before are looked after.
    pub(super) fn watching(&mut self, now: Timestamp, device: &DeviceId) {
        if let Some(watch) = self.executions.watches.get_mut(device) {
            watch.stands = true;
        }
        for token in self.tokens_of(device) {
            self.insert(now, token);
            // What was updated meanwhile is not replayed for sure (dossier M4.5).
            if let Some(Stage::Inserted(receipt)) = self.executions.all.get(&token).map(|execution| &execution.stage) {
                let request = CommandGet::new(device.clone(), receipt.id);
                self.send(now, &request.into(), Job::Look(token));
            }
        }
    }

    /// The device cannot be watched (any more).
    pub(super) fn watch_refused(&mut self, now: Timestamp, device: &DeviceId, refusal: &Refusal) {
        for token in self.tokens_of(device) {
            self.give_up_execution(now, token, Outcome::Refused { refusal: refusal.clone(), matched: MatchedBy::Id });
        }
        self.executions.watches.remove(device);
    }

    /// The server does not say whether the device is watched.
    pub(super) fn watch_expired(&mut self, now: Timestamp, device: &DeviceId) {
        for token in self.tokens_of(device) {
            self.give_up_execution(now, token, Outcome::Lost { sent: false });
        }
        self.executions.watches.remove(device);
    }

    /// Ends an execution before its time: with this, or with what the server said of the command.
    fn give_up_execution(&mut self, now: Timestamp, token: RequestToken, outcome: Outcome<Reply, Refusal>) {
        let outcome = match self.executions.all.get(&token).map(|execution| &execution.stage) {
            Some(Stage::Inserted(receipt)) => {
                Outcome::Done { reply: Reply::NotUpdated(receipt.clone()), matched: MatchedBy::Id }
            }
            Some(Stage::Inserting) => Outcome::Lost { sent: true },
            _ => outcome,
        };
        self.end_execution(now, token, outcome);
    }

    pub(super) fn inserted(&mut self, now: Timestamp, token: RequestToken, receipt: CommandReceipt) {
        let Some(execution) = self.executions.all.get_mut(&token) else { return };
        let id = receipt.id;
        execution.stage = Stage::Inserted(receipt);
        let early = self.executions.watches.get_mut(&execution.device).and_then(|watch| {
            let at = watch.early.iter().position(|command| command.id == id)?;
            Some(watch.early.swap_remove(at))
        });
        if let Some(command) = early {
            self.executed(now, token, command);
        }
    }

    /// A device that is watched has updated a command.
    pub(super) fn updated(&mut self, now: Timestamp, device: &DeviceId, command: Command) {
        let waits = |stage: &Stage| matches!(stage, Stage::Inserted(receipt) if receipt.id == command.id);
        let waiting = self.executions.of_device(device).find(|(_, execution)| waits(&execution.stage));
        if let Some(token) = waiting.map(|(token, _)| token) {
            return self.executed(now, token, command);
        }
        let inserting = self.executions.of_device(device).any(|(_, one)| matches!(one.stage, Stage::Inserting));
        if let Some(watch) = self.executions.watches.get_mut(device).filter(|_| inserting) {
            if watch.early.len() == MOST_EARLY {
                watch.early.remove(0);
            }
            watch.early.push(command);
        }
    }

    /// How a command is that was waited for over a reconnect.
    pub(super) fn looked_at(&mut self, now: Timestamp, token: RequestToken, command: Command) {
        let Some(Execution { stage: Stage::Inserted(receipt), .. }) = self.executions.all.get(&token) else { return };
        if receipt.id == command.id && receipt.last_updated < command.last_updated {
            self.executed(now, token, command);
        }
    }

    fn executed(&mut self, now: Timestamp, token: RequestToken, command: Command) {
        let reply = Reply::Executed(Box::new(command));
        self.end_execution(now, token, Outcome::Done { reply, matched: MatchedBy::Id });
    }

    pub(super) fn end_execution(&mut self, now: Timestamp, token: RequestToken, outcome: Outcome<Reply, Refusal>) {
        if self.executions.remove(now, token).is_some() {
            self.finish(token, outcome);
        }
    }

    /// The connection is gone. Commands that the server has taken are still waited for.
    pub(super) fn lose_executions(&mut self, now: Timestamp) {
        let waits = |one: &Execution| matches!(one.stage, Stage::Watching(_));
        let watching = self.executions.all.iter().filter(|(_, one)| waits(one)).map(|(token, _)| *token);
        for token in watching.collect::<Vec<_>>() {
            self.end_execution(now, token, Outcome::Lost { sent: false });
        }
        for watch in self.executions.watches.values_mut() {
            watch.stands = false;
        }
        let idle: Vec<DeviceId> = self.idle_watches(|_| true);
        for device in idle {
            self.end_watch(now, &device);
        }
    }

    /// The session ends.
    pub(super) fn end_executions(&mut self, now: Timestamp) {
        let all: Vec<RequestToken> = self.executions.all.keys().copied().collect();
        for token in all {
            self.give_up_execution(now, token, Outcome::Lost { sent: false });
        }
    }

    /// The server has ended all subscriptions to commands; those that are needed are made again.
    pub(super) fn watch_again(&mut self, now: Timestamp) {
        for device in self.idle_watches(|_| true) {
            self.end_watch(now, &device);
        }
        let devices: Vec<DeviceId> = self.executions.watches.keys().cloned().collect();
        for device in devices {
            let subscription = self.watch(now, &device);
            if let Some(watch) = self.executions.watches.get_mut(&device) {
                let before = core::mem::replace(&mut watch.subscription, subscription);
                watch.stands = false;
                self.subscriptions.remove(before);
            }
        }
    }

    fn idle_watches(&self, due: impl Fn(Timestamp) -> bool) -> Vec<DeviceId> {
        let watches = self.executions.watches.iter();
        watches.filter(|(_, watch)| watch.idle.is_some_and(&due)).map(|(device, _)| device.clone()).collect()
    }

    fn end_watch(&mut self, now: Timestamp, device: &DeviceId) {
        if let Some(watch) = self.executions.watches.remove(device) {
            self.end_subscription(now, watch.subscription);
        }
    }

    /// Ends what was waited for long enough.
    pub(super) fn tend_executions(&mut self, now: Timestamp) {
        let over = self.executions.all.iter().filter(|(_, one)| one.until <= now).map(|(token, _)| *token);
        for token in over.collect::<Vec<_>>() {
            match self.executions.all.get(&token).map(|one| &one.stage) {
                Some(Stage::Inserting) => self.end_execution(now, token, Outcome::TimedOut),
                _ => self.give_up_execution(now, token, Outcome::Lost { sent: false }),
            }
        }
        for device in self.idle_watches(|since| since + LINGER <= now) {
            self.end_watch(now, &device);
        }
    }
}
