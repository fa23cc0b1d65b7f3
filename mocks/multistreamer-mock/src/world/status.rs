//! How a stream is, as each user on it is told (dossier 4.1).

use super::MultistreamerWorld;
use crate::wire::Out;
use dummyload_host::{Cx, PeerId, Problem, ProblemKind};
use multistreamer_proto::{Account, AccountId, Accounts, Network, ServerMessage, Status, StreamId, StreamStatus};
use std::collections::BTreeSet;

/// A socket's list has an account that does not belong to its stream any more. The server fails at it (dossier 4.1).
struct Stale(AccountId);

impl MultistreamerWorld {
    /// Tells these sockets how their streams are; each in its own view.
    pub(crate) fn tell_status(&mut self, cx: &mut Cx<'_>, peers: &[PeerId]) {
        for &peer in peers {
            let Some(stream) = self.sockets.get(peer).map(|socket| socket.stream) else { continue };
            let status = self.state.status(stream);
            if let Err(Stale(account)) = self.tell(cx, peer, status) {
                // It is the half of the connection that tells which ends, and the other one says so.
                cx.problem(peer, Problem::new(ProblemKind::Refused, "stale-account", "dossier 4.1", stale(account)));
                cx.close(peer, None, "");
                self.sockets.remove(peer);
            }
        }
    }

    /// The answer to a request.
    pub(crate) fn asked_for_status(&mut self, cx: &mut Cx<'_>, peer: PeerId) {
        let Some(stream) = self.sockets.get(peer).map(|socket| socket.stream) else { return };
        let status = self.state.status(stream);
        if let Err(Stale(account)) = self.tell(cx, peer, status) {
            self.cut(cx, peer, "stale-account", "dossier 4.1", stale(account));
        }
    }

    /// Tells all sockets of a stream that it has ended. What is told is always the same, also where an encoder still sends.
    pub(crate) fn tell_end(&mut self, cx: &mut Cx<'_>, stream: StreamId) {
        for peer in self.sockets.of(stream) {
            // Of a stream that has ended no accounts are told, so none of them is stale.
            let _ = self.tell(cx, peer, StreamStatus::default());
        }
    }

    fn tell(&mut self, cx: &mut Cx<'_>, peer: PeerId, status: StreamStatus) -> Result<(), Stale> {
        let Some(accounts) = self.accounts_for(peer, status.pushing)? else { return Ok(()) };
        let mut message = Status::default();
        message.status = status;
        message.accounts = Some(accounts);
        let out = Out::message(self.rules(), &ServerMessage::Status(message), None);
        self.send(cx, &[peer], &out);
        Ok(())
    }

    /// The accounts that a socket's user is shown.
    fn accounts_for(&mut self, peer: PeerId, is_live: bool) -> Result<Option<Accounts<'static>>, Stale> {
        let rules = self.options.profile.rules();
        let Some(socket) = self.sockets.get_mut(peer) else { return Ok(None) };
        let stream = self.state.stream(socket.stream);
        let user = socket.user;
        let mut accounts = Accounts::default();
        let name = self.state.user(user).map(|user| user.seed.username.clone()).unwrap_or_default();
        let mut irc = Account::new(name, Network::new("irc", "IRC"));
        (irc.ready, irc.writable) = (true, true);
        accounts.by_id.insert(AccountId::IRC, irc);
        if !is_live {
            return Ok(Some(accounts));
        }
        let attached = || stream.map(|stream| stream.attached.keys().copied().collect()).unwrap_or_default();
        let listed: Vec<AccountId> = socket.accounts.get_or_insert_with(attached).clone();
        let (id, may_write) = (socket.stream, socket.chat_level == 2);
        let mut networks = BTreeSet::new();
        for account in &listed {
            let attached = stream.and_then(|stream| stream.attached.get(account));
            let (Some(known), Some(attached)) = (self.state.account(*account), attached) else {
                if rules.deletes_with_care {
                    continue;
                }
                return Err(Stale(*account));
            };
            networks.insert(known.seed.network.clone());
            let mut shown = shown(known);
            (shown.ready, shown.live) = (true, true);
            shown.writable = known.network().writes && may_write;
            shown.http_url = attached.http_url.clone().map(Into::into);
            accounts.by_id.insert(*account, shown);
        }
        for known in self.state.accounts_of(user) {
            if listed.contains(&known.seed.id) || !networks.contains(&known.seed.network) {
                continue;
            }
            let mut shown = shown(known);
            shown.writable = known.network().writes;
            shown.ready = rules.ready_after_writer && self.manager.has_writer(id, known.seed.id);
            accounts.by_id.insert(known.seed.id, shown);
        }
        Ok(Some(accounts))
    }
}

fn stale(account: AccountId) -> String {
    format!(
        "the socket remembers account {account}, which does not belong to the stream any more, and the server fails at that"
    )
}

fn shown(account: &super::state::Account) -> Account<'static> {
    let network = Network::new(account.seed.network.clone(), account.network().display_name);
    Account::new(account.seed.name.clone(), network)
}
