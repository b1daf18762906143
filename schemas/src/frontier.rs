//! `frontier`: the fetcher's table. A row says when the next thing is due; the fetcher's clock does the rest.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Decode, DecodeError, RawRecord, Timestamp, json};

/// One row of the fetcher's table, keyed `domain kind URL`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FrontierRow {
    /// What holds for a whole site.
    Site(SiteState),
    /// A feed and its next poll.
    Feed(FeedState),
    /// A page: still owed, or when it was last done.
    Page(PageState),
}

/// What the fetcher knows of a site.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SiteState {
    /// The robots.txt (RFC 9309) as received, 500 KiB at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots: Option<String>,
    /// When it was fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots_at: Option<Timestamp>,
    /// The site asked for no request before (RFC 9110 section 10.2.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Timestamp>,
    /// When the last request left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_request: Option<Timestamp>,
    /// A wall that answers instead of the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_wall: Option<String>,
}

/// What the fetcher knows of a feed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeedState {
    /// The validator of the last answer, as received (RFC 9110 section 8.8.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The other validator, as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// When it is polled next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_poll: Option<Timestamp>,
    /// Why then: a constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// New entries an hour, as observed.
    #[serde(default)]
    pub entries_per_hour: f64,
    /// Polls that failed since the last success.
    #[serde(default)]
    pub failures: u32,
    /// Until when a WebSub hub pushes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub websub_until: Option<Timestamp>,
    /// Digests of the aliases seen lately, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<u64>,
}

/// What the fetcher knows of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PageState {
    /// The fetch is due then; absent where it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Tries so far.
    #[serde(default)]
    pub attempts: u32,
    /// When it was last done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
}

impl Decode for FrontierRow {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::value(raw)
    }
}
