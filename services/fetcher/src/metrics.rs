//! What the fetcher counts beside the records of its stage.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AskedLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

/// The counters of one process; cheap to share.
#[derive(Clone)]
pub struct Metrics {
    requests: Family<AskedLabels, Counter>,
    seconds: Family<KindLabels, Histogram, fn() -> Histogram>,
    entries: Family<KindLabels, Counter>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn seconds() -> Histogram {
    Histogram::new([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0])
}

impl Metrics {
    /// Registers every family under the fetcher's names.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::unregistered();
        registry.register(
            "wiredesk_fetch_requests",
            "Requests and what they came to, by kind (robots, feed, page)",
            metrics.requests.clone(),
        );
        registry.register("wiredesk_fetch_seconds", "From request to last byte", metrics.seconds.clone());
        registry.register("wiredesk_feed_entries", "Entries found new or changed", metrics.entries.clone());
        metrics
    }

    /// For tests and tools.
    pub fn unregistered() -> Self {
        let seconds = Family::<KindLabels, Histogram, fn() -> Histogram>::new_with_constructor(seconds);
        Self { requests: Family::default(), seconds, entries: Family::default() }
    }

    pub(crate) fn asked(&self, kind: &'static str, outcome: &'static str, took: Duration) {
        self.requests.get_or_create(&AskedLabels { kind, outcome }).inc();
        if !took.is_zero() {
            self.seconds.get_or_create(&KindLabels { kind }).observe(took.as_secs_f64());
        }
    }

    pub(crate) fn entries(&self, new: usize, changed: usize) {
        for (kind, count) in [("new", new), ("changed", changed)] {
            if count > 0 {
                self.entries.get_or_create(&KindLabels { kind }).inc_by(count as u64);
            }
        }
    }
}
