//! The three shapes of a stage, and how a record can end.

use schemas::{Decode, Encode, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

pub use crate::table::{Peek, TableView};
use crate::{Index, Offset, Partition, StoreError};

/// Why a stage does not pass a record on. The reason is a constant: it becomes a metric's label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Unwanted, and nothing is wrong: counted, and gone. What it changed in the stage's table stands.
    Drop(&'static str),
    /// Never good: it becomes a dead letter. The text is for people.
    Reject(&'static str, String),
    /// Not yet: a few tries in place, then a dead letter.
    Retry(&'static str, String),
}

/// A pure function of one record. Records of a batch are processed in parallel and finished in input order.
pub trait Stage: Send + Sync + 'static {
    /// The stage's name: of its group, in metrics, in dead letters.
    const NAME: &'static str;
    /// The topics it reads.
    const INPUTS: &'static [&'static str];
    /// What it reads.
    type In: Decode + Send;
    /// What it writes.
    type Out: Encode + Send;

    /// What becomes of the record.
    ///
    /// # Errors
    /// The refusal decides how the record ends.
    fn process(&self, input: Self::In) -> Result<Vec<Self::Out>, Refusal>;
}

/// A stage with a table: rows that are changed in the same commit as outputs and offsets.
///
/// Slow outside work, such as HTTP, stands between two commits. What is due about a row may be an *errand*: the row says
/// that it was taken, that commit holds, and only then does the errand leave ([`Outside`](crate::Outside)). Its *answer* comes back as an
/// input of a later commit. An errand whose answer never came (the process died, the partition went elsewhere) is known
/// by its row, which falls due again.
pub trait Keyed: Send + Sync + 'static {
    /// The stage's name.
    const NAME: &'static str;
    /// The topics it reads; all have as many partitions as the table.
    const INPUTS: &'static [&'static str];
    /// The compacted topic that holds the table.
    const TABLE: &'static str;
    /// What it reads.
    type In: Decode + Send;
    /// What it writes.
    type Out: Encode + Send;
    /// A row of the table.
    type Row: Serialize + DeserializeOwned + Clone + Send + Sync;
    /// What is known of the rows at a glance; [`Timers`](crate::Timers) where a row says when it is due.
    type Index: Index<Self::Row>;
    /// What the pure half hands to the half that touches the table.
    type Prepared: Send;
    /// Slow outside work; [`Never`] where there is none.
    type Errand: Send + 'static;
    /// What it brings.
    type Answer: Send + 'static;

    /// The index of a partition, over nothing yet.
    fn index(&self) -> Self::Index;

    /// The pure and dear half, in parallel. A peek at the table, as it was before this batch, may spare the work.
    ///
    /// # Errors
    /// The refusal decides how the record ends.
    fn prepare(&self, input: Self::In, table: &PeekOf<'_, Self>) -> Result<Self::Prepared, Refusal>;

    /// The half that reads and changes the table, one record at a time per partition, in input order.
    ///
    /// # Errors
    /// The refusal decides how the record ends; unless it is a drop, its changes to the table are forgotten.
    fn apply(
        &self,
        prepared: Self::Prepared,
        table: &mut TableOf<'_, Self>,
        now: Timestamp,
    ) -> Result<Vec<Self::Out>, Refusal>;

    /// When a row leaves the table by itself, if ever; the index must find it due then.
    fn expires_at(_row: &Self::Row) -> Option<Timestamp> {
        None
    }

    /// Does what is due about a row; it must change the row, so that it is not due any more.
    ///
    /// # Errors
    /// The refusal is logged, the row's changes are forgotten, and it rests for a while.
    fn due(
        &self,
        _key: &[u8],
        _row: Self::Row,
        _table: &mut TableOf<'_, Self>,
        _now: Timestamp,
    ) -> Result<Due<Self::Out, Self::Errand>, Refusal> {
        Ok(Due { outputs: Vec::new(), errand: None })
    }

    /// An errand's answer. It may come twice where a commit was undone, and late: the row tells whether it still waits.
    ///
    /// # Errors
    /// The refusal is logged, and changes are forgotten: the row stays taken until it falls due again.
    fn answered(
        &self,
        _key: &[u8],
        _answer: &Self::Answer,
        _table: &mut TableOf<'_, Self>,
        _now: Timestamp,
    ) -> Result<Vec<Self::Out>, Refusal> {
        Ok(Vec::new())
    }

    /// The worker stops, and this row's errand was recalled: the row says again that it waits.
    fn recalled(&self, _key: &[u8], _table: &mut TableOf<'_, Self>, _now: Timestamp) {}
}

/// The table as a record of the stage `S` sees and changes it.
pub type TableOf<'a, S> = TableView<'a, <S as Keyed>::Row, <S as Keyed>::Index>;
/// The table as the pure half of the stage `S` sees it.
pub type PeekOf<'a, S> = Peek<'a, <S as Keyed>::Row, <S as Keyed>::Index>;

/// What came of a row that was due.
#[derive(Debug)]
pub struct Due<O, E> {
    /// What is written at once.
    pub outputs: Vec<O>,
    /// What is to be done outside once the row's change is committed.
    pub errand: Option<E>,
}

/// For a stage that has no outside work.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

/// A sink with a commit of its own, in which the input positions stand beside the data.
pub trait Store: Send + 'static {
    /// The stage's name.
    const NAME: &'static str;
    /// The topics it reads.
    const INPUTS: &'static [&'static str];
    /// What it reads.
    type In: Decode + Send + 'static;

    /// Where the store stands in a partition.
    ///
    /// # Errors
    /// The store cannot be read, or is not what it should be.
    fn resume(&mut self, topic: &'static str, partition: Partition) -> Result<Resume, StoreError>;

    /// Writes the rows and moves the positions, in one commit of the store.
    ///
    /// # Errors
    /// Nothing of the batch is visible.
    fn write(&mut self, batch: &StoreBatch<Self::In>, now: Timestamp) -> Result<(), StoreError>;
}

/// Where a store stands in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// It never had any of it: it gets what the log still holds.
    Never,
    /// This is the next offset that it wants.
    At(Offset),
    /// It keeps no positions: the log's count, and what was written between them and a crash comes twice.
    AsTheLog,
}

/// What a store writes in one commit.
#[derive(Debug)]
pub struct StoreBatch<T> {
    /// Records that the store does not have yet, in order within each partition.
    pub rows: Vec<T>,
    /// The positions that move with them.
    pub moves: Vec<StoreMove>,
}

/// The move of one position in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreMove {
    /// The topic without prefix.
    pub topic: &'static str,
    /// The partition.
    pub partition: Partition,
    /// What the store must say now: what this worker last wrote or resumed from. Never a record's offset, since
    /// transaction markers leave gaps.
    pub expected: Option<Offset>,
    /// What it shall say.
    pub next: Offset,
}
