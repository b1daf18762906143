#![doc = include_str!("../README.md")]

mod address;
mod client;
mod decode;

pub use address::Networks;
pub use client::{Client, FetchError, FetchLimits, Fetched};
