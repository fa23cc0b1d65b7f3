//! Subscriptions: made, made again after a reconnect, and what they bring.

use super::clock::made_at;
use super::connection::State;
use super::pending::{InFlight, Job};
use super::window::{Key, Window};
use super::{CommandError, DeviceHiveSession, Disconnect, Event, Feed, Filter, Refusal, Reply, SessionCommand, shown};
use crate::message::{CommandUnsubscribe, NotificationUnsubscribe, Push, PushBody, Request};
use crate::{Command, Datetime, DeviceId, Kind, Notification};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use dummyload_session::{Action, Outcome, RequestToken, Timestamp};

/// How many stored items a subscription asks for after a reconnect, where its filter does not say more. Of notifications the
/// server sends 100 at most.
const REPLAY: i32 = 1000;

/// The most pushes that wait for the reply to a subscription.
const MOST_EARLY: usize = 4096;

/// One subscription.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) filter: Filter,
    /// The device whose executions it serves, if it is not the program's.
    watch: Option<DeviceId>,
    /// From the first reply on.
    window: Option<Window>,
    /// From when on there are items for it.
    begin: Datetime,
    /// Its number on the present connection.
    number: Option<i64>,
}

/// All subscriptions.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    all: BTreeMap<RequestToken, Subscription>,
    /// The names behind the numbers of the present connection.
    by_number: BTreeMap<i64, RequestToken>,
    /// Numbers that were given up on the present connection; some items are still on their way.
    left: BTreeSet<i64>,
    /// Requests of the present connection that got no reply in time; what they make is of no use to anybody.
    stale: BTreeMap<u64, Kind>,
    /// Pushes that came before the reply that tells whose they are.
    early: Vec<(i64, PushBody, String)>,
}

impl Subscriptions {
    pub(super) fn of_program(&self) -> impl Iterator<Item = (RequestToken, &Filter)> {
        let of_program = self.all.iter().filter(|(_, subscription)| subscription.watch.is_none());
        of_program.map(|(token, subscription)| (*token, &subscription.filter))
    }

    pub(super) fn is_of_program(&self, token: RequestToken) -> bool {
        self.all.get(&token).is_some_and(|subscription| subscription.watch.is_none())
    }

    pub(super) fn insert(&mut self, token: RequestToken, filter: Filter, watch: Option<DeviceId>) {
        let begin = Datetime::default();
        self.all.insert(token, Subscription { filter, watch, window: None, begin, number: None });
    }

    /// Forgets a subscription. Gives back its number, if it stands.
    pub(super) fn remove(&mut self, token: RequestToken) -> Option<i64> {
        let number = self.all.remove(&token)?.number?;
        self.by_number.remove(&number);
        self.left.insert(number);
        Some(number)
    }

    pub(super) fn disconnected(&mut self) {
        self.by_number.clear();
        self.left.clear();
        self.stale.clear();
        self.early.clear();
        for subscription in self.all.values_mut() {
            subscription.number = None;
        }
    }
}

/// What a request means for the session itself, if it does.
pub(super) fn meaning(subscriptions: &Subscriptions, request: &Request) -> Option<SessionCommand> {
    let (kind, number) = match request {
        Request::CommandSubscribe(request) => {
            return Some(SessionCommand::Subscribe(Filter::of_commands(request.clone())));
        }
        Request::NotificationSubscribe(request) => {
            return Some(SessionCommand::Subscribe(Filter::of_notifications(request.clone())));
        }
        Request::CommandUnsubscribe(CommandUnsubscribe { subscription_id }) => (Kind::Command, *subscription_id),
        Request::NotificationUnsubscribe(NotificationUnsubscribe { subscription_id }) => {
            (Kind::Notification, *subscription_id)
        }
        _ => return None,
    };
    let Some(number) = number else { return Some(SessionCommand::UnsubscribeAll(kind)) };
    // Of any other the server says that there is no such thing.
    let name = subscriptions.by_number.get(&number)?;
    let mut of_program = subscriptions.of_program();
    of_program.find(|(found, filter)| found == name && filter.feed.kind() == kind)?;
    Some(SessionCommand::Unsubscribe(*name))
}

impl DeviceHiveSession {
    pub(super) fn subscribe(&mut self, now: Timestamp, filter: Filter) -> Result<RequestToken, CommandError> {
        self.check_room()?;
        Ok(self.begin_subscription(now, filter, None))
    }

    /// Makes a subscription. Without a connection its request waits for one.
    pub(super) fn begin_subscription(
        &mut self,
        now: Timestamp,
        filter: Filter,
        watch: Option<DeviceId>,
    ) -> RequestToken {
        let name = self.requests.token();
        let job = Job::Subscribe(name, filter.feed.kind());
        let unsent = Some(filter.request(filter.since, filter.limit));
        self.subscriptions.insert(name, filter, watch);
        self.requests.insert(now + self.config.reply_timeout, InFlight { job, unsent });
        if self.state == State::Ready {
            self.send_unsent();
        }
        name
    }

    /// Sends what has waited for a connection.
    fn send_unsent(&mut self) {
        for (token, request) in self.requests.iter_mut() {
            if let Some(unsent) = request.data.unsent.take() {
                self.actions.push_back(Action::SendText(unsent.to_text(&super::number(token))));
            }
        }
    }

    /// A connection stands: makes all subscriptions again, and those that wait.
    pub(super) fn subscribe_all(&mut self, now: Timestamp) {
        let standing: Vec<RequestToken> = self
            .subscriptions
            .all
            .iter()
            // The program's own first requests are among those that wait, or have ended.
            .filter(|(_, subscription)| subscription.window.is_some() || subscription.watch.is_some())
            .map(|(token, _)| *token)
            .collect();
        for token in standing {
            self.subscribe_again(now, token);
        }
        self.send_unsent();
    }

    fn subscribe_again(&mut self, now: Timestamp, token: RequestToken) {
        let Some(subscription) = self.subscriptions.all.get(&token) else { return };
        let filter = &subscription.filter;
        let limit = (filter.feed.kind() == Kind::Command).then(|| filter.limit.unwrap_or(REPLAY).max(REPLAY));
        let since = subscription.window.as_ref().map(|window| window.from(now));
        let request = filter.request(since, limit);
        let kind = filter.feed.kind();
        self.send(now, &request, Job::Subscribe(token, kind));
    }

    pub(super) fn subscribe_answered(
        &mut self,
        now: Timestamp,
        name: RequestToken,
        kind: Kind,
        answer: Result<i64, Refusal>,
    ) {
        match answer {
            Ok(number) => self.subscribed(now, name, kind, number),
            Err(refusal) => self.subscribe_refused(now, name, refusal),
        }
        self.settle_early(now);
    }

    fn subscribed(&mut self, now: Timestamp, name: RequestToken, kind: Kind, number: i64) {
        let server = self.clock.now(now);
        let Some(subscription) = self.subscriptions.all.get_mut(&name) else {
            return self.leave(now, kind, number);
        };
        // Only one that stood before has a window.
        let again = subscription.window.is_some();
        let filter = &subscription.filter;
        let slack = if filter.feed == Feed::Updates { self.config.retention } else { self.config.overlap };
        let begin = [filter.since, server, made_at(number)].into_iter();
        let begin = filter.since.or_else(|| begin.flatten().min()).unwrap_or_default();
        // An update of a command that was there before: server 4.1 looks at the time of the command (dossier M4.5).
        let before = if filter.feed == Feed::Updates { self.config.retention } else { Duration::ZERO };
        let window = subscription.window.get_or_insert_with(|| {
            subscription.begin = begin;
            Window::new(begin, before, slack)
        });
        let since = window.from(now);
        window.replays(now);
        let may_miss = !filter.is_replayed_everywhere();
        subscription.number = Some(number);
        let watch = subscription.watch.clone();
        self.subscriptions.by_number.insert(number, name);
        match watch {
            Some(device) => self.watching(now, &device),
            None if again => self.notice(Event::Resubscribed { subscription: name, since, may_miss }),
            None => self.done(name, Reply::Subscribed { subscription: name, id: number }),
        }
    }

    fn subscribe_refused(&mut self, now: Timestamp, name: RequestToken, refusal: Refusal) {
        let Some(subscription) = self.subscriptions.all.remove(&name) else { return };
        match subscription.watch {
            Some(device) => self.watch_refused(now, &device, &refusal),
            None if subscription.window.is_none() => self.refused(name, refusal),
            None => self.notice(Event::SubscriptionLost { subscription: name, refusal }),
        }
    }

    /// A request for a subscription went down with its connection, or has never gone out. One that was granted before is made
    /// again, and so is what executions need.
    pub(super) fn subscribe_lost(&mut self, name: RequestToken, sent: bool) {
        let Some(subscription) = self.subscriptions.all.get(&name) else { return };
        if subscription.window.is_none() && subscription.watch.is_none() {
            self.subscriptions.remove(name);
            self.finish(name, Outcome::Lost { sent });
        }
    }

    pub(super) fn subscribe_expired(&mut self, now: Timestamp, token: RequestToken, name: RequestToken) {
        let Some(subscription) = self.subscriptions.all.get(&name) else { return };
        let kind = subscription.filter.feed.kind();
        if subscription.window.is_some() {
            // It was taken before, so this silence is not about the request. A new connection begins with nothing.
            return self.give_up(now, Disconnect::Silence);
        }
        self.subscriptions.stale.insert(token.number(), kind);
        match self.subscriptions.all.remove(&name).and_then(|subscription| subscription.watch) {
            Some(device) => self.watch_expired(now, &device),
            None => self.finish(name, Outcome::TimedOut),
        }
        self.settle_early(now);
    }

    /// A reply to nobody: if it is a subscription that was waited for in vain, it is given up.
    pub(super) fn subscribed_too_late(&mut self, now: Timestamp, request: u64, number: i64) -> bool {
        let Some(kind) = self.subscriptions.stale.remove(&request) else { return false };
        self.leave(now, kind, number);
        true
    }

    /// Gives up a subscription of the server's that nobody wants.
    fn leave(&mut self, now: Timestamp, kind: Kind, number: i64) {
        self.subscriptions.left.insert(number);
        self.send(now, &unsubscribe(kind, Some(number)), Job::Aside);
    }

    pub(super) fn unsubscribe(&mut self, now: Timestamp, name: RequestToken) -> Result<RequestToken, CommandError> {
        if !self.subscriptions.is_of_program(name) {
            return Err(CommandError::NotSubscribed);
        }
        let kind =
            self.subscriptions.all.get(&name).map_or(Kind::Command, |subscription| subscription.filter.feed.kind());
        match self.give_up_subscription(name) {
            Some(number) if self.state == State::Ready => {
                Ok(self.send(now, &unsubscribe(kind, Some(number)), Job::Unsubscribe))
            }
            _ => Ok(self.unsubscribed_at_once()),
        }
    }

    /// Forgets a subscription of the program's, and its first request if that is still open. Gives back its number, if it
    /// stands.
    fn give_up_subscription(&mut self, name: RequestToken) -> Option<i64> {
        let granted = self.subscriptions.all.get(&name).is_some_and(|subscription| subscription.window.is_some());
        let number = self.subscriptions.remove(name);
        let of_name = |request: &InFlight| matches!(request.job, Job::Subscribe(of, _) if of == name);
        let open = self.requests.iter().find(|(_, request)| of_name(&request.data));
        if let Some((token, sent)) = open.map(|(token, request)| (token, request.data.is_sent()))
            && !granted
        {
            if !sent {
                self.requests.remove(token);
            }
            self.finish(name, Outcome::Lost { sent });
        }
        number
    }

    fn unsubscribed_at_once(&mut self) -> RequestToken {
        let token = self.requests.token();
        self.done(token, Reply::Unsubscribed);
        token
    }

    pub(super) fn unsubscribe_all(&mut self, now: Timestamp, kind: Kind) -> Result<RequestToken, CommandError> {
        self.check_room()?;
        let of_kind = self.subscriptions.of_program().filter(|(_, filter)| filter.feed.kind() == kind);
        let names: Vec<RequestToken> = of_kind.map(|(name, _)| name).collect();
        for name in names {
            self.give_up_subscription(name);
        }
        if self.state != State::Ready {
            return Ok(self.unsubscribed_at_once());
        }
        let token = self.send(now, &unsubscribe(kind, None), Job::Unsubscribe);
        if kind == Kind::Command {
            // It ends those of executions as well.
            self.watch_again(now);
        }
        Ok(token)
    }

    /// Gives up a subscription of the session's own.
    pub(super) fn end_subscription(&mut self, now: Timestamp, name: RequestToken) {
        if let Some(number) = self.subscriptions.remove(name)
            && self.state == State::Ready
        {
            self.send(now, &unsubscribe(Kind::Command, Some(number)), Job::Aside);
        }
    }

    fn subscribes(&self) -> bool {
        self.requests
            .iter()
            .any(|(_, request)| matches!(request.data.job, Job::Subscribe(..)) && request.data.is_sent())
    }

    pub(super) fn push(&mut self, now: Timestamp, push: Push, raw: &str) {
        let Some(number) = push.subscription_id else { return self.untitled(now, push.body, raw) };
        match self.subscriptions.by_number.get(&number) {
            Some(name) => self.deliver(now, *name, push.body),
            None if self.subscriptions.left.contains(&number) => {}
            // The reply that tells whose it is may be on its way (dossier M9.4).
            None if self.subscribes() && self.subscriptions.early.len() < MOST_EARLY => {
                self.subscriptions.early.push((number, push.body, shown::shown(raw).into_owned()));
            }
            None => self.notice(Event::Unmatched { raw: shown::shown(raw).into_owned() }),
        }
    }

    /// The page's rule: whoever inserts a command hears of its updates without a subscription (dossier M11).
    fn untitled(&mut self, now: Timestamp, body: PushBody, raw: &str) {
        match body {
            PushBody::CommandUpdate(command) => self.updated(now, &command.device_id.clone(), command),
            _ => self.notice(Event::Unmatched { raw: shown::shown(raw).into_owned() }),
        }
    }

    /// Delivers what came early for subscriptions that are known now. What belongs to none is told when none is waited for.
    fn settle_early(&mut self, now: Timestamp) {
        let waits = self.subscribes();
        for (number, body, raw) in core::mem::take(&mut self.subscriptions.early) {
            match self.subscriptions.by_number.get(&number) {
                Some(name) => self.deliver(now, *name, body),
                None if waits => self.subscriptions.early.push((number, body, raw)),
                None => self.notice(Event::Unmatched { raw }),
            }
        }
    }

    fn deliver(&mut self, now: Timestamp, name: RequestToken, body: PushBody) {
        let server = self.clock.now(now);
        let Some(subscription) = self.subscriptions.all.get_mut(&name) else { return };
        let Some(window) = &mut subscription.window else { return };
        let (key, content) = match &body {
            PushBody::CommandInsert(command) => (of_command(command, command.timestamp), None),
            PushBody::CommandUpdate(command) => {
                if command.last_updated < subscription.begin {
                    // The replay goes back further than the subscription.
                    return;
                }
                (of_command(command, command.last_updated), Some((command.status.clone(), command.result.clone())))
            }
            PushBody::NotificationInsert(notification) => (of_notification(notification), None),
        };
        if !window.admit(now, key, content, server) {
            return;
        }
        let event = match (body, subscription.watch.clone()) {
            (PushBody::CommandUpdate(command), Some(device)) => return self.updated(now, &device, command),
            (_, Some(_)) => return,
            (PushBody::CommandInsert(command), None) => {
                Event::Command { subscription: name, command: Box::new(command) }
            }
            (PushBody::CommandUpdate(command), None) => {
                Event::Update { subscription: name, command: Box::new(command) }
            }
            (PushBody::NotificationInsert(notification), None) => {
                Event::Notification { subscription: name, notification: Box::new(notification) }
            }
        };
        self.notice(event);
    }
}

fn of_command(command: &Command, at: Datetime) -> Key {
    Key { at, id: command.id, device: command.device_id.clone() }
}

fn of_notification(notification: &Notification) -> Key {
    Key { at: notification.timestamp, id: notification.id, device: notification.device_id.clone() }
}

fn unsubscribe(kind: Kind, subscription_id: Option<i64>) -> Request {
    match kind {
        Kind::Command => Request::CommandUnsubscribe(CommandUnsubscribe { subscription_id }),
        Kind::Notification => Request::NotificationUnsubscribe(NotificationUnsubscribe { subscription_id }),
    }
}
