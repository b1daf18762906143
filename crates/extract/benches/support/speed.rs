//! How speed is measured: time of one thread's processor over pages of the development sets. The bench of this crate and
//! that of its peers (`peers/src/bin/speed.rs`) share it.

use std::hint::black_box;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::sets;

/// Where longer pages are cut, as the extractor would.
const PAGE_BYTES_MAX: usize = 4 << 20;
const ROUNDS: usize = 3;
/// The mean size of the pages that the targets speak of, in bytes.
const LARGE_MEAN: usize = 258_000;

/// Time of the processor that this thread has taken; of the clock, where the system does not tell.
pub(crate) fn now() -> Duration {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    spent.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// All pages of the development sets.
pub(crate) fn pages(data: &Path) -> Vec<String> {
    sets::pages(data, sets::FOLDERS).iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> String {
    let mut bytes = sets::unpack(path);
    bytes.truncate(PAGE_BYTES_MAX);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The pages without the smallest, as many as make the mean what the targets speak of.
pub(crate) fn large(pages: &[String]) -> Vec<String> {
    let mut pages = pages.to_vec();
    pages.sort_by_key(|page| std::cmp::Reverse(page.len()));
    let mut bytes: usize = pages.iter().map(String::len).sum();
    while pages.len() > 1 && bytes / pages.len() < LARGE_MEAN {
        bytes -= pages.pop().map_or(0, |page| page.len());
    }
    pages
}

pub(crate) fn head(name: &str, pages: &[String]) {
    let bytes: usize = pages.iter().map(String::len).sum();
    println!("\n{name}: {} of {} KB on average", pages.len(), bytes / pages.len().max(1) / 1000);
}

/// The shortest time of what is done in some rounds.
pub(crate) fn shortest(mut round: impl FnMut()) -> Duration {
    let time = |_| {
        let start = now();
        round();
        now() - start
    };
    (0..ROUNDS).map(time).min().unwrap_or_default()
}

/// The shortest of some rounds over all pages.
pub(crate) fn measure(name: &str, pages: &[String], read: impl Fn(&str) -> usize) -> Duration {
    let shortest = shortest(|| {
        for page in pages {
            black_box(read(black_box(page)));
        }
    });
    let seconds = shortest.as_secs_f64();
    let bytes: usize = pages.iter().map(String::len).sum();
    println!(
        "{name:<20} {:>8.1} MB/s {:>8.0} pages/s {:>8.3} ms/page",
        bytes as f64 / 1e6 / seconds,
        pages.len() as f64 / seconds,
        1e3 * seconds / pages.len() as f64,
    );
    shortest
}
