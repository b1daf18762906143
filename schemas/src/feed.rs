//! `feeds` and `entries`: what to watch, and what it said.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    CanonicalUrl, Decode, DecodeError, Encode, EncodeError, Encoded, Lang, RawRecord, Timestamp, json,
    registrable_domain, topic,
};

/// A feed to watch. Its tombstone unsubscribes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Feed {
    /// Where it is.
    pub url: CanonicalUrl,
    /// Who publishes it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Its language, where known; a hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Lang>,
    /// Its country (ISO 3166-1 alpha-2), where known; a hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The user's own words for it; they travel to the lake.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Limits for this feed alone.
    #[serde(default)]
    pub limits: FeedLimits,
    /// Who subscribed: a feed from the settings leaves when it leaves them.
    pub origin: FeedOrigin,
    /// Where it was before a permanent redirect that held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<CanonicalUrl>,
    /// Not polled while set.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

/// Limits of one feed; absent means the deployment's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeedLimits {
    /// Never poll sooner than this many seconds after the last poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_s_min: Option<u32>,
    /// Poll at least this often (seconds), the publisher's wishes allowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_s_max: Option<u32>,
    /// How much its freshness matters beside other feeds, from 0.01 to 100; 1 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

/// Who subscribed to a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedOrigin {
    /// The settings file.
    Settings,
    /// A command.
    Command,
}

/// One new or changed entry of a feed: a page to fetch, or the whole text at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The page that the entry names.
    pub link: CanonicalUrl,
    /// The feed that said so.
    pub feed: CanonicalUrl,
    /// Other names of the same entry: guid, link, canonical link.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// The headline in the feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The summary in the feed, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The authors that the feed names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// When the feed says that it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// When the feed says that it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Timestamp>,
    /// The language that the feed names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Lang>,
    /// The whole text as HTML, where the feed carried it (1 MiB at most).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The user's tags of the feed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The feed carried it before, and says something else now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
    /// When the entry was first seen in the feed.
    pub seen_at: Timestamp,
    /// Redirects to other sites that were followed on the way here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hops: u8,
    /// Not to be fetched before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(hops: &u8) -> bool {
    *hops == 0
}

/// `domain URL`: the partitioner reads the domain alone.
pub(crate) fn site_key(url: &CanonicalUrl) -> Bytes {
    Bytes::from(format!("{} {url}", registrable_domain(url.host())))
}

impl Feed {
    /// A feed with nothing said of it.
    pub fn new(url: CanonicalUrl, origin: FeedOrigin) -> Self {
        Self {
            url,
            publisher: None,
            language: None,
            country: None,
            tags: Vec::new(),
            limits: FeedLimits::default(),
            origin,
            moved_from: None,
            paused: false,
        }
    }

    /// The record that unsubscribes.
    pub fn tombstone(url: &CanonicalUrl) -> Encoded {
        Encoded { topic: topic::FEEDS, record: RawRecord { key: site_key(url), value: None, headers: vec![] } }
    }

    /// Which feed a tombstone unsubscribes; `None` for a key that is not one of a feed.
    pub fn unsubscribed(raw: &RawRecord) -> Option<CanonicalUrl> {
        let (_, url) = std::str::from_utf8(&raw.key).ok()?.split_once(' ')?;
        CanonicalUrl::parse(url).ok()
    }
}

impl Decode for Feed {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::value(raw)
    }
}

impl Encode for Feed {
    fn encode(&self) -> Result<Encoded, EncodeError> {
        let record = RawRecord { key: site_key(&self.url), value: Some(json::bytes(self)?), headers: vec![] };
        Ok(Encoded { topic: topic::FEEDS, record })
    }
}

impl Decode for Entry {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::value(raw)
    }
}

impl Encode for Entry {
    fn encode(&self) -> Result<Encoded, EncodeError> {
        let record = RawRecord { key: site_key(&self.link), value: Some(json::bytes(self)?), headers: vec![] };
        Ok(Encoded { topic: topic::ENTRIES, record })
    }
}
