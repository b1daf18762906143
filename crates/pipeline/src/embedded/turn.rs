//! Whose turn it is to write. SQLite gives its write lock to whoever asks at the right moment, so on a slow disk a process
//! that commits and commits keeps every other one out for good. Who wants to write therefore first takes its turn: one
//! process at a time waits for the lock, and the one that has just had it stands behind.
//!
//! The turn is for fairness alone; the database's own lock keeps writers apart.

use std::{
    fs::{File, TryLockError},
    thread,
    time::{Duration, Instant},
};

/// How long a writer waits for its turn, and again for the database's lock, and how often it looks.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(30);
pub(super) const LOOK: Duration = Duration::from_millis(2);

/// The file whose lock is the turn; none where the log is in memory, and one process is all.
pub(super) struct Turn(Option<File>);

impl Turn {
    pub(super) const fn by(file: File) -> Self {
        Self(Some(file))
    }

    pub(super) const fn alone() -> Self {
        Self(None)
    }

    /// Waits until it is this process's turn, and keeps it until the guard goes: drop it once the database's lock is had.
    /// One that waited for [`WAIT_MAX`] goes on without.
    pub(super) fn take(&self) -> Taken<'_> {
        let Some(file) = &self.0 else { return Taken(None) };
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Taken(Some(file)),
                Err(TryLockError::WouldBlock) if since.elapsed() < WAIT_MAX => thread::sleep(LOOK),
                Err(_) => return Taken(None),
            }
        }
    }
}

/// The turn is this process's.
pub(super) struct Taken<'a>(Option<&'a File>);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // The lock goes with the file at the latest.
        let _ = self.0.map(File::unlock);
    }
}
