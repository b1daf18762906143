//! The article's fields as the page states them: JSON-LD, `meta`, microdata, `link`, `time`, headings, then what the
//! reader sees, then the address and the feed.

mod authors;
mod entities;
pub(crate) mod json_ld;
pub(crate) mod lenient;
mod published;
mod site;
#[cfg(test)]
mod tests;
mod title;

use url::Url;

use crate::fold::{collapse, key, words};
use crate::label::Labelled;
use crate::language;
use crate::limits::IMAGES_MAX;
use crate::page::{Facts, Page, Tag};
use crate::region::Region;
use crate::types::{Context, Date, Extracted, FieldSource, Found, Image, Verdict};
use crate::verdict::Declared;

pub(crate) use authors::{beside_role, in_brackets, leads_to_author, of_lines};
use json_ld::JsonLd;
use site::Site;
use title::Title;

/// What the page states of its article.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    title: Option<Found<String>>,
    authors: Option<Found<Vec<String>>>,
    published: Option<Date>,
    modified: Option<Date>,
    language: Option<Found<String>>,
    canonical_url: Option<Found<String>>,
    image: Option<String>,
    description: Option<String>,
    declared: Declared,
    site: Site,
}

impl Metadata {
    /// The title, comparable.
    pub(crate) fn title_key(&self) -> String {
        self.title.as_ref().map(|title| key(&title.value)).unwrap_or_default()
    }

    pub(crate) fn title(&self) -> Option<&str> {
        self.title.as_ref().map(|title| title.value.as_str())
    }

    pub(crate) fn title_words(&self) -> f32 {
        self.title().map_or(0.0, words)
    }

    /// Whether the page says that it is the front page of its site.
    pub(crate) fn is_front_page(&self) -> bool {
        self.canonical_url.as_ref().is_some_and(|found| {
            let rest = found.value.split_once("://").map_or(found.value.as_str(), |(_, rest)| rest);
            rest.split_once('/').is_none_or(|(_, path)| path.is_empty())
        })
    }

    pub(crate) fn has_authors(&self) -> bool {
        self.authors.is_some()
    }

    /// The authors that the page names outside of its text.
    pub(crate) fn authors(&self) -> &[String] {
        self.authors.as_ref().map_or(&[], |authors| authors.value.as_slice())
    }

    /// How sure the date of publication is; 0 where there is none.
    pub(crate) fn published_confidence(&self) -> f32 {
        self.published.as_ref().map_or(0.0, |date| date.confidence)
    }

    pub(crate) fn declared(&self) -> Declared {
        self.declared
    }

    /// The page's description of itself, comparable.
    pub(crate) fn description_key(&self) -> String {
        self.description.as_deref().map(key).unwrap_or_default()
    }
}

/// Reads what the page states.
pub(crate) fn read(
    page: &Page,
    region: &Region,
    linked: &JsonLd,
    context: &Context<'_>,
    is_fragment: bool,
) -> Metadata {
    let facts = &page.facts;
    let canonical_url = canonical(facts, context);
    let address = canonical_url.as_ref().map(|found| found.value.as_str()).or(context.url);
    let site = Site::new(facts, linked, address);
    let language = declared_language(facts, linked, page, region, context);
    let tag = language.as_ref().map(|found| found.value.clone());
    let setting =
        crate::dates::Setting { language: tag.as_deref(), url: address, fetched_at_ms: context.fetched_at_ms };
    let title = if is_fragment {
        let found = context.feed.title.map(|title| Found::new(collapse(title), FieldSource::Feed));
        Title { found, block: None }
    } else {
        title::choose(page, region, linked, &site, context)
    };
    let anchor = Anchor { title: title.block, text: text_behind(page, region, title.block) };
    let published = published::published(page, region, linked, anchor, setting, context);
    let modified = published::modified(page, linked, setting);
    Metadata {
        authors: authors::choose(page, region, linked, &site, anchor),
        title: title.found,
        published,
        modified,
        language,
        canonical_url,
        image: meta(facts, &["og:image", "og:image:url", "twitter:image", "twitter:image:src"])
            .map(str::to_owned)
            .or_else(|| linked.image.clone()),
        description: meta(facts, &["og:description", "description", "twitter:description"]).map(str::to_owned),
        declared: declared(facts, linked),
        site,
    }
}

/// Where the article begins on the page, in blocks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Anchor {
    /// The block that shows the title.
    pub(crate) title: Option<usize>,
    /// The first paragraph.
    pub(crate) text: usize,
}

/// Words that make a block a paragraph.
const PARAGRAPH_WORDS_MIN: f32 = 18.0;

/// The first paragraph of the article.
fn first_text(page: &Page, region: &Region) -> usize {
    (region.first..region.end).find(|index| is_paragraph(page, region, *index)).unwrap_or(region.first)
}

/// The same where the headline is known: the paragraph behind it, should the region begin further down.
fn text_behind(page: &Page, region: &Region, title: Option<usize>) -> usize {
    let first = first_text(page, region);
    let behind = title.and_then(|title| (title + 1..first).find(|index| is_paragraph(page, region, *index)));
    behind.unwrap_or(first)
}

fn is_paragraph(page: &Page, region: &Region, index: usize) -> bool {
    let block = &page.blocks[index];
    let prose = block.words >= PARAGRAPH_WORDS_MIN && !matches!(block.tag, Tag::Heading(_) | Tag::Caption);
    prose && block.link_density() < 0.4 && region.hints[index].is_none()
}

fn declared(facts: &Facts, linked: &JsonLd) -> Declared {
    let kind = meta(facts, &["og:type"]).unwrap_or_default().to_ascii_lowercase();
    Declared {
        article: linked.is_article || kind.contains("article") || kind.contains("news"),
        product: kind.starts_with("product"),
        offer: linked.is_product,
    }
}

/// The content of the first of these `meta` elements that has any.
pub(crate) fn meta<'a>(facts: &'a Facts, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let found = facts.metas.iter().find(|(key, content)| key == name && !content.is_empty());
        found.map(|(_, content)| content.as_str())
    })
}

fn canonical(facts: &Facts, context: &Context<'_>) -> Option<Found<String>> {
    let base = context.url.and_then(|url| Url::parse(url).ok());
    let absolute = |href: &str| {
        let href = href.trim();
        let url = base.as_ref().map_or_else(|| Url::parse(href).ok(), |base| base.join(href).ok());
        url.filter(|url| matches!(url.scheme(), "http" | "https"))
    };
    // Some templates call the front page the address of every page.
    let is_root = |url: &Url| url.path() == "/" && url.query().is_none();
    let own = |url: &Url| !is_root(url) || base.as_ref().is_none_or(is_root);
    let link = facts.links.iter().find(|(rel, _)| rel.split_whitespace().any(|word| word == "canonical"));
    let link = link.and_then(|(_, href)| absolute(href)).filter(own).map(|url| (url, FieldSource::Link));
    let by_meta = || meta(facts, &["og:url"]).and_then(absolute).filter(own).map(|url| (url, FieldSource::Meta));
    let (url, source) = link.or_else(by_meta)?;
    Some(Found::new(url.to_string(), source))
}

fn declared_language(
    facts: &Facts,
    linked: &JsonLd,
    page: &Page,
    region: &Region,
    context: &Context<'_>,
) -> Option<Found<String>> {
    let sample = sample(page, region);
    let by_meta = meta(facts, &["og:locale", "content-language", "dc.language", "language"]);
    let declared = [
        (linked.language.as_deref(), FieldSource::JsonLd),
        (facts.language.as_deref(), FieldSource::Markup),
        (by_meta, FieldSource::Meta),
        (context.language, FieldSource::Import),
    ];
    let declared = declared.into_iter().find_map(|(tag, source)| Some(Found::new(language_tag(tag?)?, source)));
    // Templates leave `lang="en"` on pages in any language: what the text shows counts more.
    let text = |tag: &'static str| Found::new(tag.to_owned(), FieldSource::Text);
    match declared {
        Some(found) => Some(language::contradicts(&sample, &found.value).map_or(found, text)),
        None => language::of(&sample).map(text),
    }
}

/// Bytes of text that are enough to tell its language.
const SAMPLE_BYTES: usize = 4000;

/// Text of the article; where it has little, text of the page.
fn sample(page: &Page, region: &Region) -> String {
    let mut sample = String::new();
    let inside = &page.blocks[region.first..region.end];
    for (blocks, words_min) in [(inside, 8.0), (page.blocks.as_slice(), 4.0)] {
        for block in blocks.iter().filter(|block| block.words >= words_min && block.link_density() < 0.6) {
            if sample.len() > SAMPLE_BYTES {
                return sample;
            }
            sample.push_str(&block.text);
            sample.push(' ');
        }
        if sample.len() > SAMPLE_BYTES / 20 {
            return sample;
        }
    }
    sample
}

/// `en_US`, `EN-us` and `english` as `en-US`, `en-US` and nothing.
fn language_tag(text: &str) -> Option<String> {
    let text = text.trim().replace('_', "-");
    let mut parts = text.split(['-', ',', ';']);
    let language =
        parts.next().filter(|part| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()))?;
    let region = parts.next().filter(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic()));
    let language = language.to_ascii_lowercase();
    Some(region.map_or(language.clone(), |region| format!("{language}-{}", region.to_ascii_uppercase())))
}

/// Puts the fields and the blocks together.
pub(crate) fn assemble(
    metadata: Metadata,
    labelled: Labelled,
    region: &Region,
    context: &Context<'_>,
    mut notes: Vec<&'static str>,
    verdict: Verdict,
) -> Extracted {
    let title = metadata.title;
    if region.prose < 20.0 {
        notes.push("little_text");
    }
    let lead = labelled.lead.unwrap_or_default();
    let seen = authors::of_lines(&labelled.bylines, lead.reporter.as_deref(), Some(&metadata.site));
    let signed = authors::of_names(labelled.signed, &metadata.site);
    let base = context.url.or(metadata.canonical_url.as_ref().map(|found| found.value.as_str()));
    Extracted {
        images: images(metadata.image.as_deref(), &labelled.images, base),
        title,
        deck: labelled.deck,
        authors: metadata.authors.or(seen).or(signed).or_else(|| authors::of_feed(context)),
        published: metadata.published,
        modified: metadata.modified,
        language: metadata.language,
        canonical_url: metadata.canonical_url,
        captions: labelled.captions,
        credits: labelled.credits,
        agency: lead.agency.map(|agency| Found::new(agency, FieldSource::Text)),
        dateline: lead.place.map(|place| Found::new(place, FieldSource::Text)),
        related: labelled.related,
        blocks: labelled.blocks,
        verdict,
        notes,
    }
}

fn images(chosen: Option<&str>, within: &[(String, String)], base: Option<&str>) -> Vec<Image> {
    let base = base.and_then(|url| Url::parse(url).ok());
    let mut images: Vec<Image> = Vec::new();
    let chosen = chosen.map(|source| (source.to_owned(), String::new()));
    for (source, alt) in chosen.iter().chain(within) {
        let joined = base.as_ref().map_or_else(|| Url::parse(source).ok(), |base| base.join(source).ok());
        let Some(url) = joined.filter(|url| matches!(url.scheme(), "http" | "https")) else { continue };
        let url = url.to_string();
        if images.len() < IMAGES_MAX && images.iter().all(|image| image.url != url) {
            images.push(Image { url, alt: (!alt.is_empty()).then(|| alt.clone()) });
        }
    }
    images
}
