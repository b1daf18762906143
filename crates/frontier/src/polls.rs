//! When a feed is polled next, and why then.
//!
//! Under a budget of polls, the freshness of all feeds together is best where each is polled at a rate that grows with the
//! square root of its own rate of entries times its weight (the water-filling of a quadratic cost; compare Cho and
//! Garcia-Molina, "Effective page refresh policies for web crawlers", TODS 2003, whose policy for Poisson changes has the
//! same shape for slow pages). So a feed's interval is the mean interval times the mean root over its own root.

use std::time::Duration;

use schemas::{FeedState, Moving, Timestamp};

use crate::{FirstPoll, Policy, Spread};

/// A feed that never said anything counts as one with an entry in three days.
const RATE_MIN: f64 = 1.0 / 72.0;
/// An hour's news of a large agency; more is a fault of dates.
const RATE_MAX: f64 = 1_000.0;
/// How quickly the observed rate forgets: newsrooms have a rhythm of a day.
const RATE_MEMORY_HOURS: f64 = 12.0;
/// At most this part of a document may be new at a poll, or entries may have come and gone unseen.
const NEW_SHARE_MAX: f64 = 0.5;
/// A permanent redirect is believed after so many polls and so long.
const MOVE_POLLS: u32 = 3;
const MOVE_AFTER: Duration = Duration::from_secs(24 * 3600);
/// 410 is believed when it still stands after so long.
const GONE_AFTER: Duration = Duration::from_secs(24 * 3600);
/// A server that says 304 is asked for the whole body this often.
const WHOLE_EVERY: Duration = Duration::from_secs(24 * 3600);
/// First polls are spread over this at most.
const FIRST_POLLS_OVER: Duration = Duration::from_secs(3600);

/// What a poll brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Polled {
    /// A document.
    Fresh {
        /// Entries in it.
        entries: usize,
        /// Those that were not known.
        new: usize,
        /// New entries an hour by their own dates, for a first poll.
        dated_rate: Option<f64>,
        /// The publisher asks not to come sooner.
        wait: Option<Duration>,
    },
    /// 304, or the same bytes.
    Same {
        /// The publisher asks not to come sooner.
        wait: Option<Duration>,
    },
    /// No document: why, as a constant.
    Failed {
        /// The constant.
        reason: &'static str,
        /// The server names a time.
        retry_after: Option<Duration>,
        /// So many sites fail at once that it is we who are cut off.
        ours: bool,
    },
    /// 410.
    Gone,
    /// Not asked: robots.txt forbids it.
    Forbidden,
}

/// The square root of weight times rate.
pub fn root(feed: &FeedState) -> f32 {
    let weight = feed.feed.limits.weight.unwrap_or(1.0).clamp(0.01, 100.0);
    #[expect(clippy::cast_possible_truncation, reason = "a ratio needs no more")]
    let root = (weight * feed.entries_per_hour.clamp(RATE_MIN, RATE_MAX)).sqrt() as f32;
    root
}

/// When a feed that has never been polled is: the first at once, the `waiting`-th that much later, and a thousand of them
/// spread over an hour.
pub fn first_poll(url: &str, waiting: usize, policy: &Policy, now: Timestamp) -> Timestamp {
    let spacing = policy.first_poll_spacing.saturating_mul(u32::try_from(waiting).unwrap_or(u32::MAX));
    if spacing <= FIRST_POLLS_OVER { now.plus(spacing) } else { now.plus(Spread::of(url).within(FIRST_POLLS_OVER)) }
}

/// Whether a poll asks for the whole document though it has validators.
pub fn wants_whole(feed: &FeedState, now: Timestamp) -> bool {
    feed.lies_about_304 || feed.body_at.is_none_or(|at| now.since(at) >= WHOLE_EVERY)
}

/// Writes into the row what a poll at `now` brought, and when the next one is. `mean_root` is the mean of [`root`] over
/// all feeds.
pub fn polled(feed: &mut FeedState, what: &Polled, mean_root: Option<f64>, policy: &Policy, now: Timestamp) {
    let since = feed.last_poll.filter(|_| feed.last_success.is_some()).map(|last| hours(now.since(last)));
    feed.last_poll = Some(now);
    if !matches!(what, Polled::Gone) {
        feed.gone_since = None;
    }
    let (wait, reason) = match what {
        Polled::Fresh { entries, new, dated_rate, wait } => {
            answered(feed, now);
            observe(feed, *new, since, *dated_rate);
            let missed = since.is_some() && *entries > 0 && new == entries;
            if missed {
                let expected = feed.entries_per_hour * since.unwrap_or_default();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a small positive estimate"
                )]
                let lost = (expected - *new as f64).max(1.0) as u64;
                feed.ledger.missed += lost;
            }
            let (interval, reason) = by_rate(feed, mean_root, policy);
            let (interval, reason) = match overlap(feed, *entries, missed, policy) {
                Some(floor) if floor < interval => (floor, "overlap"),
                _ => (interval, reason),
            };
            asked(interval, reason, *wait, policy)
        }
        Polled::Same { wait } => {
            answered(feed, now);
            observe(feed, 0, since, None);
            let (interval, reason) = by_rate(feed, mean_root, policy);
            asked(interval, reason, *wait, policy)
        }
        Polled::Failed { retry_after, ours: true, .. } => {
            let wait = retry_after.unwrap_or_default().max(policy.backoff_min);
            (Spread::of(feed.feed.url.as_str()).over(wait), "our_outage")
        }
        Polled::Failed { reason, retry_after, ours: false } => {
            feed.failures = feed.failures.saturating_add(1);
            let backoff = policy.backoff(feed.failures, Spread::of(feed.feed.url.as_str()));
            match retry_after.filter(|wait| *wait > backoff) {
                Some(wait) => (wait, "retry_after"),
                None => (backoff, *reason),
            }
        }
        Polled::Gone => {
            feed.failures = feed.failures.saturating_add(1);
            let gone_since = *feed.gone_since.get_or_insert(now);
            if now.since(gone_since) >= GONE_AFTER {
                (feed.next_poll, feed.taken, feed.reason) = (None, None, "retired_410".to_owned());
                return;
            }
            (policy.backoff(feed.failures, Spread::of(feed.feed.url.as_str())), "gone")
        }
        Polled::Forbidden => (policy.publisher_wait_max.max(policy.interval_max), "robots"),
    };
    feed.taken = None;
    feed.reason = reason.to_owned();
    feed.next_poll = (!feed.feed.paused).then(|| now.plus(wait));
}

/// A permanent redirect that the last poll met, or none: where the feed has moved to, once that has held.
pub fn moving(
    feed: &mut FeedState,
    to: Option<&schemas::CanonicalUrl>,
    now: Timestamp,
) -> Option<schemas::CanonicalUrl> {
    let Some(to) = to else {
        feed.moving = None;
        return None;
    };
    match &mut feed.moving {
        Some(moving) if moving.to == *to => moving.polls += 1,
        moving => *moving = Some(Moving { to: to.clone(), since: now, polls: 1 }),
    }
    let holds = |moving: &Moving| moving.polls >= MOVE_POLLS && now.since(moving.since) >= MOVE_AFTER;
    feed.moving.as_ref().filter(|moving| holds(moving)).map(|moving| moving.to.clone())
}

/// How many of a first poll's entries are fetched.
pub fn first_entries(policy: &Policy) -> usize {
    match policy.first_poll {
        FirstPoll::Newest(count) => count,
        FirstPoll::All => usize::MAX,
        FirstPoll::None => 0,
    }
}

fn hours(time: Duration) -> f64 {
    time.as_secs_f64() / 3600.0
}

fn answered(feed: &mut FeedState, now: Timestamp) {
    feed.last_success = Some(now);
    feed.failures = 0;
}

/// Moves the observed rate towards what this poll saw; an exponential average over time, so that frequent polls do not
/// forget faster.
fn observe(feed: &mut FeedState, new: usize, since: Option<f64>, dated_rate: Option<f64>) {
    let rate = match since {
        None => dated_rate.unwrap_or(feed.entries_per_hour),
        Some(hours) if hours > 0.0 => {
            let old = (-hours / RATE_MEMORY_HOURS).exp();
            #[expect(clippy::cast_precision_loss, reason = "a count of entries")]
            let seen = new as f64 / hours;
            feed.entries_per_hour * old + seen * (1.0 - old)
        }
        Some(_) => feed.entries_per_hour,
    };
    feed.entries_per_hour = rate.clamp(0.0, RATE_MAX);
}

fn limits(feed: &FeedState, policy: &Policy) -> (Duration, Duration) {
    let of = |seconds: Option<u32>| seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
    let min = of(feed.feed.limits.interval_s_min).unwrap_or(policy.interval_min);
    let max = of(feed.feed.limits.interval_s_max).unwrap_or(policy.interval_max);
    (min, max.max(min))
}

fn by_rate(feed: &FeedState, mean_root: Option<f64>, policy: &Policy) -> (Duration, &'static str) {
    let own = f64::from(root(feed));
    let share = (mean_root.unwrap_or(own) / own).clamp(0.001, 1_000.0);
    let interval = policy.interval_mean.mul_f64(share);
    let (min, max) = limits(feed, policy);
    match interval {
        short if short < min => (min, "interval_min"),
        long if long > max => (max, "interval_max"),
        _ => (interval, "rate"),
    }
}

/// The longest interval at which no entry should leave the document unseen.
fn overlap(feed: &FeedState, entries: usize, missed: bool, policy: &Policy) -> Option<Duration> {
    let (min, _) = limits(feed, policy);
    if missed {
        return Some(min);
    }
    if entries == 0 || feed.entries_per_hour <= 0.0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of entries")]
    let hours = entries as f64 * NEW_SHARE_MAX / feed.entries_per_hour;
    Some(Duration::from_secs_f64((hours * 3600.0).clamp(1.0, 1e9)).max(min))
}

/// The publisher may slow us down, never speed us up.
fn asked(
    interval: Duration,
    reason: &'static str,
    wait: Option<Duration>,
    policy: &Policy,
) -> (Duration, &'static str) {
    match wait.map(|wait| wait.min(policy.publisher_wait_max)) {
        Some(wait) if wait > interval => (wait, "publisher"),
        _ => (interval, reason),
    }
}
