//! `pages`: what was fetched or imported, exactly as it came.

use std::collections::BTreeMap;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    CanonicalUrl, Decode, DecodeError, Digest, Encode, EncodeError, Encoded, Entry, Lang, RawRecord, Timestamp, json,
    limits, topic,
};

/// The body as received, so that no guess at its charset is baked in, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// In the record header `page`.
    pub meta: PageMeta,
    /// The record's value.
    pub body: Bytes,
}

/// What is known of a page: the record header `page`, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PageMeta {
    /// How the body is to be read.
    pub kind: PageKind,
    /// The address it came from, after redirects; absent for an imported text without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<CanonicalUrl>,
    /// The address that was asked for, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_url: Option<CanonicalUrl>,
    /// Where an imported page lay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportPath>,
    /// The HTTP status; absent for an import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Response headers that matter later (`content-type`, `content-language`, `last-modified`, ...), lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// When it was fetched or imported.
    pub fetched_at: Timestamp,
    /// The language that the feed or the import names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Lang>,
    /// Signals of the site that its text is not for training or mining: `robots:gptbot`, `x-robots-tag:noai`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ai_opt_out: Vec<String>,
    /// The feed entry that led here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Box<Entry>>,
}

/// How a page's body is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    /// A whole HTML document.
    Html,
    /// The fragment of HTML that a feed carried as its entry's content.
    FeedContent,
    /// Text that was already extracted; a line is a paragraph or a piece of residue.
    Text,
}

/// Where an imported page lay: the import's name and the path below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ImportPath {
    /// The name given to the import; by default that of its folder.
    pub name: String,
    /// The path below the folder, with `/`; for a line of a `.jsonl` file, `file.jsonl#id`.
    pub path: String,
}

/// The key of a page: the digest of where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageKey(pub Digest);

impl PageKey {
    /// By URL where there is one, by import path otherwise.
    pub fn of(meta: &PageMeta) -> Self {
        match (&meta.url, &meta.import) {
            (Some(url), _) => Self(Digest::of([b"page".as_slice(), url.as_str().as_bytes()])),
            (None, Some(import)) => {
                Self(Digest::of([b"import".as_slice(), import.name.as_bytes(), import.path.as_bytes()]))
            }
            (None, None) => Self(Digest::of([b"nowhere".as_slice()])),
        }
    }
}

impl Page {
    /// The record header that holds [`PageMeta`].
    pub const HEADER: &'static str = "page";
}

impl PageMeta {
    /// Without the text that the feed carried, which is cut where the header would be too large: it is the body then.
    fn without_content(&self) -> Self {
        let mut meta = self.clone();
        if let Some(entry) = &mut meta.entry {
            entry.content = None;
        }
        meta
    }
}

impl Decode for Page {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        let meta = json::slice(raw.header(Self::HEADER).ok_or(DecodeError::NoHeader(Self::HEADER))?)?;
        Ok(Self { meta, body: raw.value.clone().ok_or(DecodeError::NoValue)? })
    }
}

impl Encode for Page {
    fn encode(&self) -> Result<Encoded, EncodeError> {
        json::within("value", self.body.len(), limits::PAGE_BYTES_MAX)?;
        let mut meta = serde_json::to_vec(&self.meta)?;
        if meta.len() > limits::HEADERS_BYTES_MAX {
            meta = serde_json::to_vec(&self.meta.without_content())?;
        }
        json::within("headers", meta.len(), limits::HEADERS_BYTES_MAX)?;
        let meta = Bytes::from(meta);
        let key = Bytes::from(PageKey::of(&self.meta).0.to_string());
        let record = RawRecord { key, value: Some(self.body.clone()), headers: vec![(Self::HEADER.to_owned(), meta)] };
        Ok(Encoded { topic: topic::PAGES, record })
    }
}
