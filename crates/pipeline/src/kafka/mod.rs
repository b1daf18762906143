//! The log on Apache Kafka: exactly-once by transactions (KIP-98, KIP-447), with one transactional producer a worker.
//!
//! The rules that keep it so, and where each is kept:
//!
//! 1. One OS thread a worker gathers and works, one more commits; `transactional.id` is stable over a restart, so a new
//!    worker fences and aborts its dead self at once: `client::producer`.
//! 2. No auto-commit, no auto offset store; offsets only inside transactions; every reader is read_committed and stops
//!    at a gap: `client::consumer`, `member`.
//! 3. A batch carries the group metadata under which it was polled, and a revocation waits for the open transaction:
//!    `member::Context`. Offsets of every partition that a transaction touches are sent, moved or not: `run`.
//! 4. A table is restored behind the predecessor's commit marker (KAFKA-10167): `restore`.
//! 5. Send, offsets, wait for every delivery, commit; without the wait a commit sleeps in slices of 100 ms:
//!    `committer`.
//! 6. `ThreadedProducer` only: an abort with messages in flight needs somebody to poll: `client::producer`.
//! 7. Retriable, abortable and fatal errors, and a new producer after a disturbed end: `committer`.
//! 8. Work happens with the consumer polled beside it: `member::breathe`.
//! 9. After a stop, nothing waits for a broker longer than `client::STOP_GRACE`; a call of librdkafka that does is given up by
//!    the run loop.
//! 10. Lag is measured to the end of the partition, not by subtracting offsets: `lag`.
//! 11. Compression, linger and sizes: `client`.
//! 12. No offset is asked for by name, since a late answer would move a partition: `member::Context::assigned`. A position
//!     moves past what is no record only where a reader has proven it: `restore::only_markers`.

mod admin;
mod client;
mod committer;
mod cursor;
mod lag;
mod member;
mod restore;

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rdkafka::{
    consumer::{BaseConsumer, Consumer as _},
    producer::{Producer as _, ThreadedProducer},
    types::RDKafkaRespErr,
};

use self::client::{Deliveries, Plain, REQUEST};
use crate::{
    Cursor, Health, Join, Log, LogError, Member, NewTopic, Offset, Outgoing, Partition, Steps, Stop, TopicInfo,
};

/// How to reach a cluster.
#[derive(Clone)]
pub struct KafkaSettings {
    /// `host:port`, several parted by commas.
    pub brokers: String,
    /// In front of every topic, group and transactional id, so that deployments can share a cluster.
    pub prefix: String,
    /// A worker that is silent for so long loses its partitions.
    pub session_timeout: Duration,
    /// A transaction that is open for so long is aborted by the broker.
    pub transaction_timeout: Duration,
    /// Copies of each record, for topics that this program creates.
    pub replication: i32,
    /// Further librdkafka settings (`security.protocol`, `sasl.*`, `ssl.*`); those that the rules need are refused.
    pub client: BTreeMap<String, String>,
    /// Records of transactions that were undone are left out, which the promise needs: only a test that breaks it says no.
    pub committed_only: bool,
}

impl KafkaSettings {
    /// A cluster by these brokers, all else as the settings file has it by default.
    #[must_use]
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            prefix: String::new(),
            session_timeout: Duration::from_secs(10),
            transaction_timeout: Duration::from_secs(10),
            replication: 3,
            client: BTreeMap::new(),
            committed_only: true,
        }
    }
}

/// Secrets may stand among the client settings: only their names are shown.
impl std::fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.client.keys().collect();
        f.debug_struct("KafkaSettings")
            .field("brokers", &self.brokers)
            .field("prefix", &self.prefix)
            .field("client", &names)
            .finish_non_exhaustive()
    }
}

/// A handle on the cluster; clones share it.
#[derive(Clone)]
pub struct KafkaLog(Arc<Inner>);

struct Inner {
    settings: KafkaSettings,
    health: Health,
    stop: Stop,
    /// For [`Log::append`]; made at its first use.
    appender: Mutex<Option<ThreadedProducer<Deliveries>>>,
    /// For questions: metadata, offsets. Made at its first use.
    asker: Mutex<Option<Arc<BaseConsumer<Plain>>>>,
    /// Partition counts, as last asked for.
    counts: Mutex<BTreeMap<String, u32>>,
}

impl KafkaLog {
    /// Names the cluster; nothing is opened yet.
    ///
    /// # Errors
    /// [`LogError::Setup`] where a client setting would break what the stages rely on.
    pub fn new(settings: KafkaSettings, health: Health, stop: Stop) -> Result<Self, LogError> {
        client::check(&settings)?;
        let (appender, asker, counts) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { settings, health, stop, appender, asker, counts })))
    }

    /// Deletes this log's topics with all that they hold: for benches and tests, whose prefix is their own.
    ///
    /// # Errors
    /// The log cannot be reached or refuses.
    pub fn delete(&self) -> Result<(), LogError> {
        admin::delete(&self.0)
    }
}

impl Inner {
    fn name(&self, topic: &str) -> String {
        format!("{}{topic}", self.settings.prefix)
    }

    fn asker(&self) -> Result<Arc<BaseConsumer<Plain>>, LogError> {
        let mut asker = self.asker.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(asker) = &*asker {
            return Ok(Arc::clone(asker));
        }
        let made = Arc::new(client::reader(&self.settings, true)?);
        *asker = Some(Arc::clone(&made));
        Ok(made)
    }

    /// The partition count of a topic.
    fn count(&self, topic: &str) -> Result<u32, LogError> {
        if let Some(count) = self.counts.lock().unwrap_or_else(PoisonError::into_inner).get(topic) {
            return Ok(*count);
        }
        let name = self.name(topic);
        let metadata = self.asker()?.fetch_metadata(Some(&name), REQUEST).map_err(client::unavailable)?;
        let found = metadata.topics().iter().find(|found| found.name() == name && found.error().is_none());
        let count = found.map_or(0, |found| u32::try_from(found.partitions().len()).unwrap_or(u32::MAX));
        if count == 0 {
            let error = metadata.topics().iter().find(|found| found.name() == name).and_then(|found| found.error());
            let missing = error.is_none_or(|error| error == RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
            return Err(if missing {
                LogError::NoTopic(name)
            } else {
                LogError::Unavailable(format!("kafka: the topic {name} has no leader yet"))
            });
        }
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).insert(topic.to_owned(), count);
        Ok(count)
    }

    fn place(&self, outgoing: &Outgoing) -> Result<(String, i32), LogError> {
        let partition = match outgoing.partition {
            Some(partition) => partition.0,
            None => schemas::partition_of(&outgoing.record.key, self.count(outgoing.topic)?),
        };
        Ok((self.name(outgoing.topic), i32::try_from(partition).unwrap_or(i32::MAX)))
    }

    fn append(&self, producer: &ThreadedProducer<Deliveries>, records: &[Outgoing]) -> Result<(), LogError> {
        for outgoing in records {
            let (topic, partition) = self.place(outgoing)?;
            client::send(producer, &topic, partition, &outgoing.record, &self.stop)?;
        }
        producer.context().wait(producer, &self.stop)
    }

    fn watermarks(&self, topic: &str, partition: Partition) -> Result<(i64, i64), LogError> {
        let partition = i32::try_from(partition.0).unwrap_or(i32::MAX);
        client::watermarks(&*self.asker()?, &self.name(topic), partition)
    }
}

impl Log for KafkaLog {
    fn id(&self) -> Result<String, LogError> {
        let asker = self.0.asker()?;
        let cluster = asker.client().fetch_cluster_id(REQUEST);
        let cluster = cluster
            .ok_or_else(|| LogError::Unavailable(format!("no broker at {} answers", self.0.settings.brokers)))?;
        Ok(format!("{cluster}/{}", self.0.settings.prefix))
    }

    fn topics(&self) -> Result<Vec<TopicInfo>, LogError> {
        admin::topics(&self.0)
    }

    fn create(&self, topics: &[NewTopic]) -> Result<(), LogError> {
        admin::create(&self.0, topics)
    }

    fn append(&self, records: &[Outgoing]) -> Result<(), LogError> {
        let mut appender = self.0.appender.lock().unwrap_or_else(PoisonError::into_inner);
        if appender.is_none() {
            *appender = Some(client::appender(&self.0.settings)?);
        }
        let Some(producer) = &*appender else { return Ok(()) };
        let appended = self.0.append(producer, records);
        if appended.is_err() {
            *appender = None; // what it still holds is not the next caller's
        }
        appended
    }

    fn join(&self, join: Join, steps: Steps, stop: Stop) -> Result<Box<dyn Member>, LogError> {
        Ok(Box::new(member::KafkaMember::join(Arc::clone(&self.0), join, steps, stop)?))
    }

    fn cursor(&self, topic: &str, partition: Partition, from: Offset) -> Result<Box<dyn Cursor>, LogError> {
        Ok(Box::new(cursor::KafkaCursor::new(&self.0, topic, partition, from)?))
    }

    fn bounds(&self, topic: &str, partition: Partition) -> Result<Range<Offset>, LogError> {
        let (first, next) = self.0.watermarks(topic, partition)?;
        Ok(Offset(first)..Offset(next))
    }

    fn position(&self, stage: &str, topic: &str, partition: Partition) -> Result<Option<Offset>, LogError> {
        member::position(&self.0, stage, topic, partition)
    }
}
