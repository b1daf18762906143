#![doc = include_str!("../README.md")]

mod article;
mod dead_letter;
mod feed;
mod frontier;
mod id;
mod page;
mod partition;
mod relation;
mod time;
mod topics;
mod url;
mod wire;

pub use article::{
    Agency, Article, BodyBlock, BodyLabel, Counts, Dateline, EnrichedArticle, Enrichment, FieldSource, History, Image,
    Published, RemovedBlock, Revision, RevisionRow, Source, ZoneSource,
};
pub use dead_letter::{DeadLetter, REPLAY_FOR, SourcePosition};
pub use feed::{Entry, Feed, FeedLimits, FeedOrigin};
pub use frontier::{
    FeedState, FrontierRow, Ledger, Moving, NotSeen, PageState, Poll, Seen, SeenAlias, SiteState, Taken,
};
pub use id::{ArticleId, ContentDigest, Digest};
pub use page::{ImportPath, Page, PageKey, PageKind, PageMeta};
pub use partition::{partition_of, registrable_domain};
pub use relation::{Fingerprint, Relation, RelationKind};
pub use time::{Lang, Timestamp};
pub use topics::{TOPICS, TopicSpec, topic};
pub use url::{CanonicalUrl, UrlError};
pub use wire::{Decode, DecodeError, Encode, EncodeError, Encoded, Headers, RawRecord, json, limits};

/// The version of the records in this crate; a dead letter names it, so that a reader knows which code refused it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
