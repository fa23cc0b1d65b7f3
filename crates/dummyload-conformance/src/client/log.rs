//! The transcript of a case for clients: several tasks write it.

use crate::transcript::{Direction, Entry};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// The most entries that are kept: a program that hammers must not fill the memory.
const MOST: usize = 2000;

/// What is written to from all sides; clones write to the same.
#[derive(Clone)]
pub(super) struct Log {
    began: Instant,
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Log {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), entries: Arc::default() }
    }

    pub(super) fn note(&self, conn: &str, direction: Direction, kind: &'static str, text: impl Into<String>) {
        let t = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() < MOST {
            entries.push(Entry { t, conn: conn.to_owned(), direction, kind: kind.into(), text: text.into() });
        }
    }

    pub(super) fn elapsed(&self) -> std::time::Duration {
        self.began.elapsed()
    }

    pub(super) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
