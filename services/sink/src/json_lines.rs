//! Articles as JSON Lines on a stream, for pipes and for looking.

use std::io::{self, Write};

use pipeline::{Partition, Resume, Store, StoreBatch, StoreError};
use schemas::{EnrichedArticle, Timestamp, topic};

/// Writes one article a line. A stream keeps no positions: what was written between the log's last commit and a crash
/// comes again, so this is at least once, and `article.id` with `revision.number` tells doubles.
pub struct JsonLines<W>(W);

impl<W: Write + Send + 'static> JsonLines<W> {
    /// Onto this stream.
    pub fn new(stream: W) -> Self {
        Self(stream)
    }
}

impl<W: Write + Send + 'static> Store for JsonLines<W> {
    const NAME: &'static str = "sink";
    const INPUTS: &'static [&'static str] = &[topic::ARTICLES_ENRICHED];
    type In = EnrichedArticle;

    fn resume(&mut self, _: &'static str, _: Partition) -> Result<Resume, StoreError> {
        Ok(Resume::AsTheLog)
    }

    fn write(&mut self, batch: &StoreBatch<EnrichedArticle>, _: Timestamp) -> Result<(), StoreError> {
        let unavailable = |error: io::Error| StoreError::Unavailable(format!("standard output: {error}"));
        let mut lines = Vec::new();
        for row in &batch.rows {
            serde_json::to_writer(&mut lines, row).map_err(|error| unavailable(error.into()))?;
            lines.push(b'\n');
        }
        self.0.write_all(&lines).and_then(|()| self.0.flush()).map_err(unavailable)
    }
}
