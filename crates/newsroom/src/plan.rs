//! What the newsroom does next: by count alone, so that a minute at one article a second shows every fate.

use crate::text::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    NearCopy,
    Redirected,
    OtherSite,
    Missing,
    Gone,
    Busy,
    Trickles,
    TooLarge,
    NotHtml,
    Forbidden,
}

/// Every so many articles one is not plain.
const FAULT_EACH: u64 = 5;
/// Every so many articles an earlier one is edited too.
const EDIT_EACH: u64 = 7;
const FAULTS: [Kind; 10] = [
    Kind::Redirected,
    Kind::NearCopy,
    Kind::Missing,
    Kind::Busy,
    Kind::NotHtml,
    Kind::OtherSite,
    Kind::Forbidden,
    Kind::Gone,
    Kind::TooLarge,
    Kind::Trickles,
];

pub(crate) fn kind(step: u64, faults: bool) -> Kind {
    if !faults || step % FAULT_EACH != FAULT_EACH - 1 {
        return Kind::Plain;
    }
    let turn = usize::try_from(step / FAULT_EACH).unwrap_or(0);
    FAULTS[turn % FAULTS.len()]
}

pub(crate) fn edits(step: u64) -> bool {
    step % EDIT_EACH == EDIT_EACH - 1
}

/// Which of `outlets` publishes: each once in a round, in an order of the round's own.
pub(crate) fn turn(seed: u64, step: u64, outlets: usize) -> usize {
    let count = u64::try_from(outlets).unwrap_or(1).max(1);
    let mut order = (0..outlets).collect::<Vec<_>>();
    Random::new(seed, (step / count) ^ 0x7475_726E).shuffle(&mut order);
    order[usize::try_from(step % count).unwrap_or(0)]
}
