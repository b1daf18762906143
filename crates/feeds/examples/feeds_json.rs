//! Files to JSON, one line each: `feeds_json < paths`.
//!
//! A line of the input is a path, or a path, a `Content-Type` and an address, with tabs between them. With `--feed-rs`
//! the file is read by feed-rs alone, with `--repaired` by feed-rs after our decoding and repair: what
//! `tests/feedparser/compare.py` compares. With `--time`, `--time-feed-rs`
//! or `--time-repaired` it prints what reading all files costs.

#![expect(clippy::print_stdout, reason = "prints what it read")]

#[path = "../tests/support/feed_rs.rs"]
mod feed_rs_reader;
#[path = "../tests/support/repaired.rs"]
mod repaired;

use std::error::Error;
use std::io::BufRead;

use feeds::{Hints, Limits};

fn main() -> Result<(), Box<dyn Error>> {
    let mode = std::env::args().nth(1).unwrap_or_default();
    if mode.starts_with("--time") {
        return time(&mode);
    }
    std::panic::set_hook(Box::new(|_| {})); // feed-rs panics; it is caught and counted
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut parts = line.split('\t');
        let path = parts.next().unwrap_or_default();
        let content_type = parts.next().filter(|part| !part.is_empty());
        let url = parts.next().filter(|part| !part.is_empty());
        let body = std::fs::read(path)?;
        let json = match mode.as_str() {
            "--feed-rs" => feed_rs_reader::read(&body, url),
            "--repaired" => {
                let repaired = repaired::repaired(&body, content_type, url);
                feed_rs_reader::read(repaired.as_bytes(), url)
            }
            _ => serde_json::to_value(feeds::read(&body, &Hints { content_type, url }, &Limits::default()))?,
        };
        println!("{json}");
    }
    Ok(())
}

/// One pass over all files to warm up, then ten.
fn time(mode: &str) -> Result<(), Box<dyn Error>> {
    let bodies = std::io::stdin().lock().lines().map(|path| std::fs::read(path?)).collect::<Result<Vec<_>, _>>()?;
    let read = |body: &[u8]| match mode {
        "--time-feed-rs" => feed_rs::parser::parse(body).map_or(0, |feed| feed.entries.len()),
        "--time-repaired" => {
            let repaired = repaired::repaired(body, None, None);
            feed_rs::parser::parse(repaired.as_bytes()).map_or(0, |feed| feed.entries.len())
        }
        _ => match feeds::read(body, &Hints::default(), &Limits::default()) {
            feeds::Document::Feed(feed) => feed.entries.len(),
            _ => 0,
        },
    };
    let entries: usize = bodies.iter().map(|body| read(body)).sum();
    let started = std::time::Instant::now();
    for _ in 0..10 {
        for body in &bodies {
            std::hint::black_box(read(body));
        }
    }
    let seconds = started.elapsed().as_secs_f64() / 10.0;
    let bytes: usize = bodies.iter().map(Vec::len).sum();
    println!("{}", serde_json::json!({ "entries": entries, "bytes": bytes, "seconds": seconds }));
    Ok(())
}
