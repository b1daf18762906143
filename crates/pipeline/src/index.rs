//! What a keyed stage knows of its table at a glance: which rows are due. It is derived from the rows alone, so that a
//! restart knows what was known before it.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use schemas::Timestamp;

/// A row's key.
pub type Key = Arc<[u8]>;

/// An index over the newest value of each row of a partition, changes that are not committed yet included.
pub trait Index<R>: Send + Sync {
    /// The row is now this, or gone. Called again with an older value where a commit was undone.
    fn set(&mut self, key: &Key, row: Option<&R>);

    /// When the next row is due; may be too early, never too late.
    fn next_due(&self) -> Option<Timestamp>;

    /// Up to `max` rows that are due at `now`. The caller then sets or snoozes each of them.
    fn due(&mut self, now: Timestamp, max: usize) -> Vec<Key>;

    /// The row is not due before `until`, until it is set again.
    fn snooze(&mut self, key: &Key, until: Timestamp);
}

/// The plain index: each row says when it is due.
pub struct Timers<R> {
    due: fn(&R) -> Option<Timestamp>,
    order: BTreeSet<(Timestamp, Key)>,
    times: HashMap<Key, Timestamp>,
}

impl<R> Timers<R> {
    /// Over nothing yet; `due` reads a row.
    pub fn new(due: fn(&R) -> Option<Timestamp>) -> Self {
        Self { due, order: BTreeSet::new(), times: HashMap::new() }
    }

    fn move_to(&mut self, key: &Key, due: Option<Timestamp>) {
        let old = match due {
            Some(due) => self.times.insert(Arc::clone(key), due),
            None => self.times.remove(key),
        };
        if let Some(old) = old {
            self.order.remove(&(old, Arc::clone(key)));
        }
        if let Some(due) = due {
            self.order.insert((due, Arc::clone(key)));
        }
    }
}

impl<R> fmt::Debug for Timers<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers").field("rows", &self.times.len()).finish_non_exhaustive()
    }
}

impl<R> Index<R> for Timers<R> {
    fn set(&mut self, key: &Key, row: Option<&R>) {
        let due = row.and_then(self.due);
        if self.times.get(key).copied() != due {
            self.move_to(key, due);
        }
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.order.first().map(|(due, _)| *due)
    }

    fn due(&mut self, now: Timestamp, max: usize) -> Vec<Key> {
        self.order.iter().take_while(|(due, _)| *due <= now).take(max).map(|(_, key)| Arc::clone(key)).collect()
    }

    fn snooze(&mut self, key: &Key, until: Timestamp) {
        if self.times.contains_key(key) {
            self.move_to(key, Some(until));
        }
    }
}
