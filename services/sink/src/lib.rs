//! Enriched articles to the lake.

pub mod lake;
