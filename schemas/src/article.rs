//! `articles.clean`, `articles.enriched` and the table `revisions`.

use std::collections::BTreeMap;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ArticleId, CanonicalUrl, ContentDigest, Decode, DecodeError, Digest, Encode, EncodeError, Encoded, ImportPath,
    Lang, PageKind, RawRecord, Timestamp, json, topic,
};

/// An article as the cleaner made it of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// Its identity: the same for every fetch and every revision.
    pub id: ArticleId,
    /// Its canonical address; absent for an imported text without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<CanonicalUrl>,
    /// Where the page came from.
    pub source: Source,
    /// The headline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Sub-headlines above the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deck: Vec<String>,
    /// The text, block by block.
    pub body: Vec<BodyBlock>,
    /// What stands under pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captions: Vec<String>,
    /// Who took the pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credits: Vec<String>,
    /// People who wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// When it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
    /// When it was last changed, as the page says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Published>,
    /// Pictures of the article.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// The news agency as written on the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// The dateline as written: place, date and agency in front of the first sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dateline: Option<String>,
    /// Titles of other articles that the text pointed to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
    /// The language, as the page declares it or as its text shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Lang>,
    /// What was taken out, with its class and the reason. Cut first where a record would be too large.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<RemovedBlock>,
    /// Removed blocks that had to be cut from this record.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub removed_cut: u32,
    /// Which source each field was taken from, by field name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provenance: BTreeMap<String, FieldSource>,
    /// What was odd about the page, as constants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Where an article's page came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// What the page was.
    pub kind: PageKind,
    /// The address that answered, where it is not the canonical one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<CanonicalUrl>,
    /// When the page was fetched or imported.
    pub fetched_at: Timestamp,
    /// When this article was first heard of: the feed entry's first sight, or the fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Timestamp>,
    /// The feed that led here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<CanonicalUrl>,
    /// The import it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportPath>,
    /// The user's tags of the feed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// A block of the article's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BodyBlock {
    /// What the block is.
    pub label: BodyLabel,
    /// Its text, white space collapsed.
    pub text: String,
}

/// What a block of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyLabel {
    /// A paragraph.
    Body,
    /// A heading between paragraphs.
    Heading,
    /// An item of a list.
    List,
    /// A row of a table, cells parted by tabs.
    Table,
    /// A block quotation.
    Quote,
}

/// A block that is not part of the article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemovedBlock {
    /// What it is: `reaction`, `comment`, `share`, `related`, `nav`, ...
    pub class: String,
    /// Its text.
    pub text: String,
    /// What decided.
    pub reason: String,
}

/// A date of an article, with how much of it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Published {
    /// RFC 3339: an instant with its offset, or the day alone (`2024-05-01`) where no time is known.
    pub at: String,
    /// Where it was found.
    pub source: FieldSource,
    /// How the offset from UTC is known.
    pub zone: ZoneSource,
    /// From 0 to 1.
    pub confidence: f32,
}

/// How the offset of a date from UTC is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ZoneSource {
    /// It stands beside the time.
    Stated,
    /// The site is known to write in that zone.
    Site,
    /// Nothing said so: UTC was taken.
    Assumed,
    /// There is no time, so no zone is needed.
    DayOnly,
}

/// Where a field was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldSource {
    /// schema.org in JSON-LD.
    JsonLd,
    /// A `meta` element.
    Meta,
    /// schema.org in microdata or RDFa.
    Microdata,
    /// A `link` element.
    Link,
    /// A `time` element.
    TimeElement,
    /// A heading element.
    Heading,
    /// The `title` element.
    TitleElement,
    /// A class or id in the markup.
    Markup,
    /// Text that a reader sees.
    Text,
    /// The address.
    Url,
    /// The feed's entry.
    Feed,
    /// An HTTP header.
    Http,
    /// The import said so.
    Import,
}

/// A picture of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// Its address.
    pub url: CanonicalUrl,
    /// What its markup says in its stead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
}

impl Article {
    /// What the article says: title, deck, text and captions, not how or when it was fetched.
    pub fn content_digest(&self) -> ContentDigest {
        let title = self.title.as_deref().unwrap_or_default();
        let deck = self.deck.iter().flat_map(|line| [b"deck".as_slice(), line.as_bytes()]);
        let body = self.body.iter().flat_map(|block| [b"body".as_slice(), block.text.as_bytes()]);
        let captions = self.captions.iter().flat_map(|line| [b"caption".as_slice(), line.as_bytes()]);
        ContentDigest(Digest::of([title.as_bytes()].into_iter().chain(deck).chain(body).chain(captions)))
    }

    /// The text alone, a block a line.
    pub fn body_text(&self) -> String {
        let blocks: Vec<&str> = self.body.iter().map(|block| block.text.as_str()).collect();
        blocks.join("\n")
    }

    /// The article without what was removed, which is cut first where a record would be too large.
    fn without_removed(&self) -> Self {
        let cut = u32::try_from(self.removed.len()).unwrap_or(u32::MAX);
        Self { removed: Vec::new(), removed_cut: self.removed_cut.saturating_add(cut), ..self.clone() }
    }
}

/// An article with what the enricher found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnrichedArticle {
    /// As the cleaner made it.
    pub article: Article,
    /// What its text tells.
    pub enrichment: Enrichment,
    /// Which revision of the article this is.
    pub revision: Revision,
}

/// What an article's text tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Enrichment {
    /// The dateline, read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dateline: Option<Dateline>,
    /// The news agency that the text is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// How long it is.
    pub counts: Counts,
}

/// A dateline, read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dateline {
    /// As it stands in the text.
    pub text: String,
    /// Cities, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cities: Vec<String>,
    /// The date, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Agencies, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agencies: Vec<String>,
    /// Reporters, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bylines: Vec<String>,
}

/// A news agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agency {
    /// The agency's usual English name: `Reuters`, `Newsis`.
    pub name: String,
    /// As the text writes it.
    pub written: String,
    /// Where it stood: `dateline`, `credit` or `line`.
    pub source: String,
}

/// How long an article is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Unicode scalar values of the text.
    pub characters: u32,
    /// Words; for scripts without spaces, characters of those scripts.
    pub words: u32,
    /// Sentences.
    pub sentences: u32,
    /// Blocks of the text.
    pub paragraphs: u32,
}

/// Which revision of an article this is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// Counts from 1.
    pub number: u32,
    /// What this revision says, as a digest.
    pub content: ContentDigest,
    /// The fetch in which this content was first seen.
    pub seen_at: Timestamp,
    /// The fetch in which the article was first seen.
    pub first_seen_at: Timestamp,
    /// What is known of what came before.
    pub history: History,
}

/// What is known of an article before this revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Never seen before.
    FirstSeen,
    /// Seen before, with other content.
    Revised,
    /// Not in the table, but old enough that its row may have expired: there may be an earlier revision.
    HistoryExpired,
}

/// A row of the table `revisions`, keyed by article id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevisionRow {
    /// The last revision's number.
    pub number: u32,
    /// Its content.
    pub content: ContentDigest,
    /// The fetch in which the article was first seen.
    pub first_seen_at: Timestamp,
    /// The last fetch that was seen, with whatever content.
    pub fetched_at: Timestamp,
    /// When the row leaves the table.
    pub expires_at: Timestamp,
}

impl Decode for Article {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::value(raw)
    }
}

impl Encode for Article {
    fn encode(&self) -> Result<Encoded, EncodeError> {
        let value = match json::bytes(self) {
            Err(EncodeError::TooLarge { .. }) if !self.removed.is_empty() => json::bytes(&self.without_removed())?,
            other => other?,
        };
        let record = RawRecord { key: Bytes::from(self.id.to_string()), value: Some(value), headers: vec![] };
        Ok(Encoded { topic: topic::ARTICLES_CLEAN, record })
    }
}

impl Decode for EnrichedArticle {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::value(raw)
    }
}

impl Encode for EnrichedArticle {
    fn encode(&self) -> Result<Encoded, EncodeError> {
        let value = match json::bytes(self) {
            Err(EncodeError::TooLarge { .. }) if !self.article.removed.is_empty() => {
                json::bytes(&Self { article: self.article.without_removed(), ..self.clone() })?
            }
            other => other?,
        };
        let record = RawRecord { key: Bytes::from(self.article.id.to_string()), value: Some(value), headers: vec![] };
        Ok(Encoded { topic: topic::ARTICLES_ENRICHED, record })
    }
}

impl Decode for RevisionRow {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::value(raw)
    }
}
