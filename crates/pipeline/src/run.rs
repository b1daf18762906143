//! The one run loop: gather, work, commit; and what happens when something on the way does not hold.
//!
//! Two threads a worker. This one polls, gathers and works; the other commits (`commit.rs`), so the next batch's work
//! overlaps this batch's commit. At most one commit is under way, and at most one batch is built on top of it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use schemas::Timestamp;

use crate::{
    Clock, Commit, CommitError, DeadLetterLimit, Delivery, Ended, Event, Health, Join, Limits, Log, LogError, Member,
    Metrics, Move, Offset, Place, RunError, Step, Steps, Stop, StoreError,
    commit::{self, Handle, Hands, Job},
    dead_letter::RefusedInARow,
    work::{Share, Work, Worked},
};

/// The longest wait of one poll: how soon a stop or a timer is seen.
const POLL_MAX: Duration = Duration::from_millis(100);
/// The wait of a poll while a commit is under way: an answer is seen this soon.
const POLL_BUSY: Duration = Duration::from_millis(2);
/// The same where the commit takes longer than [`BREATH`]: a store that waits must not cost a core.
const POLL_SLOW: Duration = Duration::from_millis(20);
/// While a commit takes longer than this, the membership is kept alive beside it.
const BREATH: Duration = Duration::from_millis(100);
/// Between two tries while the log or the store cannot be reached.
const PAUSE: Duration = Duration::from_millis(500);
/// Commits in a row that may be refused because partitions were lost, with no rebalance in between.
const LOST_MAX: u32 = 200;
/// How long the last batch before an end is tried.
const DRAIN_MAX: Duration = Duration::from_secs(5);
/// After so many failed commits in a row, records and what is due are committed apart, so that neither is blamed for the
/// other.
const APART_AFTER: u32 = 2;
/// While answers from outside may come: how soon one is seen.
const POLL_WAITING: Duration = Duration::from_millis(5);
/// After a stop, a commit that has no answer by then is given up: librdkafka's `send_offsets_to_transaction` waits for the
/// coordinator for as long as there is none, whatever its time-out is.
const COMMIT_GRACE: Duration = Duration::from_secs(12);
/// After a commit that was refused because the worker lost its partitions: the rebalance is on its way.
const LOST_PAUSE: Duration = Duration::from_millis(50);

/// What a worker is made of.
#[derive(Clone)]
pub struct Worker {
    /// The log.
    pub log: Arc<dyn Log>,
    /// Which worker of its stage this is: stable over a restart, different from all others.
    pub name: String,
    /// How much is gathered.
    pub limits: Limits,
    /// When to stop rather than move more records aside.
    pub dead_letters: DeadLetterLimit,
    /// Where records are counted.
    pub metrics: Metrics,
    /// Where waits are said.
    pub health: Health,
    /// The time.
    pub clock: Clock,
    /// Set at SIGTERM.
    pub stop: Stop,
    /// Where tests crash.
    pub steps: Steps,
}

/// Runs a worker of a stage until it is stopped.
///
/// # Errors
/// What ended it otherwise; nothing that was not committed has left a trace.
pub fn run<W: Work>(work: W, worker: &Worker) -> Result<(), RunError> {
    let who = format!("{}/{}", W::NAME, worker.name);
    let join = Join { stage: W::NAME, inputs: W::INPUTS, table: W::TABLE, worker: worker.name.clone() };
    let joined =
        patiently(worker, &who, || Ok(worker.log.join(join.clone(), worker.steps.clone(), worker.stop.clone())?));
    let mut member = match joined {
        Ok(Some(member)) => member,
        Ok(None) => return Ok(()),
        Err(error) => return Err(error),
    };
    let Some(committer) = patiently(worker, &who, || Ok(member.committer()?))? else { return Ok(()) };
    let hands = Hands {
        committer,
        store: work.store(),
        who: who.clone(),
        health: worker.health.clone(),
        steps: worker.steps.clone(),
        stop: worker.stop.clone(),
    };
    let (commits, thread) = commit::pair(member.gate(), hands);
    let committing = thread::Builder::new()
        .name(format!("{who} commits"))
        .spawn(thread)
        .map_err(|error| LogError::Fatal(format!("no thread for commits: {error}")))?;
    let mut run = Run {
        worker,
        who,
        work,
        member,
        commits,
        positions: BTreeMap::new(),
        unstarted: Vec::new(),
        pending: VecDeque::new(),
        batch: Vec::new(),
        in_flight: None,
        submitted: None,
        failures: 0,
        lost: 0,
        poisoned: None,
        refused: RefusedInARow::new(worker.dead_letters),
    };
    let result = run.until_stopped();
    run.forget_batch();
    worker.metrics.lag(W::NAME, &worker.name, 0);
    let Run { commits, member, .. } = run;
    let is_abandoned = commits.is_abandoned();
    drop(commits); // ends the committing thread, after the commit that is under way
    if !is_abandoned && committing.join().is_err() {
        return Err(RunError::Panicked("the committing thread"));
    }
    drop(member); // leaves the stage, once nothing of it is under way
    match result {
        Err(RunError::Log(LogError::Stopping)) => Ok(()),
        other => other,
    }
}

/// Asks again while the log or the store cannot be reached; `None` where the stop came first.
fn patiently<T>(
    worker: &Worker,
    who: &str,
    mut ask: impl FnMut() -> Result<T, RunError>,
) -> Result<Option<T>, RunError> {
    loop {
        match ask() {
            Ok(answer) => {
                worker.health.going(who);
                return Ok(Some(answer));
            }
            Err(RunError::Log(LogError::Unavailable(why)) | RunError::Store(StoreError::Unavailable(why))) => {
                worker.health.waiting(who, &why);
                if worker.stop.sleep(PAUSE) {
                    return Ok(None);
                }
            }
            Err(RunError::Log(LogError::Stopping)) => return Ok(None),
            Err(other) => return Err(other),
        }
    }
}

/// Where a worker stands in one partition.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// What the log knows: the next record that is not committed.
    committed: Offset,
    /// Where delivery starts again after an abort; behind `committed` for a store that has less than the log.
    restart: Offset,
    /// The next record to be gathered.
    read: Offset,
}

/// The commit that is under way.
struct InFlight {
    moves: Vec<Move>,
    reads: Vec<(Place, Offset)>,
    ends: Vec<Ended>,
    records: usize,
    only: Option<(Place, Offset)>,
    refused: RefusedInARow,
}

struct Run<'a, W: Work> {
    worker: &'a Worker,
    who: String,
    work: W,
    member: Box<dyn Member>,
    commits: Handle<W::Batch>,
    positions: BTreeMap<Place, Position>,
    /// Assigned, and interrupted before delivery could start.
    unstarted: Vec<(Place, Offset)>,
    /// Polled, and over the batch's limit.
    pending: VecDeque<Delivery>,
    batch: Vec<Delivery>,
    in_flight: Option<InFlight>,
    /// When a batch was last handed over.
    submitted: Option<Instant>,
    /// Commits undone in a row.
    failures: u32,
    /// Commits refused in a row because partitions were lost.
    lost: u32,
    poisoned: Option<(Place, Offset)>,
    refused: RefusedInARow,
}

impl<W: Work> Run<'_, W> {
    fn until_stopped(&mut self) -> Result<(), RunError> {
        loop {
            self.gather()?;
            let stopping = self.worker.stop.is_set();
            if stopping {
                self.worker.steps.at(Step::DuringDrain).map_err(LogError::from)?;
                self.work.stop();
                self.settle()?; // how the last commit went decides what is to be drained
            }
            let now = self.worker.clock.now();
            self.work.begin();
            let mut worked = self.work.work(&self.batch, self.poisoned, now);
            if stopping {
                self.work.drain(now, &mut worked);
            } else if self.failures < APART_AFTER || self.batch.is_empty() {
                let Limits { records_max, bytes_max, .. } = self.worker.limits.after(self.failures);
                self.work.due(Share { rows_max: records_max, bytes_max }, now, &mut worked);
            }
            self.worker.steps.at(Step::AfterWork).map_err(LogError::from)?;
            if !self.settle()? {
                continue; // what was worked on stood on a commit that was undone
            }
            if worked.is_empty() {
                self.forget_batch_only();
                self.work.cancel();
            } else {
                let refused = self.refused.after(W::NAME, &worked.ends)?;
                self.submit(worked, refused, now);
            }
            // An undone last batch is worked on again, while there is time.
            if stopping && (self.settle()? || self.worker.stop.is_overdue(DRAIN_MAX)) {
                return Ok(());
            }
        }
    }

    /// Fills the batch: until a limit, or until nothing more comes and no commit is under way that it may wait for.
    fn gather(&mut self) -> Result<(), RunError> {
        let limits = self.worker.limits.after(self.failures);
        let mut first = None;
        let mut bytes = 0;
        loop {
            while self.batch.len() < limits.records_max && bytes < limits.bytes_max {
                let Some(delivery) = self.pending.pop_front() else { break };
                bytes += delivery.record.bytes();
                let Some(position) = self.positions.get_mut(&delivery.place) else {
                    self.worker.metrics.in_hand(W::NAME, -1); // of a partition that has gone
                    continue;
                };
                position.read = Offset(delivery.offset.0 + 1);
                self.batch.push(delivery);
                first.get_or_insert_with(Instant::now);
            }
            let full = self.batch.len() >= limits.records_max || bytes >= limits.bytes_max;
            if full || self.worker.stop.is_set() {
                return Ok(());
            }
            let answered = self.commits.is_answered();
            if answered && !self.settle()? {
                (first, bytes) = (None, 0);
            }
            let busy = self.commits.is_busy();
            let waited = first.map(|first: Instant| first.elapsed());
            let wait = match waited {
                _ if busy && self.commits.is_slow(BREATH) => POLL_SLOW,
                _ if busy => POLL_BUSY,
                None => self.idle_wait(),
                Some(waited) => limits.linger.saturating_sub(waited).min(POLL_MAX),
            };
            match self.poll(wait)? {
                Event::Records(records) => {
                    self.worker.steps.at(Step::AfterPoll).map_err(LogError::from)?;
                    self.worker.metrics.in_hand(W::NAME, i64::try_from(records.len()).unwrap_or(0));
                    self.pending.extend(records);
                }
                Event::Assigned(places) => self.assigned(places)?,
                Event::Revoked(places) => {
                    self.revoked(&places)?;
                    bytes = self.batch.iter().map(|delivery| delivery.record.bytes()).sum();
                    first = first.filter(|_| !self.batch.is_empty());
                }
                Event::Idle => {
                    self.worker.metrics.lag(W::NAME, &self.worker.name, self.member.lag());
                    if !busy {
                        self.start_unstarted()?;
                        self.advance()?;
                    }
                    let due = self.work.next_due().is_some_and(|due| due <= self.worker.clock.now())
                        || self.work.has_answers();
                    // Nothing more came for a while, and the last commit is as long ago as commits should be apart.
                    let apart = self.submitted.is_none_or(|last| last.elapsed() >= limits.linger);
                    let enough = waited.is_some_and(|waited| apart || waited >= limits.linger);
                    if !busy && (enough || (first.is_none() && due)) {
                        return Ok(());
                    }
                }
            }
            if waited.is_some_and(|waited| waited >= limits.ceiling) && self.pending.is_empty() {
                return Ok(());
            }
        }
    }

    /// Moves idle positions past transaction markers. Without it, a partition in which nothing happens for longer than
    /// the log's retention would look like a gap at the next start.
    fn advance(&mut self) -> Result<(), RunError> {
        if !(self.batch.is_empty() && self.pending.is_empty() && self.unstarted.is_empty()) {
            return Ok(());
        }
        let read: Vec<_> = self.positions.iter().map(|(place, position)| (*place, position.read)).collect();
        let ends = match self.member.ends(&read) {
            Ok(ends) => ends,
            Err(LogError::Unavailable(_) | LogError::Interrupted) => return Ok(()), // the next poll says it
            Err(other) => return Err(other.into()),
        };
        if ends.is_empty() {
            return Ok(());
        }
        for (place, end) in &ends {
            if let Some(position) = self.positions.get_mut(place) {
                position.read = *end;
            }
        }
        self.work.begin();
        let store = self.work.advance(&ends);
        let touched = ends.iter().map(|(place, _)| place.partition).collect();
        let worked = Worked { store, touched, ..Worked::new() };
        self.submit(worked, self.refused, self.worker.clock.now());
        Ok(())
    }

    /// A log that cannot be reached has nothing to say.
    fn poll(&mut self, wait: Duration) -> Result<Event, RunError> {
        match self.member.poll(wait) {
            Err(LogError::Unavailable(why)) => {
                self.worker.health.waiting(&self.who, &why);
                self.worker.stop.sleep(PAUSE);
                Ok(Event::Idle)
            }
            Err(other) => Err(other.into()),
            Ok(event) => {
                if !matches!(event, Event::Idle) {
                    self.worker.health.going(&self.who);
                }
                Ok(event)
            }
        }
    }

    /// Asks the log or the store again while it cannot be reached, keeping the membership alive meanwhile.
    fn insist<T>(&mut self, mut ask: impl FnMut(&mut Self) -> Result<T, RunError>) -> Result<T, RunError> {
        loop {
            match ask(self) {
                Ok(answer) => {
                    self.worker.health.going(&self.who);
                    return Ok(answer);
                }
                Err(RunError::Log(LogError::Unavailable(why)) | RunError::Store(StoreError::Unavailable(why))) => {
                    self.worker.health.waiting(&self.who, &why);
                    self.member.breathe();
                    if self.worker.stop.sleep(PAUSE) {
                        return Err(LogError::Stopping.into());
                    }
                }
                Err(other) => return Err(other),
            }
        }
    }

    /// How long to wait for a first record: until the next timer, at most.
    fn idle_wait(&self) -> Duration {
        let max = if self.work.is_waiting() { POLL_WAITING } else { POLL_MAX };
        self.work.next_due().map_or(max, |due| due.since(self.worker.clock.now()).min(max))
    }

    fn submit(&mut self, worked: Worked<W::Batch>, refused: RefusedInARow, now: Timestamp) {
        let touched: BTreeSet<_> =
            worked.touched.iter().copied().chain(self.batch.iter().map(|d| d.place.partition)).collect();
        let moved = self.positions.iter().filter(|(place, _)| touched.contains(&place.partition));
        let moves: Vec<_> = moved
            .map(|(place, position)| Move {
                place: *place,
                from: position.committed,
                next: position.read.max(position.committed),
            })
            .collect();
        let reads = self.positions.iter().map(|(place, position)| (*place, position.read)).collect();
        let only = match self.batch.as_slice() {
            [only] => Some((only.place, only.offset)),
            _ => None,
        };
        self.in_flight =
            Some(InFlight { moves: moves.clone(), reads, ends: worked.ends, records: self.batch.len(), only, refused });
        self.batch.clear();
        self.submitted = Some(Instant::now());
        let commit = Commit { token: self.member.token(), outputs: worked.outputs, changes: worked.changes, moves };
        self.commits.submit(Job { store: worked.store, commit, now });
    }

    /// Waits for the commit that is under way, if there is one. `false` where it was undone: then everything is back
    /// at the last commit that held, and what was built on top is gone.
    fn settle(&mut self) -> Result<bool, RunError> {
        while self.commits.is_busy() && !self.commits.is_answered() {
            if self.worker.stop.is_overdue(COMMIT_GRACE) {
                tracing::warn!(worker = self.who, "the last commit has no answer: whoever starts next asks for it");
                self.commits.abandon();
                return Err(LogError::Stopping.into());
            }
            if !self.commits.wait_a_little(BREATH) {
                self.member.breathe();
            }
        }
        let Some((result, took)) = self.commits.wait() else { return Ok(true) };
        let Some(in_flight) = self.in_flight.take() else { return Ok(true) };
        self.worker.metrics.in_hand(W::NAME, -i64::try_from(in_flight.records).unwrap_or(0));
        match result {
            Ok(()) => {
                for Move { place, next, .. } in in_flight.moves {
                    if let Some(position) = self.positions.get_mut(&place) {
                        position.committed = next;
                    }
                }
                for (place, read) in in_flight.reads {
                    if let Some(position) = self.positions.get_mut(&place) {
                        position.restart = read;
                    }
                }
                self.failures = 0;
                self.lost = 0;
                self.poisoned = None;
                self.refused = in_flight.refused;
                if self.work.has_errands() {
                    self.worker.steps.at(Step::AfterTake).map_err(LogError::from)?;
                }
                self.work.committed();
                let name = W::NAME;
                self.worker.metrics.lag(name, &self.worker.name, self.member.lag());
                self.worker.metrics.committed(name, &in_flight.ends, took);
                self.worker.metrics.table_rows(name, &self.worker.name, self.work.table_rows());
                return Ok(true);
            }
            Err(CommitError::Aborted { why, suspect }) => {
                tracing::warn!(worker = self.who, failures = self.failures, "commit undone, trying again: {why}");
                if suspect {
                    let one = self.worker.limits.after(self.failures).records_max == 1;
                    self.poisoned = in_flight.only.filter(|_| one);
                    if one && in_flight.records == 0 {
                        self.work.suspect(self.worker.clock.now());
                    }
                    self.failures += 1;
                } else {
                    self.worker.stop.sleep(LOST_PAUSE);
                }
            }
            // The store's refusal may be of a batch that was written before its partition went: after a rebalance the
            // rightful owner asks the store where it stands, and a zombie is refused again.
            Err(CommitError::Lost(why) | CommitError::Store(StoreError::Fenced(why))) => {
                self.lost += 1;
                if self.lost > LOST_MAX {
                    return Err(LogError::Fatal(format!("{} is refused again and again: {why}", self.who)).into());
                }
                tracing::info!(worker = self.who, "commit refused, a rebalance is on its way: {why}");
                self.worker.stop.sleep(LOST_PAUSE);
            }
            Err(CommitError::Stopping) => return Err(LogError::Stopping.into()),
            Err(CommitError::Log(error)) => return Err(error.into()),
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
        self.worker.metrics.aborted(W::NAME);
        self.rewind()?;
        Ok(false)
    }

    /// Takes everything back to the last commit that held.
    fn rewind(&mut self) -> Result<(), RunError> {
        self.forget_batch();
        self.insist(|run| run.work.aborted())?;
        self.positions.values_mut().for_each(|position| position.read = position.restart);
        self.start()
    }

    /// Nothing came of the batch, which is so only where it was empty or no longer ours.
    fn forget_batch_only(&mut self) {
        self.worker.metrics.in_hand(W::NAME, -i64::try_from(self.batch.len()).unwrap_or(0));
        self.batch.clear();
    }

    fn forget_batch(&mut self) {
        let records = self.batch.len() + self.pending.len();
        self.worker.metrics.in_hand(W::NAME, -i64::try_from(records).unwrap_or(0));
        self.batch.clear();
        self.pending.clear();
    }

    /// Starts delivery, again or for the first time, at every partition that the worker owns.
    fn start(&mut self) -> Result<(), RunError> {
        let positions: Vec<_> = self.positions.iter().map(|(place, position)| (*place, position.read)).collect();
        // What was polled ahead comes again.
        let ahead = self.pending.len();
        self.pending.clear();
        self.worker.metrics.in_hand(W::NAME, -i64::try_from(ahead).unwrap_or(0));
        self.insist(|run| Ok(run.member.start(&positions)?))
    }

    fn assigned(&mut self, places: Vec<(Place, Offset)>) -> Result<(), RunError> {
        self.worker.steps.at(Step::DuringRebalance).map_err(LogError::from)?;
        // What stands on a commit must know how it went before the tables change.
        self.settle()?;
        self.unstarted.extend(places);
        self.start_unstarted()
    }

    /// Restores tables and starts delivery for partitions that came. A further rebalance interrupts it; what is still
    /// ours afterwards is tried again.
    fn start_unstarted(&mut self) -> Result<(), RunError> {
        if self.unstarted.is_empty() {
            return Ok(());
        }
        let restored = self.insist(|run| {
            run.worker.steps.at(Step::DuringRestore).map_err(LogError::from)?;
            let mut places = run.unstarted.clone();
            run.work.assigned(&mut places, &*run.worker.log, &mut *run.member)?;
            Ok(places)
        });
        let places = match restored {
            Ok(places) => places,
            Err(RunError::Log(LogError::Interrupted)) => return Ok(()),
            Err(other) => return Err(other),
        };
        for ((place, committed), (_, from)) in self.unstarted.drain(..).zip(places) {
            self.positions.insert(place, Position { committed, restart: from, read: from });
        }
        tracing::debug!(
            worker = self.who,
            partitions = self.positions.len(),
            "owns {} partitions",
            self.positions.len()
        );
        self.start()
    }

    fn revoked(&mut self, places: &[Place]) -> Result<(), RunError> {
        self.worker.steps.at(Step::DuringRebalance).map_err(LogError::from)?;
        for place in places {
            self.positions.remove(place);
        }
        self.unstarted.retain(|(place, _)| !places.contains(place));
        let before = self.batch.len() + self.pending.len();
        self.batch.retain(|delivery| !places.contains(&delivery.place));
        self.pending.retain(|delivery| !places.contains(&delivery.place));
        let gone = before - self.batch.len() - self.pending.len();
        self.worker.metrics.in_hand(W::NAME, -i64::try_from(gone).unwrap_or(0));
        // The commit has been waited for already, inside the poll that said so.
        self.settle()?;
        self.lost = 0;
        self.work.revoked(places);
        self.worker.metrics.table_rows(W::NAME, &self.worker.name, self.work.table_rows());
        Ok(())
    }
}
