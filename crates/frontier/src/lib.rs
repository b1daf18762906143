#![doc = include_str!("../README.md")]

mod headers;
mod outage;
pub mod pages;
mod policy;
pub mod polls;
mod queues;
pub mod robots;
mod sift;
pub mod sites;

pub use headers::{fresh_for, retry_after};
pub use outage::Outage;
pub use policy::{FirstPoll, Policy, Spread};
pub use queues::{Key, Politeness, Queues};
pub use robots::Robots;
pub use sift::{Candidate, Sieve, Verdict, dated_rate, sift};
