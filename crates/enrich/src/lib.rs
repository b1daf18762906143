#![doc = include_str!("../README.md")]

mod agency;
mod counts;
mod dateline;

pub use agency::{Agency, agency, is_agency};
pub use counts::{Counts, counts};
pub use dateline::{Dateline, dateline};
