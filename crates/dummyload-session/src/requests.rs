//! Requests in flight.

use crate::{Deadline, Timestamp};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// Names a request from [`Session::command`](crate::Session::command) until its outcome; never used twice by a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestToken(u64);

impl RequestToken {
    /// The running number behind the token, for logs.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A request in flight, with what the protocol wants to remember of it.
#[derive(Clone, Debug)]
pub struct Request<D> {
    /// What the protocol remembers: the wire id, the text sent, the number of replies still due.
    pub data: D,
    /// When it ends as timed out.
    pub deadline: Timestamp,
}

/// The requests in flight, oldest first. Knows tokens and deadlines; how a reply finds its request is the protocol's
/// business (by id, by echo or by order: see [`MatchedBy`](crate::MatchedBy)).
#[derive(Clone, Debug)]
pub struct RequestTable<D> {
    next: u64,
    open: BTreeMap<RequestToken, Request<D>>,
}

impl<D> Default for RequestTable<D> {
    fn default() -> Self {
        Self { next: 1, open: BTreeMap::new() }
    }
}

impl<D> RequestTable<D> {
    /// A token for something that is answered at once and so never in flight.
    pub fn token(&mut self) -> RequestToken {
        let token = RequestToken(self.next);
        self.next += 1;
        token
    }

    /// Takes a request in; it ends as timed out at `deadline` unless it is removed before.
    pub fn insert(&mut self, deadline: Timestamp, data: D) -> RequestToken {
        let token = self.token();
        self.open.insert(token, Request { data, deadline });
        token
    }

    /// The requests in flight, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (RequestToken, &Request<D>)> {
        self.open.iter().map(|(token, request)| (*token, request))
    }

    /// The requests in flight, oldest first, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (RequestToken, &mut Request<D>)> {
        self.open.iter_mut().map(|(token, request)| (*token, request))
    }

    /// Ends a request; `None` if it has ended already.
    pub fn remove(&mut self, token: RequestToken) -> Option<D> {
        self.open.remove(&token).map(|request| request.data)
    }

    /// Ends the oldest request that has reached its deadline. Call until `None`.
    pub fn pop_expired(&mut self, now: Timestamp) -> Option<(RequestToken, D)> {
        let token = self.iter().find(|(_, request)| request.deadline <= now)?.0;
        self.remove(token).map(|data| (token, data))
    }

    /// Ends all requests, oldest first: the connection is gone.
    pub fn drain(&mut self) -> Vec<(RequestToken, D)> {
        core::mem::take(&mut self.open).into_iter().map(|(token, request)| (token, request.data)).collect()
    }

    /// The earliest deadline of all.
    pub fn poll_deadline(&self) -> Option<Deadline> {
        let at = self.open.values().map(|request| request.deadline).min()?;
        Some(Deadline { at, why: "a reply is due" })
    }

    /// How many are in flight.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether none is in flight.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    fn at(s: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(s))
    }

    #[test]
    fn expires_in_order_of_age_and_once() {
        let mut table = RequestTable::default();
        let a = table.insert(at(5), "a");
        let b = table.insert(at(3), "b");
        let c = table.insert(at(9), "c");
        assert_eq!(table.poll_deadline().unwrap().at, at(3));
        assert_eq!(table.pop_expired(at(2)), None);
        assert_eq!(table.pop_expired(at(5)), Some((a, "a")));
        assert_eq!(table.pop_expired(at(5)), Some((b, "b")));
        assert_eq!(table.pop_expired(at(5)), None);
        assert_eq!(table.remove(a), None);
        assert_eq!(table.drain(), [(c, "c")]);
        assert!(table.is_empty() && table.poll_deadline().is_none());
    }

    #[test]
    fn tokens_are_never_used_twice() {
        let mut table = RequestTable::default();
        let first = table.insert(at(1), ());
        table.remove(first);
        assert_ne!(table.insert(at(1), ()), first);
        assert_ne!(table.token(), table.token());
    }
}
