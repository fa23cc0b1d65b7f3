//! How a stream is, as each user on it is told (dossier 4.1).

use super::MultistreamerWorld;
use crate::wire::Out;
use dummyload_host::{Cx, PeerId};
use multistreamer_proto::{Account, AccountId, Accounts, Network, ServerMessage, Status, StreamId, StreamStatus};
use std::collections::BTreeSet;

impl MultistreamerWorld {
    /// Tells these sockets how their streams are; each in its own view.
    pub(crate) fn tell_status(&mut self, cx: &mut Cx<'_>, peers: &[PeerId]) {
        for &peer in peers {
            let stream = self.sockets.get(peer).and_then(|socket| self.state.stream(socket.stream));
            // Of a stream that was deleted nobody knows anything.
            let status = stream.map(|stream| stream.status).unwrap_or_default();
            self.tell(cx, peer, status);
        }
    }

    /// Tells all sockets of a stream that it has ended. What is told is always the same, also where an encoder still sends.
    pub(crate) fn tell_end(&mut self, cx: &mut Cx<'_>, stream: StreamId) {
        for peer in self.sockets.of(stream) {
            self.tell(cx, peer, StreamStatus::default());
        }
    }

    fn tell(&mut self, cx: &mut Cx<'_>, peer: PeerId, status: StreamStatus) {
        let Some(accounts) = self.accounts_for(peer, status.pushing) else { return };
        let mut message = Status::default();
        message.status = status;
        message.accounts = Some(accounts);
        let out = Out::message(self.rules(), &ServerMessage::Status(message), None);
        self.send(cx, &[peer], &out);
    }

    /// The accounts that a socket's user is shown.
    fn accounts_for(&mut self, peer: PeerId, is_live: bool) -> Option<Accounts<'static>> {
        let socket = self.sockets.get_mut(peer)?;
        let stream = self.state.stream(socket.stream);
        let user = socket.user;
        let mut accounts = Accounts::default();
        let name = self.state.user(user).map(|user| user.seed.username.clone()).unwrap_or_default();
        let mut irc = Account::new(name, Network::new("irc", "IRC"));
        (irc.ready, irc.writable) = (true, true);
        accounts.by_id.insert(AccountId::IRC, irc);
        let Some(stream) = stream.filter(|_| is_live) else { return Some(accounts) };
        let listed = socket.accounts.get_or_insert_with(|| stream.attached.keys().copied().collect()).clone();
        let (id, may_write) = (socket.stream, socket.chat_level == 2);
        let mut networks = BTreeSet::new();
        for account in &listed {
            let (Some(known), Some(attached)) = (self.state.account(*account), stream.attached.get(account)) else {
                continue;
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
            shown.ready = self.options.profile.rules().ready_after_writer && self.manager.has_writer(id, known.seed.id);
            accounts.by_id.insert(known.seed.id, shown);
        }
        Some(accounts)
    }
}

fn shown(account: &super::state::Account) -> Account<'static> {
    let network = Network::new(account.seed.network.clone(), account.network().display_name);
    Account::new(account.seed.name.clone(), network)
}
