//! Every record of the log as one list, so that each promise is tested for all of them.

use bytes::Bytes;
use schemars::{JsonSchema, generate::SchemaSettings};
use schemas::{
    Article, DeadLetter, Decode, Encode, EnrichedArticle, Entry, Feed, Fingerprint, FrontierRow, Page, PageMeta,
    RawRecord, Relation, RevisionRow, topic,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// One kind of record.
pub(crate) struct Record {
    /// The name of its schema file and of its folders of examples.
    pub(crate) name: &'static str,
    pub(crate) topic: &'static str,
    /// The record header that holds the JSON; `None` where it is the record's value.
    pub(crate) header: Option<&'static str>,
    pub(crate) schema: fn() -> Value,
    /// Reads JSON as the record and writes it again, by way of the log.
    pub(crate) pass: fn(&[u8]) -> Result<Value, String>,
}

pub(crate) const RECORDS: &[Record] = &[
    Record { name: "feed", topic: topic::FEEDS, header: None, schema: schema::<Feed>, pass: by_value::<Feed> },
    Record { name: "entry", topic: topic::ENTRIES, header: None, schema: schema::<Entry>, pass: by_value::<Entry> },
    Record {
        name: "frontier_row",
        topic: topic::FRONTIER,
        header: None,
        schema: schema::<FrontierRow>,
        pass: by_row::<FrontierRow>,
    },
    Record { name: "page", topic: topic::PAGES, header: Some(Page::HEADER), schema: schema::<PageMeta>, pass: page },
    Record {
        name: "article",
        topic: topic::ARTICLES_CLEAN,
        header: None,
        schema: schema::<Article>,
        pass: by_value::<Article>,
    },
    Record {
        name: "revision_row",
        topic: topic::REVISIONS,
        header: None,
        schema: schema::<RevisionRow>,
        pass: by_row::<RevisionRow>,
    },
    Record {
        name: "enriched_article",
        topic: topic::ARTICLES_ENRICHED,
        header: None,
        schema: schema::<EnrichedArticle>,
        pass: by_value::<EnrichedArticle>,
    },
    Record {
        name: "fingerprint",
        topic: topic::FINGERPRINTS,
        header: None,
        schema: schema::<Fingerprint>,
        pass: by_value::<Fingerprint>,
    },
    Record {
        name: "relation",
        topic: topic::RELATIONS,
        header: None,
        schema: schema::<Relation>,
        pass: by_value::<Relation>,
    },
    Record {
        name: "dead_letter",
        topic: topic::DEAD_LETTERS,
        header: Some(DeadLetter::HEADER),
        schema: schema::<DeadLetter>,
        pass: dead_letter,
    },
];

/// JSON Schema draft 7, which AsyncAPI 3.0 takes as it is; what a reader accepts, so a field with a default is optional.
fn schema<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    serde_json::to_value(generator.into_root_schema_for::<T>()).unwrap()
}

fn raw(value: &[u8]) -> RawRecord {
    RawRecord { key: Bytes::new(), value: Some(Bytes::copy_from_slice(value)), headers: vec![] }
}

fn with_header(name: &str, json: &[u8]) -> RawRecord {
    let headers = vec![(name.to_owned(), Bytes::copy_from_slice(json))];
    RawRecord { key: Bytes::new(), value: Some(Bytes::from_static(b"<html>")), headers }
}

fn words(error: impl std::error::Error) -> String {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    format!("{error}: {source}")
}

fn by_value<T: Decode + Encode + PartialEq + std::fmt::Debug>(json: &[u8]) -> Result<Value, String> {
    let record = T::decode(&raw(json)).map_err(words)?;
    let encoded = record.encode().map_err(words)?;
    assert_eq!(T::decode(&encoded.record).unwrap(), record, "Decode(Encode(x)) is not x");
    Ok(serde_json::from_slice(&encoded.record.value.unwrap()).unwrap())
}

/// A row of a table, which the runtime writes as plain JSON.
fn by_row<T: Decode + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    json: &[u8],
) -> Result<Value, String> {
    let row = T::decode(&raw(json)).map_err(words)?;
    let written = serde_json::to_vec(&row).unwrap();
    assert_eq!(T::decode(&raw(&written)).unwrap(), row, "Decode(Encode(x)) is not x");
    Ok(serde_json::from_slice(&written).unwrap())
}

fn page(json: &[u8]) -> Result<Value, String> {
    let page = Page::decode(&with_header(Page::HEADER, json)).map_err(words)?;
    let encoded = page.encode().map_err(words)?;
    assert_eq!(Page::decode(&encoded.record).unwrap(), page, "Decode(Encode(x)) is not x");
    Ok(serde_json::from_slice(encoded.record.header(Page::HEADER).unwrap()).unwrap())
}

fn dead_letter(json: &[u8]) -> Result<Value, String> {
    let letter = DeadLetter::of(&with_header(DeadLetter::HEADER, json)).map_err(words)?;
    let written = serde_json::to_vec(&letter).unwrap();
    assert_eq!(DeadLetter::of(&with_header(DeadLetter::HEADER, &written)).unwrap(), letter);
    Ok(serde_json::from_slice(&written).unwrap())
}
