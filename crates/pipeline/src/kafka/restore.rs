//! Reading a table back, behind its last writer's commit marker.

use std::time::{Duration, Instant};

use rdkafka::{
    Message as _, Offset as KafkaOffset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::{KafkaError, RDKafkaErrorCode},
};

use super::{
    KafkaSettings,
    client::{self, Plain, REQUEST},
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
        let (first, end) = self.uncommitted.fetch_watermarks(topic, partition, REQUEST).map_err(client::unavailable)?;
        if first >= end {
            return Ok(());
        }
        loop {
            let (_, stable) =
                self.committed.fetch_watermarks(topic, partition, REQUEST).map_err(client::unavailable)?;
            if stable >= end {
                break;
            }
            breathe()?;
            std::thread::sleep(LOOK);
        }
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, KafkaOffset::Offset(first))
            .and_then(|()| self.committed.assign(&list))
            .map_err(client::unavailable)?;
        let mut breath = Instant::now();
        loop {
            match self.committed.poll(Duration::from_millis(50)) {
                Some(Ok(message)) => row(message.key().unwrap_or_default(), message.payload()),
                Some(Err(KafkaError::PartitionEOF(_))) => break,
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
        self.committed.unassign().map_err(client::unavailable)
    }
}
