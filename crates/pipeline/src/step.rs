//! Named crash points: where a test lets a worker die.

use std::sync::Arc;

/// A point in the run loop or in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Records were polled.
    AfterPoll,
    /// The batch was worked on.
    AfterWork,
    /// A transaction is open.
    AfterBegin,
    /// Half of the outputs are sent.
    MidProduce,
    /// All outputs are sent.
    AfterProduce,
    /// The offsets are in the transaction.
    AfterOffsets,
    /// Everything is ready to be committed.
    BeforeCommit,
    /// The commit has been asked for, and its answer is not read yet.
    MidCommit,
    /// The commit holds, and the worker does not know it yet.
    AfterCommit,
    /// What was taken is committed, and the errands leave next.
    AfterTake,
    /// An abort is under way.
    DuringAbort,
    /// Partitions are changing hands.
    DuringRebalance,
    /// A table is being read.
    DuringRestore,
    /// The store holds the batch, the log does not know it yet.
    AfterStoreWrite,
    /// The worker was told to stop.
    DuringDrain,
}

impl Step {
    /// Every step, for tests that crash at each.
    pub const ALL: [Self; 15] = [
        Self::AfterPoll,
        Self::AfterWork,
        Self::AfterBegin,
        Self::MidProduce,
        Self::AfterProduce,
        Self::AfterOffsets,
        Self::BeforeCommit,
        Self::MidCommit,
        Self::AfterCommit,
        Self::AfterTake,
        Self::DuringAbort,
        Self::DuringRebalance,
        Self::DuringRestore,
        Self::AfterStoreWrite,
        Self::DuringDrain,
    ];
}

/// The end that a test planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("planted crash at {0:?}")]
pub struct Crash(pub Step);

/// Asked at every step; in production there is nobody to ask.
#[derive(Clone, Default)]
pub struct Steps(Option<Arc<Plan>>);

type Plan = dyn Fn(Step) -> Result<(), Crash> + Send + Sync;

impl Steps {
    /// Nobody crashes.
    pub fn none() -> Self {
        Self(None)
    }

    /// `at` decides at each step.
    pub fn with(at: impl Fn(Step) -> Result<(), Crash> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(at)))
    }

    /// Goes on, or crashes here.
    ///
    /// # Errors
    /// The planted crash.
    pub fn at(&self, step: Step) -> Result<(), Crash> {
        self.0.as_ref().map_or(Ok(()), |at| at(step))
    }
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Steps(planted)" } else { "Steps" })
    }
}
