//! What the run loop costs: a stage that passes 2 KB records on, bytes alone and with JSON read and written, on the
//! embedded log and, where `KAFKA_BROKERS` names a cluster, on Kafka.
//!
//! `cargo bench -p benches --bench stage [-- RECORDS]`
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use pipeline::{
    Clock, DeadLetterLimit, Health, Limits, Log, Metrics, NewTopic, Outcome, Outgoing, Partition, Refusal, Stage,
    StageWork, Step, Steps, Stop, TopicSettings, Worker,
    embedded::EmbeddedLog,
    kafka::{KafkaLog, KafkaSettings},
};
use schemas::{Encoded, RawRecord, topic};

/// Bytes of a record's value.
const VALUE: usize = 2_000;
/// Records appended at once.
const APPEND: usize = 1_000;

struct Pass;

impl Stage for Pass {
    const NAME: &'static str = "pass";
    const INPUTS: &'static [&'static str] = &[topic::PAGES];
    type In = RawRecord;
    type Out = Encoded;

    fn process(&self, record: RawRecord) -> Result<Vec<Encoded>, Refusal> {
        Ok(vec![Encoded { topic: topic::ARTICLES_CLEAN, record }])
    }
}

/// The same with the value read as JSON and written again.
struct Json;

impl Stage for Json {
    const NAME: &'static str = "json";
    const INPUTS: &'static [&'static str] = &[topic::PAGES];
    type In = RawRecord;
    type Out = Encoded;

    fn process(&self, record: RawRecord) -> Result<Vec<Encoded>, Refusal> {
        let value: serde_json::Value =
            schemas::json::value(&record).map_err(|e| Refusal::Reject("json", e.to_string()))?;
        let value = schemas::json::bytes(&value).map_err(|e| Refusal::Reject("json", e.to_string()))?;
        Ok(vec![Encoded { topic: topic::ARTICLES_CLEAN, record: RawRecord { value: Some(value), ..record } }])
    }
}

fn main() {
    let records = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    println!("stage, {records} records of {VALUE} bytes, one worker, 1000 a commit");
    println!("| log | stage | records/s wall | records/CPU-second | commit p50 ms | commit p99 ms |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let folder = tempfile::tempdir().unwrap();
    let embedded = EmbeddedLog::open(folder.path(), Clock::system(), Health::default()).unwrap();
    both("embedded", Arc::new(embedded), records);
    if let Ok(brokers) = std::env::var("KAFKA_BROKERS") {
        let settings = KafkaSettings {
            brokers,
            prefix: format!("bench{}.", std::process::id()),
            session_timeout: Duration::from_secs(6),
            transaction_timeout: Duration::from_secs(10),
            replication: 1,
            client: BTreeMap::new(),
            committed_only: true,
        };
        both("Kafka", Arc::new(KafkaLog::new(settings, Health::default(), Stop::new()).unwrap()), records);
    }
}

fn both(name: &str, log: Arc<dyn Log>, records: usize) {
    let topic = |name| NewTopic {
        name,
        partitions: 4,
        settings: TopicSettings { compacted: false, retention: Duration::from_secs(3_600) },
    };
    log.create(&[topic::PAGES, topic::ARTICLES_CLEAN, topic::DEAD_LETTERS].map(topic)).unwrap();
    while log.bounds(topic::PAGES, Partition(3)).is_err() || log.bounds(topic::ARTICLES_CLEAN, Partition(3)).is_err() {
        std::thread::sleep(Duration::from_millis(50));
    }
    fill(&*log, records);
    measure(name, &log, Pass, records);
    measure(name, &log, Json, records);
}

/// JSON that is like an article's: words, not noise.
fn fill(log: &dyn Log, records: usize) {
    let words =
        ["harbour", "council", "ferry", "market", "bridge", "winter", "said", "the", "of", "a", "ministers", "vote"];
    let mut state = 7_usize;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[(state >> 33) % words.len()]
    };
    for base in (0..records).step_by(APPEND) {
        let record = |n: usize| {
            let mut text = String::new();
            while text.len() < VALUE - 80 {
                text.push_str(word());
                text.push(' ');
            }
            let value = format!("{{\"id\":{n},\"title\":\"{n}\",\"body\":\"{text}\"}}");
            let key = Bytes::from(format!("{:016x}", n.wrapping_mul(0x9e37_79b9)));
            Outgoing {
                topic: topic::PAGES,
                partition: None,
                record: RawRecord { key, value: Some(Bytes::from(value)), headers: Vec::new() },
            }
        };
        let batch: Vec<_> = (base..(base + APPEND).min(records)).map(record).collect();
        log.append(&batch).unwrap();
    }
}

fn measure<S: Stage>(name: &str, log: &Arc<dyn Log>, stage: S, records: usize) {
    let took = Arc::new(Mutex::new(Vec::new()));
    let (times, begun) = (Arc::clone(&took), Mutex::new(Instant::now()));
    let steps = Steps::with(move |step| {
        match step {
            Step::AfterBegin => *begun.lock().unwrap() = Instant::now(),
            Step::AfterCommit => times.lock().unwrap().push(begun.lock().unwrap().elapsed()),
            _ => {}
        }
        Ok(())
    });
    let stop = Stop::new();
    let metrics = Metrics::unregistered();
    let worker = Worker {
        log: Arc::clone(log),
        name: "0".to_owned(),
        limits: Limits::STAGE,
        dead_letters: DeadLetterLimit::default(),
        metrics: metrics.clone(),
        health: Health::default(),
        clock: Clock::system(),
        stop: stop.clone(),
        steps,
    };
    let running = std::thread::spawn(move || pipeline::run(StageWork(Arc::new(stage)), &worker));
    let done = || metrics.stage(S::NAME).of(Outcome::Done);
    while done() == 0 {
        std::thread::sleep(Duration::from_millis(1)); // joining a group is not what is measured
    }
    let (since, cpu, before) = (Instant::now(), cpu_seconds(), done());
    while usize::try_from(done()).unwrap() < records {
        std::thread::sleep(Duration::from_millis(1));
    }
    let counted = (done() - before) as f64;
    let (wall, cpu) = (since.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    stop.set();
    running.join().unwrap().unwrap();
    let mut took = took.lock().unwrap().clone();
    took.sort();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    println!(
        "| {name} | {} | {:.0} | {:.0} | {:.1} | {:.1} |",
        S::NAME,
        counted / wall,
        counted / cpu,
        at(0.5),
        at(0.99)
    );
}

/// User and system time of this process (proc(5)), in seconds.
fn cpu_seconds() -> f64 {
    const TICKS: f64 = 100.0; // USER_HZ, the same on every Linux that this builds for
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / TICKS
}
