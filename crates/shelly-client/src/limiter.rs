//! The cloud takes one request a second from an account (dossier 5).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Spaces requests out, whoever makes them.
#[derive(Debug)]
pub(crate) struct Limiter {
    spacing: Duration,
    next: Mutex<Instant>,
}

impl Limiter {
    pub(crate) fn new(spacing: Duration) -> Self {
        Self { spacing, next: Mutex::new(Instant::now()) }
    }

    /// Waits until it is one's turn. Whoever gives up waiting leaves a turn unused.
    pub(crate) async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = Instant::now().max(*next);
            *next = turn + self.spacing;
            turn
        };
        tokio::time::sleep_until(turn).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[tokio::test(start_paused = true)]
    async fn turns_are_spaced_out_and_not_saved_up() {
        let limiter = Limiter::new(Duration::from_millis(1200));
        let start = Instant::now();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let turn = || async {
            limiter.turn().await;
            start.elapsed().as_millis()
        };
        assert_eq!(join_all([turn(), turn(), turn()]).await, [60_000, 61_200, 62_400]);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(turn().await, 63_600);
    }
}
