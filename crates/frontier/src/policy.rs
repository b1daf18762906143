//! What the user may set, and how delays are spread.

use std::time::Duration;

use schemas::Digest;

/// What of a feed is fetched that has never been polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstPoll {
    /// So many of its newest entries.
    Newest(usize),
    /// All of them.
    All,
    /// None: only what comes from now on.
    None,
}

/// When feeds are polled and pages fetched again.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// The mean interval over all feeds: what the polls may cost.
    pub interval_mean: Duration,
    /// No feed more often, whatever its rate.
    pub interval_min: Duration,
    /// No feed less often, while it answers and asks for nothing else.
    pub interval_max: Duration,
    /// A publisher's wish to wait (TTL, `Cache-Control`) is followed up to this.
    pub publisher_wait_max: Duration,
    /// After a first failure; it doubles.
    pub backoff_min: Duration,
    /// And never waits longer: no feed is abandoned.
    pub backoff_max: Duration,
    /// What of a new feed is fetched.
    pub first_poll: FirstPoll,
    /// New feeds have their first polls so far apart, up to an hour in all.
    pub first_poll_spacing: Duration,
    /// A page whose entry has changed is not fetched again sooner than this after it was last.
    pub refetch_min: Duration,
    /// A page that cannot be had is given up so long after its entry came.
    pub page_given_up: Duration,
    /// How long a page's row says that it is done.
    pub page_kept: Duration,
}

impl Policy {
    /// The defaults of the settings file.
    pub const DEFAULT: Self = Self {
        interval_mean: Duration::from_secs(900),
        interval_min: Duration::from_secs(120),
        interval_max: Duration::from_secs(4 * 3600),
        publisher_wait_max: Duration::from_secs(24 * 3600),
        backoff_min: Duration::from_secs(300),
        backoff_max: Duration::from_secs(3 * 24 * 3600),
        first_poll: FirstPoll::Newest(20),
        first_poll_spacing: Duration::from_millis(700),
        refetch_min: Duration::from_secs(600),
        page_given_up: Duration::from_secs(7 * 24 * 3600),
        page_kept: Duration::from_secs(7 * 24 * 3600),
    };

    /// The wait after `failures` failures in a row, spread by a fifth up or down so that what failed together does not
    /// come back together. More failures never wait less.
    pub(crate) fn backoff(&self, failures: u32, spread: Spread) -> Duration {
        let doubled = self.backoff_min.saturating_mul(1 << failures.saturating_sub(1).min(20));
        spread.over(doubled.min(self.backoff_max))
    }
}

/// A number between 0 and 1 that is always the same for a URL: chance that a test can repeat.
#[derive(Clone, Copy, Debug)]
pub struct Spread(f64);

impl Spread {
    /// Of a URL.
    pub fn of(url: &str) -> Self {
        Self(f64::from(Digest::of([b"spread".as_slice(), url.as_bytes()]).first_32()) / f64::from(u32::MAX))
    }

    /// A fifth more or less.
    pub(crate) fn over(self, wait: Duration) -> Duration {
        wait.mul_f64(0.8 + 0.4 * self.0)
    }

    /// That part of a time.
    pub(crate) fn within(self, time: Duration) -> Duration {
        time.mul_f64(self.0)
    }
}
