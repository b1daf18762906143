//! What a newsroom is told at its start.

use std::{
    net::Ipv4Addr,
    time::{SystemTime, UNIX_EPOCH},
};

/// How a newsroom publishes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is published, and in which order; the same seed gives the same news.
    pub seed: u64,
    /// Articles a second, over all publications. Zero publishes the backlog alone.
    pub per_second: f64,
    /// Whether some articles are missing, moved, too large, ..; without it there are plain pages and edits only.
    pub faults: bool,
    /// Publication n listens on this address + n, so that each is a site of its own. Where those cannot be bound, all
    /// listen on 127.0.0.1, on ports of their own.
    pub first: Ipv4Addr,
    /// How many articles each publication has at the start; they are plain.
    pub backlog: usize,
    /// A feed lists so many of the newest.
    pub listed: usize,
    /// Stop publishing after so many articles, the backlog not counted. Everything published stays in memory
    /// (some 10 KB each), so the default has an end too.
    pub articles_max: Option<u64>,
    /// The world's clock, in milliseconds since 1970.
    pub clock: fn() -> i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            per_second: 1.0,
            faults: true,
            first: Ipv4Addr::new(127, 0, 0, 2),
            backlog: 5,
            listed: 25,
            articles_max: Some(20_000),
            clock: now,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the newsroom stands for the world outside, which has a clock of its own"
)]
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
