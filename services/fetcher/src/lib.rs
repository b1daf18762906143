#![doc = include_str!("../README.md")]

mod address;
mod client;
mod decode;
mod entries;
mod errand;
mod metrics;
mod pages;
mod polls;
mod records;
mod sites;
mod stage;
mod subscriptions;
#[cfg(test)]
mod tests;

pub use address::{Block, Networks};
#[doc(hidden)]
pub use client::World;
pub use client::{
    Accept, Answers, Client, FetchError, FetchLimits, Fetched, Follow, Hop, Lookup, Request, Validators, Verdict,
};
pub use errand::{Answer, Bodies, Errand, run};
pub use metrics::Metrics;
pub use records::{Input, Output};
pub use stage::{Fetcher, Rules, SiteQueues};
