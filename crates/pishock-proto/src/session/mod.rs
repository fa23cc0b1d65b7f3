//! The client side of the broker as a state machine: log in, keep alive, match replies, hold, subscribe again.
//!
//! Three rules stand above the rest. No request is ever sent twice: what may have acted on somebody's body and got no
//! reply ends as lost or timed out, and the program decides. The [`Limits`] are checked before anything is queued. A stop
//! passes everything: limits, full queues, and the time without a connection, for as long as a reply would be waited for.
//!
//! ```
//! use dummyload_session::{Action, Input, Session, Timestamp};
//! use pishock_proto::session::{PishockSession, SessionConfig};
//! use pishock_proto::{Dialect, Login};
//!
//! # fn main() -> Result<(), pishock_proto::UrlError> {
//! let login = Login::api_key("demo", "11111111-2222-3333-4444-555555555555");
//! let mut session = PishockSession::new(SessionConfig::new("ws://127.0.0.1:4101", Dialect::V2, &login)?);
//! session.start(Timestamp::ZERO);
//! assert!(matches!(session.poll_action(), Some(Action::Connect(_))));
//! session.handle_input(Timestamp::ZERO, Input::Connected);
//! assert_eq!(session.poll_action(), Some(Action::SendText(r#"{"Operation":"PING"}"#.into())));
//! # Ok(())
//! # }
//! ```

mod config;
mod connection;
mod event;
mod hold;
mod limits;
mod pending;
mod replies;

pub use config::SessionConfig;
pub use event::{CommandError, Disconnect, Event, HoldEnd, LoginFailure, Refusal, Reply, SessionCommand};
pub use limits::{LimitError, Limits};

use crate::{Channel, ClientMessage, Dialect, Order, ShockerId};
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use connection::{State, Tick};
use dummyload_session::{
    Action, Backoff, Deadline, Input, MatchedBy, Outcome, RequestTable, RequestToken, Session, SessionEvent,
    TimerTable, Timestamp,
};
use hold::{Hold, SHORTEST_PULSE};
use limits::Guard;
use pending::{InFlight, Kind, Progress};

/// The most requests that may wait for their replies; stops go beyond it.
pub const MAX_IN_FLIGHT: usize = 64;

/// One session with the broker, in either dialect.
#[derive(Debug)]
pub struct PishockSession {
    config: SessionConfig,
    state: State,
    backoff: Backoff,
    timers: TimerTable<Tick, 3>,
    requests: RequestTable<InFlight>,
    holds: BTreeMap<RequestToken, Hold>,
    /// The stops of each [`SessionCommand::StopAll`] that still wait, and the worst of the others.
    groups: BTreeMap<RequestToken, Group>,
    guard: Guard,
    /// The last order to each shocker by each way: what there is to be stopped.
    used: BTreeMap<(Channel, ShockerId), Order>,
    wanted: BTreeSet<Channel>,
    /// Further replies to UNSUBSCRIBE that may come: echoes and how many.
    extra: Vec<(String, usize)>,
    /// Whether these credentials have ever worked.
    proven: bool,
    actions: VecDeque<Action>,
    events: VecDeque<SessionEvent<Self>>,
}

#[derive(Debug)]
struct Group {
    left: usize,
    worst: Outcome<Reply, Refusal>,
}

impl PishockSession {
    /// A session that has not begun.
    pub fn new(config: SessionConfig) -> Self {
        Self {
            state: State::Idle,
            backoff: Backoff::new(config.backoff, config.seed),
            timers: TimerTable::default(),
            requests: RequestTable::default(),
            holds: BTreeMap::new(),
            groups: BTreeMap::new(),
            guard: Guard::new(config.limits.clone()),
            used: BTreeMap::new(),
            wanted: BTreeSet::new(),
            extra: Vec::new(),
            proven: false,
            actions: VecDeque::new(),
            events: VecDeque::new(),
            config,
        }
    }

    /// The channels that are wanted, whether there is a connection or not.
    pub fn wanted(&self) -> impl Iterator<Item = &Channel> {
        self.wanted.iter()
    }

    /// Whether the broker has answered on the present connection.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    /// Puts a request on its way, or keeps it for the next connection. Only stops are kept.
    fn send(&mut self, now: Timestamp, message: &ClientMessage<'_>, kind: Kind, asked: bool) -> RequestToken {
        let text = message.to_text(self.config.dialect);
        let sent = matches!(self.state, State::Ready | State::Probing);
        if sent {
            self.actions.push_back(Action::SendText(text.clone()));
        }
        self.requests.insert(now + self.config.reply_timeout, InFlight { kind, asked, text, sent })
    }

    fn send_orders(&mut self, now: Timestamp, orders: &[Order], kind: Kind, asked: bool) -> RequestToken {
        for order in orders {
            self.guard.sent(now, order);
            let key = (order.channel().clone(), order.command().shocker());
            if !order.command().is_stop() {
                self.used.insert(key, order.clone());
            }
        }
        self.send(now, &ClientMessage::publish(orders.iter().cloned()), kind, asked)
    }

    fn finish(&mut self, token: RequestToken, outcome: Outcome<Reply, Refusal>) {
        self.events.push_back(SessionEvent::Finished { token, outcome });
    }

    /// A request that is done at once, without the broker.
    fn done(&mut self, reply: Reply) -> RequestToken {
        let token = self.requests.token();
        self.finish(token, Outcome::Done { reply, matched: MatchedBy::Id });
        token
    }

    fn notice(&mut self, event: Event) {
        self.events.push_back(SessionEvent::Notice(event));
    }

    /// Puts the account's number into orders that name none (dossier 3.2, `l.u`).
    fn signed(&self, order: Order) -> Order {
        match self.config.user {
            Some(user) if order.command().named_user().is_none() => order.with(order.command().clone().user(user)),
            _ => order,
        }
    }

    fn publish(&mut self, now: Timestamp, orders: Vec<Order>) -> Result<RequestToken, CommandError> {
        let orders: Vec<Order> = orders.into_iter().map(|order| self.signed(order)).collect();
        if orders.is_empty() {
            return Err(CommandError::Empty);
        }
        let only_stops = orders.iter().all(|order| order.command().is_stop());
        let refused = if only_stops { None } else { self.refused(now, &orders) };
        let Some(error) = refused else {
            return Ok(self.send_orders(now, &orders, Kind::Publish, true));
        };
        let stops: Vec<Order> = orders.into_iter().filter(|order| order.command().is_stop()).collect();
        if !stops.is_empty() {
            self.send_orders(now, &stops, Kind::Publish, false);
        }
        Err(error)
    }

    /// Why orders that are not all stops cannot go out now.
    fn refused(&self, now: Timestamp, orders: &[Order]) -> Option<CommandError> {
        let limit = |(at, order)| {
            let limit = self.guard.check(now, order).err()?;
            Some(CommandError::Limit { order: at, limit })
        };
        orders.iter().enumerate().find_map(limit).or_else(|| self.check_room().err())
    }

    fn check_room(&self) -> Result<(), CommandError> {
        if self.state != State::Ready {
            return Err(CommandError::NotConnected);
        }
        if self.requests.len() >= MAX_IN_FLIGHT { Err(CommandError::Busy) } else { Ok(()) }
    }

    fn hold(&mut self, now: Timestamp, order: Order) -> Result<RequestToken, CommandError> {
        let order = self.signed(order);
        if order.command().is_stop() {
            return Err(CommandError::HeldStop);
        }
        if order.command().duration_ms() < SHORTEST_PULSE.get() {
            return Err(CommandError::HoldTooShort(SHORTEST_PULSE));
        }
        if let Some(error) = self.refused(now, core::slice::from_ref(&order)) {
            return Err(error);
        }
        let token = self.requests.token();
        let hold = Hold::new(now, &order, &self.guard.limits);
        self.send_orders(now, core::slice::from_ref(&hold.order), Kind::Pulse(token), false);
        self.holds.insert(token, hold);
        Ok(token)
    }

    /// Ends a held order in good order; the stop is the caller's to send.
    fn end_hold(&mut self, token: RequestToken, why: HoldEnd) -> Option<Order> {
        let hold = self.holds.remove(&token)?;
        self.finish(token, Outcome::Done { reply: Reply::Held(why), matched: hold.matched });
        Some(hold.order.stop())
    }

    fn release(&mut self, now: Timestamp, held: RequestToken) -> Result<RequestToken, CommandError> {
        let stop = self.end_hold(held, HoldEnd::Released).ok_or(CommandError::NotHeld)?;
        Ok(self.send_orders(now, &[stop], Kind::Publish, true))
    }

    fn stop_all(&mut self, now: Timestamp) -> RequestToken {
        self.guard.stopped = true;
        let held: Vec<RequestToken> = self.holds.keys().copied().collect();
        for token in held {
            self.end_hold(token, HoldEnd::StopAll);
        }
        let stops: Vec<Order> = self.used.values().map(Order::stop).collect();
        if stops.is_empty() {
            return self.done(Reply::NothingToStop);
        }
        let group = self.requests.token();
        let worst = Outcome::Done { reply: Reply::Published, matched: MatchedBy::Echo };
        self.groups.insert(group, Group { left: stops.len(), worst });
        for stop in stops {
            // One request each: the broker refuses a whole request when one of its commands is not permitted.
            self.send_orders(now, &[stop], Kind::GroupStop(group), false);
        }
        group
    }

    fn subscribe(&mut self, now: Timestamp, channels: Vec<Channel>) -> Result<RequestToken, CommandError> {
        if channels.is_empty() {
            return Err(CommandError::Empty);
        }
        if let Some(other) = channels.iter().find(|channel| !matches!(channel, Channel::Ping(_) | Channel::Log(_))) {
            return Err(CommandError::NotSubscribable(other.clone()));
        }
        if self.state == State::Ready {
            self.check_room()?;
        }
        self.wanted.extend(channels.iter().cloned());
        if self.state != State::Ready {
            return Ok(self.done(Reply::Noted));
        }
        Ok(self.send_subscribe(now, channels, true))
    }

    /// One reply for each channel comes in both dialects: V2 gives it, and in V1, which answers a request as a whole, each
    /// channel is a request of its own.
    fn send_subscribe(&mut self, now: Timestamp, channels: Vec<Channel>, asked: bool) -> RequestToken {
        let mut messages: Vec<_> = match self.config.dialect {
            Dialect::V1 => channels.chunks(1).map(|one| ClientMessage::Subscribe(names(one))).collect(),
            Dialect::V2 => alloc::vec![ClientMessage::Subscribe(names(&channels))],
        };
        let last = messages.pop().unwrap_or(ClientMessage::Subscribe(Vec::new()));
        for message in messages {
            self.actions.push_back(Action::SendText(message.to_text(self.config.dialect)));
        }
        self.send(now, &last, Kind::Subscribe(Progress::of(channels)), asked)
    }

    fn unsubscribe(&mut self, now: Timestamp, channels: Option<Vec<Channel>>) -> Result<RequestToken, CommandError> {
        let names = match &channels {
            Some(channels) if channels.is_empty() => return Err(CommandError::Empty),
            Some(channels) => names(channels),
            None => alloc::vec![Cow::Borrowed("*")],
        };
        if self.state == State::Ready {
            self.check_room()?;
        }
        match channels {
            Some(channels) => self.wanted.retain(|wanted| !channels.contains(wanted)),
            None => self.wanted.clear(),
        }
        if self.state != State::Ready {
            return Ok(self.done(Reply::Noted));
        }
        let kind = Kind::Unsubscribe(names.len());
        Ok(self.send(now, &ClientMessage::Unsubscribe(names), kind, true))
    }

    /// Refreshes what is held, and ends what was held for too long.
    fn tend_holds(&mut self, now: Timestamp) {
        while let Some((token, over)) =
            self.holds.iter().find(|(_, hold)| hold.due() <= now).map(|(token, hold)| (*token, hold.until <= now))
        {
            if over {
                if let Some(stop) = self.end_hold(token, HoldEnd::LongestHold) {
                    self.send_orders(now, &[stop], Kind::Publish, false);
                }
            } else if let Some(hold) = self.holds.get_mut(&token) {
                hold.refreshed(now);
                let order = hold.order.clone();
                self.send_orders(now, &[order], Kind::Pulse(token), false);
            }
        }
    }
}

fn names(channels: &[Channel]) -> Vec<Cow<'static, str>> {
    channels.iter().map(|channel| Cow::Owned(channel.to_string())).collect()
}

impl Session for PishockSession {
    type Command = SessionCommand;
    type CommandError = CommandError;
    type Reply = Reply;
    type Refusal = Refusal;
    type Event = Event;

    fn start(&mut self, _: Timestamp) {
        if self.state == State::Idle {
            self.connect();
        }
    }

    fn handle_input(&mut self, now: Timestamp, input: Input<'_>) {
        match input {
            Input::Connected => self.connected(now),
            Input::ConnectFailed(failure) => self.connect_failed(now, failure),
            Input::Text(text) if self.is_open() => self.text(now, &text),
            Input::Binary(bytes) if self.is_open() => {
                self.heard(now);
                self.notice(Event::Unrecognised { raw: String::from_utf8_lossy(&bytes).into_owned() });
            }
            Input::Pong if self.is_open() => self.heard(now),
            Input::Closed(info) => self.closed(now, Some(info)),
            Input::Lost => self.closed(now, None),
            _ => {}
        }
    }

    fn handle_deadline(&mut self, now: Timestamp) {
        while let Some(tick) = self.timers.pop_due(now) {
            self.tick(now, tick);
        }
        self.tend_holds(now);
        while let Some((token, request)) = self.requests.pop_expired(now) {
            self.expired(now, token, request);
        }
    }

    fn command(&mut self, now: Timestamp, command: SessionCommand) -> Result<RequestToken, CommandError> {
        if self.has_ended() {
            return Err(CommandError::Ended);
        }
        match command {
            SessionCommand::Ping => {
                self.check_room()?;
                Ok(self.send(now, &ClientMessage::Ping, Kind::Ping, true))
            }
            SessionCommand::Publish(orders) => self.publish(now, orders),
            SessionCommand::Hold(order) => self.hold(now, order),
            SessionCommand::Release(token) => self.release(now, token),
            SessionCommand::StopAll => Ok(self.stop_all(now)),
            SessionCommand::Resume => {
                self.guard.stopped = false;
                Ok(self.done(Reply::Resumed))
            }
            SessionCommand::Subscribe(channels) => self.subscribe(now, channels),
            SessionCommand::Unsubscribe(channels) => self.unsubscribe(now, Some(channels)),
            SessionCommand::UnsubscribeAll => self.unsubscribe(now, None),
        }
    }

    fn shutdown(&mut self, now: Timestamp) {
        self.shut(now);
    }

    fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    fn poll_event(&mut self) -> Option<SessionEvent<Self>> {
        self.events.pop_front()
    }

    fn poll_deadline(&self) -> Option<Deadline> {
        let hold =
            self.holds.values().map(Hold::due).min().map(|at| Deadline { at, why: "a held order needs its refresh" });
        Deadline::earliest(Deadline::earliest(self.timers.poll_deadline(), self.requests.poll_deadline()), hold)
    }

    fn is_terminated(&self) -> bool {
        self.state == State::Ended
    }
}
