//! What is counted. Names live here and nowhere else.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// How a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Passed on.
    Done,
    /// Unwanted.
    Dropped,
    /// A dead letter.
    Refused,
}

impl Outcome {
    /// As the metric's label says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Dropped => "dropped",
            Self::Refused => "refused",
        }
    }
}

/// How a record ended, and why; the reason is a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ended {
    /// How.
    pub outcome: Outcome,
    /// Why; `ok` for what was passed on.
    pub reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RecordLabels {
    stage: &'static str,
    outcome: &'static str,
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    stage: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WorkerLabels {
    stage: &'static str,
    worker: String,
}

/// The counters of one process; cheap to share.
#[derive(Clone)]
pub struct Metrics(Arc<Families>);

struct Families {
    records: Family<RecordLabels, Counter>,
    commits: Family<StageLabels, Counter>,
    aborts: Family<StageLabels, Counter>,
    commit_seconds: Family<StageLabels, Histogram, fn() -> Histogram>,
    lag: Family<WorkerLabels, Gauge>,
    table_rows: Family<WorkerLabels, Gauge>,
    stages: Mutex<BTreeMap<&'static str, Arc<StageCounts>>>,
}

/// One stage's counts, for the terminal and for tests.
#[derive(Debug, Default)]
pub struct StageCounts {
    ended: Mutex<BTreeMap<Ended, u64>>,
    lags: Mutex<BTreeMap<String, u64>>,
    commits: AtomicU64,
    in_hand: AtomicI64,
}

impl StageCounts {
    /// Records by how they ended.
    pub fn ended(&self) -> BTreeMap<Ended, u64> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records that ended in this way, whatever the reason.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.ended().iter().filter(|(ended, _)| ended.outcome == outcome).map(|(_, count)| count).sum()
    }

    /// Records that wait, with those that are being worked on.
    pub fn waiting(&self) -> u64 {
        let lag: u64 = self.lags.lock().unwrap_or_else(PoisonError::into_inner).values().sum();
        lag + u64::try_from(self.in_hand.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Commits that held.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

fn commit_seconds() -> Histogram {
    Histogram::new([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0])
}

impl Metrics {
    /// Registers every family; the process's `/metrics` is the encoded registry.
    pub fn register(registry: &mut Registry) -> Self {
        let families = Families {
            records: Family::default(),
            commits: Family::default(),
            aborts: Family::default(),
            commit_seconds: Family::new_with_constructor(commit_seconds as fn() -> Histogram),
            lag: Family::default(),
            table_rows: Family::default(),
            stages: Mutex::default(),
        };
        let stage = registry.sub_registry_with_prefix("wiredesk_stage");
        stage.register("records", "Records by how they ended", families.records.clone());
        stage.register("commits", "Commits that held", families.commits.clone());
        stage.register("aborts", "Commits that were undone", families.aborts.clone());
        stage.register(
            "commit_seconds",
            "From the hand-over of a batch to its commit",
            families.commit_seconds.clone(),
        );
        stage.register("lag_records", "Records between what was delivered and the end", families.lag.clone());
        stage.register("table_rows", "Rows of the stage's table", families.table_rows.clone());
        Self(Arc::new(families))
    }

    /// Counters that nobody scrapes.
    pub fn unregistered() -> Self {
        Self::register(&mut Registry::default())
    }

    /// A stage's counts.
    pub fn stage(&self, stage: &'static str) -> Arc<StageCounts> {
        Arc::clone(self.0.stages.lock().unwrap_or_else(PoisonError::into_inner).entry(stage).or_default())
    }

    /// A commit held, and these records have ended with it.
    pub(crate) fn committed(&self, stage: &'static str, ends: &[Ended], took: Duration) {
        let mut counts = BTreeMap::<Ended, u64>::new();
        for ended in ends {
            *counts.entry(*ended).or_default() += 1;
        }
        let own = self.stage(stage);
        let mut totals = own.ended.lock().unwrap_or_else(PoisonError::into_inner);
        for (ended, count) in counts {
            *totals.entry(ended).or_default() += count;
            let labels = RecordLabels { stage, outcome: ended.outcome.as_str(), reason: ended.reason };
            self.0.records.get_or_create(&labels).inc_by(count);
        }
        own.commits.fetch_add(1, Ordering::Relaxed);
        self.0.commits.get_or_create(&StageLabels { stage }).inc();
        self.0.commit_seconds.get_or_create(&StageLabels { stage }).observe(took.as_secs_f64());
    }

    /// A commit was undone.
    pub(crate) fn aborted(&self, stage: &'static str) {
        self.0.aborts.get_or_create(&StageLabels { stage }).inc();
    }

    /// Records were taken in hand (positive) or let go.
    pub(crate) fn in_hand(&self, stage: &'static str, change: i64) {
        self.stage(stage).in_hand.fetch_add(change, Ordering::Relaxed);
    }

    /// What waits for one worker.
    pub(crate) fn lag(&self, stage: &'static str, worker: &str, records: u64) {
        self.stage(stage).lags.lock().unwrap_or_else(PoisonError::into_inner).insert(worker.to_owned(), records);
        let labels = WorkerLabels { stage, worker: worker.to_owned() };
        self.0.lag.get_or_create(&labels).set(i64::try_from(records).unwrap_or(i64::MAX));
    }

    /// How large a worker's table is.
    pub(crate) fn table_rows(&self, stage: &'static str, worker: &str, rows: usize) {
        let labels = WorkerLabels { stage, worker: worker.to_owned() };
        self.0.table_rows.get_or_create(&labels).set(i64::try_from(rows).unwrap_or(i64::MAX));
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}
