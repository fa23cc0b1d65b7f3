//! The chat manager: writers, readers and the counting of viewers (dossier 4.2, 4.3).

use super::irc::Words;
use super::{Due, MultistreamerWorld};
use crate::options::DeadChatManager;
use crate::wire;
use dummyload_host::{Cx, Party, PeerId, Problem, ProblemKind};
use dummyload_session::Timestamp;
use multistreamer_proto::{AccountId, Extra, StreamId, UserId, Writer, lua_number};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// An account that writes into the chat of another one, or of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    pub(crate) target: AccountId,
    pub(crate) account: AccountId,
}

/// Which writers there are. The pair of an account with itself reads, too.
#[derive(Debug, Default)]
pub(crate) struct Manager {
    writers: BTreeSet<(StreamId, Pair)>,
    died: bool,
}

impl Manager {
    pub(crate) fn has(&self, stream: StreamId, pair: Pair) -> bool {
        self.writers.contains(&(stream, pair))
    }

    /// Whether this account can write into some chat of the stream.
    pub(crate) fn has_writer(&self, stream: StreamId, account: AccountId) -> bool {
        self.writers.iter().any(|(of, pair)| *of == stream && pair.account == account)
    }

    pub(crate) fn writers(&self) -> impl Iterator<Item = (StreamId, Pair)> + '_ {
        self.writers.iter().copied()
    }

    /// The streams that read the chat of this account.
    pub(crate) fn readers(&self, account: AccountId) -> Vec<StreamId> {
        let own = Pair { target: account, account };
        self.writers.iter().filter(|(_, pair)| *pair == own).map(|(stream, _)| *stream).collect()
    }
}

/// An id in a request for a writer.
enum Id {
    Missing,
    Known(AccountId),
    /// It is no id of anything, which the server does not expect.
    Odd(String),
}

impl Id {
    /// The server converts texts generously (dossier 4.2, recording `writer-id-forms`).
    fn read(id: Option<AccountId>, name: &str, extra: &Extra<'_>) -> Self {
        if let Some(id) = id {
            return if i32::try_from(id.0).is_ok() { Self::Known(id) } else { Self::Odd(id.to_string()) };
        }
        let Some(raw) = extra.get(name).map(multistreamer_proto::Raw::as_str) else { return Self::Missing };
        let text = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let number = text.and_then(lua_number).filter(|number| number.fract() == 0.0);
        match number.filter(|number| number.abs() <= f64::from(i32::MAX)) {
            Some(number) => Self::Known(AccountId(number as i64)),
            None => Self::Odd(raw.to_owned()),
        }
    }
}

impl MultistreamerWorld {
    pub(crate) fn manager_is_dead(&self) -> bool {
        self.manager.died || self.options.dead_chat_manager == DeadChatManager::Always
    }

    /// Why nothing comes of it where the chat manager is needed; `false` where it lives.
    fn is_dead(&mut self, cx: &mut Cx<'_>, peer: PeerId) -> bool {
        let dead = self.manager_is_dead();
        if dead {
            let text = "the chat manager is dead: there are no writers, no chat of networks and no counts";
            self.drop_it(cx, peer, "dead-chat-manager", "dossier 4.2", text);
        }
        dead
    }

    /// What kills the chat manager of the real server.
    fn killer(&mut self, cx: &mut Cx<'_>, peer: PeerId, why: &str) {
        if self.options.dead_chat_manager == DeadChatManager::ByInput {
            self.manager.writers.clear();
            self.manager.died = true;
            self.agenda.retain(|(_, due)| matches!(due, Due::End(_)));
            Self::record(cx, peer, "chat-manager-died", json!({"why": why}));
        }
        let text = format!("{why}; this kills the chat manager of the real server, until the process is started again");
        self.drop_it(cx, peer, "killer-input", "dossier 4.2", text);
    }

    /// A stream goes live: its accounts can be written with and read, and their viewers are counted.
    pub(crate) fn start_chats(&mut self, cx: &mut Cx<'_>, stream: StreamId) {
        for pair in self.begin(stream, cx.now()) {
            self.count_now(cx, stream, pair.account);
        }
    }

    /// The same without telling anybody.
    pub(crate) fn begin(&mut self, stream: StreamId, now: Timestamp) -> Vec<Pair> {
        if self.manager_is_dead() {
            return Vec::new();
        }
        let accounts = self.state.stream(stream).map(|stream| stream.attached.keys().copied().collect::<Vec<_>>());
        let accounts = accounts.unwrap_or_default();
        let pairs: Vec<Pair> = accounts.into_iter().map(|account| Pair { target: account, account }).collect();
        for pair in &pairs {
            self.manager.writers.insert((stream, *pair));
            self.schedule_count(stream, *pair, now);
        }
        for (at, line) in self.state.lines.iter().enumerate() {
            if pairs.iter().any(|pair| pair.account == line.account) {
                self.agenda.insert((now + Duration::from_secs_f64(line.after), Due::Line(stream, at)));
            }
        }
        pairs
    }

    /// A stream ends: all its writers are gone.
    pub(crate) fn end_chats(&mut self, cx: &mut Cx<'_>, stream: StreamId) {
        self.manager.writers.retain(|(of, _)| *of != stream);
        for (_, due) in &self.agenda {
            if let Due::Writer(of, _, pair) = due
                && *of == stream
            {
                let text =
                    format!("the stream has ended before the writer of {} to {} was made", pair.account, pair.target);
                cx.problem(Party::World, Problem::new(ProblemKind::Dropped, "not-live", "dossier 4.2", text));
            }
        }
        self.agenda.retain(|(_, due)| !due.is_of(stream));
    }

    /// An account takes no part in any chat any more.
    pub(crate) fn forget_chats_of(&mut self, account: AccountId) {
        let is_its = |pair: &Pair| pair.account == account || pair.target == account;
        self.manager.writers.retain(|(_, pair)| !is_its(pair));
        self.agenda.retain(|(_, due)| !matches!(due, Due::Count(_, pair) | Due::Writer(_, _, pair) if is_its(pair)));
    }

    fn schedule_count(&mut self, stream: StreamId, pair: Pair, from: Timestamp) {
        let counts = self.state.account_of_chat(pair.account).is_some_and(|account| account.network().counts);
        let every = self.options.view_count_every;
        if counts && every > 0 {
            self.agenda.insert((from + Duration::from_secs(every.into()), Due::Count(stream, pair)));
        }
    }

    /// The next count of a writer's account is due.
    pub(crate) fn count(&mut self, cx: &mut Cx<'_>, stream: StreamId, pair: Pair, at: Timestamp) {
        if self.manager.has(stream, pair) {
            self.count_now(cx, stream, pair.account);
            self.schedule_count(stream, pair, at);
        }
    }

    /// Tells all sockets of a stream how many are watching an account, unless its network says that it is not live.
    pub(crate) fn count_now(&mut self, cx: &mut Cx<'_>, stream: StreamId, account: AccountId) {
        let peers = self.sockets.of(stream);
        self.tell_viewers(cx, &peers, stream, account);
    }

    /// Whether there was a number to tell.
    fn tell_viewers(&mut self, cx: &mut Cx<'_>, peers: &[PeerId], stream: StreamId, account: AccountId) -> bool {
        let known = self.state.account_of_chat(account).filter(|account| account.network().counts);
        let Some(viewers) = known.and_then(|account| account.seed.viewers) else { return false };
        let out = wire::view_count(self.rules(), account, stream, viewers);
        self.send(cx, peers, &out);
        true
    }

    pub(crate) fn asked_for_viewers(&mut self, cx: &mut Cx<'_>, peer: PeerId) {
        if !self.rules().answers_view_count {
            let text = "the server does not answer viewcount: counts come by themselves, once a minute";
            return self.drop_it(cx, peer, "viewcount", "dossier 4.3", text);
        }
        if self.is_dead(cx, peer) {
            return;
        }
        let Some(stream) = self.sockets.get(peer).map(|socket| socket.stream) else { return };
        let live = self.state.stream(stream).filter(|stream| stream.status.pushing);
        let accounts: Vec<AccountId> = live.map(|stream| stream.attached.keys().copied().collect()).unwrap_or_default();
        if accounts.is_empty() {
            return self.drop_it(cx, peer, "not-live", "dossier 4.3", "nobody is counted while the stream is not live");
        }
        let told = accounts.into_iter().filter(|account| self.tell_viewers(cx, &[peer], stream, *account)).count();
        if told == 0 {
            let text = "no network of the live accounts tells how many are watching: it counts nobody, or says that the channel is not live";
            self.drop_it(cx, peer, "no-count", "dossier 4.3", text);
        }
    }

    pub(crate) fn asked_for_writer(
        &mut self,
        cx: &mut Cx<'_>,
        peer: PeerId,
        writer: &Writer<'_>,
        message: &Map<String, Value>,
        has_nan: bool,
    ) {
        let Some(socket) = self.sockets.get(peer) else { return };
        let (stream, user) = (socket.stream, socket.user);
        let account = Id::read(writer.account_id, "account_id", &writer.extra);
        let target = Id::read(writer.target, "cur_stream_account_id", &writer.extra);
        if matches!(account, Id::Missing) || matches!(target, Id::Missing) {
            if has_nan {
                return self.cut(cx, peer, "not-a-number", "dossier 5", "a number is none and cannot be passed on");
            }
            let text = "a writer needs account_id and cur_stream_account_id";
            return self.drop_it(cx, peer, "incomplete-writer", "dossier 4.2", text);
        }
        // The ids are written anew on the way to the chat manager, so what cannot be written does not get there.
        let ids: Map<String, Value> = ["account_id", "cur_stream_account_id"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), message.get(name)?.clone())))
            .collect();
        if !self.can_be_written(cx, peer, &ids, false) {
            return;
        }
        if self.is_dead(cx, peer) {
            return;
        }
        let pair = match (account, target) {
            (Id::Known(account), Id::Known(target)) => Pair { target, account },
            (Id::Odd(odd), _) | (_, Id::Odd(odd)) => {
                return self.killer(cx, peer, &format!("{odd} is no id of an account"));
            }
            _ => return,
        };
        if self.manager.has(stream, pair) {
            return self.tell_writer(cx, stream, user, pair);
        }
        if let Err(why) = self.can_have_writer(stream, pair) {
            return self.killer(cx, peer, &why);
        }
        if self.rules().writer_must_write {
            let writes = self.state.account(pair.account).is_some_and(|account| account.network().writes);
            if !writes {
                let text = format!("{} is on a network that cannot be written to", self.account_name(pair.account));
                return self.drop_it(cx, peer, "network-cannot-write", "dossier 4.2", text);
            }
            if !self.state.stream(stream).is_some_and(|stream| stream.status.pushing) {
                return self.drop_it(cx, peer, "not-live", "dossier 4.2", "the stream is not live");
            }
        }
        match self.options.writer_delay {
            0 => self.make_writer(cx, stream, user, pair),
            ms => {
                let at = cx.now() + Duration::from_millis(ms.into());
                self.agenda.insert((at, Due::Writer(stream, user, pair)));
            }
        }
    }

    /// Whether the module of the account's network finds what it needs (dossier 4.2).
    fn can_have_writer(&self, stream: StreamId, pair: Pair) -> Result<(), String> {
        let unknown = |id: AccountId| format!("there is no account {id}");
        let account = self.state.account(pair.account).ok_or_else(|| unknown(pair.account))?;
        let target = self.state.account(pair.target).ok_or_else(|| unknown(pair.target))?;
        let attached = self.state.stream(stream).and_then(|stream| stream.attached.get(&pair.target));
        let attached = attached.ok_or_else(|| format!("account {} does not belong to the stream", pair.target))?;
        if !account.network().reads {
            return Ok(());
        }
        if account.network().name != target.network().name {
            let (from, into) = (account.network().display_name, target.network().display_name);
            return Err(format!("an account on {from} cannot write into a chat on {into}"));
        }
        if !attached.has_been_live {
            return Err(format!("account {} was never live with this stream", pair.target));
        }
        Ok(())
    }

    /// A writer is there: whoever asked for it is told, on all his sockets.
    pub(crate) fn make_writer(&mut self, cx: &mut Cx<'_>, stream: StreamId, user: UserId, pair: Pair) {
        if self.manager.writers.insert((stream, pair)) {
            let details = json!({"stream": stream, "user": user, "account": pair.account, "target": pair.target});
            Self::record(cx, Party::World, "writer", details);
            self.count_now(cx, stream, pair.account);
            self.schedule_count(stream, pair, cx.now());
        }
        self.tell_writer(cx, stream, user, pair);
    }

    fn tell_writer(&mut self, cx: &mut Cx<'_>, stream: StreamId, user: UserId, pair: Pair) {
        let all = self.rules().writer_result_for_all;
        let peers = if all { self.sockets.of(stream) } else { self.sockets.of_user(stream, user) };
        let out = wire::writer_result(self.rules(), pair.account, pair.target);
        self.send(cx, &peers, &out);
    }

    /// Somebody writes into the chat of a network. Without a writer nothing comes of it, and nobody tells (dossier 4.4).
    pub(crate) fn write(
        &mut self,
        cx: &mut Cx<'_>,
        peer: PeerId,
        stream: StreamId,
        account: AccountId,
        target: AccountId,
        words: &Words,
    ) {
        if self.is_dead(cx, peer) {
            return;
        }
        let pair = Pair { target, account };
        if !self.manager.has(stream, pair) {
            let is_live = self.state.stream(stream).is_some_and(|stream| stream.status.pushing);
            let unknown = [account, target].into_iter().find(|id| id.0 != 0 && self.state.account(*id).is_none());
            let (code, text) = if let Some(id) = unknown {
                let text = format!(
                    "there is no account {id}; ask for no writer with it either, the real server's chat manager dies of that"
                );
                ("no-account", text)
            } else if is_live {
                let text = format!(
                    "{} has no writer for the chat of {}: ask for one, and wait for writerresult",
                    self.account_name(account),
                    self.account_name(target)
                );
                ("no-writer", text)
            } else {
                ("not-live", "the stream is not live, so there is no chat but the internal one".to_owned())
            };
            return self.drop_it(cx, peer, code, "dossier 4.4", text);
        }
        let Some(known) = self.state.account_of_chat(account) else { return };
        if !known.network().writes {
            let text = format!("{} is on a network that cannot be written to", self.account_name(account));
            return self.drop_it(cx, peer, "network-cannot-write", "dossier 4.2", text);
        }
        if words.is_number && known.network().echoes_itself {
            return self.killer(cx, peer, &format!("text is the number {}, sent to Twitch", words.text));
        }
        if self.options.mute_writers {
            let text = "the option mute_writers is on: the writer takes texts and loses them";
            return self.drop_it(cx, peer, "mute-writer", "dossier 4.2", text);
        }
        self.written(cx, peer, stream, pair, words);
    }
}
