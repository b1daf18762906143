//! What the run loop asks of a stage, for each of the three shapes.

mod keyed;
mod store;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use rayon::prelude::*;
use schemas::{Decode, DecodeError, Encode, EncodeError, Encoded, RawRecord, Timestamp, limits};

pub use self::{keyed::KeyedWork, store::StoreWork};
use crate::{
    Delivery, Ended, Log, Member, Offset, Outcome, Outgoing, Partition, Place, Refusal, RunError, Stage, StoreError,
    dead_letter::{self, Refused},
};

/// Tries of a record that a stage cannot process yet, in place.
const TRIES_MAX: u32 = 3;
/// The pause before the second try; it doubles.
const TRY_PAUSE: Duration = Duration::from_millis(20);
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

/// How much of a commit may come from what is due.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Rows and answers, each.
    pub(crate) rows_max: usize,
    /// Bytes of outputs; one answer may pass it alone.
    pub(crate) bytes_max: usize,
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

    /// Whether errands leave when the oldest commit has held.
    fn has_errands(&self) -> bool {
        false
    }

    /// Whether answers from outside may come.
    fn is_waiting(&self) -> bool {
        false
    }

    /// Whether answers from outside have come.
    fn has_answers(&mut self) -> bool {
        false
    }

    /// Does what is due and applies answers from outside, within `share`, into `worked`.
    fn due(&mut self, _share: Share, _now: Timestamp, _worked: &mut Worked<Self::Batch>) {}

    /// The worker stops: nothing leaves for outside any more.
    fn stop(&mut self) {}

    /// The last batch before a stop: what is under way outside is ended, and rows say so.
    fn drain(&mut self, _now: Timestamp, _worked: &mut Worked<Self::Batch>) {}

    /// The oldest commit that is under way failed, with nothing in it but one thing that was due: it rests.
    fn suspect(&mut self, _now: Timestamp) {}

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
fn decode<T: Decode>(
    stage: &str,
    inputs: &[&str],
    delivery: &Delivery,
    poisoned: Option<(Place, Offset)>,
) -> Result<T, Ending> {
    if dead_letter::is_for_another(&delivery.record, stage) {
        return Err(Ending::Dropped("replayed_for_another"));
    }
    if poisoned == Some((delivery.place, delivery.offset)) {
        let message = "the commit of this record alone was refused by the log".to_owned();
        return Err(Ending::Refused(Refused { class: "commit_failed", reason: "commit_failed", message, attempts: 1 }));
    }
    match catch_unwind(AssertUnwindSafe(|| T::decode_from(topic_of(inputs, delivery), &delivery.record))) {
        Ok(decoded) => Ok(decoded?),
        Err(_) => {
            let message = "reading the record panicked".to_owned();
            Err(Ending::Refused(Refused { class: "panic", reason: "panic", message, attempts: 1 }))
        }
    }
}

fn topic_of<'a>(inputs: &[&'a str], delivery: &Delivery) -> &'a str {
    inputs.get(delivery.place.input).copied().unwrap_or_default()
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
            let topic = topic_of(inputs, delivery);
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
            let out = attempt_on(S::NAME, S::INPUTS, delivery, poisoned, |input| stage.process(input))?;
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
    inputs: &[&str],
    delivery: &Delivery,
    poisoned: Option<(Place, Offset)>,
    run: impl Fn(I) -> Result<O, Refusal>,
) -> Result<O, Ending> {
    let mut first = Some(decode::<I>(stage, inputs, delivery, poisoned)?);
    attempt(|| {
        let input = match first.take() {
            Some(input) => input,
            None => I::decode_from(topic_of(inputs, delivery), &delivery.record)
                .map_err(|error| Refusal::Reject("decode", chain(&error)))?,
        };
        run(input)
    })
}
