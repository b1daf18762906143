//! The article's fields as the page states them: JSON-LD, `meta`, microdata, `link`, `time`, headings, then what the
//! reader sees, then the address and the feed.

mod authors;
pub(crate) mod json_ld;
mod published;
mod title;

use url::Url;

use crate::fold::{collapse, key};
use crate::label::Labelled;
use crate::language;
use crate::limits::IMAGES_MAX;
use crate::page::{Facts, Page};
use crate::region::Region;
use crate::types::{Context, Date, Extracted, FieldSource, Found, Image, Verdict};
use crate::verdict::{self, Declared};

pub(crate) use authors::of_lines;
use json_ld::JsonLd;

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
    site: Option<String>,
}

impl Metadata {
    /// The title, comparable.
    pub(crate) fn title_key(&self) -> String {
        self.title.as_ref().map(|title| key(&title.value)).unwrap_or_default()
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
    let site =
        meta(facts, &["og:site_name", "application-name"]).map(str::to_owned).or_else(|| linked.publisher.clone());
    let canonical_url = canonical(facts, context);
    let address = canonical_url.as_ref().map(|found| found.value.as_str()).or(context.url);
    let language = declared_language(facts, linked, page, region, context);
    let tag = language.as_ref().map(|found| found.value.clone());
    let setting =
        crate::dates::Setting { language: tag.as_deref(), url: address, fetched_at_ms: context.fetched_at_ms };
    let published = published::published(page, region, linked, setting, context);
    let modified = published::modified(page, linked, setting);
    let title = if is_fragment {
        context.feed.title.map(|title| Found::new(collapse(title), FieldSource::Feed))
    } else {
        title::choose(page, region, linked, site.as_deref(), context)
    };
    Metadata {
        authors: authors::choose(page, linked, site.as_deref(), context),
        title,
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
    let absolute = |href: &str| match &base {
        Some(base) => base.join(href.trim()).ok(),
        None => Url::parse(href.trim()).ok(),
    };
    let link = facts.links.iter().find(|(rel, _)| rel.split_whitespace().any(|word| word == "canonical"));
    let link = link.and_then(|(_, href)| absolute(href)).map(|url| (url, FieldSource::Link));
    let found = link.or_else(|| meta(facts, &["og:url"]).and_then(absolute).map(|url| (url, FieldSource::Meta)));
    let (url, source) = found?;
    matches!(url.scheme(), "http" | "https").then(|| Found::new(url.to_string(), source))
}

fn declared_language(
    facts: &Facts,
    linked: &JsonLd,
    page: &Page,
    region: &Region,
    context: &Context<'_>,
) -> Option<Found<String>> {
    let sample: String = page.blocks[region.first..region.end]
        .iter()
        .filter(|block| block.words >= 8.0)
        .take(40)
        .flat_map(|block| [block.text.as_str(), " "])
        .collect();
    let seen = language::of(&sample);
    let by_meta = meta(facts, &["og:locale", "content-language", "dc.language", "language"]);
    let declared = [
        (linked.language.as_deref(), FieldSource::JsonLd),
        (facts.language.as_deref(), FieldSource::Markup),
        (by_meta, FieldSource::Meta),
        (context.language, FieldSource::Import),
    ];
    let declared = declared.into_iter().find_map(|(tag, source)| Some(Found::new(language_tag(tag?)?, source)));
    match (declared, seen) {
        // Templates leave `lang="en"` on pages in any language: what the text shows counts more.
        (Some(found), Some(seen)) if !found.value.to_lowercase().starts_with(seen) && !alike(&found.value, seen) => {
            Some(Found::new(seen.to_owned(), FieldSource::Text))
        }
        (Some(found), _) => Some(found),
        (None, seen) => seen.map(|seen| Found::new(seen.to_owned(), FieldSource::Text)),
    }
}

/// Languages that the common words cannot tell apart, or have two tags.
fn alike(declared: &str, seen: &str) -> bool {
    let declared = declared.split('-').next().unwrap_or(declared).to_lowercase();
    const GROUPS: &[&[&str]] = &[
        &["no", "nb", "nn", "da", "sv"],
        &["id", "ms", "in"],
        &["cs", "sk"],
        &["ru", "bg", "sr", "mk", "kk", "ky", "mn", "uk", "be"],
        &["ar", "ur", "ps", "ku", "fa"],
        &["he", "iw", "yi"],
        &["hi", "mr", "ne"],
        &["es", "ca", "gl", "pt"],
        &["zh", "yue", "ja"],
    ];
    GROUPS.iter().any(|group| group.contains(&declared.as_str()) && group.contains(&seen))
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
    is_fragment: bool,
) -> Extracted {
    let title = metadata.title;
    let verdict = if is_fragment && !labelled.blocks.is_empty() {
        Verdict::Article
    } else {
        verdict::judge(&labelled.blocks, metadata.declared, title.as_ref().map(|title| title.value.as_str()))
    };
    if region.prose < 20.0 {
        notes.push("little_text");
    }
    let lead = labelled.lead.unwrap_or_default();
    let seen = authors::of_lines(&labelled.bylines, lead.reporter.as_deref(), metadata.site.as_deref());
    let signed = authors::of_names(labelled.signed, metadata.site.as_deref());
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
