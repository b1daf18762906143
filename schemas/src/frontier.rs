//! `frontier`: the fetcher's table. A row says what is owed and when; the fetcher's clock does the rest.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CanonicalUrl, Decode, DecodeError, Digest, Entry, Feed, RawRecord, Timestamp, json, registrable_domain};

/// One row of the fetcher's table, keyed `domain kind URL`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FrontierRow {
    /// What holds for one origin (scheme, host and port) of a site.
    Site(Box<SiteState>),
    /// A feed and its next poll.
    Feed(Box<FeedState>),
    /// A page: still owed, or when it was last done.
    Page(Box<PageState>),
}

impl FrontierRow {
    /// The key of a feed's row.
    pub fn feed_key(url: &CanonicalUrl) -> Bytes {
        key("feed", url)
    }

    /// The key of a page's row.
    pub fn page_key(url: &CanonicalUrl) -> Bytes {
        key("page", url)
    }

    /// The key of the row of the origin that `url` belongs to.
    pub fn site_key(url: &CanonicalUrl) -> Bytes {
        Bytes::from(format!("{} site {}/", registrable_domain(url.host()), url.origin()))
    }
}

fn key(kind: &str, url: &CanonicalUrl) -> Bytes {
    Bytes::from(format!("{} {kind} {url}", registrable_domain(url.host())))
}

/// A request that was decided on, and whose answer has not been applied: its commit holds before it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    /// Which take this is without an answer in between, from 1.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
}

/// What the fetcher knows of an origin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SiteState {
    /// The robots.txt (RFC 9309) as received, 500 KiB at most; empty where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots: Option<String>,
    /// When it was received, or last found to be missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots_at: Option<Timestamp>,
    /// When it is asked for next; absent while nothing waits for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots_due: Option<Timestamp>,
    /// It could not be had, and is not asked for again before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robots_retry: Option<Timestamp>,
    /// When it was first asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_asked: Option<Timestamp>,
    /// The request for it that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
    /// When a request last ended, or left without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// Requests for it that failed since the last answer.
    #[serde(default)]
    pub failures: u32,
    /// The site asked for no request before (RFC 9110 section 10.2.3), or shows a wall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Why not before: a constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Answers in a row that asked to wait, or were a wall.
    #[serde(default)]
    pub pushed_back: u32,
    /// A wall that answers instead of the site: its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_wall: Option<String>,
    /// Signals of the site that its text is not for training or mining.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ai_opt_out: Vec<String>,
}

/// What the fetcher knows of a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeedState {
    /// What the user subscribed to.
    pub feed: Feed,
    /// The sitemap index that named it, where no user did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<CanonicalUrl>,
    /// The sitemaps that it names, where it is a sitemap index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<CanonicalUrl>,
    /// The title that the feed gives itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When it is polled next; absent while paused or retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_poll: Option<Timestamp>,
    /// Why then: a constant.
    pub reason: String,
    /// The request that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
    /// When a request last ended, or left without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// Its first poll takes more than the newest entries: what it holds is news.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_poll_since: Option<Timestamp>,
    /// The validator of the last answer, as received (RFC 9110 section 8.8.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The other validator, as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// The digest of the last body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Digest>,
    /// When the last whole body came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_at: Option<Timestamp>,
    /// Its server says 304 for what has changed: it is asked without validators.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lies_about_304: bool,
    /// When it was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_poll: Option<Timestamp>,
    /// When it last answered well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Timestamp>,
    /// New entries an hour, as observed.
    #[serde(default)]
    pub entries_per_hour: f64,
    /// Polls that failed since the last success.
    #[serde(default)]
    pub failures: u32,
    /// A permanent redirect that has been seen, and since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<Moving>,
    /// Since when it has answered 410.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_since: Option<Timestamp>,
    /// WebSub hubs that it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hubs: Vec<String>,
    /// Until when a WebSub hub pushes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub websub_until: Option<Timestamp>,
    /// The aliases of entries seen lately, newest first.
    #[serde(default, skip_serializing_if = "Seen::is_empty")]
    pub seen: Seen,
    /// What came of its entries.
    #[serde(default)]
    pub ledger: Ledger,
    /// The last polls, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub polls: Vec<Poll>,
}

impl FeedState {
    /// A feed that has not been polled yet.
    pub fn new(feed: Feed, next_poll: Option<Timestamp>, reason: &str) -> Self {
        Self {
            feed,
            parent: None,
            children: Vec::new(),
            title: None,
            next_poll,
            reason: reason.to_owned(),
            taken: None,
            asked_at: None,
            first_poll_since: None,
            etag: None,
            last_modified: None,
            body: None,
            body_at: None,
            lies_about_304: false,
            last_poll: None,
            last_success: None,
            entries_per_hour: 0.0,
            failures: 0,
            moving: None,
            gone_since: None,
            hubs: Vec::new(),
            websub_until: None,
            seen: Seen::default(),
            ledger: Ledger::default(),
            polls: Vec::new(),
        }
    }
}

/// A permanent redirect (301, 308) of a feed on its way to being believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Moving {
    /// Where to.
    pub to: CanonicalUrl,
    /// Since when.
    pub since: Timestamp,
    /// Polls in a row that said so.
    pub polls: u32,
}

/// What came of a feed's entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// Entries passed on as new.
    #[serde(default)]
    pub new: u64,
    /// Entries passed on as changed.
    #[serde(default)]
    pub changed: u64,
    /// Left out as too old, or by the policy for a first poll.
    #[serde(default)]
    pub old: u64,
    /// Left out because they name no page that may be fetched.
    #[serde(default)]
    pub without_link: u64,
    /// Estimated to have come and gone between two polls that shared no entry.
    #[serde(default)]
    pub missed: u64,
}

/// One poll of a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Poll {
    /// When it was asked.
    pub at: Timestamp,
    /// `ok`, `not_modified`, or why it failed: a constant.
    pub outcome: String,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Until the last byte, in milliseconds.
    #[serde(default)]
    pub took_ms: u32,
    /// Bytes of the body.
    #[serde(default)]
    pub bytes: u32,
    /// Entries in the document.
    #[serde(default)]
    pub entries: u32,
    /// New ones among them.
    #[serde(default)]
    pub new: u32,
    /// Changed ones among them.
    #[serde(default)]
    pub changed: u32,
}

/// What the fetcher knows of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PageState {
    /// The entry for which the page is owed; absent where it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Box<Entry>>,
    /// The fetch is due then; absent where it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The request that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
    /// When a request last ended, or left without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// Its entry changed while a request was under way: it is fetched once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Tries that failed.
    #[serde(default)]
    pub failures: u32,
    /// When it was first owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When it was last done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_at: Option<Timestamp>,
    /// How it ended, or why it waits: a constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the row leaves the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// One alias of an entry, and which version of the entry was seen under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeenAlias {
    /// The first 64 bits of the alias's digest.
    pub alias: u64,
    /// The first 32 bits of the digest of what the feed said.
    pub version: u32,
}

/// The aliases of entries seen lately, newest first. In JSON one Base64 text of 12 bytes each, since a feed of a hundred
/// entries is written at every poll.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Seen(pub Vec<SeenAlias>);

impl Seen {
    /// Bytes of one alias.
    const WIDTH: usize = 12;

    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seen({})", self.0.len())
    }
}

/// A text that is no list of aliases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not Base64 of {} bytes an alias", Seen::WIDTH)]
pub struct NotSeen;

impl TryFrom<String> for Seen {
    type Error = NotSeen;

    fn try_from(text: String) -> Result<Self, NotSeen> {
        let bytes = STANDARD_NO_PAD.decode(text).map_err(|_| NotSeen)?;
        let (all, rest) = bytes.as_chunks::<{ Self::WIDTH }>();
        if !rest.is_empty() {
            return Err(NotSeen);
        }
        let one = |[a, b, c, d, e, f, g, h, i, j, k, l]: &[u8; Self::WIDTH]| SeenAlias {
            alias: u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]),
            version: u32::from_be_bytes([*i, *j, *k, *l]),
        };
        Ok(Self(all.iter().map(one).collect()))
    }
}

impl From<Seen> for String {
    fn from(seen: Seen) -> Self {
        let mut bytes = Vec::with_capacity(seen.0.len() * Seen::WIDTH);
        for SeenAlias { alias, version } in seen.0 {
            bytes.extend_from_slice(&alias.to_be_bytes());
            bytes.extend_from_slice(&version.to_be_bytes());
        }
        STANDARD_NO_PAD.encode(bytes)
    }
}

impl Decode for FrontierRow {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::value(raw)
    }
}
