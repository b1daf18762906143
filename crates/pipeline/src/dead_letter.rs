//! Records that a stage refuses: moved aside with their original bytes, counted, limited, and replayed.

use bytes::Bytes;
use schemas::{DeadLetter, DecodeError, REPLAY_FOR, RawRecord, Timestamp, limits, topic};

use crate::{Delivery, Ended, Outcome, Outgoing, RunError};

/// The longest message that a dead letter carries, in characters.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// Past this many refusals in a row, the stage stops: then it is we who are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadLetterLimit {
    /// Refused records in a row that are still moved aside.
    pub in_a_row_max: u32,
}

impl Default for DeadLetterLimit {
    fn default() -> Self {
        Self { in_a_row_max: 1_000 }
    }
}

/// Refusals in a row so far, over batches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefusedInARow {
    limit: DeadLetterLimit,
    count: u32,
}

impl RefusedInARow {
    pub(crate) fn new(limit: DeadLetterLimit) -> Self {
        Self { limit, count: 0 }
    }

    /// The count after a batch whose records ended like this, in input order.
    ///
    /// # Errors
    /// The run is over the limit; the batch must not be committed.
    pub(crate) fn after(mut self, stage: &'static str, ends: &[Ended]) -> Result<Self, RunError> {
        for ended in ends {
            if ended.outcome != Outcome::Refused {
                self.count = 0;
                continue;
            }
            self.count += 1;
            if self.count > self.limit.in_a_row_max {
                return Err(RunError::DeadLetters { stage, count: self.count, reason: ended.reason });
            }
        }
        Ok(self)
    }
}

/// Why one record was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) class: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    pub(crate) attempts: u32,
}

/// The dead letter of a delivery: its key, value and headers, and one header more.
pub(crate) fn letter(
    stage: &'static str,
    topic_name: &str,
    delivery: &Delivery,
    refused: &Refused,
    at: Timestamp,
) -> Outgoing {
    let letter = DeadLetter {
        class: refused.class.to_owned(),
        reason: refused.reason.to_owned(),
        message: refused.message.chars().take(MESSAGE_CHARS_MAX).collect(),
        stage: stage.to_owned(),
        version: schemas::VERSION.to_owned(),
        source: schemas::SourcePosition {
            topic: topic_name.to_owned(),
            partition: delivery.place.partition.0,
            offset: delivery.offset.0,
        },
        attempts: refused.attempts,
        at,
    };
    let header = serde_json::to_vec(&letter).expect("a dead letter is plain data and becomes JSON");
    let mut record = delivery.record.clone();
    record.headers.retain(|(name, _)| name != DeadLetter::HEADER && name != REPLAY_FOR);
    record.headers.push((DeadLetter::HEADER.to_owned(), Bytes::from(header)));
    fit(&mut record);
    // A tombstone has no place among dead letters, which are never compacted; the letter's header says what it was.
    record.value.get_or_insert_default();
    Outgoing { topic: topic::DEAD_LETTERS, partition: None, record }
}

/// Cuts a record that is larger than any of ours may be, which only another producer can have written: its letter must
/// fit, or it would be tried for ever. Its place on the log, in the letter's header, leads to the whole.
fn fit(record: &mut RawRecord) {
    let over = |record: &RawRecord| record.bytes().saturating_sub(limits::RECORD_BYTES_MAX);
    if over(record) > 0 {
        record.headers.retain(|(name, value)| name == DeadLetter::HEADER || value.len() <= limits::KEY_BYTES_MAX);
    }
    let excess = over(record);
    if let Some(value) = record.value.as_mut().filter(|_| excess > 0) {
        value.truncate(value.len().saturating_sub(excess));
    }
}

/// A dead letter on its way back: the original record for the topic that it came from, marked for the stage that
/// refused it, so that other readers of the topic skip it.
///
/// # Errors
/// The record is not a dead letter, or names a topic that this version does not have.
pub fn replay(dead: &RawRecord) -> Result<Outgoing, DecodeError> {
    let letter = DeadLetter::of(dead)?;
    let spec = schemas::TOPICS.iter().find(|spec| spec.name == letter.source.topic);
    let topic = spec.ok_or(DecodeError::NoHeader(DeadLetter::HEADER))?.name;
    let mut record = dead.clone();
    record.headers.retain(|(name, _)| name != DeadLetter::HEADER);
    record.headers.push((REPLAY_FOR.to_owned(), Bytes::from(letter.stage)));
    Ok(Outgoing { topic, partition: None, record })
}

/// Whether a record was replayed for another stage than this one.
pub(crate) fn is_for_another(record: &RawRecord, stage: &str) -> bool {
    record.header(REPLAY_FOR).is_some_and(|wanted| wanted != stage.as_bytes())
}
