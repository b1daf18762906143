//! The headline, without the site's name.

use super::json_ld::JsonLd;
use super::meta;
use crate::fold::{collapse, key};
use crate::page::{CaptureKind, Page, Tag};
use crate::region::Region;
use crate::types::{Context, FieldSource, Found, Label};

/// Chooses among the page's own headings, what it states, and its `title` element.
pub(super) fn choose(
    page: &Page,
    region: &Region,
    linked: &JsonLd,
    site: Option<&str>,
    context: &Context<'_>,
) -> Option<Found<String>> {
    let facts = &page.facts;
    let stated: Vec<(String, FieldSource)> = [
        (linked.headline.as_deref(), FieldSource::JsonLd),
        (meta(facts, &["og:title"]), FieldSource::Meta),
        (meta(facts, &["twitter:title", "dc.title", "headline", "title"]), FieldSource::Meta),
        (facts.title.as_deref(), FieldSource::TitleElement),
    ]
    .into_iter()
    .filter_map(|(text, source)| Some((collapse(text?), source)))
    .filter(|(text, _)| !text.is_empty())
    .collect();
    let headings = headings(page, region);
    // A heading that the page's own statements repeat is the title beyond doubt.
    for heading in &headings {
        let heading_key = key(heading);
        if heading_key.chars().count() >= 4 && stated.iter().any(|(text, _)| repeats(&key(text), &heading_key)) {
            return Some(Found::new(heading.clone(), FieldSource::Heading));
        }
    }
    let strip = |text: &str| without_site(text, site, context.url);
    let by_statement = stated.iter().find(|(text, _)| !is_site(text, site));
    if let Some((text, source)) = by_statement {
        if *source == FieldSource::TitleElement && headings.len() == 1 && headings[0].split_whitespace().count() >= 3 {
            return Some(Found::new(headings[0].clone(), FieldSource::Heading));
        }
        return Some(Found::new(strip(text), *source));
    }
    let heading = headings.into_iter().next().map(|text| Found::new(text, FieldSource::Heading));
    heading.or_else(|| context.feed.title.map(|title| Found::new(collapse(title), FieldSource::Feed)))
}

/// Headings of the first rank, then those that the markup calls the title; those nearest in front of the text first.
fn headings(page: &Page, region: &Region) -> Vec<String> {
    let captured =
        page.facts.captured.iter().filter(|capture| capture.kind == CaptureKind::Heading && !capture.residue);
    let mut headings: Vec<String> = captured.map(|capture| capture.text.clone()).collect();
    let named = page.blocks.iter().enumerate().filter(|(index, block)| {
        *index < region.end && (block.field == Some(Label::Title) || matches!(block.tag, Tag::Heading(2)))
    });
    headings.extend(named.map(|(_, block)| block.text.clone()).take(12));
    headings.retain(|text| !text.is_empty() && text.chars().count() < 300);
    headings
}

/// Whether a statement is the heading, alone or with the site's name at an end.
fn repeats(stated: &str, heading: &str) -> bool {
    stated == heading || (heading.chars().count() >= 12 && (stated.starts_with(heading) || stated.ends_with(heading)))
}

fn is_site(text: &str, site: Option<&str>) -> bool {
    site.is_some_and(|site| key(site) == key(text))
}

/// Cuts ` | Site` or `Site - ` off.
fn without_site(title: &str, site: Option<&str>, url: Option<&str>) -> String {
    let host = url.and_then(|url| url.split('/').nth(2)).unwrap_or_default();
    let host_key = key(host.trim_start_matches("www."));
    let mut title = title.to_owned();
    loop {
        let Some(shorter) = cut_once(&title, site, &host_key) else { return title };
        title = shorter;
    }
}

const PARTERS: &[&str] =
    &[" | ", " - ", " – ", " — ", " :: ", " » ", " « ", " · ", " • ", " / ", "｜", "_", " : ", " ~ "];

fn cut_once(title: &str, site: Option<&str>, host: &str) -> Option<String> {
    let site_key = site.map(key).unwrap_or_default();
    let names_site = |part: &str| {
        let part_key = key(part);
        !part_key.is_empty()
            && ((!site_key.is_empty()
                && (part_key == site_key || (part_key.len() > 3 && site_key.contains(&part_key))))
                || (part_key.len() > 2 && host.contains(&part_key))
                || host.split('.').next().is_some_and(|name| name.len() > 3 && part_key.contains(name)))
    };
    for parter in PARTERS {
        if let Some((left, right)) = title.rsplit_once(parter) {
            let strong = matches!(*parter, " | " | "｜" | " :: " | "_" | " » " | " « ");
            let short = right.split_whitespace().count() <= 4
                && left.chars().count() > 15
                && right.chars().count() < left.chars().count();
            if left.chars().count() >= 4 && (names_site(right) || (strong && short)) {
                return Some(left.trim().to_owned());
            }
        }
        if let Some((left, right)) = title.split_once(parter)
            && right.chars().count() >= 8
            && names_site(left)
            && !names_site(right)
        {
            return Some(right.trim().to_owned());
        }
    }
    None
}
