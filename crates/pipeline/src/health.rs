//! What a process waits for, if anything: for `/readyz`, the terminal and the person on call.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often a wait is said again in the log.
const SAY_AGAIN: Duration = Duration::from_secs(5);

/// Shared by all workers of a process.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<BTreeMap<String, Wait>>>);

#[derive(Debug)]
struct Wait {
    what: String,
    since: Instant,
    said: Instant,
}

impl Health {
    /// `who` cannot go on because of `what`; said in the log at once and then every few seconds.
    pub fn waiting(&self, who: &str, what: &str) {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let known = waits.get_mut(who);
        if let Some(wait) = known {
            wait.what = what.to_owned();
            if wait.said.elapsed() >= SAY_AGAIN {
                wait.said = now;
                let seconds = wait.since.elapsed().as_secs();
                tracing::warn!(worker = who, seconds, "still waiting after {seconds} s: {what}");
            }
            return;
        }
        tracing::warn!(worker = who, "waiting: {what}");
        waits.insert(who.to_owned(), Wait { what: what.to_owned(), since: now, said: now });
    }

    /// `who` goes on.
    pub fn going(&self, who: &str) {
        let mut waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = waits.remove(who) {
            let seconds = wait.since.elapsed().as_secs();
            tracing::info!(worker = who, seconds, "goes on after {seconds} s: {}", wait.what);
        }
    }

    /// What is waited for, by worker; empty when all is well.
    pub fn waits(&self) -> Vec<(String, String)> {
        let waits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waits.iter().map(|(who, wait)| (who.clone(), wait.what.clone())).collect()
    }
}
