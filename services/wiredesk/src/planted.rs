//! What the chaos tests plant: nothing, in the binary that users run. With the feature `failpoints`, `failpoints.rs` stands
//! here.

use std::sync::Arc;

use pipeline::{Log, Steps};
use sink::LakeStore;

/// Where workers of a stage die.
pub(crate) fn steps(_: &str) -> Steps {
    Steps::none()
}

/// Whether records of transactions that held are read alone.
pub(crate) const fn committed_only() -> bool {
    true
}

/// The log, as the stages see it.
pub(crate) fn log(log: Arc<dyn Log>) -> Arc<dyn Log> {
    log
}

/// A stage with a table.
pub(crate) fn keyed<W>(work: W) -> W {
    work
}

/// The lake.
pub(crate) fn lake(store: LakeStore) -> LakeStore {
    store
}
