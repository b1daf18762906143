#![doc = include_str!("../README.md")]

mod access;
mod crowd;
mod desk;
mod feed;
mod http;
mod news;
mod newsroom;
mod outlet;
mod page;
mod plan;
mod polish;
mod prose;
mod settings;
mod text;

pub use access::Access;
pub use crowd::{Crowd, SiteCount};
pub use news::{Fate, FeedKind, Publication, Published, Revision, Summary};
pub use newsroom::Newsroom;
pub use settings::Settings;
