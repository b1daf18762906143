//! The three shapes of a stage, and how a record can end.

use schemas::{Decode, Encode, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

pub use crate::table::{Peek, TableView};
use crate::{Offset, Partition, StoreError};

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
    type Row: Serialize + DeserializeOwned + Send + Sync;
    /// What the pure half hands to the half that touches the table.
    type Prepared: Send;

    /// The pure and dear half, in parallel. A peek at the table, as it was before this batch, may spare the work.
    ///
    /// # Errors
    /// The refusal decides how the record ends.
    fn prepare(&self, input: Self::In, table: &Peek<'_, Self::Row>) -> Result<Self::Prepared, Refusal>;

    /// The half that reads and changes the table, one record at a time per partition, in input order.
    ///
    /// # Errors
    /// The refusal decides how the record ends; unless it is a drop, its changes to the table are forgotten.
    fn apply(
        &self,
        prepared: Self::Prepared,
        table: &mut TableView<'_, Self::Row>,
        now: Timestamp,
    ) -> Result<Vec<Self::Out>, Refusal>;

    /// When something is to be done about a row, if ever.
    fn due_at(_row: &Self::Row) -> Option<Timestamp> {
        None
    }

    /// When a row leaves the table by itself, if ever.
    fn expires_at(_row: &Self::Row) -> Option<Timestamp> {
        None
    }

    /// Does what is due about a row; it must move or clear the row's due time.
    ///
    /// # Errors
    /// The refusal is counted; the row's changes are forgotten, and it stays due.
    fn due(
        &self,
        _key: &[u8],
        _row: Self::Row,
        _table: &mut TableView<'_, Self::Row>,
        _now: Timestamp,
    ) -> Result<Vec<Self::Out>, Refusal> {
        Ok(Vec::new())
    }
}

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
