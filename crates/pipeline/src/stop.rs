//! One token from SIGTERM to every worker.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Set once; everybody who holds a clone sees it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<(Mutex<Option<Instant>>, Condvar)>);

impl Stop {
    /// A token that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to stop.
    pub fn set(&self) {
        let mut since = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.get_or_insert_with(Instant::now);
        self.0.1.notify_all();
    }

    /// Whether to stop.
    pub fn is_set(&self) -> bool {
        self.since().is_some()
    }

    /// Whether the stop was asked for more than `grace` ago.
    pub fn is_overdue(&self, grace: Duration) -> bool {
        self.since().is_some_and(|since| since.elapsed() >= grace)
    }

    /// Sleeps for `wait`, or until the stop; says whether to stop.
    pub fn sleep(&self, wait: Duration) -> bool {
        let since = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, _) =
            self.0.1.wait_timeout_while(since, wait, |since| since.is_none()).unwrap_or_else(PoisonError::into_inner);
        since.is_some()
    }

    fn since(&self) -> Option<Instant> {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
