//! The librdkafka clients, their settings, and what their errors mean.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use rdkafka::{
    ClientConfig, ClientContext, Message as _,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode},
    message::{BorrowedMessage, DeliveryResult, Header, Headers as _, OwnedHeaders},
    producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer},
};
use schemas::{RawRecord, limits};

use super::KafkaSettings;
use crate::{LogError, Stop};

/// One question to a broker.
pub(super) const REQUEST: Duration = Duration::from_secs(5);
/// After a stop was asked for, nothing waits longer for a broker.
pub(super) const STOP_GRACE: Duration = Duration::from_secs(6);
/// A message that was not taken by then fails its transaction.
const MESSAGE_TIMEOUT_MS: &str = "8000";
/// A consumer that does not poll for so long is taken for dead; a worker polls every 100 ms even while it waits.
const MAX_POLL_INTERVAL_MS: &str = "300000";
/// What librdkafka may hold of fetched records before it fetches more (KiB).
const QUEUED_KBYTES: &str = "4096";
/// What one fetch brings of a partition, compressed, unless its next batch is larger: by how much the above is overshot.
const FETCHED_BYTES: &str = "131072";

/// What the rules rest on and nobody may set otherwise.
const OURS: &[&str] = &[
    "bootstrap.servers",
    "group.id",
    "transactional.id",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "auto.offset.reset",
    "isolation.level",
    "enable.idempotence",
    "group.protocol",
    "partition.assignment.strategy",
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "max.poll.interval.ms",
    "statistics.interval.ms",
    "enable.partition.eof",
    "transaction.timeout.ms",
    "message.max.bytes",
    "message.timeout.ms",
    "client.rack",
];

/// Refuses client settings that would break what the stages rely on.
pub(super) fn check(settings: &KafkaSettings) -> Result<(), LogError> {
    match settings.client.keys().find(|name| OURS.contains(&name.as_str())) {
        Some(name) => {
            Err(LogError::Setup(format!("kafka.client.{name} is set by wiredesk itself and cannot be changed")))
        }
        None => Ok(()),
    }
}

fn base(settings: &KafkaSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.brokers)
        .set("client.id", "wiredesk")
        .set("socket.keepalive.enable", "true")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set_log_level(RDKafkaLogLevel::Warning);
    config
}

/// What the deployment sets stands above what we would choose; [`check`] has refused the rest.
fn with_theirs(mut config: ClientConfig, settings: &KafkaSettings) -> ClientConfig {
    for (name, value) in &settings.client {
        config.set(name, value);
    }
    if settings.client.contains_key("debug") {
        config.set_log_level(RDKafkaLogLevel::Debug); // who asks what librdkafka does wants to be told
    }
    config
}

/// The settings of a client that only asks.
pub(super) fn asking(settings: &KafkaSettings) -> ClientConfig {
    with_theirs(base(settings), settings)
}

fn isolation(committed: bool) -> &'static str {
    if committed { "read_committed" } else { "read_uncommitted" }
}

fn consuming(settings: &KafkaSettings) -> ClientConfig {
    let mut config = base(settings);
    config
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("isolation.level", isolation(settings.committed_only))
        .set("enable.partition.eof", "true")
        .set("queued.max.messages.kbytes", QUEUED_KBYTES)
        .set("fetch.message.max.bytes", FETCHED_BYTES)
        .set("fetch.wait.max.ms", "100")
        .set("fetch.queue.backoff.ms", "20");
    with_theirs(config, settings)
}

/// The consumer of a stage's worker. The classic group protocol with the range assignor, so that partition n of all
/// inputs lands on one worker (KIP-848 has fatal bugs in this librdkafka).
pub(super) fn consumer<C: ConsumerContext>(
    settings: &KafkaSettings,
    stage: &str,
    context: C,
) -> Result<BaseConsumer<C>, LogError> {
    let mut config = consuming(settings);
    let session = settings.session_timeout.as_millis();
    config
        .set("group.id", format!("{}{stage}", settings.prefix))
        .set("group.protocol", "classic")
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", session.to_string())
        .set("heartbeat.interval.ms", (session / 3).max(100).to_string())
        .set("max.poll.interval.ms", MAX_POLL_INTERVAL_MS)
        .set("statistics.interval.ms", "1000");
    config.create_with_context(context).map_err(setup)
}

/// A consumer outside any group.
pub(super) fn reader(settings: &KafkaSettings, committed: bool) -> Result<BaseConsumer<Plain>, LogError> {
    let mut config = consuming(settings);
    // librdkafka assigns nothing without a group's name, even where no group is ever joined.
    config.set("group.id", format!("{}reader", settings.prefix)).set("isolation.level", isolation(committed));
    config.create_with_context(Plain).map_err(setup)
}

/// A client for questions about a group's offsets.
pub(super) fn group_reader(settings: &KafkaSettings, stage: &str) -> Result<BaseConsumer<Plain>, LogError> {
    let mut config = consuming(settings);
    config.set("group.id", format!("{}{stage}", settings.prefix));
    config.create_with_context(Plain).map_err(setup)
}

fn producing(settings: &KafkaSettings) -> ClientConfig {
    let mut config = base(settings);
    config
        .set("enable.idempotence", "true")
        // Not zstd: librdkafka reads it by trying ever larger buffers, each from the batch's start.
        .set("compression.type", "lz4")
        .set("linger.ms", "2")
        .set("retry.backoff.ms", "5")
        .set("retry.backoff.max.ms", "200")
        .set("batch.size", "1000000")
        .set("message.max.bytes", (limits::RECORD_BYTES_MAX + (64 << 10)).to_string())
        .set("queue.buffering.max.messages", "200000")
        .set("queue.buffering.max.kbytes", "131072")
        .set("message.timeout.ms", MESSAGE_TIMEOUT_MS);
    with_theirs(config, settings)
}

/// A worker's producer. Its id is stable over a restart, so that the new worker fences and aborts its dead self.
pub(super) fn producer(
    settings: &KafkaSettings,
    stage: &str,
    worker: &str,
) -> Result<ThreadedProducer<Deliveries>, LogError> {
    let mut config = producing(settings);
    config
        .set("transactional.id", format!("{}{stage}-{worker}", settings.prefix))
        .set("transaction.timeout.ms", settings.transaction_timeout.as_millis().to_string());
    config.create_with_context(Deliveries::default()).map_err(setup)
}

/// A producer outside any transaction.
pub(super) fn appender(settings: &KafkaSettings) -> Result<ThreadedProducer<Deliveries>, LogError> {
    producing(settings).create_with_context(Deliveries::default()).map_err(setup)
}

pub(super) fn setup(error: KafkaError) -> LogError {
    LogError::Setup(format!("kafka.client: {error}"))
}

/// A question that got no answer.
pub(super) fn unavailable(error: KafkaError) -> LogError {
    match error.rdkafka_error_code() {
        Some(code @ (RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::GroupAuthorizationFailed)) => {
            LogError::Setup(format!("kafka refuses: {code}"))
        }
        Some(code @ (RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic)) => {
            LogError::Unavailable(format!("kafka: {code}"))
        }
        _ => LogError::Unavailable(format!("kafka: {error}")),
    }
}

/// The offset of the first record of a partition, and of its end as far as the consumer may read.
///
/// librdkafka knows a partition's leader from the last metadata that it was given. What a broker gives that has just come
/// back may be that there is none; a question about offsets then fails at once, and nothing asks for the metadata again
/// before the next refresh, minutes later. So it is asked for here.
pub(super) fn watermarks<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    partition: i32,
) -> Result<(i64, i64), LogError> {
    consumer.fetch_watermarks(topic, partition, REQUEST).map_err(|error| {
        let is_of_metadata = matches!(
            error.rdkafka_error_code(),
            Some(
                RDKafkaErrorCode::UnknownPartition
                    | RDKafkaErrorCode::UnknownTopicOrPartition
                    | RDKafkaErrorCode::LeaderNotAvailable
                    | RDKafkaErrorCode::NotLeaderForPartition
            )
        );
        if is_of_metadata && let Err(unanswered) = consumer.fetch_metadata(Some(topic), REQUEST) {
            tracing::debug!(topic, "metadata: {unanswered}");
        }
        unavailable(error)
    })
}

/// librdkafka's own log lines go where ours go.
fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::warn!(facility, "librdkafka: {message}");
        }
        _ => tracing::debug!(facility, "librdkafka: {message}"),
    }
}

/// A client that has nothing to tell.
pub(super) struct Plain;

impl ClientContext for Plain {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!("librdkafka: {error}: {reason}");
    }
}

impl ConsumerContext for Plain {}

/// Counts what a producer has sent and not yet heard of.
#[derive(Clone, Default)]
pub(super) struct Deliveries(Arc<DeliveriesInner>);

#[derive(Default)]
struct DeliveriesInner {
    state: Mutex<DeliveryState>,
    changed: Condvar,
    /// The connection was lost since it was last asked.
    disturbed: AtomicBool,
}

#[derive(Default)]
struct DeliveryState {
    outstanding: usize,
    failed: Option<(RDKafkaErrorCode, String)>,
}

impl Deliveries {
    fn state(&self) -> std::sync::MutexGuard<'_, DeliveryState> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the connection was lost since this was last asked.
    pub(super) fn take_disturbed(&self) -> bool {
        self.0.disturbed.swap(false, Ordering::SeqCst)
    }

    /// The first delivery that failed since this was last asked.
    pub(super) fn take_failed(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.state().failed.take()
    }

    /// Waits until every message was delivered or has failed, and until librdkafka has let go of them.
    pub(super) fn settle(&self, producer: &ThreadedProducer<Self>, stop: &Stop) -> Result<(), LogError> {
        let mut state = self.state();
        while state.outstanding > 0 {
            let waited = self.0.changed.wait_timeout(state, Duration::from_millis(100));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if stop.is_overdue(STOP_GRACE) {
                return Err(LogError::Stopping);
            }
        }
        drop(state);
        // The callback runs a moment before the message leaves the count; `commit_transaction` would sleep 100 ms on it.
        let since = Instant::now();
        while producer.in_flight_count() > 0 && since.elapsed() < Duration::from_secs(1) {
            std::thread::yield_now();
        }
        Ok(())
    }

    /// Waits for every message; an error where one failed.
    pub(super) fn wait(&self, producer: &ThreadedProducer<Self>, stop: &Stop) -> Result<(), LogError> {
        self.settle(producer, stop)?;
        match self.take_failed() {
            None => Ok(()),
            Some((_, why)) => Err(LogError::Unavailable(format!("kafka: {why}"))),
        }
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.disturbed.store(true, Ordering::SeqCst);
        tracing::debug!("librdkafka: {error}: {reason}");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut state = self.state();
        state.outstanding = state.outstanding.saturating_sub(1);
        if let Err((error, message)) = result
            && state.failed.is_none()
        {
            let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail);
            state.failed = Some((code, format!("{} was not delivered: {error}", message.topic())));
        }
        if state.outstanding == 0 {
            self.0.changed.notify_all();
        }
    }
}

/// A message as a record of its own: the message's bytes belong to librdkafka.
pub(super) fn record(message: &BorrowedMessage<'_>) -> RawRecord {
    let copied = |bytes: Option<&[u8]>| bytes.map_or_else(Bytes::new, Bytes::copy_from_slice);
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        headers.iter().map(|header| (header.key.to_owned(), copied(header.value))).collect()
    });
    RawRecord { key: copied(message.key()), value: message.payload().map(Bytes::copy_from_slice), headers }
}

/// Hands a record to a producer, waiting where its queue is full.
pub(super) fn send(
    producer: &ThreadedProducer<Deliveries>,
    topic: &str,
    partition: i32,
    record: &RawRecord,
    stop: &Stop,
) -> Result<(), LogError> {
    let deliveries = producer.context();
    loop {
        let mut message = BaseRecord::<[u8], [u8]>::to(topic).partition(partition).key(&record.key);
        if let Some(value) = &record.value {
            message = message.payload(value);
        }
        if !record.headers.is_empty() {
            let headers = OwnedHeaders::new_with_capacity(record.headers.len());
            let headers = record
                .headers
                .iter()
                .fold(headers, |headers, (name, value)| headers.insert(Header { key: name, value: Some(&**value) }));
            message = message.headers(headers);
        }
        deliveries.state().outstanding += 1;
        let Err((error, _)) = producer.send(message) else { return Ok(()) };
        deliveries.state().outstanding -= 1;
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) if !stop.is_overdue(STOP_GRACE) => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Some(RDKafkaErrorCode::QueueFull) => return Err(LogError::Stopping),
            // Too large for the client, an unknown partition, a purged or fenced producer: the transaction's end says
            // what it means.
            Some(code) => {
                deliveries.state().failed.get_or_insert((code, format!("{topic} was not sent: {error}")));
                return Ok(());
            }
            None => return Err(LogError::Fatal(format!("kafka: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;

    use super::*;

    fn settings(name: &str, value: &str) -> KafkaSettings {
        let client = [(name.to_owned(), value.to_owned())].into();
        KafkaSettings { client, ..KafkaSettings::new("broker.example:9092") }
    }

    /// A cluster of librdkafka's own, which serves metadata and offsets well enough.
    #[test]
    fn a_partition_without_a_leader_is_asked_for_again_once_it_has_one() {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("t", 1, 1).unwrap();
        let consumer = reader(&KafkaSettings::new(cluster.bootstrap_servers()), true).unwrap();
        cluster.partition_leader("t", 0, None).unwrap();
        consumer.fetch_metadata(Some("t"), REQUEST).unwrap();
        cluster.partition_leader("t", 0, Some(1)).unwrap();
        for _ in 0..3 {
            assert!(consumer.fetch_watermarks("t", 0, REQUEST).is_err(), "librdkafka asks by itself now");
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(matches!(watermarks(&consumer, "t", 0), Err(LogError::Unavailable(_))));
        assert_eq!(watermarks(&consumer, "t", 0).unwrap(), (0, 0));
    }

    #[test]
    fn what_a_deployment_sets_stands_above_what_we_would_choose() {
        let settings = settings("linger.ms", "7");
        check(&settings).unwrap();
        assert_eq!(producing(&settings).get("linger.ms"), Some("7"));
    }

    #[test]
    fn what_the_promise_rests_on_cannot_be_set() {
        for name in ["isolation.level", "enable.idempotence", "enable.partition.eof", "message.timeout.ms"] {
            let refused = check(&settings(name, "x")).unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
        }
    }
}
