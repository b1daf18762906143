//! Whole-pipeline tests, house rules, and the contract of the log on its real backends, in one binary.
//!
//! Tests that need a Kafka broker stand in modules named `kafka`: `--skip kafka` leaves them out.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed"
)]

mod broker;
#[path = "../chaos/mod.rs"]
mod chaos;
mod contract;
mod deployment;
mod errands;
mod house;
mod news;
mod proxy;
mod run_loop;
mod support;
mod upkeep;
mod whole;
