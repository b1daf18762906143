//! The newsroom as a reader sees it.

#![expect(clippy::unwrap_used, reason = "a test says what failed by its line")]

mod answers;
mod client;
mod crowd;
mod feeds;
mod prose;
mod rhythm;

use std::time::{Duration, Instant};

use newsroom::{Newsroom, Settings};

/// Publishes that many articles at once, and stops there.
fn newsroom(articles: u64, faults: bool) -> Newsroom {
    let settings = Settings { per_second: 400.0, articles_max: Some(articles), faults, ..Settings::default() };
    let newsroom = Newsroom::start(settings).unwrap();
    until(|| newsroom.articles().len() >= 30 + usize::try_from(articles).unwrap());
    newsroom
}

fn until(is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}
