//! What the tests of the runtime share: logs to run on, stages to run, and a look at what came out.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use bytes::Bytes;
use pipeline::{
    Clock, DeadLetterLimit, Delivery, Health, Keyed, KeyedWork, Limits, Log, LogError, Metrics, Never, NewTopic,
    Offset, Outcome, Outgoing, Partition, PeekOf, Refusal, Resume, RunError, Stage, StageWork, Steps, Stop, Store,
    StoreBatch, StoreError, StoreWork, TableOf, Timers, TopicSettings, Work, Worker,
    embedded::EmbeddedLog,
    kafka::{KafkaLog, KafkaSettings},
};
use schemas::{Encoded, RawRecord, Timestamp, topic};
use serde::{Deserialize, Serialize};

/// Partitions of every topic in these tests.
pub(crate) const PARTITIONS: u32 = 4;

/// Where a log lives, so that it can be opened again as after a restart.
pub(crate) enum Site {
    Embedded(tempfile::TempDir),
    Kafka(KafkaSettings),
}

impl Site {
    pub(crate) fn embedded() -> Self {
        let site = Self::Embedded(tempfile::tempdir().unwrap());
        site.create(PARTITIONS);
        site
    }

    /// A deployment of its own on the shared broker.
    pub(crate) fn kafka() -> Self {
        Self::kafka_at(&crate::broker::brokers())
    }

    /// The same on other brokers.
    pub(crate) fn kafka_at(brokers: &str) -> Self {
        let site = Self::Kafka(kafka_settings(brokers));
        site.create(PARTITIONS);
        site
    }

    pub(crate) fn is_kafka(&self) -> bool {
        matches!(self, Self::Kafka(_))
    }

    pub(crate) fn folder(&self) -> PathBuf {
        match self {
            Self::Embedded(folder) => folder.path().to_path_buf(),
            Self::Kafka(_) => unreachable!("only the embedded log has a folder"),
        }
    }

    pub(crate) fn open(&self) -> Arc<dyn Log> {
        self.open_with(&Stop::new())
    }

    pub(crate) fn open_with(&self, stop: &Stop) -> Arc<dyn Log> {
        match self {
            Self::Embedded(folder) => {
                Arc::new(EmbeddedLog::open(folder.path(), Clock::system(), Health::default()).unwrap())
            }
            Self::Kafka(settings) => {
                Arc::new(KafkaLog::new(settings.clone(), Health::default(), stop.clone()).unwrap())
            }
        }
    }

    pub(crate) fn create(&self, partitions: u32) {
        let new = |spec: &schemas::TopicSpec| NewTopic {
            name: spec.name,
            partitions,
            settings: TopicSettings { compacted: spec.compacted, retention: Duration::from_secs(3600) },
        };
        let topics: Vec<_> = schemas::TOPICS.iter().map(new).collect();
        let log = self.open();
        patiently(|| log.create(&topics));
        // A new topic's leader needs a moment on Kafka.
        patiently(|| topics.iter().try_for_each(|topic| log.bounds(topic.name, Partition(partitions - 1)).map(drop)));
    }
}

pub(crate) fn kafka_settings(brokers: &str) -> KafkaSettings {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("t{}-{}.", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    KafkaSettings { prefix, session_timeout: Duration::from_secs(6), replication: 1, ..KafkaSettings::new(brokers) }
}

pub(crate) fn patiently<T>(mut ask: impl FnMut() -> Result<T, LogError>) -> T {
    let since = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(error) => assert!(since.elapsed() < Duration::from_secs(20), "{error}"),
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// A record as the tests write it.
pub(crate) fn record(topic: &'static str, key: &str, value: &str) -> Outgoing {
    let (key, value) = (Bytes::from(key.to_owned()), Some(Bytes::from(value.to_owned())));
    Outgoing { topic, partition: None, record: RawRecord { key, value, headers: Vec::new() } }
}

/// Numbered records over some keys.
pub(crate) fn numbered(topic: &'static str, range: std::ops::Range<u32>, keys: u32) -> Vec<Outgoing> {
    range.map(|n| record(topic, &format!("k{}", n % keys), &n.to_string())).collect()
}

/// Everything that is committed on a topic, by partition in order.
pub(crate) fn read_all(log: &dyn Log, topic: &str) -> Vec<Delivery> {
    let partitions = patiently(|| log.topics()).into_iter().find(|info| info.name == topic).unwrap().partitions;
    let mut all = Vec::new();
    for partition in (0..partitions).map(Partition) {
        let bounds = patiently(|| log.bounds(topic, partition));
        if bounds.end.0 == 0 {
            // A table of the embedded log has rows and no offsets.
            all.extend(log.cursor(topic, partition, bounds.start).unwrap().next(Duration::ZERO).unwrap());
            continue;
        }
        let mut cursor = log.cursor(topic, partition, bounds.start).unwrap();
        let since = Instant::now();
        let (mut quiet, mut next) = (0, bounds.start);
        // On Kafka a transaction's marker may stand behind the last record: then only silence tells the end.
        while quiet < 3 && next < bounds.end {
            let read = cursor.next(Duration::from_millis(100)).unwrap();
            quiet = if read.is_empty() { quiet + 1 } else { 0 };
            next = read.last().map_or(next, |last| Offset(last.offset.0 + 1));
            all.extend(read);
            assert!(since.elapsed() < Duration::from_secs(60));
        }
    }
    all
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The values of a topic by key, in order.
pub(crate) fn by_key(deliveries: &[Delivery]) -> BTreeMap<String, Vec<String>> {
    let mut keys = BTreeMap::<String, Vec<String>>::new();
    for Delivery { record, .. } in deliveries {
        keys.entry(text(&record.key)).or_default().push(text(record.value.as_deref().unwrap_or_default()));
    }
    keys
}

/// Passes records on, and does what a record's value tells it to.
pub(crate) struct Pass;

impl Stage for Pass {
    const NAME: &'static str = "pass";
    const INPUTS: &'static [&'static str] = &[topic::PAGES];
    type In = RawRecord;
    type Out = Encoded;

    fn process(&self, record: RawRecord) -> Result<Vec<Encoded>, Refusal> {
        match record.value.as_deref().unwrap_or_default() {
            b"drop" => return Err(Refusal::Drop("unwanted")),
            b"reject" => return Err(Refusal::Reject("never_good", "as told".to_owned())),
            b"retry" => return Err(Refusal::Retry("not_yet", "as told".to_owned())),
            b"panic" => panic!("as told"),
            b"slow" => thread::sleep(Duration::from_millis(300)),
            _ => {}
        }
        Ok(vec![Encoded { topic: topic::ARTICLES_CLEAN, record: RawRecord { headers: vec![], ..record } }])
    }
}

/// Counts records by key in a table, and says the count with each.
pub(crate) struct Count {
    /// A row expires so long after its last record.
    pub(crate) expires: Duration,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counted {
    pub(crate) count: u32,
    pub(crate) expires: Timestamp,
}

impl Keyed for Count {
    const NAME: &'static str = "count";
    const INPUTS: &'static [&'static str] = &[topic::ARTICLES_CLEAN];
    const TABLE: &'static str = topic::REVISIONS;
    type In = RawRecord;
    type Out = Encoded;
    type Row = Counted;
    type Index = Timers<Counted>;
    type Prepared = RawRecord;
    type Errand = Never;
    type Answer = Never;

    fn index(&self) -> Timers<Counted> {
        Timers::new(Self::expires_at)
    }

    fn prepare(&self, record: RawRecord, _: &PeekOf<'_, Self>) -> Result<RawRecord, Refusal> {
        Ok(record)
    }

    fn apply(&self, record: RawRecord, table: &mut TableOf<'_, Self>, now: Timestamp) -> Result<Vec<Encoded>, Refusal> {
        let count = table.get(&record.key).map_or(0, |row| row.count) + 1;
        table.put(&record.key, Counted { count, expires: now.plus(self.expires) });
        if record.value.as_deref() == Some(b"reject after put") {
            return Err(Refusal::Reject("late", "after the table was changed".to_owned()));
        }
        let value = format!("{}#{count}", text(record.value.as_deref().unwrap_or_default()));
        let record = RawRecord { value: Some(Bytes::from(value)), headers: vec![], ..record };
        Ok(vec![Encoded { topic: topic::ARTICLES_ENRICHED, record }])
    }

    fn expires_at(row: &Counted) -> Option<Timestamp> {
        Some(row.expires)
    }
}

/// What a store holds: rows and positions, changed together.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) rows: Vec<(String, String)>,
    pub(crate) positions: BTreeMap<(String, u32), i64>,
}

/// A sink into memory that outlives its workers.
#[derive(Clone, Default)]
pub(crate) struct Collect(pub(crate) Arc<Mutex<Shelf>>);

impl Store for Collect {
    const NAME: &'static str = "collect";
    const INPUTS: &'static [&'static str] = &[topic::ARTICLES_ENRICHED];
    type In = RawRecord;

    fn resume(&mut self, topic: &'static str, partition: Partition) -> Result<Resume, StoreError> {
        let known = self.0.lock().unwrap().positions.get(&(topic.to_owned(), partition.0)).copied();
        Ok(known.map_or(Resume::Never, |next| Resume::At(Offset(next))))
    }

    fn write(&mut self, batch: &StoreBatch<RawRecord>, _: Timestamp) -> Result<(), StoreError> {
        let mut shelf = self.0.lock().unwrap();
        for moved in &batch.moves {
            let known = shelf.positions.get(&(moved.topic.to_owned(), moved.partition.0)).copied().map(Offset);
            if known != moved.expected {
                return Err(StoreError::Fenced(format!("{}/{}", moved.topic, moved.partition)));
            }
        }
        for moved in &batch.moves {
            shelf.positions.insert((moved.topic.to_owned(), moved.partition.0), moved.next.0);
        }
        for record in &batch.rows {
            shelf.rows.push((text(&record.key), text(record.value.as_deref().unwrap_or_default())));
        }
        Ok(())
    }
}

/// A worker on a log, with short waits.
pub(crate) fn worker(log: &Arc<dyn Log>, name: &str, stop: &Stop, steps: Steps) -> Worker {
    Worker {
        log: Arc::clone(log),
        name: name.to_owned(),
        limits: Limits { records_max: 100, ..Limits::STAGE },
        dead_letters: DeadLetterLimit::default(),
        metrics: Metrics::unregistered(),
        health: Health::default(),
        clock: Clock::system(),
        stop: stop.clone(),
        steps,
    }
}

/// Runs a worker in a thread.
pub(crate) fn spawn<W: Work + 'static>(work: W, worker: Worker) -> JoinHandle<Result<(), RunError>> {
    thread::spawn(move || pipeline::run(work, &worker))
}

/// Runs a worker until it has ended so many records well, and stops it.
pub(crate) fn run_until_done<W: Work + 'static>(work: W, worker: Worker, records: u64) {
    let (metrics, stop) = (worker.metrics.clone(), worker.stop.clone());
    let running = spawn(work, worker);
    until("all are done", || metrics.stage(W::NAME).of(Outcome::Done) == records);
    stop.set();
    running.join().unwrap().unwrap();
}

pub(crate) fn pass() -> StageWork<Pass> {
    StageWork(Arc::new(Pass))
}

pub(crate) fn count() -> KeyedWork<Count> {
    KeyedWork::new(Arc::new(Count { expires: Duration::from_secs(3600) }))
}

pub(crate) fn collect(shelf: &Arc<Mutex<Shelf>>) -> StoreWork<Collect> {
    StoreWork::new(Collect(Arc::clone(shelf)))
}

/// Waits until `done`, or fails.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < Duration::from_secs(40), "timed out: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
