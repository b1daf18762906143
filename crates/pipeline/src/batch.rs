//! How much is gathered before it is worked on.

use std::time::Duration;

/// The limits of one batch, and so of one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// At most this many records.
    pub records_max: usize,
    /// At most this many bytes of keys, values and headers; one record may pass it alone.
    pub bytes_max: usize,
    /// Commits should be this far apart: zero for stages, the commit interval for sinks. A batch that begins later than
    /// that waits only until nothing more comes.
    pub linger: Duration,
    /// Never wait longer than this after the first.
    pub ceiling: Duration,
}

impl Limits {
    /// For stages: as little waiting as the log's commits allow.
    pub const STAGE: Self =
        Self { records_max: 1_000, bytes_max: 4 << 20, linger: Duration::ZERO, ceiling: Duration::from_millis(100) };

    /// For sinks that commit every `interval`: files should not be small, and a batch is in memory up to six times.
    pub const fn sink(interval: Duration) -> Self {
        Self { records_max: 20_000, bytes_max: 2 << 20, linger: interval, ceiling: interval }
    }

    /// After `failures` failed commits in a row, a batch is halved from the second on, down to a single record, so
    /// that a record which makes its commit fail is found.
    pub(crate) fn after(self, failures: u32) -> Self {
        let shift = failures.saturating_sub(1).min(31);
        if shift == 0 {
            return self;
        }
        Self { records_max: (self.records_max >> shift).max(1), linger: Duration::ZERO, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_halves_from_the_second_failure_down_to_one() {
        let records = |failures| Limits::STAGE.after(failures).records_max;
        assert_eq!([0, 1, 2, 3, 11, 40].map(records), [1_000, 1_000, 500, 250, 1, 1]);
    }
}
