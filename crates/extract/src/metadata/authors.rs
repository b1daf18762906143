//! Who wrote the article: people only.

use super::json_ld::JsonLd;
use crate::fields;
use crate::fold::key;
use crate::page::{CaptureKind, Page};
use crate::types::{Context, FieldSource, Found};

/// Chooses what the page states; nothing where only its text tells.
pub(super) fn choose(
    page: &Page,
    linked: &JsonLd,
    site: Option<&str>,
    context: &Context<'_>,
) -> Option<Found<Vec<String>>> {
    let facts = &page.facts;
    let keep = |names: Vec<String>, source| people(names, site, context.url).map(|names| Found::new(names, source));
    let stated = linked.authors.iter().flat_map(|name| fields::authors(name)).collect();
    if let Some(found) = keep(stated, FieldSource::JsonLd) {
        return Some(found);
    }
    const NAMES: &[&str] = &[
        "author",
        "article:author",
        "article:author_name",
        "dc.creator",
        "dcterms.creator",
        "dc.author",
        "sailthru.author",
        "parsely-author",
        "byl",
        "citation_author",
        "cxenseparse:author",
        "og:article:author",
        "article.author",
        "authors",
        "dable:author",
    ];
    for name in NAMES {
        let metas = facts.metas.iter().filter(|(meta, _)| meta == name);
        let names = metas.flat_map(|(_, content)| fields::authors(content)).collect();
        if let Some(found) = keep(names, FieldSource::Meta) {
            return Some(found);
        }
    }
    for (wanted, source) in [(0, FieldSource::Microdata), (1, FieldSource::Link), (2, FieldSource::Markup)] {
        let captured = facts.captured.iter().filter(|capture| !capture.residue && rank(&capture.kind) == Some(wanted));
        let captured = captured.filter(|capture| capture.text.chars().count() < 120);
        // The first one names the article's author; later ones are often those of other articles.
        let first_block = captured.clone().next().map(|capture| capture.block);
        let near = captured.filter(|capture| first_block.is_some_and(|first| capture.block <= first + 2));
        let names: Vec<String> = near.flat_map(|capture| byline_names(&capture.text, wanted == 2)).collect();
        if let Some(found) = keep(names, source) {
            return Some(found);
        }
    }
    None
}

fn rank(kind: &CaptureKind) -> Option<u8> {
    match kind {
        CaptureKind::Itemprop(name) if name == "author" || name == "creator" => Some(0),
        CaptureKind::RelAuthor => Some(1),
        CaptureKind::Byline => Some(2),
        _ => None,
    }
}

/// Names in an element that the markup calls the by-line, up to a date or another mark.
fn byline_names(text: &str, free: bool) -> Vec<String> {
    if free && text.split_whitespace().count() > 12 {
        return Vec::new();
    }
    let text = text.split(|c: char| c.is_numeric()).next().unwrap_or(text);
    fields::authors(text)
}

fn people(names: Vec<String>, site: Option<&str>, url: Option<&str>) -> Option<Vec<String>> {
    let site = site.map(key).unwrap_or_default();
    let host = key(url.and_then(|url| url.split('/').nth(2)).unwrap_or_default());
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        let name_key = key(&name);
        let is_site = name_key == site
            || (name_key.len() > 3 && host.contains(&name_key))
            || (!site.is_empty() && name_key.contains(&site));
        if !is_site && !kept.iter().any(|other| key(other) == name_key) {
            kept.push(name);
        }
    }
    (!kept.is_empty()).then_some(kept)
}

/// Names out of the lines that readers see.
pub(crate) fn of_lines(lines: &[String], reporter: Option<&str>, site: Option<&str>) -> Option<Found<Vec<String>>> {
    let in_lines = lines.iter().flat_map(|line| fields::byline(line).map(|byline| byline.authors).unwrap_or_default());
    let names: Vec<String> = in_lines.chain(reporter.into_iter().flat_map(fields::authors)).collect();
    people(names, site, None).map(|names| Found::new(names, FieldSource::Text))
}

/// Names that stand above the text.
pub(crate) fn of_names(names: Vec<String>, site: Option<&str>) -> Option<Found<Vec<String>>> {
    people(names, site, None).map(|names| Found::new(names, FieldSource::Text))
}

/// Names out of the feed's entry.
pub(crate) fn of_feed(context: &Context<'_>) -> Option<Found<Vec<String>>> {
    let names: Vec<String> = context.feed.authors.iter().flat_map(|name| fields::authors(name)).collect();
    (!names.is_empty()).then(|| Found::new(names, FieldSource::Feed))
}
