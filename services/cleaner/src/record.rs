//! From what was found in a page to the record that others read.

use std::collections::BTreeMap;

use extract::{Extracted, Found, Label};
use pipeline::Refusal;
use schemas::{
    Article, BodyBlock, BodyLabel, CanonicalUrl, FieldSource, Image, Lang, PageMeta, Published, RemovedBlock, Source,
    ZoneSource,
};

use crate::identity::identify;

/// Pictures kept with an article.
const IMAGES_MAX: usize = 20;

/// Makes the record.
///
/// # Errors
/// A page that came from nowhere has no identity.
pub fn article(extracted: Extracted, meta: PageMeta) -> Result<Article, Refusal> {
    let claimed = extracted.canonical_url.as_ref().map(|found| found.value.as_str());
    let Some((id, url)) = identify(&meta, claimed) else {
        return Err(Refusal::Reject("from_nowhere", "the page has neither an address nor an import path".to_owned()));
    };
    let mut provenance = BTreeMap::new();
    let mut note = |field: &str, source: extract::FieldSource| {
        provenance.insert(field.to_owned(), field_source(source));
    };
    let published = extracted.published.map(|date| noted("published", date, &mut note));
    let modified = extracted.modified.map(|date| noted("modified", date, &mut note));
    let title = take("title", extracted.title, &mut note);
    let authors = take("authors", extracted.authors, &mut note).unwrap_or_default();
    let agency = take("agency", extracted.agency, &mut note);
    let dateline = take("dateline", extracted.dateline, &mut note);
    let language = take("language", extracted.language, &mut note).and_then(|tag| Lang::parse(&tag).ok());
    let (body, removed) = parts(extracted.blocks);
    let images = extracted.images.into_iter().filter_map(image).take(IMAGES_MAX).collect();
    Ok(Article {
        id,
        source: source(meta, url.as_ref()),
        url,
        title,
        deck: extracted.deck,
        body,
        captions: extracted.captions,
        credits: extracted.credits,
        authors,
        published,
        modified,
        images,
        agency,
        dateline,
        related: extracted.related,
        language,
        removed,
        removed_cut: 0,
        provenance,
        notes: extracted.notes.into_iter().map(str::to_owned).collect(),
    })
}

fn take<T>(field: &str, found: Option<Found<T>>, note: &mut impl FnMut(&str, extract::FieldSource)) -> Option<T> {
    let found = found?;
    note(field, found.source);
    Some(found.value)
}

fn noted(field: &str, date: extract::Date, note: &mut impl FnMut(&str, extract::FieldSource)) -> Published {
    note(field, date.source);
    let zone = match date.zone {
        extract::ZoneSource::Stated => ZoneSource::Stated,
        extract::ZoneSource::Site => ZoneSource::Site,
        extract::ZoneSource::Assumed => ZoneSource::Assumed,
        extract::ZoneSource::DayOnly => ZoneSource::DayOnly,
    };
    Published { at: date.at, source: field_source(date.source), zone, confidence: date.confidence }
}

fn field_source(source: extract::FieldSource) -> FieldSource {
    match source {
        extract::FieldSource::JsonLd => FieldSource::JsonLd,
        extract::FieldSource::Meta => FieldSource::Meta,
        extract::FieldSource::Microdata => FieldSource::Microdata,
        extract::FieldSource::Link => FieldSource::Link,
        extract::FieldSource::TimeElement => FieldSource::TimeElement,
        extract::FieldSource::Heading => FieldSource::Heading,
        extract::FieldSource::TitleElement => FieldSource::TitleElement,
        extract::FieldSource::Markup => FieldSource::Markup,
        extract::FieldSource::Text => FieldSource::Text,
        extract::FieldSource::Url => FieldSource::Url,
        extract::FieldSource::Feed => FieldSource::Feed,
        extract::FieldSource::Http => FieldSource::Http,
        extract::FieldSource::Import => FieldSource::Import,
    }
}

/// The text that is kept, and all that is neither kept nor in a field of its own.
fn parts(blocks: Vec<extract::Block>) -> (Vec<BodyBlock>, Vec<RemovedBlock>) {
    let (mut body, mut removed) = (Vec::new(), Vec::new());
    for block in blocks {
        let label = match block.label {
            Label::Heading => BodyLabel::Heading,
            Label::List => BodyLabel::List,
            Label::Table => BodyLabel::Table,
            Label::Quote => BodyLabel::Quote,
            _ => BodyLabel::Body,
        };
        if block.kept {
            body.push(BodyBlock { label, text: block.text });
        } else if !block.text.trim().is_empty() {
            let class = block.label.as_str().to_owned();
            removed.push(RemovedBlock { class, text: block.text, reason: block.reason.into_owned() });
        }
    }
    (body, removed)
}

fn image(image: extract::Image) -> Option<Image> {
    Some(Image { url: CanonicalUrl::parse(&image.url).ok()?, alt: image.alt })
}

fn source(meta: PageMeta, url: Option<&CanonicalUrl>) -> Source {
    let (seen_at, feed, tags) = match meta.entry {
        Some(entry) => (Some(entry.seen_at), Some(entry.feed), entry.tags),
        None => (None, None, Vec::new()),
    };
    Source {
        kind: meta.kind,
        page_url: meta.url.filter(|answered| Some(answered) != url),
        fetched_at: meta.fetched_at,
        seen_at,
        feed,
        import: meta.import,
        tags,
    }
}
