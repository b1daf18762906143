//! Reading a partition to its end: a table back, behind its last writer's commit marker; and what no record stands in.

use std::time::{Duration, Instant};

use rdkafka::{
    Message as _, Offset as KafkaOffset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::{KafkaError, RDKafkaErrorCode},
    message::BorrowedMessage,
};

use super::{
    KafkaSettings,
    client::{self, Plain},
};
use crate::{EachRow, LogError};

/// Between two looks at whether the marker stands.
const LOOK: Duration = Duration::from_millis(20);
/// How often the worker's own membership is kept alive meanwhile.
const BREATH: Duration = Duration::from_millis(100);

/// Two clients outside any group: one sees uncommitted ends, the other reads what is committed.
pub(super) struct Restorer {
    uncommitted: BaseConsumer<Plain>,
    committed: BaseConsumer<Plain>,
}

impl Restorer {
    pub(super) fn new(settings: &KafkaSettings) -> Result<Self, LogError> {
        Ok(Self { uncommitted: client::reader(settings, false)?, committed: client::reader(settings, true)? })
    }

    /// Reads a partition of a table from its first record to its end.
    ///
    /// The worker may have been let in before the commit marker of the predecessor was written (KAFKA-10167). So the
    /// end is taken as an uncommitted reader sees it, and nothing is read before the committed end has reached it.
    pub(super) fn read(
        &mut self,
        topic: &str,
        partition: i32,
        row: &mut EachRow<'_>,
        breathe: &mut dyn FnMut() -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let (first, end) = client::watermarks(&self.uncommitted, topic, partition)?;
        if first >= end {
            return Ok(());
        }
        loop {
            let (_, stable) = client::watermarks(&self.committed, topic, partition)?;
            if stable >= end {
                break;
            }
            breathe()?;
            std::thread::sleep(LOOK);
        }
        read_to_end(&self.committed, topic, partition, first, breathe, &mut |message| {
            row(message.key().unwrap_or_default(), message.payload());
            true
        })?;
        self.committed.unassign().map_err(client::unavailable)
    }
}

/// Whether nothing that a stage reads stands between `from` and the end of a partition: transaction markers do, and records
/// of transactions that were undone. The end was asked for first, and the partition is read past it, so that no record that
/// comes meanwhile is passed over.
pub(super) fn only_markers(
    reader: &BaseConsumer<Plain>,
    topic: &str,
    partition: i32,
    from: i64,
    breathe: &mut dyn FnMut() -> Result<(), LogError>,
) -> Result<bool, LogError> {
    read_to_end(reader, topic, partition, from, breathe, &mut |_| false)
}

/// Reads a partition until its end, or until `each` wants no more; whether the end was reached.
fn read_to_end(
    reader: &BaseConsumer<Plain>,
    topic: &str,
    partition: i32,
    from: i64,
    breathe: &mut dyn FnMut() -> Result<(), LogError>,
    each: &mut dyn FnMut(&BorrowedMessage<'_>) -> bool,
) -> Result<bool, LogError> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, KafkaOffset::Offset(from))
        .and_then(|()| reader.assign(&list))
        .map_err(client::unavailable)?;
    let mut breath = Instant::now();
    loop {
        match reader.poll(Duration::from_millis(50)) {
            Some(Ok(message)) if !each(&message) => return Ok(false),
            Some(Ok(_)) => {}
            Some(Err(KafkaError::PartitionEOF(ended))) if ended == partition => return Ok(true),
            Some(Err(KafkaError::PartitionEOF(_))) => {} // of one that was read before
            Some(Err(KafkaError::MessageConsumptionFatal(code))) => {
                return Err(LogError::Fatal(format!("kafka: {code}")));
            }
            Some(Err(error)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) => {}
            Some(Err(error)) => return Err(client::unavailable(error)), // read again from the start
            None => {}
        }
        if breath.elapsed() >= BREATH {
            breathe()?;
            breath = Instant::now();
        }
    }
}
