//! What the run loop asks of a stage, for each of the three shapes.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rayon::prelude::*;
use schemas::{Decode, DecodeError, Encode, EncodeError, Encoded, RawRecord, Timestamp, limits};

use crate::{
    Delivery, Ended, Keyed, Log, LogError, Member, Offset, Outcome, Outgoing, Partition, Peek, Place, Refusal, Resume,
    RunError, Stage, Store, StoreBatch, StoreError, TableView,
    dead_letter::{self, Refused},
    stage::StoreMove,
    table::Table,
};

/// Tries of a record that a stage cannot process yet, in place.
const TRIES_MAX: u32 = 3;
/// The pause before the second try; it doubles.
const TRY_PAUSE: Duration = Duration::from_millis(20);
/// Rows that are looked at in one batch because they are due.
const DUE_MAX: usize = 1_000;
/// The trace context (W3C Trace Context) travels from a record to all that is made of it.
const TRACE_HEADERS: [&str; 2] = ["traceparent", "tracestate"];

/// What became of a batch; not yet committed.
#[derive(Debug, Default)]
pub struct Worked<B> {
    /// How each record ended, in input order.
    pub(crate) ends: Vec<Ended>,
    /// What is to be appended, dead letters among it.
    pub(crate) outputs: Vec<Outgoing>,
    /// What the table changes.
    pub(crate) changes: Vec<Outgoing>,
    /// Partitions of the table that changed, or whose timers wrote.
    pub(crate) touched: Vec<Partition>,
    /// What goes to the store, for a sink.
    pub(crate) store: Option<B>,
}

impl<B> Worked<B> {
    pub(crate) fn new() -> Self {
        Self { ends: Vec::new(), outputs: Vec::new(), changes: Vec::new(), touched: Vec::new(), store: None }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.outputs.is_empty() && self.changes.is_empty() && self.store.is_none()
    }
}

/// How the committing thread writes a batch to the stage's store.
pub type WriteStore<B> = Box<dyn FnMut(&B, Timestamp) -> Result<(), StoreError> + Send>;

/// A stage as the run loop drives it.
pub trait Work: Send + Sized {
    /// What goes to a store of the stage's own; `()` where there is none.
    type Batch: Send + 'static;

    /// The stage's name.
    const NAME: &'static str;
    /// Its input topics.
    const INPUTS: &'static [&'static str];
    /// Its table's topic.
    const TABLE: Option<&'static str>;

    /// Partitions came; restores tables and may change where delivery starts.
    ///
    /// # Errors
    /// The table or the store cannot be read.
    fn assigned(
        &mut self,
        _partitions: &mut [(Place, Offset)],
        _log: &dyn Log,
        _member: &mut dyn Member,
    ) -> Result<(), RunError> {
        Ok(())
    }

    /// Partitions went.
    fn revoked(&mut self, _partitions: &[Place]) {}

    /// Opens the layer of the next commit.
    fn begin(&mut self) {}

    /// Works on a batch. `poisoned` is a record that made its commit fail alone.
    fn work(&mut self, batch: &[Delivery], poisoned: Option<(Place, Offset)>, now: Timestamp) -> Worked<Self::Batch>;

    /// When the next row is due.
    fn next_due(&self) -> Option<Timestamp> {
        None
    }

    /// Does what is due, into `worked`.
    fn due(&mut self, _now: Timestamp, _worked: &mut Worked<Self::Batch>) {}

    /// Positions move without a record, past what is no record.
    fn advance(&mut self, _ends: &[(Place, Offset)]) -> Option<Self::Batch> {
        None
    }

    /// Nothing came of the layer that was opened.
    fn cancel(&mut self) {}

    /// The oldest commit that is under way has held.
    fn committed(&mut self) {}

    /// It was undone, and all later ones with it.
    ///
    /// # Errors
    /// The store cannot be asked where it stands.
    fn aborted(&mut self) -> Result<(), RunError> {
        Ok(())
    }

    /// Rows in the table.
    fn table_rows(&self) -> usize {
        0
    }

    /// Writes to the store, on the committing thread.
    fn store(&self) -> WriteStore<Self::Batch> {
        Box::new(|_, _| Ok(()))
    }
}

/// Runs what may panic or ask to be tried again, and says how the record ends otherwise.
fn attempt<T>(mut run: impl FnMut() -> Result<T, Refusal>) -> Result<T, Ending> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match catch_unwind(AssertUnwindSafe(&mut run)) {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(Refusal::Drop(reason))) => return Err(Ending::Dropped(reason)),
            Ok(Err(Refusal::Reject(reason, message))) => {
                return Err(Ending::Refused(Refused { class: "rejected", reason, message, attempts }));
            }
            Ok(Err(Refusal::Retry(reason, message))) if attempts >= TRIES_MAX => {
                return Err(Ending::Refused(Refused { class: "retries_spent", reason, message, attempts }));
            }
            Ok(Err(Refusal::Retry(..))) => std::thread::sleep(TRY_PAUSE * (1 << (attempts - 1))),
            Err(panic) => {
                let said = panic.downcast_ref::<String>().map(String::as_str);
                let message = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned();
                return Err(Ending::Refused(Refused { class: "panic", reason: "panic", message, attempts }));
            }
        }
    }
}

/// How a record ends that is not passed on.
enum Ending {
    Dropped(&'static str),
    Refused(Refused),
}

impl From<DecodeError> for Ending {
    fn from(error: DecodeError) -> Self {
        let message = chain(&error);
        Self::Refused(Refused { class: "decode", reason: "decode", message, attempts: 1 })
    }
}

impl From<EncodeError> for Ending {
    fn from(error: EncodeError) -> Self {
        let (class, reason) = match error {
            EncodeError::TooLarge { .. } => ("too_large", "too_large"),
            EncodeError::Json(_) => ("rejected", "not_json"),
        };
        Self::Refused(Refused { class, reason, message: chain(&error), attempts: 1 })
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// What every shape asks first of a record.
fn decode<T: Decode>(stage: &str, delivery: &Delivery, poisoned: Option<(Place, Offset)>) -> Result<T, Ending> {
    if dead_letter::is_for_another(&delivery.record, stage) {
        return Err(Ending::Dropped("replayed_for_another"));
    }
    if poisoned == Some((delivery.place, delivery.offset)) {
        let message = "the commit of this record alone was refused by the log".to_owned();
        return Err(Ending::Refused(Refused { class: "commit_failed", reason: "commit_failed", message, attempts: 1 }));
    }
    match catch_unwind(AssertUnwindSafe(|| T::decode(&delivery.record))) {
        Ok(decoded) => Ok(decoded?),
        Err(_) => {
            let message = "reading the record panicked".to_owned();
            Err(Ending::Refused(Refused { class: "panic", reason: "panic", message, attempts: 1 }))
        }
    }
}

/// The outputs of one record, encoded, with its trace context.
fn encode<T: Encode>(outputs: &[T], input: &RawRecord) -> Result<Vec<Outgoing>, Ending> {
    let encoded = outputs.iter().map(|output| {
        let Ok(encoded) = catch_unwind(AssertUnwindSafe(|| output.encode())) else {
            let message = "writing the record panicked".to_owned();
            return Err(Ending::Refused(Refused { class: "panic", reason: "panic", message, attempts: 1 }));
        };
        let Encoded { topic, mut record } = encoded?;
        let (bytes, max) = (record.bytes(), limits::RECORD_BYTES_MAX - limits::HEADERS_BYTES_MAX);
        if bytes > max {
            return Err(EncodeError::TooLarge { part: "record", bytes, max }.into());
        }
        for name in TRACE_HEADERS {
            if let Some(value) = input.header(name)
                && record.header(name).is_none()
            {
                record.headers.push((name.to_owned(), value.clone()));
            }
        }
        Ok(Outgoing { topic, partition: None, record })
    });
    encoded.collect()
}

/// Ends a record: counted, and passed on or moved aside.
fn end<B>(
    worked: &mut Worked<B>,
    stage: &'static str,
    inputs: &[&str],
    delivery: &Delivery,
    ending: Result<Vec<Outgoing>, Ending>,
    now: Timestamp,
) {
    let ended = match ending {
        Ok(outputs) => {
            worked.outputs.extend(outputs);
            Ended { outcome: Outcome::Done, reason: "ok" }
        }
        Err(Ending::Dropped(reason)) => Ended { outcome: Outcome::Dropped, reason },
        Err(Ending::Refused(refused)) => {
            let topic = inputs.get(delivery.place.input).copied().unwrap_or_default();
            worked.outputs.push(dead_letter::letter(stage, topic, delivery, &refused, now));
            Ended { outcome: Outcome::Refused, reason: refused.reason }
        }
    };
    worked.ends.push(ended);
}

/// A [`Stage`] in the run loop.
#[derive(Debug)]
pub struct StageWork<S>(pub Arc<S>);

impl<S: Stage> Work for StageWork<S> {
    type Batch = ();
    const NAME: &'static str = S::NAME;
    const INPUTS: &'static [&'static str] = S::INPUTS;
    const TABLE: Option<&'static str> = None;

    fn work(&mut self, batch: &[Delivery], poisoned: Option<(Place, Offset)>, now: Timestamp) -> Worked<()> {
        let stage = &*self.0;
        let one = |delivery: &Delivery| {
            let out = attempt_on(S::NAME, delivery, poisoned, |input| stage.process(input))?;
            encode(&out, &delivery.record)
        };
        let endings: Vec<_> = batch.par_iter().map(one).collect();
        let mut worked = Worked::new();
        for (delivery, ending) in batch.iter().zip(endings) {
            end(&mut worked, S::NAME, S::INPUTS, delivery, ending, now);
        }
        worked
    }
}

/// Decodes for each try anew: a stage takes its input by value, and a second try is rare.
fn attempt_on<I: Decode, O>(
    stage: &str,
    delivery: &Delivery,
    poisoned: Option<(Place, Offset)>,
    run: impl Fn(I) -> Result<O, Refusal>,
) -> Result<O, Ending> {
    let mut first = Some(decode::<I>(stage, delivery, poisoned)?);
    attempt(|| {
        let input = match first.take() {
            Some(input) => input,
            None => I::decode(&delivery.record).map_err(|error| Refusal::Reject("decode", chain(&error)))?,
        };
        run(input)
    })
}

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

/// A [`Store`] in the run loop.
#[derive(Debug)]
pub struct StoreWork<S: Store> {
    store: Arc<Mutex<S>>,
    places: BTreeMap<Place, StorePlace>,
}

/// What is known of one partition of a sink.
#[derive(Clone, Copy, Debug)]
struct StorePlace {
    /// What the store was last told, or said when it was last asked.
    expected: Option<Offset>,
    /// Below this, the log already has the stage's dead letters.
    letters_from: Offset,
}

impl<S: Store> StoreWork<S> {
    /// With no partition yet.
    pub fn new(store: S) -> Self {
        Self { store: Arc::new(Mutex::new(store)), places: BTreeMap::new() }
    }

    fn topic(place: Place) -> &'static str {
        S::INPUTS.get(place.input).copied().unwrap_or_default()
    }

    /// Where delivery starts: the earlier of what the store and the log say, so that what only one of them has is
    /// given to the other. The store is never given what it has, nor the log's dead letters twice.
    fn start(&mut self, place: Place, stands: Offset, log: &dyn Log) -> Result<Offset, RunError> {
        let topic = Self::topic(place);
        let resume = self.store.lock().unwrap_or_else(PoisonError::into_inner).resume(topic, place.partition)?;
        let stored = match resume {
            Resume::Never => None,
            Resume::At(stored) => Some(stored),
            Resume::AsTheLog => {
                self.places.insert(place, StorePlace { expected: None, letters_from: stands });
                return Ok(stands);
            }
        };
        let bounds = log.bounds(topic, place.partition)?;
        if let Some(stored) = stored.filter(|stored| *stored > bounds.end) {
            let (what, path) = (
                format!("the store is ahead of its log ({stored} > {})", bounds.end),
                format!("{topic}/{}", place.partition),
            );
            let mend =
                "the log was wiped or restored from a copy; give the store a new folder, or restore the log".to_owned();
            return Err(StoreError::Refused { what, path, mend }.into());
        }
        if let Some(stored) = stored.filter(|stored| *stored < bounds.start) {
            let (position, first, next) = (stored.0, bounds.start.0, bounds.end.0);
            let stage = format!("{} (its store)", S::NAME);
            return Err(LogError::Gap {
                stage,
                topic: topic.to_owned(),
                partition: place.partition.0,
                position,
                first,
                next,
            }
            .into());
        }
        self.places.insert(place, StorePlace { expected: stored, letters_from: stands });
        Ok(stored.unwrap_or(bounds.start).min(stands))
    }
}

impl<S: Store> Work for StoreWork<S> {
    type Batch = StoreBatch<S::In>;
    const NAME: &'static str = S::NAME;
    const INPUTS: &'static [&'static str] = S::INPUTS;
    const TABLE: Option<&'static str> = None;

    fn assigned(
        &mut self,
        partitions: &mut [(Place, Offset)],
        log: &dyn Log,
        _member: &mut dyn Member,
    ) -> Result<(), RunError> {
        for (place, offset) in partitions {
            *offset = self.start(*place, *offset, log)?;
        }
        Ok(())
    }

    fn revoked(&mut self, partitions: &[Place]) {
        self.places.retain(|place, _| !partitions.contains(place));
    }

    fn work(
        &mut self,
        batch: &[Delivery],
        poisoned: Option<(Place, Offset)>,
        now: Timestamp,
    ) -> Worked<StoreBatch<S::In>> {
        let decoded: Vec<_> = batch.par_iter().map(|delivery| decode::<S::In>(S::NAME, delivery, poisoned)).collect();
        let mut worked = Worked::new();
        let mut rows = Vec::new();
        let mut moves = BTreeMap::<Place, Offset>::new();
        for (delivery, decoded) in batch.iter().zip(decoded) {
            let Some(place) = self.places.get(&delivery.place) else { continue };
            let next = Offset(delivery.offset.0 + 1);
            let is_new = place.expected.is_none_or(|stored| delivery.offset >= stored);
            if is_new {
                moves.insert(delivery.place, next);
            }
            match decoded {
                Ok(row) => {
                    if is_new {
                        rows.push(row);
                    }
                    end(&mut worked, S::NAME, S::INPUTS, delivery, Ok(Vec::new()), now);
                }
                Err(Ending::Refused(_)) if delivery.offset < place.letters_from => {
                    worked.ends.push(Ended { outcome: Outcome::Dropped, reason: "refused_before" });
                }
                Err(ending) => end(&mut worked, S::NAME, S::INPUTS, delivery, Err(ending), now),
            }
        }
        let moves: Vec<_> = moves.into_iter().filter_map(|(place, next)| self.advance_one(place, next)).collect();
        worked.store = (!moves.is_empty()).then_some(StoreBatch { rows, moves });
        worked
    }

    fn advance(&mut self, ends: &[(Place, Offset)]) -> Option<StoreBatch<S::In>> {
        let behind = |place: &Place, end: &Offset| {
            self.places.get(place).and_then(|known| known.expected).is_some_and(|expected| expected < *end)
        };
        let ends: Vec<_> = ends.iter().copied().filter(|(place, end)| behind(place, end)).collect();
        let moves: Vec<_> = ends.into_iter().filter_map(|(place, end)| self.advance_one(place, end)).collect();
        (!moves.is_empty()).then_some(StoreBatch { rows: Vec::new(), moves })
    }

    fn aborted(&mut self) -> Result<(), RunError> {
        // The store may hold the batch that the log undid: only the store knows. Whoever else wrote there meanwhile,
        // the compare inside its commit keeps every row single.
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        for (place, known) in &mut self.places {
            known.expected = match store.resume(Self::topic(*place), place.partition)? {
                Resume::At(stored) => Some(stored),
                Resume::Never | Resume::AsTheLog => None,
            };
        }
        Ok(())
    }

    fn store(&self) -> WriteStore<Self::Batch> {
        let store = Arc::clone(&self.store);
        Box::new(move |batch, now| store.lock().unwrap_or_else(PoisonError::into_inner).write(batch, now))
    }
}

impl<S: Store> StoreWork<S> {
    fn advance_one(&mut self, place: Place, next: Offset) -> Option<StoreMove> {
        let known = self.places.get_mut(&place)?;
        let expected = known.expected.replace(next);
        Some(StoreMove { topic: Self::topic(place), partition: place.partition, expected, next })
    }
}
