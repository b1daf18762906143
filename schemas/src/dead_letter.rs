//! `dead-letters`: a record that a stage refused, with its original key, value and headers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{DecodeError, RawRecord, Timestamp, json};

/// The record header of a replayed dead letter: the one stage that is to read it. Other readers of the topic skip it.
pub const REPLAY_FOR: &str = "replay-for";

/// Why and where a record was refused: the record header `dead-letter`, as JSON, beside the original headers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadLetter {
    /// `decode`, `panic`, `rejected`, `retries_spent`, `too_large` or `commit_failed`.
    pub class: String,
    /// The constant reason; what the metrics count.
    pub reason: String,
    /// What went wrong, for people; cut to 2,000 characters.
    pub message: String,
    /// The stage that refused it.
    pub stage: String,
    /// The version of that stage.
    pub version: String,
    /// Where it lay.
    pub source: SourcePosition,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was refused.
    pub at: Timestamp,
}

/// A place on the log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SourcePosition {
    /// The topic without prefix.
    pub topic: String,
    /// Its partition.
    pub partition: u32,
    /// The offset in it.
    pub offset: i64,
}

impl DeadLetter {
    /// The record header that holds a [`DeadLetter`].
    pub const HEADER: &'static str = "dead-letter";

    /// Reads the header of a record on `dead-letters`.
    ///
    /// # Errors
    /// A record without the header, or with a broken one.
    pub fn of(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::slice(raw.header(Self::HEADER).ok_or(DecodeError::NoHeader(Self::HEADER))?)
    }
}
