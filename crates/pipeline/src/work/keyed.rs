//! A [`Keyed`] stage in the run loop: what is pure in parallel, what touches the table one record at a time.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};

use rayon::prelude::*;
use schemas::{RawRecord, Timestamp};

use super::{Ending, Share, Work, Worked, attempt, attempt_on, encode, end};
use crate::{
    Delivery, Index, Key, Keyed, Log, LogError, Member, Offset, Outgoing, Outside, Partition, Peek, Place, Refusal,
    RunError, TableView, Ticket, outside::Nowhere, table::Table,
};

/// A row that falls due while its errand is still under way is looked at again after this.
const UNDER_WAY: Duration = Duration::from_secs(1);
/// A due row that its stage refused or did not change rests so long: it must not keep others from their turn.
const REST: Duration = Duration::from_secs(60);

/// What a layer of the tables brings with it.
struct Layer<E, A> {
    /// Leave when the layer's commit holds.
    errands: Vec<(Ticket, E)>,
    /// Were applied in it, and are again where it is undone.
    answers: Vec<(Ticket, A)>,
    /// Rows that were due.
    due: Vec<(Partition, Key)>,
    /// Rows whose errand was recalled in it.
    recalled: Vec<Ticket>,
}

impl<E, A> Layer<E, A> {
    fn new() -> Self {
        Self { errands: Vec::new(), answers: Vec::new(), due: Vec::new(), recalled: Vec::new() }
    }
}

/// A [`Keyed`] stage in the run loop, with its tables.
pub struct KeyedWork<S: Keyed> {
    stage: Arc<S>,
    tables: BTreeMap<Partition, Table<S::Row, S::Index>>,
    outside: Box<dyn Outside<S::Errand, S::Answer>>,
    layers: VecDeque<Layer<S::Errand, S::Answer>>,
    /// Answers whose commit was undone.
    again: VecDeque<(Ticket, S::Answer)>,
    /// Rows whose errand will not be made: recalled, or held back at a stop.
    recalled: Vec<Ticket>,
    /// No errand leaves any more.
    stopping: bool,
    /// Rows whose commit failed alone.
    suspects: Vec<(Ticket, Timestamp)>,
    /// Which partition has the first turn.
    turn: usize,
}

impl<S: Keyed> fmt::Debug for KeyedWork<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedWork").field("stage", &S::NAME).field("tables", &self.tables.len()).finish_non_exhaustive()
    }
}

impl<S: Keyed> KeyedWork<S> {
    /// With no partition yet, and no outside work.
    pub fn new(stage: Arc<S>) -> Self {
        Self::with_outside(stage, Box::new(Nowhere))
    }

    /// With no partition yet; errands go to `outside`.
    pub fn with_outside(stage: Arc<S>, outside: Box<dyn Outside<S::Errand, S::Answer>>) -> Self {
        Self {
            stage,
            tables: BTreeMap::new(),
            outside,
            layers: VecDeque::new(),
            again: VecDeque::new(),
            recalled: Vec::new(),
            stopping: false,
            suspects: Vec::new(),
            turn: 0,
        }
    }

    fn restore(&self, partition: Partition, member: &mut dyn Member) -> Result<Table<S::Row, S::Index>, LogError> {
        let mut table = Table::new(self.stage.index());
        let mut bad = None;
        member.restore(partition, &mut |key, row| {
            if let Err(error) = table.restore(key, row) {
                bad.get_or_insert(error);
            }
        })?;
        match bad {
            None => Ok(table),
            Some(bad) => Err(LogError::Refused {
                what: format!("the table {} cannot be read: {bad}", S::TABLE),
                path: format!("{}/{partition}", S::TABLE).into(),
                mend: "run the version that wrote it, or a newer one".to_owned(),
            }),
        }
    }

    /// Looks at one row that is due: it expires, or the stage does something about it.
    fn one_due(&mut self, partition: Partition, key: &Key, now: Timestamp) -> Result<Vec<Outgoing>, Refusal> {
        let Some(table) = self.tables.get_mut(&partition) else { return Ok(Vec::new()) };
        let Some(row) = table.get(key) else { return Ok(Vec::new()) };
        let mut view = TableView::new(table);
        if S::expires_at(&row).is_some_and(|at| at <= now) {
            view.delete(key);
            view.keep();
            return Ok(Vec::new());
        }
        let due = self.stage.due(key, row, &mut view, now)?;
        let encoded = outgoing(&due.outputs)?;
        if !view.has_changed(key) {
            return Err(Refusal::Reject("unchanged", "the row is as due as before".to_owned()));
        }
        view.keep();
        if let (Some(errand), Some(layer)) = (due.errand, self.layers.back_mut()) {
            let ticket = Ticket { partition, key: Arc::clone(key) };
            layer.errands.push((ticket, errand));
        }
        Ok(encoded)
    }

    /// Applies answers that have come, within `share`.
    fn answers(&mut self, share: Share, now: Timestamp, worked: &mut Worked<()>) {
        if self.tables.is_empty() {
            return; // amid a rebalance: what is ours again afterwards is applied then
        }
        let (mut left, mut bytes) = (share.rows_max, 0);
        while left > 0 && bytes < share.bytes_max {
            let Some((ticket, answer)) = self.again.pop_front().or_else(|| self.outside.answer()) else { return };
            // Of a partition that has gone: its next owner sees a row that was taken, and no answer.
            let Some(table) = self.tables.get_mut(&ticket.partition) else { continue };
            left -= 1;
            let stage = &self.stage;
            let applied = attempt(|| {
                let mut view = TableView::new(table);
                let outputs = outgoing(&stage.answered(&ticket.key, &answer, &mut view, now)?)?;
                view.keep();
                Ok(outputs)
            });
            worked.touched.push(ticket.partition);
            match applied {
                Ok(outputs) => {
                    bytes += outputs.iter().map(|output| output.record.bytes()).sum::<usize>();
                    worked.outputs.extend(outputs);
                }
                Err(ending) => say::<S>(&ticket.key, "an answer was refused by its own stage", &ending),
            }
            if let Some(layer) = self.layers.back_mut() {
                layer.answers.push((ticket, answer));
            }
        }
    }

    /// Looks at rows that are due, partition by partition in turn.
    fn rows_due(&mut self, share: Share, now: Timestamp, worked: &mut Worked<()>) {
        let promised: usize = self.layers.iter().map(|layer| layer.errands.len()).sum();
        let mut left = share.rows_max.min(self.outside.room().saturating_sub(promised));
        let mut due = Vec::new();
        let mut partitions: Vec<_> = self.tables.keys().copied().collect();
        let first = self.turn.checked_rem(partitions.len()).unwrap_or(0);
        partitions.rotate_left(first);
        self.turn = self.turn.wrapping_add(1);
        for (place, partition) in partitions.iter().enumerate() {
            let Some(table) = self.tables.get_mut(partition) else { continue };
            let fair = left.div_ceil(partitions.len() - place);
            let keys = table.index_mut().due(now, fair);
            left -= keys.len();
            due.extend(keys.into_iter().map(|key| (*partition, key)));
        }
        for (partition, key) in due {
            let ticket = Ticket { partition, key };
            if self.is_under_way(&ticket) {
                self.rest(&ticket, now.plus(UNDER_WAY)); // its lease ran out, and its answer may still come
                continue;
            }
            let key = ticket.key;
            worked.touched.push(partition);
            match attempt(|| self.one_due(partition, &key, now)) {
                Ok(outputs) => worked.outputs.extend(outputs),
                Err(ending) => {
                    say::<S>(&key, "a due row was refused by its own stage", &ending);
                    self.rest(&Ticket { partition, key: Arc::clone(&key) }, now.plus(REST));
                }
            }
            if let Some(layer) = self.layers.back_mut() {
                layer.due.push((partition, key));
            }
        }
    }

    fn is_under_way(&self, ticket: &Ticket) -> bool {
        let promised = self.layers.iter().any(|layer| layer.errands.iter().any(|(other, _)| other == ticket));
        promised || self.outside.has(ticket) || self.again.iter().any(|(other, _)| other == ticket)
    }

    fn rest(&mut self, ticket: &Ticket, until: Timestamp) {
        if let Some(table) = self.tables.get_mut(&ticket.partition) {
            table.index_mut().snooze(&ticket.key, until);
        }
    }

    fn changes(&self) -> Vec<Outgoing> {
        let of = |(partition, table): (&Partition, &Table<S::Row, S::Index>)| {
            let partition = *partition;
            let change = move |(key, value)| Outgoing {
                topic: S::TABLE,
                partition: Some(partition),
                record: RawRecord { key, value, headers: Vec::new() },
            };
            table.changes().map(change).collect::<Vec<_>>()
        };
        self.tables.iter().flat_map(of).collect()
    }
}

fn outgoing<T: schemas::Encode>(outputs: &[T]) -> Result<Vec<Outgoing>, Refusal> {
    encode(outputs, &RawRecord::default()).map_err(|_| Refusal::Reject("not_encoded", String::new()))
}

fn say<S: Keyed>(key: &[u8], what: &str, ending: &Ending) {
    let why = match ending {
        Ending::Dropped(reason) => *reason,
        Ending::Refused(refused) => refused.reason,
    };
    tracing::error!(stage = S::NAME, key = %String::from_utf8_lossy(key), why, "{what}: a bug");
}

impl<S: Keyed> Work for KeyedWork<S> {
    type Batch = ();
    const NAME: &'static str = S::NAME;
    const INPUTS: &'static [&'static str] = S::INPUTS;
    const TABLE: Option<&'static str> = Some(S::TABLE);

    fn assigned(
        &mut self,
        partitions: &mut [(Place, Offset)],
        _log: &dyn Log,
        member: &mut dyn Member,
    ) -> Result<(), RunError> {
        // All of them or none: a table without positions would let timers write unchecked.
        let mut restored = BTreeMap::new();
        for (place, _) in partitions {
            if !self.tables.contains_key(&place.partition) && !restored.contains_key(&place.partition) {
                restored.insert(place.partition, self.restore(place.partition, member)?);
            }
        }
        self.tables.append(&mut restored);
        Ok(())
    }

    fn revoked(&mut self, partitions: &[Place]) {
        for place in partitions {
            self.tables.remove(&place.partition);
        }
    }

    fn begin(&mut self) {
        self.tables.values_mut().for_each(Table::begin);
        self.layers.push_back(Layer::new());
    }

    fn work(&mut self, batch: &[Delivery], poisoned: Option<(Place, Offset)>, now: Timestamp) -> Worked<()> {
        let (stage, tables) = (&*self.stage, &self.tables);
        let prepare = |delivery: &Delivery| {
            let peek = Peek(tables.get(&delivery.place.partition));
            attempt_on(S::NAME, S::INPUTS, delivery, poisoned, |input| stage.prepare(input, &peek))
        };
        let prepared: Vec<_> = batch.par_iter().map(prepare).collect();
        let mut worked = Worked::new();
        for (delivery, prepared) in batch.iter().zip(prepared) {
            let ending = prepared.and_then(|prepared| {
                let Some(table) = self.tables.get_mut(&delivery.place.partition) else {
                    return Ok(Vec::new()); // a batch never outlives its partitions
                };
                let mut view = TableView::new(table);
                let mut once = Some(prepared);
                let applied = attempt(|| match once.take() {
                    Some(prepared) => self.stage.apply(prepared, &mut view, now),
                    None => Err(Refusal::Reject("retry_in_apply", "apply may not ask to be tried again".to_owned())),
                });
                let applied = applied.and_then(|outputs| encode(&outputs, &delivery.record));
                if !matches!(applied, Err(Ending::Refused(_))) {
                    view.keep();
                }
                applied
            });
            end(&mut worked, S::NAME, S::INPUTS, delivery, ending, now);
        }
        worked.changes = self.changes();
        worked.touched = worked.changes.iter().filter_map(|change| change.partition).collect();
        worked
    }

    fn next_due(&self) -> Option<Timestamp> {
        let promised: usize = self.layers.iter().map(|layer| layer.errands.len()).sum();
        let full = self.outside.room() <= promised;
        self.tables.values().filter_map(|table| table.index().next_due()).min().filter(|_| !full)
    }

    fn has_errands(&self) -> bool {
        self.layers.front().is_some_and(|layer| !layer.errands.is_empty())
    }

    fn is_waiting(&self) -> bool {
        !self.tables.is_empty() && self.outside.under_way() > 0
    }

    fn has_answers(&mut self) -> bool {
        if self.tables.is_empty() {
            return false; // amid a rebalance
        }
        if self.again.is_empty() {
            self.again.extend(self.outside.answer());
        }
        !self.again.is_empty()
    }

    fn due(&mut self, share: Share, now: Timestamp, worked: &mut Worked<()>) {
        self.answers(share, now, worked);
        self.rows_due(share, now, worked);
        worked.changes = self.changes();
    }

    fn stop(&mut self) {
        self.stopping = true;
    }

    fn drain(&mut self, now: Timestamp, worked: &mut Worked<()>) {
        self.answers(Share { rows_max: usize::MAX, bytes_max: usize::MAX }, now, worked);
        let mut recalled = std::mem::take(&mut self.recalled);
        recalled.extend(self.outside.recall());
        for ticket in recalled {
            let Some(table) = self.tables.get_mut(&ticket.partition) else { continue };
            let mut view = TableView::new(table);
            self.stage.recalled(&ticket.key, &mut view, now);
            view.keep();
            worked.touched.push(ticket.partition);
            if let Some(layer) = self.layers.back_mut() {
                layer.recalled.push(ticket);
            }
        }
        worked.changes = self.changes();
    }

    fn cancel(&mut self) {
        self.tables.values_mut().for_each(Table::cancel);
        self.layers.pop_back();
    }

    fn committed(&mut self) {
        self.tables.values_mut().for_each(Table::committed);
        for (ticket, errand) in self.layers.pop_front().into_iter().flat_map(|layer| layer.errands) {
            if self.stopping {
                self.recalled.push(ticket);
            } else if self.tables.contains_key(&ticket.partition) {
                self.outside.send(ticket, errand);
            }
        }
    }

    fn aborted(&mut self) -> Result<(), RunError> {
        self.tables.values_mut().for_each(Table::aborted);
        for layer in self.layers.drain(..) {
            self.again.extend(layer.answers);
            self.recalled.extend(layer.recalled);
        }
        for (ticket, until) in std::mem::take(&mut self.suspects) {
            self.rest(&ticket, until);
        }
        Ok(())
    }

    fn suspect(&mut self, now: Timestamp) {
        let Some(layer) = self.layers.front_mut() else { return };
        for (ticket, _) in std::mem::take(&mut layer.answers) {
            tracing::error!(stage = S::NAME, key = %ticket, "an answer whose commit fails alone is forgotten");
        }
        let due = std::mem::take(&mut layer.due).into_iter();
        self.suspects.extend(due.map(|(partition, key)| (Ticket { partition, key }, now.plus(REST))));
    }

    fn table_rows(&self) -> usize {
        self.tables.values().map(Table::len).sum()
    }
}
