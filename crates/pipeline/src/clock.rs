//! The one owner of the time of day.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use schemas::Timestamp;

/// Real, or set by hand in tests.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at `at` until it is set.
    pub fn fixed(at: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.as_millis()))))
    }

    /// Sets a fixed clock; the machine's clock is left alone.
    pub fn set(&self, at: Timestamp) {
        if let Some(millis) = &self.0 {
            millis.store(at.as_millis(), Ordering::SeqCst);
        }
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(millis) => Timestamp::from_millis(millis.load(Ordering::SeqCst)),
            None => {
                #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
        }
    }
}
