//! The columns of the table `articles`: one list that the schema, the rows and the dictionary in `docs/lake.md` follow.

use std::{borrow::Cow, sync::Arc};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use schemas::{EnrichedArticle, Published};
use serde::Serialize;

use super::files;

/// The column by which the table is partitioned; it stands in the folder names, not in the files.
pub(super) const DAY: &str = "day";

/// A column: its name, its type, and how a row fills it. Every column may be null in the table, so that later versions
/// can add some and earlier ones need not know them.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) cells: Cells,
    /// Whether files carry its least and greatest value, by which readers skip files.
    pub(super) bounds: bool,
    /// Whether its values repeat, so that a dictionary makes the file smaller.
    pub(super) repeats: bool,
}

type Text<'a> = Cow<'a, str>;

/// How a row fills a column.
pub(super) enum Cells {
    Text(for<'a> fn(&'a EnrichedArticle) -> Option<Text<'a>>),
    Texts(for<'a> fn(&'a EnrichedArticle) -> Vec<Text<'a>>),
    Integer(fn(&EnrichedArticle) -> Option<i64>),
    Real(fn(&EnrichedArticle) -> Option<f32>),
    /// Microseconds since the epoch.
    Instant(fn(&EnrichedArticle) -> Option<i64>),
    /// Days since the epoch.
    Day(fn(&EnrichedArticle) -> Option<i32>),
    /// A list of small records, all of whose fields are texts.
    Records(&'static [&'static str], for<'a> fn(&'a EnrichedArticle) -> Vec<Record<'a>>),
}

/// The fields of one record, in the order of their names; a column with fewer fields leaves the last ones out.
pub(super) type Record<'a> = [Option<Text<'a>>; 3];

impl Cells {
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) => DataType::Utf8,
            Self::Texts(_) => list_of(DataType::Utf8),
            Self::Integer(_) => DataType::Int64,
            Self::Real(_) => DataType::Float32,
            Self::Instant(_) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Day(_) => DataType::Date32,
            Self::Records(names, _) => list_of(DataType::Struct(record_fields(names))),
        }
    }
}

fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("element", item, true)))
}

pub(super) fn record_fields(names: &[&str]) -> arrow::datatypes::Fields {
    names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect()
}

/// The schema of the table, with [`DAY`] at its end.
pub(super) fn table_schema() -> SchemaRef {
    schema_of(COLUMNS.iter().chain([&DAY_COLUMN]))
}

/// The schema of a data file: the table's without [`DAY`].
pub(super) fn file_schema() -> SchemaRef {
    schema_of(COLUMNS.iter())
}

fn schema_of<'a>(columns: impl Iterator<Item = &'a Column>) -> SchemaRef {
    Arc::new(Schema::new(
        columns.map(|column| Field::new(column.name, column.cells.data_type(), true)).collect::<Vec<_>>(),
    ))
}

/// A column whose values differ from row to row.
const fn unlike(name: &'static str, cells: Cells) -> Column {
    Column { name, cells, bounds: false, repeats: false }
}

/// A column whose values repeat.
const fn alike(name: &'static str, cells: Cells) -> Column {
    Column { name, cells, bounds: false, repeats: true }
}

/// The column with its bounds in the table's log.
const fn bounded(column: Column) -> Column {
    Column { bounds: true, ..column }
}

const DAY_COLUMN: Column = alike(DAY, Cells::Day(|row| Some(row.revision.first_seen_at.day())));

/// The columns of a data file, in their order.
pub(super) static COLUMNS: &[Column] = &[
    bounded(unlike("article_id", Cells::Text(|row| owned(row.article.id)))),
    bounded(alike("revision", Cells::Integer(|row| Some(row.revision.number.into())))),
    alike("history", Cells::Text(|row| word(&row.revision.history))),
    unlike("content", Cells::Text(|row| owned(row.revision.content))),
    unlike("url", Cells::Text(|row| row.article.url.as_ref().map(|url| url.as_str().into()))),
    unlike("page_url", Cells::Text(|row| row.article.source.page_url.as_ref().map(|url| url.as_str().into()))),
    unlike("title", Cells::Text(|row| text(row.article.title.as_deref()))),
    unlike("deck", Cells::Texts(|row| texts(&row.article.deck))),
    unlike("body", Cells::Text(|row| Some(body(row).into()))),
    alike("body_labels", Cells::Texts(|row| row.article.body.iter().filter_map(|block| word(&block.label)).collect())),
    alike("authors", Cells::Texts(|row| texts(&row.article.authors))),
    bounded(unlike("published", Cells::Instant(|row| row.article.published.as_ref().and_then(instant)))),
    bounded(alike("published_date", Cells::Day(|row| row.article.published.as_ref().and_then(date)))),
    unlike("published_raw", Cells::Text(|row| row.article.published.as_ref().map(|date| date.at.as_str().into()))),
    alike("published_source", Cells::Text(|row| row.article.published.as_ref().and_then(|date| word(&date.source)))),
    alike("published_zone", Cells::Text(|row| row.article.published.as_ref().and_then(|date| word(&date.zone)))),
    alike("published_confidence", Cells::Real(|row| row.article.published.as_ref().map(|date| date.confidence))),
    unlike("modified", Cells::Instant(|row| row.article.modified.as_ref().and_then(instant))),
    unlike("modified_raw", Cells::Text(|row| row.article.modified.as_ref().map(|date| date.at.as_str().into()))),
    bounded(alike("language", Cells::Text(|row| row.article.language.as_ref().map(|lang| lang.as_str().into())))),
    alike("agency", Cells::Text(|row| row.enrichment.agency.as_ref().map(|agency| agency.name.as_str().into()))),
    alike("agency_written", Cells::Text(agency_written)),
    alike(
        "agency_source",
        Cells::Text(|row| text(row.enrichment.agency.as_ref().map(|agency| agency.source.as_str()))),
    ),
    unlike("dateline", Cells::Text(dateline)),
    alike("dateline_cities", Cells::Texts(|row| row.enrichment.dateline.as_ref().map_or(vec![], |d| texts(&d.cities)))),
    alike("dateline_date", Cells::Text(|row| text(row.enrichment.dateline.as_ref().and_then(|d| d.date.as_deref())))),
    alike(
        "dateline_agencies",
        Cells::Texts(|row| row.enrichment.dateline.as_ref().map_or(vec![], |d| texts(&d.agencies))),
    ),
    alike(
        "dateline_bylines",
        Cells::Texts(|row| row.enrichment.dateline.as_ref().map_or(vec![], |d| texts(&d.bylines))),
    ),
    unlike("captions", Cells::Texts(|row| texts(&row.article.captions))),
    alike("credits", Cells::Texts(|row| texts(&row.article.credits))),
    unlike("images", Cells::Records(&["url", "alt"], images)),
    unlike("related", Cells::Texts(|row| texts(&row.article.related))),
    alike("characters", Cells::Integer(|row| Some(row.enrichment.counts.characters.into()))),
    alike("words", Cells::Integer(|row| Some(row.enrichment.counts.words.into()))),
    alike("sentences", Cells::Integer(|row| Some(row.enrichment.counts.sentences.into()))),
    alike("paragraphs", Cells::Integer(|row| Some(row.enrichment.counts.paragraphs.into()))),
    unlike("removed", Cells::Records(&["class", "text", "reason"], removed)),
    alike("removed_cut", Cells::Integer(|row| Some(row.article.removed_cut.into()))),
    alike("provenance", Cells::Records(&["field", "source"], provenance)),
    alike("notes", Cells::Texts(|row| texts(&row.article.notes))),
    alike("tags", Cells::Texts(|row| texts(&row.article.source.tags))),
    alike("feed", Cells::Text(|row| row.article.source.feed.as_ref().map(|url| url.as_str().into()))),
    alike(
        "import_name",
        Cells::Text(|row| text(row.article.source.import.as_ref().map(|import| import.name.as_str()))),
    ),
    unlike(
        "import_path",
        Cells::Text(|row| text(row.article.source.import.as_ref().map(|import| import.path.as_str()))),
    ),
    alike("kind", Cells::Text(|row| word(&row.article.source.kind))),
    bounded(unlike("fetched_at", Cells::Instant(|row| micros(row.article.source.fetched_at)))),
    unlike("entry_seen_at", Cells::Instant(|row| row.article.source.seen_at.and_then(micros))),
    bounded(unlike("first_seen_at", Cells::Instant(|row| micros(row.revision.first_seen_at)))),
    bounded(unlike("seen_at", Cells::Instant(|row| micros(row.revision.seen_at)))),
];

fn text(value: Option<&str>) -> Option<Text<'_>> {
    value.map(Cow::Borrowed)
}

fn texts(values: &[String]) -> Vec<Text<'_>> {
    values.iter().map(|value| Cow::Borrowed(value.as_str())).collect()
}

fn owned(value: impl ToString) -> Option<Text<'static>> {
    Some(Cow::Owned(value.to_string()))
}

/// The word that stands for an enum's value in JSON: lake and log name things alike.
fn word(value: &impl Serialize) -> Option<Text<'static>> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Some(Cow::Owned(word)),
        _ => None,
    }
}

/// The text, a block a line: a line break inside a block becomes a space, so that line n is block n.
fn body(row: &EnrichedArticle) -> String {
    let blocks = &row.article.body;
    let mut lines = String::with_capacity(blocks.iter().map(|block| block.text.len() + 1).sum());
    for (i, block) in blocks.iter().enumerate() {
        if i > 0 {
            lines.push('\n');
        }
        let mut parts = block.text.split('\n');
        lines.push_str(parts.next().unwrap_or_default());
        for part in parts {
            lines.push(' ');
            lines.push_str(part);
        }
    }
    lines
}

fn agency_written(row: &EnrichedArticle) -> Option<Text<'_>> {
    let read = row.enrichment.agency.as_ref().map(|agency| agency.written.as_str());
    text(read.or(row.article.agency.as_deref()))
}

fn dateline(row: &EnrichedArticle) -> Option<Text<'_>> {
    let read = row.enrichment.dateline.as_ref().map(|dateline| dateline.text.as_str());
    text(read.or(row.article.dateline.as_deref()))
}

fn images(row: &EnrichedArticle) -> Vec<Record<'_>> {
    row.article.images.iter().map(|image| [Some(image.url.as_str().into()), text(image.alt.as_deref()), None]).collect()
}

fn removed(row: &EnrichedArticle) -> Vec<Record<'_>> {
    row.article
        .removed
        .iter()
        .map(|block| {
            [Some(block.class.as_str().into()), Some(block.text.as_str().into()), Some(block.reason.as_str().into())]
        })
        .collect()
}

fn provenance(row: &EnrichedArticle) -> Vec<Record<'_>> {
    row.article.provenance.iter().map(|(field, source)| [Some(field.as_str().into()), word(source), None]).collect()
}

fn micros(at: schemas::Timestamp) -> Option<i64> {
    at.as_millis().checked_mul(1_000)
}

/// The instant, where a time of day is known.
fn instant(date: &Published) -> Option<i64> {
    date.at.parse::<jiff::Timestamp>().ok().map(|at| at.as_microsecond())
}

/// The calendar day as the page wrote it, in the page's own zone.
fn date(date: &Published) -> Option<i32> {
    files::day_of(date.at.get(..10)?)
}

#[cfg(test)]
mod tests {
    use delta_kernel::{engine::arrow_conversion::TryFromArrow as _, schema};

    use super::*;

    /// A type as Delta and Spark write it.
    fn delta_type(data_type: &schema::DataType) -> String {
        match data_type {
            schema::DataType::Array(list) => format!("array<{}>", delta_type(list.element_type())),
            schema::DataType::Struct(record) => {
                let fields = record.fields().map(|field| format!("{}:{}", field.name(), delta_type(field.data_type())));
                format!("struct<{}>", fields.collect::<Vec<_>>().join(","))
            }
            other => other.to_string(),
        }
    }

    #[test]
    fn the_dictionary_lists_every_column_with_its_type() {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lake.md");
        let docs = std::fs::read_to_string(docs).unwrap();
        let row = |line: &str| {
            let mut cells = line.split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
            let (name, data_type, about) = (cells.nth(1)?, cells.next()?, cells.next()?);
            assert!(!about.is_empty(), "{name} has no description");
            Some((name, data_type))
        };
        let listed: Vec<_> = docs.lines().filter(|line| line.starts_with("| `")).filter_map(row).collect();
        let table = schema::StructType::try_from_arrow(table_schema()).unwrap();
        let columns: Vec<_> =
            table.fields().map(|field| (field.name().clone(), delta_type(field.data_type()))).collect();
        assert_eq!(listed, columns, "docs/lake.md and the table's columns differ");
    }

    #[test]
    fn days_are_the_pages_own_and_instants_are_utc() {
        let date_of = |at: &str| Published {
            at: at.to_owned(),
            source: schemas::FieldSource::Meta,
            zone: schemas::ZoneSource::Stated,
            confidence: 1.0,
        };
        let seoul = date_of("2024-05-01T08:30:00+09:00");
        assert_eq!((date(&seoul), instant(&seoul)), (Some(19_844), Some(1_714_519_800_000_000)));
        let day = date_of("2024-05-01");
        assert_eq!((date(&day), instant(&day)), (Some(19_844), None));
        assert_eq!((date(&date_of("tomorrow")), instant(&date_of("일요일"))), (None, None));
        assert_eq!(date(&date_of("1969-12-31")), Some(-1));
    }
}
