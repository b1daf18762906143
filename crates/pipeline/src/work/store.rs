//! A [`Store`] in the run loop: what it has already is left out, and its positions move with its rows.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use rayon::prelude::*;
use schemas::Timestamp;

use super::{Ending, Work, Worked, WriteStore, decode, end};
use crate::{
    Delivery, Ended, Log, LogError, Member, Offset, Outcome, Place, Resume, RunError, Store, StoreBatch, StoreError,
    stage::StoreMove,
};

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
        let decoded: Vec<_> =
            batch.par_iter().map(|delivery| decode::<S::In>(S::NAME, S::INPUTS, delivery, poisoned)).collect();
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
