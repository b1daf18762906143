#![doc = include_str!("../README.md")]

mod json_lines;
pub mod lake;
mod lake_store;

pub use json_lines::JsonLines;
pub use lake_store::{LakeStore, store_error};
