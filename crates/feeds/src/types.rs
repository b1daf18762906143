//! What a document is and what it says.

use std::time::Duration;

use schemas::{Lang, Timestamp};
use serde::{Serialize, Serializer};

/// What came. In JSON an object with `kind` and the fields of the kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "there is one for a body, moved once")]
pub enum Document {
    /// A feed or a sitemap with its entries.
    Feed(Feed),
    /// A sitemap of sitemaps.
    SitemapIndex {
        /// In the order of the document.
        sitemaps: Vec<SitemapLink>,
        /// What was odd.
        notes: Vec<&'static str>,
    },
    /// A page, with the feeds it links to: the stated ones first.
    Page {
        /// Each address once.
        feeds: Vec<FeedLink>,
    },
    /// A list of subscriptions.
    Opml(crate::opml::Opml),
    /// None of these.
    Unknown {
        /// Why: `empty`, `gzip`, `not_text`, `not_json_feed` or `no_feed`.
        reason: &'static str,
    },
}

/// The family of a feed's format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RSS 0.91 to 2.0.
    #[default]
    Rss,
    /// RSS 0.90 and 1.0.
    Rdf,
    /// Atom (RFC 4287) and Atom 0.3.
    Atom,
    /// JSON Feed (jsonfeed.org).
    JsonFeed,
    /// A sitemap (sitemaps.org), plain or of news.
    Sitemap,
    /// Channel Definition Format.
    Cdf,
}

/// A feed. Addresses are absolute and `http` or `https`; titles are text; summaries and contents are HTML.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Feed {
    /// The family of its format.
    pub format: Format,
    /// As the document states it: `2.0`, `0.91`, `1.1`.
    pub version: Option<String>,
    /// Text.
    pub title: Option<String>,
    /// Of the site it belongs to.
    pub link: Option<String>,
    /// What it is about, as text.
    pub description: Option<String>,
    /// The language of what does not state its own.
    pub language: Option<Lang>,
    /// When it last changed, as it says.
    pub updated: Option<Timestamp>,
    /// Its own address, as it says (`rel="self"`, `feed_url`).
    pub self_url: Option<String>,
    /// The next older part (RFC 5005 `next` and `prev-archive`, JSON Feed `next_url`).
    pub next_url: Option<String>,
    /// WebSub hubs.
    pub hubs: Vec<String>,
    /// How long it may be cached (RSS `ttl`), in JSON whole seconds.
    #[serde(serialize_with = "seconds")]
    pub ttl: Option<Duration>,
    /// How often it is updated at most (RSS syndication module), in JSON whole seconds.
    #[serde(serialize_with = "seconds")]
    pub update_every: Option<Duration>,
    /// Hours in UTC, 0 to 23, in which it is not updated.
    pub skip_hours: Vec<u8>,
    /// Days on which it is not updated, 1 (Monday) to 7.
    pub skip_days: Vec<u8>,
    /// It will never be updated again (JSON Feed `expired`).
    pub expired: bool,
    /// In the order of the document.
    pub entries: Vec<Entry>,
    /// What was odd, as constants.
    pub notes: Vec<&'static str>,
}

/// An entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Entry {
    /// As stated: `guid`, Atom `id`, `rdf:about`, JSON `id`.
    pub id: Option<String>,
    /// The page it is about: the original one where a service stands in between.
    pub link: Option<String>,
    /// Text.
    pub title: Option<String>,
    /// HTML.
    pub summary: Option<String>,
    /// HTML.
    pub content: Option<String>,
    /// What relative links within content and summary are relative to, where the document says.
    pub base: Option<String>,
    /// Names; a mail address where there is no name. The feed's where the entry has none (Atom, JSON Feed).
    pub authors: Vec<String>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// When it last changed.
    pub updated: Option<Timestamp>,
    /// Where it states its own.
    pub language: Option<Lang>,
    /// Attached media.
    pub enclosures: Vec<Enclosure>,
    /// A picture for it.
    pub image: Option<String>,
    /// Names of categories, tags, keywords.
    pub categories: Vec<String>,
    /// The name of the newspaper (news sitemaps).
    pub publication: Option<String>,
}

/// A file that belongs to an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Enclosure {
    /// Absolute.
    pub url: String,
    /// Media type, as stated.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Bytes, as stated.
    pub length: Option<u64>,
}

/// A sitemap named by an index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SitemapLink {
    /// Absolute.
    pub url: String,
    /// When it last changed.
    pub updated: Option<Timestamp>,
}

/// A link of a page to a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedLink {
    /// Absolute.
    pub url: String,
    /// Text.
    pub title: Option<String>,
    /// Stated by `link rel="alternate"` with a feed's type; else it is a link that looks like one to a feed.
    pub stated: bool,
}

fn seconds<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    duration.map(|duration| duration.as_secs()).serialize(serializer)
}
