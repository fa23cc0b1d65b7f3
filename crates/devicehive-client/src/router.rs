//! Stands between the session and its program: what subscriptions bring goes to their streams, tokens are remembered for REST,
//! and all else is passed on.

use crate::{Command, Event, Notification};
use devicehive_proto::session::Event as SessionEvent;
use dummyload_driver::{EventSink, Events, Missed};
use dummyload_session::{RequestToken, Secret};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What subscriptions bring.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Brought {
    Command(Command),
    Notification(Notification),
}

/// Where the items of one subscription go. Either side can be first: the program, which has just learned the
/// subscription's name, or the first item.
#[derive(Debug)]
struct Route {
    sink: EventSink<Brought>,
    /// Until the program takes it.
    stream: Option<Events<Brought>>,
}

/// The most subscriptions whose streams nobody has taken.
const MOST_UNCLAIMED: usize = 64;

/// What the client and the task that reads the session's events share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// How many items may wait for the reader of a stream.
    room: usize,
    routes: Mutex<Option<BTreeMap<RequestToken, Route>>>,
    tokens: Mutex<Tokens>,
}

/// The newest tokens of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) access: Option<Secret<String>>,
    pub(crate) refresh: Option<Secret<String>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is whole at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(room: usize, tokens: Tokens) -> Self {
        Self { room, routes: Mutex::new(Some(BTreeMap::new())), tokens: Mutex::new(tokens) }
    }

    pub(crate) fn tokens(&self) -> Tokens {
        locked(&self.tokens).clone()
    }

    pub(crate) fn replace_tokens(&self, tokens: Tokens) {
        *locked(&self.tokens) = tokens;
    }

    fn keep_tokens(&self, access: Secret<String>, refresh: Option<Secret<String>>) {
        let mut tokens = locked(&self.tokens);
        tokens.access = Some(access);
        if refresh.is_some() {
            tokens.refresh = refresh;
        }
    }

    /// The stream of a subscription; one that has ended already, if the session has.
    pub(crate) fn stream(&self, name: RequestToken) -> Events<Brought> {
        let mut routes = locked(&self.routes);
        let (sink, stream) = dummyload_driver::events(self.room);
        let Some(routes) = routes.as_mut() else { return stream };
        let route = routes.entry(name).or_insert(Route { sink, stream: Some(stream) });
        // It is asked for once.
        route.stream.take().unwrap_or_else(|| dummyload_driver::events(1).1)
    }

    pub(crate) fn forget(&self, name: RequestToken) {
        if let Some(routes) = locked(&self.routes).as_mut() {
            routes.remove(&name);
        }
    }

    fn push(&self, name: RequestToken, item: Brought) {
        if let Some(routes) = locked(&self.routes).as_mut() {
            if !routes.contains_key(&name) {
                // The oldest were given up while something for them was on its way.
                let mut unclaimed = routes.iter().filter(|(_, route)| route.stream.is_some()).map(|(name, _)| *name);
                if let (Some(oldest), true) = (unclaimed.next(), unclaimed.count() >= MOST_UNCLAIMED) {
                    routes.remove(&oldest);
                }
            }
            let route = routes.entry(name).or_insert_with(|| {
                let (sink, stream) = dummyload_driver::events(self.room);
                Route { sink, stream: Some(stream) }
            });
            route.sink.push(item);
        }
    }

    /// Some items were lost on their way here; nobody knows whose.
    fn missed(&self, missed: Missed) {
        for route in locked(&self.routes).iter_mut().flat_map(BTreeMap::values_mut) {
            route.sink.missed(missed);
        }
    }

    /// The session has ended, and so do all streams.
    fn end(&self) {
        locked(&self.routes).take();
    }
}

/// Runs until the session has ended.
pub(crate) async fn run(shared: std::sync::Arc<Shared>, mut events: Events<SessionEvent>, mut sink: EventSink<Event>) {
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(missed) => {
                shared.missed(missed);
                sink.missed(missed);
                continue;
            }
        };
        match event {
            SessionEvent::Command { subscription, command } | SessionEvent::Update { subscription, command } => {
                shared.push(subscription, Brought::Command(*command));
            }
            SessionEvent::Notification { subscription, notification } => {
                shared.push(subscription, Brought::Notification(*notification));
            }
            event => {
                match &event {
                    SessionEvent::Tokens { access, refresh } => shared.keep_tokens(access.clone(), refresh.clone()),
                    SessionEvent::SubscriptionLost { subscription, .. } => shared.forget(*subscription),
                    _ => {}
                }
                sink.push(event);
            }
        }
    }
    shared.end();
}
