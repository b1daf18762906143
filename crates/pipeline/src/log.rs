//! The log: topics of records in partitions, read by groups of workers, changed by commits.

use std::{any::Any, fmt, ops::Range, sync::Arc, time::Duration};

use schemas::RawRecord;

use crate::{CommitError, LogError, Steps, Stop, commit::Gate};

/// The number of a partition of a topic, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(pub u32);

/// A place in a partition: of the next record to read, where nothing else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub i64);

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A partition of one of a stage's inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The index of the topic in [`Join::inputs`].
    pub input: usize,
    /// The partition.
    pub partition: Partition,
}

/// A record as a worker received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Where it lies.
    pub place: Place,
    /// Its offset there.
    pub offset: Offset,
    /// Milliseconds since the epoch, as the log noted them.
    pub appended_at_ms: i64,
    /// Key, value and headers.
    pub record: RawRecord,
}

/// A record to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The topic without prefix.
    pub topic: &'static str,
    /// The partition; the log's partitioner decides where there is none.
    pub partition: Option<Partition>,
    /// Key, value and headers.
    pub record: RawRecord,
}

/// The move of one input position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Which position.
    pub place: Place,
    /// Where it stands now, as far as the worker knows.
    pub from: Offset,
    /// Where it will stand; equal to `from` where nothing moved but the worker's ownership must be checked.
    pub next: Offset,
}

/// Under which membership a batch was polled; what refuses a worker that has lost its partitions.
#[derive(Clone)]
pub struct Token(pub(crate) Arc<dyn Any + Send + Sync>);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// All that one commit changes: every part of it, or none.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The membership under which the inputs were polled.
    pub token: Token,
    /// Records to append, in this order.
    pub outputs: Vec<Outgoing>,
    /// Rows of the stage's table: a missing value deletes the row. Each names its partition.
    pub changes: Vec<Outgoing>,
    /// Input positions, of every partition that the commit touches.
    pub moves: Vec<Move>,
}

/// How a worker joins a stage.
#[derive(Clone, Debug)]
pub struct Join {
    /// The stage: workers of the same name share its partitions.
    pub stage: &'static str,
    /// Its topics, without prefix.
    pub inputs: &'static [&'static str],
    /// Its table's topic, if it has one.
    pub table: Option<&'static str>,
    /// Which worker this is, in all of the stage's processes: stable over a restart, so that the new one fences the
    /// old one at once.
    pub worker: String,
}

/// What a worker is told when it polls.
#[derive(Debug)]
pub enum Event {
    /// These partitions are this worker's now. Nothing is delivered before [`Member::start`] names their positions.
    /// The offsets are where the stage stands: what is committed, or the first record.
    Assigned(Vec<(Place, Offset)>),
    /// These are no longer. What was polled from them must be forgotten; their commits are refused.
    Revoked(Vec<Place>),
    /// Records, in order within each partition.
    Records(Vec<Delivery>),
    /// Nothing came within the wait.
    Idle,
}

/// A topic as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicInfo {
    /// Its name without prefix.
    pub name: String,
    /// Its partitions.
    pub partitions: u32,
    /// The last value of each key is kept for ever.
    pub compacted: bool,
    /// What stops a stage from using it, with how to mend it.
    pub problems: Vec<String>,
}

/// A topic to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name without prefix.
    pub name: &'static str,
    /// Its partitions.
    pub partitions: u32,
    /// Compacted, or kept for the retention.
    pub settings: TopicSettings,
}

/// How a topic's records are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicSettings {
    /// The last value of each key is kept for ever.
    pub compacted: bool,
    /// How long records are kept where it is not compacted.
    pub retention: Duration,
}

/// Takes a row of a table, key and value; a missing value is the row's end.
pub type EachRow<'a> = dyn FnMut(&[u8], Option<&[u8]>) + 'a;

/// A log. Cheap to share; every method may be called from any thread.
pub trait Log: Send + Sync {
    /// Names this log for ever: a store that follows another log must not be resumed from this one.
    ///
    /// # Errors
    /// The log cannot be reached.
    fn id(&self) -> Result<String, LogError>;

    /// The topics that exist, with what is wrong with them.
    ///
    /// # Errors
    /// The log cannot be reached.
    fn topics(&self) -> Result<Vec<TopicInfo>, LogError>;

    /// Creates the topics that do not exist yet.
    ///
    /// # Errors
    /// The log cannot be reached or refuses.
    fn create(&self, topics: &[NewTopic]) -> Result<(), LogError>;

    /// Appends records outside any stage and waits until they are durable.
    ///
    /// # Errors
    /// Some may be on the log, and some not: who appends them again may double some.
    fn append(&self, records: &[Outgoing]) -> Result<(), LogError>;

    /// Joins the workers of a stage. The partitions come by [`Member::poll`].
    ///
    /// # Errors
    /// The log cannot be reached, or a topic is missing.
    fn join(&self, join: Join, steps: Steps, stop: Stop) -> Result<Box<dyn Member>, LogError>;

    /// Reads one partition from an offset on, outside any stage.
    ///
    /// # Errors
    /// The log cannot be reached, or the topic is missing.
    fn cursor(&self, topic: &str, partition: Partition, from: Offset) -> Result<Box<dyn Cursor>, LogError>;

    /// The offsets of the first record and of the next to be appended.
    ///
    /// # Errors
    /// The log cannot be reached, or the topic is missing.
    fn bounds(&self, topic: &str, partition: Partition) -> Result<Range<Offset>, LogError>;

    /// Where a stage stands in one of its input partitions; `None` before its first commit.
    ///
    /// # Errors
    /// The log cannot be reached, or the topic is missing.
    fn position(&self, stage: &str, topic: &str, partition: Partition) -> Result<Option<Offset>, LogError>;
}

/// One worker's membership in a stage. It belongs to one thread; dropping it leaves the stage.
pub trait Member: Send {
    /// What is new, waiting up to `wait` for it. A revocation waits for the commit that is under way.
    ///
    /// # Errors
    /// What stops the worker; a log that cannot be reached is no error but [`Event::Idle`].
    fn poll(&mut self, wait: Duration) -> Result<Event, LogError>;

    /// Keeps the membership alive while the worker waits for a commit. What comes meanwhile is kept for the next poll.
    fn breathe(&mut self) {}

    /// The membership for what was polled since the last assignment.
    fn token(&self) -> Token;

    /// The membership of this moment, which may be another than the one that [`Member::token`] names. No commit may be
    /// made under it: it is there for a test that does (`faults`).
    fn newest(&self) -> Token {
        self.token()
    }

    /// Reads the stage's table for a partition, row by row, a tombstone as `None`; the last word on a key is the last
    /// one given. Waits for the commit marker of a predecessor.
    ///
    /// # Errors
    /// [`LogError::Interrupted`] where the partition was revoked meanwhile.
    fn restore(&mut self, partition: Partition, row: &mut EachRow<'_>) -> Result<(), LogError>;

    /// Starts, or starts again, delivery at these positions: all that the worker owns.
    ///
    /// # Errors
    /// [`LogError::Gap`] where a position lies outside the log.
    fn start(&mut self, positions: &[(Place, Offset)]) -> Result<(), LogError>;

    /// Closed while a commit is under way: a revocation waits there.
    fn gate(&self) -> Gate;

    /// The half that commits, for the worker's other thread.
    ///
    /// # Errors
    /// The log cannot be reached.
    fn committer(&mut self) -> Result<Box<dyn Committer>, LogError>;

    /// Records between the delivered and the end, as last known.
    fn lag(&self) -> u64;

    /// Where positions that were `read` up to may be moved on to, because no record stands in between: transaction markers
    /// do, and a position that stays in front of them looks like a gap once retention has deleted them. Asked while nothing
    /// comes, as often as one likes; a member looks from time to time, and starts delivery anew where records stand of which
    /// nothing comes.
    ///
    /// # Errors
    /// The log cannot be reached, the assignment has changed, or a stop was asked for.
    fn ends(&mut self, _read: &[(Place, Offset)]) -> Result<Vec<(Place, Offset)>, LogError> {
        Ok(Vec::new())
    }
}

/// Commits for one worker.
pub trait Committer: Send {
    /// Makes the commit durable and visible as one. A log that cannot be reached is waited for.
    ///
    /// # Errors
    /// Nothing of it is visible: see [`CommitError`] for what to do next.
    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError>;
}

/// Reads a partition outside any stage: committed records only.
pub trait Cursor: Send {
    /// The next records, or none at the end; waits up to `wait`.
    ///
    /// # Errors
    /// The log cannot be read.
    fn next(&mut self, wait: Duration) -> Result<Vec<Delivery>, LogError>;
}
