//! The worker's other thread: it commits one batch while the next is gathered and worked on.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel},
    },
    time::{Duration, Instant},
};

use schemas::Timestamp;

use crate::{Commit, CommitError, Committer, Health, LogError, Step, Steps, Stop, StoreError, WriteStore};

/// Between two tries of a store that cannot be written now.
const STORE_PAUSE: Duration = Duration::from_millis(500);
/// After the stop was asked for, a store that still cannot be written is given up; its batch comes again.
const STORE_GRACE: Duration = Duration::from_secs(5);

/// Busy while a commit is under way: a revocation waits here.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn enter(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    pub(crate) fn leave(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.1.notify_all();
    }

    /// Waits until no commit is under way, `at_most` so long: past that, the log refuses the commit.
    pub(crate) fn wait(&self, at_most: Duration) {
        let busy = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.0.1.wait_timeout_while(busy, at_most, |busy| *busy).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Opens the gate however the commit ends, a panic included.
struct Leave<'a>(&'a Gate);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A batch on its way.
#[derive(Debug)]
pub(crate) struct Job<B> {
    pub(crate) store: Option<B>,
    pub(crate) commit: Commit,
    pub(crate) now: Timestamp,
}

/// The run loop's end of the committing thread. At most one job is under way.
pub(crate) struct Handle<B> {
    jobs: SyncSender<Job<B>>,
    results: Receiver<Result<(), CommitError>>,
    gate: Gate,
    since: Option<Instant>,
    early: Option<Result<(), CommitError>>,
    is_abandoned: bool,
}

/// What the committing thread works with.
pub(crate) struct Hands<B> {
    pub(crate) committer: Box<dyn Committer>,
    pub(crate) store: WriteStore<B>,
    pub(crate) who: String,
    pub(crate) health: Health,
    pub(crate) steps: Steps,
    pub(crate) stop: Stop,
}

/// Makes the two ends: the handle, and what the thread runs until the handle is dropped.
pub(crate) fn pair<B: Send + 'static>(gate: Gate, mut hands: Hands<B>) -> (Handle<B>, impl FnOnce() + Send) {
    let (jobs, inbox) = sync_channel::<Job<B>>(1);
    let (outbox, results) = sync_channel(1);
    let leaving = gate.clone();
    let run = move || {
        for job in inbox {
            let result = {
                let _leave = Leave(&leaving);
                hands.carry_out(&job)
            };
            if outbox.send(result).is_err() {
                return;
            }
        }
    };
    (Handle { jobs, results, gate, since: None, early: None, is_abandoned: false }, run)
}

impl<B> Hands<B> {
    fn carry_out(&mut self, job: &Job<B>) -> Result<(), CommitError> {
        if let Some(batch) = &job.store {
            self.write(batch, job.now)?;
            self.steps.at(Step::AfterStoreWrite)?;
        }
        self.committer.commit(&job.commit)
    }

    /// Writes to the store, waiting while it cannot be written.
    fn write(&mut self, batch: &B, now: Timestamp) -> Result<(), CommitError> {
        loop {
            match (self.store)(batch, now) {
                Ok(()) => {
                    self.health.going(&self.who);
                    return Ok(());
                }
                Err(StoreError::Unavailable(why)) => {
                    self.health.waiting(&self.who, &format!("the store cannot be written: {why}"));
                    if self.stop.is_overdue(STORE_GRACE) {
                        return Err(CommitError::Stopping);
                    }
                    std::thread::sleep(STORE_PAUSE);
                }
                Err(other) => return Err(other.into()),
            }
        }
    }
}

impl<B> Handle<B> {
    /// Hands a batch over. The one before must have been settled.
    pub(crate) fn submit(&mut self, job: Job<B>) {
        self.gate.enter();
        self.since = Some(Instant::now());
        if self.jobs.send(job).is_err() {
            self.gate.leave(); // the thread is gone: `wait` says so
        }
    }

    /// Whether a commit is under way, finished or not.
    pub(crate) fn is_busy(&self) -> bool {
        self.since.is_some()
    }

    /// Whether it takes longer than `limit`.
    pub(crate) fn is_slow(&self, limit: Duration) -> bool {
        self.since.is_some_and(|since| since.elapsed() > limit)
    }

    /// Whether the commit that is under way has an answer.
    pub(crate) fn is_answered(&mut self) -> bool {
        if self.since.is_none() || self.early.is_some() {
            return self.since.is_some();
        }
        match self.results.try_recv() {
            Ok(result) => self.early = Some(result),
            Err(TryRecvError::Empty) => return false,
            Err(TryRecvError::Disconnected) => self.early = Some(Err(gone())),
        }
        true
    }

    /// Waits for the answer: what it was and how long it took. `None` where no commit is under way.
    pub(crate) fn wait(&mut self) -> Option<(Result<(), CommitError>, Duration)> {
        let since = self.since.take()?;
        let result = match self.early.take() {
            Some(result) => result,
            None => self.results.recv().unwrap_or_else(|_| Err(gone())),
        };
        Some((result, since.elapsed()))
    }

    /// Gives the commit up that is under way: whoever starts next learns from the log how it ended. Only at an end, since
    /// the committing thread may never come back from it.
    pub(crate) fn abandon(&mut self) {
        self.is_abandoned = true;
        self.gate.leave();
    }

    /// Whether a commit was given up, and its thread must not be waited for.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned
    }

    /// Waits for an answer up to `at_most`; whether there is nothing to wait for any more.
    pub(crate) fn wait_a_little(&mut self, at_most: Duration) -> bool {
        if self.since.is_none() || self.early.is_some() {
            return true;
        }
        match self.results.recv_timeout(at_most) {
            Ok(result) => self.early = Some(result),
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => self.early = Some(Err(gone())),
        }
        true
    }
}

fn gone() -> CommitError {
    CommitError::Log(LogError::Fatal("the committing thread is gone".to_owned()))
}
