//! The frontier against a clock of our own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod decisions;
mod politeness;
mod robots;
mod sifting;
mod support;
