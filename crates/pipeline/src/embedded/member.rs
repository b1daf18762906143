//! One worker's membership in a stage of the embedded log, its commits, and a reader outside any stage.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Inner, Undone, codec, database, group::Change};
use crate::{
    Commit, CommitError, Committer, Cursor, Delivery, EachRow, Event, Gate, Join, LogError, Member, Offset, Partition,
    Place, Step, Steps, Stop, Token,
};

/// How long a revocation waits for the commit that is under way.
const REVOKE_WAIT: Duration = Duration::from_secs(30);
/// Between two tries of a commit that the file cannot take now.
const PAUSE: Duration = Duration::from_millis(250);
/// After the stop was asked for, a commit that still cannot be written is given up; its batch comes again.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Where a partition is being read.
#[derive(Clone, Copy, Debug)]
struct Reading {
    /// The partition's number in the file.
    id: i64,
    next: i64,
    /// A row is known to begin at `next`.
    exact: bool,
}

pub(super) struct EmbeddedMember {
    log: Arc<Inner>,
    join: Join,
    steps: Steps,
    stop: Stop,
    member: u64,
    /// Partitions of every input, by place.
    ids: BTreeMap<Place, i64>,
    partitions: u32,
    reading: BTreeMap<Place, Reading>,
    /// The place that is read first by the next poll, so that none starves.
    turn: usize,
    gate: Gate,
}

impl EmbeddedMember {
    pub(super) fn join(log: Arc<Inner>, join: Join, steps: Steps, stop: Stop) -> Result<Self, LogError> {
        let mut ids = BTreeMap::new();
        let mut counts = Vec::new();
        for (input, name) in join.inputs.iter().copied().chain(join.table).enumerate() {
            let topic = log.topic(name)?;
            counts.push(topic.partitions.len());
            for (number, id) in topic.partitions.iter().enumerate().filter(|_| input < join.inputs.len()) {
                ids.insert(Place { input, partition: Partition(u32::try_from(number).unwrap_or(u32::MAX)) }, *id);
            }
        }
        if join.table.is_some() && counts.windows(2).any(|pair| pair[0] != pair[1]) {
            let names: Vec<_> = join.inputs.iter().copied().chain(join.table).collect();
            return Err(LogError::Setup(format!(
                "the topics {names:?} must have equal partition counts, not {counts:?}"
            )));
        }
        log.transaction(|transaction| {
            ids.values().try_for_each(|id| database::ensure_position(transaction, join.stage, *id))?;
            Ok(())
        })?;
        let member = log.groups().entry(join.stage).or_default().join();
        let partitions = u32::try_from(counts.into_iter().max().unwrap_or(0)).unwrap_or(u32::MAX);
        let (reading, gate) = (BTreeMap::new(), Gate::default());
        Ok(Self { log, join, steps, stop, member, ids, partitions, reading, turn: 0, gate })
    }

    /// What the group wants changed, as an event.
    fn rebalance(&mut self) -> Result<Option<Event>, LogError> {
        let change = {
            let mut groups = self.log.groups();
            groups.get_mut(self.join.stage).map_or(Change::None, |group| group.change(self.member, self.partitions))
        };
        match change {
            Change::None => Ok(None),
            Change::LetGo(partitions) => {
                let places = self.places(&partitions);
                self.reading.retain(|place, _| !places.contains(place));
                Ok(Some(Event::Revoked(places)))
            }
            Change::Take(partitions) => {
                let stands = self.stands(&partitions);
                if stands.is_err()
                    && let Some(group) = self.log.groups().get_mut(self.join.stage)
                {
                    group.give_back(self.member, &partitions);
                }
                stands.map(|stands| Some(Event::Assigned(stands)))
            }
        }
    }

    /// Where the stage stands, asked behind the writer: a commit of the last owner has held by then, or never will.
    fn stands(&self, partitions: &[Partition]) -> Result<Vec<(Place, Offset)>, LogError> {
        self.log.transaction(|transaction| {
            let stands = self.places(partitions).into_iter().map(|place| {
                let position = database::position(transaction, self.join.stage, self.ids[&place])?;
                Ok((place, Offset(position.unwrap_or(0))))
            });
            stands.collect()
        })
    }

    fn places(&self, partitions: &[Partition]) -> Vec<Place> {
        self.ids.keys().copied().filter(|place| partitions.contains(&place.partition)).collect()
    }

    /// The next row of one of the partitions.
    fn read(&mut self) -> Result<Vec<Delivery>, LogError> {
        let places: Vec<_> = self.reading.keys().copied().collect();
        for step in 0..places.len() {
            let place = places[(self.turn + step) % places.len()];
            let Some(reading) = self.reading.get_mut(&place) else { continue };
            let read = *reading;
            let batch = self.log.read(|connection| database::read(connection, read.id, read.next, read.exact))?;
            let Some(batch) = batch else { continue };
            (reading.next, reading.exact) = (batch.base + batch.records, true);
            self.turn = (self.turn + step + 1) % places.len();
            return deliveries(&self.log, place, &batch, read.next);
        }
        Ok(Vec::new())
    }
}

/// The records of a row from an offset on.
fn deliveries(log: &Inner, place: Place, batch: &database::StoredBatch, from: i64) -> Result<Vec<Delivery>, LogError> {
    let records = codec::decode(&batch.data).map_err(|damaged| LogError::Refused {
        what: format!("{damaged} (partition {}, offset {})", place.partition, batch.base),
        path: log.path.clone().unwrap_or_else(|| ":memory:".into()),
        mend: "restore the file from a copy, or move it away to begin a new log; nothing was changed".to_owned(),
    })?;
    let deliver = |(delta, record)| Delivery {
        place,
        offset: Offset(batch.base + delta),
        appended_at_ms: batch.appended_at,
        record,
    };
    Ok(records.into_iter().map(deliver).filter(|delivery| delivery.offset.0 >= from).collect())
}

impl Member for EmbeddedMember {
    fn poll(&mut self, wait: Duration) -> Result<Event, LogError> {
        if self
            .log
            .groups()
            .get_mut(self.join.stage)
            .is_some_and(|group| group.would_revoke(self.member, self.partitions))
        {
            self.gate.wait(REVOKE_WAIT);
        }
        if let Some(event) = self.rebalance()? {
            return Ok(event);
        }
        let seen = *self.log.appended.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let records = self.read()?;
        if !records.is_empty() {
            return Ok(Event::Records(records));
        }
        if wait.is_zero() || self.stop.is_set() {
            return Ok(Event::Idle);
        }
        self.log.wait(seen, wait);
        let records = self.read()?; // another process may have appended
        Ok(if records.is_empty() { Event::Idle } else { Event::Records(records) })
    }

    fn token(&self) -> Token {
        Token(Arc::new(self.member))
    }

    fn restore(&mut self, partition: Partition, row: &mut EachRow<'_>) -> Result<(), LogError> {
        let Some(table) = self.join.table else { return Ok(()) };
        let id = self.log.partition(table, partition)?;
        self.log.read(|connection| database::rows(connection, id, |key, value| row(key, Some(value))))
    }

    fn start(&mut self, positions: &[(Place, Offset)]) -> Result<(), LogError> {
        self.reading.clear();
        for (place, offset) in positions {
            let Some(id) = self.ids.get(place).copied() else { continue };
            let (first, next) = self.log.read(|connection| database::bounds(connection, id))?;
            if offset.0 < first || offset.0 > next {
                return Err(LogError::Gap {
                    stage: self.join.stage.to_owned(),
                    topic: self.join.inputs.get(place.input).copied().unwrap_or_default().to_owned(),
                    partition: place.partition.0,
                    position: offset.0,
                    first,
                    next,
                });
            }
            self.reading.insert(*place, Reading { id, next: offset.0, exact: false });
        }
        Ok(())
    }

    fn gate(&self) -> Gate {
        self.gate.clone()
    }

    fn committer(&mut self) -> Result<Box<dyn Committer>, LogError> {
        let (log, ids) = (Arc::clone(&self.log), self.ids.clone());
        let (stage, steps, stop) = (self.join.stage, self.steps.clone(), self.stop.clone());
        let who = format!("{stage}/{}", self.join.worker);
        Ok(Box::new(EmbeddedCommitter { log, stage, who, member: self.member, ids, steps, stop }))
    }

    fn lag(&self) -> u64 {
        let end = |reading: &Reading| self.log.read(|connection| database::bounds(connection, reading.id));
        let behind = |reading: &Reading| end(reading).map_or(0, |(_, next)| next - reading.next);
        self.reading.values().map(|reading| u64::try_from(behind(reading)).unwrap_or(0)).sum()
    }
}

impl Drop for EmbeddedMember {
    fn drop(&mut self) {
        if let Some(group) = self.log.groups().get_mut(self.join.stage) {
            group.leave(self.member);
        }
        self.log.appended.1.notify_all();
    }
}

struct EmbeddedCommitter {
    log: Arc<Inner>,
    stage: &'static str,
    who: String,
    member: u64,
    ids: BTreeMap<Place, i64>,
    steps: Steps,
    stop: Stop,
}

impl EmbeddedCommitter {
    fn write(&self, commit: &Commit) -> Result<(), CommitError> {
        let now = self.log.clock.now().as_millis();
        let mut lost = None;
        let written = self.log.transaction(|transaction| {
            let at = |step| self.steps.at(step).map_err(|crash| Undone::Log(crash.into()));
            at(Step::AfterBegin)?;
            for moved in &commit.moves {
                // Under the group's lock nobody else can take the partition before this commit is durable or undone:
                // a new owner takes it only after this worker has let go, which waits for the commit.
                let owns =
                    self.log.groups().get(self.stage).is_some_and(|g| g.owns(self.member, moved.place.partition));
                let id = self.ids.get(&moved.place).copied();
                let stood = match id.filter(|_| owns) {
                    Some(id) => database::move_position(transaction, self.stage, id, moved.from, moved.next)?,
                    None => false,
                };
                if !stood {
                    lost = Some(format!("{} no longer holds partition {}", self.who, moved.place.partition));
                    return Err(Undone::Log(LogError::Interrupted));
                }
            }
            at(Step::AfterOffsets)?;
            for change in &commit.changes {
                let table = self.log.known_topic(change.topic).map_err(Undone::Log)?;
                let partition = database::partition_of(&table, change.partition.unwrap_or_default())
                    .ok_or_else(|| Undone::Log(LogError::NoTopic(change.topic.to_owned())))?;
                database::put_row(transaction, partition, &change.record.key, change.record.value.as_deref())?;
            }
            at(Step::MidProduce)?;
            self.log.append(transaction, &commit.outputs, now)?;
            at(Step::AfterProduce)?;
            at(Step::BeforeCommit)
        });
        match (written, lost) {
            (Ok(()), _) => Ok(()),
            (Err(_), Some(why)) => Err(CommitError::Lost(why)),
            (Err(error), None) => Err(error.into()),
        }
    }
}

impl Committer for EmbeddedCommitter {
    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let own = Token(Arc::new(self.member));
        if commit.token.0.downcast_ref::<u64>() != own.0.downcast_ref::<u64>() {
            return Err(CommitError::Lost("the batch was polled by another worker".to_owned()));
        }
        loop {
            match self.write(commit) {
                Err(CommitError::Log(LogError::Unavailable(why))) => {
                    self.log.health.waiting(&self.who, &why);
                    if self.stop.is_overdue(STOP_GRACE) {
                        return Err(CommitError::Stopping);
                    }
                    std::thread::sleep(PAUSE);
                }
                Ok(()) => {
                    self.log.health.going(&self.who);
                    self.steps.at(Step::AfterCommit)?;
                    return Ok(());
                }
                Err(other) => return Err(other),
            }
        }
    }
}

/// Reads one partition: its records, or, for a table, its rows.
pub(super) struct EmbeddedCursor {
    log: Arc<Inner>,
    reading: Reading,
    place: Place,
    is_table: bool,
}

impl EmbeddedCursor {
    pub(super) fn new(log: Arc<Inner>, topic: &str, partition: Partition, from: Offset) -> Result<Self, LogError> {
        let id = log.partition(topic, partition)?;
        let (_, next) = log.read(|connection| database::bounds(connection, id))?;
        let is_table = log.topic(topic)?.settings.compacted && next == 0;
        let reading = Reading { id, next: from.0, exact: false };
        Ok(Self { log, reading, place: Place { input: 0, partition }, is_table })
    }

    fn rows(&mut self) -> Result<Vec<Delivery>, LogError> {
        let (id, place) = (self.reading.id, self.place);
        let mut rows = Vec::new();
        self.log.read(|connection| {
            database::rows(connection, id, |key, value| {
                let (key, value) = (bytes::Bytes::copy_from_slice(key), Some(bytes::Bytes::copy_from_slice(value)));
                let offset = Offset(i64::try_from(rows.len()).unwrap_or(i64::MAX));
                rows.push(Delivery {
                    place,
                    offset,
                    appended_at_ms: 0,
                    record: schemas::RawRecord { key, value, headers: Vec::new() },
                });
            })
        })?;
        let from = usize::try_from(self.reading.next).unwrap_or(0).min(rows.len());
        self.reading.next = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        Ok(rows.split_off(from))
    }
}

impl Cursor for EmbeddedCursor {
    fn next(&mut self, wait: Duration) -> Result<Vec<Delivery>, LogError> {
        if self.is_table {
            return self.rows();
        }
        let seen = *self.log.appended.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for attempt in 0..2 {
            let read = self.reading;
            let batch = self.log.read(|connection| database::read(connection, read.id, read.next, read.exact))?;
            if let Some(batch) = batch {
                self.reading = Reading { next: batch.base + batch.records, exact: true, ..read };
                return deliveries(&self.log, self.place, &batch, read.next);
            }
            if attempt == 0 && !wait.is_zero() {
                self.log.wait(seen, wait);
            }
        }
        Ok(Vec::new())
    }
}
