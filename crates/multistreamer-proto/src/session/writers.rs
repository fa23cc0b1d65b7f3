//! Who can write where: what the last status shows, which writers have been made, and which are wanted.

use super::CommandError;
use crate::{Account, AccountId, Status};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// An account and the account in whose chat it writes.
pub(super) type Pair = (AccountId, AccountId);

/// What a client has to remember because the server does not: an account stays "not ready" in every status after its writer
/// was made (dossier 4.1).
#[derive(Debug, Default)]
pub(super) struct Writers {
    status: Option<Status<'static>>,
    /// Made in this life of the stream.
    made: BTreeSet<Pair>,
    /// Wanted in every life of it.
    wanted: BTreeSet<Pair>,
}

impl Writers {
    /// Takes in a status. Whether the stream has just ended. One without accounts was injected from elsewhere, and says
    /// nothing about them (dossier 4.7).
    pub(super) fn heard(&mut self, status: Status<'static>) -> bool {
        if status.accounts.is_none() {
            return false;
        }
        let was_live = self.is_live();
        if !status.status.pushing {
            self.made.clear();
        }
        self.status = Some(status);
        was_live && !self.is_live()
    }

    pub(super) fn is_live(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.status.pushing)
    }

    /// The connection is gone, and with it all that is known. Writers that were made are still there, but nobody would tell
    /// if they were not (dossier 5).
    pub(super) fn lost(&mut self) {
        self.status = None;
        self.made.clear();
    }

    pub(super) fn status(&self) -> Option<&Status<'static>> {
        self.status.as_ref()
    }

    pub(super) fn account(&self, id: AccountId) -> Option<&Account<'static>> {
        self.status.as_ref()?.accounts.as_ref()?.by_id.get(&id)
    }

    /// A writer was made. Whether that is news.
    pub(super) fn was_made(&mut self, pair: Pair) -> bool {
        self.made.insert(pair)
    }

    /// A writer may be gone. Whether one was known.
    pub(super) fn doubt(&mut self, pair: Pair) -> bool {
        self.made.remove(&pair)
    }

    pub(super) fn want(&mut self, pair: Pair) {
        self.wanted.insert(pair);
    }

    pub(super) fn forget(&mut self, pair: Pair) {
        self.wanted.remove(&pair);
    }

    /// Those that are wanted, could be made, and are not there.
    pub(super) fn missing(&self) -> Vec<Pair> {
        let open = |pair: &&Pair| !self.is_there(**pair) && self.check(**pair).is_ok();
        self.wanted.iter().filter(open).copied().collect()
    }

    /// Whether a pair can be written with at once. The internal chat always can.
    pub(super) fn is_there(&self, (account, target): Pair) -> bool {
        if account == AccountId::IRC {
            return target == AccountId::IRC && self.status.is_some();
        }
        let own = account == target && self.account(account).is_some_and(|account| account.ready && account.live);
        own || self.made.contains(&(account, target))
    }

    /// Whether a writer may be asked for. The real server's chat does not survive the wrong question (dossier 4.2), so every
    /// id is one of the last status, and the networks are the same.
    pub(super) fn check(&self, (account, target): Pair) -> Result<(), CommandError> {
        let find = |id| self.account(id).ok_or(CommandError::UnknownAccount(id));
        let (from, into) = (find(account)?, find(target)?);
        if !into.live || target == AccountId::IRC {
            return Err(CommandError::NotLive(target));
        }
        if !from.writable {
            return Err(CommandError::NotWritable(account));
        }
        if account == AccountId::IRC
            || from.network.as_ref().map(|it| &it.name) != into.network.as_ref().map(|it| &it.name)
        {
            return Err(CommandError::OtherNetwork);
        }
        Ok(())
    }
}
