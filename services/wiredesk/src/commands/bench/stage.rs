//! What the run loop costs: a stage that passes records on, bytes alone, and with their JSON read and written.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use ::pipeline::{
    Clock, DeadLetterLimit, Health, Limits, Log, Metrics, Outcome, Refusal, Stage, StageWork, Step, Steps, Stop, Worker,
};
use anyhow::anyhow;
use schemas::{Encoded, RawRecord, topic};

use super::{Clocks, Ground, VALUE_BYTES, pages, quantile};
use crate::commands::print;

/// How often is looked whether it is done.
const LOOK: Duration = Duration::from_millis(1);

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

pub(super) fn run(ground: &Ground, records: usize) -> anyhow::Result<()> {
    print(&format!("{records} records of {VALUE_BYTES} bytes, one worker, 1000 a commit, each commit durable\n"))?;
    print("| log | stage | records/s | records/CPU-second | commit p50 ms | commit p99 ms |")?;
    print("| --- | --- | --- | --- | --- | --- |")?;
    pages::fill(&*ground.opened.log, records)?;
    measure(ground, Pass, records)?;
    measure(ground, Json, records)
}

fn measure<S: Stage>(ground: &Ground, stage: S, records: usize) -> anyhow::Result<()> {
    let commits = Arc::new(Mutex::new((Instant::now(), Vec::new())));
    let times = Arc::clone(&commits);
    let steps = Steps::with(move |step| {
        let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
        match step {
            Step::AfterBegin => times.0 = Instant::now(),
            Step::AfterCommit => {
                let took = times.0.elapsed();
                times.1.push(took);
            }
            _ => {}
        }
        Ok(())
    });
    let (stop, metrics) = (Stop::new(), Metrics::unregistered());
    let worker = Worker {
        log: Arc::clone(&ground.opened.log) as Arc<dyn Log>,
        name: "0".to_owned(),
        limits: Limits::STAGE,
        dead_letters: DeadLetterLimit::default(),
        metrics: metrics.clone(),
        health: Health::default(),
        clock: Clock::system(),
        stop: stop.clone(),
        steps,
    };
    let running = thread::spawn(move || ::pipeline::run(StageWork(Arc::new(stage)), &worker));
    let done = || metrics.stage(S::NAME).of(Outcome::Done);
    while done() == 0 && !running.is_finished() {
        thread::sleep(LOOK); // joining a group is not what is measured
    }
    let (clocks, before) = (Clocks::start()?, done());
    while done() < records as u64 && !running.is_finished() {
        thread::sleep(LOOK);
    }
    let counted = (done() - before) as f64;
    let (wall, cpu) = clocks.read()?;
    stop.set();
    running.join().map_err(|_| anyhow!("the worker panicked"))??;
    let mut times = std::mem::take(&mut commits.lock().unwrap_or_else(PoisonError::into_inner).1);
    times.sort_unstable();
    print(&format!(
        "| {} | {} | {:.0} | {:.0} | {:.1} | {:.1} |",
        ground.log_name(),
        S::NAME,
        counted / wall,
        counted / cpu,
        quantile(&times, 0.5),
        quantile(&times, 0.99)
    ))
}
