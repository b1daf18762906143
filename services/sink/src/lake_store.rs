//! The lake as the runtime's store.

use pipeline::{Offset, Partition, Resume, Store, StoreBatch, StoreError};
use schemas::{EnrichedArticle, Timestamp, topic};

use crate::lake::{Lake, LakeError, LakeSettings, Move};

/// Writes batches of articles to the lake.
pub struct LakeStore(Lake);

impl LakeStore {
    /// Opens the lake for one worker. `log_id` names the log whose offsets it follows.
    ///
    /// # Errors
    /// The lake is refused, or cannot be opened now.
    pub fn open(settings: &LakeSettings, log_id: &str) -> Result<Self, StoreError> {
        Lake::open(settings, log_id).map(Self).map_err(store_error)
    }
}

impl Store for LakeStore {
    const NAME: &'static str = "sink";
    const INPUTS: &'static [&'static str] = &[topic::ARTICLES_ENRICHED];
    type In = EnrichedArticle;

    fn resume(&mut self, topic: &'static str, partition: Partition) -> Result<Resume, StoreError> {
        let next = self.0.next(topic, partition.0).map_err(store_error)?;
        Ok(next.map_or(Resume::Never, |next| Resume::At(Offset(next))))
    }

    fn write(&mut self, batch: &StoreBatch<EnrichedArticle>, now: Timestamp) -> Result<(), StoreError> {
        let rows: Vec<&EnrichedArticle> = batch.rows.iter().collect();
        let moves = batch.moves.iter().map(|moved| Move {
            topic: moved.topic.to_owned(),
            partition: moved.partition.0,
            expected: moved.expected.map(|offset| offset.0),
            next: moved.next.0,
        });
        let written = self.0.write(&rows, &moves.collect::<Vec<_>>(), now).map_err(store_error)?;
        tracing::debug!(
            version = written.version,
            rows = written.rows,
            files = written.files,
            bytes = written.bytes,
            conflicts = written.conflicts,
            "{} rows in the lake",
            written.rows
        );
        Ok(())
    }
}

/// What it means for a process.
pub fn store_error(error: LakeError) -> StoreError {
    let text = chain(&error);
    match error {
        LakeError::Fenced { topic, partition, .. } => StoreError::Fenced(format!("{topic}/{partition} ({text})")),
        LakeError::Unavailable { .. } | LakeError::Overtaken => StoreError::Unavailable(text),
        LakeError::Refused { what, path, mend, source } => {
            let what = source.map_or_else(|| what.clone(), |source| format!("{what} ({source})"));
            StoreError::Refused { what, path: path.display().to_string(), mend: mend.to_owned() }
        }
        LakeError::Rows(_) | LakeError::Unmoved => StoreError::Refused {
            what: text,
            path: "the batch".to_owned(),
            mend: "this is a bug: report it with this message".to_owned(),
        },
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
