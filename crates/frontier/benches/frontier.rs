//! The frontier at a million rows: what a decision costs, and what the rows take.
//!
//! `cargo bench -p frontier`. A decision is a row that comes due, is taken, is answered, and has its next time set: two
//! changes of the row, as the stage makes them.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use frontier::{Key, Policy, Politeness, Queues, polls};
use schemas::{CanonicalUrl, Feed, FeedOrigin, FeedState, FrontierRow, Taken, Timestamp};

const ROWS: u32 = 1_000_000;
const FEEDS_A_SITE: u32 = 10;
const DECISIONS: u32 = 2_000_000;
const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn main() {
    let politeness = Politeness {
        interval: Duration::from_secs(1),
        concurrency: 1,
        crawl_delay_max: Duration::from_secs(60),
        lease: Duration::from_secs(30),
    };
    let before = resident();
    let mut queues = Queues::new(politeness);
    let mut keys = Vec::with_capacity(ROWS as usize);
    let since = Instant::now();
    for n in 0..ROWS {
        let url = format!("https://site{}.example/feed/{n}", n / FEEDS_A_SITE);
        let row = feed(&url, START.plus(Duration::from_millis(u64::from(n.wrapping_mul(2_654_435_761) % 3_600_000))));
        let key: Key = Arc::from(&*FrontierRow::feed_key(&row.feed.url));
        queues.set(&key, Some(&FrontierRow::Feed(Box::new(row))));
        keys.push(key);
    }
    println!("{ROWS} rows in {:.1} s", since.elapsed().as_secs_f64());
    println!("queues of {ROWS} rows: {} MiB resident", (resident() - before) >> 20);

    // One row stands for all that come due: what it holds is the same for each, and the stage reads it from its table.
    let policy = Policy::DEFAULT;
    let mut row = FrontierRow::Feed(Box::new(feed("https://site0.example/feed", START)));
    let (mut now, mut decided, mut slowest) = (START, 0, Duration::ZERO);
    let since = Instant::now();
    while decided < DECISIONS {
        let started = Instant::now();
        let due = queues.due(now, 1_000);
        for key in &due {
            let FrontierRow::Feed(state) = &mut row else { return };
            (state.taken, state.next_poll) = (Some(Taken { attempt: 1, at: now }), None);
            queues.set(key, Some(&row));
            let FrontierRow::Feed(state) = &mut row else { return };
            let fresh = polls::Polled::Fresh { entries: 20, new: 1, dated_rate: Some(1.0), wait: None };
            polls::polled(state, &fresh, queues.mean_root(), &policy, now);
            queues.set(key, Some(&row));
        }
        if !due.is_empty() {
            slowest = slowest.max(started.elapsed() / u32::try_from(due.len()).unwrap_or(1));
        }
        decided += u32::try_from(due.len()).unwrap_or(0);
        now = queues.next_due().unwrap_or(now).max(now.plus(Duration::from_millis(100)));
    }
    let each = since.elapsed() / decided;
    println!("{decided} decisions over {} h of the clock: {each:?} each, slowest batch {slowest:?} each", hours(now));
    println!("resident at the end: {} MiB", resident() >> 20);
}

fn hours(now: Timestamp) -> u64 {
    now.since(START).as_secs() / 3600
}

fn feed(url: &str, next_poll: Timestamp) -> FeedState {
    let url = CanonicalUrl::parse(url).expect("made here");
    let row = FeedState::new(Feed::new(url, FeedOrigin::Command), Some(next_poll), "rate");
    FeedState { entries_per_hour: 1.0, ..row }
}

/// Resident memory in bytes (Linux).
fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
