//! Rules for polling compared on one simulated week: how late news is seen, for how many requests.
//!
//! `cargo bench -p frontier --bench polling`. Feeds publish at rates that differ by four orders of magnitude (log-normal, as
//! newsrooms' do), by day more than by night; every rule gets about the same number of polls.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::time::Duration;

use frontier::{
    Policy,
    polls::{self, Polled},
};
use schemas::{CanonicalUrl, Digest, Feed, FeedOrigin, FeedState, Timestamp};

const FEEDS: u64 = 2_000;
const DAYS: f64 = 7.0;
const WINDOW: usize = 20;
const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// When a feed's entries are published (hours since the start).
struct Source {
    entries: Vec<f64>,
    rate: f64,
}

/// Repeatable chance.
struct Dice(u64, u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.1 += 1;
        let digest = Digest::of([self.0.to_be_bytes(), self.1.to_be_bytes()].iter().map(<[u8; 8]>::as_slice));
        f64::from(digest.first_32()) / f64::from(u32::MAX)
    }
}

fn source(number: u64) -> Source {
    let mut dice = Dice(number, 0);
    // Box and Muller (1958): a normal number of two even ones.
    let normal = (-2.0 * dice.roll().max(1e-9).ln()).sqrt() * (std::f64::consts::TAU * dice.roll()).cos();
    let rate = (-1.0 + 1.6 * normal).exp().clamp(0.002, 60.0);
    let (mut at, mut entries) = (0.0, Vec::new());
    loop {
        at -= dice.roll().max(1e-9).ln() / (1.8 * rate);
        if at > DAYS * 24.0 {
            return Source { entries, rate };
        }
        // Thinned: by night a ninth of the news of the day.
        let by_day = (8.0..22.0).contains(&(at % 24.0));
        if dice.roll() < if by_day { 1.0 } else { 0.11 } {
            entries.push(at);
        }
    }
}

/// What a rule came to.
#[derive(Default)]
struct Outcome {
    polls: u64,
    delays: Vec<f64>,
    missed: u64,
}

/// Polls one feed for the week; `next` says when again, after a poll that saw so many entries, so many of them new.
fn follow(source: &Source, outcome: &mut Outcome, mut next: impl FnMut(f64, usize, usize) -> f64) {
    let (mut now, mut seen) = (0.5, 0);
    while now < DAYS * 24.0 {
        let published = source.entries.partition_point(|at| *at <= now);
        let first = published.saturating_sub(WINDOW);
        outcome.missed += first.saturating_sub(seen) as u64;
        outcome.delays.extend(source.entries[seen.max(first)..published].iter().map(|at| now - at));
        let new = published - seen.max(first);
        outcome.polls += 1;
        seen = published;
        now += next(now, published - first, new).max(0.01);
    }
}

fn ours(sources: &[Source], policy: &Policy) -> Outcome {
    let mut rows: Vec<FeedState> = (0..sources.len())
        .filter_map(|n| CanonicalUrl::parse(&format!("https://s{n}.example/feed")).ok())
        .map(|url| FeedState::new(Feed::new(url, FeedOrigin::Command), Some(START), "first_poll"))
        .collect();
    // Two passes: the first finds the mean root, which a running frontier knows at any time.
    let mut mean = None;
    let mut last = Outcome::default();
    for _ in 0..3 {
        let mut outcome = Outcome::default();
        let mut roots = 0.0;
        for (row, source) in rows.iter_mut().zip(sources) {
            (row.last_poll, row.last_success) = (None, None);
            let (mut sum, mut count) = (0.0, 0.0);
            follow(source, &mut outcome, |now, entries, new| {
                let at = START.plus(Duration::from_secs_f64(now * 3600.0));
                let what = Polled::Fresh { entries, new, dated_rate: None, wait: None };
                polls::polled(row, &what, mean, policy, at);
                let next = row.next_poll.map_or(24.0, |next| next.since(at).as_secs_f64() / 3600.0);
                sum += f64::from(polls::root(row)) * next;
                count += next;
                next
            });
            roots += sum / f64::max(count, 1e-9);
        }
        #[expect(clippy::cast_precision_loss, reason = "some thousand feeds")]
        let all = sources.len() as f64;
        mean = Some(roots / all);
        last = outcome;
    }
    last
}

fn print(name: &str, mut outcome: Outcome) {
    outcome.delays.sort_by(f64::total_cmp);
    let all = outcome.delays.len().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a mean")]
    let mean = outcome.delays.iter().sum::<f64>() / all as f64;
    let at = |share: usize| outcome.delays.get(all * share / 100).copied().unwrap_or_default();
    println!(
        "{name:<28} {:>9} polls {:>7.1} min mean delay {:>7.1} median {:>7.1} p90 {:>7} missed",
        outcome.polls,
        mean * 60.0,
        at(50) * 60.0,
        at(90) * 60.0,
        outcome.missed
    );
}

fn main() {
    let sources: Vec<Source> = (0..FEEDS).map(source).collect();
    let policy = Policy::DEFAULT;
    let square_root = ours(&sources, &policy);
    #[expect(clippy::cast_precision_loss, reason = "some million polls")]
    let budget = square_root.polls as f64 / (DAYS * 24.0); // polls an hour, for the others as well
    println!("{FEEDS} feeds, {} entries in a week", sources.iter().map(|source| source.entries.len()).sum::<usize>());
    print("square root, overlap (ours)", square_root);

    #[expect(clippy::cast_precision_loss, reason = "some thousand feeds")]
    let even = FEEDS as f64 / budget;
    let mut uniform = Outcome::default();
    sources.iter().for_each(|source| follow(source, &mut uniform, |_, _, _| even));
    print("every feed alike", uniform);

    let total: f64 = sources.iter().map(|source| source.rate.max(1.0 / 72.0)).sum();
    let mut proportional = Outcome::default();
    for source in &sources {
        let interval = (total / (budget * source.rate.max(1.0 / 72.0))).clamp(0.03, 4.0);
        follow(source, &mut proportional, |_, _, _| interval);
    }
    print("in proportion to the rate", proportional);

    let mut adaptive = Outcome::default();
    for source in &sources {
        let mut interval = even;
        follow(source, &mut adaptive, |_, _, new| {
            interval = if new > 0 { interval / 2.0 } else { interval * 1.5 }.clamp(120.0 / 3600.0, 4.0);
            interval
        });
    }
    print("halved on news, else longer", adaptive);
}
