//! Reads one partition outside any group: committed records only.

use std::time::{Duration, Instant};

use rdkafka::{
    Message as _, Offset as KafkaOffset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::{KafkaError, RDKafkaErrorCode},
};

use super::{
    Inner,
    client::{self, Plain},
};
use crate::{Cursor, Delivery, LogError, Offset, Partition, Place};

/// One call hands over at most this many records.
const RECORDS_MAX: usize = 500;

pub(super) struct KafkaCursor {
    consumer: BaseConsumer<Plain>,
    place: Place,
}

impl KafkaCursor {
    pub(super) fn new(log: &Inner, topic: &str, partition: Partition, from: Offset) -> Result<Self, LogError> {
        log.count(topic)?;
        let consumer = client::reader(&log.settings, true)?;
        let mut list = TopicPartitionList::new();
        let number = i32::try_from(partition.0).unwrap_or(i32::MAX);
        list.add_partition_offset(&log.name(topic), number, KafkaOffset::Offset(from.0))
            .and_then(|()| consumer.assign(&list))
            .map_err(client::unavailable)?;
        Ok(Self { consumer, place: Place { input: 0, partition } })
    }
}

impl Cursor for KafkaCursor {
    fn next(&mut self, wait: Duration) -> Result<Vec<Delivery>, LogError> {
        let until = Instant::now() + wait;
        let mut records = Vec::new();
        while records.len() < RECORDS_MAX {
            let left =
                if records.is_empty() { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            match self.consumer.poll(left) {
                Some(Ok(message)) => records.push(Delivery {
                    place: self.place,
                    offset: Offset(message.offset()),
                    appended_at_ms: message.timestamp().to_millis().unwrap_or(0),
                    record: client::record(&message),
                }),
                Some(Err(KafkaError::MessageConsumptionFatal(code))) => {
                    return Err(LogError::Fatal(format!("kafka: {code}")));
                }
                Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))) => {
                    return Err(LogError::Setup("there is no such offset any more: start from the first".to_owned()));
                }
                Some(Err(_)) => {}
                None if !records.is_empty() || Instant::now() >= until => break,
                None => {}
            }
        }
        Ok(records)
    }
}
