//! When the article was published and changed.

use super::json_ld::JsonLd;
use super::meta;
use crate::dates::{self, Setting};
use crate::page::{Capture, CaptureKind, Page};
use crate::region::Region;
use crate::types::{Context, Date, FieldSource, Label};

const PUBLISHED: &[&str] = &[
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "date.issued",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dc.date.created",
    "dcterms.created",
    "dcterms.date",
    "article:post_date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "published_date",
    "publication_date",
    "publicationdate",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "citation_publication_date",
    "citation_date",
    "datecreated",
    "date_published",
    "article.published",
    "article:create_at",
    "displaydate",
    "origin_date",
    "release_date",
    "ptime",
    "weibo: article:create_at",
    "date",
    "created",
    "timestamp",
    "originalpublicationdate",
    "bt:pubdate",
    "rnews:datepublished",
    "uploaddate",
    "search.date",
    "dable:published_time",
    "article_date_original",
];
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "lastmod",
    "updated_time",
    "article:updated_time",
    "article.updated",
];

/// The date of publication, from the surest source that has one.
pub(super) fn published(
    page: &Page,
    region: &Region,
    linked: &JsonLd,
    setting: Setting<'_>,
    context: &Context<'_>,
) -> Option<Date> {
    let read = |text: &str, source, confidence| dates::machine(text, setting)?.into_date(source, confidence, setting);
    let facts = &page.facts;
    let by_statement = linked.published.as_deref().and_then(|text| read(text, FieldSource::JsonLd, 0.95));
    let by_statement = by_statement.or_else(|| {
        PUBLISHED.iter().find_map(|name| meta(facts, &[name]).and_then(|text| read(text, FieldSource::Meta, 0.9)))
    });
    if by_statement.is_some() {
        return by_statement;
    }
    let captured = |wanted: fn(&Capture) -> bool, source, confidence| {
        let mut found = facts.captured.iter().filter(|capture| !capture.residue && wanted(capture));
        found.find_map(|capture| {
            let stated = capture.stated.as_deref().and_then(|text| read(text, source, confidence));
            stated.or_else(|| read(&capture.text, source, confidence - 0.05))
        })
    };
    captured(is_published, FieldSource::Microdata, 0.9)
        .or_else(|| captured(|capture| capture.kind == CaptureKind::Time, FieldSource::TimeElement, 0.75))
        .or_else(|| captured(|capture| capture.kind == CaptureKind::Date, FieldSource::Markup, 0.7))
        .or_else(|| setting.url.and_then(dates::in_url).and_then(|seen| seen.into_date(FieldSource::Url, 0.7, setting)))
        .or_else(|| visible(page, region, setting))
        .or_else(|| {
            let seen = context.feed.published.and_then(|text| dates::machine(text, setting))?;
            seen.into_date(FieldSource::Feed, 0.8, setting)
        })
}

fn is_published(capture: &Capture) -> bool {
    matches!(&capture.kind, CaptureKind::Itemprop(name) if name == "datepublished")
}

/// A short line around the beginning of the text that holds a date, or behind its end.
fn visible(page: &Page, region: &Region, setting: Setting<'_>) -> Option<Date> {
    let from = region.first.saturating_sub(25);
    let until = (region.end + 4).min(page.blocks.len());
    let short = |index: &usize| {
        let block = &page.blocks[*index];
        block.words <= 24.0 && !matches!(region.hints[*index], Some(Label::Comment | Label::Related | Label::Legal))
    };
    (from..until).filter(short).find_map(|index| {
        let block = &page.blocks[index];
        let seen = dates::find(&block.text, setting.language, setting.url)?;
        let confidence = if block.words <= 8.0 { 0.6 } else { 0.4 };
        seen.into_date(FieldSource::Text, confidence, setting)
    })
}

/// The date of the last change, as stated.
pub(super) fn modified(page: &Page, linked: &JsonLd, setting: Setting<'_>) -> Option<Date> {
    let read = |text: &str, source, confidence| dates::machine(text, setting)?.into_date(source, confidence, setting);
    let by_statement = linked.modified.as_deref().and_then(|text| read(text, FieldSource::JsonLd, 0.95));
    let by_statement = by_statement.or_else(|| {
        MODIFIED.iter().find_map(|name| meta(&page.facts, &[name]).and_then(|text| read(text, FieldSource::Meta, 0.9)))
    });
    by_statement.or_else(|| {
        let changed =
            |capture: &&Capture| matches!(&capture.kind, CaptureKind::Itemprop(name) if name == "datemodified");
        page.facts.captured.iter().filter(changed).find_map(|capture| {
            let stated = capture.stated.as_deref().unwrap_or(&capture.text);
            read(stated, FieldSource::Microdata, 0.9)
        })
    })
}
