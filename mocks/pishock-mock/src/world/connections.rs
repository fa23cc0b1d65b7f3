//! Who is connected, and who listens to what.

use dummyload_host::{Cx, PeerId};
use dummyload_session::Timestamp;
use pishock_proto::{Channel, Dialect, HubId, LinkId, UserId};
use std::collections::{BTreeMap, BTreeSet};

/// One open socket.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) role: Role,
    pub(crate) dialect: Dialect,
    /// The place of the token by which it logged in, among those of its user.
    pub(crate) token: Option<usize>,
    /// The one thing that is to happen to it, and when.
    pub(crate) due: Option<(Timestamp, Due)>,
    subscriptions: BTreeSet<Channel>,
}

/// What a connection may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Logged in on V1 or V2.
    User(UserId),
    /// On a public link, maybe logged in as well.
    Link { id: LinkId, user: Option<UserId> },
    /// Its login failed or ended: nothing that it says is answered.
    Refused,
}

/// Something with a time. Ordered, so that those of one time come in an order that is always the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// The next life sign of this hub.
    Ping(HubId),
    /// The end of a login.
    Expire(PeerId),
    /// The close after an error that says why.
    Close(PeerId),
}

impl Connection {
    pub(crate) fn new(role: Role, dialect: Dialect) -> Self {
        Self { role, dialect, token: None, due: None, subscriptions: BTreeSet::new() }
    }

    pub(crate) fn with_token(self, token: Option<usize>) -> Self {
        Self { token, ..self }
    }

    pub(crate) fn subscriptions(&self) -> &BTreeSet<Channel> {
        &self.subscriptions
    }
}

/// All connections, and for each channel those who listen, so that a push costs nothing but its listeners.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    all: BTreeMap<PeerId, Connection>,
    listeners: BTreeMap<Channel, Listeners>,
}

/// Apart by dialect, since each has its own text.
#[derive(Debug, Default)]
struct Listeners {
    v1: BTreeSet<PeerId>,
    v2: BTreeSet<PeerId>,
}

impl Listeners {
    fn of(&mut self, dialect: Dialect) -> &mut BTreeSet<PeerId> {
        match dialect {
            Dialect::V1 => &mut self.v1,
            Dialect::V2 => &mut self.v2,
        }
    }
}

impl Connections {
    pub(crate) fn insert(&mut self, peer: PeerId, connection: Connection) {
        self.all.insert(peer, connection);
    }

    pub(crate) fn get(&self, peer: PeerId) -> Option<&Connection> {
        self.all.get(&peer)
    }

    pub(crate) fn get_mut(&mut self, peer: PeerId) -> Option<&mut Connection> {
        self.all.get_mut(&peer)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PeerId, &Connection)> {
        self.all.iter().map(|(peer, connection)| (*peer, connection))
    }

    /// Forgets a connection; gives it back with the channels that nobody listens to any more.
    pub(crate) fn remove(&mut self, peer: PeerId) -> Option<(Connection, Vec<Channel>)> {
        let deserted = self.unsubscribe_all(peer);
        Some((self.all.remove(&peer)?, deserted))
    }

    pub(crate) fn subscribe(&mut self, peer: PeerId, channel: Channel) {
        let Some(connection) = self.all.get_mut(&peer) else { return };
        self.listeners.entry(channel.clone()).or_default().of(connection.dialect).insert(peer);
        connection.subscriptions.insert(channel);
    }

    /// Whether the peer had subscribed to it.
    pub(crate) fn unsubscribe(&mut self, peer: PeerId, channel: &Channel) -> bool {
        let Some(connection) = self.all.get_mut(&peer) else { return false };
        if !connection.subscriptions.remove(channel) {
            return false;
        }
        if let Some(listeners) = self.listeners.get_mut(channel) {
            listeners.of(connection.dialect).remove(&peer);
            if listeners.v1.is_empty() && listeners.v2.is_empty() {
                self.listeners.remove(channel);
            }
        }
        true
    }

    /// Gives back the channels that nobody listens to any more.
    pub(crate) fn unsubscribe_all(&mut self, peer: PeerId) -> Vec<Channel> {
        let mut channels: Vec<Channel> = match self.all.get(&peer) {
            Some(connection) => connection.subscriptions.iter().cloned().collect(),
            None => return Vec::new(),
        };
        channels.retain(|channel| self.unsubscribe(peer, channel) && !self.is_heard(channel));
        channels
    }

    pub(crate) fn is_heard(&self, channel: &Channel) -> bool {
        self.listeners.contains_key(channel)
    }

    pub(crate) fn listeners(&self, channel: &Channel) -> Vec<PeerId> {
        let listeners = self.listeners.get(channel);
        listeners.map(|both| both.v1.iter().chain(&both.v2).copied().collect()).unwrap_or_default()
    }

    /// Sends a message to all who listen to a channel. Those of one dialect share one text.
    pub(crate) fn push(&self, cx: &mut Cx<'_>, channel: &Channel, message: &str) {
        let Some(listeners) = self.listeners.get(channel) else { return };
        for (dialect, peers) in [(Dialect::V2, &listeners.v2), (Dialect::V1, &listeners.v1)] {
            if !peers.is_empty() {
                cx.send_to_all(peers.iter().copied(), crate::wire::push(dialect, channel, message));
            }
        }
    }
}
