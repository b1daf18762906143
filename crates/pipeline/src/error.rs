//! Errors by what the caller does about them.

use std::{path::PathBuf, time::Duration};

use crate::Crash;

/// Why the log did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Not now: a broker is down, a disk is full. The caller waits and asks again.
    #[error("the log cannot be reached: {0}")]
    Unavailable(String),
    /// What lies there is not usable: exit 74.
    #[error("{what}: {path}; {mend}", path = .path.display())]
    Refused {
        /// What is wrong.
        what: String,
        /// With which file or address.
        path: PathBuf,
        /// What to do.
        mend: String,
    },
    /// A topic that does not exist.
    #[error("there is no topic {0}; `wiredesk topics create` makes it")]
    NoTopic(String),
    /// A topic or cluster that is set up in a way that would lose or double records: exit 64.
    #[error("{0}")]
    Setup(String),
    /// A position outside the log: records were deleted before they were read.
    #[error("{stage} stands at {topic}/{partition} offset {position}, but the log holds {first} to {next} only")]
    Gap {
        /// The stage.
        stage: String,
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// Where the stage stands.
        position: i64,
        /// The first offset that is there.
        first: i64,
        /// The next to be appended.
        next: i64,
    },
    /// Another process owns the log now.
    #[error("another process has taken over the log {0}")]
    Fenced(String),
    /// The partition was revoked while its table was read.
    #[error("interrupted by a rebalance")]
    Interrupted,
    /// The process is stopping.
    #[error("stopping")]
    Stopping,
    /// Nothing that this program can mend: exit 75 and be restarted.
    #[error("the log failed: {0}")]
    Fatal(String),
    /// A planted crash.
    #[error(transparent)]
    Crash(#[from] Crash),
}

/// Why a commit did not hold. Nothing of it is visible.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Undone; the batch may be tried again from its start.
    #[error("the commit was undone: {why}")]
    Aborted {
        /// What the log said.
        why: String,
        /// The records themselves may be what it refuses: the next batch is smaller, until the one is found. A broker
        /// that comes and goes is never a record's fault.
        suspect: bool,
    },
    /// Undone, since the worker no longer owns the partitions.
    #[error("the worker has lost its partitions: {0}")]
    Lost(String),
    /// Undone, since the process is stopping.
    #[error("stopping")]
    Stopping,
    /// The worker must end.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store must be looked at.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Crash> for CommitError {
    fn from(crash: Crash) -> Self {
        Self::Log(LogError::Crash(crash))
    }
}

/// Why a store did not take a batch.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not now: full, or out of reach. The stage waits and tries again.
    #[error("the store cannot be written: {0}")]
    Unavailable(String),
    /// Another writer took over the partition: this worker is a zombie and must end.
    #[error("another writer took over {0}")]
    Fenced(String),
    /// The store is not what it should be: exit 74. Nothing was changed.
    #[error("{what}: {path}; {mend}")]
    Refused {
        /// What is wrong.
        what: String,
        /// With what.
        path: String,
        /// What to do.
        mend: String,
    },
}

/// Why a worker ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many dead letters: it is we who are wrong.
    #[error(
        "{stage} refused {count} records in a row (last reason: {reason}): most likely a wrong setting or a bug, not \
         bad records; none of the last batch was moved. Look at `wiredesk dead-letters list`, mend, start again; \
         {stage}.dead_letters_in_row_max raises the limit"
    )]
    DeadLetters {
        /// The stage.
        stage: &'static str,
        /// How many in a row.
        count: u32,
        /// The last one's reason.
        reason: &'static str,
    },
    /// The worker did not end in time.
    #[error("did not stop within {0:?}")]
    Slow(Duration),
    /// A thread of the worker panicked: a bug.
    #[error("{0} panicked")]
    Panicked(&'static str),
}

impl RunError {
    /// The exit status that tells a supervisor what to do (sysexits.h): 64 mend the settings, 70 a bug, 74 look at the
    /// data, 75 start again.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Log(LogError::Setup(_) | LogError::NoTopic(_)) => 64,
            Self::Log(LogError::Refused { .. } | LogError::Gap { .. }) | Self::Store(StoreError::Refused { .. }) => 74,
            Self::Panicked(_) | Self::DeadLetters { .. } => 70,
            _ => 75,
        }
    }
}
