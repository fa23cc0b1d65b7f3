//! The wish to end a run before its time.

use tokio::sync::watch;

/// Ends a run early: its report has what was judged by then.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Default for Stopper {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stopper {
    /// Ends all runs that have this one.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody has.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    pub(crate) async fn wait(&self) {
        // The sender lives as long as this does, so the wish comes or is waited for.
        let _ = self.0.subscribe().wait_for(|stop| *stop).await;
    }
}
