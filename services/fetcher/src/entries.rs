//! From what a feed says to entries: which are new, and what travels on.

use feeds::{Feed as Parsed, Format};
use frontier::Candidate;
use schemas::{CanonicalUrl, Digest, Entry, FeedState, Timestamp, limits};

/// Texts of an entry that travel on are cut to this (bytes).
const TITLE_BYTES_MAX: usize = 2_000;
const SUMMARY_BYTES_MAX: usize = 16_000;
/// Authors that travel on.
const AUTHORS_MAX: usize = 20;
/// Aliases of an entry, and the longest.
const ALIAS_BYTES_MAX: usize = 2_048;
/// A feed's content is the whole text, not a teaser, from so many characters on, if it is not cut.
const WHOLE_TEXT_CHARS: usize = 1_200;
/// What a text ends with that goes on elsewhere.
const CUT: &[&str] = &["…", "...", "[…]", "[...]"];

/// An entry that names a page which may be asked for.
pub(crate) struct Named<'a> {
    pub(crate) entry: &'a feeds::Entry,
    pub(crate) link: CanonicalUrl,
    pub(crate) candidate: Candidate,
}

/// The entries of a feed that name a page, and how many do not.
pub(crate) fn named<'a>(parsed: &'a Parsed, url: &CanonicalUrl) -> (Vec<Named<'a>>, u64) {
    let mut without = 0;
    let mut all = Vec::with_capacity(parsed.entries.len());
    for entry in &parsed.entries {
        let Some(link) = entry.link.as_deref().and_then(|link| CanonicalUrl::parse(link).ok()) else {
            without += 1;
            continue;
        };
        let alias = |kind: &str, text: &str| Digest::of([kind.as_bytes(), text.as_bytes()]).first_64();
        let mut aliases = vec![alias("link", link.as_str())];
        if let Some(id) = entry.id.as_deref().filter(|id| !id.trim().is_empty()) {
            // A guid is unique within its feed (RSS 2.0), whatever it looks like.
            aliases.push(alias(url.as_str(), id));
        }
        // A sitemap's dates are often those of the sitemap.
        let updated = entry.updated.filter(|_| parsed.format != Format::Sitemap);
        let version = Digest::of([
            entry.title.as_deref().unwrap_or_default().as_bytes(),
            entry.summary.as_deref().unwrap_or_default().as_bytes(),
            updated.map_or_else(String::new, |at| at.to_string()).as_bytes(),
        ]);
        let at = entry.updated.max(entry.published);
        all.push(Named { entry, link, candidate: Candidate { aliases, version: version.first_32(), at } });
    }
    (all, without)
}

/// What travels on of an entry.
pub(crate) fn entry(named: &Named<'_>, parsed: &Parsed, state: &FeedState, changed: bool, now: Timestamp) -> Entry {
    let said = named.entry;
    let cut = |text: &Option<String>, max| text.as_deref().map(|text| cut(text, max)).filter(|text| !text.is_empty());
    let language = said.language.as_ref().or(parsed.language.as_ref()).or(state.feed.language.as_ref());
    let id = said.id.clone().filter(|id| id.len() <= ALIAS_BYTES_MAX && *id != named.link.as_str());
    let link = said.link.clone().filter(|link| link.len() <= ALIAS_BYTES_MAX && *link != named.link.as_str());
    Entry {
        link: named.link.clone(),
        feed: state.feed.url.clone(),
        aliases: id.into_iter().chain(link).collect(),
        title: cut(&said.title, TITLE_BYTES_MAX),
        summary: cut(&said.summary.as_deref().map(feeds::plain), SUMMARY_BYTES_MAX),
        authors: said.authors.iter().take(AUTHORS_MAX).cloned().collect(),
        published: said.published,
        updated: said.updated,
        language: language.cloned(),
        content: said.content.as_deref().filter(|content| is_whole(content)).map(ToOwned::to_owned),
        tags: state.feed.tags.clone(),
        changed,
        seen_at: now,
        hops: 0,
        not_before: None,
    }
}

/// Whether a feed's content is the whole text and not a teaser: long enough, in paragraphs, and not cut off.
fn is_whole(content: &str) -> bool {
    if content.len() > limits::ENTRY_CONTENT_BYTES_MAX {
        return false;
    }
    let text = feeds::plain(content);
    // Scripts without spaces say more in a character.
    let dense = text.chars().take(400).filter(|c| ('\u{3040}'..='\u{d7ff}').contains(c)).count() > 100;
    let enough = if dense { WHOLE_TEXT_CHARS / 3 } else { WHOLE_TEXT_CHARS };
    let chars = text.chars().filter(|c| !c.is_whitespace()).count();
    let paragraphs = content.matches("<p").count() + content.matches("<br").count() + content.matches("<div").count();
    chars >= enough && paragraphs >= 3 && !CUT.iter().any(|mark| text.ends_with(mark))
}

fn cut(text: &str, max: usize) -> String {
    text[..text.floor_char_boundary(max)].to_owned()
}
