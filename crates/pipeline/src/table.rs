//! A stage's table for one partition: committed rows, and above them a layer of changes for each batch that is not
//! committed yet. A layer is merged when its commit holds, and all layers are dropped when one does not. An [`Index`]
//! follows the newest value of each row.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    marker::PhantomData,
    sync::Arc,
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::index::{Index, Key};

#[derive(Debug, Default)]
struct Layer {
    rows: HashMap<Key, Option<Bytes>>,
}

/// The table of one partition.
#[derive(Debug)]
pub(crate) struct Table<R, I> {
    rows: HashMap<Key, Bytes>,
    layers: VecDeque<Layer>,
    index: I,
    row: PhantomData<fn() -> R>,
}

/// A row that cannot be read: of a newer version, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("the row {key} cannot be read: {source}")]
pub(crate) struct BadRow {
    key: String,
    source: serde_json::Error,
}

impl<R: Serialize + DeserializeOwned, I: Index<R>> Table<R, I> {
    /// An empty table.
    pub(crate) fn new(index: I) -> Self {
        Self { rows: HashMap::new(), layers: VecDeque::new(), index, row: PhantomData }
    }

    /// A row, or its end, as read back from the log.
    pub(crate) fn restore(&mut self, key: &[u8], row: Option<&[u8]>) -> Result<(), BadRow> {
        let decoded = row.map(|bytes| decode::<R>(key, bytes)).transpose()?;
        let key: Key = Arc::from(key);
        self.index.set(&key, decoded.as_ref());
        self.settle(key, row.map(Bytes::copy_from_slice));
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
        let changed: HashSet<Key> = self.layers.drain(..).flat_map(|layer| layer.rows.into_keys()).collect();
        for key in changed {
            let row = self.get(&key);
            self.index.set(&key, row.as_ref());
        }
    }

    /// What the newest layer changed, for the commit.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (Bytes, Option<Bytes>)> {
        let newest = self.layers.back().into_iter().flat_map(|layer| &layer.rows);
        newest.map(|(key, row)| (Bytes::copy_from_slice(key), row.clone()))
    }

    /// What follows the rows.
    pub(crate) fn index(&self) -> &I {
        &self.index
    }

    /// The same, to ask it what is due.
    pub(crate) fn index_mut(&mut self) -> &mut I {
        &mut self.index
    }

    /// A row as the newest layer sees it.
    pub(crate) fn get(&self, key: &[u8]) -> Option<R> {
        let bytes = match self.layers.iter().rev().find_map(|layer| layer.rows.get(key)) {
            Some(changed) => changed.as_ref()?,
            None => self.rows.get(key)?,
        };
        // It was read when it came in, or written by this very type.
        decode(key, bytes).ok()
    }

    /// Rows, the layers aside.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    fn put(&mut self, key: Key, row: Option<Bytes>) {
        if let Some(layer) = self.layers.back_mut() {
            layer.rows.insert(key, row);
        }
    }

    fn settle(&mut self, key: Key, row: Option<Bytes>) {
        match row {
            Some(row) => self.rows.insert(key, row),
            None => self.rows.remove(&key),
        };
    }
}

fn decode<R: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Result<R, BadRow> {
    serde_json::from_slice(bytes).map_err(|source| BadRow { key: String::from_utf8_lossy(key).into_owned(), source })
}

/// The table as it was before the batch, for the half of a keyed stage that runs in parallel.
#[derive(Debug)]
pub struct Peek<'a, R, I>(pub(crate) Option<&'a Table<R, I>>);

impl<R: Serialize + DeserializeOwned, I: Index<R>> Peek<'_, R, I> {
    /// The row of a key of the record's own partition.
    pub fn get(&self, key: &[u8]) -> Option<R> {
        self.0.and_then(|table| table.get(key))
    }
}

/// The table as one record sees and changes it. What a refused record changed is forgotten.
#[derive(Debug)]
pub struct TableView<'a, R, I> {
    table: &'a mut Table<R, I>,
    changed: Vec<(Key, Option<R>)>,
}

impl<'a, R: Serialize + DeserializeOwned + Clone, I: Index<R>> TableView<'a, R, I> {
    pub(crate) fn new(table: &'a mut Table<R, I>) -> Self {
        Self { table, changed: Vec::new() }
    }

    /// The row of a key of the record's own partition.
    pub fn get(&self, key: &[u8]) -> Option<R> {
        match self.changed.iter().rev().find(|(changed, _)| &**changed == key) {
            Some((_, row)) => row.clone(),
            None => self.table.get(key),
        }
    }

    /// Sets the row of a key that belongs to the record's own partition.
    pub fn put(&mut self, key: &[u8], row: R) {
        self.changed.push((Arc::from(key), Some(row)));
    }

    /// Deletes the row of a key.
    pub fn delete(&mut self, key: &[u8]) {
        self.changed.push((Arc::from(key), None));
    }

    /// What the index of this partition knows.
    pub fn index(&self) -> &I {
        self.table.index()
    }

    /// Whether the row of this key was set or deleted.
    pub(crate) fn has_changed(&self, key: &[u8]) -> bool {
        self.changed.iter().any(|(changed, _)| &**changed == key)
    }

    /// The record ended well: its changes stand.
    ///
    /// # Panics
    /// Where a row cannot become JSON, which is a bug of its type; the runtime makes that record a dead letter.
    pub(crate) fn keep(self) {
        let encoded: Vec<_> = self
            .changed
            .into_iter()
            .map(|(key, row)| {
                let bytes = row
                    .as_ref()
                    .map(|row| Bytes::from(serde_json::to_vec(row).expect("a row is plain data and becomes JSON")));
                (key, row, bytes)
            })
            .collect();
        for (key, row, bytes) in encoded {
            self.table.index.set(&key, row.as_ref());
            self.table.put(key, bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use schemas::Timestamp;

    use super::*;
    use crate::Timers;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    type Rows = Table<i64, Timers<i64>>;

    fn table() -> Rows {
        Table::new(Timers::new(|row| Some(at(*row))))
    }

    fn change(table: &mut Rows, changes: &[(&str, Option<i64>)]) {
        let mut view = TableView::new(table);
        for (key, row) in changes {
            match row {
                Some(row) => view.put(key.as_bytes(), *row),
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
        view.put(b"a", 7);
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
        let due = |table: &mut Rows, now| {
            table
                .index_mut()
                .due(at(now), 9)
                .iter()
                .map(|key| String::from_utf8_lossy(key).into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(due(&mut table, 15), ["a"]);
        table.begin();
        change(&mut table, &[("a", Some(30)), ("c", Some(5))]);
        assert_eq!(due(&mut table, 15), ["c"], "the layer moved a and brought c");
        table.aborted();
        assert_eq!(due(&mut table, 15), ["a"], "the abort brought a back");
        table.begin();
        change(&mut table, &[("a", Some(30)), ("b", None)]);
        change(&mut table, &[("a", Some(40))]);
        table.committed();
        assert!(due(&mut table, 35).is_empty());
        assert_eq!(due(&mut table, 40), ["a"]);
        assert_eq!((table.index().next_due(), table.len()), (Some(at(40)), 1));
    }

    #[test]
    fn a_bad_row_is_named() {
        let error = table().restore(b"k", Some(b"{")).unwrap_err().to_string();
        assert!(error.starts_with("the row k cannot be read"), "{error}");
    }
}
