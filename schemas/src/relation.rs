//! `fingerprints` and `relations`: how near-duplicates meet, and what they turn out to be.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ArticleId, Decode, DecodeError, Encode, EncodeError, Encoded, RawRecord, Timestamp, json, topic};

/// An article's MinHash signature, sent once to each of its LSH bands (Broder 1997; Leskovec et al., chapter 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fingerprint {
    /// The band: index and hash, as `07-89abcdef01234567`.
    pub band: String,
    /// Whose signature it is.
    pub article: ArticleId,
    /// The minima, in the order of the hash functions.
    pub signature: Vec<u32>,
    /// When the article was fetched.
    pub at: Timestamp,
}

/// What an article has to do with an earlier one. It may arrive long after the article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Relation {
    /// The later article.
    pub article: ArticleId,
    /// The earlier one.
    pub earlier: ArticleId,
    /// What binds them.
    pub kind: RelationKind,
    /// How sure, from 0 to 1.
    pub score: f32,
    /// When it was found.
    pub at: Timestamp,
}

/// What binds two articles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// Much the same text.
    NearDuplicate,
    /// The same text through another translation.
    TranslationCopy,
    /// Another text about the same event.
    SameStory,
}

impl Decode for Fingerprint {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::value(raw)
    }
}

impl Encode for Fingerprint {
    fn encode(&self) -> Result<Encoded, EncodeError> {
        let record =
            RawRecord { key: Bytes::from(self.band.clone()), value: Some(json::bytes(self)?), headers: vec![] };
        Ok(Encoded { topic: topic::FINGERPRINTS, record })
    }
}

impl Decode for Relation {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        json::value(raw)
    }
}

impl Encode for Relation {
    fn encode(&self) -> Result<Encoded, EncodeError> {
        let key = Bytes::from(self.article.to_string());
        let record = RawRecord { key, value: Some(json::bytes(self)?), headers: vec![] };
        Ok(Encoded { topic: topic::RELATIONS, record })
    }
}
