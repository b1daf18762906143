//! A [`Keyed`] stage in the run loop: what is pure in parallel, what touches the table one record at a time.

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;
use schemas::{RawRecord, Timestamp};

use super::{Ending, Work, Worked, attempt, attempt_on, encode, end};
use crate::{
    Delivery, Keyed, Log, LogError, Member, Offset, Outgoing, Partition, Peek, Place, Refusal, RunError, TableView,
    table::Table,
};

/// Rows that are looked at in one batch because they are due.
const DUE_MAX: usize = 1_000;

/// A [`Keyed`] stage in the run loop, with its tables.
#[derive(Debug)]
pub struct KeyedWork<S: Keyed> {
    stage: Arc<S>,
    tables: BTreeMap<Partition, Table<S::Row>>,
}

impl<S: Keyed> KeyedWork<S> {
    /// With no partition yet.
    pub fn new(stage: Arc<S>) -> Self {
        Self { stage, tables: BTreeMap::new() }
    }

    fn row_due(row: &S::Row) -> Option<Timestamp> {
        [S::due_at(row), S::expires_at(row)].into_iter().flatten().min()
    }

    fn restore(partition: Partition, member: &mut dyn Member) -> Result<Table<S::Row>, LogError> {
        let mut table = Table::new(Self::row_due);
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
    fn one_due(&mut self, partition: Partition, key: &[u8], now: Timestamp) -> Result<Vec<Outgoing>, Refusal> {
        let Some(table) = self.tables.get_mut(&partition) else { return Ok(Vec::new()) };
        let Some(row) = table.get(key) else { return Ok(Vec::new()) };
        let mut view = TableView::new(table);
        if S::expires_at(&row).is_some_and(|at| at <= now) {
            view.delete(key);
            view.keep();
            return Ok(Vec::new());
        }
        let outputs = self.stage.due(key, row, &mut view, now)?;
        let encoded = encode(&outputs, &RawRecord::default());
        let encoded = encoded.map_err(|_| Refusal::Reject("not_encoded", String::new()))?;
        view.keep();
        Ok(encoded)
    }

    fn changes(&self) -> Vec<Outgoing> {
        let of = |(partition, table): (&Partition, &Table<S::Row>)| {
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
                restored.insert(place.partition, Self::restore(place.partition, member)?);
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
    }

    fn work(&mut self, batch: &[Delivery], poisoned: Option<(Place, Offset)>, now: Timestamp) -> Worked<()> {
        let (stage, tables) = (&*self.stage, &self.tables);
        let prepare = |delivery: &Delivery| {
            let peek = Peek(tables.get(&delivery.place.partition));
            attempt_on(S::NAME, delivery, poisoned, |input| stage.prepare(input, &peek))
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
        self.tables.values().filter_map(Table::next_due).min()
    }

    fn due(&mut self, now: Timestamp, worked: &mut Worked<()>) {
        let mut due = Vec::new();
        for (partition, table) in &self.tables {
            due.extend(table.due(now, DUE_MAX - due.len()).into_iter().map(|key| (*partition, key)));
        }
        if due.is_empty() {
            return;
        }
        for (partition, key) in due {
            worked.touched.push(partition);
            match attempt(|| self.one_due(partition, &key, now)) {
                Ok(outputs) => worked.outputs.extend(outputs),
                Err(_) => tracing::error!(
                    stage = S::NAME,
                    key = %String::from_utf8_lossy(&key),
                    "a due row was refused by its own stage and stays due: a bug"
                ),
            }
        }
        worked.changes = self.changes();
    }

    fn cancel(&mut self) {
        self.tables.values_mut().for_each(Table::cancel);
    }

    fn committed(&mut self) {
        self.tables.values_mut().for_each(Table::committed);
    }

    fn aborted(&mut self) -> Result<(), RunError> {
        self.tables.values_mut().for_each(Table::aborted);
        Ok(())
    }

    fn table_rows(&self) -> usize {
        self.tables.values().map(Table::len).sum()
    }
}
