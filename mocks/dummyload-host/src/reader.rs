//! Reading the journal without holding up the mock: a few entries are copied under the lock, and shown without it.

use crate::journal::{Entry, Query};
use crate::peer::{Shared, lock};
use crate::redact::Redactor;
use serde_json::Value;
use std::sync::Arc;

/// How many entries are looked at under one lock.
const PAGE: usize = 128;

/// Goes through the entries that match, oldest first, and on to those that come.
pub(crate) struct Reader {
    engine: Shared,
    query: Query,
    /// The number of the last entry that was looked at.
    at: u64,
    redactor: Redactor,
}

impl Reader {
    /// Begins behind the entry with the number `since`.
    pub(crate) fn new(engine: &Shared, query: Query, since: u64) -> Self {
        let redactor = lock(engine).redactor();
        Self { engine: Arc::clone(engine), query, at: since, redactor }
    }

    /// The matching ones among the next entries, with their numbers; `None` if there is no further entry yet.
    pub(crate) fn page(&mut self) -> Option<Vec<(u64, Value)>> {
        let found: Vec<Entry> = {
            let engine = lock(&self.engine);
            let (found, at) = engine.journal.page(self.at, PAGE, &self.query)?;
            self.at = at;
            found
        };
        Some(found.iter().map(|entry| (entry.seq, entry.show(&self.redactor))).collect())
    }

    /// All that match now, but no more than `limit`.
    pub(crate) fn rest(&mut self, limit: usize) -> Vec<Value> {
        let mut all = Vec::new();
        while let Some(page) = self.page().filter(|_| all.len() < limit) {
            all.extend(page.into_iter().map(|(_, entry)| entry));
        }
        all.truncate(limit);
        all
    }

    /// Waits until there may be further entries.
    pub(crate) async fn more(&mut self) {
        let news = Arc::clone(&lock(&self.engine).news);
        let mut change = std::pin::pin!(news.notified());
        change.as_mut().enable();
        // Entries that were forgotten by a reset are none to be waited for.
        if !lock(&self.engine).journal.has_after(self.at) {
            change.await;
        }
        // What the world holds secret may have changed as well.
        self.redactor = lock(&self.engine).redactor();
    }
}
