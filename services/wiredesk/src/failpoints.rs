//! Deaths, undone commits and broken promises that a chaos test plants. Compiled under the feature `failpoints` alone, in
//! the place of `planted.rs`; what users run has none of it.
//!
//! `FAILPOINTS` holds entries `stage/step:count:act`, parted by commas. When workers of the stage have met the
//! step for the count-th time, the process dies as by kill -9 (`kill`), or stands still until somebody continues it
//! (`stop`). Steps are named as [`Step`] names them. `MidCommit` is no step of its own on any log: it arms a death shortly
//! after `BeforeCommit`.
//!
//! `ABORTS=n` undoes every n-th commit of each process. `MUTANT` names a break of the promise ([`Mutant`]), which the
//! chaos tests must notice. `FIELD` names a field that all records get which stages write, as a later release might add one.
//! `STORE` is the path of a file that says how the lake's store is: nothing, `paused`, or `slow`.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use pipeline::{
    Delivery, Log, Member, Offset, Outgoing, Partition, Place, Resume, RunError, Share, Step, Steps, Store, StoreBatch,
    StoreError, StoreMove, Work, Worked, WriteStore,
    faults::{Fault, Faults, Torn},
};
use schemas::{EnrichedArticle, Timestamp};
use signal_hook::{consts::SIGKILL, consts::SIGSTOP, low_level::raise};
use sink::LakeStore;

const VARIABLE: &str = "FAILPOINTS";
/// How long after `BeforeCommit` the death comes that is meant to fall into the commit: some fall before, some behind.
const MID_COMMIT: Duration = Duration::from_micros(1_500);

#[derive(Clone, Copy, Debug)]
enum Act {
    Kill,
    Stop,
}

struct Failpoint {
    step: Step,
    count: u32,
    act: Act,
    met: AtomicU32,
}

/// The steps of a stage with what is planted in them.
///
/// # Panics
/// Where the variable cannot be read: a test that plants nothing proves nothing.
pub(crate) fn steps(stage: &str) -> Steps {
    let planted = std::env::var(VARIABLE).unwrap_or_default();
    let points: Arc<[Failpoint]> = planted
        .split(',')
        .filter_map(|entry| entry.strip_prefix(stage)?.strip_prefix('/'))
        .map(|entry| parse(entry).unwrap_or_else(|| panic!("{VARIABLE}: {entry:?} is none")))
        .collect();
    if points.is_empty() {
        return Steps::none();
    }
    let stage = stage.to_owned();
    Steps::with(move |step| {
        for point in points.iter() {
            let is_mid = point.step == Step::MidCommit && step == Step::BeforeCommit;
            if (point.step != step && !is_mid) || point.met.fetch_add(1, Ordering::Relaxed) + 1 != point.count {
                continue;
            }
            tracing::warn!(stage, "failpoint {:?}", point.step);
            match point.act {
                Act::Stop => drop(raise(SIGSTOP)),
                Act::Kill if is_mid => drop(thread::spawn(|| {
                    thread::sleep(MID_COMMIT);
                    raise(SIGKILL)
                })),
                Act::Kill => drop(raise(SIGKILL)),
            }
        }
        Ok(())
    })
}

fn parse(entry: &str) -> Option<Failpoint> {
    let mut parts = entry.split(':');
    let (step, count, act) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let act = match act {
        "kill" => Act::Kill,
        "stop" => Act::Stop,
        _ => return None,
    };
    let step = Step::ALL.into_iter().find(|known| format!("{known:?}") == step)?;
    Some(Failpoint { step, count, act, met: AtomicU32::new(0) })
}

/// A break of the promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    OffsetsBefore,
    OffsetsAfter,
    NoRewind,
    ReadUncommitted,
    TableOutside,
    OverlayKept,
    NewestMembership,
    StoreOffsetOutside,
}

impl Mutant {
    const ALL: [Self; 8] = [
        Self::OffsetsBefore,
        Self::OffsetsAfter,
        Self::NoRewind,
        Self::ReadUncommitted,
        Self::TableOutside,
        Self::OverlayKept,
        Self::NewestMembership,
        Self::StoreOffsetOutside,
    ];

    fn planted() -> Option<Self> {
        let name = std::env::var("MUTANT").ok().filter(|name| !name.is_empty())?;
        let found = Self::ALL.into_iter().find(|mutant| format!("{mutant:?}") == name);
        Some(found.unwrap_or_else(|| panic!("MUTANT: {name:?} is none")))
    }
}

/// Whether positions are read of transactions that held alone.
pub(crate) fn committed_only() -> bool {
    Mutant::planted() != Some(Mutant::ReadUncommitted)
}

/// The log, as the stages see it.
pub(crate) fn log(log: Arc<dyn Log>) -> Arc<dyn Log> {
    let every = std::env::var("ABORTS").ok().and_then(|every| every.parse::<u32>().ok()).filter(|every| *every > 0);
    let mutant = Mutant::planted();
    let commits = AtomicU32::new(0);
    let field = std::env::var("FIELD").ok().filter(|field| !field.is_empty());
    let faults = Faults::new(log, move |commit| {
        let number = commits.fetch_add(1, Ordering::Relaxed) + 1;
        match mutant {
            _ if every.is_some_and(|every| number.is_multiple_of(every)) => Fault::Abort { suspect: false },
            Some(Mutant::OffsetsBefore) => Fault::Torn(Torn::PositionsFirst),
            Some(Mutant::OffsetsAfter) => Fault::Torn(Torn::PositionsLast),
            Some(Mutant::TableOutside) => Fault::Torn(Torn::TableFirst),
            Some(Mutant::NewestMembership) => Fault::NewestMembership,
            _ => match &field {
                Some(field) => Fault::Outputs(with_field(&commit.outputs, field)),
                None => Fault::None,
            },
        }
    });
    Arc::new(match mutant {
        Some(Mutant::NoRewind) => faults.without_rewind(),
        Some(Mutant::NewestMembership) => faults.without_wait(),
        _ => faults,
    })
}

/// The same records with one field more, where they are JSON.
fn with_field(outputs: &[Outgoing], field: &str) -> Vec<Outgoing> {
    let add = |outgoing: &Outgoing| {
        let mut outgoing = outgoing.clone();
        if let Some(json) = outgoing.record.value.as_deref().and_then(|value| value.strip_suffix(b"}")) {
            let value = [json, format!(",\"{field}\":true}}").as_bytes()].concat();
            outgoing.record.value = Some(value.into());
        }
        outgoing
    };
    outputs.iter().map(add).collect()
}

/// A stage with a table.
pub(crate) fn keyed<W: Work>(work: W) -> impl Work {
    Overlay { work, kept: Mutant::planted() == Some(Mutant::OverlayKept) }
}

/// Work that may keep what an undone commit changed in its table.
struct Overlay<W> {
    work: W,
    kept: bool,
}

/// Layers of changes that there may be: of the commit that was undone, and of the batch on top of it.
const LAYERS_MAX: usize = 2;

impl<W: Work> Work for Overlay<W> {
    type Batch = W::Batch;
    const NAME: &'static str = W::NAME;
    const INPUTS: &'static [&'static str] = W::INPUTS;
    const TABLE: Option<&'static str> = W::TABLE;

    fn assigned(
        &mut self,
        partitions: &mut [(Place, Offset)],
        log: &dyn Log,
        member: &mut dyn Member,
    ) -> Result<(), RunError> {
        self.work.assigned(partitions, log, member)
    }

    fn revoked(&mut self, partitions: &[Place]) {
        self.work.revoked(partitions);
    }

    fn begin(&mut self) {
        self.work.begin();
    }

    fn work(&mut self, batch: &[Delivery], poisoned: Option<(Place, Offset)>, now: Timestamp) -> Worked<W::Batch> {
        self.work.work(batch, poisoned, now)
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.work.next_due()
    }

    fn has_errands(&self) -> bool {
        self.work.has_errands()
    }

    fn is_waiting(&self) -> bool {
        self.work.is_waiting()
    }

    fn has_answers(&mut self) -> bool {
        self.work.has_answers()
    }

    fn due(&mut self, share: Share, now: Timestamp, worked: &mut Worked<W::Batch>) {
        self.work.due(share, now, worked);
    }

    fn stop(&mut self) {
        self.work.stop();
    }

    fn drain(&mut self, now: Timestamp, worked: &mut Worked<W::Batch>) {
        self.work.drain(now, worked);
    }

    fn suspect(&mut self, now: Timestamp) {
        self.work.suspect(now);
    }

    fn advance(&mut self, ends: &[(Place, Offset)]) -> Option<W::Batch> {
        self.work.advance(ends)
    }

    fn cancel(&mut self) {
        self.work.cancel();
    }

    fn committed(&mut self) {
        self.work.committed();
    }

    fn aborted(&mut self) -> Result<(), RunError> {
        if self.kept {
            (0..LAYERS_MAX).for_each(|_| self.work.committed());
            return Ok(());
        }
        self.work.aborted()
    }

    fn table_rows(&self) -> usize {
        self.work.table_rows()
    }

    fn store(&self) -> WriteStore<W::Batch> {
        self.work.store()
    }
}

/// The lake, whose positions may be moved in a commit of their own, and which may be paused or slow.
pub(crate) fn lake(store: LakeStore) -> impl Store {
    let held = std::env::var_os("STORE").map(PathBuf::from);
    Split { store, apart: Mutant::planted() == Some(Mutant::StoreOffsetOutside), held }
}

/// What a slow store takes longer for each write.
const SLOW: Duration = Duration::from_secs(2);

/// How long after the rows: some deaths must fall in between.
const APART: Duration = Duration::from_millis(200);

struct Split {
    store: LakeStore,
    apart: bool,
    /// Where it stands how the store is.
    held: Option<PathBuf>,
}

impl Split {
    fn wait(&self) -> Result<(), StoreError> {
        let how = self.held.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        match how.as_deref() {
            Some("paused") => Err(StoreError::Unavailable("it is paused".to_owned())),
            Some("slow") => {
                thread::sleep(SLOW);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Store for Split {
    const NAME: &'static str = LakeStore::NAME;
    const INPUTS: &'static [&'static str] = LakeStore::INPUTS;
    type In = EnrichedArticle;

    fn resume(&mut self, topic: &'static str, partition: Partition) -> Result<Resume, StoreError> {
        self.store.resume(topic, partition)
    }

    fn write(&mut self, batch: &StoreBatch<EnrichedArticle>, now: Timestamp) -> Result<(), StoreError> {
        self.wait()?;
        // The lake takes no rows without a move: positions go one step with the rows, and the rest of the way after them.
        let step = |moved: &StoreMove| {
            let next = Offset(moved.expected?.0 + 1);
            (next < moved.next).then_some(StoreMove { next, ..*moved })
        };
        let steps: Option<Vec<_>> = batch.moves.iter().map(step).collect();
        let Some(steps) = steps.filter(|_| self.apart && !batch.rows.is_empty()) else {
            return self.store.write(batch, now);
        };
        let rest = |(moved, step): (&StoreMove, &StoreMove)| StoreMove { expected: Some(step.next), ..*moved };
        let rest = batch.moves.iter().zip(&steps).map(rest).collect();
        self.store.write(&StoreBatch { rows: batch.rows.clone(), moves: steps }, now)?;
        thread::sleep(APART);
        self.store.write(&StoreBatch { rows: Vec::new(), moves: rest }, now)
    }
}
