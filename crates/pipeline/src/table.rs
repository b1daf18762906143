//! A stage's table for one partition: committed rows, and above them a layer of changes for each batch that is not
//! committed yet. A layer is merged when its commit holds, and all layers are dropped when one does not.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    marker::PhantomData,
    sync::Arc,
};

use bytes::Bytes;
use schemas::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

type Key = Arc<[u8]>;

/// A row as it is kept: encoded, with the time at which it must be looked at.
#[derive(Clone, Debug)]
struct Kept {
    due: Option<Timestamp>,
    bytes: Bytes,
}

#[derive(Debug, Default)]
struct Layer {
    rows: HashMap<Key, Option<Kept>>,
    timers: BTreeSet<(Timestamp, Key)>,
}

impl Layer {
    fn put(&mut self, key: Key, row: Option<Kept>) {
        if let Some(due) = row.as_ref().and_then(|row| row.due) {
            self.timers.insert((due, Arc::clone(&key)));
        }
        if let Some(Some(Kept { due: Some(due), .. })) = self.rows.insert(Arc::clone(&key), row.clone())
            && row.and_then(|row| row.due) != Some(due)
        {
            self.timers.remove(&(due, key));
        }
    }
}

/// The table of one partition.
#[derive(Debug)]
pub(crate) struct Table<R> {
    rows: HashMap<Key, Kept>,
    timers: BTreeSet<(Timestamp, Key)>,
    layers: VecDeque<Layer>,
    due: fn(&R) -> Option<Timestamp>,
}

/// A row that cannot be read: of a newer version, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("the row {key} cannot be read: {source}")]
pub(crate) struct BadRow {
    key: String,
    source: serde_json::Error,
}

impl<R: Serialize + DeserializeOwned> Table<R> {
    /// An empty table; `due` says when a row must be looked at.
    pub(crate) fn new(due: fn(&R) -> Option<Timestamp>) -> Self {
        Self { rows: HashMap::new(), timers: BTreeSet::new(), layers: VecDeque::new(), due }
    }

    /// A row, or its end, as read back from the log.
    pub(crate) fn restore(&mut self, key: &[u8], row: Option<&[u8]>) -> Result<(), BadRow> {
        let kept = match row {
            Some(bytes) => Some(Kept { due: (self.due)(&decode(key, bytes)?), bytes: Bytes::copy_from_slice(bytes) }),
            None => None,
        };
        self.settle(Arc::from(key), kept);
        Ok(())
    }

    /// Opens the layer of the next commit.
    pub(crate) fn begin(&mut self) {
        self.layers.push_back(Layer::default());
    }

    /// Drops the newest layer, in which nothing was changed.
    pub(crate) fn cancel(&mut self) {
        self.layers.pop_back();
    }

    /// The oldest layer's commit has held.
    pub(crate) fn committed(&mut self) {
        for (key, row) in self.layers.pop_front().unwrap_or_default().rows {
            self.settle(key, row);
        }
    }

    /// A commit was undone: everything that built on it is wrong as well.
    pub(crate) fn aborted(&mut self) {
        self.layers.clear();
    }

    /// What the newest layer changed, for the commit.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (Bytes, Option<Bytes>)> {
        let newest = self.layers.back().into_iter().flat_map(|layer| &layer.rows);
        newest.map(|(key, row)| (Bytes::copy_from_slice(key), row.as_ref().map(|row| row.bytes.clone())))
    }

    /// The earliest time at which a row must be looked at. May be too early by what a layer moved, never too late.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        let first = |timers: &BTreeSet<(Timestamp, Key)>| timers.first().map(|(due, _)| *due);
        self.layers.iter().filter_map(|layer| first(&layer.timers)).chain(first(&self.timers)).min()
    }

    /// Up to `max` keys that are due at `now`, each under its newest value.
    pub(crate) fn due(&self, now: Timestamp, max: usize) -> Vec<Key> {
        let newer_than = |depth: usize| self.layers.iter().skip(depth);
        let layers =
            std::iter::once((0, &self.timers)).chain(self.layers.iter().enumerate().map(|(i, l)| (i + 1, &l.timers)));
        let due = layers.flat_map(|(depth, timers)| {
            timers.iter().take_while(|(due, _)| *due <= now).map(move |(_, key)| (depth, key))
        });
        due.filter(|(depth, key)| !newer_than(*depth).any(|layer| layer.rows.contains_key(*key)))
            .take(max)
            .map(|(_, key)| Arc::clone(key))
            .collect()
    }

    /// A row as the newest layer sees it.
    pub(crate) fn get(&self, key: &[u8]) -> Option<R> {
        let kept = match self.layers.iter().rev().find_map(|layer| layer.rows.get(key)) {
            Some(changed) => changed.as_ref()?,
            None => self.rows.get(key)?,
        };
        // It was read when it came in, or written by this very type.
        decode(key, &kept.bytes).ok()
    }

    /// Rows, the layers aside.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn put(&mut self, key: Key, row: Option<Kept>) {
        if let Some(layer) = self.layers.back_mut() {
            layer.put(key, row);
        }
    }

    fn settle(&mut self, key: Key, row: Option<Kept>) {
        let due = row.as_ref().and_then(|row| row.due);
        let old = match row {
            Some(row) => self.rows.insert(Arc::clone(&key), row),
            None => self.rows.remove(&key),
        };
        let old_due = old.and_then(|old| old.due);
        if old_due == due {
            return;
        }
        if let Some(old_due) = old_due {
            self.timers.remove(&(old_due, Arc::clone(&key)));
        }
        if let Some(due) = due {
            self.timers.insert((due, key));
        }
    }
}

fn decode<R: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Result<R, BadRow> {
    serde_json::from_slice(bytes).map_err(|source| BadRow { key: String::from_utf8_lossy(key).into_owned(), source })
}

/// The table as it was before the batch, for the half of a keyed stage that runs in parallel.
#[derive(Debug)]
pub struct Peek<'a, R>(pub(crate) Option<&'a Table<R>>);

impl<R: Serialize + DeserializeOwned> Peek<'_, R> {
    /// The row of a key of the record's own partition.
    pub fn get(&self, key: &[u8]) -> Option<R> {
        self.0.and_then(|table| table.get(key))
    }
}

/// The table as one record sees and changes it. What a refused record changed is forgotten.
#[derive(Debug)]
pub struct TableView<'a, R> {
    table: &'a mut Table<R>,
    changed: Vec<(Key, Option<Kept>)>,
    row: PhantomData<R>,
}

impl<'a, R: Serialize + DeserializeOwned> TableView<'a, R> {
    pub(crate) fn new(table: &'a mut Table<R>) -> Self {
        Self { table, changed: Vec::new(), row: PhantomData }
    }

    /// The row of a key of the record's own partition.
    pub fn get(&self, key: &[u8]) -> Option<R> {
        match self.changed.iter().rev().find(|(changed, _)| &**changed == key) {
            Some((_, row)) => decode(key, &row.as_ref()?.bytes).ok(),
            None => self.table.get(key),
        }
    }

    /// Sets the row of a key that belongs to the record's own partition.
    ///
    /// # Panics
    /// Where the row cannot become JSON, which is a bug of its type; the runtime makes that record a dead letter.
    pub fn put(&mut self, key: &[u8], row: &R) {
        let bytes = serde_json::to_vec(row).expect("a row is plain data and becomes JSON");
        let kept = Kept { due: (self.table.due)(row), bytes: Bytes::from(bytes) };
        self.changed.push((Arc::from(key), Some(kept)));
    }

    /// Deletes the row of a key.
    pub fn delete(&mut self, key: &[u8]) {
        self.changed.push((Arc::from(key), None));
    }

    /// The record ended well: its changes stand.
    pub(crate) fn keep(self) {
        for (key, row) in self.changed {
            self.table.put(key, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn table() -> Table<i64> {
        Table::new(|row| Some(at(*row)))
    }

    fn change(table: &mut Table<i64>, changes: &[(&str, Option<i64>)]) {
        let mut view = TableView::new(table);
        for (key, row) in changes {
            match row {
                Some(row) => view.put(key.as_bytes(), row),
                None => view.delete(key.as_bytes()),
            }
        }
        view.keep();
    }

    #[test]
    fn layers_merge_in_order_and_fall_together() {
        let mut table = table();
        table.begin();
        change(&mut table, &[("a", Some(1)), ("b", Some(2))]);
        table.begin();
        change(&mut table, &[("a", Some(3)), ("b", None)]);
        assert_eq!((table.get(b"a"), table.get(b"b")), (Some(3), None));
        table.committed();
        table.aborted();
        assert_eq!((table.get(b"a"), table.get(b"b")), (Some(1), Some(2)));
    }

    #[test]
    fn what_a_refused_record_changed_is_forgotten() {
        let mut table = table();
        table.begin();
        let mut view = TableView::new(&mut table);
        view.put(b"a", &7);
        assert_eq!(view.get(b"a"), Some(7));
        drop(view);
        assert_eq!(table.get(b"a"), None);
        assert_eq!(table.changes().count(), 0);
    }

    #[test]
    fn timers_follow_the_newest_value_through_commit_and_abort() {
        let mut table = table();
        table.restore(b"a", Some(b"10")).unwrap();
        table.restore(b"b", Some(b"20")).unwrap();
        let due = |table: &Table<i64>, now| {
            table.due(at(now), 9).iter().map(|key| String::from_utf8_lossy(key).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(due(&table, 15), ["a"]);
        table.begin();
        change(&mut table, &[("a", Some(30)), ("c", Some(5))]);
        assert_eq!(due(&table, 15), ["c"], "the layer moved a and brought c");
        table.aborted();
        assert_eq!(due(&table, 15), ["a"], "the abort brought a back");
        table.begin();
        change(&mut table, &[("a", Some(30)), ("b", None)]);
        change(&mut table, &[("a", Some(40))]);
        table.committed();
        assert!(due(&table, 35).is_empty());
        assert_eq!(due(&table, 40), ["a"]);
        assert_eq!((table.next_due(), table.len()), (Some(at(40)), 1));
    }

    #[test]
    fn a_bad_row_is_named() {
        let error = table().restore(b"k", Some(b"{")).unwrap_err().to_string();
        assert!(error.starts_with("the row k cannot be read"), "{error}");
    }
}
